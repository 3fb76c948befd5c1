"""The ledger's events as sales people are told them. Steps that concern nobody else are left out.

An event that is not known here is never shown as it stands: it may hold codes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from syncd.core.model import Kind

PAUSED = "buying is paused"
LIMIT = "a limit is reached"
WASTE = "hardly anybody is found"
UNWANTED = "no longer asked for"
_TAKEN_BACK = re.compile(f"cancelled: ({PAUSED}|{LIMIT}|{WASTE}|{UNWANTED})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One entry of the event log. Without a ``kind`` its text is a sentence for people already."""

    at: datetime
    text: str
    kind: Kind | None = None  # of the batch that it is about
    people: int = 0  # in that batch
    found: int = 0  # of them, by now


def tell(event: Event) -> str:
    """Return what happened as a sentence, or nothing where it concerns nobody."""
    if event.kind is None:
        return event.text
    text, what = event.text, _things(event.people, event.kind)
    if found := re.match(r"accepted: (\d+) queued, (\d+) credits", text):
        number, credits = int(found[1]), int(found[2])
        return f"Searching for {_things(number, event.kind)}: {credits} credits." if number else ""
    if text.startswith("accepted: a human"):
        return f"Your admin found that the search for {what} was paid."
    if text.startswith("accepted: "):
        return f"The search for {what} was paid, as syncd found out by looking."
    if text.startswith("in doubt: "):
        return f"No answer came to the purchase of {what}. syncd looks whether it happened."
    if text.startswith("parked: "):
        return f"Nobody knows whether the search for {what} was paid. Ask your admin."
    if text == "settled":
        return f"Found {event.found} of {what}."
    if text == "nothing left to buy":
        return f"Seleqt had {event.found} of {what} already, at no charge." if event.found else ""
    if text.startswith("refused: a human"):
        return f"Your admin found that the search for {what} was not paid."
    if text.startswith("refused: "):
        return f"Seleqt refused the purchase of {what}. Nothing was charged."
    if found := _TAKEN_BACK.match(text):
        return f"The purchase of {what} was taken back: {found[1]}. Nothing was charged."
    if text.startswith("cancelled: "):
        return f"The purchase of {what} was given up before it was sent. Nothing was charged."
    if found := re.match(r"(\d+) came late", text):
        return f"{_things(int(found[1]), event.kind)} came late, at no further charge."
    if text.startswith("given up: "):
        return f"The answers for {what} never came. Ask your admin."
    return ""


def _things(number: int, kind: Kind) -> str:
    what = kind.field.value
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
