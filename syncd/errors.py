"""Every error syncd raises, split by what the caller does about it.

::

    SyncdError
    ├─ ConfigError         the operator mends the file; all problems at once, exit 78
    ├─ LedgerError         our bug, a broken disk or a second daemon: stop the daemon
    ├─ Unavailable         try again later, by schedule
    │  ├─ SheetUnavailable
    │  │  └─ SheetChanged  a worksheet was renamed or deleted under a write: read again at once
    │  └─ SeleqtUnavailable
    │     └─ ContractBroken  it answered, and not as it promises: no purchase before a human looked
    ├─ Denied              a person must change something; keep asking, slowly
    │  ├─ SheetDenied      not shared, deleted, protected, or the credentials are refused
    │  └─ KeyRefused       Seleqt refuses the API key
    ├─ WriteUnknown        a sheet write that may have been applied: read, never resend blindly
    ├─ Refused             the vendor said no to this request: never again unchanged
    ├─ NotSent             nothing left this machine: safe to try again
    ├─ OutcomeUnknown      a purchase that may have been charged: look it up, never send it again
    └─ Stopping            the daemon is leaving: whatever is not begun is left for the next start

Adapters translate at their door and chain the cause; nothing of gspread, requests or httpx is
caught above them.
"""

from __future__ import annotations

from collections.abc import Sequence


class SyncdError(Exception):
    """The base of them all. Its text is written for the person who reads it."""


class ConfigError(SyncdError):
    """The configuration cannot be used. ``problems`` holds one sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class LedgerError(SyncdError):
    """The ledger cannot be used, or holds what cannot be."""


class Unavailable(SyncdError):
    """Something is away for now. ``retry_after`` is in seconds, where the other side said so."""

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class SheetUnavailable(Unavailable):
    """Google cannot be reached, is busy, or answered with nonsense."""


class SheetChanged(SheetUnavailable):
    """A worksheet was renamed or deleted since it was read; nothing was written."""


class SeleqtUnavailable(Unavailable):
    """Seleqt cannot be reached, is busy, or answered with nonsense."""


class ContractBroken(SeleqtUnavailable):
    """Seleqt's answer is not what its documents promise. ``evidence`` is it, redacted."""

    def __init__(self, text: str, *, evidence: str) -> None:
        super().__init__(text)
        self.evidence = evidence


class Denied(SyncdError):
    """A person must change something before this can work."""


class SheetDenied(Denied):
    """Google says no: sharing, deletion, protection or credentials."""


class KeyRefused(Denied):
    """Seleqt does not accept the API key (401, 403). Nothing else is wrong with the request."""


class WriteUnknown(SyncdError):
    """A sheet write whose answer was lost."""


class Refused(SyncdError):
    """The vendor refused this very request, in a documented way. ``code`` is its machine code."""

    def __init__(self, text: str, *, status: int, code: str = "") -> None:
        super().__init__(text)
        self.status = status
        self.code = code


class NotSent(SyncdError):
    """The connection was never made."""


class OutcomeUnknown(SyncdError):
    """The purchase left this machine and no usable answer came back.

    ``evidence`` is what came, redacted, where it was JSON; ``broken`` says that it was a yes, and
    not as the documents promise it.
    """

    def __init__(self, text: str, *, evidence: str = "", broken: bool = False) -> None:
        super().__init__(text)
        self.evidence = evidence
        self.broken = broken


class Stopping(SyncdError):
    """The daemon has been asked to stop."""
