from __future__ import annotations

import pytest

from syncd.sandbox.sheets import people


def test_every_edit_counts_as_one_change(worksheet, spreadsheet):
    for act in (
        lambda: people.type_cell(worksheet, 0, 0, "5"),
        lambda: people.set_checkbox(worksheet, 1, 1, True),
        lambda: people.paste_rows(worksheet, 2, [["a", "1,5"], ["b"]]),
        lambda: people.rename_header(worksheet, 0, "Name"),
        lambda: people.insert_columns(worksheet, 1, 2),
        lambda: people.move_columns(worksheet, 0, 1, 3),
        lambda: people.delete_columns(worksheet, 0, 1),
        lambda: people.rename_worksheet(worksheet, "Leads"),
        lambda: people.protect(worksheet, 0, 1),
        lambda: people.clear_cells(worksheet, 0, 3, 0, 3),
    ):
        version = spreadsheet.version
        act()
        assert spreadsheet.version == version + 1


def test_what_people_type_is_parsed(worksheet, read):
    for column, text in enumerate(["00123", "+33612345678", "'007", "=1+1", "2026-01-02"]):
        people.type_cell(worksheet, 0, column, text)
    assert read() == [[123, 33612345678, "007", 2, 46024]]


def test_a_tick_box_is_a_boolean_and_delete_unticks_it(worksheet, read):
    people.set_checkbox(worksheet, 0, 0, True)
    assert read() == [[True]]
    assert worksheet.snapshot()["cells"]["0,0"]["checkbox"] is True
    people.clear_cells(worksheet, 0, 1, 0, 1)
    assert read() == [[False]]


def test_columns_move_with_everything_in_them(worksheet, fill, read):
    fill([["a", "b", "c", "d"], ["1", "2", "3", "4"]])
    people.move_columns(worksheet, 0, 2, 4)
    assert read() == [["c", "d", "a", "b"], ["3", "4", "1", "2"]]
    people.move_columns(worksheet, 3, 1, 0)
    assert read() == [["b", "c", "d", "a"], ["2", "3", "4", "1"]]
    people.insert_columns(worksheet, 1)
    people.delete_columns(worksheet, 0)
    assert read() == [["", "c", "d", "a"], ["", "3", "4", "1"]]


def test_cut_cells_leave_nothing_and_copies_leave_all(worksheet, fill, read):
    fill([["a", "b"], ["c", "d"]])
    people.cut_paste(worksheet, 0, 1, 0, 2, 3, 1)
    assert read() == [[], ["c", "d"], [], ["", "a", "b"]]
    people.copy_paste(worksheet, 1, 2, 0, 2, 0, 0)
    assert read() == [["c", "d"], ["c", "d"], [], ["", "a", "b"]]


def test_overlapping_cuts_keep_their_cells(worksheet, fill, read):
    fill([["a"], ["b"], ["c"]])
    people.cut_paste(worksheet, 0, 3, 0, 1, 1, 0)
    assert read() == [[], ["a"], ["b"], ["c"]]


def test_pasting_below_the_grid_grows_it(worksheet, read):
    people.paste_rows(worksheet, 999, [["x"], ["y"]])
    assert len(worksheet.rows) == 1001


def test_undo_takes_back_the_person_not_the_daemon(worksheet, spreadsheet, fill, read):
    fill([["c", ""], ["a", ""], ["b", ""]])
    people.sort(worksheet, 0, header_rows=0)
    fill([["done"]], at="Sheet1!B1")  # beside "a", after the sort
    assert people.undo(spreadsheet)
    assert read() == [["c"], ["a", "done"], ["b"]]
    assert not people.undo(spreadsheet)


