"""What ``Find`` may say, and which kinds that asks for."""

from __future__ import annotations

from functools import lru_cache

from syncd.core.model import Kind

CHOICES: dict[str, tuple[Kind, ...]] = {
    "Email": (Kind.EMAIL,),
    "Email (waterfall)": (Kind.EMAIL_WATERFALL,),
    "Phone": (Kind.PHONE,),
    "Email + phone": (Kind.EMAIL, Kind.PHONE),
}
"""The drop-down's choices in their order. A person may type them in any case."""

_FOLDED = {"".join(choice.casefold().split()): kinds for choice, kinds in CHOICES.items()}


@lru_cache(maxsize=256)
def parse_find(said: str) -> tuple[Kind, ...] | None:
    """Return the kinds asked for, none when the cell is empty, None when it says something else."""
    folded = "".join(said.casefold().split())
    return _FOLDED.get(folded) if folded else ()
