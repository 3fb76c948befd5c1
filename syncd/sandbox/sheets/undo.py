"""Takes back one person's edit, and only that: what others wrote since stays.

Works on the states just before and just after the edit. A part that is still as the edit left it
goes back to what it was; a part somebody has changed since is theirs. How the real undo settles
such conflicts is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .model import Column, Entry, Line, LineState, Spreadsheet, Worksheet

State = dict[str, Any]


def take_back(spreadsheet: Spreadsheet, before: State, after: State) -> None:
    for name in ("title", "locale", "time_zone", "properties", "named", "metadata"):
        if before[name] != after[name] and getattr(spreadsheet, name) == after[name]:
            value = before[name]
            setattr(spreadsheet, name, list(value) if isinstance(value, list) else value)
    old = dict(before["worksheets"])
    new = dict(after["worksheets"])
    for worksheet in list(spreadsheet.worksheets):
        if worksheet in new and worksheet not in old:
            spreadsheet.worksheets.remove(worksheet)
    for index, worksheet in enumerate(old):
        if worksheet not in new and worksheet not in spreadsheet.worksheets:
            spreadsheet.worksheets.insert(index, worksheet)
            worksheet.restore(old[worksheet])
    for worksheet in spreadsheet.worksheets:
        if worksheet in old and worksheet in new:
            _take_back_worksheet(worksheet, old[worksheet], new[worksheet])
    spreadsheet.changed()


def _take_back_worksheet(worksheet: Worksheet, old: State, new: State) -> None:
    for name, value in old.items():
        if name in ("rows", "columns", "lines") or value == new[name]:
            continue
        if getattr(worksheet, name) == new[name]:
            setattr(worksheet, name, list(value) if isinstance(value, list) else value)
    lines_then, lines_after = _lines(old), _lines(new)
    columns = _order(worksheet.columns, old["columns"], new["columns"])
    places = [
        {column: index for index, column in enumerate(one)}
        for one in (worksheet.columns, old["columns"], new["columns"])
    ]
    same_columns = columns == worksheet.columns
    rows = _order(worksheet.rows, old["rows"], new["rows"])
    for row in rows:
        then, made = lines_then.get(row), lines_after.get(row)
        if then is None or (made is not None and then.cells is made.cells and same_columns):
            continue
        if made is None or (row.cells is made.cells and columns == old["columns"]):
            row.cells = then.cells
        else:
            row.cells = _merged(row.cells, then.cells, made.cells, columns, places)
    worksheet.rows, worksheet.columns = rows, columns
    _take_back_metadata(lines_then, lines_after)


def _lines(state: State) -> dict[Line, LineState]:
    return dict(zip((*state["rows"], *state["columns"]), state["lines"], strict=True))


def _order(now: list[Any], old: list[Any], new: list[Any]) -> list[Any]:
    """Return the lines in their old order, with those that came since at the end."""
    if old == new:
        return now
    known = set(old) | set(new)
    gone_since = set(new) - set(now)
    return [one for one in old if one not in gone_since] + [one for one in now if one not in known]


def _merged(
    now: tuple[Entry, ...],
    then: tuple[Entry, ...],
    made: tuple[Entry, ...],
    columns: list[Column],
    places: list[dict[Column, int]],
) -> tuple[Entry, ...]:
    """Return a row's cells without the edit, cell by cell, each found by its column."""

    def at(cells: tuple[Entry, ...], place: int | None) -> Entry:
        return cells[place] if place is not None and place < len(cells) else None

    result = []
    for column in columns:
        current, old, new = (
            at(cells, place.get(column))
            for cells, place in zip((now, then, made), places, strict=True)
        )
        result.append(old if current == new else current)
    return tuple(result)


def _take_back_metadata(old: Mapping[Line, LineState], new: Mapping[Line, LineState]) -> None:
    for line, then in old.items():
        made = new.get(line)
        if made is not None and line.metadata == made.metadata:
            line.metadata = then.metadata
        if made is not None and (line.size, line.hidden) == (made.size, made.hidden):
            line.size, line.hidden = then.size, then.hidden
