"""The digests of the tokens with which Seleqt may hint at open purchases: one each, used once."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from syncd.ledger.batches import OPEN
from syncd.ledger.times import to_text


class Known(NamedTuple):
    """What a token stands for."""

    digest: str
    batch: str
    spreadsheet: str  # its id


class Hooks:
    """Callers hold a transaction around each writing call."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, batch: str, digest: str, now: datetime) -> None:
        """Keep the digest of a purchase's token instead of an earlier one; forget ended ones."""
        self._db.execute(
            "DELETE FROM hooks WHERE batch NOT IN "  # noqa: S608  (constants)
            f"(SELECT id FROM batches WHERE state IN ({OPEN}))"
        )
        self._db.execute(
            "INSERT OR REPLACE INTO hooks (batch, digest, at) VALUES (?, ?, ?)",
            [batch, digest, to_text(now)],
        )

    def find(self, digest: str) -> Known | None:
        """Return what an unused token stands for, while its purchase is open."""
        row = self._db.execute(
            "SELECT h.digest, h.batch, w.spreadsheet FROM hooks h "  # noqa: S608  (constants)
            "JOIN batches b ON b.id = h.batch JOIN worksheets w ON w.id = b.worksheet "
            f"WHERE h.digest = ? AND b.state IN ({OPEN})",
            [digest],
        ).fetchone()
        return Known(*row) if row else None

    def spend(self, batch: str) -> None:
        """Forget the purchase's token: it was used."""
        self._db.execute("DELETE FROM hooks WHERE batch = ?", [batch])
