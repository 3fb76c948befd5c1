"""List requests: what was imported for which row of a Requests worksheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
                "SELECT prospect, chosen, appended FROM members WHERE worksheet = ? AND key = ? "
                "ORDER BY position",
                [worksheet, key],
            ).fetchall()
            found[key] = Import(
                key=key,
                fingerprint=row[0],
                list_id=row[1],
                members=tuple(prospect for prospect, _, _ in members),
                chosen=frozenset(prospect for prospect, chosen, _ in members if chosen),
                appended=frozenset(prospect for prospect, _, there in members if there),
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
            "INSERT INTO members (worksheet, key, position, prospect, chosen, appended) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    worksheet,
                    done.key,
                    position,
                    prospect,
                    int(prospect in done.chosen),
                    int(prospect in done.appended),
                )
                for position, prospect in enumerate(done.members)
            ],
        )

    def stop(self, key: str, why: str) -> None:
        """Let a request wish for nothing more, and say why, until its row asks anew."""
        self._db.execute("UPDATE imports SET problem = ? WHERE key = ?", [why, key])

    def mark_appended(self, worksheet: int, key: str, prospects: Iterable[int]) -> None:
        """Record that those people have, or had, a row: one that people delete stays deleted."""
        self._db.conn.executemany(
            "UPDATE members SET appended = 1 WHERE worksheet = ? AND key = ? AND prospect = ?",
            [(worksheet, key, prospect) for prospect in prospects],
        )
