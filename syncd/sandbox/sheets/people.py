"""What people do at the keyboard, on the same primitives as the API.

Rows and columns count from 0, spans are half-open. Each edit can be undone, once, and counts as one
change of the spreadsheet. People are taken for owners: protections do not stop them. What cannot be
done raises ValueError.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from . import clipboard, structure
from .areas import Area, Axis, Box
from .edit import Edit
from .errors import ApiError
from .model import Cell, Placed, Spreadsheet, Worksheet
from .requests_ranges import sort as sort_box
from .requests_worksheets import copy_worksheet, remove_worksheet, set_title
from .undo import take_back
from .validation import is_tick_box, tick_values
from .values import clear_values
from .writing import type_text

_P = ParamSpec("_P")
_R = TypeVar("_R")
_CHECKBOX = {"condition": {"type": "BOOLEAN"}, "strict": True, "showCustomUi": True}


@contextmanager
def as_one_edit(spreadsheet: Spreadsheet) -> Iterator[None]:
    """Let everything done in the block count as one edit: whole or not at all, undone together."""
    before = spreadsheet.state()
    try:
        yield
    except ApiError as refused:
        spreadsheet.restore(before)
        raise ValueError(refused.message) from None
    except BaseException:
        spreadsheet.restore(before)
        raise
    spreadsheet.past = (before, spreadsheet.state())
    spreadsheet.touch(at_once=spreadsheet.title != before["title"])


def _human(
    act: Callable[Concatenate[Worksheet, _P], _R],
) -> Callable[Concatenate[Worksheet, _P], _R]:
    """Make an act one edit: whole or not at all, counted, and undoable."""

    @wraps(act)
    def edit(worksheet: Worksheet, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with as_one_edit(worksheet.spreadsheet):
            return act(worksheet, *args, **kwargs)

    return edit


def _require(worksheet: Worksheet, box: Box) -> None:
    grid = worksheet.box
    if not grid.holds(box) or box.height < 1 or box.width < 1:
        raise ValueError(
            f"rows {box.top}-{box.bottom}, columns {box.left}-{box.right}: off the grid"
        )


def _span(worksheet: Worksheet, axis: Axis, start: int, count: int) -> None:
    if count < 1 or not 0 <= start <= start + count <= len(worksheet.lines(axis)):
        raise ValueError(f"{count} {axis.lower()} from {start} on are off the grid")


@_human
def type_cell(worksheet: Worksheet, row: int, column: int, text: str) -> None:
    """Type text into a cell, parsed by the spreadsheet's locale."""
    _require(worksheet, Box(row, row + 1, column, column + 1))
    type_text(worksheet, row, column, text)


@_human
def set_checkbox(worksheet: Worksheet, row: int, column: int, checked: bool) -> None:
    """Tick or clear a tick box; a cell that has none gets one."""
    _require(worksheet, Box(row, row + 1, column, column + 1))
    cell = worksheet.cell(row, column)
    rule = cell.validation or _CHECKBOX
    ticked, unticked = tick_values(rule) if is_tick_box(rule) else (True, False)
    value = ticked if checked else unticked
    worksheet.put(row, column, replace(cell, value=value, validation=rule, runs=()))


@_human
def clear_cells(worksheet: Worksheet, top: int, bottom: int, left: int, right: int) -> None:
    """Press Delete on a rectangle: values go, formats stay; a tick box is unticked."""
    box = Box(top, bottom, left, right)
    _require(worksheet, box)
    ticked = [
        (row, column, cell)
        for row in range(top, bottom)
        for column in range(left, right)
        if isinstance(cell := worksheet.entry(row, column), Cell)
        and isinstance(cell.value, bool)
        and cell.validation is not None
    ]
    clear_values(worksheet, box)
    for row, column, cell in ticked:
        worksheet.put(row, column, replace(cell, value=False))


@_human
def insert_rows(worksheet: Worksheet, start: int, count: int = 1) -> None:
    _insert(worksheet, "ROWS", start, count)


@_human
def insert_columns(worksheet: Worksheet, start: int, count: int = 1) -> None:
    _insert(worksheet, "COLUMNS", start, count)


def _insert(worksheet: Worksheet, axis: Axis, start: int, count: int) -> None:
    lines = len(worksheet.lines(axis))
    if count < 1 or not 0 <= start <= lines:
        raise ValueError(f"{count} {axis.lower()} cannot be inserted at {start}")
    like = start if start < lines else start - 1
    structure.insert_lines(worksheet, axis, start, count, like=like if lines else None)


@_human
def delete_rows(worksheet: Worksheet, start: int, count: int = 1) -> None:
    _delete(worksheet, "ROWS", start, count)


@_human
def delete_columns(worksheet: Worksheet, start: int, count: int = 1) -> None:
    _delete(worksheet, "COLUMNS", start, count)


def _delete(worksheet: Worksheet, axis: Axis, start: int, count: int) -> None:
    _span(worksheet, axis, start, count)
    if count >= len(worksheet.lines(axis)):
        raise ValueError(f"You can't delete all the {axis.lower()} on the sheet.")
    structure.delete_lines(worksheet, axis, start, start + count)


