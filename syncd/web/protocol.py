"""One connection of the web port: short-lived, so that slow or idle ones cannot pile up.

uvicorn has no time-out for a request that never ends. Here a connection carries one request and is
cut after some seconds, whatever it is at.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

LONGEST = 10.0  # seconds from its begin to its end
MOST = 64  # connections at the same time


class Protocol(H11Protocol):
    """uvicorn's, with an end."""

    _end: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > MOST:
            self.transport.abort()
            return
        self._end = self.loop.call_later(LONGEST, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)
