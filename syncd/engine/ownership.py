"""Whose text is it? What syncd wrote is in the outbox; anything else in its cells is a human's."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from syncd.ledger import Ledger


class Row(Protocol):
    """What has a key and shows texts in owned columns."""

    @property
    def key(self) -> str: ...

    def owned(self, column: str) -> str: ...


class Ownership:
    """The owned cells of one worksheet, loaded for the rows in question only."""

    def __init__(self, ledger: Ledger, worksheet: int) -> None:
        self._ledger = ledger
        self._worksheet = worksheet
        self._ours: dict[tuple[str, str], tuple[str, str]] = {}
        self._loaded: set[str] = set()
        # Texts on their way: one that stands in a wrong row is still ours, and is taken back.
        self._in_flight: dict[str, set[str]] = {}
        for (_, column), text in ledger.outbox.pending(worksheet).items():
            self._in_flight.setdefault(column, set()).add(text)

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
        return shown not in self._ours.get((row.key, column), ()) and shown not in (
            self._in_flight.get(column, ())
        )

    def in_flight(self, column: str) -> Collection[str]:
        return self._in_flight.get(column, ())
