"""What was sent to a worksheet and is not yet known to stand where it belongs. Pure.

A flight tells which texts are syncd's own on their way, for which rows, and what they have replaced
unawares; :mod:`syncd.core.strays` tells where they went astray.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from syncd.core import cells
from syncd.core.leads import Lead
from syncd.core.table import Keyed, Raw, Table, cell_at, name_columns

KEY = Lead.KEY.value  # the same header text in both worksheets
LANDS_WITHIN = timedelta(seconds=200)
"""How long a write without an answer may still be applied: Google gives up on a request after 180 s
(documented)."""


class Flight:
    """All that was sent to one worksheet and is not yet known to stand where it belongs."""

    def __init__(self) -> None:
        self.cells: set[tuple[str, str]] = set()  # (key, column) of those that the ledger knows
        self.columns: set[str] = set()
        self.keys: dict[str, str] = {}  # keys on their way -> the fingerprint of their row
        self.home: set[str] = set()  # ... those that were seen with their person since
        self.places: list[Mapping[str, int]] = []  # where the columns stood when it was sent
        self.own: set[str] = set()  # the columns of syncd's own among them
        self.ours: set[object] = set()  # values that are syncd's own, not people's put back
        self.hits: dict[tuple[str, str], object] = {}  # what a write of ours replaced unawares
        # By value: for which cells, and when it was last sent there.
        self._sent: dict[object, dict[tuple[str, str], datetime]] = {}
        self._swapped: dict[object, dict[tuple[str, str], datetime]] = {}

    def swap(self, key: str, column: str, value: object, at: datetime) -> None:
        """Note a value that takes the place of another, so that it meets no row but the right one.

        The same text may fly to positions, too: then it must be known which rows were to show it.
        """
        self.cells.add((key, column))
        self._swapped.setdefault(value, {})[key, column] = at

    def add(
        self,
        key: str,
        fingerprint: str,
        column: str,
        value: object,
        at: datetime,
        *,
        restores: bool = False,
    ) -> None:
        """Note a value that is on its way to the row with that key, or of that person."""
        self.columns.add(column)
        if not restores:
            self.own.add(column)
        if not restores or cells.is_stamp(cells.text(value)):  # nobody types such a time
            self.ours.add(value)
        self._sent.setdefault(value, {})[key or f"#{fingerprint}", column] = at
        if column == KEY and value:
            self.keys[str(value)] = fingerprint
            self.home.discard(str(value))  # it may meet another row this time

    def forget(self, before: datetime) -> set[tuple[str, str]]:
        """Let go of what was last sent before then; return the cells that nothing flies to now."""
        for flying in (self._sent, self._swapped):
            for value, owners in list(flying.items()):
                late = {owner: at for owner, at in owners.items() if at >= before}
                if late:
                    flying[value] = late
                else:
                    del flying[value]
        self.ours.intersection_update(self._sent)
        self.keys = {key: meant for key, meant in self.keys.items() if key in self._sent}
        self.home.intersection_update(self.keys)
        flying_to = {
            cell for sent in (self._sent, self._swapped) for to in sent.values() for cell in to
        }
        landed = self.cells - flying_to
        self.cells -= landed
        return landed

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
            found = {row.key: row.fingerprint for row in rows if row.key in self.keys}
            self.keys.update(found)
            self.home.update(found)

    def find_hits(self, table: Table[Any]) -> dict[int, dict[int, object]]:
        """Return the cells in which a text of ours replaced somebody's, and that one.

        By 0-based row and position. Where somebody has put it right, the row is gone, or it has got
        its own key by now, there is nothing left to do, and it is forgotten.
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
                    shown = cell_at(table.raw(number), position)
                    if column == KEY and self.meant(row, column, shown):
                        continue
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
