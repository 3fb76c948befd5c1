"""Buying: one batch at a time through its life, each step committed before the next call.

The order around the one POST is the promise "never pay twice":

1. tx: batch planned, jobs waiting, credits reserved (caps looked at again, inside)
2. the batch's own list is created, filled, and read back
3. the free count is asked: how many would be searched, what is the balance
4. tx: *submitting*, with what the list showed before: the write-ahead
5. ONE POST, no transaction open
6. tx: its outcome, credits settled or released

A crash after 4 leaves *submitting* behind. That holds all buying until :meth:`Buyer.run` meets it
and turns it into *in doubt*, which is looked up and never sent again.

In place there is no list to fill. The user's own list is read after 3, and the purchase goes out
only while the vendor would take exactly the planned people off it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo

import structlog

from syncd.core import events, status
from syncd.core.credits import Caps, cap_hit
from syncd.core.hooks import TOKEN, Hook, make_hook
from syncd.core.in_place import find_taken, foresee
from syncd.core.memory import NOBODY, Person, answer
from syncd.core.model import Batch, BatchState, Job, JobState, Kind, Purchasing, Seen
from syncd.core.outcomes import (
    Accepted,
    Failed,
    InDoubt,
    ListReady,
    Looked,
    NothingToBuy,
    NotSent,
    Outcome,
    Refused,
    Submitting,
    Withdrawn,
)
from syncd.core.purse import OpenBatch
from syncd.core.status import sentence
from syncd.engine.filling import Filler
from syncd.engine.recording import Recorder
from syncd.engine.standing import AWAY_REST, KEY_REST, Desk, Standing
from syncd.errors import (
    ContractBroken,
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

_STUMBLES = 3  # looks at the user's own list before its request is stopped
_LOOKABLE = frozenset(
    {BatchState.ACCEPTED, BatchState.IN_DOUBT, BatchState.PARKED, BatchState.SETTLED}
)


class Buyer:
    """Buys for one account, within one thread's cycle."""

    def __init__(
        self,
        *,
        account: str,
        vendor: Seleqt,
        ledger: Ledger,
        desk: Desk,
        standing: Standing,
        records: Recorder,
        cool_off: timedelta,
        zone: tzinfo,
        caps: Callable[[], Caps],
        hold: Callable[[], str],
        is_ours: Callable[[], bool],
        clock: Callable[[], datetime],
        stop: threading.Event,
        new_id: Callable[[], str],
        mode: str = "async",
        webhook_url: str | None = None,
        new_token: Callable[[], str],
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._filler = Filler(vendor)
        self._ledger = ledger
        self._desk = desk
        self._standing = standing
        self._records = records
        self._cool_off = cool_off
        self._zone = zone
        self._caps = caps
        self._hold = hold  # why the spreadsheet's people, or the admin, want nothing bought
        self._is_ours = is_ours  # no other syncd may be at work on the spreadsheet
        self._clock = clock
        self._stop = stop
        self._new_id = new_id
        self._mode = mode
        self._webhook_url = webhook_url
        self._new_token = new_token
        # What the others on a user's list showed before a purchase in place, until its first look.
        self._bystanders: dict[str, Mapping[int, Seen]] = {}

    # -- the intent -----------------------------------------------------------------------------

    def open(self, wanted: OpenBatch, worksheet: int) -> Batch | None:
        """Record the intent and reserve its credits, or return None where it may no longer be.

        Another spreadsheet's cycle may have bought since the plan was made, so people and caps are
        looked at again inside the transaction; and so is whether anybody has paused buying.
        """
        now = self._clock()
        day = self._day(now)
        with self._ledger.transaction():
            if self._hold() or not self._is_ours():
                return None
            if wanted.kind in self._ledger.brakes.of(worksheet):
                return None
            caps = self._caps()
            people = self._ledger.people.known(self._account, [p for p, _ in wanted.people])
            free = [
                candidate
                for candidate in wanted.people
                if self._may_buy(
                    people.get(candidate.prospect_id, NOBODY),
                    wanted.kind,
                    now,
                    wanted.again.get(candidate.prospect_id),
                )
            ]
            booked = self._ledger.accounts.booked(self._account, worksheet, day, [wanted.request])
            while free and cap_hit(
                caps,
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
                    Job(
                        prospect_id=p,
                        kind=wanted.kind,
                        state=JobState.WAITING,
                        asked_by=key,
                        wished_at=wanted.again.get(p),
                    )
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
            self._ledger.batches.bound(
                batch, caps, request_cap=wanted.request_cap, cool_off=self._cool_off
            )
        log.info("batch_opened", batch=batch.id, kind=batch.kind, credits=batch.reserved)
        return batch

    def _may_buy(self, person: Person, kind: Kind, now: datetime, again: datetime | None) -> bool:
        """Ask the plan's own question again: another thread may have bought or missed since."""
        cool_off = self._cool_off
        return not (
            person.held(kind.field) or answer(person, kind, cool_off=cool_off, now=now, again=again)
        )

    def objection(self, batch: Batch) -> str:
        """Return why a purchase that was not sent may not be sent any more, or nothing.

        People may have paused buying or lowered a limit since it was planned, and the answers that
        came since may be nearly all misses.
        """
        if self._hold():
            return events.PAUSED
        if batch.kind in self._ledger.brakes.of(batch.worksheet):
            return events.WASTE
        day = self._day(self._clock())
        booked = self._ledger.accounts.booked(self._account, batch.worksheet, day)
        if batch.booked_day != day:  # it would be booked on today's caps
            booked = booked.add(batch.kind, batch.reserved, "")
        return events.LIMIT if cap_hit(self._caps(), booked, batch.kind, 0) else ""

    def withdraw(self, batch: Batch, outcome: Withdrawn) -> Batch:
        """Give up a purchase that was never sent, and release its credits."""
        return self._records.step(batch, outcome)

    # -- one batch ------------------------------------------------------------------------------

    def run(self, batch: Batch, *, fresh: bool = False) -> Batch:
        """Take the batch as far as it goes now; whatever stops it is recorded, never raised.

        Only :class:`~syncd.errors.Stopping` passes: what is not begun waits for the next start.
        """
        if batch.state is BatchState.SUBMITTING:
            # Its spreadsheet's only thread is here, so nobody is at it any more.
            return self._records.step(batch, InDoubt(reason="its outcome was not recorded"))
        unread = batch.state is BatchState.PLANNED
        if unread and batch.purchasing is Purchasing.DEDICATED:
            batch = self._fill(batch, fresh=fresh)
            unread = False
        if unread or batch.state is BatchState.LIST_READY:
            return self._submit(batch)
        if batch.state in _LOOKABLE:
            return self._look(batch)
        return batch

    def _fill(self, batch: Batch, *, fresh: bool) -> Batch:
        try:
            outcome = self._filler.fill(batch, fresh=fresh)
        except (SeleqtUnavailable, RefusedError, KeyRefused) as error:
            return self._trouble(batch, error)
        return self._records.step(batch, outcome)

    def _submit(self, batch: Batch) -> Batch:
        """Steps 3 to 6 of the module's list, one purchase at a time for the whole account."""
        with self._desk.turn():
            if self._stop.is_set():
                return batch
            self._standing.check_books()
            if self._standing.hold() or not self._is_ours():
                return self._records.rest(batch, AWAY_REST)
            in_place = batch.purchasing is Purchasing.IN_PLACE
            try:
                batch, limit, balance = (self._foresee if in_place else self._count)(batch)
            except (SeleqtUnavailable, RefusedError, KeyRefused) as error:
                return self._trouble(batch, error)
            # No more than is booked: an earlier try may have found fewer to search for.
            limit = min(limit, batch.reserved // batch.kind.price)
            if not limit or self._stop.is_set():  # counting takes a while: somebody may wait for us
                return batch
            self._desk.buying = batch.id
            try:
                hook = self._make_hook()
                batch = self._write_ahead(batch, limit, balance, hook)
                if batch.state is BatchState.SUBMITTING:
                    batch = self._post(batch, limit, hook)
                return batch
            finally:
                self._desk.buying = ""

    def _count(self, batch: Batch) -> tuple[Batch, int, int | None]:
        """Return how many would be searched on the batch's own list, and the balance.

        Nobody is to be searched where the batch has been given up, or ended, here.
        """
        assert batch.list_id is not None  # noqa: S101  (list_ready has one)
        count = self._vendor.count(batch.list_id, batch.kind)
        size = len(batch.waiting)
        if count.unenriched > size:
            reason = f"the free count says {count.unenriched}, planned were {size}"
            with self._ledger.transaction():
                self._records.halt(batch, f"batch {batch.id}: {reason}")
                batch = self._records.record(batch, Withdrawn(reason=reason))
            return batch, 0, None
        if count.unenriched == 0:
            return self._records.step(batch, NothingToBuy()), 0, None
        return batch, count.unenriched, count.balance

    def _foresee(self, batch: Batch) -> tuple[Batch, int, int | None]:
        """The same for the user's own list, where others stand as well, read at the last moment."""
        list_id = batch.list_id
        assert list_id is not None  # noqa: S101  (the plan names it for in-place purchases)
        try:
            count = self._vendor.count(list_id, batch.kind)
            shown = self._filler.look(batch, list_id)
        except RefusedError as refusal:
            if refusal.status != 404:
                raise
            says = sentence(status.REQUEST_NO_LIST, lead_list=str(list_id))
            return self._stumble(batch, str(refusal), says), 0, None
        planned = {job.prospect_id for job in batch.waiting}
        forecast = foresee(shown, planned, count.unenriched)
        if forecast.obstacle and count.unenriched:
            says = status.HOLD_BUSY if forecast.passing else status.HOLD_IN_PLACE
            return self._stumble(batch, forecast.obstacle, says), 0, None
        batch = self._records.step(batch, ListReady(list_id=list_id, shown=shown))
        if batch.state is BatchState.LIST_READY and not forecast.limit:
            batch = self._records.step(batch, NothingToBuy())
        self._bystanders[batch.id] = {p: seen for p, seen in shown.items() if p not in planned}
        return batch, forecast.limit, count.balance

    def _stumble(self, batch: Batch, reason: str, says: str) -> Batch:
        """Try the list again; where that goes on, stop its request, and say so in its row."""
        if batch.attempts < _STUMBLES:
            return self._records.step(batch, Failed(reason=reason))
        with self._ledger.transaction():
            self._ledger.imports.stop(batch.request, says)
            return self._records.record(batch, Withdrawn(reason=reason))

    def _make_hook(self) -> Hook:
        """Return the address that Seleqt is to call, with a new token where it is ours."""
        url = self._webhook_url if self._mode == "async" else None
        return make_hook(url, self._new_token() if url and TOKEN in url else "")

    def _write_ahead(self, batch: Batch, limit: int, balance: int | None, hook: Hook) -> Batch:
        """Book the batch on today's caps and commit *submitting*, or withdraw it."""
        now = self._clock()
        today = self._day(now)
        with self._ledger.transaction():
            if balance is not None:
                self._ledger.accounts.set_balance(self._account, balance, now)
            if batch.booked_day != today:  # charged after midnight: the credits belong to today
                batch = self._ledger.batches.rebook(batch, today, now)
            if reason := self.objection(batch):
                return self._records.record(batch, Withdrawn(reason=reason))
            self._ledger.batches.bound(batch, self._caps())
            self._ledger.lineage.advance()
            if hook.digest:
                self._ledger.hooks.put(batch.id, hook.digest, now)
            return self._records.record(batch, Submitting(balance=balance, limit=limit))

    def _post(self, batch: Batch, limit: int, hook: Hook) -> Batch:
        order = Order(kind=batch.kind, limit=limit, mode=self._mode, webhook_url=hook.url)
        assert batch.list_id is not None  # noqa: S101  (as above)
        outcome: Outcome
        balance: int | None = None
        refusal, stopping, evidence, broken = None, None, "", False
        try:
            bought = self._vendor.enrich(batch.list_id, order)
        except RefusedError as error:
            outcome, refusal = Refused(reason=str(error)), error
            if error.code == "insufficient_credits":
                balance = min(batch.balance_before or 0, batch.kind.price * limit - 1)
        except KeyRefused as error:
            self._standing.note_trouble(error)
            outcome = NotSent(reason=str(error))
        except NotSentError as error:
            outcome = NotSent(reason=str(error))
        except OutcomeUnknown as error:
            outcome, evidence, broken = InDoubt(reason=str(error)), error.evidence, error.broken
        except Stopping as error:  # while it waited for its turn: nothing was sent
            outcome, stopping = NotSent(reason=str(error)), error
        else:
            outcome = Accepted(count=bought.count, credits=bought.credits, results=bought.results)
            balance, evidence = bought.balance, bought.evidence
        with self._ledger.transaction():
            batch = self._records.record(batch, outcome)
            if balance is not None:  # behind the entries that it knows of
                self._ledger.accounts.set_balance(
                    self._account, balance, self._clock(), is_told=refusal is None
                )
            if evidence and batch.note:  # a doubt, or sums that do not add up
                self._records.keep(batch, evidence)
            if broken:
                self._records.halt(batch, f"batch {batch.id}: {batch.note}")
        if not batch.waiting:
            self._bystanders.pop(batch.id, None)  # there will be no look
        if stopping is not None:
            raise stopping
        if refusal is not None and not self._is_understood(batch, refusal):
            with self._ledger.transaction():  # the same again would be refused again
                self._records.halt(
                    batch, f"Seleqt refused a purchase that it should take: {refusal}"
                )
        return batch

    def _is_understood(self, batch: Batch, refusal: RefusedError) -> bool:
        """Return whether a refusal needs nobody's attention: the next plan will do better.

        Too few credits say so themselves. For the rest a free look decides: somebody deleted the
        list, or somebody else has bought its people since they were counted.
        """
        if refusal.code == "insufficient_credits":
            return True
        assert batch.list_id is not None  # noqa: S101  (as above)
        try:
            return self._vendor.count(batch.list_id, batch.kind).unenriched == 0
        except RefusedError as error:
            return error.status == 404
        except (SeleqtUnavailable, KeyRefused) as error:
            self._standing.note_trouble(error)
            return False

    def _look(self, batch: Batch) -> Batch:
        if batch.list_id is None:
            return batch
        try:
            seen = self._filler.look(batch, batch.list_id)
        except (SeleqtUnavailable, RefusedError, KeyRefused) as error:
            return self._trouble(batch, error)
        others = find_taken(self._bystanders.pop(batch.id, {}), seen)
        return self._records.step(batch, Looked(seen=seen, others=others))

    def _trouble(self, batch: Batch, error: Exception) -> Batch:
        """Record that a free step failed. A refused key is nobody's failure: it only waits."""
        self._standing.note_trouble(error)
        if isinstance(error, KeyRefused):
            return self._records.rest(batch, KEY_REST)
        if isinstance(error, ContractBroken):
            with self._ledger.transaction():
                self._records.halt(batch, f"batch {batch.id}: {error}")
                batch = self._records.record(batch, Failed(reason=str(error)))
                self._records.keep(batch, error.evidence)
            return batch
        gone = isinstance(error, RefusedError) and error.status == 404
        return self._records.step(batch, Failed(reason=str(error), gone=gone))

    def _day(self, now: datetime) -> str:
        return self._ledger.accounts.day(self._account, now.astimezone(self._zone))
