"""The ledger's own audit: what must hold, each promise as one query that finds whoever breaks it.

Pure SQL over what is recorded, so it judges the code that recorded it and shares none of it. The
same queries look at everything (:meth:`Audit.full`: at start, and ``syncd ledger verify``) or only
at what changed since the last look (:meth:`Audit.look`: each cycle); the tables' triggers note what
changed. It mends nothing: what does not add up is for a human, who may let it pass
(:meth:`Audit.waive`).

What it cannot see: a purchase that the ledger knows nothing of. The vendor's balance tells that
(``syncd ledger statement``).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlite_utils import Database

from syncd.core.model import OPEN_STATES, Kind
from syncd.ledger.times import to_text

_OPEN = ", ".join(f"'{state.value}'" for state in sorted(OPEN_STATES))
_FIELD = " ".join(f"WHEN '{kind.value}' THEN '{kind.field.value}'" for kind in Kind)
_NET = "CASE e.kind WHEN 'reserve' THEN e.credits WHEN 'release' THEN -e.credits ELSE 0 END"

_LOOK_UP = (
    "Compare it with Seleqt's own record of credits (its list is named syncd-, then the batch), "
    "and report it with a copy of the ledger. When it is understood: syncd batches resume"
)
_RESTORE = "Stop syncd, and put the latest backup in its place: syncd restore FILE"


class Check(NamedTuple):
    """One promise. ``sql`` gives a row (subject, what is wrong) for each breach of it.

    It reads the batches that are looked at from ``scope``; one ``whole`` looks at all, or nothing.
    """

    name: str
    promise: str
    sql: str
    mend: str = _LOOK_UP
    whole: bool = False


class Violation(NamedTuple):
    """One breach. ``waived`` where a human has let it pass."""

    check: str
    subject: str
    says: str
    mend: str
    waived: bool = False

    def __str__(self) -> str:
        return f"{self.subject}: {self.says}"


def _cap(column: str, whose: str, stream: str, over: str) -> Check:
    """Return the check of one cap: the credits booked when it was looked at, against the cap.

    The moments at which a cap was looked at are put among the entries, each behind the last entry
    of its time, so that one running sum tells what was booked at each.
    """
    return Check(
        f"{column.replace('_', '-')}-kept",
        f"Credits booked never passed the cap {whose}, as it was when they were booked.",
        f"""
        , bound AS (
            SELECT n.batch, n.entry, n.day, n.{column} AS cap, b.account, b.worksheet,
                b.kind AS enrichment, b.request
            FROM scope s CROSS JOIN bounds n ON n.batch = s.batch
            CROSS JOIN batches b ON b.id = n.batch
            WHERE n.{column} IS NOT NULL),
        stream AS (
            SELECT e.account, e.worksheet, e.enrichment, e.request, e.day, e.id AS at, 0 AS mark,
                {_NET} AS net, NULL AS cap, NULL AS batch
            FROM {stream}
            UNION ALL
            SELECT account, worksheet, enrichment, request, day, entry, 1, 0, cap, batch
            FROM bound)
        SELECT 'batch ' || batch, printf('%d credits were booked where the cap {whose} was %d '
            || '(on %s)', booked, cap, day)
        FROM (SELECT *, SUM(net) OVER (
            PARTITION BY {over} ORDER BY at, mark ROWS UNBOUNDED PRECEDING) AS booked FROM stream)
        WHERE booked > cap
        """,  # noqa: S608  (constants)
    )


_DAYS = (
    "(SELECT DISTINCT account, day FROM bound) d "
    "CROSS JOIN entries e ON e.account = d.account AND e.day = d.day"
)
_MONTHS = (
    "(SELECT DISTINCT account, substr(day, 1, 7) AS month FROM bound) d CROSS JOIN entries e "
    "ON e.account = d.account AND e.day BETWEEN d.month || '-01' AND d.month || '-31'"
)
_REQUESTS = (
    "(SELECT DISTINCT account, request FROM bound WHERE request <> '') d CROSS JOIN entries e "
    "ON e.request = d.request AND e.request <> '' AND e.account = d.account"
)

CHECKS = (
    Check(
        "batch-sums",
        "What a batch has reserved and settled is what its entries add up to.",
        """
        SELECT 'batch ' || id, printf('it has %d credits reserved and %d settled, its entries add '
            || 'up to %d and %d', reserved, settled, open, taken)
        FROM (SELECT b.id, b.reserved, b.settled,
            COALESCE(SUM(CASE e.kind WHEN 'reserve' THEN e.credits ELSE -e.credits END), 0) AS open,
            COALESCE(SUM(CASE e.kind WHEN 'settle' THEN e.credits END), 0) AS taken
            FROM scope s CROSS JOIN batches b ON b.id = s.batch
            LEFT JOIN entries e ON e.batch = b.id GROUP BY b.id)
        WHERE reserved <> open OR settled <> taken
        """,
    ),
    Check(
        "closed-batches",
        "A batch that is over reserves nothing, and one that was not sent has settled nothing.",
        """
        SELECT 'batch ' || b.id, printf('it is %s and has %d credits reserved, %d settled',
            b.state, b.reserved, b.settled)
        FROM scope s CROSS JOIN batches b ON b.id = s.batch
        WHERE (b.reserved > 0 AND b.state IN ('accepted', 'settled', 'refused', 'cancelled'))
            OR (b.settled > 0 AND b.state NOT IN ('accepted', 'settled'))
        """,
    ),
    Check(
        "release-days",
        "Credits are settled and given back on the day that they were reserved on.",
        """
        SELECT 'batch ' || id, printf('on %s its entries leave %d credits, booked is it on %s',
            day, open, booked_day)
        FROM (SELECT b.id, b.booked_day, e.day,
            SUM(CASE e.kind WHEN 'reserve' THEN e.credits ELSE -e.credits END) AS open
            FROM scope s CROSS JOIN batches b ON b.id = s.batch
            CROSS JOIN entries e ON e.batch = b.id GROUP BY b.id, e.day)
        WHERE open < 0 OR (open > 0 AND day <> booked_day)
        """,
    ),
    Check(
        "job-shares",
        "The people of a batch carry what it settled, each at most the price.",
        """
        SELECT 'batch ' || id, printf('it settled %d credits, its %d people carry %d', settled,
            people, carried)
        FROM (SELECT b.id, b.settled, COUNT(j.id) AS people, COALESCE(SUM(j.credits), 0) AS carried,
            COALESCE(MAX(j.credits), 0) AS most,
            -- As it was then: prices change, and batches keep what they reserved.
            (SELECT e.credits FROM entries e WHERE e.batch = b.id ORDER BY e.id LIMIT 1)
                / COUNT(j.id) AS price,
            SUM(j.state <> 'unknown' AND COALESCE(j.before_reading, '') <> 'found') AS asked
            FROM scope s CROSS JOIN batches b ON b.id = s.batch LEFT JOIN jobs j ON j.batch = b.id
            GROUP BY b.id)
        WHERE most > price OR carried <> MIN(settled, price * asked)
        """,
    ),
    Check(
        "jobs-decided",
        "Somebody waits only in an open batch, and everybody else has a time of decision.",
        f"""
        SELECT 'batch ' || b.id, printf('prospect %d is %s%s, the batch is %s', j.prospect, j.state,
            CASE WHEN j.decided_at IS NULL THEN ' without a time' ELSE '' END, b.state)
        FROM scope s CROSS JOIN batches b ON b.id = s.batch CROSS JOIN jobs j ON j.batch = b.id
        WHERE (j.state = 'waiting' AND b.state NOT IN ({_OPEN}))
            OR (j.state = 'waiting') <> (j.decided_at IS NULL)
        """,  # noqa: S608  (constants)
    ),
    Check(
        "one-account-and-kind",
        "People and entries are of the account and kind that their batch is of.",
        f"""
        SELECT 'batch ' || id, printf('%d of its people or entries are of another account, kind, '
            || 'worksheet or request', COUNT(*))
        FROM (
            SELECT b.id
            FROM scope s CROSS JOIN batches b ON b.id = s.batch CROSS JOIN jobs j ON j.batch = b.id
            WHERE j.account <> b.account OR j.kind <> b.kind OR j.worksheet <> b.worksheet
                OR j.field <> CASE b.kind {_FIELD} END
            UNION ALL
            SELECT b.id
            FROM scope s CROSS JOIN batches b ON b.id = s.batch
            CROSS JOIN entries e ON e.batch = b.id
            WHERE e.account <> b.account OR e.enrichment <> b.kind
                OR e.worksheet <> b.worksheet OR e.request <> b.request)
        GROUP BY id
        """,  # noqa: S608  (constants)
    ),
    Check(
        "sent-batches",
        "A purchase that may have been sent has its list, its time, and what bounded it.",
        """
        SELECT 'batch ' || b.id, printf('it is %s, its list is %s, it was sent %s, bounds: %d',
            b.state, COALESCE(b.list_id, 'missing'), COALESCE(b.submitted_at, 'never'),
            (SELECT COUNT(*) FROM bounds n WHERE n.batch = b.id AND n.day = b.booked_day))
        FROM scope s CROSS JOIN batches b ON b.id = s.batch
        WHERE (b.state IN ('submitting', 'in_doubt', 'parked') OR b.settled > 0) AND (
            b.list_id IS NULL OR b.submitted_at IS NULL OR NOT EXISTS (
                SELECT 1 FROM bounds n WHERE n.batch = b.id AND n.day = b.booked_day))
        """,
    ),
    Check(
        "never-twice",
        "Nobody is bought again who was found, or who was searched for within the cool-off and is "
        "not expressly wished again.",
        """
        , bought AS (
            SELECT j.*, b.created_at, COALESCE((SELECT MAX(n.cool_off) FROM bounds n
                WHERE n.batch = b.id), 0) / 86400.0 AS cool_off
            FROM scope s CROSS JOIN jobs j ON j.batch = s.batch
            CROSS JOIN batches b ON b.id = j.batch
            WHERE j.credits > 0
                OR (j.state = 'waiting' AND b.state IN ('submitting', 'in_doubt', 'parked')))
        SELECT 'prospect ' || n.prospect, printf('%s was bought in batch %s of %s, though batch %s '
            || 'ended with %s for it', n.kind, n.batch, n.created_at, o.batch, o.state)
        FROM bought n CROSS JOIN jobs o
            ON o.account = n.account AND o.prospect = n.prospect AND o.field = n.field
            AND o.id < n.id
        CROSS JOIN batches b ON b.id = o.batch
        WHERE (o.state = 'found' AND o.decided_at <= n.created_at)
            -- A second, as SQLite's days are floating-point numbers. What was decided afterwards
            -- came late: the search is as old as its purchase.
            OR (o.credits > 0 AND (o.kind = n.kind OR o.kind = 'FIND_EMAIL_WATERFALL')
                AND COALESCE(o.decided_at >= n.again, TRUE)
                AND julianday(n.created_at) + 1.0 / 86400 < n.cool_off + julianday(
                    CASE WHEN o.decided_at <= n.created_at THEN o.decided_at
                    ELSE COALESCE(b.submitted_at, b.created_at) END))
        """,
    ),
    Check(
        "found-values",
        "What was found is one address or one phone number, and never a word of the vendor's.",
        """
        SELECT 'batch ' || j.batch, printf('prospect %d was “found” with a value that is no %s',
            j.prospect, j.field)
        FROM scope s CROSS JOIN jobs j ON j.batch = s.batch
        WHERE j.state = 'found' AND CASE j.field
            WHEN 'email' THEN j.value NOT LIKE '%_@_%' OR j.value GLOB '*[ \t\r\n<>,;]*'
                OR j.value LIKE '%@%@%' OR length(j.value) > 254
            ELSE j.value NOT GLOB '+[1-9]*' OR substr(j.value, 2) GLOB '*[^0-9]*'
                OR length(j.value) NOT BETWEEN 5 AND 16 END
        """,
    ),
    _cap("cap_day", "of the day", _DAYS, "account, day"),
    _cap("cap_month", "of the month", _MONTHS, "account, substr(day, 1, 7)"),
    _cap("cap_worksheet", "of the worksheet and day", _DAYS, "account, worksheet, day"),
    _cap("cap_kind", "of the kind and day", _DAYS, "account, enrichment, day"),
    _cap("cap_request", "of the list request", _REQUESTS, "account, request"),
    Check(
        "no-batch-lost",
        "Whatever changed is of a batch that is still there.",
        """
        SELECT 'batch ' || s.batch, 'it is gone, or was never there'
        FROM scope s LEFT JOIN batches b ON b.id = s.batch WHERE b.id IS NULL
        """,
        _RESTORE,
    ),
    Check(
        "outbox-rows",
        "What was written, or is to be, belongs to a row that syncd gave a key to.",
        """
        SELECT 'row ' || o.key, printf('%d cells of worksheet %d, whose row is unknown', COUNT(*),
            o.worksheet)
        FROM outbox o LEFT JOIN keys k ON k.worksheet = o.worksheet AND k.key = o.key
        WHERE k.key IS NULL GROUP BY o.worksheet, o.key
        """,
        _RESTORE,
        whole=True,
    ),
    Check(
        "references",
        "Whatever refers to a worksheet or a batch refers to one that is there.",
        """
        SELECT 'table ' || "table", printf('row %s refers to a row of %s that is not there',
            COALESCE(rowid, '?'), parent)
        FROM pragma_foreign_key_check
        """,
        _RESTORE,
        whole=True,
    ),
)

INTEGRITY = Check(
    "file",
    "The file is whole.",
    "SELECT 'the file', integrity_check FROM pragma_integrity_check "
    "WHERE integrity_check <> 'ok' LIMIT 20",
    _RESTORE,
    whole=True,
)
"""SQLite's own look at every page and index; the longest of all, so only ``verify`` asks for it."""

