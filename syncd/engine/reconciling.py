"""Reconciling a restored, copied or new ledger with what the vendor's lists tell of the past.

The lists tell for whom, never for which row or list request, nor in which month: what a request had
spent of its Max credits is forgotten with the ledger, and so are ticks, misses on lists that people
have tidied away, and what was bought in place. A purchase that the ledger itself calls cancelled is
believed to be so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from syncd.core.lease import Lease
from syncd.core.memory import NOBODY
from syncd.core.model import UNSENT, Batch, JobState, Prospect
from syncd.core.recall import Forgotten, doubt, doubt_unsent, read_batch_id, recall
from syncd.ledger import Ledger
from syncd.seleqt import Seleqt


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What the vendor's lists tell. ``lists`` is how many of them are syncd's."""

    lists: int
    forgotten: Sequence[Forgotten]
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
        unsent: list[tuple[Batch, int]] = []
        seen: dict[int, Prospect] = {}
        for lead_list in self._vendor.lists():
            if (name := read_batch_id(lead_list.name)) is None:
                continue
            lists += 1
            batch = self._ledger.batches.get(name)
            if batch is not None:
                if batch.state in UNSENT:
                    unsent.append((batch, lead_list.id))
                continue
            people = self._vendor.leads(lead_list.id)
            seen |= {one.id: one for one in people}
            told = map(self._without_known, recall(name, lead_list.id, people))
            forgotten += [found for found in told if found is not None]
        return Findings(lists=lists, forgotten=forgotten, unsent=unsent, seen=tuple(seen.values()))

    def _without_known(self, found: Forgotten) -> Forgotten | None:
        """Leave out whom the ledger knows an answer for, or searches for: it buys neither again."""
        if self._ledger.batches.get(found.batch) is not None:  # booked before
            return None
        known = self._ledger.people.known(self._account, found.people)
        left = tuple(
            one
            for one in found.people
            if not any(
                fact.kind.field is found.kind.field
                and fact.state in {JobState.FOUND, JobState.WAITING}
                for fact in known.get(one, NOBODY).facts
            )
        )
        return replace(found, people=left) if left else None

    def book(self, findings: Findings, leases: Sequence[Lease], worksheet: int) -> None:
        """Record it all in one transaction; from then on the ledger may buy."""
        now = self._clock()
        day = self._ledger.accounts.day(self._account, now.astimezone(self._zone))
        taken: set[tuple[int, str]] = set()
        with self._ledger.transaction():
            self._ledger.people.see(self._account, findings.seen, now)
            for found in findings.forgotten:
                field = found.kind.field.value
                people = tuple(one for one in found.people if (one, field) not in taken)
                taken |= {(one, field) for one in people}
                if not people:
                    continue
                batch = doubt(
                    replace(found, people=people),
                    account=self._account,
                    worksheet=worksheet,
                    day=day,
                    now=now,
                )
                self._ledger.batches.add(batch, now)
                self._ledger.batches.bound(batch, None)
                self._ledger.worksheets.note("", f"in doubt: {batch.note}", now, batch=batch.id)
            for old, list_id in findings.unsent:
                batch = doubt_unsent(old, list_id, now)
                self._ledger.batches.save(batch, (), now)
                self._ledger.worksheets.note("", f"in doubt: {batch.note}", now, batch=batch.id)
            for lease in leases:
                self._ledger.lineage.accept(lease)
            self._ledger.lineage.catch_up()
            self._ledger.lineage.advance()
