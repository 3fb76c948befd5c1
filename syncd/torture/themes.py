"""Themes: what most schedules would never come to is brought into some of them.

A theme has dice of its own, so that a schedule without one is what it always was.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from syncd.torture.choices import FAULTS, KNOBS, MAYBE_APPLIED
from syncd.torture.schedule import Schedule
from syncd.torture.steps import (
    AskList,
    Backup,
    Line,
    Look,
    Outcome,
    Paste,
    Person,
    Reconcile,
    Restart,
    Restore,
    SecondHost,
    Step,
    Trouble,
)

_SHARES: Mapping[str, int] = {
    "none": 46,
    "faults": 32,
    "late": 4,
    "webhook": 6,
    "restore": 5,
    "copied by hand": 2,
    "second host": 5,
}
_SELDOM: Mapping[Line, int] = {
    "seleqt write": 44,
    "seleqt read": 22,
    "sheets read": 7,
    "sheets write": 7,
    "seleqt spend": 20,
}
"""The lines that few requests go to, or to which most faults come too late."""
_FRESH = 200_051  # from here on up to nine whom no schedule has otherwise
_FINDS = ("Email", "Email", "Email (waterfall)", "Phone", "Email + phone")
_OUTCOMES: Sequence[Outcome] = ("found", "found", "nothing", "nonsense")


def vary(schedule: Schedule) -> Schedule:
    """Bring its seed's theme into a schedule."""
    dice = random.Random(f"theme {schedule.seed}")  # noqa: S311  (repeatable on purpose)
    theme = dice.choices(list(_SHARES), list(_SHARES.values()))[0]
    if theme == "none":
        return schedule
    if theme == "webhook":
        knobs = {**schedule.knobs, "webhook": dice.choice(KNOBS["webhook"])}
        return replace(schedule, knobs=knobs, rules=replace(schedule.rules, webhook=True))
    if theme == "late":  # the vendor is slower than a search is waited for
        knobs = {**schedule.knobs, "first_result_seconds": 400.0}
        return replace(schedule, knobs=knobs, rules=replace(schedule.rules, expire_after=120))
    if theme == "faults":
        return replace(schedule, steps=_plant(dice, schedule.steps))
    return replace(
        schedule,
        # No list of syncd's tells of what was bought in place: that is lost with the ledger.
        rules=replace(schedule.rules, purchasing="dedicated"),
        panel=schedule.panel or theme != "restore",
        steps=_forget(dice, theme, tuple(map(_dedicated, schedule.steps))),
    )


def _plant(dice: random.Random, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Plant two faults just where people come, as a purchase follows."""
    found = list(steps)
    for _ in range(2):
        line = dice.choices(list(_SELDOM), list(_SELDOM.values()))[0]
        kind = dice.choice((*FAULTS[line], *["miscounted"] * 2 * (line == "seleqt spend")))
        fault = Trouble(
            line=line,
            kind=kind,
            times=5 if kind == "429" else 1,
            applied=dice.random() < 0.5 if kind in MAYBE_APPLIED else None,
        )
        at = [n for n, one in enumerate(found, 1) if isinstance(one, Paste | AskList)]
        found.insert(dice.choice(at), fault)
    return tuple(found)


def _forget(dice: random.Random, theme: str, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Let the ledger fall behind: people are bought after it was backed up, or by another host."""
    first, second = sorted(dice.randint(1, len(steps)) for _ in range(2))
    look = Look(wait=dice.choice((10.0, 30.0)), turns=dice.choice((1, 2, 4)))
    people = tuple(_person(dice, number) for number in range(dice.randint(1, 4)))
    after: list[Step] = [Paste(people=people)]
    if theme == "second host":
        alone = dice.random() < 0.6  # then it takes over, for which a lease has to be over
        host = SecondHost(
            ledger=dice.choice(("copy", "copy", "backup", "blank")),
            wait=dice.choice((90.0, 150.0) if alone else (10.0, 30.0, 90.0, 300.0)),
            turns=dice.choice((6, 8) if alone else (3, 5, 8)),
            alone=alone,
        )
        after += [host, look]
    else:
        after += [look, Restore(by_hand=theme == "copied by hand"), look]
        after += [Reconcile(), look] if dice.random() < 0.6 else []
    return (*steps[:first], Backup(), *steps[first:second], *after, *steps[second:])


def _person(dice: random.Random, number: int) -> Person:
    return Person(
        id=_FRESH + number,
        find=dice.choice(_FINDS),
        email=dice.choice((*_OUTCOMES, "waterfall")),
        phone=dice.choice(_OUTCOMES),
    )


def _dedicated(step: Step) -> Step:
    if not isinstance(step, Restart):
        return step
    changes = {name: value for name, value in step.changes.items() if name != "purchasing"}
    return replace(step, changes=changes)
