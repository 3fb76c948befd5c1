"""Making whole files and copying between them: create, copy a file, copy a worksheet over."""

from __future__ import annotations

from typing import Any

from . import requests_cells, spreadsheets
from .calls import Context, Files
from .edit import Edit
from .errors import invalid, permission_denied
from .masks import Tree
from .model import Spreadsheet, Worksheet
from .ranges import worksheet_by_id
from .requests_worksheets import add_sheet, copy_worksheet, update_spreadsheet_properties

_EVERYTHING: Tree = {"*": {}}


def create(context: Context, body: dict[str, Any]) -> dict[str, Any]:
    """Answer ``spreadsheets.create``; a service account may not own files unless open."""
    if context.user == context.files.account and not context.settings.open:
        raise permission_denied()
    given = body.get("properties", {})
    spreadsheet = context.files.create(
        given.get("title", "Untitled spreadsheet"),
        spreadsheet_id=body.get("spreadsheetId"),
        owner=context.owner,
        time_zone="Etc/GMT",
        worksheets=() if body.get("sheets") else (("Sheet1", 1000, 26),),
    )
    try:
        _fill(context.edit(spreadsheet), body)
    except BaseException:
        del context.files.spreadsheets[spreadsheet.id]
        raise
    return spreadsheets.resource(spreadsheet, user=context.user, tree=context.tree)


def _fill(edit: Edit, body: dict[str, Any]) -> None:
    given = {name: value for name, value in body.get("properties", {}).items() if name != "title"}
    if given:
        update_spreadsheet_properties(edit, {"properties": given, "fields": ",".join(given)})
    for index, one in enumerate(body.get("sheets", [])):
        others = set(one) - {"properties", "data"}
        if others:
            raise invalid(f"The sandbox cannot create a sheet with {min(others)}.")
        asked = dict(one.get("properties", {}))
        asked.setdefault("sheetId", 0 if index == 0 else edit.new_id())
        add_sheet(edit, {"properties": asked})
        worksheet = edit.worksheet({"sheetId": asked["sheetId"]})
        for grid in one.get("data", []):
            _fill_grid(edit, worksheet, grid)


def _fill_grid(edit: Edit, worksheet: Worksheet, grid: dict[str, Any]) -> None:
    top, left = grid.get("startRow", 0), grid.get("startColumn", 0)
    for offset, row in enumerate(grid.get("rowData", [])):
        patches = [requests_cells.read_patch(one, _EVERYTHING) for one in row.get("values", [])]
        requests_cells.put_row(edit, worksheet, top + offset, left, patches)


def duplicate_file(source: Spreadsheet, files: Files, title: str, owner: str) -> Spreadsheet:
    """Copy a file: everything but rights and developer metadata of its rows and columns."""
    copied = files.create(title, owner=owner, worksheets=())
    copied.locale, copied.time_zone = source.locale, source.time_zone
    copied.properties = source.properties
    edit = Edit(copied, files.settings, files.random)
    for worksheet in source.worksheets:
        twin = copy_worksheet(
            edit, worksheet, copied, title=worksheet.title, sheet_id=worksheet.sheet_id
        )
        twin.hidden = worksheet.hidden
    copied.named = list(source.named)
    return copied


def copy_to(edit: Edit, sheet_id: int, destination: Spreadsheet) -> dict[str, Any]:
    """Copy one worksheet to another file (or the same) and return its SheetProperties."""
    source = worksheet_by_id(edit.spreadsheet, sheet_id)
    return spreadsheets.properties(copy_worksheet(edit, source, destination))
