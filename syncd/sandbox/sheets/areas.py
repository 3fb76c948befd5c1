"""Rectangles on a worksheet, and what happens to them when rows or columns come, go or move.

All indexes are zero-based and half-open. ``None`` is an open end, as in Google's ``GridRange``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

Axis = Literal["ROWS", "COLUMNS"]


class Box(NamedTuple):
    """A rectangle with every side known."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left

    def overlaps(self, other: Box) -> bool:
        return (
            self.top < other.bottom
            and other.top < self.bottom
            and self.left < other.right
            and other.left < self.right
        )

    def holds(self, other: Box) -> bool:
        return (
            self.top <= other.top
            and other.bottom <= self.bottom
            and self.left <= other.left
            and other.right <= self.right
        )

    def meet(self, other: Box) -> Box | None:
        """Return what both cover, or None."""
        if not self.overlaps(other):
            return None
        return Box(
            max(self.top, other.top),
            min(self.bottom, other.bottom),
            max(self.left, other.left),
            min(self.right, other.right),
        )

    def shifted(self, rows: int, columns: int) -> Box:
        return Box(self.top + rows, self.bottom + rows, self.left + columns, self.right + columns)


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle that may be open on any side."""

    top: int | None = None
    bottom: int | None = None
    left: int | None = None
    right: int | None = None

    def within(self, rows: int, columns: int) -> Box:
        """Return the part inside a grid of that size; empty where it lies wholly outside."""
        top = min(self.top or 0, rows)
        left = min(self.left or 0, columns)
        bottom = rows if self.bottom is None else min(self.bottom, rows)
        right = columns if self.right is None else min(self.right, columns)
        return Box(top, max(bottom, top), left, max(right, left))

    def span(self, axis: Axis) -> tuple[int | None, int | None]:
        return (self.top, self.bottom) if axis == "ROWS" else (self.left, self.right)

    def with_span(self, axis: Axis, start: int | None, end: int | None) -> Area:
        if axis == "ROWS":
            return Area(start, end, self.left, self.right)
        return Area(self.top, self.bottom, start, end)

    def after_insert(self, axis: Axis, at: int, count: int) -> Area:
        start, end = self.span(axis)
        if start is not None and start >= at:
            start += count
        if end is not None and end > at:
            end += count
        return self.with_span(axis, start, end)

    def after_delete(self, axis: Axis, first: int, last: int) -> Area | None:
        """Return the area once ``[first, last)`` is gone, or None when nothing of it is left."""
        start, end = self.span(axis)

        def fall(index: int) -> int:
            return index - max(0, min(index, last) - first)

        new_start = None if start is None else fall(start)
        new_end = None if end is None else fall(end)
        if end is not None and new_end is not None and new_end <= (new_start or 0):
            return None
        return self.with_span(axis, new_start, new_end)

    def after_move(self, axis: Axis, first: int, last: int, to: int) -> Area:
        """Return the area after ``[first, last)`` was dragged before index ``to``."""
        start, end = self.span(axis)
        count = last - first
        landed = to - count if to > first else to
        if start is not None and end is not None and first <= start and end <= last:
            return self.with_span(axis, start - first + landed, end - first + landed)
        left_over = self.after_delete(axis, first, last)
        return self if left_over is None else left_over.after_insert(axis, landed, count)

    def to_grid_range(self, sheet_id: int) -> dict[str, Any]:
        """Return a GridRange; a sheetId of 0 is omitted (recorded), open sides too."""
        named = {
            "sheetId": sheet_id or None,
            "startRowIndex": self.top,
            "endRowIndex": self.bottom,
            "startColumnIndex": self.left,
            "endColumnIndex": self.right,
        }
        return {name: value for name, value in named.items() if value is not None}


def area_of(box: Box) -> Area:
    return Area(box.top, box.bottom, box.left, box.right)


def area_from(grid_range: dict[str, Any]) -> Area:
    """Read a GridRange's sides; its worksheet is the caller's business."""
    return Area(
        grid_range.get("startRowIndex"),
        grid_range.get("endRowIndex"),
        grid_range.get("startColumnIndex"),
        grid_range.get("endColumnIndex"),
    )
