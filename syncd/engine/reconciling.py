"""Reconciling a restored, copied or new ledger with what Seleqt and the sheet tell of the past.

The lists tell for whom, of what kind, when and for which list request; the sheet tells which row
paid, whom syncd searched for where no list tells of it, and what each list request has spent. What
neither tells is forgotten: ticks, and what today and this month have cost on lists that are gone or
people's own. A purchase that the ledger itself calls cancelled is believed to be so.

Nobody can be in doubt twice for one thing. Where more than one list tells of the same person, the
first is booked, the others are *left*, and buying waits on: once those doubts are settled, the
vendor's lists have to be looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo

from syncd.core.lease import Lease
from syncd.core.lifecycle import Limits, advance
from syncd.core.list_names import read_list_name
from syncd.core.memory import NOBODY
from syncd.core.model import UNSENT, Batch, Field, JobState, Prospect
from syncd.core.outcomes import Resolved
from syncd.core.recall import (
    Bill,
    Forgotten,
    Searched,
    date,
    doubt,
    doubt_unsent,
    find_searched,
    find_unexplained,
    is_recalled,
    note_searched,
    read_bill,
    recall,
)
from syncd.core.requests import Request
from syncd.engine.workbook import Moment
from syncd.ledger import Ledger, Mark
from syncd.seleqt import Seleqt


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What a spreadsheet tells of the past. ``home`` is the ledger's number of a worksheet."""

    lease: Lease | None
    home: int | None = None
    bills: Sequence[Bill] = ()
    spent: Mapping[str, int] = field(default_factory=dict)  # by the key of the list request


