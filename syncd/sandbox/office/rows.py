"""Edits that move things: each takes the worksheet and a die, does one edit, and says what it did.

One that cannot be done just now raises ValueError.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from syncd.sandbox.sheets import people as hands
from syncd.sandbox.sheets.model import value_of

from .leads import Leads, Look

Act = Callable[[Leads, random.Random], str]

_MOST_COLUMNS = 6  # more than the layout has
_MOST_ABOVE = 3  # rows above the header
_BLOCK = 12  # rows moved or deleted at once


def sort_whole(leads: Leads, dice: random.Random) -> str:
    look = leads.look()
    column, ascending = dice.randrange(look.width), dice.random() < 0.5
    hands.sort(leads.worksheet, column, ascending, header_rows=look.first)
    return f"sort everything by column {column}, {_way(ascending)}"


def sort_block(leads: Leads, dice: random.Random) -> str:
    """Sort a block of whole rows only."""
    look = leads.look()
    start, end = _span(look, dice, most=max(2, look.end - look.first))
    column, ascending = dice.randrange(look.width), dice.random() < 0.5
    hands.sort(leads.worksheet, column, ascending, header_rows=start, end_row=end)
    return f"sort rows {start}-{end} by column {column}, {_way(ascending)}"


def sort_by_filter(leads: Leads, dice: random.Random) -> str:
    """Sort through a basic filter: only the rows and columns that it covers."""
    look = leads.look()
    right = max(look.at.values()) + 1
    column, ascending = dice.choice(list(look.at.values())), dice.random() < 0.5
    hands.sort(
        leads.worksheet,
        column,
        ascending,
        header_rows=look.first,
        only_columns=(0, right),
        end_row=look.end,
    )
    return f"sort through the filter by column {column}, {_way(ascending)}"


def sort_some_columns(leads: Leads, dice: random.Random) -> str:
    """Sort some columns only: people move while the program's cells stay, or the other way round.

    The program's columns go together: who tears an email from its status says so by that.
    """
    look = leads.look()
    owned = {look.at[name] for name in leads.layout.owned if name in look.at}
    for _ in range(30):
        left, right = sorted(dice.sample(range(look.width + 1), 2))
        inside = owned & set(range(left, right))
        if right - left < look.width and inside in (set(), owned):
            break
    else:
        raise ValueError("the program's columns lie too far apart")
    column, ascending = dice.randrange(left, right), dice.random() < 0.5
    hands.sort(
        leads.worksheet,
        column,
        ascending,
        header_rows=look.first,
        only_columns=(left, right),
        end_row=look.end,
    )
    what = "with the program's" if inside else "without the program's"
    return f"sort only columns {left}-{right}, {what}, by column {column}, {_way(ascending)}"


def insert_rows(leads: Leads, dice: random.Random) -> str:
    look = leads.look()
    at, count = dice.randint(look.first, look.end), dice.randint(1, 3)
    hands.insert_rows(leads.worksheet, at, count)
    return f"insert {count} rows at {at}"


def delete_rows(leads: Leads, dice: random.Random) -> str:
    """Delete rows, whatever is in them, or more often empty ones."""
    look = leads.look()
    empty = [n for n in range(look.first, look.end) if _is_empty(look, n)]
    if empty and dice.random() < 0.7:
        at = dice.choice(empty)
        hands.delete_rows(leads.worksheet, at)
        return f"delete the empty row {at}"
    if look.end - look.first < 2:
        raise ValueError("hardly anybody is left")
    at = dice.randrange(look.first, look.end)
    gone = look.line(at).prospect
    hands.delete_rows(leads.worksheet, at)
    return f"delete row {at} ({gone})"


def move_rows(leads: Leads, dice: random.Random) -> str:
    look = leads.look()
    start, end = _span(look, dice, most=_BLOCK)
    to = dice.choice([n for n in range(look.first, look.end + 1) if not start < n < end])
    hands.move_rows(leads.worksheet, start, end - start, to)
    return f"move rows {start}-{end} before {to}"


def cut_and_paste(leads: Leads, dice: random.Random) -> str:
    """Cut whole rows and paste them below everything, or over empty ones."""
    look = leads.look()
    start, end = _span(look, dice, most=3)
    to = _free(look, dice, end - start)
    leads.room(to + end - start)
    hands.cut_paste(leads.worksheet, start, end, 0, look.width, to, 0)
    return f"cut rows {start}-{end}, paste at {to}"


def copy_and_paste(leads: Leads, dice: random.Random) -> str:
    """Copy whole rows, keys and results included; sometimes type another person's id into one."""
    look = leads.look()
    start, end = _span(look, dice, most=3)
    to = _free(look, dice, end - start)
    leads.room(to + end - start)
    hands.copy_paste(leads.worksheet, start, end, 0, look.width, to, 0)
    done = f"copy rows {start}-{end}, paste at {to}"
    other = look.line(dice.randrange(look.first, look.end)).prospect
    if other is not None and dice.random() < 0.4:
        leads.type(to, leads.layout.prospect, str(other))
        done += f", and type {other} into {to}"
    return done


