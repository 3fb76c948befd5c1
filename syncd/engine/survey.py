"""From tables and ledger to what is to be bought, and what every row should say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from typing import Any

from syncd.core import lists, status
from syncd.core.leads import Lead, LeadRow
from syncd.core.lists import Import
from syncd.core.memory import NOBODY, People
from syncd.core.model import Purchasing
from syncd.core.pasting import Pasted
from syncd.core.plan import Plan, find_copies, make_plan
from syncd.core.purse import Terms, Wish
from syncd.core.requests import RequestRow
from syncd.core.table import Table
from syncd.core.views import View
from syncd.engine.arrivals import Arrivals
from syncd.engine.importing import Wanted
from syncd.engine.keyring import find_strangers
from syncd.engine.matching import Matcher
from syncd.engine.ownership import Ownership
from syncd.engine.resting import Resting
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger

_MOST_APPENDED = 1000  # imported people per write: about a megabyte
_MOST_NEWCOMERS = 2000  # per write; choosing keys for all of a big paste each time takes long
_LONGEST = 500  # letters of a name: a cell that is too long would have the whole write refused


@dataclass(frozen=True, kw_only=True, slots=True)
class Desire:
    """What one worksheet should show: views and newcomers by 0-based row, rows to add."""

    views: Mapping[int, View]
    newcomers: Mapping[int, str]
    ownership: Ownership
    appends: Sequence[tuple[int, Mapping[str, str]]] = ()  # (prospect id, texts by column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Survey:
    """One look at everything. ``plans`` and ``desires`` are by the ledger's worksheet number."""

    plans: Mapping[int, Plan]
    desires: Mapping[int, Desire]
    imports: Sequence[Wanted] = ()  # requests whose list must be read
    unticked: Sequence[tuple[int, str]] = ()  # those that will ask anew: worksheet and key
    appended: Mapping[tuple[int, str], Sequence[int]] = field(default_factory=dict)
    wishes: lists.Wishes = field(default_factory=dict)  # of all list requests
    problems: Sequence[str] = ()
    hold: str = ""  # why nothing could be bought just then


