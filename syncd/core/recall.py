"""Purchases that the ledger has forgotten, told from Seleqt's lists and from the sheet. Pure.

Each purchase has a list of its own, whose name tells for what it was made
(:mod:`syncd.core.list_names`). A list does not say whether it was bought from, so each purchase is
doubted: the usual looks, a row that shows what it has paid, or a human, end that doubt
(:mod:`syncd.core.lifecycle`). Nobody on it is bought again meanwhile.

What the people of a list show tells nothing of what was bought there: an email may be known for
nothing, and a phone that was paid for was perhaps not found. Lists of older syncds bear no kind, so
that there is nothing else to go by: those are taken for the dearest that they may have been.

The sheet shows what no list does: which row paid, whom syncd searched for on lists that are gone or
people's own, and what each list request has spent.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from syncd.core.leads import LeadRow
from syncd.core.list_names import ListName
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

_DEAREST = {Field.EMAIL: Kind.EMAIL_WATERFALL, Field.PHONE: Kind.PHONE}
_BOUGHT_WITHIN = timedelta(hours=1)  # of its list's making; one that waits longer is planned anew


class Bill(NamedTuple):
    """A row that says what it has cost. ``worksheet`` is the ledger's number."""

    worksheet: int
    key: str
    prospect: int
    kinds: tuple[Kind, ...]  # what it paid for, as far as the sum tells: else the dearer
    lacks: tuple[Field, ...]  # those fields that show nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """One purchase that may have happened, and for whom."""

    batch: str
    list_id: int
    kind: Kind
    people: tuple[int, ...]
    shown: int  # of them, those whose field shows something
    sure: bool = False  # of the kind
    made_at: datetime | None = None
    request: str = ""
    payers: Mapping[int, Bill] = field(default_factory=dict)  # by prospect

    @property
    def credits(self) -> int:
        """What it cost at most."""
        return self.kind.price * len(self.people)

    def __str__(self) -> str:
        return (
            f"list {self.list_id}, syncd-{self.batch}: perhaps {self.kind.label} for "
            f"{_count(len(self.people))}, at most {self.credits} credits; {self.shown} show "
            "something"
        )


class Searched(NamedTuple):
    """People whose rows tell of a search that found nothing, and nothing else tells of it."""

    worksheet: int
    kind: Kind
    keys: Mapping[int, str]  # by prospect

    def __str__(self) -> str:
        return f"{self.kind.label} for {_count(len(self.keys))}"


def read_bill(row: LeadRow, worksheet: int) -> Bill | None:
    """Return what a row says it has cost, or None where it says nothing of that."""
    if not (row.key and row.prospect_id and row.credits.isdecimal() and int(row.credits)):
        return None
    credits = int(row.credits)
    emails = credits % Kind.PHONE.price
    kinds = []
    if credits >= Kind.PHONE.price:
        kinds.append(Kind.PHONE)
    if emails:
        kinds.append(Kind.EMAIL if emails == Kind.EMAIL.price else Kind.EMAIL_WATERFALL)
    lacks = tuple(one for one in Field if not row.value(one))
    return Bill(worksheet, row.key, row.prospect_id, tuple(kinds), lacks)


def recall(
    name: ListName, list_id: int, people: Sequence[Prospect], bills: Iterable[Bill] = ()
) -> list[Forgotten]:
    """Return what may have been bought on that list.

    Where its name does not say: whatever its people show; where they show nothing at all, either
    may have come to nothing.
    """
    shown = {
        field: sum(one.seen(field).reading is not Reading.EMPTY for one in people)
        for field in Field
    }
    kinds = [name.kind] if name.kind else [_DEAREST[one] for one in Field if shown[one]]
    ids = tuple(one.id for one in people)
    return [
        Forgotten(
            # A batch is of one kind, and its name is what its list is found by.
            batch=name.batch if number == 0 else f"{name.batch}-{kind.field}",
            list_id=list_id,
            kind=kind,
            people=ids,
            shown=shown[kind.field],
            sure=name.kind is not None,
            made_at=name.made_at,
            request=name.request,
            payers={
                bill.prospect: bill
                for bill in bills
                if name.kind
                and bill.prospect in ids
                and any(one.field is kind.field for one in bill.kinds)
            },
        )
        for number, kind in enumerate(kinds or _DEAREST.values())
        if ids
    ]


