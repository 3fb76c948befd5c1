"""What the ledger knows about people, as the plan needs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core.backoff import delay
from syncd.core.model import BatchState, Field, JobState, Kind

UNKNOWN_FOR = timedelta(days=1)  # then a person whom the vendor did not know is tried again
_SOLD = frozenset({BatchState.ACCEPTED, BatchState.SETTLED})  # else nobody of the batch was sold
_ASK_AGAIN = timedelta(hours=1)  # after a purchase that left a person out; doubled each time
_ASK_AGAIN_LATEST = timedelta(days=30)


class Fact(NamedTuple):
    """The latest job of one person and kind. A named tuple: 50,000 are read within one cycle."""

    kind: Kind
    state: JobState
    value: str
    asked_by: str  # the key of the row that paid
    credits: int
    at: str  # when it was decided, or the search began: ISO 8601, UTC
    batch_state: BatchState
    worksheet: int = 0  # the ledger's number of the one that it was bought for
    decided: int = 0  # while it waits in an accepted batch: how many of that are decided,
    size: int = 0  # and of how many


class Person(NamedTuple):
    """All that is known about one prospect: jobs, and values the vendor showed for nothing."""

    facts: tuple[Fact, ...]
    email: str = ""
    phone: str = ""

    def held(self, field: Field) -> str:
        return self.email if field is Field.EMAIL else self.phone


def answer(
    person: Person,
    kind: Kind,
    *,
    cool_off: timedelta,
    now: datetime,
    again: datetime | None = None,
) -> Fact | None:
    """Return the job that answers a wish for this kind, or None: then it may be bought.

    That is a value for the field, an open job for it, a person the vendor did not know, or would
    not search for, lately, or a search that came to nothing within the cool-off. A waterfall's
    nothing answers a plain search, too; a plain search's nothing does not answer the dearer one.
    What came to nothing before ``again`` is to be searched for once more.
    """
    same_field = [fact for fact in person.facts if fact.kind.field is kind.field]
    for fact in same_field:
        if fact.state is JobState.FOUND:
            return fact
    for fact in same_field:
        if fact.state is JobState.WAITING:
            return fact
        if fact.state is JobState.CANCELLED:
            # The vendor was asked and left the person out: asking again costs a list each time.
            if fact.kind is kind and fact.batch_state in _SOLD:
                if now < datetime.fromisoformat(fact.at) + _rest(same_field, kind):
                    return fact
            continue
        if fact.state is JobState.UNKNOWN:
            if now < datetime.fromisoformat(fact.at) + UNKNOWN_FOR:
                return fact
        elif fact.kind in {kind, Kind.EMAIL_WATERFALL}:
            at = datetime.fromisoformat(fact.at)
            if now < at + cool_off and not (again and at < again):
                return fact
    return None


def _rest(facts: Sequence[Fact], kind: Kind) -> timedelta:
    """How long not to ask again, given how often the vendor has left the person out."""
    times = sum(
        fact.kind is kind and fact.state is JobState.CANCELLED and fact.batch_state in _SOLD
        for fact in facts
    )
    return delay(times, base=_ASK_AGAIN, jitter=0.0, longest=_ASK_AGAIN_LATEST)


NOBODY = Person(facts=())

People = Mapping[int, Person]
