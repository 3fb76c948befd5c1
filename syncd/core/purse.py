"""The purse of one plan: it hands out what caps and free slots allow, and groups it into batches.

It refuses nothing for good: what it does not hand out now waits, and is asked for again by the next
plan. What it hands out is only a plan; credits are reserved where a batch is opened.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from syncd.core import status
from syncd.core.brakes import Brake
from syncd.core.brakes import say as say_brake
from syncd.core.credits import Booked, Cap, Caps, cap_hit
from syncd.core.leads import LeadRow
from syncd.core.model import Field, Kind, Purchasing
from syncd.core.pasting import Pasted
from syncd.core.status import sentence
from syncd.core.verdict import Stage, Verdict

Elsewhere = Callable[[int, Field], str]
"""What people typed for that person into that field of some row."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The rules a plan is made under, from the config and the state of the account."""

    caps: Caps
    zone: tzinfo
    kinds: frozenset[Kind] = frozenset(Kind)  # those that may be bought at all
    ask_first: frozenset[Kind] = frozenset({Kind.PHONE})
    pasted: Pasted = field(default_factory=dict)  # rows that ask first, whatever the kind
    cool_off: timedelta = timedelta(days=90)
    batch_size: int = 25
    first_batch: int = 5  # while the worksheet has not had a purchase accepted yet
    slots: int = 4  # batches that may be opened now
    tried: bool = False  # the worksheet has had a purchase accepted
    hold: str = ""  # why nothing is bought for the account now: a sentence, or empty
    brakes: Mapping[Kind, Brake] = field(default_factory=dict)  # kinds that are paused here
    places: Mapping[int, str] = field(default_factory=dict)  # other worksheets by number, in words
    worksheet: int = 0  # the number of the one that the plan is for
    elsewhere: Elsewhere = lambda _prospect, _field: ""  # what people typed in another row


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A demand of a list request for one person: it pays from the request's own credits."""

    kind: Kind
    request: str
    request_cap: int | None
    quoted: bool = False  # the cap is what was quoted with Start, not Max credits
    purchasing: Purchasing = Purchasing.DEDICATED
    list_id: int | None = None
    typed: bool = False  # somebody is at its row just now: nothing is bought for it


class Candidate(NamedTuple):
    """One person who may be bought now, and the row that pays."""

    prospect_id: int
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenBatch:
    """Buy this kind for these people. In place, ``list_id`` is the user's own list.

    ``again`` are those whose row wishes them searched for once more, and since when.
    """

    kind: Kind
    people: tuple[Candidate, ...]
    request: str = ""
    request_cap: int | None = None
    purchasing: Purchasing = Purchasing.DEDICATED
    list_id: int | None = None
    again: Mapping[int, datetime] = field(default_factory=dict)

    @property
    def credits(self) -> int:
        return self.kind.price * len(self.people)

    def __str__(self) -> str:
        people = "1 person" if len(self.people) == 1 else f"{len(self.people)} people"
        return f"buy {self.kind.label} for {people}: at most {self.credits} credits"


class Purse:
    """Hands out what the caps and free slots allow, row by row, and remembers to whom."""

    def __init__(self, *, booked: Booked, terms: Terms) -> None:
        self._booked = booked
        self._terms = terms
        self._taken: dict[tuple[int, Field], str] = {}
        self._again: dict[tuple[int, Kind], datetime] = {}
        self._open: list[tuple[tuple[Kind, str], Wish | None, list[Candidate]]] = []
        self.held: dict[str, str] = {}  # list requests whose own credits are used up

    def take(
        self, row: LeadRow, kind: Kind, wish: Wish | None, again: datetime | None = None
    ) -> Verdict:
        """Return the row's place in a batch to be opened, or what it waits for."""
        prospect = row.prospect_id or 0
        if (earlier := self._taken.get((prospect, kind.field))) is not None:
            return Verdict(kind.field, Stage.QUEUED, earlier)  # the same person in a row above
        if self._terms.hold:
            return Verdict(kind.field, Stage.HELD, self._terms.hold)
        if (brake := self._terms.brakes.get(kind)) is not None:
            return Verdict(kind.field, Stage.HELD, say_brake(kind, brake))
        request = wish.request if wish else ""
        cap = cap_hit(
            self._terms.caps,
            self._booked,
            kind,
            kind.price,
            request=request,
            request_cap=wish.request_cap if wish else None,
        )
        if cap is not None:
            says = sentence(status.WAITING[cap], kind=kind)
            if cap is Cap.REQUEST and wish is not None and wish.quoted:
                says = status.WAITING_QUOTE
            if cap is Cap.REQUEST:
                self.held[request] = says
            return Verdict(kind.field, Stage.HELD, says, cap=cap)
        says = sentence(status.QUEUED, kind=kind)
        if wish is not None and wish.typed:
            return Verdict(kind.field, Stage.QUEUED, says)
        self._taken[prospect, kind.field] = says
        members = self._members(kind, wish)
        if members is not None:
            members.append(Candidate(prospect, row.key))
            if again is not None:
                self._again[prospect, kind] = again
            self._booked = self._booked.add(kind, kind.price, request)
        return Verdict(kind.field, Stage.QUEUED, says)

    def _members(self, kind: Kind, wish: Wish | None) -> list[Candidate] | None:
        group = (kind, wish.request if wish else "")
        in_place = wish is not None and wish.purchasing is Purchasing.IN_PLACE
        room = self._terms.batch_size if self._terms.tried else self._terms.first_batch
        for name, _, members in self._open:
            if name == group and (in_place or len(members) < room):
                return members
        if len(self._open) >= self._terms.slots or (self._open and not self._terms.tried):
            return None
        self._open.append((group, wish, []))
        return self._open[-1][2]

    def batches(self) -> tuple[OpenBatch, ...]:
        return tuple(
            OpenBatch(
                kind=kind,
                people=tuple(sorted(members)),
                request=request,
                request_cap=wish.request_cap if wish else None,
                purchasing=wish.purchasing if wish else Purchasing.DEDICATED,
                list_id=wish.list_id if wish else None,
                again={
                    one.prospect_id: self._again[one.prospect_id, kind]
                    for one in members
                    if (one.prospect_id, kind) in self._again
                },
            )
            for (kind, request), wish, members in self._open
            if members
        )
