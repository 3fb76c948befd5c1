"""The grid page in a real browser: every edit is checked against the sandbox's own model."""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import pytest

from syncd.sandbox.clock import WallClock
from syncd.sandbox.seleqt import Seleqt
from syncd.sandbox.server import SandboxServer
from syncd.sandbox.sheets.google import Google
from syncd.sandbox.sheets.model import Cell
from syncd.sandbox.sheets.settings import SheetsSettings
from syncd.sandbox.world import World

pytest.importorskip("playwright", reason="playwright is not installed")

from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Locator, Page

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
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no {CHROMIUM}")

HOSTILE = "<img src=x onerror=\"document.title='owned'\">"
FIRST_NAME, COMPANY, FIND, APPROVE, STATUS = range(5)
HEADERS = ("First name", "Company", "Find", "Approve", "Status")
PEOPLE = (
    ("Wilma", "Brook & Co", "Email", False),
    ("Amara", HOSTILE, "Phone", False),
    ("Noor", "Thorne Ltd", "Email", True),
    ("Ben", "Vale GmbH", "Phone", False),
)
WISHES = ("Email", "Email (waterfall)", "Phone", "Email + phone")
ONE_OF = {
    "condition": {
        "type": "ONE_OF_LIST",
        "values": [{"userEnteredValue": wish} for wish in WISHES],
    },
    "strict": True,
    "showCustomUi": True,
}
BOX = {"condition": {"type": "BOOLEAN"}}


class Sandbox:
    """A world with one spreadsheet of a few people, served on loopback."""

    def __init__(self) -> None:
        clock = WallClock()
        self.google = Google(clock, SheetsSettings())
        self.world = World(clock, sheets=self.google, seleqt=Seleqt(clock, balance=5000))
        self.spreadsheet = self.google.create_spreadsheet(
            "Autumn campaign", worksheets=(("Leads", 100, 8), ("Requests", 50, 6))
        )
        self.leads = self.spreadsheet.worksheets[0]
        self.leads.frozen_rows = 1
        self.leads.rows[0].put(0, HEADERS)
        for row, (first_name, company, find, approved) in enumerate(PEOPLE, start=1):
            self.leads.rows[row].put(0, (first_name, company))
            self.leads.put(row, FIND, Cell(find, validation=ONE_OF))
            self.leads.put(row, APPROVE, Cell(approved, validation=BOX))

    def value(self, row: int, column: int) -> Any:
        with self.world.lock:
            return self.leads.cell(row, column).value

    def column(self, column: int) -> list[Any]:
        return [self.value(row, column) for row in range(1, len(PEOPLE) + 1)]

    def write(self, row: int, column: int, value: Any) -> None:
        """Change a cell behind the page's back, as the daemon does."""
        with self.world.lock:
            self.leads.put_value(row, column, value)
            self.spreadsheet.touch()


class Desk:
    """The page as a person has it before them."""

    def __init__(self, page: Page, sandbox: Sandbox) -> None:
        self.page = page
        self.sandbox = sandbox

    def cell(self, row: int, column: int) -> Locator:
        return self.page.locator(f"#cell-{row}-{column}")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type_into(self, row: int, column: int, text: str) -> None:
        self.cell(row, column).click()
        self.page.keyboard.type(text)
        self.press("Enter")

    def choose(self, item: str) -> None:
        self.page.get_by_role("menuitem", name=item, exact=True).click()

    @property
    def editor(self) -> Locator:
        return self.page.locator("textarea.editor")

    @property
    def choices(self) -> Locator:
        return self.page.get_by_role("listbox").get_by_role("option")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


@pytest.fixture
def desk(browser: Browser, sandbox: Sandbox) -> Iterator[Desk]:
    failures: list[str] = []
    with SandboxServer(sandbox.world) as server:
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.goto(server.base_url)
        page.locator(".cell.active").wait_for()
        yield Desk(page, sandbox)
        context.close()
    assert failures == []


def eventually(question: Callable[[], Any], answer: Any) -> None:
    deadline = monotonic() + 10
    while (last := question()) != answer:
        assert monotonic() < deadline, f"still {last!r}, not {answer!r}"
        sleep(0.02)


def test_typing_over_a_cell_changes_it_in_the_spreadsheet(desk: Desk, sandbox: Sandbox) -> None:
    desk.type_into(1, COMPANY, "Moss Ltd")
    eventually(lambda: sandbox.value(1, COMPANY), "Moss Ltd")
    expect(desk.page.locator("#place")).to_have_text("B3")


