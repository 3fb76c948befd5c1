"""What a spreadsheet promises, whoever serves it.

There is no compare-and-swap and rows move while people work, so the port is small and honest: a
read shows one moment, a write goes to positions and comes back with what those positions show
right after it. Who the rows are is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


@dataclass(frozen=True, kw_only=True, slots=True)
class Outline:
    """A worksheet's identity: the id survives renaming, the title does not."""

    sheet_id: int
    title: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Grid:
    """All cells of a worksheet, unformatted; rows are ragged and trailing blanks are cut.

    ``height`` is how many rows there are, blank ones too, as far as Google told.
    """

    sheet_id: int
    title: str
    rows: Sequence[Sequence[object]]
    height: int = 0


@dataclass(frozen=True, slots=True)
class Aside:
    """A small worksheet that is always read, and of which only ``condense`` counts as a change.

    What else changes in it makes nobody look at the other worksheets. It is known by the title that
    it had at the last read; under another one it counts like any worksheet, for once.
    """

    sheet_id: int
    title: str
    condense: Callable[[Grid], bytes]


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """Worksheets at one moment. ``grids`` is None when nothing changed since ``digest``.

    ``aside`` is the worksheet that was read aside, which is among the grids, too.
    """

    digest: bytes
    grids: Mapping[int, Grid] | None
    aside: Grid | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class CellWrite:
    """Put a plain value into a cell, by 0-based position; an empty text empties the cell.

    syncd itself writes text, and a :class:`~syncd.core.cells.Formula` of its own. Numbers and
    booleans are people's own, put back where they stood.
    """

    sheet_id: int
    row: int
    column: int
    value: object


@dataclass(frozen=True, kw_only=True, slots=True)
class CellSwap:
    """Put ``new`` into every cell of a column that holds just ``old`` when this is applied.

    ``column`` is 0-based; with a ``row``, only the cell in that is looked at. Whether ``new`` is
    parsed as if typed is assumed: it must be such that it makes no difference, or the echo must be
    looked at.
    """

    sheet_id: int
    column: int
    old: str
    new: str
    row: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Append:
    """Add rows after the last one with data, wherever that is when the write is applied."""

    sheet_id: int
    rows: Sequence[Sequence[str]]


class RowCopy(NamedTuple):
    """A row to be copied into the journal: its first cells, as many as ``width``."""

    sheet_id: int
    row: int
    width: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Journal:
    """A worksheet of syncd's own, into which a write first copies the rows that it is about to hit.

    ``mark`` names that write, in the first cell of the 0-based row ``top``; ``copies`` follow.
    Above stand those of earlier writes, of which nobody knows yet whether they were applied.
    """

    sheet_id: int
    title: str
    columns: int
    mark: str
    top: int
    copies: Sequence[RowCopy]

    @property
    def end(self) -> int:
        """The first row below the copies."""
        return self.top + 1 + len(self.copies)


Rows = Mapping[tuple[int, int], Sequence[object]]
"""Rows by sheet id and 0-based number, from column A on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Echo:
    """What a write found and left: ``before`` is as the journal has it, the moment before."""

    rows: Rows = field(default_factory=dict)
    before: Rows = field(default_factory=dict)

    def row(self, sheet_id: int, number: int) -> Sequence[object]:
        return self.rows.get((sheet_id, number), ())


class Spreadsheet(Protocol):
    """One spreadsheet. Reads and writes are one request each.

    All raise :class:`~syncd.errors.SheetUnavailable` for what passes by itself and
    :class:`~syncd.errors.SheetDenied` for what a person must mend. ``write`` raises these only
    when nothing was written, and :class:`~syncd.errors.WriteUnknown` when that cannot be known.
    """

    @property
    def name(self) -> str:
        """What the operator calls it."""

    @property
    def time_zone(self) -> str:
        """Its time zone as Google last told with an outline or an echo; "" before that."""

    def outline(self) -> Sequence[Outline]:
        """Return the worksheets it has now."""

    def read(
        self, sheet_ids: Sequence[int], known: bytes | None = None, aside: Aside | None = None
    ) -> Snapshot:
        """Read worksheets whole, at one moment. ``known`` is an earlier digest, to save work.

        ``aside`` is one of them.
        """

    def ready(self) -> None:
        """Wait until a write may leave at once, so that what it rests on can be read then."""

    def write(
        self,
        writes: Sequence[CellWrite],
        appends: Sequence[Append],
        swaps: Sequence[CellSwap] = (),
        *,
        titles: Mapping[int, str],
        shown: Collection[tuple[int, int]] = (),
        journal: Journal | None = None,
    ) -> Echo:
        """Write all or nothing, and return what was found and left.

        ``titles`` are the worksheets' titles as last read; a rename since then refuses the write.
        ``shown`` are more rows to return, by sheet id and 0-based row: those of the headers, and
        those in which a swap should show.
        """
