"""The picture of credits against the cap: nothing sticks out, nothing is hidden."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncd.web.picture import HEIGHT, WIDTH, draw

TODAY = date(2026, 5, 12)
credits = st.integers(-(10**6), 10**9)
spent = st.dictionaries(st.integers(0, 60).map(lambda n: TODAY - timedelta(days=n)), credits)


@given(spent, st.integers(0, 10**9), st.integers(1, 60))
def test_every_day_has_its_bar_within_the_frame_and_what_was_spent_is_seen(
    spent: dict[date, int], cap: int, days: int
) -> None:
    picture = draw(spent, cap=cap, today=TODAY, days=days)
    assert [bar.day for bar in picture.bars] == [
        TODAY - timedelta(days=n) for n in range(days - 1, -1, -1)
    ]
    assert 0 <= picture.cap_y <= HEIGHT
    for bar in picture.bars:
        assert bar.credits == spent.get(bar.day, 0)
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH + 0.01
        assert 0 <= bar.y <= bar.y + bar.height <= HEIGHT + 0.01
        assert (bar.height > 0) == (bar.credits > 0)
        if bar.credits > cap and bar.height > 2:
            assert bar.y < picture.cap_y + 0.01