class Surveyor:
    """Makes surveys of one spreadsheet. Reads the ledger, never the sheet nor the vendor.

    It writes nothing but who came in a big paste, through ``arrivals``.
    """

    def __init__(
        self,
        *,
        ledger: Ledger,
        account: str,
        purchasing: Purchasing,
        cool_off: timedelta,
        zone: tzinfo,
        terms: Callable[[int, str], Terms],
        hold: Callable[[], str],
        arrivals: Arrivals,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._account = account
        self._purchasing = purchasing
        self._cool_off = cool_off
        self._zone = zone
        self._terms = terms
        self._hold = hold
        self._clock = clock
        self._resting = Resting()
        self._arrivals = arrivals
        self._matcher = Matcher(ledger=ledger, account=account)
        self._stood: dict[int, dict[str, RequestRow]] = {}  # requests as they last stood still

    def survey(self, moment: Moment) -> Survey:
        """Look at list requests first, for their wishes, and then at every Leads worksheet."""
        now, hold = self._clock(), self._hold()
        looks = self._arrivals.look(moment, now)
        moment = self._matcher.match(moment)
        typed = looks.typed
        asked = [self._find_requests(leaf, typed[leaf.id]) for leaf in moment.requests]
        wishes = self._wishes(asked)
        members = {p for one in asked for done in one.known.values() for p in done.people}
        ids = {
            row.prospect_id
            for leaf in moment.leads
            for row in leaf.table.rows
            if row.prospect_id is not None
        }
        people = self._ledger.people.recall(self._account, ids | members)
        self._resting.begin(wishes, now)
        pasted = self._arrivals.find_pasted(moment.leads, looks, people, now)
        plans: dict[int, Plan] = {}
        desires: dict[int, Desire] = {}
        for leads in moment.leads:
            plan, ownership = self._plan(leads, typed[leads.id], people, wishes, pasted, hold, now)
            plans[leads.id] = plan
            desires[leads.id] = Desire(
                views=plan.views,
                newcomers=dict(islice(plan.newcomers.items(), _MOST_NEWCOMERS)),
                ownership=ownership,
            )
        passing = {
            leaf.table.row(number).prospect_id for leaf in moment.leads for number in typed[leaf.id]
        }
        appended = self._add_members(moment, asked, ids, passing, desires)
        look = _Look(
            moment=moment,
            people=people,
            present=ids if moment.shows_all_leads else ids | members,
            supplied=lists.find_supplied(r for leaf in moment.leads for r in leaf.table.rows)
            if members
            else (),
            held={request: says for plan in plans.values() for request, says in plan.held.items()},
            hold=hold,
            now=now,
        )
        for one in asked:
            desires[one.leaf.id] = self._desire_requests(one, look)
        rows = [(one.leaf.id, row, done) for one in asked for row, done in one.rows]
        return Survey(
            plans=plans,
            desires=desires,
            appended=appended,
            # People who stand in a worksheet that cannot be read would be chosen without need.
            imports=[
                Wanted(leaf, row)
                for leaf, row, done in rows
                if moment.shows_all_leads and lists.wants_import(row, done, now)
            ],
            unticked=[
                (leaf, row.key) for leaf, row, done in rows if lists.wants_fresh_start(row, done)
            ],
            wishes=wishes,
            problems=self._arrivals.tell_held(moment.leads, plans),
            hold=hold,
        )

    def _plan(
        self,
        leaf: Leaf[LeadRow],
        typed: Collection[int],
        people: People,
        wishes: Mapping[int, Sequence[Wish]],
        pasted: Pasted,
        hold: str,
        now: datetime,
    ) -> tuple[Plan, Ownership]:
        table, ownership = leaf.table, Ownership(self._ledger, leaf.id)
        copies = self._find_copies(leaf)
        resting = (self._resting.find(leaf, people) - copies).union(typed)
        ownership.load(_suspects(table, people, resting))
        day = now.astimezone(self._zone).date().isoformat()
        plan = make_plan(
            table,
            people,
            wishes,
            self._ledger.accounts.booked(self._account, leaf.id, day),
            replace(self._terms(leaf.id, hold), pasted=pasted),
            ownership.foreign,
            now,
            copies,
            resting=resting,
        )
        self._resting.note(leaf, people, plan.settled)
        return plan, ownership

    def _find_requests(self, leaf: Leaf[RequestRow], typed: Collection[int]) -> _Requests:
        """Look up what was imported for each row. One being typed goes on as it last stood still.

        Else the statuses of all its people would go and come again while somebody types.
        """
        keys = [row.key for row in leaf.table.rows if row.key and not row.blank]
        last = self._stood.get(leaf.id, {})
        numbered = list(enumerate(leaf.table.rows, leaf.table.first))
        self._stood[leaf.id] = {
            row.key: last[row.key] if number in typed else row
            for number, row in numbered
            if row.key and (number not in typed or row.key in last)
        }
        return _Requests(
            leaf=leaf,
            known=self._ledger.imports.all(leaf.id, keys),
            copies=self._find_copies(leaf),
            typed=typed,
            stood=self._stood[leaf.id],
        )

    def _find_copies(self, leaf: Leaf[Any]) -> set[int]:
        """Return the rows with another row's key, whether that stands here or elsewhere."""
        given = self._ledger.worksheets.fingerprints(leaf.id, leaf.table.doubled)
        return find_copies(leaf.table, given) | find_strangers(leaf, self._ledger)

    def _wishes(self, asked: Sequence[_Requests]) -> dict[int, list[Wish]]:
        wishes: dict[int, list[Wish]] = {}
        for one in asked:
            for row, done in one.rows:
                for prospect, wanted in lists.wishes_of(row, done, self._purchasing).items():
                    wishes.setdefault(prospect, []).extend(wanted)
            for row, done in one.unsettled:
                for prospect, wanted in lists.wishes_of(row, done, self._purchasing).items():
                    held = [replace(wish, typed=True) for wish in wanted]
                    wishes.setdefault(prospect, []).extend(held)
        return wishes

    def _add_members(
        self,
        moment: Moment,
        asked: Sequence[_Requests],
        present: set[int],
        passing: Collection[int | None],
        desires: dict[int, Desire],
    ) -> dict[tuple[int, str], list[int]]:
        """Let imported people without a row be added to the first Leads worksheet, once each.

        Not while any Leads worksheet cannot be read: they may have their row there. Returns those
        who have their row by now, per request; an id that is ``passing``, as somebody still types
        it, is nobody's row yet.
        """
        appended: dict[tuple[int, str], list[int]] = {}
        wanted: dict[int, None] = {}
        for one in asked:
            for row, done in one.rows:
                if done is None:
                    continue
                here = [p for p in done.members if p in present and p not in done.appended]
                if there := [p for p in here if p not in passing]:
                    appended[one.leaf.id, row.key] = there
                if lists.is_under_way(row, done):
                    missing = set(done.members) - present - done.appended
                    wanted.update(dict.fromkeys(p for p in done.members if p in missing))
        if not wanted or not moment.shows_all_leads:
            return appended
        first = moment.leads[0].id
        now = list(wanted)[:_MOST_APPENDED]
        names = self._ledger.people.names(self._account, now)
        rows = [
            (prospect, {Lead.PROSPECT_ID: str(prospect), **_named(names[prospect])})
            for prospect in now
            if prospect in names
        ]
        desires[first] = replace(desires[first], appends=rows)
        return appended

    def _desire_requests(self, asked: _Requests, look: _Look) -> Desire:
        leaf, known = asked.leaf, asked.known
        spent = self._ledger.accounts.spent(known)
        views: dict[int, View] = {}
        newcomers: dict[int, str] = {}
        for number, row in enumerate(leaf.table.rows, leaf.table.first):
            if row.blank or not (row.key or row.wanted or row.problem) or number in asked.typed:
                continue
            if not row.key or number in asked.copies:
                newcomers[number] = row.key
                continue
            done = known.get(row.key)
            progress = lists.Progress()
            if done is not None:
                progress = lists.measure(
                    row,
                    done,
                    look.people,
                    spent=spent.get(row.key, 0),
                    present=look.present,
                    supplied=look.supplied,
                    cool_off=self._cool_off,
                    now=look.now,
                )
            views[number] = lists.view_request(
                row,
                done,
                progress,
                worksheet=look.moment.home,
                purchasing=self._purchasing,
                waits=look.waits(row, done),
            )
        ownership = Ownership(self._ledger, leaf.id)
        return Desire(views=views, newcomers=newcomers, ownership=ownership)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Requests:
    """One Requests worksheet, with what was imported for its rows."""

    leaf: Leaf[RequestRow]
    known: Mapping[str, Import]
    copies: Collection[int]
    typed: Collection[int]  # rows that somebody may still be typing
    stood: Mapping[str, RequestRow]

    @property
    def rows(self) -> Iterator[tuple[RequestRow, Import | None]]:
        """Give the rows that have a key of their own: a copy must not spend from the original's."""
        for number, row in enumerate(self.leaf.table.rows, self.leaf.table.first):
            if row.key and not row.blank and number not in self.copies:
                if number not in self.typed:
                    yield row, self.known.get(row.key)

    @property
    def unsettled(self) -> Iterator[tuple[RequestRow, Import | None]]:
        """Give the rows being typed as they last stood still, unless Start was just unticked.

        After a restart nobody knows how a row stood: it is taken as it is where its import fits.
        """
        for number in sorted(self.typed):
            row = self.leaf.table.row(number)
            if row.started and number not in self.copies:
                yield self.stood.get(row.key, row), self.known.get(row.key)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Look:
    """What every request of one survey is seen against."""

    moment: Moment
    people: People
    present: Collection[int]  # those who have, or may have, a row
    supplied: lists.Supplied
    held: Mapping[str, str]
    hold: str
    now: datetime

    def waits(self, row: RequestRow, known: Import | None) -> str:
        """Return what the request waits for, as a sentence, or nothing."""
        unread = "" if self.moment.shows_all_leads else status.HOLD_WORKSHEET
        if known is None or known.fingerprint != row.fingerprint:
            return unread or self.hold
        return self.held.get(row.key) or unread


def _suspects(table: Table[LeadRow], people: People, resting: Collection[int]) -> list[str]:
    """Return the keys of rows whose cells may hold a human's text."""
    suspects = []
    for number, row in enumerate(table.rows, table.first):
        if not row.key or number in resting:
            continue
        if row.email or row.phone:
            person = people.get(row.prospect_id or 0, NOBODY)
            values = {fact.value for fact in person.facts} | {person.email, person.phone, ""}
            if row.email not in values or row.phone not in values:
                suspects.append(row.key)
                continue
        if row.status and not row.wanted:
            suspects.append(row.key)
    return suspects


def _named(texts: Sequence[str]) -> dict[str, str]:
    """Name what the ledger keeps of a person by the sheet's columns."""
    first, last, company, title, linkedin = (text[:_LONGEST] for text in texts)
    return {
        Lead.FIRST_NAME: first,
        Lead.LAST_NAME: last,
        Lead.COMPANY: company,
        Lead.JOB_TITLE: title,
        Lead.LINKEDIN_URL: linkedin,
    }
