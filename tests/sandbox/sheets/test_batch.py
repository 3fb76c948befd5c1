from __future__ import annotations

import pytest

OTHER = "other@sandbox.example"
PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to "
    "remove protection if you need to edit."
)


def area(top=None, bottom=None, left=None, right=None):
    named = {
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }
    return {name: value for name, value in named.items() if value is not None}


def text(*values):
    return [{"values": [{"userEnteredValue": {"stringValue": one}} for one in values]}]


def test_a_batch_is_all_or_nothing_in_order(batch, read, spreadsheet, worksheet):
    version = spreadsheet.version
    rows = list(worksheet.rows)
    status, answer = batch(
        {"updateCells": {"start": {}, "rows": text("x"), "fields": "userEnteredValue"}},
        {"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 3}}},
        {"addSheet": {"properties": {"title": "New"}}},
        {"deleteSheet": {"sheetId": 12345}},
    )
    assert status == 400
    assert answer["error"]["message"] == "Invalid requests[3].deleteSheet: No grid with id: 12345"
    assert read() is None
    assert (spreadsheet.version, worksheet.rows) == (version, rows)
    assert len(spreadsheet.worksheets) == 1


def test_an_echo_that_cannot_be_given_refuses_the_batch(batch, read):
    write = {"updateCells": {"start": {}, "rows": text("x"), "fields": "userEnteredValue"}}
    status, answer = batch(write, includeSpreadsheetInResponse=True, responseRanges=["Gone!A1"])
    assert (status, answer["error"]["message"]) == (400, "Unable to parse range: Gone!A1")
    assert read() is None


def test_replies_come_one_for_one(batch):
    replies = batch(
        {"addSheet": {"properties": {"sheetId": 5, "title": "New"}}},
        {"updateCells": {"start": {"sheetId": 5}, "rows": text("x"), "fields": "userEnteredValue"}},
        {"duplicateSheet": {"sourceSheetId": 5, "newSheetId": 6, "insertSheetIndex": 2}},
    )[1]["replies"]
    grid = {"rowCount": 1000, "columnCount": 26}
    assert replies == [
        {
            "addSheet": {
                "properties": {
                    "sheetId": 5,
                    "title": "New",
                    "index": 1,
                    "sheetType": "GRID",
                    "gridProperties": grid,
                }
            }
        },
        {},
        {
            "duplicateSheet": {
                "properties": {
                    "sheetId": 6,
                    "title": "Copy of New",
                    "index": 2,
                    "sheetType": "GRID",
                    "gridProperties": grid,
                }
            }
        },
    ]


def test_the_echo_is_of_after_the_write_and_only_of_what_was_asked(batch, fill):
    fill([["a", "b"], ["c", "d"]])
    batch({"addSheet": {"properties": {"title": "Other"}}})
    answer = batch(
        {"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 1}}},
        includeSpreadsheetInResponse=True,
        responseIncludeGridData=True,
        responseRanges=["Sheet1!B1:B2", "Sheet1!A1"],
    )[1]["updatedSpreadsheet"]
    [sheet] = answer["sheets"]
    one, two = sheet["data"]
    assert one["startColumn"] == 1
    assert one["rowData"][0]["values"][0]["formattedValue"] == "d"
    assert two["rowData"][0]["values"][0]["formattedValue"] == "c"
    assert "startColumn" not in two


def test_without_grid_data_the_echo_has_none(batch):
    note = {"updateCells": {"start": {}, "rows": [], "fields": "note"}}
    answer = batch(note, includeSpreadsheetInResponse=True)[1]
    assert "data" not in answer["updatedSpreadsheet"]["sheets"][0]
    assert "updatedSpreadsheet" not in batch(note)[1]


def test_update_cells_in_a_range_clears_what_rows_do_not_cover(batch, fill, read):
    fill([["a", "b", "c"], ["d", "e", "f"]])
    rows, fields = text("x"), "userEnteredValue"
    batch({"updateCells": {"range": area(0, 2, 0, 2), "rows": rows, "fields": fields}})
    assert read() == [["x", "", "c"], ["", "", "f"]]


def test_update_cells_past_the_columns_is_refused(batch, worksheet):
    start = {"columnIndex": 25}
    request = {"start": start, "rows": text("x", "y"), "fields": "userEnteredValue"}
    status, answer = batch({"updateCells": request})
    assert status == 400
    assert "exceeds grid limits. Max rows: 1000, max columns: 26" in answer["error"]["message"]


def test_append_cells_goes_after_the_last_value_and_grows(batch, fill, read, worksheet):
    fill([["a"]], at="Sheet1!C1000")
    batch({"appendCells": {"rows": text("x") + text("y"), "fields": "userEnteredValue"}})
    assert len(worksheet.rows) == 1002
    assert read("A1001:A1002") == [["x"], ["y"]]


def test_repeated_formulas_move_along(batch, read):
    cell = {"userEnteredValue": {"formulaValue": "=A1+$A$1"}}
    request = {"range": area(1, 3, 1, 3), "cell": cell, "fields": "userEnteredValue"}
    batch({"repeatCell": request})
    assert read("B2:C3", "FORMULA") == [["=A1+$A$1", "=B1+$A$1"], ["=A2+$A$1", "=B2+$A$1"]]


def test_a_repeat_past_the_end_is_clipped(batch, read):
    cell = {"userEnteredValue": {"numberValue": 1}}
    request = {"range": area(999, 2000, 0, 1), "cell": cell, "fields": "userEnteredValue"}
    assert batch({"repeatCell": request})[0] == 200
    assert read("A999:A1000") == [[], [1]]


def test_inserted_rows_take_the_look_of_their_neighbour(batch, worksheet, switches):
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}}, "note": "n"}
    fields = "userEnteredFormat,note"
    batch({"repeatCell": {"range": area(0, 1, 0, 1), "cell": bold, "fields": fields}})
    rule = {"condition": {"type": "BOOLEAN"}}
    batch({"setDataValidation": {"range": area(0, 1, 0, 1), "rule": rule}})
    span = {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}
    for inherits in (True, False):
        switches.insert_inherits_validation = inherits
        batch({"insertDimension": {"range": span, "inheritFromBefore": True}})
        cell = worksheet.cell(1, 0)
        assert cell.format == {"textFormat": {"bold": True}}
        assert (cell.validation is not None) == inherits
        assert (cell.note, cell.value) == (None, None)
    batch({"insertDimension": {"range": {**span, "startIndex": 5, "endIndex": 6}}})
    assert worksheet.entry(5, 0) is None


