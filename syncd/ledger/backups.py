"""The folder of backups: a new one is checked before it counts, and only so many are kept.

A backup has its final name only once it was reopened and audited, so whatever bears one is whole.
None is deleted for one that does not add up: the older ones may be needed.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from syncd.errors import LedgerError
from syncd.ledger.audit import CHECKS, INTEGRITY, Violation
from syncd.ledger.copies import Told, sync
from syncd.ledger.opening import explain_copy, hand_over
from syncd.ledger.store import Ledger
from syncd.ledger.times import to_stamp

_NAME = re.compile(r"syncd-\d{8}T\d{6}Z\.db")
_PART = re.compile(r"syncd-\d{8}T\d{6}Z\.db\.part")
_DEAD = 86_400  # seconds after which an unfinished backup is nobody's any more


class Made(NamedTuple):
    """A backup. ``breaches`` are of the ledger itself: the copy is what the ledger was."""

    file: Path
    bytes: int
    breaches: Sequence[Violation]
    kept: int
    deleted: Sequence[Path]


def back_up(ledger: Path, folder: Path, *, keep: int, now: datetime, told: Told) -> Made:
    """Copy the ledger into the folder, whatever else works with it; keep the latest ``keep``.

    Raises LedgerError, and then leaves nothing half done behind.
    """
    file = folder / f"syncd-{to_stamp(now)}.db"
    part = file.with_name(f"{file.name}.part")
    with Ledger(ledger, read_only=True) as source:
        try:
            if not folder.exists():
                folder.mkdir(mode=0o700, parents=True)
                hand_over(folder, ledger.parent)
            if file.exists():
                raise FileExistsError(17, "there is one of this very second already")
            source.copy_into(part, told)
        except (sqlite3.Error, OSError) as error:
            raise LedgerError(explain_copy(part, error)) from error
    try:
        breaches = check(part, told)
        part.rename(file)
        sync(folder)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    kept, deleted = (_list(folder), []) if breaches else _forget_old(folder, keep)
    return Made(file, file.stat().st_size, breaches, len(kept), deleted)


def check(file: Path, told: Told) -> list[Violation]:
    """Open a copy as a ledger is opened, look at all of it, and return what does not add up.

    Raises LedgerError where the file itself is damaged. What a human has let pass passes here.
    """
    with Ledger(file, read_only=True) as ledger, ledger.snapshot():
        damage = ledger.audit.ask(INTEGRITY)
        if damage:
            raise LedgerError(f"The copy {file} is damaged: {damage[0].says}.")
        found: list[Violation] = []
        for number, one in enumerate(CHECKS):
            told("checked", number / len(CHECKS))
            found += (breach for breach in ledger.audit.ask(one) if not breach.waived)
        told("checked", 1.0)
    return found


def _list(folder: Path) -> list[Path]:
    return sorted(one for one in folder.iterdir() if _NAME.fullmatch(one.name))


def _forget_old(folder: Path, keep: int) -> tuple[list[Path], list[Path]]:
    """Delete all but the latest, and what a power cut left unfinished; return both sorts.

    Files of any other name are nobody's business here.
    """
    for part in folder.iterdir():
        if _PART.fullmatch(part.name) and time.time() - part.stat().st_mtime > _DEAD:
            part.unlink(missing_ok=True)
    found = _list(folder)
    deleted = []
    for one in found[:-keep]:
        with contextlib.suppress(OSError):
            one.unlink()
            deleted.append(one)
    return found[-keep:], deleted
