"""Puts values into cells, raw or as typed: one implementation for every ``values`` write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .entry import Typed, Typing, parse_entry, tidy
from .errors import ApiError, invalid
from .locales import locale_of
from .model import Cell, Entry, Formula, Spreadsheet, Value, Worksheet, as_cell, value_of
from .render import number_format_of
from .validation import check_value

MAX_CHARACTERS = 50_000


class Written(NamedTuple):
    """Which cells a write set, zero-based; "" counts (recorded), a skipped cell does not."""

    rows: frozenset[int]
    columns: frozenset[int]
    cells: int


def check_rows(values: Sequence[Sequence[Any]]) -> None:
    """Refuse what no cell can take: lists, objects, numbers that are none, too long a text."""
    for index, row in enumerate(values):
        for column, value in enumerate(row):
            kind = value.__class__
            if kind is str:
                if len(value) > MAX_CHARACTERS:
                    raise too_long()
            elif kind is dict or kind is list:
                name = "struct_value" if kind is dict else "list_value"
                raise invalid(f"Invalid values[{index}][{column}]: {name} {{\n}}\n")
            elif kind is float and not abs(value) < float("inf"):
                raise invalid(f"Invalid values[{index}][{column}]: number_value: {value}\n")


def too_long() -> ApiError:
    return invalid(
        f"Your input contains more than the maximum of {MAX_CHARACTERS} characters in a single "
        "cell."
    )


def write_rows(
    worksheet: Worksheet,
    top: int,
    left: int,
    values: Sequence[Sequence[Any]],
    *,
    typed: bool,
) -> Written:
    """Write rows from a corner on. None skips a cell, "" empties it."""
    spreadsheet = worksheet.spreadsheet
    typing = typing_of(spreadsheet) if typed else None
    strict = spreadsheet.settings.enforce_strict_validation
    rows: set[int] = set()
    columns: set[int] = set()
    count = 0
    for offset, row in enumerate(values):
        set_here = [left + at for at, value in enumerate(row) if value is not None]
        if not set_here:
            continue
        line = worksheet.rows[top + offset]
        old = line.slice(left, left + len(row))
        new = [
            entry if value is None else replaced(entry, value, typing)
            for entry, value in zip(old, row, strict=True)
        ]
        if strict:
            for column in set_here:
                check_value(worksheet, top + offset, column, as_cell(new[column - left]))
        line.put(left, new)
        if typed and not spreadsheet.has_formulas:
            spreadsheet.has_formulas = any(isinstance(value_of(one), Formula) for one in new)
        rows.add(top + offset)
        columns.update(set_here)
        count += len(set_here)
    spreadsheet.changed()
    return Written(frozenset(rows), frozenset(columns), count)


def typing_of(spreadsheet: Spreadsheet) -> Typing:
    """Return how a spreadsheet reads what is typed into it."""
    settings = spreadsheet.settings
    return Typing(
        locale_of(spreadsheet.locale),
        settings.plus_starts_formula,
        settings.text_format_keeps_text,
    )


def type_text(worksheet: Worksheet, row: int, column: int, text: str) -> None:
    """Put text into one cell as if typed."""
    entry = replaced(worksheet.entry(row, column), text, typing_of(worksheet.spreadsheet))
    worksheet.rows[row].put(column, [entry])
    if isinstance(value_of(entry), Formula):
        worksheet.spreadsheet.has_formulas = True
    worksheet.spreadsheet.changed()


def replaced(entry: Entry, value: Any, typing: Typing | None) -> Entry:
    """Return a cell's entry with a new value, typed or raw (None); what else it has stays."""
    if typing is not None and isinstance(value, str):
        parsed = parse_entry(value, typing, number_format_of(entry))
    else:
        parsed = Typed(_raw(value))
    if not isinstance(entry, Cell):
        if parsed.format is None:
            return parsed.value
        return Cell(parsed.value, {"numberFormat": parsed.format})
    look = entry.format
    if parsed.format is not None and number_format_of(entry) is None:
        look = {**(look or {}), "numberFormat": parsed.format}
    return replace(entry, value=parsed.value, format=look, runs=()).packed()


def _raw(value: Any) -> Value | None:
    if value == "" and isinstance(value, str):
        return None
    if isinstance(value, float) or (isinstance(value, int) and abs(value) > 2**53):
        return tidy(float(value))  # a sheet's numbers are doubles
    kept: str | int | bool = value
    return kept


def set_value(worksheet: Worksheet, row: int, column: int, value: Value | None) -> None:
    """Put one value, keeping the cell's format."""
    if isinstance(value, Formula):
        worksheet.spreadsheet.has_formulas = True
    worksheet.put_value(row, column, value)
