"""What conditional formats make of a worksheet's look, for the browser's grid alone.

Google's API never tells what they do to a cell. Only conditions on text and numbers are worked out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .model import Worksheet
from .validation import satisfies

_WORKED_OUT = ("TEXT_", "NUMBER_")


def find_looks(
    worksheet: Worksheet, rows: Sequence[Sequence[Any]]
) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Yield row, column and format where a rule holds; of several the first one wins."""
    seen: set[tuple[int, int]] = set()
    for areas, rule in zip(worksheet.rule_areas, worksheet.rules, strict=True):
        condition = rule.get("booleanRule", {}).get("condition", {})
        if not condition.get("type", "").startswith(_WORKED_OUT):
            continue
        for area in areas:
            box = worksheet.within(area)
            for row in range(box.top, min(box.bottom, len(rows))):
                for column in range(box.left, min(box.right, len(rows[row]))):
                    text = rows[row][column]
                    if text == "" or (row, column) in seen:
                        continue
                    if satisfies(worksheet, condition, text):
                        seen.add((row, column))
                        yield row, column, rule["booleanRule"].get("format", {})
