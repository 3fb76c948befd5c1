"""What a write to the panel hit that went astray, and what stood there before. Pure.

People may have rearranged the panel between the write and the read that it rests on. Rows and
columns are matched by what stands in them, wherever they went.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from syncd.core import cells
from syncd.core.panel import Label, Part, Places, Rows, cell

Typed = Mapping[Label, Sequence[object]]
"""What stands in people's cells, by label: several where the label stands more than once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A write that is not known to stand where it belongs, and what it was made on.

    ``values`` are the texts that cells show which it hit.
    """

    before: Rows
    inputs: Typed
    values: Collection[str]


def find_hits(
    sent: Sent, rows: Rows, places: Places, inputs: Typed
) -> tuple[dict[tuple[int, int], object], Typed]:
    """Return what belongs into which cells that were hit, and what people's cells really say.

    A cell of people's that shows what we sent, and showed something else before, was hit: what it
    said before goes on to count. Our own cells are written over anyway.
    """
    alignment = Alignment(sent.before, rows, sent.values)
    columns = {places.column(Part.NOW), places.column(Part.MEANING)}
    ours = {number for numbers in places.rows.values() for number in numbers} | {*places.events}
    restores: dict[tuple[int, int], object] = {}
    for number, row in enumerate(rows):
        for at, value in enumerate(row):
            text = cells.text(value)
            if not text or text not in sent.values or (at in columns and number in ours):
                continue
            earlier = alignment.earlier(number, at)
            if cells.text(earlier) != text:
                restores[number, at] = earlier
    believed: dict[Label, Sequence[object]] = {}
    for label, values in inputs.items():
        kept = list(values)
        for nth, (value, before) in enumerate(
            zip(values, sent.inputs.get(label, ()), strict=False)
        ):
            if value != before and cells.text(value) in sent.values:
                restores[places.rows[label][nth], places.column(Part.INPUT)] = before
                kept[nth] = before
        believed[label] = kept
    return restores, believed


def with_cells(rows: Rows, values: Mapping[tuple[int, int], object]) -> Rows:
    """Return a grid with other values in some of its cells."""
    changed = [list(row) for row in rows]
    for (number, at), value in values.items():
        row = changed[number]
        row.extend([""] * (at + 1 - len(row)))
        row[at] = value
    return changed


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