@_human
def move_rows(worksheet: Worksheet, start: int, count: int, to: int) -> None:
    """Drag rows before the row that is at ``to`` now."""
    _move(worksheet, "ROWS", start, count, to)


@_human
def move_columns(worksheet: Worksheet, start: int, count: int, to: int) -> None:
    """Drag columns before the column that is at ``to`` now."""
    _move(worksheet, "COLUMNS", start, count, to)


def _move(worksheet: Worksheet, axis: Axis, start: int, count: int, to: int) -> None:
    _span(worksheet, axis, start, count)
    if not 0 <= to <= len(worksheet.lines(axis)) or start < to < start + count:
        raise ValueError(f"{axis.lower()} {start}-{start + count} cannot move before {to}")
    structure.move_lines(worksheet, axis, start, start + count, to)


@_human
def sort(
    worksheet: Worksheet,
    column: int,
    ascending: bool = True,
    header_rows: int = 1,
    only_columns: tuple[int, int] | None = None,
    *,
    end_row: int | None = None,
) -> None:
    """Sort the rows below the header by a column; ``only_columns`` [start, end) tears them."""
    left, right = only_columns or (0, len(worksheet.columns))
    box = Box(header_rows, len(worksheet.rows) if end_row is None else end_row, left, right)
    _require(worksheet, box)
    if not left <= column < right:
        raise ValueError(f"column {column} is not among those being sorted")
    sort_box(_as_person(worksheet), worksheet, box, [(column, ascending)])


def _as_person(worksheet: Worksheet) -> Edit:
    spreadsheet = worksheet.spreadsheet
    source = random.Random(spreadsheet.version)  # noqa: S311 - repeatable on purpose
    return Edit(spreadsheet, spreadsheet.settings, source)


@_human
def cut_paste(
    worksheet: Worksheet,
    top: int,
    bottom: int,
    left: int,
    right: int,
    to_row: int,
    to_column: int,
    to_worksheet: Worksheet | None = None,
) -> None:
    """Cut a rectangle and paste it; row metadata stays where it was."""
    box = Box(top, bottom, left, right)
    _require(worksheet, box)
    target = to_worksheet or worksheet
    clipboard.cut(worksheet, box, target, to_row, to_column, "PASTE_NORMAL")


@_human
def copy_paste(
    worksheet: Worksheet,
    top: int,
    bottom: int,
    left: int,
    right: int,
    to_row: int,
    to_column: int,
    to_worksheet: Worksheet | None = None,
) -> None:
    """Copy a rectangle and paste it; row metadata is not copied."""
    box = Box(top, bottom, left, right)
    _require(worksheet, box)
    landed = Box(to_row, to_row + box.height, to_column, to_column + box.width)
    clipboard.copy(worksheet, box, to_worksheet or worksheet, landed)


@_human
def paste_rows(
    worksheet: Worksheet, row: int, rows_of_text: Sequence[Sequence[str]], column: int = 0
) -> None:
    """Paste text from elsewhere: parsed as if typed, the grid growing as needed."""
    width = max((len(texts) for texts in rows_of_text), default=0)
    for axis, missing in (
        ("ROWS", row + len(rows_of_text) - len(worksheet.rows)),
        ("COLUMNS", column + width - len(worksheet.columns)),
    ):
        if missing > 0:
            structure.append_lines(worksheet, "ROWS" if axis == "ROWS" else "COLUMNS", missing)
    for offset, texts in enumerate(rows_of_text):
        for at, text in enumerate(texts):
            type_text(worksheet, row + offset, column + at, text)


@_human
def rename_worksheet(worksheet: Worksheet, title: str) -> None:
    set_title(worksheet, title)


@_human
def rename_header(worksheet: Worksheet, column: int, text: str) -> None:
    """Type another header into row 0."""
    _require(worksheet, Box(0, 1, column, column + 1))
    type_text(worksheet, 0, column, text)


@_human
def duplicate_worksheet(worksheet: Worksheet, title: str | None = None) -> Worksheet:
    """Duplicate a worksheet beside itself; the copy has no row metadata."""
    index = worksheet.index + 1
    edit = _as_person(worksheet)
    return copy_worksheet(edit, worksheet, worksheet.spreadsheet, title=title, index=index)


@_human
def delete_worksheet(worksheet: Worksheet) -> None:
    remove_worksheet(worksheet)


@_human
def protect(
    worksheet: Worksheet,
    top: int | None = None,
    bottom: int | None = None,
    left: int | None = None,
    right: int | None = None,
    *,
    editors: Sequence[str] = (),
    warning_only: bool = False,
) -> int:
    """Protect a rectangle (or all of it) against everyone but its editors; returns its id."""
    new_id = _as_person(worksheet).new_id()
    data: dict[str, Any] = {"warningOnly": True}
    if not warning_only:
        data = {"editors": {"users": [worksheet.spreadsheet.owner, *editors]}}
    worksheet.protected.append(Placed(new_id, Area(top, bottom, left, right), data))
    return new_id


def undo(spreadsheet: Spreadsheet) -> bool:
    """Take back the last human edit; False when there is none left. Later API writes stay."""
    if spreadsheet.past is None:
        return False
    take_back(spreadsheet, *spreadsheet.past)
    spreadsheet.past = None
    spreadsheet.touch()
    return True
