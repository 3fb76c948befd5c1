"""The life of one purchase: a pure function from batch and outcome to the next state.

::

    planned ──list filled, read back──▶ list_ready ──write-ahead──▶ submitting
       │                                  │    ▲                       │
       └────────withdrawn─────────────────┤    └──nothing was sent─────┤
                                          ▼                            │
                                      cancelled                        │
                                                                       │
        ┌──────────────┬───────────────────────────┬───────────────────┘
        ▼ a parsed no  ▼ a parsed yes              ▼ timeout, reset, 5xx, crash
     refused        accepted ◀──the list shows── in_doubt ──looking did not settle it──▶ parked
                       │          we were served                                           │
                       ▼ every job decided                  accepted | refused ◀── a human ┘
                    settled ──a late look finds what was paid for──▶ settled

The vendor charges up front and has neither idempotency key nor job id, so ``in_doubt`` is never
sent again and never released by age: a batch of misses looks untouched, and releasing it would
break the cap. Only evidence in the batch's own list, or a human, ends a doubt.

Other people buy from the same account. Whom the vendor leaves out of a purchase costs nothing, is
polled with the rest, and is never remembered as a miss: nobody was paid to search. A list of which
it would search for nobody goes from ``list_ready`` to ``accepted``, for 0 credits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from syncd.core.backoff import delay, poll_delay
from syncd.core.credits import Entry, EntryKind
from syncd.core.looks import decide, give_up, is_served, read, share_anew
from syncd.core.model import Batch, BatchState, Job, JobState, Reading
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
    Resolved,
    Submitting,
    Withdrawn,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long a batch is given at each step."""

    min_age: timedelta = timedelta(seconds=30)  # marking may lag: an empty field is no miss yet
    expire_after: timedelta = timedelta(hours=6)  # a field that loads for longer is given up
    give_up_after: timedelta = timedelta(days=7)  # a list that cannot be read for longer, too
    doubt_for: timedelta = timedelta(minutes=15)  # then a human is asked
    attempts: int = 10  # failed tries of a free step before the batch is cancelled
    # When a paid miss is looked at once more: the vendor may be later than two looks that agree.
    late_looks: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(days=1))


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What one outcome changes. ``alarm`` is set when the vendor's answer does not add up."""

    batch: Batch
    entries: tuple[Entry, ...] = ()
    event: str
    alarm: str = ""


class WrongOutcome(Exception):
    """An outcome that this state cannot have: a bug, never bad input."""


def advance(
    batch: Batch, outcome: Outcome, *, now: datetime, jitter: float = 0.0, limits: Limits
) -> Step:
    """Return the batch after ``outcome``, with the credit movements that go with it."""
    state = batch.state
    match outcome:
        case ListReady() if state in {BatchState.PLANNED, BatchState.LIST_READY}:
            return _list_ready(batch, outcome, now)
        case Submitting() if state is BatchState.LIST_READY:
            return _submitting(batch, outcome, now)
        case NothingToBuy() if state is BatchState.LIST_READY:
            return _accepted(batch, Accepted(count=0, credits=0), now, limits)
        case Withdrawn() if state in {BatchState.PLANNED, BatchState.LIST_READY}:
            return _end_unbought(batch, BatchState.CANCELLED, outcome.reason, now)
        case Failed() if state in {BatchState.PLANNED, BatchState.LIST_READY}:
            return _try_again(batch, outcome.reason, now, jitter, limits)
        case NotSent() if state is BatchState.SUBMITTING:
            back = replace(batch, state=BatchState.LIST_READY, submitted_at=None)
            return _try_again(back, outcome.reason, now, jitter, limits)
        case Accepted() if state is BatchState.SUBMITTING:
            return _accepted(batch, outcome, now, limits)
        case Refused() if state is BatchState.SUBMITTING:
            return _end_unbought(batch, BatchState.REFUSED, outcome.reason, now)
        case InDoubt() if state is BatchState.SUBMITTING:
            doubted = replace(
                batch,
                state=BatchState.IN_DOUBT,
                note=outcome.reason,
                attempts=0,
                not_before=now + timedelta(seconds=5),
            )
            return Step(batch=doubted, event=f"in doubt: {outcome.reason}")
        case Looked() if state in _AFTER_A_LOOK:
            return _AFTER_A_LOOK[state](batch, outcome, now, limits)
        case Failed() if state in _AFTER_A_LOOK:
            return _could_not_look(batch, outcome, now, jitter, limits)
        case Resolved() if state in {BatchState.IN_DOUBT, BatchState.PARKED}:
            if outcome.paid:
                return _served(batch, now, f"{outcome.who} says it was paid")
            why = f"{outcome.who} says it was not paid"
            return _end_unbought(batch, BatchState.REFUSED, why, now)
        case _:
            raise WrongOutcome(f"batch {batch.id} is {state}, which cannot meet {outcome!r}")


