"""Buying: one batch at a time through its life, each step committed before the next call.

The order around the one POST is the promise "never pay twice":

1. tx: batch planned, jobs waiting, credits reserved (caps looked at again, inside)
2. the batch's own list is created, filled, and read back
3. the free count is asked: how many would be searched, what is the balance
4. tx: *submitting*, with what the list showed before: the write-ahead
5. ONE POST, no transaction open
6. tx: its outcome, credits settled or released

A crash after 4 leaves *submitting* behind; :meth:`Buyer.recover` turns that into *in doubt*, which
is looked up and never sent again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

import structlog

from syncd.core import status
from syncd.core.credits import Caps, Entry, EntryKind, cap_hit
from syncd.core.lifecycle import (
    Accepted,
    Failed,
    InDoubt,
    Limits,
    ListReady,
    Looked,
    NothingToBuy,
    NotSent,
    Outcome,
    Refused,
    Step,
    Submitting,
    Withdrawn,
    advance,
)
from syncd.core.memory import NOBODY, Person, answer
from syncd.core.model import Batch, BatchState, Job, JobState, Kind, Purchasing, Reading, Seen
from syncd.core.purse import OpenBatch
from syncd.errors import (
    KeyRefused,
    OutcomeUnknown,
    SeleqtUnavailable,
    Stopping,
)
from syncd.errors import NotSent as NotSentError
from syncd.errors import Refused as RefusedError
from syncd.ledger import Ledger
from syncd.seleqt import Order, Seleqt

log = structlog.get_logger()

_KEY_REST = timedelta(minutes=1)  # between looks whether a refused key works again
_AWAY_REST = timedelta(seconds=30)  # between tries when the vendor cannot be reached
_BALANCE_AGE = timedelta(minutes=5)  # how old a balance may be while rows wait for it


class Desk:
    """What all spreadsheets of one account share: one purchase at a time, one state of the key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.key_refused_at: datetime | None = None
        self.away_until: datetime | None = None


