from __future__ import annotations

import gspread
import pytest
from gspread.utils import DateTimeOption, ValueInputOption, ValueRenderOption


def test_a_spreadsheet_made_by_gspread_has_one_worksheet_of_1000_by_26(client):
    made = client.create("Made here")
    assert made.title == "Made here"
    sheet = made.sheet1
    assert (sheet.title, sheet.id, sheet.index) == ("Sheet1", 0, 0)
    assert (sheet.row_count, sheet.col_count) == (1000, 26)
    assert sheet.get_all_values() == [[]]


def test_values_come_back_as_they_were_updated(opened):
    sheet = opened.sheet1
    sheet.update([["Name", "Size"], ["Ada", 5], ["", True]], "A1")
    assert sheet.get_all_values() == [["Name", "Size"], ["Ada", "5"], ["", "TRUE"]]
    assert sheet.get(value_render_option=ValueRenderOption.unformatted) == [
        ["Name", "Size"],
        ["Ada", 5],
        ["", True],
    ]
    assert sheet.acell("B2").value == "5"
    assert sheet.find("Ada").address == "A2"
    assert sheet.col_values(1) == ["Name", "Ada"]
    assert sheet.row_values(1) == ["Name", "Size"]


def test_render_options_follow_google(opened):
    sheet = opened.sheet1
    rows = [["= 1 / 1024", "2,000,000.01", "2020-01-01"]]
    sheet.update(rows, "A1", value_input_option=ValueInputOption.user_entered)
    formatted = sheet.get("A1:C1")[0]
    assert formatted == ["0.0009765625", "2,000,000.01", "2020-01-01"]
    unformatted = sheet.get("A1:C1", value_render_option=ValueRenderOption.unformatted)[0]
    assert unformatted == [0.0009765625, 2000000.01, 43831]
    assert sheet.get("A1:C1", value_render_option=ValueRenderOption.formula)[0][0] == "= 1 / 1024"
    dated = sheet.get(
        "C1",
        value_render_option=ValueRenderOption.unformatted,
        date_time_render_option=DateTimeOption.formatted_string,
    )
    assert dated == [["2020-01-01"]]


def test_rows_inserted_by_gspread_land_where_asked(opened):
    sheet = opened.sheet1
    sheet.update([["a", "b"], ["c", "d"]], "A1")
    sheet.insert_row(["new", "row"], 2)
    assert sheet.get_all_values() == [["a", "b"], ["new", "row"], ["c", "d"]]
    sheet.insert_rows([["x"], ["y"]], 1)
    assert sheet.col_values(1) == ["x", "y", "a", "new", "c"]
    sheet.insert_cols([["p", "q"]], 2)
    assert sheet.row_values(1) == ["x", "p"]
    assert sheet.row_values(3) == ["a", "", "b"]


def test_appending_goes_after_the_table_and_grows_the_grid(opened):
    sheet = opened.sheet1
    sheet.resize(2, 3)
    sheet.append_row(["1", "2"])
    sheet.append_rows([["3"], ["4"]])
    assert sheet.get_all_values() == [["1", "2"], ["3", ""], ["4", ""]]
    assert opened.sheet1.row_count == 3


def test_an_append_to_an_empty_sheet_names_no_table(opened):
    answer = opened.sheet1.append_row(["a"])
    assert "tableRange" not in answer
    assert opened.sheet1.append_row(["b"])["tableRange"] == "Sheet1!A1"


def test_worksheets_come_and_go(opened):
    added = opened.add_worksheet("D3", 10, 5, index=0)
    assert [one.title for one in opened.worksheets()] == ["D3", "Sheet1"]
    added.update([["x"]], "B2")
    assert opened.values_get("'D3'!A1:B2")["range"] == "'D3'!A1:B2"
    copied = added.duplicate(new_sheet_name="🌵 test 1")
    assert copied.acell("B2").value == "x"
    assert opened.values_get("'🌵 test 1'")["range"] == "'🌵 test 1'!A1:E10"
    opened.del_worksheet(added)
    with pytest.raises(gspread.WorksheetNotFound):
        opened.worksheet("D3")
    opened.worksheet("Sheet1").update_title("Renamed")
    assert [one.title for one in opened.worksheets()] == ["🌵 test 1", "Renamed"]
    opened.reorder_worksheets(list(reversed(opened.worksheets())))
    assert [one.title for one in opened.worksheets()] == ["Renamed", "🌵 test 1"]


def test_the_last_visible_worksheet_cannot_be_hidden(opened):
    with pytest.raises(gspread.exceptions.APIError) as refused:
        opened.sheet1.hide()
    assert refused.value.error["message"] == (
        "Invalid requests[0].updateSheetProperties: You can't hide all the sheets in a document."
    )


