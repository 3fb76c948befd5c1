"""What people typed themselves, in whatever row of the spreadsheet: none of that is bought.

Looked up only for somebody who is about to be bought, and then for all rows of this look at once.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence

from syncd.core.leads import VALUE_COLUMN, LeadRow
from syncd.core.model import Field
from syncd.core.swaps import is_token
from syncd.core.torn import SeenTorn, Torn
from syncd.engine.ownership import Ownership
from syncd.engine.workbook import Leaf
from syncd.ledger import Ledger

_FEWEST_DIGITS = 6  # of a phone


class Supplies:
    """The values in the Leads worksheets of one look, and whose text each is.

    ``torn`` is by worksheet.
    """

    def __init__(
        self,
        ledger: Ledger,
        account: str,
        leaves: Sequence[Leaf[LeadRow]],
        torn: Mapping[int, SeenTorn],
    ) -> None:
        self._ledger = ledger
        self._bought_for = functools.partial(ledger.people.bought_for, account)
        self._leaves = leaves
        self._torn = torn
        self._ownerships: dict[int, Ownership] = {}
        self._filled: list[tuple[Leaf[LeadRow], _Filled]] | None = None

    def ownership(self, leaf: Leaf[LeadRow]) -> Ownership:
        """Return whose texts stand in that worksheet, as of this look."""
        if leaf.id not in self._ownerships:
            torn = Torn(leaf.table, self._bought_for, self._torn[leaf.id])
            self._ownerships[leaf.id] = Ownership(self._ledger, leaf.id, torn)
        return self._ownerships[leaf.id]

    def find(self, prospect: int, field: Field) -> str:
        """Return what a human typed for that person in some row, or nothing."""
        if self._filled is None:
            self._filled = [(leaf, _Filled(leaf.table.rows)) for leaf in self._leaves]
        for leaf, filled in self._filled:
            for row in filled.of(prospect):
                shown = row.value(field)
                if _is_value(shown, field) and not is_token(shown):
                    if self.ownership(leaf).foreign(row, VALUE_COLUMN[field]):
                        return shown
        return ""


class _Filled:
    """The rows of one worksheet that hold a value, by their person. Nearly all have one."""

    def __init__(self, rows: Sequence[LeadRow]) -> None:
        filled = [row for row in rows if row.prospect_id and (row.email or row.phone)]
        self._last = {row.prospect_id: row for row in filled}
        self._earlier: dict[int | None, list[LeadRow]] = {}
        for row in filled:
            if self._last[row.prospect_id] is not row:
                self._earlier.setdefault(row.prospect_id, []).append(row)

    def of(self, prospect: int) -> Iterator[LeadRow]:
        yield from self._earlier.get(prospect, ())
        if prospect in self._last:
            yield self._last[prospect]


def _is_value(shown: str, field: Field) -> bool:
    """Return whether it looks like one: "n/a" in another row is no reason not to search."""
    if field is Field.EMAIL:
        return "@" in shown
    return sum(letter.isdigit() for letter in shown) >= _FEWEST_DIGITS
