"""The test bench: one sandbox world, one seeded spreadsheet, and syncd's own parts against it.

Everything speaks HTTP to a real loopback server through the production clients; the ledger is a
real file. The world's meter and journal are the judges.
"""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from syncd.app import App
from syncd.config import load
from syncd.core import leads, requests, status
from syncd.core.model import Batch
from syncd.core.panel import Label, Part
from syncd.core.status import sentence
from syncd.engine import Engine, Report
from syncd.errors import ConfigError
from syncd.ledger import Ledger, Violation
from syncd.sandbox.clock import WallClock
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.server import SandboxServer
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.sheets.formula import effective
from syncd.sandbox.wire import Request, Response, answer_json
from syncd.sandbox.world import World
from syncd.terms import ACCOUNT

LEAD_HEADER = [column.name for column in leads.COLUMNS]
PANEL_HEADER = [part.value for part in Part]
REQUEST_HEADER = [column.name for column in requests.COLUMNS]
SPREADSHEET = "sheet-under-test"
SECOND = "second-sheet-under-test"

Clock = Callable[[], datetime]

# Results come at once and quotas are out of the way; tests of those turn them back.
QUICK = {
    "limit_per_minute": 100_000,
    "first_result_seconds": 0.0,
    "results_spread_seconds": 0.0,
}

Say = Callable[..., tuple[int, str]]
"""Runs a command line in this process; returns its exit code and all that it told."""


