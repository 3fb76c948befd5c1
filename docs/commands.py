"""Fills ``docs/commands.md``: what each command prints, by running it against the sandbox.

``python docs/commands.py`` lets the real commands work in this process, at a time that stands
still, and writes the page anew; a test holds it equal to what they print. Those of ``ALONE`` are
programs of their own, in real time, and are only run to write the page. To add a screen, add a
:class:`Screen`. Needs the ``test`` extra; nothing leaves this machine, and all people are invented.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import re
import shlex
import signal
import subprocess
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
from syncd.attendants import Attendants
from syncd.cli import main
from syncd.config import load
from syncd.ledger import Lock

PAGE = Path(__file__).with_name("commands.md")
START = datetime(2026, 5, 12, 7, tzinfo=UTC)  # nine o'clock in Berlin
BUYING = 'ask_first = ["phone"]\nsettle_after = "0s"\nfirst_batch = 3\nbig_paste = 10'
CAPS = 'time_zone = "Europe/Berlin"\nper_day = 18\nper_month = 600'
VARYING = (
    (r"\(process \d+\)", "(process 4711)"),
    (r"Python \d+\.\d+\.\d+", "Python 3.11.2"),
    (r"[\d,]+ MiB are free", "52,480 MiB are free"),
    (r"\d+\.\d MiB", "0.2 MiB"),
    (r"\d+\.\d MB", "0.3 MB"),
    (r'"ledger": "[0-9a-f]{12}"', '"ledger": "7f1fc9ee8de6"'),
    (r"timestamp=\S+", "timestamp=2026-05-12T07:00:00Z"),
    (r"\bm\d{3}_[a-z_]+", "m031_notices"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8765"),
)
HEAD = """\
# What the commands say

Made by running them against the sandbox, by `python docs/commands.py`. Each tells more with
`--help`; the [README](../README.md) lists them all. `syncd init` has a page of its own,
[`preparing.md`](preparing.md).
"""


class World:
    """The sandbox, a config, and the engine that stands in for the daemon."""

    def __init__(self, rig: Rig, clock: time_machine.Coordinates) -> None:
        self.rig = rig
        self.clock = clock
        self.lock: Lock | None = None
        self.leave = contextlib.ExitStack()  # from the web port
        self.caps = CAPS
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

    def configure(self, **extra: str) -> None:
        self.rig.config(buying=BUYING, caps=self.caps, **extra)
        for name in ("google.json", "seleqt.key"):
            (self.rig.folder / name).chmod(0o600)

    def mistype(self) -> None:
        path = self.rig.folder / "config.toml"
        text = path.read_text().replace("per_day = 18", "per_dya = 18", 1)
        path.write_text(text.replace('"Europe/Berlin"', '"Europe/Berlln"'))

    def serve(self) -> None:
        """Let the daemon run with its web port open."""
        self.end()
        web = f'listen = "unix:{self.rig.folder}/web.sock"'
        self.configure(web=web)
        app = self.leave.enter_context(syncd.app.App(load(self.rig.folder / "config.toml")))
        attendants = Attendants()
        attendants.attend(app, _Master())
        if attendants._web is not None:
            attendants._web.listening.wait(10)
        self.leave.callback(attendants.dismiss)

    def name_addresses(self) -> None:
        for name, address in (("slack", "slack://a/b/c"), ("ping", "https://ping.example/x")):
            (self.rig.folder / f"notify.{name}").write_text(address)
        notify = 'urls = [{ file = "notify.slack" }]\nping = { file = "notify.ping" }'
        self.configure(notify=notify)

    def paste(self) -> None:
        """Let a new day come, and somebody paste a dozen people."""
        self.clock.shift(timedelta(days=1))
        self.caps = CAPS.replace("per_day = 18", "per_day = 60")
        people = self.rig.people(12)
        self.rig.ask(*((one, "Email") for one in people), first=20)
        self.end()
        self.begin()

    def forget(self) -> None:
        """Let the daemon buy once more, an hour later, and end."""
        self.clock.shift(timedelta(hours=1))
        self.work()
        self.end()

    def begin(self) -> None:
        """Let the daemon run from here on."""
        self.work()
        self.lock = Lock(self.rig.folder / "ledger.db")
        self.lock.__enter__()

    def work(self, cycles: int = 30) -> None:
        with self._unlocked(), self.rig.app(buying=BUYING, caps=self.caps) as engine:
            self.rig.settle(engine, cycles=cycles)

    def buy(self) -> None:
        """Take a purchase just as far as Seleqt's yes."""
        with self._unlocked(), self.rig.app(buying=BUYING, caps=self.caps) as engine:
            for _ in range(10):
                engine.cycle()
                if any(batch.state == "accepted" for batch in self.rig.batches()):
                    return

    def lose_an_answer(self) -> None:
        """Let the answer to the next purchase be lost, and nobody find out what became of it."""
        self.rig.answer(500, {"error": "Internal error"}, path=r"POST .*/enrichment/$")
        self.begin()
        self.clock.shift(timedelta(minutes=20))
        self.rig.hurry()
        self.work()

    def end(self) -> None:
        self.leave.close()
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


