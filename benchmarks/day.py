"""One simulated day: an office edits while the program works, in process and in virtual time.

Production code from gspread and httpx upwards, against the sandbox's two vendors, with people who
edit before and inside its requests and with faults on every line. Equal seeds are equal days.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from outages import add_faults
from settings import write_config, write_secrets

from syncd.app import App
from syncd.config import load
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS, JOURNAL_ROWS
from syncd.core.swaps import make_token
from syncd.engine import Engine
from syncd.ledger import Ledger
from syncd.sandbox.clock import VirtualClock, WallClock
from syncd.sandbox.office import Findings, Leads, Office, Pool, Truth, Witness, judge
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.wire import Request
from syncd.sandbox.world import World
from syncd.terms import ACCOUNT
from syncd.torture.program import operate
from syncd.torture.replay import connect, replayable
from syncd.torture.wording import LAYOUT, WORDS

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
BASE = "http://127.0.0.1:9"  # nothing listens there, and nothing is sent
ROWS = 1000  # people in one worksheet
_SPARE = 400  # rows for copies and newcomers
_BLOCK = (3, 30)  # people pasted at once
_MOST_CYCLES = 400  # of one spreadsheet, after its last arrival
_WISHES = (("Email", 60), ("Email (waterfall)", 10), ("Phone", 10), ("Email + phone", 15), ("", 5))

Protocol = Callable[[], AbstractContextManager[object]]
"""What puts a protocol in the place of syncd's own."""


@dataclass(kw_only=True)
class Result:
    """One day of one protocol."""

    protocol: str
    seed: int
    edits: int = 0  # structural ones
    typed: int = 0
    requests: int = 0
    seconds: float = 0.0
    findings: Findings = field(default_factory=Findings)
    shown: int = 0  # values that were brought to a row
    values: int = 0  # ... and were ever visible in a wrong one
    said: int = 0  # the same for statuses
    statuses: int = 0
    torn: int = 0  # of both, beside a person whom people had just put there
    claims: int = 0
    money: list[str] = field(default_factory=list)
    log: list[str] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        """What the rows ask for at the end: a row and kind each."""
        return self.findings.wishes

    @property
    def problems(self) -> list[str]:
        """What must not be: everything but what was typed where nothing could have saved it."""
        return [*self.findings.all, *self.money]


@dataclass(kw_only=True)
class Desk:
    """One spreadsheet: its office, what watches it, and how many people are still to come."""

    office: Office
    witness: Witness
    coming: int


