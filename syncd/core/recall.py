"""Purchases that the ledger has forgotten, told from the vendor's own lists. Pure.

Each purchase has a list of its own, named ``syncd-<batch>`` (see ``Batch.name``): after a restore
those lists are the only record of what was bought since the backup. A list does not say what was
bought, nor whether it was, so each is taken for the dearest that it may have been, and doubted: the
usual looks, or a human, end that doubt (:mod:`syncd.core.lifecycle`). Nobody on it is bought again
meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from syncd.core.model import (
    Batch,
    BatchState,
    Field,
    Job,
    JobState,
    Kind,
    Prospect,
    Reading,
)

_NAME = re.compile(r"syncd-([0-9a-f]{12})(?: \(\d+\))?")  # the vendor may append a number
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


def read_batch_id(list_name: str) -> str | None:
    """Return the batch that a vendor's list belongs to by its name, or None: it is not ours."""
    found = _NAME.fullmatch(list_name)
    return found[1] if found else None


def recall(batch: str, list_id: int, people: Sequence[Prospect]) -> list[Forgotten]:
    """Return what may have been bought on that list.

    That is whatever its people show; where they show nothing at all, either may have come to
    nothing.
    """
    shown = {
        field: sum(one.seen(field).reading is not Reading.EMPTY for one in people)
        for field in Field
    }
    fields = [field for field in Field if shown[field]] or list(Field)
    return [
        Forgotten(
            # A batch is of one kind, and its name is what its list is found by.
            batch=batch if number == 0 else f"{batch}-{field}",
            list_id=list_id,
            kind=_DEAREST[field],
            people=tuple(one.id for one in people),
            shown=shown[field],
        )
        for number, field in enumerate(fields)
        if people
    ]


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
