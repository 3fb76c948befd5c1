"""Fills ``docs/commands.md``: what each command prints, by running it against the sandbox.

``python docs/commands.py`` lets the real commands work in this process, at a time that stands
still, and writes the page anew; a test holds it equal to what they print. To add a screen, add a
:class:`Screen` to ``STORY``. Needs the ``test`` extra; nothing leaves this machine, and all people
are invented.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import time_machine

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rig import Rig, request

import syncd.app
from syncd.cli import main
from syncd.ledger import Lock

PAGE = Path(__file__).with_name("commands.md")
START = datetime(2026, 5, 12, 7, tzinfo=UTC)  # nine o'clock in Berlin
BUYING = 'ask_first = ["phone"]\nsettle_after = "0s"\nfirst_batch = 3'
CAPS = 'time_zone = "Europe/Berlin"\nper_day = 18\nper_month = 600'
VARYING = (
    (r"\(process \d+\)", "(process 4711)"),
    (r"Python \d+\.\d+\.\d+", "Python 3.11.2"),
    (r"[\d,]+ MiB are free", "52,480 MiB are free"),
    (r"\d+\.\d MiB", "0.2 MiB"),
    (r"\bm\d{3}_[a-z_]+", "m031_notices"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8765"),
)
HEAD = """\
# What the commands say

Made by running them against the sandbox, by `python docs/commands.py`. Each tells more with
`--help`; the [README](../README.md) lists them all. `syncd init` has a page of its own,
[`preparing.md`](preparing.md), and so has [`syncd backup`](backup.md).
"""


class World:
    """The sandbox, a config, and the engine that stands in for the daemon."""

    def __init__(self, rig: Rig, clock: time_machine.Coordinates) -> None:
        self.rig = rig
        self.clock = clock
        self.lock: Lock | None = None
        rig.is_armed = False
        people = rig.people(6)
        rig.ask(
            *((one, "Email") for one in people[:5]),
            (rig.person(), "Email"),
            (rig.person(email="", phone="+12025550123"), "Phone"),
            ("see profile", "Email"),
            (people[5], "Email"),
        )
        rig.seleqt.add_list("Spring fair", ids=rig.people(4))
        asked = request(**{"Lead list": "Spring fair", "Find": "Email"})
        rig.fill(rig.requests, [asked], first=1)
        self.configure()

    def configure(self) -> None:
        self.rig.config(buying=BUYING, caps=CAPS)
        for name in ("google.json", "seleqt.key"):
            (self.rig.folder / name).chmod(0o600)

    def mistype(self) -> None:
        path = self.rig.folder / "config.toml"
        text = path.read_text().replace("per_day = 18", "per_dya = 18", 1)
        path.write_text(text.replace('"Europe/Berlin"', '"Europe/Berlln"'))

    def begin(self) -> None:
        """Let the daemon run from here on."""
        self.work()
        self.lock = Lock(self.rig.folder / "ledger.db")
        self.lock.__enter__()

    def work(self, cycles: int = 30) -> None:
        with self._unlocked(), self.rig.app(buying=BUYING, caps=CAPS) as engine:
            self.rig.settle(engine, cycles=cycles)

    def buy(self) -> None:
        """Take a purchase just as far as Seleqt's yes."""
        with self._unlocked(), self.rig.app(buying=BUYING, caps=CAPS) as engine:
            for _ in range(10):
                engine.cycle()
                if any(batch.state == "accepted" for batch in self.rig.batches()):
                    return

    def lose_an_answer(self) -> None:
        """Let the answer to the next purchase be lost, and nobody find out what became of it."""
        self.rig.answer(500, {"error": "Internal error"}, path=r"POST .*/enrichment/$")
        self.work()
        self.clock.shift(timedelta(minutes=20))
        self.rig.hurry()
        self.work()

    def end(self) -> None:
        if self.lock is not None:
            self.lock.__exit__(None, None, None)
            self.lock = None

    @contextlib.contextmanager
    def _unlocked(self) -> Iterator[None]:
        held = self.lock is not None
        self.end()
        yield
        if held:
            self.lock = Lock(self.rig.folder / "ledger.db")
            self.lock.__enter__()