@pytest.mark.parametrize(
    "act",
    [
        lambda sheet: people.type_cell(sheet, 1, 0, "z"),
        lambda sheet: people.insert_rows(sheet, 1, 2),
        lambda sheet: people.delete_rows(sheet, 0, 1),
        lambda sheet: people.move_rows(sheet, 0, 1, 3),
        lambda sheet: people.insert_columns(sheet, 0, 1),
        lambda sheet: people.delete_columns(sheet, 0, 1),
        lambda sheet: people.move_columns(sheet, 0, 1, 2),
        lambda sheet: people.sort(sheet, 0, header_rows=0),
        lambda sheet: people.sort(sheet, 0, header_rows=0, only_columns=(0, 1)),
        lambda sheet: people.cut_paste(sheet, 0, 2, 0, 1, 4, 4),
        lambda sheet: people.copy_paste(sheet, 0, 2, 0, 2, 1, 0),
        lambda sheet: people.paste_rows(sheet, 1, [["p", "q"]]),
        lambda sheet: people.clear_cells(sheet, 0, 3, 0, 2),
        lambda sheet: people.rename_worksheet(sheet, "Other"),
        people.duplicate_worksheet,
        people.protect,
        lambda sheet: people.set_checkbox(sheet, 0, 0, True),
    ],
)
def test_each_edit_can_be_undone(worksheet, spreadsheet, fill, read, act):
    fill([["c", 3], ["a", 1], ["b", 2]])
    before = worksheet.snapshot()
    rows = list(worksheet.rows)
    act(worksheet)
    people.undo(spreadsheet)
    assert worksheet.snapshot() == before
    assert worksheet.rows == rows
    assert len(spreadsheet.worksheets) == 1
    assert not worksheet.protected


def test_a_deleted_worksheet_comes_back_with_its_cells(worksheet, spreadsheet, fill, read):
    fill([["kept"]])
    people.duplicate_worksheet(worksheet, "Other")
    people.delete_worksheet(worksheet)
    people.undo(spreadsheet)
    assert [one.title for one in spreadsheet.worksheets] == ["Sheet1", "Other"]
    assert read() == [["kept"]]


@pytest.mark.parametrize(
    "act",
    [
        lambda sheet: people.type_cell(sheet, 5000, 0, "x"),
        lambda sheet: people.delete_rows(sheet, 0, 1000),
        people.delete_worksheet,
        lambda sheet: people.move_rows(sheet, 0, 3, 1),
        lambda sheet: people.sort(sheet, 9, only_columns=(0, 2)),
        lambda sheet: people.cut_paste(sheet, 0, 5, 0, 1, 998, 0),
        lambda sheet: people.duplicate_worksheet(sheet, "Sheet1"),
        lambda sheet: people.type_cell(sheet, -1, 0, "x"),
    ],
)
def test_what_cannot_be_done_is_a_value_error_and_changes_nothing(worksheet, spreadsheet, act):
    before = (worksheet.snapshot(), spreadsheet.version)
    with pytest.raises(ValueError, match=r"\w"):
        act(worksheet)
    assert (worksheet.snapshot(), spreadsheet.version) == before


def test_the_snapshot_shows_what_a_grid_needs(worksheet, fill, batch):
    fill([["Name", "=1+1"]], option="USER_ENTERED")
    bold = {"userEnteredFormat": {"textFormat": {"bold": True}, "backgroundColor": {"blue": 1}}}
    area = {"endRowIndex": 1, "endColumnIndex": 1}
    batch({"repeatCell": {"range": area, "cell": bold, "fields": "userEnteredFormat"}})
    condition = {"type": "ONE_OF_LIST", "values": [{"userEnteredValue": "Email"}]}
    area = {"startRowIndex": 1, "endRowIndex": 2, "endColumnIndex": 1}
    batch({"setDataValidation": {"range": area, "rule": {"condition": condition}}})
    shown = worksheet.snapshot()
    assert (shown["title"], shown["sheet_id"], shown["rows"]) == ("Sheet1", 0, [["Name", "2"]])
    assert shown["cells"] == {
        "0,0": {"bold": True, "background": "#0000ff"},
        "0,1": {"formula": "=1+1"},
        "1,0": {"options": ["Email"]},
    }
