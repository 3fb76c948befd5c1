"""Google's answers as grids and rows; and one worksheet of an answer, without the others."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from syncd.sheets.base import Grid

_MARK = b'"valueRange":'
_PLACE = re.compile(r'\s*\{\s*"range":\s*("(?:[^"\\]|\\.)*")')
_LONGEST_PLACE = 2000  # bytes in which a worksheet's range is named


def find_range(content: bytes, title: str) -> tuple[dict[str, Any], int, int] | None:
    """Return one worksheet's ValueRange, and where its JSON begins and ends in an answer.

    Nothing else is parsed: the others may hold 50,000 rows. It is looked for from the end, as the
    one that was asked for last most probably stands there. A text in a cell cannot look like the
    mark that is searched for, because quotes within it are escaped.
    """
    end = len(content)
    while (found := content.rfind(_MARK, 0, end)) >= 0:
        mark = found + len(_MARK)
        head = content[mark : mark + _LONGEST_PLACE].decode(errors="ignore")
        place = _PLACE.match(head)
        if place is not None and _title(json.loads(place[1])) == title:
            try:
                text = content[mark:end].decode()
                start = len(text) - len(text.lstrip())
                values, length = json.JSONDecoder().raw_decode(text, start)
            except ValueError:
                return None
            return values, mark, mark + len(text[:length].encode())
        end = found
    return None


def read_grid(sheet_id: int, values: Mapping[str, Any]) -> Grid:
    """Return a worksheet from its ValueRange; the range is of the whole grid, as was asked."""
    height = re.search(r":[A-Z]+(\d+)$", values["range"])
    rows = values.get("values", [])
    return Grid(
        sheet_id=sheet_id,
        title=_title(values["range"]),
        rows=rows,
        height=int(height[1]) if height else len(rows),
    )


def read_echo(spreadsheet: Mapping[str, Any]) -> dict[tuple[int, int], list[object]]:
    """Return the rows of an ``updatedSpreadsheet``, by sheet id and 0-based number."""
    rows: dict[tuple[int, int], list[object]] = {}
    for sheet in spreadsheet.get("sheets", []):
        sheet_id = sheet["properties"].get("sheetId", 0)
        for data in sheet.get("data", []):
            first = data.get("startRow", 0)
            for number, row in enumerate(data.get("rowData", []), first):
                rows[sheet_id, number] = [effective(cell) for cell in row.get("values", [])]
    return rows


def effective(cell: Mapping[str, Any]) -> object:
    """Return a cell's effective value as an unformatted read would."""
    value = cell.get("effectiveValue")
    if not value:
        return ""
    for kind in ("stringValue", "numberValue", "boolValue"):
        if kind in value:
            return value[kind]
    return f"#{value.get('errorValue', {}).get('type', 'ERROR!')}"


def _title(a1: str) -> str:
    """Return the worksheet's title from an answered range such as ``'My people'!A1:Z9``."""
    title = a1.rpartition("!")[0]
    if title.startswith("'") and title.endswith("'"):
        return title[1:-1].replace("''", "'")
    return title