class Rig:
    """A world with one spreadsheet; use it as a context manager."""

    def __init__(
        self,
        folder: Path,
        *,
        balance: int = 10_000,
        rows: int = 200,
        panel: bool = False,
        **knobs: Any,
    ) -> None:
        self.folder = folder
        clock = WallClock()
        self.google = Google(clock, SheetsSettings(**_NO_QUOTAS), seed=1)
        self.seleqt = Seleqt(clock, Knobs(**{**QUICK, **knobs}), seed=1, balance=balance)
        self.world = World(clock, seed=1, sheets=self.google, seleqt=self.seleqt)
        self.server = SandboxServer(self.world)
        self.key = self.seleqt.add_key()
        self.book = self.google.create_spreadsheet(
            "Sales",
            spreadsheet_id=SPREADSHEET,
            worksheets=[
                ("Leads", rows, 20),
                ("Requests", 50, 15),
                *[("Syncd", 90, 6)] * panel,
                ("syncd journal", 4000, 40),
            ],
        )
        self.leads, self.requests = self.book.worksheets[:2]
        self.journal = self.book.worksheets[-1]
        self.fill(self.leads, [LEAD_HEADER])
        self.fill(self.requests, [REQUEST_HEADER])
        if panel:
            self.panel = self.book.worksheets[2]
            self.fill(self.panel, [PANEL_HEADER, *([label] for label in Label)])
        self.settings: dict[str, str] = {}
        self.is_armed = True  # as if somebody had run "syncd arm"
        self.violations: list[Violation] = []  # that a test has brought about, and not mended
        self.ahead = timedelta(0)  # how far syncd's clock runs ahead of the world's

    def __enter__(self) -> Rig:
        self.server.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.server.close()
        if kind is None and (self.folder / "ledger.db").exists():
            with self.ledger() as ledger:
                assert ledger.audit.full() == self.violations

    # -- the world ------------------------------------------------------------------------------

    def add_book(self, *, rows: int = 100) -> Any:
        """Add a second spreadsheet, configure both, and return its Leads worksheet."""
        book = self.google.create_spreadsheet(
            "More sales", spreadsheet_id=SECOND, worksheets=[("Leads", rows, 20)]
        )
        self.fill(book.worksheets[0], [LEAD_HEADER])
        self.settings["_spreadsheet"] = (
            f'id = "{SPREADSHEET}"\nname = "Sales"\nevery = "1s"\n[[spreadsheet]]\n'
            f'id = "{SECOND}"\nname = "More"\nevery = "1s"\nrequests = []'
        )
        return book.worksheets[0]

    def fill(self, worksheet: Any, rows: Iterable[Sequence[object]], *, first: int = 0) -> None:
        """Put raw values into a worksheet, as if they had always been there."""
        with self.world.lock:
            for number, cells in enumerate(rows, first):
                for position, value in enumerate(cells):
                    if value not in ("", None):
                        worksheet.put_value(number, position, value)

    def person(self, **facts: Any) -> int:
        with self.world.lock:
            return self.seleqt.add_prospect(**facts).id

    def people(self, count: int, **facts: Any) -> list[int]:
        """Add people whose email is found, with addresses after their ids."""
        return [self.person(email=f"p{number}@found.example", **facts) for number in range(count)]

    def ask(
        self,
        *wishes: tuple[object, str],
        first: int = 1,
        worksheet: Any = None,
        **columns: object,
    ) -> None:
        """Add lead rows of (prospect id, Find); other columns are the same for all."""
        self.fill(
            worksheet or self.leads,
            [
                lead(**{"Prospect ID": prospect, "Find": find, **columns})
                for prospect, find in wishes
            ],
            first=first,
        )

    def column(self, name: str, worksheet: Any = None) -> list[object]:
        """Return what stands below a header, down to the last row with anything in it."""
        worksheet = worksheet or self.leads
        rows = self.rows(worksheet)
        at = [str(cell) for cell in rows[0]].index(name)
        cells = [row[at] for row in rows[1:]]
        # Whether a count that was swapped in is a number or text is Google's own affair.
        return [str(cell) for cell in cells] if name in COUNTS else cells

    def rows(self, worksheet: Any = None) -> list[list[object]]:
        worksheet = worksheet or self.leads
        with self.world.lock:
            width = len(worksheet.columns)
            rows = [
                [worksheet.cell(number, position).value for position in range(width)]
                for number in range(len(worksheet.rows))
            ]
        rows = [["" if value is None else value for value in row] for row in rows]
        while rows and not any(cell != "" for cell in rows[-1]):
            rows.pop()
        return rows

    def decide(self, label: str, typed: object) -> None:
        """Put a value beside a label of the panel, in the column that is people's."""
        number, at = self.find_in_panel(label, Part.INPUT)
        with self.world.lock:
            self.panel.put_value(number, at, typed if typed != "" else None)
            self.book.touch()

    def told(self, label: str, part: str = Part.NOW) -> str:
        """Return what the panel says beside a label."""
        number, at = self.find_in_panel(label, part)
        with self.world.lock:
            shown = effective(self.panel, number, at)
        return "" if shown is None else str(shown)

    def find_in_panel(self, label: str, part: str) -> tuple[int, int]:
        rows = self.rows(self.panel)
        header = next(number for number, row in enumerate(rows) if part in row)
        column = rows[header].index(Part.LABEL) if Part.LABEL in rows[header] else 0
        number = next(number for number, row in enumerate(rows) if row[column] == label)
        return number, rows[header].index(part)

    def by_prospect(self, column: str, worksheet: Any = None) -> dict[str, list[object]]:
        """Return the column's values by prospect id."""
        found: dict[str, list[object]] = {}
        prospects = self.column("Prospect ID", worksheet)
        for prospect, value in zip(prospects, self.column(column, worksheet), strict=True):
            text = str(int(prospect)) if isinstance(prospect, float) else str(prospect)
            found.setdefault(text, []).append(value)
        return found

    def answer(self, status: int, body: object, *, path: str, times: int = 1) -> None:
        """Let Seleqt give this answer to the next POST or GET of that path, having done nothing."""
        real, left = self.seleqt.handle, [None] * times

        def handle(request: Request) -> Response:
            if left and re.search(path, f"{request.method} {request.path}"):
                left.pop()
                return answer_json(status, body)
            return real(request)

        self.seleqt.handle = handle  # type: ignore[method-assign]

    def requests_made(self, vendor: str, call: str | None = None, since: int = 0) -> int:
        entries = self.world.journal.after(since)
        return sum(e.vendor == vendor and (call is None or e.call == call) for e in entries)

    @property
    def mark(self) -> int:
        return self.world.journal.last

    # -- syncd ----------------------------------------------------------------------------------

    def config(self, **extra: str) -> Path:
        """Write the config; ``extra`` replaces whole parts, such as caps or buying."""
        secrets = self.folder / "google.json"
        secrets.write_text(json.dumps(self.google.service_account(self.server.base_url)))
        (self.folder / "seleqt.key").write_text(self.key)
        parts = {**_PARTS, **self.settings, **extra}
        # Rows count at once, so that tests stay fast; those of the settle time say otherwise.
        parts["buying"] = "\n".join(
            [parts["buying"], *(line for line in _AT_ONCE if line.split()[0] not in _keys(parts))]
        )
        text = "\n".join(f"[{name}]\n{body}" for name, body in parts.items() if name[0] != "_")
        text = text.replace("BASE", self.server.base_url)
        sheet = parts.get("_spreadsheet", f'id = "{SPREADSHEET}"\nname = "Sales"\nevery = "1s"')
        path = self.folder / "config.toml"
        path.write_text(f"{text}\n[[spreadsheet]]\n{sheet}\n")
        self._arm(path)
        return path

    def _arm(self, config: Path) -> None:
        """Let a new ledger buy, once; what a test has put in its place is left alone."""
        with suppress(ConfigError):  # a test may write any
            ledger = load(config).ledger.path
            here = ledger.is_relative_to(self.folder)  # elsewhere it is none of ours
            if self.is_armed and here and not ledger.exists():
                with Ledger(ledger) as made:
                    made.arm(ACCOUNT, self.now())

    @contextmanager
    def engines(self, *, clock: Clock | None = None, **extra: str) -> Iterator[list[Engine]]:
        """Wire the production parts, and give an engine for each spreadsheet."""
        config = load(self.config(**extra))
        with App(config, stop=threading.Event(), clock=clock or self.now) as app:
            yield app.engines

    @contextmanager
    def app(self, *, clock: Clock | None = None, **extra: str) -> Iterator[Engine]:
        """Wire the production parts, and give the one engine."""
        with self.engines(clock=clock, **extra) as engines:
            yield engines[0]

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def run(self, *, cycles: int = 60, **extra: str) -> list[Report]:
        """Cycle until nothing more happens, letting time pass for batches by not waiting."""
        with self.app(**extra) as engine:
            return self.settle(engine, cycles=cycles)

    def settle(self, engine: Engine, *, cycles: int = 60) -> list[Report]:
        reports = []
        for _ in range(cycles):
            reports.append(engine.cycle())
            last = reports[-1]
            if not (last.changed or last.again or last.open_batches > last.unsure):
                break
            self.hurry()
        return reports

    def cycle(self, engine: Engine) -> Report:
        """Cycle once, and until every token has been swapped for its text."""
        report = engine.cycle()
        for _ in range(10):
            if not report.delivered.tokens:
                break
            report = engine.cycle()
        return report

    def hurry(self) -> None:
        """Make every open batch due now, so that tests need not wait for polls."""
        # Not as a Ledger: looking for migrations at every turn takes longer than all else here.
        with closing(sqlite3.connect(self.folder / "ledger.db", isolation_level=None)) as ledger:
            ledger.execute("UPDATE batches SET not_before = NULL WHERE state <> 'settled'")

    def ledger(self) -> Ledger:
        return Ledger(self.folder / "ledger.db")

    def batches(self) -> list[Batch]:
        """Return every batch there ever was, oldest first."""
        with self.ledger() as ledger:
            found = ledger._db.execute("SELECT id FROM batches ORDER BY created_at, rowid")
            return [batch for (one,) in found.fetchall() if (batch := ledger.batches.get(one))]

    def totals(self) -> dict[str, int]:
        with self.ledger() as ledger:
            return ledger.accounts.totals(ACCOUNT)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the real program."""
        command = [sys.executable, "-m", "syncd", *arguments]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


def lead(**columns: object) -> list[object]:
    return [columns.get(name, "") for name in LEAD_HEADER]


def _keys(parts: dict[str, str]) -> set[str]:
    return {line.split()[0] for line in parts["buying"].splitlines() if line.strip()}


def request(**columns: object) -> list[object]:
    return [columns.get(name, "") for name in REQUEST_HEADER]


def bought_here(what: str = "email") -> str:
    """Return what a row says whose value was bought for another row of its worksheet today."""
    day = datetime.now(ZoneInfo("Europe/Berlin")).date()
    return sentence(status.FOUND_ROW, day=day, what=what)


COUNTS = ("Credits", "Spent", "Found", "Not found")
_NO_QUOTAS = {
    "reads_per_minute_user": 0,
    "writes_per_minute_user": 0,
    "reads_per_minute_project": 0,
    "writes_per_minute_project": 0,
}
_AT_ONCE = ['settle = "0s"', "big_paste = 0"]
_PARTS = {
    "ledger": 'path = "ledger.db"',
    "google": 'credentials = { file = "google.json" }\nbase_url = "BASE"\n'
    "reads_per_minute = 0\nwrites_per_minute = 0",
    "seleqt": 'key = { file = "seleqt.key" }\nbase_url = "BASE/api/v1"\nrequests_per_minute = 0',
    "caps": 'time_zone = "Europe/Berlin"\nper_day = 5000\nper_month = 20000',
    "buying": 'ask_first = []\nsettle_after = "0s"',
    "daemon": 'log = "logfmt"',
}
