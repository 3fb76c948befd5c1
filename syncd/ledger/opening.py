"""Opening the ledger's file, refusing what is none of ours, and saying what is wrong with it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
from pathlib import Path

from sqlite_utils import Database

from syncd.errors import LedgerError
from syncd.ledger.migrations import KNOWN, ledger_migrations


def open_read_only(path: Path) -> sqlite3.Connection:
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
        return connect("mode=ro&immutable=1")


def identify(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def refuse_empty(path: Path) -> None:
    """Refuse a file that has lost all it held: whoever is in the sheets would be bought again."""
    if path.is_file() and not path.stat().st_size:
        raise LedgerError(
            f"The ledger {path} is empty. Nothing was bought. Put the latest backup in its place "
            "(syncd restore FILE); where syncd never kept anything there, delete the file."
        )


DAMAGED = (
    "The ledger {path} is damaged ({error}). Nothing more is bought. Stop syncd, and put the "
    "latest backup in its place, which keeps this file: syncd restore FILE"
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
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
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


def explain(path: Path, error: Exception) -> str:
    """Say what is wrong with the file, and what to do."""
    if isinstance(error, OSError):
        template = _OS_SAYINGS.get(error.errno or 0, _OTHER)
        return template.format(path=path, error=error.strerror or error)
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the details of extended codes
    return _SAYINGS.get(code, _OTHER).format(path=path, error=error)


def explain_copy(path: Path, error: Exception) -> str:
    """Say why a copy could not be made; nothing of it is kept, and the ledger is as it was."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    number = getattr(error, "errno", 0)
    full = code == sqlite3.SQLITE_FULL or number in {errno.ENOSPC, errno.EDQUOT}
    why = "its disk is full" if full else getattr(error, "strerror", None) or error
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        why = f"the ledger is damaged ({error})"
    return f"The copy {path} cannot be made: {why}. Nothing of it is kept; the ledger is as it was."


def refuse_foreign(db: Database, path: Path) -> None:
    """Refuse a database that is no ledger of ours; an empty one is a new ledger."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema")}
    if tables and not {"accounts", "batches", "entries"} <= tables:
        raise LedgerError(
            f"{path} is a database, but no ledger of syncd's. Nothing was changed in it. "
            "Check ledger.path in the config."
        )


def refuse_newer(db: Database, path: Path) -> None:
    newer = [m.name for m in ledger_migrations.applied(db) if m.name not in KNOWN]
    if not newer:
        return
    # The newer one has kept a copy of what we wrote, under the name of our version.
    copies = [one for one in path.parent.glob(f"{path.name}.m*") if _version(one, path) in KNOWN]
    older = max(copies, key=lambda one: one.name) if copies else "FILE"
    raise LedgerError(
        f"The ledger {path} was written by a newer syncd ({newer[-1]}). Nothing was changed. "
        f"Install that version again, or put back what was there before: syncd restore {older}"
    )


def _version(copy: Path, ledger: Path) -> str:
    return copy.name.removeprefix(f"{ledger.name}.").split(".")[0]


def hand_over(file: Path, like: Path) -> None:
    """Let a file belong to whom another belongs to: what root makes would shut the daemon out."""
    if os.geteuid() == 0:
        owner = like.stat()
        with contextlib.suppress(PermissionError):  # root of a container may be nobody's
            os.chown(file, owner.st_uid, owner.st_gid)
