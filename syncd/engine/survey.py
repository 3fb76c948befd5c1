"""From tables and ledger to what is to be bought, and what every row should say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from syncd.core import lists
from syncd.core.leads import Lead, LeadRow
from syncd.core.lists import Import
from syncd.core.memory import NOBODY, People
from syncd.core.model import Purchasing
from syncd.core.plan import Plan, find_copies, make_plan
from syncd.core.purse import Terms, Wish
from syncd.core.requests import RequestRow
from syncd.core.table import Table
from syncd.core.views import View
from syncd.engine.ownership import Ownership
from syncd.engine.resting import Resting
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger

_MOST_APPENDED = 1000  # imported people per write: about a megabyte


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
    imports: Sequence[tuple[Leaf[RequestRow], RequestRow]] = ()  # requests whose list must be read
    appended: Mapping[tuple[int, str], Sequence[int]] = field(default_factory=dict)
    hold: str = ""  # why nothing could be bought just then


class Surveyor:
    """Makes surveys of one spreadsheet. Reads the ledger, never the sheet nor the vendor."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        account: str,
        purchasing: Purchasing,
        zone: tzinfo,
        terms: Callable[[int, str], Terms],
        hold: Callable[[], str],
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._account = account
        self._purchasing = purchasing
        self._zone = zone
        self._terms = terms
        self._hold = hold
        self._clock = clock
        self._resting = Resting()

    def survey(self, moment: Moment) -> Survey:
        """Look at list requests first, for their wishes, and then at every Leads worksheet."""
        now, hold = self._clock(), self._hold()
        known = {
            leaf.id: self._ledger.imports.all(
                leaf.id, [row.key for row in leaf.table.rows if row.key and not row.blank]
            )
            for leaf in moment.requests
        }
        wishes = self._wishes(moment, known)
        members = {p for by_key in known.values() for done in by_key.values() for p in done.members}
        ids = {
            row.prospect_id
            for leaf in moment.leads
            for row in leaf.table.rows
            if row.prospect_id is not None
        }
        people = self._ledger.people.recall(self._account, ids | members)
        self._resting.begin(wishes, now)
        plans: dict[int, Plan] = {}
        desires: dict[int, Desire] = {}
        for leads in moment.leads:
            plan, ownership = self._plan(leads, people, wishes, hold, now)
            plans[leads.id] = plan
            desires[leads.id] = Desire(
                views=plan.views, newcomers=plan.newcomers, ownership=ownership
            )
        appended = self._add_members(moment, known, ids, desires)
        held = {request: says for plan in plans.values() for request, says in plan.held.items()}
        imports = []
        for leaf in moment.requests:
            desires[leaf.id] = self._desire_requests(
                leaf, known[leaf.id], people, ids, held, moment
            )
            imports += [
                (leaf, row)
                for row in leaf.table.rows
                if lists.wants_import(row, known[leaf.id].get(row.key))
            ]
        return Survey(plans=plans, desires=desires, imports=imports, appended=appended, hold=hold)

    def _plan(
        self,
        leaf: Leaf[LeadRow],
        people: People,
        wishes: Mapping[int, Sequence[Wish]],
        hold: str,
        now: datetime,
    ) -> tuple[Plan, Ownership]:
        table, ownership = leaf.table, Ownership(self._ledger, leaf.id)
        copies = find_copies(table, self._ledger.worksheets.fingerprints(leaf.id, table.doubled))
        resting = self._resting.find(leaf, people) - copies
        ownership.load(_suspects(table, people, resting))
        day = now.astimezone(self._zone).date().isoformat()
        plan = make_plan(
            table,
            people,
            wishes,
            self._ledger.accounts.booked(self._account, leaf.id, day),
            self._terms(leaf.id, hold),
            ownership.foreign,
            now,
            copies,
            resting=resting,
        )
        self._resting.note(leaf, people, plan.settled)
        return plan, ownership

    def _wishes(
        self, moment: Moment, known: Mapping[int, Mapping[str, Import]]
    ) -> dict[int, list[Wish]]:
        wishes: dict[int, list[Wish]] = {}
        for leaf in moment.requests:
            for row in leaf.table.rows:
                found = lists.wishes_of(row, known[leaf.id].get(row.key), self._purchasing)
                for prospect, wanted in found.items():
                    wishes.setdefault(prospect, []).extend(wanted)
        return wishes

    def _add_members(
        self,
        moment: Moment,
        known: Mapping[int, Mapping[str, Import]],
        present: set[int],
        desires: dict[int, Desire],
    ) -> dict[tuple[int, str], list[int]]:
        """Let imported people without a row be added to the first Leads worksheet, once each.

        Returns those who have their row by now, per request.
        """
        appended: dict[tuple[int, str], list[int]] = {}
        wanted: dict[int, None] = {}
        for leaf_id, by_key in known.items():
            for key, done in by_key.items():
                there = [p for p in done.members if p in present and p not in done.appended]
                if there:
                    appended[leaf_id, key] = there
                missing = set(done.members) - present - done.appended
                wanted.update(dict.fromkeys(p for p in done.members if p in missing))
        if not wanted or not moment.leads:
            return appended
        first = moment.leads[0].id
        names = self._ledger.people.names(self._account, list(wanted)[:_MOST_APPENDED])
        rows = [
            (prospect, {Lead.PROSPECT_ID: str(prospect), **_named(names[prospect])})
            for prospect in list(wanted)[:_MOST_APPENDED]
            if prospect in names
        ]
        old = desires[first]
        desires[first] = Desire(
            views=old.views, newcomers=old.newcomers, ownership=old.ownership, appends=rows
        )
        return appended

    def _desire_requests(
        self,
        leaf: Leaf[RequestRow],
        known: Mapping[str, Import],
        people: People,
        present: set[int],
        held: Mapping[str, str],
        moment: Moment,
    ) -> Desire:
        ownership = Ownership(self._ledger, leaf.id)
        copies = find_copies(
            leaf.table, self._ledger.worksheets.fingerprints(leaf.id, leaf.table.doubled)
        )
        spent = self._ledger.accounts.spent(known)
        where = moment.leads[0].title if moment.leads else "Leads"
        views: dict[int, View] = {}
        newcomers: dict[int, str] = {}
        for number, row in enumerate(leaf.table.rows, leaf.table.first):
            if row.blank or not (row.key or row.wanted or row.problem):
                continue
            if not row.key or number in copies:
                newcomers[number] = row.key
                continue
            done = known.get(row.key)
            progress = lists.Progress()
            if done is not None:
                progress = lists.measure(row, done, people, spent.get(row.key, 0), present)
            views[number] = lists.view_request(
                row, done, progress, worksheet=where, waits=held.get(row.key, "")
            )
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


def _named(texts: Sequence[str]) -> dict[str, str]:
    """Name what the ledger keeps of a person by the sheet's columns."""
    first, last, company, title, linkedin = texts
    return {
        Lead.FIRST_NAME: first,
        Lead.LAST_NAME: last,
        Lead.COMPANY: company,
        Lead.JOB_TITLE: title,
        Lead.LINKEDIN_URL: linkedin,
    }