class Buyer:
    """Buys for one account, within one thread's cycle."""

    def __init__(
        self,
        *,
        account: str,
        vendor: Seleqt,
        ledger: Ledger,
        desk: Desk,
        limits: Limits,
        cool_off: timedelta,
        zone: tzinfo,
        caps: Callable[[int], Caps],
        clock: Callable[[], datetime],
        stop: threading.Event,
        new_id: Callable[[], str],
        mode: str = "async",
        webhook_url: str | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._ledger = ledger
        self._desk = desk
        self._limits = limits
        self._cool_off = cool_off
        self._zone = zone
        self._caps = caps
        self._clock = clock
        self._stop = stop
        self._new_id = new_id
        self._mode = mode
        self._webhook_url = webhook_url
        self._jitter = jitter

    # -- before anything else -------------------------------------------------------------------

    def recover(self) -> None:
        """Turn purchases that a crash interrupted into doubts. Called once, at the start."""
        for batch in self._ledger.batches.open(self._account):
            if batch.state is BatchState.SUBMITTING:
                self._step(batch, InDoubt(reason="syncd stopped during the purchase"))

    def hold(self) -> str:
        """Return why nothing may be bought for the account now, as a sentence, or nothing."""
        now = self._clock()
        if self._ledger.accounts.get(self._account).halted:
            return status.HOLD_HALTED
        if self._desk.key_refused_at is not None:
            return status.HOLD_KEY
        if any(b.state is BatchState.IN_DOUBT for b in self._ledger.batches.open(self._account)):
            return status.HOLD_DOUBT
        if self._desk.away_until is not None and now < self._desk.away_until:
            return status.HOLD_VENDOR
        return ""

    def check_key(self) -> None:
        """Look whether a refused key works again, at most once a minute."""
        refused, now = self._desk.key_refused_at, self._clock()
        if refused is None or now < refused + _KEY_REST:
            return
        try:
            self._vendor.probe()
        except KeyRefused:
            self._desk.key_refused_at = now
        except (SeleqtUnavailable, RefusedError) as error:
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
        if (list_id := self._ledger.batches.latest_list(self._account)) is None:
            return False
        try:
            from_vendor = self._vendor.count(list_id, Kind.EMAIL).balance
        except (SeleqtUnavailable, RefusedError, KeyRefused) as error:
            self.note_trouble(error)
            return False
        if from_vendor is None:
            return False
        with self._ledger.transaction():
            self._ledger.accounts.set_balance(self._account, from_vendor, now)
        return known.balance is None or from_vendor > known.balance

    # -- one batch ------------------------------------------------------------------------------

    def open(self, wanted: OpenBatch, worksheet: int) -> Batch | None:
        """Record the intent and reserve its credits, or return None where it may no longer be.

        Another spreadsheet's cycle may have bought since the plan was made, so people and caps are
        looked at again inside the transaction.
        """
        now = self._clock()
        day = self._day(now)
        with self._ledger.transaction():
            people = self._ledger.people.known(self._account, [p for p, _ in wanted.people])
            free = [
                candidate
                for candidate in wanted.people
                if self._may_buy(people.get(candidate.prospect_id, NOBODY), wanted.kind, now)
            ]
            booked = self._ledger.accounts.booked(self._account, worksheet, day)
            while free and cap_hit(
                self._caps(worksheet),
                booked,
                wanted.kind,
                wanted.kind.price * len(free),
                request=wanted.request,
                request_cap=wanted.request_cap,
            ):
                free.pop()
            if not free:
                return None
            batch = Batch(
                id=self._new_id(),
                account=self._account,
                worksheet=worksheet,
                kind=wanted.kind,
                state=BatchState.PLANNED,
                jobs=tuple(
                    Job(prospect_id=p, kind=wanted.kind, state=JobState.WAITING, asked_by=key)
                    for p, key in free
                ),
                booked_day=day,
                reserved=wanted.kind.price * len(free),
                created_at=now,
                request=wanted.request,
                purchasing=wanted.purchasing,
                list_id=wanted.list_id,
            )
            self._ledger.batches.add(batch, now)
        log.info("batch_opened", batch=batch.id, kind=batch.kind, credits=batch.reserved)
        return batch

    def _may_buy(self, person: Person, kind: Kind, now: datetime) -> bool:
        """Ask the plan's own question again: another thread may have bought or missed since."""
        known = person.held(kind.field) or answer(person, kind, cool_off=self._cool_off, now=now)
        return not known

    def run(self, batch: Batch, *, fresh: bool = False) -> Batch:
        """Take the batch as far as it goes now; whatever stops it is recorded, never raised.

        Only :class:`~syncd.errors.Stopping` passes: what is not begun waits for the next start.
        """
        if batch.state is BatchState.SUBMITTING:
            # Nobody is at it any more: its outcome could not be recorded.
            return self._step(batch, InDoubt(reason="the outcome could not be recorded"))
        if batch.state is BatchState.PLANNED:
            batch = self._fill(batch, fresh=fresh)
        if batch.state is BatchState.LIST_READY:
            return self._submit(batch)
        if batch.state in _LOOKABLE:
            return self._look(batch)
        return batch

    def withdraw(self, batch: Batch, outcome: Withdrawn) -> Batch:
        """Give up a purchase that was never sent, and release its credits."""
        return self._step(batch, outcome)

    def _fill(self, batch: Batch, *, fresh: bool) -> Batch:
        try:
            if batch.purchasing is Purchasing.IN_PLACE:
                outcome = self._check_in_place(batch)
            else:
                outcome = self._fill_own_list(batch, fresh=fresh)
        except (SeleqtUnavailable, RefusedError, KeyRefused) as error:
            return self._trouble(batch, error)
        return self._step(batch, outcome)

    def _fill_own_list(self, batch: Batch, *, fresh: bool) -> Outcome:
        """Create the list, or find the one whose creation was not learned of; fill; read back."""
        planned = [job.prospect_id for job in batch.waiting]
        shown: Mapping[int, Seen] = {}
        list_id = None if fresh else self._find_own_list(batch)
        if list_id is None:
            list_id = self._vendor.create_list(batch.name).id
        else:
            shown = self._seen(batch, list_id)
        missing = [prospect for prospect in planned if prospect not in shown]
        if missing:
            self._add(list_id, missing)
            shown = self._seen(batch, list_id)
        strangers = set(shown) - set(planned)
        if strangers:
            return Withdrawn(reason=f"{len(strangers)} others are on list {list_id}")
        return ListReady(list_id=list_id, shown=shown)

    def _find_own_list(self, batch: Batch) -> int | None:
        for lead_list in self._vendor.lists():
            if lead_list.name.startswith(batch.name):  # the vendor may append " (2)" to a name
                return lead_list.id
        return None

    def _add(self, list_id: int, prospects: list[int]) -> None:
        """Attach people; where one unknown id spoils the call, attach them one by one."""
        try:
            self._vendor.add_leads(list_id, prospects)
        except RefusedError as refusal:
            if refusal.status != 400 or len(prospects) == 1:
                if refusal.status == 400:
                    return
                raise
            for prospect in prospects:
                self._add(list_id, [prospect])

    def _check_in_place(self, batch: Batch) -> Outcome:
        """See that the vendor would take exactly the planned people off the user's own list."""
        assert batch.list_id is not None  # noqa: S101  (the plan names it for in-place purchases)
        people = self._vendor.leads(batch.list_id)
        seen = {p.id: p.seen(batch.kind.field) for p in people}
        planned = [job.prospect_id for job in batch.waiting]
        lacking = sorted(p for p, s in seen.items() if s.reading is not Reading.FOUND)
        planned_lacking = sorted(set(planned) & set(lacking))
        if lacking[: len(planned_lacking)] != planned_lacking:
            # It would sell people again who were searched before: it takes the list from the top.
            with self._ledger.transaction():
                self._ledger.imports.stop(batch.request, status.HOLD_IN_PLACE)
            return Withdrawn(reason="it would take other people off the list")
        return ListReady(list_id=batch.list_id, shown={p: seen[p] for p in planned if p in seen})

    def _submit(self, batch: Batch) -> Batch:
        """Steps 3 to 6 of the module's list, one purchase at a time for the whole account."""
        with self._desk.lock:
            if self._stop.is_set():
                return batch
            if self.hold():
                return self._rest(batch, _AWAY_REST)
            assert batch.list_id is not None  # noqa: S101  (list_ready has one)
            try:
                count = self._vendor.count(batch.list_id, batch.kind)
            except (SeleqtUnavailable, RefusedError, KeyRefused) as error:
                return self._trouble(batch, error)
            size = len(batch.waiting)
            dedicated = batch.purchasing is Purchasing.DEDICATED
            if dedicated and count.unenriched > size:
                reason = f"the free count says {count.unenriched}, planned were {size}"
                with self._ledger.transaction():
                    self._halt(batch, f"batch {batch.id}: {reason}")
                return self._step(batch, Withdrawn(reason=reason))
            limit = min(size, count.unenriched)
            if limit == 0:
                return self._step(batch, NothingToBuy())
            ready = self._write_ahead(batch, count.balance)
            if ready.state is not BatchState.SUBMITTING:
                return ready
            return self._post(ready, limit)

    def _write_ahead(self, batch: Batch, balance: int | None) -> Batch:
        """Book the batch on today's caps and commit *submitting*, or withdraw it."""
        now = self._clock()
        today = self._day(now)
        with self._ledger.transaction():
            if balance is not None:
                self._ledger.accounts.set_balance(self._account, balance, now)
            if batch.booked_day != today:
                # Reserved before midnight, charged after it: the credits belong to today.
                moved = Entry(kind=EntryKind.RELEASE, credits=batch.reserved)
                self._ledger.batches.enter(batch, [moved], now)
                batch = replace(batch, booked_day=today)
                self._ledger.batches.enter(
                    batch, [Entry(kind=EntryKind.RESERVE, credits=batch.reserved)], now
                )
            booked = self._ledger.accounts.booked(self._account, batch.worksheet, today)
            cap = cap_hit(self._caps(batch.worksheet), booked, batch.kind, 0)
            outcome: Outcome = Submitting(balance=balance)
            if cap is not None:
                outcome = Withdrawn(reason=f"the cap on {cap} was reached meanwhile")
            return self._record(batch, outcome, now)

    def _post(self, batch: Batch, limit: int) -> Batch:
        order = Order(kind=batch.kind, limit=limit, mode=self._mode, webhook_url=self._webhook_url)
        assert batch.list_id is not None  # noqa: S101  (as above)
        outcome: Outcome
        balance: int | None = None
        refused, stopping = "", None
        try:
            bought = self._vendor.enrich(batch.list_id, order)
        except RefusedError as refusal:
            outcome = Refused(reason=str(refusal))
            if refusal.code == "insufficient_credits":
                balance = min(batch.balance_before or 0, batch.kind.price * limit - 1)
            else:
                refused = f"Seleqt refused a purchase that it should take: {refusal}"
        except KeyRefused as error:
            self.note_trouble(error)
            outcome = NotSent(reason=str(error))
        except NotSentError as error:
            outcome = NotSent(reason=str(error))
        except OutcomeUnknown as error:
            outcome = InDoubt(reason=str(error))
        except Stopping as error:  # while it waited for its turn: nothing was sent
            outcome, stopping = NotSent(reason=str(error)), error
        else:
            outcome = Accepted(count=bought.count, credits=bought.credits, results=bought.results)
            balance = bought.balance
        now = self._clock()
        with self._ledger.transaction():
            if balance is not None:
                self._ledger.accounts.set_balance(self._account, balance, now)
            if refused:  # the same again would be refused again: somebody has to look
                self._halt(batch, refused)
            batch = self._record(batch, outcome, now)
        if stopping is not None:
            raise stopping
        return batch

    def _look(self, batch: Batch) -> Batch:
        if batch.list_id is None:
            return batch
        try:
            seen = self._seen(batch, batch.list_id)
        except (SeleqtUnavailable, RefusedError, KeyRefused) as error:
            return self._trouble(batch, error)
        return self._step(batch, Looked(seen=seen))

    def _seen(self, batch: Batch, list_id: int) -> dict[int, Seen]:
        expected = [job.prospect_id for job in batch.jobs]
        people = self._vendor.leads(list_id, expected)
        if batch.purchasing is Purchasing.IN_PLACE:
            wanted = set(expected)
            people = [prospect for prospect in people if prospect.id in wanted]
        return {prospect.id: prospect.seen(batch.kind.field) for prospect in people}

    # -- recording ------------------------------------------------------------------------------

    def _trouble(self, batch: Batch, error: Exception) -> Batch:
        """Record that a free step failed. A refused key is nobody's failure: it only waits."""
        self.note_trouble(error)
        if isinstance(error, KeyRefused):
            return self._rest(batch, _KEY_REST)
        return self._step(batch, Failed(reason=str(error)))

    def _rest(self, batch: Batch, rest: timedelta) -> Batch:
        """Leave the batch as it is for a while; nothing failed, it only has to wait."""
        now = self._clock()
        later = replace(batch, not_before=now + rest)
        with self._ledger.transaction():
            self._ledger.batches.save(later, (), now)
        return later

    def note_trouble(self, error: Exception) -> None:
        """Remember, for all spreadsheets of the account, that the key or the vendor fails."""
        now = self._clock()
        if isinstance(error, KeyRefused):
            self._desk.key_refused_at = now
            log.error("key_refused", reason=str(error), hint="check seleqt.key; buying waits")
        elif isinstance(error, SeleqtUnavailable):
            rest = timedelta(seconds=error.retry_after) if error.retry_after else _AWAY_REST
            self._desk.away_until = now + rest
            log.warning("seleqt_unavailable", reason=str(error))

    def _step(self, batch: Batch, outcome: Outcome) -> Batch:
        now = self._clock()
        with self._ledger.transaction():
            return self._record(batch, outcome, now)

    def _record(self, batch: Batch, outcome: Outcome, now: datetime) -> Batch:
        """Advance the batch and write all that the step changes; the caller holds a transaction."""
        step = advance(batch, outcome, now=now, jitter=self._jitter(), limits=self._limits)
        self._ledger.batches.save(step.batch, step.entries, now)
        self._ledger.worksheets.note("", step.event, now, batch=batch.id)
        if step.alarm:
            self._halt(batch, step.alarm)
        if step.batch.state is BatchState.PARKED is not batch.state:
            log.error("batch", **_fields(step), hint="syncd batches list")
        elif step.batch.state is BatchState.IN_DOUBT is not batch.state:
            log.warning("batch", **_fields(step))
        else:
            log.info("batch", **_fields(step))
        return step.batch

    def _halt(self, batch: Batch, why: str) -> None:
        """Stop buying for the account until a human has looked; deliveries go on."""
        self._ledger.accounts.halt(self._account, why)
        log.error("buying_stopped", batch=batch.id, reason=why, hint="syncd batches resume")

    def _day(self, now: datetime) -> str:
        return now.astimezone(self._zone).date().isoformat()


def _fields(step: Step) -> dict[str, str]:
    return {"batch": step.batch.id, "state": step.batch.state, "event_text": step.event}


_LOOKABLE = frozenset({BatchState.ACCEPTED, BatchState.IN_DOUBT, BatchState.PARKED})