def test_find_and_replace_counts_what_it_changed(batch, fill, read):
    fill([["⏳ R-1", "x"], ["⏳ R-12", 5], ["=1", "R-1 R-1"]])
    request = {"find": "⏳ R-1", "replacement": "✅ done", "matchEntireCell": True, "sheetId": 0}
    reply = batch({"findReplace": request})[1]["replies"][0]["findReplace"]
    counts = {"valuesChanged": 1, "rowsChanged": 1, "sheetsChanged": 1, "occurrencesChanged": 1}
    assert reply == counts
    assert batch({"findReplace": request})[1]["replies"][0] == {"findReplace": {}}
    request = {"find": "r-1", "replacement": "Q", "range": area(2, 3)}
    reply = batch({"findReplace": request})[1]["replies"][0]["findReplace"]
    assert (reply["occurrencesChanged"], reply["valuesChanged"]) == (2, 1)
    request = {
        "find": r"(\w+) done",
        "replacement": "$1!",
        "searchByRegex": True,
        "allSheets": True,
    }
    assert batch({"findReplace": request})[1]["replies"][0] == {"findReplace": {}}
    assert read() == [["✅ done", "x"], ["⏳ R-12", 5], ["=1", "Q Q"]]


@pytest.mark.parametrize("parses", [True, False])
def test_a_replacement_is_parsed_by_switch(batch, fill, read, switches, parses):
    switches.find_replace_parses = parses
    fill([["token"]])
    batch({"findReplace": {"find": "token", "replacement": "0042", "sheetId": 0}})
    assert read() == [[42 if parses else "0042"]]


def test_formulas_are_searched_only_when_told(batch, fill, read):
    fill([["=1+1"]], option="USER_ENTERED")
    request = {"find": "1+1", "replacement": "2+2", "allSheets": True}
    assert batch({"findReplace": request})[1]["replies"] == [{"findReplace": {}}]
    reply = batch({"findReplace": {**request, "includeFormulas": True}})[1]["replies"][0]
    assert reply["findReplace"]["formulasChanged"] == 1
    assert read() == [[4]]


def test_ranges_shift_their_cells(batch, fill, read):
    fill([["a", "b"], ["c", "d"]])
    batch({"insertRange": {"range": area(0, 1, 0, 1), "shiftDimension": "ROWS"}})
    assert read() == [["", "b"], ["a", "d"], ["c"]]
    batch({"deleteRange": {"range": area(0, 1, 0, 1), "shiftDimension": "COLUMNS"}})
    assert read() == [["b"], ["a", "d"], ["c"]]
    batch({"insertRange": {"range": area(1, 2, 1, 3), "shiftDimension": "COLUMNS"}})
    assert read() == [["b"], ["a", "", "", "d"], ["c"]]
    batch({"deleteRange": {"range": area(0, 1, 0, 1), "shiftDimension": "ROWS"}})
    assert read() == [["a"], ["c", "", "", "d"]]


