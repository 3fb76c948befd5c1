"""A long life of the real daemon under faults: what grows, leaks or is left behind.

``python benchmarks/soak.py [--minutes 60] [--seed 1]``

The daemon and the sandbox (``arena.py``) are processes with sockets between them. Every few seconds
people add rows, and sort the worksheet; both lines fail all the time. What the daemon holds
(resident memory, descriptors, threads) is read from ``/proc``. In the end the faults stop, every
row must be settled, and the daemon's idle life is measured. Leaves with 1 where something grew or
was left behind.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from kills import PATIENCE_AT_REST, Kills
from settings import write_config

EVERY = 5.0  # seconds between edits, and between samples
REQUEST = 12  # edits from one list request to the next
ROWS, REQUESTS = 300, 10  # people delete what is done with, beyond so many
DOUBTFUL = 0.01  # of each fault of a purchase: what is parked waits for a human until the end
IDLE = 120.0  # seconds
STUCK = 6
GROWTH = 1.05  # of memory, the last quarter beside the second
IDLE_CPU = 0.01  # of a core
IDLE_MIB = 100
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Sample(NamedTuple):
    """What a process holds at one moment; ``cpu`` are its seconds so far."""

    mib: float
    descriptors: int
    threads: int
    cpu: float


def look(pid: int) -> Sample:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return Sample(
        mib=int(stat[21]) * _PAGE / 2**20,
        descriptors=len(list(Path(f"/proc/{pid}/fd").iterdir())),
        threads=int(stat[17]),
        cpu=(int(stat[11]) + int(stat[12])) / _TICKS,
    )


class Soak(Kills):
    """One daemon that nobody kills, and about so many ``rows``."""

    rows = ROWS

    def live(self, minutes: float) -> list[str]:
        """Let it live, print what it held, and return what is wrong."""
        samples: list[Sample] = []
        self.tell("faults", on=True, purchases=DOUBTFUL)
        with self._living() as daemon:
            end = time.monotonic() + 60 * minutes
            while time.monotonic() < end:
                turn = len(samples)
                self.tell("refill", request=turn % REQUEST == 0)
                self.tell("tidy", leads=self.rows, requests=REQUESTS)
                self.tell("sort")
                time.sleep(EVERY)
                samples.append(look(daemon.pid))
            self._calm_down()
            problems = self._be_idle(daemon.pid)
            daemon.send_signal(signal.SIGTERM)
            if code := daemon.wait():
                problems.append(f"it left with {code}")
        problems += self._crashed() + self._compare(samples)
        problems += self.rest(everybody=True)  # after what only a human can settle
        meter = self.tell("meter")
        print(
            f"\n{meter['charged']:,} credits, {len(meter['faults']):,} faults met, "
            f"{len(self.tell('sheet')['leads']):,} rows in the end"
        )
        return problems

    def _calm_down(self) -> None:
        """Wait until nothing is left to do, or for a while nothing but for a human."""
        self.tell("faults", on=False)
        deadline = time.monotonic() + PATIENCE_AT_REST
        stuck = 0  # looks in a row; between two purchases there is one, too
        while time.monotonic() < deadline and stuck < STUCK and self.judge(everybody=True):
            stuck = stuck + 1 if self._needs_a_human() else 0
            time.sleep(EVERY)

    def _be_idle(self, pid: int) -> list[str]:
        before = look(pid)
        time.sleep(IDLE)
        after = look(pid)
        share = (after.cpu - before.cpu) / IDLE
        print(f"idle: {share:.2%} of a core, {after.mib:.0f} MiB")
        problems = [] if share < IDLE_CPU else [f"idle, it takes {share:.2%} of a core"]
        return problems + ([] if after.mib < IDLE_MIB else [f"idle, it holds {after.mib:.0f} MiB"])

    @staticmethod
    def _compare(samples: Sequence[Sample]) -> list[str]:
        """Print what was held in each quarter; return what grew from the second to the last."""
        size = len(samples) // 4
        quarters = [samples[n * size : (n + 1) * size] for n in range(4)]
        print("\n| quarter | MiB (median) | descriptors | threads | CPU s |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for number, quarter in enumerate(quarters, 1):
            print(
                f"| {number} | {statistics.median(one.mib for one in quarter):.1f} "
                f"| {min(one.descriptors for one in quarter)}-"
                f"{max(one.descriptors for one in quarter)} "
                f"| {max(one.threads for one in quarter)} "
                f"| {quarter[-1].cpu - quarter[0].cpu:.1f} |"
            )
        problems = []
        for name, allowed in (("mib", GROWTH), ("descriptors", 1.0), ("threads", 1.0)):
            then, now = (
                statistics.median(getattr(one, name) for one in quarters[at]) for at in (1, 3)
            )
            if now > allowed * then:
                problems.append(f"{name} grew from {then:.1f} to {now:.1f}")
        return problems

    def _config(self) -> Path:
        return write_config(
            self.folder,
            self.base,
            per_day=10**6,
            buying='ask_first = []\nsettle = "0s"\nsettle_after = "1s"\ndoubt_for = "10s"\n'
            # Those that are parked until the end must leave room for others.
            "big_paste = 0\nbrake_after = 0\nbatches_in_flight = 20",
            daemon='log = "logfmt"',
            spreadsheets=['id = "killing-floor"\nname = "Soak"\nevery = "5s"'],
        )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Let the daemon live under faults.")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    turns = int(60 * chosen.minutes / EVERY) + 10
    with tempfile.TemporaryDirectory() as folder, Soak(Path(folder), chosen.seed, turns) as soak:
        soak.cap = 10**6
        problems = soak.live(chosen.minutes)
    print("\n".join(problems) or "nothing grew, leaked or was left behind")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
