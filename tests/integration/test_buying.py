"""Other people buy from the same account, lists vanish, answers trickle: who pays for what then?

The vendor's meter is the judge, as everywhere: nobody is bought twice, nobody is bought who was not
planned, and what was taken is what the ledger has settled and still holds booked.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from rig import Rig, lead, request
from structlog.testing import capture_logs

from syncd.core import status
from syncd.core.model import Kind
from syncd.engine import Engine
from syncd.errors import LedgerError, OutcomeUnknown, SeleqtUnavailable
from syncd.pace import Pace
from syncd.sandbox.seleqt import enrichment
from syncd.sandbox.seleqt.prospects import Kind as Sold
from syncd.sandbox.wire import Request
from syncd.seleqt import Order, Seleqt

BUY = r"POST .*/enrichment/$"
IN_PLACE = {"buying": 'ask_first = []\nsettle_after = "0s"\npurchasing = "in-place"'}
SLOWLY = {"first_result_seconds": 3600.0}  # by the sandbox's clock: nothing arrives by itself
LEFT_OUT = status.LEFT_OUT.format(what="email")
FOUND = status.FOUND.format(what="email")
FREE = status.FOUND_FREE.format(what="email")


def is_purchase(request: Request) -> bool:
    return request.method == "POST" and request.path.endswith("/enrichment/")


def search_outside(rig: Rig, *people: int) -> None:
    """Let somebody buy those people in Seleqt's own page."""
    with rig.world.lock:
        lead_list = rig.seleqt.add_list("theirs", ids=people)
        order = enrichment.Order(
            list=lead_list,
            account=rig.seleqt.account,
            key="",
            kind=Sold.EMAIL,
            filters={},
            cause="outside enrichment",
        )
        rig.seleqt.enrichment.start(order, rig.seleqt.clock.now())


def finish_searches(rig: Rig) -> None:
    """Let everything that the vendor searches for come to its end now."""
    with rig.world.lock:
        rig.seleqt.enrichment.advance(rig.seleqt.clock.now() + timedelta(days=1))


def let_pass(rig: Rig, engine: Engine, minutes: float, *, steps: int = 4) -> None:
    """Cycle through a time of syncd's clock, with no batch waiting for its next look."""
    for _ in range(steps):
        rig.ahead += timedelta(minutes=minutes / steps)
        rig.hurry()
        rig.cycle(engine)


def sold(rig: Rig) -> list[tuple[int, ...]]:
    return [c.prospect_ids for c in rig.seleqt.meter.charges if c.cause == "enrichment"]


def check_money(rig: Rig) -> None:
    assert rig.seleqt.meter.bought_twice() == {}
    assert rig.seleqt.audit() == []
    totals = rig.totals()
    assert rig.seleqt.meter.charged() == totals["settled"] + totals["reserved"]


def states(rig: Rig) -> list[str]:
    return [batch.state.value for batch in rig.batches()]


# --- in place -----------------------------------------------------------------------------------


@pytest.fixture
def slow(rig: Rig) -> Rig:
    rig.seleqt.knobs.change(**SLOWLY)
    return rig


def ask_for(rig: Rig, people: list[int], most: int) -> int:
    """Ask for the first people of a user's own list, and return the list's number."""
    lead_list = rig.seleqt.add_list("Autumn", ids=people)
    row = request(**{"Lead list": "Autumn", "Find": "Email", "Max leads": most, "Start": True})
    rig.fill(rig.requests, [row], first=1)
    return int(lead_list.id)


def test_in_place_the_chosen_are_bought_off_the_users_own_list_and_nobody_else(rig: Rig) -> None:
    people = rig.people(5)
    ask_for(rig, people, most=3)
    rig.run(**IN_PLACE)
    assert sold(rig) == [tuple(people[:3])]
    assert len(rig.seleqt.catalogue.lists) == 1
    assert sum(said == FOUND for said in rig.column("Status")) == 3
    check_money(rig)


