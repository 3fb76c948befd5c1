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
    folded = _fold(said)
    if not folded:
        return ()
    kinds = [_KINDS.get(part) for part in _BETWEEN.split(folded)]
    known = sorted((kind for kind in kinds if kind), key=list(Kind).index)
    if len(known) < len(kinds) or len({kind.field for kind in known}) < len(known):
        return None
    return tuple(known)


def _fold(said: str) -> str:
    """Return the words as they are compared: without case, accents, hyphens and wide spaces."""
    letters = unicodedata.normalize("NFKD", said).casefold()
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    spaced = re.sub(r"([+&,()])", r" \1 ", re.sub(r"[-\u2010\u2011]", "", kept))
    return " ".join(spaced.split())


_BETWEEN = re.compile(rf" (?:[+&,]|{'|'.join(AND)}) ")
_KINDS = (
    {_fold(word): Kind.EMAIL for word in EMAIL}
    | {_fold(f"{word} ({how})"): Kind.EMAIL_WATERFALL for word in EMAIL for how in WATERFALL}
    | {_fold(word): Kind.PHONE for word in PHONE}
)
