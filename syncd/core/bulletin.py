"""What the panel says, in plain words: composed from facts, pure.

Times are in the spreadsheet's own time zone. Everything is text, never a number (see
:mod:`syncd.core.panel`), save one formula whose only variable parts are whole numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from syncd.core import cells
from syncd.core.cells import Formula
from syncd.core.credits import Caps
from syncd.core.panel import Controls, Label, Part, Places, Rows, cell, lower
from syncd.core.status import Stand

ALIVE = "syncd is at work."
LATE = "syncd has not looked for "
PAUSED = "Paused: nothing new is bought from this spreadsheet. Untick it to go on."
MEND = "This says “{typed}”. Type a whole number, or nothing. Until then nothing is bought."
REACHED = "The limit is reached. Rows wait, and go on by themselves."

_MOST_TOLD = 3  # problems at the same time
_LONGEST = 1000  # letters of a problem
_EPOCH = date(1899, 12, 30)  # day 0 of Google's calendar (documented)

Line = tuple[str, str | Formula]
"""What a row says under ``Now`` and under ``What it means``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """All that the panel tells. Times are local to ``zone``, the spreadsheet's.

    ``lease`` names the syncd that looks after the spreadsheet.
    ``spent_day`` and ``spent_month`` are credits spent or reserved by the account, ``patience`` is
    how many minutes may pass until the next look. A problem is a sentence with its mend.
    """

    at: datetime
    zone: str
    patience: int
    lease: str
    caps: Caps
    controls: Controls
    typed: Mapping[Label, str] = field(default_factory=dict)  # what stands in people's cells
    spent_day: int = 0
    spent_month: int = 0
    balance: int | None = None
    balance_at: datetime | None = None
    stands: Mapping[Stand, int] = field(default_factory=dict)
    problems: Sequence[str] = ()
    since: datetime | None = None  # when the problems began
    last: tuple[datetime, str] | None = None  # the latest one that is over


def compose(facts: Facts) -> dict[Label, Line]:
    """Return what each row of the panel says."""
    caps = lower(facts.caps, facts.controls)
    stands = {stand: facts.stands.get(stand, 0) for stand in Stand}
    return {
        Label.PAUSE: ("Paused", PAUSED)
        if facts.controls.paused
        else ("Not paused", "Tick it, and nothing new is bought from this spreadsheet."),
        Label.DAY: _limit(facts, Label.DAY, caps.day, facts.caps.day, "a day"),
        Label.MONTH: _limit(facts, Label.MONTH, caps.month, facts.caps.month, "a month"),
        Label.LOOK: (f"{facts.at:%Y-%m-%d %H:%M:%S}", watch(facts.at, facts.patience)),
        Label.PROBLEM: _problem(facts),
        Label.BALANCE: _balance(facts),
        Label.TODAY: _spent(facts.spent_day, caps.day),
        Label.THIS_MONTH: _spent(facts.spent_month, caps.month),
        Label.WAITING: (_rows(stands[Stand.WAITING]), "Status says what they wait for."),
        Label.SEARCHING: (_rows(stands[Stand.SEARCHING]), "Their answers are on the way."),
        Label.UNSURE: (
            _rows(stands[Stand.UNSURE]),
            "We may already have paid, and are checking. Nothing is bought twice.",
        ),
        Label.FAILED: (_rows(stands[Stand.FAILED]), "Status says what to do."),
        Label.ZONE: (facts.zone, "The times here are in the time zone of the spreadsheet."),
        Label.LEDGER: (
            facts.lease,
            "One syncd at a time: leave this alone, or its admin must look.",
        ),
        Label.EVENTS: ("Newest first", "What syncd bought, found and ran into; the last 50."),
    }


def arrange(
    places: Places, lines: Mapping[Label, Line], events: Sequence[tuple[str, str]]
) -> dict[tuple[int, int], str | Formula]:
    """Return what belongs into which cells, by 0-based row and column."""
    columns = places.column(Part.NOW), places.column(Part.MEANING)
    wanted: dict[tuple[int, int], str | Formula] = {}
    for label, line in lines.items():
        for number in places.rows.get(label, ())[:1]:  # a copied row is left as it is
            wanted |= {(number, at): text for at, text in zip(columns, line, strict=True)}
    for number, event in zip(places.events, events, strict=False):
        wanted |= {(number, at): text for at, text in zip(columns, event, strict=True)}
    return wanted


def watch(at: datetime, patience: int) -> Formula:
    """Return the formula that tells when syncd has not looked for too long.

    Its semicolons are understood in every locale (assumed). The time is part of it, so it points at
    no other cell and stays right wherever people move it.
    """
    day, minute = (at.date() - _EPOCH).days, at.hour * 60 + at.minute
    age = f"1440*(NOW()-{day})-{minute}"
    return Formula(
        f'=IF({age}>{patience};"{LATE}"&TEXT({age};"0")&" minutes. Ask your admin.";"{ALIVE}")'
    )


def is_shown(value: str | Formula, shown: object) -> bool:
    """Return whether a cell shows what was written into it."""
    text = cells.text(shown)
    if isinstance(value, Formula):
        return text == ALIVE or text.startswith(LATE)
    return text == value


def time_of(at: datetime) -> str:
    """Return a moment as the panel tells it."""
    return f"{at:%-d %b, %H:%M}"


def last_look(rows: Rows, places: Places) -> datetime | None:
    """Return when the panel says that syncd last looked, without its zone."""
    for number in places.rows.get(Label.LOOK, ())[:1]:
        text = cells.text(cell(rows, number, places.column(Part.NOW)))
        try:
            return datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  (the zone stands apart)
        except ValueError:
            return None
    return None


def _limit(facts: Facts, label: Label, cap: int, admins: int, per: str) -> Line:
    now = f"{_credits(cap)} at most"
    if typed := facts.typed.get(label, ""):
        return "Cannot be read", MEND.format(typed=typed)
    return now, f"Credits {per}, by all spreadsheets together. Your admin allows {admins:,}."


def _balance(facts: Facts) -> Line:
    if facts.balance is None:
        return "Not known yet", "Seleqt tells it with the first purchase."
    told = f"Left at Seleqt, as of {time_of(facts.balance_at)}." if facts.balance_at else ""
    return _credits(facts.balance), told


def _spent(spent: int, cap: int) -> Line:
    told = "Spent or reserved, by all spreadsheets together."
    return f"{spent:,} of {_credits(cap)}", REACHED if spent >= cap else told


def _problem(facts: Facts) -> Line:
    if facts.problems:
        told = list(dict.fromkeys(facts.problems))
        if len(told) > _MOST_TOLD:
            told[_MOST_TOLD:] = [f"And {len(told) - _MOST_TOLD} more."]
        since = f"Since {time_of(facts.since)}" if facts.since else "Now"
        return since, " ".join(told)[:_LONGEST]
    if facts.last is None:
        return "None", "All is well."
    at, text = facts.last
    return "None", f"All is well. The last one, until {time_of(at)}: {text}"[:_LONGEST]


def _rows(number: int) -> str:
    return f"{number:,} row" if number == 1 else f"{number:,} rows"


def _credits(number: int) -> str:
    return f"{number:,} credit" if number == 1 else f"{number:,} credits"
