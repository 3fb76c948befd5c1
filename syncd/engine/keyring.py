"""Which worksheet a key belongs to. A row that people move to another worksheet keeps its key.

What syncd wrote is known by worksheet and key, so a key in a worksheet that it was not given in
would make our own texts there look like a human's.
"""

from __future__ import annotations

from typing import Any

from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger


def adopt_rows(moment: Moment, ledger: Ledger) -> None:
    """Take over the rows that came from another worksheet, and keys that nobody knows.

    A key that still stands in its own worksheet, or in another spreadsheet, is a copy's: it is left
    for the plan, which gives the row a key of its own.
    """
    shown = {leaf.id: leaf for leaf in moment.leaves}
    for leaf in moment.leaves:
        rows = [leaf.table.row(number) for number in find_strangers(leaf, ledger)]
        if not rows:
            continue
        strange = {row.key: row.fingerprint for row in rows}
        with ledger.transaction():
            homes = {key: ledger.worksheets.home(key) for key in strange}
            unknown = {key: strange[key] for key, home in homes.items() if home is None}
            ledger.worksheets.adopt_keys(leaf.id, unknown)
            for key, home in homes.items():
                if home in shown and key not in shown[home].table.keys:
                    ledger.worksheets.move_key(key, home, leaf.id)


def find_strangers(leaf: Leaf[Any], ledger: Ledger) -> set[int]:
    """Return the 0-based rows whose key belongs to another worksheet, or to nobody."""
    strange = leaf.table.keys - ledger.worksheets.given(leaf.id)
    if not strange:
        return set()
    return {
        number for number, row in enumerate(leaf.table.rows, leaf.table.first) if row.key in strange
    }
