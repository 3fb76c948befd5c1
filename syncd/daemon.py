"""The daemon: every spreadsheet on its own schedule, until a signal says otherwise.

Signals are blocked before any thread starts and waited for in the main thread: a handler that waits
for APScheduler can deadlock with its lock. APScheduler keeps jobs in memory only; the ledger is the
only truth, so a restart needs nothing of it.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from syncd.config import SpreadsheetPart
from syncd.engine import Engine, Report
from syncd.errors import LedgerError

log = structlog.get_logger()

SIGNALS = (signal.SIGTERM, signal.SIGINT)
_SOON = timedelta(seconds=1)  # between cycles while there is more to do at once
_LOOK = 0.5  # seconds between looks for a fatal error while waiting for a signal


def make_trigger(part: SpreadsheetPart) -> Any:
    """Return the spreadsheet's schedule. Raises ValueError for a cron text that is none."""
    if part.cron is not None:
        return CronTrigger.from_crontab(part.cron, timezone=ZoneInfo(part.time_zone))
    return IntervalTrigger(seconds=int(part.interval.total_seconds()), timezone=UTC)


class Daemon:
    """Runs engines until SIGTERM or SIGINT."""

    def __init__(
        self,
        *,
        engines: Sequence[tuple[Engine, SpreadsheetPart]],
        stop: threading.Event,
        stop_within: timedelta,
    ) -> None:
        self._engines = engines
        self._stop = stop
        self._stop_within = stop_within
        self._fatal: BaseException | None = None
        self._running = 0
        self._idle = threading.Condition()
        # A thread for each spreadsheet, so that a slow one never delays another.
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(max(1, len(engines)))},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
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
            begin = {} if part.cron and not engine.has_open_batches() else {"next_run_time": now}
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
        with self._idle:
            self._running += 1
        try:
            if not self._stop.is_set():
                self._hurry(engine, run_cycle(engine))
        except LedgerError as error:
            log.critical("ledger_failed", spreadsheet=engine.name, reason=str(error))
            self._fatal = error
        finally:
            with self._idle:
                self._running -= 1
                self._idle.notify_all()

    def _hurry(self, engine: Engine, report: Report) -> None:
        """Bring the next cycle forward when a batch, or more work, is due before it."""
        wanted = next_cycle(report, datetime.now(UTC))
        if wanted is None or self._stop.is_set():
            return
        job = self._scheduler.get_job(engine.name)
        if job is not None and (job.next_run_time is None or wanted < job.next_run_time):
            job.modify(next_run_time=wanted)


def next_cycle(report: Report, now: datetime) -> datetime | None:
    """Return when the next cycle is wanted at the latest; None leaves it to the schedule."""
    if report.again:
        return now + _SOON
    return max(report.due, now + _SOON) if report.due is not None else None


def run_cycle(engine: Engine) -> Report:
    """Run one cycle and log it. Only a failing ledger is raised: nothing else may stop the rest."""
    began = time.monotonic()
    try:
        report = engine.cycle()
    except LedgerError:
        raise
    except Exception:
        log.exception("cycle_failed", spreadsheet=engine.name)
        return Report(problems=("The cycle failed; the log has the reason.",))
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
        if report.again or (report.changed and report.unsure == 0) or busy:
            if not (report.problems and not report.changed):
                pending[name] = (engine, next_cycle(report, datetime.now(UTC)) or at + _SOON)
    return code
