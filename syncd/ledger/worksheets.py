"""Worksheets met so far, and the keys given to their rows."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from syncd.core.events import Event
from syncd.core.model import Kind
from syncd.ledger.approvals import Approvals
from syncd.ledger.times import to_text

_LATEST = 500  # events that are gone through for the newest that people are told


class Known(NamedTuple):
    """A worksheet in the ledger: our number, Google's ``sheetId``, and its last known title."""

    id: int
    sheet_id: int
    title: str


class Worksheets:
    """The worksheets and their keys."""

    def __init__(self, db: Database, *ticks: Approvals) -> None:
        self._db = db
        self._ticks = ticks
        self._given: dict[int, set[str]] = {}

    def known(self, spreadsheet: str) -> list[Known]:
        rows = self._db.execute(
            "SELECT id, sheet_id, title FROM worksheets WHERE spreadsheet = ?", [spreadsheet]
        )
        return [Known(*row) for row in rows]

    def spreadsheet_of(self, worksheet: int) -> str:
        """Return the spreadsheet that a worksheet of ours is part of."""
        row = self._db.execute(
            "SELECT spreadsheet FROM worksheets WHERE id = ?", [worksheet]
        ).fetchone()
        return str(row[0])

    def name(self, spreadsheet: str, name: str) -> None:
        """Remember what people call a spreadsheet."""
        self._db.execute(
            "INSERT INTO spreadsheets (id, name) VALUES (?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name WHERE name <> excluded.name",
            [spreadsheet, name],
        )

    def places(self) -> list[tuple[int, str, str, str]]:
        """Return every worksheet's number and title, with its spreadsheet's id and name."""
        return self._db.execute(
            "SELECT w.id, w.title, w.spreadsheet, COALESCE(s.name, '') FROM worksheets w "
            "LEFT JOIN spreadsheets s ON s.id = w.spreadsheet"
        ).fetchall()

    def remember(self, spreadsheet: str, sheet_id: int, title: str) -> Known:
        """Return the worksheet's row, written or renamed as needed."""
        self._db.execute(
            "INSERT INTO worksheets (spreadsheet, sheet_id, title) VALUES (?, ?, ?) "
            "ON CONFLICT (spreadsheet, sheet_id) DO UPDATE SET title = excluded.title "
            "WHERE title <> excluded.title",
            [spreadsheet, sheet_id, title],
        )
        row = self._db.execute(
            "SELECT id, sheet_id, title FROM worksheets WHERE spreadsheet = ? AND sheet_id = ?",
            [spreadsheet, sheet_id],
        ).fetchone()
        return Known(*row)

    def forget_journal(self, worksheet: int) -> None:
        """Forget a worksheet without rows of anybody's; another is one that money hangs on."""
        self._db.execute("DELETE FROM worksheets WHERE id = ?", [worksheet])

    def give_keys(self, worksheet: int, given: Mapping[str, str], now: datetime) -> None:
        """Record keys with the fingerprints of the rows they belong to; the newest counts."""
        at = to_text(now)
        self._db.conn.executemany(
            "INSERT INTO keys (worksheet, key, fingerprint, given_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (worksheet, key) DO UPDATE SET fingerprint = excluded.fingerprint",
            [(worksheet, key, fingerprint, at) for key, fingerprint in given.items()],
        )
        self.given(worksheet)
        self._given[worksheet].update(given)

    def adopt_keys(self, worksheet: int, given: Mapping[str, str]) -> None:
        """Record keys that nobody here gave: until they are met, no time says that they were."""
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO keys (worksheet, key, fingerprint, given_at) "
            "VALUES (?, ?, ?, '')",
            [(worksheet, key, fingerprint) for key, fingerprint in given.items()],
        )
        self.given(worksheet)
        self._given[worksheet].update(given)

    def adopted(self, worksheet: int) -> set[str]:
        """Return the keys that were adopted and not met yet."""
        rows = self._db.execute(
            "SELECT key FROM keys INDEXED BY keys_adopted WHERE worksheet = ? AND given_at = ''",
            [worksheet],
        )
        return {key for (key,) in rows}

    def meet(self, worksheet: int, now: datetime) -> None:
        """Let adopted keys be like others from now on."""
        self._db.execute(
            "UPDATE keys SET given_at = ? WHERE worksheet = ? AND given_at = ''",
            [to_text(now), worksheet],
        )

    def given(self, worksheet: int) -> AbstractSet[str]:
        """Return all keys that belong to rows of that worksheet. It grows as keys are given."""
        if worksheet not in self._given:
            rows = self._db.execute("SELECT key FROM keys WHERE worksheet = ?", [worksheet])
            self._given[worksheet] = {sys.intern(key) for (key,) in rows}
        return self._given[worksheet]

    def forget(self) -> None:
        """Look the keys up anew: what was given in a transaction was rolled back with it."""
        self._given = {}
        for ticks in self._ticks:
            ticks.forget()

    def home(self, key: str) -> int | None:
        """Return the worksheet that a key was given in, or None where it is not ours."""
        row = self._db.execute("SELECT worksheet FROM keys WHERE key = ?", [key]).fetchone()
        return row[0] if row else None

    def move_key(self, key: str, home: int, worksheet: int) -> None:
        """Record that a row, with what was written in it, went from one worksheet to another."""
        for table in ("keys", "outbox", "imports", "members", "matches", "approvals", "repeats"):
            self._db.execute(
                f"UPDATE {table} SET worksheet = ? WHERE worksheet = ? AND key = ?",  # noqa: S608  (constants)
                [worksheet, home, key],
            )
        self.forget()

    def take_back(self, worksheet: int, keys: Iterable[str]) -> None:
        """Forget keys that were never written: a sheet that refuses writes would pile them up."""
        rows = [(worksheet, key) for key in keys]
        for table in ("keys", "outbox", "approvals", "repeats"):
            self._db.conn.executemany(
                f"DELETE FROM {table} WHERE worksheet = ? AND key = ?",  # noqa: S608  (constants)
                rows,
            )
        self.forget()

    def keys_of(self, worksheet: int, fingerprint: str) -> list[str]:
        """Return the keys that belong to such rows, the oldest first."""
        # INDEXED BY: SQLite would else go through all keys of the worksheet each time.
        rows = self._db.execute(
            "SELECT key FROM keys INDEXED BY keys_fingerprint "
            "WHERE worksheet = ? AND fingerprint = ? ORDER BY given_at, key",
            [worksheet, fingerprint],
        )
        return [key for (key,) in rows]

    def fingerprints(self, worksheet: int, keys: Iterable[str]) -> dict[str, str]:
        """Return the fingerprints those keys were given for; unknown keys are left out."""
        found: dict[str, str] = {}
        for key in keys:
            row = self._db.execute(
                "SELECT fingerprint FROM keys WHERE worksheet = ? AND key = ?", [worksheet, key]
            ).fetchone()
            if row:
                found[key] = row[0]
        return found

    def note(self, spreadsheet: str, event: str, now: datetime, batch: str = "") -> None:
        """Append to the event log."""
        self._db.execute(
            "INSERT INTO events (at, spreadsheet, batch, event) VALUES (?, ?, ?, ?)",
            [to_text(now), spreadsheet, batch, event],
        )

    def events(self, limit: int = 50) -> Sequence[tuple[str, str, str, str]]:
        """Return the latest events, newest first: time, spreadsheet, batch, event."""
        return self._db.execute(
            "SELECT at, spreadsheet, batch, event FROM events ORDER BY id DESC LIMIT ?", [limit]
        ).fetchall()

    def tidings(self, spreadsheet: str) -> list[Event]:
        """Return the latest events of a spreadsheet, newest first, of all that is not too old."""
        rows = self._db.execute(
            "SELECT e.at, e.event, b.kind, "
            "(SELECT COUNT(*) FROM jobs j WHERE j.batch = b.id), "
            "(SELECT COUNT(*) FROM jobs j WHERE j.batch = b.id AND j.state = 'found') "
            "FROM (SELECT * FROM events ORDER BY id DESC LIMIT ?) e "
            "LEFT JOIN batches b ON b.id = e.batch LEFT JOIN worksheets w ON w.id = b.worksheet "
            "WHERE e.spreadsheet = ? OR w.spreadsheet = ? ORDER BY e.id DESC",
            [_LATEST, spreadsheet, spreadsheet],
        )
        return [
            Event(
                at=datetime.fromisoformat(at),
                text=text,
                kind=Kind(kind) if kind else None,
                people=people,
                found=found,
            )
            for at, text, kind, people, found in rows.fetchall()
        ]
