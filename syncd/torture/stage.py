"""The stage: one schedule's world, with everything in it but syncd.

Both vendors, one spreadsheet, the people on it, and two clocks: the world's, which only goes on,
and the machine's, which may jump.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from syncd.core import requests
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS
from syncd.core.lease import Lease, parse_lease
from syncd.core.panel import Label, Part
from syncd.sandbox.clock import VirtualClock, WallClock
from syncd.sandbox.faults import parse_rule
from syncd.sandbox.office import Leads
from syncd.sandbox.office import cells as typing
from syncd.sandbox.office import rows as moving
from syncd.sandbox.seleqt import Kind, Knobs, Seleqt
from syncd.sandbox.sheets import Google, SheetsSettings, people
from syncd.sandbox.wire import Request
from syncd.sandbox.world import World
from syncd.torture.mishaps import (
    PATTERNS,
    TRICKS,
    Deaths,
    Tricks,
    TrickyGoogle,
    TrickySeleqt,
    line_of,
)
from syncd.torture.schedule import Schedule
from syncd.torture.steps import AskList, Edit, Paste, Person, Trouble
from syncd.torture.wording import LAYOUT

BASE = "http://127.0.0.1:9"  # nothing listens there, and nothing is sent
BOOK = "torture"
_LATENCY = timedelta(seconds=0.25)
_JOURNAL_ROWS = 80  # of 4,000: every edit that people make looks at all rows
_AREAS = ("202", "212", "303", "415", "503", "617", "702", "804")
_STUCK = {"email": frozenset({Kind.EMAIL, Kind.WATERFALL}), "phone": frozenset({Kind.PHONE})}
NONSENSE = "see profile"
ACTS = {
    act.__name__: act
    for act in (
        moving.sort_whole, moving.sort_block, moving.sort_by_filter, moving.insert_rows,
        moving.delete_rows, moving.move_rows, moving.cut_and_paste, moving.copy_and_paste,
        moving.insert_columns, moving.move_columns, moving.move_header, moving.rename_header,
        moving.rename_worksheet, moving.duplicate_worksheet, moving.undo, typing.type_text,
        typing.type_value, typing.clear_value, typing.change_prospect, typing.change_find,
        typing.tick,
    )
}  # fmt: skip
"""What people do in the Leads worksheet, by name."""

_NO_QUOTAS = {
    "reads_per_minute_user": 0,
    "writes_per_minute_user": 0,
    "reads_per_minute_project": 0,
    "writes_per_minute_project": 0,
}


class Stage:
    """The world of one schedule, before and while it is played."""

    def __init__(self, schedule: Schedule) -> None:
        self.clock = VirtualClock(datetime.fromisoformat(schedule.start))
        self.ahead = timedelta(0)  # how far the machine's clock runs ahead of the world's
        self.went_back = False
        self.copied: set[str] = set()  # what people may have put into Email or Phone themselves
        self._leaps: list[tuple[datetime, timedelta]] = []
        self.deaths = Deaths()
        self.tricks = Tricks()
        settings = SheetsSettings(**{**_NO_QUOTAS, **schedule.switches})  # type: ignore[arg-type]
        google = TrickyGoogle(self.clock, settings, seed=schedule.seed)
        google.tokens.clock = WallClock()  # google-auth dates its requests by the real one
        knobs: dict[str, Any] = {"limit_per_minute": 100_000, **schedule.knobs}
        seleqt = TrickySeleqt(
            self.clock, Knobs(**knobs), seed=schedule.seed, balance=schedule.balance
        )
        google.tricks = seleqt.tricks = self.tricks
        self.google: Google = google
        self.seleqt: Seleqt = seleqt
        self.key = seleqt.add_key()
        self.world = World(
            self.clock, seed=schedule.seed, sheets=google, seleqt=seleqt, journal_limit=50
        )
        self.world.before(self._before, lambda: None, once=False)
        self.world.after(self._after, lambda: None, once=False)
        self.edited: list[str] = []  # what people did inside a request
        self.charged_at: list[datetime] = []  # by the machine's clock, for each charge of the meter
        self.lists: dict[int, AskList] = {}  # people's own, in the order of their requests
        self._decided: dict[str, str] = {}
        self.reached: Counter[str] = Counter()
        self._edits: list[Edit] = []
        self._rules: dict[int, str] = {}
        self._furnish(schedule)

    def now(self) -> datetime:
        """Return the time by the machine's clock."""
        return self.clock.now() + self.ahead

    def wait(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    def jump(self, seconds: float) -> None:
        """Let the machine's clock jump."""
        self.ahead += timedelta(seconds=seconds)
        self.went_back = self.went_back or seconds < 0
        if seconds > 0:
            self._leaps.append((self.clock.now(), timedelta(seconds=seconds)))

    def leapt_since(self, at: datetime) -> timedelta:
        """Return by how much in all the machine's clock has leapt on since a moment."""
        return sum((by for when, by in self._leaps if when >= at), timedelta(0))

    def date_charges(self) -> None:
        """Date the meter's new charges by the machine's clock, too."""
        charges = len(self.seleqt.meter.charges)
        self.charged_at += [self.now()] * (charges - len(self.charged_at))

    def calm(self) -> None:
        """Let nothing more go wrong, and nobody edit."""
        for rule in self.world.faults.describe():
            if rule["fired"] and rule["id"] in self._rules:
                self.reached[self._rules[rule["id"]]] += rule["fired"]
        self.world.faults.clear()
        self.tricks.spare()
        self.deaths.spare()
        self._edits.clear()

    # -- the sheet ------------------------------------------------------------------------------

    def _furnish(self, schedule: Schedule) -> None:
        self.book = self.google.create_spreadsheet(
            "Sales",
            spreadsheet_id=BOOK,
            worksheets=[
                ("Leads", 24, len(LAYOUT.header)),
                ("Requests", 10, len(requests.COLUMNS)),
                *[("Syncd", 90, 6)] * schedule.panel,
                (JOURNAL, _JOURNAL_ROWS, JOURNAL_COLUMNS),
            ],
        )
        self.leads = Leads(self.book.worksheets[0], LAYOUT, lambda: self.world.journal.last)
        self.leads.lay_out(text_columns=(LAYOUT.prospect, LAYOUT.phone))
        self.requests = self.book.worksheets[1]
        for position, column in enumerate(requests.COLUMNS):
            self.requests.put_value(0, position, str(column.name))
        self.panel = self.book.worksheets[2] if schedule.panel else None
        if self.panel is not None:
            for position, part in enumerate(Part):
                self.panel.put_value(0, position, part.value)
            for number, label in enumerate(Label, 1):
                self.panel.put_value(number, 0, label.value)

    def paste(self, step: Paste) -> None:
        """Paste new rows below everything, and tick those that are approved."""
        look = self.leads.look()
        self.leads.room(look.end + len(step.people))
        rows = []
        for person in step.people:
            self._introduce(person)
            rows.append(
                {
                    LAYOUT.prospect: str(person.id),
                    "First name": f"First {person.id}",
                    "Last name": f"Last {person.id}",
                    **({LAYOUT.find: person.find} if person.find else {}),
                }
            )
        self.leads.paste(look.end, rows)
        for number, person in enumerate(step.people, look.end):
            if person.approved:
                self.leads.tick(number, True)
        self.book.touch()

    def ask_list(self, step: AskList) -> None:
        """Make a lead list at the vendor, and a row of Requests that asks for it."""
        for person in step.people:
            self._introduce(person)
        ids = [person.id for person in step.people]
        self.lists[self.seleqt.add_list(step.name, ids=ids).id] = step
        texts = {
            requests.Request.LEAD_LIST: step.name,
            requests.Request.FIND: step.find,
            requests.Request.MAX_LEADS: step.max_leads,
            requests.Request.MAX_CREDITS: step.max_credits,
            requests.Request.START: True,
        }
        number = len(self.lists)
        for position, column in enumerate(requests.COLUMNS):
            value = texts.get(requests.Request(column.name))
            if value is not None:
                self.requests.put_value(number, position, value)
        self.book.touch()

    def tick_start(self, ticked: bool) -> None:
        at = [column.name for column in requests.COLUMNS].index(requests.Request.START)
        for number in range(1, len(self.lists) + 1):
            self.requests.put_value(number, at, ticked)
        self.book.touch()

    def decide(self, label: str, typed: str) -> None:
        """Type into the panel, beside a label."""
        if self.panel is None:
            return
        number = next(
            number
            for number in range(len(self.panel.rows))
            if self.panel.cell(number, 0).value == label
        )
        people.type_cell(self.panel, number, list(Part).index(Part.INPUT), typed)
        self._decided[label] = typed

    @property
    def paused(self) -> bool:
        """Whether people have paused buying."""
        return self._decided.get("Pause") == "TRUE"

    def decided(self, label: str) -> int:
        """Return the credits that people allow at most, or more than there are."""
        return int(self._decided.get(label) or 10**9)

    @property
    def lease(self) -> Lease | None:
        """Who looks after the sheet, as its panel shows."""
        if self.panel is None:
            return None
        at = list(Part).index(Part.NOW)
        rows = [
            number
            for number in range(len(self.panel.rows))
            if self.panel.cell(number, 0).value == Label.LEDGER.value
        ]
        return parse_lease(str(self.panel.cell(rows[0], at).value)) if rows else None

    def says(self, what: str) -> bool:
        """Return whether some row waits for something that its status names so."""
        return any(
            status.startswith("Waiting") and what in status
            for line in self.leads.look().lines()
            if (status := line.shown(LAYOUT.status))
        )

    def most_for(self, key: str) -> int | None:
        """Return the credits that a list request may spend over all its life."""
        at = [column.name for column in requests.COLUMNS].index(requests.Request.KEY)
        for number, asked in enumerate(self.lists.values(), 1):
            if key and self.requests.cell(number, at).value == key:
                return asked.max_credits
        return None

    def edit(self, step: Edit) -> str:
        """Do what somebody does; return what it was, or nothing where it cannot be done."""
        if step.when != "now":
            self._edits.append(step)
            return ""
        with suppress(ValueError):  # nothing to undo, nobody there
            dice = random.Random(step.die)  # noqa: S311  (repeatable on purpose)
            return self._act(step, dice)
        return ""

    def _act(self, step: Edit, dice: random.Random) -> str:
        if "copy" in step.act or "duplicate" in step.act:
            self.disown()
        return ACTS[step.act](self.leads, dice)

    def disown(self) -> None:
        """Let whatever stands in Email and Phone be taken for people's own from now on.

        Values that are copied along with a row are, and those of which a restored ledger knows
        nothing.
        """
        self.copied |= {
            line.shown(column)
            for line in self.leads.look().lines()
            for column in (LAYOUT.email, LAYOUT.phone)
        }

    # -- the vendors ----------------------------------------------------------------------------

    def trouble(self, step: Trouble) -> None:
        """Plant a fault."""
        if step.kind in TRICKS:
            self.tricks.expect(step)
            return
        times = {"nth": step.nth} if step.times == 1 else {"next": step.times}
        rule = {"kind": step.kind, "seconds": step.seconds, "applied": step.applied, **times}
        number = self.world.faults.add_rule(parse_rule({**rule, **PATTERNS[step.line]}))
        self._rules[number] = f"fault {step.kind}: {step.line}"

    def rotate_key(self) -> None:
        """Replace the API key; whoever uses the old one is refused from now on."""
        self.key = self.seleqt.rotate_key()

    def drop_list(self) -> bool:
        """Delete syncd's latest list, as somebody at the vendor's page might."""
        lists = self.seleqt.catalogue.lists
        ours = [one.id for one in lists.values() if one.id not in self.lists]
        if ours:
            self.seleqt.delete_list(max(ours))
        return bool(ours)

    def end_stuck(self) -> None:
        """Let the vendor end what is stuck, with nothing found, and be stuck no more."""
        self.wait(3600)  # what is not stuck has come by then, and must not be ended
        self.world.advance()
        catalogue, knobs = self.seleqt.catalogue, self.seleqt.knobs
        knobs.stuck_percent = 0.0
        if knobs.miss_value == "sentinel":  # a miss that looks like a search for ever
            knobs.miss_value = "null"
        for number, one in catalogue.prospects.items():
            catalogue.prospects[number] = replace(one, truth=replace(one.truth, stuck=frozenset()))
        for lead_list in catalogue.lists.values():
            for number in lead_list.ids:
                record = catalogue.record(lead_list, number)
                for kind in (Kind.EMAIL, Kind.PHONE):
                    if kind.column in record.loading:
                        record.finish(kind, None)

    def _introduce(self, person: Person) -> None:
        if person.id in self.seleqt.catalogue.prospects:
            return
        phone = f"+1{_AREAS[person.id // 100 % len(_AREAS)]}55501{person.id % 100:02}"
        email, dearer = f"p{person.id}@found.example", f"w{person.id}@found.example"
        finds = {
            "found": (email, email),
            "waterfall": (None, dearer),
            "nonsense": (NONSENSE, NONSENSE),
        }
        cheap, dear = finds.get(person.email, (None, None))
        stuck = (_STUCK["email"] if person.email == "stuck" else frozenset()) | (
            _STUCK["phone"] if person.phone == "stuck" else frozenset()
        )
        self.seleqt.add_prospect(
            f"First {person.id}",
            f"Last {person.id}",
            id=person.id,
            email=cheap,
            waterfall=dear,
            phone={"found": phone, "nonsense": NONSENSE}.get(person.phone),
            stuck=stuck,
            known_email=email if person.email == "known" else None,
            known_phone=phone if person.phone == "known" else None,
        )

    # -- inside requests --------------------------------------------------------------------------

    def _before(self, request: Request) -> bool:
        line = line_of(request)
        self.clock.advance(_LATENCY)
        for step in [one for one in self._edits if one.when == line]:
            self._edits.remove(step)
            with suppress(ValueError):
                dice = random.Random(step.die)  # noqa: S311  (as above)
                self.edited.append(f"{line}: {self._act(step, dice)}")
        self.deaths.pass_by(line, "before")
        return False

    def _after(self, request: Request) -> bool:
        self.date_charges()
        self.deaths.pass_by(line_of(request), "after")
        return False
