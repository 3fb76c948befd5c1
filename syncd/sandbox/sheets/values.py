"""The ``spreadsheets.values`` collection: read, write, append and clear plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from . import structure
from .a1 import column_name, quote_title, write_range
from .areas import Area, Box
from .errors import ApiError, invalid
from .metadata import matching_targets
from .model import Cell, Spreadsheet, Worksheet, value_of
from .ranges import Target, find, out_of_grid, target_of
from .render import Rendering, read_rows
from .rights import guard
from .settings import SheetsSettings
from .tables import table_at
from .writing import Written, check_rows, write_rows


@dataclass(frozen=True, slots=True)
class Writing:
    """How a write is done and what it answers."""

    settings: SheetsSettings
    user: str | None
    typed: bool
    echo: bool = False
    rendering: Rendering = field(default_factory=Rendering)


def read_range(target: Target, how: Rendering, dimension: str | None) -> dict[str, Any]:
    """Return a ValueRange: no ``values`` at all for an empty range (recorded)."""
    dimension = "COLUMNS" if dimension == "COLUMNS" else "ROWS"
    rows = read_rows(target.worksheet, target.box, how)
    if dimension == "COLUMNS":
        rows = _turned(rows)
    while rows and not rows[-1]:
        rows.pop()
    answer: dict[str, Any] = {"range": target.text, "majorDimension": dimension}
    if rows:
        answer["values"] = rows
    return answer


def _turned(rows: list[list[Any]]) -> list[list[Any]]:
    """Turn rows into columns, each cut after its last cell that holds something."""
    width = max((len(row) for row in rows), default=0)
    columns = []
    for index in range(width):
        column = [row[index] if index < len(row) else "" for row in rows]
        while column and column[-1] == "":
            column.pop()
        columns.append(column)
    return columns


def get(
    spreadsheet: Spreadsheet, range_text: str, how: Rendering, dimension: str | None
) -> dict[str, Any]:
    return read_range(find(spreadsheet, range_text), how, dimension)


def batch_get(
    spreadsheet: Spreadsheet, ranges: list[str], how: Rendering, dimension: str | None
) -> dict[str, Any]:
    answer: dict[str, Any] = {"spreadsheetId": spreadsheet.id}
    if ranges:
        answer["valueRanges"] = [get(spreadsheet, text, how, dimension) for text in ranges]
    return answer


def batch_get_by_filter(spreadsheet: Spreadsheet, body: dict[str, Any]) -> dict[str, Any]:
    """Read every range the filters match; one entry per range, with the filters that match it."""
    how = Rendering(
        body.get("valueRenderOption", "FORMATTED_VALUE"),
        body.get("dateTimeRenderOption", "SERIAL_NUMBER"),
    )
    found: dict[tuple[int, Box], tuple[Target, list[dict[str, Any]]]] = {}
    for data_filter in _filters(body.get("dataFilters")):
        for target in matching_targets(spreadsheet, data_filter):
            key = (target.worksheet.sheet_id, target.box)
            found.setdefault(key, (target, []))[1].append(data_filter)
    answer: dict[str, Any] = {"spreadsheetId": spreadsheet.id}
    if found:
        answer["valueRanges"] = [
            {
                "valueRange": read_range(target, how, body.get("majorDimension")),
                "dataFilters": filters,
            }
            for target, filters in found.values()
        ]
    return answer


def _filters(filters: list[dict[str, Any]] | None) -> list[dict[str, Any]]:
    if not filters:
        raise invalid("Must specify at least one dataFilter.")
    return filters


def update(
    spreadsheet: Spreadsheet, range_text: str, body: dict[str, Any], how: Writing
) -> dict[str, Any]:
    if body.get("range") not in (None, range_text):
        wanted = find(spreadsheet, range_text)
        named = find(spreadsheet, body["range"])
        if (wanted.worksheet, wanted.box) != (named.worksheet, named.box):
            raise invalid(
                f"Requested writing within range [{range_text}], but the body names "
                f"[{body['range']}]"
            )
    plan = _planned(find(spreadsheet, range_text), body, how)
    return _apply(plan, how).answer


def batch_update(spreadsheet: Spreadsheet, body: dict[str, Any], how: Writing) -> dict[str, Any]:
    """Write every range or none: all are resolved and checked before the first is written."""
    plans = []
    for index, item in enumerate(body.get("data", [])):
        try:
            plans.append(_planned(find(spreadsheet, item.get("range", "")), item, how))
        except ApiError as error:
            raise invalid(f"Invalid data[{index}]: {error.message}") from None
    done = [_apply(plan, how) for plan in plans]
    return _totals(spreadsheet, done, [outcome.answer for outcome in done])


def batch_update_by_filter(
    spreadsheet: Spreadsheet, body: dict[str, Any], how: Writing
) -> dict[str, Any]:
    """Write each entry's values to all of the ranges its filter matches (documented)."""
    plans = []
    for index, item in enumerate(body.get("data", [])):
        try:
            plans += [
                (item["dataFilter"], _planned(target, item, how, exact=True))
                for target in matching_targets(spreadsheet, item.get("dataFilter") or {})
            ]
        except ApiError as error:
            raise invalid(f"Invalid data[{index}]: {error.message}") from None
    done = [(data_filter, _apply(plan, how)) for data_filter, plan in plans]
    answers = [
        {
            **{name: value for name, value in outcome.answer.items() if name != "spreadsheetId"},
            "dataFilter": data_filter,
        }
        for data_filter, outcome in done
    ]
    return _totals(spreadsheet, [outcome for _, outcome in done], answers)


