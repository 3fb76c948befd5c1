"""Every answer Seleqt can give to a purchase, and every way in which an answer gets lost.

One promise runs through all of it: nobody is bought twice, what the vendor's meter took is what the
ledger has settled plus what it still holds booked, and what was paid for arrives in the end.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from rig import Rig
from structlog.testing import capture_logs
from typer.testing import CliRunner

from syncd import cli
from syncd.core import status
from syncd.core.model import BatchState
from syncd.engine import Engine
from syncd.errors import LedgerError
from syncd.sandbox.seleqt.enrichment import Order
from syncd.sandbox.seleqt.prospects import Kind
from syncd.terms import ACCOUNT

BUY = r"/enrichment/$"
POST = {"vendor": "seleqt", "method": "POST", "path": BUY}
LATE = 0.8  # seconds; the clients under test wait for half a second

QUEUED = status.QUEUED.format(what="email")
UNSURE = status.UNSURE.format(what="email")
PARKED = status.PARKED.format(what="email")
FOUND = status.FOUND.format(what="email")
POOR = status.WAITING["floor"]

Log = Sequence[Mapping[str, Any]]


def ask(rig: Rig) -> int:
    """Add one row that asks for an address which exists."""
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    return person


def buy(rig: Rig, engine: Engine) -> Log:
    """Cycle until the purchase has been tried once, and return what was logged."""
    with capture_logs() as log:
        rig.cycle(engine)  # gives the row its key
        rig.cycle(engine)
    assert rig.world.journal.count(call="spend") == 1
    return log


def recover(rig: Rig, engine: Engine) -> None:
    """Let half an hour pass for syncd, and no batch wait for its next look."""
    for _ in range(10):
        rig.ahead += timedelta(minutes=3)
        rig.hurry()
        rig.cycle(engine)


def is_halted(rig: Rig) -> bool:
    with rig.ledger() as ledger:
        return bool(ledger.accounts.get(ACCOUNT).halted)


def says(rig: Rig) -> str:
    return str(rig.column("Status")[0])


def state(rig: Rig) -> str:
    return rig.batches()[-1].state.value


def check_money(rig: Rig) -> None:
    """Hold the ledger against the meter: not one credit taken that is not booked."""
    totals, charged = rig.totals(), rig.seleqt.meter.charged()
    assert rig.seleqt.meter.bought_twice() == {}
    assert rig.seleqt.audit() == []
    doubted = sum(b.reserved for b in rig.batches() if b.state in {"in_doubt", "parked"})
    assert totals["settled"] <= charged <= totals["settled"] + doubted


def check_delivered(rig: Rig, spends: int) -> None:
    assert rig.column("Email") == ["p0@found.example"]
    assert says(rig) == FOUND
    assert rig.column("Credits") == ["3"]
    assert rig.totals() == {"settled": 3, "reserved": 0}
    assert rig.seleqt.meter.charged() == 3
    assert rig.seleqt.meter.bought_twice() == {}
    assert rig.world.journal.count(call="spend") == spends


# --- a parsed no --------------------------------------------------------------------------------


class No(NamedTuple):
    """A refusal as documented, and what it makes of batch, row and log."""

    status: int
    body: dict[str, Any]
    state: str
    says: str
    reserved: int
    logged: tuple[str, str]  # event, and part of its text


POOR_BODY = {
    "success": False,
    "error": "insufficient_credits",
    "message": "Not enough credits. Need 3, have 2",
}
STOPPED = "buying_stopped"
REFUSALS = {
    "too few credits": No(400, POOR_BODY, "refused", POOR, 0, ("batch", "Not enough credits")),
    "too few credits, said with a 200": No(
        200, POOR_BODY, "refused", POOR, 0, ("batch", "Not enough credits")
    ),
    "a list of companies": No(
        400,
        {"error": "Email/phone enrichment is only available for people lists"},
        "refused",
        status.HOLD_HALTED,
        0,
        (STOPPED, "only available for people lists"),
    ),
    "an unknown kind": No(
        400,
        {"error": "enrichment_type must be FIND_EMAIL, FIND_EMAIL_WATERFALL, or FIND_PHONE"},
        "refused",
        status.HOLD_HALTED,
        0,
        (STOPPED, "enrichment_type must be"),
    ),
    "an unknown list": No(
        404,
        {"error": "Lead list not found"},
        "refused",
        status.HOLD_HALTED,
        0,
        (STOPPED, "Lead list not found"),
    ),
    "no key": No(
        401,
        {"error": "Missing API key", "message": "Provide X-API-Key header"},
        "list_ready",
        status.HOLD_KEY,
        3,
        ("key_refused", "401"),
    ),
    "a wrong key": No(
        401, {"error": "Invalid API key"}, "list_ready", status.HOLD_KEY, 3, ("key_refused", "401")
    ),
    "a wrong key, in other words": No(
        401, {"detail": "Invalid API key"}, "list_ready", status.HOLD_KEY, 3, ("key_refused", "401")
    ),
    "somebody else's workspace": No(
        403, {"error": "Access denied"}, "list_ready", status.HOLD_KEY, 3, ("key_refused", "403")
    ),
    "the rate limit": No(
        429, {"error": "Rate limit exceeded"}, "list_ready", QUEUED, 3, ("batch", "rate limit")
    ),
}


@pytest.mark.parametrize("no", REFUSALS.values(), ids=REFUSALS)
def test_a_documented_no_costs_nothing_and_the_purchase_succeeds_once_it_is_mended(
    rig: Rig, impatient: float, no: No
) -> None:
    ask(rig)
    rig.answer(no.status, no.body, path=BUY)
    with rig.app() as engine:
        log = buy(rig, engine)
        assert (state(rig), says(rig)) == (no.state, no.says)
        assert rig.totals() == {"settled": 0, "reserved": no.reserved}
        assert rig.seleqt.meter.charged() == 0
        event, text = no.logged
        assert any(e["event"] == event and text in str(e) for e in log), log
    if event == STOPPED:
        command(rig, "resume")
    with rig.app() as engine:
        recover(rig, engine)
    check_delivered(rig, spends=2)


def test_the_balance_that_was_spent_by_others_meanwhile_holds_the_row_until_it_is_topped_up(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    rig.world.before(
        lambda request: request.method == "POST" and request.path.endswith("/enrichment/"),
        lambda: rig.seleqt.spend(rig.seleqt.balance - 2),
    )
    with rig.app() as engine:
        buy(rig, engine)
        assert (says(rig), state(rig)) == (POOR, "refused")
        recover(rig, engine)
        assert (says(rig), rig.world.journal.count(call="spend")) == (POOR, 1)
        rig.seleqt.top_up(500)
        recover(rig, engine)
    check_delivered(rig, spends=2)


def test_a_top_up_is_noticed_within_a_quarter_of_an_hour(rig: Rig, impatient: float) -> None:
    ask(rig)
    rig.answer(400, POOR_BODY, path=BUY)
    with rig.app() as engine:
        buy(rig, engine)
        for _ in range(15):
            rig.ahead += timedelta(minutes=1)
            rig.hurry()
            rig.cycle(engine)
    check_delivered(rig, spends=2)


def test_a_quiet_cycle_still_counts_the_rows_that_wait(rig: Rig, impatient: float) -> None:
    ask(rig)
    rig.answer(400, POOR_BODY, path=BUY)
    with rig.app() as engine:
        buy(rig, engine)
        assert [rig.cycle(engine).waiting for _ in range(3)] == [1, 1, 1]


@pytest.mark.parametrize("name", ["a list of companies", "an unknown kind", "an unknown list"])
def test_a_purchase_refused_for_good_is_not_tried_again_and_again(
    rig: Rig, impatient: float, name: str
) -> None:
    ask(rig)
    rig.answer(REFUSALS[name].status, REFUSALS[name].body, path=BUY, times=100)
    with rig.app() as engine:
        for number in range(8):
            rig.cycle(engine)
            rig.hurry()
            rig.fill(rig.leads, [["", f"note {number}"]], first=1)  # somebody works in the sheet
    assert rig.world.journal.count(call="spend") <= 2
    assert says(rig) == status.HOLD_HALTED
    assert rig.totals() == {"settled": 0, "reserved": 0}


def test_a_key_rotated_in_mid_run_stops_buying_and_the_new_one_goes_on(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    old = rig.key

    def rotate() -> None:
        rig.key = rig.seleqt.rotate_key(old)

    rig.world.before(
        lambda request: request.method == "POST" and request.path.endswith("/enrichment/"), rotate
    )
    with rig.app() as engine, capture_logs() as log:
        rig.cycle(engine)
        rig.cycle(engine)
        for _ in range(3):  # the old key, for as long as nobody mends it
            rig.ahead += timedelta(minutes=2)
            rig.hurry()
            rig.cycle(engine)
        assert (state(rig), rig.totals()) == ("list_ready", {"settled": 0, "reserved": 3})
        assert rig.world.journal.count(call="spend") == 1
    assert not any(key in str(log) for key in (old, rig.key))
    assert {e["log_level"] for e in log if e["event"] == "key_refused"} == {"error"}
    with rig.app() as engine:
        rig.settle(engine)
    check_delivered(rig, spends=2)


# --- an odd answer ------------------------------------------------------------------------------

ODD = {
    "a failure without a word": (200, {"success": False}),
    "a failure in a sentence": (200, {"success": False, "message": "Something went wrong"}),
    "an empty object": (200, {}),
    "a yes without its credits": (200, {"success": True, "enrichment_type": "FIND_EMAIL"}),
    "a yes to something else": (
        200,
        {
            "success": True,
            "enrichment_type": "FIND_PHONE",
            "enriched_count": 1,
            "credits_deducted": 30,
        },
    ),
    "a 400 in no known envelope": (400, {"detail": "Bad request"}),
    "a 400 by field": (400, {"prospect_limit": ["Too many."]}),
    "a conflict": (409, {"error": "Enrichment already in progress"}),
    "a payment required": (402, {"error": "insufficient_credits"}),
    "a 404 in no known envelope": (404, ["nothing"]),
    "a redirect": (307, {}),
}


@pytest.mark.parametrize(("code", "body"), ODD.values(), ids=ODD)
def test_an_answer_that_no_document_knows_leaves_a_doubt_and_never_a_second_purchase(
    rig: Rig, impatient: float, code: int, body: object
) -> None:
    ask(rig)
    rig.answer(code, body, path=BUY, times=100)
    with rig.app() as engine:
        buy(rig, engine)
        assert (state(rig), says(rig)) == ("in_doubt", UNSURE)
        recover(rig, engine)
    assert (state(rig), says(rig)) == ("parked", PARKED)
    assert rig.totals() == {"settled": 0, "reserved": 3}
    assert rig.world.journal.count(call="spend") == 1


@pytest.mark.parametrize(
    ("count", "credits", "reserved"), [(1, 6, 0), (2, 6, 0), (1, 0, 0), (0, 3, 0)]
)
def test_sums_that_do_not_add_up_are_booked_as_told_and_stop_all_buying(
    rig: Rig, impatient: float, count: int, credits: int, reserved: int
) -> None:
    ask(rig)
    yes = {"success": True, "enrichment_type": "FIND_EMAIL", "remaining_credits": 50}
    rig.answer(200, {**yes, "enriched_count": count, "credits_deducted": credits}, path=BUY)
    with rig.app() as engine:
        log = buy(rig, engine)
        assert rig.totals() == {"settled": credits, "reserved": reserved}
        [alarm] = [e for e in log if e["event"] == STOPPED]
        assert alarm["log_level"] == "error"
        another = rig.person(email="late@found.example")
        rig.ask((another, "Email"), first=2)
        rig.cycle(engine)
        rig.cycle(engine)
        assert rig.column("Status")[1] == status.HOLD_HALTED
    assert rig.world.journal.count(call="spend") == 1


# --- a lost answer ------------------------------------------------------------------------------


class Lost(NamedTuple):
    """A fault on the purchase, whether the vendor sold all the same, and what is known then."""

    fault: dict[str, Any]
    sold: bool
    state: str = "in_doubt"
    note: str = ""


LOST = {
    "dropped before it was read": Lost({"kind": "drop_before"}, False, note="no answer"),
    "dropped after the sale": Lost({"kind": "drop_after"}, True, note="no answer"),
    "cut in the middle": Lost({"kind": "truncated"}, True, note="no answer"),
    "half of the JSON": Lost({"kind": "bad_json"}, True, note="answered oddly"),
    "begun too late": Lost({"kind": "slow", "seconds": LATE}, True, note="ReadTimeout"),
    "answered too late": Lost({"kind": "slow_after", "seconds": LATE}, True, note="ReadTimeout"),
    "in small pieces": Lost({"kind": "trickle", "seconds": 0.2}, True, "accepted"),
    "a little slow": Lost({"kind": "slow", "seconds": 0.1}, True, "accepted"),
    "turned away at the door": Lost({"kind": "429"}, False, "list_ready", "rate limit"),
    "an unauthorized": Lost({"kind": "unauthorized_once"}, False, "list_ready", "refuses the key"),
    **{
        f"{kind}, {'sold' if sold else 'not sold'}": Lost(
            {"kind": kind, "applied": sold},
            sold,
            note="answered oddly" if kind == "html200" else f"status {kind.removeprefix('html')}",
        )
        for kind in ("500", "503", "html502", "504", "html200")
        for sold in (False, True)
    },
}
UNSOLD = {name: lost for name, lost in LOST.items() if lost.state == "in_doubt" and not lost.sold}
WARNED = {"warning", "error"}


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST)
def test_after_a_fault_the_row_the_ledger_and_the_log_agree_on_what_is_known(
    rig: Rig, impatient: float, lost: Lost
) -> None:
    ask(rig)
    rig.world.faults.add(**lost.fault, **POST)
    with rig.app() as engine:
        log = buy(rig, engine)
    assert state(rig) == lost.state
    assert lost.note in rig.batches()[-1].note
    check_money(rig)
    steps = [e for e in log if e["event"] == "batch"]
    assert steps[-1]["state"] == lost.state
    if lost.state == "in_doubt":
        assert says(rig) == UNSURE
        assert rig.totals() == {"settled": 0, "reserved": 3}
        assert steps[-1]["log_level"] in WARNED
    elif lost.state == "accepted":
        assert says(rig).startswith("Searching for the email since ")
        assert rig.totals() == {"settled": 3, "reserved": 0}
    else:
        assert rig.totals() == {"settled": 0, "reserved": 3}


@pytest.mark.parametrize("lost", [one for one in LOST.values() if one.sold])
def test_what_was_sold_arrives_however_its_answer_was_lost(
    rig: Rig, impatient: float, lost: Lost
) -> None:
    ask(rig)
    rig.world.faults.add(**lost.fault, **POST)
    with rig.app() as engine:
        buy(rig, engine)
        wait_until_sold(rig)
        recover(rig, engine)
    check_delivered(rig, spends=1)


@pytest.mark.parametrize("lost", [one for one in LOST.values() if one.state == "list_ready"])
def test_what_was_certainly_not_sold_is_bought_by_itself_later(
    rig: Rig, impatient: float, lost: Lost
) -> None:
    ask(rig)
    rig.world.faults.add(**lost.fault, **POST)
    with rig.app() as engine:
        buy(rig, engine)
        recover(rig, engine)
    check_delivered(rig, spends=2)


@pytest.mark.parametrize("lost", UNSOLD.values(), ids=UNSOLD)
def test_what_may_have_been_sold_waits_for_a_human_and_is_bought_only_after_a_no(
    rig: Rig, impatient: float, lost: Lost
) -> None:
    ask(rig)
    rig.world.faults.add(**lost.fault, **POST)
    with rig.app() as engine:
        buy(rig, engine)
        with capture_logs() as log:
            recover(rig, engine)
        assert (state(rig), says(rig)) == ("parked", PARKED)
        assert rig.world.journal.count(call="spend") == 1
        parked = next(e for e in log if e.get("state") == BatchState.PARKED)
        assert parked["log_level"] in WARNED
    check_money(rig)
    resolve(rig, "--not-paid")
    rig.run()
    check_delivered(rig, spends=2)


def wait_until_sold(rig: Rig) -> None:
    deadline = time.monotonic() + 10
    while not rig.seleqt.meter.charged() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert rig.seleqt.meter.charged() == 3


def resolve(rig: Rig, said: str) -> None:
    [doubted] = [b for b in rig.batches() if b.state in {"in_doubt", "parked"}]
    command(rig, "resolve", doubted.id, said)


def command(rig: Rig, *words: str) -> str:
    """Run ``syncd batches``, and return what it says."""
    config = str(rig.folder / "config.toml")
    answer = CliRunner().invoke(cli.app, ["batches", *words, "--config", config])
    assert answer.exit_code == 0, answer.output
    return answer.output


# --- doubt --------------------------------------------------------------------------------------

SHORT = {"buying": 'ask_first = []\nsettle_after = "0s"\ndoubt_for = "1m"'}


def doubt_a_miss(rig: Rig, engine: Engine) -> None:
    """Buy for somebody whose address cannot be found, and lose the answer."""
    rig.ask((rig.person(), "Email"))
    rig.world.faults.add("drop_after", **POST)
    buy(rig, engine)
    assert state(rig) == "in_doubt"


def test_nothing_else_is_bought_while_a_purchase_is_in_doubt(rig: Rig, impatient: float) -> None:
    with rig.app(**SHORT) as engine:
        doubt_a_miss(rig, engine)
        other = rig.person(email="other@found.example")
        rig.ask((other, "Email"), first=2)
        for _ in range(3):
            rig.hurry()
            rig.cycle(engine)
        assert rig.column("Status") == [UNSURE, status.HOLD_DOUBT]
        assert rig.world.journal.count(call="spend") == 1
        rig.ahead += timedelta(minutes=2)  # the doubt goes to a human, who may take his time
        recover(rig, engine)
        assert rig.column("Status") == [PARKED, FOUND]
    check_money(rig)
    assert rig.totals() == {"settled": 3, "reserved": 3}


def test_a_batch_of_misses_looks_untouched_so_it_is_parked_and_stays_booked(
    rig: Rig, impatient: float
) -> None:
    with rig.app(**SHORT) as engine:
        doubt_a_miss(rig, engine)
        recover(rig, engine)
        rig.ahead += timedelta(days=30)  # no age releases it
        recover(rig, engine)
    assert (state(rig), says(rig)) == ("parked", PARKED)
    assert rig.totals() == {"settled": 0, "reserved": 3}
    assert rig.seleqt.meter.charged() == 3


def test_a_human_who_says_paid_settles_it_and_the_miss_is_remembered(
    rig: Rig, impatient: float
) -> None:
    with rig.app(**SHORT) as engine:
        doubt_a_miss(rig, engine)
        recover(rig, engine)
    resolve(rig, "--paid")
    rig.run(**SHORT)
    assert (state(rig), rig.totals()) == ("settled", {"settled": 3, "reserved": 0})
    assert says(rig).startswith("No email found (3 credits, ")
    assert rig.world.journal.count(call="spend") == 1
    check_money(rig)


def test_a_parked_batch_is_still_looked_at_and_a_late_result_ends_it(
    rig: Rig, impatient: float
) -> None:
    person = ask(rig)
    rig.world.faults.add("drop_before", **POST)
    with rig.app(**SHORT) as engine:
        buy(rig, engine)
        recover(rig, engine)
        assert state(rig) == "parked"
        [batch] = rig.batches()
        with rig.world.lock:  # the request was on its way all the time
            assert batch.list_id is not None
            lead_list = rig.seleqt.catalogue.lists[batch.list_id]
            sell(rig, lead_list, person)
        recover(rig, engine)
    check_delivered(rig, spends=1)


def sell(rig: Rig, lead_list: Any, person: int) -> None:
    assert lead_list.ids == [person]
    order = Order(
        list=lead_list, account=rig.seleqt.account, key="late", kind=Kind.EMAIL, filters={}
    )
    rig.seleqt.enrichment.start(order, rig.seleqt.now)


@pytest.mark.parametrize("batch", ["nonsense", ""])
def test_only_a_batch_in_doubt_can_be_resolved(rig: Rig, impatient: float, batch: str) -> None:
    ask(rig)
    rig.run()
    name = batch or rig.batches()[0].id
    words = ["batches", "resolve", name, "--paid", "--config", str(rig.folder / "config.toml")]
    answer = CliRunner().invoke(cli.app, words)
    assert "There is no batch" in str(answer.exception)
    assert rig.totals() == {"settled": 3, "reserved": 0}


def test_a_ledger_that_cannot_record_the_sale_stops_the_daemon_and_the_next_start_looks_it_up(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    with rig.app() as engine:
        rig.cycle(engine)
        rig.world.after(
            lambda request: request.path.endswith("/enrichment/"),
            lambda: engine._ledger._db.execute("PRAGMA query_only = ON"),  # a disk gone bad
        )
        with pytest.raises(LedgerError):
            rig.cycle(engine)
    assert (state(rig), rig.seleqt.meter.charged()) == ("submitting", 3)
    with rig.app() as engine:
        rig.cycle(engine)
        assert state(rig) == "in_doubt"
        recover(rig, engine)
    check_delivered(rig, spends=1)


# --- the free calls -----------------------------------------------------------------------------

FREE = (r"/lead-lists/$", r"/add-leads/$", r"/leads/\?", r"/enrichment/count/")
KINDS: dict[str, dict[str, Any]] = {
    "drop_before": {},
    "drop_after": {},
    "500": {},
    "503": {"applied": True},
    "html502": {"applied": True},
    "504": {},
    "html200": {},
    "truncated": {},
    "bad_json": {},
    "slow": {"seconds": LATE},
    "trickle": {"seconds": 0.1},
    "429": {},
    "unauthorized_once": {},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_on_each_free_call_before_a_purchase_costs_nothing_but_time(
    rig: Rig, impatient: float, kind: str
) -> None:
    ask(rig)
    for path in FREE:
        rig.world.faults.add(kind, vendor="seleqt", path=path, **KINDS[kind])
    with rig.app() as engine:
        for _ in range(3):
            rig.cycle(engine)
            check_money(rig)
        recover(rig, engine)
    assert all(rule["fired"] for rule in rig.world.faults.describe())
    check_delivered(rig, spends=1)


def test_a_list_whose_creation_was_not_learned_of_is_found_again_by_its_name(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    rig.world.faults.add("drop_after", vendor="seleqt", path=r"/lead-lists/$")
    with rig.app() as engine:
        rig.cycle(engine)
        rig.cycle(engine)
        for _ in range(4):
            rig.ahead += timedelta(minutes=1)
            rig.hurry()
            rig.cycle(engine)
    check_delivered(rig, spends=1)
    assert len(rig.seleqt.catalogue.lists) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_on_every_poll_delays_the_result_and_the_row_goes_on_searching(
    rig: Rig, impatient: float, kind: str
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        facts = {**KINDS[kind], "seconds": LATE if kind == "slow" else 0.1}
        rig.world.faults.add(kind, vendor="seleqt", path=r"/leads/\?", next=3, **facts)
        rig.hurry()
        with capture_logs() as log:
            rig.cycle(engine)
        assert says(rig).startswith("Searching for the email since ")
        assert rig.totals() == {"settled": 3, "reserved": 0}
        logged = {e["event"]: e["log_level"] for e in log}
        if kind == "unauthorized_once":
            assert logged["key_refused"] == "error"
        elif kind != "trickle":
            assert logged["seleqt_unavailable"] == "warning"
        rig.world.faults.clear()
        recover(rig, engine)
    check_delivered(rig, spends=1)


def test_a_vendor_that_is_away_holds_new_purchases_and_says_so(rig: Rig, impatient: float) -> None:
    ask(rig)
    rig.world.faults.add("503", vendor="seleqt", next=500)
    with rig.app() as engine, capture_logs() as log:
        rig.cycle(engine)
        rig.cycle(engine)
        other = rig.person(email="other@found.example")
        rig.ask((other, "Email"), first=2)
        for _ in range(3):
            rig.cycle(engine)
        assert rig.column("Status")[1] == status.HOLD_VENDOR
        assert any(e["event"] == "seleqt_unavailable" for e in log)
        rig.world.faults.clear()
        recover(rig, engine)
    assert rig.column("Email") == ["p0@found.example", "other@found.example"]
    check_money(rig)
    assert rig.totals() == {"settled": 6, "reserved": 0}


# --- an answer that breaks the contract -----------------------------------------------------------

SECRET = "ada.lovelace@private.example"
YES = {"success": True, "enrichment_type": "FIND_EMAIL", "remaining_credits": 50}
BROKEN: dict[str, tuple[str, dict[str, object]]] = {
    "no credits": ("POST .*" + BUY, {**YES, "enriched_count": 1, "email": SECRET}),
    "credits as text": (
        "POST .*" + BUY,
        {**YES, "enriched_count": 1, "credits_deducted": "3", SECRET: "+12025550123"},
    ),
    "more than the price": (
        "POST .*" + BUY,
        {**YES, "enriched_count": 1, "credits_deducted": 6, "phone": 12025550123, "to": SECRET},
    ),
    "more people than were sent": (
        "POST .*" + BUY,
        {**YES, "enriched_count": 2, "credits_deducted": 6, "people": [{"email": SECRET}]},
    ),
    "a count without its number": (r"GET .*/count/", {"total_cost": 3, "note": SECRET}),
    "a count at another price": (
        r"GET .*/count/",
        {"unenriched_count": 1, "total_cost": 5, "available_credits": 90, "note": SECRET},
    ),
}


@pytest.mark.parametrize(("path", "body"), BROKEN.values(), ids=BROKEN)
def test_a_broken_contract_stops_spending_keeps_its_evidence_and_deliveries_go_on(
    rig: Rig, impatient: float, path: str, body: dict[str, object]
) -> None:
    [known] = rig.people(1)
    rig.ask((known, "Email"))
    rig.run()
    another = rig.person(email="late@found.example")
    rig.ask((another, "Email"), first=2)
    rig.answer(200, body, path=path, times=9)
    with rig.app() as engine:
        while not is_halted(rig):
            rig.cycle(engine)
        spent = rig.world.journal.count(call="spend")
        rig.ask((known, "Email"), (rig.person(), "Email"), first=3)
        recover(rig, engine)
        assert rig.world.journal.count(call="spend") == spent
        assert rig.column("Email")[2] == "p0@found.example"  # deliveries go on
        assert rig.column("Status")[3] == status.HOLD_HALTED
    batch = rig.batches()[-1].id
    told = command(rig, "list")
    assert f"Buying is stopped: batch {batch}: " in told
    story = json.loads(command(rig, "show", batch, "--json"))
    [exhibit, *_] = story["evidence"]
    assert set(json.loads(exhibit["answer"])) >= body.keys() - {SECRET}
    for secret in (SECRET, "12025550123", rig.key):
        assert secret not in json.dumps(story) + command(rig, "show", batch)
    with rig.ledger() as ledger:
        assert SECRET not in "\n".join(ledger._db.conn.iterdump())
    command(rig, "resume")
    assert "Buying is stopped" not in command(rig, "list")


def test_show_tells_the_whole_story_of_a_purchase(rig: Rig, impatient: float) -> None:
    with rig.app(**SHORT) as engine:
        doubt_a_miss(rig, engine)
        recover(rig, engine)
    [batch] = rig.batches()
    told = command(rig, "show", batch.id)
    assert f"Batch {batch.id}: email, 1 people, parked" in told
    assert "asked for by  “Leads” of “Sales”" in told
    assert f"syncd batches resolve {batch.id} --paid (or --not-paid)" in told
    for event in ("list ready", "submitting", "in doubt: no answer", "parked: no answer"):
        assert event in told
    assert "reserve 3 on " in told
    assert "1 waiting (free): 1001" in told
    story = json.loads(command(rig, "show", batch.id, "--json"))
    assert (story["state"], story["reserved"], story["list"]) == ("parked", 3, batch.name)
    listed = json.loads(command(rig, "list", "--json"))
    assert [one["id"] for one in listed["batches"]] == [batch.id]
    assert listed["halted"] == ""
    resolve(rig, "--paid")
    rig.run(**SHORT)
    assert command(rig, "list") == "No batch is open.\n"
    assert batch.id in command(rig, "list", "--all")


def test_show_knows_no_other_batch(rig: Rig, impatient: float) -> None:
    ask(rig)
    rig.run()
    words = ["batches", "show", "nonsense", "--config", str(rig.folder / "config.toml")]
    answer = CliRunner().invoke(cli.app, words)
    assert "There is no batch nonsense" in str(answer.exception)
