"""From what a request names (A1 text, GridRange, data filter) to a worksheet and an area."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .a1 import Reference, parse_range, quote_title, write_area, write_range
from .areas import Area, Box, area_from, area_of
from .errors import invalid
from .model import Placed, Spreadsheet, Worksheet


@dataclass(frozen=True, slots=True)
class Target:
    """A worksheet's part: the area as asked for, and the same inside the grid."""

    worksheet: Worksheet
    area: Area
    box: Box
    single: bool = False  # named by one corner, so that a write may reach further

    @property
    def text(self) -> str:
        return write_range(self.worksheet.title, self.box)


def find(spreadsheet: Spreadsheet, text: str) -> Target:
    """Resolve A1 notation; refuses what cannot be parsed and what starts outside the grid."""
    reference = parse_range(text)
    found = None if reference is None else _resolve(spreadsheet, reference)
    if found is None:
        raise invalid(f"Unable to parse range: {text}")
    worksheet, area, single = found
    check_start(worksheet, area)
    return Target(worksheet, area, worksheet.within(area), single)


def _resolve(spreadsheet: Spreadsheet, reference: Reference) -> tuple[Worksheet, Area, bool] | None:
    if reference.titled:
        worksheet = spreadsheet.by_title(reference.title)
        if worksheet is None:
            return None
        if reference.area is not None:
            return worksheet, reference.area, reference.single
        # gspread puts the title before everything, named ranges too, and its users say it works.
        named = _named(spreadsheet, str(reference.name))
        if named is None or named.data["sheetId"] != worksheet.sheet_id:
            return None
        return worksheet, named.area, False
    named = _named(spreadsheet, reference.title)
    if named is not None:
        worksheet = spreadsheet.worksheet(named.data["sheetId"])
        return None if worksheet is None else (worksheet, named.area, False)
    if reference.area is not None:
        # Documented: cells without a title are those of the first visible worksheet.
        visible = [one for one in spreadsheet.worksheets if not one.hidden]
        return visible[0], reference.area, reference.single
    worksheet = spreadsheet.by_title(reference.title)
    return None if worksheet is None else (worksheet, Area(), False)


def _named(spreadsheet: Spreadsheet, name: str) -> Placed | None:
    lowered = name.lower()
    return next((one for one in spreadsheet.named if one.data["name"].lower() == lowered), None)


def check_start(worksheet: Worksheet, area: Area) -> None:
    rows, columns = len(worksheet.rows), len(worksheet.columns)
    if (area.top or 0) >= rows or (area.left or 0) >= columns:
        raise out_of_grid(worksheet, area)


def out_of_grid(worksheet: Worksheet, area: Area) -> Exception:
    text = f"{quote_title(worksheet.title)}!{write_area(area)}".rstrip("!")
    rows, columns = len(worksheet.rows), len(worksheet.columns)
    return invalid(f"Range ({text}) exceeds grid limits. Max rows: {rows}, max columns: {columns}")


def worksheet_by_id(spreadsheet: Spreadsheet, sheet_id: int) -> Worksheet:
    worksheet = spreadsheet.worksheet(sheet_id)
    if worksheet is None:
        raise invalid(f"No grid with id: {sheet_id}")
    return worksheet


def from_grid_range(spreadsheet: Spreadsheet, grid_range: dict[str, Any] | None) -> Target:
    """Resolve a GridRange; an absent sheetId is 0. Past the end of the grid it is clipped (R1)."""
    grid_range = grid_range or {}
    worksheet = worksheet_by_id(spreadsheet, grid_range.get("sheetId", 0))
    area = area_from(grid_range)
    for name, start, end in (
        ("RowIndex", area.top, area.bottom),
        ("ColumnIndex", area.left, area.right),
    ):
        for side, index in (("start", start), ("end", end)):
            if index is not None and index < 0:
                raise invalid(f"range.{side}{name}[{index}] must not be negative.")
        if end is not None and (start or 0) >= end:
            raise invalid(
                f"range.start{name}[{start or 0}] must be less than range.end{name}[{end}]."
            )
    check_start(worksheet, area)
    return Target(worksheet, area, worksheet.within(area))


def whole(worksheet: Worksheet) -> Target:
    return Target(worksheet, Area(), worksheet.box)


def target_of(worksheet: Worksheet, box: Box) -> Target:
    return Target(worksheet, area_of(box), box)
