"""Rewrites the references inside a formula when it is copied, or when rows or columns shift."""

from __future__ import annotations

import re
from collections.abc import Callable

from .a1 import column_index, column_name, quote_title
from .areas import Area, Axis

_PIECE = re.compile(
    r"""(?P<string>"(?:[^"]|"")*")
    | (?P<prefix>(?:'(?:[^']|'')+'|(?<![A-Za-z0-9_$.])[A-Za-z_][A-Za-z0-9_]*)!)?
      (?<![A-Za-z0-9_$.'])
      (?P<c1>\$?[A-Za-z]{1,3})(?P<r1>\$?[1-9][0-9]*)
      (?::(?P<c2>\$?[A-Za-z]{1,3})(?P<r2>\$?[1-9][0-9]*))?
      (?![A-Za-z0-9_(!])""",
    re.VERBOSE,
)


def copied(text: str, rows: int, columns: int) -> str:
    """Return a formula moved by so many rows and columns; ``$`` parts stay."""

    def move(column: str, row: str) -> str | None:
        new_column = column if column.startswith("$") else _move_column(column, columns)
        new_row = row if row.startswith("$") else str(int(row) + rows)
        if new_column is None or int(new_row.lstrip("$")) < 1:
            return None
        return new_column + new_row

    def rewrite(found: re.Match[str]) -> str:
        if found["string"]:
            return found[0]
        start = move(found["c1"], found["r1"])
        end = move(found["c2"], found["r2"]) if found["c2"] else ""
        if start is None or end is None:
            return "#REF!"
        return (found["prefix"] or "") + start + (":" + end if end else "")

    return _PIECE.sub(rewrite, text)


def _move_column(column: str, by: int) -> str | None:
    index = column_index(column) + by
    return column_name(index) if index >= 0 else None


def shifted(
    text: str, axis: Axis, change: Callable[[Area], Area | None], *, concerns: Callable[[str], bool]
) -> str:
    """Return a formula after an insert, delete or move along ``axis``.

    ``concerns`` is asked, with the prefix as written ("" for none), whether a reference points to
    the worksheet that changed.
    """

    def rewrite(found: re.Match[str]) -> str:
        prefix = found["prefix"] or ""
        if found["string"] or not concerns(prefix.rstrip("!")):
            return found[0]
        names = ("r1", "r2") if axis == "ROWS" else ("c1", "c2")
        ends = [_read(found[name], axis) for name in names if found[name]]
        low, high = min(ends), max(ends) + 1
        area = change(Area().with_span(axis, low, high))
        if area is None:
            return "#REF!"
        start, end = area.span(axis)
        if start is None or end is None:
            return found[0]
        first = {**found.groupdict(), names[0]: _write(start, found[names[0]], axis)}
        text = f"{prefix}{first['c1']}{first['r1']}"
        if found["c2"]:
            first[names[1]] = _write(end - 1, found[names[1]], axis)
            text += f":{first['c2']}{first['r2']}"
        return text

    return _PIECE.sub(rewrite, text)


def _read(part: str, axis: Axis) -> int:
    part = part.lstrip("$")
    return int(part) - 1 if axis == "ROWS" else column_index(part)


def _write(index: int, old: str, axis: Axis) -> str:
    dollar = "$" if old.startswith("$") else ""
    return dollar + (str(index + 1) if axis == "ROWS" else column_name(index))


def renamed(text: str, old: str, new: str) -> str:
    """Return a formula that names a worksheet by its new title."""
    names = {f"{old}!", f"{quote_title(old)}!", f"'{old}'!"}

    def rewrite(found: re.Match[str]) -> str:
        prefix = found["prefix"]
        if found["string"] or prefix not in names:
            return found[0]
        return f"{quote_title(new)}!" + found[0].removeprefix(prefix)

    return _PIECE.sub(rewrite, text)
