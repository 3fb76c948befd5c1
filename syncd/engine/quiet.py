"""What tells a cycle that nothing has changed, so that reading the sheet is all that it does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from syncd.ledger import Ledger

_FULL_PASS = timedelta(minutes=10)  # an unchanged sheet is looked at again, for what time changes


class Quiet:
    """Remembers how the sheet, the ledger and the account stood when all was last looked at.

    ``hold`` returns why nothing may be bought now.
    """

    def __init__(
        self, *, ledger: Ledger, hold: Callable[[], str], clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._why_held = hold
        self._clock = clock
        self._digest: bytes | None = None
        self._version: int | None = None
        self._hold = ""
        self._at: datetime | None = None

    def known(self, *dues: datetime | None) -> bytes | None:
        """Return the digest of a sheet that needs no second look, or None where any needs one.

        The others are needed once one of ``dues`` has come.
        """
        now = self._clock()
        same = self._version == self._ledger.version() and self._hold == self._why_held()
        lately = (
            self._at is not None and now - self._at < _FULL_PASS and now.date() == self._at.date()
        )
        is_due = any(due is not None and now >= due for due in dues)
        return self._digest if same and lately and not is_due else None

    def note(self, digest: bytes | None, hold: str) -> None:
        """Keep how all stands after a look; without a digest the next cycle looks at all of it."""
        self._digest, self._hold = digest, hold
        self._version = self._ledger.version()
        self._at = self._clock()

    def forget(self) -> None:
        """Let the next cycle look at all of the sheet."""
        self._digest = None
