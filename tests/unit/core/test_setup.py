"""What a prepared sheet looks like, and what is planned for one that is not."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import replace

import pytest

from syncd.core import status
from syncd.core.book import Area, Book, Cell, Protection, Sheet
from syncd.core.cells import ticked
from syncd.core.layout import LEADS, REQUESTS, TICK, Layout
from syncd.core.leads import COLUMNS as LEAD_COLUMNS
from syncd.core.setup import Plan, Wanted, plan_setup
from syncd.core.steps import AddHeaders, KeepText, OfferChoices, OfferTicks, letters
from syncd.core.wishes import AGAIN_CHOICES, CHOICES

LAYOUTS = {"Leads": LEADS, "Requests": REQUESTS}
FILLED = {"what": "email", "a_what": "an email", "column": "Max leads"}


SAID = {name: text for name, text in status.templates().items() if name[:5] != "QUOTE"}


@pytest.mark.parametrize("sentence", SAID.values(), ids=SAID)
def test_every_sentence_in_a_status_cell_has_its_colour(sentence: str) -> None:
    said = sentence.format_map(defaultdict(lambda: "7", FILLED))
    tints = [*LEADS.tints, *REQUESTS.tints]
    assert any(said.startswith(tint.text) if tint.starts else tint.text in said for tint in tints)


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_layout_speaks_of_columns_that_there_are(layout: Layout) -> None:
    names = {column.name for column in layout.columns}
    said = [layout.widths, layout.text, layout.choices, layout.ticks, layout.notes, layout.example]
    assert {name for part in said for name in part} | {layout.status} <= names


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_example_asks_for_nothing(layout: Layout) -> None:
    assert not {"Find", "Approve", "Start", "Key", "Status"} & set(layout.example)


def test_columns_have_letters() -> None:
    expected = {0: "A", 25: "Z", 26: "AA", 51: "AZ", 52: "BA", 701: "ZZ", 702: "AAA"}
    assert {number: letters(number) for number in expected} == expected


def test_a_ticked_box_is_a_tick() -> None:
    assert ticked(TICK)
    assert not ticked("")


# --- plans ----------------------------------------------------------------------------------------


def sheet(*rows: str, **facts: object) -> Sheet:
    """Return a worksheet of texts, with bars between the cells."""
    cells = [[Cell(value=text.strip()) for text in row.split("|")] for row in rows]
    given = {"sheet_id": 0, "title": "Leads", "rows": 20, "columns": 26, "cells": cells}
    return Sheet(**given | facts)  # type: ignore[arg-type]


def plan(one: Sheet, title: str = "Leads", **aliases: list[str]) -> Plan:
    book = Book(title="Sales", account="a@b.example", titles={0: one.title}, sheets={})
    if one.title == title:
        book = replace(book, sheets={title: one})
    return plan_setup(book, [Wanted(title=title, layout=LEADS, aliases=aliases)], itertools.count())


def only(made: Plan, kind: type) -> list:
    return [step for step in made.steps if isinstance(step, kind)]


FULL = " | ".join(column.name for column in LEAD_COLUMNS)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["Name | City", "Al | Rome"], "none of its first 10 rows is a header that syncd knows"),
        (["Name | Phone", "Al | 12"], "none of its first 10 rows is a header that syncd knows"),
        (["Email | Phone", "x", "E-mail | Mobile"], "the rows 1 and 3 may all be the header"),
        (["x | Email | Phone | e-MAIL"], "the header “Email” stands more than once (B1 and D1)"),
    ],
)
def test_what_is_not_plain_is_told_and_nothing_is_planned(rows: list[str], said: str) -> None:
    made = plan(sheet(*rows))
    assert made.steps == ()
    assert [said in problem for problem in made.problems] == [True]


def test_one_unclear_worksheet_stops_the_plan_for_all() -> None:
    one = sheet("Email | Email")
    book = Book(title="Sales", account="a@b.example", titles={0: "Leads"}, sheets={"Leads": one})
    both = [Wanted(title=title, layout=layout) for title, layout in LAYOUTS.items()]
    made = plan_setup(book, both, itertools.count())
    assert (made.steps, len(made.problems)) == ((), 1)


@pytest.mark.parametrize(
    ("title", "said"), [("leads", "must be called “Leads”"), ("Leads", "no worksheet with cells")]
)
def test_a_title_that_is_taken_is_told(title: str, said: str) -> None:
    book = Book(title="Sales", account="a@b.example", titles={0: title}, sheets={})
    made = plan_setup(book, [Wanted(title="Leads", layout=LEADS)], itertools.count())
    assert made.steps == ()
    assert said in made.problems[0]


def test_an_id_that_is_taken_is_not_given_to_a_new_worksheet() -> None:
    book = Book(title="Sales", account="a@b.example", titles={5: "Mine"}, sheets={})
    made = plan_setup(book, [Wanted(title="Leads", layout=LEADS)], [5, 5, 8, 9])
    assert {step.sheet_id for step in made.steps} == {8, 9}


def test_missing_columns_go_right_of_everything_that_anybody_put_there() -> None:
    cells = [[Cell("Email"), Cell("Phone")], [Cell(), Cell(), Cell(), Cell(noted=True)]]
    merged = Area(0, 3, 4, 6)
    [added] = only(plan(sheet(cells=cells, merges=[merged])), AddHeaders)
    assert added.column == 6
    [added] = only(plan(sheet(cells=cells, hidden=[9])), AddHeaders)
    assert added.column == 10
    title = Area(0, 1, 0, 20)
    [added] = only(plan(sheet(cells=[[], *cells], merges=[title])), AddHeaders)
    assert added.column == 4  # a title merged above the header is in nobody's way


def test_rules_and_formats_go_only_where_there_is_none() -> None:
    titles = [Cell(name) for name in ("Find", "Approve", "Phone")]
    rows = [
        [Cell("Email"), Cell("x"), Cell("0171")],
        [Cell("email"), Cell("yes"), Cell(formatted=True)],
        [Cell("Fax"), Cell(True), Cell()],
    ]
    made = plan(sheet(cells=[titles, *rows], rows=6))
    assert [step.runs for step in only(made, OfferChoices)] == [[(1, 2), (4, 6)]]
    assert [step.runs for step in only(made, OfferTicks)] == [[(2, 3), (4, 6)]]
    [phone] = [step for step in only(made, KeepText) if step.name == "Phone"]
    assert phone.runs == [(3, 6)]


def test_a_column_with_somebodys_own_rule_gets_none_of_ours() -> None:
    titles = [Cell(name) for name in ("Find", "Approve")]
    own = [Cell(rule=("ONE_OF_LIST", "E-Mail")), Cell(rule=("BOOLEAN",))]
    made = plan(sheet(cells=[titles, own]))
    assert only(made, OfferChoices) == only(made, OfferTicks) == []


def test_a_column_with_our_rule_gets_it_where_the_grid_has_grown() -> None:
    titles = [Cell(name) for name in ("Find", "Approve")]
    offered = (*CHOICES, *AGAIN_CHOICES.values())
    ours = [Cell(rule=("ONE_OF_LIST", *offered)), Cell(rule=("BOOLEAN", "yes"))]
    made = plan(sheet(cells=[titles, ours, ours], rows=10))
    assert [step.runs for step in only(made, OfferChoices)] == [[(3, 10)]]
    assert [step.runs for step in only(made, OfferTicks)] == [[(3, 10)]]


def test_a_drop_down_that_an_earlier_syncd_made_gets_the_new_choices() -> None:
    titles = [Cell(name) for name in ("Find", "Approve")]
    former = [Cell(rule=("ONE_OF_LIST", *CHOICES))]
    [step] = only(plan(sheet(cells=[titles, former, former], rows=3)), OfferChoices)
    assert (step.runs, step.choices) == ([(1, 3)], (*CHOICES, *AGAIN_CHOICES.values()))


def test_a_range_that_shuts_syncd_out_of_its_columns_is_told() -> None:
    one = Protection(area=Area(0, None, 10, 11), closed=True)
    made = plan(sheet(FULL, protections=[one]))
    [said] = made.problems
    assert "shuts syncd out of Status. Let a@b.example edit there." in said
    opened = replace(one, area=Area(0, None, 0, None), unprotected=[Area(0, None, 6, 14)])
    assert plan(sheet(FULL, protections=[opened])).problems == ()


def test_a_filter_without_syncds_columns_is_told_and_left_as_it_is() -> None:
    made = plan(sheet(FULL, filtered=Area(0, 20, 0, 8)))
    assert ["filter leaves out" in remark for remark in made.remarks] == [True]
    assert plan(sheet(FULL, filtered=Area(0, 20, 0, 14))).remarks == []
