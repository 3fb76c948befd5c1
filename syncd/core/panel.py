"""The panel: what people decide there, and where on it what stands. Pure.

It can only ever reduce spending. A limit that cannot be read holds buying until somebody mends it,
and what people type stands in a column of its own, into which syncd never writes. All that syncd
writes here is text: where it meets a limit by mistake, it can be read as none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from syncd.core import cells, status
from syncd.core.credits import Caps
from syncd.core.header import Column, Header, HeaderProblem, find_header, fold
from syncd.core.status import sentence

_MOST_CREDITS = 999_999_999  # what is more was hardly meant as a limit
_EVENTS = 50
_EVENT = re.compile(r"\d{1,2} [A-Z][a-z]{2}, \d\d:\d\d")  # as the bulletin tells times
_NOT_PAUSED = frozenset({"", "false", "no", "0"})


class Part(StrEnum):
    """The panel's columns."""

    LABEL = "Panel"
    INPUT = "You decide"
    NOW = "Now"
    MEANING = "What it means"


COLUMNS = tuple(
    Column(name=part.value, required=True, owned=part is not Part.INPUT) for part in Part
)


class Label(StrEnum):
    """Its rows, in the order in which a new panel has them."""

    PAUSE = "Pause"
    DAY = "At most today"
    MONTH = "At most this month"
    LOOK = "Last look"
    PROBLEM = "Problem"
    BALANCE = "Balance"
    TODAY = "Spent today"
    THIS_MONTH = "Spent this month"
    WAITING = "Waiting"
    SEARCHING = "Searching"
    UNSURE = "Unsure"
    FAILED = "Failed"
    ZONE = "Time zone"
    LEDGER = "Looked after by"
    EVENTS = "Latest events"


INPUTS = (Label.PAUSE, Label.DAY, Label.MONTH)
_BY_TEXT = {fold(label.value): label for label in Label}

Rows = Sequence[Sequence[object]]
"""A worksheet's cells as they were read: ragged."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Places:
    """Where the panel's cells stand: 0-based rows by label, columns by header.

    ``events`` are the rows that may show events: below their label, down to anything of people's.
    """

    header: Header
    rows: Mapping[Label, Sequence[int]]
    events: range

    def column(self, part: Part) -> int:
        return self.header.at[part]

    @property
    def missing(self) -> list[Label]:
        return [label for label in Label if label not in self.rows]


@dataclass(frozen=True, kw_only=True, slots=True)
class Controls:
    """What people decided. ``odd`` is the sentence that says which limit cannot be read."""

    paused: bool = False
    day: int | None = None
    month: int | None = None
    odd: str = ""


def find_places(
    rows: Rows, aliases: Mapping[str, Sequence[str]], height: int
) -> Places | HeaderProblem:
    """Return where everything stands in a grid of that many rows, or why that cannot be told."""
    header = find_header(rows, COLUMNS, aliases)
    if isinstance(header, HeaderProblem):
        return header
    found: dict[Label, list[int]] = {}
    for number in range(header.row + 1, len(rows)):
        label = _BY_TEXT.get(fold(cell(rows, number, header.at[Part.LABEL])))
        if label is not None:
            found.setdefault(label, []).append(number)
    first = found[Label.EVENTS][0] + 1 if Label.EVENTS in found else 0
    last = first
    while first and last < min(first + _EVENTS, height) and _is_free(rows, last, header):
        last += 1
    return Places(header=header, rows=found, events=range(first, last))


def _is_free(rows: Rows, number: int, header: Header) -> bool:
    """Return whether a row may show an event: it does, or nobody has put anything into it."""

    def text(part: Part) -> str:
        return cells.text(cell(rows, number, header.at[part]))

    if text(Part.LABEL) or text(Part.INPUT):
        return False
    now = text(Part.NOW)
    return bool(_EVENT.match(now)) if now else not text(Part.MEANING)


def cell(rows: Rows, number: int, position: int) -> object:
    """Return what a grid shows there; "" where it shows nothing."""
    row = rows[number] if number < len(rows) else ()
    return row[position] if position < len(row) else ""


def find_inputs(rows: Rows, places: Places) -> dict[Label, list[object]]:
    """Return what stands in people's cells; a label may stand twice, and not at all."""
    column = places.column(Part.INPUT)
    return {
        label: [cell(rows, number, column) for number in places.rows[label]]
        for label in INPUTS
        if label in places.rows
    }


def read_controls(
    inputs: Mapping[Label, Sequence[object]], worksheet: str, earlier: Controls
) -> Controls:
    """Read people's cells, of several with one label the strictest.

    What has lost its label stays as it was ``earlier``: a row that is gone by mistake must not
    let anything be bought.
    """
    odd = ""
    limits = {Label.DAY: earlier.day, Label.MONTH: earlier.month}
    for label in limits:
        if label not in inputs:
            continue
        read = [_limit(value) for value in inputs[label]]
        limits[label] = min((one for one in read if one is not None), default=None)
        for value, one in zip(inputs[label], read, strict=True):
            if one is None and cells.text(value) and not odd:
                typed = cells.brief(cells.text(value))
                odd = sentence(
                    status.HOLD_LIMIT_ODD, label=label.value, worksheet=worksheet, typed=typed
                )
    paused = earlier.paused
    if Label.PAUSE in inputs:  # whatever is no plain "no" pauses
        paused = any(cells.text(v).casefold() not in _NOT_PAUSED for v in inputs[Label.PAUSE])
    return Controls(paused=paused, day=limits[Label.DAY], month=limits[Label.MONTH], odd=odd)


def _limit(value: object) -> int | None:
    number = cells.whole(value)
    return number if number is not None and number <= _MOST_CREDITS else None


def lower(caps: Caps, controls: Controls) -> Caps:
    """Return the caps that hold: the admin's, or what people lowered them to."""
    return replace(
        caps,
        day=caps.day if controls.day is None else min(caps.day, controls.day),
        month=caps.month if controls.month is None else min(caps.month, controls.month),
    )
