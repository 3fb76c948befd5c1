from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from syncd.sandbox.sheets import SheetsSettings, schema
from syncd.sandbox.sheets.batch import HANDLERS

_JSON = {"string": "string", "integer": "int", "number": "number", "boolean": "bool", "any": "any"}


def _types():
    types, enums = schema._read()
    return types, enums


def _matches(ours: str, theirs: dict, enums: dict, types: dict) -> bool:
    if ours == "any":
        return True
    if "$ref" in theirs:
        return ours == theirs["$ref"]
    if theirs["type"] == "array":
        return ours[0] == "[" and _matches(ours[1:-1], theirs["items"], enums, types)
    if theirs["type"] == "object":
        return ours[0] == "{" and _matches(ours[1:-1], theirs["additionalProperties"], enums, types)
    if "enum" in theirs:
        return set(theirs["enum"]) == enums[ours]
    if theirs.get("format") == "google-fieldmask":
        return ours == "mask"
    return ours == _JSON[theirs["type"]]


def test_every_shape_is_googles(discovery):
    types, enums = _types()
    wrong = []
    for kind, ours_by_name in types.items():
        theirs = discovery.schemas[kind].get("properties", {})
        for name, ours in ours_by_name.items():
            if name not in theirs or not _matches(ours, theirs[name], enums, types):
                wrong.append((kind, name, ours))
    assert not wrong


def test_only_the_kinds_of_requests_are_fewer_than_googles(discovery):
    types, _ = _types()
    short = {
        kind
        for kind, ours in types.items()
        if set(discovery.schemas[kind].get("properties", {})) - set(ours)
    }
    assert short == {"Request", "Response"}


def test_every_kind_of_request_in_the_shapes_is_implemented_and_no_other():
    assert set(schema.fields_of("Request")) == set(HANDLERS)


def test_every_method_of_the_api_is_served(discovery):
    from syncd.sandbox.sheets.api import METHODS  # noqa: PLC0415 - only here

    served = {(verb, method.answer) for (verb, _, _), method in METHODS.items()}
    assert served == {(verb, kind) for verb, _, kind in discovery.methods}
    assert len(METHODS) == len(discovery.methods) == 17


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("GridRange", {"sheetId": "7"}),  # proto3 JSON takes numbers as text
        ("GridRange", {"sheetId": 7.0}),
        ("GridRange", {"sheetId": None}),
    ],
)
def test_proto_json_is_read_as_google_does(kind, body):
    assert schema.check(kind, body) in ({"sheetId": 7}, {})


def test_every_switch_is_explained_on_the_fidelity_page():
    page = Path(__file__).parents[3].joinpath("docs", "fidelity.md").read_text()
    section = page.partition("## Google Sheets")[2]
    missing = [one.name for one in fields(SheetsSettings) if f"`{one.name}`" not in section]
    assert not missing
