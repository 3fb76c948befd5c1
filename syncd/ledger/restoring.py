"""Putting a backup in the ledger's place, so that at every moment there is a whole ledger.

The backup is copied beside the ledger, brought up to date, checked and marked there; only then it
takes the ledger's name, in one step. The ledger that was there keeps another name. The mark holds
buying until ``syncd reconcile`` has asked Seleqt what was bought since the backup: on a sheet
without a panel nothing else would tell.

The caller holds the ledger's lock.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from sqlite_utils import Database

from syncd.errors import LedgerError
from syncd.ledger.audit import Violation
from syncd.ledger.backups import check
from syncd.ledger.copies import Told, copy, sync
from syncd.ledger.migrations import ledger_migrations
from syncd.ledger.opening import (
    explain_copy,
    hand_over,
    open_read_only,
    refuse_foreign,
    refuse_newer,
)
from syncd.ledger.store import Ledger
from syncd.ledger.times import to_stamp
from syncd.ledger.upkeep import Mark


class Past(NamedTuple):
    """How far a ledger has come. ``last`` is when its latest purchase was sent, in UTC."""

    ledger: str
    purchases: int
    last: str


class Ready(NamedTuple):
    """A copy of a backup that can take the ledger's place."""

    file: Path
    past: Past
    breaches: Sequence[Violation]


def prepare(backup: Path, ledger: Path, *, now: datetime, told: Told) -> Ready:
    """Copy the backup beside the ledger, bring the copy up to date, check and mark it.

    Raises LedgerError, naming the backup; then nothing has changed.
    """
    file = ledger.with_name(f"{ledger.name}.restoring")
    try:
        if not backup.is_file() or not backup.stat().st_size:
            what = "it is empty" if backup.is_file() else "there is no such file"
            raise LedgerError(f"{backup} cannot be restored: {what}.")
        if ledger.exists() and backup.samefile(ledger):
            raise LedgerError(f"{backup} cannot be restored: it is the ledger in use.")
        file.unlink(missing_ok=True)  # of a restore that a power cut ended
        with contextlib.closing(open_read_only(backup)) as source:
            refuse_foreign(Database(source), backup)
            refuse_newer(Database(source), backup)
            if not ledger_migrations.applied(Database(source)):
                raise LedgerError(f"{backup} cannot be restored: there is nothing in it.")
            copy(source, file, told)
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise LedgerError(explain_copy(file, error)) from error
        raise LedgerError(f"{backup} cannot be restored: it is damaged ({error}).") from error
    except OSError as error:
        raise LedgerError(explain_copy(file, error)) from error
    try:
        _bring_up_to_date(file, backup)
        with Ledger(file) as ready:
            with ready.transaction():
                ready.upkeep.note(Mark.RESTORED, now, str(backup.absolute()))
                ready.upkeep.clear(Mark.AUDITED)
            past = _read_past(ready._db)
            ready._db.execute("PRAGMA journal_mode = DELETE")
        hand_over(file, ledger if ledger.exists() else ledger.parent)
        breaches = check(file, told)
        sync(file)
    except BaseException:
        discard(file)
        raise
    return Ready(file, past, breaches)


def discard(file: Path) -> None:
    """Delete a copy that is not wanted after all."""
    for one in _with_logs(file):
        one.unlink(missing_ok=True)


def find_past(ledger: Path) -> Past | None:
    """Return how far the present ledger has come; None where there is none that can be read."""
    try:
        with contextlib.closing(open_read_only(ledger)) as source:
            return _read_past(Database(source))
    except (sqlite3.Error, OSError):
        return None


def put_in_place(ready: Path, ledger: Path, now: datetime) -> Path | None:
    """Let the copy be the ledger; return what the one that was there is called now."""
    aside = ledger.with_name(f"{ledger.name}.before-restore-{to_stamp(now)}")
    try:
        there = ledger.exists()
        if there:
            _fold_in_log(ledger)
            try:
                os.link(ledger, aside)  # the ledger's name is never without a ledger
            except OSError:  # save where a disk knows no second name
                ledger.rename(aside)
        # A log that could not be folded in goes along: beside another file it would ruin that.
        for old, new in zip(_with_logs(ledger)[1:], _with_logs(aside)[1:], strict=True):
            if old.exists():
                old.rename(new)
        ready.replace(ledger)
        sync(ledger.parent)
    except OSError as error:
        raise LedgerError(
            f"The backup could not be put in place: {error.strerror}. Look at the files in "
            f"{ledger.parent} before syncd is started."
        ) from error
    return aside if there else None


def _bring_up_to_date(file: Path, backup: Path) -> None:
    db = Database(sqlite3.connect(file, isolation_level=None))
    try:
        with db.conn:
            db.execute("BEGIN IMMEDIATE")
            ledger_migrations.apply(db)
    except sqlite3.Error as error:
        raise LedgerError(f"{backup} cannot be restored: {error}.") from error
    finally:
        db.close()


def _fold_in_log(ledger: Path) -> None:
    """Make the ledger one file again. Refuse where anything else still has it open.

    Such a program would write to, or delete, the log of the file that comes into its place.
    """
    try:
        with contextlib.closing(sqlite3.connect(ledger, timeout=5)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            return  # it cannot be used, which is why it is replaced
        raise LedgerError(
            f"Another program has the ledger {ledger} open. Close it, and try again; nothing was "
            "changed."
        ) from error
    except sqlite3.DatabaseError:
        return  # damaged, as above


def _with_logs(ledger: Path) -> list[Path]:
    return [ledger, *(ledger.with_name(ledger.name + end) for end in ("-wal", "-shm", "-journal"))]


def _read_past(db: Database) -> Past:
    purchases, last = db.execute(
        "SELECT COUNT(*), MAX(submitted_at) FROM batches WHERE submitted_at IS NOT NULL"
    ).fetchone()
    # A ledger older than its lineage has no name yet.
    named = db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'lineage'").fetchone()
    own = db.execute("SELECT ledger FROM lineage WHERE own = 1").fetchone() if named else None
    return Past(own[0] if own else "", purchases, last or "")
