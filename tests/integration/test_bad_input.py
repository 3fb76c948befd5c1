"""What people really type, paste and forget, in the sheet and in the config.

Whatever stands in a cell becomes a sentence in its own row; whatever stands in the config becomes a
list of problems. Neither costs a credit, and no human's word is written over.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from rig import LEAD_HEADER, REQUEST_HEADER, Rig, bought_here, lead, request
from structlog.testing import capture_logs

from syncd.config import load
from syncd.core import status
from syncd.errors import ConfigError
from syncd.sandbox.sheets import people
from syncd.sandbox.sheets.model import Formula

FOUND = status.FOUND.format(what="email")
FREE = bought_here()
HAS = status.ALREADY_HAS.format(a_what="an email")


def put(rig: Rig, row: int, column: str, text: str) -> None:
    """Type into a cell of Leads, as a person would."""
    with rig.world.lock:
        people.type_cell(rig.leads, row, LEAD_HEADER.index(column), text)


def status_of(rig: Rig, *rows: dict[str, object]) -> list[object]:
    """Serve these rows of Leads, and return what their Status cells say then."""
    rig.fill(rig.leads, [lead(**row) for row in rows], first=1)
    rig.run()
    said = rig.column("Status")
    return said + [""] * (len(rows) - len(said))


# --- headers ------------------------------------------------------------------------------------

REQUIRED = ["Prospect ID", "Find", "Email", "Phone", "Status", "Key"]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_header_stops_the_worksheet_with_its_name(rig: Rig, name: str) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    with rig.world.lock:
        people.rename_header(rig.leads, LEAD_HEADER.index(name), "Something else")
    before = rig.rows()
    with rig.app() as engine, capture_logs() as log:
        report = rig.cycle(engine)
    [problem] = report.problems
    assert problem == (
        f'The worksheet “Leads” is left alone: The header "{name}" is missing in row 1.'
    )
    assert [e["log_level"] for e in log if e.get("reason") == problem] == ["warning"]
    assert rig.rows() == before
    assert rig.seleqt.meter.charged() == 0


@pytest.mark.parametrize("name", ["Email", "Key", "Status", "First name"])
def test_a_doubled_header_stops_the_worksheet_rather_than_guess(rig: Rig, name: str) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    with rig.world.lock:
        people.type_cell(rig.leads, 0, len(LEAD_HEADER) + 1, f" {name.upper()} ")
    with rig.app() as engine:
        [problem] = rig.cycle(engine).problems
    assert problem.endswith(
        f'The header "{name}" stands more than once in row 1. Rename or remove one of them.'
    )
    assert rig.seleqt.meter.charged() == 0


def test_one_bad_worksheet_does_not_stop_the_other(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(1))
    rig.fill(rig.requests, [request(**{"Lead list": "Fair", "Find": "Email"})], first=1)
    with rig.world.lock:
        people.rename_header(rig.leads, 0, "ID")
    with rig.app() as engine:
        rig.settle(engine)
    assert rig.column("Status", rig.requests) == [status.HOLD_WORKSHEET]


@pytest.mark.parametrize(
    "changes",
    [
        {"Email": "E-Mail", "Phone": "PHONE  NUMBER", "Find": "search FOR"},
        {"Prospect ID": "Seleqt ID"},
        {"Status": "\u00a0Status "},
    ],
)
def test_a_header_is_known_by_its_aliases_in_any_case_and_spacing(
    rig: Rig, changes: dict[str, str]
) -> None:
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    with rig.world.lock:
        for name, text in changes.items():
            people.rename_header(rig.leads, LEAD_HEADER.index(name), text)
    rig.run()
    row = dict(zip(LEAD_HEADER, rig.rows()[1], strict=False))
    assert (row["Email"], row["Status"]) == ("p0@found.example", FOUND)


def test_a_header_renamed_to_an_own_word_is_known_when_the_config_says_so(rig: Rig) -> None:
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    with rig.world.lock:
        people.rename_header(rig.leads, LEAD_HEADER.index("Email"), "Mailadresse")
    rig.settings["_spreadsheet"] = (
        'id = "sheet-under-test"\nname = "Sales"\naliases = { Email = ["Mailadresse"] }'
    )
    rig.run()
    assert rig.rows()[1][LEAD_HEADER.index("Email")] == "p0@found.example"


def test_columns_may_stand_anywhere_below_a_title_and_beside_strangers(rig: Rig) -> None:
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    with rig.world.lock:
        people.insert_rows(rig.leads, 0, 2)
        people.type_cell(rig.leads, 0, 0, "Our leads, spring")
        people.insert_columns(rig.leads, 0, 1)
        people.type_cell(rig.leads, 3, 0, "a note")
        people.move_columns(rig.leads, LEAD_HEADER.index("Email") + 1, 1, 1)
    rig.run()
    assert rig.rows()[3][:3] == ["a note", "p0@found.example", person]


# --- rows ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"First name": "Ada", "Company": "Firma"}, ""),
        ({"Prospect ID": 1001}, ""),
        ({"Find": "Email"}, "Add the Prospect ID of this person."),
        ({"Find": "Email", "First name": "Ada"}, "Add the Prospect ID of this person."),
        (
            {"Prospect ID": "Ada", "Find": "Email"},
            "“Ada” is not a Prospect ID: it must be a whole number.",
        ),
        (
            {"Prospect ID": 1001.5, "Find": "Email"},
            "“1001.5” is not a Prospect ID: it must be a whole number.",
        ),
        (
            {"Prospect ID": -1001, "Find": "Email"},
            "“-1001” is not a Prospect ID: it must be a whole number.",
        ),
        (
            {"Prospect ID": 0, "Find": "Email"},
            "“0” is not a Prospect ID: it must be a whole number.",
        ),
        (
            {"Prospect ID": True, "Find": "Email"},
            "“TRUE” is not a Prospect ID: it must be a whole number.",
        ),
        (
            {"Prospect ID": "9" * 30, "Find": "Email"},
            f"“{'9' * 30}” is not a Prospect ID: it must be a whole number.",
        ),
        (
            {"Prospect ID": 1001, "Find": "Fax"},
            "Find says “Fax”. Pick one of the choices in the list.",
        ),
        (
            {"Prospect ID": 1001, "Find": 7},
            "Find says “7”. Pick one of the choices in the list.",
        ),
        (
            {"Prospect ID": 1001, "Find": True},
            "Find says “TRUE”. Pick one of the choices in the list.",
        ),
        (
            {"Prospect ID": 1001, "Find": "x" * 500},
            f"Find says “{'x' * 40}”. Pick one of the choices in the list.",
        ),
        (
            {"Prospect ID": 424242, "Find": "Email"},
            status.UNKNOWN.format(prospect=424242),
        ),
        (
            {"Prospect ID": 1001, "Find": "Phone"},
            status.READY.format(credits=30, what="phone"),
        ),
        ({"Prospect ID": " 1001 ", "Find": " eMAIL "}, FOUND),
        ({"Prospect ID": "1001", "Find": "E m a i l"}, FOUND),
        ({"Prospect ID": 1001.0, "Find": "email (WATERFALL)"}, FOUND),
    ],
)
def test_whatever_is_wrong_with_a_row_is_said_in_the_row(
    rig: Rig, row: dict[str, object], says: str
) -> None:
    rig.people(1)
    rig.settings["buying"] = 'ask_first = ["phone"]\nsettle_after = "0s"'
    assert status_of(rig, row) == [says]
    assert (rig.seleqt.meter.charged() > 0) == (says == FOUND)
    assert rig.totals()["reserved"] == 0


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("=1000+1", FOUND),
        ('="10"&"01"', FOUND),
        ("=1/0", "The Prospect ID shows #DIV/0!. Mend its formula."),
        ("=NOSUCH(1)", "The Prospect ID shows #NAME?. Mend its formula."),
        ("2026-01-02", "“2026-01-02” is not a Prospect ID: it must be a whole number."),
        ("=1=1", "“TRUE” is not a Prospect ID: it must be a whole number."),
        ("1,001", FOUND),
    ],
)
def test_a_formula_counts_as_what_it_shows(rig: Rig, formula: str, says: str) -> None:
    rig.people(1)
    put(rig, 1, "Prospect ID", formula)
    put(rig, 1, "Find", "Email")
    rig.run()
    assert rig.column("Status") == [says]


def test_a_row_typed_cell_by_cell_says_what_is_missing_and_is_bought_when_complete(
    rig: Rig,
) -> None:
    [person] = rig.people(1)
    steps = [("Find", "Email"), ("Prospect ID", str(person)[:2]), ("Prospect ID", str(person))]
    said = []
    with rig.app() as engine:
        for column, text in steps:
            put(rig, 1, column, text)
            rig.settle(engine)
            said.append(rig.column("Status")[0])
    assert said == [
        "Add the Prospect ID of this person.",
        status.UNKNOWN.format(prospect=10),
        FOUND,
    ]
    assert rig.column("Email") == ["p0@found.example"]
    assert rig.seleqt.meter.charged() == 3


def test_a_mended_row_loses_its_complaint(rig: Rig) -> None:
    rig.people(1)
    assert status_of(rig, {"Prospect ID": 1001, "Find": "Fax"}) != [""]
    put(rig, 1, "Find", "")
    rig.run()
    assert rig.column("Status") == [""]


def test_copied_rows_are_served_like_their_original_for_nothing(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    with rig.world.lock:  # the whole row, with its key and its answers
        people.copy_paste(rig.leads, 1, 2, 0, len(LEAD_HEADER), 2, 0)
        people.copy_paste(rig.leads, 1, 2, 0, len(LEAD_HEADER), 7, 0)
    rig.run()
    keys = [key for key in rig.column("Key") if key]
    assert len(keys) == len(set(keys)) == 3
    assert [text for text in rig.column("Email") if text] == ["p0@found.example"] * 3
    assert [text for text in rig.column("Status") if text] == [FOUND, FREE, FREE]
    assert rig.seleqt.meter.charged() == 3


def test_a_row_copied_while_its_search_runs_is_bought_once_for_both(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    with rig.app() as engine:
        rig.cycle(engine)
        rig.cycle(engine)
        with rig.world.lock:
            people.copy_paste(rig.leads, 1, 2, 0, len(LEAD_HEADER), 2, 0)
        rig.settle(engine)
    assert rig.column("Email") == ["p0@found.example"] * 2
    assert rig.column("Status") == [FOUND, FREE]
    assert rig.seleqt.meter.charged() == 3


def test_a_copied_row_made_another_person_s_is_that_person_s(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.run()
    with rig.world.lock:
        people.copy_paste(rig.leads, 1, 2, 0, len(LEAD_HEADER), 2, 0)
        people.type_cell(rig.leads, 2, 0, str(second))
    rig.run()
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.column("Status") == [FOUND, FOUND]
    assert rig.seleqt.meter.charged() == 6


# --- a human's words ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "typed"),
    [("Email", "ada@firma.example"), ("Email", "ask Bob"), ("Phone", "+442071234567 (desk)")],
)
def test_a_value_that_a_human_typed_is_neither_bought_nor_written_over(
    rig: Rig, column: str, typed: str
) -> None:
    [person] = rig.people(1, phone="+12025550123")
    rig.fill(
        rig.leads,
        [lead(**{"Prospect ID": person, "Find": "Email + phone", column: typed})],
        first=1,
    )
    rig.run()
    assert rig.column(column) == [typed]
    bought = {"Email": ("Phone", "+12025550123", 30), "Phone": ("Email", "p0@found.example", 3)}
    other, value, credits = bought[column]
    assert rig.column(other) == [value]
    assert rig.seleqt.meter.charged() == credits


@pytest.mark.parametrize("column", ["Email", "Status", "Credits", "Updated"])
def test_what_a_human_types_into_our_cell_during_the_search_stays(rig: Rig, column: str) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    with rig.app() as engine:
        rig.cycle(engine)
        rig.cycle(engine)
        put(rig, 1, column, "mine, thank you")
        rig.settle(engine)
    assert rig.column(column) == ["mine, thank you"]
    assert rig.seleqt.meter.charged() == 3
    if column != "Email":
        assert rig.column("Email") == ["p0@found.example"]


def test_a_human_s_correction_of_a_found_address_is_kept(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    put(rig, 1, "Email", "better@firma.example")
    rig.run()
    assert rig.column("Email") == ["better@firma.example"]
    beside = "Found p0@found.example for this person; your own email stays."
    assert rig.column("Status") == [beside]
    assert rig.seleqt.meter.charged() == 3


def test_a_human_s_text_in_a_row_that_asks_for_nothing_is_left_alone(rig: Rig) -> None:
    row = {"Prospect ID": 1, "Email": "x", "Phone": "y", "Status": "called on Monday", "Credits": 9}
    assert status_of(rig, row) == ["called on Monday"]
    assert rig.rows()[1] == [*lead(**row), *[""] * (20 - len(LEAD_HEADER))]


def test_a_status_that_a_human_wrote_first_is_left_and_the_value_arrives(rig: Rig) -> None:
    [person] = rig.people(1)
    row = {"Prospect ID": person, "Find": "Email", "Status": "hot lead!"}
    assert status_of(rig, row) == ["hot lead!"]
    assert rig.column("Email") == ["p0@found.example"]


# --- list requests ------------------------------------------------------------------------------


def run_request(rig: Rig, **cells: object) -> object:
    rig.fill(rig.requests, [request(**{"Start": True, "Find": "Email", **cells})], first=1)
    rig.run()
    return rig.column("Status", rig.requests)[0]


def make_lists(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(2))
    rig.seleqt.add_list("Firms", "COMPANY", ids=[rig.seleqt.add_company("Firma")])
    rig.seleqt.add_list("Twins", ids=rig.people(1))
    rig.seleqt.add_list("Twins")
    rig.seleqt.add_list("Empty")


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"Lead list": "Nowhere"}, status.REQUEST_NO_LIST.format(lead_list="Nowhere")),
        ({"Lead list": "fair"}, status.REQUEST_NO_LIST.format(lead_list="fair")),
        ({"Lead list": 99}, status.REQUEST_NO_LIST.format(lead_list="99")),
        ({"Lead list": "Firms"}, status.REQUEST_COMPANIES.format(lead_list="Firms")),
        ({"Lead list": 302}, status.REQUEST_COMPANIES.format(lead_list="302")),
        ({"Lead list": "Twins"}, status.REQUEST_MANY_LISTS.format(lead_list="Twins")),
        ({"Lead list": "Empty"}, status.REQUEST_EMPTY.format(lead_list="Empty")),
        ({}, "Name a Seleqt lead list, or give its number."),
        ({"Lead list": "Fair", "Find": ""}, "Pick in Find what to look for."),
        (
            {"Lead list": "Fair", "Find": "Fax"},
            "Find says “Fax”. Pick one of the choices in the list.",
        ),
        (
            {"Lead list": "Fair", "Max leads": "a few"},
            "Max leads says “a few”. Type a whole number, or leave it empty.",
        ),
        (
            {"Lead list": "Fair", "Max credits": -5},
            "Max credits says “-5”. Type a whole number, or leave it empty.",
        ),
        (
            {"Lead list": "Fair", "Max credits": 1.5},
            "Max credits says “1.5”. Type a whole number, or leave it empty.",
        ),
        ({"Lead list": "Fair", "Start": ""}, status.REQUEST_READY),
        ({"Lead list": "Fair", "Start": "no"}, status.REQUEST_READY),
        ({"Lead list": "#N/A"}, "The lead list shows #N/A. Mend its formula."),
    ],
)
def test_whatever_is_wrong_with_a_request_is_said_in_its_row_and_costs_nothing(
    rig: Rig, cells: dict[str, object], says: str
) -> None:
    make_lists(rig)
    assert run_request(rig, **cells) == says
    assert rig.seleqt.meter.charged() == 0
    assert len(rig.rows()) == 1  # nobody was imported


def test_a_list_of_two_with_one_name_is_told_apart_by_its_number(rig: Rig) -> None:
    make_lists(rig)
    assert run_request(rig, **{"Lead list": 303}) == status.REQUEST_DONE.format(worksheet="Leads")
    assert rig.column("Prospect ID") == ["1003"]


def test_a_request_that_was_mended_goes_on_with_a_new_tick(rig: Rig) -> None:
    make_lists(rig)
    run_request(rig, **{"Lead list": "fair"})
    with rig.world.lock:
        people.type_cell(rig.requests, 1, REQUEST_HEADER.index("Lead list"), "Fair")
    rig.run()
    assert rig.column("Status", rig.requests) == [status.REQUEST_CHANGED]
    for tick in (False, True):
        with rig.world.lock:
            rig.requests.put_value(1, REQUEST_HEADER.index("Start"), tick)
        rig.run()
    assert rig.column("Status", rig.requests) == [status.REQUEST_DONE.format(worksheet="Leads")]
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.seleqt.meter.charged() == 6


def test_a_list_that_is_made_after_it_was_asked_for_is_found(rig: Rig) -> None:
    assert run_request(rig, **{"Lead list": "Fair"}) == status.REQUEST_NO_LIST.format(
        lead_list="Fair"
    )
    rig.seleqt.add_list("Fair", ids=rig.people(1))
    with rig.app() as engine:
        for _ in range(4):
            rig.ahead += timedelta(minutes=20)
            rig.settle(engine)
    assert rig.column("Email") == ["p0@found.example"]


# --- whole columns, half a sheet ------------------------------------------------------------------


def serve(rig: Rig, count: int = 6) -> list[int]:
    """Have that many people found, with the rig's own run."""
    ids = rig.people(count)
    rig.ask(*((person, "Email") for person in ids))
    rig.run()
    assert rig.column("Status") == [FOUND] * count
    return ids


