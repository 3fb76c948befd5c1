"""The world: both vendors behind one lock, with a journal, faults and hooks.

It is the sandbox without a socket. ``handle`` takes a request and returns an Answer, which says
what the other side gets to see: a response, half of one, nothing, or a wait. Acting that out is the
business of ``server`` (over a socket) and ``inprocess`` (as the client library's own exceptions).

A wait never holds the lock, so one slow request cannot block the others.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from .faults import REFUSING, Fault, Faults, answer_fault, vendor_of
from .wire import Request, Response, answer_json

if TYPE_CHECKING:
    from .clock import Clock
    from .inprocess import HttpxTransport, RequestsAdapter
    from .seleqt import Seleqt

Action = Callable[[], object]
Condition = int | Callable[[Request], bool]  # the journal's number of a request, or a test of it


class Vendor(Protocol):
    """What the world needs of either vendor."""

    def handle(self, request: Request) -> Response: ...

    def classify(self, request: Request) -> str: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Send:
    """Send the response: after a delay, in pieces over some seconds, or only half of its body."""

    response: Response
    delay: float = 0.0  # seconds
    trickle: float = 0.0  # seconds
    truncated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """Close the connection without a byte."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """Wait, then ask ``then`` for the answer; the request has not been applied yet."""

    seconds: float
    then: Callable[[], Send | Drop]


Answer = Send | Drop | Hold


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One request in the journal.

    ``status`` None: no answer was sent, or it is still held. ``applied``: the vendor did what was
    asked, whatever its sender got to see of it.
    """

    number: int
    at: datetime
    vendor: str
    call: str  # its class: read, write, spend, token, ...
    method: str
    path: str
    status: int | None = None
    fault: str | None = None
    applied: bool = False

    def describe(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "at": self.at.isoformat(),
            "vendor": self.vendor,
            "class": self.call,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "fault": self.fault,
            "applied": self.applied,
        }