def test_a_purchase_that_waits_out_a_rate_limit_looks_at_the_users_list_again(
    slow: Rig, impatient: float
) -> None:
    first, second, third = slow.people(3)
    ask_for(slow, [first, second, third], most=2)
    slow.answer(429, {"error": "Rate limit exceeded"}, path=BUY)
    with slow.app(**IN_PLACE) as engine:
        for _ in range(4):
            slow.cycle(engine)
        assert states(slow) == ["list_ready"]
        search_outside(slow, first)  # the vendor would skip this one, and take the third instead
        let_pass(slow, engine, 2, steps=2)
        assert sold(slow) == []
        finish_searches(slow)
        let_pass(slow, engine, 4)
        assert sold(slow) == [(second,)]
        finish_searches(slow)
        slow.settle(engine)
    assert slow.by_prospect("Email")[str(first)] == ["p0@found.example"]
    said = slow.by_prospect("Status")
    assert [said[str(person)] for person in (first, second, third)] == [[FREE], [FOUND], [""]]
    check_money(slow)


def test_one_who_was_found_meanwhile_makes_the_purchase_in_place_smaller(
    rig: Rig, impatient: float
) -> None:
    first, second, third = rig.people(3)
    ask_for(rig, [first, second, third], most=2)
    rig.answer(429, {"error": "Rate limit exceeded"}, path=BUY)
    with rig.app(**IN_PLACE) as engine:
        for _ in range(4):
            rig.cycle(engine)
        assert states(rig) == ["list_ready"]
        search_outside(rig, first)
        finish_searches(rig)
        let_pass(rig, engine, 4)
        rig.settle(engine)
    assert sold(rig) == [(second,)]
    check_money(rig)


def test_a_long_search_of_somebody_else_on_the_list_is_waited_out(slow: Rig) -> None:
    first, second = slow.people(2)
    search_outside(slow, first)
    ask_for(slow, [first, second], most=2)
    with slow.app(**IN_PLACE) as engine:
        let_pass(slow, engine, 5, steps=10)
        assert slow.column("Status", slow.requests) == [status.HOLD_BUSY]
        assert len(slow.batches()) == 1
        finish_searches(slow)
        let_pass(slow, engine, 15, steps=5)
        finish_searches(slow)
        let_pass(slow, engine, 5, steps=3)
    assert sold(slow) == [(second,)]
    assert slow.column("Email") == ["p0@found.example", "p1@found.example"]
    check_money(slow)


def test_where_the_vendor_takes_others_off_the_list_all_buying_stops(slow: Rig) -> None:
    first, second = slow.people(2)
    ask_for(slow, [first, second], most=1)
    slow.world.before(is_purchase, lambda: search_outside(slow, first))  # after our last look
    with slow.app(**IN_PLACE) as engine, capture_logs() as log:
        for _ in range(4):
            slow.cycle(engine)
        assert sold(slow) == [(second,)]
        let_pass(slow, engine, 1)
    [stopped] = [e for e in log if e["event"] == "buying_stopped"]
    assert "1 others" in stopped["reason"]  # the planned one shows a search, too: somebody else's
    with slow.ledger() as ledger:
        assert ledger.accounts.get("default").halted


def test_a_list_that_the_vendor_counts_otherwise_stops_its_request_and_costs_nothing(
    rig: Rig,
) -> None:
    rig.seleqt.knobs.change(reselect_misses="remembered")
    missed, *people = [rig.person(), *rig.people(3)]
    search_outside(rig, missed)
    finish_searches(rig)
    ask_for(rig, [*people, missed], most=2)
    with rig.app(**IN_PLACE) as engine:
        let_pass(rig, engine, 5, steps=8)
        opened = len(rig.batches())
        let_pass(rig, engine, 120, steps=12)
    assert sold(rig) == []
    assert opened == len(rig.batches()) == 1
    assert status.HOLD_IN_PLACE in rig.column("Status", rig.requests)
    assert rig.totals() == {"settled": 0, "reserved": 0}


# --- other buyers -------------------------------------------------------------------------------


