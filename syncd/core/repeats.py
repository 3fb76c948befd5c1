"""“Email again”: the wish to search once more for what was not found, and what it costs. Pure.

A search that found nothing is not paid for anew within its cool-off, unless somebody picks so in
Find. That is good for one search. syncd never changes Find, so it remembers when the choice was
first seen beside which question, as it does with a tick (:mod:`syncd.core.approval`): only what was
found to be nothing before that is searched for again. A choice that came with a pasted copy is
nobody's wish.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from syncd.core.approval import Approval, ask, is_priced, quote_prices
from syncd.core.leads import LeadRow
from syncd.core.memory import Fact
from syncd.core.model import Kind
from syncd.core.wishes import AGAIN_CHOICES, CHOICES


def review_repeat(row: LeadRow, known: Approval | None, now: datetime) -> Approval | None:
    """Return what the row's wish to search again stands for, given what it stood for before.

    Another choice is another wish; another person is not.
    """
    if not row.again:
        return None
    if known is not None and (not known.question or known.prices.keys() == set(row.again)):
        return known
    if row.problem:
        return known
    return Approval(question=ask(row), prices=quote_prices(row.again), at=now)


def wished_at(row: LeadRow, kind: Kind, wish: Approval | None) -> datetime | None:
    """Return since when the row wishes that kind searched for again, or None where it does not."""
    if wish is None or kind not in row.again:
        return None
    if wish.question != ask(row) or not is_priced(wish.prices, kind):
        return None
    return wish.at


def say_choices(row: LeadRow, kind: Kind, fact: Fact, offered: Collection[Kind]) -> str:
    """Return what may be picked after a search that found nothing, with the price of each.

    What stands in Find already has been used, or was meant for somebody else.
    """
    again = f"“{AGAIN_CHOICES[kind]}”{' anew' if kind in row.again else ''} ({kind.price} credits)"
    further = Kind.EMAIL_WATERFALL
    if kind is not Kind.EMAIL or fact.kind is further or further not in offered:
        return again
    name = next(name for name, kinds in CHOICES.items() if kinds == (further,))
    return f"{again} or “{name}” ({further.price} credits)"
