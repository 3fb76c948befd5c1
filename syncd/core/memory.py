"""What the ledger knows about people, as the plan needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from syncd.core.model import BatchState, Field, JobState, Kind


class Fact(NamedTuple):
    """The latest job of one person and kind. A named tuple: 50,000 are read within one cycle."""

    kind: Kind
    state: JobState
    value: str
    asked_by: str  # the key of the row that paid
    credits: int
    at: str  # when it was decided, or the search began: ISO 8601, UTC
    batch_state: BatchState


class Person(NamedTuple):
    """All that is known about one prospect: jobs, and values the vendor showed for nothing."""

    facts: tuple[Fact, ...]
    email: str = ""
    phone: str = ""

    def held(self, field: Field) -> str:
        return self.email if field is Field.EMAIL else self.phone


NOBODY = Person(facts=())

People = Mapping[int, Person]
