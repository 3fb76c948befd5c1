"""Credits are integers; they move by entries, and caps bound what may be booked.

``booked`` below means settled plus reserved: a reservation counts against every cap from the moment
it exists, so a crash or a lost answer can only ever make us spend less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from syncd.core.model import Kind


class EntryKind(StrEnum):
    """The three movements of credits."""

    RESERVE = "reserve"  # booked before the intent may be acted upon
    SETTLE = "settle"  # the vendor said it took them
    RELEASE = "release"  # the vendor certainly did not


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One movement of one batch's credits."""

    kind: EntryKind
    credits: int


class Cap(StrEnum):
    """Which limit holds a row back."""

    REQUEST = "request"
    WORKSHEET_DAY = "worksheet_day"
    KIND_DAY = "kind_day"
    DAY = "day"
    MONTH = "month"
    FLOOR = "floor"


@dataclass(frozen=True, kw_only=True, slots=True)
class Caps:
    """The account's limits in credits. None means no limit of that sort was set."""

    day: int
    month: int
    floor: int = 0
    kind_day: Mapping[Kind, int] = field(default_factory=dict)
    worksheet_day: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Booked:
    """Credits settled plus reserved so far, where each cap counts them."""

    day: int = 0
    month: int = 0
    worksheet_day: int = 0
    kind_day: Mapping[Kind, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    unsettled: int = 0  # reserved and possibly not yet taken from the balance
    balance: int | None = None  # as the vendor last told; None: not known yet

    def add(self, kind: Kind, credits: int, request: str) -> Booked:
        """Return the sums after reserving that many credits."""
        return replace(
            self,
            day=self.day + credits,
            month=self.month + credits,
            worksheet_day=self.worksheet_day + credits,
            kind_day={**self.kind_day, kind: self.kind_day.get(kind, 0) + credits},
            requests={**self.requests, request: self.requests.get(request, 0) + credits},
            unsettled=self.unsettled + credits,
        )


def room(caps: Caps, booked: Booked, costs: Mapping[Kind, int]) -> int:
    """Return how many of those credits, by kind, the caps leave room for now."""
    kinds = 0
    for kind, cost in costs.items():
        cap = caps.kind_day.get(kind)
        kinds += cost if cap is None else min(cost, max(0, cap - booked.kind_day.get(kind, 0)))
    left = [kinds, caps.day - booked.day, caps.month - booked.month]
    if caps.worksheet_day is not None:
        left.append(caps.worksheet_day - booked.worksheet_day)
    if booked.balance is not None:
        left.append(booked.balance - booked.unsettled - caps.floor)
    return max(0, min(left))


def cap_hit(
    caps: Caps,
    booked: Booked,
    kind: Kind,
    credits: int,
    *,
    request: str = "",
    request_cap: int | None = None,
) -> Cap | None:
    """Return the cap that reserving ``credits`` would pass, narrowest first, or None."""
    if request and request_cap is not None:
        if booked.requests.get(request, 0) + credits > request_cap:
            return Cap.REQUEST
    if caps.worksheet_day is not None and booked.worksheet_day + credits > caps.worksheet_day:
        return Cap.WORKSHEET_DAY
    kind_cap = caps.kind_day.get(kind)
    if kind_cap is not None and booked.kind_day.get(kind, 0) + credits > kind_cap:
        return Cap.KIND_DAY
    if booked.day + credits > caps.day:
        return Cap.DAY
    if booked.month + credits > caps.month:
        return Cap.MONTH
    # Credits of other open batches may not have left the balance yet: count them as gone.
    if booked.balance is not None and booked.balance - booked.unsettled - credits < caps.floor:
        return Cap.FLOOR
    return None
