"""Copies of the ledger, made while others write to it.

``VACUUM INTO`` makes them, not SQLite's backup API. Both read one state of the ledger, and in WAL
neither keeps writers waiting. But the backup API copies page by page, damage included, and begins
anew at every commit of another process unless it takes all pages at one go, unseen. ``VACUUM INTO``
reads every row and builds every index anew, so that damage shows instead of being passed on; its
copy is one file without gaps and without a log beside it. That costs some seconds of processor time
for a million jobs. Until it ends the ledger's log is not folded in, and so it grows by what is
bought meanwhile.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from syncd.ledger.opening import hand_over

Told = Callable[[str, float], None]
"""Is told what is being done, and how much of it is, from 0 to 1."""

_OFTEN = 200_000  # steps of SQLite's machine between two looks at how far a copy is


def copy(source: sqlite3.Connection, target: Path, told: Told) -> None:
    """Write all that the ledger holds now into a new file, which only its owner can read.

    Raises sqlite3.Error or OSError; then nothing of the file is left.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        hand_over(target, target.parent)
        [size] = source.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()

        def look() -> None:
            told("copied", min(1.0, target.stat().st_size / max(1, size)))

        source.set_progress_handler(look, _OFTEN)
        try:
            source.execute("VACUUM INTO ?", [str(target)])
        finally:
            source.set_progress_handler(None, 0)
        sync(target)
    except BaseException as error:
        target.unlink(missing_ok=True)
        if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT:
            raise KeyboardInterrupt from None  # a Ctrl-C that came while SQLite was at work
        raise


def sync(path: Path) -> None:
    """Bring a file, or a folder's list of names, safely to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
