"""Where a process dies, and what the wire does that the sandbox's own faults do not.

Every moment that a crash can tell from its neighbours is a *boundary*: before and after a request
is applied, before and after a commit. They are passed one by one, and one of them may be deadly.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from unittest import mock

from syncd.ledger import Ledger
from syncd.sandbox.faults import vendor_of
from syncd.sandbox.seleqt import Seleqt
from syncd.sandbox.sheets import Google
from syncd.sandbox.wire import Request, Response
from syncd.torture.steps import Crash, Line, Trouble


class Died(BaseException):
    """The process is gone: nobody may catch this."""


class Deaths:
    """Dies at the boundaries that it is told, and counts those that it died at."""

    def __init__(self) -> None:
        self.reached: Counter[str] = Counter()
        self._coming: list[Crash] = []

    def expect(self, crash: Crash) -> None:
        self._coming.append(crash)

    def spare(self) -> None:
        """Let nothing of what was expected happen any more."""
        self._coming.clear()

    def pass_by(self, where: str, side: str) -> None:
        """Pass a boundary; raises :class:`Died` at a deadly one, and forgets the others."""
        coming = []
        deadly = False
        for crash in self._coming:
            if crash.where in (where, "anything") and crash.side == side:
                deadly = deadly or crash.nth == 1
                crash = replace(crash, nth=crash.nth - 1)  # noqa: PLW2901  (counting down)
            coming.append(crash)
        self._coming = coming
        if deadly:
            self._coming = []
            self.reached[f"crash {side} {where}"] += 1
            raise Died

    def at_commits(self) -> AbstractContextManager[object]:
        """Make each commit that a plan may hang on a boundary, on its two sides."""
        real = Ledger.transaction
        deaths = self

        @contextmanager
        def transaction(ledger: Ledger, *, counted: bool = True) -> Iterator[None]:
            with real(ledger, counted=counted):
                yield
                if counted:
                    deaths.pass_by("commit", "before")
            if counted:
                deaths.pass_by("commit", "after")

        return mock.patch.object(Ledger, "transaction", transaction)


TRICKS = ("doubled", "stale", "miscounted")


class Tricks:
    """Requests that are applied twice, answers that were given before or do not add up."""

    def __init__(self) -> None:
        self.reached: Counter[str] = Counter()
        self._coming: list[Trouble] = []
        self._given: dict[tuple[str, str, str], Response] = {}

    def expect(self, trouble: Trouble) -> None:
        self._coming.append(trouble)

    def spare(self) -> None:
        self._coming.clear()

    def play(self, request: Request, handle: Callable[[Request], Response]) -> Response:
        """Let a vendor handle a request, twice or not at all where that is expected."""
        line = line_of(request)
        asked = (request.method, request.path, request.query)
        trouble = self._find(line, known=asked in self._given)
        if trouble == "stale":
            self.reached[f"fault stale: {line}"] += 1
            return self._given[asked]
        answer = handle(request)
        if trouble == "doubled":
            self.reached[f"fault doubled: {line}"] += 1
            handle(request)
        if trouble == "miscounted" and answer.status < 300:
            self.reached[f"fault miscounted: {line}"] += 1
            return _miscount(answer)
        if request.method == "GET" and answer.status == 200:
            self._given[asked] = answer
        return answer

    def _find(self, line: str, *, known: bool) -> str:
        """Return what befalls a request; what was never answered has no stale answer."""
        for trouble in self._coming:
            if trouble.line == line and (known or trouble.kind != "stale"):
                self._coming.remove(trouble)
                if trouble.nth == 1:
                    return trouble.kind
                self._coming.append(replace(trouble, nth=trouble.nth - 1))
                return ""
        return ""


def _miscount(answer: Response) -> Response:
    """Let the answer to a purchase tell of one person more."""
    told = json.loads(answer.body)
    for field in ("enriched_count", "total_count"):
        if field in told:
            told[field] += 1
    return replace(answer, body=json.dumps(told).encode())


class TrickySeleqt(Seleqt):
    """The vendor behind a wire with tricks."""

    tricks: Tricks

    def handle(self, request: Request) -> Response:
        return self.tricks.play(request, super().handle)


class TrickyGoogle(Google):
    """The same for Google."""

    tricks: Tricks

    def handle(self, request: Request) -> Response:
        return self.tricks.play(request, super().handle)


def line_of(request: Request) -> Line:
    """Return where a request goes, and what for."""
    match vendor_of(request):
        case "seleqt" if request.method == "GET":
            return "seleqt read"
        case "seleqt":
            return "seleqt spend" if request.path.endswith("/enrichment/") else "seleqt write"
        case "sheets":
            return "sheets write" if request.path.endswith(":batchUpdate") else "sheets read"
        case _:
            return "token"


PATTERNS: dict[Line, dict[str, str]] = {
    "sheets read": {"vendor": "sheets", "path": r"^(?!.*:batchUpdate\b)"},
    "sheets write": {"vendor": "sheets", "path": r":batchUpdate\b"},
    "seleqt read": {"vendor": "seleqt", "method": "GET"},
    "seleqt write": {"vendor": "seleqt", "method": "POST", "path": r"(add-leads|lead-lists)/$"},
    "seleqt spend": {"vendor": "seleqt", "method": "POST", "path": r"/enrichment/$"},
    "token": {"vendor": "token"},
}
"""The same as rules of the sandbox's faults."""
