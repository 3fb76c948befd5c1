"""One daemon per ledger file: two would both believe that nobody else is buying."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from syncd.errors import LedgerError
from syncd.ledger.opening import hand_over

_TRIES, _PAUSE = 5, 0.01  # seconds between them
_HELD: set[Path] = set()  # in this process


class Lock:
    """An advisory lock beside the ledger, held while the block runs and freed by any death."""

    def __init__(self, ledger: Path) -> None:
        self._path = ledger.with_name(ledger.name + ".lock")
        self._file: int | None = None

    @staticmethod
    def is_held_here(ledger: Path) -> bool:
        """Whether this process holds the lock of that ledger."""
        return ledger.with_name(ledger.name + ".lock").absolute() in _HELD

    @staticmethod
    def find_holder(ledger: Path) -> str:
        """Return the number of the process that holds the lock of that ledger; "" where none does.

        It is held for the blink of the question, which whoever enters meanwhile waits for.
        """
        try:
            file = os.open(ledger.with_name(ledger.name + ".lock"), os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return ""
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return os.read(file, 32).decode(errors="replace").strip() or "unknown"
        finally:
            os.close(file)
        return ""

    def __enter__(self) -> Self:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not self._path.exists()
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if is_new:
                hand_over(self._path, self._path.parent)
        except OSError as error:
            raise LedgerError(
                f"The ledger's lock {self._path} cannot be opened: {error.strerror}."
            ) from error
        try:
            self._take(self._file)
        except OSError as error:
            holder = os.read(self._file, 32).decode(errors="replace").strip() or "unknown"
            os.close(self._file)
            self._file = None
            raise LedgerError(
                f"Another syncd (process {holder}) works with the ledger "
                f"{self._path.with_suffix('')}. Stop it first, or give this one another ledger."
            ) from error
        with contextlib.suppress(OSError):  # a full disk: the lock holds without a name, too
            os.ftruncate(self._file, 0)
            os.write(self._file, f"{os.getpid()}\n".encode())
        _HELD.add(self._path.absolute())
        return self

    @staticmethod
    def _take(file: int) -> None:
        """Take the lock, or raise OSError; a passing question who holds it is waited for."""
        for _ in range(_TRIES):
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            time.sleep(_PAUSE)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def touch(self) -> None:
        """Write to the lock's file and wait for the disk: whoever can, can record a purchase.

        Not to the ledger itself: after any change there every cycle looks at the whole sheet anew.
        The file's time tells everybody when its holder was last alive.
        """
        assert self._file is not None  # noqa: S101  (only its holder touches it)
        try:
            os.pwrite(self._file, f"{os.getpid()}\n".encode(), 0)
            os.fsync(self._file)
        except OSError as error:
            raise LedgerError(
                f"The ledger's lock {self._path} cannot be written: {error.strerror}."
            ) from error

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            _HELD.discard(self._path.absolute())
            os.close(self._file)  # closing frees the lock; the file stays, or two could hold it
            self._file = None
