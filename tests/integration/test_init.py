"""``syncd init``: through the real command and gspread, against a strict Google."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from rig import LEAD_HEADER, PANEL_HEADER, REQUEST_HEADER, SPREADSHEET, Rig, Say

from syncd.core import status
from syncd.core.layout import JOURNAL, LEADS
from syncd.core.leads import COLUMNS as LEAD_COLUMNS
from syncd.core.panel import Label
from syncd.core.setup import Plan, Wanted, plan_setup
from syncd.core.wishes import AGAIN_CHOICES, CHOICES
from syncd.pace import Pace
from syncd.sandbox.sheets import people
from syncd.sandbox.sheets.areas import Area
from syncd.sandbox.sheets.model import Cell, Formula, Placed, Spreadsheet, Worksheet, as_cell
from syncd.sheets import GoogleSpreadsheet
from syncd.sheets.setup import read_book, take_steps

ACCOUNT = "syncd@sandbox.example"
NOTHING = "There is nothing to do"
LIST = {"condition": {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Telefon"}]}}


@pytest.fixture
def init(rig: Rig, say: Say) -> Say:
    """Run ``syncd init``; return its exit code and what it told."""
    rig.config()

    def run(
        named: object = SPREADSHEET, *options: object, typed: str | None = None
    ) -> tuple[int, str]:
        return say("init", named, "--config", rig.folder / "config.toml", *options, typed=typed)

    return run


def make(rig: Rig, number: str = "new", *titles: str) -> Spreadsheet:
    """Make a spreadsheet with blank worksheets, as Google makes them."""
    sizes = [(title, 1000, 26) for title in titles or ("Sheet1",)]
    return rig.google.create_spreadsheet("New", spreadsheet_id=number, worksheets=sizes)


def titles(worksheet: Worksheet, row: int = 0) -> list[object]:
    values = [as_cell(entry).value for entry in worksheet.rows[row].cells]
    return [value for value in values if value is not None]


def writes(rig: Rig, since: int = 0) -> int:
    return rig.requests_made("sheets", "write", since)


def picture(book: Spreadsheet) -> list[Any]:
    """Return everything there is, so that any change shows."""
    return [
        (
            {
                name: list(value) if isinstance(value, list) else value
                for name, value in vars(one).items()
                if name not in ("rows", "columns")
            },
            [(row.state()[1:]) for row in one.rows],
            [(column.state()[1:]) for column in one.columns],
        )
        for one in book.worksheets
    ]


# --- blank and existing sheets --------------------------------------------------------------------


def test_a_blank_spreadsheet_gets_all_worksheets_in_one_write(rig: Rig, init: Say) -> None:
    book = make(rig)
    before = writes(rig)
    code, told = init("new", "--yes")
    assert (code, "Done and read back" in told) == (0, True)
    assert writes(rig) == before + 1
    shown = ["Sheet1", "Leads", "Requests", "Syncd"]
    assert [one.title for one in book.worksheets] == [*shown, JOURNAL]
    assert [one.hidden for one in book.worksheets] == [False] * 4 + [True]
    assert {row[-1] for row in picture(book)[0][1]} == {()}
    leads, requests = book.worksheets[1:3]
    assert titles(leads) == LEAD_HEADER
    assert titles(requests) == REQUEST_HEADER
    for worksheet in (leads, requests):
        assert worksheet.frozen_rows == 1
        assert [one.data["warningOnly"] for one in worksheet.protected] == [True]
        assert worksheet.cell(0, 0).format == {"textFormat": {"bold": True}}
        look = worksheet.cell(999, 0).format
        assert look == {"numberFormat": {"type": "TEXT"}}
    offered = [*CHOICES, *AGAIN_CHOICES.values()]
    find, approve = (leads.cell(1, LEAD_HEADER.index(name)) for name in ("Find", "Approve"))
    assert [one["userEnteredValue"] for one in find.validation["condition"]["values"]] == offered
    assert approve.validation["condition"]["type"] == "BOOLEAN"
    assert leads.cell(0, LEAD_HEADER.index("Find")).note.startswith("How to use")
    assert leads.columns[LEAD_HEADER.index("Status")].size == 380


def test_the_example_row_costs_nothing_and_may_be_deleted(rig: Rig, init: Say) -> None:
    book = make(rig, SPREADSHEET + "2")
    rig.settings["_spreadsheet"] = f'id = "{book.id}"\nname = "New"\nevery = "1s"'
    rig.config()
    assert init("New", "--yes")[0] == 0
    leads, requests = book.worksheets[1:3]
    assert titles(leads, 1) == ["Alex", "Example", "Example Ltd", "Delete this row"]
    assert titles(requests, 1) == ["Example: delete this row", 25, 100]
    rig.run()
    assert rig.seleqt.meter.charged() == 0
    with rig.world.lock:
        people.delete_rows(leads, 1)
        people.delete_rows(requests, 1)
    code, told = init("New", "--yes")
    assert (code, NOTHING in told) == (0, True)
    assert titles(leads, 1) == []


def test_a_worksheet_that_was_there_gets_no_example(rig: Rig, init: Say) -> None:
    book = make(rig, "new", "Leads", "Requests")
    assert init("new", "--yes")[0] == 0
    assert [titles(one, 1) for one in book.worksheets[:2]] == [[], []]


def fill_messily(rig: Rig) -> tuple[Spreadsheet, Worksheet]:
    """Make a sheet as people have it: a merged title, own columns, other spellings, hidden ones."""
    book = make(rig, "messy", "Leads", "Notes")
    leads = book.worksheets[0]
    rows: list[list[object]] = [
        ["Leads of 2026"],
        [],
        ["Firma", "E-Mail", "LinkedIn", "Umsatz", "Mobile", "Surname"],
        ["Nordlicht", "a@nord.example", "", 12.5, "+447700900001", "Berg"],
        ["Hafen", "", "", Formula("=D4*2"), 447700900002, "Tal"],
    ]
    rig.fill(leads, rows)
    with rig.world.lock:
        leads.merges.append(Area(0, 1, 0, 26))
        leads.columns[3].hidden = True
        leads.columns[1].size = 333
        leads.put(2, 1, Cell("E-Mail", format={"textFormat": {"italic": True}}, note="Ask Sam"))
        leads.put(7, 4, Cell(None, validation=LIST))
        leads.filter = Placed(0, Area(2, 1000, 0, 6))
    return book, leads


def test_a_messy_sheet_keeps_all_it_had_and_gets_the_rest_at_its_right_end(
    rig: Rig, init: Say
) -> None:
    book, leads = fill_messily(rig)
    rig.settings["_spreadsheet"] = (
        'id = "messy"\nname = "Messy"\naliases = { Company = ["Firma"] }\nrequests = []'
    )
    rig.config()
    kept = [row.slice(0, 6) for row in leads.rows]
    code, told = init("Messy", "--yes")
    assert code == 0
    assert "Note: “Leads”: its filter leaves out some of syncd's columns" in told
    assert titles(leads, 2)[:6] == ["Firma", "E-Mail", "LinkedIn", "Umsatz", "Mobile", "Surname"]
    there = {"Company", "Email", "LinkedIn URL", "Phone", "Last name"}
    assert titles(leads, 2)[6:] == [name for name in LEAD_HEADER if name not in there]
    assert leads.frozen_rows == 3
    changed = {
        (number, column)
        for number, row in enumerate(leads.rows)
        for column, entry in enumerate(row.slice(0, 6))
        if entry != kept[number][column]
    }
    # Only the empty cells of its phone column are text now; the odd rule in it stays.
    assert changed == {(number, 4) for number in range(5, 1000)}
    assert leads.cell(7, 4).validation == LIST
    assert (leads.columns[1].size, leads.columns[3].hidden) == (333, True)
    assert leads.cell(2, 1).note == "Ask Sam"
    assert [one.title for one in book.worksheets] == ["Leads", "Notes", "Syncd", JOURNAL]
    assert [one.area for one in leads.protected] == [
        Area(2, None, 1, 2),
        Area(2, None, 4, 5),
        Area(2, None, 11, 15),
    ]


def fill_in_german(rig: Rig) -> Worksheet:
    """Make a sheet as a German team has it: a merged title, people twice, a hidden column."""
    book = make(rig, "messy", "Leads")
    book.locale = "de_DE"
    leads = book.worksheets[0]
    rows: list[list[object]] = [
        ["Kontakte Frühjahr 2026"],
        [],
        ["Vorname", "Nachname", "Firma", "Umsatz", "E-Mail-Adresse", "Telefon", "Seleqt ID"],
        ["Ada", "Berg", "Nordlicht GmbH", 12.5, "ada@nord.example"],
        ["Bo", "Tal", "Hafen AG", Formula("=D4*2"), "", "+447700900123", 1001],
        ["Ada", "Berg", "Nordlicht GmbH", 3],
    ]
    rig.fill(leads, rows)
    leads.merges.append(Area(0, 1, 0, 8))
    leads.columns[3].hidden = True
    rig.settings["_spreadsheet"] = 'id = "messy"\nname = "Messy"\nrequests = []'
    return leads


def test_a_messy_german_sheet_gets_only_what_it_lacks_and_is_served(rig: Rig, init: Say) -> None:
    leads = fill_in_german(rig)
    rig.config()
    _, person = rig.people(2)
    before = {(n, c): leads.cell(n, c).value for n in range(60) for c in range(20)}
    code, told = init("Messy", "--yes")
    assert (code, "Job title, LinkedIn URL, Find, Approve, Status" in told) == (0, True)
    after = {place: leads.cell(*place).value for place in before}
    names = ["Job title", "LinkedIn URL", "Find", "Approve", "Status", "Credits", "Updated", "Key"]
    changed = {place: after[place] for place in before if after[place] != before[place]}
    assert changed == {(2, 7 + at): name for at, name in enumerate(names)}
    assert leads.columns[3].hidden
    prepared = picture(leads.spreadsheet)
    code, told = init("Messy", "--yes")
    assert (code, "There is nothing to do" in told) == (0, True)
    assert picture(leads.spreadsheet) == prepared
    with rig.world.lock:
        for row in (3, 4):
            people.type_cell(leads, row, 9, "E-Mail")
        people.type_cell(leads, 3, 6, str(person))
    rig.run()
    says = [leads.cell(row, 11).value for row in (3, 4, 5)]
    found = status.FOUND.format(what="email")
    assert says == ["Already has an email. Nothing was bought.", found, None]
    kept = [leads.cell(row, 4).value for row in (3, 4, 5)]
    assert kept == ["ada@nord.example", "p0@found.example", None]


@pytest.mark.parametrize("more", ["Mobile", "Telefonnummer", "TELEFON"])
def test_two_columns_for_one_thing_are_told_until_the_config_says_which(
    rig: Rig, init: Say, more: str
) -> None:
    leads = fill_in_german(rig)
    rig.fill(leads, [["", "", "", "", "", "", "", more]], first=2)
    rig.config()
    before = picture(leads.spreadsheet)
    code, told = init("Messy", "--yes")
    assert (code, "the header “Phone” stands more than once (F3 and H3)" in told) == (1, True)
    assert picture(leads.spreadsheet) == before
    if more != "TELEFON":
        rig.settings["_spreadsheet"] += f'\naliases = {{ Phone = ["{more}"] }}'
        rig.config()
        assert init("Messy", "--yes")[0] == 0
        assert init("Messy", "--yes")[1].startswith("There is nothing to do")


def test_a_sheet_that_is_wide_to_its_edge_is_widened(rig: Rig, init: Say) -> None:
    book = rig.google.create_spreadsheet("Tight", "tight", worksheets=[("Leads", 40, 3)])
    rig.fill(book.worksheets[0], [["Email", "Phone", "Mine"]])
    assert init("tight", "--yes")[0] == 0
    assert titles(book.worksheets[0])[:3] == ["Email", "Phone", "Mine"]
    assert len(book.worksheets[0].columns) == 15


def test_the_panel_is_prepared_and_then_filled_by_the_daemon(rig: Rig, init: Say) -> None:
    book = make(rig, "prepared")
    rig.settings["_spreadsheet"] = 'id = "prepared"\nname = "New"\nevery = "1s"'
    rig.config()
    code, told = init("New", "--yes")
    assert (code, "let the spreadsheet work out NOW() every minute" in told) == (0, True)
    assert book.properties["autoRecalc"] == "MINUTE"
    panel = book.worksheets[3]
    assert titles(panel) == PANEL_HEADER
    assert [panel.cell(row, 0).value for row in range(1, len(Label) + 1)] == list(Label)
    assert panel.cell(1, 1).validation["condition"]["type"] == "BOOLEAN"
    assert panel.cell(2, 1).validation is None
    assert panel.cell(0, 1).note.startswith("How to use")
    assert [one.area for one in panel.protected] == [Area(0, None, 0, 1), Area(0, None, 2, 4)]
    assert [one.data["warningOnly"] for one in panel.protected] == [True, True]
    red = panel.rules[0]["booleanRule"]
    assert red["condition"]["values"] == [{"userEnteredValue": "syncd has not looked for "}]
    with rig.world.lock:
        people.set_checkbox(panel, 1, 1, True)
    rig.run()
    assert panel.cell(1, 2).value == "Paused"
    before = picture(book)
    assert NOTHING in init("New", "--yes")[1]
    assert picture(book) == before


def test_a_label_that_somebody_deleted_comes_back_below_all_the_rest(rig: Rig, init: Say) -> None:
    book = make(rig)
    assert init("new", "--yes")[0] == 0
    panel = book.worksheets[3]
    with rig.world.lock:
        people.delete_rows(panel, 1)
        people.type_cell(panel, 30, 0, "Our notes")
    code, told = init("new", "--yes")
    assert (code, "write the labels Pause in A32:A32" in told) == (0, True)
    assert panel.cell(31, 1).validation["condition"]["type"] == "BOOLEAN"
    assert NOTHING in init("new", "--yes")[1]


def test_a_spreadsheet_that_recalculates_by_itself_is_left_as_it_is(rig: Rig, init: Say) -> None:
    book = make(rig)
    book.properties["autoRecalc"] = "HOUR"
    assert init("new", "--yes")[0] == 0
    assert book.properties["autoRecalc"] == "HOUR"


# --- repeating, asking, looking only --------------------------------------------------------------


def test_a_second_run_says_there_is_nothing_to_do_and_writes_nothing(rig: Rig, init: Say) -> None:
    book, _ = fill_messily(rig)
    assert init("messy", "--yes")[0] == 0
    before, mark = picture(book), rig.mark
    code, told = init("messy")
    assert (code, NOTHING in told) == (0, True)
    assert writes(rig, mark) == 0
    assert picture(book) == before


def test_a_second_run_leaves_what_people_made_of_it(rig: Rig, init: Say) -> None:
    book = make(rig)
    assert init("new", "--yes")[0] == 0
    leads = book.worksheets[1]
    with rig.world.lock:
        people.rename_header(leads, 8, "E-mail")
        people.move_columns(leads, 1, 1, 20)
        leads.put(0, 5, replace(leads.cell(0, 5), note="Ours"))
        leads.frozen_rows = 2
        rule = leads.rules[0]["booleanRule"]
        leads.rules[0] = {"booleanRule": {**rule, "format": {"textFormat": {"bold": True}}}}
        leads.columns[3].size = 20
        people.insert_rows(leads, 1)
    before = picture(book)
    code, told = init("new", "--yes")
    assert (code, NOTHING in told) == (0, True)
    assert picture(book) == before


@pytest.mark.parametrize(
    ("options", "typed", "code", "said"),
    [
        (["--dry-run"], None, 0, "Nothing was changed: this was a dry run."),
        (["--dry-run", "--yes"], None, 0, "Nothing was changed: this was a dry run."),
        ([], "n\n", 0, "Nothing was changed."),
        ([], None, 2, "--yes: is needed where nobody can answer"),
    ],
)
def test_nothing_is_written_unless_somebody_says_so(
    rig: Rig, init: Say, options: list[str], typed: str | None, code: int, said: str
) -> None:
    book, _ = fill_messily(rig)
    before, mark = picture(book), rig.mark
    done, told = init("messy", *options, typed=typed)
    assert (done, said in told) == (code, True)
    assert "write the headers Prospect ID, First name, Job title" in told
    assert writes(rig, mark) == 0
    assert picture(book) == before


def test_what_is_shown_is_done_after_a_yes(rig: Rig, init: Say) -> None:
    book = make(rig)
    code, told = init("new", typed="y\n")
    assert (code, "Make these changes?" in told) == (0, True)
    assert titles(book.worksheets[1]) == LEAD_HEADER


def test_a_sheet_that_changes_while_somebody_looks_is_left_alone(
    rig: Rig, init: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = make(rig, "new", "Leads")

    def edit(*_: object, **__: object) -> bool:
        with rig.world.lock:
            people.type_cell(book.worksheets[0], 0, 0, "Email")
            people.type_cell(book.worksheets[0], 0, 1, "Phone")
        return True

    monkeypatch.setattr("typer.confirm", edit)
    mark = rig.mark
    code, told = init("new", typed="")
    assert (code, "the sheet changed meanwhile" in told) == (1, True)
    assert writes(rig, mark) == 0


# --- errors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ("none", f"Share the spreadsheet with {ACCOUNT} as an editor."),
        ("reader", f"{ACCOUNT} may not edit here. Share the spreadsheet with {ACCOUNT}"),
    ],
)
def test_who_may_not_edit_is_told_whom_to_share_with(
    rig: Rig, init: Say, role: Any, said: str
) -> None:
    book = make(rig)
    book.share(ACCOUNT, role)
    before = picture(book)
    code, told = init("new", "--yes")
    assert (code, said in told) == (1, True)
    assert picture(book) == before


def test_a_spreadsheet_that_is_not_there_is_told(rig: Rig, init: Say) -> None:
    code, told = init("https://docs.google.com/spreadsheets/d/nowhere/edit#gid=0", "--yes")
    assert (code, "There is no spreadsheet with this id" in told) == (1, True)
    assert ACCOUNT in told


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ((8, 9), "a protected range shuts syncd out of Email. Let syncd@sandbox.example edit"),
        ((14, 26), "A protected range shuts syncd out."),  # told by Google
    ],
)
def test_a_protected_range_that_is_in_the_way_is_told_and_nothing_is_done(
    rig: Rig, init: Say, columns: tuple[int, int], said: str
) -> None:
    book = make(rig, "new", "Leads")
    leads = book.worksheets[0]
    header = [*LEAD_HEADER[:9], *(f"Mine {number}" for number in range(5))]
    rig.fill(leads, [header])
    closed = Placed(1, Area(0, None, *columns), {"editors": {"users": ["sam@sales.example"]}})
    leads.protected.append(closed)
    before = picture(book)
    code, told = init("new", "--yes")
    assert (code, said in told) == (1, True)
    assert picture(book) == before


def test_what_is_not_plain_is_told_and_nothing_is_done(rig: Rig, init: Say) -> None:
    book = make(rig, "new", "Leads")
    rig.fill(book.worksheets[0], [["Email", "Find", "E-mail"]])
    before = picture(book)
    code, told = init("new", "--yes")
    assert (code, "“Email” stands more than once (A1 and C1)" in told) == (1, True)
    assert picture(book) == before


def test_wrong_words_and_a_broken_config_are_told(rig: Rig, init: Say) -> None:
    code, told = init("my sheet")
    assert (code, "or the name of one in the config: “Sales”" in told) == (2, True)
    (rig.folder / "config.toml").write_text('[google]\nbase_url = "http://elsewhere.example"\n')
    code, told = init()
    assert code == 78
    assert "google.credentials: this key is missing" in told
    assert "google.base_url: must be https" in told


@pytest.mark.parametrize(
    ("fault", "code", "said"),
    [
        ("drop_after", 0, "Done and read back"),
        ("drop_before", 1, "not all of it is there. Run it again."),
    ],
)
def test_an_answer_that_is_lost_is_looked_up(
    rig: Rig, init: Say, impatient: float, fault: Any, code: int, said: str
) -> None:
    book = make(rig)
    rig.world.faults.add(fault, vendor="sheets", path=":batchUpdate")
    done, told = init("new", "--yes")
    assert (done, said in told) == (code, True)
    assert writes(rig) == 1
    assert init("new", "--yes")[0] == 0
    assert titles(book.worksheets[1]) == LEAD_HEADER


# --- how it is named ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "named",
    [
        "Sales",
        SPREADSHEET,
        f"https://docs.google.com/spreadsheets/d/{SPREADSHEET}/edit?gid=0#gid=0",
        f"https://docs.google.com/spreadsheets/u/1/d/{SPREADSHEET}",
    ],
)
def test_a_spreadsheet_is_named_by_name_id_or_address_and_has_its_config(
    rig: Rig, init: Say, named: str
) -> None:
    rig.settings["_spreadsheet"] = (
        f'id = "{SPREADSHEET}"\nname = "Sales"\nleads = ["Leads", "EMEA"]\nrequests = []'
    )
    rig.config()
    code, told = init(named, "--dry-run")
    assert code == 0
    assert [line for line in told.splitlines() if line.startswith("  ") and line[2] != " "] == [
        "  Leads",
        "  EMEA",
        "  Syncd",
    ]


def test_only_the_part_for_google_is_needed(rig: Rig, init: Say, tmp_path: Path) -> None:
    book = make(rig)
    config = rig.folder / "config.toml"
    part = f'[google]\ncredentials = {{ file = "google.json" }}\nbase_url = "{rig.server.base_url}"'
    config.write_text(part)
    assert init("new", "--yes")[0] == 0
    assert titles(book.worksheets[1]) == LEAD_HEADER


# --- and then -------------------------------------------------------------------------------------


def test_the_daemon_buys_and_writes_on_a_sheet_that_init_prepared(rig: Rig, init: Say) -> None:
    book = make(rig, "prepared")
    rig.settings["_spreadsheet"] = 'id = "prepared"\nname = "New"\nevery = "1s"'
    rig.config()
    assert init("New", "--yes")[0] == 0
    leads, requests = book.worksheets[1:3]
    one = rig.person(email="one@found.example", phone="+12025550123")
    rig.seleqt.add_list("Fair", ids=rig.people(3))
    with rig.world.lock:
        people.type_cell(leads, 2, LEAD_HEADER.index("Prospect ID"), str(one))
        people.type_cell(leads, 2, LEAD_HEADER.index("Find"), "Email + phone")
        for column, text in (("Lead list", "Fair"), ("Find", "Email"), ("Max leads", "2")):
            people.type_cell(requests, 2, REQUEST_HEADER.index(column), text)
        people.set_checkbox(requests, 2, REQUEST_HEADER.index("Start"), True)
    rig.run()
    assert rig.by_prospect("Email", leads)[str(one)] == ["one@found.example"]
    assert rig.by_prospect("Phone", leads)[str(one)] == ["+12025550123"]
    emails = [value for value in rig.column("Email", leads) if value]
    assert sorted(map(str, emails)) == ["one@found.example", "p0@found.example", "p1@found.example"]
    assert rig.seleqt.meter.charged() == 3 + 30 + 2 * 3
    assert len(rig.rows(leads)) == 3 + 3  # the list's people stand right below the others
    assert NOTHING in init("New", "--yes")[1]


# --- whatever there was ---------------------------------------------------------------------------

SPELLINGS = [(column.name, *column.aliases) for column in LEAD_COLUMNS]
# Each column once, by any of its names: what stands twice is refused, and would test nothing here.
HEADERS = st.tuples(st.permutations(SPELLINGS), st.integers(1, 6)).flatmap(
    lambda drawn: st.tuples(*map(st.sampled_from, [*drawn[0][: drawn[1]], ("Umsatz",), ("",)]))
)
TEXTS = st.sampled_from(["", "", "Al", "x", "Phone", "Umsatz", "+44 7700 900001", "yes"])
VALUES = st.one_of(TEXTS, st.booleans(), st.integers(0, 9), st.just(Formula("=1+1")))
LOOKS = st.sampled_from(
    [
        None,
        {"textFormat": {"bold": True}},
        {"numberFormat": {"type": "DATE", "pattern": "yyyy"}},
        {"backgroundColor": {"red": 1}, "numberFormat": {"type": "TEXT"}},
    ]
)
RULES = st.sampled_from([None, None, LIST, {"condition": {"type": "BOOLEAN"}}])
CELLS = st.builds(
    lambda value, look, note, rule: Cell(value or None if value != 0 else 0, look, note, rule),
    VALUES,
    LOOKS,
    st.sampled_from([None, None, "mine"]),
    RULES,
)
SHAPES = st.fixed_dictionaries(
    {
        "columns": st.integers(3, 12),
        "header": HEADERS.flatmap(st.permutations),
        "above": st.integers(0, 3),
        "cells": st.dictionaries(st.tuples(st.integers(0, 7), st.integers(0, 11)), CELLS),
        "merges": st.lists(st.tuples(st.integers(0, 6), st.integers(0, 10)), max_size=2),
        "frozen": st.integers(0, 2),
        "hidden": st.sets(st.integers(0, 11), max_size=2),
        "wide": st.sets(st.integers(0, 11), max_size=2),
        "warned": st.lists(st.integers(0, 11), max_size=2),
        "ruled": st.lists(st.integers(0, 11), max_size=2),
        "filtered": st.booleans(),
    }
)


def build(rig: Rig, shape: dict[str, Any]) -> Spreadsheet:
    width = shape["columns"]
    rig.google.files.spreadsheets.pop("any", None)
    book = rig.google.create_spreadsheet(
        "Any",
        spreadsheet_id="any",
        worksheets=[("Mine", 5, 5), ("Leads", 12, width)],
    )
    leads = book.worksheets[1]
    for (row, column), cell in shape["cells"].items():
        if column < width:
            leads.put(row, column, cell)
    for column, text in enumerate(shape["header"][:width]):
        leads.put_value(shape["above"], column, text or None)
    book.has_formulas = True
    for row, column in shape["merges"][:1]:
        leads.merges.append(Area(row, row + 2, min(column, width - 2), min(column, width - 2) + 2))
    leads.frozen_rows = shape["frozen"]
    for column in shape["hidden"]:
        leads.columns[column % width].hidden = True
    for column in shape["wide"]:
        leads.columns[column % width].size = 200
    for number, column in enumerate(shape["warned"]):
        area = Area(0, 12, column % width, column % width + 1)
        leads.protected.append(Placed(900 + number, area, {"warningOnly": True}))
    for column in shape["ruled"]:
        check = {"type": "TEXT_CONTAINS", "values": [{"userEnteredValue": "a"}]}
        leads.rules.append({"booleanRule": {"condition": check, "format": {}}})
        leads.rule_areas.append((Area(0, 12, column % width, column % width + 1),))
    if shape["filtered"]:
        leads.filter = Placed(0, Area(0, 12, 0, width))
    return book


def check_kept(before: list[Any], after: list[Any]) -> None:
    """Hold that everything of the user's is as before; new things may stand beside it."""
    assert [one[0]["title"] for one in after][:2] == ["Mine", "Leads"]
    assert before[0] == after[0]
    facts, rows, columns = before[1]
    new_facts, new_rows, new_columns = after[1]
    for name in ("title", "sheet_id", "hidden", "merges", "filter", "groups", "frozen_columns"):
        assert new_facts[name] == facts[name]
    for name in ("protected", "rules", "rule_areas"):
        assert new_facts[name][: len(facts[name])] == facts[name]
    assert not facts["frozen_rows"] or new_facts["frozen_rows"] == facts["frozen_rows"]
    assert len(new_rows) == len(rows)
    used = {
        column
        for row in rows
        for column, entry in enumerate(row[-1])
        if as_cell(entry).value is not None
    }
    for column, line in enumerate(columns):
        size, *rest = new_columns[column]
        assert rest == list(line[1:])
        assert size == line[0] or column not in used
    headers = {number for number, (old, new) in enumerate(zip(rows, new_rows, strict=True))
               if values(new[-1]) != values(old[-1])}  # fmt: skip
    assert len(headers) <= 1
    for number, (old, new) in enumerate(zip(rows, new_rows, strict=True)):
        assert old[:-1] == new[:-1]
        for column in range(len(columns)):
            check_cell(cell_at(old, column), cell_at(new, column), header=number in headers)
            if column in used:
                assert cell_at(old, column).value == cell_at(new, column).value


