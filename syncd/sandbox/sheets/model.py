"""The spreadsheet itself: worksheets of rows, and what hangs on them.

A row is an object apart from its position; developer metadata hangs on rows and columns, so that
it goes where they go. A row's cells are one tuple: an empty cell is None, a bare value costs
nothing more, and only a cell with a format, note or validation becomes a ``Cell``. Tuples make a
snapshot (for all-or-nothing batches and for undo) as cheap as a list of references.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from syncd.sandbox.clock import Clock

from .areas import Area, Axis, Box
from .settings import SheetsSettings

Role = Literal["owner", "writer", "commenter", "reader", "none"]


@dataclass(frozen=True, slots=True)
class Formula:
    """What was entered with a leading equals sign, sign included."""

    text: str


@dataclass(frozen=True, slots=True)
class ErrorValue:
    """A computed error: Google's ErrorType, as shown, and its explanation."""

    type: str
    shown: str
    message: str


Value = str | int | float | bool | Formula | ErrorValue
Scalar = str | int | float | bool | ErrorValue | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is more than a bare value. Its mappings are never changed in place."""

    value: Value | None = None
    format: Mapping[str, Any] | None = None
    note: str | None = None
    validation: Mapping[str, Any] | None = None
    runs: tuple[Mapping[str, Any], ...] = ()

    def packed(self) -> Entry:
        """Return the cheapest entry that says the same."""
        if self.format or self.note or self.validation or self.runs:
            return self
        return self.value


Entry = Value | Cell | None
EMPTY = Cell()


def as_cell(entry: Entry) -> Cell:
    if isinstance(entry, Cell):
        return entry
    return EMPTY if entry is None else Cell(entry)


def value_of(entry: Entry) -> Value | None:
    return entry.value if isinstance(entry, Cell) else entry


@dataclass(frozen=True, slots=True)
class Metadata:
    """One entry of developer metadata; where it hangs is where it is kept."""

    id: int
    key: str
    value: str | None
    visibility: str


class LineState(NamedTuple):
    """All that may change in a row or a column."""

    size: int | None
    hidden: bool
    metadata: tuple[Metadata, ...]
    cells: tuple[Entry, ...]


class Line:
    """A row or a column: what it is apart from its position.

    Every edit takes the state of every line, to be able to go back. So a line keeps the state it
    has once told in ``kept`` until something in it changes.
    """

    __slots__ = ("hidden", "kept", "metadata", "size")
    size: int | None
    hidden: bool
    metadata: tuple[Metadata, ...]
    kept: LineState | None

    def __init__(self, size: int | None = None) -> None:
        for name, value in (("size", size), ("hidden", False), ("metadata", ()), ("kept", None)):
            _set(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        _set(self, name, value)
        _set(self, "kept", None)

    def state(self) -> LineState:
        kept = LineState(self.size, self.hidden, self.metadata, self._cells())
        _set(self, "kept", kept)
        return kept

    def restore(self, state: LineState) -> None:
        if self.kept is not state:
            self.size, self.hidden, self.metadata, _ = state

    def _cells(self) -> tuple[Entry, ...]:
        return ()


_set = object.__setattr__


class Column(Line):
    """A column; its cells are in the rows."""

    __slots__ = ()


class Row(Line):
    """A row and its cells, from column A on; shorter than the grid when the rest is empty."""

    __slots__ = ("cells",)
    cells: tuple[Entry, ...]

    def __init__(self, cells: tuple[Entry, ...] = ()) -> None:
        super().__init__()
        _set(self, "cells", cells)

    def get(self, column: int) -> Entry:
        return self.cells[column] if column < len(self.cells) else None

    def slice(self, left: int, right: int) -> tuple[Entry, ...]:
        """Return exactly the cells ``[left, right)``."""
        part = self.cells[left:right]
        return part + (None,) * (right - left - len(part))

    def put(self, left: int, entries: Iterable[Entry]) -> None:
        new = tuple(entries)
        cells = self.cells
        if len(cells) < left:
            cells += (None,) * (left - len(cells))
        self.cells = cells[:left] + new + cells[left + len(new) :]

    def restore(self, state: LineState) -> None:
        if self.kept is not state:
            super().restore(state)
            self.cells = state.cells

    def _cells(self) -> tuple[Entry, ...]:
        return self.cells


@dataclass(frozen=True, slots=True)
class Placed:
    """A thing that lies on an area: a protected range, a filter, a named range, a rule."""

    id: int | str
    area: Area
    data: Mapping[str, Any] = field(default_factory=dict)


class Group(NamedTuple):
    """A dimension group ``[start, end)``; ``depth`` counts from 1."""

    axis: Axis
    start: int
    end: int
    depth: int
    collapsed: bool = False


class Worksheet:
    """One grid. ``properties`` holds what has no meaning here beyond being given back."""

    def __init__(self, spreadsheet: Spreadsheet, sheet_id: int, title: str) -> None:
        self.spreadsheet = spreadsheet
        self.sheet_id = sheet_id
        self.title = title
        self.hidden = False
        self.frozen_rows = 0
        self.frozen_columns = 0
        self.properties: Mapping[str, Any] = {}
        self.grid_properties: Mapping[str, Any] = {}
        self.rows: list[Row] = []
        self.columns: list[Column] = []
        self.merges: list[Area] = []
        self.protected: list[Placed] = []
        self.rules: list[Mapping[str, Any]] = []
        self.rule_areas: list[tuple[Area, ...]] = []
        self.groups: list[Group] = []
        self.filter: Placed | None = None
        self.metadata: tuple[Metadata, ...] = ()

    @property
    def index(self) -> int:
        return self.spreadsheet.worksheets.index(self)

    @property
    def box(self) -> Box:
        return Box(0, len(self.rows), 0, len(self.columns))

    def within(self, area: Area) -> Box:
        return area.within(len(self.rows), len(self.columns))

    def entry(self, row: int, column: int) -> Entry:
        return self.rows[row].get(column)

    def cell(self, row: int, column: int) -> Cell:
        return as_cell(self.rows[row].get(column))

    def put(self, row: int, column: int, cell: Cell) -> None:
        self.rows[row].put(column, (cell.packed(),))

    def put_value(self, row: int, column: int, value: Value | None) -> None:
        entry = self.rows[row].get(column)
        if isinstance(entry, Cell):
            self.put(row, column, replace(entry, value=value, runs=()))
        else:
            self.rows[row].put(column, (value,))

    def lines(self, axis: Axis) -> list[Row] | list[Column]:
        return self.rows if axis == "ROWS" else self.columns

    def all_metadata(self) -> Iterator[tuple[Metadata, Axis | None, int]]:
        """Yield each entry with its axis (None: the worksheet itself) and index."""
        for entry in self.metadata:
            yield entry, None, 0
        for index, row in enumerate(self.rows):
            for entry in row.metadata:
                yield entry, "ROWS", index
        for index, column in enumerate(self.columns):
            for entry in column.metadata:
                yield entry, "COLUMNS", index

    def state(self) -> dict[str, Any]:
        kept = {
            name: list(value) if isinstance(value, list) else value
            for name, value in vars(self).items()
        }
        kept["lines"] = [line.kept or line.state() for line in (*self.rows, *self.columns)]
        return kept

    def restore(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            if name != "lines":
                setattr(self, name, list(value) if isinstance(value, list) else value)
        for line, then in zip((*self.rows, *self.columns), state["lines"], strict=True):
            line.restore(then)

    def snapshot(self) -> dict[str, Any]:
        """Return what the browser's grid shows; see ``render.show_worksheet``."""
        from .render import show_worksheet  # noqa: PLC0415 - rendering reads the model

        return show_worksheet(self)


