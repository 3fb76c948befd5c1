"""Who looks after the spreadsheet, from read to read: the lease that its panel shows.

The rules are in :mod:`syncd.core.lease`. Where there is no place for a lease, or none can be
written, there is none to wait for, and syncd works as if it were alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from syncd.core.flight import LANDS_WITHIN
from syncd.core.lease import Claim, Lease, judge, lasting, parse_lease
from syncd.ledger import Lineage

_BEHIND = (
    "Nothing is bought: this sheet tells of purchases that syncd's ledger does not know, as it was "
    "restored, copied or begun anew. Ask your admin to run: syncd reconcile"
)
_RESTORED = (
    "Nothing is bought: syncd's ledger was restored from a backup, and may not know the purchases "
    "since. Ask your admin to run: syncd reconcile"
)


class Tenant:
    """This syncd, as one that looks after a spreadsheet or leaves it to another."""

    def __init__(
        self,
        *,
        host: str,
        beat: timedelta,
        lineage: Lineage,
        can_write: Callable[[], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self.is_known = False  # whether the spreadsheet was read in this process
        self.shown: Lease | None = None  # as it was last read
        self._host = host
        self._beat = beat  # the panel is written once in that time at the least
        self._lineage = lineage
        self._can_write = can_write
        self._clock = clock
        self._has_place = False
        self._written_at: datetime | None = None
        self._not_before: datetime | None = None  # nothing is bought, as another's may be under way

    def see(self, text: str | None) -> None:
        """Take in what stands in the lease's place; None where there is no such place."""
        self.is_known, self._has_place = True, text is not None
        if text is None:
            return
        self.shown = parse_lease(text)
        others = self.shown is not None and self.shown.host != self._host
        if others and self.claim is Claim.FREE:
            self._not_before = self._clock() + LANDS_WITHIN

    def note_written(self) -> None:
        """Note that the panel was written, and a lease with it where the spreadsheet was free."""
        if self.claim is Claim.FREE:
            self._written_at = self._clock()

    @property
    def claim(self) -> Claim | None:
        """How the spreadsheet stands to us; None where there is no place for a lease."""
        if not self._has_place:
            return None
        claim = judge(
            self.shown,
            ledger=self._lineage.id,
            host=self._host,
            epochs=self._lineage.epochs(),
            now=self._clock(),
        )
        return None if claim is Claim.FREE and not self._can_write() else claim

    def may_buy(self) -> bool:
        """Whether the spreadsheet is ours to buy for."""
        if self._not_before is not None and self._clock() < self._not_before:
            return False
        return self.claim in {None, Claim.OURS}

    def is_behind(self) -> bool:
        """Whether there were, or may have been, purchases that the ledger does not know."""
        return self.claim is Claim.UNKNOWN_PAST or self._lineage.is_restored

    def find_gap(self) -> str:
        """Return what is to be told of such purchases, or nothing."""
        if self.claim is Claim.UNKNOWN_PAST:
            return _BEHIND
        return _RESTORED if self._lineage.is_restored else ""

    def is_claiming(self) -> bool:
        """Whether a lease was written that no read has shown yet, so that one is wanted soon."""
        written = self._written_at is not None and self._clock() < self._written_at + self._beat
        return self.claim is Claim.FREE and written

    def find_other(self) -> str:
        """Return what is to be told where another syncd looks after the spreadsheet, or nothing."""
        if self.claim is not Claim.OTHERS:
            return ""
        return (
            f"Another syncd looks after this spreadsheet (as of {self.shown}). This one leaves it "
            "alone. Stop one of them."
        )

    def write(self) -> str:
        """Return the lease to write; where ours would hide purchases unknown to us, that shown."""
        if self.claim is Claim.UNKNOWN_PAST:
            return str(self.shown)
        epoch = self._lineage.epochs()[self._lineage.id]
        until = self._clock() + lasting(self._beat)
        return str(Lease(ledger=self._lineage.id, host=self._host, epoch=epoch, until=until))
