"""What a cycle costs, beside the least that reading the worksheet could cost.

``python benchmarks/cycle.py [--rows 1000 10000 50000] [--repeat 7]``

Sandbox, daemon and floor are processes of their own; the figures are CPU seconds (user + system) of
the daemon's process alone, because wall time on a shared machine says little. Floor and cycles take
turns, so that a slow minute slows both, and every ratio is of medians. README.md explains the rows.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

HERE = Path(__file__).parent
FULL_PASS = 10  # minutes after which a cycle looks at an unchanged sheet again
FIRST_NAME, FIND = 1, 6  # columns of the worksheet
GOALS = {"nothing changed": 1.5, "a name edited": 6.0, "new request: costliest cycle": 6.0}
PEAK_GOAL = 250  # MiB


class Child:
    """A process that answers each line on its standard input with a line of JSON."""

    def __init__(self, script: str, *arguments: object) -> None:
        command = [sys.executable, str(HERE / script), *map(str, arguments)]
        self._process = subprocess.Popen(  # noqa: S603  (our own scripts)
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def tell(self, line: str) -> None:
        assert self._process.stdin  # noqa: S101  (it is a pipe)
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def listen(self) -> Any:
        assert self._process.stdout  # noqa: S101  (as above)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args} ended with {self._process.wait()}")
        return json.loads(line)

    def ask(self, line: str) -> Any:
        self.tell(line)
        return self.listen()

    def close(self) -> None:
        self._process.communicate()


@contextmanager
def child(script: str, *arguments: object) -> Iterator[Child]:
    started = Child(script, *arguments)
    try:
        yield started
    finally:
        started.close()


class Bench:
    """One world, and the samples taken against it."""

    def __init__(self, rows: int, repeat: int, folder: Path, told: Any) -> None:
        self.rows, self.repeat, self.folder = rows, repeat, folder
        self.base_url, self.newcomers = told["base_url"], list(told["newcomers"])
        self.spreadsheet = told["spreadsheet"]
        self.token = told["token"]
        self.cpu: dict[str, list[float]] = {}
        self.requests: dict[str, set[str]] = {}
        self.peaks: list[float] = []
        self.json_mib = 0.0
        self._mark = 0

    def run(self) -> None:
        for _ in range(3):
            with child("floor.py", self._range_url(), self.token) as floor:
                self._note("floor: whole process", floor.ask("get")["cpu_since_start"])
            with child("daemon.py", self.folder / "config.toml") as daemon:
                told = self._cycle(daemon, "first cycle after start")
                self._note("first cycle: whole process", told["cpu_since_start"])
        with (
            child("floor.py", self._range_url(), self.token) as floor,
            child("daemon.py", self.folder / "config.toml") as daemon,
        ):
            floor.ask("get")
            daemon.ask("cycle")
            for number in range(self.repeat):
                self._take_turns(floor, daemon, number)
            for _ in range(3):
                self._follow_request(daemon)

    def _take_turns(self, floor: Child, daemon: Child, number: int) -> None:
        told = floor.ask("get")
        self.json_mib = told["mib"]
        self._note("floor", told["cpu"])
        self._cycle(daemon, "nothing changed")
        self._edit(number + 1, FIRST_NAME, f"Renamed{number}")
        self._cycle(daemon, "a name edited")
        for _ in range(FULL_PASS - 1):  # its lease on the sheet would end in one long wait
            daemon.tell("wait 60")
            daemon.ask("cycle")
        daemon.tell("wait 60")
        self._cycle(daemon, "nothing changed, looked at in full")

    def _follow_request(self, daemon: Child) -> None:
        """A person adds a row that asks for an email; cycle until it is bought and written."""
        self.rows += 1
        self._edit(self.rows, 0, str(self.newcomers.pop()))
        self._edit(self.rows, FIND, "Email")
        costs = []
        while True:
            told = self._cycle(daemon, f"new request: cycle {len(costs) + 1}", quiet=False)
            if not told["busy"]:
                break
            costs.append(told["cpu"])
            daemon.tell("wait 60")
        self._note("new request: costliest cycle", max(costs))
        self._note("new request: all its cycles", sum(costs))

    def _cycle(self, daemon: Child, name: str, *, quiet: bool = True) -> Any:
        self._made()
        told = daemon.ask("cycle")
        if told["problems"] or (quiet and told["writes"]):
            raise RuntimeError(f"{name}: not what was to be measured: {told}")
        self._note(name, told["cpu"])
        self.requests.setdefault(name, set()).add(self._made())
        self.peaks.append(told["peak_mib"])
        return told

    def _note(self, name: str, seconds: float) -> None:
        self.cpu.setdefault(name, []).append(seconds)

    # -- the sandbox ----------------------------------------------------------------------------

    def _range_url(self) -> str:
        area = quote("Leads!A:N")
        return (
            f"{self.base_url}/v4/spreadsheets/{self.spreadsheet}/values/{area}"
            "?valueRenderOption=UNFORMATTED_VALUE&prettyPrint=false"
        )

    def _made(self) -> str:
        """Return the vendor requests since the last call, by kind."""
        with urlopen(f"{self.base_url}/control/journal?after={self._mark}") as answer:  # noqa: S310  (loopback)
            journal = json.load(answer)
        self._mark = journal["last"]
        made = [f"{e['vendor']} {e['class']}" for e in journal["entries"]]
        return ", ".join(f"{made.count(what)} {what}" for what in dict.fromkeys(made))

    def _edit(self, row: int, column: int, text: str) -> None:
        body = {
            "spreadsheet": self.spreadsheet,
            "sheet": 0,
            "action": "type",
            "args": {"row": row, "column": column, "text": text},
        }
        request = Request(  # noqa: S310  (loopback)
            f"{self.base_url}/control/edit",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urlopen(request):  # noqa: S310  (loopback)
            pass

    # -- the report -----------------------------------------------------------------------------

    def report(self) -> Iterator[str]:
        yield f"### {self.rows - 3:,} rows ({self.json_mib:.1f} MiB of JSON)\n"
        yield "| | CPU s, median (min-max) | x floor | goal | requests |"
        yield "| --- | --- | --- | --- | --- |"
        floor = statistics.median(self.cpu["floor"])
        whole = statistics.median(self.cpu["floor: whole process"])
        for name, seconds in self.cpu.items():
            median = statistics.median(seconds)
            ratio = median / (whole if "whole process" in name else floor)
            goal = f"{GOALS[name]:g}" if name in GOALS else ""
            made = " / ".join(sorted(self.requests.get(name, ())))
            yield (
                f"| {name} | {median:.3f} ({min(seconds):.3f}-{max(seconds):.3f}) "
                f"| {ratio:.2f} | {goal} | {made} |"
            )
        yield f"\nPeak memory: {max(self.peaks):.0f} MiB (goal: below {PEAK_GOAL}).\n"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Measure what a cycle costs.")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 50_000])
    parser.add_argument("--repeat", type=int, default=7, help="samples of each kind of cycle")
    chosen = parser.parse_args(arguments)
    for rows in chosen.rows:
        with tempfile.TemporaryDirectory() as folder, child("world.py", rows, folder) as world:
            bench = Bench(rows, chosen.repeat, Path(folder), world.listen())
            bench.run()
            print("\n".join(bench.report()), flush=True)


if __name__ == "__main__":
    main()
