"""Big pastes: which rows came in one, and wait until somebody says that they are meant."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlite_utils import Database

from syncd.core.pasting import Held, Pasted
from syncd.ledger.times import to_text


class Pastes:
    """The rows of big pastes by worksheet and fingerprint: most of them have no key yet."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, worksheet: int, pasted: Pasted, now: datetime) -> None:
        """Remember the rows of a paste. A paste over an earlier one tells of the ticks anew."""
        at = to_text(now)
        self._db.conn.executemany(
            "INSERT OR REPLACE INTO pasted (worksheet, fingerprint, ticked, at) "
            "VALUES (?, ?, ?, ?)",
            [(worksheet, fingerprint, int(ticked), at) for fingerprint, ticked in pasted.items()],
        )

    def of(self, worksheets: Iterable[int]) -> dict[str, bool]:
        """Return the rows of big pastes in those worksheets, and which came with a tick."""
        rows = self._db.execute(
            "SELECT p.fingerprint, p.ticked FROM json_each(?) w "
            "CROSS JOIN pasted p ON p.worksheet = w.value",
            [json.dumps(list(worksheets))],
        )
        return {fingerprint: bool(ticked) for fingerprint, ticked in rows}

    def untick(self, fingerprints: Collection[str]) -> None:
        """Let the next tick of those rows count: the one of the paste was taken away."""
        self._db.conn.executemany(
            "UPDATE pasted SET ticked = 0 WHERE fingerprint = ?", [(one,) for one in fingerprints]
        )

    def set_held(self, worksheet: int, held: Held) -> None:
        """Record how many rows wait, for whoever asks without looking at the sheet."""
        self._db.execute(
            "UPDATE worksheets SET held_rows = ?, held_credits = ? WHERE id = ?",
            [held.rows, held.credits, worksheet],
        )

    def held(self, worksheet: int) -> Held:
        """Return how many rows waited when the worksheet was last looked at."""
        rows, credits = self._db.execute(
            "SELECT held_rows, held_credits FROM worksheets WHERE id = ?", [worksheet]
        ).fetchone()
        return Held(rows=rows, credits=credits)

    def confirm(self, worksheet: int) -> None:
        """Let all rows of that worksheet's pastes be bought for like any other."""
        self._db.execute("DELETE FROM pasted WHERE worksheet = ?", [worksheet])
        self.set_held(worksheet, Held())
