"""A worksheet as one read showed it: rows by position, each parsed once however often it is read.

Parsing is remembered by the row's raw cells, so that a cycle over 50,000 rows pays only for those
that changed: a row whose cells stay the same is the same object in the next table. A parsed row
does not know its number: numbers hold inside one request only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Generic, Protocol, TypeVar

from syncd.core import cells
from syncd.core.header import Header

Raw = Sequence[object]
"""The cells of one row as they were read: ragged, trailing blanks are cut."""

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

Parser = Callable[[Raw, Header], R]


@dataclass(frozen=True, kw_only=True)
class Table(Generic[R]):
    """``rows[i]`` stands in the sheet's row ``first + i`` (0-based), read as ``raws[i]``."""

    header: Header
    titles: Raw  # the header row, with the columns that syncd does not know
    first: int
    rows: Sequence[R]
    raws: Sequence[Raw]
    parse: Parser[R]

    @cached_property
    def keys(self) -> AbstractSet[str]:
        """The keys that stand in some row."""
        return {row.key for row in self.rows if row.key}

    @cached_property
    def doubled(self) -> Mapping[str, Sequence[int]]:
        """The keys that stand in more than one row, each with its 0-based sheet rows."""
        keys = [row.key for row in self.rows if row.key]
        if len(keys) == len(self.keys):  # nearly always, and quicker than to count each
            return {}
        places: dict[str, list[int]] = {
            key: [] for key, count in Counter(keys).items() if count > 1
        }
        for number, row in enumerate(self.rows, self.first):
            if row.key in places:
                places[row.key].append(number)
        return places

    def row(self, number: int) -> R:
        """Return what stands in that 0-based sheet row, which must be one of this table's."""
        return self.rows[number - self.first]

    def raw(self, number: int) -> Raw:
        """Return that row's cells as they were read."""
        return self.raws[number - self.first]

    def with_cells(self, cells: Mapping[int, Mapping[int, object]]) -> Table[R]:
        """Return the table with other values in some cells, by 0-based row and position."""
        rows, raws = list(self.rows), list(self.raws)
        for number, values in cells.items():
            raw = with_values(self.raw(number), values)
            raws[number - self.first] = raw
            rows[number - self.first] = self.parse(raw, self.header)
        return replace(self, rows=rows, raws=raws)


def cell_at(raw: Raw, position: int) -> object:
    """Return what stands in a row's cell; rows are ragged, and what is not there is empty."""
    value = raw[position] if position < len(raw) else ""
    return "" if value is None else value


def name_columns(table: Table[Any]) -> dict[int, str]:
    """Return what each column is called, by its position: a known name, or what people wrote."""
    names = {position: cells.text(title) for position, title in enumerate(table.titles)}
    return names | {position: name for name, position in table.header.at.items()}


def with_values(raw: Raw, values: Mapping[int, object]) -> Raw:
    """Return a row's cells with other values in some positions; it grows as needed."""
    width = max(len(raw), *(position + 1 for position in values))
    cells = [*raw, *[""] * (width - len(raw))]
    for position, value in values.items():
        cells[position] = value
    return cells


class Reader(Generic[R]):
    """Turns grids into tables with one parser, remembering rows while their cells stay the same."""

    def __init__(self, parse: Parser[R]) -> None:
        self._parse = parse
        self._header: Header | None = None
        self._known: dict[Raw, tuple[Raw, R]] = {}

    def read(self, grid: Sequence[Sequence[object]], header: Header) -> Table[R]:
        """Parse what is below the header. Rows no longer present are forgotten by and by."""
        if header != self._header:
            self._known, self._header = {}, header
        # True and 1 are one key here; the parsers read them alike where it could matter.
        known = self._known
        raws: list[Raw] = []
        rows: list[R] = []
        for line in grid[header.row + 1 :]:
            raw = tuple(line)
            pair = known.get(raw)
            if pair is None:
                known[raw] = pair = (raw, self._parse(raw, header))
            raws.append(pair[0])  # the one tuple, however often it is read
            rows.append(pair[1])
        if len(known) > len(rows) + _SPARE:
            self._known = dict(zip(raws, zip(raws, rows, strict=True), strict=True))
        return Table(
            header=header,
            titles=grid[header.row],
            first=header.row + 1,
            rows=rows,
            raws=raws,
            parse=self._parse,
        )
