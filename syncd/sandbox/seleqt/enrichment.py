"""The enrichment desk: who is selected, what is charged, and what the clock brings afterwards.

The order is the documented one: check the credits, deduct all, mark the prospects as loading, work
in the background, fill the records one by one. Which prospects count as lacking a value, whether
misses and loading ones are sold again, what a miss looks like: knobs.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from . import refusals
from .agenda import Agenda
from .meter import OWN, Charge, Refund
from .prospects import Kind, Prospect, Record
from .search import matches
from .webhooks import Delivery, plan_deliveries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .accounts import Account, Accounts
    from .catalogue import Catalogue, LeadList
    from .knobs import Knobs

OUTSIDE_DELAY = timedelta(seconds=1)
SORT_FIELDS = ("id", "first_name", "last_name", "job_title")  # "id" is documented, the rest assumed


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One enrichment as asked for, with the vendor's defaults filled in."""

    list: LeadList
    account: Account
    key: str  # the prefix
    kind: Kind
    limit: int = 100
    filters: Mapping[str, Any]
    sort_field: str = "id"
    descending: bool = False
    webhook_url: str | None = None
    cause: str = OWN


@dataclass(frozen=True, kw_only=True, slots=True)
class Find:
    """What one prospect of a run will get: a value, or None for a miss, at a time or never."""

    prospect: Prospect
    value: str | None
    ready_at: datetime | None  # None: stuck


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One accepted enrichment."""

    list_id: int
    account: int
    kind: Kind
    finds: tuple[Find, ...]
    credits: int
    started_at: datetime
    webhook_url: str | None
    value_key: str  # "email", or whatever a phone is called

    @property
    def completed_at(self) -> datetime | None:
        times = [find.ready_at for find in self.finds if find.ready_at is not None]
        return max(times, default=None)

    def result(self, find: Find) -> dict[str, Any]:
        """Return one entry of ``results`` as the sync answer has it (documented for emails)."""
        value = None if find.ready_at is None else find.value
        result: dict[str, Any] = {
            "id": find.prospect.id,
            "first_name": find.prospect.first_name,
            "last_name": find.prospect.last_name,
            "success": value is not None,
            "data": {self.value_key: value},
        }
        if value is None:
            thing = "Phone" if self.kind is Kind.PHONE else "Email"
            result["message"] = f"{thing} not found"
        return result


class Enrichment:
    """Sells, and fills records as time passes. Holds everything that a lookup may change."""

    def __init__(self, catalogue: Catalogue, accounts: Accounts, knobs: Knobs, seed: int) -> None:
        self._catalogue = catalogue
        self._accounts = accounts
        self._knobs = knobs
        self._rng = random.Random(f"luck {seed}")  # noqa: S311 - simulated luck, no secret
        self._agenda = Agenda()
        self._outside_entered = False
        self.deliveries: list[Delivery] = []

    def advance(self, now: datetime) -> None:
        """Apply everything that has become due."""
        if self._knobs.outside_spender == "deductions" and not self._outside_entered:
            self._enter_outside_deduction(now)
        self._agenda.run_until(now)

    # --- what is on sale -----------------------------------------------------------------------

    def shown(self, record: Record, column: str) -> str | None:
        """Return a field as the API shows it: a value, the sentinel, or a miss's look."""
        if column in record.loading:
            return self._knobs.sentinel
        if column in record.missed:
            looks = {"empty": "", "not_found": "Not found", "sentinel": self._knobs.sentinel}
            return looks.get(self._knobs.miss_value)
        return record.value(column)

    def lacking(self, lead_list: LeadList, kind: Kind) -> list[Prospect]:
        """Return the prospects of a list that a purchase of this kind would take, in list order."""
        return [
            prospect
            for prospect in self._catalogue.members(lead_list)
            if self._is_lacking(self._catalogue.record(lead_list, prospect.id), kind)
        ]

    def _is_lacking(self, record: Record, kind: Kind) -> bool:
        if kind.column in record.loading:
            return self._knobs.reselect_loading == "yes"
        if kind in record.misses and self._knobs.reselect_misses == "remembered":
            return False
        text = self.shown(record, kind.column) or ""
        if self._knobs.valid_value == "any_text" and text != self._knobs.sentinel:
            return not text
        return not _is_plausible(text, kind)

    # --- selling -------------------------------------------------------------------------------

    def start(self, order: Order, now: datetime, *, at_once: bool = False) -> Run:
        """Sell: charge for everybody selected, then mark them (or, at once, fill them).

        Raises Refusal, with nothing changed, for want of credits and where a knob refuses.
        """
        chosen = self._choose(order)
        credits = self._price(order, len(chosen))
        if credits > order.account.balance:
            raise refusals.insufficient_credits(need=credits, have=order.account.balance)
        run = self._run(order, chosen, credits, now, at_once=at_once)
        if chosen:
            self._accounts.take(_charge(order, run))
            self._schedule(run, order.list, at_once=at_once)
            self.deliveries.extend(plan_deliveries(run, self._knobs))
            if order.cause == OWN and self._knobs.outside_spender == "second_enrichment":
                self._agenda.enter(now + OUTSIDE_DELAY, partial(self._enrich_outside, order))
        return run

    def _choose(self, order: Order) -> list[Prospect]:
        if self._knobs.reselect_loading in ("conflict", "zero") and self._is_busy(order):
            if self._knobs.reselect_loading == "conflict":
                raise refusals.refuse("Enrichment already in progress", status=409)
            return []
        lacking = [
            one for one in self.lacking(order.list, order.kind) if matches(one, order.filters)
        ]
        # The id decides between equals, so that a prospect never moves between two identical calls.
        lacking.sort(
            key=lambda one: (getattr(one, order.sort_field), one.id), reverse=order.descending
        )
        chosen = lacking[: order.limit]
        if not chosen and self._knobs.nothing_to_enrich == "refused":
            raise refusals.refuse("No prospects to enrich")
        return chosen

    def _is_busy(self, order: Order) -> bool:
        records = (self._catalogue.record(order.list, number) for number in order.list.ids)
        return any(order.kind.column in record.loading for record in records)

    def _price(self, order: Order, chosen: int) -> int:
        people = order.limit if chosen and self._knobs.charge_by == "limit" else chosen
        return people * order.kind.cost

    def _run(
        self,
        order: Order,
        chosen: list[Prospect],
        credits: int,
        now: datetime,
        *,
        at_once: bool,
    ) -> Run:
        finds = tuple(self._find(prospect, order.kind, now, at_once=at_once) for prospect in chosen)
        return Run(
            list_id=order.list.id,
            account=order.account.id,
            kind=order.kind,
            finds=finds,
            credits=credits,
            started_at=now,
            webhook_url=order.webhook_url,
            value_key=self._knobs.phone_key if order.kind is Kind.PHONE else "email",
        )

    def _find(self, prospect: Prospect, kind: Kind, now: datetime, *, at_once: bool) -> Find:
        # Both draws are made for everybody, so that one knob does not reshuffle the other's luck.
        wait = self._rng.random() * self._knobs.results_spread_seconds
        unlucky = self._rng.random() * 100 < self._knobs.stuck_percent
        earliest = max(self._knobs.first_result_seconds, self._knobs.marking_delay_seconds)
        ready = now if at_once else now + timedelta(seconds=earliest + wait)
        stuck = unlucky or kind in prospect.truth.stuck
        return Find(
            prospect=prospect,
            value=prospect.truth.found(kind) or None,
            ready_at=None if stuck else ready,
        )

    # --- what the clock brings -----------------------------------------------------------------

    def _schedule(self, run: Run, lead_list: LeadList, *, at_once: bool) -> None:
        delay = timedelta(seconds=0 if at_once else self._knobs.marking_delay_seconds)
        if delay:
            self._agenda.enter(run.started_at + delay, lambda _: self._mark(run, lead_list))
        else:
            self._mark(run, lead_list)
        for find in run.finds:
            if find.ready_at is not None:
                self._agenda.enter(find.ready_at, partial(self._fill, run, lead_list, find))
        self._schedule_refunds(run)
        if at_once:
            self._agenda.run_until(run.started_at)

    def _mark(self, run: Run, lead_list: LeadList) -> None:
        for find in run.finds:
            self._catalogue.record(lead_list, find.prospect.id).start(run.kind.column)

    def _fill(self, run: Run, lead_list: LeadList, find: Find, _due: datetime) -> None:
        self._catalogue.record(lead_list, find.prospect.id).finish(run.kind, find.value)

    def _schedule_refunds(self, run: Run) -> None:
        policy = self._knobs.refund
        if policy == "none" or (policy == "per_type" and run.kind is not Kind.PHONE):
            return
        delay = timedelta(seconds=self._knobs.refund_delay_seconds)
        missed = [find for find in run.finds if find.value is None and find.ready_at is not None]
        if policy == "batch_end":
            if missed and run.completed_at is not None:
                self._agenda.enter(run.completed_at + delay, partial(self._refund, run, missed))
            return
        for find in missed:
            if find.ready_at is not None:
                self._agenda.enter(find.ready_at + delay, partial(self._refund, run, [find]))

    def _refund(self, run: Run, missed: list[Find], due: datetime) -> None:
        self._accounts.give_back(
            Refund(
                at=due,
                account=run.account,
                list_id=run.list_id,
                kind=run.kind.value,
                prospect_ids=tuple(find.prospect.id for find in missed),
                credits=len(missed) * run.kind.cost,
                cause="not found",
            )
        )

    # --- somebody else on the account ----------------------------------------------------------

    def spend_outside(self, account: Account, credits: int, now: datetime) -> None:
        """Let somebody outside spend, at most what is there."""
        charge = Charge(
            at=now,
            account=account.id,
            key="",
            list_id=None,
            kind=None,
            prospect_ids=(),
            credits=min(credits, account.balance),
            cause="outside deduction",
        )
        self._accounts.take(charge)

    def _enter_outside_deduction(self, after: datetime) -> None:
        self._outside_entered = True
        every = timedelta(seconds=self._knobs.outside_every_seconds)
        self._agenda.enter(after + every, self._deduct_outside)

    def _deduct_outside(self, due: datetime) -> None:
        self._outside_entered = False
        if self._knobs.outside_spender == "deductions":
            account = self._accounts.by_id[1]
            self.spend_outside(account, self._rng.randint(1, self._knobs.outside_credits), due)
            self._enter_outside_deduction(due)

    def _enrich_outside(self, own: Order, due: datetime) -> None:
        order = Order(
            list=own.list,
            account=own.account,
            key="",
            kind=own.kind,
            filters={},
            cause="outside enrichment",
        )
        try:
            self.start(order, due)
        except refusals.Refusal:
            return  # a stranger's refused purchase concerns nobody here


def _charge(order: Order, run: Run) -> Charge:
    return Charge(
        at=run.started_at,
        account=run.account,
        key=order.key,
        list_id=run.list_id,
        kind=run.kind.value,
        prospect_ids=tuple(find.prospect.id for find in run.finds),
        credits=run.credits,
        cause=order.cause,
    )


def _is_plausible(text: str, kind: Kind) -> bool:
    """Tell whether a field counts as valid: an @, or seven digits in a phone (inferred)."""
    if kind is Kind.PHONE:
        return sum(letter.isdigit() for letter in text) >= 7
    return "@" in text
