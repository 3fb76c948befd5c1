"""The requests of a ``spreadsheets.batchUpdate`` that put values into cells, and their ranges.

``stringValue`` is stored as it is, never parsed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from syncd.core.cells import Formula
from syncd.sheets.base import Append, CellSwap, CellWrite, Outline


def update_cells(block: Sequence[Sequence[CellWrite]]) -> dict[str, Any]:
    """Write a rectangle from its first cell on."""
    corner = block[0][0]
    start = {
        "sheetId": corner.sheet_id,
        "rowIndex": corner.row,
        "columnIndex": corner.column,
    }
    rows = [_cells([cell.value for cell in row]) for row in block]
    return {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}


def name_worksheet(outline: Outline) -> dict[str, Any]:
    """Give a worksheet a title. With the one that it has it only tells whether one may."""
    properties = {"sheetId": outline.sheet_id, "title": outline.title}
    return {"updateSheetProperties": {"properties": properties, "fields": "title"}}


def replace_text(swap: CellSwap) -> dict[str, Any]:
    """Find a whole cell's text in a column, whichever rows show it when this is applied."""
    first, last = (None, None) if swap.row is None else (swap.row, swap.row + 1)
    return {
        "findReplace": {
            "find": swap.old,
            "replacement": swap.new,
            "matchCase": True,
            "matchEntireCell": True,
            "range": grid_range(swap.sheet_id, first, last, swap.column),
        }
    }


def append_rows(append: Append) -> dict[str, Any]:
    return {
        "appendCells": {
            "sheetId": append.sheet_id,
            "rows": [_cells(row) for row in append.rows],
            "fields": "userEnteredValue",
        }
    }


def grid_range(
    sheet_id: int, top: int | None, bottom: int | None, left: int, width: int = 1
) -> dict[str, int]:
    """Return a GridRange, 0-based and half-open; without a top or bottom it is open there."""
    start = {} if top is None else {"startRowIndex": top}
    end = {} if bottom is None else {"endRowIndex": bottom}
    across = {"startColumnIndex": left, "endColumnIndex": left + width}
    return {"sheetId": sheet_id, **start, **end, **across}


def enter(value: object) -> dict[str, object]:
    """Return an ExtendedValue; no value empties the cell."""
    if value in ("", None):
        return {}
    if isinstance(value, Formula):
        return {"formulaValue": value.text}
    kind = "boolValue" if isinstance(value, bool) else "numberValue"
    return {"stringValue" if isinstance(value, str) else kind: value}


def _cells(values: Sequence[object]) -> dict[str, Any]:
    entered = [enter(value) for value in values]
    return {"values": [{"userEnteredValue": one} if one else {} for one in entered]}
