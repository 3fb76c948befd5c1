"""The meter as a judge: whatever is called in whatever order, no credit moves without its entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from syncd.sandbox.seleqt import Charge, Kind, Knobs, Meter, TopUp, invent_people

NOW = datetime(2026, 11, 23, tzinfo=UTC)
TURNED = (
    "reselect_misses",
    "reselect_loading",
    "nothing_to_enrich",
    "charge_by",
    "refund",
    "record_scope",
    "outside_spender",
    "miss_value",
    "valid_value",
    "webhook",
    "limiter_counts_errors",
)


class Trading(RuleBasedStateMachine):
    """Random clients, strangers, clocks and knobs against one account."""

    def __init__(self, make_shop):
        super().__init__()
        self.shop = make_shop(balance=300)
        ids = self.shop.seleqt.add_people(invent_people(12, 5))
        seleqt = self.shop.seleqt
        self.lists = [
            seleqt.add_list("all", "PEOPLE", ids).id,
            seleqt.add_list("half", "PEOPLE", ids[:6]).id,
            seleqt.add_list("firms", "COMPANY", [seleqt.add_company("Rookery Games")]).id,
        ]
        self.told = 0  # credits the answers admitted to having taken
        self.seen_entries = 0
        self.seen_balance = 0

    # Drawn for the whole run: turned one by one, hardly two would ever be off their defaults.
    @initialize(
        knobs=st.fixed_dictionaries({name: st.sampled_from(Knobs.choices(name)) for name in TURNED})
    )
    def open_shop(self, knobs):
        self.shop.seleqt.knobs.change(**knobs)

    @rule(
        list_at=st.integers(0, 2),
        kind=st.sampled_from([*Kind, "FIND_FAX"]),
        limit=st.integers(0, 15),
        mode=st.sampled_from(["async", "sync"]),
    )
    def enrich(self, list_at, kind, limit, mode):
        before = self.shop.seleqt.meter.charged()
        status, body = self.shop.enrich(
            self.lists[list_at], enrichment_type=kind, prospect_limit=limit, mode=mode
        )
        taken = self.shop.seleqt.meter.charged() - before
        assert taken == (body["credits_deducted"] if status == 200 else 0)
        if status == 200:
            assert body["remaining_credits"] == self.shop.seleqt.balance
            self.told += taken

    @rule(list_at=st.integers(0, 2), kind=st.sampled_from(Kind))
    def look(self, list_at, kind):
        self.shop.seleqt.advance()
        before = self.shop.seleqt.meter.entries
        self.shop.get(f"/public/lead-lists/{self.lists[list_at]}/leads/")
        self.shop.get(
            f"/public/lead-lists/{self.lists[list_at]}/enrichment/count/", f"enrichment_type={kind}"
        )
        assert self.shop.seleqt.meter.entries == before

    @rule(seconds=st.sampled_from([0.5, 20, 90, 4000]))
    def wait(self, seconds):
        self.shop.wait(seconds)
        self.shop.seleqt.advance()

    @rule(credits=st.integers(1, 400))
    def somebody_spends(self, credits):
        self.shop.seleqt.spend(credits)

    @rule(credits=st.integers(1, 200))
    def somebody_pays(self, credits):
        self.shop.seleqt.top_up(credits)

    @rule(data=st.data(), name=st.sampled_from(TURNED))
    def turn_a_knob(self, data, name):
        value = data.draw(st.sampled_from(Knobs.choices(name)))
        setattr(self.shop.seleqt.knobs, name, value)

    @precondition(lambda self: self.shop.seleqt.catalogue.lists.get(self.lists[1]))
    @rule()
    def a_list_vanishes(self):
        self.shop.seleqt.delete_list(self.lists[1])

    @invariant()
    def the_balance_moved_by_its_new_entries_and_by_nothing_else(self):
        seleqt = self.shop.seleqt
        fresh = seleqt.meter.entries[self.seen_entries :]
        moved = sum(-one.credits if isinstance(one, Charge) else one.credits for one in fresh)
        assert seleqt.balance - self.seen_balance == moved
        self.seen_entries, self.seen_balance = len(seleqt.meter.entries), seleqt.balance

    @invariant()
    def the_audit_is_clean_and_no_balance_is_negative(self):
        assert self.shop.seleqt.audit() == []
        assert self.shop.seleqt.balance >= 0

    @invariant()
    def every_own_charge_was_told_to_its_client(self):
        assert self.shop.seleqt.meter.charged() == self.told


def test_no_credit_moves_without_its_entry_whatever_is_called(make_shop):
    run_state_machine_as_test(
        lambda: Trading(make_shop),
        settings=settings(max_examples=100, stateful_step_count=40, deadline=None),
    )


def charge(**changes):
    made = Charge(
        at=NOW,
        account=1,
        key="ab",
        list_id=1,
        kind="FIND_EMAIL",
        prospect_ids=(1, 2),
        credits=6,
        cause="enrichment",
    )
    return replace(made, **changes)


def test_the_audit_notices_a_balance_moved_by_stealth(shop):
    shop.seleqt.account.balance -= 1
    assert shop.seleqt.audit() == ["account 1 holds 999, its entries say 1000"]


def test_the_meter_counts_sales_by_person_and_kind():
    meter = Meter()
    for one in (
        charge(),
        charge(prospect_ids=(2, 3)),
        charge(kind="FIND_PHONE", credits=60),
        charge(cause="outside enrichment"),
    ):
        meter.record(one)
    assert meter.by_person_and_kind()[2, "FIND_EMAIL"] == 2
    assert meter.bought_twice() == {(2, "FIND_EMAIL"): 2}
    assert meter.by_kind() == {
        "FIND_EMAIL": {"people": 4, "credits": 12},
        "FIND_PHONE": {"people": 2, "credits": 60},
    }
    assert (meter.charged(), meter.charged(cause=None)) == (72, 78)


def test_the_meter_cannot_be_rewritten():
    meter = Meter()
    meter.record(TopUp(at=NOW, account=1, credits=5))
    assert isinstance(meter.entries, tuple)
    with pytest.raises(AttributeError):
        meter.entries = ()
    with pytest.raises(AttributeError):
        meter.entries[0].credits = 7
    with pytest.raises(ValueError, match="non-negative"):
        meter.record(charge(credits=-3))


def test_no_account_goes_below_zero(shop):
    with pytest.raises(ValueError, match="below zero"):
        shop.seleqt.accounts.take(charge(credits=1001))
    shop.seleqt.spend(5000)
    assert shop.seleqt.balance == 0
