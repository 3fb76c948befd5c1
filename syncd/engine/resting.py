"""Rows at rest: they show what they should, and nothing about them has changed since.

Nearly all rows of a big worksheet are such; a plan that passes over them costs what changed, not
what is there. A row rests while its cells and its facts are the very objects that were planned for
(:class:`~syncd.core.table.Reader` and :meth:`~syncd.ledger.people.People.recall` keep them), while
no list request wishes anything else, and for ten minutes at most, because time changes answers too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.leads import LeadRow
from syncd.core.memory import People, Person
from syncd.core.purse import Wish
from syncd.engine.workbook import Leaf

_REST = timedelta(minutes=10)  # a cool-off that ends is noticed that much later, at most


class _Settled(NamedTuple):
    row: LeadRow
    person: Person | None


class Resting:
    """Remembers, by worksheet and key, the rows that earlier plans settled."""

    def __init__(self) -> None:
        self._rows: dict[int, dict[str, _Settled]] = {}
        self._wishes: Mapping[int, Sequence[Wish]] = {}
        self._since: datetime | None = None

    def begin(self, wishes: Mapping[int, Sequence[Wish]], now: datetime) -> None:
        """Wake all rows where something changed that concerns any of them."""
        if self._since is None or now - self._since >= _REST or wishes != self._wishes:
            self._rows, self._wishes, self._since = {}, wishes, now

    def find(self, leaf: Leaf[LeadRow], people: People) -> set[int]:
        """Return the 0-based sheet rows that need no plan. Copies of a row are found with it."""
        settled = self._rows.get(leaf.id)
        if not settled:
            return set()
        resting = set()
        for number, row in enumerate(leaf.table.rows, leaf.table.first):
            known = settled.get(row.key)
            if known is not None and known.row is row:
                if known.person is people.get(row.prospect_id or 0):
                    resting.add(number)
        return resting

    def note(self, leaf: Leaf[LeadRow], people: People, numbers: Iterable[int]) -> None:
        """Let those rows rest from now on."""
        settled = self._rows.setdefault(leaf.id, {})
        for number in numbers:
            row = leaf.table.row(number)
            settled[row.key] = _Settled(row, people.get(row.prospect_id or 0))
