"""The picture: credits of each of the last days against the day's cap, as numbers to draw. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 600, 160
_GAP = 0.25  # of a day's share of the width
_LEAST = 2.0  # so that 3 credits can be seen beside a cap of 5,000


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One day. Lengths are in the picture's own units, from its top left corner."""

    day: date
    credits: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """``cap_y`` is where the cap's line runs; ``peak`` is the dearest day's credits."""

    bars: tuple[Bar, ...]
    cap: int
    cap_y: float
    peak: int
    total: int


def draw(spent: Mapping[date, int], *, cap: int, today: date, days: int) -> Picture:
    """Return the picture of the last ``days`` days, today's last; days without credits are 0."""
    first = today - timedelta(days=days - 1)
    values = [(day, spent.get(day, 0)) for day in (first + timedelta(days=n) for n in range(days))]
    peak = max(credits for _, credits in values)
    highest = max(peak, cap, 1) * 1.08
    share = WIDTH / days
    bars = []
    for place, (day, credits) in enumerate(values):
        height = max(_LEAST, HEIGHT * credits / highest) if credits > 0 else 0.0
        bars.append(
            Bar(
                day=day,
                credits=credits,
                x=round(share * (place + _GAP / 2), 2),
                y=round(HEIGHT - height, 2),
                width=round(share * (1 - _GAP), 2),
                height=round(height, 2),
            )
        )
    return Picture(
        bars=tuple(bars),
        cap=cap,
        cap_y=round(HEIGHT - HEIGHT * cap / highest, 2),
        peak=peak,
        total=sum(credits for _, credits in values),
    )
