"""Where hardly anybody is found, no more are bought before a human agrees. Pure.

Seleqt charges for misses, too, and a bad list is all misses. So the latest answers of each kind are
counted on each worksheet. What was asked of the vendor before the brake held is bought all the
same, and a brake once pulled is let go by nothing but a human's word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syncd.core import status
from syncd.core.model import JobState, Kind
from syncd.core.status import sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Fewer than ``least`` found among the last ``window`` people searched for pull the brake.

    A window of 0 turns it off.
    """

    window: int = 30
    least: int = 3


class Brake(NamedTuple):
    """How many were found when it was pulled, and among how many."""

    found: int
    size: int


def judge(latest: Sequence[JobState], rule: Rule) -> Brake | None:
    """Return the brake that the latest answers pull, if they do."""
    if not rule.window or len(latest) < rule.window:
        return None
    found = sum(state is JobState.FOUND for state in latest)
    return Brake(found, len(latest)) if found < rule.least else None


def say(kind: Kind, brake: Brake) -> str:
    """Say in a row what it waits for."""
    return sentence(status.HOLD_WASTE, kind=kind, count=brake.found, size=brake.size)


def tell(kind: Kind, brake: Brake, title: str, name: str) -> tuple[str, str]:
    """Say the same of the whole worksheet, and what to do; ``name`` is the spreadsheet's."""
    says = (
        f"“{title}”: only {brake.found} of the last {brake.size} searches of the kind {kind.label} "
        "found anything, so no more of them are bought there."
    )
    return says, f"When they are meant all the same: syncd approve “{name}”."
