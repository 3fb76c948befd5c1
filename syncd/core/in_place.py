"""Buying on the list that people use themselves: whom would the vendor take off it? Pure.

The vendor takes those who lack a value from the top of the list, in the order of their ids
(documented); nobody can be named. So a purchase is safe only where those on top are the planned
ones, and where the free count shows that "lacks a value" means to the vendor what it means here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from syncd.core.model import Reading, Seen


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """The first ``limit`` whom the vendor would take are planned, or else there is an obstacle."""

    limit: int = 0
    obstacle: str = ""
    passing: bool = False  # somebody else searches on the list: that ends by itself


def foresee(shown: Mapping[int, Seen], planned: Collection[int], unenriched: int) -> Forecast:
    """Say how many of the planned the vendor would take, or why that cannot be known.

    ``shown`` is everybody on the list, ``unenriched`` the vendor's own count of those who lack the
    value. Whether it takes a person again who shows some text, or one whom somebody is searching
    for just now, is not documented: the count tells for the text, and the search has to end first.
    """
    lacking = sorted(p for p, seen in shown.items() if seen.reading is not Reading.FOUND)
    if any(shown[p].reading is Reading.LOADING for p in lacking):
        return Forecast(obstacle="somebody else is searching on the list", passing=True)
    empty = [p for p in lacking if shown[p].reading is Reading.EMPTY]
    for taken in (lacking, empty):
        if len(taken) == unenriched:
            wanted = [p for p in taken if p in planned]
            if taken[: len(wanted)] != wanted:
                return Forecast(obstacle="it would take other people off the list")
            return Forecast(limit=len(wanted))
    return Forecast(obstacle=f"the free count says {unenriched}, the list shows {len(lacking)}")


def find_taken(before: Mapping[int, Seen], now: Mapping[int, Seen]) -> frozenset[int]:
    """Return those whom somebody has begun to search for between two looks."""
    return frozenset(
        p
        for p, seen in before.items()
        if p in now and now[p] != seen and now[p].reading is not Reading.EMPTY
    )
