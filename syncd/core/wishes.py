"""What ``Find`` may say, and which kinds that asks for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from syncd.core.model import Kind
from syncd.core.words import AGAIN, AND, EMAIL, PHONE, WATERFALL

CHOICES: dict[str, tuple[Kind, ...]] = {
    "Email": (Kind.EMAIL,),
    "Email (waterfall)": (Kind.EMAIL_WATERFALL,),
    "Phone": (Kind.PHONE,),
    "Email + phone": (Kind.EMAIL, Kind.PHONE),
}
"""The drop-down's choices in their order. People may type them in other words, and in any case."""

AGAIN_CHOICES: dict[Kind, str] = {
    Kind.EMAIL: "Email again",
    Kind.EMAIL_WATERFALL: "Email (waterfall) again",
    Kind.PHONE: "Phone again",
}
"""What a lead's row offers besides: a search once more, where one has found nothing."""


class Find(NamedTuple):
    """The kinds asked for, and those of them that are to be searched for once more."""

    kinds: tuple[Kind, ...] = ()
    again: tuple[Kind, ...] = ()


@lru_cache(maxsize=256)
def read_find(said: str) -> Find | None:
    """Return what is asked for, nothing when the cell is empty, None when it says something else.

    "again" holds for the word that it stands with: of two kinds the other is not paid for anew.
    """
    if not said.strip():
        return Find()
    parts = [_fold(part) for part in _BETWEEN.split(said)]
    kinds = [_KINDS.get(part) or _AGAIN.get(part) for part in parts]
    known = sorted((kind for kind in kinds if kind), key=list(Kind).index)
    if len(known) < len(kinds) or len({kind.field for kind in known}) < len(known):
        return None
    again = {_AGAIN[part] for part in parts if part in _AGAIN}
    return Find(tuple(known), tuple(kind for kind in known if kind in again))


def parse_find(said: str) -> tuple[Kind, ...] | None:
    """Return the same for a list request, which is made once: nothing in it is asked for again."""
    find = read_find(said)
    return find.kinds if find is not None and not find.again else None


def _fold(said: str) -> str:
    """Return a word as it is compared: without case, accents, hyphens and spaces."""
    letters = unicodedata.normalize("NFKD", said).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[-\u2010\u2011\s]", "", kept)


_BETWEEN = re.compile(rf"[+&,]|\s(?:{'|'.join(AND)})\s", re.IGNORECASE)
_WORDS = (
    *((word, Kind.EMAIL) for word in EMAIL),
    *((f"{word} ({how})", Kind.EMAIL_WATERFALL) for word in EMAIL for how in WATERFALL),
    *((word, Kind.PHONE) for word in PHONE),
)
_KINDS = {_fold(word): kind for word, kind in _WORDS}
_AGAIN = {_fold(f"{word} {again}"): kind for word, kind in _WORDS for again in AGAIN}
