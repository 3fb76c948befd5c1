"""Data validation rules: whether a value satisfies one. Enforced only when switched on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .a1 import column_name
from .errors import invalid
from .model import Cell, Formula, Worksheet, value_of

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check_value(worksheet: Worksheet, row: int, column: int, cell: Cell) -> None:
    """Refuse a cell whose value breaks its own strict rule (wording from Apps Script reports)."""
    rule = cell.validation
    if rule is None or not rule.get("strict") or cell.value is None:
        return
    if not satisfies(worksheet, rule["condition"], cell.value):
        raise invalid(
            f"The data you entered in cell {column_name(column)}{row + 1} violates the data "
            "validation rules set on this cell."
        )


def satisfies(worksheet: Worksheet, condition: Mapping[str, Any], value: Any) -> bool:
    """Tell whether a value meets a condition; conditions not looked into are met."""
    kind = condition["type"]
    wanted = [one.get("userEnteredValue", "") for one in condition.get("values", [])]
    if isinstance(value, Formula):
        return True
    if kind == "BOOLEAN":
        return isinstance(value, bool) or str(value) in wanted
    if kind == "ONE_OF_LIST":
        return _text(value) in wanted
    if kind == "ONE_OF_RANGE":
        return _text(value) in _listed(worksheet, wanted[0] if wanted else "")
    if kind == "TEXT_IS_EMAIL":
        return _EMAIL.fullmatch(_text(value)) is not None
    if kind.startswith("NUMBER_"):
        return _number_fits(kind, value, wanted)
    if kind.startswith("TEXT_"):
        return _text_fits(kind, _text(value), wanted[0] if wanted else "")
    return True


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)


def _listed(worksheet: Worksheet, formula: str) -> set[str]:
    from .ranges import find  # noqa: PLC0415 - ranges read the model, which knows no rules

    target = find(worksheet.spreadsheet, formula.lstrip("=").replace("$", ""))
    box = target.box
    rows = target.worksheet.rows[box.top : box.bottom]
    values = [value_of(entry) for row in rows for entry in row.cells[box.left : box.right]]
    return {_text(value) for value in values if value is not None}


def _number_fits(kind: str, value: Any, wanted: list[str]) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        limits = [float(text) for text in wanted]
    except ValueError:
        return True
    tests = {
        "NUMBER_GREATER": lambda: value > limits[0],
        "NUMBER_GREATER_THAN_EQ": lambda: value >= limits[0],
        "NUMBER_LESS": lambda: value < limits[0],
        "NUMBER_LESS_THAN_EQ": lambda: value <= limits[0],
        "NUMBER_EQ": lambda: value == limits[0],
        "NUMBER_NOT_EQ": lambda: value != limits[0],
        "NUMBER_BETWEEN": lambda: limits[0] <= value <= limits[1],
        "NUMBER_NOT_BETWEEN": lambda: not limits[0] <= value <= limits[1],
    }
    return tests[kind]()


def _text_fits(kind: str, text: str, wanted: str) -> bool:
    tests = {
        "TEXT_CONTAINS": wanted in text,
        "TEXT_NOT_CONTAINS": wanted not in text,
        "TEXT_STARTS_WITH": text.startswith(wanted),
        "TEXT_ENDS_WITH": text.endswith(wanted),
        "TEXT_EQ": text == wanted,
        "TEXT_NOT_EQ": text != wanted,
    }
    return tests.get(kind, True)
