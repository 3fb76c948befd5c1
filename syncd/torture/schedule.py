"""A schedule: one story as plain data. Its steps are done in order.

Nothing here acts. A schedule goes to JSON and back, so that a story outlives the generator that
drew it, and any of its steps may be left out: what remains is a story, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pydantic

from syncd.torture.steps import Step


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What of the config differs from schedule to schedule. Durations are in seconds."""

    per_day: int = 500
    per_month: int = 2000
    floor: int = 0
    emails_per_day: int | None = None
    worksheet_per_day: int | None = None
    kinds: tuple[str, ...] = ("email", "email-waterfall", "phone")
    ask_first: tuple[str, ...] = ("phone",)
    purchasing: Literal["dedicated", "in-place"] = "dedicated"
    mode: Literal["async", "sync"] = "async"
    webhook: bool = False
    batch_size: int = 4
    first_batch: int = 2
    batches_in_flight: int = 3
    page: int = 100  # people a page of a vendor's list: no setting, but few people fill two pages
    cool_off: int = 90 * 86_400
    settle: int = 0
    settle_after: int = 30
    expire_after: int = 1800
    doubt_for: int = 600


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """A story. ``knobs`` and ``switches`` are what the two vendors do otherwise than usual."""

    seed: int
    start: str = "2026-11-23T08:00:00+00:00"
    balance: int = 300
    panel: bool = False
    rules: Rules = Rules()
    knobs: Mapping[str, Any] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()

    def tell(self) -> list[str]:
        """Return the story, a sentence for each thing that is out of the ordinary."""
        usual = Rules()
        rules: dict[str, Any] = {
            name: value
            for name in Rules.__slots__
            if (value := getattr(self.rules, name)) != getattr(usual, name)
        }
        odd = {**rules, **self.knobs, **self.switches}
        if self.panel:
            odd["panel"] = "Syncd"
        with_ = ", ".join(f"{name} = {value}" for name, value in odd.items()) or "nothing special"
        return [
            f"It begins at {self.start} with {self.balance} credits and {with_}.",
            *(f"{number}. {one.tell()}." for number, one in enumerate(self.steps, 1)),
        ]


_FILE: pydantic.TypeAdapter[Schedule] = pydantic.TypeAdapter(Schedule)


def dump(schedule: Schedule) -> bytes:
    """Return it as JSON, without what is as usual."""
    short = _FILE.dump_python(schedule, mode="json", exclude_defaults=True)
    steps = zip(schedule.steps, short.get("steps", ()), strict=True)
    short["steps"] = [{"step": step.step, **rest} for step, rest in steps]
    return json.dumps(short, indent=1).encode()


def parse(text: bytes) -> Schedule:
    """Return what :func:`dump` has written; pydantic's ValidationError where it is none."""
    return _FILE.validate_json(text)
