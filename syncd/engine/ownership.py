"""Whose text is it? What syncd wrote is in the outbox; anything else in its cells is a human's.

A sentence from the fixed list, a token and a time as we write it are ours in any cell: where a row
lost its key, or an undo brought back what had gone astray, the outbox does not know it. What landed
in a wrong row is not seen here: :mod:`syncd.core.strays` took it out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from syncd.core import cells, status
from syncd.core.leads import Lead, LeadRow
from syncd.core.requests import Request
from syncd.core.swaps import is_token
from syncd.core.torn import Torn
from syncd.ledger import Ledger

_SUMS = frozenset({Lead.CREDITS, Request.SPENT, Request.FOUND, Request.NOT_FOUND})


class Row(Protocol):
    """What has a key and shows texts in owned columns."""

    @property
    def key(self) -> str: ...

    def owned(self, column: str) -> str: ...


class Ownership:
    """The owned cells of one worksheet, loaded for the rows in question only."""

    def __init__(self, ledger: Ledger, worksheet: int, torn: Torn | None = None) -> None:
        self._ledger = ledger
        self._worksheet = worksheet
        self._torn = torn
        self._ours: dict[tuple[str, str], tuple[str, ...]] = {}
        self._loaded: set[str] = set()

    @property
    def copied(self) -> Collection[str]:
        """The keys of rows whose texts are a human's for as long as another row shows them, too."""
        return self._torn.copied if self._torn else ()

    def load(self, keys: Iterable[str]) -> None:
        """Load the cells of those rows, where that has not been done."""
        missing = [key for key in keys if key and key not in self._loaded]
        if missing:
            self._ours.update(self._ledger.outbox.ours(self._worksheet, missing))
            self._loaded.update(missing)

    def foreign(self, row: Row, column: str) -> bool:
        """Return whether a human's text stands in that cell."""
        shown = row.owned(column)
        if not shown:
            return False
        if row.key not in self._loaded:
            self.load([row.key])
        if is_token(shown) or cells.is_stamp(shown) or (" " in shown and status.is_ours(shown)):
            return False
        if column in {Lead.CREDITS, Lead.UPDATED} and not row.key:
            return not status.is_ours(row.owned(Lead.STATUS))
        if column in _SUMS and shown.isdigit():
            return False  # nobody would type that there, and a sort may have torn it off its key
        ours = self._ours.get((row.key, column), ())
        if shown in ours or (column == Lead.PHONE and not _as_entered(shown).isdisjoint(ours)):
            return False
        return not self.torn(row, column)

    def torn(self, row: Row, column: str) -> bool:
        """Return whether what stands there was bought for somebody else, and torn off them."""
        if self._torn is None or not isinstance(row, LeadRow):
            return False
        return self._torn.holds(row, row.owned(column))


def _as_entered(phone: str) -> set[str]:
    """Return the texts that came out as this phone.

    Google takes one for a number where its cell is not of plain text; where it is, it may show the
    apostrophe that is put before it for the other cells of the column.
    """
    return {f"+{phone}", phone.removeprefix("'")}
