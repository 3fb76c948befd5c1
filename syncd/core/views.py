"""What syncd's own cells of a row should say: a row's view, composed from verdicts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syncd.core.header import Header
from syncd.core.leads import VALUE_COLUMN, Lead, LeadRow
from syncd.core.memory import NOBODY, People, Person
from syncd.core.model import Field, JobState
from syncd.core.verdict import Stage, Verdict

View = dict[str, str]
"""What syncd's own cells of one row should say, by column; a column not named is left alone."""


Foreign = Callable[[LeadRow, str], bool]
"""Whether the text in that column of the row was written by somebody other than syncd."""


def compose(row: LeadRow, person: Person, verdicts: Sequence[Verdict], foreign: Foreign) -> View:
    """Compose the row's view: its sentences, its values, and what it has cost."""
    says = row.problem or " ".join(dict.fromkeys(verdict.says for verdict in verdicts))
    # The row's own text where it says so already: a worksheet's 50,000 views are held at once.
    view: View = {Lead.STATUS: row.status if says == row.status else says}
    view.update(_values(row, person, verdicts, foreign))
    over = any(verdict.stage is Stage.OVER for verdict in verdicts)
    if over or row.credits:
        view[Lead.CREDITS] = _spent(row, person, over=over)
    return view


def is_settled(
    row: LeadRow, person: Person, verdicts: Sequence[Verdict], view: View, header: Header
) -> bool:
    """Return whether the row shows its view, and neither purse, nor hold, nor batch can change it.

    What else goes into a view is the row, the person, the wishes, and in days the time.
    """
    if not all(verdict.rests for verdict in verdicts):
        return False
    if any(fact.state is JobState.WAITING for fact in person.facts):
        return False
    return all(row.owned(column) == text for column, text in view.items() if column in header.at)


def _values(row: LeadRow, person: Person, verdicts: Sequence[Verdict], foreign: Foreign) -> View:
    """Say which values belong in the row; an old answer is not left beside a new question."""
    view: View = {}
    for field_, column in VALUE_COLUMN.items():
        shown = row.value(field_)
        found = [v.value for v in verdicts if v.value and v.field is field_]
        if found:
            view[column] = found[0]
        elif shown and shown not in _values_of(person, field_) and not foreign(row, column):
            view[column] = ""
    return view


def _values_of(person: Person, field_: Field) -> set[str]:
    found = {
        fact.value
        for fact in person.facts
        if fact.state is JobState.FOUND and fact.kind.field is field_
    }
    return found | {person.held(field_)} - {""}


def _spent(row: LeadRow, person: Person, *, over: bool) -> str:
    """Say what the row has paid; nothing is said before there is an answer, or a bill."""
    spent = sum(fact.credits for fact in person.facts if fact.asked_by == row.key)
    return str(spent) if over or spent else ""


def clear(row: LeadRow, people: People, foreign: Foreign) -> View:
    """Clear what syncd wrote in a row that no longer asks, or asks about somebody else."""
    view: View = {}
    if row.status and not foreign(row, Lead.STATUS):
        view[Lead.STATUS] = ""
        if not row.key:  # the row of nobody: a write went astray here, long ago
            view |= {c: "" for c in (Lead.CREDITS, Lead.UPDATED) if row.owned(c)}
    nobody = row.key and not any(row.person)
    if nobody:
        texts = (Lead.CREDITS, Lead.UPDATED)
        view |= {c: "" for c in texts if row.owned(c) and not foreign(row, c)}
    person = people.get(row.prospect_id or 0, NOBODY)
    if row.email or row.phone:
        view.update(_values(row, person, (), foreign))
    if row.key and row.credits and not nobody and not foreign(row, Lead.CREDITS):
        spent = _spent(row, person, over=False)
        if spent != row.credits:
            view[Lead.CREDITS] = spent
    if nobody and not any(row.owned(column) for column in view) and not foreign(row, Lead.KEY):
        view[Lead.KEY] = ""  # last, for without it nothing in the row is known for ours
    return view
