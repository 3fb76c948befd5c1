"""The journal in a write: requests that copy rows before they are hit, and what the copies say.

Rows are copied one by one: should Google pass over hidden rows, as it does where people copy, a
rectangle would come out with its rows in wrong places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from syncd.sheets.base import Journal, Rows
from syncd.sheets.bodies import enter, grid_range


def copy_rows(journal: Journal) -> Iterator[dict[str, Any]]:
    """Give the requests: name the write, clear the rows of its copies, and copy.

    Values only: a format, or a formula, would be somebody's no more.
    """
    if not journal.copies:
        return
    mark = {"values": [{"userEnteredValue": enter(journal.mark)}]}
    whole = grid_range(journal.sheet_id, journal.top, journal.end, 0, journal.columns)
    yield {"updateCells": {"range": whole, "rows": [mark], "fields": "userEnteredValue"}}
    for number, copy in enumerate(journal.copies, journal.top + 1):
        yield {
            "copyPaste": {
                "source": grid_range(copy.sheet_id, copy.row, copy.row + 1, 0, copy.width),
                "destination": grid_range(journal.sheet_id, number, number + 1, 0, copy.width),
                "pasteType": "PASTE_VALUES",
            }
        }


def read_journal(journal: Journal, rows: Sequence[Sequence[object]]) -> Rows | None:
    """Return the rows that a write copied, from the journal's rows from its ``top`` on.

    None: what stands there is another's.
    """
    if not rows or not rows[0] or rows[0][0] != journal.mark:
        return None
    return {
        (copy.sheet_id, copy.row): rows[number] if number < len(rows) else ()
        for number, copy in enumerate(journal.copies, 1)
    }
