"""How each spreadsheet was when a cycle last passed over it: one row for each."""

from __future__ import annotations

import json
from datetime import datetime

from sqlite_utils import Database

from syncd.core.overview import Condition
from syncd.core.status import Stand
from syncd.ledger.times import to_text, to_text_or_none, to_time

_STANDS = {stand.value: stand for stand in Stand}


class Conditions:
    """The conditions, by spreadsheet."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, spreadsheet: str) -> Condition | None:
        row = self._db.execute(
            "SELECT at, looked_at, patience, stands, hold, problems, since, cap_day, cap_month "
            "FROM conditions WHERE spreadsheet = ?",
            [spreadsheet],
        ).fetchone()
        if row is None:
            return None
        return Condition(
            at=datetime.fromisoformat(row[0]),
            looked_at=to_time(row[1]),
            patience=row[2],
            stands={
                _STANDS[name]: rows for name, rows in json.loads(row[3]).items() if name in _STANDS
            },
            hold=row[4],
            problems=tuple(json.loads(row[5])),
            since=to_time(row[6]),
            day=row[7],
            month=row[8],
        )

    def save(self, spreadsheet: str, condition: Condition) -> None:
        """Keep this condition instead of the one before; the caller holds a transaction."""
        self._db.execute(
            "INSERT OR REPLACE INTO conditions (spreadsheet, at, looked_at, patience, stands, "
            "hold, problems, since, cap_day, cap_month) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                spreadsheet,
                to_text(condition.at),
                to_text_or_none(condition.looked_at),
                condition.patience,
                json.dumps(condition.stands),
                condition.hold,
                json.dumps(condition.problems),
                to_text_or_none(condition.since),
                condition.day,
                condition.month,
            ],
        )
