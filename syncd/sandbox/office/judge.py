"""The judge at the end of the day: every row shows what is true of the person it names, or not.

Each row is judged by itself, by what people typed into it. A row that was deleted asks for
nothing, and a copy asks for its own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, fields

from syncd.sandbox.seleqt import Kind

from .layout import Words
from .leads import Leads, Line, plain, read_note
from .truth import Truth
from .witness import Sightings

Paid = Callable[[str, int | None], int]
"""What a row, by its key, has paid for a person or for anybody (None), by the program's books."""


@dataclass(kw_only=True)
class Findings:
    """Sentences about what is not as it should be."""

    wrong: list[str] = field(default_factory=list)  # a row shows what is not true of its person
    missing: list[str] = field(default_factory=list)  # a row lacks a result, or was not served
    lost: list[str] = field(default_factory=list)  # a human's text is gone
    lost_in_window: list[str] = field(default_factory=list)  # ... typed where nothing could help
    credits: list[str] = field(default_factory=list)
    wrong_rows: int = 0
    rows: int = 0
    wishes: int = 0  # of rows, one for each kind they ask for

    @property
    def all(self) -> list[str]:
        """Everything but what nothing at Google could have saved."""
        return [*self.wrong, *self.missing, *self.lost, *self.credits]

    def add(self, other: Findings) -> None:
        """Take in what was found on another worksheet."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def judge(
    leads: Leads, truth: Truth, words: Words, seen: Sightings, paid: Paid | None = None
) -> Findings:
    """Judge a worksheet that the program has finished with."""
    found, look, layout = Findings(), leads.look(), leads.layout
    _judge_texts(Line(look.header, look.rows[look.header].cells, look.at, layout), seen, found)
    keys: Counter[str] = Counter()
    supplied = {
        (line.prospect, kind.column)
        for line in look.lines()
        for kind in Kind
        if line.typed(layout.column(kind))
    }
    for line in look.lines():
        found.rows += 1
        wrong = len(found.wrong)
        keys[line.shown(layout.key)] += 1
        _judge_texts(line, seen, found)
        _Row(leads, line, truth, words, found, supplied).judge()
        found.wrong_rows += len(found.wrong) > wrong
        credits = line.shown(layout.credits)
        if paid is not None and credits:
            key = line.shown(layout.key)
            costs = [str(paid(key, line.prospect))]
            if not line.find:  # nobody asks any more: what the row has cost may stay
                costs.append(str(paid(key, None)))
            if credits not in costs:
                found.credits.append(f"{_name(line)} shows {credits} credits, not {costs}")
    found.wrong += [f"{n} rows share the key {key}" for key, n in keys.items() if key and n > 1]
    return found


def _judge_texts(line: Line, seen: Sightings, found: Findings) -> None:
    """Look for texts of people that are gone, and for strange texts in people's own cells."""
    for position, entry in enumerate(line.cells):
        note = read_note(entry)
        shown = plain(entry)
        if note is not None and shown != note.text:
            told = f"{_name(line)} lost {note.text!r}, typed at {note.at}, and shows {shown!r}"
            (found.lost_in_window if note in seen.in_window else found.lost).append(told)
        elif note is None and shown and line.name_at(position) not in line.layout.owned:
            found.wrong.append(f"{_name(line)} shows {shown!r} in a cell of people's own")


