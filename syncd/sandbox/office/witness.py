"""Watches every write of the program as it is applied: what was ever to be seen in a wrong row.

A *value* is wrong in a row of another person, or of nobody; a *status* where it cannot be true of
the row's person. Who a row is, is what people typed: the program may have overwritten it just now.
Texts that people brought into a wrong row are nobody's fault, so only cells that a write changed
are looked at. Where people tore the persons off their keys after the program's last read (a sort of
some columns), a write that finds the right key shows beside a wrong person what is true of the one
who stood there: that is counted apart, as *torn*. A human's text that a write replaces counts as
typed *in the window* when it was typed after the program's last read before that write; nothing at
Google could have saved it. One that people's undo took away, and the program put back beside the
key that it had stood beside, is a human's again.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from syncd.sandbox.seleqt import Kind
from syncd.sandbox.sheets.model import Entry, Row, value_of
from syncd.sandbox.wire import Request
from syncd.sandbox.world import World

from .layout import Layout, Words
from .leads import Leads, Line, Look, Typed, plain, read_note
from .truth import Truth

Meant = Callable[[str, str], bool]
"""Whether the program meant that status for the row with that key, by its own books."""


def _is_meant(key: str, text: str) -> bool:  # noqa: ARG001 - without books nothing is
    return False


@dataclass(kw_only=True)
class Sightings:
    """What was ever to be seen: each result or status once, however often it strayed."""

    values: set[tuple[int, str]] = field(default_factory=set)  # whose, and what
    statuses: set[tuple[str, str]] = field(default_factory=set)  # in whose row, and what
    torn: set[tuple[int | str, str]] = field(default_factory=set)  # values and statuses, see above
    claims: set[str] = field(default_factory=set)
    shown: set[tuple[int, str]] = field(default_factory=set)  # values that a write brought at all
    said: set[tuple[str, str]] = field(default_factory=set)
    in_window: set[Typed] = field(default_factory=set)
    writes: int = 0
    log: list[str] = field(default_factory=list)


class _Read(NamedTuple):
    """What the program last read: at which request, where the columns stood, and the rows."""

    at: int
    look: Look | None
    rows: Sequence[tuple[Entry, ...]]


class Witness:
    """Attach it to a world after the offices: it must see what they leave."""

    def __init__(
        self,
        world: World,
        leads: Leads,
        truth: Truth,
        words: Words,
        *,
        is_read: Callable[[Request], bool],
        is_write: Callable[[Request], bool],
        meant: Meant = _is_meant,
    ) -> None:
        self.seen = Sightings()
        self.faults: list[str] = []
        self._world = world
        self._leads = leads
        self._truth = truth
        self._words = words
        self._meant = meant
        self._last_read = _Read(0, None, [])
        self._sent: deque[tuple[Request, _Read]] = deque(maxlen=50)  # writes, and their last reads
        self._based_on = self._last_read
        self._before: list[tuple[Row, tuple[Entry, ...]]] = []
        self._stood: dict[str, dict[str, Typed]] = {}  # values of people's, and beside which keys
        self._judged: Callable[[Line, str], bool] = Statuses(truth, words, leads.layout, meant)
        self._is_read, self._is_write = is_read, is_write
        world.on_request(self._receive)
        world.before(self._is_this_write, self._remember, once=False)
        world.after(is_write, self._compare, once=False)

    def _receive(self, asked: Request) -> None:
        if self._is_read(asked):
            rows = [row.cells for row in self._leads.worksheet.rows]
            self._last_read = _Read(self._world.journal.last, self._leads.look(), rows)
        elif self._is_write(asked):
            self._sent.append((asked, self._last_read))

    def _is_this_write(self, asked: Request) -> bool:
        if not self._is_write(asked):
            return False
        self._based_on = next((at for one, at in self._sent if one is asked), self._last_read)
        return True

    def _remember(self) -> None:
        self._before = [(row, row.cells) for row in self._leads.worksheet.rows]
        look, layout = self._leads.look(), self._leads.layout
        for line in look.lines():
            for name in (layout.email, layout.phone):
                if note := read_note(line.entry(name)):
                    self._stood.setdefault(note.text, {})[line.shown(layout.key)] = note

    def _compare(self) -> None:
        self._note_answer()
        look: Look | None = None
        rows = self._leads.worksheet.rows
        for number, (row, cells) in enumerate(self._before):
            if number >= len(rows) or rows[number] is not row or row.cells is cells:
                continue
            if look is None:
                look = self._leads.look()
                self.seen.writes += 1
            if number > look.header:
                self._look_at(look.line(number), Line(number, cells, look.at, self._leads.layout))
            else:
                self._note_overwritten(cells, row.cells)

    def _note_answer(self) -> None:
        entry = self._world.journal.entries[-1]
        if entry.fault:
            applied = "applied" if entry.applied else "not applied"
            self.faults.append(f"{entry.number} write meets {entry.fault}, {applied}")

    def _look_at(self, line: Line, before: Line) -> None:
        self._note_overwritten(before.cells, line.cells)
        for position, entry in enumerate(line.cells):
            text = plain(entry)
            was = plain(before.cells[position]) if position < len(before.cells) else ""
            note = read_note(entry)
            if text and text != was and (note is None or note.text != text):
                self._classify(line, before, text, was)
                theirs = self._stood.get(text, {}).get(line.shown(self._leads.layout.key))
                if theirs is not None and note is None:
                    self._leads.give_back(line.number, position, theirs)

    def _classify(self, line: Line, before: Line, text: str, was: str) -> None:
        seen = self.seen
        owners = self._truth.owners.get(text)
        if owners is not None:
            seen.shown.update((one, text) for one in owners)
            if line.prospect not in owners:
                sightings = {(one, text) for one in owners}
                torn = self._is_torn(line, lambda earlier: earlier.prospect in owners)
                (seen.torn if torn else seen.values).update(sightings)
                self._note(line, text, was, torn=torn)
        elif text.startswith(self._words.claim) or re.fullmatch(self._words.stamp, text):
            if line.shown(self._leads.layout.key) not in text:
                seen.claims.add(text)
        elif text == line.shown(self._leads.layout.status):
            row = line.shown(self._leads.layout.key) or f"#{line.prospect}"
            seen.said.add((row, text))
            # A key that strays in the very same write is told of by itself.
            if not self._judged(line, text) and not self._judged(before, text):
                torn = self._is_torn(line, lambda earlier: self._judged(earlier, text))
                (seen.torn if torn else seen.statuses).add((row, text))
                self._note(line, text, was, torn=torn)

    def _is_torn(self, line: Line, fits: Callable[[Line], bool]) -> bool:
        """Whether the text fits the person who stood beside the row's key in the last read."""
        key, read = line.shown(self._leads.layout.key), self._based_on
        if not key or read.look is None:
            return False
        earlier = (
            Line(number, cells, read.look.at, line.layout) for number, cells in enumerate(read.rows)
        )
        return any(
            one.shown(line.layout.key) == key and one.prospect != line.prospect and fits(one)
            for one in earlier
        )

    def _note(self, line: Line, text: str, was: str, *, torn: bool) -> None:
        self.seen.log.append(
            f"{self._world.journal.last} “{text}” stands in row {line.number} of {line.prospect}, "
            f"key {line.shown(line.layout.key) or 'none'}, in the place of “{was}”"
            + (", as people tore them apart" if torn else "")
        )

    def _note_overwritten(self, before: tuple[Entry, ...], after: tuple[Entry, ...]) -> None:
        """Note what people typed since the program's last read, and was there until just now."""
        for position, entry in enumerate(before):
            note = read_note(entry)
            if note is None or note.at <= self._based_on.at or plain(entry) != note.text:
                continue
            now = after[position] if position < len(after) else None
            if value_of(now) != value_of(entry):
                self.seen.in_window.add(note)


