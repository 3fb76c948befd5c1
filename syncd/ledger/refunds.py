"""What the ledger knows about refunds: whose searches came to nothing, and where a balance rose."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlite_utils import Database

from syncd.core.refunds import Due, Refund, Rise, observe
from syncd.ledger.times import to_text

_LONGEST = timedelta(days=90)  # that a refund is awaited where only sums are asked for


class Refunded(NamedTuple):
    """Credits that came back, as far as the balance shows, and that did not come in time."""

    seen: int
    overdue: int


class Refunds:
    """Asked by a human now and then: it goes through all that was decided ``since``."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def expected(self, account: str, since: datetime) -> list[Refund]:
        """Return, for each batch, those who were paid for and of whom nothing came."""
        rows = self._db.execute(
            "SELECT b.id, b.list_id, b.kind, json_group_array(j.prospect), SUM(j.credits), "
            "MAX(j.decided_at) FROM batches b CROSS JOIN jobs j ON j.batch = b.id "
            "WHERE b.account = ? AND b.settled > 0 AND b.created_at >= ? AND j.credits > 0 "
            "AND j.state IN ('missed', 'expired', 'unrecognised') GROUP BY b.id",
            [account, to_text(since)],
        )
        return [
            Refund(
                batch=batch,
                list_id=list_id,
                kind=kind,
                prospects=tuple(json.loads(prospects)),
                expected=expected,
                since=datetime.fromisoformat(decided),
            )
            for batch, list_id, kind, prospects, expected, decided in rows
        ]

    def rises(self, account: str) -> list[Rise]:
        """Return where the balance rose from look to look, beside what we have paid between them.

        A purchase that was in doubt was paid when it was sent, and settled when that was found out:
        what it settled explains no later change.
        """
        rows = self._db.execute(
            """
            WITH looks AS (
                SELECT at, entry, LAG(entry) OVER o AS since, balance - LAG(balance) OVER o AS rose
                FROM balances WHERE account = ?1 WINDOW o AS (ORDER BY id)),
            doubted AS (SELECT DISTINCT batch FROM events WHERE event LIKE 'in doubt: %')
            SELECT at, rose + (SELECT COALESCE(SUM(e.credits), 0) FROM entries e
                WHERE e.account = ?1 AND e.kind = 'settle' AND e.id > since AND e.id <= looks.entry
                    AND e.batch NOT IN (SELECT batch FROM doubted))
            FROM looks WHERE since IS NOT NULL
            """,
            [account],
        )
        return [Rise(datetime.fromisoformat(at), credits) for at, credits in rows if credits > 0]

    def add_up(self, account: str, now: datetime, within: timedelta) -> Refunded:
        """Return the sums of the last months; ``within`` is how long a refund may take."""
        expected = self.expected(account, now - _LONGEST)
        found = observe(expected, self.rises(account))
        return Refunded(
            seen=sum(one.observed for one in found),
            overdue=sum(one.open for one in found if one.due(now, within) is Due.OVERDUE),
        )