class _Master:
    def find_stuck(self) -> tuple[str, ...]:
        return ()

    def hasten(self, spreadsheet: str) -> None:
        """No hint comes."""


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
        says="Who is told when something is wrong; `--test` sends a message and a ping.",
        line="syncd notify",
        before=World.name_addresses,
    ),
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
        says="The daemon itself, for a monitor. Its web port must be on.",
        line="syncd health",
        before=World.serve,
    ),
    Screen(says="The same, for a script.", line="syncd health --json"),
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
    Screen(says="Had buying been stopped, it would go on.", line="syncd batches resume"),
    Screen(
        title="When the day's credits are used up",
        says="Rows wait, and go on tomorrow.",
        line="syncd status",
        before=World.begin,
    ),
    Screen(says="What the credits bought.", line="syncd ledger statement"),
    Screen(says="Whether the ledger adds up.", line="syncd ledger verify"),
    Screen(
        says="What may come back for searches that found nothing.", line="syncd batches refunds"
    ),
    Screen(
        title="When somebody pastes many rows",
        says="They wait. Where nobody can answer, nothing is approved without `--yes`.",
        line="syncd approve Sales",
        before=World.paste,
    ),
    Screen(says="For a script.", line="syncd approve Sales --json"),
    Screen(says="They are meant.", line="syncd approve Sales --yes"),
    Screen(says="And now?", line="syncd approve Sales"),
    Screen(
        title="Backup, restore, reconcile",
        says="A checked copy, while the daemon runs.",
        line="syncd backup",
    ),
    Screen(
        says="The daemon has bought since, and is stopped. What would a restore do?",
        line="syncd restore /var/lib/syncd/backups/syncd-20260513T072000Z.db --json",
        before=World.forget,
    ),
    Screen(
        says="It does it.",
        line="syncd restore --yes /var/lib/syncd/backups/syncd-20260513T072000Z.db",
    ),
    Screen(
        says="What does Seleqt know that the backup does not?", line="syncd reconcile --dry-run"
    ),
    Screen(says="That is booked as in doubt, and looked up.", line="syncd reconcile --yes"),
    Screen(
        title="When the daemon is down",
        says="The ledger tells the same, and the exit code is 1.",
        line="syncd status",
        before=World.end,
    ),
    Screen(says="No more purchases, until it is armed again.", line="syncd arm --off"),
    Screen(title="Help", says="All of a command.", line="syncd help batches resolve"),
]
ALONE = [
    Screen(
        title="Trying it without an account",
        says="A sandbox, an invented sheet, and the real daemon; without `--once` it goes on, and "
        "shows a page in the browser.",
        line="syncd demo --once",
    ),
    Screen(
        says="One pass of the daemon over a sheet, by hand, in plan mode.",
        line="syncd run --once",
    ),
    Screen(says="The sandbox alone, for any client.", line="syncd sandbox --dir sandbox"),
    Screen(
        says="The promises about money, under every misfortune.",
        line="syncd torture --schedules 40 --processes 1",
    ),
]
_PATIENCE = 120  # seconds for each of those


def make_page(alone: str) -> str:
    """Run the story, and return the whole page, with that for the programs of their own."""
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
    return "\n".join([HEAD, *parts, alone])


def run_alone() -> str:
    """Run the programs of their own, and return their screens."""
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), panel=True) as rig:
        rig.is_armed = False
        rig.ask(*((one, "Email") for one in rig.people(3)))
        config = rig.config()
        for name in ("google.json", "seleqt.key"):
            (rig.folder / name).chmod(0o600)
        return "\n".join(_run(screen, Path(folder), config) for screen in ALONE)


def find_alone(page: str) -> str:
    """Return those screens as they stand in a page."""
    return page[page.index(f"## {ALONE[0].title}") :]


def _run(screen: Screen, folder: Path, config: Path) -> str:
    options = ["--config", str(config)] if screen.line.startswith("syncd run") else []
    command = [sys.executable, "-m", *shlex.split(screen.line), *options]
    environment = os.environ | {"COLUMNS": "110", "NO_COLOR": "1"}
    with subprocess.Popen(  # noqa: S603  (our own program)
        command, cwd=folder, env=environment, stdout=-1, stderr=subprocess.STDOUT, text=True
    ) as program:
        lines = []
        for line in program.stdout or ():
            lines.append(line)
            if line.startswith("Press Ctrl-C"):
                program.send_signal(signal.SIGINT)
        code = program.wait(_PATIENCE)
    text = re.sub(r"/tmp/syncd-demo-\w+", "/tmp/syncd-demo", "".join(lines))  # noqa: S108
    return _frame(screen, text.replace(str(folder), "/tmp/try"), code)  # noqa: S108


def _numbers(prefix: str) -> Callable[[], str]:
    numbers = itertools.count(1)
    return lambda: f"{prefix}{next(numbers):011d}"


def _show(world: World, screen: Screen) -> str:
    screen.before(world)
    told = io.StringIO()
    folder = str(world.rig.folder)
    arguments = shlex.split(screen.line.replace("/var/lib/syncd", folder))
    config = world.rig.folder / "config.toml"
    options = [] if arguments[1] == "help" else ["--config", str(config)]
    with (
        mock.patch.object(sys, "argv", [*arguments, *options]),
        contextlib.redirect_stdout(told),
        contextlib.redirect_stderr(told),
    ):
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = int(leaving.code or 0)
    text = told.getvalue().replace(str(config), "/etc/syncd/config.toml")
    return _frame(screen, text.replace(folder, "/var/lib/syncd"), code)


def _frame(screen: Screen, text: str, code: int) -> str:
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text)
    lines = [line.rstrip() for line in text.rstrip().splitlines()]
    title = [f"## {screen.title}\n"] if screen.title else []
    ended = [f"(exit code {code})"] if code else []
    block = [f"$ {screen.line}", *lines, *ended]
    return "\n".join([*title, f"{screen.says}\n", "```text", *block, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(make_page(run_alone()))
