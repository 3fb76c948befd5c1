"""Marks of progress: each of the part that a thread works for, and where one hangs."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from syncd.core.watchdog import find_stuck
from syncd.progress import Progress


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def progress(clock: Clock) -> Progress:
    return Progress(clock)


@pytest.fixture
def hung(progress: Progress) -> Iterator[threading.Event]:
    """A thread that works for a part and gets nothing done, until the event is set."""
    begun, over = threading.Event(), threading.Event()

    def work() -> None:
        with progress.working("cycle of a"):
            begun.set()
            over.wait(20)

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(20)
    yield over
    over.set()
    thread.join()


def stuck(progress: Progress) -> tuple[str, ...]:
    return find_stuck(progress.beats(), progress.now, 10)


def test_a_mark_is_of_the_part_that_the_thread_works_for(
    progress: Progress, clock: Clock, hung: threading.Event
) -> None:
    with progress.working("cycle of b"):
        clock.now = 11
        progress.mark()
        assert stuck(progress) == ("cycle of a",)
        clock.now = 30
        assert set(stuck(progress)) == {"cycle of a", "cycle of b"}
    assert stuck(progress) == ("cycle of a",)  # nothing is expected of b any more
    progress.mark()  # for nobody
    assert "threading.py" in progress.where("cycle of a")
    assert progress.where("cycle of b") == ""


def test_waiting_for_a_turn_is_excused_while_somebody_has_it_and_begins_anew_after(
    progress: Progress, clock: Clock, hung: threading.Event
) -> None:
    with progress.working("cycle of b"):
        with progress.queued():
            clock.now = 11
            assert stuck(progress) == ("cycle of a",)  # which has the turn
        assert stuck(progress) == ("cycle of a",)
        clock.now = 22
        assert set(stuck(progress)) == {"cycle of a", "cycle of b"}
