"""What will happen later, by the clock: applied lazily, in order of time, when somebody looks."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime

Action = Callable[[datetime], None]  # receives the time it was due, not the time it was run


class Agenda:
    """A queue of actions by due time; equal times keep the order they were entered in."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Action]] = []
        self._entered = 0

    def enter(self, due: datetime, action: Action) -> None:
        self._entered += 1
        heapq.heappush(self._heap, (due, self._entered, action))

    def run_until(self, now: datetime) -> None:
        """Run everything due; an action may enter further ones, which run too if they are due."""
        while self._heap and self._heap[0][0] <= now:
            due, _, action = heapq.heappop(self._heap)
            action(due)
