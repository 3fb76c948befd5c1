"""Insert, delete, move and sort: the one implementation behind the API and behind people.

Rows and columns are objects, so what hangs on them goes with them; what lies on the grid as a
rectangle (merges, protections, filters, named ranges, groups) is shifted here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .a1 import quote_title
from .areas import Area, Axis, Box
from .errors import invalid
from .formula import effective
from .model import (
    Cell,
    Column,
    Entry,
    ErrorValue,
    Formula,
    Group,
    Placed,
    Row,
    Spreadsheet,
    Worksheet,
    value_of,
)
from .references import copied, renamed, shifted

MAX_CELLS = 10_000_000
Change = Callable[[Area], Area | None]


def check_size(worksheet: Worksheet, *, rows: int = 0, columns: int = 0) -> None:
    """Refuse a growth past ten million cells in the file (reported wording)."""
    own = len(worksheet.rows) * len(worksheet.columns)
    grown = (len(worksheet.rows) + rows) * (len(worksheet.columns) + columns)
    check_total(worksheet.spreadsheet.cell_count() - own + grown)


def check_total(cells: int) -> None:
    if cells > MAX_CELLS:
        raise invalid(
            "This action would increase the number of cells in the workbook above the limit of "
            f"{MAX_CELLS} cells."
        )


def append_lines(worksheet: Worksheet, axis: Axis, count: int) -> None:
    if axis == "ROWS":
        check_size(worksheet, rows=count)
        worksheet.rows.extend(Row() for _ in range(count))
    else:
        check_size(worksheet, columns=count)
        worksheet.columns.extend(Column() for _ in range(count))


def insert_lines(
    worksheet: Worksheet,
    axis: Axis,
    at: int,
    count: int,
    *,
    like: int | None = None,
    validation: bool = True,
) -> None:
    """Insert empty rows or columns before ``at``, formatted as the line ``like``."""
    if axis == "ROWS":
        check_size(worksheet, rows=count)
        pattern = () if like is None else worksheet.rows[like].cells
        cells = tuple(_bare(entry, validation=validation) for entry in pattern)
        if not any(cells):
            cells = ()
        worksheet.rows[at:at] = [Row(cells) for _ in range(count)]
        worksheet.frozen_rows += count if at < worksheet.frozen_rows else 0
    else:
        check_size(worksheet, columns=count)
        for row in worksheet.rows:
            if len(row.cells) > at or (like is not None and len(row.cells) > like):
                entry = None if like is None else _bare(row.get(like), validation=validation)
                cells = row.slice(0, max(at, len(row.cells)))
                row.cells = cells[:at] + (entry,) * count + cells[at:]
        size = None if like is None else worksheet.columns[like].size
        worksheet.columns[at:at] = [Column(size) for _ in range(count)]
        worksheet.frozen_columns += count if at < worksheet.frozen_columns else 0
    shift_areas(worksheet, axis, lambda area: area.after_insert(axis, at, count))


def _bare(entry: Entry, *, validation: bool) -> Entry:
    if not isinstance(entry, Cell):
        return None
    return Cell(format=entry.format, validation=entry.validation if validation else None).packed()


def delete_lines(worksheet: Worksheet, axis: Axis, first: int, last: int) -> None:
    if axis == "ROWS":
        del worksheet.rows[first:last]
        worksheet.frozen_rows -= max(0, min(last, worksheet.frozen_rows) - first)
    else:
        del worksheet.columns[first:last]
        for row in worksheet.rows:
            row.cells = row.cells[:first] + row.cells[last:]
        worksheet.frozen_columns -= max(0, min(last, worksheet.frozen_columns) - first)
    shift_areas(worksheet, axis, lambda area: area.after_delete(axis, first, last))


def move_lines(worksheet: Worksheet, axis: Axis, first: int, last: int, to: int) -> None:
    """Drag ``[first, last)`` before the line that is at ``to`` before the move."""
    if axis == "ROWS":
        _move(worksheet.rows, first, last, to)
    else:
        _move(worksheet.columns, first, last, to)
        for row in worksheet.rows:
            if len(row.cells) > min(first, to):
                cells = list(row.slice(0, max(len(row.cells), last, to)))
                _move(cells, first, last, to)
                row.cells = tuple(cells)
    shift_areas(worksheet, axis, lambda area: area.after_move(axis, first, last, to))


def _move(items: list[Any], first: int, last: int, to: int) -> None:
    moved = items[first:last]
    if to > first:
        items[first:to] = items[last:to] + moved
    else:
        items[to:last] = moved + items[to:first]


def shift_areas(worksheet: Worksheet, axis: Axis, change: Change) -> None:
    """Carry every rectangle, group and reference over a change of positions."""
    spreadsheet = worksheet.spreadsheet
    worksheet.merges = [new for one in worksheet.merges if (new := change(one)) is not None]
    worksheet.protected = [one for old in worksheet.protected if (one := _carry(old, change))]
    _carry_rules(worksheet, change)
    if worksheet.filter is not None:
        worksheet.filter = _carry(worksheet.filter, change)
    worksheet.groups = [
        kept for old in worksheet.groups if (kept := _carry_group(old, axis, change)) is not None
    ]
    own = worksheet.sheet_id
    carried = [
        _carry(one, change) if one.data["sheetId"] == own else one for one in spreadsheet.named
    ]
    spreadsheet.named = [one for one in carried if one is not None]
    if spreadsheet.has_formulas:
        rewrite_formulas(worksheet, axis, change)
    spreadsheet.changed()


def _carry_rules(worksheet: Worksheet, change: Change) -> None:
    """Carry the conditional formats; a rule whose last area is gone goes too."""
    rules, kept = worksheet.rules, []
    worksheet.rules = []
    for areas, rule in zip(worksheet.rule_areas, rules, strict=True):
        left = tuple(new for one in areas if (new := change(one)) is not None)
        if left:
            kept.append(left)
            worksheet.rules.append(rule)
    worksheet.rule_areas = kept


def _carry(placed: Placed, change: Change) -> Placed | None:
    area = change(placed.area)
    if area is None:
        return None
    data = dict(placed.data)
    if "unprotected" in data:
        data["unprotected"] = [new for one in data["unprotected"] if (new := change(one))]
    return replace(placed, area=area, data=data)


def _carry_group(group: Group, axis: Axis, change: Change) -> Group | None:
    if group.axis != axis:
        return group
    area = change(Area().with_span(axis, group.start, group.end))
    if area is None:
        return None
    start, end = area.span(axis)
    return group._replace(start=start or 0, end=end or 0)


def rewrite_formulas(worksheet: Worksheet, axis: Axis, change: Change) -> None:
    """Let every formula that points into the worksheet follow a change of its positions."""
    names = {worksheet.title, quote_title(worksheet.title), f"'{worksheet.title}'"}

    def rewrite(home: Worksheet, text: str) -> str:
        def concerns(prefix: str) -> bool:
            return prefix in names or (home is worksheet and not prefix)

        return shifted(text, axis, change, concerns=concerns)

    _each_formula(worksheet.spreadsheet, rewrite)


def _each_formula(spreadsheet: Spreadsheet, rewrite: Callable[[Worksheet, str], str]) -> None:
    for home in spreadsheet.worksheets:
        for index, row in enumerate(home.rows):
            for column, entry in enumerate(row.cells):
                formula = value_of(entry)
                if isinstance(formula, Formula):
                    text = rewrite(home, formula.text)
                    if text != formula.text:
                        home.put_value(index, column, Formula(text))


def rename(worksheet: Worksheet, title: str) -> None:
    """Give a worksheet another title; formulas that name it follow."""
    old, worksheet.title = worksheet.title, title
    if worksheet.spreadsheet.has_formulas:
        _each_formula(worksheet.spreadsheet, lambda _, text: renamed(text, old, title))
    worksheet.spreadsheet.changed()


def sort_rows(
    worksheet: Worksheet, box: Box, columns: list[tuple[int, bool]], *, moves_metadata: bool
) -> None:
    """Sort a box by ``(column, ascending)`` pairs; blanks go last either way.

    When the box covers everything its rows hold, the rows themselves move, and with them their
    metadata unless told otherwise (measured for sortRange by H1; else assumed). When cells outside
    it hold something, only the cells inside move: the row is torn, as in the real thing.
    """
    order = list(range(box.top, box.bottom))
    for column, ascending in reversed(columns):
        order = _ordered(worksheet, order, column, ascending=ascending)
    whole = not any(_holds_outside(worksheet.rows[index], box) for index in order)
    old = worksheet.rows[box.top : box.bottom]
    blocks = [
        _carried(worksheet.rows[index].slice(box.left, box.right), box.top + place - index)
        for place, index in enumerate(order)
    ]
    outside = [(row.slice(0, box.left), row.cells[box.right :]) for row in old]
    kept = [(row.size, row.hidden, row.metadata) for row in old]
    new = [worksheet.rows[index] for index in order] if whole else old
    for row, block, (before, after), (size, hidden, metadata) in zip(
        new, blocks, outside, kept, strict=True
    ):
        row.cells = before + block + after
        row.size, row.hidden = size, hidden
        if whole and not moves_metadata:
            row.metadata = metadata
    worksheet.rows[box.top : box.bottom] = new
    worksheet.spreadsheet.changed()


def _ordered(worksheet: Worksheet, order: list[int], column: int, *, ascending: bool) -> list[int]:
    ranked = [(_rank(effective(worksheet, index, column)), index) for index in order]
    full = [pair for pair in ranked if pair[0] is not None]
    full.sort(key=lambda pair: pair[0] or (0, 0), reverse=not ascending)  # stable both ways
    return [index for _, index in full] + [index for rank, index in ranked if rank is None]


def _rank(value: Any) -> tuple[int, Any] | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, int | float):
        return (0, value)
    if isinstance(value, ErrorValue):
        return (3, value.shown)
    return (1, value.casefold())


def _holds_outside(row: Row, box: Box) -> bool:
    outer = row.cells[: box.left] + row.cells[box.right :]
    return any(
        entry is not None
        and (not isinstance(entry, Cell) or entry.value is not None or bool(entry.note))
        for entry in outer
    )


def _carried(cells: tuple[Entry, ...], rows: int) -> tuple[Entry, ...]:
    return tuple(moved_formula(entry, rows, 0) for entry in cells)


def moved_formula(entry: Entry, rows: int, columns: int) -> Entry:
    """Return an entry whose formula, if it is one, was copied so far away."""
    if isinstance(entry, Formula):
        return Formula(copied(entry.text, rows, columns))
    if isinstance(entry, Cell) and isinstance(entry.value, Formula):
        return replace(entry, value=Formula(copied(entry.value.text, rows, columns)))
    return entry
