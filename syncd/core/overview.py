"""The overview: what syncd does now, as plain data, one line, and what is wrong with it. Pure.

It is told from the ledger alone, so that it can be had while the daemon is down as well. What only
a cycle knows (how many rows wait, when it last looked, what is wrong) the cycle leaves there as the
spreadsheet's :class:`Condition`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from syncd.core import status
from syncd.core.credits import Caps
from syncd.core.model import BatchState, Kind
from syncd.core.status import Stand

STUCK_AFTER = timedelta(minutes=15)  # that a text for a sheet may wait until it is a trouble
_UNSENT_STATES = (BatchState.PLANNED, BatchState.LIST_READY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """How a spreadsheet was when a cycle last passed over it.

    ``looked_at`` is when it could last be read, ``at`` when that was last tried, and ``patience``
    how many minutes may pass from then until the next time. ``stands`` are numbers of rows; one
    that asks for two things may count twice. ``hold`` is why nothing may be bought for it, as a row
    would say it, or empty; ``problems`` are sentences with their mend. ``day`` and ``month`` are
    caps that people lowered on its panel, in credits.
    """

    at: datetime
    looked_at: datetime | None = None
    patience: int = 0
    stands: Mapping[Stand, int] = field(default_factory=dict)
    hold: str = ""
    problems: tuple[str, ...] = ()
    since: datetime | None = None  # when the problems began
    day: int | None = None
    month: int | None = None


class Ask(NamedTuple):
    """What waits for somebody's word (``syncd approve``); ``cause`` is stable while it lasts."""

    cause: str
    text: str
    mend: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetView:
    """One spreadsheet of the config. ``condition`` is None until a cycle has passed over it.

    ``pending`` are cells whose text has not been seen there yet, the oldest since
    ``pending_since``.
    """

    id: str
    name: str
    condition: Condition | None = None
    pending: int = 0
    pending_since: datetime | None = None
    asks: Sequence[Ask] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with it, without what only waits for somebody's word."""
        asks = tuple(one.mend for one in self.asks)
        told = self.condition.problems if self.condition else ()
        return tuple(one for one in told if not (asks and one.endswith(asks)))

    def rows(self, stand: Stand) -> int:
        return self.condition.stands.get(stand, 0) if self.condition else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenPurchase:
    """An open batch: its credits are booked; ``since`` is when it was sent, or else made."""

    id: str
    state: BatchState
    kind: Kind
    people: int
    credits: int
    since: datetime
    spreadsheet: str  # its id
    worksheet: str  # its title


@dataclass(frozen=True, kw_only=True, slots=True)
class AccountView:
    """The vendor's account. ``spent_day`` and ``spent_month`` are credits spent or reserved.

    ``armed_at`` is None in plan mode; ``halted`` is why buying was stopped, or empty.
    """

    armed_at: datetime | None = None
    halted: str = ""
    balance: int | None = None  # None until the vendor has told it
    balance_at: datetime | None = None
    caps: Caps
    day: str  # whose caps count now
    spent_day: int = 0
    spent_month: int = 0
    spent_kind: Mapping[Kind, int] = field(default_factory=dict)  # on that day
    reserved: int = 0  # of those spent: credits that nobody knows to be paid yet
    purchases: Sequence[OpenPurchase] = ()

    def batches(self, *states: BatchState) -> list[OpenPurchase]:
        return [one for one in self.purchases if one.state in states]


@dataclass(frozen=True, kw_only=True, slots=True)
class LedgerView:
    """The file: ``schema`` is its latest migration, ``size`` is in bytes with what lies beside."""

    path: str
    schema: str
    size: int
    backed_up_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Overview:
    """One state of everything."""

    at: datetime
    sheets: Sequence[SheetView]
    account: AccountView
    ledger: LedgerView

    def rows(self, stand: Stand) -> int:
        return sum(sheet.rows(stand) for sheet in self.sheets)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trouble:
    """Something to know. ``cause`` is stable while it lasts; ``urgent`` needs a human."""

    cause: str
    text: str
    mend: str
    urgent: bool = True
    spreadsheet: str = ""  # its name, where it concerns one only


def summarise(view: Overview) -> str:
    """Return what syncd does, in one line: "idle; 12 waiting; 340/1000 credits today; 1 unsure"."""
    account = view.account
    parts = [_doing(account)]
    if waiting := view.rows(Stand.WAITING):
        parts.append(f"{waiting} waiting")
    parts.append(f"{account.spent_day}/{account.caps.day} credits today")
    if unsure := len(account.batches(BatchState.IN_DOUBT, BatchState.PARKED)):
        parts.append(f"{unsure} unsure")
    if urgent := sum(one.urgent for one in find_troubles(view)):
        parts.append(f"{urgent} to look at")
    return "; ".join(parts)


def _doing(account: AccountView) -> str:
    if account.halted:
        return "buying is stopped"
    if account.armed_at is None:
        return "plan mode"
    if people := sum(one.people for one in account.batches(BatchState.ACCEPTED)):
        return f"searching for {people} " + ("person" if people == 1 else "people")
    if account.batches(BatchState.SUBMITTING, *_UNSENT_STATES):
        return "buying"
    return "idle"


