"""batchUpdate requests that write cells in place: update, append, repeat, validate, border."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from . import structure
from .areas import Area, Box
from .edit import Body, Edit
from .entry import tidy
from .errors import invalid
from .formats import normal
from .masks import Tree, overlay, request_mask
from .model import Cell, Entry, ErrorValue, Formula, Value, Worksheet, as_cell, value_of
from .ranges import from_grid_range, out_of_grid
from .references import copied
from .validation import IN_VALIDATION, check_condition, check_value
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
    nothing = read_patch({}, tree)
    for offset in range(box.height):
        values = rows[offset].get("values", []) if offset < len(rows) else []
        patches = [read_patch(data, tree) for data in values]
        if covered:
            patches += [nothing] * (box.width - len(patches))
        put_row(edit, worksheet, box.top + offset, box.left, patches)
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
        patches = [read_patch(data, tree) for data in row.get("values", [])]
        put_row(edit, worksheet, top + offset, 0, patches)
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
    patch = read_patch(body.get("cell", {}), tree)
    box = target.box
    for row in range(box.top, box.bottom):
        patches = [patch] * box.width
        if isinstance(patch.value, Formula):
            patches = [
                replace(patch, value=Formula(copied(patch.value.text, row - box.top, at)))
                for at in range(box.width)
            ]
        put_row(edit, target.worksheet, row, box.left, patches)
    return {}


def set_data_validation(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    edit.guard(target.worksheet, target.box)
    data = {"dataValidation": body["rule"]} if "rule" in body else {}
    patch = read_patch(data, {"dataValidation": {}})
    for row in range(target.box.top, target.box.bottom):
        put_row(edit, target.worksheet, row, target.box.left, [patch] * target.box.width)
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


def _cell_mask(fields: str | None) -> Tree:
    tree = request_mask(fields)
    for name in tree:
        if name in _READ_ONLY:
            raise invalid(f"Field is read-only: {name}")
        if name != "*" and name not in _WRITABLE:
            raise invalid(f"Invalid field: {name}")
    return tree


@dataclass(frozen=True, slots=True)
class Patch:
    """What a CellData and a mask do to a cell, read once however many cells it is for."""

    tree: Tree
    value: Value | None
    format: Mapping[str, Any]
    note: str | None
    validation: Mapping[str, Any] | None
    runs: tuple[Mapping[str, Any], ...]
    fresh: Mapping[str, Any] | None  # the format of a cell that had none
    named: frozenset[str]  # the fields that the mask names

    def apply(self, old: Cell) -> Cell:
        named = self.named
        runs = () if "userEnteredValue" in named else old.runs
        look = old.format
        if "userEnteredFormat" in named:
            look = self._format(old) if look else self.fresh
        return Cell(
            self.value if "userEnteredValue" in named else old.value,
            look,
            self.note if "note" in named else old.note,
            self.validation if "dataValidation" in named else old.validation,
            self.runs if "textFormatRuns" in named else runs,
        )

    def _format(self, old: Cell) -> Mapping[str, Any] | None:
        below = {} if "*" in self.tree else self.tree["userEnteredFormat"]
        return overlay(old.format or {}, self.format, _with_styles(below)) or None


def read_patch(data: Body, tree: Tree) -> Patch:
    look = normal(data.get("userEnteredFormat") or {})
    below = {} if "*" in tree else tree.get("userEnteredFormat", {})
    return Patch(
        tree=tree,
        value=read_value(data.get("userEnteredValue")),
        format=look,
        note=data.get("note") or None,
        validation=read_rule(data.get("dataValidation")),
        runs=tuple(data.get("textFormatRuns", ())),
        fresh=(overlay({}, look, _with_styles(below)) if below else look) or None,
        named=_WRITABLE if "*" in tree else _WRITABLE.intersection(tree),
    )


def put_row(
    edit: Edit, worksheet: Worksheet, row: int, left: int, patches: Sequence[Patch]
) -> None:
    """Patch the cells of a row from a column on."""
    line = worksheet.rows[row]
    entries: list[Entry] = []
    for offset, (old, patch) in enumerate(
        zip(line.slice(left, left + len(patches)), patches, strict=True)
    ):
        cell = as_cell(old)
        new = patch.apply(cell)
        if edit.settings.enforce_strict_validation and new.value != cell.value:
            check_value(worksheet, row, left + offset, new)
        if isinstance(new.value, Formula):
            worksheet.spreadsheet.has_formulas = True
        entries.append(new.packed())
    line.put(left, entries)


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
    check_condition(rule.get("condition") or {}, IN_VALIDATION)
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
