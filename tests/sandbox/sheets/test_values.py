from __future__ import annotations

import pytest


def test_an_empty_range_has_no_values_key(call, spreadsheet):
    status, answer = call("GET", "/v4/spreadsheets/S1/values/Sheet1!A1:B2")
    assert (status, answer) == (200, {"range": "Sheet1!A1:B2", "majorDimension": "ROWS"})


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        ("Sheet1", "Sheet1!A1:Z1000"),
        ("'Sheet1'!A1:A", "Sheet1!A1:A1000"),
        ("Sheet1!B:C", "Sheet1!B1:C1000"),
        ("Sheet1!2:3", "Sheet1!A2:Z3"),
        ("Sheet1!A5:B", "Sheet1!A5:B1000"),
        ("B2", "Sheet1!B2"),
        ("Sheet1!C3:A1", "Sheet1!A1:C3"),
        ("Sheet1!Y999:ZZ5000", "Sheet1!Y999:Z1000"),
        ("Sheet1!$A$1:$B$2", "Sheet1!A1:B2"),
        ("Sheet1!R2C3", "Sheet1!C2"),
        ("Sheet1%21A1%3AB2", "Sheet1!A1:B2"),
        ("%27Sheet1%27%21A1", "Sheet1!A1"),
    ],
)
def test_the_answered_range_is_clamped_to_the_grid(call, spreadsheet, asked, answered):
    assert call("GET", f"/v4/spreadsheets/S1/values/{asked}")[1]["range"] == answered


@pytest.mark.parametrize(
    "asked",
    ["Nowhere!A1", "Nowhere", "Sheet1!", "Sheet1!A0", "Sheet1!A1:B2:C3", "'Sheet1!A1", "!A1"],
)
def test_what_cannot_be_parsed_is_refused_by_its_text(call, spreadsheet, asked):
    status, answer = call("GET", f"/v4/spreadsheets/S1/values/{asked}")
    assert status == 400
    assert answer["error"] == {
        "code": 400,
        "message": f"Unable to parse range: {asked}",
        "status": "INVALID_ARGUMENT",
    }


@pytest.mark.parametrize("asked", ["Sheet1!A1001:B", "Sheet1!AA1"])
def test_a_range_that_starts_past_the_grid_is_refused(call, spreadsheet, asked):
    status, answer = call("GET", f"/v4/spreadsheets/S1/values/{asked}")
    assert status == 400
    message = f"Range ({asked}) exceeds grid limits. Max rows: 1000, max columns: 26"
    assert answer["error"]["message"] == message


def test_trailing_blanks_are_cut_and_interior_ones_are_empty_text(fill, read):
    fill([["a", "", "c", ""], [""], ["", "e"], ["", ""]])
    assert read() == [["a", "", "c"], [], ["", "e"]]


def test_columns_come_turned_and_cut(fill, read):
    fill([["a", "b"], ["", "c"], ["d"]])
    assert read(extra="&majorDimension=COLUMNS") == [["a", "", "d"], ["b", "c"]]


def test_columns_can_be_written_turned(call, spreadsheet, read):
    body = {"majorDimension": "COLUMNS", "values": [["a", "b"], ["c"]]}
    path = "/v4/spreadsheets/S1/values/Sheet1!B2"
    answer = call("PUT", path, body, query="valueInputOption=RAW")[1]
    assert answer["updatedRange"] == "Sheet1!B2:C3"
    assert answer["updatedCells"] == 3
    assert read() == [[], ["", "a", "c"], ["", "b"]]


def test_null_skips_a_cell_and_empty_text_clears_it(fill, read):
    fill([["a", "b", "c"]])
    answer = fill([[None, "", "x"]])
    assert read() == [["a", "", "x"]]
    # Recorded: emptied cells count as updated.
    assert (answer["updatedCells"], answer["updatedColumns"], answer["updatedRows"]) == (2, 2, 1)
    assert answer["updatedRange"] == "Sheet1!A1:C1"


def test_an_update_of_nothing_counts_nothing(fill):
    assert fill([[]]) == {"spreadsheetId": "S1", "updatedRange": "Sheet1!A1"}


def test_raw_keeps_text_and_types(fill, read):
    row = ["=1+1", "007", "+33612345678", 1.5, True, "TRUE", "2020-01-01"]
    fill([row])
    assert read() == [row]
    assert read(option="FORMATTED_VALUE")[0][3:5] == ["1.5", "TRUE"]


def test_null_major_dimension_is_rows(call, spreadsheet):
    body = {"majorDimension": None, "values": [["a"]]}
    path = "/v4/spreadsheets/S1/values/Sheet1!A1"
    assert call("PUT", path, body, query="valueInputOption=RAW")[0] == 200


def test_booleans_in_the_query_may_be_written_as_python_does(call, spreadsheet):
    for text, echoed in (("False", False), ("false", False), ("True", True), ("true", True)):
        query = f"valueInputOption=RAW&includeValuesInResponse={text}"
        path = "/v4/spreadsheets/S1/values/Sheet1!A1"
        answer = call("PUT", path, {"values": [["a"]]}, query=query)[1]
        assert ("updatedData" in answer) == echoed


