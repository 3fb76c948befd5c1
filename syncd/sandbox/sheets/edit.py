"""What a batchUpdate request is given: the file, who asks, and how new ids are made."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from .areas import Axis, Box
from .errors import invalid
from .model import Spreadsheet, Worksheet
from .ranges import worksheet_by_id
from .rights import guard
from .settings import SheetsSettings

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edit:
    """One caller's edit of one spreadsheet. ``user`` None may do everything (people, open mode)."""

    spreadsheet: Spreadsheet
    settings: SheetsSettings
    random: random.Random
    user: str | None = None

    def worksheet(self, body: Body) -> Worksheet:
        """Return the worksheet a body names; an absent sheetId is 0."""
        return worksheet_by_id(self.spreadsheet, body.get("sheetId", 0))

    def guard(self, worksheet: Worksheet, box: Box) -> None:
        guard(worksheet, box, self.user)

    def new_id(self) -> int:
        return self.random.randrange(1, 2**31 - 1)


@dataclass(frozen=True, slots=True)
class Span:
    """A resolved DimensionRange: lines ``[start, end)`` of a worksheet."""

    worksheet: Worksheet
    axis: Axis
    start: int
    end: int

    @property
    def box(self) -> Box:
        grid = self.worksheet.box
        if self.axis == "ROWS":
            return Box(self.start, self.end, grid.left, grid.right)
        return Box(grid.top, grid.bottom, self.start, self.end)


def read_axis(name: str | None) -> Axis:
    if name == "ROWS":
        return "ROWS"
    if name == "COLUMNS":
        return "COLUMNS"
    raise invalid("No dimension specified.")


def read_span(edit: Edit, body: Body | None, *, bounded: bool = True) -> Span:
    """Resolve a DimensionRange inside the grid (``bounded=False``: its end may lie past it)."""
    body = body or {}
    worksheet = edit.worksheet(body)
    axis = read_axis(body.get("dimension"))
    count = len(worksheet.lines(axis))
    start, end = body.get("startIndex", 0), body.get("endIndex", count)
    if start < 0:
        raise invalid(f"range.startIndex[{start}] must not be negative.")
    if start >= end:
        raise invalid(f"range.startIndex[{start}] must be less than range.endIndex[{end}].")
    if bounded and start >= count:
        raise invalid(
            f"range.startIndex[{start}] is too large! Worksheet has {count} {axis.lower()}."
        )
    return Span(worksheet, axis, start, min(end, count) if bounded else end)
