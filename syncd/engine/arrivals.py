"""Rows that are new to a cycle: still being typed, or come in great number at once.

What is being typed counts for nothing yet (:mod:`syncd.core.settling`), and a big paste waits until
somebody says that it is meant (:mod:`syncd.core.pasting`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from syncd.core import pasting
from syncd.core.leads import LeadRow
from syncd.core.memory import People
from syncd.core.pasting import Pasted, find_chargeable, find_pasted
from syncd.core.plan import Plan
from syncd.core.settling import Look, Settling, ask_of_lead, ask_of_request, without_tick
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger


class Looks(NamedTuple):
    """By worksheet, the 0-based sheet rows still being typed, and those that count from now on.

    ``first`` has the worksheets whose rows count for the first time in this process, or after a
    while.
    """

    typed: Mapping[int, Collection[int]]
    arrived: Mapping[int, Collection[int]]
    first: Collection[int]


class Arrivals:
    """Watches the rows of one spreadsheet. ``name`` is what the config calls it."""

    def __init__(
        self, *, name: str, ledger: Ledger, settle: timedelta, big_paste: int, cool_off: timedelta
    ) -> None:
        self._name = name
        self._ledger = ledger
        self._settle = settle
        self._big_paste = big_paste
        self._cool_off = cool_off
        self._settling: dict[int, Settling[Any]] = {}
        self._fresh: set[int] = set()  # the rows of their first look have not settled yet

    @property
    def due(self) -> datetime | None:
        """When a row that is being typed now will count, if it is left alone."""
        dues = [due for one in self._settling.values() if (due := one.due) is not None]
        return min(dues, default=None)

    def look(self, moment: Moment, now: datetime) -> Looks:
        """Look who types. A worksheet that cannot be read is looked at anew once it can."""
        shown = {leaf.id for leaf in moment.leaves}
        first = shown - self._settling.keys()
        self._fresh = (self._fresh & shown) | first
        self._settling = {leaf: one for leaf, one in self._settling.items() if leaf in shown}
        for leaf in moment.leads:
            if leaf.id in first:
                self._settling[leaf.id] = Settling(self._settle, ask_of_lead, without_tick)
        for request in moment.requests:
            if request.id in first:
                self._settling[request.id] = Settling(self._settle, ask_of_request)
        looks: dict[int, Look] = {}
        for one in moment.leaves:
            rows, top = one.table.rows, one.table.first
            found = self._settling[one.id].look(rows, read_at=moment.at, now=now)
            looks[one.id] = Look(*({top + at for at in positions} for positions in found))
        fresh = set(self._fresh)
        self._fresh -= {leaf for leaf, one in looks.items() if one.arrived or not one.typed}
        return Looks(
            typed={leaf: look.typed for leaf, look in looks.items()},
            arrived={leaf: look.arrived for leaf, look in looks.items()},
            first=fresh,
        )

    def find_pasted(
        self, leaves: Iterable[Leaf[LeadRow]], looks: Looks, people: People, now: datetime
    ) -> Pasted:
        """Return the rows of big pastes, of this look and of earlier ones.

        Those of this look are on record before their rows get keys, so that no crash lets them
        through. A row with a key of a ledger that was lost may have been held by that one.
        """
        leaves = list(leaves)
        for leaf in leaves:
            arrived = looks.arrived[leaf.id]
            adopted = self._ledger.worksheets.adopted(leaf.id) if arrived else set()
            if not self._big_paste or len(arrived) < self._big_paste:
                if adopted:
                    with self._ledger.transaction():
                        self._ledger.worksheets.meet(leaf.id, now)
                continue
            some = (leaf.table.row(number) for number in arrived)
            rows = find_chargeable(some, people, cool_off=self._cool_off, now=now)
            was_there = leaf.id in looks.first
            keys = [row.key for row in rows if was_there and row.key and row.key not in adopted]
            given = self._ledger.worksheets.fingerprints(leaf.id, keys)
            pasted = find_pasted(rows, given, big=self._big_paste)
            if pasted or adopted:
                with self._ledger.transaction():
                    self._ledger.pastes.note(leaf.id, pasted, now)
                    self._ledger.worksheets.meet(leaf.id, now)
        return self._ledger.pastes.of(leaf.id for leaf in leaves)

    def tell_held(
        self, leaves: Iterable[Leaf[LeadRow]], plans: Mapping[int, Plan]
    ) -> tuple[str, ...]:
        """Record how much waits for somebody's word, and say so in a sentence per worksheet."""
        problems = []
        for leaf in leaves:
            held, unticked = plans[leaf.id].pasted, plans[leaf.id].unticked
            if unticked or held != self._ledger.pastes.held(leaf.id):
                with self._ledger.transaction():
                    self._ledger.pastes.set_held(leaf.id, held)
                    self._ledger.pastes.untick(unticked)
            if held.rows:
                problems.append(" ".join(pasting.tell(held, leaf.title, self._name)))
        return tuple(problems)
