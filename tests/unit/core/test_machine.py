"""The theory of the purchase as a machine: random shops, crashes and lost answers.

The vendor below is the worst one that the documents allow: it charges first, has no memory of its
misses, and may lose the answer. The buyer is made of the real ``make_plan`` and ``advance`` over a
dictionary ledger. Four planted bugs must each be caught, or this test has no teeth.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from syncd.core.credits import Booked, Caps, EntryKind
from syncd.core.header import Header
from syncd.core.leads import COLUMNS, parse_lead
from syncd.core.lifecycle import Limits, Step, advance
from syncd.core.memory import Fact, Person
from syncd.core.model import OPEN_STATES, Batch, BatchState, Job, JobState, Reading, Seen
from syncd.core.outcomes import (
    Accepted,
    InDoubt,
    ListReady,
    Looked,
    NotSent,
    Refused,
    Resolved,
    Submitting,
)
from syncd.core.plan import make_plan
from syncd.core.purse import OpenBatch, Terms
from syncd.core.table import Reader

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LIMITS = Limits(doubt_for=timedelta(minutes=5), expire_after=timedelta(hours=1))
HEADER = Header(row=0, at={c.name: i for i, c in enumerate(COLUMNS)}, width=len(COLUMNS))
CAP = 60
PEOPLE = range(1, 9)


class Crash(Exception):
    """The process dies here; only the ledger is left."""


class Vendor:
    """Charges up front, marks, works, and forgets its misses."""

    def __init__(self) -> None:
        self.fields: dict[int, str | None] = dict.fromkeys(PEOPLE)
        self.charged = 0
        self.bought: Counter[int] = Counter()
        self.instant = False

    def enrich(self, ids: list[int], price: int) -> int:
        taken = [p for p in ids if not self.fields[p] or "@" not in (self.fields[p] or "")]
        self.charged += price * len(taken)
        self.bought.update(taken)
        for prospect in taken:
            self.fields[prospect] = "Loading..."
        if self.instant:
            self.work()
        return len(taken)

    def work(self) -> None:
        for prospect, value in self.fields.items():
            if value == "Loading...":
                self.fields[prospect] = f"p{prospect}@example.com" if prospect % 2 else None

    def look(self, ids: list[int]) -> dict[int, Seen]:
        readings = {None: Seen(reading=Reading.EMPTY), "Loading...": Seen(reading=Reading.LOADING)}
        return {
            p: readings.get(self.fields[p])
            or Seen(reading=Reading.FOUND, value=str(self.fields[p]))
            for p in ids
        }


class Buyer(RuleBasedStateMachine):
    """Cycles against the vendor; every attribute here survives a crash, as the ledger does."""

    intent_after_call = False
    resend_on_restart = False
    release_after_grace = False
    forget_misses = False

    def __init__(self) -> None:
        super().__init__()
        self.vendor = Vendor()
        self.rows: list[tuple[object, ...]] = []
        self.batches: dict[str, Batch] = {}
        self.settled = 0
        self.reserved = 0
        self.now = START
        self.limits = LIMITS

    # -- the ledger ---------------------------------------------------------------------------

    def record(self, step: Step) -> Batch:
        for entry in step.entries:
            if entry.kind is EntryKind.RESERVE:
                self.reserved += entry.credits
            elif entry.kind is EntryKind.SETTLE:
                self.reserved -= entry.credits
                self.settled += entry.credits
            else:
                self.reserved -= entry.credits
        self.batches[step.batch.id] = step.batch
        return step.batch

    def step(self, batch: Batch, outcome: object) -> Batch:
        return self.record(advance(batch, outcome, now=self.now, limits=self.limits))  # type: ignore[arg-type]

    def people(self) -> dict[int, Person]:
        facts: dict[int, list[Fact]] = {}
        for batch in self.batches.values():
            for job in batch.jobs:
                if self.forget_misses and job.state is JobState.MISSED:
                    continue
                at = job.decided_at or batch.created_at
                facts.setdefault(job.prospect_id, []).append(
                    Fact(
                        job.kind,
                        job.state,
                        job.value,
                        job.asked_by,
                        job.credits,
                        at.isoformat(),
                        batch.state,
                    )
                )
        return {prospect: Person(facts=tuple(found)) for prospect, found in facts.items()}

    # -- what may happen ----------------------------------------------------------------------

    @rule(prospect=st.sampled_from(PEOPLE))
    def add_row(self, prospect: int) -> None:
        raw: list[object] = [""] * len(COLUMNS)
        raw[HEADER.at["Prospect ID"]] = prospect
        raw[HEADER.at["Find"]] = "Email"
        raw[HEADER.at["Key"]] = f"k{len(self.rows)}"
        self.rows.append(tuple(raw))

    @rule()
    def vendor_works(self) -> None:
        self.vendor.work()

    @rule(instant=st.booleans())
    def vendor_hurries(self, instant: bool) -> None:
        self.vendor.instant = instant

    @rule(minutes=st.sampled_from([1, 10, 120]))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def vendor_admin_looks_it_up(self) -> None:
        for batch in list(self.batches.values()):
            if batch.state is BatchState.PARKED:
                paid = all(self.vendor.bought[job.prospect_id] for job in batch.waiting)
                self.step(batch, Resolved(paid=paid))

    @rule(
        fate=st.sampled_from(["fine", "lost", "refused", "not sent", "crash before", "crash after"])
    )
    def cycle(self, fate: str) -> None:
        try:
            self.tend()
            plan = make_plan(
                Reader(parse_lead).read([[], *self.rows], HEADER),
                self.people(),
                {},
                Booked(day=self.settled + self.reserved),
                Terms(caps=Caps(day=CAP, month=10**6), zone=UTC, tried=True, hold=self.hold()),
                lambda row, column: False,
                self.now,
            )
            for purchase in plan.purchases:
                self.buy(purchase, fate)
        except Crash:
            pass

    def hold(self) -> str:
        doubtful = {BatchState.IN_DOUBT, BatchState.SUBMITTING}
        return "doubt" if any(b.state in doubtful for b in self.batches.values()) else ""

    def buy(self, purchase: OpenBatch, fate: str) -> None:
        batch = Batch(
            id=f"b{len(self.batches)}",
            account="a",
            worksheet=1,
            kind=purchase.kind,
            state=BatchState.PLANNED,
            jobs=tuple(
                Job(prospect_id=p, kind=purchase.kind, state=JobState.WAITING, asked_by=key)
                for p, key in purchase.people
            ),
            booked_day="2026-03-02",
            reserved=purchase.credits,
            created_at=self.now,
        )
        self.reserved += purchase.credits
        self.batches[batch.id] = batch
        ids = [job.prospect_id for job in batch.jobs]
        batch = self.step(batch, ListReady(list_id=1, shown=self.vendor.look(ids)))
        if batch.state is BatchState.SETTLED:
            return
        written = self.step(batch, Submitting(balance=None))
        if self.intent_after_call:
            self.batches[batch.id] = batch  # the bug: nothing was written before the call
        self.post(written, fate)

    def post(self, batch: Batch, fate: str) -> None:
        ids = [job.prospect_id for job in batch.waiting]
        if fate == "crash before":
            raise Crash
        if fate == "refused":
            self.step(batch, Refused(reason="the vendor said no"))
            return
        if fate == "not sent":
            self.step(batch, NotSent(reason="no connection"))
            return
        count = self.vendor.enrich(ids, batch.kind.price)
        if fate == "crash after":
            raise Crash
        if fate == "lost":
            self.step(batch, InDoubt(reason="the answer was lost"))
            return
        self.step(batch, Accepted(count=count, credits=count * batch.kind.price))

    def tend(self) -> None:
        for batch in list(self.batches.values()):
            ids = [job.prospect_id for job in batch.jobs]
            if batch.state is BatchState.LIST_READY and self.intent_after_call:
                self.step(self.step(batch, Submitting(balance=None)), Refused(reason="forgotten"))
            elif batch.state is BatchState.LIST_READY:
                self.post(self.step(batch, Submitting(balance=None)), "fine")
            elif batch.state is BatchState.SUBMITTING:
                if self.resend_on_restart:
                    self.post(batch, "fine")
                else:
                    self.step(batch, InDoubt(reason="stopped during the purchase"))
            elif (
                batch.state is BatchState.IN_DOUBT and self.release_after_grace and self.old(batch)
            ):
                self.step(batch, Resolved(paid=False))
            elif batch.state in {BatchState.IN_DOUBT, BatchState.ACCEPTED, BatchState.PARKED}:
                self.step(batch, Looked(seen=self.vendor.look(ids)))

    def old(self, batch: Batch) -> bool:
        return self.now - batch.created_at > timedelta(minutes=5)

    # -- what must always hold ----------------------------------------------------------------

    @invariant()
    def the_vendor_never_took_more_than_was_booked(self) -> None:
        assert self.vendor.charged <= self.settled + self.reserved

    @invariant()
    def booked_never_passes_the_cap(self) -> None:
        assert self.reserved >= 0
        assert self.settled + self.reserved <= CAP

    @invariant()
    def nobody_is_bought_twice(self) -> None:
        assert not [p for p, times in self.vendor.bought.items() if times > 1]

    @invariant()
    def no_sentinel_is_ever_a_value(self) -> None:
        for batch in self.batches.values():
            for job in batch.jobs:
                assert "oading" not in job.value
                assert (job.state is JobState.FOUND) == ("@" in job.value)

    @invariant()
    def every_job_of_a_closed_batch_is_decided(self) -> None:
        for batch in self.batches.values():
            if batch.state not in OPEN_STATES:
                assert not batch.waiting
                assert batch.reserved == 0


def check(machine: type[RuleBasedStateMachine], examples: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


def test_the_buyer_keeps_its_promises_under_crashes_and_lost_answers() -> None:
    check(Buyer, examples=400)


@pytest.mark.parametrize(
    "bug",
    ["intent_after_call", "resend_on_restart", "release_after_grace", "forget_misses"],
)
def test_a_planted_bug_is_caught(bug: str) -> None:
    mutant = type(f"Buyer_{bug}", (Buyer,), {bug: True})
    with pytest.raises((AssertionError, ExceptionGroup)):
        check(mutant, examples=2000)


def test_a_value_already_at_the_vendor_costs_nothing() -> None:
    buyer = Buyer()
    buyer.vendor.fields[1] = "known@example.com"
    buyer.add_row(1)
    buyer.cycle("fine")
    assert buyer.vendor.charged == 0
    assert buyer.reserved == 0
    (batch,) = buyer.batches.values()
    assert batch.jobs == (replace(batch.jobs[0], state=JobState.FOUND, value="known@example.com"),)