_ALL = "WITH scope AS (SELECT id AS batch FROM batches)"
_TOUCHED = "WITH scope AS (SELECT batch FROM touched)"
_MOST = 1000  # breaches of one promise that are told: more would say nothing new


class Audit:
    """Looks at one ledger. Sums are over all vendor accounts in it."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def full(self) -> list[Violation]:
        """Return every breach in all the history, save those that a human has let pass."""
        return [found for check in CHECKS for found in self.ask(check) if not found.waived]

    def look(self) -> list[Violation]:
        """Return the breaches by batches that changed since the last look, and forget the changes.

        The caller holds a transaction. It costs what has changed, whatever the history.
        """
        if not self.is_due():
            return []
        found = [
            breach
            for check in CHECKS
            if not check.whole
            for breach in self._run(check, _TOUCHED)
            if not breach.waived
        ]
        self.forget()
        return found

    def is_due(self) -> bool:
        """Return whether any batch has changed since the last look."""
        return self._db.execute("SELECT 1 FROM touched LIMIT 1").fetchone() is not None

    def forget(self) -> None:
        """Forget what has changed: all of it was looked at. The caller holds a transaction."""
        self._db.execute("DELETE FROM touched")

    def ask(self, check: Check) -> list[Violation]:
        """Return every breach of one promise in all the history, waived ones as such."""
        return self._run(check, _ALL)

    def waive(self, found: Iterable[Violation], now: datetime) -> None:
        """Let those breaches pass from now on. The caller holds a transaction."""
        self._db.conn.executemany(
            "INSERT OR IGNORE INTO waived VALUES (?, ?, ?, ?)",
            [(one.check, one.subject, one.says, to_text(now)) for one in found],
        )

    def _run(self, check: Check, scope: str) -> list[Violation]:
        sql = check.sql.strip()
        if not check.whole:
            sql = f"{scope} {sql}"
        rows = self._db.execute(sql).fetchmany(_MOST)
        return [
            Violation(check.name, subject, says, check.mend, self._is_waived(check, subject, says))
            for subject, says in rows
        ]

    def _is_waived(self, check: Check, subject: str, says: str) -> bool:
        row = self._db.execute(
            'SELECT 1 FROM waived WHERE "check" = ? AND subject = ? AND says = ?',
            [check.name, subject, says],
        ).fetchone()
        return row is not None
