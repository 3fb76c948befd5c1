"""From raw cells and raw fields to values: headers, cells, classification, list requests."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core import cells
from syncd.core.backoff import delay, poll_delay
from syncd.core.classify import classify
from syncd.core.header import Header, HeaderProblem, find_header
from syncd.core.leads import COLUMNS, parse_lead
from syncd.core.model import Reading
from syncd.core.requests import COLUMNS as REQUEST_COLUMNS
from syncd.core.requests import parse_request
from syncd.core.table import Reader
from syncd.core.wishes import CHOICES, parse_find

NAMES = [column.name for column in COLUMNS]


def test_columns_are_found_anywhere_in_any_case_among_others() -> None:
    header = find_header([["Mine", *(f" {n.upper()} " for n in reversed(NAMES)), "x"]], COLUMNS)
    assert isinstance(header, Header)
    assert header.at["Key"] == 1
    assert header.at["Prospect ID"] == len(NAMES)


def test_the_header_may_stand_below_a_title() -> None:
    header = find_header([["Our leads"], [], NAMES], COLUMNS)
    assert isinstance(header, Header)
    assert header.row == 2


def test_configured_and_known_aliases_name_a_column() -> None:
    grid = [["PID", *("E-mail" if n == "Email" else n for n in NAMES[1:])]]
    header = find_header(grid, COLUMNS, {"Prospect ID": ["pid"]})
    assert isinstance(header, Header)


@pytest.mark.parametrize(
    ("grid", "says"),
    [
        ([], "missing in the first rows"),
        ([[n for n in NAMES if n != "Status"]], '"Status" is missing in row 1'),
        ([[*NAMES, "email"]], '"Email" stands more than once in row 1'),
    ],
)
def test_a_missing_or_doubled_header_is_told_in_a_sentence(
    grid: list[list[str]], says: str
) -> None:
    problem = find_header(grid, COLUMNS)
    assert isinstance(problem, HeaderProblem)
    assert says in problem.text


@pytest.mark.parametrize(
    ("cell", "whole"),
    [
        (88121, 88121),
        (88121.0, 88121),
        ("88121", 88121),
        (" 7 ", 7),
        *((no, None) for no in ("7.5", 7.5, "", None, True, "-7", "1e5")),
    ],
)
def test_an_id_is_whole_whether_typed_as_number_or_text(cell: object, whole: int | None) -> None:
    assert cells.whole(cell) == whole


@pytest.mark.parametrize("cell", [True, "TRUE", "true", 1, "x", "yes"])
def test_a_tick_is_a_tick(cell: object) -> None:
    assert cells.ticked(cell)
    assert not cells.ticked("")
    assert not cells.ticked(False)


def test_a_fingerprint_ignores_tidying_and_notices_another_person() -> None:
    one = cells.fingerprint(("7", "Ann", "Lee"))
    assert one == cells.fingerprint(("7", " ann ", "LEE"))
    assert one != cells.fingerprint(("8", "Ann", "Lee"))
    assert one != cells.fingerprint(("7", "AnnLee", ""))


@given(st.lists(st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())))
def test_no_row_of_any_cells_is_ever_an_exception(raw: list[object]) -> None:
    for columns, parse in ((COLUMNS, parse_lead), (REQUEST_COLUMNS, parse_request)):
        at = {column.name: i for i, column in enumerate(columns)}
        row = parse(raw, Header(row=0, at=at, width=len(columns)))
        assert row.blank or row.fingerprint


def test_a_row_is_parsed_once_while_its_cells_stay_the_same() -> None:
    header = Header(row=0, at={n: i for i, n in enumerate(NAMES)}, width=len(NAMES))
    reader = Reader(parse_lead)
    first = reader.read([[], [7], [8]], header)
    second = reader.read([[], [8], [9], [7]], header)
    assert second.rows[0] is first.rows[1]
    assert second.rows[2] is first.rows[0]


@pytest.mark.parametrize("choice", list(CHOICES))
def test_find_understands_each_choice_in_any_case(choice: str) -> None:
    assert parse_find(choice.upper()) == CHOICES[choice]
    assert parse_find(f"  {choice.lower()} ") == CHOICES[choice]


def parse(text: str) -> str | None:
    return text.lower() if "@" in text else None


@pytest.mark.parametrize(
    ("raw", "reading"),
    [
        (None, Reading.EMPTY),
        ("", Reading.EMPTY),
        ("  ", Reading.EMPTY),
        ("Loading...", Reading.LOADING),
        ("Loading…", Reading.LOADING),
        (" LOADING... ", Reading.LOADING),
        ("Not found", Reading.MISSED),
        ("A@Example.com", Reading.FOUND),
        ("call reception", Reading.UNRECOGNISED),
        (42, Reading.UNRECOGNISED),
    ],
)
def test_a_field_is_told_by_what_it_holds(raw: object, reading: Reading) -> None:
    assert classify(raw, parse).reading is reading


@given(st.text(), st.sampled_from(["loading", "Loading...", "LOADING…", " Loading... "]))
def test_a_sentinel_or_unrecognised_text_is_never_a_value(text: str, sentinel: str) -> None:
    assert classify(sentinel, lambda said: said).reading is Reading.LOADING
    seen = classify(text, lambda _: None)
    assert seen.reading is not Reading.FOUND


@given(st.integers(1, 60), st.floats(0, 0.999))
def test_a_delay_grows_to_its_limit_and_never_shrinks_below_three_quarters(
    attempt: int, jitter: float
) -> None:
    base = timedelta(seconds=5)
    waited = delay(attempt, base=base, jitter=jitter)
    assert base * 0.75 <= waited <= timedelta(minutes=15)


def test_polls_slow_down_with_age() -> None:
    ages = [timedelta(seconds=s) for s in (0, 30, 300, 3000, 90_000)]
    delays = [poll_delay(age) for age in ages]
    assert delays == sorted(delays)
    assert delays[0] < delays[-1]
