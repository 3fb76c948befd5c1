"""A pace that goes on where another leaves off: a reload opens no quota anew."""

from __future__ import annotations

import threading
from itertools import pairwise

import pytest

from syncd.errors import Stopping
from syncd.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def rest(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pace(clock: Clock, per_minute: int = 3, **more: object) -> Pace:
    return Pace(per_minute, clock=clock, rest=clock.rest, **more)  # type: ignore[arg-type]


def test_what_the_one_before_has_sent_counts_for_the_next(clock: Clock) -> None:
    before, after = pace(clock), pace(clock)
    for _ in range(3):
        before.wait()
    after.follow(before)
    after.wait()
    assert clock.now == pytest.approx(1060, abs=1)


def test_what_held_the_one_before_holds_the_next_whatever_its_rate(clock: Clock) -> None:
    before, after = pace(clock), pace(clock, 0)
    before.pause(30)
    after.follow(before)
    after.wait()
    assert clock.now == pytest.approx(1030, abs=1)


def test_a_wait_leaves_marks_all_along_and_the_stop_of_the_one_before_is_not_the_next_s(
    clock: Clock,
) -> None:
    marks: list[float] = []
    stop = threading.Event()
    before, after = pace(clock, stop=stop), pace(clock, mark=lambda: marks.append(clock.now))
    before.pause(10)
    stop.set()
    with pytest.raises(Stopping):
        before.wait()
    after.follow(before)
    after.wait()
    gaps = [later - earlier for earlier, later in pairwise(marks)]
    assert max(gaps) < 1
    assert marks[-1] == pytest.approx(1010, abs=1)
