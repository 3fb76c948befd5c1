"""What the web port tells, from the ledger: read-only, and not more often than it is worth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from syncd.core.credits import EntryKind
from syncd.core.model import Kind
from syncd.core.overview import Overview
from syncd.ledger import Ledger
from syncd.ledger.hooks import Known
from syncd.ledger.refunds import Refunded
from syncd.ledger.statement import Balance

T = TypeVar("T")

DAYS = 30  # that the picture goes back


class Kept(Generic[T]):
    """A value that is read anew when it is old: asking more often costs nothing."""

    def __init__(self, read: Callable[[], T], seconds: float) -> None:
        self._read = read
        self._seconds = seconds
        self._value: T | None = None
        self._at = float("-inf")

    def __call__(self) -> T:
        if self._value is None or time.monotonic() - self._at >= self._seconds:
            self._value = self._read()
            self._at = time.monotonic()
        return self._value


class Facts:
    """One connection to the ledger, for the web server's thread alone."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        account: str,
        look_over: Callable[[Ledger, datetime], Overview],
        refund_within: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._account = account
        self._look_over = look_over
        self._refund_within = refund_within
        self._clock = clock
        self._figures = ledger.figures(account)
        self.overview = Kept(self._read_overview, 1)
        self.refunded = Kept(self._read_refunded, 600)
        self.gap = Kept(self._read_gap, 60)

    def close(self) -> None:
        self._ledger.close()

    def totals(self) -> Mapping[tuple[Kind, EntryKind], int]:
        with self._ledger.guard():
            return self._figures.totals()

    def days(self) -> dict[date, int]:
        """Return the credits of each of the last days whose caps carried any."""
        today = date.fromisoformat(self.overview().account.day)
        with self._ledger.guard():
            return self._figures.days(today - timedelta(days=DAYS - 1))

    def find_hook(self, digest: str) -> Known | None:
        """Return what the token with that digest stands for, or None."""
        with self._ledger.guard():
            return self._ledger.hooks.find(digest)

    def _read_overview(self) -> Overview:
        return self._look_over(self._ledger, self._clock())

    def _read_refunded(self) -> Refunded:
        with self._ledger.snapshot():
            return self._ledger.refunds.add_up(self._account, self._clock(), self._refund_within)

    def _read_gap(self) -> Balance | None:
        """Return how today's balance went: what came and left beside our own purchases."""
        today = self._clock().date()
        with self._ledger.snapshot():
            return self._ledger.statement(self._account).balance(today, today)