def append(
    spreadsheet: Spreadsheet,
    range_text: str,
    body: dict[str, Any],
    how: Writing,
    *,
    insert: bool,
) -> dict[str, Any]:
    """Write after the last row of the table found in the range; grow the grid as needed."""
    target = find(spreadsheet, range_text)
    worksheet = target.worksheet
    rows = _rows_of(body)
    check_rows(rows)
    table = table_at(worksheet, target.box)
    top, left = (target.box.top, target.box.left) if table is None else (table.bottom, table.left)
    width = max((len(row) for row in rows), default=0)
    if left + width > len(worksheet.columns):
        raise out_of_grid(worksheet, Area(top, top + max(len(rows), 1), left, left + width))
    guard(worksheet, Box(top, top + max(len(rows), 1), left, left + max(width, 1)), how.user)
    if insert and rows and top < len(worksheet.rows) and table is not None:
        structure.insert_lines(worksheet, "ROWS", top, len(rows), like=top - 1, validation=True)
    missing = top + len(rows) - len(worksheet.rows)
    if missing > 0:
        structure.append_lines(worksheet, "ROWS", missing)
    where = Box(top, top + max(len(rows), 1), left, left + max(width, 1))
    outcome = _apply(_Plan(target_of(worksheet, where), where, rows), how)
    answer: dict[str, Any] = {"spreadsheetId": spreadsheet.id}
    if table is not None:
        answer["tableRange"] = write_range(worksheet.title, table)
    return {**answer, "updates": outcome.answer}


def clear(spreadsheet: Spreadsheet, range_text: str, user: str | None) -> dict[str, Any]:
    return {
        "spreadsheetId": spreadsheet.id,
        "clearedRange": _cleared([find(spreadsheet, range_text)], user)[0],
    }


def batch_clear(spreadsheet: Spreadsheet, ranges: list[str], user: str | None) -> dict[str, Any]:
    cleared = _cleared([find(spreadsheet, text) for text in ranges], user)
    return {"spreadsheetId": spreadsheet.id, **({"clearedRanges": cleared} if cleared else {})}


def batch_clear_by_filter(
    spreadsheet: Spreadsheet, body: dict[str, Any], user: str | None
) -> dict[str, Any]:
    filters = _filters(body.get("dataFilters"))
    targets = [target for one in filters for target in matching_targets(spreadsheet, one)]
    cleared = _cleared(targets, user)
    return {"spreadsheetId": spreadsheet.id, **({"clearedRanges": cleared} if cleared else {})}


def _cleared(targets: list[Target], user: str | None) -> list[str]:
    for target in targets:
        guard(target.worksheet, target.box, user)
    for target in targets:
        clear_values(target.worksheet, target.box)
    return [target.text for target in targets]


def clear_values(worksheet: Worksheet, box: Box) -> None:
    """Empty the cells of a box; formats, notes and validation stay (documented)."""
    for row in worksheet.rows[box.top : box.bottom]:
        part = row.cells[box.left : box.right]
        if any(value_of(entry) is not None for entry in part):
            row.put(
                box.left,
                (
                    Cell(None, one.format, one.note, one.validation).packed()
                    if isinstance(one, Cell)
                    else None
                    for one in part
                ),
            )
    worksheet.spreadsheet.changed()


