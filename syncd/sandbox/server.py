"""The sandbox on a socket: HTTP/1.1 on 127.0.0.1, a thin skin over the world.

It refuses to listen anywhere else, to send a webhook anywhere else, and to let another web page
meddle: the page and ``/control/`` want a loopback ``Host`` (a page from outside that points its own
name at 127.0.0.1 is turned away) and, for everything but reading, no foreign ``Origin``.
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
from collections import deque
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from .control import Control
from .faults import vendor_of
from .wire import Request, Response, answer_json
from .world import Drop, Hold, Send

if TYPE_CHECKING:
    from types import TracebackType

    from .seleqt import Delivery
    from .world import World

LOOPBACK = "127.0.0.1"
LOCAL_NAMES = {LOOPBACK, "localhost"}
BODY_LIMIT = 12 * 1024 * 1024  # bytes; Google's own advice is 2 MB a request
IDLE_SECONDS = 120  # a kept-alive connection is closed after that much silence
WEBHOOK_SECONDS = 5
PIECES = 20  # of a trickled answer

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
log = logging.getLogger(__name__)


class SandboxServer:
    """Serves one world until closed: ``with SandboxServer(world) as server: server.base_url``."""

    def __init__(self, world: World, *, host: str = LOOPBACK, port: int = 0) -> None:
        if host != LOOPBACK:
            raise ValueError(f"the sandbox listens on {LOOPBACK} only, not on {host}")
        self.world = world
        self.webhooks: deque[tuple[str, int | str]] = deque(maxlen=1000)  # url, status or problem
        self._http = _Listener((host, port), world)
        self._threads = [
            threading.Thread(target=self._serve, name="sandbox", daemon=True),
            threading.Thread(target=self._deliver_webhooks, name="sandbox-webhooks", daemon=True),
        ]

    @property
    def port(self) -> int:
        return self._http.server_port

    @property
    def base_url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop listening and cut every open connection; returns when the threads have ended."""
        self._http.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.cut_connections()
        for thread in self._threads:
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _serve(self) -> None:
        self._http.serve_forever(poll_interval=0.01)  # how long closing takes

    def _deliver_webhooks(self) -> None:
        while not self._http.closing.wait(0.05):
            with self.world.lock:
                due = self.world.seleqt.due_deliveries()
            for delivery in due:
                self.webhooks.append((delivery.url, send_webhook(delivery)))


