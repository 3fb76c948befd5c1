"""What was done to the ledger as a whole, and when last: a backup, a full audit, a restore."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlite_utils import Database

from syncd.ledger.times import to_text, to_time


class Mark(StrEnum):
    BACKED_UP = "backed up"  # says the copy's file
    AUDITED = "audited"  # all of it, and it added up
    RESTORED = "restored"  # from a backup, and not reconciled yet; says the backup's file


class Marked(NamedTuple):
    at: datetime
    says: str


class Upkeep:
    """One mark of each sort, the latest."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def last(self, mark: Mark) -> Marked | None:
        row = self._db.execute("SELECT at, says FROM marks WHERE mark = ?", [mark]).fetchone()
        at = to_time(row[0]) if row else None
        return Marked(at, row[1]) if at else None

    def note(self, mark: Mark, now: datetime, says: str = "") -> None:
        """Set a mark. The caller holds a transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO marks (mark, at, says) VALUES (?, ?, ?)",
            [mark, to_text(now), says],
        )

    def clear(self, mark: Mark) -> None:
        """Take a mark away. The caller holds a transaction."""
        self._db.execute("DELETE FROM marks WHERE mark = ?", [mark])
