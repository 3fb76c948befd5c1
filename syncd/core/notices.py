"""What to tell the operator now, given what is wrong and what was told. Pure.

Each trouble is told once, when it has lasted for as long as it may pass by itself, and again only
after it was over and came back. What was told and is over is told to be over. All that there is to
say at one time is one message, and between two messages some minutes pass: who is told too often
stops reading.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from syncd.core import status
from syncd.core.overview import Overview, Trouble, find_troubles

GAP = timedelta(minutes=5)  # between two messages
_OVER = timedelta(minutes=5)  # a trouble must be gone for that long to be over
_MOST = 10  # troubles that one message tells of


class Cause(StrEnum):
    """What an operator may want to be told of, as the config names it."""

    CAP = "cap"
    DOUBT = "doubt"
    KEY = "key"
    SHEET = "sheet"
    STOPPED = "stopped"
    SILENCE = "silence"
    REFUND = "refund"
    STUCK = "stuck"
    APPROVE = "approve"


_PASSING = {
    Cause.DOUBT: timedelta(minutes=3),
    Cause.SHEET: timedelta(minutes=10),
    Cause.SILENCE: timedelta(minutes=5),
    Cause.APPROVE: timedelta(minutes=10),  # whoever pasted may tick meanwhile
}
"""How long a trouble may last until it is told; others are told at once."""


class Plight(NamedTuple):
    """A trouble as the operator is told it; ``id`` is the same for as long as it lasts.

    ``after`` is the id of the one that it has grown out of, which is not over by that.
    """

    id: str
    cause: Cause
    says: str
    do: str = ""
    after: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Notice:
    """A trouble that is remembered. ``gone_at`` is since when it has not been seen any more."""

    plight: Plight
    since: datetime
    told_at: datetime | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message. Its text is lines of plain words, for mail and chat alike."""

    title: str
    text: str
    is_good: bool  # it tells only of what is over


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What to remember now, what to send, and what to remember once that was delivered."""

    notices: tuple[Notice, ...]
    message: Message | None = None
    after: tuple[Notice, ...] = ()


def decide(
    plights: Sequence[Plight],
    notices: Mapping[str, Notice],
    *,
    now: datetime,
    last: datetime | None,
    wanted: Collection[Cause],
    host: str,
) -> Decision:
    """Return what to tell. ``last`` is when the latest message was delivered.

    A cause that is no longer ``wanted`` is forgotten without a word.
    """
    current = {one.id: one for one in plights if one.cause in wanted}
    outgrown = {one.after for one in current.values()}
    kept = [
        _follow(notices.get(id_), current.get(id_), now)
        for id_ in dict.fromkeys([*notices, *current])
        if id_ in current or (notices[id_].plight.cause in wanted and id_ not in outgrown)
    ]
    # What went away before anybody was told is nobody's business.
    kept = [one for one in kept if one.told_at or not one.gone_at]
    new = [one for one in kept if one.told_at is None and _is_past(one.since, now, _grace(one))]
    over = [
        one for one in kept if one.told_at and one.gone_at and _is_past(one.gone_at, now, _OVER)
    ]
    if not (new or over) or (last is not None and not _is_past(last, now, GAP)):
        return Decision(notices=tuple(kept))
    done = {one.plight.id for one in over}
    told = {one.plight.id for one in new}
    after = tuple(
        replace(one, told_at=now) if one.plight.id in told else one
        for one in kept
        if one.plight.id not in done
    )
    return Decision(notices=tuple(kept), message=_compose(new, over, now, host), after=after)


def find_plights(view: Overview, *, stuck: Iterable[str] = (), overdue: int = 0) -> list[Plight]:
    """Return the troubles that an operator may want to be told; ``overdue`` are refunds."""
    found = [
        Plight(f"stuck:{text}", Cause.STUCK, text, "See the log; restart syncd if it lasts.")
        for text in stuck
    ]
    if overdue:
        says = f"{overdue:,} credits for searches that found nothing did not come back in time."
        do = "For Seleqt's support: syncd batches refunds --overdue --csv"
        found.append(Plight("refunds", Cause.REFUND, says, do))
    if any(sheet.condition and sheet.condition.hold == status.HOLD_KEY for sheet in view.sheets):
        says = "Seleqt refuses the API key: nothing is bought, and nothing is marked as failed."
        found.append(Plight("key", Cause.KEY, says, "Put a valid key in its place, and reload."))
    grouped: dict[str, list[Trouble]] = {}
    for trouble in find_troubles(view):
        by_itself = trouble.cause.startswith("problem:") and not trouble.urgent
        if not by_itself and trouble.text not in _KEYLESS:
            grouped.setdefault(trouble.cause, []).append(trouble)
    for id_, troubles in grouped.items():
        name, _, subject = id_.partition(":")
        cause = _CAUSES.get(name)
        if cause is None:
            continue
        where = f"{troubles[0].spreadsheet}: " if troubles[0].spreadsheet else ""
        found.append(
            Plight(
                id=id_,
                cause=cause,
                says=where + " ".join(one.text for one in troubles),
                do=" ".join(dict.fromkeys(one.mend for one in troubles if one.mend)),
                after=f"in_doubt:{subject}" if name == "parked" else "",
            )
        )
    return found


_KEYLESS = (status.HOLD_KEY, status.HOLD_KEY.removeprefix("Waiting: "))  # told once, by itself
_CAUSES = {
    "cap_day": Cause.CAP,
    "cap_month": Cause.CAP,
    "floor": Cause.CAP,
    "in_doubt": Cause.DOUBT,
    "parked": Cause.DOUBT,
    "problem": Cause.SHEET,
    "outbox": Cause.SHEET,
    "halted": Cause.STOPPED,
    "late": Cause.SILENCE,
    "pasted": Cause.APPROVE,
    "paused": Cause.APPROVE,
}


def _follow(notice: Notice | None, plight: Plight | None, now: datetime) -> Notice:
    """Return what is remembered of one trouble after this look."""
    if notice is None:
        assert plight is not None  # noqa: S101  (it is one of the two)
        return Notice(plight=plight, since=now)
    if plight is not None:
        return replace(notice, plight=plight, gone_at=None)
    return replace(notice, gone_at=notice.gone_at or now)


def _is_past(since: datetime, now: datetime, length: timedelta) -> bool:
    """Whether so long has passed. A clock that was set back must not silence us for as long."""
    return not timedelta(0) <= now - since < length


def _grace(notice: Notice) -> timedelta:
    return _PASSING.get(notice.plight.cause, timedelta(0))


def _compose(new: Sequence[Notice], over: Sequence[Notice], now: datetime, host: str) -> Message:
    lines = []
    for one in new[:_MOST]:
        lines.append(f"- {one.plight.says}")
        lines += [f"  {one.plight.do}"] if one.plight.do else []
    if len(new) > _MOST:
        lines.append(f"- and {len(new) - _MOST} more: syncd status")
    if over:
        lines += ["Over by now:"] if new else []
        for one in over[:_MOST]:
            lines.append(f"- {one.plight.says} (began {_span(now - one.since)} ago)")
    what = (
        f"{_count(len(new), 'thing')} to look at" if new else f"{_count(len(over), 'thing')} over"
    )
    return Message(title=f"syncd on {host}: {what}", text="\n".join(lines), is_good=not new)


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _span(length: timedelta) -> str:
    minutes = max(0, int(length / timedelta(minutes=1)))
    for size, unit in ((1440, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return _count(minutes // size, unit)
    return _count(minutes, "minute")
