"""Opening the ledger file, and its transactions."""

from __future__ import annotations

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
from syncd.ledger.imports import Imports
from syncd.ledger.migrations import KNOWN, ledger_migrations
from syncd.ledger.outbox import Outbox
from syncd.ledger.pastes import Pastes
from syncd.ledger.people import People
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
            self.people = People(self._db)
            if read_only:
                self._refuse_newer()
                self._refuse_older()
            else:
                self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(f"The ledger {path} cannot be used: {error}.") from error
        self.accounts = Accounts(self._db)
        self.audit = Audit(self._db)
        self.imports = Imports(self._db)
        self.outbox = Outbox(self._db)
        self.pastes = Pastes(self._db)
        self.batches = Batches(self._db, self.people)
        self.approvals = Approvals(self._db)
        self.worksheets = Worksheets(self._db, self.approvals)

    @staticmethod
    def _open(path: Path, *, read_only: bool) -> Database:
        if read_only:
            if not path.exists():
                raise LedgerError(f"There is no ledger at {path} yet.")
            connection = sqlite3.connect(
                f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=10
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # people's data: owner only
            connection = sqlite3.connect(
                path, isolation_level=None, timeout=30, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
        # FULL, because WAL's NORMAL may forget the last commits at a power cut: a purchase.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return Database(connection)

    def _migrate(self) -> None:
        self._refuse_newer()
        if ledger_migrations.pending(self._db):
            with self.transaction():
                ledger_migrations.apply(self._db)

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
        try:
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
        except sqlite3.Error as error:
            raise LedgerError(f"The ledger {self.path} cannot be written: {error}.") from error

    def record(self, step: Step, now: datetime) -> None:
        """Write all that one step of a batch's life changes; the caller holds a transaction."""
        self.batches.save(step.batch, step.entries, now)
        self.worksheets.note("", step.event, now, batch=step.batch.id)
        if step.alarm:
            self.accounts.halt(step.batch.account, step.alarm)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the ledger throughout, whatever others commit meanwhile."""
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
