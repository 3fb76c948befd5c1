"""HTTP as plain values, so that the world needs no socket and the server no knowledge."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One HTTP request as it came over the wire. Header names are lower case."""

    method: str
    path: str  # as sent, still percent-encoded, without the query
    query: str = ""  # as sent, without the question mark
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def segments(self) -> list[str]:
        """The path's parts, decoded after splitting, so that an encoded slash stays in its part."""
        return [unquote(part) for part in self.path.split("/")[1:]]

    @property
    def params(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Response:
    """One HTTP answer. ``Content-Length`` and ``Date`` are the server's business."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""


def answer_json(
    status: int, value: Any, *, headers: Iterable[tuple[str, str]] = (), indent: int | None = None
) -> Response:
    """Return a JSON answer; extra headers come after the content type."""
    body = json.dumps(value, ensure_ascii=False, indent=indent).encode()
    return Response(
        status=status,
        headers=(("Content-Type", "application/json; charset=UTF-8"), *headers),
        body=body,
    )
