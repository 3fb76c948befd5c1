"""Recording what became of a batch: decide the step, commit it, say it in the log."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from syncd.core.lifecycle import Limits, Step, advance
from syncd.core.model import Batch, BatchState, JobState
from syncd.core.outcomes import Outcome
from syncd.ledger import Ledger

log = structlog.get_logger()


class Recorder:
    """Takes batches from state to state, in one ledger."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        limits: Limits,
        clock: Callable[[], datetime],
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._ledger = ledger
        self._limits = limits
        self._clock = clock
        self._jitter = jitter

    def step(self, batch: Batch, outcome: Outcome) -> Batch:
        """Record the outcome in a transaction of its own."""
        with self._ledger.transaction():
            return self.record(batch, outcome)

    def record(self, batch: Batch, outcome: Outcome) -> Batch:
        """Advance the batch and write all that the step changes; the caller holds a transaction."""
        now = self._clock()
        step = advance(batch, outcome, now=now, jitter=self._jitter(), limits=self._limits)
        self._ledger.record(step, now)
        _log(step, batch)
        return step.batch

    def rest(self, batch: Batch, rest: timedelta) -> Batch:
        """Leave the batch as it is for a while; nothing failed, it only has to wait."""
        now = self._clock()
        later = replace(batch, not_before=now + rest)
        with self._ledger.transaction():
            self._ledger.batches.save(later, (), now)
        return later

    def keep(self, batch: Batch, evidence: str) -> None:
        """Keep an answer that is not as promised, redacted; the caller holds a transaction."""
        now = self._clock()
        self._ledger.evidence.keep(batch.account, batch.id, batch.note, evidence, now)

    def halt(self, batch: Batch, why: str) -> None:
        """Stop buying for the account until a human has looked; the caller holds a transaction."""
        self._ledger.accounts.halt(batch.account, why)
        _log_halt(batch, why)


def _log(step: Step, before: Batch) -> None:
    batch = step.batch
    if step.alarm:
        _log_halt(batch, step.alarm)
    credits = batch.settled or batch.reserved
    entered = batch.state is not before.state
    if batch.state is BatchState.PARKED and entered:
        level, hint = logging.ERROR, "syncd batches list"
    else:
        doubt = batch.state is BatchState.IN_DOUBT and entered
        level, hint = logging.WARNING if doubt else logging.INFO, None
    log.log(
        level,
        "batch",
        batch=batch.id,
        state=batch.state,
        credits=credits,
        text=step.event,
        hint=hint,
    )
    waited = {job.prospect_id for job in before.waiting}
    for job in batch.jobs:
        if job.prospect_id in waited and job.state is not JobState.WAITING:
            log.info(
                "job",
                batch=batch.id,
                row=job.asked_by,
                prospect=job.prospect_id,
                kind=batch.kind,
                state=job.state,
                credits=job.credits,
            )


def _log_halt(batch: Batch, why: str) -> None:
    log.error("buying_stopped", batch=batch.id, reason=why, hint="syncd batches resume")
