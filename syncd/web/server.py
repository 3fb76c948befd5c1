"""The web server's socket and its thread.

A failing web server never fails the daemon. Where the address is taken, syncd says so and goes on,
trying again every while: purchases are worth more than a page about them, another process may only
be late in leaving, and whoever watches sees that nothing answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from syncd.web.protocol import Protocol

log = structlog.get_logger()

Address = tuple[str, int] | Path

_AGAIN = 30.0  # seconds until an address that was taken is tried again
_LEAVE = 2.0  # seconds that a request under way is given when the daemon ends
_BACKLOG = 64
_LONGEST_HEAD = 16 * 1024  # bytes of a request's headers


class _Server(uvicorn.Server):
    """uvicorn's own wakes up ten times a second to see whether it should end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop = asyncio.get_running_loop()
        self._left = asyncio.Event()

    async def main_loop(self) -> None:
        await self._left.wait()

    def leave(self) -> None:
        with contextlib.suppress(RuntimeError):  # it has ended by itself
            self._loop.call_soon_threadsafe(self._left.set)


class Web:
    """Serves a site on one address, from :meth:`start` to :meth:`stop`.

    ``make_site`` is called in the server's own thread, which is the only one that its ledger
    belongs to; ``site.close`` is called there as well.
    """

    def __init__(self, address: Address, make_site: Callable[[], Any]) -> None:
        self._address = address
        self._make_site = make_site
        self._leaving = threading.Event()
        self._server: _Server | None = None
        self._guard = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self.listening = threading.Event()
        self.port = 0  # of a TCP address, once it listens

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop listening; return when that is done, or after seconds at the most."""
        self._leaving.set()
        with self._guard:
            if self._server is not None:
                self._server.leave()
        self._thread.join(2 * _LEAVE)

    def _run(self) -> None:
        told = ""
        while not self._leaving.is_set():
            try:
                listener = open_listener(self._address)
            except OSError as error:
                reason = explain(self._address, error)
                if reason != told:
                    log.warning("web_not_started", reason=reason, hint="syncd works on without it")
                    told = reason
            else:
                told = ""
                self._serve(listener)
            self._leaving.wait(_AGAIN)

    def _serve(self, listener: socket.socket) -> None:
        # Whatever it is, it must not end the thread: the next try may fare better.
        with contextlib.closing(listener):
            try:
                with contextlib.closing(self._make_site()) as site:
                    asyncio.run(self._listen(site, listener))
            except Exception:
                log.exception("web_failed", hint="syncd works on without it")
            finally:
                self.listening.clear()
                if isinstance(self._address, Path):
                    self._address.unlink(missing_ok=True)

    async def _listen(self, site: Any, listener: socket.socket) -> None:
        # What strangers send is no news: it would fill the log.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        config = uvicorn.Config(
            site,
            http=Protocol,
            ws="none",
            lifespan="off",
            loop="asyncio",
            interface="asgi3",
            log_config=None,
            access_log=False,  # paths of hooks hold tokens
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=int(_LEAVE),
            h11_max_incomplete_event_size=_LONGEST_HEAD,
        )
        with self._guard:
            self._server = _Server(config)
            if self._leaving.is_set():
                self._server.leave()
        if not isinstance(self._address, Path):
            self.port = listener.getsockname()[1]
        self.listening.set()
        log.info("web_started", listen=str(self._address) if self.port == 0 else self.port)
        await self._server.serve(sockets=[listener])


def open_listener(address: Address) -> socket.socket:
    """Bind and listen. Raises OSError where the address cannot be had."""
    if isinstance(address, Path):
        _remove_stale(address)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if isinstance(address, Path):
            listener.bind(str(address))
            # As open as a port on loopback: a proxy is another user. The folder may say otherwise.
            address.chmod(0o666)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
    except BaseException:
        listener.close()
        raise
    return listener


def _remove_stale(path: Path) -> None:
    """Remove the socket that a crash has left; never one that somebody listens on, nor a file."""
    try:
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise FileExistsError(f"{path} is there, and is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
    raise OSError(f"{path} is in use: another program listens there")


def explain(address: Address, error: OSError) -> str:
    """Say why the address cannot be had, and what to do."""
    where = str(address) if isinstance(address, Path) else f"{address[0]} port {address[1]}"
    said = error.strerror or str(error)
    return f"The web server cannot listen on {where}: {said}. Change [web] listen, or free it."
