"""Conditions of validation rules and conditional formats: which are allowed, what satisfies them.

Where each kind may stand and how many values it takes is documented, kind by kind. Whether strict
validation holds API writes is not: it is enforced only when switched on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .a1 import column_name
from .errors import invalid
from .model import Cell, Formula, Worksheet, value_of

_ONE, _TWO, _NONE = (1, 1), (2, 2), (0, 0)
_MANY = 10_000  # no limit is documented
# The least and the most values of each kind of condition, by where it may stand.
_BOTH: dict[str, tuple[int, int]] = {
    "NUMBER_GREATER": _ONE,
    "NUMBER_GREATER_THAN_EQ": _ONE,
    "NUMBER_LESS": _ONE,
    "NUMBER_LESS_THAN_EQ": _ONE,
    "NUMBER_EQ": _ONE,
    "NUMBER_NOT_EQ": _ONE,
    "NUMBER_BETWEEN": _TWO,
    "NUMBER_NOT_BETWEEN": _TWO,
    "TEXT_CONTAINS": _ONE,
    "TEXT_NOT_CONTAINS": _ONE,
    "TEXT_EQ": _ONE,
    "DATE_EQ": _ONE,
    "DATE_BEFORE": _ONE,
    "DATE_AFTER": _ONE,
    "CUSTOM_FORMULA": _ONE,
}
IN_VALIDATION: dict[str, tuple[int, int]] = {
    **_BOTH,
    "TEXT_IS_EMAIL": _NONE,
    "TEXT_IS_URL": _NONE,
    "DATE_ON_OR_BEFORE": _ONE,
    "DATE_ON_OR_AFTER": _ONE,
    "DATE_BETWEEN": _TWO,
    "DATE_NOT_BETWEEN": _TWO,
    "DATE_IS_VALID": _NONE,
    "ONE_OF_RANGE": _ONE,
    "ONE_OF_LIST": (1, _MANY),
    "BOOLEAN": (0, 2),
}
IN_FORMATS: dict[str, tuple[int, int]] = {
    **_BOTH,
    "TEXT_STARTS_WITH": _ONE,
    "TEXT_ENDS_WITH": _ONE,
    "BLANK": _NONE,
    "NOT_BLANK": _NONE,
}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def check_condition(condition: Mapping[str, Any], allowed: Mapping[str, tuple[int, int]]) -> None:
    """Refuse a condition that may not stand there, or has too few or too many values."""
    kind = condition.get("type")
    if not kind:
        raise invalid("A condition type must be specified.")
    if kind not in allowed:
        raise invalid(f"ConditionType '{kind}' is not supported here.")
    values = condition.get("values", [])
    least, most = allowed[kind]
    if not least <= len(values) <= most:
        if kind == "ONE_OF_LIST":
            raise invalid("ConditionType 'ONE_OF_LIST' requires at least one ConditionValue.")
        few = str(least) if least == most else f"{least} to {most}"
        raise invalid(
            f"ConditionType '{kind}' requires {few} ConditionValues, but {len(values)} were given."
        )
    if allowed is IN_VALIDATION and any("relativeDate" in value for value in values):
        raise invalid("Relative dates are not supported in data validation.")


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


def is_tick_box(rule: Mapping[str, Any] | None) -> bool:
    return rule is not None and rule["condition"]["type"] == "BOOLEAN"


def tick_values(rule: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return what a tick box holds when it is ticked and when it is not (documented)."""
    own = [one.get("userEnteredValue", "") for one in rule["condition"].get("values", [])]
    return (True, False) if not own else (own[0], own[1] if len(own) > 1 else None)


def satisfies(worksheet: Worksheet, condition: Mapping[str, Any], value: Any) -> bool:
    """Tell whether a value meets a condition; conditions not looked into are met."""
    kind = condition["type"]
    wanted = [one.get("userEnteredValue", "") for one in condition.get("values", [])]
    if isinstance(value, Formula):
        return True
    if kind == "BOOLEAN":
        return str(value) in wanted if wanted else isinstance(value, bool)
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
