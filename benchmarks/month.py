"""A month of daily runs over overlapping lists: what syncd spends, and what simpler programs do.

``python benchmarks/month.py [--people 2000] [--lists 12] [--days 30] [--seed 1]``

One invented population: of every 100 people 60 are found by an email search, and of every 100
places on the lists 15 hold somebody who stands on another list, too. A few lists come each day of
the first half of the month; from then on each program runs daily over all that there are. It is
killed once a day, within some request. In process and in virtual time; the sandbox's meter is the
judge, and the floor is every person bought once. README.md explains the columns.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import structlog
from chaos import _memory, _silence
from day import BASE, NO_QUOTAS
from settings import write_config, write_secrets

from syncd.app import App
from syncd.config import load
from syncd.core import leads, requests
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS, JOURNAL_ROWS
from syncd.core.model import Kind
from syncd.engine import Engine
from syncd.ledger import Ledger
from syncd.sandbox.clock import VirtualClock, WallClock
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.sheets.model import Worksheet
from syncd.sandbox.world import World
from syncd.torture.program import operate
from syncd.torture.replay import connect, replayable

START = datetime(2026, 12, 1, 7, tzinfo=UTC)
_FOUND = 0.60
_DOUBLE = 0.15  # of all places on lists
_PAGE = 100  # people that the documented sample takes, and looks at
_MOST_CYCLES = 2000


class Killed(BaseException):
    """The power went, within some request."""


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What a month has cost. ``found`` are people whose email is there to be used."""

    program: str
    misses: str  # what the vendor makes of them: bought again, or remembered
    credits: int
    floor: int
    found: int
    seconds: float

    @property
    def ratio(self) -> float:
        return self.credits / self.floor


