"""The steps of a schedule: what happens next, as plain data. Each can say itself in words."""

from __future__ import annotations

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

    Kinds are those of the sandbox's faults, and three more: ``doubled`` is applied twice, of a
    ``stale`` one the answer is the one that the same request got before, and the answer to a
    ``miscounted`` purchase tells of one person more than it costs.
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
class Backup:
    step: Literal["backup"] = "backup"

    def tell(self) -> str:
        return "the ledger is backed up"


@dataclass(frozen=True, kw_only=True, slots=True)
class Restore:
    """The latest backup becomes the ledger; where there is none, nothing happens.

    ``by_hand``: the file is copied there, as nobody should. The epoch in the panel has to notice,
    so without a panel that tells of every purchase it is done with the command after all.
    """

    step: Literal["restore"] = "restore"
    by_hand: bool = False

    def tell(self) -> str:
        how = "copied by hand" if self.by_hand else "put by syncd restore"
        return f"the latest backup is {how} in the ledger's place"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconcile:
    step: Literal["reconcile"] = "reconcile"

    def tell(self) -> str:
        return "the operator runs syncd reconcile"


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondHost:
    """Another machine's syncd works on the same sheet for some turns, in between ours.

    ``alone``: ours stands still meanwhile, and so its lease is over. Without a panel nothing
    happens: there is no lease then, and nothing is promised.
    """

    step: Literal["second host"] = "second host"
    ledger: Literal["copy", "backup", "blank"] = "copy"
    wait: float = 30.0  # seconds before each turn
    turns: int = 4
    alone: bool = False

    def tell(self) -> str:
        which = {"copy": "a copy", "backup": "the latest backup", "blank": "no copy"}[self.ledger]
        ours = "while ours stands still" if self.alone else "in between ours"
        return (
            f"a second host with {which} of the ledger works on the sheet, {ours}: {self.turns} "
            f"turns, {_span(self.wait)} apart"
        )


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
    | Backup
    | Restore
    | Reconcile
    | SecondHost
    | Operate
    | RotateKey
    | RevokeTokens
    | DropList,
    pydantic.Field(discriminator="step"),
]


def _span(seconds: float) -> str:
    whole = timedelta(seconds=round(seconds))
    return f"{seconds:g} s" if seconds < 100 else str(whole)


def _nth(number: int) -> str:
    return {1: "next", 2: "2nd", 3: "3rd"}.get(number, f"{number}th")
