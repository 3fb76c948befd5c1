"""Brakes: which kinds are paused on which worksheets, because hardly anybody was found."""

from __future__ import annotations

from datetime import datetime

from sqlite_utils import Database

from syncd.core.brakes import Brake
from syncd.core.model import JobState, Kind
from syncd.ledger.times import to_text


class Brakes:
    """The brakes by worksheet and kind."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def latest(self, worksheet: int, kind: Kind, count: int) -> list[JobState]:
        """Return the latest answers that were paid for, newest first, since the brake was let go.

        Its cost does not grow with the history: an index holds just these.
        """
        rows = self._db.execute(
            "SELECT state FROM jobs INDEXED BY jobs_latest WHERE worksheet = ? AND kind = ? "
            "AND credits > 0 AND state IN ('found', 'missed', 'expired', 'unrecognised') "
            "AND decided_at > COALESCE("
            "(SELECT since FROM brakes b WHERE b.worksheet = ? AND b.kind = ?), '') "
            "ORDER BY decided_at DESC LIMIT ?",
            [worksheet, kind, worksheet, kind, count],
        )
        return [JobState(state) for (state,) in rows]

    def of(self, worksheet: int) -> dict[Kind, Brake]:
        """Return the brakes that hold on a worksheet."""
        rows = self._db.execute(
            "SELECT kind, found, size FROM brakes WHERE worksheet = ? AND pulled_at IS NOT NULL",
            [worksheet],
        )
        return {Kind(kind): Brake(found, size) for kind, found, size in rows}

    def pull(self, worksheet: int, kind: Kind, brake: Brake, now: datetime) -> None:
        """Pause the kind on the worksheet; the caller holds a transaction."""
        self._db.execute(
            "INSERT INTO brakes (worksheet, kind, since, pulled_at, found, size) "
            "VALUES (?, ?, '', ?, ?, ?) ON CONFLICT (worksheet, kind) DO UPDATE "
            "SET pulled_at = excluded.pulled_at, found = excluded.found, size = excluded.size",
            [worksheet, kind, to_text(now), *brake],
        )

    def let_go(self, worksheet: int, now: datetime) -> None:
        """Let all kinds go on there; what was answered until now no longer counts."""
        self._db.execute(
            "UPDATE brakes SET pulled_at = NULL, since = ? "
            "WHERE worksheet = ? AND pulled_at IS NOT NULL",
            [to_text(now), worksheet],
        )
