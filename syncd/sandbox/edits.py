"""Human edits as JSON: which action takes which arguments, checked before any hand moves.

It refuses what a hand could not do; what the hands then do is ``sheets.people``'s business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .sheets import people

if TYPE_CHECKING:
    from .sheets.model import Worksheet

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


def perform(action: str, worksheet: Worksheet, args: Mapping[str, Any]) -> dict[str, Any]:
    """Do a checked action as a person would; return its answer. ValueError: it cannot be done."""
    answer: dict[str, Any] = {}
    if action == "undo":
        answer["undone"] = people.undo(worksheet.spreadsheet)
    elif action == "duplicate_worksheet":
        answer["sheet_id"] = people.duplicate_worksheet(worksheet, args.get("title")).sheet_id
    elif action == "sort":
        _sort(worksheet, args)
    elif action == "paste":
        people.paste_rows(worksheet, args["row"], args["rows"], args["column"])
    else:
        named = {_PEOPLE_SAY.get(name, name): value for name, value in args.items()}
        _HANDS[action](worksheet, **named)
    return {"version": worksheet.spreadsheet.version, **answer}


_PEOPLE_SAY = {
    "start_row": "top",
    "end_row": "bottom",
    "start_column": "left",
    "end_column": "right",
}
_HANDS: dict[str, Callable[..., object]] = {
    "type": people.type_cell,
    "tick": people.set_checkbox,
    "clear": people.clear_cells,
    "insert_rows": people.insert_rows,
    "delete_rows": people.delete_rows,
    "move_rows": people.move_rows,
    "insert_columns": people.insert_columns,
    "delete_columns": people.delete_columns,
    "move_columns": people.move_columns,
    "cut_paste": people.cut_paste,
    "copy_paste": people.copy_paste,
    "rename_worksheet": people.rename_worksheet,
    "rename_header": people.rename_header,
    "delete_worksheet": people.delete_worksheet,
    "protect": people.protect,
}


def _sort(worksheet: Worksheet, args: Mapping[str, Any]) -> None:
    columns = (args.get("start_column", 0), args.get("end_column", len(worksheet.columns)))
    people.sort(
        worksheet,
        args["column"],
        ascending=not args.get("descending", False),
        header_rows=args.get("start_row", 1),
        only_columns=columns,
        end_row=args.get("end_row"),
    )


def _check(name: str, value: object, kind: type) -> None:
    # A bool is an int to Python, and minus one would count from the end.
    if type(value) is not kind or (kind is int and value < 0):  # type: ignore[operator]
        raise ValueError(f"{name} must be {_WORDS[kind]}")


def _check_rows(rows: list[Any]) -> None:
    for row in rows:
        if not isinstance(row, list) or not all(isinstance(text, str) for text in row):
            raise ValueError("rows must be a list of lists of text")
