"""The shortest story that still fails: what can be left out of a failing schedule is left out.

Steps first, in halves and then one by one; then people; then whatever the world and the config do
otherwise than usual. Only a schedule that breaks the same promise counts as failing still.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

from syncd.torture.schedule import Rules, Schedule
from syncd.torture.steps import AskList, Look, Paste, Step

Fails = Callable[[Schedule], bool]
_MOST_TRIES = 600


def shrink(schedule: Schedule, fails: Fails) -> Schedule:
    """Return a smallest schedule for which ``fails`` is true, as it is for this one."""
    tries = 0
    found = True
    while found:
        found = False
        for smaller in _smaller(schedule):
            tries += 1
            if tries > _MOST_TRIES:
                return schedule
            if fails(smaller):
                schedule, found = smaller, True
                break
    return schedule


def promise(violation: str) -> str:
    """Return a violation without its names and figures: which promise was broken."""
    names = r"'[^']*'|\b(?:r-[0-9A-F]+|[0-9a-f]{12})\b|[\w.+-]+@[\w.]+"
    return re.sub(rf"{names}|[\d:.+-]*\d[\d:.]*", "…", violation)


def _smaller(schedule: Schedule) -> Iterator[Schedule]:
    yield from (replace(schedule, steps=steps) for steps in _fewer(schedule.steps))
    for number, step in enumerate(schedule.steps):
        for simpler in _simpler(step):
            steps = (*schedule.steps[:number], simpler, *schedule.steps[number + 1 :])
            yield replace(schedule, steps=steps)
    usual = Rules()
    for name in (one.name for one in fields(Rules)):
        value = getattr(usual, name)
        if getattr(schedule.rules, name) != value:
            yield replace(schedule, rules=replace(schedule.rules, **{name: value}))
    for part in ("knobs", "switches"):
        odd = getattr(schedule, part)
        for name in odd:
            fewer: Any = {part: {k: v for k, v in odd.items() if k != name}}
            yield replace(schedule, **fewer)
    plain = Schedule(seed=schedule.seed)
    for name in ("start", "balance", "panel"):
        if getattr(schedule, name) != getattr(plain, name):
            yield replace(schedule, **{name: getattr(plain, name)})


def _fewer(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Leave out halves, quarters, ... and single steps."""
    size = len(steps) // 2
    while size:
        for first in range(0, len(steps), size):
            yield (*steps[:first], *steps[first + size :])
        size //= 2


def _simpler(step: Step) -> Iterator[Step]:
    """Leave out people of a step, and looks."""
    if isinstance(step, Paste | AskList) and len(step.people) > 1:
        for one in step.people:
            yield replace(step, people=tuple(other for other in step.people if other is not one))
    if isinstance(step, Look) and step.turns > 1:
        yield replace(step, turns=step.turns - 1)
