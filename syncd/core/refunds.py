"""Refunds: what Seleqt may give back for those whom it did not find, and seems to have. Pure.

The vendor says that a refund may follow, and neither how much nor when; and it tells of none. All
there is to see is a balance that rises by itself. So a rise is held against the searches that found
nothing before it: those that cost just as much, or else the oldest. One that is more than all of
them together is a top-up. It is an estimate, never a booking: no cap and no sum depends on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


class Rise(NamedTuple):
    """Credits that came between two looks at the balance, and that nothing of ours explains."""

    at: datetime
    credits: int


class Due(StrEnum):
    """How a batch's refund stands."""

    SEEN = "seen"
    PARTLY = "partly seen"
    AWAITED = "awaited"
    OVERDUE = "overdue"


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """What one batch might get back: the credits of those for whom nothing came."""

    batch: str
    list_id: int | None
    kind: str
    prospects: tuple[int, ...]
    expected: int
    since: datetime  # when the last of them was decided
    observed: int = 0

    @property
    def open(self) -> int:
        return self.expected - self.observed

    def due(self, now: datetime, within: timedelta) -> Due:
        if not self.open:
            return Due.SEEN
        if now >= self.since + within:
            return Due.OVERDUE
        return Due.PARTLY if self.observed else Due.AWAITED


def share_out(refunds: Iterable[Refund]) -> list[tuple[str, int, int]]:
    """Return batch, person and credits of what was seen, the first of a batch's people first."""
    shares = []
    for one in refunds:
        price, left = one.expected // len(one.prospects), one.observed
        for prospect in one.prospects:
            if share := min(left, price):
                shares.append((one.batch, prospect, share))
            left -= share
    return shares


def observe(refunds: Sequence[Refund], rises: Sequence[Rise]) -> list[Refund]:
    """Return the refunds, oldest first, with what was seen of each."""
    found = sorted(refunds, key=lambda one: one.since)
    for rise in sorted(rises):
        awaited = [at for at, one in enumerate(found) if one.open and one.since <= rise.at]
        left = rise.credits
        if left > sum(found[at].open for at in awaited):
            continue
        exact = [at for at in awaited if found[at].open == left]
        for at in exact[:1] or awaited:
            share = min(left, found[at].open)
            found[at] = replace(found[at], observed=found[at].observed + share)
            left -= share
    return found
