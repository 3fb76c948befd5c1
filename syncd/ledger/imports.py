"""List requests: what was imported for which row of a Requests worksheet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlite_utils import Database

from syncd.core.lists import Import
from syncd.ledger.times import to_text


class Imports:
    """One import per request row; a changed request replaces it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, worksheet: int, keys: Sequence[str]) -> dict[str, Import]:
        """Return the imports of those rows, by key."""
        found: dict[str, Import] = {}
        for key in keys:
            row = self._db.execute(
                "SELECT fingerprint, list_id, problem FROM imports WHERE worksheet = ? AND key = ?",
                [worksheet, key],
            ).fetchone()
            if row is None:
                continue
            members = self._db.execute(
                "SELECT prospect, chosen FROM members WHERE worksheet = ? AND key = ? "
                "ORDER BY position",
                [worksheet, key],
            ).fetchall()
            found[key] = Import(
                key=key,
                fingerprint=row[0],
                list_id=row[1],
                members=tuple(prospect for prospect, _ in members),
                chosen=frozenset(prospect for prospect, chosen in members if chosen),
                problem=row[2],
            )
        return found

    def put(self, worksheet: int, done: Import, now: datetime) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO imports (worksheet, key, fingerprint, list_id, problem, at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [worksheet, done.key, done.fingerprint, done.list_id, done.problem, to_text(now)],
        )
        self._db.execute(
            "DELETE FROM members WHERE worksheet = ? AND key = ?", [worksheet, done.key]
        )
        self._db.conn.executemany(
            "INSERT INTO members (worksheet, key, position, prospect, chosen) "
            "VALUES (?, ?, ?, ?, ?)",
            [
                (worksheet, done.key, position, prospect, int(prospect in done.chosen))
                for position, prospect in enumerate(done.members)
            ],
        )