def clear(rig: Rig, column: str, *, header: bool = False) -> None:
    at = LEAD_HEADER.index(column)
    with rig.world.lock:
        people.clear_cells(rig.leads, 0 if header else 1, 200, at, at + 1)


@pytest.mark.parametrize("column", ["Email", "Status", "Credits", "Key"])
def test_a_column_of_ours_that_somebody_clears_is_filled_again_for_nothing(
    rig: Rig, column: str
) -> None:
    serve(rig)
    before = {name: rig.column(name) for name in LEAD_HEADER if name != "Updated"}
    clear(rig, column)
    rig.run()
    assert {name: rig.column(name) for name in before} == before
    assert rig.seleqt.meter.charged() == 18


@pytest.mark.parametrize("column", ["Email", "Status", "Key"])
def test_a_column_of_ours_that_somebody_deletes_is_told_and_filled_again_once_it_is_back(
    rig: Rig, column: str
) -> None:
    serve(rig)
    before = {name: rig.column(name) for name in LEAD_HEADER if name != "Updated"}
    at = LEAD_HEADER.index(column)
    with rig.world.lock:
        people.delete_columns(rig.leads, at, 1)
    shown = rig.rows()
    with rig.app() as engine:
        [problem] = engine.cycle().problems
        assert f'The header "{column}" is missing in row 1.' in problem
        assert rig.rows() == shown
        with rig.world.lock:
            people.type_cell(rig.leads, 0, len(LEAD_HEADER) + 2, column)
        rig.settle(engine)
    assert {name: rig.column(name) for name in before} == before
    assert rig.seleqt.meter.charged() == 18


