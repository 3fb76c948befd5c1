"""Google's answers to a read, as grids; and one worksheet of such an answer, without the others."""

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


def _title(a1: str) -> str:
    """Return the worksheet's title from an answered range such as ``'My people'!A1:Z9``."""
    title = a1.rpartition("!")[0]
    if title.startswith("'") and title.endswith("'"):
        return title[1:-1].replace("''", "'")
    return title