@dataclass(frozen=True, kw_only=True)
class Screen:
    """A command, with what is said of it, and what happens just before."""

    says: str
    line: str
    title: str = ""  # begins a part of the page
    before: Callable[[World], None] = lambda _: None


STORY = [
    Screen(
        title="Before the first start",
        says="A config with two mistakes: every problem at once, with its line.",
        line="syncd check-config",
        before=World.mistype,
    ),
    Screen(says="And without them.", line="syncd check-config", before=World.configure),
    Screen(says="Is everything right? This asks Google and Seleqt.", line="syncd doctor"),
    Screen(says="What would be bought, row by row.", line="syncd plan"),
    Screen(says="A name that the config does not have.", line="syncd plan Sels"),
    Screen(
        title="From planning to buying",
        says="The daemon runs, and buys nothing yet.",
        line="syncd status",
        before=World.begin,
    ),
    Screen(says="Let it buy.", line="syncd arm"),
    Screen(
        title="While it works",
        says="A purchase is under way.",
        line="syncd status",
        before=World.buy,
    ),
    Screen(says="The same, purchase by purchase.", line="syncd batches list"),
    Screen(says="The whole story of one.", line="syncd batches show b00000000002"),
    Screen(
        title="When an answer is lost",
        says="Nobody knows whether that purchase was paid, and looking did not tell.",
        line="syncd status",
        before=World.lose_an_answer,
    ),
    Screen(
        says="A human looks it up in Seleqt, stops the daemon, and says so.",
        line="syncd batches resolve b00000000003 --not-paid",
        before=World.end,
    ),
    Screen(
        title="When the day's credits are used up",
        says="Rows wait, and go on tomorrow.",
        line="syncd status",
        before=World.begin,
    ),
    Screen(says="What the credits bought.", line="syncd ledger statement"),
    Screen(says="Whether the ledger adds up.", line="syncd ledger verify"),
    Screen(says="No rows wait for a word.", line="syncd approve Sales"),
    Screen(
        title="When the daemon is down",
        says="The ledger tells the same, and the exit code is 1.",
        line="syncd status",
        before=World.end,
    ),
    Screen(says="No more purchases, until it is armed again.", line="syncd arm --off"),
]


def make_page() -> str:
    """Run the story, and return the whole page."""
    with (
        tempfile.TemporaryDirectory() as folder,
        time_machine.travel(START, tick=False) as clock,
        mock.patch.object(syncd.app, "new_batch_id", _numbers("b")),
        mock.patch.object(syncd.app, "new_key", _numbers("r-")),
        mock.patch.dict(os.environ, {"COLUMNS": "110", "NO_COLOR": "1", "TERMINAL_WIDTH": "110"}),
        Rig(Path(folder), panel=True) as rig,
    ):
        world = World(rig, clock)
        try:
            parts = [_show(world, screen) for screen in STORY]
        finally:
            world.end()
    return "\n".join([HEAD, *parts])


def _numbers(prefix: str) -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers):011d}"


def _show(world: World, screen: Screen) -> str:
    screen.before(world)
    told = io.StringIO()
    arguments = shlex.split(screen.line)
    config = world.rig.folder / "config.toml"
    with (
        mock.patch.object(sys, "argv", [*arguments, "--config", str(config)]),
        contextlib.redirect_stdout(told),
        contextlib.redirect_stderr(told),
    ):
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    text = told.getvalue().replace(str(config), "/etc/syncd/config.toml")
    text = text.replace(str(world.rig.folder), "/var/lib/syncd")
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text)
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    title = [f"## {screen.title}\n"] if screen.title else []
    ended = [f"(exit code {code})"] if code else []
    block = [f"$ {screen.line}", *lines, *ended]
    return "\n".join([*title, f"{screen.says}\n", "```text", *block, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(make_page())