def test_a_cleared_header_row_is_told_and_nothing_is_lost_once_it_is_typed_again(rig: Rig) -> None:
    serve(rig)
    before = rig.rows()
    with rig.world.lock:
        people.clear_cells(rig.leads, 0, 1, 0, len(LEAD_HEADER))
    cleared = rig.rows()
    with rig.app() as engine:
        [problem] = engine.cycle().problems
        assert "is missing in the first rows" in problem
        assert rig.rows() == cleared
        with rig.world.lock:
            people.paste_rows(rig.leads, 0, [list(LEAD_HEADER)], 0)
        rig.settle(engine)
    assert rig.rows() == before
    assert rig.seleqt.meter.charged() == 18


def test_half_of_the_sheet_pasted_over_is_answered_for_who_stands_there_now(rig: Rig) -> None:
    ids = serve(rig)
    others = [rig.person(email=f"other{number}@found.example") for number in range(2)]
    with rig.world.lock:  # two new people, and one who stands further down as well
        texts = [[str(person)] for person in (*others, ids[5])]
        people.paste_rows(rig.leads, 1, texts, 0)
    rig.run()
    emails = [*(f"other{number}" for number in range(2)), "p5", "p3", "p4", "p5"]
    assert rig.column("Email") == [f"{name}@found.example" for name in emails]
    assert rig.column("Status") == [FOUND, FOUND, FREE, FOUND, FOUND, FOUND]
    assert rig.seleqt.meter.charged() == 18 + 6


