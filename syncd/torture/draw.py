"""One seed's schedule. Equal seeds draw equal schedules, as long as nothing here is changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from syncd.torture.choices import FAULTS, KNOBS, LINES, MAYBE_APPLIED, RARE, STARTS, SWITCHES
from syncd.torture.schedule import Rules, Schedule
from syncd.torture.stage import ACTS
from syncd.torture.steps import (
    AskList,
    Crash,
    Decide,
    DropList,
    Edit,
    FullDisk,
    Jump,
    Limit,
    Line,
    Look,
    Operate,
    Outage,
    Outcome,
    Paste,
    Person,
    Restart,
    RevokeTokens,
    RotateKey,
    Side,
    Spend,
    Step,
    TickStart,
    TopUp,
    Trouble,
    Twin,
    Where,
)
from syncd.torture.themes import vary

_FINDS = ("Email", "Email", "Email", "Email (waterfall)", "Phone", "Email + phone", "")
_EMAILS: Sequence[Outcome] = (
    "found", "found", "found", "found", "waterfall", "nothing", "nothing", "nonsense", "stuck",
    "known",
)  # fmt: skip
_PHONES: Sequence[Outcome] = ("found", "found", "nothing", "nonsense", "stuck")
_FIRST_ID = 200_001


def draw(seed: int) -> Schedule:
    """Return a seed's schedule."""
    return vary(_Drawing(seed).schedule())


