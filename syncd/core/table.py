"""A worksheet as one read showed it: rows by position, each parsed once however often it is read.

Parsing is remembered by the row's raw cells, so that a cycle over 50,000 rows pays only for those
that changed. A parsed row does not know its number: numbers hold inside one request only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from syncd.core.header import Header


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Table(Generic[R]):
    """``rows[i]`` stands in the sheet's row ``first + i`` (0-based)."""

    header: Header
    first: int
    rows: Sequence[R]

    def by_key(self) -> dict[str, list[int]]:
        """Return the 0-based sheet rows of each key; more than one means a copied row."""
        places: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows, self.first):
            if row.key:
                places.setdefault(row.key, []).append(number)
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
        """Parse what is below the header. Rows no longer present are forgotten."""
        if header != self._header:
            self._known, self._header = {}, header
        # True and 1 are one key here; the parsers read them alike where it could matter.
        known: dict[tuple[object, ...], R] = {}
        rows: list[R] = []
        for cells in grid[header.row + 1 :]:
            raw = tuple(cells)
            row = known.get(raw) or self._known.get(raw) or self._parse(raw, header)
            known[raw] = row
            rows.append(row)
        self._known = known
        return Table(header=header, first=header.row + 1, rows=rows)
