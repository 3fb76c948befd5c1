"""Running an engine's cycles, and when the next one is wanted."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import structlog

from syncd.core.backoff import delay
from syncd.engine import Engine, Report
from syncd.errors import LedgerError, Stopping

log = structlog.get_logger()

_SOON = timedelta(seconds=1)  # between cycles while there is more to do at once
_BROKEN = "The cycle failed; the log has the reason."
_AFTER_FAILURE = timedelta(minutes=1)  # doubling up to a quarter of an hour


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
