"""Scripted bad luck: which request meets which fault, decided before anything is applied.

A rule matches requests by vendor, method and path, and fires on the nth match, on the next n, or at
a rate drawn from the seed. What the fault means for the wire is ``world.py``'s business.

Kinds, and whether the request takes effect all the same:

==================  ===========  ============================================================
429, 500, 503       no           the vendor's JSON error; with ``applied`` a 500 or 503 took effect
html502, 504        no           a gateway's HTML page; ``applied`` likewise
html200             no           status 200 with a web page in it; ``applied`` likewise
unauthorized_once   no           one 401
drop_before         no           the connection is closed without an answer
drop_after          yes          the same, from outside
truncated           yes          half of the body under the whole body's Content-Length, then closed
bad_json            yes          half of the body, properly framed
slow                yes, late    ``seconds`` pass before it is applied
slow_after          yes          ``seconds`` pass before it is answered
trickle             yes          the answer takes ``seconds``, in small pieces
==================  ===========  ============================================================
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args

from .sheets.errors import unauthenticated
from .sheets.quotas import exceeded
from .wire import Request, Response, answer_json

Kind = Literal[
    "429",
    "500",
    "503",
    "html502",
    "504",
    "html200",
    "unauthorized_once",
    "drop_before",
    "drop_after",
    "truncated",
    "bad_json",
    "slow",
    "slow_after",
    "trickle",
]
Vendor = Literal["sheets", "seleqt", "token"]

REFUSING = ("429", "500", "503", "html502", "504", "html200", "unauthorized_once")
MAY_APPLY = ("500", "503", "html502", "504", "html200")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """What happens to one request."""

    kind: Kind
    seconds: float = 0.0
    applied: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Which requests meet a fault. Give one of ``nth``, ``next`` and ``rate``; none is ``next=1``.

    ``path`` is a regular expression searched in path and query. ``nth`` counts from 1, among the
    requests that match. ``applied`` only for kinds whose answer leaves that open.
    """

    kind: Kind
    vendor: Literal["sheets", "seleqt", "token", "any"] = "any"
    method: str | None = None
    path: str | None = None
    nth: int | None = None
    next: int | None = None
    rate: float | None = None
    seconds: float = 1.0
    applied: bool | None = None

    def __post_init__(self) -> None:
        problem = _problem(self)
        if problem is not None:
            raise ValueError(problem)

    def matches(self, request: Request) -> bool:
        if self.vendor not in ("any", vendor_of(request)):
            return False
        if self.method not in (None, request.method):
            return False
        target = f"{request.path}?{request.query}" if request.query else request.path
        return self.path is None or re.search(self.path, target) is not None

    @property
    def fault(self) -> Fault:
        certain = self.kind not in (*REFUSING, "drop_before")
        applied = certain if self.applied is None else self.applied
        return Fault(kind=self.kind, seconds=self.seconds, applied=applied)


@dataclass(kw_only=True, slots=True)
class _Tally:
    rule: Rule
    seen: int = 0
    fired: int = 0


class Faults:
    """The rules in force. The first that fires wins; every matching rule counts the request."""

    def __init__(self, seed: int = 0) -> None:
        self._rng = random.Random(f"faults {seed}")  # noqa: S311 - replayable bad luck
        self._tallies: dict[int, _Tally] = {}
        self._added = 0

    def add(self, kind: Kind, **matching: Any) -> int:
        """Add a rule by its fields and return its id. Wrong ones raise ValueError."""
        return self.add_rule(parse_rule({"kind": kind, **matching}))

    def add_rule(self, rule: Rule) -> int:
        self._added += 1
        self._tallies[self._added] = _Tally(rule=rule)
        return self._added

    def remove(self, rule_id: int) -> None:
        """Drop one rule; KeyError if there is none of that id."""
        del self._tallies[rule_id]

    def clear(self) -> None:
        self._tallies.clear()

    def decide(self, request: Request) -> Fault | None:
        """Count a request and return the fault it meets."""
        chosen: Fault | None = None
        for tally in self._tallies.values():
            if not tally.rule.matches(request):
                continue
            tally.seen += 1
            if chosen is None and self._fires(tally):
                tally.fired += 1
                chosen = tally.rule.fault
        return chosen

    def describe(self) -> list[dict[str, Any]]:
        return [
            {"id": number, **asdict(tally.rule), "seen": tally.seen, "fired": tally.fired}
            for number, tally in self._tallies.items()
        ]

    def _fires(self, tally: _Tally) -> bool:
        rule = tally.rule
        if rule.rate is not None:
            return self._rng.random() < rule.rate
        if rule.nth is not None:
            return tally.seen == rule.nth
        return tally.fired < (rule.next or 1)


