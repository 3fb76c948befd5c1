"""What a tick stands for: the question that stood in the row when it was ticked. Pure.

Ticks belong to people, and syncd never changes one. It remembers, per key, what it saw beside a
tick at first: for whom, which kinds, at what price. That much is approved, once, until the tick is
taken away; whatever stands there later asks again. A tick that is met on a row for the first time
approves what the row then asks: whoever fills a row in and ticks at once means it. So does one that
stood there before the row asked anything sound.

A tick that came with a pasted copy is nobody's word: it covers nothing until it is set anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from syncd.core import status
from syncd.core.leads import LeadRow
from syncd.core.memory import Person
from syncd.core.model import Kind
from syncd.core.status import sentence

Prices = Mapping[Kind, int]
"""Credits per person, by kind."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """What was approved. ``question`` says for whom, and is empty where the tick was copied.

    The rest is of list requests: the limits as they stood, and how many credits the request may
    have booked in the end; None while its list has not been read.
    """

    question: str
    prices: Prices
    at: datetime
    max_leads: int | None = None
    max_credits: int | None = None
    credits: int | None = None


Approvals = Mapping[str, Approval]
"""Approvals by the key of their row."""


def quote_prices(kinds: Iterable[Kind]) -> dict[Kind, int]:
    """Return what those kinds cost now."""
    return {kind: kind.price for kind in kinds}


def is_priced(prices: Prices, kind: Kind) -> bool:
    """Return whether the kind was asked for, and costs no more by now."""
    return kind in prices and kind.price <= prices[kind]


def review(row: LeadRow, known: Approval | None, now: datetime) -> Approval | None:
    """Return what the tick of a lead's row stands for, given what it stood for before."""
    if not row.approved:
        return None
    if known is not None or row.problem or not row.wanted:
        return known
    return Approval(question=ask(row), prices=quote_prices(row.wanted), at=now)


def ask(row: LeadRow) -> str:
    """Say for whom the row asks: tidying the name of the same person asks no new question."""
    typed, *_ = row.person
    return f"prospect {row.prospect_id}" if typed else row.fingerprint


def find_objection(row: LeadRow, kind: Kind, person: Person, approval: Approval | None) -> str:
    """Return why the row may not be bought for on its tick, as a sentence, or nothing.

    A tick is good for one search of a kind: when the cool-off after a miss is over, it is asked
    for anew.
    """
    if approval is None:
        return sentence(status.READY, kind=kind, credits=kind.price)
    if approval.question != ask(row) or not is_priced(approval.prices, kind):
        return sentence(status.READY_CHANGED, kind=kind, credits=kind.price)
    if any(
        fact.kind is kind
        and fact.asked_by == row.key
        and fact.credits
        and datetime.fromisoformat(fact.at) >= approval.at
        for fact in person.facts
    ):
        return sentence(status.READY_ONCE_MORE, kind=kind, credits=kind.price)
    return ""
