"""A row that somebody is still typing is no request: the first digits of an id are often a person.

The judge is the sandbox's meter: whom it charged for, and how long the sheet had asked for them.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rig import LEAD_HEADER, REQUEST_HEADER, Rig, lead, request

from syncd.core import lifecycle, status
from syncd.core.settling import Look, Settling
from syncd.cycles import next_cycle, run_once
from syncd.engine import Engine
from syncd.sandbox.sheets import people as hands

SETTLE = timedelta(seconds=5)
BUYING = 'ask_first = []\nsettle_after = "0s"\nsettle = "5s"'
PREFIXES = (1, 10, 101, 1017, 2, 20, 204)  # all of them are real people


@contextmanager
def office(folder: Path) -> Iterator[Rig]:
    with Rig(folder) as made:
        for prospect in PREFIXES:
            made.person(id=prospect, email=f"p{prospect}@found.example")
        yield made


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with office(tmp_path) as made:
        yield made


@contextmanager
def careful(rig: Rig) -> Iterator[Engine]:
    with rig.app(buying=BUYING) as engine:
        yield engine


def put(rig: Rig, row: int, column: str, text: str) -> None:
    with rig.world.lock:
        hands.type_cell(rig.leads, row, LEAD_HEADER.index(column), text)


def put_request(rig: Rig, column: str, text: str) -> None:
    with rig.world.lock:
        hands.type_cell(rig.requests, 1, REQUEST_HEADER.index(column), text)


def wait(rig: Rig, seconds: float) -> None:
    rig.ahead += timedelta(seconds=seconds)


def shown(rig: Rig, row: int) -> list[object]:
    return rig.rows()[row][: len(LEAD_HEADER)]


def bought(rig: Rig) -> set[int]:
    return {prospect for prospect, _ in rig.seleqt.meter.by_person_and_kind()}


def test_digits_typed_one_by_one_buy_for_nobody_but_the_last(rig: Rig) -> None:
    with careful(rig) as engine:
        put(rig, 1, "Find", "Email")
        for typed in ("1", "10", "101", "1017"):
            put(rig, 1, "Prospect ID", typed)
            engine.cycle()
            wait(rig, 3)
            engine.cycle()
            assert shown(rig, 1) == lead(**{"Prospect ID": int(typed), "Find": "Email"})
        wait(rig, 3)
        rig.settle(engine)
    assert bought(rig) == {1017}
    assert rig.column("Email") == ["p1017@found.example"]


def test_a_row_is_not_told_of_what_is_not_typed_yet(rig: Rig) -> None:
    with careful(rig) as engine:
        put(rig, 1, "Find", "Email")
        engine.cycle()
        assert shown(rig, 1) == lead(Find="Email")
        wait(rig, 6)
        rig.settle(engine)
    assert rig.column("Status") == [status.PROSPECT_MISSING]


def test_an_unchanged_sheet_is_looked_at_when_something_settles(rig: Rig) -> None:
    with careful(rig) as engine:
        rig.settle(engine)
        rig.ask((1017, "Email"))
        report = engine.cycle()
        assert report.typed
        assert report.due is not None
        assert SETTLE - timedelta(seconds=1) < report.due - rig.now() <= SETTLE
        assert next_cycle(report, rig.now()) == report.due
        mark = rig.mark
        assert engine.cycle().due == report.due  # nothing changed, and it goes on settling
        assert rig.requests_made("sheets", since=mark) == 1
        wait(rig, 5)
        rig.settle(engine)
        assert not engine.cycle().typed
    assert bought(rig) == {1017}


def test_one_pass_waits_until_what_stands_there_has_settled(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "poll_delay", lambda age: timedelta(0))
    rig.ask((1017, "Email"))
    buying = BUYING.replace('settle = "5s"', 'settle = "1s"')
    with rig.engines(buying=buying) as engines:
        assert run_once(engines, threading.Event()) == 0
    assert rig.column("Email") == ["p1017@found.example"]


def test_the_schedule_is_not_waited_for_where_something_settles(rig: Rig) -> None:
    rig.settings["_spreadsheet"] = 'id = "sheet-under-test"\nname = "Sales"\ncron = "0 7 * * *"'
    rig.ask((1017, "Email"))
    with careful(rig) as engine:
        report = engine.cycle()
        at = next_cycle(report, rig.now())
        assert at is not None
        assert at - rig.now() <= SETTLE


def test_a_row_that_has_its_answer_keeps_it_while_another_is_typed(rig: Rig) -> None:
    with careful(rig) as engine:
        rig.ask((1017, "Email"))
        engine.cycle()
        wait(rig, 6)
        rig.settle(engine)
        answered = shown(rig, 1)
        put(rig, 2, "Find", "Email")
        put(rig, 2, "Prospect ID", "20")
        engine.cycle()
        with rig.world.lock:
            hands.move_rows(rig.leads, 2, 1, 1)
        engine.cycle()
    assert shown(rig, 2) == answered
    assert shown(rig, 1) == lead(**{"Prospect ID": 20, "Find": "Email"})
    assert bought(rig) == {1017}


def test_a_restart_lets_a_row_settle_anew_and_loses_nothing(rig: Rig) -> None:
    rig.ask((1017, "Email"))
    for _ in range(2):
        with careful(rig) as engine:
            engine.cycle()
        wait(rig, 4)
    assert bought(rig) == set()
    with careful(rig) as engine:
        engine.cycle()
        wait(rig, 6)
        rig.settle(engine)
    assert bought(rig) == {1017}


def test_a_tick_that_is_taken_back_at_once_buys_nothing(rig: Rig) -> None:
    with rig.app(buying=BUYING.replace("[]", '["email"]')) as engine:
        rig.ask((1017, "Email"))
        engine.cycle()
        wait(rig, 6)
        rig.settle(engine)
        ready = status.READY.format(credits=3, what="email")
        for tick in ("TRUE", "FALSE"):
            put(rig, 1, "Approve", tick)
            engine.cycle()
            wait(rig, 4)
        wait(rig, 6)
        rig.settle(engine)
        assert (rig.column("Status"), bought(rig)) == ([ready], set())
        put(rig, 1, "Approve", "TRUE")
        engine.cycle()
        wait(rig, 6)
        rig.settle(engine)
    assert bought(rig) == {1017}


# -- list requests -------------------------------------------------------------------------------


@contextmanager
def running_request(rig: Rig, **columns: object) -> Iterator[Engine]:
    """Give a request whose credits are used up: two people found, three wait."""
    rig.seleqt.add_list("Fair", ids=rig.people(5))
    wish = {"Lead list": "Fair", "Find": "Email", "Max credits": 6, "Start": True, **columns}
    rig.fill(rig.requests, [request(**wish)], first=1)
    with careful(rig) as engine:
        engine.cycle()
        assert rig.column("Key", rig.requests) == [""]
        assert rig.column("Prospect ID") == []
        wait(rig, 6)
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 6
        yield engine


def test_an_emptied_limit_is_no_limit_only_once_it_has_stood(rig: Rig) -> None:
    with running_request(rig) as engine:
        for typed in ("", "9"):
            put_request(rig, "Max credits", typed)
            engine.cycle()
            wait(rig, 3)
            rig.settle(engine)
            assert rig.seleqt.meter.charged() == 6
        wait(rig, 3)
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 6  # a raised limit asks for a new tick
        for tick in (False, True):
            with rig.world.lock:
                rig.requests.put_value(1, REQUEST_HEADER.index("Start"), tick)
            wait(rig, 6)
            rig.settle(engine)
            wait(rig, 6)
            rig.settle(engine)
    assert rig.seleqt.meter.charged() == 9


def test_the_people_of_a_request_keep_their_statuses_while_it_is_typed(rig: Rig) -> None:
    with running_request(rig) as engine:
        before = rig.column("Status")
        assert status.FOUND.format(what="email") in before
        for column, typed in (("Max leads", "1"), ("Max leads", "4"), ("Lead list", "Fai")):
            put_request(rig, column, typed)
            rig.settle(engine)
            said = rig.column("Status")
            # Those who waited for the request's credits are queued while these are typed.
            assert [text for text in said if "Found" in str(text)] == [
                text for text in before if "Found" in str(text)
            ]
            assert all(said)
            wait(rig, 2)
    assert rig.seleqt.meter.charged() == 6


def test_start_is_taken_back_at_once(rig: Rig) -> None:
    with running_request(rig) as engine:
        put_request(rig, "Max credits", "100")
        engine.cycle()
        put_request(rig, "Start", "FALSE")
        for _ in range(3):
            rig.settle(engine)
            wait(rig, 4)
        assert rig.column("Status", rig.requests) == [status.REQUEST_STOPPED]
    assert rig.seleqt.meter.charged() == 6


def test_an_id_passed_while_typing_does_not_keep_an_imported_person_out(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=[1, 1017])
    rig.fill(
        rig.requests,
        [request(**{"Lead list": "Fair", "Find": "Email", "Start": True})],
        first=1,
    )
    with careful(rig) as engine:
        engine.cycle()
        wait(rig, 6)
        put(rig, 1, "Prospect ID", "1")
        put(rig, 1, "Find", "Email")
        engine.cycle()
        put(rig, 1, "Prospect ID", "10")
        for _ in range(3):
            wait(rig, 6)
            rig.settle(engine)
    people = [int(float(str(one))) for one in rig.column("Prospect ID")]
    assert sorted(people) == [1, 10, 1017]


# -- anything at all -----------------------------------------------------------------------------


def watch(rig: Rig, seed: int) -> tuple[list[str], int]:
    """Let somebody type, move and delete for a while; return what was bought too early.

    Also returns how many people were bought for at all.
    """
    dice = random.Random(seed)
    since: dict[int, datetime] = {}  # whom the sheet asks for without a break, and since when
    known: set[int] = set()
    problems: list[str] = []

    def look() -> None:
        find, prospect = (LEAD_HEADER.index(name) for name in ("Find", "Prospect ID"))
        asked = {
            int(float(str(row[prospect])))
            for row in rig.rows()[1:]
            if row[find] and row[prospect] != ""
        }
        for gone in since.keys() - asked:
            del since[gone]
        for new in asked - since.keys():
            since[new] = rig.now()

    with careful(rig) as engine:
        for _ in range(60):
            row = dice.randint(1, 5)
            rows = rig.rows()
            typed = rows[row][0] if row < len(rows) else ""
            digits = str(int(float(str(typed)))) if typed != "" else ""
            longer = [p for p in PREFIXES if str(p).startswith(digits) and str(p) != digits]
            match dice.choice(["type", "type", "type", "find", "clear", "move", "delete"]):
                case "type" if longer:
                    put(rig, row, "Prospect ID", str(dice.choice(longer))[: len(digits) + 1])
                case "find":
                    put(rig, row, "Find", dice.choice(["", "Email", "Email"]))
                case "clear":
                    put(rig, row, "Prospect ID", "")
                case "move":
                    with rig.world.lock:
                        hands.move_rows(rig.leads, row, 1, dice.choice([1, 7]))
                case "delete" if dice.random() < 0.3:
                    with rig.world.lock:
                        hands.delete_rows(rig.leads, row, 1)
            look()
            wait(rig, dice.choice([0.5, 1, 2, 3, 4.5, 7]))
            rig.hurry()
            engine.cycle()
            for prospect in bought(rig) - known:
                stood = rig.now() - since.get(prospect, rig.now())
                if stood < SETTLE:
                    problems.append(f"seed {seed}: {prospect} had been asked for {stood}")
            known = bought(rig)
    return problems, len(known)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_is_bought_whom_the_sheet_has_not_asked_for_that_long(rig: Rig, seed: int) -> None:
    problems, people = watch(rig, seed)
    assert problems == []
    assert people > 0


def ignore_the_settle_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Settling, "look", lambda *_, **__: Look(set(), set()))


def never_begin_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Settling, "_drop", lambda *_: None)


@pytest.mark.parametrize("plant", [ignore_the_settle_time, never_begin_anew])
def test_the_judge_sees_it_where_the_settle_time_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    plant(monkeypatch)

    def is_caught(seed: int) -> bool:
        folder = tmp_path / str(seed)
        folder.mkdir()
        with office(folder) as rig:
            return bool(watch(rig, seed)[0])

    assert any(is_caught(seed) for seed in range(8))
