"""Many schedules, on all cores: each in a folder of its own, in memory where there is some."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from syncd.torture.draw import draw
from syncd.torture.play import Result, play
from syncd.torture.schedule import Schedule
from syncd.torture.shrink import promise, shrink

ENOUGH = 2000
"""So many schedules reach all that is expected of a run; fewer prove what they prove."""
_CHUNK = 25  # schedules that a process plays before it tells of them
_MOST_FAILURES = 3  # failing schedules that are kept: one bug fails hundreds


@dataclass(kw_only=True)
class Tally:
    """What became of many schedules. ``seconds`` are those of all processes together."""

    schedules: int = 0
    cycles: int = 0
    seconds: float = 0.0
    reached: Counter[str] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)  # seeds
    failures: list[Result] = field(default_factory=list)  # the first of them

    def note(self, result: Result) -> None:
        self.schedules += 1
        self.cycles += result.cycles
        self.seconds += result.seconds
        self.reached += result.reached
        if result.violations:
            self.failed.append(result.schedule.seed)
            self.failures = [*self.failures, result][:_MOST_FAILURES]

    def add(self, other: Tally) -> None:
        self.schedules += other.schedules
        self.cycles += other.cycles
        self.seconds += other.seconds
        self.reached += other.reached
        self.failed += other.failed
        self.failures = [*self.failures, *other.failures][:_MOST_FAILURES]


def run(
    first: int, schedules: int, processes: int, told: Callable[[Tally], object] = lambda _: None
) -> Tally:
    """Play the schedules of so many seeds, from ``first`` on; ``told`` hears of each chunk."""
    total = Tally()
    for part in _parts(first, schedules, processes):
        total.add(part)
        told(total)
    return total


def play_one(seed: int) -> Result:
    """Play one seed's schedule, for its story."""
    with workshop() as folder:
        return play_seed(seed, folder)


def play_seed(seed: int, folder: Path) -> Result:
    """Play one seed's schedule in a workshop that is open already."""
    return _play(draw(seed), folder, seed)


def play_all(schedules: Iterable[Schedule]) -> Tally:
    """Play schedules one after the other, here."""
    tally = Tally()
    with workshop() as folder:
        for number, schedule in enumerate(schedules):
            tally.note(_play(schedule, folder, number))
    return tally


def find_smallest(result: Result) -> Result:
    """Return the smallest story that breaks the same promise as a failing schedule does."""
    broken = promise(result.violations[0])
    with workshop() as folder:
        numbers = iter(range(10**6))

        def fails(schedule: Schedule) -> bool:
            found = _play(schedule, folder, next(numbers)).violations
            return any(promise(violation) == broken for violation in found)

        smallest = shrink(result.schedule, fails)
        return _play(smallest, folder, next(numbers))


@contextmanager
def workshop() -> Iterator[Path]:
    """Give a folder in memory, where there is one, with logs off and a collector that seldom runs.

    Thousands of commits then wait for no disk; a schedule's garbage is small.
    """
    before, limits = structlog.get_config(), gc.get_threshold()
    structlog.configure(processors=[_silence])
    gc.set_threshold(100_000, 20, 50)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    try:
        with tempfile.TemporaryDirectory(prefix="syncd-torture-", dir=memory) as folder:
            yield Path(folder)
    finally:
        gc.set_threshold(*limits)
        structlog.configure(**before)


def _parts(first: int, schedules: int, processes: int) -> Iterator[Tally]:
    starts = range(first, first + schedules, _CHUNK)
    chunks = [range(start, min(start + _CHUNK, first + schedules)) for start in starts]
    if processes == 1 or len(chunks) == 1:
        yield from map(_play_seeds, chunks)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(_play_seeds, chunks)


def _play_seeds(seeds: Iterable[int]) -> Tally:
    return play_all(map(draw, seeds))


def _play(schedule: Schedule, folder: Path, number: int) -> Result:
    own = folder / str(number)
    own.mkdir()
    result = play(schedule, own)
    shutil.rmtree(own)
    return result


def _silence(*_: object) -> Any:
    raise structlog.DropEvent
