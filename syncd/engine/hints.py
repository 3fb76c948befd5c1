"""Hints that a purchase is done: it is looked at now, and once more soon, before its time.

Twice, because a value is believed only when two looks agree. A hint that is lost, or wrong, changes
nothing but when somebody looks.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

_ONCE_MORE = timedelta(seconds=2)


class Hints:
    """Given by one thread, taken by those that look."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looks: dict[str, list[datetime]] = {}  # by batch, the earliest first

    def give(self, batch: str, now: datetime) -> None:
        with self._lock:
            self._looks[batch] = [now, now + _ONCE_MORE]

    def take(self, batch: str, now: datetime) -> bool:
        """Return whether a look is due by a hint, and count it as done."""
        with self._lock:
            looks = self._looks.get(batch, [])
            later = [at for at in looks if at > now]
            if later:
                self._looks[batch] = later
            else:
                self._looks.pop(batch, None)
        return len(later) < len(looks)

    def due(self, batch: str) -> datetime | None:
        """Return when the next look by a hint is due, if any is."""
        with self._lock:
            return min(self._looks.get(batch, ()), default=None)
