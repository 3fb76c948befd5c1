"""What people's ticks, and their wishes to search again, stand for, by worksheet and key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlite_utils import Database

from syncd.core.approval import Approval
from syncd.core.model import Kind
from syncd.ledger.times import to_text


class Approvals:
    """The ticks seen so far, and what stood beside each when it was first seen.

    ``table`` is a constant: approvals, or repeats, which are wishes to search once more.
    """

    def __init__(self, db: Database, table: str = "approvals") -> None:
        self._db = db
        self._table = table
        self._known: dict[int, dict[str, Approval]] = {}

    def of(self, worksheet: int) -> Mapping[str, Approval]:
        """Return the approvals of that worksheet's rows, by key."""
        if worksheet not in self._known:
            rows = self._db.execute(
                "SELECT key, question, prices, at, max_leads, max_credits, credits "  # noqa: S608  (a constant)
                f"FROM {self._table} WHERE worksheet = ?",
                [worksheet],
            )
            self._known[worksheet] = {
                key: Approval(
                    question=question,
                    prices={Kind(name): price for name, price in json.loads(prices).items()},
                    at=datetime.fromisoformat(at),
                    max_leads=max_leads,
                    max_credits=max_credits,
                    credits=credits,
                )
                for key, question, prices, at, max_leads, max_credits, credits in rows
            }
        return self._known[worksheet]

    def note(self, worksheet: int, ticks: Mapping[str, Approval | None]) -> None:
        """Record what ticks stand for, and forget those that were taken away (None)."""
        self.of(worksheet)
        known = self._known[worksheet]
        for key, approval in ticks.items():
            if approval is None:
                known.pop(key, None)
                continue
            # As it is read back: to the millisecond.
            at = datetime.fromisoformat(to_text(approval.at))
            known[key] = replace(approval, at=at)
        self._db.conn.executemany(
            f"DELETE FROM {self._table} WHERE worksheet = ? AND key = ?",  # noqa: S608  (as above)
            [(worksheet, key) for key in ticks],
        )
        self._db.conn.executemany(
            f"INSERT INTO {self._table} (worksheet, key, question, prices, at, max_leads, "  # noqa: S608  (as above)
            "max_credits, credits) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    worksheet,
                    key,
                    given.question,
                    json.dumps(given.prices),
                    to_text(given.at),
                    given.max_leads,
                    given.max_credits,
                    given.credits,
                )
                for key, given in ticks.items()
                if given is not None
            ],
        )

    def inherit(self, home: int, copied: str, worksheet: int, key: str) -> None:
        """Let a pasted copy's tick cover nothing, where the row that it was copied from had one."""
        self._db.execute(
            f"INSERT INTO {self._table} (worksheet, key, question, prices, at) "  # noqa: S608  (as above)
            f"SELECT ?, ?, '', '{{}}', at FROM {self._table} WHERE worksheet = ? AND key = ? "
            "ON CONFLICT DO NOTHING",
            [worksheet, key, home, copied],
        )
        self.forget()

    def forget(self) -> None:
        """Read all anew: a transaction was rolled back, or rows have moved."""
        self._known = {}
