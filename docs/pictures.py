"""Takes the pictures of ``docs/statuses.md``: the real engine at work on the sandbox's sheet.

``python docs/pictures.py [FOLDER]`` plays each scene on a clock that stands still, and photographs
the grid page in Debian's Chromium, into ``docs/pictures/`` by default. Needs the ``test`` extra;
nothing leaves this machine. All people are invented.
"""

from __future__ import annotations

import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from syncd.app import App
from syncd.config import load
from syncd.core import leads, requests
from syncd.ledger import Ledger
from syncd.sandbox.clock import VirtualClock, WallClock
from syncd.sandbox.seleqt import Kind, Knobs, Prospect, Seleqt, invent_people
from syncd.sandbox.server import SandboxServer
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.sheets.model import Cell
from syncd.sandbox.world import World
from syncd.terms import ACCOUNT

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
START = datetime(2026, 5, 12, 12, 2, tzinfo=UTC)  # 14:02 in the sheet's time zone
HIDDEN = {"Company", "Job title", "LinkedIn URL", "Updated", "Key"}  # they stand right of the edge
WIDTHS = {
    "Prospect ID": 92,
    "Find": 106,
    "Approve": 70,
    "Email": 240,
    "Phone": 70,
    "Credits": 66,
    "Lead list": 160,
    "Max leads": 80,
    "Max credits": 94,
    "Start": 50,
    "Quote": 470,
    "Spent": 56,
    "Found": 62,
    "Not found": 82,
}
NAME = 88
SENTENCES = {"Leads": 970, "Requests": 480}
BOX = {"condition": {"type": "BOOLEAN"}}
CONFIG = """
[ledger]
path = "ledger.db"
[google]
credentials = {{ file = "google.json" }}
base_url = "{base}"
reads_per_minute = 0
writes_per_minute = 0
[seleqt]
key = {{ file = "seleqt.key" }}
base_url = "{base}/api/v1"
requests_per_minute = 0
[caps]
time_zone = "Europe/Berlin"
per_day = {per_day}
per_month = 9000
[buying]
first_batch = {first_batch}
settle = "0s"
settle_after = "5s"
[[spreadsheet]]
id = "sales"
name = "Sales"
every = "1s"
"""


class Stage:
    """One scene: a sandbox with a sheet, and the engine that works on it."""

    def __init__(self, folder: Path, *, per_day: int = 900, first_batch: int = 6) -> None:
        self.clock = VirtualClock(START)
        self.google = Google(WallClock(), SheetsSettings(), seed=1)  # its tokens are of today
        knobs = Knobs(limit_per_minute=9000, first_result_seconds=0, results_spread_seconds=0)
        knobs.change(add_leads_unknown="dropped")
        self.seleqt = Seleqt(self.clock, knobs, seed=1, balance=5000)
        self.world = World(self.clock, seed=1, sheets=self.google, seleqt=self.seleqt)
        self.server = SandboxServer(self.world)
        self.folder = folder
        self.caps = {"per_day": per_day, "first_batch": first_batch}
        book = self.google.create_spreadsheet(
            "Spring campaign",
            spreadsheet_id="sales",
            worksheets=[("Leads", 60, 14), ("Requests", 30, 12)],
        )
        self.leads, self.requests = book.worksheets
        self.titles = {
            sheet: sorted((c.name for c in columns), key=lambda name: name in HIDDEN)
            for sheet, columns in ((self.leads, leads.COLUMNS), (self.requests, requests.COLUMNS))
        }
        for sheet, titles in self.titles.items():
            for position, title in enumerate(titles):
                sheet.put(0, position, Cell(title, format={"textFormat": {"bold": True}}))
                status = title == "Status"
                width = SENTENCES[sheet.title] if status else WIDTHS.get(title, NAME)
                sheet.columns[position].size = width

    def invent(
        self, count: int, *, stuck: Sequence[int] = (), found: bool = True, **truth: Any
    ) -> list[Prospect]:
        """Add people whose email is found, or is not; the search for those in ``stuck`` goes on."""
        first = max(self.seleqt.catalogue.prospects, default=1000) + 1
        rate = float(found)
        people = [
            replace(person, truth=replace(person.truth, stuck=_all_if(number in stuck), **truth))
            for number, person in enumerate(
                invent_people(count, first, first_id=first, email_rate=rate, waterfall_rate=rate)
            )
        ]
        self.seleqt.add_people(people)
        return people

    def ask(self, person: Prospect, find: str = "Email", **cells: object) -> None:
        self.put(
            self.leads,
            {
                "Prospect ID": float(person.id),
                "First name": person.first_name,
                "Last name": person.last_name,
                "Find": find,
                "Approve": False,
                **cells,
            },
        )

    def request(self, **cells: object) -> None:
        named = {name.replace("_", " "): value for name, value in cells.items()}
        self.put(self.requests, {"Start": True, "Find": "Email", **named})

    def put(self, sheet: Any, cells: dict[str, object]) -> None:
        titles = self.titles[sheet]
        row = next(number for number, line in enumerate(sheet.rows) if not any(line.cells))
        for name, value in cells.items():
            rule = BOX if isinstance(value, bool) else None
            sheet.put(row, titles.index(name), Cell(value, validation=rule))

    @contextmanager
    def engine(self) -> Iterator[Any]:
        account = self.google.service_account(self.server.base_url)
        (self.folder / "google.json").write_text(json.dumps(account))
        (self.folder / "seleqt.key").write_text(self.seleqt.add_key())
        path = self.folder / "config.toml"
        path.write_text(CONFIG.format(base=self.server.base_url, **self.caps))
        config = load(path)
        with Ledger(config.ledger.path) as ledger:
            ledger.arm(ACCOUNT, self.clock.now())
        with App(config, stop=threading.Event(), clock=self.clock.now) as app:
            yield app.engines[0]

    def play(self, engine: Any, cycles: int, seconds: float = 20) -> None:
        for _ in range(cycles):
            engine.cycle()
            self.clock.advance(timedelta(seconds=seconds))

    def photograph(self, page: Page, path: Path, sheet: Any) -> None:
        """Take what is filled of a worksheet, down to its last row and right to its last column."""
        rows = sum(any(line.cells) for line in sheet.rows)
        shown = sum(title not in HIDDEN for title in self.titles[sheet])
        photograph(page, self.server.base_url, path, sheet.title, rows, shown)


