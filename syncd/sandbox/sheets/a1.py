"""A1 and R1C1 notation: text to sides and back. Knows no worksheet and no grid."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .areas import Area, Box

_PLAIN_TITLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CELL_LIKE = re.compile(r"[A-Za-z]{1,3}[0-9]+|[Rr][0-9]*[Cc][0-9]*|[Rr][0-9]*|[Cc][0-9]*")
_CORNER = re.compile(r"(\$?(?P<column>[A-Za-z]{1,3}))?(\$?(?P<row>[1-9][0-9]{0,9}))?")
_R1C1 = re.compile(r"R(?P<row>[1-9][0-9]{0,9})C(?P<column>[1-9][0-9]{0,5})")


@dataclass(frozen=True, slots=True)
class Reference:
    """A range as written: a title, and an area, a name after the title, or just the title.

    ``titled`` tells a title that can be nothing else (``'T'`` or ``T!...``) from a bare word, which
    may also be a named range; an area is then what the word reads as in A1, if anything.
    """

    title: str
    area: Area | None
    titled: bool = False
    single: bool = False  # one corner only, as in "B2"
    name: str | None = None  # what stands after the title when it is no area


@lru_cache(maxsize=4096)
def column_name(index: int) -> str:
    """Return the letters of a zero-based column."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(65 + rest) + name
    return name


def column_index(letters: str) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def quote_title(title: str) -> str:
    """Quote a title where Google does: anything but a plain word, and words that look like a cell.

    Recorded: ``Sheet1`` bare, ``'🌵 test 1'`` and ``'D3'`` quoted.
    """
    if _PLAIN_TITLE.fullmatch(title) and not _CELL_LIKE.fullmatch(title):
        return title
    return "'" + title.replace("'", "''") + "'"


def write_area(area: Area) -> str:
    """Return the sides in A1; a single cell has one corner. Open ends stay open."""
    start = _corner(area.top, area.left)
    end = _corner(
        None if area.bottom is None else area.bottom - 1,
        None if area.right is None else area.right - 1,
    )
    if area.bottom is None and area.right is None:
        return start
    if start == end and area.top is not None and area.left is not None:
        return start
    return f"{start}:{end}"


def write_range(title: str, box: Box) -> str:
    start = f"{column_name(box.left)}{box.top + 1}"
    if box.height == 1 and box.width == 1:
        return f"{quote_title(title)}!{start}"
    return f"{quote_title(title)}!{start}:{column_name(box.right - 1)}{box.bottom}"


def _corner(row: int | None, column: int | None) -> str:
    letters = "" if column is None else column_name(column)
    return letters + ("" if row is None else str(row + 1))


def parse_range(text: str) -> Reference | None:
    """Read a range, or return None when nobody could. A bare word comes back as a title too."""
    title, rest, quoted = _split_title(text)
    if rest is None:
        if title is None:
            return None
        if quoted:
            return Reference(title, Area(), titled=True)
        area, single = parse_area(title)
        return Reference(title, area, single=single)
    if not title:
        return None
    area, single = parse_area(rest)
    if area is None and not rest:
        return None
    return Reference(title, area, titled=True, single=single, name=rest if area is None else None)


def _split_title(text: str) -> tuple[str | None, str | None, bool]:
    if text.startswith("'"):
        match = re.fullmatch(r"'((?:[^']|'')*)'(?:!(.*))?", text, re.DOTALL)
        if match is None:
            return None, None, False
        return match.group(1).replace("''", "'"), match.group(2), True
    if "!" in text:
        title, _, rest = text.rpartition("!")
        return title, rest, False
    return text or None, None, False


def parse_area(text: str) -> tuple[Area | None, bool]:
    """Read ``A1``, ``A1:B2``, ``A:B``, ``1:2``, ``A2:C`` or R1C1; corners may be reversed."""
    start_text, colon, end_text = text.partition(":")
    start = _parse_corner(start_text)
    if start is None:
        return None, False
    row, column = start
    if not colon:
        if row is None or column is None:
            return None, False
        return Area(row, row + 1, column, column + 1), True
    end = _parse_corner(end_text)
    if end is None:
        return None, False
    return _join(start, end), False


def _parse_corner(text: str) -> tuple[int | None, int | None] | None:
    if match := _R1C1.fullmatch(text):
        return int(match["row"]) - 1, int(match["column"]) - 1
    match = _CORNER.fullmatch(text)
    if not text or match is None:
        return None
    row = None if match["row"] is None else int(match["row"]) - 1
    column = None if match["column"] is None else column_index(match["column"])
    return row, column


def _join(start: tuple[int | None, int | None], end: tuple[int | None, int | None]) -> Area | None:
    rows = _join_side(start[0], end[0])
    columns = _join_side(start[1], end[1])
    return Area(rows[0], rows[1], columns[0], columns[1])


def _join_side(start: int | None, end: int | None) -> tuple[int | None, int | None]:
    if start is None or end is None:
        known = start if end is None else end
        return (None, None) if known is None else (known, None)
    return min(start, end), max(start, end) + 1
