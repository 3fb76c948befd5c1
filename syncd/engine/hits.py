"""What a write hits: the rows to copy into the journal first, and what the copies tell. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from syncd.core import cells
from syncd.core.flight import KEY
from syncd.core.table import Raw, Table, cell_at, name_columns
from syncd.engine.changes import Change
from syncd.sheets import RowCopy, Rows

Hits = dict[int, dict[tuple[str, str], object]]
"""What was replaced unawares: by worksheet, and by who the row was and the column."""


def list_copies(changes: Iterable[Change]) -> list[RowCopy]:
    """Return which rows a write should copy: the headers of those that it hits, and then them.

    A header is copied with the rows around it: a row may be put above it, or taken away there.
    """
    headers: dict[RowCopy, None] = {}
    rows: dict[RowCopy, None] = {}
    for one in changes:
        if not one.old:
            table, sheet_id = one.leaf.table, one.leaf.sheet_id
            width = max(len(table.titles), one.position + 1)
            around = (n for n in _around(table) if n >= 0)
            headers |= dict.fromkeys(RowCopy(sheet_id, number, width) for number in around)
            rows[RowCopy(sheet_id, one.row, width)] = None
    return list(headers | rows)


def find_hits(changes: Sequence[Change], before: Rows) -> Hits:
    """Return what a write has replaced that was not there, or not so, when it was decided.

    By worksheet, by who the row was (its key, or "#" and its fingerprint) and by column: somebody
    had just typed, or moved the row or the column. The journal shows each row as it was ``before``,
    and the header.
    """
    hits: Hits = {}
    columns: dict[int, dict[int, str]] = {}
    for one in changes:
        leaf, table = one.leaf, one.leaf.table
        raw = before.get((leaf.sheet_id, one.row))
        if one.old or raw is None or one.row < table.first:
            continue
        if leaf.id not in columns:
            around = (before.get((leaf.sheet_id, number), ()) for number in _around(table))
            columns[leaf.id] = _name(around, table)
        names = columns[leaf.id]
        row = table.parse(raw, replace(table.header, at={name: at for at, name in names.items()}))
        column = names.get(one.position)
        was = cell_at(raw, one.position)
        by_key = row.key and one.column != KEY
        meant = row.key == one.key if by_key else row.fingerprint == one.fingerprint
        if meant and column == one.column and _is_as_read(one, was):
            continue
        if column is not None and not row.blank:
            hits.setdefault(leaf.id, {})[row.key or f"#{row.fingerprint}", column] = was
    return hits


def _around(table: Table[Any]) -> tuple[int, ...]:
    """Return where a header may be by the time that a write is applied, the likeliest first."""
    row = table.header.row
    return row, row - 1, row + 1


def _name(candidates: Iterable[Raw], table: Table[Any]) -> dict[int, str]:
    """Return what the columns are called, by their positions under the header that is found.

    Where it is not, more than one row was put above it, and most probably no column moved.
    """
    names = name_columns(table)
    known = {cells.text(cell_at(table.titles, position)): name for position, name in names.items()}
    for titles in candidates:
        texts = {position: cells.text(title) for position, title in enumerate(titles)}
        # Not all of it: a column that was inserted pushes the last beyond the copy's width.
        if 2 * len(known.keys() & texts.values()) > len(known):
            return {position: known.get(text, text) for position, text in texts.items() if text}
    return names


def _is_as_read(change: Change, was: object) -> bool:
    """Return whether a cell held what it held when it was read. Dates are read as texts."""
    read = cell_at(change.leaf.table.raw(change.row), change.position)
    told = isinstance(was, str) or isinstance(read, int | float) or read == ""
    return not told or cells.text(was) == cells.text(read)