def test_rows_pasted_with_foreign_keys_and_results_are_rows_of_their_own(rig: Rig) -> None:
    ids = serve(rig, 4)
    keys = rig.column("Key")
    with rig.world.lock:  # all cells of the first two rows, over the last two
        people.copy_paste(rig.leads, 1, 3, 0, len(LEAD_HEADER), 3, 0)
    rig.run()
    assert rig.column("Prospect ID") == [ids[0], ids[1], ids[0], ids[1]]
    assert len(set(rig.column("Key"))) == 4
    assert rig.column("Key")[:2] == keys[:2]
    assert rig.column("Status") == [FOUND, FOUND, FREE, FREE]
    assert rig.seleqt.meter.charged() == 12


# --- texts that are too long, formulas ------------------------------------------------------------

LONG = "x" * 50_000  # the most that a cell of Google's holds


@pytest.mark.parametrize(
    ("column", "says"),
    [
        ("Prospect ID", status.PROSPECT_ODD.format(typed="x" * 40)),
        ("Find", status.FIND_ODD.format(typed="x" * 40)),
        ("First name", FOUND),
        ("Company", FOUND),
        ("LinkedIn URL", FOUND),
        ("Status", LONG),
        ("Email", HAS),
    ],
)
def test_a_cell_that_is_as_long_as_can_be_is_the_business_of_its_row_alone(
    rig: Rig, column: str, says: str
) -> None:
    first, second = rig.people(2)
    rig.fill(
        rig.leads,
        [
            lead(**{"Prospect ID": first, "Find": "Email", column: LONG}),
            lead(**{"Prospect ID": second, "Find": "Email"}),
        ],
        first=1,
    )
    rig.run()
    assert rig.column("Status") == [says, FOUND]
    assert rig.column(column)[0] == LONG
    rig.run()
    assert rig.column("Status") == [says, FOUND]


