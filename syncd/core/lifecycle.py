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
                    settled

The vendor charges up front and has neither idempotency key nor job id, so ``in_doubt`` is never
sent again and never released by age: a batch of misses looks untouched, and releasing it would
break the cap. Only evidence in the batch's own list, or a human, ends a doubt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from syncd.core.backoff import delay, poll_delay
from syncd.core.credits import Entry, EntryKind
from syncd.core.model import Batch, BatchState, Job, JobState, Reading, Seen


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """How long a batch is given at each step."""

    min_age: timedelta = timedelta(seconds=30)  # marking may lag: an empty field is no miss yet
    expire_after: timedelta = timedelta(hours=6)  # a field that loads for longer is given up
    give_up_after: timedelta = timedelta(days=7)  # a list that cannot be read for longer, too
    doubt_for: timedelta = timedelta(minutes=15)  # then a human is asked
    attempts: int = 10  # failed tries of a free step before the batch is cancelled


@dataclass(frozen=True, kw_only=True, slots=True)
class ListReady:
    """The batch's own list exists, holds exactly its people, and was read back."""

    list_id: int
    shown: Mapping[int, Seen]


@dataclass(frozen=True, kw_only=True, slots=True)
class NothingToBuy:
    """The vendor's free count says that it would search for nobody on the list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitting:
    """The write-ahead: from here on the purchase may have happened."""

    balance: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The vendor said yes: ``count`` queued, ``credits`` taken. Sync mode brings results."""

    count: int
    credits: int
    results: Mapping[int, Seen] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A parsed, documented no: nothing was bought."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotSent:
    """Nothing left this machine."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InDoubt:
    """Anything else: it may have been charged."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """All pages of the list, by prospect id."""

    seen: Mapping[int, Seen]


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A free step did not work this time."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """The purchase is no longer wanted, or no longer allowed; nothing was sent."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """A human looked it up with the vendor."""

    paid: bool


Outcome = (
    ListReady
    | NothingToBuy
    | Submitting
    | Accepted
    | Refused
    | NotSent
    | InDoubt
    | Looked
    | Failed
    | Withdrawn
    | Resolved
)


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
        case ListReady() if state is BatchState.PLANNED:
            return _list_ready(batch, outcome, now)
        case Submitting() if state is BatchState.LIST_READY:
            submitting = replace(
                batch,
                state=BatchState.SUBMITTING,
                submitted_at=now,
                not_before=None,
                attempts=0,
                balance_before=outcome.balance,
            )
            return Step(batch=submitting, event="submitting")
        case NothingToBuy() if state is BatchState.LIST_READY:
            return _nothing_to_buy(batch, now)
        case Withdrawn() if state in {BatchState.PLANNED, BatchState.LIST_READY}:
            return _end_unbought(batch, BatchState.CANCELLED, outcome.reason, now)
        case Failed() if state in {BatchState.PLANNED, BatchState.LIST_READY}:
            return _try_again(batch, outcome.reason, now, jitter, limits)
        case NotSent() if state is BatchState.SUBMITTING:
            back = replace(batch, state=BatchState.LIST_READY, submitted_at=None)
            return _try_again(back, outcome.reason, now, jitter, limits)
        case Accepted() if state is BatchState.SUBMITTING:
            return _accepted(batch, outcome, now)
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
        case Looked() if state in {BatchState.IN_DOUBT, BatchState.PARKED}:
            return _look_into_doubt(batch, outcome.seen, now, limits)
        case Looked() if state is BatchState.ACCEPTED:
            return _read_results(batch, outcome.seen, now, limits)
        case Failed() if state in {BatchState.IN_DOUBT, BatchState.PARKED, BatchState.ACCEPTED}:
            return _could_not_look(batch, outcome.reason, now, jitter, limits)
        case Resolved() if state in {BatchState.IN_DOUBT, BatchState.PARKED}:
            if outcome.paid:
                return _served(batch, now, "a human says it was paid")
            return _end_unbought(batch, BatchState.REFUSED, "a human says it was not paid", now)
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
    freed = batch.kind.price * (len(batch.waiting) - sum(j.state is JobState.WAITING for j in jobs))
    ready = replace(
        batch,
        state=BatchState.LIST_READY,
        list_id=outcome.list_id,
        jobs=tuple(jobs),
        reserved=batch.reserved - freed,
        attempts=0,
        not_before=None,
        note="",
    )
    entries = (Entry(kind=EntryKind.RELEASE, credits=freed),) if freed else ()
    if not ready.waiting:
        settled = replace(ready, state=BatchState.SETTLED)
        return Step(batch=settled, entries=entries, event="nothing left to buy")
    return Step(batch=ready, entries=entries, event="list ready")


def _nothing_to_buy(batch: Batch, now: datetime) -> Step:
    """Take the vendor's word for it: it would not search, so there is nothing to find."""
    jobs = tuple(
        _decide(job, job.before or Seen(reading=Reading.EMPTY), now)
        if job.state is JobState.WAITING
        else job
        for job in batch.jobs
    )
    settled = replace(batch, state=BatchState.SETTLED, jobs=jobs, reserved=0, not_before=None)
    entry = Entry(kind=EntryKind.RELEASE, credits=batch.reserved)
    return Step(batch=settled, entries=(entry,), event="the vendor would search for nobody")


