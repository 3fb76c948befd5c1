"""A worksheet as one read showed it: rows by position, each parsed once however often it is read.

Parsing is remembered by the row's raw cells, so that a cycle over 50,000 rows pays only for those
that changed: a row whose cells stay the same is the same object in the next table. A parsed row
does not know its number: numbers hold inside one request only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from syncd.core.header import Header

_SPARE = 1000  # rows no longer present that are remembered before a reader tidies up


class Keyed(Protocol):
    """A parsed row: who it is, and whether anything stands in it."""

    @property
    def key(self) -> str: ...

    @property
    def blank(self) -> bool: ...

    @property
    def fingerprint(self) -> str: ...

    def owned(self, column: str) -> str: ...


R = TypeVar("R", bound=Keyed)


@dataclass(frozen=True, kw_only=True)
class Table(Generic[R]):
    """``rows[i]`` stands in the sheet's row ``first + i`` (0-based)."""

    header: Header
    first: int
    rows: Sequence[R]

    @cached_property
    def doubled(self) -> Mapping[str, Sequence[int]]:
        """The keys that stand in more than one row, each with its 0-based sheet rows."""
        counts = Counter([row.key for row in self.rows])
        places: dict[str, list[int]] = {
            key: [] for key, count in counts.items() if key and count > 1
        }
        if places:
            for number, row in enumerate(self.rows, self.first):
                if row.key in places:
                    places[row.key].append(number)
        return places

    def row(self, number: int) -> R:
        """Return what stands in that 0-based sheet row, which must be one of this table's."""
        return self.rows[number - self.first]


class Reader(Generic[R]):
    """Turns grids into tables with one parser, remembering rows while their cells stay the same."""

    def __init__(self, parse: Callable[[Sequence[object], Header], R]) -> None:
        self._parse = parse
        self._header: Header | None = None
        self._known: dict[tuple[object, ...], R] = {}

    def read(self, grid: Sequence[Sequence[object]], header: Header) -> Table[R]:
        """Parse what is below the header. Rows no longer present are forgotten by and by."""
        if header != self._header:
            self._known, self._header = {}, header
        # True and 1 are one key here; the parsers read them alike where it could matter.
        known = self._known
        rows: list[R] = []
        for cells in grid[header.row + 1 :]:
            raw = tuple(cells)
            row = known.get(raw)
            if row is None:
                known[raw] = row = self._parse(raw, header)
            rows.append(row)
        if len(known) > len(rows) + _SPARE:
            present = {id(row) for row in rows}
            self._known = {raw: row for raw, row in known.items() if id(row) in present}
        return Table(header=header, first=header.row + 1, rows=rows)
