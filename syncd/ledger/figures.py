"""Sums for whoever draws or counts: credits by kind over all time, and by day."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sqlite_utils import Database

from syncd.core.credits import EntryKind
from syncd.core.model import Kind


class Figures:
    """One account's sums. Totals are kept, as entries are only ever added: a look costs little."""

    def __init__(self, db: Database, account: str) -> None:
        self._db = db
        self._account = account
        self._last = 0  # entry that the totals know of
        self._totals: Counter[tuple[Kind, EntryKind]] = Counter()

    def totals(self) -> Counter[tuple[Kind, EntryKind]]:
        """Return the credits that were ever reserved, settled and released, by kind."""
        rows = self._db.execute(
            "SELECT enrichment, kind, SUM(credits), MAX(id) FROM entries "
            "WHERE id > ? AND account = ? GROUP BY enrichment, kind",
            [self._last, self._account],
        ).fetchall()
        for enrichment, kind, credits, last in rows:
            self._totals[Kind(enrichment), EntryKind(kind)] += credits
            self._last = max(self._last, last)
        return self._totals

    def days(self, first: date) -> dict[date, int]:
        """Return the credits that count against each day's caps, from that day on."""
        rows = self._db.execute(
            "SELECT day, SUM(CASE kind WHEN 'reserve' THEN credits WHEN 'release' THEN -credits "
            "ELSE 0 END) FROM entries WHERE account = ? AND day >= ? GROUP BY day",
            [self._account, first.isoformat()],
        )
        return {date.fromisoformat(day): credits for day, credits in rows.fetchall()}