class Month:
    """One world with its population, and the lists of each day."""

    def __init__(
        self, folder: Path, *, people: int, lists: int, days: int, seed: int, misses: str = "again"
    ) -> None:
        self.folder, self.days = folder, days
        self.clock = VirtualClock(START)
        self.dice = random.Random(f"month {seed}")  # noqa: S311  (repeatable on purpose)
        self.google = Google(self.clock, SheetsSettings(**NO_QUOTAS), seed=seed)
        self.google.tokens.clock = WallClock()  # google-auth dates its requests by the real one
        knobs = Knobs(
            limit_per_minute=100_000,
            first_result_seconds=15.0,
            results_spread_seconds=45.0,
            reselect_misses=misses,  # type: ignore[arg-type]  (checked by the knob itself)
        )
        self.seleqt = Seleqt(self.clock, knobs, seed=seed, balance=10**8)
        self.world = World(
            self.clock, seed=seed, sheets=self.google, seleqt=self.seleqt, journal_limit=10
        )
        self.key = self.seleqt.add_key()
        self.misses = misses
        found = set(self.dice.sample(range(people), round(_FOUND * people)))
        self.people = [self._invent(number, known=number in found) for number in range(people)]
        self.lists = self._spread(lists)
        self._fuse: int | None = None
        for hook in (self.world.before, self.world.after):
            hook(lambda _: True, self._burn, once=False)

    def _invent(self, number: int, *, known: bool) -> int:
        facts = {"email": f"p{number}@found.example"} if known else {}
        names = (f"First{number}", f"Last{number}")
        return self.seleqt.add_prospect(*names, id=5000 + number, **facts).id

    def _spread(self, count: int) -> list[list[int]]:
        """Put everybody on one list, and some on another, too."""
        lists: list[list[int]] = [[] for _ in range(count)]
        for person in self.people:
            self.dice.choice(lists).append(person)
        for _ in range(round(len(self.people) * _DOUBLE / (1 - _DOUBLE))):
            person = self.dice.choice(self.people)
            self.dice.choice([one for one in lists if person not in one]).append(person)
        return lists

    @property
    def floor(self) -> int:
        return Kind.EMAIL.price * len({person for one in self.lists for person in one})

    def coming(self, day: int) -> Iterator[tuple[int, list[int]]]:
        """Give the lists that are new that day, by their number."""
        spread = max(1, self.days // 2)
        for number, members in enumerate(self.lists):
            if number * spread // len(self.lists) == day:
                yield number, members

    def begin(self, day: int) -> None:
        self.clock.advance(max(timedelta(0), START + timedelta(days=day) - self.clock.now()))

    def light(self, most: int) -> None:
        """Let the power go within one of the next requests, before or after it is applied."""
        self._fuse = self.dice.randrange(2 * most)

    def put_out(self) -> None:
        self._fuse = None

    def _burn(self) -> None:
        if self._fuse is not None:
            self._fuse -= 1
            if self._fuse < 0:
                self._fuse = None
                raise Killed

    def judge(self, program: str, found: int, seconds: float) -> Spent:
        return Spent(
            program=program,
            misses=self.misses,
            credits=self.seleqt.meter.charged(),
            floor=self.floor,
            found=found,
            seconds=seconds,
        )


# --- syncd ----------------------------------------------------------------------------------------


class Syncd:
    """The production daemon's cycles. Half of the lists are requested by name, half are pasted."""

    def __init__(self, month: Month, seed: int) -> None:
        self.month, self.seed = month, seed
        books = [self._add_book(number) for number in range(2)]
        self.requests, self.pasted = books[0].worksheets[1], books[1].worksheets[0]
        self.rows = [books[0].worksheets[0], self.pasted]
        self.asked = self.written = 0

    def _add_book(self, number: int):  # type: ignore[no-untyped-def]
        people = sum(map(len, self.month.lists)) + 50
        sizes = [("Leads", people, 20), ("Requests", 50, 15)]
        book = self.month.google.create_spreadsheet(
            f"Month {number}",
            spreadsheet_id=f"month-{number}",
            worksheets=[*sizes, (JOURNAL, JOURNAL_ROWS, JOURNAL_COLUMNS)],
        )
        for worksheet, columns in zip(
            book.worksheets, (leads.COLUMNS, requests.COLUMNS), strict=False
        ):
            _fill(worksheet, 0, [column.name for column in columns])
        return book

    def live(self) -> int:
        """Live the month; return how many people's email stands in the sheets."""
        month = self.month
        with replayable(self.seed, month.clock):
            for day in range(month.days):
                month.begin(day)
                for number, members in month.coming(day):
                    self._arrive(number, members)
                for session in range(2):
                    self._work(kill=session == 0)
        found = set()
        for worksheet in self.rows:
            for number in range(1, len(worksheet.rows)):
                email = worksheet.cell(number, _at("Email")).value
                if email and "@" in str(email):
                    found.add(str(worksheet.cell(number, _at("Prospect ID")).value))
        return len(found)

    def _arrive(self, number: int, members: Sequence[int]) -> None:
        if number % 2 == 0:
            self.month.seleqt.add_list(f"List {number}", ids=members)
            self.asked += 1
            typed = {"Lead list": f"List {number}", "Find": "Email", "Start": True}
            names = [column.name for column in requests.COLUMNS]
            _fill(self.requests, self.asked, [typed.get(name) for name in names])
            return
        for person in members:
            self.written += 1
            typed = {"Prospect ID": person, "Find": "Email"}
            names = [column.name for column in leads.COLUMNS]
            _fill(self.pasted, self.written, [typed.get(name) for name in names])

    def _work(self, *, kill: bool) -> None:
        month = self.month
        month.light(most=60) if kill else month.put_out()
        try:
            with self._app() as program:
                for engine in program.engines:
                    self._settle(program, engine)
        except Killed:
            pass
        month.put_out()

    def _settle(self, program: App, engine: Engine) -> None:
        for _ in range(_MOST_CYCLES):
            report = engine.cycle()
            with Ledger(program.config.ledger.path) as books:
                operate(books, program.config, self.month.seleqt.meter, self.month.clock.now())
            busy = report.changed or report.again or report.failed or report.typed
            if not (busy or report.open_batches > report.unsure):
                return
            wanted = timedelta(seconds=1)
            if report.due is not None:
                wanted = max(wanted, report.due - self.month.clock.now())
            self.month.clock.advance(min(wanted, timedelta(seconds=60)))
        raise RuntimeError("syncd does not come to an end")

    def _app(self) -> App:
        month = self.month
        write_secrets(month.folder, month.google.service_account(BASE), month.key)
        path = write_config(
            month.folder,
            BASE,
            per_day=10**5,
            buying=BUYING,
            spreadsheets=SHEETS,
        )
        outside = connect(month.world, month.clock)
        return App(load(path), clock=month.clock.now, outside=outside)


def _at(name: str) -> int:
    return [column.name for column in leads.COLUMNS].index(name)


def _fill(worksheet: Worksheet, row: int, values: Sequence[object]) -> None:
    for position, value in enumerate(values):
        if value is not None:
            worksheet.put_value(row, position, value)


BUYING = 'big_paste = 0\nsettle = "0s"'
SHEETS = (
    'id = "month-0"\nname = "Month 0"',
    'id = "month-1"\nname = "Month 1"\nrequests = []',
)


# --- the others -----------------------------------------------------------------------------------


class Workflow:
    """A daily run over all lists, without a memory. ``enrich`` is what it does to one of them."""

    def __init__(self, month: Month, enrich: Callable[[httpx.Client, int, Month], None]) -> None:
        self.month, self.enrich = month, enrich
        self.lists: list[int] = []

    def live(self) -> int:
        month = self.month
        for day in range(month.days):
            month.begin(day)
            for number, members in month.coming(day):
                self.lists.append(month.seleqt.add_list(f"List {number}", ids=members).id)
            month.light(most=4)
            try:
                self._run()
            except Killed:  # then somebody starts it anew
                month.put_out()
                self._run()
            month.put_out()
        known = month.seleqt.catalogue.prospects
        sold = {one for charge in month.seleqt.meter.charges for one in charge.prospect_ids}
        return sum(known[one].truth.email is not None for one in sold)

    def _run(self) -> None:
        with _client(self.month) as client:
            for number in self.lists:
                self.enrich(client, number, self.month)


@contextmanager
def _client(month: Month) -> Iterator[httpx.Client]:
    with httpx.Client(
        base_url=f"{BASE}/api/v1",
        headers={"X-API-Key": month.key},
        transport=month.world.httpx_transport(),
    ) as client:
        yield client


def follow_the_sample(client: httpx.Client, number: int, month: Month) -> None:
    """Do as the vendor's page on enrichment shows: count, buy what fits, wait for page one."""
    path = f"/public/lead-lists/{number}"
    count = client.get(
        f"{path}/enrichment/count/", params={"enrichment_type": Kind.EMAIL.value}
    ).json()
    if not count["unenriched_count"] or not count["has_enough_credits"]:
        return
    order = {"enrichment_type": Kind.EMAIL.value, "prospect_limit": _PAGE, "mode": "async"}
    client.post(f"{path}/enrichment/", json=order)
    month.clock.advance(timedelta(seconds=30))
    for _ in range(27):  # each ten seconds, five minutes in all
        page = client.get(f"{path}/leads/", params={"page": 1, "page_size": _PAGE}).json()
        if not any("Loading" in str(one.get("email")) for one in page["prospects"]):
            return
        month.clock.advance(timedelta(seconds=10))


def post_nothing(client: httpx.Client, number: int, month: Month) -> None:
    """Do as the vendor's node does: the purchase, with no body at all."""
    client.post(f"/public/lead-lists/{number}/enrichment/")
    month.clock.advance(timedelta(seconds=60))


PROGRAMS: dict[str, Callable[[Month, int], int]] = {
    "syncd": lambda month, seed: Syncd(month, seed).live(),
    "the documented sample, daily": lambda month, _: Workflow(month, follow_the_sample).live(),
    "an empty body, daily": lambda month, _: Workflow(month, post_nothing).live(),
}


def live(program: str, misses: str, *, seed: int = 1, **size: int) -> Spent:
    """Live one program's month in a world of its own."""
    structlog.configure(processors=[_silence])
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        month = Month(Path(folder), seed=seed, misses=misses, **size)
        found = PROGRAMS[program](month, seed)
        return month.judge(program, found, time.perf_counter() - began)


def table(results: Sequence[Spent]) -> Iterator[str]:
    yield "| program | a miss, next time | credits | x floor | emails found | seconds |"
    yield "| --- | --- | ---: | ---: | ---: | ---: |"
    for one in results:
        told = {"again": "is bought again", "remembered": "is remembered by Seleqt"}[one.misses]
        yield (
            f"| {one.program} | {told} | {one.credits:,} | {one.ratio:.2f} | {one.found:,} "
            f"| {one.seconds:.0f} |"
        )
    yield f"| floor: each person once | | {results[0].floor:,} | 1.00 | | |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Live a month of daily runs.")
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--lists", type=int, default=12)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    results = []
    for misses in ("again", "remembered"):
        for program in PROGRAMS:
            results.append(live(program, misses, **vars(chosen)))
            print(results[-1], file=sys.stderr)
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
