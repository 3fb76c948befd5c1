"""Tokens of purchases: what Seleqt is told, so that it may hint at the purchase. Pure.

The vendor signs nothing and echoes the address into its answers and logs (documented), so a token
is worth no more than one early look at one batch, and the ledger keeps only its digest.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

TOKEN = "{token}"  # noqa: S105  (where a token goes, not one)
"""Where a purchase's token stands in the address that Seleqt is to call."""


class Hook(NamedTuple):
    """Where Seleqt is to call when a purchase is done; ``digest`` is empty where not us."""

    url: str | None = None
    digest: str = ""


def make_hook(webhook_url: str | None, token: str) -> Hook:
    """Return a purchase's hook. An address without a place for a token is somebody else's."""
    if webhook_url is None or TOKEN not in webhook_url:
        return Hook(url=webhook_url)
    return Hook(url=webhook_url.replace(TOKEN, token), digest=digest_of(token))


def digest_of(token: str) -> str:
    """Return what the ledger keeps of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
