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
    value. Whether that includes people who show some text, or for whom it is searching just now, is
    not documented, so every way of counting that comes to the same number has to agree. A search
    among those on top may end empty at any moment, and put somebody else there.
    """
    readings = {
        frozenset({Reading.EMPTY, *texts, *loading}) for texts in _TEXTS for loading in _LOADING
    }
    lacking = [sorted(p for p, seen in shown.items() if seen.reading in one) for one in readings]
    possible = [taken for taken in lacking if len(taken) == unenriched]
    tops = {tuple(p for p in taken if p in planned) for taken in possible}
    if len(tops) != 1:
        counted = sum(seen.reading is not Reading.FOUND for seen in shown.values())
        return Forecast(obstacle=f"the free count says {unenriched}, the list shows {counted}")
    [top] = tops
    if any(tuple(taken[: len(top)]) != top for taken in possible):
        return Forecast(obstacle="it would take other people off the list")
    if top and any(p < top[-1] and s.reading is Reading.LOADING for p, s in shown.items()):
        return Forecast(obstacle="somebody else is searching on the list", passing=True)
    return Forecast(limit=len(top))


def find_taken(before: Mapping[int, Seen], now: Mapping[int, Seen]) -> frozenset[int]:
    """Return those whom somebody has begun to search for between two looks."""
    quiet = {p: seen for p, seen in before.items() if seen.reading is not Reading.LOADING}
    return frozenset(
        p
        for p, seen in quiet.items()
        if p in now and now[p] != seen and now[p].reading is not Reading.EMPTY
    )


_TEXTS = ((), (Reading.MISSED, Reading.UNRECOGNISED))
_LOADING = ((), (Reading.LOADING,))
