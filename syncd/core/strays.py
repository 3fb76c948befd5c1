"""Texts of ours that landed in a wrong cell, and what stood there before. Pure.

A write goes to a position, and the row or the column there may have moved. Everything downstream
must then see each row as it was: a plan that took our stray for the row's own text would clear, or
buy, what a human had typed. So each read is *cleaned* before anybody looks at it.

A stray is a text in flight (:mod:`syncd.core.flight`) in a row or column that it was not meant for,
where something else stood before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from syncd.core import cells
from syncd.core.flight import KEY, Flight
from syncd.core.header import LOOK_AT
from syncd.core.table import Keyed, Raw, Table, cell_at, name_columns

_MOST_COMPARED = 5000  # earlier rows that one row without a sure key is compared with

Strays = Mapping[int, Mapping[int, object]]
"""What stood there before, by 0-based row and position."""

Recorded = Callable[[str, str], Sequence[str]]
"""The texts that syncd has put into a cell, by key and column, the newest first."""


def find_strays(
    fresh: Table[Any],
    before: Table[Any] | None,
    flight: Flight,
    recorded: Recorded,
) -> dict[int, dict[int, object]]:
    """Return the cells that a stray of ours stands in, and what belongs there instead.

    ``before`` is the table as it was when that was sent. Without one, as after a crash, a row gets
    back the newest text that was ``recorded`` for it, or nothing; then only syncd's own columns are
    looked at.

    1. Look at the columns that were written; where columns moved meanwhile, at all of them.
    2. Pass over what was meant for its row, and what stood there before.
    3. Say what stood there: in the row that it was, and the column that it was. But what was ours
       is not put back where the row names another person by now: it told of the earlier one.
    """
    names = name_columns(fresh)
    moved = before is not None and (
        list(before.titles) != list(fresh.titles)
        or any(places != fresh.header.at for places in flight.places)
    )
    width = len(fresh.titles)
    looked_at = [p for name, p in fresh.header.at.items() if name in flight.columns]
    earlier = _Earlier(before, fresh, flight, recorded) if before is not None else None
    doubtful = _find_doubtful(fresh, flight, sparing=before is None)
    strays: dict[int, dict[int, object]] = {}
    for index, (row, raw) in enumerate(zip(fresh.rows, fresh.raws, strict=True)):
        suspects = [
            (position, names.get(position, ""), value)
            for position in (range(max(len(raw), width)) if moved else looked_at)
            if flight.suspects(value := cell_at(raw, position), raw)
            if index in doubtful or not _is_at_home(row, names.get(position, ""), value, flight)
        ]
        if not suspects:
            continue
        if earlier is not None:
            found = earlier.compare(index, suspects)
        else:
            found = {
                position: next(iter(recorded(row.key, name)), "") if name != KEY else ""
                for position, name, _ in suspects
            }
        if found:
            strays[fresh.first + index] = found
    return strays


def _is_at_home(row: Keyed, name: str, value: object, flight: Flight) -> bool:
    """Return whether the value was meant for this row, which shows its own key."""
    if name == KEY:
        return row.key in flight.keys
    return flight.meant(row, name, value)


def _find_doubtful(fresh: Table[Any], flight: Flight, *, sparing: bool) -> set[int]:
    """Return the rows with a key on its way to another person: astray, or the person was edited.

    With ``sparing``, because nothing is known of before, only where that other person waits for it.
    """
    doubtful = {
        index
        for index, row in enumerate(fresh.rows)
        if row.key in flight.keys and flight.keys[row.key] != row.fingerprint
        if not _is_sure(row.key, fresh, flight)
    }
    if not doubtful or not sparing:
        return doubtful
    waiting = {
        row.fingerprint
        for index, row in enumerate(fresh.rows)
        if not row.blank and (not row.key or index in doubtful)
    }
    return {index for index in doubtful if flight.keys[fresh.rows[index].key] in waiting}


def _is_sure(key: str, fresh: Table[Any], flight: Flight) -> bool:
    """Return whether a row with that key is the key's own, whichever person it names by now.

    A key that was seen with its person stays where it is: then people moved the persons past it.
    Only should it stand twice, a write that was applied late may have brought the other.
    """
    return not flight.holds(key) or (key in flight.home and key not in fresh.doubled)


def find_overwritten(
    grid: Sequence[Raw], titles: Raw, holds: Callable[[object], bool]
) -> tuple[int, dict[int, object]] | None:
    """Return the header's 0-based row and what belongs into which of its cells, or None.

    A row put above the header while a write was under way moves the header into its path. It is
    known again where most of its cells are as before, and all others show what is in flight.
    """
    for number, raw in enumerate(grid[:LOOK_AT]):
        wrong = {
            position: cell_at(titles, position)
            for position in range(max(len(raw), len(titles)))
            if cells.text(cell_at(raw, position)) != cells.text(cell_at(titles, position))
        }
        if not wrong:
            return None
        hits = [cell_at(raw, position) for position in wrong]
        if len(wrong) * 2 < len(titles) and all(hit and holds(hit) for hit in hits):
            return number, wrong
    return None


class _Earlier:
    """Tells which earlier row a row is: by its key, else by its person, else by its likeness."""

    def __init__(
        self, before: Table[Any], fresh: Table[Any], flight: Flight, recorded: Recorded
    ) -> None:
        self._recorded = recorded
        self._before = before
        self._fresh = fresh
        self._flight = flight
        self._column = map_columns(fresh.titles, before.titles)

    def compare(self, index: int, suspects: Sequence[tuple[int, str, object]]) -> dict[int, object]:
        """Return what stood in the suspected cells of a row, for those where it was another."""
        row = self._fresh.rows[index]
        old = self._match(index, {position for position, _, _ in suspects})
        if old is None:
            # An empty row that was hit, or somebody's new row, of which nothing is known: in that
            # a text like the ones that we put back may be their own.
            flight = self._flight
            was_empty = all(flight.holds(c) for c in self._fresh.raws[index] if c not in ("", None))
            return {
                position: ""
                for position, name, value in suspects
                if was_empty or value in flight.ours or name in flight.own
            }
        was_row, was_raw = self._before.rows[old], self._before.raws[old]
        # A key on its way is where it belongs, though its person was edited meanwhile.
        has_key = row.key == was_row.key or self._flight.keys.get(row.key) == was_row.fingerprint
        found: dict[int, object] = {}
        for position, name, value in suspects:
            if name == KEY and has_key:
                continue
            if self._flight.meant(was_row, name, value):
                continue
            if has_key and self._flight.meant(row, name, value):
                continue
            at = self._column(position)
            was = cell_at(was_raw, at) if at is not None else ""
            if cells.text(was) == cells.text(value):
                continue
            ours = row.fingerprint != was_row.fingerprint and name != KEY
            if ours and cells.text(was) in self._recorded(was_row.key, name):
                was = ""
            found[position] = was
        return found

    def _match(self, index: int, suspected: set[int]) -> int | None:
        row = self._fresh.rows[index]
        if row.key and _is_sure(row.key, self._fresh, self._flight):
            if (sure := self._by_key.get(row.key)) is not None:
                return sure
        alike = self._by_fingerprint.get(row.fingerprint, ())
        free = [old for old in alike if old in self._loose] or alike
        if len(free) == 1:
            return free[0]
        return self._likest(index, suspected, free or self._loose)

    def _likest(
        self, index: int, suspected: set[int], candidates: Sequence[int] | set[int]
    ) -> int | None:
        """Return the one candidate that shares most cells with the row, apart from suspects."""
        if len(candidates) > _MOST_COMPARED:
            return None
        raw = self._fresh.raws[index]
        places = [
            (at, raw[position])
            for position in range(len(raw))
            if position not in suspected and raw[position] not in ("", None)
            if (at := self._column(position)) is not None
        ]
        best: list[int] = []
        most = 0
        for old in candidates:
            was = self._before.raws[old]
            score = sum(at < len(was) and was[at] == value for at, value in places)
            if score > most:
                best, most = [old], score
            elif score == most and score:
                best.append(old)
        return best[0] if len(best) == 1 else None

    @cached_property
    def _by_key(self) -> dict[str, int]:
        return {row.key: i for i, row in enumerate(self._before.rows) if row.key}

    @cached_property
    def _by_fingerprint(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for index, row in enumerate(self._before.rows):
            if not row.blank:
                found.setdefault(row.fingerprint, []).append(index)
        return found

    @cached_property
    def _loose(self) -> set[int]:
        """Earlier rows that no sure key accounts for."""
        fresh, flight = self._fresh, self._flight
        sure = {row.key for row in fresh.rows if _is_sure(row.key, fresh, flight)}
        return {
            index
            for index, row in enumerate(self._before.rows)
            if self._before.raws[index] and (not row.key or row.key not in sure)
        }


def map_columns(fresh: Raw, before: Raw) -> Callable[[int], int | None]:
    """Return what tells where a column stood before, by its header; None for a new column.

    Columns with the same header text, or with none, are told apart by their neighbours.
    """
    now, then = [cells.text(cell) for cell in fresh], [cells.text(cell) for cell in before]
    if now == then:
        return lambda position: position
    places: dict[int, int] = {}
    for block in SequenceMatcher(None, now, then, autojunk=False).get_matching_blocks():
        places.update((block.a + step, block.b + step) for step in range(block.size))
    for position, title in enumerate(now):
        if title and now.count(title) == then.count(title) == 1:
            places[position] = then.index(title)
    return places.get