def test_batch_reads_and_writes(opened):
    sheet = opened.sheet1
    sheet.batch_update([{"range": "A1:B2", "values": [["a", "b"], ["c", "d"]]}])
    assert sheet.batch_get(["A1:B1", "B2"]) == [[["a", "b"]], [["d"]]]
    sheet.batch_clear(["A1", "B2"])
    assert sheet.get_all_values() == [["", "b"], ["c", ""]]
    sheet.clear()
    assert sheet.get_all_values() == [[]]


def test_sorting_formatting_and_the_rest_are_accepted(opened):
    sheet = opened.sheet1
    sheet.update([[3, "c"], [1, "a"], [2, "b"]], "A1")
    sheet.sort((1, "asc"))
    assert sheet.col_values(2) == ["a", "b", "c"]
    sheet.sort((2, "des"))
    assert sheet.col_values(1) == ["3", "2", "1"]
    sheet.format("A1", {"textFormat": {"bold": True}, "backgroundColor": {"red": 1}})
    sheet.freeze(rows=1)
    assert opened.sheet1.frozen_row_count == 1
    sheet.merge_cells("A1:B1")
    assert opened.fetch_sheet_metadata()["sheets"][0]["merges"] == [
        {"startRowIndex": 0, "endRowIndex": 1, "startColumnIndex": 0, "endColumnIndex": 2}
    ]
    sheet.unmerge_cells("A1:B1")
    sheet.set_basic_filter()
    sheet.clear_basic_filter()
    sheet.add_protected_range("A1", editor_users_emails=["someone@sandbox.example"])
    [rule] = opened.list_protected_ranges(sheet.id)
    sheet.delete_protected_range(rule["protectedRangeId"])
    name = opened.sheet1.define_named_range("A1:B2", "corner")
    assert opened.values_get("corner")["range"] == "Sheet1!A1:B2"
    opened.sheet1.delete_named_range(
        name["replies"][0]["addNamedRange"]["namedRange"]["namedRangeId"]
    )
    sheet.add_dimension_group_rows(1, 3)
    assert sheet.list_dimension_group_rows()[0]["depth"] == 1
    sheet.delete_dimension_group_rows(1, 3)
    sheet.insert_note("A1", "seen")
    assert sheet.get_note("A1") == "seen"
    sheet.clear_notes(["A1"])
    assert sheet.get_note("A1") == ""
    sheet.columns_auto_resize(0, 2)
    sheet.hide_rows(0, 1)
    sheet.unhide_rows(0, 1)
    sheet.update_tab_color("#ff0000")
    assert sheet.get_tab_color() == "#FF0000"
    sheet.copy_range("A1:B1", "D5")
    sheet.cut_range("D5:E5", "F6")
    assert sheet.acell("F6").value == "3"
    sheet.add_validation("A5", gspread.utils.ValidationConditionType.boolean, [])
    sheet.delete_rows(1)
    sheet.delete_columns(1)
    sheet.resize(5, 5)


def test_drive_files_are_listed_copied_shared_and_deleted(client, opened):
    assert [file["name"] for file in client.list_spreadsheet_files()] == ["Leads of the north"]
    assert client.list_spreadsheet_files(title="other") == []
    opened.sheet1.update([["kept"]], "A1")
    copied = client.copy(opened.id, title="Copy", copy_permissions=False)
    assert copied.sheet1.acell("A1").value == "kept"
    copied.share("friend@sandbox.example", perm_type="user", role="reader", notify=False)
    assert "friend@sandbox.example" in {
        one.get("emailAddress") for one in copied.list_permissions()
    }
    copied.remove_permissions("friend@sandbox.example", role="reader")
    assert len(copied.list_permissions()) == 1
    copied.update_title("Other")
    assert client.open("Other").id == copied.id
    client.del_spreadsheet(copied.id)
    with pytest.raises(gspread.SpreadsheetNotFound):
        client.open_by_key(copied.id)
    assert client.export(opened.id, gspread.utils.ExportFormat.CSV) == b"kept"


def test_locale_and_time_zone_are_properties_of_the_spreadsheet(opened):
    opened.update_locale("de_DE")
    opened.update_timezone("Europe/Paris")
    assert (opened.locale, opened.timezone) == ("de_DE", "Europe/Paris")
    opened.sheet1.update([["1,5", "31.12.2026"]], "A1", raw=False)
    assert opened.sheet1.get("A1:B1")[0] == ["1,5", "31.12.2026"]
    values = opened.sheet1.get("A1:B1", value_render_option=ValueRenderOption.unformatted)
    assert values == [[1.5, 46387]]
    with pytest.raises(gspread.exceptions.APIError):
        opened.update_locale("not a locale")
