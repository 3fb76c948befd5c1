"""Finds the table ``values.append`` writes after: the block of cells that touch each other."""

from __future__ import annotations

from .areas import Box
from .model import Worksheet, value_of


def table_at(worksheet: Worksheet, box: Box) -> Box | None:
    """Return the last table that touches a box, or None (documented with examples).

    A table is grown from a cell to every neighbour that holds something, corners included.
    """
    seed = _last_cell(worksheet, box) or _inside(worksheet, box)
    return None if seed is None else _grown(worksheet, seed)


def _last_cell(worksheet: Worksheet, box: Box) -> Box | None:
    for row in range(box.bottom - 1, box.top - 1, -1):
        cells = worksheet.rows[row].cells[box.left : box.right]
        for offset, entry in enumerate(cells):
            if value_of(entry) is not None:
                column = box.left + offset
                return Box(row, row + 1, column, column + 1)
    return None


def _inside(worksheet: Worksheet, box: Box) -> Box | None:
    """Return a neighbour's cell when the box, though empty, lies within that neighbour's table."""
    around = Box(
        max(box.top - 1, 0),
        min(box.bottom + 1, len(worksheet.rows)),
        max(box.left - 1, 0),
        min(box.right + 1, len(worksheet.columns)),
    )
    seed = _last_cell(worksheet, around)
    corner = Box(box.top, box.top + 1, box.left, box.left + 1)
    return seed if seed is not None and _grown(worksheet, seed).holds(corner) else None


def _grown(worksheet: Worksheet, box: Box) -> Box:
    top, bottom, left, right = box
    while True:
        before = (top, bottom, left, right)
        while top > 0 and _filled(worksheet, top - 1, left - 1, right + 1):
            top -= 1
        while bottom < len(worksheet.rows) and _filled(worksheet, bottom, left - 1, right + 1):
            bottom += 1
        lowest, highest = max(top - 1, 0), min(bottom + 1, len(worksheet.rows))
        while left > 0 and _column_filled(worksheet, left - 1, lowest, highest):
            left -= 1
        while right < len(worksheet.columns) and _column_filled(worksheet, right, lowest, highest):
            right += 1
        if before == (top, bottom, left, right):
            return Box(top, bottom, left, right)


def _filled(worksheet: Worksheet, row: int, left: int, right: int) -> bool:
    cells = worksheet.rows[row].cells[max(left, 0) : right]
    return any(value_of(entry) is not None for entry in cells)


def _column_filled(worksheet: Worksheet, column: int, top: int, bottom: int) -> bool:
    return any(value_of(row.get(column)) is not None for row in worksheet.rows[top:bottom])
