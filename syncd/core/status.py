"""Every sentence syncd writes in a Status cell. One fixed list: no codes, no stack traces.

Each says what happened and, where there is one, what to do; ``docs/statuses.md`` explains them to
sales people, word for word. None of them carries a figure that changes with time alone, or an idle
sheet would be rewritten all day.

Rows go on showing what an earlier version wrote. Whoever changes a sentence leaves its old text in
a tuple that :func:`is_ours` looks at, too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from functools import cache, lru_cache

from syncd.core.credits import Cap
from syncd.core.model import Field, Kind

FIND_ODD = "Find says “{typed}”. Pick one of the choices in the list."
PROSPECT_ERROR = "The Prospect ID shows {typed}. Mend its formula."
PROSPECT_MISSING = "Add the Prospect ID of this person."
MATCH_NONE = "Nobody on an imported list matches this row. Add the Prospect ID of this person."
MATCH_SEVERAL = "Several people match: {people}. Type the Prospect ID of one."
MATCH_APART = "LinkedIn URL and name are not of one person: {people}. Type the right Prospect ID."
PROSPECT_ODD = "“{typed}” is not a Prospect ID: it must be a whole number."

FOUND = "Found the {what}."
FOUND_FREE = "Found the {what}: known already, no charge."
FOUND_ROW = "Found the {what}: another row here has paid on {day}, no charge."
FOUND_THERE = "Found the {what}: bought for {place} on {day}, no charge."
FOUND_BESIDE = "Found {value} for this person; your own {what} stays."
ALREADY_HAS = "Already has {a_what}. Nothing was bought."
ALREADY_SEARCHED = "Already has {a_what}. A search had begun, and found no other."
ALREADY_SEARCHING = "Already has {a_what}. A search had begun, and what it finds is told here."
SUPPLIED = "Already has {a_what} in another row of this person: {value}. Nothing was bought."
SEARCHING = "Searching for the {what} since {time}."
SEARCHING_ON = "Searching for the {what} since {time}, {done} of {size} done."
MISSED = (
    "No {what} found ({credits} credits, {day}). Not searched again before {again}, unless you "
    "pick in Find: {choices}."
)
EXPIRED = "The search for the {what} never finished ({credits} credits). Ask your admin."
UNRECOGNISED = "Seleqt answered with something that is not {a_what}. Ask your admin."
UNKNOWN = "Seleqt does not know Prospect ID {prospect}. Check the number."
LEFT_OUT = "Seleqt did not search for the {what} (no charge). We ask again later."
READY = "Ready: {credits} credits for the {what}. Tick Approve to buy."
READY_ANEW = (
    "Ready: {credits} credits for the {what}. It was pasted with a tick. Tick Approve anew to buy."
)
READY_CHANGED = (
    "Changed since it was approved. {credits} credits for the {what}: "
    "take the tick away, wait for “Ready”, then tick again."
)
READY_ONCE_MORE = (
    "This tick has paid for a search already. {credits} credits for the {what} again: "
    "take it away, wait for “Ready”, then tick again."
)
QUEUED = "Queued for the {what}: bought with the next purchase."
NOT_OFFERED = "Searching for the {what} is turned off here. Ask your admin."
UNSURE = (
    "We may already have paid to search for the {what}, and are checking. Nothing is bought twice."
)
PARKED = "We may already have paid to search for the {what}. Ask your admin."

WAITING_QUOTE = (
    "Waiting: this would cost more than the Quote that was started. "
    "Take the tick away from Start and set it again."
)
WAITING = {
    Cap.REQUEST: "Waiting: this list request has used its Max credits.",
    Cap.WORKSHEET_DAY: "Waiting: this worksheet has used its credits for today.",
    Cap.KIND_DAY: "Waiting: today's credits for {what} searches are used up.",
    Cap.DAY: "Waiting: today's credits are used up.",
    Cap.MONTH: "Waiting: this month's credits are used up.",
    Cap.FLOOR: "Waiting: the Seleqt balance is too low. Ask your admin to top it up.",
}

HOLD_PLAN = "Waiting: syncd is in plan mode; your admin must run syncd arm."
HOLD_DOUBT = "Waiting: an earlier purchase is being checked first."
HOLD_HALTED = "Waiting: buying is stopped until your admin has looked at a problem."
HOLD_KEY = "Waiting: Seleqt refuses our key. Ask your admin."
HOLD_VENDOR = "Waiting: Seleqt cannot be reached. It goes on by itself."
HOLD_PAUSED = "Waiting: buying is paused on the worksheet {worksheet}."
HOLD_LIMIT_ODD = (
    "Waiting: {label} on the worksheet {worksheet} says “{typed}”. Type a whole number there, or "
    "leave it empty."
)
HOLD_PAST = (
    "Waiting: syncd may have forgotten purchases, as its memory was replaced. Ask your admin."
)
HOLD_WASTE = (
    "Waiting: only {count} of the last {size} searches for {a_what} here found anything. "
    "Ask your admin whether to go on."
)
HOLD_WORKSHEET = (
    "Waiting: a worksheet for leads cannot be read, so nobody can be added. Ask your admin."
)
HOLD_IN_PLACE = (
    "Stopped: a search on this list itself would pay again for people already searched. "
    "Ask your admin to switch it to lists of its own."
)
HOLD_BUSY = "Waiting: somebody else is searching on this list in Seleqt. It goes on by itself."

REQUEST_LIST_ERROR = "The lead list shows {typed}. Mend its formula."
REQUEST_LIST_MISSING = "Name a Seleqt lead list, or give its number."
REQUEST_FIND_MISSING = "Pick in Find what to look for."
REQUEST_LIMIT_ODD = "{column} says “{typed}”. Type a whole number, or leave it empty."
REQUEST_READING = "Reading the list for its quote."
REQUEST_READY = "Ready: see Quote. Tick Start to add these people and search for them."
REQUEST_CHANGED = (
    "Changed since Start was ticked: see Quote. Nothing is bought. "
    "Take the tick away, wait until this changes, then tick again."
)
REQUEST_IMPORTING = "Importing the list."
REQUEST_RUNNING = "Searching: the people are in {worksheet}."
REQUEST_RUNNING_ON = "Searching: {done} of {size} people done. They are in {worksheet}."
REQUEST_DONE = "Done. The people are in {worksheet}."
REQUEST_USED_UP = (
    "Nobody is searched for: this request has used its Max leads. Raise it, or ask in another row."
)
REQUEST_STOPPED = "Stopped: Start is not ticked. Nothing more is bought for this list."
REQUEST_NO_LIST = "Seleqt has no lead list “{lead_list}”. Check its name or number."
REQUEST_MANY_LISTS = "Seleqt has several lead lists named “{lead_list}”. Give the number of one."
REQUEST_COMPANIES = "“{lead_list}” is a list of companies. Only lists of people can be searched."
REQUEST_EMPTY = "“{lead_list}” has nobody in it."

QUOTE = "{count} of {size} people lack {a_what}: at most {credits} credits."
QUOTE_FIRST = (
    "{count} of {size} people lack {a_what}, Max leads takes {chosen}: at most {credits} credits."
)
QUOTE_KNOWN = "{count} known already: free."
QUOTE_PASSED = "{count} searched for before: not again yet."
QUOTE_ROOM = "Today's caps allow {credits} credits."

_EARLIER = (
    "Tick Start to import this list and search through it.",
    "No {what} found ({credits} credits, {day}). Not searched again before {again}.",
)


_A_WHAT = {Field.EMAIL: "an email", Field.PHONE: "a phone"}
_FILLED = {
    "what": "(?:email|phone)",
    "a_what": "(?:an email or a phone|an email|a phone)",
    "time": r"\d\d:\d\d",
    "prospect": r"\d+",
    "credits": r"[\d,]+",
    "done": r"[\d,]+",
    "size": r"[\d,]+",
    "count": r"[\d,]+",
    "chosen": r"[\d,]+",
    "column": "Max (?:leads|credits)",
    "label": "At most (?:today|this month)",
}


def templates() -> dict[str, str]:
    """Return every sentence by its name; those of ``WAITING`` by the cap's."""
    named = {name: value for name, value in globals().items() if name.isupper()}
    texts = {name: value for name, value in named.items() if type(value) is str}
    return texts | {f"WAITING.{cap.name}": text for cap, text in WAITING.items()}