def test_formulas_in_inputs_count_as_what_they_show_and_stay(rig: Rig) -> None:
    [person] = rig.people(1)
    cells = {
        "Prospect ID": f"={person}+0",
        "Find": '="Email"',
        "Approve": "=1=1",
        "First name": '="Ada"',
    }
    with rig.world.lock:
        for column, formula in cells.items():
            people.type_cell(rig.leads, 1, LEAD_HEADER.index(column), formula)
    rig.settings["buying"] = 'ask_first = ["email"]\nsettle_after = "0s"'
    rig.run()
    assert rig.column("Email") == ["p0@found.example"]
    for column, formula in cells.items():
        assert rig.leads.cell(1, LEAD_HEADER.index(column)).value == Formula(formula)


def test_a_formula_in_our_own_cell_is_a_humans(rig: Rig) -> None:
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    put(rig, 1, "Email", '="a"&"@own.example"')
    rig.run()
    assert rig.column("Status") == [HAS]
    assert isinstance(rig.leads.cell(1, LEAD_HEADER.index("Email")).value, Formula)
    assert rig.seleqt.meter.charged() == 0


# --- shut out -----------------------------------------------------------------------------------


def shut(rig: Rig, how: str) -> str:
    """Shut syncd out, and return what it should say of that."""
    with rig.world.lock:
        if how == "read-only":
            rig.book.share(rig.google.tokens.email, "reader")
            return "may not edit here"
        people.protect(rig.leads, 2, 3)
        return "A protected range shuts syncd out"