def test_edits_are_sent_one_at_a_time_and_in_order(desk: Desk, sandbox: Sandbox) -> None:
    sent: list[str] = []
    desk.page.on("request", lambda request: sent.append(request.url.rsplit("/", 1)[1]))
    with sandbox.world.lock:  # the sandbox thinks long about the first one
        for text in ("first", "second", "third"):
            desk.type_into(1, COMPANY, text)
        desk.page.wait_for_timeout(300)
        assert sent.count("edit") == 1
        expect(desk.cell(1, COMPANY)).to_have_text("third")
    eventually(lambda: sandbox.value(1, COMPANY), "third")
    desk.page.wait_for_timeout(300)
    assert sent.count("edit") == 3
    assert sandbox.value(1, COMPANY) == "third"


def test_a_number_typed_is_a_number_and_a_formula_can_be_edited_again(
    desk: Desk, sandbox: Sandbox
) -> None:
    desk.type_into(1, 5, "41")
    desk.type_into(2, 5, "=F2+1")
    eventually(lambda: sandbox.value(1, 5), 41)
    expect(desk.cell(2, 5)).to_have_text("42")
    desk.cell(2, 5).dblclick()
    expect(desk.editor).to_have_value("=F2+1")


def test_escape_leaves_the_cell_as_it_was(desk: Desk, sandbox: Sandbox) -> None:
    version = sandbox.spreadsheet.version
    desk.cell(1, COMPANY).dblclick()
    desk.page.keyboard.type("nonsense")
    desk.press("Escape")
    expect(desk.cell(1, COMPANY)).to_have_text("Brook & Co")
    assert sandbox.spreadsheet.version == version


