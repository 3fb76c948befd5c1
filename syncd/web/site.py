"""The routes. Every answer is small, closes its connection, and may be kept by nobody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

import structlog
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from syncd.web import gate, health, meters, page
from syncd.web.facts import Facts
from syncd.web.hooks import Door
from syncd.web.meters import FromLedger, Meters

log = structlog.get_logger()

_HEADERS = {
    "Cache-Control": "no-store",
    "Connection": "close",
    "Content-Security-Policy": page.POLICY,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
JSON_LINES = "application/x-ndjson"
Endpoint = Callable[[Request], Awaitable[Response]]


class Site:
    """An ASGI application over one process's facts and meters; made and used in one thread."""

    def __init__(
        self,
        *,
        facts: Facts,
        counted: Meters,
        stuck: Callable[[], Iterable[str]],
        door: Door | None,
        public: str = "",
    ) -> None:
        self._facts = facts
        self._stuck = stuck
        self._public = public
        self._registries = [counted.registry, CollectorRegistry()]
        self._registries[1].register(FromLedger(facts, stuck=stuck))
        routes = [
            Route("/livez", self._live),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
            Route("/", self._page),
        ]
        if door is not None:
            routes.append(Route(gate.HOOKS + "{token:path}", door.answer, methods=["POST"]))
        self._app: ASGIApp = Starlette(routes=routes)
        self._app.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refusal = gate.refuse(scope["path"], headers, public=self._public)
        app: ASGIApp = PlainTextResponse(refusal + "\n", 403) if refusal else self._app
        begun = False

        async def send_closed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        try:
            await app(scope, receive, send_closed)
        except Exception:
            # uvicorn's own report is switched off; this one does not name the path.
            log.exception("web_request_failed", hint="syncd works on")
            if not begun:
                answer = PlainTextResponse("syncd could not tell; its log has the reason.\n", 500)
                await answer(scope, receive, send_closed)

    def close(self) -> None:
        self._facts.close()

    async def _live(self, _: Request) -> Response:
        status, text = health.answer_live(self._stuck())
        return Response(text, status, media_type=JSON_LINES)

    async def _ready(self, _: Request) -> Response:
        status, text = health.answer_ready(self._facts.overview(), stuck=self._stuck())
        return Response(text, status, media_type=JSON_LINES)

    async def _metrics(self, _: Request) -> Response:
        told = b"".join(meters.render(one) for one in self._registries)
        return Response(told, media_type=meters.CONTENT_TYPE)

    async def _page(self, _: Request) -> Response:
        return Response(page.render(self._facts, stuck=self._stuck()), media_type="text/html")
