"""The Spreadsheet resource: what ``spreadsheets.get`` and the echo of a batch answer."""

from __future__ import annotations

from typing import Any

from .areas import Area, Axis, Box
from .formats import DEFAULT_FORMAT, THEME
from .masks import Tree, asks_for
from .metadata import Hung, dimension_range
from .model import Group, Line, Placed, Spreadsheet, Worksheet
from .ranges import Target, find
from .render import row_data
from .rights import may_edit

_SIZES: dict[Axis, int] = {"ROWS": 21, "COLUMNS": 100}


def properties(worksheet: Worksheet) -> dict[str, Any]:
    """Return SheetProperties: sheetId and index 0 are shown, other zeros and falses are not."""
    grid: dict[str, Any] = {
        "rowCount": len(worksheet.rows),
        "columnCount": len(worksheet.columns),
        "frozenRowCount": worksheet.frozen_rows,
        "frozenColumnCount": worksheet.frozen_columns,
        **worksheet.grid_properties,
    }
    shown: dict[str, Any] = {
        "sheetId": worksheet.sheet_id,
        "title": worksheet.title,
        "index": worksheet.index,
        "sheetType": "GRID",
        "gridProperties": {name: value for name, value in grid.items() if value},
    }
    if worksheet.hidden:
        shown["hidden"] = True
    return shown | {name: value for name, value in worksheet.properties.items() if value}


def file_properties(spreadsheet: Spreadsheet) -> dict[str, Any]:
    return {
        "title": spreadsheet.title,
        "locale": spreadsheet.locale,
        "autoRecalc": "ON_CHANGE",
        "timeZone": spreadsheet.time_zone,
        "defaultFormat": DEFAULT_FORMAT,
        "spreadsheetTheme": THEME,
        **spreadsheet.properties,
    }


def resource(
    spreadsheet: Spreadsheet,
    *,
    user: str | None,
    targets: list[Target] | None = None,
    grid_data: bool = False,
    tree: Tree | None = None,
) -> dict[str, Any]:
    """Return a Spreadsheet. Targets (None: everything) choose the worksheets and their data.

    A mask decides alone whether grid data is shown (documented); it is applied by the caller, but
    looked at here so that nothing unasked for is computed.
    """
    if tree is not None:
        grid_data = asks_for(tree, "sheets", "data")
    answer: dict[str, Any] = {
        "spreadsheetId": spreadsheet.id,
        "properties": file_properties(spreadsheet),
    }
    chosen = [
        one
        for one in spreadsheet.worksheets
        if targets is None or any(target.worksheet is one for target in targets)
    ]
    answer["sheets"] = [
        sheet(one, user=user, targets=targets, grid_data=grid_data, tree=tree) for one in chosen
    ]
    if spreadsheet.named:
        answer["namedRanges"] = [named_range(one) for one in spreadsheet.named]
    answer["spreadsheetUrl"] = f"https://docs.google.com/spreadsheets/d/{spreadsheet.id}/edit"
    if spreadsheet.metadata:
        answer["developerMetadata"] = [
            Hung(entry, None, None, 0).resource() for entry in spreadsheet.metadata
        ]
    return answer


def echo(
    spreadsheet: Spreadsheet, body: dict[str, Any], *, user: str | None, tree: Tree | None
) -> dict[str, Any]:
    """Return a batch's ``updatedSpreadsheet``: as of after the batch, limited as asked."""
    ranges = body.get("responseRanges")
    targets = None if not ranges else [find(spreadsheet, text) for text in ranges]
    return resource(
        spreadsheet,
        user=user,
        targets=targets,
        grid_data=body.get("responseIncludeGridData", False),
        tree=_below(tree, "updatedSpreadsheet") if tree is not None else None,
    )


