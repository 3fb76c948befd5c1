"""Find columns by what their header says, never by where they stand.

People insert, move and rename columns while syncd works. A header that is missing or stands twice
stops the worksheet with a sentence; guessing would write into somebody's column.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

LOOK_AT = 10  # rows from the top in which a header may stand


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column syncd knows: its name, other texts people use for it, and who owns it."""

    name: str
    aliases: tuple[str, ...] = ()
    required: bool = False
    owned: bool = False  # by syncd


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """Where each known column stands: ``row`` and the positions are 0-based."""

    row: int
    at: Mapping[str, int]
    width: int

    def position(self, name: str) -> int | None:
        return self.at.get(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class HeaderProblem:
    """Why a worksheet cannot be read, as a sentence for people."""

    text: str


def fold(text: object) -> str:
    """Return a header to compare: case, accents, spaces, points and hyphens do not matter."""
    return _fold(str(text))


@lru_cache(maxsize=1024)  # the same few headers, in every cycle
def _fold(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(map(_fold_letter, letters)).split())


def _fold_letter(letter: str) -> str:
    if unicodedata.combining(letter):
        return ""
    return " " if letter in ".-_:" or unicodedata.category(letter) == "Pd" else letter


def find_header(
    grid: Sequence[Sequence[object]],
    columns: Sequence[Column],
    extra_aliases: Mapping[str, Sequence[str]] | None = None,
) -> Header | HeaderProblem:
    """Return the header, or why there is none.

    The header is the first of the top rows that names every required column. Where none does, the
    row that names most of them is the one the problem speaks of.
    """
    best: tuple[int, int, Mapping[str, Sequence[int]]] = (0, 0, {})
    for number, places in enumerate(find_names(grid, columns, extra_aliases)):
        if len(places) > best[0]:
            best = (len(places), number, places)
    _, number, places = best
    doubled = [name for name, where in places.items() if len(where) > 1]
    if doubled:
        return HeaderProblem(
            text=f"The header {_quote(doubled)} stands more than once in row {number + 1}. "
            "Rename or remove one of them."
        )
    missing = [column.name for column in columns if column.required and column.name not in places]
    if missing:
        # One name alone may be a choice of Find, in a sheet whose header is gone.
        where = f"row {number + 1}" if len(places) > 1 else "the first rows"
        return HeaderProblem(text=f"The header {_quote(missing)} is missing in {where}.")
    at = {name: where[0] for name, where in places.items()}
    return Header(row=number, at=at, width=max(at.values()) + 1)


def find_names(
    grid: Sequence[Sequence[object]],
    columns: Sequence[Column],
    extra_aliases: Mapping[str, Sequence[str]] | None = None,
) -> list[Mapping[str, Sequence[int]]]:
    """Return for each of the top rows the columns it names, and at which 0-based positions.

    Where the config's word for a column stands, no other word counts: many a sheet has more than
    one column for a phone.
    """
    names = dict(_know(tuple(columns)))
    for name, words in (extra_aliases or {}).items():
        names.update({fold(text): (0, name) for text in words})
    rows: list[Mapping[str, Sequence[int]]] = []
    for cells in grid[:LOOK_AT]:
        places: dict[str, dict[int, list[int]]] = {}
        for position, cell in enumerate(cells):
            if cell and (named := names.get(fold(cell))) is not None:
                rank, name = named
                places.setdefault(name, {}).setdefault(rank, []).append(position)
        rows.append({name: ranks[min(ranks)] for name, ranks in places.items()})
    return rows


@lru_cache(maxsize=8)  # the columns of a handful of sorts of worksheet, in every cycle
def _know(columns: tuple[Column, ...]) -> Mapping[str, tuple[int, str]]:
    return {
        fold(text): (1, column.name)
        for column in columns
        for text in (column.name, *column.aliases)
    }


def _quote(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
