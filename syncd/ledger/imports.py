"""List requests: what was imported for which row of a Requests worksheet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlite_utils import Database

from syncd.core.lists import Import
from syncd.core.model import Kind
from syncd.core.quotes import Quote
from syncd.ledger.times import to_text


class Imports:
    """One import per request row. Whom a request once searched for, or added, it never forgets."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self, worksheet: int, keys: Sequence[str]) -> dict[str, Import]:
        """Return the imports of those rows, by key."""
        found: dict[str, Import] = {}
        for key in keys:
            row = self._db.execute(
                "SELECT fingerprint, at, list_id, problem, stopped, quote, begun FROM imports "
                "WHERE worksheet = ? AND key = ?",
                [worksheet, key],
            ).fetchone()
            if row is None:
                continue
            members = self._db.execute(
                "SELECT prospect, position, chosen, appended FROM members "
                "WHERE worksheet = ? AND key = ? ORDER BY position",
                [worksheet, key],
            ).fetchall()
            found[key] = Import(
                key=key,
                fingerprint=row[0],
                at=datetime.fromisoformat(row[1]),
                list_id=row[2],
                members=tuple(m[0] for m in members if m[1] is not None),
                chosen=frozenset(m[0] for m in members if m[2] == "now"),
                before=frozenset(m[0] for m in members if m[2] == "before"),
                appended=frozenset(m[0] for m in members if m[3]),
                problem=row[3],
                stopped=row[4],
                quote=_read_quote(row[5]),
                begun=bool(row[6]),
            )
        return found

    def put(self, worksheet: int, done: Import) -> None:
        """Write an import in place of the row's last one, with all that it knows of people."""
        self._db.execute(
            "INSERT OR REPLACE INTO imports (worksheet, key, fingerprint, list_id, problem, "
            "stopped, at, quote, begun) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                worksheet,
                done.key,
                done.fingerprint,
                done.list_id,
                done.problem,
                done.stopped,
                to_text(done.at),
                json.dumps(asdict(done.quote)) if done.quote else "",
                int(done.begun),
            ],
        )
        self._db.execute(
            "DELETE FROM members WHERE worksheet = ? AND key = ?", [worksheet, done.key]
        )
        positions = {prospect: position for position, prospect in enumerate(done.members)}
        chosen = dict.fromkeys(done.before, "before") | dict.fromkeys(done.chosen, "now")
        self._db.conn.executemany(
            "INSERT INTO members (worksheet, key, prospect, position, chosen, appended) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    worksheet,
                    done.key,
                    prospect,
                    positions.get(prospect),
                    chosen.get(prospect, "no"),
                    int(prospect in done.appended),
                )
                for prospect in positions.keys() | chosen.keys() | done.appended
            ],
        )

    def searched(self, key: str) -> frozenset[int]:
        """Return everybody for whom that request has bought, or is buying, on whatever list."""
        rows = self._db.execute(
            "SELECT DISTINCT j.prospect FROM batches b JOIN jobs j ON j.batch = b.id "
            "WHERE b.request = ? AND b.request <> '' AND j.state NOT IN ('cancelled', 'unknown')",
            [key],
        )
        return frozenset(prospect for (prospect,) in rows)

    def renew(self) -> None:
        """Let every list be read and chosen from anew, by whom was searched for before."""
        self._db.execute("UPDATE imports SET fingerprint = ''")
        self._db.execute("UPDATE members SET chosen = 'no' WHERE chosen = 'now'")

    def stop(self, key: str, why: str) -> None:
        """Let a request wish for nothing more on the list itself, and say why, until asked anew."""
        self._db.execute("UPDATE imports SET stopped = ? WHERE key = ?", [why, key])

    def mark_appended(self, worksheet: int, key: str, prospects: Iterable[int]) -> None:
        """Record that those people have, or had, a row: one that people delete stays deleted."""
        self._db.conn.executemany(
            "UPDATE members SET appended = 1 WHERE worksheet = ? AND key = ? AND prospect = ?",
            [(worksheet, key, prospect) for prospect in prospects],
        )


def _read_quote(text: str) -> Quote | None:
    if not text:
        return None
    said = json.loads(text)
    for name in ("costs", "prices"):
        said[name] = {Kind(kind): credits for kind, credits in said[name].items()}
    return Quote(**said)