def vendor_of(request: Request) -> Vendor | None:
    """Tell whose API a request is for; None for the sandbox's own pages."""
    if request.path.startswith(("/v4/", "/drive/v3/")):
        return "sheets"
    if request.path.startswith("/api/v1/"):
        return "seleqt"
    return "token" if request.path == "/token" else None


def parse_rule(wish: Mapping[str, Any]) -> Rule:
    """Return the rule a JSON object describes, or raise ValueError with a sentence."""
    names = {one.name for one in fields(Rule)}
    if unknown := sorted(set(wish) - names):
        raise ValueError(f"a fault has no field {unknown[0]!r}")
    if "kind" not in wish:
        raise ValueError("a fault needs a kind")
    return Rule(**wish)


def answer_fault(fault: Fault, request: Request, now: datetime) -> Response:
    """Return the answer of a fault that is nothing but an answer, as the vendor words it."""
    vendor = vendor_of(request)
    if fault.kind in ("html502", "504", "html200"):
        status = {"html502": 502, "504": 504, "html200": 200}[fault.kind]
        return Response(
            status=status,
            headers=(("Content-Type", "text/html; charset=UTF-8"),),
            body=_PAGES[status].encode(),
        )
    status = {"429": 429, "500": 500, "503": 503, "unauthorized_once": 401}[fault.kind]
    if vendor == "sheets":
        return answer_json(status, _google(status, request, now))
    return answer_json(status, (_TOKEN if vendor == "token" else _SELEQT)[status])


def _problem(rule: Rule) -> str | None:
    if rule.kind not in get_args(Kind):
        return f"kind must be one of {', '.join(get_args(Kind))}"
    if rule.vendor not in ("any", *get_args(Vendor)):
        return "vendor must be sheets, seleqt, token or any"
    for name in ("method", "path"):
        if not isinstance(getattr(rule, name), str | None):
            return f"{name} must be text"
    if sum(one is not None for one in (rule.nth, rule.next, rule.rate)) > 1:
        return "give at most one of nth, next and rate"
    if any(one is not None and not _is_count(one) for one in (rule.nth, rule.next)):
        return "nth and next count from 1"
    if rule.rate is not None and not (_is_number(rule.rate) and 0 <= rule.rate <= 1):
        return "rate lies between 0 and 1"
    if not (_is_number(rule.seconds) and 0 <= rule.seconds <= 3600):
        return "seconds lie between 0 and 3600"
    if rule.applied is not None and (
        rule.kind not in MAY_APPLY or rule.applied not in (True, False)
    ):
        return f"applied is true or false, and only for {', '.join(MAY_APPLY)}"
    return _path_problem(rule.path)


def _path_problem(path: str | None) -> str | None:
    try:
        re.compile(path or "")
    except re.error as error:
        return f"path is no regular expression: {error}"
    return None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _google(status: int, request: Request, now: datetime) -> dict[str, Any]:
    """Return Google's body. 429 and 503 are recorded, 500 and 401 from memory (third party)."""
    if status == 429:
        kind: Literal["read", "write"] = "read" if request.method == "GET" else "write"
        return exceeded(kind, 60, now.replace(second=0, microsecond=0), per_user=True).body()
    if status == 401:
        return unauthenticated(sent=True).body()
    message, name = {
        500: ("Internal error encountered.", "INTERNAL"),
        503: ("The service is currently unavailable.", "UNAVAILABLE"),
    }[status]
    return {"error": {"code": status, "message": message, "status": name}}


_TOKEN = {
    401: {"error": "invalid_client", "error_description": "Unauthorized"},
    429: {"error": "rate_limit_exceeded"},
    500: {"error": "internal_failure"},
    503: {"error": "temporarily_unavailable"},
}
_SELEQT = {  # 429 is documented, the bodies of 5xx are not
    401: {"error": "Invalid API key", "message": "The key is not valid"},
    429: {"error": "Rate limit exceeded"},
    500: {"error": "Internal server error"},
    503: {"error": "Service unavailable"},
}
_PAGES = {
    502: "<!DOCTYPE html><title>Error 502 (Server Error)!!1</title><p>The server encountered a"
    " temporary error and could not complete your request. Please try again in 30 seconds.",
    504: "<html><head><title>504 Gateway Time-out</title></head><body><h1>504 Gateway Time-out</h1>"
    "</body></html>",
    200: "<!DOCTYPE html><html><title>Sign in</title><p>Please sign in to continue.</html>",
}
