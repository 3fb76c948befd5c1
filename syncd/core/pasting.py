"""Big pastes: rows that came in great number at once wait until somebody says that they are meant.

A paste in the wrong place, or a whole address book instead of ten people, would be bought before
anybody saw what it costs. So such rows ask first, whatever their kind. A tick that came with the
paste says nothing: nobody had seen a price. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core.leads import LeadRow
from syncd.core.memory import NOBODY, People, answer

Pasted = Mapping[str, bool]
"""The fingerprints of rows that came in a big paste, and whether they came with a tick."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """How many rows of big pastes wait for somebody's word, and what they would cost at most."""

    rows: int = 0
    credits: int = 0

    def add(self, credits: int) -> Held:
        """Return the same with one row more, if that would cost anything."""
        return Held(rows=self.rows + 1, credits=self.credits + credits) if credits else self


NONE_HELD = Held()


def tell(held: Held, title: str, name: str) -> tuple[str, str]:
    """Say what waits on the worksheet, and what to do about it; ``name`` is the spreadsheet's."""
    says = (
        f"{held.rows:,} rows came into “{title}” at once, and wait: they would cost up to "
        f"{held.credits:,} credits."
    )
    do = f"Tick Approve in those that are meant, or for all of them: syncd approve “{name}”."
    return says, do


def find_chargeable(
    rows: Iterable[LeadRow], people: People, *, cool_off: timedelta, now: datetime
) -> list[LeadRow]:
    """Return the rows that would have something bought: what is known costs nothing.

    One that means nobody yet may mean somebody as soon as a list is imported.
    What stands in the cells says little: it may be the answer about somebody else, pasted over.
    """
    found = []
    for row in rows:
        person = people.get(row.prospect_id or 0, NOBODY)
        if any(
            not person.held(kind.field)
            and answer(
                person, kind, cool_off=cool_off, now=now, again=now if kind in row.again else None
            )
            is None
            for kind in row.wanted
        ):
            found.append(row)
    return found


def find_pasted(rows: Iterable[LeadRow], known: Mapping[str, str], *, big: int) -> Pasted:
    """Return those of a big paste, given what newly asks for a purchase; none where it is small.

    ``known`` has the fingerprints for which keys were given: after a restart all rows are new to
    us, and those that had their key for the same person before have been let through already.
    """
    found: dict[str, bool] = {}
    for row in rows:
        fingerprint = row.fingerprint
        if not row.key or known.get(row.key) != fingerprint:
            found[fingerprint] = found.get(fingerprint, False) or row.approved
    return found if len(found) >= big else {}
