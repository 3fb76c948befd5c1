"""Seconds from an edit in the sheet to the result in the sheet, with the webhook and without.

``python benchmarks/webhook.py [--trials 4] [--lanes 2]``

Each lane is a sandbox and the real daemon (``python -m syncd run``) with the config's defaults: it
looks every 30 seconds, and a row must have stood for 5. One row at a time is added at a random
moment, and the next when its email has come. All lanes run at the same time, as they mostly wait.
The floor is a vendor that has its answer at once.
"""

from __future__ import annotations

import argparse
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from settings import write_config, write_secrets

from syncd.core import leads
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS, JOURNAL_ROWS
from syncd.ledger import Ledger
from syncd.sandbox.clock import WallClock
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.server import SandboxServer
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.world import World
from syncd.terms import ACCOUNT

SPREADSHEET = "benchmark"
HEADER = [column.name for column in leads.COLUMNS]
EVERY = 30.0  # seconds between looks, by default
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Way:
    """How a lane works: what the vendor takes, in seconds, and whether it calls."""

    vendor: float
    hook: bool

    def __str__(self) -> str:
        takes = f"{self.vendor:g} s" if self.vendor else "no time (floor)"
        return f"{takes} | {'webhook' if self.hook else 'polling alone'}"


WAYS = (Way(0, False), Way(0, True), Way(20, False), Way(20, True), Way(120, False), Way(120, True))


@dataclass
class Lane:
    """One sandbox, one daemon, one row after the other. Times are in seconds."""

    way: Way
    folder: Path
    trials: int
    seed: int
    total: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)  # since the vendor had its answer
    problem: str = ""

    def __post_init__(self) -> None:
        google = Google(WallClock(), _no_quotas(), seed=1)
        knobs = Knobs(
            limit_per_minute=100_000,
            first_result_seconds=self.way.vendor,
            results_spread_seconds=0.0,
        )
        self.seleqt = Seleqt(WallClock(), knobs, seed=1, balance=100_000)
        book = google.create_spreadsheet(
            "Benchmark",
            spreadsheet_id=SPREADSHEET,
            worksheets=[
                ("Leads", 100, len(HEADER)),
                (JOURNAL, JOURNAL_ROWS, JOURNAL_COLUMNS),
            ],
        )
        self.sheet = book.worksheets[0]
        self.sheet.rows[0].cells = tuple(HEADER)
        self.world = World(WallClock(), seed=1, sheets=google, seleqt=self.seleqt)
        self.server = SandboxServer(self.world)
        account = google.service_account(self.server.base_url)
        write_secrets(self.folder, account, self.seleqt.add_key())

    def run(self) -> None:
        port = _free_port()
        config = write_config(
            self.folder,
            self.server.base_url,
            per_day=5000,
            listen=f"127.0.0.1:{port}" if self.way.hook else "",
            webhook_url=f"http://127.0.0.1:{port}/hooks/{{token}}" if self.way.hook else "",
            spreadsheets=[f'id = "{SPREADSHEET}"\nname = "Benchmark"\nrequests = []'],
        )
        with Ledger(self.folder / "ledger.db") as ledger, ledger.transaction():
            ledger.accounts.arm(ACCOUNT, WallClock().now())
        dice = random.Random(self.seed)  # noqa: S311  (no secret)
        with self.server, (self.folder / "log").open("w") as log:
            daemon = subprocess.Popen(  # noqa: S603  (our own program)
                [sys.executable, "-m", "syncd", "run", "-c", str(config)], stdout=log, stderr=log
            )
            try:
                for row in range(1, self.trials + 1):
                    time.sleep(EVERY / 2 + dice.random() * EVERY)
                    self._try(row)
            finally:
                daemon.send_signal(signal.SIGTERM)
                daemon.wait()

    def _try(self, row: int) -> None:
        email = f"p{row}@found.example"
        with self.world.lock:
            person = self.seleqt.add_prospect(email=email).id
            edited = WallClock().now()
            self.sheet.put_value(row, HEADER.index("Prospect ID"), float(person))
            self.sheet.put_value(row, HEADER.index("Find"), "Email")
        column, give_up = HEADER.index("Email"), time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            time.sleep(0.05)
            with self.world.lock:
                shown = self.sheet.cell(row, column).value
                charges = self.seleqt.meter.charges
            if shown == email:
                came = WallClock().now()
                ready = charges[-1].at + timedelta(seconds=self.way.vendor)
                self.total.append((came - edited).total_seconds())
                self.after.append((came - ready).total_seconds())
                return
        said = (self.folder / "log").read_text()[-2000:]
        self.problem = f"{self.way}: nothing came in {PATIENCE:g} s:\n{said}"


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _no_quotas() -> SheetsSettings:
    return SheetsSettings(
        reads_per_minute_user=0,
        writes_per_minute_user=0,
        reads_per_minute_project=0,
        writes_per_minute_project=0,
    )


def _tell(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.1f} ({min(values):.1f}-{max(values):.1f})"


def main(trials: int, lanes: int, folder: Path) -> int:
    every: list[Lane] = []
    for number, way in enumerate(way for way in WAYS for _ in range(lanes)):
        home = folder / str(number)
        home.mkdir()
        every.append(Lane(way, home, trials, seed=number))
    threads = [threading.Thread(target=lane.run) for lane in every]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if any(lane.problem for lane in every):
        print(*(lane.problem for lane in every if lane.problem), sep="\n")
        return 1
    print("| Seleqt takes | syncd learns of it by | edit to result, s | of that after Seleqt, s |")
    print("| --- | --- | ---: | ---: |")
    for way in WAYS:
        total = [value for lane in every if lane.way == way for value in lane.total]
        after = [value for lane in every if lane.way == way for value in lane.after]
        print(f"| {way} | {_tell(total)} | {_tell(after)} |")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--lanes", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        sys.exit(main(given.trials, given.lanes, Path(place)))
