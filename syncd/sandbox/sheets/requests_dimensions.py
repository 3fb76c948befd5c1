"""batchUpdate requests on rows and columns: insert, delete, move, append, size, group."""

from __future__ import annotations

from typing import Any

from . import structure
from .areas import Axis
from .edit import Body, Edit, Span, read_axis, read_span
from .errors import invalid
from .masks import request_mask
from .model import Group, Worksheet
from .rights import guard_worksheet
from .spreadsheets import group_resource

_NOUN: dict[Axis, str] = {"ROWS": "rows", "COLUMNS": "columns"}


def insert_dimension(edit: Edit, body: Body) -> Body:
    span = read_span(edit, body.get("range"), bounded=False)
    count = len(span.worksheet.lines(span.axis))
    before = body.get("inheritFromBefore", False)
    if before and span.start == 0:
        raise invalid("inheritFromBefore cannot be true when inserting at index 0.")
    if before and span.start > count:
        raise invalid(
            f"range.startIndex[{span.start}] must not be greater than the grid size ({count})."
        )
    if not before and span.start >= count:
        raise invalid(
            f"range.startIndex[{span.start}] must be less than the grid size ({count}) "
            "if inheritFromBefore is false."
        )
    guard_inside(edit, span)
    structure.insert_lines(
        span.worksheet,
        span.axis,
        span.start,
        span.end - span.start,
        like=span.start - 1 if before else span.start,
        validation=edit.settings.insert_inherits_validation,
    )
    return {}


def guard_inside(edit: Edit, span: Span) -> None:
    """Refuse an insert that would land inside a range closed to the user."""
    box = span.box
    if span.start == 0:
        return
    if span.axis == "ROWS":
        around = box._replace(top=span.start - 1, bottom=span.start + 1)
    else:
        around = box._replace(left=span.start - 1, right=span.start + 1)
    for placed in span.worksheet.protected:
        start, end = placed.area.span(span.axis)
        if (start or 0) < span.start and (end is None or span.start < end):
            edit.guard(span.worksheet, around)


def delete_dimension(edit: Edit, body: Body) -> Body:
    span = read_span(edit, body.get("range"))
    count = len(span.worksheet.lines(span.axis))
    if span.end - span.start >= count:
        raise invalid(f"You can't delete all the {_NOUN[span.axis]} on the sheet.")
    frozen = _frozen(span.worksheet, span.axis)
    if frozen and span.start <= frozen and span.end >= count:
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {_NOUN[span.axis]}.")
    edit.guard(span.worksheet, span.box)
    structure.delete_lines(span.worksheet, span.axis, span.start, span.end)
    return {}


def _frozen(worksheet: Worksheet, axis: Axis) -> int:
    return worksheet.frozen_rows if axis == "ROWS" else worksheet.frozen_columns


def move_dimension(edit: Edit, body: Body) -> Body:
    span = read_span(edit, body.get("source"))
    to = body.get("destinationIndex", 0)
    if not 0 <= to <= len(span.worksheet.lines(span.axis)):
        raise invalid(f"destinationIndex[{to}] is outside the grid.")
    if span.start < to < span.end:
        raise invalid("The destination index must not be within the source range.")
    edit.guard(span.worksheet, span.box)
    structure.move_lines(span.worksheet, span.axis, span.start, span.end, to)
    return {}


def append_dimension(edit: Edit, body: Body) -> Body:
    worksheet = edit.worksheet(body)
    length = body.get("length", 0)
    if length < 1:
        raise invalid("length must be greater than 0.")
    structure.append_lines(worksheet, read_axis(body.get("dimension")), length)
    return {}


def update_dimension_properties(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    span = read_span(edit, body.get("range"))
    guard_worksheet(span.worksheet, edit.user)
    new = body.get("properties", {})
    for name in tree:
        if name not in ("*", "pixelSize", "hiddenByUser"):
            raise invalid(f"Invalid field: {name}")
    for line in span.worksheet.lines(span.axis)[span.start : span.end]:
        if "*" in tree or "pixelSize" in tree:
            line.size = new.get("pixelSize")
        if "*" in tree or "hiddenByUser" in tree:
            line.hidden = new.get("hiddenByUser", False)
    return {}


def auto_resize_dimensions(edit: Edit, body: Body) -> Body:
    """Fit lines to their content; the width is a guess, seven pixels a character (assumed)."""
    span = read_span(edit, body.get("dimensions"))
    lines = span.worksheet.lines(span.axis)
    for index in range(span.start, span.end):
        if span.axis == "ROWS":
            lines[index].size = 21
        else:
            texts = [str(row.get(index) or "") for row in span.worksheet.rows]
            lines[index].size = max((7 * len(text) + 6 for text in texts if text), default=100)
    return {}


def add_dimension_group(edit: Edit, body: Body) -> Body:
    """Group lines; where the new range lies within or over others, depths follow the nesting."""
    span = read_span(edit, body.get("range"))
    mine = [one for one in span.worksheet.groups if one.axis == span.axis]
    if any(_crosses(one, span) for one in mine):
        raise invalid("Cannot add a group that partially overlaps an existing group.")
    mine.append(Group(span.axis, span.start, span.end, 1))
    return {"addDimensionGroup": {"dimensionGroups": _settle(span, mine)}}


def delete_dimension_group(edit: Edit, body: Body) -> Body:
    span = read_span(edit, body.get("range"))
    mine = [one for one in span.worksheet.groups if one.axis == span.axis]
    same = [one for one in mine if (one.start, one.end) == (span.start, span.end)]
    if not same:
        raise invalid("No group exists over the given range.")
    mine.remove(max(same, key=lambda one: one.depth))
    answer: dict[str, Any] = {}
    if groups := _settle(span, mine):
        answer["dimensionGroups"] = groups
    return {"deleteDimensionGroup": answer}


def _crosses(group: Group, span: Span) -> bool:
    apart = group.end <= span.start or span.end <= group.start
    nested = (group.start <= span.start and span.end <= group.end) or (
        span.start <= group.start and group.end <= span.end
    )
    return not apart and not nested


def _settle(span: Span, groups: list[Group]) -> list[dict[str, Any]]:
    """Recount depths outside in, keep the groups, and return them as Google shows them."""
    ordered = sorted(groups, key=lambda one: (one.start, -(one.end - one.start)))
    settled: list[Group] = []
    for group in ordered:
        depth = 1 + sum(1 for one in settled if one.start <= group.start and group.end <= one.end)
        settled.append(group._replace(depth=depth))
    others = [one for one in span.worksheet.groups if one.axis != span.axis]
    span.worksheet.groups = others + settled
    return [group_resource(span.worksheet, one) for one in settled]