class _Drawing:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.dice = random.Random(f"torture {seed}")  # noqa: S311  (repeatable on purpose)
        self._people: list[Person] = []
        self._lists = 0
        self.panel = self.chance(0.2)
        # Each schedule has its own favourites: two things of a rare kind seldom meet otherwise.
        self._favour = self.dice.choices((0.1, 1, 5), k=20)

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def schedule(self) -> Schedule:
        dice = self.dice
        names = dice.sample(list(KNOBS), dice.choice((0, 0, 1, 1, 2, 3)))
        knobs = {name: dice.choice(KNOBS[name]) for name in names}
        if "outside_every_seconds" in knobs:
            knobs.setdefault("outside_spender", "deductions")
        if "refund_delay_seconds" in knobs:
            knobs.setdefault("refund", "per_miss")
        start = dice.choice(STARTS)[1] if self.chance(0.4) else STARTS[0][1]
        return Schedule(
            seed=self.seed,
            start=start,
            balance=dice.choice((300, 300, 2000, 40, 12)),
            panel=self.panel,
            rules=Rules(**self._rules()),
            knobs=knobs,
            switches={name: value for name, value in SWITCHES.items() if self.chance(0.15)},
            steps=tuple(self._steps()),
        )

    def _rules(self) -> dict[str, Any]:
        """Return what differs from the usual rules."""
        dice = self.dice
        choices: dict[str, Sequence[Any]] = {
            "per_day": (9, 15, 36, 60),
            "per_month": (18, 66),
            "floor": (6, 30),
            "emails_per_day": (6, 12),
            "worksheet_per_day": (9, 33),
            "ask_first": ((), ("email", "phone")),
            "kinds": (("email",), ("email", "phone")),
            "mode": ("sync",),
            "webhook": (True,),
            "batch_size": (1, 2, 25),
            "first_batch": (1, 5),
            "batches_in_flight": (1, 5),
            "cool_off": (30 * 86_400,),
            "settle": (5,),
            "settle_after": (10, 120),
            "doubt_for": (300, 3600),
            "page": (1, 2),
        }
        count = dice.choice((0, 1, 2, 3, 5, 7))
        rules = {name: dice.choice(choices[name]) for name in dice.sample(list(choices), count)}
        if self.chance(0.3):
            rules["purchasing"] = "in-place"
        return rules

    # -- steps ----------------------------------------------------------------------------------

    def _steps(self) -> list[Step]:
        """Begin with somebody to buy; then mix looks with everything that may go wrong."""
        steps: list[Step] = [self._arrive()]
        for _ in range(self.dice.randint(3, 8)):
            steps += [self._event() for _ in range(self.dice.choice((0, 1, 1, 2)))]
            steps.append(Look(wait=self._wait(), turns=self.dice.choice((1, 1, 2, 3))))
        return steps

    def _wait(self) -> float:
        return self.dice.choice((1.0, 5.0, 10.0, 30.0, 90.0, 1200.0))

    def _event(self) -> Step:
        events: list[tuple[int, Callable[[], Step]]] = [
            (22, self._crash),
            (26, self._trouble),
            (10, self._edit),
            (8, self._arrive),
            (6, self._restart),
            (5, self._jump),
            (4, self._outage),
            (3, lambda: FullDisk(pages=self.dice.choice((0, 0, 1, 4)))),
            (2, lambda: Spend(credits=self.dice.choice((3, 10, 40)))),
            (2, lambda: TopUp(credits=100)),
            (2, Operate),
            (2, DropList),
            (2, RevokeTokens),
            (2, RotateKey),
            (2, Twin),
            (2, lambda: TickStart(ticked=self.chance(0.5))),
            (8 if self.panel else 0, self._decide),
        ]
        weights = [weight * more for (weight, _), more in zip(events, self._favour, strict=False)]
        return self.dice.choices([make for _, make in events], weights)[0]()

    def _arrive(self) -> Step:
        """People come: pasted, as a list request, or somebody once more."""
        dice = self.dice
        people = [self._person() for _ in range(dice.randint(1, 5))]
        if self._people and self.chance(0.4):
            known = dice.choice(self._people)
            people[0] = replace(known, find=dice.choice((known.find, *_FINDS)))
        self._people += people
        people = list({person.id: person for person in people}.values())
        if self._lists < 3 and self.chance(0.35):
            self._lists += 1
            return AskList(
                name=f"List {self._lists}",
                people=tuple(people),
                find=dice.choice(("Email", "Email", "Email (waterfall)", "Phone")),
                max_leads=dice.choice((None, None, 1, 2)),
                max_credits=dice.choice((None, None, 6, 12)),
            )
        return Paste(people=tuple(people))

    def _person(self) -> Person:
        dice = self.dice
        return Person(
            id=_FIRST_ID + len(self._people) + dice.randint(0, 40) * 100,
            find=dice.choice(_FINDS),
            approved=self.chance(0.8),
            email=dice.choice(_EMAILS),
            phone=dice.choice(_PHONES),
        )

    def _crash(self) -> Step:
        side: Side = self.dice.choice(("before", "after"))
        if self.chance(0.4):
            return Crash(where="anything", side=side, nth=self.dice.randint(1, 30))
        where: Where = self.dice.choice((*LINES, "seleqt spend", "commit", "commit"))
        often = where in ("sheets read", "sheets write", "seleqt read", "commit")
        return Crash(where=where, side=side, nth=self.dice.choice((1, 1, 2, 3, 5)) if often else 1)

    def _trouble(self) -> Step:
        dice = self.dice
        line: Line = dice.choice((*LINES, "seleqt spend", "seleqt spend", "sheets write"))
        usual = [one for one in FAULTS[line] if one != "miscounted"]  # that is for a theme
        kind = dice.choice((*usual, *[one for one in RARE if one in usual]))
        return Trouble(
            line=line,
            kind=kind,
            nth=dice.choice((1, 1, 2, 3)) if line in ("sheets read", "seleqt read") else 1,
            times=dice.choice((5, 20)) if kind == "429" else 1,
            applied=self.chance(0.5) if kind in MAYBE_APPLIED else None,
        )

    def _edit(self) -> Step:
        return Edit(
            act=self.dice.choice((*ACTS, "sort_whole", "sort_block")),
            die=self.dice.randrange(1000),
            when=self.dice.choice(
                ("now", "now", "sheets read", "sheets write", "sheets write", "seleqt spend")
            ),
        )

    def _restart(self) -> Step:
        changes = self._rules()
        changes.pop("page", None)  # the vendor's, and not the config's
        if self.chance(0.3):
            changes["per_day"] = 1000
        # Lists, as JSON has no tuples.
        plain = {k: list(v) if isinstance(v, tuple) else v for k, v in changes.items()}
        return Restart(changes=plain)

    def _jump(self) -> Step:
        return Jump(
            seconds=self.dice.choice((-86_400.0, -3600.0, -90.0, 90.0, 3600.0, 86_400.0, 9e6))
        )

    def _outage(self) -> Step:
        return Outage(
            vendor=self.dice.choice(("sheets", "seleqt", "any")),
            seconds=self.dice.choice((120.0, 3600.0, 2 * 86_400.0, 5 * 86_400.0)),
        )

    def _decide(self) -> Step:
        if self.chance(0.4):
            return Decide(label="Pause", typed=self.dice.choice(("TRUE", "FALSE")))
        limit: Limit = self.dice.choice(("At most today", "At most this month"))
        return Decide(label=limit, typed=self.dice.choice(("", "6", "15", "60")))
