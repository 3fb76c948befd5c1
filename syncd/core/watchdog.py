"""Is the daemon alive? Which of its parts have made no progress for too long. Pure.

A timer proves nothing: it ticks on while all else hangs. So every part leaves a mark where it gets
something done, and the watchdog is fed only while no mark is too old.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

SCHEDULER = "scheduler"
LEDGER = "ledger"
_OWN = (SCHEDULER, LEDGER)  # all other parts are cycles, which take turns


def cycle_of(spreadsheet: str) -> str:
    """Return what the part is called that works on a spreadsheet."""
    return f"cycle of {spreadsheet}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """A part that is expected to make progress, and when it last did.

    ``at`` is in seconds of one monotonic clock. One that is ``queued`` waits until another has had
    its turn.
    """

    part: str
    at: float
    queued: bool = False


def find_stuck(beats: Collection[Beat], now: float, patience: float) -> tuple[str, ...]:
    """Return the parts that have made no progress for more than ``patience`` seconds.

    One that waits for its turn is excused while somebody has it: that one is looked at, too. Where
    all wait nobody has it, and none is excused.
    """
    taken = any(not beat.queued for beat in beats if beat.part not in _OWN)
    return tuple(
        beat.part for beat in beats if now - beat.at > patience and not (beat.queued and taken)
    )
