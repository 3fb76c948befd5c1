"""A tick in Approve buys what the row asked when it was ticked, once, and nothing else.

The vendor's meter is the judge: each charge must be covered by the latest tick of some row.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rig import LEAD_HEADER, Rig, bought_here

from syncd.core import approval, model, status
from syncd.core.model import Kind
from syncd.core.status import sentence
from syncd.sandbox.sheets import people as hands
from syncd.sandbox.wire import Request

ASKING = 'ask_first = ["phone"]\nsettle_after = "0s"'
ALL_ASK = 'ask_first = ["email", "email-waterfall", "phone"]\nsettle_after = "0s"'
READY = sentence(status.READY, kind=Kind.PHONE, credits=30)
CHANGED = sentence(status.READY_CHANGED, kind=Kind.PHONE, credits=30)
FOUND = sentence(status.FOUND, kind=Kind.PHONE)
FREE = bought_here("phone")
BUY = r"POST .*/enrichment/$"
AT = {name: position for position, name in enumerate(LEAD_HEADER)}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=40) as made:
        made.settings["buying"] = ASKING
        yield made


def callees(rig: Rig, count: int) -> list[int]:
    return [rig.person(phone=f"+1202555010{number}") for number in range(count)]


def put(rig: Rig, column: str, value: object, row: int = 1, worksheet: Any = None) -> None:
    with rig.world.lock:
        (worksheet or rig.leads).put_value(row, AT[column], value)


def copy(rig: Rig, row: int, to: int) -> None:
    with rig.world.lock:
        hands.copy_paste(rig.leads, row, row + 1, 0, len(LEAD_HEADER), to, 0)


def says(rig: Rig) -> list[object]:
    return rig.column("Status")


def charged(rig: Rig) -> int:
    assert rig.seleqt.meter.bought_twice() == {}
    return rig.seleqt.meter.charged()


# --- one row --------------------------------------------------------------------------------------


def test_a_row_that_is_ticked_when_it_is_first_met_is_bought(rig: Rig) -> None:
    rig.ask(*((person, "Phone") for person in callees(rig, 2)), Approve=True)
    rig.run()
    assert says(rig) == [FOUND, FOUND]
    assert charged(rig) == 60


def test_without_a_tick_the_row_shows_its_price_and_waits(rig: Rig) -> None:
    rig.ask((callees(rig, 1)[0], "Phone"))
    rig.run()
    assert says(rig) == [READY]
    put(rig, "Approve", True)
    rig.run()
    assert (says(rig), charged(rig)) == ([FOUND], 30)


def test_a_tick_does_not_cover_another_person_until_it_is_set_anew(rig: Rig) -> None:
    first, second = callees(rig, 2)
    rig.ask((first, "Phone"), Approve=True)
    rig.run()
    put(rig, "Prospect ID", second)
    rig.run()
    assert (says(rig), charged(rig)) == ([CHANGED], 30)
    assert rig.column("Phone") == [""]
    put(rig, "Approve", False)
    rig.run()
    assert says(rig) == [READY]
    put(rig, "Approve", True)
    rig.run()
    assert (says(rig), charged(rig)) == ([FOUND], 60)


def test_the_question_that_was_approved_is_approved_still_when_it_comes_back(rig: Rig) -> None:
    first, second = callees(rig, 2)
    rig.ask((first, "Phone"), Approve=True)
    no_credits = 'time_zone = "Europe/Berlin"\nper_day = 5\nper_month = 20000'
    rig.run(caps=no_credits)
    put(rig, "Prospect ID", second)
    rig.run(caps=no_credits)
    assert says(rig) == [CHANGED]
    put(rig, "Prospect ID", first)  # as undo does
    rig.run()
    assert (says(rig), charged(rig)) == ([FOUND], 30)


def test_a_tick_does_not_cover_a_dearer_search_than_the_one_it_was_set_for(rig: Rig) -> None:
    (person,) = callees(rig, 1)
    rig.ask((person, "Email"), Approve=True)
    rig.run(buying=ALL_ASK)
    assert charged(rig) == 3  # a miss
    put(rig, "Find", "Email (waterfall)")
    rig.run(buying=ALL_ASK)
    assert charged(rig) == 3
    assert says(rig) == [sentence(status.READY_CHANGED, kind=Kind.EMAIL_WATERFALL, credits=6)]
    put(rig, "Find", "Email + phone")
    rig.run(buying=ALL_ASK)
    assert charged(rig) == 3
    assert str(says(rig)[0]).endswith(CHANGED)


def test_a_tick_for_two_kinds_covers_each_of_them(rig: Rig) -> None:
    (person,) = callees(rig, 1)
    rig.ask((person, "Email + phone"), Approve=True)
    stopped = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000'
    rig.run(buying=ALL_ASK, caps=stopped)
    put(rig, "Find", "Phone")
    rig.run(buying=ALL_ASK)
    assert charged(rig) == 30


def test_a_tick_does_not_cover_a_price_that_went_up(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.ask((callees(rig, 1)[0], "Phone"), Approve=True)
    rig.run(caps='time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000')
    monkeypatch.setitem(model._PRICES, Kind.PHONE, 31)
    rig.run()
    assert charged(rig) == 0
    assert says(rig) == [sentence(status.READY_CHANGED, kind=Kind.PHONE, credits=31)]
    monkeypatch.setitem(model._PRICES, Kind.PHONE, 29)  # cheaper than approved is no surprise
    rig.run(cycles=3)
    assert rig.batches()[-1].reserved == 29


def test_a_tick_pays_for_one_search_and_the_next_asks_again(rig: Rig) -> None:
    rig.ask((rig.person(), "Phone"), Approve=True)
    rig.run()
    assert charged(rig) == 30
    rig.ahead += timedelta(days=100)
    rig.run()
    assert charged(rig) == 30
    assert says(rig) == [sentence(status.READY_ONCE_MORE, kind=Kind.PHONE, credits=30)]
    put(rig, "Approve", False)
    rig.run()
    put(rig, "Approve", True)
    rig.run()
    assert rig.seleqt.meter.charged() == 60


def test_a_tick_that_was_set_before_the_row_asked_anything_sound_counts_for_what_it_asks(
    rig: Rig,
) -> None:
    first, second = callees(rig, 2)
    rig.ask(("12x", "Phone"), Approve=True)
    rig.run()
    put(rig, "Prospect ID", first)
    rig.run()
    assert charged(rig) == 30
    put(rig, "Prospect ID", "12x")
    rig.run()
    put(rig, "Prospect ID", second)
    rig.run()
    assert (says(rig), charged(rig)) == ([CHANGED], 30)


# --- rows that move -------------------------------------------------------------------------------


def test_a_copied_tick_is_nobodys_word_for_another_person(rig: Rig) -> None:
    first, second = callees(rig, 2)
    rig.ask((first, "Phone"), Approve=True)
    rig.run()
    copy(rig, 1, 2)
    rig.run()
    assert (says(rig), charged(rig)) == ([FOUND, FREE], 30)
    put(rig, "Prospect ID", second, row=2)
    rig.run()
    assert (says(rig), charged(rig)) == ([FOUND, CHANGED], 30)


@pytest.mark.parametrize("typed_into", [1, 2])
def test_a_copy_into_which_another_id_is_typed_at_once_asks_again(
    rig: Rig, typed_into: int
) -> None:
    first, second = callees(rig, 2)
    rig.ask((first, "Phone"), Approve=True)
    rig.run()
    copy(rig, 1, 2)
    put(rig, "Prospect ID", second, row=typed_into)
    rig.run()
    assert charged(rig) == 30
    assert says(rig)[typed_into - 1] == CHANGED
    for tick in (False, True):
        put(rig, "Approve", tick, row=typed_into)
        rig.run()
    assert charged(rig) == 60


def test_a_copy_of_a_row_without_a_tick_may_be_ticked_at_once(rig: Rig) -> None:
    first, second = callees(rig, 2)
    rig.ask((first, "Phone"))
    rig.run()
    copy(rig, 1, 2)
    put(rig, "Prospect ID", second, row=2)
    put(rig, "Approve", True, row=2)
    rig.run()
    assert (says(rig), charged(rig)) == ([READY, FOUND], 30)


def test_a_move_to_another_worksheet_neither_loses_nor_invents_an_approval(rig: Rig) -> None:
    first, second = callees(rig, 2)
    with rig.world.lock:
        other = rig.google.create_spreadsheet(
            "Two", spreadsheet_id="two", worksheets=[("Leads", 30, 20), ("More", 30, 20)]
        )
    rig.leads, more = other.worksheets
    for worksheet in (rig.leads, more):
        rig.fill(worksheet, [LEAD_HEADER])
    rig.settings["_spreadsheet"] = (
        'id = "two"\nname = "Two"\nevery = "1s"\nleads = ["Leads", "More"]\nrequests = []'
    )
    stopped = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000'
    rig.ask((first, "Phone"), (second, "Phone"), Approve=True)
    rig.run(caps=stopped)
    put(rig, "Prospect ID", 99, row=2)
    put(rig, "Prospect ID", second, row=2)
    with rig.world.lock:
        rows = [[rig.leads.cell(r, c).value for c in range(len(LEAD_HEADER))] for r in (1, 2)]
        hands.delete_rows(rig.leads, 1, 2)
    rows[1][AT["Prospect ID"]] = rig.person(phone="+12025550177")
    rig.fill(more, rows, first=1)
    rig.run()
    assert charged(rig) == 30
    assert rig.column("Status", more) == [FOUND, CHANGED]


def test_a_key_that_was_cleared_and_given_back_keeps_its_approval(rig: Rig) -> None:
    (person,) = callees(rig, 1)
    stopped = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000'
    rig.ask((person, "Phone"), Approve=True)
    rig.run(caps=stopped)
    put(rig, "Find", "Email + phone")
    rig.run(caps=stopped, buying=ALL_ASK)
    put(rig, "Key", "")
    rig.run(buying=ALL_ASK)
    assert charged(rig) == 30  # the phone, not the email
    assert sentence(status.READY_CHANGED, kind=Kind.EMAIL, credits=3) in str(says(rig)[0])


# --- a purchase that was not sent -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [("Approve", False), ("Find", ""), ("Prospect ID", 1), ("Phone", "+12025550199")],
)
def test_a_purchase_that_was_not_sent_is_withdrawn_with_its_tick_or_its_question(
    rig: Rig, impatient: float, column: str, value: object
) -> None:
    (person,) = callees(rig, 1)
    rig.ask((person, "Phone"), Approve=True)
    rig.answer(429, {"error": "Rate limit exceeded"}, path=BUY)
    with rig.app() as engine:
        for _ in range(4):
            engine.cycle()
        assert rig.totals() == {"settled": 0, "reserved": 30}
        put(rig, column, value)
        rig.ahead += timedelta(minutes=2)
        rig.hurry()
        rig.settle(engine)
    assert charged(rig) == 0
    assert rig.totals() == {"settled": 0, "reserved": 0}


def test_a_purchase_that_was_not_sent_goes_on_while_its_tick_stands(
    rig: Rig, impatient: float
) -> None:
    (person,) = callees(rig, 1)
    rig.ask((person, "Phone"), Approve=True)
    rig.answer(429, {"error": "Rate limit exceeded"}, path=BUY)
    with rig.app() as engine:
        for _ in range(4):
            engine.cycle()
        rig.ahead += timedelta(minutes=2)
        rig.hurry()
        rig.settle(engine)
    assert (says(rig), charged(rig)) == ([FOUND], 30)


def test_a_purchase_that_was_sent_goes_on_without_its_tick_and_its_result_is_shown(
    rig: Rig,
) -> None:
    rig.seleqt.knobs.change(first_result_seconds=0.2)
    (person,) = callees(rig, 1)
    rig.ask((person, "Phone"), Approve=True)
    rig.world.after(
        lambda asked: asked.path.endswith("/enrichment/") and asked.method == "POST",
        lambda: put(rig, "Approve", False),
    )
    rig.run()
    assert (says(rig), charged(rig)) == ([FOUND], 30)
    assert rig.column("Phone") == ["+12025550100"]


def test_a_purchase_whose_worksheet_cannot_be_read_waits_without_haste_and_then_for_the_sheet(
    rig: Rig, impatient: float
) -> None:
    (person,) = callees(rig, 1)
    with rig.world.lock:
        book = rig.google.create_spreadsheet(
            "Two", spreadsheet_id="two", worksheets=[("Leads", 30, 20), ("More", 30, 20)]
        )
    rig.leads, more = book.worksheets
    for worksheet in (rig.leads, more):
        rig.fill(worksheet, [LEAD_HEADER])
    rig.settings["_spreadsheet"] = (
        'id = "two"\nname = "Two"\nevery = "1s"\nleads = ["Leads", "More"]\nrequests = []'
    )
    rig.ask((person, "Phone"), Approve=True)
    rig.answer(429, {"error": "Rate limit exceeded"}, path=BUY)
    with rig.app() as engine:
        for _ in range(4):
            engine.cycle()
        assert rig.totals() == {"settled": 0, "reserved": 30}
        with rig.world.lock:
            rig.leads.put_value(0, AT["Email"], "Mail adress")
        rig.ahead += timedelta(minutes=2)
        rig.hurry()
        report = engine.cycle()
        assert report.due is not None
        assert report.due > rig.now() + timedelta(minutes=5)
        assert rig.totals() == {"settled": 0, "reserved": 30}
        with rig.world.lock:
            rig.leads.put_value(0, AT["Email"], "Email")
        rig.settle(engine)
    assert (says(rig), charged(rig)) == ([FOUND], 30)


# --- the config between runs ----------------------------------------------------------------------


def test_a_kind_that_begins_to_ask_waits_for_ticks_and_one_that_stops_goes_on(rig: Rig) -> None:
    stopped = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000'
    ids = [*rig.people(2), *callees(rig, 1)]
    rig.ask((ids[0], "Email"), (ids[1], "Email"), (ids[2], "Phone"))
    put(rig, "Approve", True, row=2)
    rig.run(caps=stopped)
    rig.run(buying=ALL_ASK)
    assert charged(rig) == 3
    assert says(rig)[0] == sentence(status.READY, kind=Kind.EMAIL, credits=3)
    rig.run(buying='ask_first = []\nsettle_after = "0s"')
    assert charged(rig) == 36


# --- any order of edits ---------------------------------------------------------------------------

FINDS = {
    "": (),
    "Email": (Kind.EMAIL,),
    "Phone": (Kind.PHONE,),
    "Email + phone": (Kind.EMAIL, Kind.PHONE),
    "Email (waterfall)": (Kind.EMAIL_WATERFALL,),
}


class Step(NamedTuple):
    """One edit of a row, and whether Seleqt refuses purchases for a moment."""

    act: str
    row: int
    value: Any = None
    busy: bool = False


@dataclass(frozen=True)
class Row:
    """What a row asks, and for what its tick was set: None where it covers nothing yet."""

    person: int
    find: str
    ticked: bool = False
    approved: tuple[int, tuple[Kind, ...]] | None = None
    copied: bool = False

    def edit(self, **changes: Any) -> Row:
        row = replace(self, **changes)
        if not row.ticked:
            return replace(row, approved=None, copied=False)
        if row.approved is None and not row.copied and row.find:
            return replace(row, approved=(row.person, FINDS[row.find]))
        return row

    def covers(self, person: int, kind: Kind) -> bool:
        if self.person != person or kind not in FINDS[self.find]:
            return False
        return kind is not Kind.PHONE or (
            self.approved is not None and self.approved[0] == person and kind in self.approved[1]
        )


ROWS, PEOPLE, BUSY = st.integers(0, 2), st.integers(0, 3), st.booleans()
STEPS = st.lists(
    st.one_of(
        st.builds(Step, st.just("tick"), ROWS, st.booleans(), BUSY),
        st.builds(Step, st.just("person"), ROWS, PEOPLE, BUSY),
        st.builds(Step, st.just("find"), ROWS, st.sampled_from(sorted(FINDS)), BUSY),
        st.builds(Step, st.just("copy"), ROWS, PEOPLE, st.just(False)),
        st.just(Step("sort", 0)),
        st.just(Step("restart", 0)),
    ),
    min_size=3,
    max_size=14,
)


class Office:
    """One sheet at work: edits, then two cycles, then the meter is read."""

    def __init__(self, folder: str, stack: ExitStack) -> None:
        self.rig = rig = stack.enter_context(Rig(Path(folder), rows=20))
        rig.settings["buying"] = ASKING
        # Half of them are never found: those could be bought again.
        self.people = [rig.person(phone=f"+1202555011{n}" if n % 2 else None) for n in range(4)]
        self.rows = [Row(self.people[0], "Phone")]
        rig.ask((self.people[0], "Phone"))
        self.seen: set[tuple[int, str]] = set()
        self.touched: list[str] = []
        real = rig.google.handle

        def handle(request: Request) -> Any:
            self.touched += ticks_written(request)
            return real(request)

        rig.google.handle = handle  # type: ignore[method-assign]

    def play(self, steps: Sequence[Step]) -> None:
        rest = list(steps)
        while rest:
            with self.rig.app() as engine:
                while rest:
                    step = rest.pop(0)
                    if step.act == "restart":
                        break
                    if step.busy:
                        self.rig.answer(429, {"error": "Rate limit exceeded"}, path=BUY)
                    self.edit(step)
                    for _ in range(2):
                        engine.cycle()
                    self.judge()
                    self.rig.ahead += timedelta(minutes=2)
                    self.rig.hurry()

    def edit(self, step: Step) -> None:
        number = step.row % len(self.rows)
        row = self.rows[number]
        if step.act == "tick":
            put(self.rig, "Approve", step.value, row=number + 1)
            self.rows[number] = row.edit(ticked=step.value)
        elif step.act == "person":
            put(self.rig, "Prospect ID", self.people[step.value], row=number + 1)
            self.rows[number] = row.edit(person=self.people[step.value])
        elif step.act == "find":
            put(self.rig, "Find", step.value, row=number + 1)
            self.rows[number] = row.edit(find=step.value)
        elif step.act == "copy" and len(self.rows) < 5:
            copy(self.rig, number + 1, len(self.rows) + 1)
            put(self.rig, "Prospect ID", self.people[step.value], row=len(self.rows) + 1)
            # Where syncd has not seen the tick beside a question, it may be the copy's own.
            copied = row.approved is not None or row.copied
            made = replace(row, person=self.people[step.value], approved=None, copied=copied)
            self.rows.append(made.edit())
        elif step.act == "sort":
            order = sorted(range(len(self.rows)), key=lambda n: (-self.rows[n].person, -n))
            cells = self.rig.rows()[1 : len(self.rows) + 1]
            self.rows = [self.rows[n] for n in order]
            with self.rig.world.lock:
                for to, number in enumerate(order, 1):
                    for column, value in enumerate(cells[number]):
                        self.rig.leads.put_value(to, column, value)

    def judge(self) -> None:
        meter = self.rig.seleqt.meter
        assert meter.bought_twice() == {}
        for person, kind in set(meter.by_person_and_kind()) - self.seen:
            covered = any(row.covers(person, Kind(kind)) for row in self.rows)
            assert covered, f"{kind} of {person} was bought, and no tick covers it: {self.rows}"
        self.seen = set(meter.by_person_and_kind())
        assert self.touched == []
        ticks = [value is True for value in self.rig.column("Approve")[: len(self.rows)]]
        assert ticks == [row.ticked for row in self.rows]


def ticks_written(request: Request) -> list[str]:
    """Return what a request of syncd's writes into a column that belongs to people."""
    if request.method != "POST" or not request.path.endswith(":batchUpdate"):
        return []
    found = []
    for asked in json.loads(request.body)["requests"]:
        for update in (asked.get("updateCells"), asked.get("appendCells")):
            start = (update or {}).get("start") or (update or {}).get("range") or {}
            first = start.get("columnIndex", start.get("startColumnIndex", 0))
            for row in (update or {}).get("rows", ()):
                for column, cell in enumerate(row["values"], first):
                    if column == AT["Approve"] and ("updateCells" in asked or any(cell.values())):
                        found.append(f"{asked}")
    return found


