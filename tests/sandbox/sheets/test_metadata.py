from __future__ import annotations

import pytest

from syncd.sandbox.sheets import people

VALUES = "/v4/spreadsheets/S1/values:"


@pytest.fixture
def tag(batch):
    """Hang a key and value on a row; return the reply."""

    def hang(row, value, key="app.row"):
        place = {"dimensionRange": {"dimension": "ROWS", "startIndex": row, "endIndex": row + 1}}
        entry = {"metadataKey": key, "metadataValue": value, "visibility": "DOCUMENT"}
        return batch(
            {"createDeveloperMetadata": {"developerMetadata": {**entry, "location": place}}}
        )

    return hang


@pytest.fixture
def tagged_row(call):
    """Return the row number a value hangs on, or None."""

    def look(value):
        lookup = {"metadataKey": "app.row", "metadataValue": value}
        body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
        path = "/v4/spreadsheets/S1/developerMetadata:search"
        found = call("POST", path, body)[1].get("matchedDeveloperMetadata")
        if not found:
            return None
        place = found[0]["developerMetadata"]["location"]["dimensionRange"]
        return place["startIndex"]

    return look


def test_an_entry_comes_back_with_its_place(tag):
    made = tag(3, "R-1")[1]["replies"][0]["createDeveloperMetadata"]["developerMetadata"]
    assert made.pop("metadataId") > 0
    assert made == {
        "metadataKey": "app.row",
        "metadataValue": "R-1",
        "location": {
            "locationType": "ROW",
            "dimensionRange": {"dimension": "ROWS", "startIndex": 3, "endIndex": 4},
        },
        "visibility": "DOCUMENT",
    }


def test_metadata_goes_where_its_row_goes(batch, fill, tag, tagged_row):
    fill([[str(row)] for row in range(6)])
    tag(3, "R-3")
    rows = {"dimension": "ROWS"}
    batch({"insertDimension": {"range": {**rows, "startIndex": 0, "endIndex": 2}}})
    assert tagged_row("R-3") == 5
    batch({"deleteDimension": {"range": {**rows, "startIndex": 0, "endIndex": 1}}})
    assert tagged_row("R-3") == 4
    source = {**rows, "startIndex": 4, "endIndex": 5}
    batch({"moveDimension": {"source": source, "destinationIndex": 1}})
    assert tagged_row("R-3") == 1
    batch({"deleteDimension": {"range": {**rows, "startIndex": 1, "endIndex": 2}}})
    assert tagged_row("R-3") is None


@pytest.mark.parametrize("follows", [True, False])
def test_metadata_follows_a_sort_by_switch(batch, fill, tag, tagged_row, switches, follows):
    switches.sort_moves_metadata = follows
    fill([["c", 1], ["a", 2], ["b", 3]])
    tag(0, "R-c")
    area = {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 2}
    batch({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0}]}})
    assert tagged_row("R-c") == (2 if follows else 0)


def test_a_partial_sort_leaves_metadata_behind(batch, fill, tag, tagged_row, read):
    fill([["c", 1], ["a", 2], ["b", 3]])
    tag(0, "R-c")
    area = {"startRowIndex": 0, "endRowIndex": 3, "startColumnIndex": 0, "endColumnIndex": 1}
    batch({"sortRange": {"range": area, "sortSpecs": [{"dimensionIndex": 0}]}})
    assert read() == [["a", 1], ["b", 2], ["c", 3]]
    assert tagged_row("R-c") == 0


def test_metadata_is_left_behind_by_cut_and_not_copied(batch, fill, tag, tagged_row, worksheet):
    fill([["a", "b"]])
    tag(0, "R-a")
    people.cut_paste(worksheet, 0, 1, 0, 26, 5, 0)
    assert tagged_row("R-a") == 0
    people.copy_paste(worksheet, 5, 6, 0, 26, 7, 0)
    people.duplicate_worksheet(worksheet)
    assert (
        sum(len(row.metadata) for one in worksheet.spreadsheet.worksheets for row in one.rows) == 1
    )


def test_a_row_is_written_through_its_metadata(call, fill, tag, worksheet, read):
    fill([["R-1", "x"], ["R-2", "y"]])
    tag(1, "R-2")
    people.insert_rows(worksheet, 0, 3)
    lookup = {"developerMetadataLookup": {"metadataKey": "app.row", "metadataValue": "R-2"}}
    got = call("POST", VALUES + "batchGetByDataFilter", {"dataFilters": [lookup]})[1]
    assert got["valueRanges"] == [
        {
            "valueRange": {
                "range": "Sheet1!A5:Z5",
                "majorDimension": "ROWS",
                "values": [["R-2", "y"]],
            },
            "dataFilters": [lookup],
        }
    ]
    body = {
        "valueInputOption": "RAW",
        "includeValuesInResponse": True,
        "data": [
            {"dataFilter": lookup, "majorDimension": "ROWS", "values": [[None, None, "done"]]}
        ],
    }
    answer = call("POST", VALUES + "batchUpdateByDataFilter", body)[1]
    assert answer["totalUpdatedCells"] == 1
    [response] = answer["responses"]
    assert response["dataFilter"] == lookup
    assert response["updatedRange"] == "Sheet1!A5:C5"
    assert response["updatedData"]["values"] == [["R-2", "y", "done"]]
    assert read() == [[], [], [], ["R-1", "x"], ["R-2", "y", "done"]]


