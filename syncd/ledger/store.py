"""Opening the ledger file, and its transactions."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
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
from syncd.ledger.conditions import Conditions
from syncd.ledger.copies import Told, copy, sync
from syncd.ledger.evidence import Evidence
from syncd.ledger.figures import Figures
from syncd.ledger.hooks import Hooks
from syncd.ledger.imports import Imports
from syncd.ledger.lineage import Lineage
from syncd.ledger.lock import Lock
from syncd.ledger.migrations import ledger_migrations
from syncd.ledger.notices import Notices
from syncd.ledger.opening import (
    DAMAGED,
    explain,
    explain_copy,
    identify,
    open_read_only,
    refuse_empty,
    refuse_foreign,
    refuse_newer,
)
from syncd.ledger.outbox import Outbox
from syncd.ledger.pastes import Pastes
from syncd.ledger.people import People
from syncd.ledger.refunds import Refunds
from syncd.ledger.statement import Statement
from syncd.ledger.times import to_stamp
from syncd.ledger.upkeep import Upkeep
from syncd.ledger.worksheets import Worksheets


class Ledger:
    """One connection to the ledger, for one thread at a time.

    Raises :class:`~syncd.errors.LedgerError` where the file cannot be used: unreadable, damaged,
    or written by a newer syncd.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._own = 0  # changes that this connection has counted
        try:
            self._db = self._open(path, read_only=read_only)
            self._file = identify(path)
            refuse_foreign(self._db, path)
            self._furnish()
            if read_only:
                refuse_newer(self._db, path)
                self._refuse_older()
            else:
                self._migrate()
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(explain(path, error)) from error

    @staticmethod
    def _open(path: Path, *, read_only: bool) -> Database:
        if read_only:
            if not path.exists():
                raise LedgerError(f"There is no ledger at {path} yet.")
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
            refuse_empty(path)
            connection = open_read_only(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            refuse_empty(path)
            # Closing any descriptor of the file gives up the locks that all connections of this
            # process hold on it (POSIX): the next to close it elsewhere would take the WAL away.
            if not path.exists():
                os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # people's data: owner only
            connection = sqlite3.connect(
                path, isolation_level=None, timeout=30, check_same_thread=False
            )
        # FULL, because WAL's NORMAL may forget the last commits at a power cut: a purchase.
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        return Database(connection)

    def _furnish(self) -> None:
        self.accounts = Accounts(self._db)
        self.audit = Audit(self._db)
        self.imports = Imports(self._db)
        self.lineage = Lineage(self._db)
        self.outbox = Outbox(self._db)
        self.pastes = Pastes(self._db)
        self.brakes = Brakes(self._db)
        self.conditions = Conditions(self._db)
        self.evidence = Evidence(self._db)
        self.hooks = Hooks(self._db)
        self.notices = Notices(self._db)
        self.refunds = Refunds(self._db)
        self.people = People(self._db, self._count_others)
        self.batches = Batches(self._db, self.people)
        self.approvals = Approvals(self._db)
        self.repeats = Approvals(self._db, "repeats")
        self.upkeep = Upkeep(self._db)
        self.worksheets = Worksheets(self._db, self.approvals, self.repeats)

    def _migrate(self) -> None:
        refuse_newer(self._db, self.path)
        self._db.execute("PRAGMA journal_mode = WAL")
        if not ledger_migrations.pending(self._db):
            return
        before = ledger_migrations.applied(self._db)
        if not before:  # a new one
            with self.transaction():
                ledger_migrations.apply(self._db)
            return
        # A daemon of the older syncd may be at work with it.
        with nullcontext() if Lock.is_held_here(self.path) else Lock(self.path):
            copied = self._keep_copy(before[-1].name)
            try:
                with self.transaction():
                    ledger_migrations.apply(self._db)
            except BaseException:
                copied.unlink(missing_ok=True)  # the ledger itself is as it was
                raise

    def _keep_copy(self, version: str) -> Path:
        """Keep the ledger as it is, for a return to the older syncd: its name says for which."""
        copy = self.path.with_name(f"{self.path.name}.{version}.{to_stamp(datetime.now(UTC))}")
        try:
            self.copy_into(copy)
            sync(copy.parent)
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(
                f"{explain_copy(copy, error)} Without a copy it is not brought up to date."
            ) from error
        return copy

    def _refuse_older(self) -> None:
        if ledger_migrations.pending(self._db):
            raise LedgerError(
                f"The ledger {self.path} was last used by an older syncd, and cannot be read as it "
                "is. Starting syncd brings it up to date: syncd run"
            )

    @contextmanager
    def transaction(self, *, counted: bool = True) -> Iterator[None]:
        """Hold the write lock from the first statement on, and commit all or nothing.

        A deferred transaction that reads and then writes fails at once when another wrote between.
        What no plan hangs on need not be ``counted``: then :meth:`version` stays as it is.
        """
        connection = self._db.conn
        before = connection.total_changes
        with self.guard():
            self._refuse_swapped()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                changed = counted and connection.total_changes != before
                if changed:
                    connection.execute("UPDATE changes SET count = count + 1")
                connection.execute("COMMIT")
                self._own += changed
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
            raise LedgerError(explain(self.path, error)) from error

    def copy_into(self, file: Path, told: Told = lambda *_: None) -> None:
        """Write all that it holds now into a new file. Raises as :func:`copy` does."""
        copy(self._db.conn, file, told)

    def check_file(self) -> None:
        """Look at every page, save whether indexes agree with their tables: that takes longer."""
        with self.guard():
            [said] = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            error = " ".join(str(said).split())
            raise LedgerError(DAMAGED.format(path=self.path, error=error))

    def _refuse_swapped(self) -> None:
        """Refuse to go on with a file that has no name any more: what it learns would be lost."""
        if identify(self.path) != self._file:
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

    def arm(self, account: str, now: datetime, *, off: bool = False) -> None:
        """Let syncd buy for the account from now on; ``off``: plan only. Either is on record."""
        with self.transaction():
            self.accounts.arm(account, None if off else now)
            said = "plan mode: nothing is bought" if off else "armed: syncd may buy"
            self.worksheets.note("", said, now)

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read one state of the ledger throughout, whatever others commit meanwhile."""
        with self.guard():
            self._db.conn.execute("BEGIN")
            try:
                yield
            finally:
                self._db.conn.execute("ROLLBACK")

    def figures(self, account: str) -> Figures:
        """Return one vendor account's sums, for who asks often."""
        return Figures(self._db, account)

    def statement(self, account: str) -> Statement:
        """Return what became of one vendor account's credits."""
        return Statement(self._db, account)

    def version(self) -> int:
        """Return what differs after any counted change, by this connection or another."""
        return int(self._db.execute("SELECT count FROM changes").fetchone()[0])

    def _count_others(self) -> int:
        return self.version() - self._own

    def schema(self) -> str:
        """Return the name of the latest migration that the file has."""
        return [one.name for one in ledger_migrations.applied(self._db)][-1]

    def measure(self) -> int:
        """Return the bytes that the file takes, with the log beside it."""
        sizes = (self.path, self.path.with_name(self.path.name + "-wal"))
        return sum(one.stat().st_size for one in sizes if one.exists())

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
            raise LedgerError(explain(self.path, error)) from error
