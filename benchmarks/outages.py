"""How often each line fails in a simulated day, and how."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from syncd.sandbox.world import World

# (kind, rate in percent, and what else a rule takes), by the line it is on
_READ_FAULTS = (
    ("429", 0.3), ("500", 0.5), ("503", 0.5), ("html502", 0.5), ("drop_before", 0.5),
    ("drop_after", 0.5), ("truncated", 0.5), ("bad_json", 0.5), ("slow_after", 0.3),
)  # fmt: skip
_WRITE_FAULTS = (*_READ_FAULTS[:5], ("html502", 2, True), ("503", 1, True), ("500", 1, True),
    ("drop_before", 1), ("drop_after", 4), ("truncated", 1), ("bad_json", 1), ("slow_after", 1),
    ("slow", 1.5))  # fmt: skip
_SECONDS = 130.0  # longer than any of the program's patience


def add_faults(world: World, scale: float, without: Collection[str] = ()) -> None:
    """Let every line fail now and then; a purchase is as uncertain as a write."""
    lines: list[tuple[dict[str, Any], Sequence[Sequence[Any]]]] = [
        ({"vendor": "sheets", "path": r":batchUpdate\b"}, _WRITE_FAULTS),
        ({"vendor": "sheets", "path": "values:batchGet"}, _READ_FAULTS),
        ({"vendor": "seleqt", "method": "POST"}, _WRITE_FAULTS),
        ({"vendor": "seleqt", "method": "GET"}, _READ_FAULTS),
        ({"vendor": "token"}, (("503", 10), ("500", 5), ("drop_before", 5), ("html502", 5))),
    ]
    for line, faults in lines:
        for kind, percent, *applied in faults:
            more = {"applied": True} if applied else {}
            rate = scale * percent / 100
            if kind not in without:
                world.faults.add(kind, rate=rate, seconds=_SECONDS, **line, **more)
