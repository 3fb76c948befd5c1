"""A whole office edits while syncd works, and naive writers stand the same test beside it.

``python benchmarks/chaos.py [--jobs 1000] [--seeds 20] [--protocols ...] [--processes 2]``

Each seed is one day (``day.py``) for each protocol. A day can be lived again:
``--seed N --protocols syncd --trace`` prints its every edit. README.md explains the columns.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path
from typing import Any
from unittest import mock

import structlog
from day import Day, Protocol, Result
from naive import RememberedRow, RereadKey

from syncd import app
from syncd.core import swaps

PROTOCOLS: dict[str, Protocol] = {
    "remembered row": lambda: mock.patch.object(app, "Delivery", RememberedRow),
    "re-read key": lambda: mock.patch.object(app, "Delivery", RereadKey),
    "syncd, by position": lambda: mock.patch.object(swaps, "survives", return_value=False),
    "syncd": nullcontext,
}


def live(protocol: str, seed: int, **options: Any) -> Result:
    """Live one day, in a folder of its own."""
    structlog.configure(processors=[_silence])
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        result = Day(Path(folder), seed, **options).live(PROTOCOLS[protocol])
    result.protocol = protocol
    return result


def _memory() -> str | None:
    """Return a folder in memory, where there is one: thousands of commits wait for no disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108


def _silence(*_: object) -> Any:
    raise structlog.DropEvent


def table(results: Sequence[Result]) -> Iterator[str]:
    yield (
        "| protocol | jobs | edits | wrong rows at the end | wrong ever visible: values | statuses "
        "| torn by people "
        "| results missing | human values lost: in the window | others | credits "
        "| requests per job | seconds |"
    )
    yield "| --- |" + " ---: |" * 12
    for protocol, group in groupby(results, lambda one: one.protocol):
        days = list(group)

        def total(count: Callable[[Result], float], days: Sequence[Result] = days) -> float:
            return sum(map(count, days))

        shown, said = total(lambda d: d.shown), total(lambda d: d.said)
        values, statuses = total(lambda d: d.values), total(lambda d: d.statuses)
        jobs = total(lambda d: d.jobs)
        yield (
            f"| {protocol} | {jobs:,} | {total(lambda d: d.edits):,} "
            f"| {total(lambda d: d.findings.wrong_rows):,} "
            f"| {values:,} ({values / max(1, shown):.2%}) "
            f"| {statuses:,} ({statuses / max(1, said):.2%}) "
            f"| {total(lambda d: d.torn):,} "
            f"| {total(lambda d: len(d.findings.missing)):,} "
            f"| {total(lambda d: len(d.findings.lost_in_window)):,} "
            f"| {total(lambda d: len(d.findings.lost)):,} "
            f"| {total(lambda d: len(d.money) + len(d.findings.credits)):,} "
            f"| {total(lambda d: d.requests) / max(1, jobs):.2f} "
            f"| {total(lambda d: d.seconds):.0f} |"
        )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Let an office edit while syncd works.")
    parser.add_argument("--jobs", type=int, default=1000, help="people per seed")
    parser.add_argument("--seeds", type=int, default=20, help="days, from seed 0 on")
    parser.add_argument("--seed", type=int, action="append", help="live this day only")
    parser.add_argument("--protocols", nargs="+", choices=PROTOCOLS, default=list(PROTOCOLS))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--moving", type=float, default=0.15, help="structural edits per request")
    parser.add_argument("--typing", type=float, default=0.15, help="other edits per request")
    parser.add_argument("--faults", type=float, default=1.0, help="how many of the usual faults")
    parser.add_argument("--without", nargs="+", default=[], help="edits and faults to leave out")
    parser.add_argument("--trace", action="store_true", help="print each edit and each sighting")
    chosen = parser.parse_args(arguments)
    names = ("jobs", "moving", "typing", "faults", "without")
    options = {name: getattr(chosen, name) for name in names}
    days = [
        (name, seed) for name in chosen.protocols for seed in chosen.seed or range(chosen.seeds)
    ]
    results: list[Result] = []
    with ProcessPoolExecutor(min(chosen.processes, len(days))) as pool:
        for result in pool.map(_live, [(*day, options) for day in days]):
            results.append(result)
            report(result, trace=chosen.trace)
    print("\n".join(table(results)))


def _live(day: tuple[str, int, dict[str, Any]]) -> Result:
    return live(day[0], day[1], **day[2])


def report(result: Result, *, trace: bool) -> None:
    """Print what is wrong with a day, and with ``trace`` all that was done in it."""
    if trace:
        print("\n".join(result.log))
        print("\n".join(f"lost in the window: {one}" for one in result.findings.lost_in_window))
    problems = result.problems
    print(
        f"{result.protocol}, seed {result.seed}: {result.jobs} jobs, {result.seconds:.1f} s, "
        f"{len(problems)} problems",
        file=sys.stderr,
    )
    for problem in problems if trace else problems[:3]:
        print(f"  {problem}", file=sys.stderr)


if __name__ == "__main__":
    main()