def sheet(
    worksheet: Worksheet,
    *,
    user: str | None,
    targets: list[Target] | None,
    grid_data: bool,
    tree: Tree | None,
) -> dict[str, Any]:
    answer: dict[str, Any] = {"properties": properties(worksheet)}
    if grid_data:
        boxes = [worksheet.box]
        if targets is not None:
            boxes = [target.box for target in targets if target.worksheet is worksheet]
        wanted = _below(tree, "sheets", "data")
        answer["data"] = [grid(worksheet, box, wanted) for box in boxes]
    lists = {
        "merges": [_grid_range(worksheet, area) for area in worksheet.merges],
        "conditionalFormats": [
            conditional_format(worksheet, index) for index in range(len(worksheet.rules))
        ],
        "protectedRanges": [protected_range(worksheet, one, user) for one in worksheet.protected],
    }
    answer |= {name: value for name, value in lists.items() if value}
    if worksheet.filter is not None:
        answer["basicFilter"] = basic_filter(worksheet, worksheet.filter)
    if worksheet.metadata:
        answer["developerMetadata"] = [
            Hung(entry, worksheet, None, 0).resource() for entry in worksheet.metadata
        ]
    for name, axis in (("rowGroups", "ROWS"), ("columnGroups", "COLUMNS")):
        groups = [group_resource(worksheet, one) for one in worksheet.groups if one.axis == axis]
        if groups:
            answer[name] = groups
    return answer


def _below(tree: Tree | None, *path: str) -> Tree | None:
    """Return the part of a mask below a path, or None when it asks for everything there."""
    for name in path:
        if not tree or "*" in tree or name not in tree:
            return None
        tree = tree[name]
    return tree or None


def grid(worksheet: Worksheet, box: Box, wanted: Tree | None) -> dict[str, Any]:
    """Return a GridData; a start of 0 is omitted."""
    answer: dict[str, Any] = {}
    if box.top:
        answer["startRow"] = box.top
    if box.left:
        answer["startColumn"] = box.left
    if asks_for(wanted, "rowData"):
        rows = row_data(worksheet, box, _cell_mask(wanted))
        if rows:
            answer["rowData"] = rows
    if asks_for(wanted, "rowMetadata"):
        answer["rowMetadata"] = _lines(worksheet, "ROWS", box.top, box.bottom)
    if asks_for(wanted, "columnMetadata"):
        answer["columnMetadata"] = _lines(worksheet, "COLUMNS", box.left, box.right)
    return answer


def _cell_mask(wanted: Tree | None) -> Tree | None:
    """Return the mask of each CellData, or None for all of it."""
    return _below(wanted, "rowData", "values")


def _lines(worksheet: Worksheet, axis: Axis, start: int, end: int) -> list[dict[str, Any]]:
    lines = worksheet.lines(axis)
    return [_line(worksheet, axis, index, lines[index]) for index in range(start, end)]


def _line(worksheet: Worksheet, axis: Axis, index: int, line: Line) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if line.hidden:
        answer["hiddenByUser"] = True
    answer["pixelSize"] = line.size or _SIZES[axis]
    if line.metadata:
        answer["developerMetadata"] = [
            Hung(entry, worksheet, axis, index).resource() for entry in line.metadata
        ]
    return answer


def _grid_range(worksheet: Worksheet, area: Area) -> dict[str, Any]:
    return area.to_grid_range(worksheet.sheet_id)


def named_range(placed: Placed) -> dict[str, Any]:
    return {
        "namedRangeId": placed.id,
        "name": placed.data["name"],
        "range": placed.area.to_grid_range(placed.data["sheetId"]),
    }


def protected_range(worksheet: Worksheet, placed: Placed, user: str | None) -> dict[str, Any]:
    """Return a ProtectedRange; requestingUserCanEdit is omitted when false (documented)."""
    answer: dict[str, Any] = {
        "protectedRangeId": placed.id,
        "range": _grid_range(worksheet, placed.area),
    }
    for name in ("namedRangeId", "description", "warningOnly"):
        if placed.data.get(name):
            answer[name] = placed.data[name]
    if may_edit(placed, worksheet.spreadsheet, user):
        answer["requestingUserCanEdit"] = True
    if placed.data.get("unprotected"):
        answer["unprotectedRanges"] = [
            _grid_range(worksheet, area) for area in placed.data["unprotected"]
        ]
    if placed.data.get("editors") and not placed.data.get("warningOnly"):
        answer["editors"] = placed.data["editors"]
    return answer


def basic_filter(worksheet: Worksheet, placed: Placed) -> dict[str, Any]:
    return {"range": _grid_range(worksheet, placed.area), **placed.data}


def conditional_format(worksheet: Worksheet, index: int) -> dict[str, Any]:
    areas = worksheet.rule_areas[index]
    return {"ranges": [_grid_range(worksheet, one) for one in areas], **worksheet.rules[index]}


def group_resource(worksheet: Worksheet, group: Group) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "range": dimension_range(worksheet.sheet_id, group.axis, group.start, group.end),
        "depth": group.depth,
    }
    if group.collapsed:
        answer["collapsed"] = True
    return answer
