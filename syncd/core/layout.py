"""What a well-prepared worksheet looks like: the part of the layout that columns alone do not say.

Only looks and help stand here. What the daemon needs in order to work is in
:mod:`syncd.core.leads` and :mod:`syncd.core.requests`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from syncd.core import leads, panel, requests
from syncd.core.bulletin import ALIVE, LATE, PAUSED, REACHED
from syncd.core.header import Column
from syncd.core.leads import Lead
from syncd.core.panel import Label, Part
from syncd.core.requests import Request
from syncd.core.wishes import AGAIN_CHOICES, CHOICES

TICK = "yes"
"""What a ticked box holds. One that is not holds nothing then, as Google documents it.

A plain tick box holds FALSE, which Google takes for data: imported people would be added below the
last prepared row.
"""

JOURNAL = "syncd journal"
"""The hidden worksheet into which each write first copies the rows that it is about to hit.

Google has no way to write a cell only if it is as it was read. What somebody typed in between is
found there, and put back.
"""
JOURNAL_ROWS, JOURNAL_COLUMNS = 4000, 40

GREEN, BLUE, YELLOW, RED, GREY = "#d9ead3", "#cfe2f3", "#fff2cc", "#f4cccc", "#efefef"


@dataclass(frozen=True, kw_only=True, slots=True)
class Tint:
    """A status cell that contains ``text``, or starts with it, has this colour."""

    text: str
    colour: str
    starts: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Layout:
    """How one kind of worksheet is dressed; everything is by the column's name.

    ``widths`` are pixels. ``text`` columns keep what is typed as it is: a phone keeps its plus.
    ``tints`` are in order of precedence, for the column ``status``. ``example`` is a row that costs
    nothing. ``labels`` are rows that are named in the first column, ``boxes`` those of them with a
    tick box, by the column that it stands in. ``former`` choices are an earlier syncd's: replaced.
    """

    columns: Sequence[Column]
    widths: Mapping[str, int]
    text: Sequence[str]
    choices: Mapping[str, Sequence[str]]
    ticks: Sequence[str]
    notes: Mapping[str, str]
    status: str
    tints: Sequence[Tint]
    former: Mapping[str, Sequence[str]] = field(default_factory=dict)
    example: Mapping[str, object] = field(default_factory=dict)
    labels: Sequence[str] = ()
    boxes: Mapping[str, str] = field(default_factory=dict)


_KEY_NOTE = (
    "syncd knows the row by this key. Sort and move rows as you like, but leave the key alone. "
    "A copied row gets a key of its own."
)
_TINTS = (
    Tint(text="Tick Approve", colour=YELLOW, starts=False),
    Tint(text="Tick Start", colour=YELLOW, starts=False),
    Tint(text="then tick again", colour=YELLOW, starts=False),
    Tint(text="set it again", colour=YELLOW, starts=False),
    Tint(text="Ask your admin", colour=RED, starts=False),
    Tint(text="Found", colour=GREEN),
    Tint(text="Done", colour=GREEN),
    Tint(text="Searching", colour=BLUE),
    Tint(text="Queued", colour=BLUE),
    Tint(text="Importing", colour=BLUE),
    Tint(text="Reading the list", colour=BLUE),
    Tint(text="Waiting", colour=GREY),
    Tint(text="We may already have paid", colour=GREY),
    Tint(text="Find says", colour=RED),
)

LEADS = Layout(
    columns=leads.COLUMNS,
    widths={
        Lead.PROSPECT_ID: 110,
        Lead.FIND: 140,
        Lead.APPROVE: 80,
        Lead.COMPANY: 140,
        Lead.JOB_TITLE: 140,
        Lead.LINKEDIN_URL: 180,
        Lead.EMAIL: 220,
        Lead.PHONE: 140,
        Lead.STATUS: 380,
        Lead.CREDITS: 70,
        Lead.UPDATED: 130,
        Lead.KEY: 130,
    },
    text=(Lead.PROSPECT_ID, Lead.PHONE, Lead.KEY),
    choices={Lead.FIND: (*CHOICES, *AGAIN_CHOICES.values())},
    former={Lead.FIND: tuple(CHOICES)},
    ticks=(Lead.APPROVE,),
    notes={
        Lead.FIND: (
            "How to use: one row, one person. Give the Prospect ID from Seleqt and pick here what "
            "to find. Status then says what happens and what to do. Where it says “Tick Approve "
            "to buy”, tick Approve. What you type into Email or Phone yourself stays, and is not "
            "bought. What was not found is "
            "searched again soon only if you pick “again” here; that is good for one search."
        ),
        Lead.KEY: _KEY_NOTE,
    },
    status=Lead.STATUS,
    tints=(
        *_TINTS,
        Tint(text="Already has", colour=GREY),
        Tint(text="No email found", colour=GREY),
        Tint(text="No phone found", colour=GREY),
        Tint(text="Seleqt did not search", colour=GREY),
        Tint(text="Prospect ID", colour=RED, starts=False),
    ),
    example={
        Lead.FIRST_NAME: "Alex",
        Lead.LAST_NAME: "Example",
        Lead.COMPANY: "Example Ltd",
        Lead.JOB_TITLE: "Delete this row",
    },
)

REQUESTS = Layout(
    columns=requests.COLUMNS,
    widths={
        Request.LEAD_LIST: 220,
        Request.FIND: 140,
        Request.START: 70,
        Request.STATUS: 380,
        Request.QUOTE: 300,
        Request.UPDATED: 130,
        Request.KEY: 130,
    },
    text=(Request.LEAD_LIST, Request.KEY),
    choices={Request.FIND: tuple(CHOICES)},
    ticks=(Request.START,),
    notes={
        Request.FIND: (
            "How to use: one row, one lead list of Seleqt. Give its number or exact name, pick "
            "here what to find, and set Max leads and Max credits. Tick Start, and the people are "
            "added to the worksheet for leads and searched for. Take the tick away to stop."
        ),
        Request.KEY: _KEY_NOTE,
    },
    status=Request.STATUS,
    tints=(
        *_TINTS,
        Tint(text="Nobody is searched for", colour=GREY),
        Tint(text="Stopped", colour=GREY),
        Tint(text="Pick in Find", colour=RED),
        Tint(text="Max leads says", colour=RED),
        Tint(text="Max credits says", colour=RED),
        Tint(text="lead list", colour=RED, starts=False),
        Tint(text="is a list of companies", colour=RED, starts=False),
        Tint(text="has nobody in it", colour=RED, starts=False),
    ),
    example={
        Request.LEAD_LIST: "Example: delete this row",
        Request.MAX_LEADS: 25,
        Request.MAX_CREDITS: 100,
    },
)

PANEL = Layout(
    columns=panel.COLUMNS,
    widths={Part.LABEL: 150, Part.INPUT: 110, Part.NOW: 170, Part.MEANING: 560},
    text=(),
    choices={},
    ticks=(),
    notes={
        Part.INPUT: (
            "How to use: tick Pause, and nothing new is bought from this spreadsheet until the "
            "tick is taken away. Type a number of credits beside “At most today” or “At most this "
            "month” to spend less than your admin allows; a higher number changes nothing. Empty "
            "means no limit of yours. The rest is syncd's. You may move rows and columns."
        ),
    },
    status=Part.MEANING,
    tints=(
        Tint(text=LATE, colour=RED),
        Tint(text=ALIVE, colour=GREEN),
        Tint(text=PAUSED[:7], colour=YELLOW),
        Tint(text="This says", colour=RED),
        Tint(text=REACHED, colour=YELLOW),
    ),
    labels=tuple(Label),
    boxes={Label.PAUSE: Part.INPUT},
)
