"""The web port on a real socket, beside a rig's engine, which its tests drive by hand."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from rig import Rig

from syncd.app import App
from syncd.attendants import make_site
from syncd.config import load
from syncd.engine import Engine
from syncd.web import Web
from syncd.web.meters import Meters
from syncd.web.server import Address

HOOK = 'key = { file = "seleqt.key" }\nbase_url = "BASE/api/v1"\nrequests_per_minute = 0'
LOCAL = ("127.0.0.1", 0)


class Site:
    """A running web port, the engine beside it, and what it was asked to hurry."""

    web: Web

    def __init__(self, app: App) -> None:
        self.app = app
        self.hurried: list[str] = []
        self.stuck: list[str] = []

    def find_stuck(self) -> list[str]:
        return self.stuck

    def hasten(self, spreadsheet: str) -> None:
        self.hurried.append(spreadsheet)

    @property
    def engine(self) -> Engine:
        return self.app.engines[0]

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.web.port}{path}", headers=headers)

    def post(self, path: str, body: bytes = b"{}", **headers: str) -> httpx.Response:
        return httpx.post(f"http://127.0.0.1:{self.web.port}{path}", content=body, headers=headers)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.web.port), timeout=5)


@contextmanager
def serve(rig: Rig, address: Address = LOCAL, *, public: str = "127.0.0.1:9464") -> Iterator[Site]:
    rig.settings["web"] = 'listen = "127.0.0.1:9464"'
    rig.settings["seleqt"] = f'{HOOK}\nwebhook_url = "http://{public}/hooks/{{token}}"'
    config = load(rig.config())
    meters = Meters()
    with App(config, stop=threading.Event(), clock=rig.now, watch=meters.watch) as app:
        site = Site(app)
        site.web = Web(address, lambda: make_site(app, meters, site))
        site.web.start()
        try:
            yield site
        finally:
            site.web.stop()
