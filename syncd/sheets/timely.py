"""Answers that are there as a whole in time, or not at all.

The time-out of requests holds for each piece of an answer: one that trickles would take as long as
it likes, and the watchdog would end the daemon for it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import requests
import requests.adapters

PATIENCE = 100.0
"""Seconds from the sending to the last piece; less than the watchdog's. Google's own limit is 180 s
(documented), but what takes so long comes as an error in the end."""


class Timely(requests.adapters.HTTPAdapter):
    """Carries requests, and gives up on an answer that is not over in time.

    Only the head of an answer may take longer, when it comes in pieces.
    """

    def send(self, request: requests.PreparedRequest, *args: Any, **more: Any) -> requests.Response:
        deadline = time.monotonic() + PATIENCE
        answer = super().send(request, *args, **more)
        answer.raw = _Body(answer.raw, deadline)
        return answer


class _Body:
    """A body as urllib3 reads it, but piece by piece as it comes."""

    def __init__(self, raw: Any, deadline: float) -> None:
        self._raw = raw
        self._deadline = deadline

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)

    def stream(self, amt: int, decode_content: bool) -> Iterator[bytes]:
        connection = self._raw.connection
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0:
                self._raw.close()
                raise requests.ReadTimeout(f"more than {PATIENCE:g} s")
            if connection is not None and connection.sock is not None:
                connection.sock.settimeout(left)  # or the wait for the next piece would be as long
            piece = self._raw.read1(amt, decode_content=decode_content)
            if not piece:
                return
            yield piece
