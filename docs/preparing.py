"""Fills ``docs/preparing.md``: what ``syncd init`` says and does, on a blank and on a messy sheet.

``python docs/preparing.py [FOLDER]`` lets the real command work on the sandbox, photographs the
grid page, and puts what was printed, and what changed in the cells, into the document; all in
``docs/`` by default. Needs the ``test`` extra; nothing leaves this machine. All people are
invented.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from pictures import CHROMIUM, photograph
from playwright.sync_api import Page, sync_playwright

from syncd.sandbox.clock import WallClock
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.server import SandboxServer
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.sheets.model import Area, Cell, Formula, Spreadsheet, as_cell
from syncd.sandbox.world import World

DOCS = Path(__file__).parent
CONFIG = """
[google]
credentials = {{ file = "google.json" }}
base_url = "{base}"
[[spreadsheet]]
id = "sales"
name = "Sales"
every = "30s"
aliases = {{ Company = ["Firma"] }}
"""
MESSY: list[list[object]] = [
    ["Leads of 2026"],
    [],
    ["Firma", "E-Mail", "LinkedIn", "Revenue", "Mobile", "Surname", "Source", "Source"],
    ["Nordlicht", "a.berg@nordlicht.example", "", 12.5, "+447700900001", "Berg", "Fair", "Kim"],
    ["Hafen", "", "", Formula("=D4*2"), 447700900002, "Tal", "Web", ""],
]


class Bench:
    """One sandbox with one spreadsheet, and the command beside it."""

    def __init__(self, folder: Path, title: str) -> None:
        clock = WallClock()
        self.google = Google(clock, SheetsSettings(), seed=1)
        vendor = Seleqt(clock, Knobs(), seed=1, balance=0)
        self.server = SandboxServer(World(clock, seed=1, sheets=self.google, seleqt=vendor))
        self.folder = folder
        self.book: Spreadsheet = self.google.create_spreadsheet(
            "Spring campaign", spreadsheet_id="sales", worksheets=[(title, 1000, 26)]
        )

    def init(self) -> str:
        """Run the command as an operator does, and return what it printed."""
        (self.folder / "google.json").write_text(
            json.dumps(self.google.service_account(self.server.base_url))
        )
        path = self.folder / "config.toml"
        path.write_text(CONFIG.format(base=self.server.base_url))
        line = [sys.executable, "-m", "syncd", "init", "Sales", "--yes", "--config", str(path)]
        done = subprocess.run(line, capture_output=True, text=True, check=True)  # noqa: S603  (ours)
        return done.stdout

    def texts(self) -> list[str]:
        """Return every row that shows something, with its worksheet and number, as CSV."""
        lines = []
        for sheet in self.book.worksheets:
            for number, row in enumerate(sheet.rows, 1):
                values = [_text(as_cell(entry).value) for entry in row.cells]
                while values and not values[-1]:
                    values.pop()
                if values:
                    line = io.StringIO()
                    csv.writer(line, lineterminator="").writerow(values)
                    lines.append(f"{sheet.title}!{number}: {line.getvalue()}")
        return lines

    def fill_messily(self) -> None:
        """Make the sheet as people have it: a merged title, doubled names, hidden columns."""
        leads = self.book.worksheets[0]
        for number, values in enumerate(MESSY):
            for position, value in enumerate(values):
                leads.put_value(number, position, value)
        leads.merges.append(Area(0, 1, 0, 26))
        leads.columns[3].hidden = True
        for position, column in enumerate(leads.columns):
            column.size = 190 if position == 1 else 92
        leads.put(2, 1, Cell("E-Mail", format={"textFormat": {"italic": True}}, note="Ask Sam"))


def _text(value: object) -> str:
    if isinstance(value, Formula):
        return value.text
    return "" if value is None else str(value)


def show_blank(bench: Bench, page: Page, pictures: Path) -> dict[str, str]:
    with bench.server:
        told = bench.init()
        url = bench.server.base_url
        photograph(page, url, pictures / "init-blank.png", "Leads", 4, 14)
        photograph(page, url, pictures / "init-panel.png", "Syncd", 18, 4)
    return {"blank": told}


def show_messy(bench: Bench, page: Page, pictures: Path) -> dict[str, str]:
    bench.fill_messily()
    with bench.server:
        url = bench.server.base_url
        photograph(page, url, pictures / "init-messy-before.png", "Leads", 6, 17)
        before = bench.texts()
        told = bench.init()
        after = bench.texts()
        photograph(page, url, pictures / "init-messy-after.png", "Leads", 6, 17)
        again = bench.init()
    leads = [[line for line in lines if line.startswith("Leads!")] for lines in (before, after)]
    changed = difflib.unified_diff(*leads, "before", "after", lineterm="", n=9)
    return {"messy": told, "diff": "\n".join(changed), "twice": again}


def fill(page: str, blocks: dict[str, str]) -> str:
    """Put each text into the fenced block that follows its mark, ``<!-- name -->``."""
    for name, text in blocks.items():
        block = re.compile(rf"(<!-- {name} -->\n```\w*\n).*?(```)", re.DOTALL)
        page, count = block.subn(
            lambda found, text=text: f"{found[1]}{text.strip()}\n{found[2]}", page
        )
        if count != 1:
            raise ValueError(f"the page has {count} blocks named {name}")
    return page


def main(folder: Path) -> None:
    pictures = folder / "pictures"
    pictures.mkdir(exist_ok=True)
    blocks: dict[str, str] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        view = browser.new_context(
            viewport={"width": 2400, "height": 900}, color_scheme="light", reduced_motion="reduce"
        )
        page = view.new_page()
        for show, title in ((show_blank, "Sheet1"), (show_messy, "Leads")):
            with tempfile.TemporaryDirectory() as work:
                blocks |= show(Bench(Path(work), title), page, pictures)
        browser.close()
    text = (DOCS / "preparing.md").read_text()
    (folder / "preparing.md").write_text(fill(text, blocks))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else DOCS)
