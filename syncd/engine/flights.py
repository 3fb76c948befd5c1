"""What was written and is not yet known to stand where it belongs, kept from read to read.

The ledger's outbox knows of it, too, so that a restart can go on; what the spreadsheet showed just
before, which tells a stray from a person's own text, is kept in memory only.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.flight import KEY, LANDS_WITHIN, Flight
from syncd.core.strays import Strays, find_strays
from syncd.engine.changes import Change
from syncd.engine.hits import find_hits
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger
from syncd.sheets import Journal, Rows, read_journal


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A moment with the strays taken out, where they were, and when it was (monotonic seconds).

    ``astray`` is what stands there instead, by the ledger's number of the worksheet, and then by
    0-based row and position.
    """

    moment: Moment
    strays: Mapping[int, Strays]
    at: float
    astray: Mapping[int, Mapping[tuple[int, int], object]] = field(default_factory=dict)


class _Unanswered(NamedTuple):
    """A write whose answer was lost, and when that was noticed."""

    journal: Journal
    changes: Sequence[Change]
    at: datetime


class _LateSwap(NamedTuple):
    """A swap whose answer was lost: the text that it takes, and when that was noticed."""

    worksheet: int
    column: str
    old: str
    at: datetime


class Flights:
    """The flights of one spreadsheet, by the ledger's number of the worksheet."""

    def __init__(self, *, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._flights: dict[int, Flight] = {}
        self._believed: Moment | None = None  # as it was before the last write, while any flies
        self._late_until: datetime | None = None
        self._rows_late_until: datetime | None = None
        self.lost = 0  # writes whose answer was lost, so far
        self._unanswered: list[_Unanswered] = []
        self._late_swaps: list[_LateSwap] = []

    def of(self, worksheet: int) -> Flight:
        """Return what flies to that worksheet; at first, what did when syncd last stopped."""
        if worksheet not in self._flights:
            self._flights[worksheet] = self._recall(worksheet)
        return self._flights[worksheet]

    @property
    def may_be_late(self) -> bool:
        """Whether a write whose answer was lost may still be applied."""
        return self._late_until is not None and self._clock() < self._late_until

    def holds(self, worksheet: int, value: object) -> bool:
        """Return whether the value is on its way to that worksheet."""
        return self.of(worksheet).holds(value)

    @property
    def rows_may_be_late(self) -> bool:
        """Whether one of those would add rows, which nobody could tell from rows added again."""
        return self._rows_late_until is not None and self._clock() < self._rows_late_until

    def expect_late(
        self, changes: Sequence[Change], journal: Journal | None, *, rows: bool
    ) -> None:
        """Note that the answer to a write was lost: it may be applied at any moment.

        ``rows``: it would add some.
        """
        now = self._clock()
        self._late_until = now + LANDS_WITHIN
        if rows:
            self._rows_late_until = self._late_until
        self.lost += 1
        self._late_swaps += [
            _LateSwap(one.leaf.id, one.column, one.old, now)
            for one in changes
            if one.old and not one.here
        ]
        if journal is not None:
            self._unanswered.append(_Unanswered(journal, changes, now))

    def find_late_swaps(self, worksheet: int) -> set[tuple[str, str]]:
        """Return the texts, with their columns, that a swap may yet take from whoever shows them.

        It was sent for those who showed them then, and its answer was lost.
        """
        before = self._clock() - LANDS_WITHIN
        self._late_swaps = [one for one in self._late_swaps if one.at >= before]
        return {(one.column, one.old) for one in self._late_swaps if one.worksheet == worksheet}

    @property
    def wants_journal(self) -> bool:
        """Whether the journal may tell what became of a write whose answer was lost."""
        return self.may_be_late and bool(self._unanswered)

    @property
    def journal_top(self) -> int:
        """The journal's first row below what unanswered writes may have kept, or yet will."""
        return max((one.journal.end for one in self._unanswered), default=0)

    def send(self, moment: Moment, changes: Iterable[Change]) -> None:
        """Note that these changes left, on the strength of that moment."""
        self._believed, now = moment, self._clock()
        for change in changes:
            flight = self.of(change.leaf.id)
            if change.old:
                flight.swap(change.key, change.column, change.value, now)
                continue
            flight.add(
                change.key,
                change.fingerprint,
                change.column,
                change.value,
                now,
                restores=change.restores,
            )
            if change.leaf.table.header.at not in flight.places:
                flight.places.append(change.leaf.table.header.at)
            if not change.restores:
                flight.cells.add((change.key, change.column))

    def note_hits(self, changes: Sequence[Change], before: Rows) -> bool:
        """Note what a write replaced unawares, as the journal has it; return whether anything."""
        hit = False
        for worksheet, found in find_hits(changes, before).items():
            flight = self.of(worksheet)
            theirs = {who: value for who, value in found.items() if not flight.owns(value)}
            flight.hits = theirs | flight.hits  # what stood there first, until it is back
            hit = hit or bool(theirs)
        return hit

    def _look_up(self, rows: Sequence[Sequence[object]]) -> None:
        """Learn from the journal that an unanswered write was applied, and what it replaced."""
        for one in list(self._unanswered):
            if (before := read_journal(one.journal, rows[one.journal.top :])) is not None:
                self._unanswered.remove(one)
                self.note_hits(one.changes, before)

    def clean(self, moment: Moment) -> Read:
        """Take our strays out of a moment, in all worksheets where something is in flight."""
        at = time.monotonic()
        if moment.journal is not None:
            self._look_up(moment.journal)
        if not any(self.of(leaf.id).columns for leaf in moment.leaves):
            return Read(moment=moment, strays={}, at=at)
        strays: dict[int, Strays] = {}
        cleaned = replace(
            moment,
            leads=[self._clean_leaf(leaf, strays) for leaf in moment.leads],
            requests=[self._clean_leaf(leaf, strays) for leaf in moment.requests],
        )
        self._believed = cleaned
        astray = {leaf.id: _gather(leaf, strays.get(leaf.id, {})) for leaf in moment.leaves}
        return Read(moment=cleaned, strays=strays, at=at, astray=astray)

    def land(self, moment: Moment) -> None:
        """Note that nothing is in flight any more: all of it was seen, or its row is gone.

        Not before the whole delivery is well: until then a text that arrived may still have a twin
        in a wrong row, which must be known for ours. While a lost write may be applied late, what
        was sent as long ago as nothing can be late any more: where answers are lost for hours, what
        flies would else grow for as long.
        """
        flights = {leaf.id: self.of(leaf.id) for leaf in moment.leaves}
        if self.may_be_late:
            self._believed = moment
            before = moment.at - LANDS_WITHIN
            self._unanswered = [one for one in self._unanswered if one.at >= before]
            self._mark({number: flight.forget(before) for number, flight in flights.items()})
            return
        self._believed = self._late_until = None
        self._unanswered = []
        self._mark({number: flight.cells for number, flight in flights.items()})
        self._flights.update((number, Flight()) for number in flights)

    def _mark(self, landed: Mapping[int, Collection[tuple[str, str]]]) -> None:
        if any(landed.values()):
            with self._ledger.transaction():
                for worksheet, cells in landed.items():
                    self._ledger.outbox.mark_sent(worksheet, cells)

    def _clean_leaf(self, leaf: Leaf[Any], strays: dict[int, Strays]) -> Leaf[Any]:
        flight = self.of(leaf.id)
        if not flight.columns:
            return leaf
        believed = self._believed.leaves if self._believed else ()
        before = next((old.table for old in believed if old.id == leaf.id), None)

        def recorded(key: str, column: str) -> Sequence[str]:
            return self._ledger.outbox.ours(leaf.id, [key]).get((key, column), ())

        found = find_strays(leaf.table, before, flight, recorded)
        for number, values in flight.find_hits(leaf.table).items():
            found[number] = {**found.get(number, {}), **values}
        if found:
            strays[leaf.id] = found
            leaf = replace(leaf, table=leaf.table.with_cells(found))
        if leaf.overwritten:
            strays[leaf.id] = {**found, leaf.table.header.row: leaf.overwritten}
        flight.follow(leaf.table.rows)
        return leaf

    def _recall(self, worksheet: int) -> Flight:
        flight, now = Flight(), self._clock()
        pending = self._ledger.outbox.pending(worksheet)
        given = self._ledger.worksheets.fingerprints(
            worksheet, [key for key, column in pending if column == KEY]
        )
        for (key, column), text in pending.items():
            flight.add(key, given.get(key, ""), column, text, now)
            flight.cells.add((key, column))
        return flight


def _gather(leaf: Leaf[Any], strays: Strays) -> dict[tuple[int, int], object]:
    """Return what stands in those cells of a worksheet, as it was read."""
    table = leaf.table
    return {
        (number, position): raw[position]
        for number, values in strays.items()
        if number >= table.first
        for raw in (table.raw(number),)
        for position in values
        if position < len(raw)
    }
