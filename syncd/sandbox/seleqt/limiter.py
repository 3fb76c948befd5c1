"""The requests-per-minute limit of one API key: documented as 50, its window is not (a knob)."""

from __future__ import annotations

import math
from collections import deque
from datetime import datetime, timedelta

WINDOW = timedelta(seconds=60)


class Limiter:
    """Counts one key's requests. The window's type is asked at each call, as its knob may turn."""

    def __init__(self) -> None:
        self._stamps: deque[datetime] = deque()  # accepted requests, oldest first
        self._window_start: datetime | None = None

    def admit(self, now: datetime, *, limit: int, sliding: bool) -> int | None:
        """Count one request and return None, or return the whole seconds to wait."""
        if self._window_start is None or now >= self._window_start + WINDOW:
            self._window_start = now
        start = now - WINDOW if sliding else self._window_start
        while self._stamps and self._stamps[0] <= now - WINDOW:
            self._stamps.popleft()
        inside = [at for at in self._stamps if at > start or (not sliding and at == start)]
        if len(inside) < limit:
            self._stamps.append(now)
            return None
        frees = inside[len(inside) - limit] if sliding else self._window_start
        return max(1, math.ceil((frees + WINDOW - now).total_seconds()))

    def forget_last(self) -> None:
        """Take back the request just admitted, for a limiter that does not count errors."""
        if self._stamps:
            self._stamps.pop()
