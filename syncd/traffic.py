"""What the two transports tell of each request that they send: for meters, and for nothing else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

UNANSWERED = 0


@dataclass(frozen=True, slots=True)
class Trip:
    """One request and its answer: which vendor, what for, with what status, in how many seconds.

    ``call`` is read, write or buy; ``status`` is :data:`UNANSWERED` where none came. ``date`` is
    the vendor's own, as HTTP writes it, or empty.
    """

    vendor: str
    call: str
    status: int
    seconds: float
    date: str = ""


Watch = Callable[[Trip], None]


def ignore(trip: Trip) -> None:
    """Watch nothing."""
    del trip


class Answer:
    """What the sender fills in as soon as it knows."""

    status = UNANSWERED
    date = ""


@contextmanager
def watched(watch: Watch, vendor: str, call: str) -> Iterator[Answer]:
    """Time what happens inside, and tell of it, whatever is raised."""
    answer = Answer()
    began = time.monotonic()
    try:
        yield answer
    finally:
        watch(Trip(vendor, call, answer.status, time.monotonic() - began, answer.date))
