"""What a checkup finds, and how bad it is: decided from plain facts. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from syncd.core.credits import Caps
from syncd.core.model import Kind

_OFF = timedelta(seconds=30)  # that a clock may be, with an answer's way and whole seconds
_FAR_OFF = timedelta(minutes=5)  # Google refuses tokens then
_LITTLE = 512 * 2**20  # bytes
_NONE = 32 * 2**20
_OTHERS = 0o077


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What one check says. ``mend`` is what to do, where there is something."""

    check: str
    level: Level
    text: str
    mend: str = ""


def ok(check: str, text: str) -> Finding:
    return Finding(check=check, level=Level.OK, text=text)


def warn(check: str, text: str, mend: str = "") -> Finding:
    return Finding(check=check, level=Level.WARN, text=text, mend=mend)


def fail(check: str, text: str, mend: str = "") -> Finding:
    return Finding(check=check, level=Level.FAIL, text=text, mend=mend)


def judge_clock(who: str, ahead: timedelta) -> Finding:
    """Judge by how much this machine's clock runs ahead of the date in an answer."""
    off = abs(ahead)
    seconds = f"{off.total_seconds():,.0f} s {'ahead of' if ahead > timedelta(0) else 'behind'}"
    mend = "Let it follow a time server: timedatectl set-ntp true"
    if off > _FAR_OFF:
        says = f"This machine's clock is {seconds} {who}'s: tokens are refused, days begin wrongly."
        return fail("clock", says, mend)
    if off > _OFF:
        return warn("clock", f"This machine's clock is {seconds} {who}'s.", mend)
    return ok("clock", f"It agrees with {who}'s.")


def judge_disk(place: str, free: int) -> Finding:
    """Judge the bytes that are free where the ledger is."""
    says = f"{free / 2**20:,.0f} MiB are free for {place}."
    if free < _NONE:
        return fail(
            "disk", says, "Make room: where the ledger cannot be written nothing is bought."
        )
    if free < _LITTLE:
        return warn("disk", says, "Make room before it is full.")
    return ok("disk", says)


def judge_mode(check: str, what: str, mode: int) -> Finding:
    """Judge who may read a file that holds a secret or people's data."""
    if mode & _OTHERS:
        return warn(check, f"Others on this machine can read {what}.", f"chmod 600 {what}")
    return ok(check, f"Only its owner can read {what}.")


def judge_caps(
    caps: Caps, kinds: frozenset[Kind], first_batch: int, balance: int | None
) -> Iterator[Finding]:
    """Judge whether the caps let anything be bought, and bound anything."""
    check = "caps"
    found: list[Finding] = []
    if not kinds:
        found.append(fail(check, "buying.kinds is empty: nothing is ever bought.", "Name some."))
    tightest = min(caps.day, caps.month)
    for kind in sorted(kinds):
        cap = min(tightest, caps.kind_day.get(kind, tightest))
        if cap < kind.price:
            says = f"{kind.label} costs {kind.price} credits, and {cap} a day are allowed."
            mend = "It is never bought: raise the cap, or leave it out of buying.kinds."
            found.append(warn(check, says, mend))
        elif cap < kind.price * first_batch:
            says = f"{cap} credits a day are less than a first batch of {first_batch} {kind.label}"
            mend = "It buys in smaller parts. That is well if it is meant."
            found.append(warn(check, f"{says} searches.", mend))
    if caps.day > caps.month:
        says = f"The cap of a day ({caps.day:,}) is above that of a month ({caps.month:,})."
        found.append(warn(check, says, "Only that of the month bounds anything: see [caps]."))
    if balance is not None and balance - caps.floor < min((k.price for k in kinds), default=0):
        says = f"Of the balance of {balance:,} credits the floor leaves {balance - caps.floor:,}."
        mend = "Nothing can be bought: top it up at Seleqt, or lower caps.floor."
        found.append(fail(check, says, mend))
    elif balance is not None and caps.day > balance - caps.floor:
        says = f"The cap of a day ({caps.day:,}) is above what is left of the balance."
        found.append(warn(check, says, "The balance, not the cap, ends a day's buying."))
    if not found:
        found.append(ok(check, f"{caps.day:,} credits a day, {caps.month:,} a month."))
    yield from found


def exit_code(findings: list[Finding]) -> int:
    """Return 0 where all is ok, 1 where anything fails, 2 where there are warnings only."""
    levels = {one.level for one in findings}
    return 1 if Level.FAIL in levels else 2 if Level.WARN in levels else 0