@pytest.mark.parametrize(
    ("kind", "value", "bold", "checked"),
    [
        ("PASTE_NORMAL", 2, True, True),
        ("PASTE_VALUES", 2, False, False),
        ("PASTE_FORMAT", None, True, True),
        ("PASTE_FORMULA", 2, False, False),
        ("PASTE_DATA_VALIDATION", None, False, True),
    ],
)
def test_paste_types_paste_their_part(batch, fill, worksheet, read, kind, value, bold, checked):
    fill([["=1+1"]], option="USER_ENTERED")
    look = {"userEnteredFormat": {"textFormat": {"bold": True}}}
    source = area(0, 1, 0, 1)
    batch({"repeatCell": {"range": source, "cell": look, "fields": "userEnteredFormat"}})
    rule = {"condition": {"type": "BOOLEAN"}}
    batch({"setDataValidation": {"range": source, "rule": rule}})
    paste = {"source": source, "destination": area(4, 6, 4, 5), "pasteType": kind}
    batch({"copyPaste": paste})
    assert read("E5:E6") == (None if value is None else [[value], [value]])
    cell = worksheet.cell(5, 4)
    assert bool(cell.format) == bold
    assert bool(cell.validation) == checked


def test_named_ranges_follow_inserts_and_whole_cuts(batch, call, fill):
    named = {"namedRangeId": "keys", "name": "keys", "range": area(1, 3, 0, 1)}
    batch({"addNamedRange": {"namedRange": named}})
    path = "/v4/spreadsheets/S1/values/keys"
    batch({"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 2}}})
    assert call("GET", path)[1]["range"] == "Sheet1!A4:A5"
    cut = {"source": area(3, 5, 0, 1), "destination": {"rowIndex": 9, "columnIndex": 3}}
    batch({"cutPaste": cut})
    assert call("GET", path)[1]["range"] == "Sheet1!D10:D11"
    batch({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 10, "endIndex": 11}}})
    assert call("GET", path)[1]["range"] == "Sheet1!D10"
    new = {"namedRangeId": "keys", "name": "ids"}
    batch({"updateNamedRange": {"namedRange": new, "fields": "name"}})
    assert call("GET", path)[0] == 400
    batch({"deleteNamedRange": {"namedRangeId": "keys"}})
    assert "namedRanges" not in call("GET", "/v4/spreadsheets/S1")[1]


@pytest.mark.parametrize(
    ("start", "to", "wanted"),
    [(2, 10, "Sheet1!A9:A10"), (2, 0, "Sheet1!A1:A2"), (1, 6, "Sheet1!A5:A6")],
)
def test_named_ranges_follow_rows_that_are_dragged(batch, call, start, to, wanted):
    batch({"addNamedRange": {"namedRange": {"name": "keys", "range": area(2, 4, 0, 1)}}})
    source = {"dimension": "ROWS", "startIndex": start, "endIndex": 4}
    batch({"moveDimension": {"source": source, "destinationIndex": to}})
    assert call("GET", "/v4/spreadsheets/S1/values/keys")[1]["range"] == wanted


def test_named_ranges_make_way_for_rows_that_pass(batch, call):
    batch({"addNamedRange": {"namedRange": {"name": "keys", "range": area(4, 6, 0, 1)}}})
    path = "/v4/spreadsheets/S1/values/keys"
    above = {"dimension": "ROWS", "startIndex": 0, "endIndex": 2}
    batch({"moveDimension": {"source": above, "destinationIndex": 8}})
    assert call("GET", path)[1]["range"] == "Sheet1!A3:A4"
    below = {"dimension": "ROWS", "startIndex": 8, "endIndex": 9}
    batch({"moveDimension": {"source": below, "destinationIndex": 1}})
    assert call("GET", path)[1]["range"] == "Sheet1!A4:A5"


