"""What a row says where the ledger already knows something about its person. Pure.

It buys nothing; where nothing stands against it, :mod:`syncd.core.plan` sees who may pay.
"""

from __future__ import annotations

from datetime import datetime

from syncd.core import status
from syncd.core.leads import LeadRow
from syncd.core.memory import Fact, Person, answer
from syncd.core.model import UNSENT, BatchState, JobState, Kind
from syncd.core.purse import Terms
from syncd.core.repeats import say_choices
from syncd.core.status import sentence
from syncd.core.verdict import Stage, Verdict

# Each step of a search's progress rewrites the rows that still wait. A batch of this size or less
# shows each one; a big one on the user's own list shows rounded steps.
_SHOWN_STEPS = 25


def find_value(row: LeadRow, person: Person, kind: Kind, terms: Terms) -> Verdict | None:
    """Return the value the ledger has for the person, whoever paid for it."""
    for fact in person.facts:
        if fact.state is JobState.FOUND and fact.kind.field is kind.field:
            return Verdict(kind.field, Stage.OVER, _found(row, fact, kind, terms), fact.value)
    if held := person.held(kind.field):
        return Verdict(kind.field, Stage.OVER, sentence(status.FOUND_FREE, kind=kind), held)
    return None


def _found(row: LeadRow, fact: Fact, kind: Kind, terms: Terms) -> str:
    """Say that the value was found, and for whose credits where others have paid."""
    if fact.asked_by == row.key and fact.credits:
        return sentence(status.FOUND, kind=kind)
    place = terms.places.get(fact.worksheet, "")
    here = fact.worksheet == terms.worksheet
    if not fact.credits or not (place or here):
        return sentence(status.FOUND_FREE, kind=kind)
    day = datetime.fromisoformat(fact.at).astimezone(terms.zone).date()
    template = status.FOUND_ROW if here else status.FOUND_THERE
    return sentence(template, kind=kind, day=day, place=place)


def find_answer(
    row: LeadRow,
    person: Person,
    kind: Kind,
    terms: Terms,
    now: datetime,
    again: datetime | None,
) -> Verdict | None:
    """Return what the person's jobs already answer, or None when nothing stands against buying."""
    fact = answer(person, kind, cool_off=terms.cool_off, now=now, again=again)
    if fact is None:
        return None
    if fact.state is JobState.WAITING:
        return _searching(fact, kind, terms)
    return Verdict(kind.field, Stage.OVER, _over(row, fact, kind, terms))


def _searching(fact: Fact, kind: Kind, terms: Terms) -> Verdict:
    stage = Stage.SEARCHING
    if fact.batch_state is BatchState.PARKED:
        says = sentence(status.PARKED, kind=kind)
    elif fact.batch_state in {BatchState.SUBMITTING, BatchState.IN_DOUBT}:
        says = sentence(status.UNSURE, kind=kind)
    elif fact.batch_state not in UNSENT:
        since = datetime.fromisoformat(fact.at).astimezone(terms.zone)
        done = fact.decided - fact.decided % max(1, fact.size // _SHOWN_STEPS)
        template = status.SEARCHING_ON if done else status.SEARCHING
        says = sentence(template, kind=kind, time=since, done=done, size=fact.size)
    elif terms.hold:
        stage, says = Stage.HELD, terms.hold
    else:
        stage, says = Stage.QUEUED, sentence(status.QUEUED, kind=kind)
    return Verdict(kind.field, stage, says)


def _over(row: LeadRow, fact: Fact, kind: Kind, terms: Terms) -> str:
    credits = fact.credits if fact.asked_by == row.key else 0
    if fact.state is JobState.UNKNOWN:
        return sentence(status.UNKNOWN, kind=kind, prospect=row.prospect_id)
    if fact.state is JobState.CANCELLED:
        return sentence(status.LEFT_OUT, kind=kind)
    if fact.state is JobState.EXPIRED:
        return sentence(status.EXPIRED, kind=kind, credits=credits)
    if fact.state is JobState.UNRECOGNISED:
        return sentence(status.UNRECOGNISED, kind=kind)
    at = datetime.fromisoformat(fact.at)
    return sentence(
        status.MISSED,
        kind=kind,
        credits=credits,
        day=at.astimezone(terms.zone).date(),
        again=(at + terms.cool_off).astimezone(terms.zone).date(),
        choices=say_choices(row, kind, fact, terms.kinds),
    )
