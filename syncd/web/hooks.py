"""Seleqt's completion webhook: a hint that hastens a look at one batch, and nothing more.

Whoever knows a batch's token may hint, once. The body is never looked at, only read away, so that
the sender is not cut off. Wrong, old, used and malformed tokens are answered alike. Strangers who
knock too often are turned away unasked for the rest of a minute, and hints with them: syncd looks
by itself as well, a little later.
"""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Callable

import structlog
from starlette.background import BackgroundTask
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from syncd.core.hooks import digest_of
from syncd.ledger.hooks import Known

log = structlog.get_logger()

LARGEST = 64 * 1024  # bytes; a batch holds up to 50 people, and what is told of each is unknown
STRANGERS = 60  # a minute
_MINUTE = 60.0


class Door:
    """Answers calls of ``/hooks/<token>``, in the web server's thread."""

    def __init__(
        self,
        *,
        find: Callable[[str], Known | None],
        hint: Callable[[Known], None],
        count: Callable[[str], None],
    ) -> None:
        self._find = find
        self._hint = hint
        self._count = count
        # Digests that were taken just now, and that the ledger may have still.
        self._used: deque[str] = deque(maxlen=200)
        self._knocks = 0
        self._since = float("-inf")

    async def answer(self, request: Request) -> Response:
        """Return 204 for a hint, 404 for a stranger, 413 for too much, 429 for too many."""
        if self._is_crowded():
            self._count("refused")
            return Response(status_code=429)
        sought = digest_of(request.path_params["token"])
        found = self._find(sought)
        known = found is not None and hmac.compare_digest(found.digest, sought)
        if found is None or not known or sought in self._used:
            self._knocks += 1
            self._count("unknown")
            return Response(status_code=404)
        if not await _read_away(request):
            self._count("refused")
            return Response(status_code=413)
        self._used.append(sought)
        self._count("taken")
        return Response(status_code=204, background=BackgroundTask(self._take, found))

    async def _take(self, hook: Known) -> None:
        log.info("hook_taken", batch=hook.batch)
        self._hint(hook)

    def _is_crowded(self) -> bool:
        now = time.monotonic()
        if now - self._since >= _MINUTE:
            self._since, self._knocks = now, 0
        return self._knocks >= STRANGERS


async def _read_away(request: Request) -> bool:
    """Read what is sent without keeping it; return whether it was little, and all of it came."""
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > LARGEST:
                return False
    except ClientDisconnect:
        return False
    return True
