"""Is somebody still typing? What a row asks for counts once it has stood for a while. Pure.

A row is typed cell by cell, and some editors send each letter: the first digits of an id are often
another person's id, and an emptied Max credits is no limit at all. So a purchase waits until what
is asked was seen unchanged for the settle time.

Remembered goes by what is asked, never by where it stands, because rows move; and in memory only: a
restart lets everything settle anew, which costs seconds. Of tens of thousands of asks the hashes
are kept, as that takes a third of the room.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from syncd.core.leads import LeadRow
from syncd.core.requests import RequestRow

R = TypeVar("R")


class Look(NamedTuple):
    """Positions of rows: those that have not settled, and those that count from this look on."""

    typed: set[int]
    arrived: set[int]


def ask_of_lead(row: LeadRow) -> Hashable | None:
    """Return what has to stand still before a lead's row is a request; None where it asks nothing.

    A row with a problem is one as well: it would be told of what is not typed yet.
    """
    if not row.wanted and not row.problem:
        return None
    return row.person, (row.wanted, row.again), row.approved, row.problem


def ask_of_request(row: RequestRow) -> Hashable | None:
    """Return the same for the row of a list request."""
    if not row.lead_list and not row.wanted and not row.problem:
        return None
    return row.lead_list, row.wanted, row.max_leads, row.max_credits, row.started, row.problem


def without_tick(ask: Hashable) -> Hashable:
    """Return what a lead's row asked before its tick: it asks nothing new by that."""
    assert isinstance(ask, tuple)  # noqa: S101  (of ask_of_lead)
    person, wanted, _, problem = ask
    return person, wanted, False, problem


class Settling(Generic[R]):
    """What the rows of one worksheet ask for, and since when. Rows that stay are the same objects.

    ``settle`` of zero lets everything count at once. What differs from an earlier ask by no more
    than ``plain`` takes away has to settle, and is no arrival.
    """

    def __init__(
        self,
        settle: timedelta,
        ask_of: Callable[[R], Hashable | None],
        plain: Callable[[Hashable], Hashable] = lambda ask: ask,
    ) -> None:
        self._settle = settle
        self._ask_of = ask_of
        self._plain = plain
        self._rows: Sequence[R] = ()  # most are the very objects of the last look
        self._holders: dict[int, int] = {}  # how many of them ask the same, by the ask's hash
        self._since: dict[int, datetime] = {}  # what has not settled yet
        self._typed: dict[int, int] = {}  # the rows that ask for that, by identity
        self._renewed: set[int] = set()  # what only repeats what was asked before

    @property
    def due(self) -> datetime | None:
        """When the next row will have settled, if nobody goes on typing."""
        return min(self._since.values()) + self._settle if self._since else None

    def look(self, rows: Sequence[R], *, read_at: datetime, now: datetime) -> Look:
        """Return which of the ``rows`` have not settled, and which have only now.

        ``read_at`` is a time before the read began and ``now`` one after it ended, so that what
        settled has stood in the sheet for at least the settle time, however slow a read was.
        """
        if len(rows) != len(self._rows) or not all(map(operator.is_, rows, self._rows)):
            last, seen = {id(row): row for row in self._rows}, {id(row): row for row in rows}
            for one in seen.keys() - last.keys():
                self._add(one, seen[one], now)
            for one in last.keys() - seen.keys():
                self._drop(one, last[one])
            self._rows = rows
        if not self._typed:
            return Look(set(), set())
        over = {
            ask
            for ask, since in self._since.items()
            if not self._settle or read_at - since >= self._settle
        }
        typed, arrived = set(), set()
        for at, row in enumerate(rows):
            if (ask := self._typed.get(id(row))) is None:
                continue
            if ask not in over:
                typed.add(at)
            elif ask not in self._renewed:
                arrived.add(at)
        if over:
            self._since = {ask: since for ask, since in self._since.items() if ask not in over}
            self._typed = {one: ask for one, ask in self._typed.items() if ask not in over}
            self._renewed -= over
        return Look(typed, arrived)

    def _add(self, one: int, row: R, now: datetime) -> None:
        asked = self._ask_of(row)
        if asked is None:
            return
        ask = hash(asked)
        if ask not in self._holders:
            self._since[ask] = now
            if hash(self._plain(asked)) in self._holders:
                self._renewed.add(ask)
        self._holders[ask] = self._holders.get(ask, 0) + 1
        if ask in self._since:
            self._typed[one] = ask

    def _drop(self, one: int, row: R) -> None:
        """Forget a row: what nobody asks for any more has to settle anew when it comes back."""
        asked = self._ask_of(row)
        if asked is None:
            return
        ask = hash(asked)
        self._typed.pop(one, None)
        self._holders[ask] -= 1
        if not self._holders[ask]:
            del self._holders[ask]
            self._since.pop(ask, None)
            self._renewed.discard(ask)
