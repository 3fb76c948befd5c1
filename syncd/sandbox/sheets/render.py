"""What is read out of cells: plain values, CellData, and the rows of the browser's grid."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import formats
from .areas import Box
from .conditional import find_looks
from .formula import effective
from .locales import Locale, locale_of
from .masks import Shown, Tree, project
from .model import Cell, Entry, ErrorValue, Formula, Scalar, Worksheet, as_cell, value_of
from .patterns import is_date_type, show_number
from .validation import is_tick_box, tick_values

_HYPERLINK = re.compile(r'=HYPERLINK\(\s*"([^"]*)"', re.IGNORECASE)
_URL = re.compile(r"https?://\S+")
_ENTERED: Tree = {"userEnteredValue": {}}


@dataclass(frozen=True, slots=True)
class Rendering:
    """How ``values`` methods show cells; the defaults are Google's."""

    values: str = "FORMATTED_VALUE"
    dates: str = "SERIAL_NUMBER"

    @property
    def untouched(self) -> frozenset[type]:
        """The types of bare values that are shown as they are: the fast path of big reads."""
        if self.values == "FORMATTED_VALUE":
            return frozenset((str,))
        return frozenset((str, int, float, bool))


def read_rows(worksheet: Worksheet, box: Box, how: Rendering) -> list[list[Any]]:
    """Return the rows of a box, each cut after its last cell that holds something."""
    untouched = how.untouched
    locale = locale_of(worksheet.spreadsheet.locale)
    rows: list[list[Any]] = []
    for index in range(box.top, box.bottom):
        cells = worksheet.rows[index].cells[box.left : box.right]
        end = len(cells)
        while end and value_of(cells[end - 1]) is None:
            end -= 1
        rows.append(
            [
                ""
                if entry is None
                else entry
                if entry.__class__ in untouched
                else _show(worksheet, index, box.left + offset, entry, how, locale)
                for offset, entry in enumerate(cells[:end])
            ]
        )
    return rows


def _show(
    worksheet: Worksheet, row: int, column: int, entry: Entry, how: Rendering, locale: Locale
) -> Any:
    value = value_of(entry)
    if how.values == "FORMULA" and isinstance(value, Formula):
        return value.text
    shown = effective(worksheet, row, column)
    if shown is None:
        return ""
    number_format = number_format_of(entry)
    if how.values == "FORMATTED_VALUE":
        return show(shown, number_format, locale)
    if isinstance(shown, ErrorValue):
        return shown.shown
    if how.dates == "FORMATTED_STRING" and is_date_type(number_format):
        return show(shown, number_format, locale)
    return shown


def number_format_of(entry: Entry) -> Mapping[str, Any] | None:
    if not isinstance(entry, Cell) or entry.format is None:
        return None
    found: Mapping[str, Any] | None = entry.format.get("numberFormat")
    return found


