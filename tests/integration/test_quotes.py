"""A list request says what it would cost before Start, and buys no more than that.

The vendor's meter is the judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import LEAD_HEADER, REQUEST_HEADER, Rig, request

from syncd.core import model, starting, status
from syncd.core.credits import Cap
from syncd.core.model import Kind
from syncd.engine import Engine
from syncd.sandbox.sheets import people as hands

DONE = status.REQUEST_DONE.format(worksheet="Leads")
CHANGED = status.REQUEST_CHANGED
READY = status.REQUEST_READY
STOPPED = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000'
PRICES = {"Email": 3, "Email (waterfall)": 6, "Phone": 30, "Email + phone": 33}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=120) as made:
        yield made


def put_request(rig: Rig, row: int = 1, **cells: object) -> None:
    """Type a request that is not started; names of columns are written with underscores."""
    texts = {name.replace("_", " "): value for name, value in cells.items()}
    rig.fill(rig.requests, [request(**{"Lead list": "Fair", "Find": "Email", **texts})], first=row)


def put(rig: Rig, column: str, value: object, row: int = 1) -> None:
    with rig.world.lock:
        rig.requests.put_value(row, REQUEST_HEADER.index(column), value)


def shown(rig: Rig, column: str = "Status", row: int = 1) -> str:
    return str(rig.rows(rig.requests)[row][REQUEST_HEADER.index(column)])


def in_leads(rig: Rig) -> int:
    return sum(cell != "" for cell in rig.column("Prospect ID"))


def charged(rig: Rig) -> int:
    assert rig.seleqt.meter.bought_twice() == {}
    return rig.seleqt.meter.charged()


# --- before Start ---------------------------------------------------------------------------------


def test_a_request_is_quoted_before_start_and_nobody_is_added_or_bought(rig: Rig) -> None:
    has = [rig.person(known_email=f"k{n}@firma.example") for n in range(3)]
    rig.seleqt.add_list("Fair", ids=[*has, *rig.people(40)])
    put_request(rig)
    rig.run(caps='time_zone = "Europe/Berlin"\nper_day = 50\nper_month = 20000')
    assert shown(rig) == READY
    assert shown(rig, "Quote") == (
        "40 of 43 people lack an email: at most 120 credits. 3 known already: free. "
        "Today's caps allow 50 credits."
    )
    assert [shown(rig, name) for name in ("Spent", "Found", "Not found")] == ["", "", ""]
    assert (in_leads(rig), charged(rig)) == (0, 0)
    put(rig, "Start", True)
    rig.run()
    assert (in_leads(rig), charged(rig), shown(rig)) == (43, 120, DONE)


@pytest.mark.parametrize("find", PRICES)
def test_the_quote_is_what_the_purchase_then_costs(rig: Rig, find: str) -> None:
    """People with a value, a miss that is remembered, a typed value, and an open wish."""
    mixed = [
        rig.person(known_email="k@firma.example"),
        rig.person(known_email="k2@firma.example", known_phone="+12025550101"),
        *(rig.person(phone="+12025550102") for _ in range(3)),
        *rig.people(6, phone="+12025550103"),
    ]
    rig.ask((mixed[2], "Email"), (mixed[5], ""), (mixed[6], "Email + phone"))
    rig.run()
    with rig.world.lock:
        hands.type_cell(rig.leads, 2, LEAD_HEADER.index("Email"), "typed@firma.example")
        rig.leads.put_value(1, LEAD_HEADER.index("Find"), "")
    before = charged(rig)
    rig.seleqt.add_list("Fair", ids=mixed)
    put_request(rig, Find=find, Max_leads=8)
    rig.run()
    quoted = re.search(r"at most (\d+) credits", shown(rig, "Quote"))
    assert quoted
    put(rig, "Start", True)
    rig.run()
    assert charged(rig) == before + int(quoted[1])
    assert shown(rig, "Spent") == quoted[1]


def test_a_list_is_read_once_for_its_quote_and_then_each_hour_while_it_waits(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(3))
    put_request(rig)
    with rig.app() as engine:
        rig.settle(engine)
        mark = rig.mark
        for _ in range(11):
            rig.ahead += timedelta(minutes=5)
            put(rig, "Max credits", 99)  # somebody is at work in the sheet
            engine.cycle()
        assert rig.requests_made("seleqt", since=mark) == 0
        rig.seleqt.catalogue.lists[301].ids.extend(rig.people(2))
        for _ in range(11):
            rig.ahead += timedelta(minutes=5)
            engine.cycle()
        assert 0 < rig.requests_made("seleqt", since=mark) <= 3
    assert shown(rig, "Quote") == "5 of 5 people lack an email: at most 15 credits."
    assert charged(rig) == 0


def test_a_list_that_is_no_good_says_so_before_start(rig: Rig) -> None:
    put_request(rig, Lead_list="Nowhere")
    rig.run()
    assert shown(rig) == status.REQUEST_NO_LIST.format(lead_list="Nowhere")
    assert shown(rig, "Quote") == ""


def test_the_balance_and_the_caps_bound_what_is_allowed_now(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()  # so that the balance is known: 9,997
    rig.seleqt.add_list("Fair", ids=rig.people(30, phone="+12025550123"))
    put_request(rig, Find="Phone")
    limits = 'time_zone = "Europe/Berlin"\nper_day = 5000\nper_month = 20000\n'
    rig.run(caps=f"{limits}floor = 9400")
    assert shown(rig, "Quote").endswith("at most 900 credits. Today's caps allow 597 credits.")
    rig.run(caps=f"{limits}per_kind_and_day = {{ phone = 60 }}")
    assert shown(rig, "Quote").endswith("Today's caps allow 60 credits.")
    rig.run(caps=limits)
    assert shown(rig, "Quote").endswith("at most 900 credits.")


# --- what a tick in Start stands for --------------------------------------------------------------


def test_a_row_first_met_with_its_tick_on_goes_on_at_once(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(5))
    put_request(rig, Start=True, Max_leads=4)
    rig.run()
    assert (charged(rig), shown(rig)) == (12, DONE)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Lead list", "Other"),
        ("Find", "Email (waterfall)"),
        ("Find", "Email + phone"),
        ("Max leads", 7),
        ("Max leads", ""),
        ("Max credits", 30),
        ("Max credits", ""),
    ],
)
def test_what_costs_more_than_was_started_is_quoted_anew_and_not_bought(
    rig: Rig, column: str, value: object
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(9, phone="+12025550123"))
    rig.seleqt.add_list("Other", ids=rig.people(9))
    put_request(rig, Max_leads=5, Max_credits=12)
    rig.run()
    put(rig, "Start", True)
    rig.run()
    assert charged(rig) == 12
    put(rig, column, value)
    rig.run()
    assert (charged(rig), shown(rig)) == (12, CHANGED)
    put(rig, "Start", False)
    rig.run()
    assert charged(rig) == 12
    assert shown(rig) in {READY, status.REQUEST_STOPPED}
    put(rig, "Start", True)
    if column != "Max credits":
        put(rig, "Max credits", "")  # in the same moment, and so part of what is started
    rig.run()
    assert charged(rig) > 12


def test_a_list_that_grew_between_quote_and_start_is_quoted_anew(rig: Rig) -> None:
    lead_list = rig.seleqt.add_list("Fair", ids=rig.people(4))
    put_request(rig)
    rig.run()
    lead_list.ids.extend(rig.people(3))
    put(rig, "Start", True)
    rig.run()
    assert (charged(rig), in_leads(rig), shown(rig)) == (0, 0, CHANGED)
    assert shown(rig, "Quote") == "7 of 7 people lack an email: at most 21 credits."
    put(rig, "Start", False)
    rig.run()
    assert shown(rig) == READY
    put(rig, "Start", True)
    rig.run()
    assert (charged(rig), shown(rig)) == (21, DONE)


def test_a_list_that_grew_beyond_max_leads_costs_what_was_quoted(rig: Rig) -> None:
    lead_list = rig.seleqt.add_list("Fair", ids=rig.people(4))
    put_request(rig, Max_leads=4)
    rig.run()
    lead_list.ids.extend(rig.people(3))
    put(rig, "Start", True)
    rig.run()
    assert (charged(rig), shown(rig)) == (12, DONE)


def test_lowering_a_limit_holds_at_once_and_without_a_new_tick(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(60))
    put_request(rig)
    rig.run()
    put(rig, "Start", True)
    with rig.app() as engine:
        while not charged(rig):
            rig.hurry()
            engine.cycle()
        put(rig, "Max credits", 30)
        rig.settle(engine)
    assert charged(rig) == 30
    assert shown(rig) == status.WAITING[Cap.REQUEST]
    put(rig, "Max credits", "")  # as it was when Start was ticked
    rig.run()
    assert (charged(rig), shown(rig)) == (180, DONE)


def test_a_price_that_went_up_is_quoted_anew(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(4))
    put_request(rig, Start=True)
    rig.run(caps=STOPPED)
    monkeypatch.setitem(model._PRICES, Kind.EMAIL, 4)
    rig.run()
    assert (charged(rig), shown(rig)) == (0, CHANGED)
    assert shown(rig, "Quote").startswith("4 of 4 people lack an email: at most 16 credits.")


def test_a_copied_start_is_nobodys_word(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(9))
    put_request(rig, Start=True, Max_leads=3)
    rig.run()
    with rig.world.lock:
        hands.copy_paste(rig.requests, 1, 2, 0, len(REQUEST_HEADER), 2, 0)
    rig.run()
    assert (charged(rig), shown(rig), shown(rig, row=2)) == (9, DONE, CHANGED)
    assert shown(rig, "Quote", 2).startswith("6 of 9 people lack an email, Max leads takes 3:")
    assert shown(rig, "Spent", 2) == ""


def test_a_value_that_goes_missing_later_is_not_bought_beyond_the_quote(rig: Rig) -> None:
    first, *others = rig.people(4)
    rig.ask((first, ""), Email="typed@firma.example")
    rig.seleqt.add_list("Fair", ids=[first, *others])
    put_request(rig, Find="Email + phone")
    rig.run()
    put(rig, "Start", True)
    rig.run()
    assert charged(rig) == 3 * 3 + 4 * 30
    with rig.world.lock:
        rig.leads.put_value(1, LEAD_HEADER.index("Email"), "")
    rig.run()
    assert charged(rig) == 3 * 3 + 4 * 30
    assert shown(rig) == status.WAITING_QUOTE
    for _ in range(2):  # the first tick sees that it costs more than the last quote
        for tick in (False, True):
            put(rig, "Start", tick)
            rig.run()
    assert charged(rig) == 4 * 33


# --- any order of edits ---------------------------------------------------------------------------


class Step(NamedTuple):
    act: str
    value: Any = None


LIMITS = st.sampled_from(["", 1, 2, 4, 9])
STEPS = st.lists(
    st.one_of(
        st.builds(Step, st.just("Start"), st.booleans()),
        st.builds(Step, st.just("Lead list"), st.sampled_from(["Fair", "Other", "Nowhere"])),
        st.builds(Step, st.just("Find"), st.sampled_from(sorted(PRICES))),
        st.builds(Step, st.just("Max leads"), LIMITS),
        st.builds(Step, st.just("Max credits"), st.sampled_from(["", 5, 30, 99])),
        st.builds(Step, st.just("grow"), st.integers(1, 2)),
        st.just(Step("cool off")),
        st.just(Step("restart")),
    ),
    min_size=3,
    max_size=12,
)


class Office:
    """One request at work: an edit, cycles until nothing more happens, and a look at the meter."""

    def __init__(self, folder: str, stack: ExitStack) -> None:
        self.rig = rig = stack.enter_context(Rig(Path(folder), rows=60))
        self.lists = [
            rig.seleqt.add_list("Fair", ids=rig.people(4, phone="+12025550123")),
            rig.seleqt.add_list("Other", ids=[rig.person() for _ in range(3)]),
        ]
        put_request(rig)
        self.cells: dict[str, Any] = {"Lead list": "Fair", "Find": "Email", "Start": False}
        self.limit = 0  # credits that the latest tick in Start allows, over all
        self.asked: dict[str, Any] = {}  # the cells as they were then

    def play(self, steps: Sequence[Step]) -> None:
        rest = list(steps)
        while rest:
            with self.rig.app() as engine:
                self.rig.settle(engine)
                while rest:
                    step = rest.pop(0)
                    if step.act == "restart":
                        break
                    self.take(step, engine)

    def take(self, step: Step, engine: Engine) -> None:
        rig, before = self.rig, self.rig.seleqt.meter.charged()
        if step.act == "grow":
            self.lists[step.value - 1].ids.extend(rig.people(2, phone="+12025550124"))
        elif step.act == "cool off":
            rig.ahead += timedelta(days=91)
        else:
            if step.act == "Start" and step.value and not self.cells["Start"]:
                quoted = re.search(r"at most ([\d,]+) credits", shown(rig, "Quote"))
                # Without a quote (the list is no good) the tick stands for what is then read.
                self.limit = before + int(quoted[1].replace(",", "")) if quoted else 10**6
                self.asked = dict(self.cells)
            self.cells[step.act] = step.value
            put(rig, step.act, step.value)
        rig.settle(engine)
        charged = rig.seleqt.meter.charged()
        if charged > before:
            assert self.cells["Start"], "it was bought without a tick"
            assert charged <= self.limit, f"{charged} credits, started were {self.limit}"
            assert self.is_covered(), f"{self.asked} was started, bought was {self.cells}"
        for row in range(1, 1 + in_leads(rig)):
            rig.leads.put_value(row, LEAD_HEADER.index("Status"), "")

    def is_covered(self) -> bool:
        kinds = set(self.cells["Find"].split(" + ")) <= set(self.asked["Find"].split(" + "))
        kinds |= (self.cells["Find"], self.asked["Find"]) == ("Phone", "Email + phone")
        within = all(
            self.asked.get(name, "") == ""
            or (self.cells[name] != "" and self.cells[name] <= self.asked[name])
            for name in ("Max leads", "Max credits")
        )
        return kinds and within and self.cells["Lead list"] == self.asked["Lead list"]


def play(*steps: Step) -> None:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        Office(folder, stack).play(steps)


@settings(max_examples=12)
@given(STEPS)
def test_whatever_people_edit_nothing_is_bought_beyond_what_was_started(steps: list[Step]) -> None:
    play(*steps)


def approve_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a tick in Start stand for any number of credits: quotes are not held against it."""

    def review(*asked: Any) -> Any:
        approval = starting.review_start(*asked)
        return approval and replace(approval, credits=10**6)

    monkeypatch.setattr("syncd.engine.demand.review_start", review)


def test_the_judge_sees_a_quote_that_is_not_renewed_when_the_list_grew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = [Step("grow", 1), Step("Start", True)]
    play(*steps)
    approve_anything(monkeypatch)
    with pytest.raises(AssertionError, match="started were"):
        play(*steps)


@pytest.mark.parametrize(
    ("limit", "edit"),
    [
        (1, Step("Find", "Email (waterfall)")),
        (1, Step("Max leads", "")),
        ("", Step("Lead list", "Other")),
    ],
)
def test_the_judge_sees_a_quote_that_is_not_renewed_when_the_row_asks_for_more(
    monkeypatch: pytest.MonkeyPatch, limit: object, edit: Step
) -> None:
    steps = [Step("Max leads", limit), Step("Find", "Phone"), Step("Start", True), edit]
    play(*steps)
    approve_anything(monkeypatch)
    monkeypatch.setattr(starting, "is_covered", lambda *_: True)
    with pytest.raises(AssertionError, match="started"):
        play(*steps)