class _Row:
    """One row and what it should show."""

    def __init__(
        self,
        leads: Leads,
        line: Line,
        truth: Truth,
        words: Words,
        found: Findings,
        supplied: Collection[tuple[int | None, str]],
    ) -> None:
        self._layout = leads.layout
        self._line = line
        self._truth = truth
        self._words = words
        self._found = found
        self._supplied = supplied  # for whom people typed a value, in whatever row
        self._kinds = [Kind(kind) for kind in leads.layout.finds.get(line.find, ())]

    def judge(self) -> None:
        line, layout = self._line, self._layout
        if line.prospect is None or not self._kinds:
            self._judge_idle()
            return
        self._found.wishes += len(self._kinds)
        if not line.shown(layout.key):
            self._found.missing.append(f"{_name(line)} has no key")
        wanted = [self._sentence(kind) for kind in self._kinds]
        for column in (Kind.EMAIL, Kind.PHONE):
            self._judge_value(column)
        status = line.shown(layout.status)
        if line.typed(layout.status):
            return
        pattern = " ".join(dict.fromkeys(f"(?:{one})" for one in wanted))
        if not re.fullmatch(pattern, status):
            told = f"{_name(line)} says {status!r} where {_brief(wanted)} should be"
            (self._found.wrong if status else self._found.missing).append(told)

    def _sentence(self, kind: Kind) -> str:
        """Return the sentence, as a pattern, that the row should say about one kind."""
        line, words, truth = self._line, self._words, self._truth
        prospect = line.prospect
        assert prospect is not None  # noqa: S101 - nobody asks otherwise
        known = truth.known(prospect, kind.column)
        own, name = "", self._layout.column(kind)
        if line.shown(name) == line.typed(name):  # else it is lost, and told already
            own = line.typed(name)
        if own and own not in known:
            templates = [*words.has]
        elif known:
            templates = [words.found, *words.found_free]
        elif any(truth.is_sold(prospect, one) for one in self._layout.answers(kind)):
            templates = [words.missed]
        elif (prospect, kind.column) in self._supplied:
            templates = [*words.elsewhere, words.unknown]
        elif kind in self._layout.asks_first and not line.approved:
            templates = [words.ready] if truth.exists(prospect) else [words.ready, words.unknown]
        elif kind in self._layout.asks_first and self._says(kind, words.changed):
            return "|".join(words.pattern(one, kind).pattern for one in words.changed)
        elif not truth.exists(prospect):
            templates = [words.unknown]
        else:
            self._found.missing.append(f"{_name(line)} was not served: {kind} was not bought")
            templates = [*words.waiting]
        return "|".join(words.pattern(one, kind).pattern for one in templates)

    def _says(self, kind: Kind, templates: Sequence[str]) -> bool:
        status = self._line.shown(self._layout.status)
        return any(self._words.pattern(one, kind).search(status) for one in templates)

    def _judge_value(self, column: Kind) -> None:
        """Hold a value's cell against what is known of the person, asked for or not."""
        line, name = self._line, self._layout.column(column)
        shown, own = line.shown(name), line.typed(name)
        known = self._truth.known(line.prospect, column.column)
        if own or shown in known:
            return  # a human's text that is gone is told already
        if shown:
            self._found.wrong.append(f"{_name(line)} shows {shown!r} as its {name}")
        elif known and any(kind.column == column.column for kind in self._kinds):
            self._found.missing.append(f"{_name(line)} lacks its {name}, {known}")

    def _judge_idle(self) -> None:
        """Judge a row that asks for nothing; of somebody who is named, a value may stand there."""
        line, layout = self._line, self._layout
        for column in (Kind.EMAIL, Kind.PHONE):
            name = layout.column(column)
            shown = line.shown(name)
            known = self._truth.known(line.prospect, column.column)
            if shown and not line.typed(name) and shown not in known:
                self._found.wrong.append(f"{_name(line)} asks for nothing and shows {shown!r}")
        said = line.shown(layout.status)
        asks = bool(line.find)  # and names nobody: there is a sentence for that
        if said and not asks and not line.typed(layout.status):
            self._found.wrong.append(f"{_name(line)} asks for nothing and says {said!r}")


def _brief(patterns: list[str]) -> str:
    """Return the first alternative of each pattern, readable."""
    return " ".join(re.sub(r"\\(.)", r"\1", one.split("|")[0]) for one in patterns)


def _name(line: Line) -> str:
    return f"row {line.number} ({line.prospect})"
