"""Vendor accounts: balances as last told, and whether buying is stopped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from syncd.core.credits import Booked
from syncd.core.model import Kind
from syncd.ledger.times import to_text, to_text_or_none, to_time


class Account(NamedTuple):
    """``balance`` is None until the vendor has told it; ``halted`` is a sentence, or empty.

    ``armed_at`` is since when syncd may buy, or None in plan mode.
    """

    balance: int | None = None
    balance_at: datetime | None = None
    halted: str = ""
    armed_at: datetime | None = None


class Accounts:
    """The accounts and their sums."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def get(self, name: str) -> Account:
        row = self._db.execute(
            "SELECT balance, balance_at, halted, armed_at FROM accounts WHERE name = ?", [name]
        ).fetchone()
        return Account(row[0], to_time(row[1]), row[2], to_time(row[3])) if row else Account()

    def set_balance(self, name: str, balance: int, now: datetime, *, is_told: bool = True) -> None:
        """Note the balance. ``is_told`` by the vendor, behind all entries there are; else a guess.

        The caller holds a transaction, and has recorded whatever the balance knows of already.
        """
        if is_told:
            self._db.execute(
                "INSERT INTO balances (at, account, balance, entry) "
                "SELECT ?, ?, ?, COALESCE((SELECT MAX(id) FROM entries), 0) WHERE ? IS NOT "
                "(SELECT balance FROM balances WHERE account = ? ORDER BY id DESC LIMIT 1)",
                [to_text(now), name, balance, balance, name],
            )
        self._db.execute(
            "INSERT INTO accounts (name, balance, balance_at) VALUES (?, ?, ?) ON CONFLICT (name) "
            "DO UPDATE SET balance = excluded.balance, balance_at = excluded.balance_at",
            [name, balance, to_text(now)],
        )

    def halt(self, name: str, why: str) -> None:
        """Stop buying for the account until a human says otherwise. The first reason stays."""
        self._db.execute(
            "INSERT INTO accounts (name, halted) VALUES (?, ?) ON CONFLICT (name) "
            "DO UPDATE SET halted = excluded.halted WHERE accounts.halted = ''",
            [name, why],
        )

    def resume(self, name: str) -> None:
        self._db.execute("UPDATE accounts SET halted = '' WHERE name = ?", [name])

    def arm(self, name: str, now: datetime | None) -> None:
        """Let syncd buy for the account from now on; with None, plan only."""
        self._db.execute(
            "INSERT INTO accounts (name, armed_at) VALUES (?, ?) ON CONFLICT (name) "
            "DO UPDATE SET armed_at = excluded.armed_at",
            [name, to_text_or_none(now)],
        )

    def day(self, name: str, now: datetime) -> str:
        """Return the day on whose caps a purchase is booked now, a time in the caps' zone.

        A clock that was set back opens no new day: what is booked on a later one counts on.
        """
        latest = self._db.execute(
            "SELECT MAX(day) FROM entries WHERE account = ?", [name]
        ).fetchone()[0]
        return max(now.date().isoformat(), latest or "")

    def booked(self, name: str, worksheet: int, day: str, requests: Iterable[str] = ()) -> Booked:
        """Return the sums that caps are held against, for one worksheet, day and those requests.

        A reservation counts until it is released; settling changes nothing, so the sum is
        reserves less releases.
        """
        net = "SUM(CASE kind WHEN 'reserve' THEN credits WHEN 'release' THEN -credits ELSE 0 END)"
        per_day = self._db.execute(
            f"SELECT worksheet, enrichment, {net} FROM entries "  # noqa: S608  (no text from outside)
            "WHERE account = ? AND day = ? GROUP BY worksheet, enrichment",
            [name, day],
        ).fetchall()
        month = self._db.execute(
            f"SELECT {net} FROM entries WHERE account = ? AND day BETWEEN ? AND ?",  # noqa: S608  (as above)
            [name, f"{day[:7]}-01", f"{day[:7]}-31"],
        ).fetchone()[0]
        keys = sorted(set(requests))
        recalled = self._recalled(keys)
        found = self._db.execute(
            f"SELECT e.request, {net} FROM json_each(?) r CROSS JOIN entries e "  # noqa: S608  (as above)
            "ON e.request = r.value AND e.request <> '' AND e.account = ? GROUP BY e.request",
            [json.dumps(keys), name],
        ).fetchall()
        by_request: dict[str, int] = dict(found)
        unsettled = self._db.execute(
            "SELECT SUM(reserved) FROM batches WHERE account = ? AND state IN "
            "('planned', 'list_ready', 'submitting', 'accepted', 'in_doubt', 'parked')",
            [name],
        ).fetchone()[0]
        kinds: dict[Kind, int] = {}
        for _, kind, credits in per_day:
            kinds[Kind(kind)] = kinds.get(Kind(kind), 0) + credits
        return Booked(
            day=sum(kinds.values()),
            month=month or 0,
            worksheet_day=sum(credits for sheet, _, credits in per_day if sheet == worksheet),
            kind_day=kinds,
            requests={
                key: by_request.get(key, 0) + recalled.get(key, 0)
                for key in by_request.keys() | recalled.keys()
            },
            unsettled=unsettled or 0,
            balance=self.get(name).balance,
        )

    def booked_by(self, request: str) -> int:
        """Return the credits that a list request has booked, over all its life."""
        found = self._db.execute(
            "SELECT SUM(CASE kind WHEN 'reserve' THEN credits WHEN 'release' THEN -credits "
            "ELSE 0 END) FROM entries WHERE request = ? AND request <> ''",
            [request],
        ).fetchone()[0]
        return int(found or 0) + self._recalled([request]).get(request, 0)

    def spent(self, requests: Iterable[str]) -> dict[str, int]:
        """Return the credits settled so far for each of those list requests."""
        keys = list(requests)
        rows = self._db.execute(
            "SELECT b.request, SUM(b.settled) FROM json_each(?) k "
            "JOIN batches b ON b.request = k.value AND b.request <> '' GROUP BY b.request",
            [json.dumps(keys)],
        )
        spent: dict[str, int] = dict(rows.fetchall())
        for key, credits in self._recalled(keys).items():
            spent[key] = spent.get(key, 0) + credits
        return spent

    def recall(self, request: str, credits: int) -> None:
        """Count credits that a list request has spent, of which only its row tells."""
        self._db.execute(
            "INSERT INTO recalled (request, credits) VALUES (?, ?) ON CONFLICT (request) "
            "DO UPDATE SET credits = credits + excluded.credits",
            [request, credits],
        )

    def _recalled(self, requests: Iterable[str]) -> dict[str, int]:
        rows = self._db.execute(
            "SELECT r.request, r.credits FROM json_each(?) k "
            "CROSS JOIN recalled r ON r.request = k.value",
            [json.dumps(list(requests))],
        )
        return dict(rows.fetchall())

    def totals(self, name: str) -> dict[str, int]:
        """Return the credits settled, and those still booked, over all time."""
        settled, reserved = self._db.execute(
            "SELECT COALESCE(SUM(settled), 0), COALESCE(SUM(reserved), 0) FROM batches "
            "WHERE account = ?",
            [name],
        ).fetchone()
        return {"settled": settled, "reserved": reserved}