def photograph(page: Page, url: str, path: Path, title: str, rows: int, columns: int) -> None:
    """Take the first rows and columns of a worksheet of the first spreadsheet at ``url``."""
    page.goto(url)
    page.add_style_tag(content=":root { font-family: 'Liberation Sans', sans-serif }")
    page.locator("#cell-0-0").wait_for()
    if page.locator("#fold").get_attribute("aria-expanded") != "false":
        page.locator("#fold").click()
    page.get_by_role("tab", name=title, exact=True).click()
    page.locator(f"#cell-{rows}-{columns + 1}").click()  # no frame within the picture
    start = page.locator("#grid").bounding_box()
    end = page.locator(f"#cell-{rows - 1}-{columns - 1}").bounding_box()
    if start is None or end is None:
        raise RuntimeError(f"{path}: the grid does not show its cells")
    page.screenshot(
        path=path,
        animations="disabled",
        clip={
            "x": start["x"],
            "y": start["y"],
            "width": end["x"] + end["width"] - start["x"],
            "height": end["y"] + end["height"] - start["y"],
        },
    )


def _all_if(stuck: bool) -> frozenset[Kind]:
    return frozenset(Kind) if stuck else frozenset()


def show_mistakes(stage: Stage, engine: Any) -> Any:
    people = stage.invent(6)
    stage.ask(people[0], **{"Prospect ID": None})
    stage.ask(people[1], **{"Prospect ID": "10l7"})
    stage.ask(people[2], "Fax")
    stage.ask(people[3], "Phone")
    stage.ask(replace(people[4], id=990_017))
    stage.ask(people[5], Approve=True)
    stage.play(engine, 5)
    stage.leads.put_value(6, stage.titles[stage.leads].index("Find"), "Phone")
    stage.play(engine, 5)
    return stage.leads


def show_searches(stage: Stage, engine: Any) -> Any:
    people = stage.invent(8, stuck=(2, 4, 5))
    for person in people:
        stage.ask(person)
    stage.play(engine, 2)
    stage.play(engine, 3)
    return stage.leads


def show_answers(stage: Stage, engine: Any) -> Any:
    first, known, own, both = stage.invent(4)
    (missed,) = stage.invent(1, found=False)
    (odd,) = stage.invent(1, phone="ask the front desk")
    stage.seleqt.catalogue.prospects[known.id] = replace(known, email="office@harbour.example")
    stage.ask(first)
    stage.ask(known)
    stage.ask(own, Email="typed.by.hand@customer.example")
    stage.ask(missed)
    stage.ask(odd, "Phone", Approve=True)
    stage.ask(both, "Email + phone")
    stage.play(engine, 9)
    return stage.leads


def show_waiting(stage: Stage, engine: Any) -> Any:
    for person in stage.invent(4):
        stage.ask(person)
    stage.play(engine, 6)
    return stage.leads


def show_requests(stage: Stage, engine: Any) -> Any:
    (tried,) = stage.invent(1)
    stage.ask(tried)
    stage.play(engine, 5)
    fair = stage.invent(9)
    nordic = stage.invent(40, stuck=range(12, 40))
    for name, people in (("Spring fair", fair), ("Nordic CFOs", nordic), ("Berlin CTOs", nordic)):
        stage.seleqt.add_list(name, ids=[person.id for person in people])
    stage.request(Lead_list="Spring fair", Max_credits=90.0)
    stage.request(Lead_list="Nordic CFOs")
    stage.request(Lead_list="Berlin CTOs", Max_leads=10.0, Start=False)
    stage.request(Lead_list="Autumn fair")
    stage.request(Lead_list="Berlin CTOs", Max_leads="a few")
    stage.play(engine, 12)
    return stage.requests


SCENES = {
    "before": (show_mistakes, {}),
    "searches": (show_searches, {}),
    "answers": (show_answers, {}),
    "waiting": (show_waiting, {"per_day": 8}),
    "requests": (show_requests, {}),
}


def main(pictures: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        view = browser.new_context(
            viewport={"width": 2240, "height": 700}, color_scheme="light", reduced_motion="reduce"
        )
        page = view.new_page()
        for name, (play, settings) in SCENES.items():
            picture = pictures / f"{name}.png"
            with tempfile.TemporaryDirectory() as folder:
                stage = Stage(Path(folder), **settings)
                with stage.server, stage.engine() as engine:
                    sheet = play(stage, engine)
                    stage.photograph(page, picture, sheet)
            print(f"{picture}: {picture.stat().st_size} bytes")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PICTURES)
