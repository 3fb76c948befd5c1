"""Whom a list request would search for, and what that would cost: decided together. Pure.

The numbers of a quote are those of the purchase, because the same choice makes both.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import gcd

from syncd.core import status
from syncd.core.approval import Prices, quote_prices
from syncd.core.memory import NOBODY, People, answer
from syncd.core.model import Field, JobState, Kind, Prospect, Reading
from syncd.core.status import sentence

Supplied = Collection[tuple[int, Field]]
"""Prospect ids and fields for which some text stands in the sheet already."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What a request would buy, as its list was last read.

    ``booked`` are the credits that the request had booked before, over its whole life. Max credits
    may be typed anew without another look at the list, so it is no part of the quote.
    """

    size: int  # people on the list
    lacking: int  # of them, those who lack something that a purchase could find
    chosen: int  # of these, the first within Max leads
    known: int  # people of whom all that is asked for is there already
    costs: Mapping[Kind, int]  # credits for those chosen, at most
    prices: Prices
    booked: int = 0

    def limit(self, max_credits: int | None) -> int:
        """Return how many credits the request may have booked in the end, over its whole life."""
        whole = self.booked + sum(self.costs.values())
        return whole if max_credits is None else min(whole, max_credits)

    def bound(self, max_credits: int | None) -> int:
        """Return the credits from now on, at most. Nobody is searched for by halves."""
        left = max(0, self.limit(max_credits) - self.booked)
        return left - left % (gcd(*self.prices.values()) or 1)


def choose(
    prospects: Sequence[Prospect],
    kinds: Sequence[Kind],
    *,
    limit: int | None,
    people: People,
    supplied: Supplied,
    cool_off: timedelta,
    now: datetime,
    chosen: Collection[int] = (),
    searched: Collection[int] = (),
) -> frozenset[int]:
    """Choose the first people, in list order, for whom a purchase could find something.

    At most ``limit``, less those of other lists whom the request has ``searched`` for. Those
    searched for and those ``chosen`` from this list before come first, so that raising the limit
    never adds more than the difference. People with a value, with a miss still remembered, or with
    a text of somebody else's in the sheet are passed over.
    """
    here = [prospect.id for prospect in prospects]
    elsewhere = len(set(searched) - set(here))
    room = len(here) if limit is None else max(0, limit - elsewhere)
    first = [id_ for id_ in here if id_ in searched]
    first += [id_ for id_ in here if id_ in chosen and id_ not in searched]
    taken = set(first)
    for prospect in prospects:
        if len(first) >= room:
            break
        if prospect.id not in taken and any(
            _could_find(prospect, kind, people, supplied, cool_off, now) for kind in kinds
        ):
            first.append(prospect.id)
    return frozenset(first[:room])


def make_quote(
    prospects: Sequence[Prospect],
    kinds: Sequence[Kind],
    chosen: Collection[int],
    *,
    people: People,
    supplied: Supplied,
    cool_off: timedelta,
    now: datetime,
    booked: int = 0,
) -> Quote:
    """Return what searching for the ``chosen`` would cost, and how the others on the list stand."""
    costs = dict.fromkeys(kinds, 0)
    lacking = bought = known = 0
    for prospect in prospects:
        lacks = [
            kind for kind in kinds if _could_find(prospect, kind, people, supplied, cool_off, now)
        ]
        lacking += bool(lacks)
        known += all(_has(prospect, kind, people, supplied) for kind in kinds)
        if prospect.id in chosen:
            bought += bool(lacks)
            for kind in lacks:
                costs[kind] += kind.price
    return Quote(
        size=len(prospects),
        lacking=lacking,
        chosen=bought,
        known=known,
        costs=costs,
        prices=quote_prices(kinds),
        booked=booked,
    )


def say_quote(
    quote: Quote, kinds: Sequence[Kind], max_credits: int | None, room: int | None
) -> str:
    """Put a quote in words; ``room`` is what the caps allow now, where that is told at all."""
    credits = quote.bound(max_credits)
    template = status.QUOTE if quote.chosen == quote.lacking else status.QUOTE_FIRST
    parts = [
        sentence(
            template,
            kinds=kinds,
            count=quote.lacking,
            size=quote.size,
            chosen=quote.chosen,
            credits=credits,
        )
    ]
    if quote.known:
        parts.append(sentence(status.QUOTE_KNOWN, count=quote.known))
    if passed := quote.size - quote.lacking - quote.known:
        parts.append(sentence(status.QUOTE_PASSED, count=passed))
    if room is not None and room < credits:
        parts.append(sentence(status.QUOTE_ROOM, credits=room))
    return " ".join(parts)


def _could_find(
    prospect: Prospect,
    kind: Kind,
    people: People,
    supplied: Supplied,
    cool_off: timedelta,
    now: datetime,
) -> bool:
    """Return whether a search could find what this person lacks, and would be made."""
    if _has(prospect, kind, people, supplied):
        return False
    person = people.get(prospect.id, NOBODY)
    known = answer(person, kind, cool_off=cool_off, now=now)
    # A search that is open now may still find nothing; a plain one would leave ours to be made.
    # Somebody left out of a purchase is asked about again.
    return (
        known is None
        or known.state is JobState.CANCELLED
        or (known.state is JobState.WAITING and known.kind is Kind.EMAIL != kind)
    )


def _has(prospect: Prospect, kind: Kind, people: People, supplied: Supplied) -> bool:
    """Return whether the value is there: at Seleqt, in the ledger, or typed into the sheet."""
    if (prospect.id, kind.field) in supplied:
        return True
    if prospect.seen(kind.field).reading is Reading.FOUND:
        return True
    person = people.get(prospect.id, NOBODY)
    return bool(person.held(kind.field)) or any(
        fact.state is JobState.FOUND and fact.kind.field is kind.field for fact in person.facts
    )