def play(*steps: Step) -> None:
    with TemporaryDirectory() as folder, ExitStack() as stack:
        Office(folder, stack).play(steps)


@pytest.mark.usefixtures("impatient")
@settings(max_examples=10)
@given(STEPS)
def test_whatever_people_edit_nothing_is_bought_that_the_latest_tick_does_not_cover(
    steps: list[Step],
) -> None:
    play(*steps)


# What a weaker syncd would do: the tick counts for whoever stands there, or at whatever price; or
# the sheet is not asked before a purchase is sent that had to wait.
def test_the_judge_sees_a_tick_that_survives_a_change_of_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    steps = [Step("tick", 0, True), Step("person", 0, 1), Step("find", 0, "Phone")]
    play(*steps)
    monkeypatch.setattr(approval, "ask", lambda _: "anybody")
    with pytest.raises(AssertionError, match="no tick covers it"):
        play(*steps)


def test_the_judge_sees_a_tick_that_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [Step("tick", 0, True), Step("copy", 0, 1), Step("find", 1, "Phone")]
    play(*steps)
    monkeypatch.setattr("syncd.ledger.approvals.Approvals.inherit", lambda *_: None)
    with pytest.raises(AssertionError, match="no tick covers it"):
        play(*steps)


def test_the_judge_sees_a_price_that_is_not_quoted_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [Step("find", 0, "Email"), Step("tick", 0, True), Step("find", 0, "Phone")]
    play(*steps)
    monkeypatch.setattr(approval, "is_priced", lambda *_: True)
    with pytest.raises(AssertionError, match="no tick covers it"):
        play(*steps)


