"""The cycle: one pass over one spreadsheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from structlog.contextvars import bound_contextvars

from syncd.core import status
from syncd.core.events import UNWANTED
from syncd.core.leads import Lead
from syncd.core.lists import find_supplied
from syncd.core.model import UNSENT, Batch, BatchState
from syncd.core.outcomes import Withdrawn
from syncd.core.status import Stand
from syncd.engine.arrivals import Arrivals
from syncd.engine.buying import Buyer
from syncd.engine.delivery import Delivered, Delivery
from syncd.engine.demand import Demand
from syncd.engine.diary import Diary
from syncd.engine.hints import Hints
from syncd.engine.importing import Importer
from syncd.engine.quiet import Quiet
from syncd.engine.reconciling import Sight, see
from syncd.engine.standing import Standing
from syncd.engine.survey import Survey, Surveyor
from syncd.engine.workbook import Moment, Workbook
from syncd.errors import (
    KeyRefused,
    Refused,
    SeleqtUnavailable,
    SheetDenied,
    SheetUnavailable,
    Stopping,
)
from syncd.ledger import Ledger

log = structlog.get_logger()

_IMPORT_REST = timedelta(minutes=1)  # between tries to read a list that cannot be read now
_PASSING = (status.HOLD_KEY, status.HOLD_VENDOR)  # what may be over at the next cycle
_TOO_OLD = timedelta(minutes=10)  # an unsubmitted batch is planned anew rather than bought late


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """What a cycle did, and when the next one is wanted at the latest."""

    changed: bool = False  # something was bought, learned or written
    due: datetime | None = None  # a batch or a list wants attention then; None: nothing does
    again: bool = False  # more could be done at once
    failed: bool = False  # Google or Seleqt was away: the next cycle may fare better
    open_batches: int = 0
    unsure: int = 0  # in doubt or parked
    typed: bool = False  # some row is being typed, and counts once it has settled
    waiting: int = 0  # rows held back, whatever holds them
    problems: tuple[str, ...] = ()
    delivered: Delivered = field(default_factory=Delivered)


class Engine:
    """Runs the cycles of one spreadsheet. One cycle at a time."""

    def __init__(
        self,
        *,
        name: str,
        workbook: Workbook,
        ledger: Ledger,
        buyer: Buyer,
        standing: Standing,
        importer: Importer,
        surveyor: Surveyor,
        arrivals: Arrivals,
        delivery: Delivery,
        diary: Diary,
        hold: Callable[[], str],
        account: str,
        clock: Callable[[], datetime],
        mine: Callable[[Batch], bool],
        hints: Hints,
    ) -> None:
        self.name = name
        self._workbook = workbook
        self._tenant = workbook.panel.tenant
        self._ledger = ledger
        self._buyer = buyer
        self._standing = standing
        self._importer = importer
        self._surveyor = surveyor
        self._arrivals = arrivals
        self._delivery = delivery
        self._diary = diary
        self._account = account
        self._clock = clock
        self._mine = mine
        self._hints = hints
        self._quiet = Quiet(ledger=ledger, hold=hold, clock=clock)
        self._demand = Demand()
        self._problems: tuple[str, ...] = ()
        self._failure = ""  # why the last cycle could not read or write the spreadsheet
        self._unkept: tuple[str, ...] = ()  # cells that the last delivery could not fill
        self._waiting = 0
        self._shut_out = False  # the last write was refused
        self._import_at: datetime | None = None  # when lists that could not be read are due

    def cycle(self) -> Report:
        """One pass.

        1. Look after open batches that are due: poll, reconcile, carry on where a crash stopped.
        2. Read the sheet; where neither it nor the ledger changed, only send what waited for that.
        3. Survey: list requests to import, then the plan of every Leads worksheet.
        4. Open one of the plan's purchases and take it as far as it goes.
        5. Deliver what every row should say now, after a fresh read where time has passed.

        A sheet that cannot be read does not stop step 1: what was paid for is fetched anyway. One
        that may not be written stops step 4: nobody would see what is bought, nor could stop it.
        """
        with self._ledger.guard(), bound_contextvars(spreadsheet=self.name):
            return self._cycle()

    def note_failure(self, failure: str) -> None:
        """Keep for whoever asks that a cycle broke off, and why."""
        with self._ledger.guard():
            self._diary.note(read=False, failure=failure)

    def _cycle(self) -> Report:
        tended = self._tend()
        self._standing.check_books()
        try:
            return self._work_on_sheet(tended)
        except (SheetUnavailable, SheetDenied) as error:
            self._quiet.forget()
            self._failure = str(error)
            self._shut_out = isinstance(error, SheetDenied)
            self._tell((str(error),))
            self._workbook.panel.note_troubles([self._failure])
            self._workbook.tend_panel()
            return self._report(changed=tended, failed=True, problems=(str(error),), unread=True)

    def _work_on_sheet(self, tended: bool) -> Report:
        read = self._delivery.read(self._quiet.known(self._import_at, self._arrivals.due))
        if other := self._tenant.find_other():
            return self._leave_alone(other, tended)
        if read is None:
            tended = self._send(self._demand) or tended
            self._standing.check_books()
            self._workbook.tend_panel()
            return self._report(changed=tended, problems=self._problems, waiting=self._waiting)
        moment = read.moment
        survey = self._surveyor.survey(moment)
        imported = self._import(moment, survey)
        if imported:
            survey = self._surveyor.survey(moment)
        shut_out = self._shut_out
        bought = not shut_out and (self._send(survey.demand) or self._buy(survey))
        self._standing.check_books()
        wanted = any(plan.balance_wanted for plan in survey.plans.values())
        topped_up = wanted and self._standing.refresh_balance()
        if bought or imported:
            if bought:  # that took its time: people have edited meanwhile
                read = self._delivery.read() or read
            survey = self._surveyor.survey(read.moment)
        self._tell_panel(read.moment, survey)
        moment, delivered = self._delivery.deliver(read, survey)
        self._shut_out = False
        if self._failure:  # over by now
            self._failure = ""
            self._tell_panel(read.moment, survey)
        self._workbook.tend_panel()
        self._demand = survey.demand
        self._waiting = sum(sum(plan.waiting.values()) for plan in survey.plans.values())
        held = self._waiting and self._standing.hold() in _PASSING
        failed = bool(held or delivered.unfinished)
        barred = not self._tenant.may_buy()
        # After a write the sheet is not as it was read.
        changing = bool(delivered.writes or topped_up or failed or barred)
        self._quiet.note(None if changing else moment.digest, survey.hold)
        self._unkept = delivered.problems
        self._tell((*moment.problems, *survey.problems, *delivered.problems))
        claiming = self._tenant.is_claiming()
        to_buy = any(plan.purchases for plan in survey.plans.values())
        queued = (bought or shut_out or claiming) and to_buy
        return self._report(
            changed=bool(tended or bought or imported or delivered.writes),
            again=bool(delivered.keys or delivered.more or queued or topped_up),
            failed=failed,
            problems=self._problems,
            waiting=self._waiting,
            delivered=delivered,
        )

    def _leave_alone(self, other: str, tended: bool) -> Report:
        """Write nothing, and buy nothing: another syncd looks after this spreadsheet."""
        self._quiet.forget()
        self._tell((other,))
        self._workbook.panel.note_troubles([other])
        return self._report(changed=tended, failed=True, problems=(other,), unread=True)

    def look(self) -> Sight:
        """Read the sheet, and return what it tells of the past."""
        read = self._delivery.read()
        return see(read.moment if read else None, self._tenant.shown)

    def find_other(self) -> str:
        """Return what is to be told where another syncd looks after the spreadsheet, or nothing."""
        return self._tenant.find_other()

    def has_unfinished(self) -> bool:
        """Whether a batch is open, or a write may not have arrived: no schedule is waited for."""
        return self._workbook.has_pending() or any(
            self._mine(batch) for batch in self._ledger.batches.open(self._account)
        )

    # -- the steps ------------------------------------------------------------------------------

    def _tend(self) -> bool:
        """Take every due batch of this spreadsheet one step further; return whether any was."""
        now = self._clock()
        self._standing.check_key()
        tended = False
        late = self._ledger.batches.late(self._account, now)
        for batch in [*self._ledger.batches.open(self._account), *late]:
            if not self._mine(batch) or not self._is_due(batch, now):
                continue
            if batch.state in UNSENT and not self._may_forget():
                continue
            if batch.state in UNSENT and now - batch.created_at > _TOO_OLD:
                self._buyer.withdraw(batch, Withdrawn(reason="too old: planned anew"))
            elif batch.state in UNSENT:  # they wait for the sheet: see _send
                continue
            elif not self._run(batch):
                break
            tended = True
        return tended

    def _is_due(self, batch: Batch, now: datetime) -> bool:
        """Whether a batch wants attention: its time has come, or somebody hints that it is done."""
        hinted = batch.state not in UNSENT and self._hints.take(batch.id, now)
        if hinted:
            with self._ledger.transaction():
                self._ledger.hooks.spend(batch.id)
        return hinted or batch.not_before is None or batch.not_before <= now

    def _may_forget(self) -> bool:
        """Whether a purchase that the ledger calls unsent was not sent, so that it may be dropped.

        A ledger that is behind its sheet may call so what was bought after it was backed up.
        """
        return self._tenant.is_known and not self._tenant.is_behind()

    def _import(self, moment: Moment, survey: Survey) -> bool:
        """Read the lists that requests want; what could not be read is tried again in a while."""
        now = self._clock()
        if not survey.imports:
            self._import_at = None
        if not survey.imports or (self._import_at and now < self._import_at):
            return False
        rows = (row for leaf in moment.leads for row in leaf.table.rows)
        try:
            self._importer.run(survey.imports, find_supplied(rows))
            self._standing.note_answer()
            self._import_at = None
        except (KeyRefused, SeleqtUnavailable, Refused, Stopping) as error:
            self._standing.note_trouble(error)
            log.warning("lists_not_imported", spreadsheet=self.name, reason=str(error))
            self._import_at = now + _IMPORT_REST
        return True

    def _send(self, demand: Demand) -> bool:
        """Take unsent purchases further, or back: nobody wants them, buying paused, a cap lowered.

        They are not for ``_tend``: between a purchase's making and its sending people may have
        changed their minds, so the sheet has to be looked at first. One in a cycle, as in ``_buy``.
        """
        sent = False
        now = self._clock()
        unsent = [
            batch
            for batch in self._ledger.batches.open(self._account)
            if self._mine(batch) and batch.state in UNSENT
        ]
        if not self._may_forget():
            return False
        for batch in reversed(unsent):  # under a lowered cap the oldest keep their credits
            if reason := self._buyer.objection(batch):
                self._buyer.withdraw(batch, Withdrawn(reason=reason))
                unsent.remove(batch)
                sent = True
        for batch in unsent:
            if not demand.sees(batch):
                continue
            is_due = batch.not_before is None or batch.not_before <= now
            if not demand.wants(batch):
                self._buyer.withdraw(batch, Withdrawn(reason=UNWANTED))
            elif sent or not is_due or demand.is_being_typed(batch):
                continue
            elif not self._run(batch):
                break
            sent = True
        return sent

    def _buy(self, survey: Survey) -> bool:
        """Open the first of the plans' purchases, and take it as far as it goes.

        One in a cycle: a purchase takes a while, and whoever takes back a tick meanwhile must be
        heard before the next.
        """
        for worksheet, plan in survey.plans.items():
            for purchase in plan.purchases:
                if (batch := self._buyer.open(purchase, worksheet)) is not None:
                    self._run(batch, fresh=True)
                    return True
        return False

    def _run(self, batch: Batch, *, fresh: bool = False) -> bool:
        """Take a batch as far as it goes now; return False where syncd is stopping."""
        try:
            self._buyer.run(batch, fresh=fresh)
        except Stopping:
            return False
        return True

    # -- telling --------------------------------------------------------------------------------

    def _tell_panel(self, moment: Moment, survey: Survey) -> None:
        """Tell the panel how the rows will stand, and what is wrong."""
        stands: Counter[Stand] = Counter()
        for leaf in moment.leads:
            shown = Counter([row.status for row in leaf.table.rows])
            for number, view in survey.desires[leaf.id].views.items():
                if Lead.STATUS in view:
                    shown[leaf.table.row(number).status] -= 1
                    shown[view[Lead.STATUS]] += 1
            for text, rows in shown.items():
                stands.update(dict.fromkeys(status.stands(text), rows))
        self._workbook.panel.note_stands(+stands)
        held = self._standing.hold().removeprefix("Waiting: ")
        problems = (
            self._failure,
            *moment.problems,
            *survey.problems,
            *self._unkept,
            held[:1].upper() + held[1:],
        )
        self._workbook.panel.note_troubles([text for text in problems if text])

    def _tell(self, problems: tuple[str, ...]) -> None:
        """Log what is wrong with the spreadsheet, once each time that it changes."""
        if problems != self._problems:
            for problem in problems:
                log.warning("spreadsheet_problem", spreadsheet=self.name, reason=problem)
            if not problems:
                log.info("spreadsheet_well_again", spreadsheet=self.name)
            self._problems = problems

    def _due(self, batch: Batch, now: datetime) -> datetime:
        """Return when a batch wants attention: one whose worksheet cannot be read, when it ages."""
        if batch.state in UNSENT and not self._demand.sees(batch):
            return batch.created_at + _TOO_OLD
        at, hinted = batch.not_before or now, self._hints.due(batch.id)
        return min(at, hinted) if hinted else at

    def _report(
        self,
        *,
        changed: bool,
        problems: tuple[str, ...] = (),
        again: bool = False,
        failed: bool = False,
        waiting: int = 0,
        delivered: Delivered | None = None,
        unread: bool = False,
    ) -> Report:
        self._diary.note(read=not unread)
        mine = [b for b in self._ledger.batches.open(self._account) if self._mine(b)]
        unsure = sum(b.state in {BatchState.IN_DOUBT, BatchState.PARKED} for b in mine)
        now = self._clock()
        dues = [self._due(b, now) for b in mine if not (unread and b.state in UNSENT)]
        dues += [self._import_at] if self._import_at and not unread else []
        typed = None if unread else self._arrivals.due
        dues += [typed] if typed else []
        return Report(
            changed=changed,
            due=min(dues, default=None),
            again=again,
            failed=failed,
            open_batches=len(mine),
            unsure=unsure,
            typed=typed is not None,
            waiting=waiting,
            problems=problems,
            delivered=delivered or Delivered(),
        )
