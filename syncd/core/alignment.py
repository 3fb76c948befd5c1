"""Which cell of an earlier grid is this one now? For small grids that people may have rearranged.

Rows and columns are matched by what stands in them, wherever they went. Used where a write of ours
hit cells that it was not meant for: what stood there before has to be found again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from syncd.core import cells
from syncd.core.panel import Rows, cell


class Alignment:
    """Two looks at one grid; ``ours`` are texts that may stand in wrong cells by now."""

    def __init__(self, before: Rows, now: Rows, ours: Collection[str]) -> None:
        self._before = before
        self._rows = _match(_lines(before, ours), _lines(now, ours))
        self._columns = _match(_lines(_turn(before), ours), _lines(_turn(now), ours))

    def earlier(self, row: int, column: int) -> object:
        """Return what stood in that cell before; "" where it cannot be told."""
        at, across = self._rows.get(row), self._columns.get(column)
        return "" if at is None or across is None else cell(self._before, at, across)


def _turn(rows: Rows) -> Rows:
    width = max((len(row) for row in rows), default=0)
    return [[cell(rows, number, at) for number in range(len(rows))] for at in range(width)]


def _lines(rows: Rows, ours: Collection[str]) -> list[Counter[str]]:
    texts = [[cells.text(value) for value in row] for row in rows]
    return [Counter(text for text in row if text and text not in ours) for row in texts]


def _match(before: Sequence[Counter[str]], now: Sequence[Counter[str]]) -> dict[int, int]:
    """Return for each line now the one before that shares most with it, of equals the nearest."""
    found: dict[int, int] = {}
    for number, line in enumerate(now):
        alike = [((line & old).total(), -abs(number - at), at) for at, old in enumerate(before)]
        most = max(alike, default=(0, 0, 0))
        if most[0]:
            found[number] = most[2]
    return found