def find_searched(
    bills: Iterable[Bill], is_known: Mapping[tuple[int, Field], bool]
) -> list[Searched]:
    """Return whom the sheet alone tells of, by worksheet and kind. What was found stands there."""
    found: dict[tuple[int, Kind], dict[int, str]] = {}
    taken: set[tuple[int, Field]] = set()
    for bill in bills:
        for kind in bill.kinds:
            one = bill.prospect, kind.field
            if kind.field in bill.lacks and not is_known.get(one) and one not in taken:
                taken.add(one)
                found.setdefault((bill.worksheet, kind), {})[bill.prospect] = bill.key
    return [Searched(worksheet, kind, keys) for (worksheet, kind), keys in found.items()]


def find_unexplained(
    shown: Mapping[str, int], known: Mapping[str, int], forgotten: Iterable[Forgotten]
) -> dict[str, int]:
    """Return the credits that list requests say they have spent and nothing else tells of.

    ``shown`` and ``known`` are what their rows and the ledger say, by the request's key.
    """
    told = Counter(known)
    for one in forgotten:
        told[one.request] += one.credits
    return {key: left for key, credits in shown.items() if (left := credits - told[key]) > 0}


def is_recalled(batch: Batch) -> bool:
    """Return whether a purchase was forgotten once: no row is known to have asked for it."""
    return not any(job.asked_by for job in batch.jobs)


def date(found: Forgotten, today: str, now: datetime, zone: tzinfo) -> str:
    """Return the day whose caps carry it: that of the purchase where its list tells, or today."""
    if found.made_at is None:
        return today
    day = min(now, found.made_at + _BOUGHT_WITHIN).astimezone(zone).date().isoformat()
    return day if day < now.astimezone(zone).date().isoformat() else today


def doubt(found: Forgotten, *, account: str, worksheet: int, day: str, now: datetime) -> Batch:
    """Return the purchase as one in doubt, on that day's caps.

    ``worksheet`` is for one that no row of the sheet has paid for.
    """
    homes = Counter(bill.worksheet for bill in found.payers.values())
    return Batch(
        id=found.batch,
        account=account,
        worksheet=homes.most_common(1)[0][0] if homes else worksheet,
        kind=found.kind,
        state=BatchState.IN_DOUBT,
        jobs=tuple(
            Job(
                prospect_id=one,
                kind=found.kind,
                state=JobState.WAITING,
                asked_by=found.payers[one].key if one in found.payers else "",
            )
            for one in found.people
        ),
        booked_day=day,
        reserved=found.credits,
        created_at=now,
        request=found.request,
        list_id=found.list_id,
        submitted_at=now,
        note="the ledger did not know it; found by its list at Seleqt",
    )


def note_searched(found: Searched, *, batch: str, account: str, day: str, now: datetime) -> Batch:
    """Return a purchase without credits whose people count as not found from now on.

    What they have cost is on no list that could be looked at: that is for a human to see.
    """
    return Batch(
        id=batch,
        account=account,
        worksheet=found.worksheet,
        kind=found.kind,
        state=BatchState.SETTLED,
        jobs=tuple(
            Job(
                prospect_id=one,
                kind=found.kind,
                state=JobState.MISSED,
                asked_by=key,
                decided_at=now,
            )
            for one, key in found.keys.items()
        ),
        booked_day=day,
        reserved=0,
        created_at=now,
        note="the ledger did not know it; told by rows of the sheet",
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


def _count(people: int) -> str:
    return "1 person" if people == 1 else f"{people} people"
