"""A vendor with a virtual clock, one key, and a client that is as short as can be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncd.sandbox.clock import VirtualClock
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.wire import Request, Response

LISTS = "/public/lead-lists/"


class Shop:
    """Seleqt with 1,000 credits, and somebody who calls it."""

    def __init__(self, *, balance: int = 1000) -> None:
        self.clock = VirtualClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
        self.seleqt = Seleqt(self.clock, Knobs(), seed=7, balance=balance)
        # Far above the documented 50, so that only tests about the limiter meet it.
        self.key: str | None = self.seleqt.add_key(limit=100_000)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        query: str = "",
        key: str | None = None,
        content_type: str = "application/json",
    ) -> Response:
        headers = {"content-type": content_type}
        if (key or self.key) is not None:
            headers["x-api-key"] = key or self.key or ""
        data = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        request = Request(
            method=method, path=f"/api/v1{path}", query=query, headers=headers, body=data
        )
        return self.seleqt.handle(request)

    def get(self, path: str, query: str = "", **options: Any) -> tuple[int, Any]:
        return _parse(self.send("GET", path, query=query, **options))

    def post(self, path: str, body: Any = None, **options: Any) -> tuple[int, Any]:
        return _parse(self.send("POST", path, body, **options))

    def enrich(self, list_id: int, **fields: Any) -> tuple[int, Any]:
        return self.post(f"{LISTS}{list_id}/enrichment/", fields or None)

    def lead(self, list_id: int, prospect_id: int) -> dict[str, Any]:
        _, body = self.get(f"{LISTS}{list_id}/leads/", "page=1&page_size=100")
        return next(lead for lead in body["prospects"] if lead["id"] == prospect_id)

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def people(self, *truths: dict[str, Any]) -> list[int]:
        """Add one prospect per truth and return their ids."""
        return [self.seleqt.add_prospect(**truth).id for truth in truths]

    def list_of(self, *truths: dict[str, Any]) -> int:
        return self.seleqt.add_list("people", "PEOPLE", self.people(*truths)).id


def _parse(response: Response) -> tuple[int, Any]:
    return response.status, json.loads(response.body)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def make_shop() -> type[Shop]:
    return Shop
