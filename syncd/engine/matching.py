"""Rows without a Prospect ID, matched to people of imported lists.

A match is remembered with the row's key: a namesake who is imported later changes nothing. Nothing
is ever written into Prospect ID, which belongs to people.
"""

from __future__ import annotations

from dataclasses import replace

from syncd.core.leads import LeadRow
from syncd.core.matching import Directory, apply, lacks_id
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger


class Matcher:
    """Matches the rows of one spreadsheet. A row is matched once while it and the people stay."""

    def __init__(self, *, ledger: Ledger, account: str) -> None:
        self._ledger = ledger
        self._account = account
        self._stamp: tuple[int, str] | None = None
        self._directory = Directory([])
        self._matched: dict[int, dict[int, tuple[LeadRow, LeadRow]]] = {}

    def match(self, moment: Moment) -> Moment:
        """Return the moment with every row that means one person as that person's."""
        leads = [self._match(leaf) for leaf in moment.leads]
        if all(one is other for one, other in zip(leads, moment.leads, strict=True)):
            return moment
        return replace(moment, leads=leads)

    def _match(self, leaf: Leaf[LeadRow]) -> Leaf[LeadRow]:
        wanted = [at for at, row in enumerate(leaf.table.rows) if lacks_id(row)]
        if not wanted or not self._look_up():
            self._matched.pop(leaf.id, None)
            return leaf
        last = self._matched.get(leaf.id, {})
        matched: dict[int, tuple[LeadRow, LeadRow]] = {}
        rows = list(leaf.table.rows)
        known = None
        new: dict[str, tuple[str, int]] = {}
        for at in wanted:
            row = rows[at]
            pair = matched.get(id(row)) or last.get(id(row))
            if pair is None:
                if known is None:
                    known = self._ledger.people.matches(leaf.id)
                pair = row, self._find(row, known, new)
            matched[id(row)] = pair
            rows[at] = pair[1]
        self._matched[leaf.id] = matched
        if new:
            with self._ledger.transaction():
                self._ledger.people.remember_matches(leaf.id, new)
        return replace(leaf, table=replace(leaf.table, rows=rows))

    def _find(
        self, row: LeadRow, known: dict[str, tuple[str, int]], new: dict[str, tuple[str, int]]
    ) -> LeadRow:
        fingerprint, prospect = known.get(row.key, ("", 0)) if row.key else ("", 0)
        if prospect and fingerprint == row.fingerprint:
            return apply(row, prospect)
        found = self._directory.find(row)
        if row.key and isinstance(found, int):
            new[row.key] = row.fingerprint, found
        return apply(row, found)

    def _look_up(self) -> bool:
        """Read the people anew where there are others; return whether there is anybody."""
        stamp = self._ledger.people.stamp(self._account)
        if stamp != self._stamp:
            self._directory = Directory(self._ledger.people.all(self._account))
            self._stamp, self._matched = stamp, {}
        return stamp[0] > 0
