"""A schedule: one story as plain data. Steps are done in order; each can say itself in words.

Nothing here acts. A schedule goes to JSON and back, so that a story outlives the generator that
drew it, and any of its steps may be left out: what remains is a story, too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, Literal

import pydantic

Line = Literal[
    "sheets read", "sheets write", "seleqt read", "seleqt write", "seleqt spend", "token"
]
"""Where a request goes, and what for. A *spend* is the purchase itself."""

Where = Literal[
    "sheets read",
    "sheets write",
    "seleqt read",
    "seleqt write",
    "seleqt spend",
    "token",
    "commit",
    "anything",
]
Side = Literal["before", "after"]
Limit = Literal["At most today", "At most this month"]
Outcome = Literal["found", "waterfall", "nothing", "nonsense", "stuck", "known"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody on a lead sheet, and what a search would find.

    ``waterfall``: only the dearer search finds the address. ``known``: the vendor shows it for
    nothing. ``stuck``: the search never ends. ``nonsense``: what it finds is no address.
    """

    id: int
    find: str = "Email"
    approved: bool = True
    email: Outcome = "found"
    phone: Outcome = "found"


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


# --- steps ----------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    step: Literal["look"] = "look"
    wait: float = 10.0  # seconds before each
    turns: int = 1

    def tell(self) -> str:
        often = "" if self.turns == 1 else f", {self.turns} times"
        return f"{_span(self.wait)} pass, and syncd looks{often}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Crash:
    """The process dies at the nth moment of that sort from now on."""

    step: Literal["crash"] = "crash"
    where: Where = "anything"
    side: Side = "after"
    nth: int = 1

    def tell(self) -> str:
        what = "request or commit" if self.where == "anything" else self.where
        return f"syncd will die {self.side} its {_nth(self.nth)} {what} from here"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """A request meets a fault: the nth on that line from now on, and ``times`` in a row.

    Kinds are those of the sandbox's faults, and two more: ``doubled`` is applied twice, of a
    ``stale`` one the answer is the one that the same request got before.
    """

    step: Literal["trouble"] = "trouble"
    line: Line
    kind: str
    nth: int = 1
    times: int = 1
    seconds: float = 130.0
    applied: bool | None = None

    def tell(self) -> str:
        done = {None: "", True: ", though it was done", False: ", and was not done"}[self.applied]
        which = _nth(self.nth) if self.times == 1 else f"next {self.times}"
        return f"the {which} {self.line} will meet: {self.kind}{done}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """A vendor is away for that long; syncd looks a few times meanwhile."""

    step: Literal["outage"] = "outage"
    vendor: Literal["sheets", "seleqt", "any"]
    seconds: float
    turns: int = 3

    def tell(self) -> str:
        who = {"sheets": "Google is", "seleqt": "Seleqt is", "any": "both vendors are"}[self.vendor]
        return f"{who} away for {_span(self.seconds)}; syncd looks {self.turns} times meanwhile"


@dataclass(frozen=True, kw_only=True, slots=True)
class Jump:
    """The machine's clock jumps, and the world's does not."""

    step: Literal["jump"] = "jump"
    seconds: float

    def tell(self) -> str:
        way = "on" if self.seconds > 0 else "back"
        return f"the machine's clock jumps {_span(abs(self.seconds))} {way}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Spend:
    step: Literal["spend"] = "spend"
    credits: int

    def tell(self) -> str:
        return f"somebody else spends {self.credits} credits of the account"


@dataclass(frozen=True, kw_only=True, slots=True)
class TopUp:
    step: Literal["top up"] = "top up"
    credits: int

    def tell(self) -> str:
        return f"the account is topped up by {self.credits} credits"


@dataclass(frozen=True, kw_only=True, slots=True)
class Edit:
    """A person edits the Leads worksheet: an act of the sandbox's office, drawn from ``die``.

    ``when``: now, or just before the next request of that sort is applied.
    """

    step: Literal["edit"] = "edit"
    act: str
    die: int = 0
    when: Literal["now", "sheets read", "sheets write", "seleqt spend"] = "now"

    def tell(self) -> str:
        moment = "" if self.when == "now" else f", inside the next {self.when}"
        return f"a person edits: {self.act.replace('_', ' ')}{moment}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Paste:
    step: Literal["paste"] = "paste"
    people: tuple[Person, ...]

    def tell(self) -> str:
        who = ", ".join(
            f"{one.id} ({one.find or 'asks for nothing'}{'' if one.approved else ', unapproved'}; "
            f"email {one.email}, phone {one.phone})"
            for one in self.people
        )
        return f"pasted into Leads: {who}"


@dataclass(frozen=True, kw_only=True, slots=True)
class AskList:
    """A Seleqt lead list, and a row of Requests that asks for it, Start ticked."""

    step: Literal["ask list"] = "ask list"
    name: str
    people: tuple[Person, ...]
    find: str = "Email"
    max_leads: int | None = None
    max_credits: int | None = None

    def tell(self) -> str:
        who = ", ".join(f"{one.id} (email {one.email}, phone {one.phone})" for one in self.people)
        limits = f"Max leads {self.max_leads}, Max credits {self.max_credits}"
        return f"requested: {self.find} for the list {self.name} of {who}; {limits}"


@dataclass(frozen=True, kw_only=True, slots=True)
class TickStart:
    """Start is unticked in all of Requests, or ticked."""

    step: Literal["tick start"] = "tick start"
    ticked: bool

    def tell(self) -> str:
        return f"Start is {'ticked' if self.ticked else 'unticked'} in every list request"


@dataclass(frozen=True, kw_only=True, slots=True)
class Decide:
    """Somebody types into the panel; where a schedule has none, nothing happens."""

    step: Literal["decide"] = "decide"
    label: Limit | Literal["Pause"]
    typed: str

    def tell(self) -> str:
        return f"on the panel, {self.label} says {self.typed!r}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restart:
    """Syncd is stopped in order and started with other rules."""

    step: Literal["restart"] = "restart"
    changes: Mapping[str, Any] = field(default_factory=dict)

    def tell(self) -> str:
        what = ", ".join(f"{name} = {value}" for name, value in self.changes.items())
        return f"syncd is restarted{f' with {what}' if what else ''}"


@dataclass(frozen=True, kw_only=True, slots=True)
class FullDisk:
    """The disk has room for that many more pages of the ledger, until the next start."""

    step: Literal["full disk"] = "full disk"
    pages: int = 0

    def tell(self) -> str:
        return f"the disk is full but for {self.pages} pages, until the next start"


@dataclass(frozen=True, kw_only=True, slots=True)
class Twin:
    step: Literal["twin"] = "twin"

    def tell(self) -> str:
        return "a second daemon is started on the same ledger"


@dataclass(frozen=True, kw_only=True, slots=True)
class Operate:
    step: Literal["operate"] = "operate"

    def tell(self) -> str:
        return "the operator settles what is parked by Seleqt's record, and lets buying go on"


@dataclass(frozen=True, kw_only=True, slots=True)
class RotateKey:
    """The API key is replaced at the vendor; syncd has the new one from its next start on."""

    step: Literal["rotate key"] = "rotate key"

    def tell(self) -> str:
        return "the API key is replaced; syncd has the new one from its next start on"


@dataclass(frozen=True, kw_only=True, slots=True)
class RevokeTokens:
    step: Literal["revoke tokens"] = "revoke tokens"

    def tell(self) -> str:
        return "Google revokes its tokens"


@dataclass(frozen=True, kw_only=True, slots=True)
class DropList:
    step: Literal["drop list"] = "drop list"

    def tell(self) -> str:
        return "somebody deletes syncd's latest list at Seleqt"


Step = Annotated[
    Look
    | Crash
    | Trouble
    | Outage
    | Jump
    | Spend
    | TopUp
    | Edit
    | Paste
    | AskList
    | TickStart
    | Decide
    | Restart
    | FullDisk
    | Twin
    | Operate
    | RotateKey
    | RevokeTokens
    | DropList,
    pydantic.Field(discriminator="step"),
]


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


def _span(seconds: float) -> str:
    whole = timedelta(seconds=round(seconds))
    return f"{seconds:g} s" if seconds < 100 else str(whole)


def _nth(number: int) -> str:
    return {1: "next", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
