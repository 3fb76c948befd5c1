"""A shift: the engines of one config, each on its own schedule, until another relieves them.

Between the times of its schedule a spreadsheet is looked at when one of its batches is due, and
soon after a cycle that failed: a schedule may be a day long, and an outage a minute.

APScheduler keeps jobs in memory only; the ledger is the only truth, so neither a restart nor the
next shift needs anything of this one.
"""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from syncd.config import SpreadsheetPart
from syncd.core.watchdog import LEDGER, SCHEDULER, cycle_of
from syncd.cycles import next_cycle, run_cycle
from syncd.engine import Engine, Report
from syncd.errors import LedgerError
from syncd.progress import Progress
from syncd.schedule import at_times, every

log = structlog.get_logger()

_ANY = 10_000  # runs of one job: not its business, see _cycle
_PROOF = "proof"


@dataclass(frozen=True, kw_only=True, slots=True)
class Crew:
    """What one config wires. ``stop`` cuts its cycles short, wherever that costs nothing.

    ``prove`` writes to the ledger and raises LedgerError; ``describe`` says in one line what is
    going on. Both belong to one thread. ``close`` gives everything back.
    """

    engines: Sequence[tuple[Engine, SpreadsheetPart]]
    stop: threading.Event
    stop_within: timedelta
    prove: Callable[[], object]
    describe: Callable[[], str]
    close: Callable[[], object]


def make_trigger(part: SpreadsheetPart) -> Any:
    """Return the spreadsheet's schedule."""
    if part.cron is not None:
        return at_times(part.cron, ZoneInfo(part.time_zone))
    return every(part.interval)


class Shift:
    """One crew at work. ``proof`` is how often the scheduler and the ledger are proved to work."""

    def __init__(
        self,
        crew: Crew,
        *,
        progress: Progress,
        proof: timedelta,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.crew = crew
        self.status = ""
        self.fatal: LedgerError | None = None
        self._progress = progress
        self._proof = proof
        self._jitter = jitter
        self._busy = {engine.name: threading.Lock() for engine, _ in crew.engines}
        self._wanted: set[str] = set()  # passed over while a cycle of theirs ran
        self._failures: Counter[str] = Counter()  # in a row, by spreadsheet
        self._running = 0
        self._counting = threading.Lock()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={
                # A thread for each spreadsheet, so that a slow one never delays another.
                "default": ThreadPoolExecutor(max(1, len(crew.engines))),
                _PROOF: ThreadPoolExecutor(1),
            },
            job_defaults={"coalesce": True, "max_instances": _ANY, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin: each spreadsheet at once, or at its cron time."""
        self._progress.note(SCHEDULER)
        self._progress.note(LEDGER)
        now = datetime.now(UTC)
        for engine, part in self.crew.engines:
            begin = {} if part.cron and not engine.has_unfinished() else {"next_run_time": now}
            self._scheduler.add_job(
                self._cycle, make_trigger(part), args=[engine], id=engine.name, **begin
            )
        self._scheduler.add_job(self._prove, every(self._proof), executor=_PROOF, next_run_time=now)
        self._scheduler.start()

    def end(self) -> None:
        """Begin nothing new; what runs comes to its end, recorded, as soon as it can."""
        self.crew.stop.set()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    @property
    def running(self) -> int:
        """How many cycles, and looks at the ledger, have not come to their end."""
        with self._counting:
            return self._running

    def hasten(self, name: str) -> None:
        """Look at a spreadsheet soon, from any thread: somebody said that there is news."""
        for engine, _ in self.crew.engines:
            if engine.name == name and not self.crew.stop.is_set():
                self._scheduler.add_job(
                    self._cycle, args=[engine], id=f"{name}, hastened", replace_existing=True
                )

    # -- in the scheduler's threads ----------------------------------------------------------------

    def _prove(self) -> None:
        """Prove that schedules come to pass and that the ledger can be written."""
        with self._counted():
            if self.crew.stop.is_set():
                return
            self._progress.note(SCHEDULER)
            try:
                self.crew.prove()
                self._progress.note(LEDGER)
                self.status = self.crew.describe()
            except LedgerError as error:
                self._fail("", error)

    def _fail(self, name: str, error: LedgerError) -> None:
        log.critical("ledger_failed", spreadsheet=name, reason=str(error))
        self.fatal = error

    @contextmanager
    def _counted(self) -> Iterator[None]:
        with self._counting:
            self._running += 1
        try:
            yield
        finally:
            with self._counting:
                self._running -= 1

    def _cycle(self, engine: Engine) -> None:
        """Run a cycle, unless one runs: then another is wanted soon after it.

        That one may have read the sheet before this time came, and the next time may be far.
        """
        name, busy = engine.name, self._busy[engine.name]
        self._wanted.add(name)  # before the try, as it is looked at after the release
        if not busy.acquire(blocking=False):
            return
        self._wanted.discard(name)
        report = None
        with self._counted():
            try:
                if not self.crew.stop.is_set():
                    with self._progress.working(cycle_of(name)):
                        report = run_cycle(engine)
            except LedgerError as error:
                self._fail(name, error)
            finally:
                busy.release()
        if report is not None and not self.crew.stop.is_set():
            passed_over = name in self._wanted and not report.failed
            self._follow_up(engine, replace(report, again=True) if passed_over else report)

    def _follow_up(self, engine: Engine, report: Report) -> None:
        """Plan the cycle that a batch, more work or a failure wants, beside the schedule.

        As a job of its own: APScheduler sets a job's next time after it has started it, and may so
        overwrite what a short run of that same job has asked for.
        """
        failures = self._failures[engine.name] + 1 if report.failed else 0
        self._failures[engine.name] = failures
        now = datetime.now(UTC)
        wanted = next_cycle(report, now, failures=failures, jitter=self._jitter())
        if wanted is not None:
            self._scheduler.add_job(
                self._cycle,
                DateTrigger(wanted),
                args=[engine],
                id=f"{engine.name}, follow-up",
                replace_existing=True,
            )
        self._scheduler.add_job(self._prove, executor=_PROOF, id="status", replace_existing=True)
