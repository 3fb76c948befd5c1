"""Opening the ledger file, and its transactions."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlite_utils import Database

from syncd.core.lifecycle import Step
from syncd.errors import LedgerError
from syncd.ledger.accounts import Accounts
from syncd.ledger.approvals import Approvals
from syncd.ledger.audit import Audit
from syncd.ledger.batches import Batches
from syncd.ledger.brakes import Brakes
from syncd.ledger.evidence import Evidence
from syncd.ledger.imports import Imports
from syncd.ledger.lineage import Lineage
from syncd.ledger.migrations import KNOWN, ledger_migrations
from syncd.ledger.outbox import Outbox
from syncd.ledger.pastes import Pastes
from syncd.ledger.people import People
from syncd.ledger.refunds import Refunds
from syncd.ledger.statement import Statement
from syncd.ledger.worksheets import Worksheets


class Ledger:
    """One connection to the ledger, for one thread at a time.

    Raises :class:`~syncd.errors.LedgerError` where the file cannot be used: unreadable, damaged,
    or written by a newer syncd.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        try:
            self._db = self._open(path, read_only=read_only)
            self._file = _identify(path)
            self._refuse_foreign()
            self.people = People(self._db)
            if read_only:
                self._refuse_newer()
                self._refuse_older()
            else:
                self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(_explain(path, error)) from error
        self.accounts = Accounts(self._db)
        self.audit = Audit(self._db)
        self.imports = Imports(self._db)
        self.lineage = Lineage(self._db)
        self.outbox = Outbox(self._db)
        self.pastes = Pastes(self._db)
        self.brakes = Brakes(self._db)
        self.evidence = Evidence(self._db)
        self.refunds = Refunds(self._db)
        self.batches = Batches(self._db, self.people)
        self.approvals = Approvals(self._db)
        self.repeats = Approvals(self._db, "repeats")
        self.worksheets = Worksheets(self._db, self.approvals, self.repeats)

    @staticmethod
    def _open(path: Path, *, read_only: bool) -> Database:
        if read_only:
            if not path.exists():
                raise LedgerError(f"There is no ledger at {path} yet.")
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            _refuse_empty(path)
            connection = _open_read_only(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            _refuse_empty(path)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # people's data: owner only
            connection = sqlite3.connect(
                path, isolation_level=None, timeout=30, check_same_thread=False
            )
        # FULL, because WAL's NORMAL may forget the last commits at a power cut: a purchase.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return Database(connection)

    def _migrate(self) -> None:
        self._refuse_newer()
        self._db.execute("PRAGMA journal_mode = WAL")
        if ledger_migrations.pending(self._db):
            with self.transaction():
                ledger_migrations.apply(self._db)

    def _refuse_foreign(self) -> None:
        tables = {name for (name,) in self._db.execute("SELECT name FROM sqlite_schema")}
        if tables and not {"accounts", "batches", "entries"} <= tables:
            raise LedgerError(
                f"{self.path} is a database, but no ledger of syncd's. Nothing was changed in it. "
                "Check ledger.path in the config."
            )

    def _refuse_newer(self) -> None:
        newer = [m.name for m in ledger_migrations.applied(self._db) if m.name not in KNOWN]
        if newer:
            raise LedgerError(
                f"The ledger {self.path} was written by a newer syncd ({newer[-1]}). "
                "Install that version again, or restore an older backup."
            )

    def _refuse_older(self) -> None:
        if ledger_migrations.pending(self._db):
            raise LedgerError(
                f"The ledger {self.path} was last used by an older syncd, and cannot be read as it "
                "is. Starting syncd brings it up to date: syncd run"
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the write lock from the first statement on, and commit all or nothing.

        A deferred transaction that reads and then writes fails at once when another wrote between.
        """
        connection = self._db.conn
        with self.guard():
            self._refuse_swapped()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                connection.execute("COMMIT")
            except BaseException:
                self.people.forget()  # what was recalled meanwhile may not be so
                self.worksheets.forget()
                if connection.in_transaction:  # a full disk has rolled back by itself
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Turn what the file's state makes impossible into a LedgerError that says what to do."""
        try:
            yield
        except sqlite3.Error as error:
            raise LedgerError(_explain(self.path, error)) from error

    def check_file(self) -> None:
        """Look at every page, save whether indexes agree with their tables: that takes longer."""
        with self.guard():
            [said] = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            error = " ".join(str(said).split())
            raise LedgerError(_DAMAGED.format(path=self.path, error=error))

    def _refuse_swapped(self) -> None:
        """Refuse to go on with a file that has no name any more: what it learns would be lost."""
        if _identify(self.path) != self._file:
            raise LedgerError(
                f"The ledger {self.path} was moved, deleted or replaced while syncd was running. "
                "Nothing more is bought. Put the one back that was there, and start syncd again."
            )

    def record(self, step: Step, now: datetime) -> None:
        """Write all that one step of a batch's life changes; the caller holds a transaction."""
        self.batches.save(step.batch, step.entries, now)
        self.worksheets.note("", step.event, now, batch=step.batch.id)
        if step.alarm:
            self.accounts.halt(step.batch.account, step.alarm)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the ledger throughout, whatever others commit meanwhile."""
        with self.guard():
            self._db.conn.execute("BEGIN")
            try:
                yield
            finally:
                self._db.conn.execute("ROLLBACK")

    def statement(self, account: str) -> Statement:
        """Return what became of one vendor account's credits."""
        return Statement(self._db, account)

    def version(self) -> tuple[int, int]:
        """Return what differs after any change to the ledger, by this connection or another."""
        other = self._db.execute("PRAGMA data_version").fetchone()[0]
        return other, self._db.conn.total_changes

    def close(self) -> None:
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise LedgerError(_explain(self.path, error)) from error


def _open_read_only(path: Path) -> sqlite3.Connection:
    """Open the file without writing to it, also where nothing beside it can be written."""

    def connect(how: str) -> sqlite3.Connection:
        address = f"{path.absolute().as_uri()}?{how}"
        found = sqlite3.connect(address, uri=True, isolation_level=None, timeout=10)
        try:
            found.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        except sqlite3.Error:
            found.close()
            raise
        return found

    try:
        return connect("mode=ro")
    except sqlite3.OperationalError:
        # WAL needs a file beside it even for reading. Without one nobody writes, so that the file
        # alone is all of the ledger.
        log = path.with_name(path.name + "-wal")
        if log.exists() and log.stat().st_size:
            raise
        return connect("immutable=1")


def _identify(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _refuse_empty(path: Path) -> None:
    """Refuse a file that has lost all it held: whoever is in the sheets would be bought again."""
    if path.is_file() and not path.stat().st_size:
        raise LedgerError(
            f"The ledger {path} is empty. Nothing was bought. Put the latest backup in its place; "
            "where syncd never kept anything there, delete the file."
        )


_DAMAGED = (
    "The ledger {path} is damaged ({error}). Nothing more is bought. Keep the file, as it may be "
    "saved, and put the latest backup in its place."
)
_FULL = (
    "The ledger {path} cannot be written: its disk is full. Nothing more is bought, and nothing is "
    "lost. Make room, and start syncd again."
)
_READ_ONLY = (
    "The ledger {path} cannot be written: {error}. Nothing more is bought. Let the user that syncd "
    "runs as write to the file and its folder."
)
_BROKEN = (
    "The ledger {path} cannot be used: {error}. Nothing more is bought. See whether its disk is "
    "full or failing."
)
_BUSY = (
    "The ledger {path} is locked by another program ({error}). Close that, and start syncd again."
)
_OTHER = "The ledger {path} cannot be used: {error}."
_SAYINGS = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_IOERR: _BROKEN,
}
_OS_SAYINGS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
}


def _explain(path: Path, error: Exception) -> str:
    """Say what is wrong with the file, and what to do."""
    if isinstance(error, OSError):
        template = _OS_SAYINGS.get(error.errno or 0, _OTHER)
        return template.format(path=path, error=error.strerror or error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details of extended codes
    return _SAYINGS.get(code, _OTHER).format(path=path, error=error)
