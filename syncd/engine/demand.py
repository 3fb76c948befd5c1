"""What the sheet demands now: list requests as one survey sees them, and what is still wanted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core import lists, status
from syncd.core.approval import Approval, Approvals
from syncd.core.credits import Booked, Caps, room
from syncd.core.lists import Import
from syncd.core.memory import People
from syncd.core.model import Batch
from syncd.core.plan import Backed
from syncd.core.quotes import Supplied
from syncd.core.requests import RequestRow
from syncd.core.starting import review_start
from syncd.engine.workbook import Leaf, Moment


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """What the sheet asks for now: whether a purchase that was not sent is still wanted."""

    wishes: lists.Wishes = field(default_factory=dict)  # of all list requests
    rows: Collection[Backed] = ()
    typed: Collection[str] = ()  # keys of rows that somebody may still be typing
    worksheets: Collection[int] = ()  # those that could be read

    def sees(self, batch: Batch) -> bool:
        """Return whether the sheet can say so: the worksheet may be one that cannot be read."""
        return bool(batch.request) or batch.worksheet in self.worksheets

    def wants(self, batch: Batch) -> bool:
        if batch.request:
            return lists.is_wished(batch, self.wishes)
        return all(
            job.asked_by in self.typed or (job.asked_by, job.prospect_id, job.kind) in self.rows
            for job in batch.waiting
        )

    def is_being_typed(self, batch: Batch) -> bool:
        """Return whether somebody may be changing what it is for, so that it has to wait."""
        if batch.request:
            return lists.is_being_typed(batch, self.wishes)
        return any(job.asked_by in self.typed for job in batch.waiting)


@dataclass(frozen=True, kw_only=True, slots=True)
class Requested:
    """One Requests worksheet, with what was imported for its rows."""

    leaf: Leaf[RequestRow]
    known: Mapping[str, Import]
    copies: Collection[int]
    typed: Collection[int]  # rows that somebody may still be typing
    stood: Mapping[str, RequestRow]
    approvals: Approvals

    def review(self, now: datetime) -> dict[str, Approval | None]:
        """Return, by key, what the ticks in Start stand for where that changed.

        One that is taken away counts at once, also while the row is still being typed.
        """
        ticks: dict[str, Approval | None] = {}
        for row, done in self.rows:
            known = self.approvals.get(row.key)
            read_at = done.at if done else None
            quote = lists.quote_of(row, done)
            approval = review_start(row, quote, read_at, known, now)
            if approval is not known:
                ticks[row.key] = approval
        typed = [self.leaf.table.row(n) for n in set(self.typed).difference(self.copies)]
        gone = {row.key for row in typed if not row.started}
        return ticks | dict.fromkeys(gone & self.approvals.keys())

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
class Backdrop:
    """What every request of one survey is seen against.

    ``allowed`` are the caps, and what is booked, of the worksheet that imported people come into.
    """

    moment: Moment
    people: People
    present: Collection[int]  # those who have, or may have, a row
    supplied: Supplied
    held: Mapping[str, str]
    hold: str
    allowed: tuple[Caps, Booked] | None
    now: datetime

    def room(self, row: RequestRow, known: Import | None) -> int | None:
        """Return what the caps allow of the request's quote now, in credits."""
        quote = lists.quote_of(row, known)
        return room(*self.allowed, quote.costs) if quote and self.allowed else None

    def waits(self, row: RequestRow, known: Import | None) -> str:
        """Return what the request waits for, as a sentence, or nothing."""
        unread = "" if self.moment.shows_all_leads else status.HOLD_WORKSHEET
        if known is None or known.fingerprint != row.fingerprint:
            return unread or self.hold
        return self.held.get(row.key) or unread