@pytest.mark.parametrize("how", ["read-only", "a row"])
def test_who_shuts_syncd_out_is_told_and_nothing_is_bought_for_new_rows(rig: Rig, how: str) -> None:
    rig.ask(*((person, "Email") for person in rig.people(3)))
    before = rig.rows()
    says = shut(rig, how)
    with rig.app() as engine:
        for _ in range(3):
            report = engine.cycle()
            assert report.failed
            assert says in report.problems[0]
        assert rig.rows() == before
        assert rig.seleqt.meter.charged() == 0
        with rig.world.lock:
            rig.book.share(rig.google.tokens.email, "writer")
            rig.leads.protected.clear()
        rig.settle(engine)
    assert rig.column("Status") == [FOUND] * 3
    assert rig.seleqt.meter.charged() == 9


def test_a_sheet_that_refuses_writes_is_bought_nothing_more_for_and_no_result_is_lost(
    rig: Rig,
) -> None:
    ids = rig.people(8)
    rig.ask(*((person, "Email") for person in ids[:3]))

    def replace(row: int) -> None:  # in rows that have their keys already
        put(rig, row, "Prospect ID", str(ids[row + 2]))

    with rig.app() as engine:
        rig.settle(engine)
        with rig.world.lock:
            people.protect(rig.leads)
        replace(1)
        engine.cycle()
        assert rig.seleqt.meter.charged() == 12  # nobody had said so before
        replace(2)
        replace(3)
        for _ in range(3):
            rig.hurry()
            report = engine.cycle()
            assert "A protected range shuts syncd out" in report.problems[0]
        assert rig.seleqt.meter.charged() == 12
        with rig.world.lock:
            rig.leads.protected.clear()
        rig.settle(engine)
    assert rig.column("Email") == [f"p{number}@found.example" for number in range(3, 6)]
    assert rig.seleqt.meter.charged() == 18


# --- a lot --------------------------------------------------------------------------------------


def test_two_thousand_pasted_rows_stay_within_the_caps_and_each_says_where_it_stands(
    tmp_path: Path,
) -> None:
    with Rig(tmp_path, rows=2200, balance=100_000) as rig:
        ids = rig.people(2000)
        with rig.world.lock:
            people.paste_rows(rig.leads, 1, [[str(person)] for person in ids], 0)
            at = LEAD_HEADER.index("Find")
            people.paste_rows(rig.leads, 1, [["Email"]] * 2000, at)
        rig.run(caps='time_zone = "Europe/Berlin"\nper_day = 300\nper_month = 20000')
        said = rig.column("Status")
        assert said.count(FOUND) == 100
        assert said.count(status.WAITING["day"]) == 1900
        assert rig.seleqt.meter.charged() == 300
        assert rig.totals() == {"settled": 300, "reserved": 0}
        keys = rig.column("Key")
        assert len(set(keys)) == 2000
        emails = rig.column("Email")
        assert [text for text in emails if text] == [
            f"p{number}@found.example" for number in range(100)
        ]