class Statuses:
    """Tells whether a status can be true of a row's person.

    What is said of the search is held against the vendor. What is said of the row itself (its id,
    its wishes, a value of its own) may be old by the time it is written, and is right where the
    program meant it for that row.
    """

    def __init__(self, truth: Truth, words: Words, layout: Layout, meant: Meant) -> None:
        self._truth = truth
        self._layout = layout
        self._meant = meant
        kinds = (Kind.EMAIL, Kind.PHONE)  # one for each column
        self._found = {
            kind.column: [words.pattern(one, kind) for one in (words.found, *words.found_free)]
            for kind in kinds
        }
        self._missed = {kind.column: [words.pattern(words.missed, kind)] for kind in kinds}
        self._searching = {
            kind.column: [words.pattern(one, kind) for one in words.searching] for kind in kinds
        }

    def __call__(self, line: Line, text: str) -> bool:
        prospect, told = line.prospect, False
        for column in ("email", "phone"):
            found = any(one.search(text) for one in self._found[column])
            missed = any(one.search(text) for one in self._missed[column])
            searching = any(one.search(text) for one in self._searching[column])
            told = told or found or missed or searching
            if found and not self._truth.known(prospect, column):
                return False
            if missed and (prospect is None or not self._truth.is_missed(prospect, column)):
                return False
            if searching and not self._is_sold(prospect, column):
                return False
        if told and line.find:
            return True
        return self._meant(line.shown(self._layout.key), text)

    def _is_sold(self, prospect: int | None, column: str) -> bool:
        return prospect is not None and any(
            kind.column == column and self._truth.is_sold(prospect, kind) for kind in Kind
        )
