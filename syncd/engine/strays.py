"""Texts of ours that landed in a wrong row, and what stood there before.

A positional write may hit a row that moved. Everything downstream must then see that row as it was:
a plan that took our stray for the row's own would clear, or buy, what a human had typed. So each
read is *cleaned* first: strays are taken out of the rows, and listed to be undone by the delivery.

A stray is a text that is in flight (written, and not yet known to stand where it belongs) for other
rows of its column, where the row showed something else before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from syncd.core.leads import Lead
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger

KEY = Lead.KEY.value  # the same header text in both worksheets

Strays = Mapping[int, Mapping[int, frozenset[str]]]
"""Columns to undo, by the ledger's worksheet number and the 0-based row."""


class Flight:
    """Everything written to a spreadsheet that is not yet known to stand where it belongs.

    It begins with what the ledger says is pending, which after a crash is all that is left.
    """

    def __init__(self) -> None:
        self.cells: dict[int, set[tuple[str, str]]] = {}
        self.texts: dict[tuple[int, str], dict[str, set[str]]] = {}
        self.keys: dict[tuple[int, str], str] = {}  # keys being given -> the row's fingerprint

    @classmethod
    def load(cls, ledger: Ledger, worksheets: Iterable[int]) -> Flight:
        flight = cls()
        for worksheet in worksheets:
            pending = ledger.outbox.pending(worksheet)
            given = ledger.worksheets.fingerprints(
                worksheet, [key for key, column in pending if column == KEY]
            )
            for (key, column), text in pending.items():
                flight.add(worksheet, key, column, text, given.get(key, ""))
        return flight

    def add(self, worksheet: int, key: str, column: str, text: str, fingerprint: str) -> None:
        """Note one text that is on its way to the row of that key."""
        self.cells.setdefault(worksheet, set()).add((key, column))
        if column == KEY:
            self.keys[worksheet, key] = fingerprint
        elif text:
            owners = self.texts.setdefault((worksheet, column), {})
            owners.setdefault(text, set()).add(key)

    def reuse_key(self, worksheet: int, fingerprint: str, taken: set[str]) -> str | None:
        """Return a key that is on its way to such a row and that no row shows.

        A write whose answer was lost may be applied late: with the same key again, it does no harm.
        """
        for (home, key), meant in self.keys.items():
            if home == worksheet and meant == fingerprint and key not in taken:
                return key
        return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Read:
    """A moment with the strays taken out, and where they were."""

    moment: Moment
    strays: Strays


def clean(moment: Moment, before: Moment | None, flight: Flight, ledger: Ledger) -> Read:
    """Take our strays out of a moment. ``before`` is the moment as it was when writing began.

    Without one (after a crash) a row gets back what the ledger last saw in it, or nothing.
    """
    if not flight.cells:
        return Read(moment=moment, strays={})
    strays: dict[int, dict[int, frozenset[str]]] = {}
    leads = [_clean_leaf(leaf, before, flight, ledger, strays) for leaf in moment.leads]
    requests = [_clean_leaf(leaf, before, flight, ledger, strays) for leaf in moment.requests]
    return Read(moment=replace(moment, leads=leads, requests=requests), strays=strays)


def _clean_leaf(
    leaf: Leaf[Any],
    before: Moment | None,
    flight: Flight,
    ledger: Ledger,
    strays: dict[int, dict[int, frozenset[str]]],
) -> Leaf[Any]:
    columns = [column for worksheet, column in flight.texts if worksheet == leaf.id]
    if leaf.id not in flight.cells:
        return leaf
    earlier = _Earlier(leaf, before, ledger)
    rows = list(leaf.table.rows)
    found: dict[int, frozenset[str]] = {}
    for index, row in enumerate(rows):
        if row.blank:
            continue
        texts: dict[str, str] = {}
        key = row.key
        meant = flight.keys.get((leaf.id, key)) if key else None
        if meant is not None and meant != row.fingerprint:
            key = texts[KEY] = earlier.key_of(row)
        for column in columns:
            shown = row.owned(column)
            owners = flight.texts[leaf.id, column].get(shown)
            if owners is not None and key not in owners:
                was = earlier.shown(row, key, column)
                if was != shown:
                    texts[column] = was
        if texts:
            found[leaf.table.first + index] = frozenset(texts)
            rows[index] = row.put(texts)
    if not found:
        return leaf
    strays[leaf.id] = found
    return replace(leaf, table=replace(leaf.table, rows=rows))


class _Earlier:
    """What a worksheet's rows showed before: by key, or where there is none by fingerprint."""

    def __init__(self, leaf: Leaf[Any], before: Moment | None, ledger: Ledger) -> None:
        self._ledger = ledger
        self._worksheet = leaf.id
        self._known = before is not None
        self._keys: dict[str, Any] = {}
        self._prints: dict[str, list[Any]] = {}
        for old in before.leaves if before else ():
            if old.id == leaf.id:
                for row in old.table.rows:
                    if not row.blank:
                        self._keys.setdefault(row.key, row)
                        self._prints.setdefault(row.fingerprint, []).append(row)

    def key_of(self, row: Any) -> str:
        """Return the key that the row had; none where that cannot be told: it gets a new one."""
        alike = self._prints.get(row.fingerprint, ())
        return str(alike[0].key) if len(alike) == 1 else ""

    def shown(self, row: Any, key: str, column: str) -> str:
        old = self._keys.get(key) if key else None
        if old is None:
            alike = self._prints.get(row.fingerprint, ())
            old = alike[0] if len(alike) == 1 else None
        if old is not None:
            return str(old.owned(column))
        if key and not self._known:
            value, _ = self._ledger.outbox.ours(self._worksheet, [key]).get((key, column), ("", ""))
            return value
        return ""
