"""Puts values into cells, raw or as typed: one implementation for every ``values`` write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from .entry import Typed, parse_entry, tidy
from .errors import ApiError, invalid
from .locales import Locale, locale_of
from .model import Cell, Entry, Formula, Value, Worksheet, as_cell
from .render import number_format_of
from .settings import SheetsSettings
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
    settings: SheetsSettings,
) -> Written:
    """Write rows from a corner on. None skips a cell, "" empties it."""
    locale = locale_of(worksheet.spreadsheet.locale)
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
            entry if value is None else replaced(entry, value, locale, typed=typed)
            for entry, value in zip(old, row, strict=True)
        ]
        if settings.enforce_strict_validation:
            for at, entry in enumerate(new):
                if row[at] is not None:
                    check_value(worksheet, top + offset, left + at, as_cell(entry))
        line.put(left, new)
        rows.add(top + offset)
        columns.update(set_here)
        count += len(set_here)
    _note_formulas(worksheet, typed=typed)
    return Written(frozenset(rows), frozenset(columns), count)


def _note_formulas(worksheet: Worksheet, *, typed: bool) -> None:
    if typed:
        worksheet.spreadsheet.has_formulas = True
    worksheet.spreadsheet.changed()


def replaced(entry: Entry, value: Any, locale: Locale, *, typed: bool) -> Entry:
    """Return a cell's entry with a new value; what else the cell has stays."""
    parsed = _parse(entry, value, locale) if typed else Typed(_raw(value))
    if not isinstance(entry, Cell):
        if parsed.format is None:
            return parsed.value
        return Cell(parsed.value, {"numberFormat": parsed.format})
    look = entry.format
    if parsed.format is not None and number_format_of(entry) is None:
        look = {**(look or {}), "numberFormat": parsed.format}
    return replace(entry, value=parsed.value, format=look, runs=()).packed()


def _parse(entry: Entry, value: Any, locale: Locale) -> Typed:
    if isinstance(value, str):
        return parse_entry(value, locale, number_format_of(entry))
    return Typed(_raw(value))


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