# --- the config ---------------------------------------------------------------------------------

Change = Callable[[str], str]


def after(section: str, line: str) -> Change:
    return lambda text: text.replace(f"[{section}]\n", f"[{section}]\n{line}\n")


def instead(old: str, new: str) -> Change:
    def change(text: str) -> str:
        assert old in text, text
        return text.replace(old, new)

    return change


WRONG: dict[str, tuple[Change, str]] = {
    "an unknown key": (
        after("caps", "per_dya = 3"),
        'caps.per_dya: this key is unknown; did you mean "per_day"?',
    ),
    "an unknown part": (
        after("daemon", "[bying]"),
        'bying: this key is unknown; did you mean "buying"?',
    ),
    "a missing key": (instead("per_day = 5000\n", ""), "caps.per_day: this key is missing"),
    "a missing part": (
        instead("[ledger]\npath = ", "[daemon2]\nx = "),
        "ledger: this key is missing",
    ),
    "a text for a number": (instead("per_day = 5000", 'per_day = "5000"'), "caps.per_day: "),
    "a fraction": (instead("per_day = 5000", "per_day = 5000.5"), "caps.per_day: "),
    "a negative cap": (instead("per_day = 5000", "per_day = -1"), "caps.per_day: "),
    "a boolean cap": (instead("per_day = 5000", "per_day = true"), "caps.per_day: "),
    "a time zone": (
        instead("Europe/Berlin", "Mars/Phobos"),
        'caps.time_zone: name a time zone, such as "Europe/Berlin"',
    ),
    "a duration": (
        instead('settle_after = "0s"', "settle_after = 30"),
        "buying.settle_after: write a number and a unit, such as",
    ),
    "a kind": (
        instead("ask_first = []", 'ask_first = ["fax"]'),
        "must be one of email, email-waterfall, phone",
    ),
    "a kind's cap": (after("caps", "per_kind_and_day = { fax = 3 }"), "must be one of email"),
    "a batch size": (after("buying", "batch_size = 500"), "buying.batch_size: "),
    "a mode": (after("seleqt", 'mode = "later"'), "seleqt.mode: "),
    "a literal secret": (
        instead('key = { file = "seleqt.key" }', 'key = "abcd1234.very-secret"'),
        "seleqt.key: a secret is never written here: say where it is",
    ),
    "a literal account": (
        instead('credentials = { file = "google.json" }', "credentials = '{\"private_key\": 1}'"),
        "google.credentials: a secret is never written here",
    ),
    "two places for a secret": (
        instead('{ file = "seleqt.key" }', '{ file = "seleqt.key", env = "KEY" }'),
        "seleqt.key: name exactly one of credential, file and env",
    ),
    "no place for a secret": (
        instead('{ file = "seleqt.key" }', "{}"),
        "seleqt.key: name exactly one of credential, file and env",
    ),
    "both schedules": (
        instead('every = "1s"', 'every = "1s"\ncron = "0 7 * * *"'),
        "spreadsheet[1]: give either every or cron, not both",
    ),
    "a short cron": (instead('every = "1s"', 'cron = "0 7"'), "spreadsheet[1].cron: needs five"),
    "a hectic schedule": (
        instead('every = "1s"', 'every = "0s"'),
        "spreadsheet[1].every: must be at least 1s",
    ),
    "no worksheet": (
        instead('every = "1s"', "leads = []"),
        "spreadsheet[1].leads: names no worksheet",
    ),
    "a URL for an id": (
        instead('id = "sheet-under-test"', 'id = "https://docs.google.com/spreadsheets/d/x"'),
        "spreadsheet[1].id: ",
    ),
    "one spreadsheet twice": (
        lambda text: text + '\n[[spreadsheet]]\nid = "sheet-under-test"\nname = "Other"\n',
        "two spreadsheets have the id sheet-under-test",
    ),
    "no spreadsheet": (lambda text: text.partition("[[spreadsheet]]")[0], "spreadsheet: "),
    "no TOML": (lambda text: text + "\nper_day == 3", "is not valid TOML: "),
}


