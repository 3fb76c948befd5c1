"""The world without a socket, under the production clients: requests and httpx.

Both act out what a real connection would do as the library's own exceptions. With a virtual clock
a wait moves that clock, so that a time-out costs a test nothing. A client that times out has gone,
but its request has not: it is applied later, as it would be.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from http.client import RemoteDisconnected
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import requests
import requests.adapters
import urllib3

from .clock import VirtualClock
from .wire import Request, Response
from .world import Drop, Hold, Send

if TYPE_CHECKING:
    from .world import World

Elapse = Callable[[float], None]


class TimedOut(Exception):
    """The client has stopped waiting; each library has its own word for it."""


def exchange(world: World, request: Request, timeout: float | None, elapse: Elapse) -> Send | Drop:
    """Send a request and wait for its answer, or raise TimedOut after ``timeout`` seconds."""
    answer = world.handle(request)
    if isinstance(answer, Hold):
        if timeout is not None and answer.seconds >= timeout:
            elapse(timeout)
            world.apply_later(answer, in_seconds=answer.seconds - timeout)
            raise TimedOut
        elapse(answer.seconds)
        answer = answer.then()
    if isinstance(answer, Send):
        if timeout is not None and answer.delay >= timeout:
            elapse(timeout)
            raise TimedOut
        # A trickle never times out: each piece comes soon enough. It only takes its time.
        elapse(answer.delay + answer.trickle)
    return answer


class RequestsAdapter(requests.adapters.HTTPAdapter):
    """Mount this on a requests session for the sandbox's base URL."""

    def __init__(self, world: World, elapse: Elapse | None = None) -> None:
        super().__init__()
        self._world = world
        self._elapse = elapse or elapse_by(world)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: ARG002 - this and the three below are requests' signature
        timeout: Any = None,
        verify: bool | str = True,  # noqa: ARG002 - see stream
        cert: Any = None,  # noqa: ARG002 - see stream
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002 - see stream
    ) -> requests.Response:
        read_timeout = timeout[1] if isinstance(timeout, tuple) else timeout
        try:
            answer = exchange(self._world, _from_requests(request), read_timeout, self._elapse)
        except TimedOut:
            raise requests.exceptions.ReadTimeout("Read timed out.", request=request) from None
        if isinstance(answer, Drop):
            gone = RemoteDisconnected("Remote end closed connection without response")
            problem = urllib3.exceptions.ProtocolError("Connection aborted.", gone)
            raise requests.exceptions.ConnectionError(problem, request=request)
        # The library's own response object notices by itself when a body falls short of its length.
        body = answer.response.body
        raw = urllib3.HTTPResponse(
            body=BytesIO(body[: len(body) // 2] if answer.truncated else body),
            headers=urllib3.HTTPHeaderDict(_headers(answer.response)),
            status=answer.response.status,
            reason=HTTPStatus(answer.response.status).phrase,
            preload_content=False,
            enforce_content_length=True,
            request_method=request.method,
        )
        return self.build_response(request, raw)


class HttpxTransport(httpx.BaseTransport):
    """Give this to an httpx client as its ``transport``."""

    def __init__(self, world: World, elapse: Elapse | None = None) -> None:
        self._world = world
        self._elapse = elapse or elapse_by(world)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        read_timeout = request.extensions.get("timeout", {}).get("read")
        try:
            answer = exchange(self._world, _from_httpx(request), read_timeout, self._elapse)
        except TimedOut:
            raise httpx.ReadTimeout("timed out", request=request) from None
        if isinstance(answer, Drop):
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            )
        response = answer.response
        return httpx.Response(
            response.status,
            headers=_headers(response),
            stream=_Body(response.body, truncated=answer.truncated),
            request=request,
        )


class _Body(httpx.SyncByteStream):
    def __init__(self, body: bytes, *, truncated: bool) -> None:
        self._body = body
        self._truncated = truncated

    def __iter__(self) -> Iterator[bytes]:
        if not self._truncated:
            yield self._body
            return
        half = self._body[: len(self._body) // 2]
        yield half
        raise httpx.RemoteProtocolError(
            "peer closed connection without sending complete message body "
            f"(received {len(half)} bytes, expected {len(self._body)})"
        )


def elapse_by(world: World) -> Elapse:
    """Return how seconds pass in a world: its virtual clock is moved, a real one is waited for."""
    clock = world.clock
    if isinstance(clock, VirtualClock):
        return lambda seconds: clock.advance(timedelta(seconds=seconds))
    return time.sleep


def _from_requests(request: requests.PreparedRequest) -> Request:
    body = request.body or b""
    if not isinstance(body, bytes | str):
        raise TypeError("the sandbox takes whole bodies only")
    return Request(
        method=request.method or "GET",
        path=urlsplit(request.url or "").path or "/",
        query=urlsplit(request.url or "").query,
        headers={name.lower(): str(value) for name, value in request.headers.items()},
        body=body.encode() if isinstance(body, str) else body,
    )


def _from_httpx(request: httpx.Request) -> Request:
    path, _, query = request.url.raw_path.decode("ascii").partition("?")
    return Request(
        method=request.method,
        path=path,
        query=query,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.read(),
    )


def _headers(response: Response) -> list[tuple[str, str]]:
    return [*response.headers, ("Content-Length", str(len(response.body)))]
