"""The credit meter: the judge in every test about money.

An append-only record of what each account was charged, refunded and topped up with, kept beside the
accounts' balances and never derived from them, so that the two can be held against each other. It
judges the vendor's side only: what the daemon booked is compared with it, never copied from it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

OWN = "enrichment"  # a purchase by a client of the API; every other cause is somebody else's


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """Credits taken. ``cause`` is "enrichment", "outside enrichment" or "outside deduction"."""

    at: datetime
    account: int
    key: str  # the prefix; empty for somebody outside
    list_id: int | None
    kind: str | None  # FIND_EMAIL, FIND_EMAIL_WATERFALL or FIND_PHONE
    prospect_ids: tuple[int, ...]
    credits: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Refund:
    """Credits given back after misses."""

    at: datetime
    account: int
    list_id: int
    kind: str
    prospect_ids: tuple[int, ...]
    credits: int
    cause: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TopUp:
    """Credits paid for; an account's opening balance is its first."""

    at: datetime
    account: int
    credits: int


Entry = Charge | Refund | TopUp


class Meter:
    """Remembers every movement of credits, in order."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._charges: list[Charge] = []

    def record(self, entry: Entry) -> None:
        if entry.credits < 0:
            raise ValueError("credits move by whole, non-negative amounts")
        self._entries.append(entry)
        if isinstance(entry, Charge):
            self._charges.append(entry)

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    @property
    def charges(self) -> tuple[Charge, ...]:
        return tuple(self._charges)

    @property
    def refunds(self) -> tuple[Refund, ...]:
        return tuple(entry for entry in self._entries if isinstance(entry, Refund))

    def charged(self, *, cause: str | None = OWN) -> int:
        """Return the credits charged for one cause; None means for all of them."""
        return sum(charge.credits for charge in self.charges if cause in (None, charge.cause))

    def refunded(self) -> int:
        return sum(refund.credits for refund in self.refunds)

    def balance(self, account: int) -> int:
        """Return what an account must hold: top-ups minus charges plus refunds."""
        return sum(_signed(entry) for entry in self._entries if entry.account == account)

    def by_person_and_kind(self) -> Counter[tuple[int, str]]:
        """Return how often each (prospect id, kind) was sold to a client of the API."""
        return Counter(self._sales())

    def bought_twice(self) -> dict[tuple[int, str], int]:
        """Return the (prospect id, kind) pairs sold more than once, with their number of sales."""
        return {pair: sales for pair, sales in self.by_person_and_kind().items() if sales > 1}

    def by_kind(self) -> dict[str, dict[str, int]]:
        """Return people and credits per kind, for purchases by clients of the API."""
        table: dict[str, dict[str, int]] = {}
        for charge in self.charges:
            if charge.cause == OWN and charge.kind is not None:
                row = table.setdefault(charge.kind, {"people": 0, "credits": 0})
                row["people"] += len(charge.prospect_ids)
                row["credits"] += charge.credits
        return table

    def _sales(self) -> Iterator[tuple[int, str]]:
        for charge in self.charges:
            if charge.cause == OWN and charge.kind is not None:
                yield from ((prospect_id, charge.kind) for prospect_id in charge.prospect_ids)


def describe(charge: Charge) -> dict[str, Any]:
    """Return a charge as JSON."""
    return {
        "at": charge.at.isoformat(),
        "key": charge.key,
        "list_id": charge.list_id,
        "kind": charge.kind,
        "prospect_ids": list(charge.prospect_ids),
        "credits": charge.credits,
        "cause": charge.cause,
    }


def _signed(entry: Entry) -> int:
    return -entry.credits if isinstance(entry, Charge) else entry.credits
