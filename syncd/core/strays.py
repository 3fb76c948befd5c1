"""Texts of ours that landed in a wrong cell, and what stood there before. Pure.

A write goes to a position, and the row or the column there may have moved. Everything downstream
must then see each row as it was: a plan that took our stray for the row's own text would clear, or
buy, what a human had typed. So each read is *cleaned* before anybody looks at it.

A stray is a text in flight (sent, and not yet known to stand where it belongs) in a row or column
that it was not meant for, where something else stood before. An empty text can be one, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from typing import Any

from syncd.core import cells
from syncd.core.header import LOOK_AT
from syncd.core.leads import Lead
from syncd.core.table import Keyed, Raw, Table

KEY = Lead.KEY.value  # the same header text in both worksheets
_MOST_COMPARED = 5000  # earlier rows that one row without a sure key is compared with

Strays = Mapping[int, Mapping[int, object]]
"""What stood there before, by 0-based row and position."""


class Flight:
    """All that was sent to one worksheet and is not yet known to stand where it belongs."""

    def __init__(self) -> None:
        self.cells: set[tuple[str, str]] = set()  # (key, column) of those that the ledger knows
        self.columns: set[str] = set()
        self.keys: dict[str, str] = {}  # keys on their way -> the fingerprint of their row
        self.places: list[Mapping[str, int]] = []  # where the columns stood when it was sent
        self.own: set[str] = set()  # the columns of syncd's own among them
        self.ours: set[object] = set()  # values that are syncd's own, not people's put back
        self.hits: dict[tuple[str, str], object] = {}  # what was typed just before we wrote there
        self._sent: dict[object, set[tuple[str, str]]] = {}
        self._swapped: dict[object, set[tuple[str, str]]] = {}

    def swap(self, key: str, column: str, value: object) -> None:
        """Note a value that takes the place of another, so that it meets no row but the right one.

        The same text may fly to positions, too: then it must be known which rows were to show it.
        """
        self.cells.add((key, column))
        self._swapped.setdefault(value, set()).add((key, column))

    def add(
        self, key: str, fingerprint: str, column: str, value: object, *, restores: bool = False
    ) -> None:
        """Note a value that is on its way to the row with that key, or of that person."""
        self.columns.add(column)
        if not restores:
            self.own.add(column)
            self.ours.add(value)
        self._sent.setdefault(value, set()).add((key or f"#{fingerprint}", column))
        if column == KEY and value:
            self.keys[str(value)] = fingerprint

    def holds(self, value: object) -> bool:
        return value in self._sent or value in self.keys or value in self._swapped

    def owns(self, value: object) -> bool:
        """Return whether the value is a text of syncd's own on its way, not one put back."""
        return value != "" and (value in self.ours or value in self.keys)

    def suspects(self, value: object, raw: Raw) -> bool:
        """Return whether the value may have gone astray to such a row.

        Of what is put back, that is believed only of a row that holds nothing else: a person's row
        may show the same words, and what was hit there is known from the journal.
        """
        if value == "" or not self.holds(value):
            return False
        return self.owns(value) or all(self.holds(cell) for cell in raw if cell not in ("", None))

    def meant(self, row: Keyed, column: str, value: object) -> bool:
        """Return whether the value was meant for that row and column."""
        if (row.key, column) in self._swapped.get(value, ()):
            return True
        owners = self._sent.get(value, ())
        return (row.key, column) in owners or (f"#{row.fingerprint}", column) in owners

    def follow(self, rows: Iterable[Keyed]) -> None:
        """Note which persons those cleaned rows name now, in the rows of keys on their way."""
        if self.keys:
            self.keys.update((r.key, r.fingerprint) for r in rows if r.key in self.keys)

    def find_hits(self, table: Table[Any]) -> dict[int, dict[int, object]]:
        """Return the cells in which a text of ours replaced somebody's, and that one.

        By 0-based row and position. Where somebody has put it right, or the row is gone, there is
        nothing left to do, and it is forgotten.
        """
        if not self.hits:
            return {}
        found: dict[int, dict[int, object]] = {}
        left: dict[tuple[str, str], object] = {}
        places = {name: position for position, name in name_columns(table).items()}
        wanted: dict[str, dict[str, object]] = {}
        for (who, column), value in self.hits.items():
            wanted.setdefault(who, {})[column] = value
        by_person = any(who.startswith("#") for who in wanted)
        for number, row in enumerate(table.rows, table.first):
            names = {row.key, f"#{row.fingerprint}"} if by_person else {row.key}
            for who in names & wanted.keys():
                for column, value in wanted[who].items():
                    if (position := places.get(column)) is None:
                        continue
                    shown = _cell(table.raw(number), position)
                    if shown not in ("", value) and self.holds(shown):
                        found.setdefault(number, {})[position] = value
                        left[who, column] = value
        self.hits = left
        return found

    def reuse_key(self, fingerprint: str, taken: set[str]) -> str | None:
        """Return a key that is on its way to such a row and that no row shows.

        A write whose answer was lost may be applied late: with the same key again, it does no harm.
        """
        for key, meant in self.keys.items():
            if meant == fingerprint and key not in taken:
                return key
        return None