def test_a_person_somebody_else_is_searching_for_is_awaited_and_costs_nothing(slow: Rig) -> None:
    [person] = slow.people(1)
    search_outside(slow, person)
    slow.ask((person, "Email"))
    with slow.app() as engine:
        let_pass(slow, engine, 60, steps=8)
        assert slow.column("Status")[0].startswith("Searching for the email since ")
        finish_searches(slow)
        let_pass(slow, engine, 1)
    assert (slow.column("Email"), slow.column("Status")) == (["p0@found.example"], [FREE])
    assert len(slow.batches()) == 1
    assert slow.totals() == {"settled": 0, "reserved": 0}
    assert sold(slow) == []


def test_a_worksheet_is_not_silenced_while_somebody_elses_search_is_awaited(slow: Rig) -> None:
    awaited, *people = slow.people(8)
    search_outside(slow, awaited)
    slow.ask((awaited, "Email"))
    with slow.app() as engine:
        let_pass(slow, engine, 1)
        slow.ask(*[(p, "Email") for p in people], first=2)
        let_pass(slow, engine, 1)
    assert [len(one) for one in sold(slow)] == [5]


def test_a_value_that_arrives_after_a_second_search_is_shown_and_not_taken_for_a_miss(
    slow: Rig,
) -> None:
    slow.seleqt.knobs.change(reselect_loading="yes")
    people = slow.people(3)
    search_outside(slow, people[0])
    slow.ask(*[(p, "Email") for p in people])
    with slow.app() as engine:
        let_pass(slow, engine, 30)
        finish_searches(slow)
        let_pass(slow, engine, 10)
    assert slow.column("Email") == [f"p{n}@found.example" for n in range(3)]
    check_money(slow)


def test_a_purchase_of_which_the_vendor_takes_nobody_is_no_miss_and_is_tried_again_later(
    slow: Rig,
) -> None:
    slow.seleqt.knobs.change(reselect_loading="zero")
    people = slow.people(3)
    search_outside(slow, people[0])
    slow.ask(*[(p, "Email") for p in people])
    with slow.app() as engine:
        let_pass(slow, engine, 30, steps=10)
        assert slow.column("Status")[1:] == [LEFT_OUT, LEFT_OUT]
        assert slow.column("Credits")[1:] == ["0", "0"]
        assert slow.requests_made("seleqt", "spend") == 1  # and not again in every cycle
        finish_searches(slow)
        let_pass(slow, engine, 70, steps=10)
        finish_searches(slow)
        let_pass(slow, engine, 10)
    assert slow.column("Email") == [f"p{n}@found.example" for n in range(3)]
    assert sold(slow) == [tuple(people[1:])]
    check_money(slow)


def test_a_person_the_vendor_will_not_sell_is_asked_about_ever_more_rarely(rig: Rig) -> None:
    rig.seleqt.knobs.change(reselect_misses="remembered")
    person = rig.person()
    search_outside(rig, person)
    finish_searches(rig)
    rig.ask((person, "Email"))
    with rig.app() as engine:
        for _ in range(8):
            let_pass(rig, engine, 10)
        assert (rig.column("Status"), len(rig.batches())) == ([LEFT_OUT], 2)
        for _ in range(60):
            let_pass(rig, engine, 12 * 60, steps=3)
    assert len(rig.batches()) <= 10
    assert rig.totals() == {"settled": 0, "reserved": 0}
    assert sold(rig) == []


def test_a_first_batch_that_bought_nobody_proves_nothing(rig: Rig) -> None:
    unknown = [(900_000 + number, "Email") for number in range(5)]
    rig.ask(*unknown, *[(person, "Email") for person in rig.people(30)])
    rig.run()
    assert [len(people) for people in sold(rig)] == [5, 25]
    check_money(rig)


# --- lists that are gone, and refusals ----------------------------------------------------------


def delete_lists(rig: Rig) -> None:
    with rig.world.lock:
        for number in list(rig.seleqt.catalogue.lists):
            rig.seleqt.delete_list(number)


def test_a_list_deleted_under_a_purchase_stops_nothing_and_the_person_is_bought_on_a_new_one(
    rig: Rig,
) -> None:
    rig.ask(*[(person, "Email") for person in rig.people(1)])
    rig.world.before(is_purchase, lambda: delete_lists(rig))
    with capture_logs() as log:
        rig.run()
    assert states(rig) == ["refused", "settled"]
    assert not [e for e in log if e["event"] == "buying_stopped"]
    assert rig.column("Status") == [FOUND]
    check_money(rig)


