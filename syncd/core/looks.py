"""What a look at the vendor's list says about the people of a purchase. Pure.

The field is value and status in one, the vendor tells of no one it left out, and other people buy
from the same account; so a change since just before the purchase is the only sign of being served.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from syncd.core.model import Job, JobState, Reading, Seen


def is_served(job: Job, shown: Seen | None) -> bool:
    """Return whether somebody began to search for the person since just before the purchase.

    One for whom the vendor was searching before that proves nothing: it was for somebody else.
    """
    if shown is None or shown == job.before or shown.reading is Reading.EMPTY:
        return False
    return job.before is None or job.before.reading is not Reading.LOADING


def share_anew(jobs: Sequence[Job], seen: Mapping[int, Seen]) -> tuple[Job, ...]:
    """Where the vendor left some out, let those be charged whom the list shows being served.

    Who was left out is a guess until then, and a wrong one would buy a miss again.
    """
    waiting = [job for job in jobs if job.state is JobState.WAITING]
    served = {job.prospect_id for job in waiting if is_served(job, seen.get(job.prospect_id))}
    unpaid = [job for job in waiting if not job.credits and job.prospect_id in served]
    idle = [job for job in waiting if job.credits and job.prospect_id not in served]
    shares: dict[int, int] = {}
    for one, other in zip(unpaid, idle, strict=False):
        shares |= {one.prospect_id: other.credits, other.prospect_id: 0}
    return tuple(replace(job, credits=shares.get(job.prospect_id, job.credits)) for job in jobs)


def read(job: Job, shown: Seen | None, now: datetime, *, believe_empty: bool, expired: bool) -> Job:
    """Return the job after a look: decided where this look says what the one before said.

    An empty field may not be marked yet, so it has to be believed first. Text that stood there
    before a purchase that was paid for says nothing new and counts as empty.
    """
    if job.state is not JobState.WAITING:
        return job
    if shown == job.before and job.credits and shown and shown.reading in _TEXTS:
        shown = Seen(reading=Reading.EMPTY)
    final = shown is not None and shown.reading is not Reading.LOADING
    if shown is not None and shown.reading is Reading.EMPTY:
        final = believe_empty
    if final and shown is not None and shown == job.last_seen:
        return decide(job, shown, now)
    if expired and not final:
        return give_up(replace(job, last_seen=shown), now)
    return replace(job, last_seen=shown if final else None)


def decide(job: Job, seen: Seen, now: datetime) -> Job:
    """Turn what was seen into the job's end. Only an empty field that was paid for is a miss."""
    state = {
        Reading.FOUND: JobState.FOUND,
        Reading.UNRECOGNISED: JobState.UNRECOGNISED,
        Reading.EMPTY: JobState.MISSED if job.credits else JobState.CANCELLED,
    }.get(seen.reading, JobState.MISSED)
    return replace(job, state=state, value=seen.value, decided_at=now, last_seen=seen)


def give_up(job: Job, now: datetime) -> Job:
    """End a job that nobody answers."""
    if job.state is not JobState.WAITING:
        return job
    state = JobState.EXPIRED if job.credits else JobState.CANCELLED
    return replace(job, state=state, decided_at=now)


_TEXTS = frozenset({Reading.MISSED, Reading.UNRECOGNISED})
