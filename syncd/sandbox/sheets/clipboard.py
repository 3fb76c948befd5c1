"""Cut, copy and paste of rectangles, and the shifting of cells within rows or columns.

One implementation behind the API's requests and behind people's edits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from . import structure
from .areas import Area, Axis, Box, area_of
from .formula import effective
from .model import Cell, Entry, Worksheet, as_cell, value_of
from .ranges import out_of_grid
from .structure import moved_formula

PasteType = Literal[
    "PASTE_NORMAL",
    "PASTE_VALUES",
    "PASTE_FORMAT",
    "PASTE_NO_BORDERS",
    "PASTE_FORMULA",
    "PASTE_DATA_VALIDATION",
    "PASTE_CONDITIONAL_FORMATTING",
]
Block = list[tuple[Entry, ...]]


def read_block(worksheet: Worksheet, box: Box) -> Block:
    return [row.slice(box.left, box.right) for row in worksheet.rows[box.top : box.bottom]]


def require_inside(worksheet: Worksheet, box: Box) -> None:
    if box.bottom > len(worksheet.rows) or box.right > len(worksheet.columns):
        raise out_of_grid(worksheet, area_of(box))


def clear_block(worksheet: Worksheet, box: Box) -> None:
    """Empty the cells of a box altogether: values, formats, notes and validation."""
    for row in worksheet.rows[box.top : box.bottom]:
        if len(row.cells) > box.left:
            row.put(box.left, (None,) * box.width)
    worksheet.spreadsheet.changed()


def cut(
    source: Worksheet, box: Box, target: Worksheet, row: int, column: int, kind: PasteType
) -> Box:
    """Move a box's cells; row metadata stays behind, named ranges cut whole go along (P1).

    Returns the box written to.
    """
    landed = Box(row, row + box.height, column, column + box.width)
    require_inside(target, landed)
    block = read_block(source, box)
    frozen = _values(source, box) if kind == "PASTE_VALUES" else None
    clear_block(source, box)
    for offset, entries in enumerate(block if frozen is None else frozen):
        old = target.rows[row + offset].slice(column, column + box.width)
        new = [_pasted(before, entry, kind) for before, entry in zip(old, entries, strict=True)]
        target.rows[row + offset].put(column, new)
    _carry_named(source, box, target, landed)
    _carry_merges(source, box, target, landed, keep=False)
    target.spreadsheet.changed()
    return landed


def _carry_named(source: Worksheet, box: Box, target: Worksheet, landed: Box) -> None:
    spreadsheet = source.spreadsheet
    for index, named in enumerate(spreadsheet.named):
        inner = source.within(named.area)
        if named.data["sheetId"] == source.sheet_id and box.holds(inner):
            moved = inner.shifted(landed.top - box.top, landed.left - box.left)
            data = {**named.data, "sheetId": target.sheet_id}
            spreadsheet.named[index] = replace(named, area=area_of(moved), data=data)


def _carry_merges(
    source: Worksheet, box: Box, target: Worksheet, landed: Box, *, keep: bool
) -> None:
    moved = [one for one in source.merges if box.holds(source.within(one))]
    if not keep:
        source.merges = [one for one in source.merges if one not in moved]
    target.merges = [one for one in target.merges if not landed.overlaps(target.within(one))]
    by = (landed.top - box.top, landed.left - box.left)
    target.merges += [area_of(source.within(one).shifted(*by)) for one in moved]


def _values(worksheet: Worksheet, box: Box) -> Block:
    return [
        tuple(effective(worksheet, row, column) for column in range(box.left, box.right))
        for row in range(box.top, box.bottom)
    ]


def copy(
    source: Worksheet,
    box: Box,
    target: Worksheet,
    area: Box,
    kind: PasteType = "PASTE_NORMAL",
    *,
    transpose: bool = False,
) -> Box:
    """Copy a box's cells into an area, repeated where the area is a multiple of it (documented).

    Formulas move along; row metadata is not copied (M1). Returns the box written to.
    """
    block = _values(source, box) if kind == "PASTE_VALUES" else read_block(source, box)
    if transpose:
        block = list(zip(*block, strict=True))
    height, width = len(block), len(block[0]) if block else 0
    tall = area.height if area.height % height == 0 else height
    wide = area.width if area.width % width == 0 else width
    landed = Box(area.top, area.top + tall, area.left, area.left + wide)
    require_inside(target, landed)
    for offset in range(tall):
        row = target.rows[area.top + offset]
        old = row.slice(area.left, area.left + wide)
        entries = []
        for at in range(wide):
            entry = block[offset % height][at % width]
            if not transpose:
                rows = area.top + offset - (box.top + offset % height)
                entry = moved_formula(entry, rows, area.left + at - (box.left + at % width))
            entries.append(_pasted(old[at], entry, kind))
        row.put(area.left, entries)
    if kind in ("PASTE_NORMAL", "PASTE_NO_BORDERS") and not transpose:
        for top in range(area.top, area.top + tall, height):
            for left in range(area.left, area.left + wide, width):
                spot = Box(top, top + height, left, left + width)
                if spot != box or source is not target:
                    _carry_merges(source, box, target, spot, keep=True)
    target.spreadsheet.changed()
    return landed


def _pasted(old: Entry, new: Entry, kind: PasteType) -> Entry:
    """Return what a cell becomes when an entry is pasted onto it."""
    if kind == "PASTE_NORMAL":
        return new
    fresh, kept = as_cell(new), as_cell(old)
    match kind:
        case "PASTE_VALUES" | "PASTE_FORMULA":
            if not isinstance(old, Cell):
                return fresh.value
            result = replace(kept, value=fresh.value, runs=())
        case "PASTE_FORMAT":
            result = replace(kept, format=fresh.format, validation=fresh.validation)
        case "PASTE_NO_BORDERS":
            result = replace(fresh, format=_without_borders(fresh))
        case "PASTE_DATA_VALIDATION":
            result = replace(kept, validation=fresh.validation)
        case "PASTE_CONDITIONAL_FORMATTING":
            result = kept
    return result.packed()


def _without_borders(cell: Cell) -> dict[str, object] | None:
    look = {name: value for name, value in (cell.format or {}).items() if name != "borders"}
    return look or None


def insert_cells(worksheet: Worksheet, box: Box, axis: Axis) -> None:
    """Shift the cells from a box on down or right; the grid grows if any would fall off."""
    if axis == "ROWS":
        below = Box(box.top, len(worksheet.rows), box.left, box.right)
        lost = read_block(worksheet, below._replace(top=max(below.bottom - box.height, box.top)))
        if any(entry is not None for row in lost for entry in row):
            structure.append_lines(worksheet, "ROWS", box.height)
        below = below._replace(bottom=len(worksheet.rows) - box.height)
        block = read_block(worksheet, below)
        for offset, entries in enumerate(block):
            worksheet.rows[box.bottom + offset].put(box.left, entries)
        clear_block(worksheet, box)
    else:
        if any(
            value_of(entry) is not None
            for row in worksheet.rows[box.top : box.bottom]
            for entry in row.cells[max(box.left, len(worksheet.columns) - box.width) :]
        ):
            structure.append_lines(worksheet, "COLUMNS", box.width)
        for row in worksheet.rows[box.top : box.bottom]:
            if len(row.cells) > box.left:
                shifted = row.cells[: box.left] + (None,) * box.width + row.cells[box.left :]
                row.cells = shifted[: len(worksheet.columns)]
    _shift_inside(worksheet, box, axis, lambda area: _after_insert(area, box, axis))


def delete_cells(worksheet: Worksheet, box: Box, axis: Axis) -> None:
    """Remove a box's cells; those below move up, or those to the right move left."""
    if axis == "ROWS":
        below = Box(box.bottom, len(worksheet.rows), box.left, box.right)
        for offset, entries in enumerate(read_block(worksheet, below)):
            worksheet.rows[box.top + offset].put(box.left, entries)
        end = len(worksheet.rows)
        clear_block(worksheet, Box(end - box.height, end, box.left, box.right))
    else:
        for row in worksheet.rows[box.top : box.bottom]:
            row.cells = row.cells[: box.left] + row.cells[box.right :]
    first, last = (box.top, box.bottom) if axis == "ROWS" else (box.left, box.right)
    _shift_inside(worksheet, box, axis, lambda area: area.after_delete(axis, first, last))


def _after_insert(area: Area, box: Box, axis: Axis) -> Area:
    at, count = (box.top, box.height) if axis == "ROWS" else (box.left, box.width)
    return area.after_insert(axis, at, count)


def _shift_inside(
    worksheet: Worksheet, box: Box, axis: Axis, change: Callable[[Area], Area | None]
) -> None:
    """Carry merges and named ranges that lie wholly in the shifted rows or columns."""

    def inside(area: Area) -> bool:
        inner = worksheet.within(area)
        if axis == "ROWS":
            return box.left <= inner.left and inner.right <= box.right
        return box.top <= inner.top and inner.bottom <= box.bottom

    worksheet.merges = [
        new for one in worksheet.merges if (new := change(one) if inside(one) else one) is not None
    ]
    spreadsheet = worksheet.spreadsheet
    for index, named in enumerate(spreadsheet.named):
        if named.data["sheetId"] == worksheet.sheet_id and inside(named.area):
            new = change(named.area)
            if new is not None:
                spreadsheet.named[index] = replace(named, area=new)
    spreadsheet.changed()