@pytest.mark.parametrize("shown", [True, False])
def test_the_echo_holds_the_whole_range_skipped_cells_by_switch(
    call, fill, spreadsheet, switches, shown
):
    switches.echo_shows_skipped = shown
    fill([["R-1", "x", "y"]], at="Sheet1!A7")
    query = "valueInputOption=RAW&includeValuesInResponse=true"
    path = "/v4/spreadsheets/S1/values/Sheet1!A7:D7"
    answer = call("PUT", path, {"values": [[None, None, None, "done"]]}, query=query)[1]
    assert answer["updatedData"] == {
        "range": "Sheet1!A7:D7",
        "majorDimension": "ROWS",
        "values": [["R-1", "x", "y", "done"] if shown else ["", "", "", "done"]],
    }


def test_a_write_needs_an_input_option(call, spreadsheet):
    status, answer = call("PUT", "/v4/spreadsheets/S1/values/A1", {"values": [["a"]]})
    assert status == 400
    assert answer["error"]["message"] == "'valueInputOption' is required but not specified"


def test_more_values_than_the_range_holds_are_refused(call, spreadsheet, read):
    status, answer = call(
        "PUT",
        "/v4/spreadsheets/S1/values/Sheet1!A2:B3",
        {"values": [["a"], ["b"], ["c"]]},
        query="valueInputOption=RAW",
    )
    assert status == 400
    assert answer["error"]["message"] == (
        "Requested writing within range [Sheet1!A2:B3], but tried writing to row [4]"
    )
    assert read() is None


@pytest.mark.parametrize("grows", [True, False])
def test_an_update_past_the_last_row_grows_the_grid_by_switch(
    call, spreadsheet, worksheet, switches, grows
):
    switches.writes_grow_grid = grows
    status, answer = call(
        "PUT",
        "/v4/spreadsheets/S1/values/Sheet1!A1000",
        {"values": [["a"], ["b"]]},
        query="valueInputOption=RAW",
    )
    assert status == (200 if grows else 400)
    assert len(worksheet.rows) == (1001 if grows else 1000)
    if not grows:
        assert answer["error"]["message"] == (
            "Range (Sheet1!A1000:A1001) exceeds grid limits. Max rows: 1000, max columns: 26"
        )


def test_a_batch_of_writes_counts_rows_and_columns_once(call, spreadsheet):
    body = {
        "valueInputOption": "RAW",
        "data": [
            {"range": "Sheet1!A1:B1", "values": [["a", "b"]]},
            {"range": "Sheet1!A1:A2", "values": [["c"], ["d"]]},
        ],
    }
    answer = call("POST", "/v4/spreadsheets/S1/values:batchUpdate", body)[1]
    assert {name: value for name, value in answer.items() if name.startswith("total")} == {
        "totalUpdatedRows": 2,
        "totalUpdatedColumns": 2,
        "totalUpdatedCells": 4,
        "totalUpdatedSheets": 1,
    }
    assert [one["updatedRange"] for one in answer["responses"]] == ["Sheet1!A1:B1", "Sheet1!A1:A2"]


def test_a_batch_of_writes_is_all_or_nothing(call, spreadsheet, read):
    body = {
        "valueInputOption": "RAW",
        "data": [
            {"range": "Sheet1!A1", "values": [["a"]]},
            {"range": "NoSuchTab!A1", "values": [["b"]]},
        ],
    }
    status, answer = call("POST", "/v4/spreadsheets/S1/values:batchUpdate", body)
    assert status == 400
    assert answer["error"]["message"] == "Invalid data[1]: Unable to parse range: NoSuchTab!A1"
    assert read() is None


def test_too_long_a_text_is_refused_with_its_place_in_the_batch(call, spreadsheet):
    data = [{"range": f"Sheet1!A{row}", "values": [["x"]]} for row in range(1, 5)]
    data.append({"range": "Sheet1!A5", "values": [["x" * 50_001]]})
    body = {"valueInputOption": "RAW", "data": data}
    status, answer = call("POST", "/v4/spreadsheets/S1/values:batchUpdate", body)
    assert status == 400
    assert answer["error"]["message"] == (
        "Invalid data[4]: Your input contains more than the maximum of 50000 characters in a "
        "single cell."
    )


GUIDE = [
    ["x", "y", "z"],
    ["x", "y", "z"],
    [],
    ["", "x", "y"],
    ["", "", "y", "z"],
    ["", "x", "y", "z"],
]


@pytest.mark.parametrize(
    ("asked", "table", "landed"),
    [
        ("Sheet1", "Sheet1!B4:D6", "Sheet1!B7"),
        ("Sheet1!B4", "Sheet1!B4:D6", "Sheet1!B7"),
        ("Sheet1!C5:D5", "Sheet1!B4:D6", "Sheet1!B7"),
        ("Sheet1!B2:D4", "Sheet1!B4:D6", "Sheet1!B7"),
        ("Sheet1!A3:G10", "Sheet1!B4:D6", "Sheet1!B7"),
        ("Sheet1!A1", "Sheet1!A1:C2", "Sheet1!A3"),
        ("Sheet1!E4", None, "Sheet1!E4"),
    ],
)
def test_append_finds_the_tables_of_the_guide(call, fill, spreadsheet, asked, table, landed):
    fill(GUIDE)
    path = f"/v4/spreadsheets/S1/values/{asked}:append"
    answer = call("POST", path, {"values": [["new"]]}, query="valueInputOption=RAW")[1]
    assert answer.get("tableRange") == table
    assert answer["updates"]["updatedRange"] == landed