def find_strays(
    fresh: Table[Any],
    before: Table[Any] | None,
    flight: Flight,
    recorded: Callable[[str, str], str],
) -> dict[int, dict[int, object]]:
    """Return the cells that a stray of ours stands in, and what belongs there instead.

    ``before`` is the table as it was when that was sent. Without one, as after a crash, a row gets
    back what was ``recorded`` as last seen in it, by key and column, or nothing; then only syncd's
    own columns are looked at.

    1. Look at the columns that were written; where columns moved meanwhile, at all of them.
    2. Pass over what was meant for its row, and what stood there before.
    3. Say what stood there: in the row that it was, and the column that it was.
    """
    names = name_columns(fresh)
    moved = before is not None and (
        list(before.titles) != list(fresh.titles)
        or any(places != fresh.header.at for places in flight.places)
    )
    width = len(fresh.titles)
    looked_at = [p for name, p in fresh.header.at.items() if name in flight.columns]
    earlier = _Earlier(before, fresh, flight) if before is not None else None
    doubtful = _find_doubtful(fresh, flight, sparing=before is None)
    strays: dict[int, dict[int, object]] = {}
    for index, (row, raw) in enumerate(zip(fresh.rows, fresh.raws, strict=True)):
        suspects = [
            (position, names.get(position, ""), value)
            for position in (range(max(len(raw), width)) if moved else looked_at)
            if flight.suspects(value := _cell(raw, position), raw)
            if index in doubtful or not _is_at_home(row, names.get(position, ""), value, flight)
        ]
        if not suspects:
            continue
        if earlier is not None:
            found = earlier.compare(index, suspects)
        else:
            found = {
                position: recorded(row.key, name) if row.key and name != KEY else ""
                for position, name, value in suspects
                if value
            }
        if found:
            strays[fresh.first + index] = found
    return strays


def _cell(raw: Raw, position: int) -> object:
    value = raw[position] if position < len(raw) else ""
    return "" if value is None else value


def _is_at_home(row: Keyed, name: str, value: object, flight: Flight) -> bool:
    """Return whether the value was meant for this row, which shows its own key."""
    if name == KEY and value:
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
    }
    if not doubtful or not sparing:
        return doubtful
    waiting = {
        row.fingerprint
        for index, row in enumerate(fresh.rows)
        if not row.blank and (not row.key or index in doubtful)
    }
    return {index for index in doubtful if flight.keys[fresh.rows[index].key] in waiting}


def find_overwritten(
    grid: Sequence[Raw], titles: Raw, holds: Callable[[object], bool]
) -> tuple[int, dict[int, object]] | None:
    """Return the header's 0-based row and what belongs into which of its cells, or None.

    A row put above the header while a write was under way moves the header into its path. It is
    known again where most of its cells are as before, and all others show what is in flight.
    """
    for number, raw in enumerate(grid[:LOOK_AT]):
        wrong = {
            position: _cell(titles, position)
            for position in range(max(len(raw), len(titles)))
            if cells.text(_cell(raw, position)) != cells.text(_cell(titles, position))
        }
        if not wrong:
            return None
        hits = [_cell(raw, position) for position in wrong]
        if len(wrong) * 2 < len(titles) and all(hit and holds(hit) for hit in hits):
            return number, wrong
    return None


class _Earlier:
    """Tells which earlier row a row is: by its key, else by its person, else by its likeness."""

    def __init__(self, before: Table[Any], fresh: Table[Any], flight: Flight) -> None:
        self._before = before
        self._fresh = fresh
        self._flight = flight
        self._column = map_columns(fresh.titles, before.titles)

    def compare(self, index: int, suspects: Sequence[tuple[int, str, object]]) -> dict[int, object]:
        """Return what stood in the suspected cells of a row, for those where it was another."""
        row = self._fresh.rows[index]
        empty_only = not any(value for _, _, value in suspects)
        old = self._match(index, {position for position, _, _ in suspects}, quickly=empty_only)
        if old is None:
            # An empty row that was hit, or somebody's new row, of which nothing is known: in that
            # a text like the ones that we put back may be their own.
            flight = self._flight
            was_empty = all(flight.holds(c) for c in self._fresh.raws[index] if c not in ("", None))
            return {
                position: ""
                for position, name, value in suspects
                if value and (was_empty or value in flight.ours or name in flight.own)
            }
        was_row, was_raw = self._before.rows[old], self._before.raws[old]
        # A key on its way is where it belongs, though its person was edited meanwhile.
        has_key = row.key == was_row.key or self._flight.keys.get(row.key) == was_row.fingerprint
        found: dict[int, object] = {}
        for position, name, value in suspects:
            if name == KEY and value and has_key:
                continue
            if self._flight.meant(was_row, name, value):
                continue
            if has_key and self._flight.meant(row, name, value):
                continue
            at = self._column(position)
            was = _cell(was_raw, at) if at is not None else ""
            if cells.text(was) != cells.text(value):
                found[position] = was
        return found

    def _match(self, index: int, suspected: set[int], *, quickly: bool) -> int | None:
        row = self._fresh.rows[index]
        if row.key and not self._flight.holds(row.key):
            if (sure := self._by_key.get(row.key)) is not None:
                return sure
        alike = self._by_fingerprint.get(row.fingerprint, ())
        free = [old for old in alike if old in self._loose] or alike
        if len(free) == 1:
            return free[0]
        if quickly:
            return None
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
        sure = {row.key for row in self._fresh.rows if not self._flight.holds(row.key)}
        return {
            index
            for index, row in enumerate(self._before.rows)
            if self._before.raws[index] and (not row.key or row.key not in sure)
        }


def name_columns(table: Table[Any]) -> dict[int, str]:
    """Return what each column is called, by its position: a known name, or what people wrote."""
    names = {position: cells.text(title) for position, title in enumerate(table.titles)}
    return names | {position: name for name, position in table.header.at.items()}


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