def send_webhook(delivery: Delivery) -> int | str:
    """POST a webhook to a loopback URL, once; return the status, or why there is none."""
    url = urlsplit(delivery.url)
    if url.scheme != "http" or url.hostname not in LOCAL_NAMES:
        return "refused: not a loopback URL"
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    body = json.dumps(delivery.body).encode()
    try:
        with contextlib.closing(
            HTTPConnection(LOOPBACK, url.port or 80, timeout=WEBHOOK_SECONDS)
        ) as connection:
            connection.request("POST", target, body, {"Content-Type": "application/json"})
            return connection.getresponse().status
    except (OSError, HTTPException, ValueError) as problem:
        return f"failed: {problem}"


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], world: World) -> None:
        self.world = world
        self.control = Control(world)
        self.closing = threading.Event()
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        """Wake the threads that wait on a kept-alive connection: a closed server is dead."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that hang up; that is what the faults are for."""


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True  # or each answer on a kept-alive connection costs 40 ms
    timeout = IDLE_SECONDS

    def do_GET(self) -> None:
        request = self._read()
        if request is None:
            return
        try:
            self._route(request)
        except OSError:
            self.close_connection = True  # the client has gone, or we are going
        except Exception:
            log.exception("the sandbox failed on %s %s", request.method, request.path)
            self._send(answer_json(500, {"error": "The sandbox itself failed; see its log"}))

    # The base class looks methods up by these names.
    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - see above
    do_PATCH = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - see above

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stay quiet: the journal knows every request."""

    def _read(self) -> Request | None:
        """Return the request; or answer what is wrong with it, if anybody listens, and None."""
        path, _, query = self.path.partition("?")
        problem = self._find_problem(path)
        if problem is not None:
            self.close_connection = True  # its body, still in the pipe, would read as a request
            self._send(problem)
            return None
        length = int(self.headers.get("Content-Length", "0"))
        try:
            body = self.rfile.read(length)
        except OSError:
            body = b""
        if len(body) < length:  # hung up in the middle: nothing to apply, nobody to tell
            self.close_connection = True
            return None
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(method=self.command, path=path, query=query, headers=headers, body=body)

    def _find_problem(self, path: str) -> Response | None:
        length = self.headers.get("Content-Length", "0").strip()
        if not path.startswith("/"):
            return answer_json(400, {"error": "The target must be a path"})
        if "Transfer-Encoding" in self.headers:
            return answer_json(411, {"error": "Send a Content-Length"})
        if not (length.isascii() and length.isdigit()):
            return answer_json(400, {"error": "Content-Length must be a number"})
        if len(length) > 12 or int(length) > BODY_LIMIT:
            return answer_json(413, {"error": f"At most {BODY_LIMIT} bytes"})
        return None

    def _route(self, request: Request) -> None:
        if vendor_of(request) is not None:
            self._act_out(request)
            return
        refusal = refuse_stranger(request)
        if refusal is not None:
            self._send(refusal)
        elif request.path.startswith("/control/"):
            self._send(self.server.control.handle(request))
        else:
            self._send(serve_page(request))

    def _act_out(self, request: Request) -> None:
        answer = self.server.world.handle(request)
        if isinstance(answer, Hold):
            if self.server.closing.wait(answer.seconds):
                raise ConnectionAbortedError("a closed sandbox applies nothing any more")
            answer = answer.then()
        if isinstance(answer, Drop):
            self.close_connection = True
            return
        self.server.closing.wait(answer.delay)
        if answer.truncated:
            self._send_half(answer.response)
        elif answer.trickle:
            self._send_slowly(answer)
        else:
            self._send(answer.response)

    def _send(self, response: Response) -> None:
        self.wfile.write(self._head(response) + self._body(response))

    def _send_half(self, response: Response) -> None:
        self.close_connection = True
        self.wfile.write(self._head(response) + response.body[: len(response.body) // 2])

    def _send_slowly(self, answer: Send) -> None:
        self.wfile.write(self._head(answer.response))
        body = self._body(answer.response)
        size = max(1, -(-len(body) // PIECES))
        pieces = [body[start : start + size] for start in range(0, len(body), size)]
        for piece in pieces:
            self.server.closing.wait(answer.trickle / len(pieces))
            self.wfile.write(piece)

    def _head(self, response: Response) -> bytes:
        phrase = self.responses[response.status][0] if response.status in self.responses else ""
        lines = [
            f"{self.protocol_version} {response.status} {phrase}",
            f"Date: {self.date_time_string()}",
            *(f"{name}: {value}" for name, value in response.headers),
            f"Content-Length: {len(response.body)}",
        ]
        if self.close_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def _body(self, response: Response) -> bytes:
        return b"" if self.command == "HEAD" else response.body


def refuse_stranger(request: Request) -> Response | None:
    """Return a 403 for requests that another web page may have caused, None for our own."""
    host = request.headers.get("host", "")
    if urlsplit(f"//{host}").hostname not in LOCAL_NAMES:
        return answer_json(403, {"error": "Only requests to this machine's own name are served"})
    origin = request.headers.get("origin")
    if request.method not in ("GET", "HEAD") and origin not in (None, f"http://{host}"):
        return answer_json(403, {"error": "Requests from other pages are refused"})
    return None


def serve_page(request: Request) -> Response:
    """Return a file of the grid page: ``/`` and ``/assets/<name>``, nothing below and beside."""
    if request.method not in ("GET", "HEAD"):
        return answer_json(405, {"error": "The page can only be read"})
    name = "index.html" if request.path == "/" else request.path.removeprefix("/assets/")
    stem, dot, ending = name.rpartition(".")
    kind = CONTENT_TYPES.get(f"{dot}{ending}")
    if kind is None or not stem.replace("-", "").replace("_", "").isalnum():
        return answer_json(404, {"error": "There is no such page"})
    file = resources.files(__package__).joinpath("page", name)
    if not file.is_file():
        return answer_json(404, {"error": "There is no such page"})
    headers = (("Content-Type", kind), ("Cache-Control", "no-store"))
    return Response(status=200, headers=headers, body=file.read_bytes())
