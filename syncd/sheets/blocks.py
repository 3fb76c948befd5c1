"""Gather single cells into rectangles and rows into runs, so that one write stays small."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from syncd.sheets.base import CellWrite

_GAP = 3  # unwritten rows that may be echoed to save a range
_MOST_RANGES = 200

Block = list[list[CellWrite]]
"""A rectangle of writes, as rows of cells."""


def group_cells(writes: Iterable[CellWrite]) -> list[Block]:
    """Return rectangles of writes, each as rows of cells, in sheet order."""
    strips: list[list[CellWrite]] = []
    for write in sorted(set(writes), key=lambda w: (w.sheet_id, w.row, w.column)):
        last = strips[-1][-1] if strips else None
        if last and (last.sheet_id, last.row, last.column + 1) == (
            write.sheet_id,
            write.row,
            write.column,
        ):
            strips[-1].append(write)
        else:
            strips.append([write])
    blocks: list[Block] = []
    below: dict[tuple[int, int, int, int], Block] = {}
    for strip in strips:
        corner = strip[0]
        place = (corner.sheet_id, corner.row, corner.column, len(strip))
        block = below.pop(place, None)
        if block is None:
            block = []
            blocks.append(block)
        block.append(strip)
        below[corner.sheet_id, corner.row + 1, corner.column, len(strip)] = block
    return blocks


def group_rows(wanted: Collection[tuple[int, int]]) -> list[tuple[int, int, int]]:
    """Return (sheet id, first, last) runs that cover every row, 0-based and inclusive."""
    runs: list[tuple[int, int, int]] = []
    rows = sorted(wanted)
    gap = _GAP
    while True:
        runs = []
        for sheet_id, row in rows:
            if runs and runs[-1][0] == sheet_id and row - runs[-1][2] <= gap:
                runs[-1] = (sheet_id, runs[-1][1], row)
            else:
                runs.append((sheet_id, row, row))
        if len(runs) <= max(_MOST_RANGES, len({sheet for sheet, _ in rows})):
            return runs
        gap *= 4  # very scattered rows: echo more of what lies between
