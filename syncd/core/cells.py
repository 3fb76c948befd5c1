"""What one cell means, as the Sheets API returns it unformatted."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from syncd.core.words import TICKS

_WHOLE = re.compile(r"\d{1,18}")
_ERROR = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NUM!|NULL!|ERROR!)")

_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of syncd's own, with its equals sign. What people typed never becomes one."""

    text: str


def text(cell: object) -> str:
    """Return a cell as people would read it; a whole number has no decimals."""
    if type(cell) is str:
        return cell.strip()
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def ticked(cell: object) -> bool:
    """Return whether a tick box is ticked; text and 1 count, for sheets without real tick boxes."""
    return cell is True or text(cell).casefold() in TICKS


def whole(cell: object) -> int | None:
    """Return a whole number, whether a person typed it as a number or as text; else None."""
    found = _WHOLE.fullmatch(text(cell))
    return int(found.group()) if found else None


def is_error(value: str) -> bool:
    """Return whether a formula's error stands where a value should."""
    return value.startswith("#") and _ERROR.match(value) is not None


def make_stamp(at: datetime) -> str:
    """Return a time as syncd writes it; it is already in the sheet's time zone."""
    return f"{at:%Y-%m-%d %H:%M}"


def is_stamp(value: str) -> bool:
    return _STAMP.fullmatch(value) is not None


def brief(typed: str) -> str:
    """Return what a person typed as it may be repeated in a sentence or a log.

    A cell holds 50,000 characters: a sentence with all of them is refused, and with it the whole
    write that it is part of.
    """
    return " ".join(typed.split())[:40]


def fingerprint(parts: Sequence[str]) -> str:
    """Return a short hash of the cells that say which person, or list, a row asks for.

    Case, spacing and compatibility forms do not matter: tidying a name asks no new question.
    """
    return exact_fingerprint(
        [" ".join(unicodedata.normalize("NFKC", part).casefold().split()) for part in parts]
    )


def exact_fingerprint(parts: Sequence[str]) -> str:
    """Return the same where each letter matters, as in the name of a lead list."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=10).hexdigest()
