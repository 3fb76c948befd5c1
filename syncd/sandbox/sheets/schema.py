"""Checks request bodies and query parameters against the shapes, in Google's own words.

Strict on purpose: an unknown field, a wrong type or an unknown enum value is a 400. JSON nulls mean
"absent", as in Google's proto3 JSON, except inside ``any``.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from typing import Any

from .errors import violations
from .shapes import SHAPES

_PACKAGE = "type.googleapis.com/google.apps.sheets.v4."
_PROTO = {
    "string": "TYPE_STRING",
    "int": "TYPE_INT32",
    "number": "TYPE_DOUBLE",
    "bool": "TYPE_BOOL",
}
Problems = list[tuple[str, str]]


@cache
def _read() -> tuple[dict[str, dict[str, str]], dict[str, frozenset[str]]]:
    types: dict[str, dict[str, str]] = {}
    enums: dict[str, frozenset[str]] = {}
    for line in re.sub(r"\n  ", " ", SHAPES).strip().splitlines():
        name, *words = line.split()
        if name.startswith("@"):
            enums[name] = frozenset(words)
        else:
            types[name.rstrip(":")] = dict(word.split(":", 1) for word in words)
    return types, enums


def fields_of(kind: str) -> dict[str, str] | None:
    """Return a message's fields, or None for anything that is no message."""
    return _read()[0].get(kind)


@lru_cache(maxsize=4096)  # few names, and each of them thousands of times
def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def check(kind: str, body: Any, *, at: str = "") -> Any:
    """Return the body with nulls dropped and numbers read; refuse it with every problem found."""
    if not isinstance(body, dict):
        text = 'Invalid JSON payload received. Unknown name "": Root element must be a message.'
        raise violations([("", text)])
    problems: Problems = []
    value = _message(kind, body, at, problems)
    if problems:
        raise violations(problems)
    return value


def _message(kind: str, value: Any, at: str, problems: Problems) -> Any:
    fields = _read()[0][kind]
    if not isinstance(value, dict):
        _wrong(at, _PACKAGE + kind, value, problems)
        return {}
    result = {}
    for name, inner in value.items():
        if name not in fields:
            where = f" at '{at}'" if at else ""
            text = (
                f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
            )
            problems.append((at, text))
        elif inner is not None:
            kind = fields[name]
            if kind == "string" and isinstance(inner, str):
                result[name] = inner
            else:
                result[name] = _value(kind, inner, _join(at, name), problems)
    return result


def _join(at: str, name: str) -> str:
    return f"{at}.{snake(name)}" if at else snake(name)


def _value(kind: str, value: Any, at: str, problems: Problems) -> Any:
    if kind.startswith("["):
        return _list(kind[1:-1], value, at, problems)
    if kind.startswith("{"):
        if not isinstance(value, dict):
            _wrong(at, "Map", value, problems)
            return {}
        return {k: _value(kind[1:-1], v, f"{at}[{k}]", problems) for k, v in value.items()}
    if kind.startswith("@"):
        if value not in _read()[1][kind]:
            _wrong(at, _PACKAGE + kind[1:], value, problems)
        return value
    if kind == "any":
        return value
    if kind in ("string", "mask", "bool", "int", "number"):
        return _scalar(kind, value, at, problems)
    return _message(kind, value, at, problems)


def _list(kind: str, value: Any, at: str, problems: Problems) -> Any:
    if not isinstance(value, list):
        _wrong(at, _type_name(kind), value, problems)
        return []
    if kind == "any":
        return value
    if kind == "[any]":
        for index, item in enumerate(value):
            if not isinstance(item, list):
                _wrong(f"{at}[{index}]", _type_name(kind), item, problems)
        return value
    return [_value(kind, item, f"{at}[{index}]", problems) for index, item in enumerate(value)]


def _type_name(kind: str) -> str:
    if kind.startswith("["):
        return "type.googleapis.com/google.protobuf.ListValue"
    return _PROTO.get(kind) or _PACKAGE + kind.lstrip("@")


def _scalar(kind: str, value: Any, at: str, problems: Problems) -> Any:
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind in ("string", "mask") and isinstance(value, str):
        return value
    if kind in ("int", "number") and not isinstance(value, bool):
        number = _number(value)
        if number is not None and (kind == "number" or float(number).is_integer()):
            if kind == "int" and -(2**31) <= number < 2**31:
                return int(number)
            if kind == "number":
                return number
    _wrong(at, _PROTO.get(kind, "type.googleapis.com/google.protobuf.FieldMask"), value, problems)
    return value


def _number(value: Any) -> int | float | None:
    """Read a number; proto3 JSON allows it as a string too. NaN and infinities are refused."""
    if isinstance(value, int):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if abs(number) != float("inf") and number == number else None  # noqa: PLR0124 - NaN


def _wrong(at: str, kind: str, value: Any, problems: Problems) -> None:
    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _plain(value)
    problems.append((at, f"Invalid value at '{at}' ({kind}), {shown}"))


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))[:200]


STANDARD_PARAMETERS = frozenset(
    [
        "$.xgafv",
        "$alt",
        "$callback",
        "$fields",
        "$key",
        "$prettyPrint",
        "$quotaUser",
        "access_token",
        "alt",
        "callback",
        "fields",
        "key",
        "oauth_token",
        "prettyPrint",
        "quotaUser",
        "uploadType",
        "upload_protocol",
        "userIp",
    ]
)
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


def read_parameters(params: list[tuple[str, str]], known: dict[str, str]) -> dict[str, Any]:
    """Read a method's own query parameters by their types; ``False`` is as good as ``false``.

    ``known`` maps names to ``string``, ``bool``, ``[string]`` or an ``@Enum``.
    """
    result: dict[str, Any] = {}
    problems: Problems = []
    for name, text in params:
        if name in STANDARD_PARAMETERS:
            continue
        kind = known.get(name)
        if kind is None:
            problem = (
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query '
                f"parameter. Field '{name}' could not be found in request message."
            )
            problems.append(("", problem))
        elif kind == "[string]":
            result.setdefault(name, []).append(text)
        elif kind == "bool":
            if text.lower() not in _BOOLEANS:
                _wrong(snake(name), "TYPE_BOOL", text, problems)
            result[name] = _BOOLEANS.get(text.lower())
        else:
            result[name] = _value(kind, text, snake(name), problems)
    if problems:
        raise violations(problems)
    return result


def check_mask(kind: str, tree: dict[str, Any], path: str = "") -> str | None:
    """Return the first path of a mask that a message does not have, or None."""
    fields = fields_of(kind)
    if fields is None:
        return None
    for name, below in tree.items():
        if name == "*":
            continue
        here = f"{path}.{name}" if path else name
        if name not in fields:
            return here
        inner = fields[name].strip("[]{}")
        if below and (unknown := check_mask(inner, below, here)) is not None:
            return unknown
    return None
