"""How others write results back: two writers without an echo, on the same engine and gspread.

They plan, buy and remember as syncd does; only the writing differs. Both write each text once and
take Google's 200 for "it stands where I meant it"; what got no answer is written again in the next
cycle. Keys are written to the position that the row had when it was read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from syncd.core.flight import KEY
from syncd.engine.delivery import Delivered
from syncd.engine.flights import Read
from syncd.engine.survey import Survey
from syncd.engine.workbook import Leaf, Moment, Workbook
from syncd.errors import SheetChanged, WriteUnknown
from syncd.ledger import Ledger
from syncd.sheets import CellWrite


class _Text(NamedTuple):
    """A text for a cell of the row with that key."""

    leaf: Leaf[Any]
    number: int  # where the row was when it was read
    key: str
    column: str
    text: str


class RememberedRow:
    """Writes a row's results to the number that the row had when it was first seen.

    The commonest mistake: the number is kept with the job, as if nobody ever sorted.
    """

    def __init__(
        self,
        *,
        workbook: Workbook,
        ledger: Ledger,
        survey: Callable[[Moment], Survey],
        clock: Callable[[], datetime],
        new_key: Callable[[], str],
        **_: Any,
    ) -> None:
        self._workbook = workbook
        self._ledger = ledger
        self._survey = survey
        self._clock = clock
        self._new_key = new_key
        self._told: dict[tuple[int, str, str], str] = {}
        self._numbers: dict[tuple[int, str], int] = {}

    def read(self, known: bytes | None = None) -> Read | None:
        moment = self._workbook.read(known, lambda *_: False)
        if moment is None:
            return None
        for leaf in moment.leaves:
            for number, row in enumerate(leaf.table.rows, leaf.table.first):
                if row.key:
                    self._numbers.setdefault((leaf.id, row.key), number)
        return Read(moment=moment, strays={}, at=time.monotonic())

    def deliver(self, read: Read, survey: Survey) -> tuple[Moment, Delivered]:
        texts = self._compose(read.moment, survey)
        if not texts:
            return read.moment, Delivered()
        try:
            self._write(read.moment, texts)
        except (WriteUnknown, SheetChanged):
            return read.moment, Delivered(writes=1, unfinished=True)
        self._told.update({(one.leaf.id, one.key, one.column): one.text for one in texts})
        keys = sum(one.column == KEY for one in texts)
        return read.moment, Delivered(writes=1, cells=len(texts), keys=keys)

    def _place(self, one: _Text) -> int:
        """Return the row number that a text is written to."""
        return self._numbers.get((one.leaf.id, one.key), one.number)

    def _compose(self, moment: Moment, survey: Survey) -> list[_Text]:
        """Return what differs from what is shown and was not written before."""
        texts: list[_Text] = []
        for leaf in moment.leaves:
            desire, table = survey.desires[leaf.id], leaf.table
            for number, view in desire.views.items():
                row = table.row(number)
                texts += [
                    _Text(leaf, number, row.key, column, text)
                    for column, text in view.items()
                    if column in table.header.at
                    and row.owned(column) != text
                    and self._told.get((leaf.id, row.key, column)) != text
                    and not desire.ownership.foreign(row, column)
                ]
            for number in desire.newcomers:
                key = self._new_key()
                texts.append(_Text(leaf, number, key, KEY, key))
        return texts

    def _write(self, moment: Moment, texts: Sequence[_Text]) -> None:
        now = self._clock()
        with self._ledger.transaction():
            for one in texts:
                cells = {(one.key, one.column): one.text}
                self._ledger.outbox.intend(one.leaf.id, cells, now)
                if one.column == KEY:
                    given = {one.key: one.leaf.table.row(one.number).fingerprint}
                    self._ledger.worksheets.give_keys(one.leaf.id, given, now)
        writes = {
            (one.leaf.sheet_id, self._place(one), one.leaf.table.header.at[one.column]): one.text
            for one in texts
        }
        self._workbook.sheet.write(
            [CellWrite(sheet_id=s, row=r, column=c, value=v) for (s, r, c), v in writes.items()],
            [],
            titles=moment.titles,
        )


class RereadKey(RememberedRow):
    """Reads the key column again right before it writes, and writes to where the key is then.

    What careful tools do. Between that read and the write people still have a second or two.
    """

    def deliver(self, read: Read, survey: Survey) -> tuple[Moment, Delivered]:
        if self._compose(read.moment, survey):
            read = self.read() or read
            survey = self._survey(read.moment)
        return super().deliver(read, survey)

    def _place(self, one: _Text) -> int:
        return one.number