def pattern(template: str) -> re.Pattern[str]:
    """Return what recognises a filled-in sentence at the start of a text."""
    escaped = re.escape(template)
    return re.compile(
        re.sub(r"\\\{([a-z_]+)\\\}", lambda found: _FILLED.get(found[1], ".*?"), escaped)
    )


def is_ours(text: str) -> bool:
    """Return whether a text is made of our sentences, one or more, and nothing else."""
    while text:
        found = next((match for one in _patterns() if (match := one.match(text))), None)
        if found is None:
            return False
        text = text[found.end() :].lstrip()
    return True


class Stand(StrEnum):
    """How a row stands, as the panel counts rows; most stand otherwise."""

    WAITING = "waiting"
    SEARCHING = "searching"
    UNSURE = "unsure"
    FAILED = "failed"
    FOUND = "found"
    MISSED = "missed"
    READY = "ready"  # it asks for a tick


_MISTAKES = (FIND_ODD, PROSPECT_ERROR, PROSPECT_MISSING, PROSPECT_ODD)
_FAILED = (EXPIRED, UNRECOGNISED, UNKNOWN, NOT_OFFERED, *_MISTAKES)
_ASKING = ("Ready: ", "Changed since it was approved.", "This tick has paid")


@lru_cache(maxsize=2000)
def stands(text: str) -> frozenset[Stand]:
    """Return how a row stands that shows this; one that asks for two things may stand twice."""
    found = set()
    while text:
        match = next((match for one in _patterns() if (match := one.match(text))), None)
        if match is None:
            break
        said, text = match.group(), text[match.end() :].lstrip()
        if said.startswith("Waiting:"):
            found.add(Stand.WAITING)
        elif said.startswith(("Searching for", "Queued for")) and "turned off" not in said:
            found.add(Stand.SEARCHING)
        elif said.startswith("We may already have paid"):
            found.add(Stand.UNSURE)
        elif any(pattern(one).match(said) for one in _FAILED):
            found.add(Stand.FAILED)
        elif said.startswith("Found "):
            found.add(Stand.FOUND)
        elif said.startswith("No "):
            found.add(Stand.MISSED)
        elif said.startswith(_ASKING):
            found.add(Stand.READY)
    return frozenset(found)


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """All sentences, the longest first: a short one may begin another."""
    texts = [*templates().values(), *_EARLIER]
    return tuple(pattern(text) for text in sorted(texts, key=len)[::-1])


def sentence(
    template: str,
    *,
    kind: Kind | None = None,
    kinds: Sequence[Kind] = (),
    prospect: int | None = None,
    credits: int | None = None,
    done: int | None = None,
    size: int | None = None,
    count: int | None = None,
    chosen: int | None = None,
    time: datetime | None = None,
    day: date | None = None,
    again: date | None = None,
    **texts: str,
) -> str:
    """Fill one of the sentences above. Times and days are already in the sheet's time zone."""
    values: dict[str, object] = dict(texts)
    if kind is not None:
        values |= {"what": kind.field.value, "a_what": _A_WHAT[kind.field]}
    if kinds:
        values["a_what"] = " or ".join(dict.fromkeys(_A_WHAT[one.field] for one in kinds))
    counts = {"credits": credits, "done": done, "size": size, "count": count, "chosen": chosen}
    values |= {name: f"{number:,}" for name, number in counts.items() if number is not None}
    values["prospect"] = prospect
    if time is not None:
        values["time"] = f"{time:%H:%M}"
    if day is not None:
        values["day"] = f"{day:%-d %b %Y}"
    if again is not None:
        values["again"] = f"{again:%-d %b %Y}"
    return template.format(**values)