def see(moment: Moment | None, lease: Lease | None) -> Sight:
    """Return what a spreadsheet tells as it was read."""
    if moment is None:
        return Sight(lease=lease)
    bills = (read_bill(row, leaf.id) for leaf in moment.leads for row in leaf.table.rows)
    spent = {
        row.key: int(shown)
        for leaf in moment.requests
        for row in leaf.table.rows
        if row.key and (shown := row.owned(Request.SPENT)).isdecimal()
    }
    return Sight(
        lease=lease,
        home=moment.leads[0].id if moment.leads else None,
        bills=[bill for bill in bills if bill is not None],
        spent=spent,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What lists and sheets tell. ``lists`` is how many of them are syncd's.

    ``left``: purchases with people who are searched for or doubted already, by their lists.
    """

    lists: int
    forgotten: Sequence[Forgotten]
    left: Sequence[int]
    unsent: Sequence[tuple[Batch, int]]  # with their lists
    seen: Sequence[Prospect]
    searched: Sequence[Searched]
    unexplained: Mapping[str, int]  # credits, by the key of the list request

    @property
    def doubts(self) -> int:
        """How many purchases are to be booked as in doubt."""
        return len(self.forgotten) + len(self.unsent)

    @property
    def paid(self) -> int:
        """How many of them are settled at once, as a row says that it has paid."""
        return sum(bool(one.payers) for one in self.forgotten)

    @property
    def is_new(self) -> bool:
        """Whether the ledger learns anything by them."""
        return bool(self.doubts or self.searched or self.unexplained)


class Reconciler:
    """Looks, and then books what it found. Nothing is asked of the vendor that costs."""

    def __init__(
        self,
        *,
        account: str,
        vendor: Seleqt,
        ledger: Ledger,
        zone: tzinfo,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._ledger = ledger
        self._zone = zone
        self._clock = clock
        self._new_id = new_id

    def look(self, sights: Sequence[Sight] = ()) -> Findings:
        """Read every list of syncd's that the ledger does not know the end of."""
        bills = [bill for sight in sights for bill in sight.bills]
        spent = {key: credits for sight in sights for key, credits in sight.spent.items()}
        lists = 0
        forgotten: list[Forgotten] = []
        left: list[int] = []
        doubted: set[tuple[int, Field]] = set()
        unsent: list[tuple[Batch, int]] = []
        seen: dict[int, Prospect] = {}
        for lead_list in self._vendor.lists():
            if (name := read_list_name(lead_list.name)) is None:
                continue
            lists += 1
            batch = self._ledger.batches.get(name.batch)
            if batch is not None and batch.state in UNSENT:
                unsent.append((batch, lead_list.id))
            if batch is not None and (name.kind is not None or not is_recalled(batch)):
                continue
            people = self._vendor.leads(lead_list.id)
            seen |= {one.id: one for one in people}
            for found in recall(name, lead_list.id, people, bills):
                if self._ledger.batches.get(found.batch) is not None:  # booked before
                    continue
                unknown, busy = self._sort_out(found)
                if busy or any((one, found.kind.field) in doubted for one in unknown):
                    left.append(lead_list.id)
                elif unknown:
                    forgotten.append(replace(found, people=tuple(unknown)))
                    doubted |= {(one, found.kind.field) for one in unknown}
        known = self._find_known(bills, forgotten)
        told = self._ledger.accounts.spent(spent)
        return Findings(
            lists=lists,
            forgotten=forgotten,
            left=left,
            unsent=unsent,
            seen=tuple(seen.values()),
            searched=[] if left else find_searched(bills, known),
            unexplained={} if left else find_unexplained(spent, told, forgotten),
        )

    def _find_known(
        self, bills: Sequence[Bill], forgotten: Sequence[Forgotten]
    ) -> dict[tuple[int, Field], bool]:
        """Return of whom, and of which field, something else tells than the sheet."""
        known = {(person, one.kind.field): True for one in forgotten for person in one.people}
        people = self._ledger.people.known(self._account, {bill.prospect for bill in bills})
        for number, person in people.items():
            known |= {(number, fact.kind.field): True for fact in person.facts}
            known |= {(number, one): True for one in Field if person.held(one)}
        return known

    def _sort_out(self, found: Forgotten) -> tuple[list[int], set[int]]:
        """Return those of whom the ledger knows no answer, and those of them it searches for."""
        known = self._ledger.people.known(self._account, found.people)
        states = {
            one: {
                fact.state
                for fact in known.get(one, NOBODY).facts
                if fact.kind.field is found.kind.field
            }
            for one in found.people
        }
        unknown = [one for one in found.people if JobState.FOUND not in states[one]]
        return unknown, {one for one in unknown if JobState.WAITING in states[one]}

    def book(self, findings: Findings, sights: Sequence[Sight], worksheet: int) -> None:
        """Record it all in one transaction; from then on the ledger may buy, if nothing is left."""
        now = self._clock()
        ledger, zone = self._ledger, self._zone
        today = ledger.accounts.day(self._account, now.astimezone(zone))
        with ledger.transaction():
            ledger.people.see(self._account, findings.seen, now)
            for found in findings.forgotten:
                day = date(found, today, now, zone)
                batch = doubt(found, account=self._account, worksheet=worksheet, day=day, now=now)
                ledger.batches.add(batch, now)
                ledger.batches.bound(batch, None)
                ledger.worksheets.note("", f"in doubt: {batch.note}", now, batch=batch.id)
                if found.payers:
                    self._settle(batch, now)
            for old, list_id in findings.unsent:
                batch = doubt_unsent(old, list_id, now)
                ledger.batches.save(batch, (), now)
                ledger.worksheets.note("", f"in doubt: {batch.note}", now, batch=batch.id)
            for some in findings.searched:
                batch = note_searched(
                    some, batch=self._new_id(), account=self._account, day=today, now=now
                )
                ledger.batches.add(batch, now)
                ledger.batches.save(batch, (), now)
                ledger.worksheets.note("", f"not found: {batch.note}", now, batch=batch.id)
            for key, credits in findings.unexplained.items():
                ledger.accounts.recall(key, credits)
            if findings.is_new:
                ledger.imports.renew()
            if findings.left:
                ledger.upkeep.note(Mark.RESTORED, now, "not all is booked yet")
                return
            for sight in sights:
                if sight.lease is not None:
                    ledger.lineage.accept(sight.lease)
            ledger.lineage.catch_up()
            ledger.lineage.advance()

    def _settle(self, batch: Batch, now: datetime) -> None:
        """End a doubt that a row of the sheet ends: it shows credits for a person on the list."""
        step = advance(batch, Resolved(paid=True, who="its row"), now=now, limits=Limits())
        self._ledger.batches.save(step.batch, step.entries, now)
        self._ledger.worksheets.note("", step.event, now, batch=batch.id)
