"""Marks of progress: what each part of the daemon last got done, and when.

A mark is left where something has come to an end: a cycle's step, a request answered or failed,
a turn of the schedule, a write to the ledger. Whoever only waits leaves none, save that
:class:`~syncd.pace.Pace` marks a wait whose end it knows.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from syncd.core.watchdog import Beat

_DEEP = 3  # of our own calls are shown of where a part hangs


class Progress:
    """Kept by all threads of a daemon. ``clock`` is monotonic, in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._beats: dict[str, Beat] = {}
        self._threads: dict[int, str] = {}  # whose work each thread does

    def note(self, part: str) -> None:
        """Mark progress of a part, of which more is expected from now on."""
        with self._lock:
            self._beats[part] = Beat(part=part, at=self._clock())

    def mark(self) -> None:
        """Mark progress of the part that this thread works for, if it does for any."""
        with self._lock:
            if (part := self._threads.get(threading.get_ident())) is not None:
                self._beats[part] = replace(self._beats[part], at=self._clock())

    @contextmanager
    def working(self, part: str) -> Iterator[None]:
        """Let this thread work for a part, of which nothing is expected before and after."""
        thread = threading.get_ident()
        with self._lock:
            self._threads[thread] = part
            self._beats[part] = Beat(part=part, at=self._clock())
        try:
            yield
        finally:
            with self._lock:
                del self._threads[thread]
                self._beats.pop(part, None)

    @contextmanager
    def queued(self) -> Iterator[None]:
        """Let this thread's part wait for its turn, behind others."""
        self._set_queued(True)
        try:
            yield
        finally:
            self._set_queued(False)

    def _set_queued(self, queued: bool) -> None:
        with self._lock:
            if (part := self._threads.get(threading.get_ident())) is not None:
                beat = self._beats[part]
                self._beats[part] = replace(beat, queued=queued, at=self._clock())

    def beats(self) -> list[Beat]:
        with self._lock:
            return list(self._beats.values())

    @property
    def now(self) -> float:
        return self._clock()

    def where(self, part: str) -> str:
        """Return the innermost calls of the thread that works for a part, for the log."""
        with self._lock:
            threads = [thread for thread, name in self._threads.items() if name == part]
        frames = sys._current_frames()  # the documented way to another's stack
        calls = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for thread in threads
            if thread in frames
            for frame in _pick(traceback.extract_stack(frames[thread]))
        ]
        return " > ".join(calls)


def _pick(stack: list[traceback.FrameSummary]) -> list[traceback.FrameSummary]:
    """Return our own innermost calls, and the innermost of all."""
    own = [frame for frame in stack[:-1] if "/syncd/" in frame.filename]
    return [*own[-_DEEP:], stack[-1]]
