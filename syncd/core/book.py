"""A spreadsheet as its makers see it: cells with their rules, and what lies on the grid.

The daemon reads values only (:mod:`syncd.core.table`); this is what setting up needs to know in
order to leave people's things alone. Rows and columns are 0-based, ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ROWS, COLUMNS = 1000, 26  # of a worksheet that is added: what Google gives a new one


class Cell(NamedTuple):
    """What matters of one cell. ``rule`` is its validation: the kind, and its values in order."""

    value: object = ""  # "" when nothing stands in it
    rule: tuple[str, ...] = ()
    formatted: bool = False  # it has a number format of its own
    noted: bool = False


EMPTY = Cell()


class Area(NamedTuple):
    """A rectangle; an end of None reaches to the end of the grid."""

    top: int
    bottom: int | None
    left: int
    right: int | None

    def spans(self, column: int) -> bool:
        return self.left <= column and (self.right is None or column < self.right)

    def holds(self, row: int, column: int) -> bool:
        below = self.top <= row and (self.bottom is None or row < self.bottom)
        return below and self.spans(column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Protection:
    """A protected range; ``closed`` when the service account may not edit it."""

    area: Area
    closed: bool = False
    unprotected: Sequence[Area] = ()

    def shuts(self, row: int, column: int) -> bool:
        """Return whether that cell, or any one below it, is closed to us."""
        meets = self.area.spans(column) and (self.area.bottom is None or row < self.area.bottom)
        return self.closed and meets and not any(a.holds(row, column) for a in self.unprotected)


class Rule(NamedTuple):
    """A conditional format: its condition, values, and where it holds."""

    kind: str
    values: tuple[str, ...]
    areas: tuple[Area, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A worksheet as it is. ``cells`` are ragged: what is not there is empty."""

    sheet_id: int
    title: str
    rows: int
    columns: int
    cells: Sequence[Sequence[Cell]] = ()
    frozen: int = 0
    hidden: Sequence[int] = ()  # columns
    merges: Sequence[Area] = ()
    protections: Sequence[Protection] = ()
    rules: Sequence[Rule] = ()
    filtered: Area | None = None

    def cell(self, row: int, column: int) -> Cell:
        cells = self.cells[row] if row < len(self.cells) else ()
        return cells[column] if column < len(cells) else EMPTY


@dataclass(frozen=True, kw_only=True, slots=True)
class Book:
    """A spreadsheet as it is: all titles by sheet id, and the worksheets that were asked for."""

    title: str
    account: str  # the address that the spreadsheet is shared with
    titles: Mapping[int, str]
    sheets: Mapping[str, Sheet]
    ticking: bool = True  # the time is worked out anew without an edit, too