def _list_ready(batch: Batch, outcome: ListReady, now: datetime) -> Step:
    """Take what the vendor already holds for nothing, and give those credits back.

    A person the list does not show is unknown to the vendor: it drops such ids without a word.
    """
    jobs = []
    for job in batch.jobs:
        shown = outcome.shown.get(job.prospect_id)
        if job.state is not JobState.WAITING:
            jobs.append(job)
        elif shown is None:
            jobs.append(replace(job, state=JobState.UNKNOWN, decided_at=now))
        elif shown.reading is Reading.FOUND:
            jobs.append(
                replace(job, state=JobState.FOUND, value=shown.value, decided_at=now, before=shown)
            )
        else:
            jobs.append(replace(job, before=shown))
    left = sum(job.state is JobState.WAITING for job in jobs)
    freed = max(0, batch.reserved - batch.kind.price * left)
    ready = replace(
        batch,
        state=BatchState.LIST_READY,
        list_id=outcome.list_id,
        jobs=tuple(jobs),
        reserved=batch.reserved - freed,
        attempts=0 if batch.state is BatchState.PLANNED else batch.attempts,
        not_before=None,
        note="",
    )
    entries = (Entry(kind=EntryKind.RELEASE, credits=freed),) if freed else ()
    if not ready.waiting:
        settled = replace(ready, state=BatchState.SETTLED)
        return Step(batch=settled, entries=entries, event="nothing left to buy")
    return Step(batch=ready, entries=entries, event="list ready")


def _submitting(batch: Batch, outcome: Submitting, now: datetime) -> Step:
    """Keep booked what the purchase can cost: should its answer be lost, that is what it cost."""
    reserved = batch.reserved
    if outcome.limit is not None:
        reserved = min(reserved, batch.kind.price * outcome.limit)
    submitting = replace(
        batch,
        state=BatchState.SUBMITTING,
        reserved=reserved,
        submitted_at=now,
        not_before=None,
        attempts=0,
        balance_before=outcome.balance,
    )
    freed = batch.reserved - reserved
    entries = (Entry(kind=EntryKind.RELEASE, credits=freed),) if freed else ()
    return Step(batch=submitting, entries=entries, event="submitting")


def _accepted(batch: Batch, outcome: Accepted, now: datetime, limits: Limits) -> Step:
    """Settle what was taken, release the rest, and say so when the sums are odd."""
    price, size = batch.kind.price, len(batch.waiting)
    alarm = ""
    if outcome.credits != outcome.count * price or outcome.count > size:
        alarm = (
            f"batch {batch.id}: the vendor queued {outcome.count} of {size} and took "
            f"{outcome.credits} credits where {outcome.count} x {price} was expected"
        )
    elif strangers := outcome.results.keys() - {job.prospect_id for job in batch.jobs}:
        alarm = f"batch {batch.id}: the vendor searched for {len(strangers)} who were not planned"
    jobs = _charge(batch, outcome.credits)
    jobs = tuple(
        decide(job, outcome.results[job.prospect_id], now)
        if job.state is JobState.WAITING
        and job.prospect_id in outcome.results
        and outcome.results[job.prospect_id].reading in {Reading.FOUND, Reading.MISSED}
        else job
        for job in jobs
    )
    entries = []
    if outcome.credits > batch.reserved:  # it took more than it may: book the truth, and alarm
        entries.append(Entry(kind=EntryKind.RESERVE, credits=outcome.credits - batch.reserved))
    entries.append(Entry(kind=EntryKind.SETTLE, credits=outcome.credits))
    if outcome.credits < batch.reserved:
        entries.append(Entry(kind=EntryKind.RELEASE, credits=batch.reserved - outcome.credits))
    accepted = replace(
        batch,
        state=BatchState.ACCEPTED,
        jobs=jobs,
        reserved=0,
        settled=outcome.credits,
        not_before=now + poll_delay(timedelta(0)),
        note=alarm,
    )
    if not accepted.waiting:
        accepted = _settle(accepted, now, limits)
    event = f"accepted: {outcome.count} queued, {outcome.credits} credits"
    return Step(batch=accepted, entries=tuple(entries), event=event, alarm=alarm)


