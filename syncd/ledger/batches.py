"""Batches, their jobs and their credits: every change of state is one transaction of the caller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlite_utils import Database

from syncd.core.credits import Caps, Entry, EntryKind
from syncd.core.model import (
    Batch,
    BatchState,
    Job,
    JobState,
    Kind,
    Purchasing,
    Reading,
    Seen,
)
from syncd.ledger.people import People
from syncd.ledger.times import to_text, to_text_or_none, to_time

# In the words of the partial index: in another order SQLite would not use it, and go through all.
OPEN = "'planned', 'list_ready', 'submitting', 'accepted', 'in_doubt', 'parked'"
_BATCH = (
    "id, account, worksheet, request, kind, state, purchasing, list_id, booked_day, reserved, "
    "settled, created_at, submitted_at, not_before, attempts, balance_before, note"
)
_JOB = (
    "prospect, kind, state, asked_by, value, credits, before_reading, before_value, "
    "last_reading, last_value, decided_at, again"
)


class Batches:
    """The purchases. Callers hold a transaction around each writing call."""

    def __init__(self, db: Database, people: People) -> None:
        self._db = db
        self._people = people

    def add(self, batch: Batch, now: datetime) -> None:
        """Record a planned batch, its jobs and its reservation: the intent to buy."""
        self._people.forget(job.prospect_id for job in batch.jobs)
        self._db.execute(
            f"INSERT INTO batches ({_BATCH}) VALUES ({', '.join('?' * 17)})",  # noqa: S608  (constants)
            self._columns(batch),
        )
        self._db.conn.executemany(
            "INSERT INTO jobs (batch, account, worksheet, prospect, kind, field, state, asked_by, "
            "again, value, credits) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0)",
            [
                (
                    batch.id,
                    batch.account,
                    batch.worksheet,
                    job.prospect_id,
                    job.kind,
                    job.kind.field,
                    job.state,
                    job.asked_by,
                    to_text_or_none(job.wished_at),
                )
                for job in batch.jobs
            ],
        )
        self.enter(batch, [Entry(kind=EntryKind.RESERVE, credits=batch.reserved)], now)

    def save(self, batch: Batch, entries: Sequence[Entry], now: datetime) -> None:
        """Record a batch after a step of its life, with the credits that moved."""
        self._people.forget(job.prospect_id for job in batch.jobs)
        columns = self._columns(batch)
        assignments = ", ".join(f"{name.strip()} = ?" for name in _BATCH.split(",")[1:])
        self._db.execute(
            f"UPDATE batches SET {assignments} WHERE id = ?",  # noqa: S608  (constants)
            [*columns[1:], batch.id],
        )
        self._db.conn.executemany(
            "UPDATE jobs SET state = ?, value = ?, credits = ?, before_reading = ?, "
            "before_value = ?, last_reading = ?, last_value = ?, decided_at = ? "
            "WHERE batch = ? AND prospect = ?",
            [
                (
                    job.state,
                    job.value,
                    job.credits,
                    *_seen(job.before),
                    *_seen(job.last_seen),
                    to_text_or_none(job.decided_at),
                    batch.id,
                    job.prospect_id,
                )
                for job in batch.jobs
            ],
        )
        self.enter(batch, entries, now)

    def enter(self, batch: Batch, entries: Sequence[Entry], now: datetime) -> None:
        """Append credit entries, on the day whose caps carry the batch."""
        self._db.conn.executemany(
            "INSERT INTO entries (at, day, account, worksheet, request, enrichment, batch, kind, "
            "credits) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    to_text(now),
                    batch.booked_day,
                    batch.account,
                    batch.worksheet,
                    batch.request,
                    batch.kind,
                    batch.id,
                    entry.kind,
                    entry.credits,
                )
                for entry in entries
                if entry.credits
            ],
        )

    def bound(
        self,
        batch: Batch,
        caps: Caps | None,
        *,
        request_cap: int | None = None,
        cool_off: timedelta | None = None,
        again: Mapping[int, datetime] | None = None,
    ) -> None:
        """Note the limits that the batch was held against just now, for the audit to look at.

        None of ``caps`` for a purchase that was found: it was held against those of another ledger.

        ``again`` are people whom somebody wished to be searched for once more, and since when.
        """
        self._db.conn.executemany(
            "UPDATE jobs SET again = ? WHERE batch = ? AND prospect = ?",
            [(to_text(at), batch.id, prospect) for prospect, at in (again or {}).items()],
        )
        self._db.execute(
            "INSERT INTO bounds (batch, entry, day, cap_day, cap_month, cap_worksheet, cap_kind, "
            "cap_request, cool_off) "
            "SELECT ?, COALESCE(MAX(id), 0), ?, ?, ?, ?, ?, ?, ? FROM entries",
            [
                batch.id,
                batch.booked_day,
                caps and caps.day,
                caps and caps.month,
                caps and caps.worksheet_day,
                caps and caps.kind_day.get(batch.kind),
                request_cap if batch.request else None,
                int(cool_off.total_seconds()) if cool_off is not None else None,
            ],
        )

    def rebook(self, batch: Batch, day: str, now: datetime) -> Batch:
        """Move what the batch has reserved to another day's caps; the batch itself is not saved."""
        moved = replace(batch, booked_day=day)
        self.enter(batch, [Entry(kind=EntryKind.RELEASE, credits=batch.reserved)], now)
        self.enter(moved, [Entry(kind=EntryKind.RESERVE, credits=batch.reserved)], now)
        return moved

    def get(self, batch_id: str) -> Batch | None:
        found = self._read(f"SELECT {_BATCH} FROM batches WHERE id = ?", [batch_id])  # noqa: S608  (constants)
        return found[0] if found else None

    def open(self, account: str) -> list[Batch]:
        """Return the account's open batches, oldest first."""
        return self._read(
            f"SELECT {_BATCH} FROM batches WHERE account = ? AND state IN ({OPEN}) "  # noqa: S608  (constants)
            "ORDER BY created_at, id",
            [account],
        )

    def summaries(self, account: str) -> list[tuple[str, str, str, int, int, str, str, str]]:
        """Return the open batches without their people, oldest first.

        Each as id, state, kind, number of people, credits, when it was sent or else made, and its
        spreadsheet's id and worksheet's title.
        """
        return self._db.execute(
            "SELECT b.id, b.state, b.kind, (SELECT COUNT(*) FROM jobs j WHERE j.batch = b.id), "  # noqa: S608  (constants)
            "b.reserved + b.settled, COALESCE(b.submitted_at, b.created_at), w.spreadsheet, "
            "w.title FROM batches b JOIN worksheets w ON w.id = b.worksheet "
            f"WHERE b.account = ? AND b.state IN ({OPEN}) ORDER BY b.created_at, b.id",
            [account],
        ).fetchall()

    def late(self, account: str, now: datetime) -> list[Batch]:
        """Return settled batches that are due for one more look."""
        return self._read(
            f"SELECT {_BATCH} FROM batches WHERE account = ? AND state = 'settled' "  # noqa: S608  (constants)
            "AND not_before <= ? ORDER BY not_before, id",
            [account, to_text(now)],
        )

    def tried(self, worksheet: int) -> bool:
        """Return whether anybody was ever bought for the worksheet, and decided."""
        row = self._db.execute(
            "SELECT 1 FROM batches WHERE worksheet = ? AND state = 'settled' AND settled > 0 "
            "LIMIT 1",
            [worksheet],
        ).fetchone()
        return row is not None

    def latest_list(self, account: str) -> int | None:
        """Return a list of our own whose free count can tell the balance, or None."""
        row = self._db.execute(
            "SELECT list_id FROM batches WHERE account = ? AND list_id IS NOT NULL "
            "ORDER BY created_at DESC LIMIT 1",
            [account],
        ).fetchone()
        return row[0] if row else None

    def latest(self, account: str, limit: int) -> list[Batch]:
        """Return the account's latest batches, open or not, newest first."""
        return self._read(
            f"SELECT {_BATCH} FROM batches WHERE account = ? "  # noqa: S608  (constants)
            "ORDER BY created_at DESC, rowid DESC LIMIT ?",
            [account, limit],
        )

    def story(self, batch_id: str) -> list[tuple[str, str]]:
        """Return what happened to a batch, oldest first: time and event."""
        return self._db.execute(
            "SELECT at, event FROM events WHERE batch = ? ORDER BY id", [batch_id]
        ).fetchall()

    def entries(self, batch_id: str) -> list[tuple[str, str, str, int]]:
        """Return how its credits moved, oldest first: time, day, kind, credits."""
        return self._db.execute(
            "SELECT at, day, kind, credits FROM entries WHERE batch = ? ORDER BY id", [batch_id]
        ).fetchall()

    def counts(self, account: str) -> dict[str, int]:
        """Return the number of jobs in each state."""
        return dict(
            self._db.execute(
                "SELECT state, COUNT(*) FROM jobs WHERE account = ? GROUP BY state", [account]
            ).fetchall()
        )

    def _read(self, sql: str, parameters: Sequence[Any]) -> list[Batch]:
        return [self._batch(row) for row in self._db.execute(sql, parameters).fetchall()]

    def _batch(self, row: Sequence[Any]) -> Batch:
        submitted = to_time(row[12])
        jobs = self._db.execute(
            f"SELECT {_JOB} FROM jobs WHERE batch = ? ORDER BY id",  # noqa: S608  (constants)
            [row[0]],
        ).fetchall()
        return Batch(
            id=row[0],
            account=row[1],
            worksheet=row[2],
            request=row[3],
            kind=Kind(row[4]),
            state=BatchState(row[5]),
            purchasing=Purchasing(row[6]),
            list_id=row[7],
            booked_day=row[8],
            reserved=row[9],
            settled=row[10],
            created_at=datetime.fromisoformat(row[11]),
            submitted_at=submitted,
            not_before=to_time(row[13]),
            attempts=row[14],
            balance_before=row[15],
            note=row[16],
            jobs=tuple(_job(job) for job in jobs),
        )

    @staticmethod
    def _columns(batch: Batch) -> list[object]:
        return [
            batch.id,
            batch.account,
            batch.worksheet,
            batch.request,
            batch.kind,
            batch.state,
            batch.purchasing,
            batch.list_id,
            batch.booked_day,
            batch.reserved,
            batch.settled,
            to_text(batch.created_at),
            to_text_or_none(batch.submitted_at),
            to_text_or_none(batch.not_before),
            batch.attempts,
            batch.balance_before,
            batch.note,
        ]


def _seen(seen: Seen | None) -> tuple[str | None, str | None]:
    return (seen.reading, seen.value) if seen else (None, None)


def _job(row: Sequence[Any]) -> Job:
    def seen(reading: str | None, value: str | None) -> Seen | None:
        return Seen(reading=Reading(reading), value=value or "") if reading else None

    return Job(
        prospect_id=row[0],
        kind=Kind(row[1]),
        state=JobState(row[2]),
        asked_by=row[3],
        value=row[4],
        credits=row[5],
        before=seen(row[6], row[7]),
        last_seen=seen(row[8], row[9]),
        decided_at=to_time(row[10]),
        wished_at=to_time(row[11]),
    )
