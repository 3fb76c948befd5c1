"""A returned field is data and status at once: tell which.

The vendor writes ``Loading...`` into the field itself while it works (documented, in two
spellings), may leave a text after a miss (unknown), and gives no other completion signal. Text we
do not recognise is never an address.
"""

from __future__ import annotations

from collections.abc import Callable

from syncd.core.model import Reading, Seen

_LOADING = frozenset({"loading...", "loading\N{HORIZONTAL ELLIPSIS}", "loading"})
_MISS_TEXTS = frozenset({"not found", "email not found", "phone not found", "n/a", "none", "null"})


def classify(raw: object, parse: Callable[[str], str | None]) -> Seen:
    """Say what a field holds; ``parse`` returns the canonical value, or None when it is none."""
    if raw is None:
        return Seen(reading=Reading.EMPTY)
    if not isinstance(raw, str):
        return Seen(reading=Reading.UNRECOGNISED, value=str(raw)[:200])
    text = raw.strip()
    if not text:
        return Seen(reading=Reading.EMPTY)
    folded = text.casefold()
    if folded in _LOADING:
        return Seen(reading=Reading.LOADING)
    if folded in _MISS_TEXTS:
        return Seen(reading=Reading.MISSED, value=text)
    value = parse(text)
    if value is None:
        return Seen(reading=Reading.UNRECOGNISED, value=text[:200])
    return Seen(reading=Reading.FOUND, value=value)
