"""The people of the benchmark: what the sheet shows of each, and what the ledger knows.

All is invented from a seed, so that the sandbox's sheet and the ledger agree without talking. The
mix of rows is 60 % found, 20 % missed, and 20 % where a human had typed an address before.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from syncd.core import leads, status
from syncd.core.leads import Lead
from syncd.core.model import JobState, Kind
from syncd.core.status import sentence

HEADER = [column.name for column in leads.COLUMNS]
COOL_OFF = timedelta(days=90)  # as in the config that world.py writes
_OUTCOMES = (JobState.FOUND, JobState.FOUND, JobState.FOUND, JobState.MISSED, None)
_FIRST = "Ada Amara Bela Chidi Dara Elif Farid Greta Hana Imre Jonas Kaya Lior Mina Noor Olga Pavel"
_LAST = "Abara Berg Castro Dietz Egede Farkas Gruber Haddad Ivanov Jansen Kovacs Lindt Moreau Nagy"
_WHAT = "Logistics Robotics Foods Textiles Energy Analytics Shipping Optics Paper Solar Tools"
_FORM = "GmbH Ltd Inc S.A. AG B.V. Oy"
_TITLES = (
    "Head of Sales",
    "Chief Operating Officer",
    "Purchasing Manager",
    "VP Engineering, Industrial Systems",
    "Managing Director",
    "Senior Account Executive EMEA",
)


class Person(NamedTuple):
    """One row: its cells by header, and the job behind it (None: a human's own address)."""

    prospect_id: int
    key: str
    cells: dict[Lead, object]
    outcome: JobState | None
    value: str
    decided_at: datetime


def invent(count: int, now: datetime, zone: tzinfo) -> Iterator[Person]:
    """Yield ``count`` people as a settled worksheet shows them; ``now`` is the time of seeding."""
    chance = random.Random(7)  # noqa: S311  (the same people each time, not a secret)
    for number in range(count):
        first, last = chance.choice(_FIRST.split()), chance.choice(_LAST.split())
        company = f"{last} {chance.choice(_WHAT.split())} {chance.choice(_FORM.split())}"
        decided = now - timedelta(minutes=chance.randrange(60, 60 * 24 * 30))
        address = f"{first}.{last}{number}@{last}-{number % 900}.example".lower()
        outcome = _OUTCOMES[number % 5]
        prospect_id = 2_000_000 + number * 3
        key = f"r-{number:012X}"
        day = decided.astimezone(zone).date()
        match outcome:
            case JobState.FOUND:
                says = sentence(status.FOUND, kind=Kind.EMAIL)
            case JobState.MISSED:
                again = (decided + COOL_OFF).astimezone(zone).date()
                says = sentence(
                    status.MISSED,
                    kind=Kind.EMAIL,
                    credits=3,
                    day=day,
                    again=again,
                    choices="“Email again” (3 credits) or “Email (waterfall)” (6 credits)",
                )
            case _:
                says = sentence(status.ALREADY_HAS, kind=Kind.EMAIL)
        slug = f"{first}-{last}-{chance.randrange(16**8):08x}".lower()
        cells: dict[Lead, object] = {
            Lead.PROSPECT_ID: prospect_id,
            Lead.FIRST_NAME: first,
            Lead.LAST_NAME: last,
            Lead.COMPANY: company,
            Lead.JOB_TITLE: chance.choice(_TITLES),
            Lead.LINKEDIN_URL: f"https://www.linkedin.com/in/{slug}",
            Lead.FIND: "Email",
            Lead.APPROVE: False,
            Lead.EMAIL: "" if outcome is JobState.MISSED else address,
            Lead.STATUS: says,
            Lead.CREDITS: "0" if outcome is None else "3",
            Lead.UPDATED: f"{decided.astimezone(zone):%Y-%m-%d %H:%M}",
            Lead.KEY: key,
        }
        value = address if outcome is JobState.FOUND else ""
        yield Person(prospect_id, key, cells, outcome, value, decided)
