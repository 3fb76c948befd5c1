"""The write-ahead of the sheet: every owned cell's newest text, before and after it was seen there.

A cell is *pending* from just before the write leaves until an echo or a later read shows it. What
is recorded here is ours; any other text in an owned cell is a human's. Earlier texts are kept, too:
a write whose answer was lost may be applied after the next one, and a row that people tear apart,
or whose undone edit brings back an old text, shows again what was ours long ago.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlite_utils import Database

from syncd.ledger.times import to_text, to_time

Cell = tuple[str, str]
"""A key and a column."""

_BETWEEN = "\x1f"
_KEPT = 600  # characters of earlier texts of a cell: some ten addresses


class Outbox:
    """The owned cells of all worksheets."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def intend(self, worksheet: int, cells: Mapping[Cell, str], now: datetime) -> None:
        """Record texts that are about to be written; the newest wins per cell.

        The ones before it are kept in ``previous``, the latest last.
        """
        at = to_text(now)
        self._db.conn.executemany(
            "INSERT INTO outbox (worksheet, key, column, value, previous, state, at) "
            "VALUES (?, ?, ?, ?, '', 'pending', ?) ON CONFLICT (worksheet, key, column) DO UPDATE "
            "SET previous = CASE value WHEN excluded.value THEN previous "
            "ELSE substr(previous || ? || value, ?) END, "
            "value = excluded.value, state = 'pending', at = excluded.at",
            [
                (worksheet, key, column, value, at, _BETWEEN, -_KEPT)
                for (key, column), value in cells.items()
            ],
        )

    def mark_sent(self, worksheet: int, cells: Iterable[Cell]) -> None:
        """Record that those cells were seen to hold their newest text."""
        self._db.conn.executemany(
            "UPDATE outbox SET state = 'sent' WHERE worksheet = ? AND key = ? AND column = ?",
            [(worksheet, key, column) for key, column in cells],
        )

    def pending(self, worksheet: int) -> dict[Cell, str]:
        """Return the texts in flight; after a crash, those that may stand in a wrong row."""
        rows = self._db.execute(
            "SELECT key, column, value FROM outbox WHERE worksheet = ? AND state = 'pending'",
            [worksheet],
        )
        return {(key, column): value for key, column, value in rows}

    def backlog(self, spreadsheet: str) -> tuple[int, datetime | None]:
        """Return how many of a spreadsheet's cells are in flight, and since when the oldest is."""
        count, oldest = self._db.execute(
            "SELECT COUNT(*), MIN(o.at) FROM worksheets w CROSS JOIN outbox o "
            "ON o.worksheet = w.id AND o.state = 'pending' WHERE w.spreadsheet = ?",
            [spreadsheet],
        ).fetchone()
        return count, to_time(oldest)

    def ours(self, worksheet: int, keys: Iterable[str]) -> dict[Cell, tuple[str, ...]]:
        """Return, per cell of those rows, the newest text and those before it."""
        # CROSS JOIN: SQLite keeps this order, and would else compare every key with every cell.
        rows = self._db.execute(
            "SELECT o.key, o.column, o.value, o.previous FROM json_each(?) k "
            "CROSS JOIN outbox o ON o.worksheet = ? AND o.key = k.value",
            [json.dumps(list(keys)), worksheet],
        )
        return {(key, column): (value, *_split(previous)) for key, column, value, previous in rows}

    def inherit(self, home: int, copied: str, worksheet: int, key: str) -> None:
        """Let a pasted copy's cells count as ours under the copy's own, new key."""
        self._db.execute(
            "INSERT INTO outbox (worksheet, key, column, value, previous, state, at) "
            "SELECT ?, ?, column, value, previous, 'sent', at FROM outbox "
            "WHERE worksheet = ? AND key = ? ON CONFLICT DO NOTHING",
            [worksheet, key, home, copied],
        )


def _split(previous: str) -> list[str]:
    """Return earlier texts, the latest first, without the one that was cut."""
    return [text for text in previous.split(_BETWEEN)[:0:-1] if text]