class Journal:
    """Every request, numbered from 1 in the order of receipt. Keeps the last ``limit`` entries.

    Entries are entered at receipt and completed once, when their answer is decided; ``counts``
    never forgets.
    """

    def __init__(self, limit: int | None = 100_000) -> None:
        self._entries: deque[Entry] = deque(maxlen=limit)
        self.last = 0
        self.counts: dict[str, Counter[str]] = {}

    def receive(self, at: datetime, vendor: str, call: str, request: Request) -> Entry:
        self.last += 1
        target = f"{request.path}?{request.query}" if request.query else request.path
        entry = Entry(
            number=self.last, at=at, vendor=vendor, call=call, method=request.method, path=target
        )
        self._entries.append(entry)
        self.counts.setdefault(vendor, Counter())[call] += 1
        return entry

    def complete(self, entry: Entry) -> None:
        oldest = self._entries[0].number if self._entries else self.last + 1
        if entry.number >= oldest:
            self._entries[entry.number - oldest] = entry

    @property
    def entries(self) -> list[Entry]:
        return list(self._entries)

    def after(self, number: int) -> list[Entry]:
        return [entry for entry in self._entries if entry.number > number]

    def count(self, **wanted: Any) -> int:
        """Count kept entries by their fields, e.g. ``count(vendor="seleqt", call="spend")``."""
        return sum(
            all(getattr(entry, name) == value for name, value in wanted.items())
            for entry in self._entries
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Hook:
    when: Condition
    action: Action
    once: bool


class World:
    """Serves both vendors, one request at a time, exactly as a clock and a seed decide.

    ``sheets`` may be None while only the buying is tried; its paths then answer 404.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        seed: int = 0,
        sheets: Any = None,
        seleqt: Seleqt,
        faults: Faults | None = None,
        journal_limit: int | None = 100_000,
    ) -> None:
        self.clock = clock
        self.sheets = sheets
        self.seleqt = seleqt
        self.faults = faults or Faults(seed)
        self.journal = Journal(journal_limit)
        # Re-entrant, because a hook may itself send a request: somebody else's, in between.
        self._lock = threading.RLock()
        self._before: list[_Hook] = []
        self._after: list[_Hook] = []
        self._watchers: list[Callable[[Request], object]] = []
        self._held: list[tuple[datetime, Callable[[], Send | Drop]]] = []

    @property
    def lock(self) -> AbstractContextManager[bool]:
        """Hold this to look at or change the vendors while requests may be coming in."""
        return self._lock

    # --- hooks ---------------------------------------------------------------------------------

    def before(self, when: Condition, action: Action, *, once: bool = True) -> None:
        """Run ``action`` just before a request is applied: the next one is ``journal.last + 1``.

        ``when`` is that number or a predicate on the request. It runs under the lock, so nothing
        else comes between; faulted requests count too.
        """
        self._before.append(_Hook(when=when, action=action, once=once))

    def after(self, when: Condition, action: Action, *, once: bool = True) -> None:
        """Run ``action`` just after a request was applied or faulted, before its answer leaves."""
        self._after.append(_Hook(when=when, action=action, once=once))

    def on_request(self, watcher: Callable[[Request], object]) -> None:
        """Call ``watcher`` with every vendor request at its receipt, for ever."""
        self._watchers.append(watcher)

    # --- requests ------------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """Receive one request and return what its sender gets to see."""
        with self._lock:
            self.advance()
            vendor, call = self._classify(request)
            entry = self.journal.receive(self.clock.now(), vendor, call, request)
            for watcher in self._watchers:
                watcher(request)
            fault = self.faults.decide(request)
            if fault is not None:
                entry = replace(entry, fault=fault.kind)
                self.journal.complete(entry)
            if fault is not None and fault.kind == "slow":
                return Hold(seconds=fault.seconds, then=lambda: self._perform(request, entry, None))
            return self._perform(request, entry, fault)

    def apply_later(self, hold: Hold, *, in_seconds: float) -> None:
        """Apply a held request after its sender has gone, at the first request after that time."""
        with self._lock:
            self._held.append((self.clock.now() + timedelta(seconds=in_seconds), hold.then))

    def advance(self) -> None:
        """Catch up with the clock: held requests and the vendor's background work that are due."""
        with self._lock:
            now = self.clock.now()
            due = sorted((one for one in self._held if one[0] <= now), key=lambda one: one[0])
            self._held = [one for one in self._held if one[0] > now]
            for _, then in due:
                then()
            self.seleqt.advance()

    # --- clients without a socket --------------------------------------------------------------

    def requests_adapter(self) -> RequestsAdapter:
        """Return an adapter to mount on a requests session."""
        from .inprocess import RequestsAdapter  # noqa: PLC0415 - a served world needs no client

        return RequestsAdapter(self)

    def httpx_transport(self) -> HttpxTransport:
        """Return a transport for an httpx client."""
        from .inprocess import HttpxTransport  # noqa: PLC0415 - as above

        return HttpxTransport(self)

    # --- inside --------------------------------------------------------------------------------

    def _perform(self, request: Request, entry: Entry, fault: Fault | None) -> Send | Drop:
        with self._lock:
            self._run(self._before, request, entry.number)
            answer, applied = self._act(request, fault)
            status = answer.response.status if isinstance(answer, Send) else None
            self.journal.complete(replace(entry, status=status, applied=applied))
            self._run(self._after, request, entry.number)
            return answer

    def _act(self, request: Request, fault: Fault | None) -> tuple[Send | Drop, bool]:
        if fault is None:
            response = self._dispatch(request)
            return Send(response=response), response.status < 400
        done = self._dispatch(request) if fault.applied else None
        return _distort(
            done, fault, request, self.clock.now()
        ), done is not None and done.status < 400

    def _dispatch(self, request: Request) -> Response:
        vendor = self._vendor(request)
        if vendor is None:
            return answer_json(404, {"error": "The sandbox serves nothing here"})
        return vendor.handle(request)

    def _classify(self, request: Request) -> tuple[str, str]:
        name, vendor = vendor_of(request), self._vendor(request)
        if name == "token":
            return name, "token"
        return name or "none", "none" if vendor is None else vendor.classify(request)

    def _vendor(self, request: Request) -> Vendor | None:
        name = vendor_of(request)
        if name is None:
            return None
        vendor: Vendor | None = self.seleqt if name == "seleqt" else self.sheets
        return vendor

    def _run(self, hooks: list[_Hook], request: Request, number: int) -> None:
        due = [hook for hook in hooks if _is_due(hook, request, number)]
        for hook in due:
            if hook.once:
                hooks.remove(hook)  # first: a request sent by the action must not run it again
            hook.action()


def _distort(done: Response | None, fault: Fault, request: Request, now: datetime) -> Send | Drop:
    """Return what a fault leaves of the vendor's answer; None means the vendor was never asked."""
    if fault.kind in REFUSING:
        return Send(response=answer_fault(fault, request, now))
    if done is None or fault.kind == "drop_after":
        return Drop()
    if fault.kind == "bad_json":
        return Send(response=replace(done, body=done.body[: len(done.body) // 2]))
    return Send(
        response=done,
        delay=fault.seconds if fault.kind == "slow_after" else 0.0,
        trickle=fault.seconds if fault.kind == "trickle" else 0.0,
        truncated=fault.kind == "truncated",
    )


def _is_due(hook: _Hook, request: Request, number: int) -> bool:
    return hook.when == number if isinstance(hook.when, int) else hook.when(request)