def _accepted(batch: Batch, outcome: Accepted, now: datetime) -> Step:
    """Settle what was taken, release the rest, and say so when the sums are odd."""
    price, size = batch.kind.price, len(batch.waiting)
    alarm = ""
    if outcome.credits != outcome.count * price or outcome.count > size:
        alarm = (
            f"batch {batch.id}: the vendor queued {outcome.count} of {size} and took "
            f"{outcome.credits} credits where {outcome.count} x {price} was expected"
        )
    jobs = _charge(batch, outcome.credits)
    jobs = tuple(
        _decide(job, outcome.results[job.prospect_id], now)
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
        accepted = replace(accepted, state=BatchState.SETTLED, not_before=None)
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


def _look_into_doubt(batch: Batch, seen: Mapping[int, Seen], now: datetime, limits: Limits) -> Step:
    for job in batch.waiting:
        shown = seen.get(job.prospect_id)
        if shown and shown != job.before and shown.reading is not Reading.EMPTY:
            return _served(batch, now, f"its list shows prospect {job.prospect_id} being served")
    age = now - (batch.submitted_at or batch.created_at)
    if batch.state is BatchState.PARKED or age >= limits.doubt_for:
        parked = replace(
            batch, state=BatchState.PARKED, not_before=now + timedelta(hours=1), attempts=0
        )
        return Step(batch=parked, event=f"parked: {batch.note}")
    again = replace(batch, not_before=now + poll_delay(age))
    return Step(batch=again, event="still in doubt")


def _read_results(batch: Batch, seen: Mapping[int, Seen], now: datetime, limits: Limits) -> Step:
    """Decide each job that two reads in a row agree upon.

    An empty field is believed only after ``min_age``: marking may come after the answer. Text that
    stood there before the purchase says nothing new and counts as empty.
    """
    age = now - (batch.submitted_at or batch.created_at)
    jobs = []
    for job in batch.jobs:
        if job.state is not JobState.WAITING:
            jobs.append(job)
            continue
        shown = seen.get(job.prospect_id)
        if shown is not None and shown == job.before and job.credits:
            shown = Seen(reading=Reading.EMPTY)
        final = shown is not None and shown.reading is not Reading.LOADING
        if final and shown is not None and shown.reading is Reading.EMPTY:
            final = age >= limits.min_age
        if final and shown is not None and shown == job.last_seen:
            jobs.append(_decide(job, shown, now))
        elif age >= limits.expire_after and not final:
            jobs.append(replace(job, state=JobState.EXPIRED, decided_at=now, last_seen=shown))
        else:
            jobs.append(replace(job, last_seen=shown if final else None))
    return _after_look(replace(batch, jobs=tuple(jobs), attempts=0, note=""), now, age)


def _decide(job: Job, seen: Seen, now: datetime) -> Job:
    state = {
        Reading.FOUND: JobState.FOUND,
        Reading.UNRECOGNISED: JobState.UNRECOGNISED,
    }.get(seen.reading, JobState.MISSED)
    return replace(job, state=state, value=seen.value, decided_at=now, last_seen=seen)


def _after_look(batch: Batch, now: datetime, age: timedelta) -> Step:
    waiting = len(batch.waiting)
    if waiting:
        later = replace(batch, not_before=now + poll_delay(age))
        return Step(batch=later, event=f"{len(batch.jobs) - waiting} of {len(batch.jobs)} done")
    settled = replace(batch, state=BatchState.SETTLED, not_before=None)
    return Step(batch=settled, event="settled")


def _could_not_look(
    batch: Batch, reason: str, now: datetime, jitter: float, limits: Limits
) -> Step:
    """Looking is free and safe to repeat; only paid-for results that stay away are given up."""
    attempts = batch.attempts + 1
    age = now - (batch.submitted_at or batch.created_at)
    if batch.state is BatchState.ACCEPTED and age >= limits.give_up_after:
        jobs = tuple(
            replace(job, state=JobState.EXPIRED, decided_at=now) for job in batch.waiting
        ) + tuple(job for job in batch.jobs if job.state is not JobState.WAITING)
        gone = replace(batch, state=BatchState.SETTLED, jobs=jobs, note=reason, not_before=None)
        return Step(batch=gone, event=f"given up: {reason}")
    wait = delay(attempts, base=timedelta(seconds=10), jitter=jitter)
    later = replace(batch, attempts=attempts, not_before=now + wait, note=reason)
    return Step(batch=later, event=f"could not look: {reason}")
