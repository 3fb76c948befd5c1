"""Human edits as JSON: which action takes which arguments, checked before any hand moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Shape = dict[str, type]  # argument name to type; a question mark ends an optional one's name

_CELL: Shape = {"row": int, "column": int}
_RANGE: Shape = {"start_row": int, "end_row": int, "start_column": int, "end_column": int}
_LINES: Shape = {"start": int, "count": int}
_MOVE: Shape = {**_LINES, "to": int}
_TRANSFER: Shape = {**_RANGE, "to_row": int, "to_column": int}
_ANYWHERE: Shape = {f"{name}?": kind for name, kind in _RANGE.items()}

ACTIONS: dict[str, Shape] = {
    "type": {**_CELL, "text": str},
    "tick": {**_CELL, "checked": bool},
    "clear": _RANGE,
    "insert_rows": _LINES,
    "delete_rows": _LINES,
    "move_rows": _MOVE,
    "insert_columns": _LINES,
    "delete_columns": _LINES,
    "move_columns": _MOVE,
    "sort": {"column": int, "descending?": bool, **_ANYWHERE},
    "cut_paste": _TRANSFER,
    "copy_paste": _TRANSFER,
    "paste": {**_CELL, "rows": list},
    "rename_worksheet": {"title": str},
    "rename_header": {"column": int, "text": str},
    "duplicate_worksheet": {"title?": str},
    "delete_worksheet": {},
    "undo": {},
    "protect": _ANYWHERE,
}
_WORDS = {int: "a whole number from 0 up", str: "text", bool: "true or false", list: "a list"}


def check_args(action: object, args: object) -> dict[str, Any]:
    """Return an action's arguments, or raise ValueError with a sentence saying what is wrong."""
    if not isinstance(action, str) or action not in ACTIONS:
        raise ValueError(f"there is no action {action!r}; known are {', '.join(ACTIONS)}")
    if not isinstance(args, Mapping):
        raise ValueError("args must be an object")  # noqa: TRY004 - one error type for the sender
    shape = ACTIONS[action]
    for name in args:
        if name not in shape and f"{name}?" not in shape:
            raise ValueError(f"{action} has no argument {name!r}")
    for spec, kind in shape.items():
        name = spec.removesuffix("?")
        if name not in args:
            if spec.endswith("?"):
                continue
            raise ValueError(f"{action} needs {name}")
        _check(name, args[name], kind)
    if action == "paste":
        _check_rows(args["rows"])
    return dict(args)


def perform(
    action: str, google: Any, spreadsheet: Any, worksheet: Any, args: Mapping[str, Any]
) -> dict[str, Any]:
    raise ValueError("no hands yet")


def _check(name: str, value: object, kind: type) -> None:
    # A bool is an int to Python, and minus one would count from the end.
    if type(value) is not kind or (kind is int and value < 0):  # type: ignore[operator]
        raise ValueError(f"{name} must be {_WORDS[kind]}")


def _check_rows(rows: list[Any]) -> None:
    for row in rows:
        if not isinstance(row, list) or not all(isinstance(text, str) for text in row):
            raise ValueError("rows must be a list of lists of text")
