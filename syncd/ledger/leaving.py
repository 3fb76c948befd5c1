"""How syncd left the ledger's file, so that the next start knows whether anybody was at it since.

Told by size, time and number of the file and its log, in a small file beside it. What was never
noted, as after a kill, counts as changed; so does a copy, a restore, or another program's write.
Not told: whoever changes the file and puts its time back, and a disk that forgets by itself.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

from syncd.ledger.opening import hand_over

Traces = list[list[int] | None]


def note_left(ledger: Path) -> None:
    """Note how the ledger is now; whoever holds its lock calls this last, with all else closed."""
    with contextlib.suppress(OSError):  # without a note the next start looks at everything
        opened = os.open(_beside(ledger), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(opened, json.dumps(_trace(ledger)).encode())
        finally:
            os.close(opened)
        hand_over(_beside(ledger), ledger)


def is_as_left(ledger: Path) -> bool:
    """Whether nothing has touched the ledger since; whoever took its lock asks before opening it.

    The note is good for one answer: what comes after it is not known by it any more.
    """
    try:
        noted = json.loads(_beside(ledger).read_bytes())
    except (OSError, ValueError):
        noted = None
    with contextlib.suppress(OSError):
        _beside(ledger).unlink()
    return bool(noted == _trace(ledger))


def _beside(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.left")


def _trace(ledger: Path) -> Traces:
    found: Traces = []
    for one in (ledger, ledger.with_name(f"{ledger.name}-wal")):
        try:
            told = one.stat()
        except OSError:
            found.append(None)
            continue
        # An empty log is as good as none: readers leave one behind.
        found.append([told.st_ino, told.st_size, told.st_mtime_ns] if told.st_size else None)
    return found
