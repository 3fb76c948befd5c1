"""The real program as a process of its own beside a rig, and waiting without guessing how long."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from rig import Rig

from syncd.sandbox.wire import Request

T = TypeVar("T")

PATIENCE = 60.0  # seconds; far beyond what anything here takes on a busy machine


def until(question: Callable[[], T], *, within: float = PATIENCE) -> T:
    """Ask until the answer is truthy, and return it; fail when it stays away."""
    deadline = time.monotonic() + within
    while not (answer := question()):
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
    return answer


class Program:
    """``syncd`` with some arguments, its output in a file. Killed at the end of the block."""

    def __init__(
        self, folder: Path, *arguments: str, code: str = "", environ: Mapping[str, str] = {}
    ) -> None:
        # ``code`` runs first, in the same process: to shorten a wait that is a constant.
        command = ["-c", f"{code}\nfrom syncd.cli import main\nmain()"] if code else ["-m", "syncd"]
        number = len(list(folder.glob("output-*.log")))
        self._file = folder / f"output-{number}.log"
        with self._file.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *command, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environ},
            )

    @classmethod
    def daemon(
        cls, rig: Rig, *, code: str = "", environ: Mapping[str, str] = {}, **config: str
    ) -> Program:
        """``syncd run`` against the rig; ``config`` as for :meth:`Rig.config`."""
        path = str(rig.config(**config))
        return cls(rig.folder, "run", "--config", path, code=code, environ=environ)

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        if error is not None:
            error.add_note("\n".join(self.output.splitlines()[-40:]))

    @property
    def output(self) -> str:
        return self._file.read_text()

    def wait_for(self, event: str, times: int = 1) -> None:
        """Return when the program has logged an event of that name so often."""
        pattern = re.compile(rf"event={event}\b")

        def logged() -> bool:
            enough = len(pattern.findall(self.output)) >= times
            assert self._process.poll() is None or enough, self.output
            return enough

        until(logged)

    def kill(self) -> None:
        """SIGKILL, at once; returns when it is dead."""
        self._process.kill()
        self._process.wait()

    def send(self, number: signal.Signals = signal.SIGTERM) -> None:
        self._process.send_signal(number)

    def leave(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Send a signal; return the exit code, and the seconds until it left."""
        began = time.monotonic()
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE)
        return code, time.monotonic() - began

    def wait(self) -> int:
        """Return the exit code of a program that ends by itself."""
        return self._process.wait(PATIENCE)


class Ear:
    """A supervisor that hears everything a program tells it, in order. Use it as a block."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._end = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._end.bind("")  # Linux finds a name that is free
        self._end.settimeout(0.05)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> Ear:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        self._end.close()

    def _listen(self) -> None:
        while not self._over.is_set():
            try:
                self.heard += self._end.recv(4096).decode().splitlines()
            except TimeoutError:
                continue

    @property
    def environ(self) -> dict[str, str]:
        return {"NOTIFY_SOCKET": "@" + self._end.getsockname()[1:].decode()}

    @property
    def status(self) -> str:
        return [line for line in self.heard if line.startswith("STATUS=")][-1]

    @property
    def states(self) -> list[str]:
        return [line for line in self.heard if line in {"READY=1", "RELOADING=1", "STOPPING=1"}]

    @property
    def pings(self) -> int:
        return self.heard.count("WATCHDOG=1")


def money_problems(rig: Rig) -> list[str]:
    """Hold the ledger against the vendor's meter, at any moment: what may be charged is booked."""
    totals = rig.totals()
    with rig.world.lock:
        twice, charged = rig.seleqt.meter.bought_twice(), rig.seleqt.meter.charged()
    problems = [f"bought twice: {twice}"] if twice else []
    if not totals["settled"] <= charged <= totals["settled"] + totals["reserved"]:
        problems.append(f"the meter says {charged}, the ledger {totals}")
    return problems


# --- requests, to be told apart by faults and hooks -------------------------------------------


def is_create(asked: Request) -> bool:
    return asked.method == "POST" and asked.path.endswith("/public/lead-lists/")


def is_add(asked: Request) -> bool:
    return asked.path.endswith("/add-leads/")


def is_count(asked: Request) -> bool:
    return asked.path.endswith("/enrichment/count/")


def is_purchase(asked: Request) -> bool:
    return asked.method == "POST" and asked.path.endswith("/enrichment/")


def is_poll(asked: Request) -> bool:
    return asked.path.endswith("/leads/")


def is_read(asked: Request) -> bool:
    return asked.path.endswith("/values:batchGetByDataFilter")


def is_flush(asked: Request) -> bool:
    return asked.path.endswith(":batchUpdate")


def positional(asked: Request) -> Iterator[tuple[int, str]]:
    """Give the texts that a write puts into positions, with their columns."""
    for one in json.loads(asked.body)["requests"]:
        update = one.get("updateCells")
        if update is None or "start" not in update:  # none, or the journal's mark
            continue
        first = update["start"].get("columnIndex", 0)
        for row in update["rows"]:
            for column, cell in enumerate(row["values"], first):
                yield column, cell.get("userEnteredValue", {}).get("stringValue", "")


PURCHASE = {"method": "POST", "path": r"/enrichment/$"}
FLUSH = {"method": "POST", "path": r":batchUpdate"}
CREATE = {"method": "POST", "path": r"/public/lead-lists/$"}
POLL = {"method": "GET", "path": r"/leads/\?"}
