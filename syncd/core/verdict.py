"""The answer for one row and kind of search, as the plan gives it and a view is made of it."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple

from syncd.core.credits import Cap
from syncd.core.model import Field


class Stage(Enum):
    """How far a row's wish for one kind has come."""

    PASTED = auto()  # it came in a big paste: somebody has to say that it is meant
    ASKED = auto()  # nothing happens before a person, or the operator, does something
    QUEUED = auto()  # it waits for its turn only
    HELD = auto()  # a cap or a stop holds it back
    SEARCHING = auto()  # a job is open
    OVER = auto()  # there is an answer, so what it cost is known


class Verdict(NamedTuple):
    """A sentence, and a value when there is one. ``cap`` is what holds the row back, if a cap."""

    field: Field
    stage: Stage
    says: str
    value: str = ""
    cap: Cap | None = None
    supplied: bool = False  # by another row of the person, which may change its mind

    @property
    def waits(self) -> bool:
        return self.stage in {Stage.QUEUED, Stage.HELD, Stage.PASTED}

    @property
    def rests(self) -> bool:
        """Whether it hangs on nothing but its own row, its person and what was bought for them."""
        return self.stage in {Stage.SEARCHING, Stage.OVER} and not self.supplied