def test_a_click_ticks_the_box_and_space_unticks_it(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(1, APPROVE).get_by_role("checkbox").click()
    eventually(lambda: sandbox.value(1, APPROVE), True)
    expect(desk.cell(1, APPROVE).get_by_role("checkbox")).to_be_checked()
    desk.press("Space")
    eventually(lambda: sandbox.value(1, APPROVE), False)


def test_a_validated_cell_offers_its_choices(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(1, FIND).dblclick()
    assert desk.choices.all_text_contents() == list(WISHES)
    desk.choices.filter(has_text="Email + phone").click()
    eventually(lambda: sandbox.value(1, FIND), "Email + phone")


def test_a_letter_typed_on_a_validated_cell_narrows_its_choices(
    desk: Desk, sandbox: Sandbox
) -> None:
    desk.cell(1, FIND).click()
    desk.page.keyboard.type("ph")
    assert desk.choices.all_text_contents() == ["Phone", "Email + phone"]
    desk.press("Enter")
    eventually(lambda: sandbox.value(1, FIND), "Phone")


def test_a_column_sorts_from_its_menu_and_rows_stay_whole(desk: Desk, sandbox: Sandbox) -> None:
    desk.page.locator(".letter").nth(FIRST_NAME).click(button="right")
    desk.choose("Sort by column A, A to Z")
    eventually(lambda: sandbox.column(FIRST_NAME), ["Amara", "Ben", "Noor", "Wilma"])
    assert sandbox.column(COMPANY) == [HOSTILE, "Vale GmbH", "Thorne Ltd", "Brook & Co"]
    expect(desk.cell(1, FIRST_NAME)).to_have_text("Amara")


def test_rows_are_inserted_moved_and_deleted_from_the_row_menu(
    desk: Desk, sandbox: Sandbox
) -> None:
    number = desk.page.locator(".body .number")
    number.nth(0).click(button="right")
    desk.choose("Move row down")
    eventually(lambda: sandbox.column(FIRST_NAME), ["Amara", "Wilma", "Noor", "Ben"])
    number.nth(0).click(button="right")
    desk.choose("Insert row above")
    eventually(lambda: sandbox.column(FIRST_NAME), [None, "Amara", "Wilma", "Noor"])
    number.nth(0).click(button="right")
    desk.choose("Delete row")
    eventually(lambda: sandbox.column(FIRST_NAME), ["Amara", "Wilma", "Noor", "Ben"])


def test_a_header_is_renamed_from_the_column_menu(desk: Desk, sandbox: Sandbox) -> None:
    desk.page.locator(".letter").nth(COMPANY).click(button="right")
    desk.choose("Rename header")
    desk.press("Control+a")
    desk.page.keyboard.type("Firm")
    desk.press("Enter")
    eventually(lambda: sandbox.value(0, COMPANY), "Firm")


def test_a_double_click_renames_a_worksheet(desk: Desk, sandbox: Sandbox) -> None:
    desk.page.get_by_role("tab", name="Requests").dblclick()
    desk.page.keyboard.type("Wish lists")
    desk.press("Enter")
    eventually(
        lambda: [one.title for one in sandbox.spreadsheet.worksheets], ["Leads", "Wish lists"]
    )
    expect(desk.page.get_by_role("tab", name="Wish lists")).to_be_visible()


def test_control_z_takes_the_last_edit_back(desk: Desk, sandbox: Sandbox) -> None:
    desk.type_into(1, COMPANY, "Moss Ltd")
    eventually(lambda: sandbox.value(1, COMPANY), "Moss Ltd")
    desk.press("Control+z")
    eventually(lambda: sandbox.value(1, COMPANY), "Brook & Co")
    expect(desk.cell(1, COMPANY)).to_have_text("Brook & Co")


def test_a_rectangle_is_copied_and_pasted(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(1, FIRST_NAME).click()
    desk.cell(2, COMPANY).click(modifiers=["Shift"])
    desk.press("Control+c")
    desk.cell(7, FIRST_NAME).click()
    desk.press("Control+v")
    eventually(lambda: sandbox.value(8, COMPANY), HOSTILE)
    assert sandbox.value(7, FIRST_NAME) == "Wilma"
    assert sandbox.value(1, FIRST_NAME) == "Wilma"


def test_a_rectangle_from_elsewhere_is_typed_in(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(7, FIRST_NAME).click()
    desk.page.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", 'Ida\\t"two\\nlines"\\r\\n"Max ""Mo"" Reed"\\t7\\n');
            document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
        }"""
    )
    eventually(lambda: sandbox.value(8, COMPANY), 7)
    assert sandbox.value(7, FIRST_NAME) == "Ida"
    assert sandbox.value(7, COMPANY) == "two\nlines"
    assert sandbox.value(8, FIRST_NAME) == 'Max "Mo" Reed'


def test_cells_cut_leave_their_place_when_they_are_pasted(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(1, COMPANY).click()
    desk.press("Control+x")
    assert sandbox.value(1, COMPANY) == "Brook & Co"
    desk.cell(7, COMPANY).click()
    desk.press("Control+v")
    eventually(lambda: sandbox.value(7, COMPANY), "Brook & Co")
    assert sandbox.value(1, COMPANY) is None


def test_delete_clears_what_is_selected(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(1, FIRST_NAME).click()
    desk.press("Shift+ArrowDown", "Shift+ArrowRight", "Delete")
    eventually(lambda: sandbox.column(FIRST_NAME), [None, None, "Noor", "Ben"])
    assert sandbox.column(COMPANY) == [None, None, "Thorne Ltd", "Vale GmbH"]


def test_a_refused_edit_is_told_and_does_not_hold_up_the_next(desk: Desk, sandbox: Sandbox) -> None:
    with sandbox.world.lock:  # somebody deletes rows; the page has not looked yet
        del sandbox.leads.rows[20:]
    desk.type_into(20, COMPANY, "Too late")
    desk.type_into(1, COMPANY, "Moss Ltd")
    expect(desk.page.get_by_role("alert")).to_contain_text("off the grid")
    eventually(lambda: sandbox.value(1, COMPANY), "Moss Ltd")
    expect(desk.page.locator("#extent")).to_have_text("20 rows")
    expect(desk.page.get_by_text("Too late")).to_have_count(0)


def test_what_the_daemon_writes_appears_and_is_tinted(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(2, FIRST_NAME).click()
    sandbox.write(2, STATUS, "Searching: nothing to do.")
    expect(desk.page.locator(".cell.fresh")).to_have_text(["Searching: nothing to do."])
    expect(desk.page.locator("#told")).to_have_text("Status: Searching: nothing to do.")


def test_a_change_from_outside_leaves_an_edit_in_progress_alone(
    desk: Desk, sandbox: Sandbox
) -> None:
    desk.cell(1, COMPANY).dblclick()
    desk.page.keyboard.type(" and more")
    sandbox.write(1, COMPANY, "Somebody else was here")
    sandbox.write(1, STATUS, "Found.")
    expect(desk.cell(1, STATUS)).to_have_text("Found.")
    expect(desk.editor).to_be_focused()
    expect(desk.editor).to_have_value("Brook & Co and more")
    desk.press("Enter")
    eventually(lambda: sandbox.value(1, COMPANY), "Brook & Co and more")


def test_a_draft_follows_its_row_when_others_move_it(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(1, COMPANY).dblclick()
    desk.page.keyboard.type(" KG")
    with sandbox.world.lock:
        rows = sandbox.leads.rows
        rows.insert(3, rows.pop(1))
        sandbox.spreadsheet.touch()
    expect(desk.page.locator("#place")).to_have_text("B4")
    desk.press("Enter")
    eventually(lambda: sandbox.value(3, COMPANY), "Brook & Co KG")
    assert sandbox.value(1, COMPANY) == HOSTILE


def test_markup_in_a_cell_stays_text_wherever_it_is_shown(desk: Desk, sandbox: Sandbox) -> None:
    desk.cell(2, COMPANY).click()
    expect(desk.page.locator("#whole")).to_have_text(HOSTILE)
    desk.cell(2, COMPANY).dblclick()
    desk.press("Escape")
    with sandbox.world.lock:
        sandbox.spreadsheet.worksheets[1].title = HOSTILE
        sandbox.spreadsheet.touch()
    expect(desk.page.get_by_role("tab", name=HOSTILE)).to_be_visible()
    expect(desk.cell(2, COMPANY)).to_have_text(HOSTILE)
    assert desk.page.locator("img").count() == 0
    assert "owned" not in desk.page.title()


def test_twenty_thousand_rows_scroll_with_a_screenful_in_the_document(
    desk: Desk, sandbox: Sandbox
) -> None:
    with sandbox.world.lock:
        big = sandbox.spreadsheet.add_worksheet(77, "Big", 20_001, 6)
        for number, row in enumerate(big.rows):
            row.put(0, (f"Person {number}", f"Company {number}"))
        sandbox.spreadsheet.touch()
    desk.page.get_by_role("tab", name="Big").click()
    expect(desk.page.locator("#extent")).to_have_text("20,001 rows")
    desk.press("Tab")
    desk.cell(1, 0).click()
    desk.press("Control+ArrowDown")
    expect(desk.cell(20_000, 0)).to_have_text("Person 20000")
    expect(desk.cell(20_000, 0)).to_be_in_viewport()
    desk.page.mouse.move(400, 400)
    desk.page.mouse.wheel(0, -300_000)
    expect(desk.cell(10_000, 0)).to_be_in_viewport()
    assert desk.page.locator(".row").count() < 60
    top = desk.page.evaluate("document.getElementById('grid').scrollTop")
    with sandbox.world.lock:
        big.put_value(10_000, 1, "Elsewhere")
        sandbox.spreadsheet.touch()
    expect(desk.cell(10_000, 1)).to_have_text("Elsewhere")
    assert desk.page.evaluate("document.getElementById('grid').scrollTop") == top
    expect(desk.page.locator("#place")).to_have_text("A20001")


def test_each_trouble_plants_a_fault_and_stop_takes_all_away(desk: Desk, sandbox: Sandbox) -> None:
    buttons = desk.page.locator("#troubles button")
    for number in range(buttons.count()):
        buttons.nth(number).click()
    expect(desk.page.locator("#rules li")).to_have_count(5)
    kinds = [rule["kind"] for rule in sandbox.world.faults.describe()]
    assert kinds == ["drop_after", "drop_after", "429", "503", "drop_before"]
    desk.page.get_by_role("button", name="Stop").click()
    expect(desk.page.locator("#planted")).to_be_hidden()
    assert sandbox.world.faults.describe() == []


def test_the_meter_shows_what_the_vendor_took(desk: Desk, sandbox: Sandbox) -> None:
    expect(desk.page.locator("#balance")).to_have_text("5,000")
    with sandbox.world.lock:
        sandbox.world.seleqt.spend(120)
    expect(desk.page.locator("#balance")).to_have_text("4,880")
    expect(desk.page.locator("#charges li")).to_have_count(1)


def test_the_grid_tells_assistive_technology_where_one_is(desk: Desk) -> None:
    grid = desk.page.get_by_role("grid")
    expect(grid).to_be_focused()
    expect(grid).to_have_attribute("aria-rowcount", "101")
    desk.press("ArrowDown", "ArrowRight")
    active = grid.get_attribute("aria-activedescendant")
    expect(desk.page.locator(f"#{active}")).to_have_attribute("aria-selected", "true")
    desk.press("Escape", "Tab")
    expect(grid).not_to_be_focused()


def test_an_idle_page_asks_for_the_state_only(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[1]))
    desk.page.wait_for_timeout(3500)
    assert 2 <= len(asked) <= 4
    assert set(asked) == {"state"}


def test_a_double_click_on_a_columns_edge_makes_room_for_its_text(
    desk: Desk, sandbox: Sandbox
) -> None:
    cut_short = "box => box.scrollWidth > box.clientWidth"
    assert desk.cell(2, COMPANY).evaluate(cut_short)
    desk.page.locator(".letter .grip").nth(COMPANY).dblclick()
    assert not desk.cell(2, COMPANY).evaluate(cut_short)
