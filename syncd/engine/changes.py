"""What to write into which cells, and whether an echo shows that it arrived: pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from syncd.core import cells
from syncd.core.flight import KEY
from syncd.core.leads import VALUE_COLUMN, Lead
from syncd.core.swaps import Failures, find_steps, is_token, survives
from syncd.core.table import Raw, cell_at, name_columns, with_values
from syncd.engine.survey import Desire
from syncd.engine.workbook import Leaf
from syncd.sheets import CellSwap, CellWrite, Echo

UPDATED = Lead.UPDATED.value  # the same header text in both worksheets


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One value for one cell, with who the row must be for it to be right.

    ``old`` is the text that it is swapped in for, wherever that stands; empty: it goes to the
    position. ``typed`` and ``here`` are as in :class:`~syncd.core.swaps.Step`.
    """

    leaf: Leaf[Any]
    row: int
    position: int
    column: str  # its name, or what people wrote above it
    value: object
    key: str
    fingerprint: str
    old: str = ""
    typed: str = ""
    here: bool = False
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

    @property
    def swap(self) -> CellSwap:
        new = self.typed or str(self.value)
        return CellSwap(
            sheet_id=self.leaf.sheet_id,
            column=self.position,
            old=self.old,
            new=new,
            row=self.row if self.here else None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteTerms:
    """What holds for all the changes of one write to a worksheet.

    ``astray`` is what stands in wrong cells now, by 0-based row and position; ``failures`` and
    ``salt`` are as in :func:`~syncd.core.swaps.find_steps`, and so are the texts of ``late``, each
    with its column; ``is_given_up`` tells of cells that do not keep a text.
    """

    stamp: str
    astray: Mapping[tuple[int, int], object]
    failures: Failures
    salt: int
    late: Collection[tuple[str, str]]
    is_given_up: Callable[[Change], bool]


def compose_changes(
    leaf: Leaf[Any],
    desire: Desire,
    strays: Mapping[int, Mapping[int, object]],
    terms: WriteTerms,
    choose_key: Callable[[int], str],
) -> list[Change]:
    """Compare views with what is shown; a human's text is never replaced.

    Where a stray stands, first what stood there before is put back. ``choose_key`` gives the key
    for a newcomer's row.
    """
    table, ownership = leaf.table, desire.ownership
    at = table.header.at
    names = name_columns(table)

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

    def is_open(one: Change) -> bool:
        astray = one.position in strays.get(one.row, ())
        foreign = ownership.foreign(table.row(one.row), one.column)
        return not (astray or foreign or terms.is_given_up(one))

    def belongs(one: Change) -> bool:
        """Whether what a stray of ours hit is to be put back, and not written anew, or nowhere."""
        if one.column == KEY or one.row < table.first:
            return True
        text, row = desire.views.get(one.row, {}).get(one.column), table.row(one.row)
        if text is None:  # a view waits for somebody who is at the row
            return one.column not in VALUE_COLUMN.values() or not ownership.torn(row, one.column)
        return text != cells.text(one.value) and ownership.foreign(row, one.column)

    changes: list[Change] = []
    differing = _find_differing(leaf, desire)
    for column, texts in sorted(differing.items(), key=lambda one: one[0] == Lead.STATUS):
        found = [
            change(number, at[column], text, key, restores=not key)
            for number, text in texts.items()
            for key in (table.row(number).key,)
        ]
        half_way = frozenset(one.row for one in changes if is_token(str(one.value)))
        changes += _find_way(column, [one for one in found if is_open(one)], terms, half_way)
    if UPDATED in at:
        told = {one.row: one.key for one in changes if one.key and not is_token(str(one.value))}
        dated = {one.row for one in changes if one.column == UPDATED}
        stamps = [change(n, at[UPDATED], terms.stamp, key) for n, key in told.items()]
        changes += [one for one in stamps if one.row not in dated and is_open(one)]
    for number, values in strays.items():
        key = table.row(number).key if number >= table.first else ""
        for position, value in values.items():
            if position == at[KEY] and number in desire.newcomers:
                continue
            one = change(number, position, value, key, restores=True)
            changes.append(_restore(one, terms, back=belongs(one)))
    for number in desire.newcomers:
        key = choose_key(number)
        changes.append(change(number, at[KEY], key, key))
    return [one for one in changes if not terms.is_given_up(one)]


def _find_differing(leaf: Leaf[Any], desire: Desire) -> dict[str, dict[int, str]]:
    """Return by column and row what a view says and the row does not show."""
    table = leaf.table
    differing: dict[str, dict[int, str]] = {}
    keys: dict[str, None] = {}
    for number, view in desire.views.items():
        row = table.row(number)
        for column, text in view.items():
            if column in table.header.at and row.owned(column) != text:
                differing.setdefault(column, {})[number] = text
                keys[row.key] = None
    desire.ownership.load(keys)
    return differing


def _find_way(
    column: str, changes: Sequence[Change], terms: WriteTerms, half_way: frozenset[int]
) -> list[Change]:
    """Return the next step of each change, or none where that has to wait."""
    if column == UPDATED or not changes:
        return list(changes)
    steps = find_steps(
        changes[0].leaf.table,
        column,
        {one.row: str(one.value) for one in changes},
        astray=set(terms.astray.values()),
        failures=terms.failures,
        salt=terms.salt,
        half_way=half_way,
        late={text for named, text in terms.late if named == column},
    )
    return [
        replace(one, value=step.value, old=step.old, typed=step.typed, here=step.here)
        for one in changes
        if (step := steps.get(one.row)) is not None
    ]


def _restore(change: Change, terms: WriteTerms, *, back: bool) -> Change:
    """Let a stray be replaced only while it stands there, if that can be found by its text.

    Nothing is put ``back`` where syncd itself writes what belongs there: what stood there may be of
    another person, as people moved rows or parts of them.
    """
    stray = terms.astray.get((change.row, change.position))
    if not isinstance(stray, str) or not stray or stray.isdigit():
        return change
    if change.column in terms.failures.passed_over:
        return change
    value = change.value if back else ""
    if not isinstance(value, str) or not survives(change.column, value):
        return change  # a number, or a date
    return replace(change, value=value, old=stray, here=True)


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
        raw = echo.row(*place)
        if not _is_meant(group, raw, echo):
            continue
        for change in group:
            kept = cells.text(cell_at(raw, change.position)) == cells.text(change.value)
            (arrived if kept else unkept).append(change)
    return arrived, unkept


def _is_meant(group: Sequence[Change], raw: Raw, echo: Echo) -> bool:
    """Return whether an echoed row is the one that these changes were meant for."""
    leaf, number = group[0].leaf, group[0].row
    table = leaf.table
    titles = echo.row(leaf.sheet_id, table.header.row)
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
        one, other = cell_at(raw, position), cell_at(expected, position)
        if position in apart_from:
            continue
        told = told or one != ""
        if isinstance(one, str) and isinstance(other, str) and one.strip() != other.strip():
            return False
    return told
