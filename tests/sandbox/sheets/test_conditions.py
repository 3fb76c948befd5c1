"""Conditions, conditional formats, tick boxes, frozen rows: as strict as Google documents them."""

from __future__ import annotations

import re

import pytest

from syncd.sandbox.sheets import people
from syncd.sandbox.sheets.validation import IN_FORMATS, IN_VALIDATION

AREA = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 3, "endColumnIndex": 1}


def documented(discovery, place: str) -> dict[str, str]:
    """Return what Google says of each kind of condition that may stand there."""
    kinds = discovery.schemas["BooleanCondition"]["properties"]["type"]
    said = dict(zip(kinds["enum"], kinds["enumDescriptions"], strict=True))
    return {
        kind: text
        for kind, text in said.items()
        if place in (re.findall(r"[^.]*Supported by[^.]*", text) or [""])[0]
    }


@pytest.mark.parametrize(
    ("place", "ours"), [("data validation", IN_VALIDATION), ("conditional format", IN_FORMATS)]
)
def test_each_kind_of_condition_stands_where_google_says_with_as_many_values(
    discovery, place, ours
):
    theirs = documented(discovery, place)
    assert set(ours) == set(theirs)
    for kind, text in theirs.items():
        counts = {"a single": (1, 1), "exactly two": (2, 2), "no ConditionValues": (0, 0)}
        told = [count for words, count in counts.items() if f"equires {words}" in text]
        assert told in ([], [ours[kind]]), kind
        assert told or kind in ("ONE_OF_LIST", "BOOLEAN")


def rule(kind="TEXT_CONTAINS", *values, **look):
    given = [{"userEnteredValue": value} for value in values]
    condition = {"type": kind, "values": given}
    look = look or {"backgroundColor": {"green": 1}}
    new = {"ranges": [AREA], "booleanRule": {"condition": condition, "format": look}}
    return {"addConditionalFormatRule": {"rule": new, "index": 0}}


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (rule("BOOLEAN"), "'BOOLEAN' is not supported here"),
        (rule("ONE_OF_LIST", "a"), "'ONE_OF_LIST' is not supported here"),
        (rule("TEXT_CONTAINS"), "requires 1 ConditionValues, but 0"),
        (rule("TEXT_CONTAINS", "a", "b"), "requires 1 ConditionValues, but 2"),
        (rule("NUMBER_BETWEEN", "1"), "requires 2 ConditionValues, but 1"),
        (rule("NOT_BLANK", "x"), "requires 0 ConditionValues, but 1"),
        (rule("TEXT_EQ", "a", numberFormat={"type": "TEXT"}), "cannot set: numberFormat"),
        (rule("TEXT_EQ", "a", textFormat={"fontSize": 9}), "cannot set: textFormat.fontSize"),
    ],
)
def test_a_conditional_format_that_google_cannot_do_is_refused(batch, wish, said):
    status, answer = batch(wish)
    assert status == 400
    assert said in answer["error"]["message"]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"type": "TEXT_STARTS_WITH", "values": [{"userEnteredValue": "a"}]}, "not supported here"),
        ({"type": "BOOLEAN", "values": [{"userEnteredValue": v} for v in "abc"]}, "0 to 2"),
        ({"type": "DATE_BEFORE", "values": [{"relativeDate": "TODAY"}]}, "Relative dates"),
        ({}, "type must be specified"),
    ],
)
def test_a_validation_rule_that_google_cannot_do_is_refused(batch, condition, said):
    status, answer = batch({"setDataValidation": {"range": AREA, "rule": {"condition": condition}}})
    assert status == 400
    assert said in answer["error"]["message"]


@pytest.mark.parametrize(
    ("own", "ticked", "cleared"),
    [([], True, False), (["yes"], "yes", None), (["yes", "no"], "yes", "no")],
)
def test_a_tick_box_holds_its_own_values_where_it_has_some(batch, worksheet, own, ticked, cleared):
    condition = {"type": "BOOLEAN", "values": [{"userEnteredValue": value} for value in own]}
    assert batch({"setDataValidation": {"range": AREA, "rule": {"condition": condition}}})[0] == 200
    assert worksheet.cell(0, 0).value is None
    for checked, held in ((True, ticked), (False, cleared)):
        people.set_checkbox(worksheet, 0, 0, checked)
        assert worksheet.cell(0, 0).value == held
        assert worksheet.snapshot()["cells"]["0,0"]["checkbox"] is checked


def test_what_holds_only_part_of_merged_cells_cannot_be_frozen(batch):
    square = {"sheetId": 0, "startRowIndex": 0, "endRowIndex": 2, "startColumnIndex": 0}
    batch({"mergeCells": {"range": {**square, "endColumnIndex": 2}, "mergeType": "MERGE_ALL"}})

    def freeze(**counts):
        new = {"sheetId": 0, "gridProperties": counts}
        fields = ",".join(f"gridProperties.{name}" for name in counts)
        return batch({"updateSheetProperties": {"properties": new, "fields": fields}})[0]

    assert freeze(frozenRowCount=1) == 400
    assert freeze(frozenColumnCount=1) == 400
    assert freeze(frozenRowCount=2, frozenColumnCount=3) == 200


def test_the_page_shows_the_colour_of_the_first_rule_that_holds(batch, fill, worksheet):
    fill([["Found it", 7], ["lost", 8], ["", 9]])
    batch(rule("TEXT_CONTAINS", "o", backgroundColor={"red": 1}))
    batch(rule("TEXT_STARTS_WITH", "Found", backgroundColor={"blue": 1}))
    shown = worksheet.snapshot()["cells"]
    assert {place: look["background"] for place, look in shown.items()} == {
        "0,0": "#0000ff",
        "1,0": "#ff0000",
    }
