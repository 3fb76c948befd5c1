"""batchUpdate requests that rearrange cells: sort, cut, copy, shift, find and replace, merge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from . import clipboard, structure
from .areas import Box, area_of
from .clipboard import PasteType
from .edit import Body, Edit, read_axis
from .errors import invalid
from .model import Formula, Worksheet, value_of
from .ranges import Target, from_grid_range, whole
from .render import display
from .writing import MAX_CHARACTERS, set_value, too_long, type_text


def sort_range(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    specs = body.get("sortSpecs", [])
    if not specs:
        raise invalid("At least one sortSpec must be specified.")
    sort(edit, target.worksheet, target.box, [_sort_key(target.box, spec) for spec in specs])
    return {}


def _sort_key(box: Box, spec: Body) -> tuple[int, bool]:
    extra = set(spec) - {"dimensionIndex", "sortOrder"}
    if extra:
        raise invalid(f"Sorting by {min(extra)} is not supported.")
    column = spec.get("dimensionIndex", 0)
    if not box.left <= column < box.right:
        raise invalid(f"sortSpecs.dimensionIndex[{column}] is outside the range.")
    return column, spec.get("sortOrder") != "DESCENDING"


def sort(edit: Edit, worksheet: Worksheet, box: Box, keys: list[tuple[int, bool]]) -> None:
    """Sort a box as both the API and people do."""
    if edit.settings.sort_needs_all_rights:
        edit.guard(worksheet, box)
    if any(one.height > 1 and one.overlaps(box) for one in map(worksheet.within, worksheet.merges)):
        raise invalid("You can't sort a range with vertical merges. Unmerge the cells first.")
    moves = edit.settings.sort_moves_metadata
    structure.sort_rows(worksheet, box, keys, moves_metadata=moves)


def cut_paste(edit: Edit, body: Body) -> Body:
    source = from_grid_range(edit.spreadsheet, body.get("source"))
    place = body.get("destination", {})
    worksheet = edit.worksheet(place)
    row, column = place.get("rowIndex", 0), place.get("columnIndex", 0)
    kind: PasteType = body.get("pasteType", "PASTE_NORMAL")
    box = source.box
    landed = Box(row, row + box.height, column, column + box.width)
    clipboard.require_inside(worksheet, landed)
    edit.guard(source.worksheet, box)
    edit.guard(worksheet, landed)
    clipboard.cut(source.worksheet, box, worksheet, row, column, kind)
    return {}


def copy_paste(edit: Edit, body: Body) -> Body:
    source = from_grid_range(edit.spreadsheet, body.get("source"))
    target = from_grid_range(edit.spreadsheet, body.get("destination"))
    edit.guard(target.worksheet, target.box)
    kind = body.get("pasteType", "PASTE_NORMAL")
    transpose = body.get("pasteOrientation") == "TRANSPOSE"
    if edit.settings.copy_paste_sees_hidden:
        clipboard.copy(
            source.worksheet, source.box, target.worksheet, target.box, kind, transpose=transpose
        )
        return {}
    # Assumed the other way: as where people copy what a filter shows, rows close ranks.
    lines = range(source.box.top, source.box.bottom)
    seen = [number for number in lines if not source.worksheet.rows[number].hidden]
    for offset, number in enumerate(seen):
        line = source.box._replace(top=number, bottom=number + 1)
        top = target.box.top + offset
        spot = target.box._replace(top=top, bottom=top + 1)
        clipboard.copy(source.worksheet, line, target.worksheet, spot, kind)
    return {}


def insert_range(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    axis = read_axis(body.get("shiftDimension"))
    edit.guard(target.worksheet, _shifted_part(target, rows=axis == "ROWS"))
    clipboard.insert_cells(target.worksheet, target.box, axis)
    return {}


def delete_range(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    axis = read_axis(body.get("shiftDimension"))
    edit.guard(target.worksheet, _shifted_part(target, rows=axis == "ROWS"))
    clipboard.delete_cells(target.worksheet, target.box, axis)
    return {}


def _shifted_part(target: Target, *, rows: bool) -> Box:
    grid = target.worksheet.box
    if rows:
        return target.box._replace(bottom=grid.bottom)
    return target.box._replace(right=grid.right)


def find_replace(edit: Edit, body: Body) -> Body:
    """Replace text in values (or formulas); counts of zero are omitted from the reply.

    Whether the replacement is parsed as if typed is assumed: switch ``find_replace_parses``; and
    that hidden rows are no exception: switch ``find_replace_sees_hidden``.
    """
    if not body.get("find"):
        raise invalid("find must be specified.")
    pattern = _pattern(body)
    replacement = _replacement(body)
    counts = {
        "valuesChanged": 0,
        "formulasChanged": 0,
        "rowsChanged": 0,
        "sheetsChanged": 0,
        "occurrencesChanged": 0,
    }
    for target in _scope(edit, body):
        hits = [
            hit
            for hit in _hits(target, pattern, formulas=body.get("includeFormulas", False))
            if edit.settings.find_replace_sees_hidden or not target.worksheet.rows[hit[0]].hidden
        ]
        for row, column, _ in hits:
            edit.guard(target.worksheet, Box(row, row + 1, column, column + 1))
        for row, column, text in hits:
            new, count = pattern.subn(replacement, text)
            formula = _replace_one(edit, target.worksheet, row, column, new)
            counts["formulasChanged" if formula else "valuesChanged"] += 1
            counts["occurrencesChanged"] += count
        counts["rowsChanged"] += len({row for row, _, _ in hits})
        counts["sheetsChanged"] += bool(hits)
    return {"findReplace": {name: value for name, value in counts.items() if value}}


def _pattern(body: Body) -> re.Pattern[str]:
    text = body["find"] if body.get("searchByRegex") else re.escape(body["find"])
    if body.get("matchEntireCell"):
        text = rf"\A(?:{text})\Z"
    try:
        return re.compile(text, 0 if body.get("matchCase") else re.IGNORECASE)
    except re.error:
        raise invalid(f"Invalid regular expression: {body['find']}") from None


def _replacement(body: Body) -> str:
    text: str = body.get("replacement", "")
    escaped = text.replace("\\", "\\\\")
    return re.sub(r"\$(\d)", r"\\g<\1>", escaped) if body.get("searchByRegex") else escaped


def _scope(edit: Edit, body: Body) -> list[Target]:
    scopes = [name for name in ("range", "sheetId", "allSheets") if name in body]
    if len(scopes) != 1:
        raise invalid("Exactly one of range, sheetId or allSheets must be specified.")
    if scopes == ["range"]:
        return [from_grid_range(edit.spreadsheet, body["range"])]
    if scopes == ["sheetId"]:
        return [whole(edit.worksheet(body))]
    return [whole(worksheet) for worksheet in edit.spreadsheet.worksheets]


def _hits(
    target: Target, pattern: re.Pattern[str], *, formulas: bool
) -> Iterator[tuple[int, int, str]]:
    box, worksheet = target.box, target.worksheet
    for row in range(box.top, box.bottom):
        for offset, entry in enumerate(worksheet.rows[row].cells[box.left : box.right]):
            value = value_of(entry)
            if value is None:
                continue
            if isinstance(value, Formula):
                if not formulas:
                    continue
                text = value.text
            else:
                text = (
                    value if isinstance(value, str) else display(worksheet, row, box.left + offset)
                )
            if pattern.search(text):
                yield row, box.left + offset, text


def _replace_one(edit: Edit, worksheet: Worksheet, row: int, column: int, text: str) -> bool:
    """Put the replaced text and tell whether the cell was a formula."""
    if len(text) > MAX_CHARACTERS:
        raise too_long()
    formula = isinstance(value_of(worksheet.entry(row, column)), Formula)
    if edit.settings.find_replace_parses or formula:
        type_text(worksheet, row, column, text)
    else:
        set_value(worksheet, row, column, text or None)
    return formula


def merge_cells(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    worksheet, box = target.worksheet, target.box
    edit.guard(worksheet, box)
    kind = body.get("mergeType", "MERGE_ALL")
    if any(
        one.overlaps(box) and not box.holds(one) for one in map(worksheet.within, worksheet.merges)
    ):
        raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    worksheet.merges = [one for one in worksheet.merges if not worksheet.within(one).overlaps(box)]
    parts = [box]
    if kind == "MERGE_COLUMNS":
        parts = [box._replace(left=at, right=at + 1) for at in range(box.left, box.right)]
    elif kind == "MERGE_ROWS":
        parts = [box._replace(top=at, bottom=at + 1) for at in range(box.top, box.bottom)]
    for part in parts:
        if part.height * part.width > 1:
            worksheet.merges.append(area_of(part))
            _keep_first(worksheet, part)
    return {}


def _keep_first(worksheet: Worksheet, box: Box) -> None:
    """Leave one value in a merge: its first, in the top left cell."""
    values = [
        (row, column, value)
        for row in range(box.top, box.bottom)
        for column in range(box.left, box.right)
        if (value := value_of(worksheet.entry(row, column))) is not None
    ]
    for row, column, _ in values:
        set_value(worksheet, row, column, None)
    if values:
        set_value(worksheet, box.top, box.left, values[0][2])


def unmerge_cells(edit: Edit, body: Body) -> Body:
    target = from_grid_range(edit.spreadsheet, body.get("range"))
    worksheet, box = target.worksheet, target.box
    edit.guard(worksheet, box)
    touched = [one for one in worksheet.merges if worksheet.within(one).overlaps(box)]
    if any(not box.holds(worksheet.within(one)) for one in touched):
        raise invalid("You must select all cells in a merged range to merge or unmerge them.")
    worksheet.merges = [one for one in worksheet.merges if one not in touched]
    return {}
