"""The daemon: every spreadsheet on its own schedule, until a signal says otherwise.

Between the times of its schedule a spreadsheet is looked at when one of its batches is due, and
soon after a cycle that failed: a schedule may be a day long, and an outage a minute.

Signals are blocked before any thread starts and waited for in the main thread: a handler that waits
for APScheduler can deadlock with its lock. APScheduler keeps jobs in memory only; the ledger is the
only truth, so a restart needs nothing of it.
"""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.date import DateTrigger

from syncd.config import SpreadsheetPart
from syncd.core.backoff import delay
from syncd.engine import Engine, Report
from syncd.errors import LedgerError, Stopping
from syncd.schedule import at_times, every

log = structlog.get_logger()

SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SOON = timedelta(seconds=1)  # between cycles while there is more to do at once
_AFTER_FAILURE = timedelta(minutes=1)  # doubling up to a quarter of an hour
_BROKEN = "The cycle failed; the log has the reason."
_ANY = 10_000  # runs of one job: not its business, see _cycle
_LOOK = 0.5  # seconds between looks for a fatal error while waiting for a signal


def make_trigger(part: SpreadsheetPart) -> Any:
    """Return the spreadsheet's schedule."""
    if part.cron is not None:
        return at_times(part.cron, ZoneInfo(part.time_zone))
    return every(part.interval)


class Daemon:
    """Runs engines until SIGTERM or SIGINT."""

    def __init__(
        self,
        *,
        engines: Sequence[tuple[Engine, SpreadsheetPart]],
        stop: threading.Event,
        stop_within: timedelta,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._engines = engines
        self._stop = stop
        self._stop_within = stop_within
        self._jitter = jitter
        self._busy = {engine.name: threading.Lock() for engine, _ in engines}
        self._wanted: set[str] = set()  # passed over while a cycle of theirs ran
        self._failures: Counter[str] = Counter()  # in a row, by spreadsheet
        self._fatal: BaseException | None = None
        self._running = 0
        self._idle = threading.Condition()
        # A thread for each spreadsheet, so that a slow one never delays another.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(max(1, len(engines)))},
            job_defaults={"coalesce": True, "max_instances": _ANY, "misfire_grace_time": None},
        )

    def run(self) -> int:
        """Run until told to stop; return the exit code.

        1. Block the signals, so that only the main thread's wait receives them.
        2. Start the schedules; each spreadsheet begins at once, or at its cron time.
        3. Wait for a signal, or for an error that no next cycle can mend.
        4. Begin nothing new, let running cycles finish or record, leave within the limit.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        for engine, part in self._engines:
            now = datetime.now(UTC)
            begin = {} if part.cron and not engine.has_unfinished() else {"next_run_time": now}
            self._scheduler.add_job(
                self._cycle, make_trigger(part), args=[engine], id=engine.name, **begin
            )
        self._scheduler.start()
        log.info("started", spreadsheets=[engine.name for engine, _ in self._engines])
        while self._fatal is None:
            if (caught := signal.sigtimedwait(SIGNALS, _LOOK)) is not None:
                log.info("stopping", signal=signal.Signals(caught.si_signo).name)
                break
        return self._leave()

    def _leave(self) -> int:
        self._stop.set()
        self._scheduler.shutdown(wait=False)
        deadline = time.monotonic() + self._stop_within.total_seconds()
        with self._idle:
            while self._running and (left := deadline - time.monotonic()) > 0:
                self._idle.wait(left)
            late = self._running
        if late:
            # A purchase under way is recorded as begun; the next start looks it up.
            log.warning("left_before_the_end", cycles=late)
            os._exit(1 if self._fatal else 0)
        log.info("stopped")
        return 1 if self._fatal else 0

    def _cycle(self, engine: Engine) -> None:
        """Run a cycle, unless one runs: then another is wanted soon after it.

        That one may have read the sheet before this time came, and the next time may be far.
        """
        name, busy = engine.name, self._busy[engine.name]
        self._wanted.add(name)  # before the try, as it is looked at after the release
        if not busy.acquire(blocking=False):
            return
        self._wanted.discard(name)
        with self._idle:
            self._running += 1
        report = None
        try:
            if not self._stop.is_set():
                report = run_cycle(engine)
        except LedgerError as error:
            log.critical("ledger_failed", spreadsheet=name, reason=str(error))
            self._fatal = error
        finally:
            busy.release()
            with self._idle:
                self._running -= 1
                self._idle.notify_all()
        if report is not None and not self._stop.is_set():
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


def next_cycle(
    report: Report, now: datetime, *, failures: int = 1, jitter: float = 0.0
) -> datetime | None:
    """Return when the next cycle is wanted at the latest; None leaves it to the schedule.

    ``failures`` counts the cycles that failed in a row, with this one if it did.
    """
    wanted = []
    if report.again:
        wanted.append(now + _SOON)
    if report.due is not None:
        wanted.append(max(report.due, now + _SOON))
    if report.failed:
        wanted.append(now + delay(failures, base=_AFTER_FAILURE, jitter=jitter))
    return min(wanted, default=None)


def run_cycle(engine: Engine) -> Report:
    """Run one cycle and log it. Only a failing ledger is raised: nothing else may stop the rest.

    A cycle that a stop cut short reports nothing: what it had begun is recorded.
    """
    began = time.monotonic()
    try:
        report = engine.cycle()
    except Stopping:
        return Report()
    except LedgerError:
        raise
    except Exception:
        log.exception("cycle_failed", spreadsheet=engine.name)
        engine.note_failure(_BROKEN)
        return Report(failed=True, problems=(_BROKEN,))
    log.info(
        "cycle",
        spreadsheet=engine.name,
        cells=report.delivered.cells,
        repairs=report.delivered.repairs,
        open_batches=report.open_batches,
        unsure=report.unsure,
        waiting=report.waiting,
        seconds=round(time.monotonic() - began, 3),
    )
    return report


def run_once(engines: Sequence[Engine], stop: threading.Event) -> int:
    """Cycle until nothing more can be done now; return the exit code.

    Batches in doubt are left to the daemon, or to a human: waiting for them could take forever.
    """
    code = 0
    pending = {engine.name: (engine, datetime.now(UTC)) for engine in engines}
    while pending and not stop.is_set():
        name = min(pending, key=lambda n: pending[n][1])
        engine, at = pending.pop(name)
        if stop.wait(max(0.0, (at - datetime.now(UTC)).total_seconds())):
            break
        report = run_cycle(engine)
        if report.problems:
            code = 1
        busy = report.open_batches > report.unsure
        if report.again or report.typed or (report.changed and report.unsure == 0) or busy:
            wanted = report.typed or report.changed or not report.problems
            if wanted:
                pending[name] = (engine, next_cycle(report, datetime.now(UTC)) or at + _SOON)
    return code
