"""What a run must have reached: a misfortune that never happened proves nothing about it."""

from __future__ import annotations

from collections import Counter

from syncd.torture.choices import FAULTS, KNOBS, LINES, STARTS, SWITCHES
from syncd.torture.schedule import Schedule

STATES = (
    "in doubt",
    "lost answer after a charge",
    "lost purchase",
    "parked",
    "parked, and settled by a human",
    "doubt ended by the list",
    "accepted",
    "refused",
    "cancelled",
    "tried again",
    "nothing left to buy",
    "value came late",
    "could not look",
    "settled",
    "buying stopped",
    "buying stopped, and resumed",
    "cap reached mid-batch",
    "sheet sorted during a flush",
    "sheet edited during a flush",
    "refund",
    "somebody else spends",
    "list deleted",
    "clock jumps on",
    "clock jumps back",
    "outage",
    "outage of days",
    "disk full",
    "second daemon refused",
    "backup",
    "backup restored",
    "backup copied by hand",
    "purchases forgotten",
    "reconciled",
    "second host stopped by the lease",
    "second host has bought",
    "restart",
    "restart with other rules",
    "purchase in place",
    "rules: sync mode",
)
_OF_EVENTS = {
    "in doubt": "in doubt",
    "parked": "parked",
    "accepted: its list shows": "doubt ended by the list",
    "accepted": "accepted",
    "refused": "refused",
    "cancelled": "cancelled",
    "will try again": "tried again",
    "nothing left": "nothing left to buy",
    "could not look": "could not look",
    "settled": "settled",
}


def of_event(event: str) -> str:
    """Return the state that an event of the ledger tells of, or nothing."""
    if event.endswith("came late") and not event.startswith("nothing"):
        return "value came late"
    return next((name for start, name in _OF_EVENTS.items() if event.startswith(start)), "")


def by_schedule(schedule: Schedule) -> Counter[str]:
    """Return what a schedule reaches by being what it is."""
    found = [f"knob {name} = {value}" for name, value in schedule.knobs.items()]
    found += [f"switch {name} = {value}" for name, value in schedule.switches.items()]
    if schedule.rules.mode == "sync":
        found.append("rules: sync mode")
    found += [what for what, start in STARTS if start == schedule.start]
    return Counter(found)


def groups() -> dict[str, list[str]]:
    """Return everything that a long run must have reached, by what it is about."""
    return {
        "deaths": [
            f"crash {side} {where}" for where in (*LINES, "commit") for side in ("before", "after")
        ],
        "faults": [f"fault {kind}: {line}" for line, kinds in FAULTS.items() for kind in kinds],
        "states": list(STATES),
        "days": [what for what, _ in STARTS],
        "unknowns of the vendor": [
            f"knob {name} = {value}" for name, values in KNOBS.items() for value in values
        ],
        "unknowns of Google": [f"switch {name} = {value}" for name, value in SWITCHES.items()],
    }