def test_a_write_goes_to_all_matches_and_to_none_without(call, tag, read):
    tag(0, "R-1")
    tag(2, "R-1")
    lookup = {"developerMetadataLookup": {"metadataValue": "R-1"}}
    body = {"valueInputOption": "RAW", "data": [{"dataFilter": lookup, "values": [["x"]]}]}
    path = VALUES + "batchUpdateByDataFilter"
    assert call("POST", path, body)[1]["totalUpdatedRows"] == 2
    assert read() == [["x"], [], ["x"]]
    lookup["developerMetadataLookup"]["metadataValue"] = "R-9"
    assert call("POST", path, body)[1] == {"spreadsheetId": "S1"}
    assert call("POST", VALUES + "batchGetByDataFilter", {"dataFilters": [lookup]})[1] == {
        "spreadsheetId": "S1"
    }


def test_more_values_than_the_match_holds_fail(call, tag):
    tag(0, "R-1")
    lookup = {"developerMetadataLookup": {"metadataValue": "R-1"}}
    body = {"valueInputOption": "RAW", "data": [{"dataFilter": lookup, "values": [["x"], ["y"]]}]}
    status, answer = call("POST", VALUES + "batchUpdateByDataFilter", body)
    assert status == 400
    assert answer["error"]["message"] == (
        "Invalid data[0]: Requested writing within range [Sheet1!A1:Z1], but tried writing to "
        "row [2]"
    )


def test_filters_by_range_work_too_and_one_bad_one_fails_all(call, fill):
    fill([["a", "b"]])
    area = {"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 1, "endColumnIndex": 2}
    filters = [{"gridRange": area}, {"a1Range": "Sheet1!A1"}]
    path = VALUES + "batchGetByDataFilter"
    got = call("POST", path, {"dataFilters": filters})[1]["valueRanges"]
    assert [one["valueRange"]["values"] for one in got] == [[["b"]], [["a"]]]
    filters.append({"a1Range": "Gone!A1"})
    assert call("POST", path, {"dataFilters": filters})[0] == 400
    body = {"dataFilters": filters[:1]}
    assert call("POST", VALUES + "batchClearByDataFilter", body)[1]["clearedRanges"] == [
        "Sheet1!B1"
    ]


def test_the_same_key_may_hang_twice_but_the_store_is_small(tag, switches):
    switches.metadata_cap = 3
    for _ in range(3):
        assert tag(0, "again")[0] == 200
    status, answer = tag(1, "one more")
    assert status == 400
    assert answer["error"]["message"] == (
        "Invalid requests[0].createDeveloperMetadata: Adding the requested developer metadata "
        "would exceed the allowed storage limit"
    )


def test_long_values_are_kept_and_very_long_ones_refused(tag):
    assert tag(0, "x" * 20_000)[0] == 200
    assert tag(0, "x" * 100_000)[0] == 400


def test_metadata_is_updated_and_deleted_by_lookup(batch, tag, tagged_row, spreadsheet):
    tag(0, "old")
    lookup = {"developerMetadataLookup": {"metadataValue": "old"}}
    entry = {"metadataValue": "new"}
    request = {"dataFilters": [lookup], "developerMetadata": entry, "fields": "metadataValue"}
    batch({"updateDeveloperMetadata": request})
    assert (tagged_row("old"), tagged_row("new")) == (None, 0)
    lookup["developerMetadataLookup"]["metadataValue"] = "new"
    reply = batch({"deleteDeveloperMetadata": {"dataFilter": lookup}})[1]["replies"][0]
    [gone] = reply["deleteDeveloperMetadata"]["deletedDeveloperMetadata"]
    assert gone["metadataValue"] == "new"
    assert tagged_row("new") is None


def test_metadata_hangs_on_worksheets_columns_and_the_file(batch, call):
    for place in (
        {"sheetId": 0},
        {"spreadsheet": True},
        {"dimensionRange": {"dimension": "COLUMNS", "startIndex": 2, "endIndex": 3}},
    ):
        entry = {"metadataKey": "k", "visibility": "PROJECT", "location": place}
        assert batch({"createDeveloperMetadata": {"developerMetadata": entry}})[0] == 200
    got = call("GET", "/v4/spreadsheets/S1", query="includeGridData=true&ranges=A1:C1")[1]
    assert got["developerMetadata"][0]["location"]["spreadsheet"] is True
    [sheet] = got["sheets"]
    assert sheet["developerMetadata"][0]["location"] == {"locationType": "SHEET", "sheetId": 0}
    assert "developerMetadata" in sheet["data"][0]["columnMetadata"][2]
    lookup = {"locationType": "COLUMN", "metadataKey": "k"}
    body = {"dataFilters": [{"developerMetadataLookup": lookup}]}
    assert (
        call("POST", VALUES + "batchGetByDataFilter", body)[1]["valueRanges"][0]["valueRange"][
            "range"
        ]
        == "Sheet1!C1:C1000"
    )
