"""Never exceed a cap: rows wait and say so, and the vendor's meter is the judge."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rig import Rig, request

from syncd.core import status
from syncd.core.credits import Cap
from syncd.engine.buying import Buyer
from syncd.sandbox.clock import VirtualClock

BERLIN = 'time_zone = "Europe/Berlin"\n'
OPEN = f"{BERLIN}per_day = 5000\nper_month = 20000"
EVENING = datetime(2026, 11, 23, 22, 58, tzinfo=UTC)  # 23:58 in Berlin
FOUND = ("Found the email.", "Found the phone.")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, balance=1000) as made:
        yield made


def sheet(extra: str) -> str:
    return f'id = "sheet-under-test"\nname = "Sales"\n{extra}'


def waits(cap: Cap, what: str = "email") -> str:
    return status.WAITING[cap].format(what=what)


@pytest.mark.parametrize(
    ("cap", "tight", "wide"),
    [
        (Cap.WORKSHEET_DAY, {"_spreadsheet": sheet("per_worksheet_and_day = 13")}, {}),
        (Cap.KIND_DAY, {"caps": f"{OPEN}\nper_kind_and_day = {{ email = 13 }}"}, {}),
        (Cap.DAY, {"caps": f"{BERLIN}per_day = 13\nper_month = 20000"}, {}),
        (Cap.MONTH, {"caps": f"{BERLIN}per_day = 5000\nper_month = 13"}, {}),
        (Cap.FLOOR, {"caps": f"{OPEN}\nfloor = 987"}, {}),
    ],
)
def test_over_a_cap_rows_wait_and_say_so_until_it_is_raised(
    rig: Rig, cap: Cap, tight: dict[str, str], wide: dict[str, str]
) -> None:
    rig.ask(*[(person, "Email") for person in rig.people(10)])
    rig.run(**tight)
    assert rig.seleqt.meter.charged() == 12  # four of ten; a fifth would pass 13
    assert rig.column("Status").count("Found the email.") == 4
    assert rig.column("Status").count(waits(cap)) == 6
    assert rig.totals() == {"settled": 12, "reserved": 0}
    rig.run(**tight)
    assert rig.seleqt.meter.charged() == 12
    rig.run(**wide)
    assert rig.seleqt.meter.charged() == 30
    assert set(rig.column("Status")) == {"Found the email."}
    assert rig.seleqt.meter.bought_twice() == {}


def test_a_cap_of_nothing_buys_nothing(rig: Rig) -> None:
    rig.ask(*[(person, "Email") for person in rig.people(3)])
    rig.run(caps=f"{BERLIN}per_day = 0\nper_month = 20000")
    assert rig.column("Status") == [waits(Cap.DAY)] * 3
    assert rig.requests_made("seleqt", "spend") == 0


def test_a_list_request_stops_at_its_max_credits_and_goes_on_when_they_are_raised(
    rig: Rig,
) -> None:
    people = rig.people(10)
    rig.seleqt.add_list("Autumn", ids=people)
    row = {"Lead list": "Autumn", "Find": "Email", "Start": True}
    rig.fill(rig.requests, [request(**row, **{"Max credits": 13})], first=1)
    rig.run()
    assert rig.seleqt.meter.charged() == 12
    assert rig.column("Status").count(waits(Cap.REQUEST)) == 6
    assert rig.column("Status", rig.requests) == [waits(Cap.REQUEST)]
    assert rig.column("Spent", rig.requests) == ["12"]
    for started in (False, True):  # a higher limit wants a new tick
        cells = {**row, "Start": started, "Max credits": 30}
        rig.fill(rig.requests, [request(**cells)], first=1)
        rig.run()
    assert rig.seleqt.meter.charged() == 30
    assert rig.column("Status", rig.requests) == ["Done. The people are in Leads."]


def test_a_requests_max_credits_hold_over_both_kinds_it_asks_for(rig: Rig) -> None:
    people = rig.people(4, phone="+12025550123")
    rig.seleqt.add_list("Autumn", ids=people)
    wanted = {"Lead list": "Autumn", "Find": "Email + phone", "Start": True, "Max credits": 70}
    rig.fill(rig.requests, [request(**wanted)], first=1)
    rig.run()
    spent = rig.seleqt.meter.charged()
    assert 40 < spent <= 70  # at least one more email would have gone beyond it otherwise
    assert rig.column("Spent", rig.requests) == [str(spent)]


def test_a_cap_on_one_kind_leaves_the_others_alone(rig: Rig) -> None:
    people = rig.people(4, phone="+12025550123")
    rig.ask(*[(person, "Email + phone") for person in people], Approve=True)
    rig.run(caps=f"{OPEN}\nper_kind_and_day = {{ phone = 65, email-waterfall = 0 }}")
    assert rig.seleqt.meter.by_kind() == {
        "FIND_EMAIL": {"people": 4, "credits": 12},
        "FIND_PHONE": {"people": 2, "credits": 60},
    }
    assert sum(waits(Cap.KIND_DAY, "phone") in str(cell) for cell in rig.column("Status")) == 2


def test_each_worksheet_has_its_own_credits_for_the_day(rig: Rig) -> None:
    more = rig.add_book()
    rig.settings["_spreadsheet"] = rig.settings["_spreadsheet"].replace(
        'every = "1s"', 'every = "1s"\nper_worksheet_and_day = 7'
    )
    rig.ask(*[(person, "Email") for person in rig.people(5)])
    rig.ask(*[(person, "Email") for person in rig.people(5)], worksheet=more)
    with rig.engines() as engines:
        for engine in engines:
            rig.settle(engine)
    assert rig.seleqt.meter.charged() == 12  # two people each
    for worksheet in (rig.leads, more):
        assert rig.column("Status", worksheet).count(waits(Cap.WORKSHEET_DAY)) == 3


def test_a_topped_up_balance_is_noticed_without_anybodys_help(rig: Rig) -> None:
    clock = VirtualClock(EVENING)
    rig.ask(*[(person, "Email") for person in rig.people(10)])
    with rig.app(clock=clock.now, caps=f"{OPEN}\nfloor = 987") as engine:
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 12
        rig.seleqt.top_up(500)
        clock.advance(timedelta(minutes=11))  # a full pass, and the balance has grown old
        rig.settle(engine)
        clock.advance(timedelta(minutes=11))
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 30


def test_credits_that_may_have_been_taken_stay_booked_against_the_caps(rig: Rig) -> None:
    caps = f"{BERLIN}per_day = 23\nper_month = 20000"
    buying = 'ask_first = []\nsettle_after = "0s"\ndoubt_for = "0s"'
    rig.ask((rig.people(1)[0], "Email"))
    rig.run(caps=caps, buying=buying)
    rig.ask(*[(rig.person(), "Email") for _ in range(5)], first=2)  # misses: looking shows nothing
    rig.world.faults.add("drop_after", vendor="seleqt", method="POST", path=r"/enrichment/$")
    rig.run(caps=caps, buying=buying)
    assert rig.totals() == {"settled": 3, "reserved": 15}
    rig.ask(*[(person, "Email") for person in rig.people(5)], first=7)
    rig.run(caps=caps, buying=buying)
    assert rig.seleqt.meter.charged() == 3 + 15 + 3
    assert rig.column("Status")[6:].count(waits(Cap.DAY)) == 4


# -- two spreadsheets, one account ---------------------------------------------------------------


def meet_before_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both engines have made their plans before either records what it buys."""
    barrier, first = threading.Barrier(2), threading.local()
    opened = Buyer.open

    def wait_and_open(self: Buyer, *arguments: Any) -> Any:
        if not hasattr(first, "met"):
            first.met = True
            barrier.wait(20)
        return opened(self, *arguments)

    monkeypatch.setattr(Buyer, "open", wait_and_open)