DOWN = Trouble(
    cause="down",
    text="The daemon does not run: nothing is looked at.",
    mend="Start it: systemctl start syncd",
)


def find_troubles(view: Overview, *, runs: bool = True) -> list[Trouble]:
    """Return what is wrong or holds buying up, what needs a human first.

    Where the daemon does not run, that it has not looked for long is no news.
    """
    if not runs:
        found = [
            one for one in find_troubles(view) if not one.cause.startswith(("late:", "never:"))
        ]
        return [DOWN, *found]
    found = [*_account_troubles(view.account), *_cap_troubles(view.account)]
    for sheet in view.sheets:
        found += _sheet_troubles(sheet, view.at)
    return sorted(found, key=lambda one: not one.urgent)


def _account_troubles(account: AccountView) -> list[Trouble]:
    found = []
    if account.halted:
        stopped = f"Buying is stopped: {account.halted}"
        mend = "When it is understood: syncd batches resume"
        found.append(Trouble(cause="halted", text=stopped, mend=mend))
    found += [
        Trouble(
            cause=f"parked:{one.id}",
            text=f"Nobody knows whether batch {one.id} ({one.credits} credits) was paid.",
            mend=f"Look it up: syncd batches show {one.id}. Then: syncd batches resolve "
            f"{one.id} --paid (or --not-paid)",
        )
        for one in account.batches(BatchState.PARKED)
    ]
    found += [
        Trouble(
            cause=f"in_doubt:{one.id}",
            text=f"Batch {one.id} ({one.credits} credits) may have been paid: its answer was "
            "lost. Nothing else is bought meanwhile.",
            mend="Nothing yet: syncd looks at Seleqt what became of it.",
            urgent=False,
        )
        for one in account.batches(BatchState.IN_DOUBT)
    ]
    if account.armed_at is None:
        says = "syncd is in plan mode: it reads sheets, and buys nothing."
        mend = "See what it would buy: syncd plan. Then: syncd arm"
        found.append(Trouble(cause="plan_mode", text=says, mend=mend, urgent=False))
    return found


def _cap_troubles(account: AccountView) -> list[Trouble]:
    found = []
    caps = account.caps
    for cause, what, spent, cap, then in (
        ("cap_day", "Today's credits", account.spent_day, caps.day, "tomorrow"),
        ("cap_month", "This month's credits", account.spent_month, caps.month, "next month"),
    ):
        # Less than the cheapest search is left: nothing fits any more.
        if cap - spent < min(kind.price for kind in Kind):
            found.append(
                Trouble(
                    cause=cause,
                    text=f"{what} are used up: {spent:,} of {cap:,}.",
                    mend=f"Nothing: rows wait, and go on {then}. Or raise the cap in the config.",
                    urgent=False,
                )
            )
    if account.balance is not None and account.balance <= caps.floor:
        found.append(
            Trouble(
                cause="floor",
                text=f"Seleqt's balance of {account.balance:,} credits is at the floor of "
                f"{caps.floor:,}.",
                mend="Top it up at Seleqt, or lower the floor in the config.",
            )
        )
    return found


_BY_ITSELF = (status.HOLD_DOUBT, status.HOLD_VENDOR)
_TOLD_ABOVE = (status.HOLD_PLAN, status.HOLD_DOUBT, status.HOLD_HALTED)


def _sheet_troubles(sheet: SheetView, now: datetime) -> list[Trouble]:
    found: list[Trouble] = []
    condition = sheet.condition

    def add(cause: str, text: str, mend: str, *, urgent: bool = True) -> None:
        trouble = Trouble(
            cause=f"{cause}:{sheet.id}",
            text=text,
            mend=mend,
            urgent=urgent,
            spreadsheet=sheet.name,
        )
        found.append(trouble)

    if condition is None:
        add("never", "It was never looked at.", "Start the daemon: syncd run", urgent=False)
        return found
    hold = condition.hold.removeprefix("Waiting: ")
    hold = hold[:1].upper() + hold[1:]
    found += [
        Trouble(cause=one.cause, text=one.text, mend=one.mend, spreadsheet=sheet.name)
        for one in sheet.asks
    ]
    for problem in sheet.problems:
        if problem == hold and condition.hold in _TOLD_ABOVE:
            continue
        by_itself = problem == hold and condition.hold in _BY_ITSELF
        add("problem", problem, "", urgent=not by_itself)
    if hold and hold not in sheet.problems and condition.hold not in _TOLD_ABOVE:
        add("held", hold, "", urgent=condition.hold == status.HOLD_KEY)
    latest = condition.looked_at or condition.at
    if now - latest > timedelta(minutes=condition.patience):
        minutes = int((now - latest) / timedelta(minutes=1))
        add("late", f"Nothing was read for {minutes:,} minutes.", "See whether the daemon runs.")
    if sheet.pending_since is not None and now - sheet.pending_since > STUCK_AFTER:
        add(
            "outbox",
            f"{sheet.pending:,} cells wait to be written since {sheet.pending_since:%Y-%m-%d %H:%M}"
            " UTC.",
            "See whether syncd may write to the sheet: syncd doctor",
        )
    return found
