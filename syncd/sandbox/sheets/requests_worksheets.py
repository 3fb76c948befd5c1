"""batchUpdate requests on worksheets and the file: add, delete, duplicate, properties."""

from __future__ import annotations

from dataclasses import replace

from . import structure
from .areas import Axis
from .edit import Body, Edit
from .errors import invalid
from .formats import normal
from .masks import Tree, request_mask
from .model import Column, Row, Spreadsheet, Worksheet
from .ranges import worksheet_by_id
from .rights import guard_worksheet
from .spreadsheets import properties

_GRID = ("hideGridlines", "rowGroupControlAfter", "columnGroupControlAfter")
_KEPT = ("tabColor", "tabColorStyle", "rightToLeft")


def add_sheet(edit: Edit, body: Body) -> Body:
    """Add a worksheet: 1000 by 26 unless told otherwise, at the end unless placed."""
    new = body.get("properties", {})
    spreadsheet = edit.spreadsheet
    if new.get("sheetType", "GRID") != "GRID":
        raise invalid("Only grid worksheets can be added.")
    title = new.get("title") or _fresh_title(spreadsheet)
    _check_title(spreadsheet, title, None)
    sheet_id = new.get("sheetId")
    if sheet_id is not None and spreadsheet.worksheet(sheet_id) is not None:
        raise invalid(f"A sheet with the id {sheet_id} already exists. Please use a different id.")
    grid = new.get("gridProperties", {})
    rows, columns = grid.get("rowCount", 1000), grid.get("columnCount", 26)
    if rows < 1 or columns < 1:
        raise invalid("rowCount and columnCount must be greater than 0.")
    structure.check_total(spreadsheet.cell_count() + rows * columns)
    index = new.get("index", len(spreadsheet.worksheets))
    _check_index(spreadsheet, index)
    new_id = edit.new_id() if sheet_id is None else sheet_id
    worksheet = spreadsheet.add_worksheet(new_id, title, rows, columns, index)
    fields: Tree = {
        name: {} for name in new if name not in ("sheetId", "title", "index", "sheetType")
    }
    _set_properties(worksheet, new, fields)
    return {"addSheet": {"properties": properties(worksheet)}}