def show(value: Scalar, number_format: Mapping[str, Any] | None, locale: Locale) -> str:
    """Return a value as the cell displays it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return locale.true if value else locale.false
    if isinstance(value, int | float):
        return show_number(value, number_format, locale)
    return value.shown if isinstance(value, ErrorValue) else value


def display(worksheet: Worksheet, row: int, column: int) -> str:
    locale = locale_of(worksheet.spreadsheet.locale)
    entry = worksheet.entry(row, column)
    return show(effective(worksheet, row, column), number_format_of(entry), locale)


def extended_value(value: Any) -> dict[str, Any]:
    """Return an ExtendedValue; false and zero are kept, since the kind itself is the message."""
    if isinstance(value, Formula):
        return {"formulaValue": value.text}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int | float):
        return {"numberValue": value}
    if isinstance(value, ErrorValue):
        return {"errorValue": {"type": value.type, "message": value.message}}
    return {"stringValue": value}


def cell_data(
    worksheet: Worksheet, row: int, column: int, entry: Entry, wanted: Tree | None
) -> dict[str, Any]:
    """Return a CellData with the fields wanted (None: all); an empty cell is ``{}``."""
    if entry is None:
        return {}
    cell = as_cell(entry)
    data: dict[str, Any] = {}
    if cell.value is not None:
        shown = effective(worksheet, row, column)
        data["userEnteredValue"] = extended_value(cell.value)
        if wanted is None or "effectiveValue" in wanted:
            data["effectiveValue"] = extended_value(shown)
        if wanted is None or "formattedValue" in wanted:
            data["formattedValue"] = display(worksheet, row, column)
    if cell.format:
        data["userEnteredFormat"] = cell.format
    if wanted is None or "effectiveFormat" in wanted:
        data["effectiveFormat"] = formats.effective_format(cell.format)
    link = _link(cell)
    if link is not None:
        data["hyperlink"] = link
    if cell.note:
        data["note"] = cell.note
    if cell.runs:
        data["textFormatRuns"] = list(cell.runs)
    if cell.validation:
        data["dataValidation"] = cell.validation
    return data


def _link(cell: Cell) -> str | None:
    if isinstance(cell.value, Formula) and (found := _HYPERLINK.match(cell.value.text)):
        return found[1]
    if isinstance(cell.value, str) and _URL.fullmatch(cell.value):
        return cell.value
    linked = ((cell.format or {}).get("textFormat") or {}).get("link") or {}
    uri: str | None = linked.get("uri")
    return uri


def row_data(worksheet: Worksheet, box: Box, wanted: Tree | None) -> list[dict[str, Any]]:
    """Return the RowData of a box, cut after the last row and cells that hold anything.

    ``wanted`` is the mask of a CellData (None: all of it), already applied to what is returned.
    """
    rows = Shown()
    for index in range(box.top, box.bottom):
        cells = worksheet.rows[index].cells[box.left : box.right]
        end = len(cells)
        while end and cells[end - 1] is None:
            end -= 1
        if not end:
            rows.append({})
        elif wanted == _ENTERED:
            rows.append({"values": [_entered(entry) for entry in cells[:end]]})
        else:
            data = [
                cell_data(worksheet, index, box.left + offset, entry, wanted)
                for offset, entry in enumerate(cells[:end])
            ]
            rows.append({"values": data if wanted is None else project(data, wanted)})
    while rows and not rows[-1]:
        rows.pop()
    return rows


def _entered(entry: Entry) -> dict[str, Any]:
    """Return a CellData of the user-entered value alone: what an echo mostly asks for."""
    value = entry.value if isinstance(entry, Cell) else entry
    if value.__class__ is str:
        return {"userEnteredValue": {"stringValue": value}}
    return {} if value is None else {"userEnteredValue": extended_value(value)}


def show_worksheet(worksheet: Worksheet) -> dict[str, Any]:
    """Return a worksheet for the browser: text per cell, and what differs from a plain cell.

    ``rows`` is ragged text; ``cells`` maps "row,column" (zero-based) to bold, background,
    checkbox, options, note or formula.
    """
    rows = read_rows(worksheet, worksheet.box, Rendering())
    while rows and not rows[-1]:
        rows.pop()
    cells = {}
    for index, row in enumerate(worksheet.rows):
        for column, entry in enumerate(row.cells):
            if isinstance(entry, Cell | Formula):
                details = _details(as_cell(entry))
                if details:
                    cells[f"{index},{column}"] = details
    for row_index, column, look in find_looks(worksheet, rows) if worksheet.rules else ():
        place = f"{row_index},{column}"
        cells[place] = {**cells.get(place, {}), **_details(Cell(format=look))}
    return {
        "title": worksheet.title,
        "sheet_id": worksheet.sheet_id,
        "row_count": len(worksheet.rows),
        "column_count": len(worksheet.columns),
        "frozen_rows": worksheet.frozen_rows,
        "rows": rows,
        "cells": cells,
        "hidden_rows": [index for index, row in enumerate(worksheet.rows) if row.hidden],
        "hidden_columns": [index for index, one in enumerate(worksheet.columns) if one.hidden],
        "column_widths": {
            str(index): one.size for index, one in enumerate(worksheet.columns) if one.size
        },
    }


def _details(cell: Cell) -> dict[str, Any]:
    details: dict[str, Any] = {}
    look = cell.format or {}
    if (look.get("textFormat") or {}).get("bold"):
        details["bold"] = True
    if "backgroundColor" in look:
        details["background"] = formats.css_colour(look["backgroundColor"])
    if "foregroundColor" in (look.get("textFormat") or {}):
        details["colour"] = formats.css_colour(look["textFormat"]["foregroundColor"])
    condition = (cell.validation or {}).get("condition") or {}
    if cell.validation is not None and is_tick_box(cell.validation):
        ticked, _ = tick_values(cell.validation)
        details["checkbox"] = cell.value == ticked and type(cell.value) is type(ticked)
    if condition.get("type") == "ONE_OF_LIST":
        details["options"] = [one["userEnteredValue"] for one in condition.get("values", [])]
    if cell.note:
        details["note"] = cell.note
    if isinstance(cell.value, Formula):
        details["formula"] = cell.value.text
    return details
