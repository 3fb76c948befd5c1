"""From tables and ledger to what is to be bought, and what every row should say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from typing import Any

from syncd.core import lists
from syncd.core.approval import Approval
from syncd.core.credits import Booked, Caps
from syncd.core.leads import VALUE_COLUMN, Lead, LeadRow
from syncd.core.memory import NOBODY, People
from syncd.core.model import Purchasing
from syncd.core.plan import Plan, find_copies, make_plan
from syncd.core.purse import Terms, Wish
from syncd.core.requests import Request, RequestRow
from syncd.core.table import Table
from syncd.core.torn import SeenTorn
from syncd.core.views import View
from syncd.engine.arrivals import Arrivals
from syncd.engine.braking import Brakeman
from syncd.engine.demand import Backdrop, Demand, Requested
from syncd.engine.importing import Wanted
from syncd.engine.keyring import find_strangers
from syncd.engine.matching import Matcher
from syncd.engine.ownership import Ownership
from syncd.engine.resting import Resting
from syncd.engine.supplies import Supplies
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger

_MOST_APPENDED = 1000  # imported people per write: about a megabyte
_MOST_NEWCOMERS = 2000  # per write; choosing keys for all of a big paste each time takes long
_SUMS = frozenset({Lead.CREDITS, Request.SPENT, Request.FOUND, Request.NOT_FOUND})
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
    appended: Mapping[tuple[int, str], Sequence[int]] = field(default_factory=dict)
    demand: Demand = field(default_factory=Demand)
    problems: Sequence[str] = ()
    hold: str = ""  # why nothing could be bought just then


class Surveyor:
    """Makes surveys of one spreadsheet. Reads the ledger, never the sheet nor the vendor.

    All that it writes is what people's ticks and wishes stand for, who came in a big paste
    (``arrivals``), and which kinds are paused as hardly anybody is found (``brakeman``): seen and
    recorded are one, so that nothing is bought, and no restart comes, between the two.
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
        is_behind: Callable[[], bool],
        arrivals: Arrivals,
        brakeman: Brakeman,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._account = account
        self._purchasing = purchasing
        self._cool_off = cool_off
        self._zone = zone
        self._terms = terms
        self._hold = hold
        self._is_behind = is_behind
        self._clock = clock
        self._resting = Resting()
        self._arrivals = arrivals
        self._brakeman = brakeman
        self._matcher = Matcher(ledger=ledger, account=account)
        self._torn: defaultdict[int, SeenTorn] = defaultdict(dict)
        self._stood: dict[int, dict[str, RequestRow]] = {}  # requests as they last stood still

    def survey(self, moment: Moment) -> Survey:
        """Look at list requests first, for their wishes, and then at every Leads worksheet."""
        now, hold = self._clock(), self._hold()
        looks = self._arrivals.look(moment, now)
        moment = self._matcher.match(moment)
        typed = looks.typed
        asked = [self._find_requests(leaf, typed[leaf.id], now) for leaf in moment.requests]
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
        requests = {key for one in asked for key in one.known}
        plans: dict[int, Plan] = {}
        desires: dict[int, Desire] = {}
        braked = {leads.id: self._brakeman.look(leads.id, now) for leads in moment.leads}
        supplies = Supplies(self._ledger, self._account, moment.leads, self._torn)
        allowed: list[tuple[Caps, Booked]] = []  # in the order of worksheets: see Backdrop
        day = self._ledger.accounts.day(self._account, now.astimezone(self._zone))
        for leads in moment.leads:
            booked = self._ledger.accounts.booked(self._account, leads.id, day, requests)
            terms = replace(
                self._terms(leads.id, hold),
                pasted=pasted,
                elsewhere=supplies.find,
                brakes=braked[leads.id],
            )
            allowed.append((terms.caps, booked))
            plan, ownership = self._plan(
                leads, typed[leads.id], people, wishes, booked, terms, supplies, now
            )
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
        look = Backdrop(
            moment=moment,
            people=people,
            present=ids if moment.shows_all_leads else ids | members,
            supplied=lists.find_supplied(r for leaf in moment.leads for r in leaf.table.rows)
            if members
            else (),
            held={request: says for plan in plans.values() for request, says in plan.held.items()},
            hold=hold,
            allowed=next(iter(allowed), None),
            now=now,
        )
        for one in asked:
            desires[one.leaf.id] = self._desire_requests(one, look)
        if self._is_behind():
            desires = {leaf: _keep_sums(desire) for leaf, desire in desires.items()}
        rows = [
            (one.leaf.id, row, done, one.approvals.get(row.key))
            for one in asked
            for row, done in one.rows
        ]
        return Survey(
            plans=plans,
            desires=desires,
            appended=appended,
            # People who stand in a worksheet that cannot be read would be chosen without need.
            imports=[
                Wanted(leaf, row, approval)
                for leaf, row, done, approval in rows
                if moment.shows_all_leads and lists.wants_import(row, done, approval, now)
            ],
            problems=(
                *self._arrivals.tell_held(moment.leads, plans),
                *self._brakeman.tell(moment.leads, braked),
            ),
            demand=Demand(
                wishes=wishes,
                rows={one for plan in plans.values() for one in plan.backed},
                typed={
                    leaf.table.row(number).key for leaf in moment.leads for number in typed[leaf.id]
                },
                worksheets=plans.keys(),
            ),
            hold=hold,
        )

    def _plan(
        self,
        leaf: Leaf[LeadRow],
        typed: Collection[int],
        people: People,
        wishes: Mapping[int, Sequence[Wish]],
        booked: Booked,
        terms: Terms,
        supplies: Supplies,
        now: datetime,
    ) -> tuple[Plan, Ownership]:
        table = leaf.table
        ownership = supplies.ownership(leaf)
        copies = self._find_copies(leaf)
        resting = (self._resting.find(leaf, people) - copies).union(typed)
        ownership.load(_suspects(table, people, resting))
        approvals = self._ledger.approvals.of(leaf.id)
        repeats = self._ledger.repeats.of(leaf.id)
        # A tick that is taken away counts at once, also while the row is still being typed.
        gone = {table.row(n).key for n in set(typed) - copies if not table.row(n).approved}
        plan = make_plan(
            table,
            people,
            wishes,
            booked,
            terms,
            ownership.foreign,
            now,
            copies,
            resting=resting,
            approvals=approvals,
            repeats=repeats,
        )
        self._note_ticks(leaf.id, dict.fromkeys(gone & approvals.keys()) | dict(plan.ticks))
        if plan.repeats:
            with self._ledger.transaction():
                self._ledger.repeats.note(leaf.id, plan.repeats)
        for number in plan.newcomers:  # what is torn is mended once they have a key: see it now
            for column in VALUE_COLUMN.values():
                ownership.foreign(table.row(number), column)
        alone = [n for n in plan.settled if table.row(n).key not in ownership.copied]
        self._resting.note(leaf, people, alone)
        return plan, ownership

    def _note_ticks(self, worksheet: int, ticks: Mapping[str, Approval | None]) -> None:
        if ticks:
            with self._ledger.transaction():
                self._ledger.approvals.note(worksheet, ticks)

    def _find_requests(
        self, leaf: Leaf[RequestRow], typed: Collection[int], now: datetime
    ) -> Requested:
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
        found = Requested(
            leaf=leaf,
            known=self._ledger.imports.all(leaf.id, keys),
            copies=self._find_copies(leaf),
            typed=typed,
            stood=self._stood[leaf.id],
            approvals=self._ledger.approvals.of(leaf.id),
        )
        self._note_ticks(leaf.id, found.review(now))
        return replace(found, approvals=self._ledger.approvals.of(leaf.id))

    def _find_copies(self, leaf: Leaf[Any]) -> set[int]:
        """Return the rows with another row's key, whether that stands here or elsewhere."""
        given = self._ledger.worksheets.fingerprints(leaf.id, leaf.table.doubled)
        return find_copies(leaf.table, given) | find_strangers(leaf, self._ledger)

    def _wishes(self, asked: Sequence[Requested]) -> dict[int, list[Wish]]:
        wishes: dict[int, list[Wish]] = {}
        for one in asked:
            for row, done in one.rows:
                approval = one.approvals.get(row.key)
                given = lists.wishes_of(row, done, approval, self._purchasing)
                for prospect, wanted in given.items():
                    wishes.setdefault(prospect, []).extend(wanted)
            for row, done in one.unsettled:
                approval = one.approvals.get(row.key)
                given = lists.wishes_of(row, done, approval, self._purchasing)
                for prospect, wanted in given.items():
                    held = [replace(wish, typed=True) for wish in wanted]
                    wishes.setdefault(prospect, []).extend(held)
        return wishes

    def _add_members(
        self,
        moment: Moment,
        asked: Sequence[Requested],
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
                if done is None or not done.begun:
                    continue
                here = [p for p in done.members if p in present and p not in done.appended]
                if there := [p for p in here if p not in passing]:
                    appended[one.leaf.id, row.key] = there
                if lists.is_under_way(row, done, one.approvals.get(row.key)):
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

    def _desire_requests(self, asked: Requested, look: Backdrop) -> Desire:
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
                approval=asked.approvals.get(row.key),
                room=look.room(row, done),
                purchasing=self._purchasing,
                waits=look.waits(row, done),
            )
        ownership = Ownership(self._ledger, leaf.id)
        return Desire(views=views, newcomers=newcomers, ownership=ownership)


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


def _keep_sums(desire: Desire) -> Desire:
    """Leave the sums that a row shows: they are all that tells a lost ledger what was spent."""
    views = {
        number: {column: text for column, text in view.items() if column not in _SUMS}
        for number, view in desire.views.items()
    }
    return replace(desire, views=views)


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