def _served(batch: Batch, now: datetime, why: str) -> Step:
    """A doubt ended with yes: the vendor takes all or nothing, so all of it was taken."""
    accepted = replace(
        batch,
        state=BatchState.ACCEPTED,
        jobs=_charge(batch, batch.reserved),
        settled=batch.reserved,
        reserved=0,
        attempts=0,
        not_before=now,
        note="",
    )
    entry = Entry(kind=EntryKind.SETTLE, credits=batch.reserved)
    return Step(batch=accepted, entries=(entry,), event=f"accepted: {why}")


def _charge(batch: Batch, credits: int) -> tuple[Job, ...]:
    """Share the batch's charge among its waiting jobs, so that job credits add up to it.

    Where fewer were charged than asked for, those that already showed some text go last: a vendor
    that finds a text good enough does not search.
    """
    left, shares = credits, {}
    for job in sorted(
        batch.waiting, key=lambda j: j.before is not None and j.before.reading is not Reading.EMPTY
    ):
        shares[job.prospect_id] = min(batch.kind.price, left)
        left -= shares[job.prospect_id]
    return tuple(
        replace(job, credits=shares[job.prospect_id]) if job.state is JobState.WAITING else job
        for job in batch.jobs
    )


def _end_unbought(batch: Batch, state: BatchState, reason: str, now: datetime) -> Step:
    jobs = tuple(
        replace(job, state=JobState.CANCELLED, decided_at=now)
        if job.state is JobState.WAITING
        else job
        for job in batch.jobs
    )
    entries = (Entry(kind=EntryKind.RELEASE, credits=batch.reserved),) if batch.reserved else ()
    ended = replace(batch, state=state, jobs=jobs, reserved=0, note=reason, not_before=None)
    return Step(batch=ended, entries=entries, event=f"{state}: {reason}")


def _try_again(batch: Batch, reason: str, now: datetime, jitter: float, limits: Limits) -> Step:
    attempts = batch.attempts + 1
    if attempts >= limits.attempts:
        return _end_unbought(batch, BatchState.CANCELLED, reason, now)
    wait = delay(attempts, base=timedelta(seconds=5), jitter=jitter)
    waiting = replace(batch, attempts=attempts, not_before=now + wait, note=reason)
    return Step(batch=waiting, event=f"will try again: {reason}")


def _look_into_doubt(batch: Batch, look: Looked, now: datetime, limits: Limits) -> Step:
    for job in batch.waiting:
        if is_served(job, look.seen.get(job.prospect_id)):
            return _served(batch, now, f"its list shows prospect {job.prospect_id} being served")
    age = now - (batch.submitted_at or batch.created_at)
    if batch.state is BatchState.PARKED or age >= limits.doubt_for:
        return _park(batch, now)
    again = replace(batch, not_before=now + poll_delay(age))
    return Step(batch=again, event="still in doubt")


def _park(batch: Batch, now: datetime) -> Step:
    """Ask a human; the list is looked at all the same, now and then."""
    parked = replace(
        batch, state=BatchState.PARKED, not_before=now + timedelta(hours=1), attempts=0
    )
    return Step(batch=parked, event=f"parked: {batch.note}")