def test_protected_cells_refuse_the_whole_batch(batch, read, spreadsheet, call):
    spreadsheet.share(OTHER, "writer")
    new = {"range": area(0, 5, 0, 1), "description": "ours"}
    reply = batch({"addProtectedRange": {"protectedRange": new}})[1]["replies"][0]
    made = reply["addProtectedRange"]["protectedRange"]
    assert made["requestingUserCanEdit"] is True
    assert made["editors"] == {"users": ["syncd@sandbox.example", "owner@sandbox.example"]}
    free = {"start": {"columnIndex": 3}, "rows": text("x"), "fields": "userEnteredValue"}
    held = {"start": {"rowIndex": 2}, "rows": text("x"), "fields": "userEnteredValue"}
    status, answer = batch({"updateCells": free}, {"updateCells": held}, user=OTHER)
    assert status == 400
    assert answer["error"]["message"] == f"Invalid requests[1].updateCells: {PROTECTED}"
    assert read() is None
    assert batch({"updateCells": free}, user=OTHER)[0] == 200
    assert batch({"updateCells": held})[0] == 200
    status, answer = call(
        "PUT",
        "/v4/spreadsheets/S1/values/A1",
        {"values": [["x"]]},
        query="valueInputOption=RAW",
        user=OTHER,
    )
    assert (status, answer["error"]["message"]) == (400, PROTECTED)
    seen = call("GET", "/v4/spreadsheets/S1", user=OTHER)[1]["sheets"][0]["protectedRanges"][0]
    assert "requestingUserCanEdit" not in seen
    gone = {"deleteProtectedRange": {"protectedRangeId": made["protectedRangeId"]}}
    assert batch(gone, user=OTHER)[0] == 400
    assert batch(gone)[0] == 200


def test_a_warning_stops_nobody(batch, spreadsheet):
    spreadsheet.share(OTHER, "writer")
    new = {"range": area(), "warningOnly": True}
    batch({"addProtectedRange": {"protectedRange": new}}, user="owner@sandbox.example")
    write = {"start": {}, "rows": text("x"), "fields": "userEnteredValue"}
    assert batch({"updateCells": write}, user=OTHER)[0] == 200


def test_a_protected_worksheet_may_have_open_parts(batch, spreadsheet):
    spreadsheet.share(OTHER, "writer")
    new = {"range": area(), "unprotectedRanges": [area(0, 2, 0, 2)]}
    batch({"addProtectedRange": {"protectedRange": new}})
    for row, status in ((0, 200), (5, 400)):
        start = {"rowIndex": row}
        write = {"start": start, "rows": text("x"), "fields": "userEnteredValue"}
        assert batch({"updateCells": write}, user=OTHER)[0] == status


@pytest.mark.parametrize("needed", [True, False])
def test_sorting_protected_cells_needs_all_rights_by_switch(
    batch, fill, spreadsheet, switches, needed
):
    switches.sort_needs_all_rights = needed
    spreadsheet.share(OTHER, "writer")
    fill([["b", 1], ["a", 2]])
    batch({"addProtectedRange": {"protectedRange": {"range": area(0, 9, 1, 2)}}})
    request = {"sortRange": {"range": area(0, 2, 0, 2), "sortSpecs": [{"dimensionIndex": 0}]}}
    assert batch(request, user=OTHER)[0] == (400 if needed else 200)


@pytest.mark.parametrize("enforced", [True, False])
def test_strict_validation_holds_api_writes_by_switch(batch, fill, call, switches, enforced):
    switches.enforce_strict_validation = enforced
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Email"}]}
    rule = {"condition": condition, "strict": True}
    batch({"setDataValidation": {"range": area(0, 1, 0, 1), "rule": rule}})
    write = {"start": {}, "rows": text("Fax"), "fields": "userEnteredValue"}
    status, answer = batch({"updateCells": write})
    assert status == (400 if enforced else 200)
    assert not enforced or "violates the data validation rules" in answer["error"]["message"]
    write["rows"] = text("Email")
    assert batch({"updateCells": write})[0] == 200


def test_sorts_put_numbers_before_text_and_blanks_last(batch, fill, read):
    fill([["b", 1], ["", 2], [10, 3], [True, 4], ["A", 5], [2, 6]])
    for order, wanted in (
        ("ASCENDING", [6, 3, 5, 1, 4, 2]),
        ("DESCENDING", [4, 1, 5, 3, 6, 2]),
    ):
        spec = {"dimensionIndex": 0, "sortOrder": order}
        batch({"sortRange": {"range": area(0, 6, 0, 2), "sortSpecs": [spec]}})
        assert [row[1] for row in read()] == wanted