@pytest.mark.parametrize(("change", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_config_is_refused_with_file_key_and_mend(
    rig: Rig, change: Change, problem: str
) -> None:
    path = rig.config()
    path.write_text(change(path.read_text()))
    with pytest.raises(ConfigError) as caught:
        load(path)
    told = "\n".join(caught.value.problems)
    place = re.compile(rf"{re.escape(str(path))}(:\d+)?: ")
    assert all(place.match(line) for line in caught.value.problems)
    assert problem in told
    assert "very-secret" not in told
    assert "private_key" not in told


def test_all_problems_are_told_at_once(rig: Rig) -> None:
    path = rig.config()
    text = path.read_text().replace("per_day = 5000", 'per_day = "x"').replace("Europe", "Nowhere")
    path.write_text(text.replace('every = "1s"', 'evry = "1s"') + "\n[extra]\n")
    with pytest.raises(ConfigError) as caught:
        load(path)
    told = "\n".join(caught.value.problems)
    assert len(caught.value.problems) == 4
    for key in ("caps.per_day", "caps.time_zone", "spreadsheet[1].evry", "extra"):
        assert f"{key}: " in told


def spoil_private_key(folder: Path) -> None:
    path = folder / "google.json"
    account = json.loads(path.read_text())
    path.write_text(json.dumps({**account, "private_key": "-----BEGIN PRIVATE KEY-----\nAAAA\n"}))


SPOILED: dict[str, tuple[Callable[[Path], object], str]] = {
    "no config": (lambda folder: (folder / "config.toml").unlink(), "cannot be read"),
    "no key": (lambda folder: (folder / "seleqt.key").unlink(), "cannot be read: No such file"),
    "an empty key": (lambda folder: (folder / "seleqt.key").write_text(" \n"), "is empty"),
    "a binary key": (lambda folder: (folder / "seleqt.key").write_bytes(b"\xff\x00"), "not text"),
    "no JSON": (
        lambda folder: (folder / "google.json").write_text("{"),
        "google.credentials: is not a service-account JSON file",
    ),
    "a person's JSON": (
        lambda folder: (folder / "google.json").write_text('{"type": "authorized_user"}'),
        "google.credentials: is not a service-account JSON file",
    ),
    "a broken private key": (spoil_private_key, "google.credentials: "),
}


@pytest.mark.parametrize(("spoil", "problem"), SPOILED.values(), ids=SPOILED)
def test_the_real_program_leaves_with_78_and_says_why_without_a_trace(
    rig: Rig, spoil: Callable[[Path], object], problem: str
) -> None:
    path = rig.config()
    spoil(rig.folder)
    told = run_program(path, 78)
    assert problem in told
    assert rig.world.journal.last == 0


WRONG_LINES = ("per_day = ", "key = ")


def run_program(path: Path, code: int) -> str:
    command = [sys.executable, "-m", "syncd", "run", "--once", "--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    told = done.stdout + done.stderr
    assert done.returncode == code, told
    assert "Traceback" not in told
    return told


def test_the_real_program_tells_every_problem_of_a_wrong_config(rig: Rig) -> None:
    path = rig.config()
    text = path.read_text().replace("per_day = 5000", 'per_day = "x"')
    path.write_text(text.replace('key = { file = "seleqt.key" }', 'key = "abcd1234.very-secret"'))
    told = run_program(path, 78)
    assert told.startswith("The configuration cannot be used:\n")
    lines = path.read_text().splitlines()
    day, key = (next(n for n, line in enumerate(lines, 1) if word in line) for word in WRONG_LINES)
    assert f"  {path}:{day}: caps.per_day: " in told
    assert f"  {path}:{key}: seleqt.key: a secret is never written here" in told
    assert "very-secret" not in told


def test_a_credential_that_systemd_did_not_give_is_named(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    path = rig.config(seleqt='key = { credential = "seleqt" }\nbase_url = "BASE/api/v1"')
    told = run_program(path, 78)
    assert "the credential seleqt is missing: systemd has set no CREDENTIALS_DIRECTORY here" in told


@pytest.mark.parametrize("place", ["env", "credential"])
def test_a_secret_is_read_from_where_the_config_says(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("SELEQT", f" {rig.key}\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(rig.folder))
    (rig.folder / "SELEQT").write_text(f"{rig.key}\n")
    rig.settings["seleqt"] = (
        f'key = {{ {place} = "SELEQT" }}\nbase_url = "BASE/api/v1"\nrequests_per_minute = 0'
    )
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    assert rig.column("Email") == ["p0@found.example"]
    assert rig.key not in repr(load(rig.config()))