class Day:
    """One seed's world. ``faults`` scales how many there are, ``habits`` go to each Office."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        *,
        jobs: int = 1000,
        faults: float = 1.0,
        without: Collection[str] = (),
        **habits: Any,
    ) -> None:
        self.folder, self.seed, self.jobs = folder, seed, jobs
        self.habits = {**habits, "without": without}
        self.clock = VirtualClock(START)
        self.dice = random.Random(f"day {seed}")  # noqa: S311  (repeatable on purpose)
        switches = {
            "sort_moves_metadata": seed % 2 == 0,
            "find_replace_parses": seed // 2 % 2 == 0,
            "text_format_keeps_text": seed // 4 % 2 == 0,
        }
        self.google = Google(self.clock, SheetsSettings(**NO_QUOTAS, **switches), seed=seed)
        self.google.tokens.clock = WallClock()  # google-auth dates its requests by the real one
        knobs = Knobs(
            limit_per_minute=100_000,
            first_result_seconds=15.0,
            results_spread_seconds=45.0,
            add_leads_unknown="dropped" if seed % 3 else "refused",
        )
        self.seleqt = Seleqt(self.clock, knobs, seed=seed, balance=10**8)
        self.world = World(
            self.clock, seed=seed, sheets=self.google, seleqt=self.seleqt, journal_limit=100
        )
        self.pool = Pool(self.seleqt, LAYOUT, seed, wishes=_WISHES)
        self.truth = Truth(self.seleqt, self.pool.owners)
        self.at_work: Desk | None = None  # whose spreadsheet is being worked on
        self.world.before(lambda _: True, self._pass_time, once=False)
        self.ledger_path = folder / "ledger.db"
        self.books: Ledger | None = None
        self.desks = [self._furnish(number) for number in range(-(-jobs // ROWS))]
        if faults:
            add_faults(self.world, faults, without)

    def _furnish(self, number: int) -> Desk:
        people = min(ROWS, self.jobs - number * ROWS)
        book = self.google.create_spreadsheet(
            f"Sales {number}",
            spreadsheet_id=f"chaos-{number}",
            worksheets=[
                ("Leads", people + _SPARE, len(LAYOUT.header)),
                (JOURNAL, JOURNAL_ROWS, JOURNAL_COLUMNS),
            ],
        )
        sheet = Leads(book.worksheets[0], LAYOUT, lambda: self.world.journal.last)
        sheet.lay_out(text_columns=(LAYOUT.prospect, LAYOUT.phone) if self.seed % 2 else ())
        office = Office(sheet, self.pool, f"{self.seed}/{number}", **self.habits)
        witness = Witness(
            self.world,
            sheet,
            self.truth,
            WORDS,
            is_read=lambda asked: _is_for(asked, book.id) and not asked.path.endswith(FLUSH),
            is_write=lambda asked: _is_for(asked, book.id) and asked.path.endswith(FLUSH),
            meant=self._is_meant,
        )
        return Desk(office=office, witness=witness, coming=people)

    def _pass_time(self) -> None:
        """Let a moment pass before a request is applied, and people edit in it."""
        self.clock.advance(timedelta(seconds=self.dice.uniform(0.05, 1.0)))
        if self.at_work is not None:
            self.at_work.office.meddle()
            if self.dice.random() < 0.002:
                self.google.revoke_tokens()

    # -- running ----------------------------------------------------------------------------------

    def live(self, protocol: Protocol = nullcontext) -> Result:
        """Let the program work all day, then in peace until it is done, and judge."""
        began = time.perf_counter()
        with (
            replayable(self.seed, self.clock),
            protocol(),
            self._app() as program,
            Ledger(self.ledger_path) as self.books,
        ):
            engines = list(zip(program.engines, self.desks, strict=True))
            self._work(program, engines)
            for desk in self.desks:
                desk.office.go_home()
            self.world.faults.clear()
            self._settle(program, engines)
            return self._judge(time.perf_counter() - began)

    def _work(self, program: App, engines: Sequence[tuple[Engine, Desk]]) -> None:
        for engine, _ in engines:  # worksheets are found by title once; then all may rename them
            engine.cycle()
        busy = dict.fromkeys(range(len(engines)), 0)
        while busy:
            for number in list(busy):
                engine, desk = engines[number]
                if desk.coming:
                    count = min(desk.coming, self.dice.randint(*_BLOCK))
                    desk.office.arrive(count)
                    desk.coming -= count
                self.at_work = desk
                report = engine.cycle()
                self.at_work = None
                self._rest(report.due)
                if not desk.coming:
                    busy[number] += 1
                    idle = not report.open_batches and busy[number] > 5
                    if idle or busy[number] > _MOST_CYCLES:
                        del busy[number]
            operate(self.books, program.config, self.seleqt.meter, self.clock.now())

    def _settle(self, program: App, engines: Sequence[tuple[Engine, Desk]]) -> None:
        """Cycle undisturbed until nothing happens any more, and late answers have come."""
        for _ in range(3):
            for engine, _desk in engines:
                for _turn in range(200):
                    report = engine.cycle()
                    operate(self.books, program.config, self.seleqt.meter, self.clock.now())
                    if not (report.changed or report.again or report.failed or report.open_batches):
                        break
                    self._rest(report.due)
            self.clock.advance(timedelta(minutes=40))  # a cell given up is tried again in an hour
            self.world.advance()

    def _rest(self, due: datetime | None) -> None:
        wanted = timedelta(seconds=self.dice.uniform(3, 12))
        if due is not None:
            wanted = min(max(due - self.clock.now(), wanted), timedelta(seconds=30))
        self.clock.advance(wanted)

    def _app(self) -> App:
        write_secrets(self.folder, self.google.service_account(BASE), self.seleqt.add_key())
        sheets = [SHEET.format(number=number) for number in range(len(self.desks))]
        path = write_config(self.folder, BASE, per_day=10**8, buying=BUYING, spreadsheets=sheets)
        outside = connect(self.world, self.clock)
        return App(load(path), clock=self.clock.now, outside=outside)

    # -- judging ----------------------------------------------------------------------------------

    def _judge(self, seconds: float) -> Result:
        assert self.books is not None  # noqa: S101  (as above)
        result = Result(protocol="", seed=self.seed, seconds=seconds)
        for desk in self.desks:
            seen, office = desk.witness.seen, desk.office
            found = judge(office.leads, self.truth, WORDS, seen, self._paid)
            result.findings.add(found)
            result.edits += office.edits
            result.typed += office.typed
            result.shown += len(seen.shown)
            result.values += len(seen.values)
            result.said += len(seen.said)
            result.statuses += len(seen.statuses)
            result.torn += len(seen.torn)
            result.claims += len(seen.claims)
            result.log += sorted(
                [*office.log, *seen.log, *desk.witness.faults],
                key=lambda line: int(line.split()[0]),
            )
        result.requests = self.world.journal.last
        twice = self.seleqt.meter.bought_twice()
        totals = self.books.accounts.totals(ACCOUNT)
        charged = self.seleqt.meter.charged()
        if twice:
            result.money.append(f"bought twice: {twice}")
        if totals != {"settled": charged, "reserved": 0}:
            result.money.append(f"the ledger says {totals}, the meter {charged}")
        return result

    def _paid(self, key: str, prospect: int | None) -> int:
        return int(self._ask("SELECT COALESCE(SUM(credits), 0) FROM jobs WHERE asked_by = ? "
                             "AND COALESCE(prospect = ?, 1)", key, prospect))  # fmt: skip

    def _is_meant(self, key: str, text: str) -> bool:
        """Tell by syncd's books; a token that stood in the row stood there for that text."""
        meant = (text, *(make_token("Status", text, salt) for salt in range(_MOST_SALTS)))
        return any(
            self._ask("SELECT COUNT(*) FROM outbox WHERE key = ?1 AND column = 'Status' "
                      "AND (value = ?2 OR instr(previous, ?2))", key, one)
            for one in meant
        )  # fmt: skip

    def _ask(self, question: str, *values: object) -> Any:
        assert self.books is not None  # noqa: S101  (as above)
        return self.books._db.execute(question, list(values)).fetchone()[0]


_MOST_SALTS = 100  # of tokens: one more for each answer to a write that was lost
NO_QUOTAS = {
    "reads_per_minute_user": 0,
    "writes_per_minute_user": 0,
    "reads_per_minute_project": 0,
    "writes_per_minute_project": 0,
}
FLUSH = ":batchUpdate"
BUYING = """
batch_size = 25
first_batch = 25
batches_in_flight = 20
settle_after = "10s"
big_paste = 0
"""
SHEET = """
id = "chaos-{number}"
name = "Sales {number}"
every = "1s"
requests = []
"""


def _is_for(asked: Request, book: str) -> bool:
    return f"/spreadsheets/{book}" in asked.path and asked.path.split("/")[3][: len(book) + 1] in (
        book, f"{book}:",
    )  # fmt: skip
