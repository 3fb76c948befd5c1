"""Answers of the vendor's that broke its contract, for a human to ask about."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from syncd.ledger.times import to_text


class Exhibit(NamedTuple):
    """One answer, redacted (:mod:`syncd.core.redaction`), and what is wrong with it."""

    at: datetime
    batch: str
    why: str
    answer: str


class Evidence:
    """The exhibits of all accounts."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, account: str, batch: str, why: str, answer: str, now: datetime) -> None:
        """Keep an answer; the caller holds a transaction."""
        self._db.execute(
            "INSERT INTO evidence (at, account, batch, why, answer) VALUES (?, ?, ?, ?, ?)",
            [to_text(now), account, batch, why, answer],
        )

    def of(self, batch: str) -> list[Exhibit]:
        """Return what is kept about a batch, oldest first."""
        rows = self._db.execute(
            "SELECT at, batch, why, answer FROM evidence WHERE batch = ? ORDER BY id", [batch]
        )
        return [Exhibit(datetime.fromisoformat(at), *rest) for at, *rest in rows]
