"""What to write into which cells, and whether an echo shows that it arrived: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from syncd.core import cells
from syncd.core.leads import Lead
from syncd.core.strays import KEY, name_columns
from syncd.core.table import Raw, with_values
from syncd.engine.survey import Desire
from syncd.engine.workbook import Leaf
from syncd.sheets import CellWrite, Echo

UPDATED = Lead.UPDATED.value  # the same header text in both worksheets


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One value for one cell, with who the row must be for it to be right."""

    leaf: Leaf[Any]
    row: int
    position: int
    column: str  # its name, or what people wrote above it
    value: object
    key: str
    fingerprint: str
    restores: bool = False  # puts back what a stray of ours replaced: maybe a human's

    @property
    def cell(self) -> tuple[int, str, str]:
        """What stays the same when the row moves: worksheet, key or person, and column."""
        named = self.column != KEY and self.key
        return self.leaf.id, named or f"#{self.fingerprint}", self.column

    @property
    def write(self) -> CellWrite:
        return CellWrite(
            sheet_id=self.leaf.sheet_id, row=self.row, column=self.position, value=self.value
        )


def compose_changes(
    leaf: Leaf[Any],
    desire: Desire,
    strays: Mapping[int, Mapping[int, object]],
    stamp: str,
    choose_key: Callable[[int], str],
    is_given_up: Callable[[Change], bool],
) -> list[Change]:
    """Compare views with what is shown; a human's text is never replaced.

    Where a stray stands, the cell is written in any case: with what the view says, or else with
    what stood there before. ``choose_key`` gives the key for a newcomer's row; ``is_given_up``
    tells of cells that do not keep what is written.
    """
    table, ownership = leaf.table, desire.ownership
    at = table.header.at
    names = name_columns(table)
    differing: dict[int, dict[str, str]] = {}
    for number, view in desire.views.items():
        row = table.row(number)
        texts = {c: text for c, text in view.items() if c in at and row.owned(c) != text}
        if texts:
            differing[number] = texts
    ownership.load(table.row(number).key for number in differing)
    changes: list[Change] = []

    def change(
        number: int, position: int, value: object, key: str, *, restores: bool = False
    ) -> Change:
        return Change(
            leaf=leaf,
            row=number,
            position=position,
            column=names.get(position, ""),
            value=value,
            key=key,
            fingerprint=table.row(number).fingerprint if number >= table.first else "",
            restores=restores,
        )

    for number in sorted(differing.keys() | strays.keys()):
        if number == table.header.row:
            titles = strays[number].items()
            changes += [change(number, place, title, "", restores=True) for place, title in titles]
            continue
        row = table.row(number)
        ours = [
            change(number, at[column], text, row.key, restores=not row.key)
            for column, text in differing.get(number, {}).items()
            if not ownership.foreign(row, column)
        ]
        ours = [one for one in ours if not is_given_up(one)]
        if ours and row.key and UPDATED in at and not ownership.foreign(row, UPDATED):
            ours.append(change(number, at[UPDATED], stamp, row.key))
        changes += ours
        written = {one.position for one in ours}
        if number in desire.newcomers:
            written.add(at[KEY])
        changes += [
            change(number, position, value, row.key, restores=True)
            for position, value in strays.get(number, {}).items()
            if position not in written
        ]
    for number in desire.newcomers:
        key = choose_key(number)
        changes.append(change(number, at[KEY], key, key))
    return [one for one in changes if not is_given_up(one)]


def judge(changes: Iterable[Change], echo: Echo) -> tuple[list[Change], list[Change]]:
    """Return those that arrived, and those whose right row does not show them.

    What is in neither went to another row, or cannot be told.
    """
    arrived: list[Change] = []
    unkept: list[Change] = []
    by_row: dict[tuple[int, int], list[Change]] = {}
    for change in changes:
        by_row.setdefault((change.leaf.sheet_id, change.row), []).append(change)
    for place, group in by_row.items():
        raw = echo.get(place, ())
        if not _is_meant(group, raw, echo):
            continue
        for change in group:
            shown = raw[change.position] if change.position < len(raw) else ""
            kept = cells.text(shown) == cells.text(change.value)
            (arrived if kept else unkept).append(change)
    return arrived, unkept


def _is_meant(group: Sequence[Change], raw: Raw, echo: Echo) -> bool:
    """Return whether an echoed row is the one that these changes were meant for."""
    leaf, number = group[0].leaf, group[0].row
    table = leaf.table
    titles = echo.get((leaf.sheet_id, table.header.row), ())
    if [cells.text(cell) for cell in titles] != [cells.text(cell) for cell in table.titles]:
        return False  # the columns moved
    if number == table.header.row:
        return True
    row, seen = table.row(number), table.parse(raw, table.header)
    written = {change.position: change.value for change in group}
    if row.key and table.header.at[KEY] not in written:
        return bool(seen.key == row.key)
    expected = table.parse(with_values(table.raw(number), written), table.header)
    return bool(seen.fingerprint == expected.fingerprint) and _is_alike(
        raw, table.raw(number), written
    )


def _is_alike(raw: Raw, expected: Raw, apart_from: Mapping[int, object]) -> bool:
    """Compare the texts of two rows. Dates and numbers are echoed otherwise than they are read.

    Empty rows are all alike, so of one that held nothing but a stray only a read can tell.
    """
    told = False
    for position in range(max(len(raw), len(expected))):
        one = raw[position] if position < len(raw) else ""
        other = expected[position] if position < len(expected) else ""
        if position in apart_from:
            continue
        told = told or one not in ("", None)
        if isinstance(one, str) and isinstance(other, str) and one.strip() != other.strip():
            return False
    return told
