"""The panel at work: it steers buying, tells how things are, and costs next to nothing."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import PANEL_HEADER, Rig, request

from syncd.core.bulletin import ALIVE
from syncd.core.panel import Label, Part
from syncd.engine import Engine
from syncd.sandbox.sheets import people as hands
from syncd.sandbox.sheets.areas import Area
from syncd.sandbox.sheets.model import Formula, Placed
from syncd.sandbox.wire import Request

PAUSED = "Waiting: buying is paused on the worksheet Syncd."
FULL = "Waiting: today's credits are used up."
TYPED = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 10**10), st.floats(-9, 99), st.text(max_size=9)
)
ONE_BATCH = 'ask_first = []\nsettle_after = "0s"\nfirst_batch = 25'


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, panel=True) as bench:
        yield bench


def is_write(asked: Request) -> bool:
    return asked.path.endswith(":batchUpdate")


def is_add(asked: Request) -> bool:
    return asked.path.endswith("/add-leads/")


def calls(rig: Rig, engine: Engine) -> Counter[str]:
    mark = rig.mark
    engine.cycle()
    return Counter(e.call for e in rig.world.journal.after(mark) if e.vendor == "sheets")


def statuses(rig: Rig) -> set[object]:
    return set(rig.column("Status"))


# --- what people decide ---------------------------------------------------------------------------


def test_pause_holds_every_new_purchase_and_rows_go_on_when_it_is_taken_away(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(7)))
    with rig.app() as engine:
        rig.decide("Pause", "yes")
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 0
        assert statuses(rig) == {PAUSED}
        assert rig.told("Pause") == "Paused"
        assert rig.told("Waiting") == "7 rows"
        rig.decide("Pause", "")
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 3 * 7
    assert statuses(rig) == {"Found the email."}
    assert rig.told("Pause") == "Not paused"


def test_pause_counts_before_the_next_purchase_while_others_wait(rig: Rig) -> None:
    """The first purchase is under way when somebody pauses: it is the last one."""
    rig.ask(*((person, "Email") for person in rig.people(12)))
    rig.world.before(is_add, lambda: rig.decide("Pause", True))
    with rig.app() as engine:
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 3 * 5
    assert Counter(rig.column("Status")) == {"Found the email.": 5, PAUSED: 7}


@pytest.mark.parametrize(
    ("label", "typed"), [("Pause", True), ("At most today", 2), ("At most this month", "abc")]
)
@pytest.mark.parametrize("in_a_request", [False, True])
def test_a_purchase_that_was_not_sent_is_taken_back_and_its_credits_too(
    rig: Rig, label: str, typed: object, in_a_request: bool
) -> None:
    crowd = rig.people(3)
    if in_a_request:
        rig.seleqt.add_list("Fair", ids=crowd)
        cells = {"Lead list": "Fair", "Find": "Email", "Start": True}
        rig.fill(rig.requests, [request(**cells)], first=1)
    else:
        rig.ask(*((person, "Email") for person in crowd))
    with rig.app() as engine:
        rig.world.faults.add("503", vendor="seleqt", method="POST", path="/add-leads/", next=1)
        for _ in range(6):
            engine.cycle()
            if [batch.state for batch in rig.batches()] == ["planned"]:
                break
        assert [batch.state for batch in rig.batches()] == ["planned"]
        rig.decide(label, typed)
        rig.ahead += timedelta(minutes=2)
        rig.settle(engine)
        assert [batch.state for batch in rig.batches()] == ["cancelled"]
        assert rig.seleqt.meter.charged() == rig.totals()["reserved"] == 0
        rig.decide(label, "")
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 9
    said = [row[3] for row in rig.rows(rig.panel)]
    assert any("taken back" in str(text) for text in said)


def test_a_lower_limit_leaves_the_oldest_of_several_unsent_purchases(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(2)))
    with rig.app() as engine:
        rig.settle(engine)
        rig.ask(*((person, "Email") for person in rig.people(40)), first=3)
        rig.world.faults.add("503", vendor="seleqt", method="POST", path="/add-leads/", next=99)
        later = (rig.now() + timedelta(days=1)).isoformat()
        for _ in range(8):
            rig.ahead += timedelta(seconds=31)  # Seleqt is asked again
            engine.cycle()
            with rig.ledger() as ledger:
                ledger._db.execute(
                    "UPDATE batches SET not_before = ? WHERE state = 'planned'", [later]
                )
        unsent = [batch.reserved for batch in rig.batches() if batch.state == "planned"]
        assert unsent == [75, 45]
        rig.decide("At most today", 6 + 100)
        engine.cycle()
    assert [b.reserved for b in rig.batches() if b.state == "planned"] == [75]


def test_lower_limits_hold_and_higher_ones_change_nothing(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(10)))
    rig.decide("At most today", 12)
    caps = 'time_zone = "Europe/Berlin"\nper_day = 18\nper_month = 1000'
    with rig.app(caps=caps, buying=ONE_BATCH) as engine:
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 12
        assert Counter(rig.column("Status")) == {"Found the email.": 4, FULL: 6}
        assert rig.told("Spent today") == "12 of 12 credits"
        rig.decide("At most today", 100_000)
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 18
        assert rig.told("At most today") == "18 credits at most"
        rig.decide("At most today", "")
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 18


@pytest.mark.parametrize("typed", ["abc", -5, 10**9, "1e9", 12.5, True])
def test_a_limit_that_cannot_be_read_holds_buying_until_it_is_mended(
    rig: Rig, typed: object
) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.decide("At most this month", typed)
    with rig.app() as engine:
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 0
        [said] = statuses(rig)
        assert str(said).startswith("Waiting: At most this month on the worksheet Syncd says “")
        assert rig.told("At most this month") == "Cannot be read"
        rig.decide("At most this month", 50)
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 3


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    typed=st.tuples(
        *[
            st.one_of(
                st.none(), st.booleans(), st.integers(-9, 10**10), st.floats(-9, 99), st.text()
            )
        ]
        * 3
    )
)
def test_whatever_is_typed_into_the_panel_the_caps_of_the_config_hold(
    rig: Rig, typed: tuple[object, ...]
) -> None:
    with rig.app() as engine:
        for label, value in zip(
            ("Pause", "At most today", "At most this month"), typed, strict=True
        ):
            rig.decide(label, "" if value is None else value)
        engine.cycle()
        buyer = engine._buyer
        assert buyer._caps().day <= 5000
        assert buyer._caps().month <= 20_000


# --- what it costs --------------------------------------------------------------------------------


def test_an_idle_daemon_writes_the_panel_once_a_minute_and_nothing_else(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(3)))
    bodies: list[Any] = []
    real = rig.google.handle

    def listen(asked: Request) -> Any:
        if is_write(asked):
            bodies.append(json.loads(asked.body))
        return real(asked)

    with rig.app() as engine:
        rig.settle(engine)
        rig.google.handle = listen  # type: ignore[method-assign]
        writes = 0
        for _ in range(40):  # ten minutes, four looks a minute
            rig.ahead += timedelta(seconds=15)
            asked = calls(rig, engine)
            assert asked["read"] <= 1
            writes += asked["write"]
    assert 9 <= writes <= 11
    sheets = {one["updateCells"]["start"]["sheetId"] for body in bodies for one in body["requests"]}
    assert sheets == {rig.panel.sheet_id}
    assert sum(len(body["requests"]) for body in bodies) <= 2 * writes


def test_a_heartbeat_makes_nobody_look_at_the_rows_again(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.ask(*((person, "Email") for person in rig.people(3)))
    with rig.app() as engine:
        rig.settle(engine)
        engine.cycle()
        monkeypatch.setattr(engine._surveyor, "survey", lambda _: pytest.fail("looked at the rows"))
        for _ in range(9):
            rig.ahead += timedelta(seconds=50)
            engine.cycle()


def test_a_second_process_within_the_minute_does_not_write_again(rig: Rig) -> None:
    rig.run()
    mark = rig.mark
    rig.run()
    assert rig.requests_made("sheets", "write", mark) == 0


def test_the_heartbeat_is_told_in_the_time_zone_of_the_spreadsheet(rig: Rig) -> None:
    rig.book.time_zone = "Pacific/Auckland"
    for _ in range(2):  # the second process knows it from the panel itself
        with rig.app() as engine:
            rig.ahead += timedelta(minutes=5)
            engine.cycle()
            told = datetime.fromisoformat(rig.told("Last look"))
            local = rig.now().astimezone(ZoneInfo("Pacific/Auckland"))
            assert abs(told - local.replace(tzinfo=None)) < timedelta(seconds=5)
            assert rig.told("Time zone") == "Pacific/Auckland"
        rig.ahead += timedelta(minutes=5)


def test_the_formula_says_for_how_long_nobody_has_looked(rig: Rig) -> None:
    with rig.app() as engine:
        engine.cycle()
    assert rig.told("Last look", Part.MEANING) == ALIVE
    number, at = rig.find_in_panel("Last look", Part.MEANING)
    formula = rig.rows(rig.panel)[number][at]
    assert isinstance(formula, Formula)
    day, minute = map(int, re.findall(r"NOW\(\)-(\d+)\)-(\d+)>", formula.text)[0])
    minute -= 25
    text = re.sub(r"NOW\(\)-\d+\)-\d+", f"NOW()-{day})-{minute}", formula.text)
    with rig.world.lock:
        rig.panel.put_value(number, at, Formula(text))
        rig.book.changed()
    said = rig.told("Last look", Part.MEANING)
    assert re.fullmatch(r"syncd has not looked for 2[456] minutes\. Ask your admin\.", said)


# --- what it tells --------------------------------------------------------------------------------


def test_it_counts_rows_by_what_their_status_says(rig: Rig) -> None:
    rig.seleqt.knobs.change(add_leads_unknown="dropped")
    rig.ask(*((person, "Email") for person in (*rig.people(2), rig.person(), "10l7", 999_999)))
    with rig.app() as engine:
        rig.settle(engine)
        rig.decide("At most today", 9)
        rig.ask((rig.person(), "Email"), first=6)
        rig.settle(engine)
    assert [rig.told(label) for label in ("Waiting", "Searching", "Unsure", "Failed")] == [
        "1 row",
        "0 rows",
        "0 rows",
        "2 rows",
    ]
    assert rig.told("Balance") == f"{10_000 - rig.seleqt.meter.charged():,} credits"


def test_a_problem_is_told_with_what_to_do_and_later_that_it_is_over(rig: Rig) -> None:
    rig.fill(rig.leads, [["", "", "", "", "", "", "", "", "", "", "", "", "", "", "Email"]])
    with rig.app() as engine:
        engine.cycle()
        said = rig.told("Problem", Part.MEANING)
        assert 'The header "Email" stands more than once in row 1. Rename or remove' in said
        assert rig.told("Problem").startswith("Since ")
        rig.fill(rig.leads, [["", "", "", "", "", "", "", "", "", "", "", "", "", "", "Other"]])
        rig.ahead += timedelta(minutes=2)
        engine.cycle()
    assert rig.told("Problem") == "None"
    assert "The last one, until " in rig.told("Problem", Part.MEANING)
    events = [str(row[3]) for row in rig.rows(rig.panel)]
    assert "All is well again." in events


def test_the_events_are_fifty_at_most_and_have_no_codes(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(30)))
    buying = 'ask_first = []\nsettle_after = "0s"\nbatch_size = 1\nfirst_batch = 1'
    rig.run(cycles=200, buying=buying)
    below = rig.rows(rig.panel)[len(Label) + 1 :]
    assert len(below) == 50
    assert all(re.fullmatch(r"\d+ [A-Z][a-z]{2}, \d\d:\d\d", str(row[2])) for row in below)
    assert {str(row[3]) for row in below} == {
        "Found 1 of 1 email.",
        "Searching for 1 email: 3 credits.",
    }


def test_two_spreadsheets_share_the_sums_and_have_counts_of_their_own(rig: Rig) -> None:
    more = rig.add_book()
    rig.ask(*((person, "Email") for person in rig.people(4)))
    rig.ask((rig.people(1)[0], "Email"), worksheet=more)
    rig.decide("At most today", 6)
    with rig.engines(buying=ONE_BATCH) as (first, second):
        for _ in range(8):
            first.cycle()
            second.cycle()
            rig.hurry()
        rig.ahead += timedelta(minutes=2)
        first.cycle()
    assert rig.told("Spent today") == "9 of 6 credits"  # of which 3 were the other's
    assert rig.told("Waiting") == "2 rows"
    assert rig.column("Status", more) == ["Found the email."]


# --- odd panels -----------------------------------------------------------------------------------


def test_without_a_panel_there_is_none_and_nothing_is_wrong(tmp_path: Path) -> None:
    with Rig(tmp_path) as rig, rig.app() as engine:
        rig.ask((rig.people(1)[0], "Email"))
        assert not [problem for report in rig.settle(engine) for problem in report.problems]
        assert rig.seleqt.meter.charged() == 3


def test_a_panel_that_is_added_later_is_found(tmp_path: Path) -> None:
    with Rig(tmp_path, panel=True) as rig:
        hands.rename_worksheet(rig.panel, "Later")
        with rig.app() as engine:
            engine.cycle()
            hands.rename_worksheet(rig.panel, "Syncd")
            rig.ahead += timedelta(minutes=11)
            engine.cycle()
        assert rig.told("Pause") == "Not paused"


def test_a_panel_that_is_renamed_stays_the_panel(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(2)))
    with rig.app() as engine:
        engine.cycle()
        hands.rename_worksheet(rig.panel, "How it's going")
        rig.decide("Pause", True)
        rig.settle(engine)
        assert statuses(rig) == {PAUSED.replace("Syncd", "How it's going")}
        rig.world.before(is_write, lambda: hands.rename_worksheet(rig.panel, "Again"))
        rig.decide("Pause", "")
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 6


def test_a_panel_that_is_deleted_leaves_what_it_said_last_and_that_is_told(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(2)))
    rig.decide("Pause", True)
    with rig.app() as engine:
        rig.settle(engine)
        hands.delete_worksheet(rig.panel)
        report = rig.settle(engine)[-1]
        assert statuses(rig) == {PAUSED}
        assert report.problems == (
            "The panel “Syncd” is gone. Pause and limits stay as they were last read.",
        )
    rig.run()  # a new process never saw it
    assert rig.seleqt.meter.charged() == 6


@pytest.mark.parametrize("broken", ["header", "label", "all"])
def test_a_broken_panel_is_told_and_stops_nothing(rig: Rig, broken: str) -> None:
    rig.ask(*((person, "Email") for person in rig.people(2)))
    rig.decide("At most today", 3)
    with rig.app() as engine:
        engine.cycle()
        if broken == "header":
            rig.fill(rig.panel, [["", "Notes"]])
        elif broken == "label":
            hands.delete_rows(rig.panel, 2)
        else:
            hands.clear_cells(rig.panel, 0, 90, 0, 6)
        reports = rig.settle(engine)
        assert reports[-1].problems
    assert rig.seleqt.meter.charged() == 3  # the limit that was read stays
    assert sorted(map(str, rig.column("Status"))) == ["Found the email.", FULL]


def test_a_panel_that_is_protected_against_syncd_stops_nothing(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(2)))
    closed = Placed(1, Area(0, None, 0, None), {"editors": {"users": ["sam@sales.example"]}})
    rig.panel.protected.append(closed)
    with rig.app() as engine:
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 6
    assert statuses(rig) == {"Found the email."}
    assert rig.told("Last look") == ""


def test_a_worksheet_that_is_protected_against_syncd_is_told_on_the_panel(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    closed = Placed(1, Area(0, None, 0, None), {"editors": {"users": ["sam@sales.example"]}})
    rig.leads.protected.append(closed)
    with rig.app() as engine:
        for _ in range(3):
            engine.cycle()
    assert "A protected range shuts syncd out." in rig.told("Problem", Part.MEANING)


def test_a_panel_with_few_rows_has_few_events(rig: Rig) -> None:
    hands.delete_rows(rig.panel, len(Label) + 3, 90 - len(Label) - 3)
    rig.ask(*((person, "Email") for person in rig.people(8)))
    rig.run()
    assert len(rig.rows(rig.panel)) == len(Label) + 3
    assert rig.told("Failed") == "0 rows"


# --- writes that go astray ------------------------------------------------------------------------

MOVES: dict[str, Callable[[Rig], None]] = {
    "a row above": lambda rig: hands.insert_rows(rig.panel, 0),
    "rows among the limits": lambda rig: hands.insert_rows(rig.panel, 2, 3),
    "rows taken out": lambda rig: hands.delete_rows(rig.panel, 1),
    "a column before": lambda rig: hands.insert_columns(rig.panel, 0),
    "a column between": lambda rig: hands.insert_columns(rig.panel, 1),
    "the column of people moved": lambda rig: hands.move_columns(rig.panel, 1, 1, 4),
    "the column of syncd moved": lambda rig: hands.move_columns(rig.panel, 2, 1, 0),
    "rows moved": lambda rig: hands.move_rows(rig.panel, 1, 3, 9),
}


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("lost", [False, True])
def test_a_write_that_goes_astray_raises_nothing_and_is_mended(
    rig: Rig, move: str, lost: bool, impatient: float
) -> None:
    taken = move == "rows taken out"
    rig.panel.put_value(1, 4, "Ask Sam first")
    rig.panel.put_value(10, 5, "weekly: 40")
    rig.panel.put_value(3, 5, 40)
    with rig.app() as engine:
        engine.cycle()
        rig.decide("At most today", 9)
        rig.decide("At most this month", 12)
        rig.ahead += timedelta(minutes=2)
        engine.cycle()
        before = {str(row[0]): row for row in rig.rows(rig.panel)}
        rig.ask(*((person, "Email") for person in rig.people(12)))
        if lost:
            rig.world.faults.add("drop_after", vendor="sheets", path=r":batchUpdate")
        rig.world.before(is_write, lambda: MOVES[move](rig))
        rig.settle(engine)
        rig.ahead += timedelta(minutes=5)
        rig.settle(engine)
    rows = rig.rows(rig.panel)
    number, at = rig.find_in_panel("At most today", Part.INPUT)
    assert rows[number][at] == 9
    number, at = rig.find_in_panel("At most this month", Part.INPUT)
    assert rows[number][at] == 12
    assert rig.seleqt.meter.charged() == 9
    held = Counter(str(cell) for row in rows for cell in row if cell != "")
    assert held["Ask Sam first"] == (0 if taken else 1)
    assert held["weekly: 40"] == held["40"] == 1
    for label in Label:
        if not (taken and label is Label.PAUSE):
            assert held[label] == 1, f"{label} of {before}"
    for header in PANEL_HEADER:
        assert held[header] == 1
    for row in rows:
        if row[at] not in ("", 9, 12):
            assert row[at] == Part.INPUT


def test_google_away_is_told_when_it_is_back(rig: Rig, impatient: float) -> None:
    with rig.app() as engine:
        engine.cycle()
        rig.world.faults.add("503", vendor="sheets", next=3)
        assert engine.cycle().failed
        rig.ahead += timedelta(minutes=2)
        engine.cycle()
    assert "Google" in rig.told("Problem", Part.MEANING)