def _read_results(batch: Batch, look: Looked, now: datetime, limits: Limits) -> Step:
    """Decide each job that two looks in a row agree upon."""
    age = now - (batch.submitted_at or batch.created_at)
    jobs = share_anew(batch.jobs, look.seen)
    alarm = ""
    if look.others:  # perhaps somebody else bought them, but only a human can tell
        alarm = (
            f"batch {batch.id}: the vendor began to search for {len(look.others)} others on list "
            f"{batch.list_id}, who were not planned"
        )
    jobs = tuple(
        read(
            job,
            look.seen.get(job.prospect_id),
            now,
            believe_empty=age >= limits.min_age,
            expired=age >= limits.expire_after,
        )
        for job in jobs
    )
    looked = replace(batch, jobs=jobs, attempts=0, note=alarm)
    waiting = len(looked.waiting)
    if waiting:
        later = replace(looked, not_before=now + poll_delay(age))
        return Step(batch=later, event=f"{len(jobs) - waiting} of {len(jobs)} done", alarm=alarm)
    return Step(batch=_settle(looked, now, limits), event="settled", alarm=alarm)


def _settle(batch: Batch, now: datetime, limits: Limits) -> Batch:
    """Close the batch; what was paid for and did not come is looked at again later.

    At least once: the clock may have jumped, and the vendor have had a minute for its search.
    """
    since = batch.submitted_at or batch.created_at
    late = [since + after for after in limits.late_looks if since + after > now]
    if not late and batch.state is not BatchState.SETTLED:
        late = [now + min(limits.late_looks)]
    wanted = any(_is_late(job) for job in batch.jobs)
    at = min(late, default=None) if wanted else None
    return replace(batch, state=BatchState.SETTLED, not_before=at)


def _is_late(job: Job) -> bool:
    return job.credits > 0 and job.state in {JobState.MISSED, JobState.EXPIRED}


def _look_late(batch: Batch, look: Looked, now: datetime, limits: Limits) -> Step:
    """Take values that came after all. No credits move: they were settled long ago."""
    jobs = tuple(
        decide(job, shown, now)
        if _is_late(job)
        and (shown := look.seen.get(job.prospect_id))
        and shown.reading is Reading.FOUND
        else job
        for job in batch.jobs
    )
    came = sum(job.state is JobState.FOUND for job in jobs) - sum(
        job.state is JobState.FOUND for job in batch.jobs
    )
    looked = _settle(replace(batch, jobs=jobs), now, limits)
    return Step(batch=looked, event=f"{came} came late" if came else "nothing came late")


def _could_not_look(
    batch: Batch, failed: Failed, now: datetime, jitter: float, limits: Limits
) -> Step:
    """Looking is free and safe to repeat; only paid-for results that stay away are given up."""
    reason = failed.reason
    if batch.state is BatchState.SETTLED:
        settled = _settle(batch, now, limits)
        if settled.not_before is None and not failed.gone and any(map(_is_late, batch.jobs)):
            # A list that cannot be read says nothing: what was paid for may still be on it.
            settled = replace(settled, not_before=now + max(limits.late_looks))
        return Step(batch=settled, event=f"could not look: {reason}")
    attempts = batch.attempts + 1
    age = now - (batch.submitted_at or batch.created_at)
    if batch.state is BatchState.IN_DOUBT and failed.gone and age >= limits.doubt_for:
        return _park(batch, now)  # else nothing would be bought ever again
    if batch.state is BatchState.ACCEPTED and age >= limits.give_up_after:
        jobs = tuple(give_up(job, now) for job in batch.jobs)
        given_up = _settle(replace(batch, jobs=jobs, note=reason), now, limits)
        return Step(batch=given_up, event=f"given up: {reason}")
    wait = delay(attempts, base=timedelta(seconds=10), jitter=jitter)
    later = replace(batch, attempts=attempts, not_before=now + wait, note=reason)
    return Step(batch=later, event=f"could not look: {reason}")


_AFTER_A_LOOK: Mapping[BatchState, Callable[[Batch, Looked, datetime, Limits], Step]] = {
    BatchState.IN_DOUBT: _look_into_doubt,
    BatchState.PARKED: _look_into_doubt,
    BatchState.ACCEPTED: _read_results,
    BatchState.SETTLED: _look_late,
}