@dataclass(frozen=True, slots=True)
class _Plan:
    """A checked write: where it was asked for, which box its values cover, and the values."""

    target: Target
    box: Box
    rows: list[list[Any]]


@dataclass(frozen=True, slots=True)
class _Outcome:
    answer: dict[str, Any]
    written: Written
    sheet_id: int


def _rows_of(body: dict[str, Any]) -> list[list[Any]]:
    rows: list[list[Any]] = body.get("values") or []
    if body.get("majorDimension") != "COLUMNS":
        return rows
    height = max((len(column) for column in rows), default=0)
    return [[c[index] if index < len(c) else None for c in rows] for index in range(height)]


def _planned(target: Target, body: dict[str, Any], how: Writing, *, exact: bool = False) -> _Plan:
    """Check a write against its range, the grid and the protections."""
    worksheet, box = target.worksheet, target.box
    rows = _rows_of(body)
    check_rows(rows)
    height, width = len(rows), max((len(row) for row in rows), default=0)
    reach = Box(box.top, box.top + max(height, 1), box.left, box.left + max(width, 1))
    if exact or not target.single:
        _check_reach(target, reach)
    missing = reach.bottom - len(worksheet.rows)
    if missing > 0 and how.settings.writes_grow_grid:
        structure.append_lines(worksheet, "ROWS", missing)
    elif missing > 0 or reach.right > len(worksheet.columns):
        raise out_of_grid(worksheet, Area(reach.top, reach.bottom, reach.left, reach.right))
    guard(worksheet, reach, how.user)
    return _Plan(target, reach, rows)


def _check_reach(target: Target, reach: Box) -> None:
    box = target.box
    if reach.bottom > box.bottom:
        where = f"row [{box.bottom + 1}]"
    elif reach.right > box.right:
        where = f"column [{column_name(box.right)}]"
    else:
        return
    title = quote_title(target.worksheet.title)
    shown = target.text if target.text.startswith(title) else title
    raise invalid(f"Requested writing within range [{shown}], but tried writing to {where}")


def _apply(plan: _Plan, how: Writing) -> _Outcome:
    worksheet, box = plan.target.worksheet, plan.box
    written = write_rows(worksheet, box.top, box.left, plan.rows, typed=how.typed)
    answer: dict[str, Any] = {
        "spreadsheetId": worksheet.spreadsheet.id,
        "updatedRange": write_range(worksheet.title, box),
    }
    if written.cells:
        answer["updatedRows"] = len(written.rows)
        answer["updatedColumns"] = len(written.columns)
        answer["updatedCells"] = written.cells
    if how.echo:
        answer["updatedData"] = _echo(plan, how)
    return _Outcome(answer, written, worksheet.sheet_id)


def _echo(plan: _Plan, how: Writing) -> dict[str, Any]:
    """Return the whole range asked for, as it is now (documented); skipped cells by switch."""
    target = target_of(plan.target.worksheet, plan.box) if plan.target.single else plan.target
    answer = read_range(target, how.rendering, None)
    if not how.settings.echo_shows_skipped:
        for offset, row in enumerate(plan.rows[: len(answer.get("values", []))]):
            shown = answer["values"][offset]
            for at, value in enumerate(row[: len(shown)]):
                if value is None:
                    shown[at] = ""
    return answer


def _totals(
    spreadsheet: Spreadsheet, done: Iterable[_Outcome], answers: list[dict[str, Any]]
) -> dict[str, Any]:
    rows: set[tuple[int, int]] = set()
    columns: set[tuple[int, int]] = set()
    cells = 0
    for outcome in done:
        rows.update((outcome.sheet_id, row) for row in outcome.written.rows)
        columns.update((outcome.sheet_id, column) for column in outcome.written.columns)
        cells += outcome.written.cells
    totals = {
        "spreadsheetId": spreadsheet.id,
        "totalUpdatedRows": len(rows),
        "totalUpdatedColumns": len(columns),
        "totalUpdatedCells": cells,
        "totalUpdatedSheets": len({sheet for sheet, _ in rows}),
        "responses": answers,
    }
    return {name: value for name, value in totals.items() if value}
