"""What a tick in ``Start`` stands for: the list, the kinds, the limits and the quote. Pure.

It is remembered as a tick in ``Approve`` is (:mod:`syncd.core.approval`), with the limits as they
were, and with how many credits the request may book in the end. Lowering a limit needs nobody's
word; whatever would cost more than was quoted does.

A row that is first met with its tick on has no quote yet: it approves what its list says when it is
read, inside Max leads and Max credits. The list is read once more after each tick, so that a quote
which the list has outgrown is renewed and not bought.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from syncd.core.approval import Approval, is_priced, quote_prices
from syncd.core.quotes import Quote
from syncd.core.requests import RequestRow


def review_start(
    row: RequestRow,
    quote: Quote | None,
    read_at: datetime | None,
    known: Approval | None,
    now: datetime,
) -> Approval | None:
    """Return what the tick of a request stands for, given what it stood for before.

    ``quote`` is the one of the row as it stands, if there is one, and ``read_at`` when its list was
    read.
    """
    if not row.started:
        return None
    if known is None:
        if row.problem or not row.lead_list:
            return None
        return Approval(
            question=row.question,
            prices=quote_prices(row.wanted),
            at=now,
            max_leads=row.max_leads,
            max_credits=row.max_credits,
            credits=quote.limit(row.max_credits) if quote else None,
        )
    unquoted = known.credits is None and read_at is not None and read_at >= known.at
    if unquoted and quote is not None and is_covered(row, known):
        return replace(known, credits=quote.limit(known.max_credits))
    return known


def is_covered(row: RequestRow, known: Approval | None) -> bool:
    """Return whether the row asks for nothing but what its tick was set for."""
    return (
        known is not None
        and known.question == row.question
        and all(is_priced(known.prices, kind) for kind in row.wanted)
        and _is_within(row.max_leads, known.max_leads)
        and _is_within(row.max_credits, known.max_credits)
    )


def is_quoted(
    row: RequestRow, quote: Quote | None, read_at: datetime | None, known: Approval | None
) -> bool:
    """Return whether the tick stands for the row's list as it was read after the tick."""
    if known is None or quote is None or read_at is None or read_at < known.at:
        return False
    if not is_covered(row, known):
        return False
    return known.credits is None or quote.limit(row.max_credits) <= known.credits


def _is_within(limit: int | None, approved: int | None) -> bool:
    return approved is None or (limit is not None and limit <= approved)
