"""batchUpdate requests that write cells in place: update, append, repeat, validate, border."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import structure
from .areas import Area, Box
from .edit import Body, Edit
from .entry import tidy
from .errors import invalid
from .formats import normal
from .masks import Tree, overlay, request_mask
from .model import ErrorValue, Formula, Value, Worksheet, value_of
from .ranges import Target, from_grid_range, out_of_grid
from .references import copied
from .validation import check_value
from .writing import MAX_CHARACTERS, too_long

_READ_ONLY = frozenset(("effectiveValue", "formattedValue", "effectiveFormat", "hyperlink"))
_WRITABLE = frozenset(
    ("userEnteredValue", "userEnteredFormat", "note", "dataValidation", "textFormatRuns")
)


def update_cells(edit: Edit, body: Body) -> Body:
    """Write rows of CellData from ``start``, or into ``range``, clearing what rows do not cover."""
    tree = _cell_mask(body.get("fields"))
    rows = body.get("rows", [])
    if ("start" in body) == ("range" in body):
        raise invalid("Exactly one of start or range must be specified.")
    if "start" in body:
        start = body["start"]
        worksheet = edit.worksheet(start)
        box = _reach(rows, start.get("rowIndex", 0), start.get("columnIndex", 0))
        _check_inside(worksheet, box)
    else:
        target = from_grid_range(edit.spreadsheet, body["range"])
        worksheet, box = target.worksheet, target.box
        reach = _reach(rows, box.top, box.left)
        if rows and (reach.height > box.height or reach.width > box.width):
            raise invalid(
                "Attempting to write more rows or columns than the range holds: "
                f"tried to write {reach.height}x{reach.width} into {box.height}x{box.width}."
            )
    edit.guard(worksheet, box)
    covered = "range" in body
    for offset in range(box.height):
        values = rows[offset].get("values", []) if offset < len(rows) else []
        width = box.width if covered else len(values)
        for at in range(width):
            data = values[at] if at < len(values) else {}
            put_cell(edit, worksheet, box.top + offset, box.left + at, data, tree)
    return {}


def _reach(rows: list[Body], top: int, left: int) -> Box:
    width = max((len(row.get("values", [])) for row in rows), default=0)
    return Box(top, top + len(rows), left, left + width)


def _check_inside(worksheet: Worksheet, box: Box) -> None:
    if box.top < 0 or box.left < 0:
        raise invalid("start.rowIndex and start.columnIndex must not be negative.")
    if max(box.bottom, box.top + 1) > len(worksheet.rows) or max(box.right, box.left + 1) > len(
        worksheet.columns
    ):
        area = Area(box.top, max(box.bottom, box.top + 1), box.left, max(box.right, box.left + 1))
        raise out_of_grid(worksheet, area)


def append_cells(edit: Edit, body: Body) -> Body:
    """Write after the last row with data, growing the grid."""
    tree = _cell_mask(body.get("fields"))
    worksheet = edit.worksheet(body)
    rows = body.get("rows", [])
    top = last_row_with_data(worksheet)
    box = _reach(rows, top, 0)
    if box.right > len(worksheet.columns):
        structure.append_lines(worksheet, "COLUMNS", box.right - len(worksheet.columns))
    if box.bottom > len(worksheet.rows):
        structure.append_lines(worksheet, "ROWS", box.bottom - len(worksheet.rows))
    edit.guard(worksheet, box)
    for offset, row in enumerate(rows):
        for at, data in enumerate(row.get("values", [])):
            put_cell(edit, worksheet, top + offset, at, data, tree)
    return {}


def last_row_with_data(worksheet: Worksheet) -> int:
    """Return the index after the last row that holds a value."""
    for index in range(len(worksheet.rows) - 1, -1, -1):
        if any(value_of(entry) is not None for entry in worksheet.rows[index].cells):
            return index + 1
    return 0


def repeat_cell(edit: Edit, body: Body) -> Body:
    """Write one CellData into every cell of a range; formulas move along (documented)."""
    tree = _cell_mask(body.get("fields"))
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    edit.guard(target.worksheet, target.box)
    data = body.get("cell", {})
    formula = (data.get("userEnteredValue") or {}).get("formulaValue")
    box = target.box
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            one = data
            if formula is not None:
                text = copied(formula, row - box.top, column - box.left)
                one = {**data, "userEnteredValue": {"formulaValue": text}}
            put_cell(edit, target.worksheet, row, column, one, tree)
    return {}


def set_data_validation(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    edit.guard(target.worksheet, target.box)
    data = {"dataValidation": body["rule"]} if "rule" in body else {}
    _each(edit, target, data, {"dataValidation": {}})
    return {}


def update_borders(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    edit.guard(target.worksheet, target.box)
    box = target.box
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            sides = {
                "top": "top" if row == box.top else "innerHorizontal",
                "bottom": "bottom" if row == box.bottom - 1 else "innerHorizontal",
                "left": "left" if column == box.left else "innerVertical",
                "right": "right" if column == box.right - 1 else "innerVertical",
            }
            cell = target.worksheet.cell(row, column)
            look = dict(cell.format or {})
            borders = dict(look.get("borders") or {})
            borders |= {side: normal(body[name]) for side, name in sides.items() if name in body}
            kept = {side: one for side, one in borders.items() if one.get("style") != "NONE"}
            look["borders"] = kept
            if not kept:
                look.pop("borders")
            target.worksheet.put(row, column, replace(cell, format=look))
    return {}


def _each(edit: Edit, target: Target, data: Body, tree: Tree) -> None:
    box = target.box
    for row in range(box.top, box.bottom):
        for column in range(box.left, box.right):
            put_cell(edit, target.worksheet, row, column, data, tree)


def _cell_mask(fields: str | None) -> Tree:
    tree = request_mask(fields)
    for name in tree:
        if name in _READ_ONLY:
            raise invalid(f"Field is read-only: {name}")
        if name != "*" and name not in _WRITABLE:
            raise invalid(f"Invalid field: {name}")
    return tree


def put_cell(
    edit: Edit, worksheet: Worksheet, row: int, column: int, data: Body, tree: Tree
) -> None:
    """Write the fields a mask names of a CellData into a cell; absent ones are cleared."""
    old = worksheet.cell(row, column)
    everything = "*" in tree
    new = old
    if everything or "userEnteredValue" in tree:
        new = replace(new, value=read_value(data.get("userEnteredValue")), runs=())
        if isinstance(new.value, Formula):
            worksheet.spreadsheet.has_formulas = True
    if everything or "userEnteredFormat" in tree:
        below = {} if everything else tree["userEnteredFormat"]
        new = replace(new, format=_format(old.format or {}, data, below))
    if everything or "note" in tree:
        new = replace(new, note=data.get("note") or None)
    if everything or "dataValidation" in tree:
        new = replace(new, validation=read_rule(data.get("dataValidation")))
    if everything or "textFormatRuns" in tree:
        new = replace(new, runs=tuple(data.get("textFormatRuns", ())))
    if edit.settings.enforce_strict_validation and new.value != old.value:
        check_value(worksheet, row, column, new)
    worksheet.put(row, column, new)


def _format(old: Mapping[str, Any], data: Body, below: Tree) -> Mapping[str, Any] | None:
    new = normal(data.get("userEnteredFormat") or {})
    return (overlay(old, new, _with_styles(below)) if below else new) or None


def _with_styles(tree: Tree) -> Tree:
    """Let a mask that names a colour name its style too, since the two are one thing."""
    widened: Tree = {name: _with_styles(below) for name, below in tree.items()}
    for name in tree:
        if name.endswith("Color") or name == "color":
            widened[name + "Style"] = {}
        elif name.endswith("ColorStyle") or name == "colorStyle":
            widened[name.removesuffix("Style")] = {}
    return widened


def read_rule(rule: Body | None) -> Body | None:
    if rule is None:
        return None
    if not (rule.get("condition") or {}).get("type"):
        raise invalid("A condition type must be specified.")
    if rule["condition"]["type"] == "ONE_OF_LIST" and not rule["condition"].get("values"):
        raise invalid("ConditionType 'ONE_OF_LIST' requires at least one ConditionValue.")
    return {name: value for name, value in rule.items() if value not in (False, "")}


def read_value(value: Body | None) -> Value | None:
    """Read an ExtendedValue; a stringValue is text even when it begins with "=" (measured, H2)."""
    if not value:
        return None
    if len(value) > 1:
        raise invalid("ExtendedValue must have exactly one value set.")
    [(kind, inner)] = value.items()
    if kind == "formulaValue":
        if not inner.startswith("="):
            raise invalid(f"Formula must start with an equals sign: {inner}")
        return Formula(inner)
    if kind == "errorValue":
        raise invalid("errorValue is read-only.")
    if kind == "stringValue" and len(inner) > MAX_CHARACTERS:
        raise too_long()
    if isinstance(inner, float):
        return tidy(inner)
    kept: str | int | bool | ErrorValue | None = inner if inner != "" else None
    return kept