def _fresh_title(spreadsheet: Spreadsheet) -> str:
    number = len(spreadsheet.worksheets) + 1
    while spreadsheet.by_title(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _check_title(spreadsheet: Spreadsheet, title: str, own: Worksheet | None) -> None:
    if not title:
        raise invalid("You must specify a sheet name.")
    for other in spreadsheet.worksheets:
        if other is not own and other.title.lower() == title.lower():
            raise invalid(
                f'A sheet with the name "{title}" already exists. Please enter another name.'
            )


def _check_index(spreadsheet: Spreadsheet, index: int) -> None:
    count = len(spreadsheet.worksheets)
    if not 0 <= index <= count:
        raise invalid(f"Sheet index[{index}] must be between 0 and {count}.")


def set_title(worksheet: Worksheet, title: str) -> None:
    """Rename a worksheet; formulas that name it follow."""
    _check_title(worksheet.spreadsheet, title, worksheet)
    structure.rename(worksheet, title)


def delete_sheet(edit: Edit, body: Body) -> Body:
    worksheet = edit.worksheet(body)
    guard_worksheet(worksheet, edit.user)
    remove_worksheet(worksheet)
    return {}


def remove_worksheet(worksheet: Worksheet) -> None:
    spreadsheet = worksheet.spreadsheet
    visible = [one for one in spreadsheet.worksheets if not one.hidden and one is not worksheet]
    if len(spreadsheet.worksheets) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    if not visible:
        raise invalid("You can't remove all the visible sheets in a document.")
    spreadsheet.worksheets.remove(worksheet)
    spreadsheet.named = [
        one for one in spreadsheet.named if one.data["sheetId"] != worksheet.sheet_id
    ]
    spreadsheet.changed()


def duplicate_sheet(edit: Edit, body: Body) -> Body:
    spreadsheet = edit.spreadsheet
    source = worksheet_by_id(spreadsheet, body.get("sourceSheetId", 0))
    new_id = body.get("newSheetId")
    if new_id is not None and spreadsheet.worksheet(new_id) is not None:
        raise invalid(f"A sheet with the id {new_id} already exists. Please use a different id.")
    index = body.get("insertSheetIndex", 0)
    _check_index(spreadsheet, index)
    copied = copy_worksheet(
        edit, source, spreadsheet, title=body.get("newSheetName"), index=index, sheet_id=new_id
    )
    return {"duplicateSheet": {"properties": properties(copied)}}


def copy_worksheet(
    edit: Edit,
    source: Worksheet,
    spreadsheet: Spreadsheet,
    *,
    title: str | None = None,
    index: int | None = None,
    sheet_id: int | None = None,
) -> Worksheet:
    """Copy a worksheet into a spreadsheet; a duplicate has no developer metadata (M1)."""
    if title is None:
        title = f"Copy of {source.title}"
        number = 2
        while spreadsheet.by_title(title) is not None:
            title, number = f"Copy of {source.title} {number}", number + 1
    _check_title(spreadsheet, title, None)
    structure.check_total(spreadsheet.cell_count() + len(source.rows) * len(source.columns))
    new_id = edit.new_id() if sheet_id is None else sheet_id
    copied = spreadsheet.add_worksheet(new_id, title, 0, 0, index)
    copied.hidden = source.hidden and index is not None
    for name in ("frozen_rows", "frozen_columns", "properties", "grid_properties", "filter"):
        setattr(copied, name, getattr(source, name))
    for name in ("merges", "rules", "rule_areas", "groups"):
        setattr(copied, name, list(getattr(source, name)))
    copied.protected = [replace(one, id=edit.new_id()) for one in source.protected]
    for row in source.rows:
        twin = Row(row.cells)
        twin.size, twin.hidden = row.size, row.hidden
        copied.rows.append(twin)
    for column in source.columns:
        line = Column(column.size)
        line.hidden = column.hidden
        copied.columns.append(line)
    spreadsheet.has_formulas |= source.spreadsheet.has_formulas
    spreadsheet.changed()
    return copied


def update_sheet_properties(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    new = body.get("properties", {})
    worksheet = edit.worksheet(new)
    guard_worksheet(worksheet, edit.user)
    if "*" in tree:
        names = ("title", "index", "gridProperties", "hidden", *_KEPT)
        tree = {name: {} for name in names}
    if "title" in tree:
        set_title(worksheet, new.get("title", ""))
    if "index" in tree:
        _place(worksheet, new.get("index", 0))
    if "hidden" in tree:
        worksheet.hidden = new.get("hidden", False)
        if all(one.hidden for one in edit.spreadsheet.worksheets):
            raise invalid("You can't hide all the sheets in a document.")
    _set_properties(worksheet, new, tree)
    return {}


def _place(worksheet: Worksheet, index: int) -> None:
    """Move a worksheet before the one now at ``index``, as if it were still in its place."""
    worksheets = worksheet.spreadsheet.worksheets
    _check_index(worksheet.spreadsheet, index)
    old = worksheets.index(worksheet)
    worksheets.remove(worksheet)
    worksheets.insert(index - 1 if index > old else index, worksheet)


def _set_properties(worksheet: Worksheet, new: Body, tree: Tree) -> None:
    for name in tree:
        if name not in (
            "sheetId",
            "title",
            "index",
            "hidden",
            "sheetType",
            "gridProperties",
            *_KEPT,
        ):
            raise invalid(f"Invalid field: {name}")
    look = normal({name: new[name] for name in _KEPT if name in tree and name in new})
    cleared = {
        twin
        for name in _KEPT
        if name in tree
        for twin in (name, f"{name}Style", name.removesuffix("Style"))
    }
    kept = {name: value for name, value in worksheet.properties.items() if name not in cleared}
    worksheet.properties = kept | look
    if "gridProperties" in tree:
        _set_grid(worksheet, new.get("gridProperties", {}), tree["gridProperties"])
    if "hidden" in tree:
        worksheet.hidden = new.get("hidden", False)


def _set_grid(worksheet: Worksheet, new: Body, below: Tree) -> None:
    def named(name: str) -> bool:
        return name in below or ((not below or "*" in below) and name in new)

    if named("rowCount"):
        _resize_rows(worksheet, new.get("rowCount", 0))
    if named("columnCount"):
        _resize_columns(worksheet, new.get("columnCount", 0))
    if named("frozenRowCount"):
        worksheet.frozen_rows = new.get("frozenRowCount", 0)
    if named("frozenColumnCount"):
        worksheet.frozen_columns = new.get("frozenColumnCount", 0)
    if worksheet.frozen_rows and worksheet.frozen_rows >= len(worksheet.rows):
        raise invalid("You can't freeze all visible rows on the sheet.")
    if worksheet.frozen_columns and worksheet.frozen_columns >= len(worksheet.columns):
        raise invalid("You can't freeze all visible columns on the sheet.")
    if named("frozenRowCount"):
        _check_whole(worksheet, "ROWS", worksheet.frozen_rows)
    if named("frozenColumnCount"):
        _check_whole(worksheet, "COLUMNS", worksheet.frozen_columns)
    chosen = {name: new.get(name, False) for name in _GRID if named(name)}
    worksheet.grid_properties = {**worksheet.grid_properties, **chosen}


def _check_whole(worksheet: Worksheet, axis: Axis, frozen: int) -> None:
    """Refuse to freeze a part of merged cells."""
    for area in worksheet.merges:
        start, end = area.span(axis)
        if (start or 0) < frozen and (end is None or end > frozen):
            noun = "rows" if axis == "ROWS" else "columns"
            raise invalid(f"You can't freeze {noun} which contain only part of a merged cell.")


def _resize_rows(worksheet: Worksheet, count: int) -> None:
    if count < 1:
        raise invalid("You can't delete all the rows on the sheet.")
    have = len(worksheet.rows)
    if count > have:
        structure.append_lines(worksheet, "ROWS", count - have)
    elif count < have:
        structure.delete_lines(worksheet, "ROWS", count, have)


def _resize_columns(worksheet: Worksheet, count: int) -> None:
    if count < 1:
        raise invalid("You can't delete all the columns on the sheet.")
    have = len(worksheet.columns)
    if count > have:
        structure.append_lines(worksheet, "COLUMNS", count - have)
    elif count < have:
        structure.delete_lines(worksheet, "COLUMNS", count, have)


def update_spreadsheet_properties(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    new = body.get("properties", {})
    names = set(new) if "*" in tree else set(tree)
    spreadsheet = edit.spreadsheet
    if "title" in names:
        if not new.get("title"):
            raise invalid("The title must not be empty.")
        spreadsheet.title = new["title"]
    if "locale" in names:
        spreadsheet.locale = _known_locale(new.get("locale", ""))
    if "timeZone" in names:
        spreadsheet.time_zone = _known_zone(new.get("timeZone", ""))
    others = names - {"title", "locale", "timeZone"}
    chosen = {name: new[name] for name in others if name in new}
    spreadsheet.properties = {**spreadsheet.properties, **chosen}
    return {}


def _known_locale(name: str) -> str:
    language, _, country = name.partition("_")
    sound = language.isalpha() and len(language) in (2, 3) and language.islower()
    if not sound or (country and not (country.isalnum() and len(country) in (2, 3))):
        raise invalid(f"Unsupported locale: {name}")
    return name


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - rarely needed

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"Invalid time zone: {name}") from None
    return name