def run_both(rig: Rig, **extra: str) -> None:
    with rig.engines(**extra) as engines, ThreadPoolExecutor(2) as pool:
        for _ in range(6):
            for done in [pool.submit(rig.settle, engine, cycles=6) for engine in engines]:
                done.result(60)


def test_two_spreadsheets_that_plan_at_the_same_moment_cannot_pass_a_cap_together(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = rig.add_book()
    rig.ask(*[(person, "Email") for person in rig.people(5)])
    rig.ask(*[(person, "Email") for person in rig.people(5)], worksheet=more)
    meet_before_opening(monkeypatch)
    run_both(rig, caps=f"{BERLIN}per_day = 20\nper_month = 20000")
    assert rig.seleqt.meter.charged() == 18
    said = [*rig.column("Status"), *rig.column("Status", more)]
    assert said.count("Found the email.") == 6
    assert said.count(waits(Cap.DAY)) == 4


def test_two_spreadsheets_that_plan_at_the_same_moment_buy_a_person_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = rig.add_book()
    people = rig.people(5)
    rig.ask(*[(person, "Email") for person in people])
    rig.ask(*[(person, "Email") for person in people], worksheet=more)
    meet_before_opening(monkeypatch)
    run_both(rig)
    assert rig.seleqt.meter.charged() == 15
    assert rig.seleqt.meter.bought_twice() == {}
    assert (
        rig.column("Email")
        == rig.column("Email", more)
        == [f"p{n}@found.example" for n in range(5)]
    )


def test_two_spreadsheets_cannot_go_below_the_floor_together(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = rig.add_book()
    first = rig.people(1)
    rig.ask((first[0], "Email"))
    rig.run()  # so that the balance is known: 997
    rig.ask(*[(person, "Email") for person in rig.people(5)], first=2)
    rig.ask(*[(person, "Email") for person in rig.people(5)], worksheet=more)
    meet_before_opening(monkeypatch)
    run_both(rig, caps=f"{OPEN}\nfloor = 980")
    assert rig.seleqt.balance >= 980
    assert rig.seleqt.meter.charged() == 18


# -- days ----------------------------------------------------------------------------------------


def test_the_day_turns_in_the_configured_time_zone(rig: Rig) -> None:
    clock = VirtualClock(EVENING)
    rig.ask(*[(person, "Email") for person in rig.people(10)])
    caps = f"{BERLIN}per_day = 15\nper_month = 20000"
    with rig.app(clock=clock.now, caps=caps) as engine:
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 15
        clock.advance(timedelta(minutes=1))  # 23:59 in Berlin
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 15
        clock.advance(timedelta(minutes=11))  # 00:10 in Berlin, the same day in UTC
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 30
        clock.advance(timedelta(hours=1))  # midnight in UTC changes nothing
        rig.ask(*[(person, "Email") for person in rig.people(1)], first=11)
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 30
    assert rig.column("Status")[-1] == waits(Cap.DAY)


def test_the_month_turns_in_the_configured_time_zone(rig: Rig) -> None:
    clock = VirtualClock(datetime(2026, 11, 30, 22, 50, tzinfo=UTC))
    rig.ask(*[(person, "Email") for person in rig.people(10)])
    caps = f"{BERLIN}per_day = 5000\nper_month = 15"
    with rig.app(clock=clock.now, caps=caps) as engine:
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 15
        assert rig.column("Status").count(waits(Cap.MONTH)) == 5
        clock.advance(timedelta(minutes=15))
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 30


def is_new_list(asked: Any) -> bool:
    return asked.method == "POST" and asked.path.endswith("/public/lead-lists/")


def test_what_is_reserved_before_midnight_and_bought_after_it_counts_on_the_new_day(
    rig: Rig,
) -> None:
    clock = VirtualClock(EVENING)
    rig.ask(*[(person, "Email") for person in rig.people(10)])
    rig.world.before(is_new_list, lambda: clock.advance(timedelta(minutes=3)))
    caps = f"{BERLIN}per_day = 15\nper_month = 20000"
    with rig.app(clock=clock.now, caps=caps) as engine:
        rig.settle(engine)
        clock.advance(timedelta(minutes=11))
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 15  # the second five wait for the day after
    assert rig.column("Status").count(waits(Cap.DAY)) == 5
    with rig.ledger() as ledger:
        (worksheet, *_) = ledger.worksheets.known("sheet-under-test")
        old = ledger.accounts.booked("default", worksheet.id, "2026-11-23")
        new = ledger.accounts.booked("default", worksheet.id, "2026-11-24")
    assert (old.day, new.day) == (0, 15)


def test_a_purchase_left_over_from_yesterday_is_withdrawn_where_today_is_used_up(
    rig: Rig,
) -> None:
    more = rig.add_book()
    clock = VirtualClock(EVENING)
    rig.ask(*[(person, "Email") for person in rig.people(5)])
    late = rig.people(5)
    rig.world.faults.add("503", vendor="seleqt", method="POST", path=r"/lead-lists/$")
    caps = f"{BERLIN}per_day = 15\nper_month = 20000"
    with rig.engines(clock=clock.now, caps=caps) as (first, second):
        rig.settle(first, cycles=2)  # keys, and then a batch whose list cannot be created
        assert rig.totals() == {"settled": 0, "reserved": 15}
        clock.advance(timedelta(minutes=3))
        rig.ask(*[(person, "Email") for person in late], worksheet=more)
        rig.settle(second)
        assert rig.seleqt.meter.charged() == 15
        rig.settle(first)
    assert rig.seleqt.meter.charged() == 15
    assert rig.column("Status") == [waits(Cap.DAY)] * 5
    assert rig.totals() == {"settled": 15, "reserved": 0}


# -- all of them at once -------------------------------------------------------------------------


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    derandomize=True,
    database=None,
)
@given(
    day=st.integers(0, 200),
    month=st.integers(0, 200),
    worksheet=st.integers(0, 200),
    kinds=st.fixed_dictionaries(
        {}, optional={"email": st.integers(0, 40), "phone": st.integers(0, 120)}
    ),
    floor=st.integers(0, 1000),
    wishes=st.lists(
        st.sampled_from(["Email", "Phone", "Email + phone", "Email (waterfall)"]),
        min_size=1,
        max_size=9,
    ),
)
def test_no_mix_of_wishes_passes_any_cap_and_none_is_held_back_for_nothing(
    tmp_path_factory: pytest.TempPathFactory,
    day: int,
    month: int,
    worksheet: int,
    kinds: dict[str, int],
    floor: int,
    wishes: list[str],
) -> None:
    with Rig(tmp_path_factory.mktemp("caps"), balance=1000) as rig:
        people = rig.people(len(wishes), phone="+12025550123")
        rig.ask(*zip(people, wishes, strict=True), Approve=True)
        named = ", ".join(f"{kind} = {credits}" for kind, credits in kinds.items())
        caps = f"{BERLIN}per_day = {day}\nper_month = {month}\nfloor = {floor}\n"
        rig.run(
            caps=f"{caps}per_kind_and_day = {{ {named} }}",
            _spreadsheet=sheet(f"per_worksheet_and_day = {worksheet}"),
        )
        charged, by_kind = rig.seleqt.meter.charged(), rig.seleqt.meter.by_kind()
        assert charged <= min(day, month, worksheet, 1000 - floor)
        spent = {
            "email": by_kind.get("FIND_EMAIL", {}).get("credits", 0),
            "phone": by_kind.get("FIND_PHONE", {}).get("credits", 0),
        }
        assert all(spent[kind] <= credits for kind, credits in kinds.items())
        assert rig.totals() == {"settled": charged, "reserved": 0}
        left = {
            waits(Cap.DAY): day - charged,
            waits(Cap.MONTH): month - charged,
            waits(Cap.WORKSHEET_DAY): worksheet - charged,
            waits(Cap.FLOOR): 1000 - floor - charged,
            waits(Cap.KIND_DAY, "email"): kinds.get("email", 0) - spent["email"],
            waits(Cap.KIND_DAY, "phone"): kinds.get("phone", 0) - spent["phone"],
        }
        lacking = zip(rig.column("Email"), rig.column("Phone"), rig.column("Status"), strict=True)
        for wish, (email, phone, said) in zip(wishes, lacking, strict=True):
            prices = [30] if "hone" in wish and not phone else []
            prices += [6 if "waterfall" in wish else 3] if "mail" in wish and not email else []
            held = [credits for sentence, credits in left.items() if sentence in str(said)]
            assert bool(held) == bool(prices)
            assert all(credits < max(prices) for credits in held)