def check_cell(old: Cell, new: Cell, *, header: bool) -> None:
    if not header:
        assert new.value == old.value
    assert old.value is None or (type(new.value), new.value) == (type(old.value), old.value)
    assert old.note is None or new.note == old.note
    assert old.validation is None or new.validation == old.validation
    kept, look = dict(old.format or {}), dict(new.format or {})
    if old.value is None and "numberFormat" not in kept:
        look.pop("numberFormat", None)
    if header and old.value is None and new.value is not None:
        kept.pop("textFormat", None)
        look.pop("textFormat", None)
    assert look == kept


def cell_at(row: tuple[Any, ...], column: int) -> Cell:
    cells = row[-1]
    return as_cell(cells[column] if column < len(cells) else None)


def values(cells: tuple[Any, ...]) -> dict[int, object]:
    held = {column: as_cell(entry).value for column, entry in enumerate(cells)}
    return {column: value for column, value in held.items() if value is not None}


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(shape=SHAPES)
def test_whatever_a_sheet_held_is_as_before_and_a_second_run_does_nothing(
    rig: Rig, sheet: GoogleSpreadsheet, shape: dict[str, Any]
) -> None:
    book = build(rig, shape)
    before = picture(book)
    plan = prepare(sheet)
    after = picture(book)
    event("refused" if plan.problems else "prepared")
    if plan.problems:
        assert after == before
        return
    check_kept(before, after)
    assert prepare(sheet).steps == []


@pytest.fixture
def sheet(rig: Rig) -> GoogleSpreadsheet:
    """Connect once: to read a private key takes longer than a whole example."""
    return GoogleSpreadsheet(
        name="Any",
        spreadsheet_id="any",
        account=rig.google.service_account(rig.server.base_url),
        base_url=rig.server.base_url,
        reads=Pace(0),
        writes=Pace(0),
    )


def prepare(sheet: GoogleSpreadsheet) -> Plan:
    """Do what the command does with ``--yes``, and return its plan."""
    plan = plan_setup(read_book(sheet, {"Leads"}), [Wanted(title="Leads", layout=LEADS)], [7])
    if plan.steps:
        take_steps(sheet, plan.steps)
    return plan