def test_the_judge_sees_a_withdrawn_purchase_that_is_sent(
    monkeypatch: pytest.MonkeyPatch, impatient: float
) -> None:
    steps = [Step("tick", 0, True, busy=True), Step("tick", 0, False), Step("sort", 0)]
    play(*steps)
    monkeypatch.setattr("syncd.engine.demand.Demand.wants", lambda *_: True)
    with pytest.raises(AssertionError, match="no tick covers it"):
        play(*steps)


# --- while somebody types -------------------------------------------------------------------------


def test_a_tick_that_is_taken_away_for_a_moment_while_the_row_is_typed_is_gone(rig: Rig) -> None:
    first, second = callees(rig, 2)
    rig.settings["buying"] = f'{ASKING}\nsettle = "5s"'
    rig.ask((first, "Phone"), Approve=True)

    def pause(seconds: int) -> None:
        rig.ahead += timedelta(seconds=seconds)
        rig.hurry()
        engine.cycle()

    with rig.app() as engine:
        for _ in range(8):
            pause(8)
        assert charged(rig) == 30
        put(rig, "Prospect ID", second)
        put(rig, "Approve", False)
        pause(1)
        put(rig, "Approve", True)
        for _ in range(8):
            pause(8)
    assert (says(rig), charged(rig)) == ([FOUND], 60)