def insert_columns(leads: Leads, dice: random.Random) -> str:
    look = leads.look()
    if look.width >= len(leads.layout.header) + _MOST_COLUMNS:
        raise ValueError("wide enough")
    at = dice.randint(0, look.width)
    hands.insert_columns(leads.worksheet, at)
    return f"insert a column at {at}"


def delete_columns(leads: Leads, dice: random.Random) -> str:
    """Delete a column without a header."""
    look = leads.look()
    free = sorted(set(range(look.width)) - set(look.at.values()))
    if not free:
        raise ValueError("every column is needed")
    at = dice.choice(free)
    hands.delete_columns(leads.worksheet, at)
    return f"delete the column {at}"


def move_columns(leads: Leads, dice: random.Random) -> str:
    look = leads.look()
    start = dice.randrange(look.width)
    to = dice.choice([n for n in range(look.width + 1) if n not in (start, start + 1)])
    hands.move_columns(leads.worksheet, start, 1, to)
    return f"move column {start} before {to}"


def move_header(leads: Leads, dice: random.Random) -> str:
    """Insert a row above the header, or delete one."""
    look = leads.look()
    if look.header and (look.header >= _MOST_ABOVE or dice.random() < 0.5):
        hands.delete_rows(leads.worksheet, 0)
        return "delete the row above the header"
    hands.insert_rows(leads.worksheet, 0)
    return "insert a row above the header"


def rename_header(leads: Leads, dice: random.Random) -> str:
    """Rename a header to one of its other names, or back."""
    look = leads.look()
    name = dice.choice([name for name in leads.layout.aliases if name in look.at])
    shown = look.rows[look.header].cells[look.at[name]]
    choices = [name, *leads.layout.aliases[name]]
    text = dice.choice([one for one in choices if one != value_of(shown)])
    leads.rename_header(name, text)
    return f"rename the header {name!r} to {text!r}"


def rename_worksheet(leads: Leads, dice: random.Random) -> str:
    title = dice.choice(["Leads", "People", "It's them: A1!", "Leads (2)", "Übersicht"])
    title = f"{title} {dice.randrange(100)}"
    hands.rename_worksheet(leads.worksheet, title)
    return f"rename the worksheet to {title!r}"


def duplicate_worksheet(leads: Leads, dice: random.Random) -> str:
    """Duplicate the worksheet, or throw the duplicate away."""
    others = [one for one in leads.book.worksheets if one.title.startswith("Copy ")]
    if others:
        hands.delete_worksheet(dice.choice(others))
        return "delete the duplicate"
    hands.duplicate_worksheet(leads.worksheet, f"Copy {dice.randrange(1000)}")
    return "duplicate the worksheet"


def undo(leads: Leads, dice: random.Random) -> str:  # noqa: ARG001 - an act like the others
    if not hands.undo(leads.book):
        raise ValueError("nothing to undo")
    return "undo"


def _span(look: Look, dice: random.Random, *, most: int) -> tuple[int, int]:
    """Return a few rows in a row, ``[start, end)``."""
    if look.end - look.first < 2:
        raise ValueError("hardly anybody is here")
    start = dice.randrange(look.first, look.end - 1)
    return start, min(look.end, start + dice.randint(1, most))


def _free(look: Look, dice: random.Random, count: int) -> int:
    """Return where that many rows are free: below everything, or between."""
    gaps = [
        number
        for number in range(look.first, look.end - count)
        if all(_is_empty(look, number + step) for step in range(count))
    ]
    return dice.choice(gaps) if gaps and dice.random() < 0.5 else look.end


def _is_empty(look: Look, number: int) -> bool:
    return all(value_of(entry) is None for entry in look.rows[number].cells)


def _way(ascending: bool) -> str:
    return "A to Z" if ascending else "Z to A"
