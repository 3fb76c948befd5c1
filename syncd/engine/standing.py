"""How the account stands with the vendor: may anything be bought now, and if not, why not.

It refuses nothing by itself; whoever is about to spend asks :meth:`Standing.hold` under the lock.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import structlog

from syncd.core import status
from syncd.core.lists import choose_telling
from syncd.core.model import Batch, BatchState, Kind
from syncd.errors import KeyRefused, Refused, SeleqtUnavailable
from syncd.ledger import Ledger, Violation
from syncd.seleqt import Seleqt

log = structlog.get_logger()

KEY_REST = timedelta(minutes=1)  # between looks whether a refused key works again
AWAY_REST = timedelta(seconds=30)  # between tries when the vendor cannot be reached
_EMPTY_LIST = "syncd-balance"  # created where none of them can tell
_BALANCE_AGE = timedelta(minutes=5)  # how old a balance may be while rows wait for it


class Desk:
    """What all spreadsheets of one account share: one purchase at a time, one state of the key."""

    def __init__(
        self, queued: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext
    ) -> None:
        self._lock = threading.Lock()
        self._queued = queued  # goes around the wait for a turn
        self.buying = ""  # the batch whose purchase is under way just now
        self.key_refused_at: datetime | None = None
        self.away_until: datetime | None = None

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else buys, and let nobody else buy meanwhile."""
        with self._queued():
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()


class Standing:
    """The account's standing, as one spreadsheet's cycles see it."""

    def __init__(
        self,
        *,
        account: str,
        vendor: Seleqt,
        ledger: Ledger,
        desk: Desk,
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._ledger = ledger
        self._desk = desk
        self._clock = clock
        self._told: set[Violation] = set()

    def hold(self) -> str:
        """Return why nothing may be bought for the account now, as a sentence, or nothing."""
        now, buying = self._clock(), self._desk.buying
        known = self._ledger.accounts.get(self._account)
        if known.armed_at is None:
            return status.HOLD_PLAN
        if known.halted:
            return status.HOLD_HALTED
        if self._desk.key_refused_at is not None:
            return status.HOLD_KEY
        if any(_is_doubtful(b, buying) for b in self._ledger.batches.open(self._account)):
            return status.HOLD_DOUBT
        if self._desk.away_until is not None and now < self._desk.away_until:
            return status.HOLD_VENDOR
        return ""

    def unarmed(self) -> str:
        """Return, as a sentence, that syncd is in plan mode, or nothing where it may buy.

        What is about to be sent asks this again, in the transaction that records the intent.
        """
        armed = self._ledger.accounts.get(self._account).armed_at is not None
        return "" if armed else status.HOLD_PLAN

    def check_books(self) -> None:
        """Let the ledger's audit look at what has changed; what does not add up stops buying.

        Deliveries go on: what was paid for belongs into the sheet.
        """
        if not self._ledger.audit.is_due():
            return
        with self._ledger.transaction():
            # A batch that does not add up is polled on: what was told of it is not told each time.
            found = [one for one in self._ledger.audit.look() if one not in self._told]
            report_violations(self._ledger, found, account=self._account, now=self._clock())
        self._told.update(found)

    def note_trouble(self, error: Exception) -> None:
        """Remember, for all spreadsheets of the account, that the key or the vendor fails."""
        now = self._clock()
        if isinstance(error, KeyRefused):
            self._desk.key_refused_at = now
            log.error("key_refused", reason=str(error), hint="check seleqt.key; buying waits")
        elif isinstance(error, SeleqtUnavailable):
            rest = timedelta(seconds=error.retry_after) if error.retry_after else AWAY_REST
            self._desk.away_until = now + rest
            log.warning("seleqt_unavailable", reason=str(error))

    def note_answer(self) -> None:
        """Remember that the vendor answers: nothing waits any longer for it to be back."""
        self._desk.away_until = None

    def check_key(self) -> None:
        """Look whether a refused key works again, at most once a minute."""
        refused, now = self._desk.key_refused_at, self._clock()
        if refused is None or now < refused + KEY_REST:
            return
        try:
            self._vendor.probe()
        except KeyRefused:
            self._desk.key_refused_at = now
        except (SeleqtUnavailable, Refused) as error:
            log.warning("key_not_checked", reason=str(error))
        else:
            self._desk.key_refused_at = None
            log.info("key_works_again")

    def refresh_balance(self) -> bool:
        """Read the balance through a free count, where rows wait for it and it is old.

        Return whether it has grown.
        """
        known, now = self._ledger.accounts.get(self._account), self._clock()
        if known.balance_at is not None and now < known.balance_at + _BALANCE_AGE:
            return False
        try:
            from_vendor = self._read_balance()
        except (SeleqtUnavailable, Refused, KeyRefused) as error:
            self.note_trouble(error)
            return False
        if from_vendor is None:
            return False
        with self._ledger.transaction():
            self._ledger.accounts.set_balance(self._account, from_vendor, now)
        return known.balance is None or from_vendor > known.balance

    def _read_balance(self) -> int | None:
        """Ask the free count of our latest list; where somebody has tidied it away, of another.

        No other call tells the balance without spending (documented).
        """
        latest = self._ledger.batches.latest_list(self._account)
        if latest is not None:
            try:
                return self._vendor.count(latest, Kind.EMAIL).balance
            except Refused as refusal:
                log.info("list_gone", list=latest, reason=str(refusal))
        for list_id in choose_telling(self._vendor.lists()):
            with contextlib.suppress(Refused):  # perhaps a list of companies
                return self._vendor.count(list_id, Kind.EMAIL).balance
        return self._vendor.count(self._vendor.create_list(_EMPTY_LIST).id, Kind.EMAIL).balance


def report_violations(
    ledger: Ledger, found: Sequence[Violation], *, account: str, now: datetime
) -> None:
    """Stop buying for what an audit has found, and tell; the caller holds a transaction."""
    for one in found:
        log.error("ledger_violation", check=one.check, reason=str(one), hint="syncd ledger verify")
        batch = one.subject.removeprefix("batch ") if one.subject.startswith("batch ") else ""
        ledger.worksheets.note("", f"audit: {one.check}: {one}", now, batch=batch)
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        why = f"the ledger does not add up: {found[0]}{more}. See: syncd ledger verify"
        ledger.accounts.halt(account, why)
        log.error("buying_stopped", reason=why, hint="syncd batches resume")


def _is_doubtful(batch: Batch, buying: str) -> bool:
    """A purchase that was begun, and that nobody is at any more, may have happened."""
    if batch.state is BatchState.SUBMITTING:
        return batch.id != buying
    return batch.state is BatchState.IN_DOUBT
