"""Purchases that the ledger has forgotten, told from the vendor's own lists. Pure.

Each purchase has a list of its own, named ``syncd-<batch>-<kind>`` (see ``Batch.name``): after a
restore those lists are the only record of what was bought since the backup. A list does not say
whether it was bought from, so each purchase is doubted: the usual looks, or a human, end that doubt
(:mod:`syncd.core.lifecycle`). Nobody on it is bought again meanwhile.

What the people of a list show tells nothing of what was bought there: an email may be known for
nothing, and a phone that was paid for was perhaps not found. Lists of older syncds bear no kind, so
that there is nothing else to go by: those are taken for the dearest that they may have been.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from syncd.core.model import (
    WORDS,
    Batch,
    BatchState,
    Field,
    Job,
    JobState,
    Kind,
    Prospect,
    Reading,
)

_NAME = re.compile(r"syncd-([0-9a-f]{12})(?:-(email|waterfall|phone))?(?: \(\d+\))?")
_DEAREST = {Field.EMAIL: Kind.EMAIL_WATERFALL, Field.PHONE: Kind.PHONE}


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """One purchase that may have happened, and for whom."""

    batch: str
    list_id: int
    kind: Kind
    people: tuple[int, ...]
    shown: int  # of them, those whose field shows something

    def __str__(self) -> str:
        people = "1 person" if len(self.people) == 1 else f"{len(self.people)} people"
        return (
            f"list {self.list_id}, syncd-{self.batch}: perhaps {self.kind.label} for {people}, at "
            f"most {self.kind.price * len(self.people)} credits; {self.shown} show something"
        )


class Named(NamedTuple):
    """What the name of a list says. ``kind`` is None where an older syncd has named it."""

    batch: str
    kind: Kind | None


def read_name(list_name: str) -> Named | None:
    """Return the purchase that a vendor's list belongs to, or None: it is not ours.

    The vendor may have appended a number to the name.
    """
    found = _NAME.fullmatch(list_name)
    return Named(found[1], WORDS.get(found[2])) if found else None


def recall(named: Named, list_id: int, people: Sequence[Prospect]) -> list[Forgotten]:
    """Return what may have been bought on that list.

    Where its name does not say, that is whatever its people show; where they show nothing at all,
    either may have come to nothing.
    """
    shown = {
        field: sum(one.seen(field).reading is not Reading.EMPTY for one in people)
        for field in Field
    }
    fields = [field for field in Field if shown[field]] or list(Field)
    kinds = [named.kind] if named.kind else [_DEAREST[field] for field in fields]
    return [
        Forgotten(
            # A batch is of one kind, and its name is what its list is found by.
            batch=named.batch if number == 0 else f"{named.batch}-{kind.field}",
            list_id=list_id,
            kind=kind,
            people=tuple(one.id for one in people),
            shown=shown[kind.field],
        )
        for number, kind in enumerate(kinds)
        if people
    ]


def is_recalled(batch: Batch) -> bool:
    """Return whether a purchase was forgotten once: no row is known to have asked for it."""
    return not any(job.asked_by for job in batch.jobs)


def doubt(found: Forgotten, *, account: str, worksheet: int, day: str, now: datetime) -> Batch:
    """Return the purchase as one in doubt, on that day's caps."""
    return Batch(
        id=found.batch,
        account=account,
        worksheet=worksheet,
        kind=found.kind,
        state=BatchState.IN_DOUBT,
        jobs=tuple(
            Job(prospect_id=one, kind=found.kind, state=JobState.WAITING, asked_by="")
            for one in found.people
        ),
        booked_day=day,
        reserved=found.kind.price * len(found.people),
        created_at=now,
        list_id=found.list_id,
        submitted_at=now,
        note="the ledger did not know it; found by its list at Seleqt",
    )


def doubt_unsent(batch: Batch, list_id: int, now: datetime) -> Batch:
    """Return a purchase that was not sent as far as an old ledger knows: since then it may have."""
    return replace(
        batch,
        state=BatchState.IN_DOUBT,
        list_id=list_id,
        submitted_at=now,
        not_before=None,
        attempts=0,
        note="not sent when the ledger was backed up; its list is at Seleqt",
    )
