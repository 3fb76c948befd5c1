"""In place: a purchase goes out only where the vendor can take nobody but the planned."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.in_place import Forecast, find_taken, foresee
from syncd.core.model import Reading, Seen

EMPTY, LOADING = Seen(reading=Reading.EMPTY), Seen(reading=Reading.LOADING)
FOUND = Seen(reading=Reading.FOUND, value="p@found.example")
ODD = Seen(reading=Reading.UNRECOGNISED, value="call us")
MISSED = Seen(reading=Reading.MISSED, value="Not found")


def lacking(shown: dict[int, Seen], *, text: bool, loading: bool) -> list[int]:
    """Whom a vendor counts, and takes from the top, under each reading of its documents."""
    return sorted(
        p
        for p, seen in shown.items()
        if seen == EMPTY or (text and seen in (ODD, MISSED)) or (loading and seen == LOADING)
    )


@given(
    shown=st.dictionaries(
        st.integers(1, 12), st.sampled_from([EMPTY, EMPTY, FOUND, ODD, MISSED, LOADING])
    ),
    planned=st.sets(st.integers(1, 12)),
    text=st.booleans(),
    loading=st.booleans(),
)
def test_whatever_lacking_means_to_the_vendor_it_can_take_nobody_else(
    shown: dict[int, Seen], planned: set[int], text: bool, loading: bool
) -> None:
    takes = lacking(shown, text=text, loading=loading)
    forecast = foresee(shown, planned, len(takes))
    assert forecast.limit == 0 or not forecast.obstacle
    assert set(takes[: forecast.limit]) <= planned


@pytest.mark.parametrize(
    ("shown", "planned", "unenriched", "forecast"),
    [
        ({1: EMPTY, 2: EMPTY, 3: EMPTY}, {1, 2}, 3, Forecast(limit=2)),
        ({1: FOUND, 2: EMPTY, 3: EMPTY}, {1, 2}, 2, Forecast(limit=1)),
        ({1: ODD, 2: EMPTY}, {1, 2}, 2, Forecast(limit=2)),
        ({1: ODD, 2: EMPTY}, {1, 2}, 1, Forecast(limit=1)),
        ({1: ODD, 2: EMPTY}, {2}, 1, Forecast(limit=1)),
        ({1: FOUND}, {1}, 0, Forecast()),
        ({2: EMPTY}, {1}, 1, Forecast()),
        ({2: EMPTY, 3: LOADING}, {2}, 1, Forecast(limit=1)),
        ({2: EMPTY, 3: LOADING}, {2}, 2, Forecast(limit=1)),
        ({2: EMPTY, 3: LOADING}, {2, 3}, 1, Forecast(limit=1)),
        ({2: EMPTY, 3: LOADING}, {2, 3}, 2, Forecast(limit=2)),
    ],
)
def test_where_the_planned_are_on_top_they_are_bought(
    shown: dict[int, Seen], planned: set[int], unenriched: int, forecast: Forecast
) -> None:
    assert foresee(shown, planned, unenriched) == forecast


@pytest.mark.parametrize(
    ("shown", "unenriched", "obstacle", "passing"),
    [
        ({1: EMPTY, 2: EMPTY}, 2, "other people", False),  # the first is remembered as a miss
        ({1: MISSED, 2: EMPTY}, 2, "other people", False),
        ({1: LOADING, 2: EMPTY}, 1, "somebody else", True),
        ({1: LOADING, 2: EMPTY}, 2, "other people", False),
        ({1: EMPTY, 2: ODD, 3: LOADING}, 2, "free count says 2", False),
        ({1: EMPTY, 2: EMPTY, 3: EMPTY}, 2, "free count says 2", False),  # one it will not search
        ({2: EMPTY}, 5, "free count says 5", False),
    ],
)
def test_what_cannot_be_foreseen_is_not_bought(
    shown: dict[int, Seen], unenriched: int, obstacle: str, passing: bool
) -> None:
    forecast = foresee(shown, {2}, unenriched)
    assert forecast.limit == 0
    assert obstacle in forecast.obstacle
    assert forecast.passing is passing


def test_those_taken_are_those_whose_field_came_to_life() -> None:
    before = {1: EMPTY, 2: EMPTY, 3: ODD, 4: EMPTY, 5: EMPTY, 6: LOADING}
    now = {1: LOADING, 2: EMPTY, 3: ODD, 4: FOUND, 6: FOUND}
    assert find_taken(before, now) == {1, 4}
