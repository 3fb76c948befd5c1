"""One pace for everything that shares a key, however many threads use it: spends go first."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

from pyrate_limiter import Duration, InMemoryBucket, Rate, RateItem

from syncd.errors import Stopping

_LOOK = 0.2  # seconds between looks at the stop event while waiting


class Pace:
    """At most ``per_minute`` requests in any 60 seconds; 0 means no limit.

    Those that ask with ``first`` go before those that wait without. :meth:`pause` holds everybody,
    as after a 429. Where ``clock`` is not the real one, ``rest`` must make it go on. ``mark`` is
    called in a wait, whose end is known, and at that end.
    """

    def __init__(
        self,
        per_minute: int,
        *,
        stop: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], object] | None = None,
        mark: Callable[[], object] = lambda: None,
    ) -> None:
        self._per_minute = per_minute
        self._bucket = InMemoryBucket([Rate(per_minute, Duration.MINUTE)]) if per_minute else None
        self._clock = clock
        self._stop = stop or threading.Event()
        self._mark = mark
        self._turn = threading.Condition()
        self._rest = rest or self._turn.wait
        self._queue: list[tuple[int, int]] = []
        self._tickets = itertools.count()
        self._held_until = 0.0

    def wait(self, *, first: bool = False) -> None:
        """Return when a request may be sent; raises :class:`Stopping` when the daemon leaves."""
        ticket = (0 if first else 1, next(self._tickets))
        with self._turn:
            heapq.heappush(self._queue, ticket)
            try:
                while (left := self._left(ticket)) > 0:
                    if self._stop.is_set():
                        raise Stopping("syncd is stopping")
                    self._mark()
                    self._rest(min(left, _LOOK))
            finally:
                self._queue.remove(ticket)
                heapq.heapify(self._queue)
                self._turn.notify_all()
        self._mark()

    def pause(self, seconds: float) -> None:
        """Send nothing for that long, whoever asks."""
        with self._turn:
            self._held_until = max(self._held_until, self._clock() + seconds)

    def follow(self, before: Pace) -> None:
        """Go on where another leaves off: what it sent counts, and what held it holds this one."""
        self._held_until = before._held_until
        if self._per_minute == before._per_minute:
            self._bucket = before._bucket

    def _left(self, ticket: tuple[int, int]) -> float:
        """Return 0 when the ticket was let through, else seconds after which to look again."""
        now = self._clock()
        if now < self._held_until:
            return self._held_until - now
        if self._queue[0] != ticket:
            return _LOOK
        if self._bucket is None:
            return 0.0
        item = RateItem("request", int(now * 1000))
        self._bucket.leak(item.timestamp)
        return 0.0 if self._bucket.put(item) else _LOOK
