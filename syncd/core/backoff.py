"""How long to wait before looking, or trying, again."""

from __future__ import annotations

from datetime import timedelta

_LONGEST = timedelta(minutes=15)


def delay(
    attempt: int, *, base: timedelta, jitter: float, longest: timedelta = _LONGEST
) -> timedelta:
    """Return the wait before attempt number ``attempt`` (1 is the first repeat).

    It doubles each time up to ``longest``; ``jitter`` in [0, 1) shortens it by up to a quarter, so
    that many batches do not return in step.
    """
    grown = base * float(2 ** min(max(attempt, 1) - 1, 20))
    return min(grown, longest) * (1 - 0.25 * jitter)


def poll_delay(age: timedelta) -> timedelta:
    """Return the wait before the next poll of a batch that was submitted ``age`` ago.

    Results come within seconds or minutes; each look costs one of 40 requests a minute.
    """
    if age < timedelta(seconds=15):
        return timedelta(seconds=5)
    if age < timedelta(minutes=1):
        return timedelta(seconds=10)
    if age < timedelta(minutes=10):
        return timedelta(seconds=30)
    if age < timedelta(hours=1):
        return timedelta(minutes=1)
    return timedelta(minutes=10)