def test_a_blank_cell_inside_a_table_belongs_to_it(call, fill, spreadsheet):
    fill([["a", "b", "c"], ["a", "", "c"], ["a", "b", "c"]])
    path = "/v4/spreadsheets/S1/values/Sheet1!B2:append"
    answer = call("POST", path, {"values": [["new"]]}, query="valueInputOption=RAW")[1]
    assert answer["tableRange"] == "Sheet1!A1:C3"
    assert answer["updates"]["updatedRange"] == "Sheet1!A4"


def test_append_inserts_rows_when_told(call, fill, spreadsheet, read, worksheet):
    fill([["a"], ["b"], [], ["other"]])
    query = "valueInputOption=RAW&insertDataOption=INSERT_ROWS"
    path = "/v4/spreadsheets/S1/values/Sheet1!A1:append"
    call("POST", path, {"values": [["c"], ["d"]]}, query=query)
    assert read() == [["a"], ["b"], ["c"], ["d"], [], ["other"]]
    assert len(worksheet.rows) == 1002


def test_an_inserted_row_is_its_own_table(call, batch, fill, spreadsheet, read):
    fill([["a"], ["b"]])
    span = {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    batch({"insertDimension": {"range": span}})
    path = "/v4/spreadsheets/S1/values/Sheet1!A2:append"
    call("POST", path, {"values": [["new"]]}, query="valueInputOption=RAW")
    assert read() == [["a"], ["new"], ["b"]]


def test_clear_needs_no_body_and_keeps_formats(call, fill, worksheet, read):
    fill([["50%"]], option="USER_ENTERED")
    answer = call("POST", "/v4/spreadsheets/S1/values/Sheet1:clear")[1]
    assert answer == {"spreadsheetId": "S1", "clearedRange": "Sheet1!A1:Z1000"}
    assert read() is None
    assert worksheet.cell(0, 0).format["numberFormat"]["type"] == "PERCENT"


def test_many_ranges_are_cleared_at_once(call, fill, read):
    fill([["a", "b", "c"]])
    body = {"ranges": ["Sheet1!A1", "C1"]}
    answer = call("POST", "/v4/spreadsheets/S1/values:batchClear", body)[1]
    assert answer["clearedRanges"] == ["Sheet1!A1", "Sheet1!C1"]
    assert read() == [["", "b"]]


def test_a_quoted_title_with_quotes_is_found(batch, call):
    batch({"addSheet": {"properties": {"title": "Bob's list"}}})
    answer = call("GET", "/v4/spreadsheets/S1/values/'Bob''s list'!A1")[1]
    assert answer["range"] == "'Bob''s list'!A1"


def test_a_bare_word_is_a_named_range_before_it_is_a_title(batch, call):
    batch({"addSheet": {"properties": {"title": "Both"}}})
    area = {"startRowIndex": 1, "endRowIndex": 2, "startColumnIndex": 1, "endColumnIndex": 2}
    batch({"addNamedRange": {"namedRange": {"name": "Both", "range": area}}})
    path = "/v4/spreadsheets/S1/values/"
    assert call("GET", path + "Both")[1]["range"] == "Sheet1!B2"
    assert call("GET", path + "'Sheet1'!Both")[1]["range"] == "Sheet1!B2"
    assert call("GET", path + "'Both'!Both")[0] == 400
    assert call("GET", path + "'Both'")[1]["range"] == "Both!A1:Z1000"


def test_cells_without_a_title_are_of_the_first_visible_worksheet(batch, call):
    batch({"addSheet": {"properties": {"title": "Seen"}}})
    batch({"updateSheetProperties": {"properties": {"hidden": True}, "fields": "hidden"}})
    assert call("GET", "/v4/spreadsheets/S1/values/A1")[1]["range"] == "Seen!A1"


def test_numbers_are_doubles(fill, read):
    fill([[2**60 + 1, 1.0, 1e300]])
    assert read() == [[float(2**60), 1, 1e300]]


def test_a_long_get_may_come_as_a_post(google, handle, spreadsheet):
    import json  # noqa: PLC0415 - only here

    from syncd.sandbox.wire import Request  # noqa: PLC0415 - only here

    request = Request(
        method="POST",
        path="/v4/spreadsheets/S1/values:batchGet",
        headers={
            "authorization": f"Bearer {google.issue_token('syncd@sandbox.example')}",
            "x-http-method-override": "GET",
        },
        body=b"ranges=A1&ranges=B2",
    )
    assert google.classify(request) == "read"
    answer = json.loads(google.handle(request).body)
    assert [one["range"] for one in answer["valueRanges"]] == ["Sheet1!A1", "Sheet1!B2"]
