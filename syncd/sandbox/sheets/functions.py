"""The functions formulas may call, and how values turn into numbers and text for them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from fnmatch import translate
from typing import TYPE_CHECKING, TypeGuard
from zoneinfo import ZoneInfo

from .locales import locale_of
from .model import ErrorValue, Scalar
from .patterns import show_date, show_number, to_serial

if TYPE_CHECKING:
    from .model import Spreadsheet


class Matrix(list[list[Scalar]]):
    """The values of a range, row by row."""


Computed = Scalar | Matrix
Number = int | float


def first(value: Computed) -> Scalar:
    if not isinstance(value, Matrix):
        return value
    return value[0][0] if value and value[0] else None


def is_error(value: Computed) -> TypeGuard[ErrorValue]:
    return isinstance(value, ErrorValue)


def as_number(value: Scalar) -> Number | ErrorValue:
    if value is None:
        return 0
    if isinstance(value, bool | int | float):
        return value + 0
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            message = f"Function expects number values. But '{value}' is a text and cannot be "
            return ErrorValue("VALUE", "#VALUE!", message + "coerced to a number.")
    return value


def as_text(value: Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return show_number(value, None, locale_of("en_US"))
    return value.shown if isinstance(value, ErrorValue) else value


def _rank(value: Scalar) -> tuple[int, Number | str]:
    """Order as sheets do: numbers, then text without regard to case, then booleans."""
    if isinstance(value, bool):
        return (2, int(value))
    if isinstance(value, int | float):
        return (0, value)
    return (1, as_text(value).lower())


def compare(sign: str, one: Scalar, two: Scalar) -> bool:
    if one is None:
        one = "" if isinstance(two, str) else False if isinstance(two, bool) else 0
    if two is None:
        two = "" if isinstance(one, str) else False if isinstance(one, bool) else 0
    left, right = _rank(one), _rank(two)
    if sign in ("=", "<>"):
        return (left == right) == (sign == "=")
    if left == right:
        return sign in ("<=", ">=")
    smaller = left < right
    return smaller if sign in ("<", "<=") else not smaller


def _flat(values: tuple[Computed, ...]) -> Iterator[tuple[Scalar, bool]]:
    """Yield every value and whether it came out of a range."""
    for value in values:
        if isinstance(value, Matrix):
            for row in value:
                for item in row:
                    yield item, True
        else:
            yield value, False


def _sum(_: Spreadsheet, *values: Computed) -> Scalar:
    total: Number = 0
    for value, ranged in _flat(values):
        if isinstance(value, ErrorValue):
            return value
        if ranged and (isinstance(value, bool) or not isinstance(value, int | float)):
            continue
        number = as_number(value)
        if isinstance(number, ErrorValue):
            return number
        total += number
    return total


def _count(_: Spreadsheet, *values: Computed) -> Scalar:
    return sum(
        1
        for value, _ranged in _flat(values)
        if isinstance(value, int | float) and not isinstance(value, bool)
    )


def _counta(_: Spreadsheet, *values: Computed) -> Scalar:
    return sum(1 for value, _ranged in _flat(values) if value is not None)


def _countif(_: Spreadsheet, values: Computed, criterion: Computed) -> Scalar:
    matches = _criterion(first(criterion))
    return sum(1 for value, _ranged in _flat((values,)) if matches(value))


def _criterion(wanted: Scalar) -> Callable[[Scalar], bool]:
    if not isinstance(wanted, str):
        return lambda value: value is not None and compare("=", value, wanted)
    match = re.fullmatch(r"(<=|>=|<>|=|<|>)?(.*)", wanted, re.DOTALL)
    sign, text = (match[1] or "=", match[2]) if match else ("=", wanted)
    number = as_number(text) if text else None
    if isinstance(number, int | float):
        return lambda value: (
            (
                isinstance(value, int | float)
                and not isinstance(value, bool)
                and compare(sign, value, number)
            )
            or (sign == "<>" and not isinstance(value, int | float))
        )
    if sign in ("=", "<>"):
        pattern = re.compile(translate(text.lower()))
        same = sign == "="
        return lambda value: (pattern.match(as_text(value).lower()) is not None) == same
    return lambda value: isinstance(value, str) and compare(sign, value, text)


def _truths(values: tuple[Computed, ...]) -> list[bool] | ErrorValue:
    found: list[bool] = []
    for value, ranged in _flat(values):
        if value is None or (ranged and isinstance(value, str)):
            continue
        number = as_number(value)
        if isinstance(number, ErrorValue):
            return number
        found.append(bool(number))
    return found


def _and(_: Spreadsheet, *values: Computed) -> Scalar:
    found = _truths(values)
    return found if isinstance(found, ErrorValue) else all(found)


def _or(_: Spreadsheet, *values: Computed) -> Scalar:
    found = _truths(values)
    return found if isinstance(found, ErrorValue) else any(found)


def _not(_: Spreadsheet, value: Computed) -> Scalar:
    found = _truths((value,))
    return found if isinstance(found, ErrorValue) else not any(found)


def _concatenate(_: Spreadsheet, *values: Computed) -> Scalar:
    parts = []
    for value, _ranged in _flat(values):
        if isinstance(value, ErrorValue):
            return value
        parts.append(as_text(value))
    return "".join(parts)


def _hyperlink(_: Spreadsheet, url: Computed, label: Computed = None) -> Scalar:
    return first(url) if label is None else first(label)


def local_now(spreadsheet: Spreadsheet) -> datetime:
    return spreadsheet.clock.now().astimezone(ZoneInfo(spreadsheet.time_zone)).replace(tzinfo=None)


def _now(spreadsheet: Spreadsheet) -> Scalar:
    return to_serial(local_now(spreadsheet))


def _today(spreadsheet: Spreadsheet) -> Scalar:
    return int(to_serial(local_now(spreadsheet)))


def _isblank(_: Spreadsheet, value: Computed) -> Scalar:
    return first(value) is None


def _text(spreadsheet: Spreadsheet, value: Computed, pattern: Computed) -> Scalar:
    number = first(value)
    if isinstance(number, ErrorValue):
        return number
    if isinstance(number, bool) or not isinstance(number, int | float):
        return as_text(number)
    wanted = as_text(first(pattern))
    locale = locale_of(spreadsheet.locale)
    if re.search(r"[ymdhs]", re.sub(r'"[^"]*"', "", wanted.lower())):
        return show_date(number, wanted, locale)
    return show_number(number, {"type": "NUMBER", "pattern": wanted}, locale)


def _len(_: Spreadsheet, value: Computed) -> Scalar:
    return len(as_text(first(value)))


def _lower(_: Spreadsheet, value: Computed) -> Scalar:
    return as_text(first(value)).lower()


def _upper(_: Spreadsheet, value: Computed) -> Scalar:
    return as_text(first(value)).upper()


def _trim(_: Spreadsheet, value: Computed) -> Scalar:
    return " ".join(as_text(first(value)).split())


FUNCTIONS: dict[str, Callable[..., Computed]] = {
    "SUM": _sum,
    "COUNT": _count,
    "COUNTA": _counta,
    "COUNTIF": _countif,
    "AND": _and,
    "OR": _or,
    "NOT": _not,
    "CONCATENATE": _concatenate,
    "HYPERLINK": _hyperlink,
    "NOW": _now,
    "TODAY": _today,
    "ISBLANK": _isblank,
    "TEXT": _text,
    "LEN": _len,
    "LOWER": _lower,
    "UPPER": _upper,
    "TRIM": _trim,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
}
