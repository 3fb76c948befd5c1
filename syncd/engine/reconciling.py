"""Reconciling a restored, copied or new ledger with what the vendor's lists tell of the past.

The lists tell for whom, never for which row or list request, nor in which month: what a request had
spent of its Max credits is forgotten with the ledger, and so are ticks, misses on lists that people
have tidied away, and what was bought in place. A purchase that the ledger itself calls cancelled is
believed to be so.

Nobody can be in doubt twice for one thing. Where more than one list tells of the same person, the
first is booked, the others are *left*, and buying waits on: once those doubts are settled, the
vendor's lists have to be looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from syncd.core.lease import Lease
from syncd.core.memory import NOBODY
from syncd.core.model import UNSENT, Batch, Field, JobState, Prospect
from syncd.core.recall import Forgotten, doubt, doubt_unsent, is_recalled, read_name, recall
from syncd.ledger import Ledger, Mark
from syncd.seleqt import Seleqt


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What the vendor's lists tell. ``lists`` is how many of them are syncd's.

    ``left``: purchases with people who are searched for or doubted already, by their lists.
    """

    lists: int
    forgotten: Sequence[Forgotten]
    left: Sequence[int]
    unsent: Sequence[tuple[Batch, int]]  # with their lists
    seen: Sequence[Prospect]


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
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._ledger = ledger
        self._zone = zone
        self._clock = clock

    def look(self) -> Findings:
        """Read every list of syncd's that the ledger does not know the end of."""
        lists = 0
        forgotten: list[Forgotten] = []
        left: list[int] = []
        doubted: set[tuple[int, Field]] = set()
        unsent: list[tuple[Batch, int]] = []
        seen: dict[int, Prospect] = {}
        for lead_list in self._vendor.lists():
            if (named := read_name(lead_list.name)) is None:
                continue
            lists += 1
            batch = self._ledger.batches.get(named.batch)
            if batch is not None and batch.state in UNSENT:
                unsent.append((batch, lead_list.id))
            if batch is not None and not is_recalled(batch):
                continue
            people = self._vendor.leads(lead_list.id)
            seen |= {one.id: one for one in people}
            for found in recall(named, lead_list.id, people):
                if self._ledger.batches.get(found.batch) is not None:  # booked before
                    continue
                unknown, busy = self._sort_out(found)
                busy |= {one for one in unknown if (one, found.kind.field) in doubted}
                fresh = tuple(one for one in unknown if one not in busy)
                doubted |= {(one, found.kind.field) for one in fresh}
                left += [lead_list.id] if busy else []
                forgotten += [replace(found, people=fresh)] if fresh else []
        return Findings(
            lists=lists,
            forgotten=forgotten,
            left=left,
            unsent=unsent,
            seen=tuple(seen.values()),
        )

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

    def book(self, findings: Findings, leases: Sequence[Lease], worksheet: int) -> None:
        """Record it all in one transaction; from then on the ledger may buy, if nothing is left."""
        now = self._clock()
        day = self._ledger.accounts.day(self._account, now.astimezone(self._zone))
        with self._ledger.transaction():
            self._ledger.people.see(self._account, findings.seen, now)
            for found in findings.forgotten:
                batch = doubt(found, account=self._account, worksheet=worksheet, day=day, now=now)
                self._ledger.batches.add(batch, now)
                self._ledger.batches.bound(batch, None)
                self._ledger.worksheets.note("", f"in doubt: {batch.note}", now, batch=batch.id)
            for old, list_id in findings.unsent:
                batch = doubt_unsent(old, list_id, now)
                self._ledger.batches.save(batch, (), now)
                self._ledger.worksheets.note("", f"in doubt: {batch.note}", now, batch=batch.id)
            if findings.left:
                self._ledger.upkeep.note(Mark.RESTORED, now, "not all is booked yet")
                return
            for lease in leases:
                self._ledger.lineage.accept(lease)
            self._ledger.lineage.catch_up()
            self._ledger.lineage.advance()