def test_merges_shift_and_show_without_a_zero_sheet_id(batch, call):
    batch({"mergeCells": {"range": area(1, 3, 0, 2), "mergeType": "MERGE_ALL"}})
    batch({"insertDimension": {"range": {"dimension": "ROWS", "startIndex": 0, "endIndex": 1}}})
    [sheet] = call("GET", "/v4/spreadsheets/S1")[1]["sheets"]
    assert sheet["merges"] == [area(2, 4, 0, 2)]
    assert sheet["properties"]["sheetId"] == 0
    status, answer = batch({"unmergeCells": {"range": area(2, 3, 0, 2)}})
    assert status == 400
    assert "You must select all cells in a merged range" in answer["error"]["message"]


def test_rules_of_conditional_formats_are_kept_in_order(batch, call):
    def rule(formula):
        condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": formula}]}
        look = {"backgroundColor": {"red": 1}}
        return {
            "ranges": [area(0, 5, 0, 1)],
            "booleanRule": {"condition": condition, "format": look},
        }

    batch({"addConditionalFormatRule": {"rule": rule("=A1>1"), "index": 0}})
    batch({"addConditionalFormatRule": {"rule": rule("=A1>2"), "index": 0}})
    batch({"updateConditionalFormatRule": {"sheetId": 0, "index": 0, "newIndex": 1}})
    reply = batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 0}})[1]["replies"][0]
    gone = reply["deleteConditionalFormatRule"]["rule"]["booleanRule"]
    assert gone["condition"]["values"] == [{"userEnteredValue": "=A1>1"}]
    [left] = call("GET", "/v4/spreadsheets/S1")[1]["sheets"][0]["conditionalFormats"]
    assert left["booleanRule"]["condition"]["values"] == [{"userEnteredValue": "=A1>2"}]
    assert batch({"deleteConditionalFormatRule": {"sheetId": 0, "index": 4}})[0] == 400


def test_both_notations_of_masks_show_the_same(call, fill):
    fill([["a"]])
    dotted = "sheets.properties.title,sheets.data.rowData.values.userEnteredValue"
    slashed = "sheets(properties/title,data/rowData/values/userEnteredValue)"
    answers = [
        call("GET", "/v4/spreadsheets/S1", query=f"ranges=A1&fields={mask}")[1]
        for mask in (dotted, slashed)
    ]
    wanted = {"values": [{"userEnteredValue": {"stringValue": "a"}}]}
    assert answers[0] == answers[1]
    assert answers[0] == {
        "sheets": [{"properties": {"title": "Sheet1"}, "data": [{"rowData": [wanted]}]}]
    }
    everything = call("GET", "/v4/spreadsheets/S1", query="fields=*&ranges=A1")[1]
    assert everything["spreadsheetId"] == "S1"


@pytest.mark.parametrize(
    "mask",
    [
        "sheets/properties,sheets/properties/title",
        "sheets(properties(title),properties)",
        "sheets.properties.title,sheets.properties",
        "sheets(properties,properties.title)",
    ],
)
def test_the_wider_of_two_paths_wins(call, spreadsheet, mask):
    [sheet] = call("GET", "/v4/spreadsheets/S1", query=f"fields={mask}")[1]["sheets"]
    assert set(sheet["properties"]) == {"sheetId", "title", "index", "sheetType", "gridProperties"}


@pytest.mark.parametrize("mask", ["sheets(", "sheets)", ",", "sheets..data", "a(b", "sheets,,data"])
def test_a_mask_that_cannot_be_read_is_refused(call, spreadsheet, mask):
    assert call("GET", "/v4/spreadsheets/S1", query=f"fields={mask}")[0] == 400


def test_groups_nest(batch, call):
    def span(start, end):
        return {"range": {"dimension": "ROWS", "startIndex": start, "endIndex": end}}

    batch({"addDimensionGroup": span(1, 6)})
    reply = batch({"addDimensionGroup": span(2, 4)})[1]["replies"][0]["addDimensionGroup"]
    assert [one["depth"] for one in reply["dimensionGroups"]] == [1, 2]
    batch({"deleteDimensionGroup": span(1, 6)})
    [left] = call("GET", "/v4/spreadsheets/S1")[1]["sheets"][0]["rowGroups"]
    assert left == {**span(2, 4), "depth": 1}


def test_borders_are_drawn_where_asked(batch, worksheet):
    solid = {"style": "SOLID"}
    batch({"updateBorders": {"range": area(0, 2, 0, 1), "top": solid, "innerHorizontal": solid}})
    assert worksheet.cell(0, 0).format == {"borders": {"top": solid, "bottom": solid}}
    assert worksheet.cell(1, 0).format == {"borders": {"top": solid}}
    batch({"updateBorders": {"range": area(1, 2, 0, 1), "top": {"style": "NONE"}}})
    assert worksheet.entry(1, 0) is None
