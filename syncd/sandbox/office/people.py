"""The people on the lead sheet: who they are, what can be found of them, and what is asked."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from syncd.sandbox.seleqt import Seleqt

from .layout import Layout

FIRST_ID = 200_001  # all ids have as many digits, so that none is the beginning of another
_AREAS = (202, 212, 213, 303, 305, 312, 404, 415, 503, 512, 602, 615, 617, 702, 713, 718, 804, 917)
_GIVEN = ("Amara", "Bjarne", "Chiara", "Dunja", "Emeka", "Freya", "Goran", "Hanne", "Ilse", "Jorge")
_FAMILY = ("Reyes", "Lindqvist", "Moreau", "Okafor", "Petrov", "Quist", "Rossi", "Stein", "Tamm")


class Wish(NamedTuple):
    """What ``Find`` says, and whether ``Approve`` is ticked."""

    find: str
    approved: bool


class Person(NamedTuple):
    prospect: int
    texts: dict[str, str]
    wish: Wish


class Pool:
    """Invents people at the vendor, and hands them out. Addresses tell whose they are.

    ``wishes`` are choices of ``Find`` with their weights; "" asks for nothing.
    """

    def __init__(
        self,
        seleqt: Seleqt,
        layout: Layout,
        seed: int,
        *,
        wishes: Sequence[tuple[str, int]],
        first_id: int = FIRST_ID,
    ) -> None:
        self._seleqt = seleqt
        self._layout = layout
        self._random = random.Random(f"people {seed}")  # noqa: S311 - repeatable on purpose
        self._choices = [wish for wish, _ in wishes]
        self._weights = [weight for _, weight in wishes]
        self._next = first_id
        self.owners: dict[str, set[int]] = {}  # whose each value is

    def invent(self) -> Person:
        """Return somebody new."""
        prospect, dice = self._next, self._random
        self._next += 1
        email = f"p{prospect}@found.example" if dice.random() < 0.75 else None
        waterfall = email or (f"w{prospect}@found.example" if dice.random() < 0.5 else None)
        phone = _phone(prospect) if dice.random() < 0.6 else None
        for value in (email, waterfall, phone):
            if value:
                self.owners.setdefault(value, set()).add(prospect)
        first, last = dice.choice(_GIVEN), dice.choice(_FAMILY)
        self._seleqt.add_prospect(
            first, last, id=prospect, email=email, waterfall=waterfall, phone=phone
        )
        texts = {name: f"{name} {prospect}" for name in self._layout.texts}
        texts.update(zip(self._layout.texts, (first, last), strict=False))
        find = dice.choices(self._choices, self._weights)[0]
        return Person(prospect, texts, Wish(find, dice.random() < 0.7))

    def kinds(self, wish: Wish) -> int:
        """Return how many purchases a wish makes, once it is approved."""
        return len(self._layout.finds.get(wish.find, ()))


def _phone(prospect: int) -> str:
    """Return a number from the ranges reserved for fiction (555-0100 to 555-0199)."""
    area = _AREAS[prospect // 100 % len(_AREAS)]
    return f"+1{area}55501{prospect % 100:02}"
