"""What may be kept of a vendor's answer as evidence: its shape, its figures and ids, and no person.

A contract is broken by names, types and sums, so those are all that is kept. Texts could be a key,
an address or a name; of them only their length is told, save for constants such as FIND_EMAIL.
"""

from __future__ import annotations

import json
import re

_CONSTANT = re.compile(r"[A-Z]+(_[A-Z]+)+|async|sync")
_NAME = re.compile(r"[a-z][a-z_]{0,39}")  # of a field; any other could be anything
_LARGEST = 10**7  # a larger number may be a phone's, where nothing says that it is an id
_DEEPEST, _MOST, _LONGEST = 5, 10, 4000


def redact(body: object) -> str:
    """Return a parsed answer as JSON text without secrets and personal data."""
    return json.dumps(_redact(body, "", 0))[:_LONGEST]


def _redact(value: object, name: str, depth: int) -> object:
    match value:
        case None | bool():
            return value
        case int() | float():
            is_id = name == "id" or name.endswith(("_id", "_ids"))
            return value if is_id or abs(value) < _LARGEST else "(a large number)"
        case str():
            return value if _CONSTANT.fullmatch(value) else f"(text of {len(value)} letters)"
        case dict() | list() if depth >= _DEEPEST:
            return "(more)"
        case dict():
            pairs = [(str(key), inner) for key, inner in value.items()][: 3 * _MOST]
            return {
                (_NAME.fullmatch(key) and key) or f"(name of {len(key)} letters)": _redact(
                    inner, key, depth + 1
                )
                for key, inner in pairs
            }
        case list():
            kept = [_redact(inner, name, depth + 1) for inner in value[:_MOST]]
            return [*kept, f"(and {len(value) - _MOST} more)"] if len(value) > _MOST else kept
        case _:
            return f"({type(value).__name__})"