def test_a_users_list_that_is_gone_stops_its_request_alone(rig: Rig) -> None:
    people = rig.people(2)
    number = ask_for(rig, people[:1], most=1)
    rig.world.before(is_purchase, lambda: delete_lists(rig))
    with rig.app(**IN_PLACE) as engine:
        let_pass(rig, engine, 8, steps=8)
        rig.fill(rig.leads, [lead(**{"Prospect ID": people[1], "Find": "Email"})], first=3)
        rig.settle(engine)
    [said] = rig.column("Status", rig.requests)
    assert said == status.REQUEST_NO_LIST.format(lead_list=number)
    assert sold(rig) == [(people[1],)]
    check_money(rig)


def test_people_bought_by_somebody_else_at_the_last_moment_stop_nothing(slow: Rig) -> None:
    slow.seleqt.knobs.change(nothing_to_enrich="refused")
    [person] = slow.people(1)
    slow.ask((person, "Email"))
    slow.world.before(is_purchase, lambda: search_outside(slow, person))
    with slow.app() as engine:
        let_pass(slow, engine, 1)
        assert states(slow)[0] == "refused"
        let_pass(slow, engine, 1)
        finish_searches(slow)
        let_pass(slow, engine, 1)
    assert slow.column("Status") == [FREE]
    assert slow.totals() == {"settled": 0, "reserved": 0}


# --- the balance --------------------------------------------------------------------------------


@pytest.mark.parametrize("left", ["a list of people", "a list of companies", "nothing"])
def test_a_top_up_is_noticed_although_our_lists_were_tidied_away(rig: Rig, left: str) -> None:
    rig.seleqt.spend(rig.seleqt.balance - 3)
    rig.ask(*[(person, "Email") for person in rig.people(2)])
    rig.run()
    assert rig.column("Status") == [FOUND, status.WAITING["floor"]]
    delete_lists(rig)
    if left != "nothing":
        rig.seleqt.add_list("theirs", "PEOPLE" if "people" in left else "COMPANY")
    rig.seleqt.top_up(1000)
    with rig.app() as engine:
        let_pass(rig, engine, 30, steps=6)
        rig.settle(engine)
    assert rig.column("Status") == [FOUND, FOUND]
    assert sum(one.name.startswith("syncd-balance") for one in lists(rig)) == (left != LEFT)
    check_money(rig)


LEFT = "a list of people"


def lists(rig: Rig) -> list[Any]:
    return list(rig.seleqt.catalogue.lists.values())


# --- holds --------------------------------------------------------------------------------------


def test_rows_say_no_longer_that_the_key_is_refused_as_soon_as_it_works_again(rig: Rig) -> None:
    rig.ask(*[(person, "Email") for person in rig.people(1)])
    keys = dict(rig.seleqt.accounts.keys)
    rig.seleqt.accounts.keys.clear()
    with rig.app() as engine:
        for _ in range(20):
            rig.ahead += timedelta(minutes=1)
            rig.cycle(engine)
        assert rig.column("Status") == [status.HOLD_KEY]
        rig.seleqt.accounts.keys.update(keys)
        rig.ahead += timedelta(minutes=1)
        rig.cycle(engine)
        assert rig.column("Status") != [status.HOLD_KEY]


def crash_in_the_purchase(rig: Rig, engine: Engine) -> None:
    rig.cycle(engine)
    rig.world.after(
        lambda request: request.path.endswith("/enrichment/"),
        lambda: engine._ledger._db.execute("PRAGMA query_only = ON"),  # a disk gone bad
    )
    with pytest.raises(LedgerError):
        rig.cycle(engine)
    assert states(rig) == ["submitting"]


