"""A Leads worksheet as the office sees it, with the hidden truth in the notes of its cells.

What a person types is noted on the cell together with when it was typed: ``(number, text)``. Notes
go where cells go (sorted, cut, copied, undone), and a program that writes values leaves them. So at
any moment each cell tells what a human last wanted it to show, and the cell of the Prospect ID
whose row it is. Header cells carry their column's proper name as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

from syncd.sandbox.sheets import people as hands
from syncd.sandbox.sheets.model import Cell, Entry, Formula, Row, Spreadsheet, Worksheet, value_of

from .layout import Layout

_SEPARATOR = "\x1f"
_TOP = 15  # rows among which the header is


class Typed(NamedTuple):
    """What a human typed into a cell, and when: the number of the request that it came before."""

    at: int
    text: str
    header: str = ""


def read_note(entry: Entry) -> Typed | None:
    """Return what a human last typed into a cell, or None where it is empty or not theirs."""
    if not isinstance(entry, Cell) or not entry.note:
        return None
    at, text, *header = entry.note.split(_SEPARATOR)
    return Typed(int(at), text, header[0] if header else "")


def plain(entry: Entry) -> str:
    """Return a cell as people would read it."""
    value = value_of(entry)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.text if isinstance(value, Formula) else str(value)


class Line:
    """One row: what it shows, and what people mean it to show."""

    __slots__ = ("_at", "cells", "layout", "number")

    def __init__(
        self, number: int, cells: tuple[Entry, ...], at: Mapping[str, int], layout: Layout
    ) -> None:
        self.number = number
        self.cells = cells
        self._at = at
        self.layout = layout

    def entry(self, name: str) -> Entry:
        at = self._at.get(name)
        return self.cells[at] if at is not None and at < len(self.cells) else None

    def shown(self, name: str) -> str:
        return plain(self.entry(name))

    def typed(self, name: str) -> str:
        """Return what a human means that cell to say; nothing where it is not a human's."""
        note = read_note(self.entry(name))
        return note.text if note else ""

    def name_at(self, position: int) -> str:
        """Return the header of that position, or nothing."""
        return next((name for name, at in self._at.items() if at == position), "")

    @property
    def prospect(self) -> int | None:
        """Whose row it is, by what people typed."""
        text = self.typed(self.layout.prospect)
        return int(text) if text.isdigit() else None

    @property
    def find(self) -> str:
        return self.typed(self.layout.find)

    @property
    def approved(self) -> bool:
        return self.typed(self.layout.approve) == "TRUE"


class Look:
    """The worksheet at one moment."""

    def __init__(self, worksheet: Worksheet, layout: Layout) -> None:
        self.layout = layout
        self.rows: Sequence[Row] = list(worksheet.rows)
        self.header, self.at = _find_header(self.rows)
        self.width = len(worksheet.columns)

    @cached_property
    def end(self) -> int:
        """The row below the last one with anything in it."""
        for number in range(len(self.rows) - 1, self.header, -1):
            for entry in self.rows[number].cells:  # no generator: this is asked at every edit
                if entry is not None and value_of(entry) is not None:
                    return number + 1
        return self.header + 1

    @property
    def first(self) -> int:
        return self.header + 1

    def line(self, number: int) -> Line:
        return Line(number, self.rows[number].cells, self.at, self.layout)

    def lines(self) -> Iterator[Line]:
        """Yield every row below the header, down to the last with anything in it."""
        return (self.line(number) for number in range(self.first, self.end))


def _find_header(rows: Sequence[Row]) -> tuple[int, dict[str, int]]:
    for number, row in enumerate(rows[:_TOP]):
        at = {
            note.header: position
            for position, entry in enumerate(row.cells)
            if (note := read_note(entry)) is not None and note.header
        }
        if at:
            return number, at
    raise ValueError("the worksheet has lost its header")


class Leads:
    """The worksheet, and what people do in it. ``moment`` numbers the moments of typing."""

    def __init__(self, worksheet: Worksheet, layout: Layout, moment: Callable[[], int]) -> None:
        self.worksheet = worksheet
        self.layout = layout
        self.moment = moment

    @property
    def book(self) -> Spreadsheet:
        return self.worksheet.spreadsheet

    def look(self) -> Look:
        return Look(self.worksheet, self.layout)

    # -- before anybody looks --------------------------------------------------------------------

    def lay_out(self, *, header: int = 0, text_columns: Sequence[str] = ()) -> None:
        """Write the header, and format some columns as plain text."""
        for position, name in enumerate(self.layout.header):
            self.worksheet.put_value(header, position, name)
            self._note(header, position, name)
            if name in text_columns:
                for number in range(header + 1, len(self.worksheet.rows)):
                    cell = self.worksheet.cell(number, position)
                    text = {"numberFormat": {"type": "TEXT"}}
                    self.worksheet.put(number, position, replace(cell, format=text))

    # -- typing ----------------------------------------------------------------------------------

    def type(self, number: int, name: str, text: str) -> None:
        """Type into a cell; an empty text clears it."""
        position = self.look().at[name]
        with hands.as_one_edit(self.book):
            hands.type_cell(self.worksheet, number, position, text)
            self._note(number, position)

    def tick(self, number: int, ticked: bool) -> None:
        position = self.look().at[self.layout.approve]
        with hands.as_one_edit(self.book):
            hands.set_checkbox(self.worksheet, number, position, ticked)
            self._note(number, position)

    def rename_header(self, name: str, text: str) -> None:
        look = self.look()
        with hands.as_one_edit(self.book):
            hands.type_cell(self.worksheet, look.header, look.at[name], text)
            self._note(look.header, look.at[name], name)

    def paste(self, number: int, rows: Sequence[Mapping[str, str]]) -> None:
        """Paste rows of texts, by header, from a row on."""
        at = self.look().at
        width = max(at.values()) + 1
        with hands.as_one_edit(self.book):
            grid = [[""] * width for _ in rows]
            for cells, texts in zip(grid, rows, strict=True):
                for name, text in texts.items():
                    cells[at[name]] = text
            hands.paste_rows(self.worksheet, number, grid)
            for offset, texts in enumerate(rows):
                for name in texts:
                    self._note(number + offset, at[name])

    def _note(self, number: int, position: int, header: str = "") -> None:
        cell = self.worksheet.cell(number, position)
        if cell.value is None:
            self.worksheet.put(number, position, replace(cell, note=None))
        else:
            self.give_back(number, position, Typed(self.moment(), plain(cell), header))

    def give_back(self, number: int, position: int, note: Typed) -> None:
        """Note what a human typed into a cell."""
        told = [str(note.at), note.text, *([note.header] if note.header else [])]
        cell = self.worksheet.cell(number, position)
        self.worksheet.put(number, position, replace(cell, note=_SEPARATOR.join(told)))

    def room(self, number: int) -> None:
        """See to it that there is a row of that number, as people do by scrolling on."""
        missing = number + 1 - len(self.worksheet.rows)
        if missing > 0:
            with suppress(ValueError):
                hands.insert_rows(self.worksheet, len(self.worksheet.rows), missing)
