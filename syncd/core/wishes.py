"""What ``Find`` may say, and which kinds that asks for."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from syncd.core.model import Kind
from syncd.core.words import AND, EMAIL, PHONE, WATERFALL

CHOICES: dict[str, tuple[Kind, ...]] = {
    "Email": (Kind.EMAIL,),
    "Email (waterfall)": (Kind.EMAIL_WATERFALL,),
    "Phone": (Kind.PHONE,),
    "Email + phone": (Kind.EMAIL, Kind.PHONE),
}
"""The drop-down's choices in their order. People may type them in other words, and in any case."""


@lru_cache(maxsize=256)
def parse_find(said: str) -> tuple[Kind, ...] | None:
    """Return the kinds asked for, none when the cell is empty, None when it says something else."""
    if not said.strip():
        return ()
    kinds = [_KINDS.get(_fold(part)) for part in _BETWEEN.split(said)]
    known = sorted((kind for kind in kinds if kind), key=list(Kind).index)
    if len(known) < len(kinds) or len({kind.field for kind in known}) < len(known):
        return None
    return tuple(known)


def _fold(said: str) -> str:
    """Return a word as it is compared: without case, accents, hyphens and spaces."""
    letters = unicodedata.normalize("NFKD", said).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[-\u2010\u2011\s]", "", kept)


_BETWEEN = re.compile(rf"[+&,]|\s(?:{'|'.join(AND)})\s", re.IGNORECASE)
_KINDS = (
    {_fold(word): Kind.EMAIL for word in EMAIL}
    | {_fold(f"{word} ({how})"): Kind.EMAIL_WATERFALL for word in EMAIL for how in WATERFALL}
    | {_fold(word): Kind.PHONE for word in PHONE}
)
