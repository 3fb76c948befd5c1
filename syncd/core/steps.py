"""The steps that prepare a spreadsheet, as plain data that can be printed before it is done.

Rows and columns are 0-based, and ends are exclusive. A step only ever adds: none moves, deletes or
overwrites what stands in a cell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syncd.core.layout import Tint

Runs = Sequence[tuple[int, int]]
"""Runs of rows, each from its first to before its last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Where a step is taken."""

    sheet_id: int
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AddWorksheet(Step):
    rows: int
    columns: int
    hidden: bool = False

    def __str__(self) -> str:
        return f"add the {'hidden ' if self.hidden else ''}worksheet"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddColumns(Step):
    """Make the grid wider at its right end."""

    count: int

    def __str__(self) -> str:
        return f"widen the worksheet by {count(self.count, 'empty column')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddRows(Step):
    """Make the grid longer at its lower end."""

    count: int

    def __str__(self) -> str:
        return f"lengthen the worksheet by {count(self.count, 'empty row')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalculate(Step):
    """Let the spreadsheet work out the time anew every minute, not only when it is edited."""

    def __str__(self) -> str:
        return "let the spreadsheet work out NOW() every minute, so that it can show an outage"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddHeaders(Step):
    """Write headers side by side into empty cells; ``widths`` in pixels and ``notes`` by name."""

    row: int
    column: int
    names: Sequence[str]
    widths: Mapping[str, int]
    notes: Mapping[str, str]

    def __str__(self) -> str:
        last = self.column + len(self.names) - 1
        place = f"{letters(self.column)}{self.row + 1}:{letters(last)}{self.row + 1}"
        return f"write the headers {', '.join(self.names)} in {place}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddNote(Step):
    """Put a note on the cell of a header that is there."""

    name: str
    row: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"put a note on the header {self.name} ({letters(self.column)}{self.row + 1})"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddLabels(Step):
    """Write the names of rows into empty cells, one below the other."""

    row: int
    column: int
    labels: Sequence[str]

    def __str__(self) -> str:
        column, first, last = letters(self.column), self.row + 1, self.row + len(self.labels)
        return f"write the labels {', '.join(self.labels)} in {column}{first}:{column}{last}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AddExample(Step):
    """Write a row into a worksheet that these steps add; None leaves a cell empty."""

    row: int
    cells: Sequence[object]

    def __str__(self) -> str:
        return f"write an example in row {self.row + 1}, for you to delete"


@dataclass(frozen=True, kw_only=True, slots=True)
class KeepText(Step):
    """Format empty cells as plain text, so that what is typed there stays as it is."""

    name: str
    column: int
    runs: Runs

    def __str__(self) -> str:
        return f"format {self.name} as plain text where it is empty ({_span(self)})"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferChoices(Step):
    """Put a drop-down on cells without a rule; anything else may still be typed."""

    name: str
    column: int
    runs: Runs
    choices: Sequence[str]

    def __str__(self) -> str:
        return f"put a drop-down in {self.name} ({_span(self)}): {', '.join(self.choices)}"


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferTicks(Step):
    """Put tick boxes on cells without a rule. A ticked one holds ``value``, others nothing."""

    name: str
    column: int
    runs: Runs
    value: str

    def __str__(self) -> str:
        return f"put tick boxes in {self.name} ({_span(self)})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Freeze(Step):
    """Keep the top rows in sight."""

    rows: int

    def __str__(self) -> str:
        return f"freeze the top {count(self.rows, 'row')}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Protect(Step):
    """Warn whoever edits these neighbouring columns, from a row down. It stops nobody."""

    names: Sequence[str]
    row: int
    column: int

    def __str__(self) -> str:
        return f"warn before somebody edits syncd's own {', '.join(self.names)} (nobody is stopped)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Colour(Step):
    """Colour a column by what it says, from a row down; ``index`` is after all rules there are."""

    name: str
    row: int
    column: int
    index: int
    tints: Sequence[Tint]

    def __str__(self) -> str:
        return f"colour {self.name} by what it says ({count(len(self.tints), 'rule')})"


def letters(column: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    text = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def _span(step: KeepText | OfferChoices | OfferTicks) -> str:
    column, (first, last) = letters(step.column), (step.runs[0][0], step.runs[-1][1])
    gaps = " with gaps" if len(step.runs) > 1 else ""
    return f"{column}{first + 1}:{column}{last}{gaps}"


def count(number: int, noun: str) -> str:
    """Return a number of things in words: 1 row, 2 rows."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