def test_after_a_crash_in_a_purchase_nothing_is_bought_before_it_was_doubted(rig: Rig) -> None:
    other = rig.add_book()
    rig.ask(*[(person, "Email") for person in rig.people(1)])
    with rig.engines() as engines:
        crash_in_the_purchase(rig, engines[0])
    rig.ask(*[(person, "Email") for person in rig.people(1)], worksheet=other)
    with rig.engines() as (first, second):
        for _ in range(3):
            second.cycle()  # the other spreadsheet is the first to run after the start
        assert rig.column("Status", other) == [status.HOLD_DOUBT]
        assert rig.requests_made("seleqt", "spend") == 1
        first.cycle()
        assert states(rig) == ["in_doubt"]
        let_pass(rig, first, 1)
        rig.settle(second)
    assert [*rig.column("Status"), *rig.column("Status", other)] == [FOUND, FOUND]
    check_money(rig)


def test_a_purchase_under_way_elsewhere_is_no_doubt(rig: Rig) -> None:
    rig.add_book()
    rig.ask(*[(person, "Email") for person in rig.people(1)])
    held: list[str] = []
    with rig.engines() as (first, second):
        rig.world.before(is_purchase, lambda: held.append(second._standing.hold()))
        rig.settle(first)
    assert held == [""]


# --- late looks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["async", "sync"])
@pytest.mark.parametrize("hours", [0.5, 20])
def test_a_value_that_comes_after_a_paid_miss_is_still_delivered(
    rig: Rig, hours: float, mode: str
) -> None:
    person = rig.person()
    rig.ask((person, "Email"))
    key = f'key = {{ file = "seleqt.key" }}\nbase_url = "BASE/api/v1"\nmode = "{mode}"'
    with rig.app(seleqt=f"{key}\nrequests_per_minute = 0") as engine:
        rig.settle(engine)
        assert rig.column("Status")[0].startswith("No email found (3 credits, ")
        rig.ahead += timedelta(hours=hours)
        rig.cycle(engine)
        with rig.world.lock:
            [lead_list] = lists(rig)
            record = rig.seleqt.catalogue.record(lead_list, person)
            record.start(Sold.EMAIL.column)
            record.finish(Sold.EMAIL, "late@found.example")
        rig.ahead += timedelta(hours=hours)
        rig.cycle(engine)
        rig.cycle(engine)
    assert rig.column("Email") == ["late@found.example"]
    assert (rig.column("Status"), rig.column("Credits")) == ([FOUND], ["3"])
    check_money(rig)


def test_a_paid_miss_is_looked_at_twice_more_and_then_left_alone(rig: Rig) -> None:
    rig.ask((rig.person(), "Email"), *[(person, "Email") for person in rig.people(1)])
    with rig.app() as engine:
        rig.settle(engine)
        since, asked = rig.mark, []
        for _ in range(50):
            rig.ahead += timedelta(hours=1)
            rig.cycle(engine)
            asked.append(rig.requests_made("seleqt", since=since))
    assert (asked[0], asked[20], asked[-1]) == (1, 1, 2)


def test_a_late_look_at_a_list_that_is_gone_ends_quietly(rig: Rig) -> None:
    rig.ask((rig.person(), "Email"))
    with rig.app() as engine:
        rig.settle(engine)
        delete_lists(rig)
        since = rig.mark
        for _ in range(50):
            rig.ahead += timedelta(hours=1)
            rig.cycle(engine)
    assert rig.requests_made("seleqt", since=since) == 2
    assert states(rig) == ["settled"]


# --- answers that trickle -----------------------------------------------------------------------


@pytest.fixture
def dripping() -> Iterator[str]:
    """A vendor whose answers come a byte at a time and never end."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def drip(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not over.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=drip, args=[connection], daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield f"http://127.0.0.1:{server.getsockname()[1]}/api/v1"
    over.set()
    server.close()


def test_an_answer_that_trickles_ends_with_the_time_out_of_the_whole(dripping: str) -> None:
    began = time.monotonic()
    with Seleqt(
        base_url=dripping,
        key=SecretStr("aaaa1111.secret"),
        pace=Pace(0),
        read_timeout=0.2,
        buy_timeout=0.2,
    ) as vendor:
        with pytest.raises(OutcomeUnknown, match="ReadTimeout"):
            vendor.enrich(1, Order(kind=Kind.EMAIL, limit=1))
        with pytest.raises(SeleqtUnavailable, match="ReadTimeout"):
            vendor.probe()
    assert time.monotonic() - began < 5