class Spreadsheet:
    """A file: worksheets, named ranges, rights, and a version that grows with every change."""

    def __init__(
        self, spreadsheet_id: str, title: str, *, owner: str, clock: Clock, settings: SheetsSettings
    ) -> None:
        self.id = spreadsheet_id
        self.title = title
        self.owner = owner
        self.clock = clock
        self.settings = settings
        self.locale = "en_US"
        self.time_zone = "Europe/Berlin"
        self.properties: Mapping[str, Any] = {}
        self.worksheets: list[Worksheet] = []
        self.named: list[Placed] = []  # data: name, sheetId
        self.metadata: tuple[Metadata, ...] = ()
        self.roles: dict[str, Role] = {owner: "owner"}
        self.version = 1
        self.has_formulas = False  # once true, structural edits rewrite references
        self.created = clock.now()
        self.changes = [(self.created, self.version)]  # those Drive has yet to forget
        # the states before and after the last human edit
        self.past: tuple[dict[str, Any], dict[str, Any]] | None = None
        self.computed: dict[Any, Any] = {}  # what was worked out from the cells, until a change

    def share(self, email: str, role: Role) -> None:
        """Give a user a role; "none" makes every call of theirs a 403."""
        self.roles[email] = role

    def role(self, email: str) -> Role | None:
        """Return a user's role, falling back on what the file grants to anyone with the link."""
        return self.roles.get(email) or self.roles.get("anyone")

    def worksheet(self, sheet_id: int) -> Worksheet | None:
        return next((one for one in self.worksheets if one.sheet_id == sheet_id), None)

    def by_title(self, title: str) -> Worksheet | None:
        return next((one for one in self.worksheets if one.title == title), None)

    def add_worksheet(
        self, sheet_id: int, title: str, rows: int, columns: int, index: int | None = None
    ) -> Worksheet:
        worksheet = Worksheet(self, sheet_id, title)
        worksheet.rows = [Row() for _ in range(rows)]
        worksheet.columns = [Column() for _ in range(columns)]
        self.worksheets.insert(len(self.worksheets) if index is None else index, worksheet)
        return worksheet

    def cell_count(self) -> int:
        return sum(len(one.rows) * len(one.columns) for one in self.worksheets)

    def changed(self) -> None:
        """Forget computed results: something they may rest on is different now."""
        self.computed.clear()

    def touch(self, *, at_once: bool = False) -> None:
        """Count one change, and when it happened: Drive tells of it later, or at once."""
        self.version += 1
        if at_once:
            self.changes.clear()
        self.changes.append((self.clock.now(), self.version))
        self.changed()

    def state(self) -> dict[str, Any]:
        """Return everything a failed batch or an undo must be able to bring back."""
        kept = {
            name: getattr(self, name)
            for name in ("title", "locale", "time_zone", "properties", "metadata")
        }
        kept["named"] = list(self.named)
        kept["worksheets"] = [(one, one.state()) for one in self.worksheets]
        return kept

    def restore(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            if name == "worksheets":
                self.worksheets = [worksheet for worksheet, _ in value]
                for worksheet, kept in value:
                    worksheet.restore(kept)
            else:
                setattr(self, name, list(value) if isinstance(value, list) else value)
        self.changed()
