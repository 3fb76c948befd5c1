"""One person works through the grid page in a real browser, beside the real daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from bench import Program, until
from rig import LEAD_HEADER, Rig

from syncd.core.panel import Part
from syncd.sandbox.sheets.model import Cell

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
pytestmark = [
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}"),
    pytest.mark.timeout(240),
]

WISHES = ("Email", "Email (waterfall)", "Phone", "Email + phone")
ONE_OF = {
    "condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": one} for one in WISHES]},
    "showCustomUi": True,
}
BOX = {"condition": {"type": "BOOLEAN"}}
PATIENCE = 60_000  # milliseconds; far beyond what anything here takes on a busy machine
PHONES = ("+12025550101", "+12025550102", "+12025550103")
BUYING = 'settle = "1s"\nsettle_after = "0s"\nfirst_batch = 5'


class Person:
    """Somebody at the page. Knows the sheet by its headers and labels, as people do."""

    def __init__(self, page: Page, rig: Rig) -> None:
        self.page = page
        self.rig = rig

    def open(self, title: str) -> None:
        self.page.get_by_role("tab", name=title, exact=True).click()
        expect(self.page.get_by_role("tab", name=title, exact=True)).to_have_attribute(
            "aria-selected", "true"
        )

    def cell(self, row: int, column: str) -> Locator:
        return self.page.locator(f"#cell-{row}-{LEAD_HEADER.index(column)}")

    def beside(self, label: str, part: str) -> Locator:
        number, at = self.rig.find_in_panel(label, part)
        return self.page.locator(f"#cell-{number}-{at}")

    def type(self, cell: Locator, text: str) -> None:
        cell.click()
        self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def pick(self, cell: Locator, choice: str) -> None:
        cell.dblclick()
        options = self.page.get_by_role("listbox").get_by_role("option")
        options.get_by_text(choice, exact=True).click()

    def sees(self, cell: Locator, text: str) -> None:
        expect(cell).to_contain_text(text, timeout=PATIENCE)

    def row_of(self, prospect: int) -> int:
        """Return where a person stands now."""
        ids = [str(value).removesuffix(".0") for value in self.rig.column("Prospect ID")]
        return ids.index(str(prospect)) + 1


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, panel=True, first_result_seconds=4.0) as bench:
        for row in range(1, 20):
            for name, rule in (("Find", ONE_OF), ("Approve", BOX)):
                bench.leads.put(row, LEAD_HEADER.index(name), Cell(None, validation=rule))
        for name in ("Phone", "Key"):
            for row in range(1, 20):
                text = {"numberFormat": {"type": "TEXT"}}
                bench.leads.put(row, LEAD_HEADER.index(name), Cell(None, format=text))
        bench.panel.put(1, 1, Cell(None, validation=BOX))
        bench.leads.frozen_rows = bench.panel.frozen_rows = 1
        yield bench


@pytest.fixture
def person(rig: Rig) -> Iterator[Person]:
    failures: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1900, "height": 800})
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(rig.server.base_url)
        page.locator(".cell.active").wait_for()
        page.locator("#fold").click()
        yield Person(page, rig)
        browser.close()
    assert failures == []


def test_one_person_works_through_the_sheet_from_a_lead_to_a_lower_limit(
    rig: Rig, person: Person
) -> None:
    ada, ben, cleo = (rig.person(phone=phone) for phone in PHONES)
    with Program.daemon(rig, buying=BUYING):
        # Types two leads, picks in Find, and is asked before anything is bought.
        for row, (name, prospect) in enumerate((("Zoe", ada), ("Ben", ben)), 1):
            person.type(person.cell(row, "Prospect ID"), str(prospect))
            person.type(person.cell(row, "First name"), name)
            person.pick(person.cell(row, "Find"), "Phone")
        person.sees(person.cell(1, "Status"), "30 credits")
        person.sees(person.cell(2, "Status"), "Tick Approve to buy.")
        assert charged(rig) == 0

        # Approves the first, and sorts while it is searched for.
        person.cell(1, "Approve").get_by_role("checkbox").click()
        person.sees(person.cell(1, "Status"), "Searching for the phone since")
        letter = person.page.locator(".letter").nth(LEAD_HEADER.index("First name"))
        letter.click(button="right")
        person.page.get_by_role("menuitem", name="Sort by column B, A to Z").click()
        until(lambda: person.row_of(ada) == 2)
        expect(person.cell(2, "First name")).to_have_text("Zoe")

        # The result comes into the right row, and into no other.
        person.sees(person.cell(2, "Phone"), PHONES[0])
        person.sees(person.cell(2, "Status"), "Found the phone.")
        expect(person.cell(1, "Phone")).to_have_text("")
        assert charged(rig) == 30

        # Pauses: an approved row waits, and says why.
        person.open("Syncd")
        person.sees(person.beside("Last look", Part.MEANING), "syncd is at work.")
        person.sees(person.beside("Spent today", Part.NOW), "30 of 5,000 credits")
        person.beside("Pause", Part.INPUT).get_by_role("checkbox").click()
        person.sees(person.beside("Pause", Part.NOW), "Paused")
        person.open("Leads")
        person.cell(1, "Approve").get_by_role("checkbox").click()
        person.sees(person.cell(1, "Status"), "Waiting: buying is paused on the worksheet Syncd.")
        assert charged(rig) == 30

        # Takes the tick away, but lowers the limit: one more phone, and the next one waits.
        person.open("Syncd")
        person.type(person.beside("At most today", Part.INPUT), "60")
        person.sees(person.beside("At most today", Part.NOW), "60 credits at most")
        person.beside("Pause", Part.INPUT).get_by_role("checkbox").click()
        person.sees(person.beside("Pause", Part.NOW), "Not paused")
        person.open("Leads")
        person.sees(person.cell(1, "Phone"), PHONES[1])
        person.type(person.cell(3, "Prospect ID"), str(cleo))
        person.pick(person.cell(3, "Find"), "Phone")
        person.cell(3, "Approve").get_by_role("checkbox").click()
        person.sees(person.cell(3, "Status"), "Waiting: today's credits are used up.")
        assert charged(rig) == 60
        assert rig.by_prospect("Phone") == {
            str(ben): [PHONES[1]],
            str(ada): [PHONES[0]],
            str(cleo): [""],
        }


def charged(rig: Rig) -> Any:
    with rig.world.lock:
        return rig.seleqt.meter.charged()
