"""Is somebody still typing? What a row asks for counts once it has stood for a while. Pure.

A row is typed cell by cell, and some editors send each letter: the first digits of an id are often
another person's id, and an emptied Max credits is no limit at all. So a purchase waits until what
is asked was seen unchanged for the settle time.

Remembered goes by what is asked, never by where it stands, because rows move; and in memory only: a
restart lets everything settle anew, which costs seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from syncd.core.leads import LeadRow
from syncd.core.requests import RequestRow

R = TypeVar("R")


def ask_of_lead(row: LeadRow) -> Hashable | None:
    """Return what has to stand still before a lead's row is a request; None where it asks nothing.

    A row with a problem is one as well: it would be told of what is not typed yet.
    """
    if not row.wanted and not row.problem:
        return None
    return row.person, row.wanted, row.approved, row.problem


def ask_of_request(row: RequestRow) -> Hashable | None:
    """Return the same for the row of a list request."""
    if not row.lead_list and not row.wanted and not row.problem:
        return None
    return row.lead_list, row.wanted, row.max_leads, row.max_credits, row.started, row.problem


class Settling(Generic[R]):
    """What the rows of one worksheet ask for, and since when. Rows that stay are the same objects.

    ``settle`` of zero lets everything count at once.
    """

    def __init__(self, settle: timedelta, ask_of: Callable[[R], Hashable | None]) -> None:
        self._settle = settle
        self._ask_of = ask_of
        self._rows: dict[int, R] = {}  # by identity: most rows are those of the last look
        self._holders: dict[Hashable, int] = {}  # how many of them ask the same
        self._since: dict[Hashable, datetime] = {}  # what has not settled yet
        self._typed: dict[int, Hashable] = {}  # the rows that ask for that

    @property
    def due(self) -> datetime | None:
        """When the next row will have settled, if nobody goes on typing."""
        return min(self._since.values()) + self._settle if self._since else None

    def look(self, rows: Sequence[R], *, read_at: datetime, now: datetime) -> set[int]:
        """Return the positions in ``rows`` of those that have not settled.

        ``read_at`` is a time before the read began and ``now`` one after it ended, so that what
        settled has stood in the sheet for at least the settle time, however slow a read was.
        """
        if not self._settle:
            return set()
        seen = {id(row): row for row in rows}
        for one in seen.keys() - self._rows.keys():
            self._add(one, seen[one], now)
        for one in self._rows.keys() - seen.keys():
            self._drop(one)
        self._rows = seen
        over = [ask for ask, since in self._since.items() if read_at - since >= self._settle]
        for ask in over:
            del self._since[ask]
        if over:
            self._typed = {one: ask for one, ask in self._typed.items() if ask in self._since}
        typed = self._typed
        return {at for at, row in enumerate(rows) if id(row) in typed} if typed else set()

    def _add(self, one: int, row: R, now: datetime) -> None:
        ask = self._ask_of(row)
        if ask is None:
            return
        if ask not in self._holders:
            self._since[ask] = now
        self._holders[ask] = self._holders.get(ask, 0) + 1
        if ask in self._since:
            self._typed[one] = ask

    def _drop(self, one: int) -> None:
        """Forget a row: what nobody asks for any more has to settle anew when it comes back."""
        ask = self._ask_of(self._rows[one])
        if ask is None:
            return
        self._typed.pop(one, None)
        self._holders[ask] -= 1
        if not self._holders[ask]:
            del self._holders[ask]
            self._since.pop(ask, None)
