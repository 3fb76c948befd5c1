"""Rows that come in great number at once are bought once somebody says that they are meant.

The judge is the sandbox's meter.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from rig import LEAD_HEADER, Rig, Say, bought_here, request

from syncd.core import status
from syncd.engine import Engine, arrivals
from syncd.sandbox.sheets import people as hands

BUYING = 'ask_first = []\nsettle_after = "0s"\nfirst_batch = 25\nbig_paste = 10'
READY = status.READY.format(credits=3, what="email")
ANEW = status.READY_ANEW.format(credits=3, what="email")
FOUND = status.FOUND.format(what="email")
FREE = bought_here()


@contextmanager
def working(rig: Rig, buying: str = BUYING) -> Iterator[Engine]:
    with rig.app(buying=buying) as engine:
        yield engine


def paste(rig: Rig, column: str, texts: Sequence[object], row: int = 1) -> None:
    with rig.world.lock:
        at = LEAD_HEADER.index(column)
        hands.paste_rows(rig.leads, row, [[str(text)] for text in texts], at)


def paste_people(rig: Rig, ids: Sequence[int], row: int = 1, **columns: str) -> None:
    """Paste rows in one go, as they come from another sheet."""
    cells = {"Find": "Email", **columns}
    rows = [[str({**cells, "Prospect ID": i}.get(c, "")) for c in LEAD_HEADER[:8]] for i in ids]
    with rig.world.lock:
        hands.paste_rows(rig.leads, row, rows, 0)


def said(rig: Rig) -> Counter[object]:
    return Counter(rig.column("Status"))


def charged(rig: Rig) -> int:
    return rig.seleqt.meter.charged()


def test_a_big_paste_waits_and_the_ticked_rows_are_bought(rig: Rig) -> None:
    with working(rig) as engine:
        paste_people(rig, rig.people(12))
        rig.settle(engine)
        assert (said(rig), charged(rig)) == ({READY: 12}, 0)
        paste(rig, "Approve", ["TRUE"] * 3)
        rig.settle(engine)
        assert (said(rig), charged(rig)) == ({READY: 9, FOUND: 3}, 9)
        paste(rig, "Approve", ["TRUE"] * 9, row=4)
        rig.settle(engine)
    assert (said(rig), charged(rig)) == ({FOUND: 12}, 36)


def test_a_small_paste_and_single_rows_go_straight_on(rig: Rig) -> None:
    with working(rig) as engine:
        ids = rig.people(18)
        paste_people(rig, ids[:9])
        rig.settle(engine)
        paste_people(rig, ids[9:], row=10)
        rig.settle(engine)
    assert (said(rig), charged(rig)) == ({FOUND: 18}, 54)


def test_what_is_known_already_is_filled_without_a_tick(rig: Rig) -> None:
    with working(rig) as engine:
        ids = rig.people(20)
        rig.ask(*((person, "Email") for person in ids[:9]))
        rig.settle(engine)
        paste_people(rig, ids, row=20)
        rig.settle(engine)
        assert said(rig) == {FOUND: 9, FREE: 9, READY: 11, "": 10}
        assert charged(rig) == 27


def test_the_log_says_it_in_plain_words_once(rig: Rig) -> None:
    with working(rig) as engine:
        paste_people(rig, rig.people(12))
        problems = rig.settle(engine)[-1].problems
        says = (
            "12 rows came into “Leads” at once, and wait: they would cost up to 36 credits. "
            "Tick Approve in those that are meant, or for all of them: syncd approve “Sales”."
        )
        assert problems == (says,)
        with rig.world.lock:
            hands.delete_rows(rig.leads, 1, 12)
        assert rig.settle(engine)[-1].problems == ()


def test_a_tick_that_came_with_the_paste_is_nobodys_word(rig: Rig) -> None:
    with working(rig) as engine:
        paste_people(rig, rig.people(12), Approve="TRUE")
        rig.settle(engine)
        assert (said(rig), charged(rig)) == ({ANEW: 12}, 0)
        paste(rig, "Approve", ["FALSE"] * 12)
        rig.settle(engine)
        assert (said(rig), charged(rig)) == ({READY: 12}, 0)
        paste(rig, "Approve", ["TRUE"] * 12)
        rig.settle(engine)
    assert (said(rig), charged(rig)) == ({FOUND: 12}, 36)


@pytest.mark.parametrize("cycles", [1, 2, 3])
def test_a_restart_lets_nothing_of_a_paste_through(rig: Rig, cycles: int) -> None:
    paste_people(rig, rig.people(12))
    for _ in range(3):
        with working(rig) as engine:
            for _ in range(cycles):
                engine.cycle()
    assert (said(rig), charged(rig)) == ({READY: 12}, 0)


def test_rows_that_were_let_through_before_are_no_paste_after_a_restart(rig: Rig) -> None:
    caps = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000'
    with rig.app(buying=BUYING, caps=caps) as engine:
        ids = rig.people(18)
        paste_people(rig, ids[:9])
        rig.settle(engine)
        paste_people(rig, ids[9:], row=10)
        rig.settle(engine)
        assert said(rig) == {status.WAITING["day"]: 18}
    with working(rig) as engine:
        rig.settle(engine)
    assert (said(rig), charged(rig)) == ({FOUND: 18}, 54)


def test_rows_that_settle_only_after_a_restart_were_let_through_before_all_the_same(
    rig: Rig,
) -> None:
    settling = BUYING + '\nsettle = "1s"'
    caps = 'time_zone = "Europe/Berlin"\nper_day = 0\nper_month = 20000'
    ids = rig.people(18)
    for half in (0, 9):
        with rig.app(buying=settling, caps=caps) as engine:
            paste_people(rig, ids[half : half + 9], row=1 + half)
            engine.cycle()
            rig.ahead += timedelta(seconds=2)
            rig.settle(engine)
    assert said(rig) == {status.WAITING["day"]: 18}


def test_a_ledger_that_was_lost_lets_nothing_of_a_paste_through(rig: Rig) -> None:
    with working(rig) as engine:
        paste_people(rig, rig.people(12))
        rig.settle(engine)
    for one in rig.folder.glob("ledger.db*"):
        one.unlink()
    for _ in range(2):
        with working(rig) as engine:
            rig.settle(engine)
    assert (said(rig), charged(rig)) == ({READY: 12}, 0)


def test_half_of_the_sheet_pasted_over_is_a_big_paste(rig: Rig) -> None:
    with working(rig, BUYING.replace("big_paste = 10", "big_paste = 0")) as engine:
        rig.ask(*((person, "Email") for person in rig.people(20)))
        rig.settle(engine)
        assert said(rig) == {FOUND: 20}
    with working(rig) as engine:
        engine.cycle()
        paste(rig, "Prospect ID", rig.people(12))
        rig.settle(engine)
        assert said(rig) == {READY: 12, FOUND: 8}
        assert Counter(bool(text) for text in rig.column("Email")) == {False: 12, True: 8}
    assert charged(rig) == 60


def test_many_rows_that_come_to_ask_for_something_else_wait_too(rig: Rig) -> None:
    with working(rig, BUYING.replace("big_paste = 10", "big_paste = 0")) as engine:
        ids = rig.people(12, phone="+12025550123")
        rig.ask(*((person, "Email") for person in ids))
        rig.settle(engine)
    with working(rig) as engine:
        engine.cycle()
        paste(rig, "Find", ["Phone"] * 12)
        rig.settle(engine)
    assert said(rig) == {status.READY.format(credits=30, what="phone"): 12}
    assert charged(rig) == 36


def test_the_people_of_a_list_request_are_no_paste(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(12))
    wish = {"Lead list": "Fair", "Find": "Email", "Start": True}
    rig.fill(rig.requests, [request(**wish)], first=1)
    with working(rig) as engine:
        rig.settle(engine)
    assert (said(rig), charged(rig)) == ({FOUND: 12}, 36)


def test_a_paste_is_held_also_where_rows_settle_first(rig: Rig) -> None:
    with working(rig, BUYING + '\nsettle = "5s"') as engine:
        paste_people(rig, rig.people(12))
        for _ in range(3):
            rig.settle(engine)
            rig.ahead += timedelta(seconds=6)
    assert (said(rig), charged(rig)) == ({READY: 12}, 0)


# -- the command line ----------------------------------------------------------------------------


@pytest.fixture
def approve(rig: Rig, say: Say) -> Say:
    """Run ``syncd approve``; return its exit code and what it told, on one line."""

    def run(*options: object, typed: str | None = None) -> tuple[int, str]:
        config = rig.folder / "config.toml"
        code, told = say("approve", *options, "--config", config, typed=typed)
        return code, " ".join(told.split())

    return run


def test_all_of_a_paste_is_approved_on_the_command_line_while_the_daemon_runs(
    rig: Rig, approve: Say
) -> None:
    with working(rig) as engine:
        paste_people(rig, rig.people(12))
        rig.settle(engine)
        code, told = approve("Sales")
        assert code == 2
        assert "“Leads”: 12 rows, at most 36 credits" in told
        assert "--yes" in told
        code, told = approve("Sales", "--json")
        waiting = [{"worksheet": "Leads", "rows": 12, "credits": 36}]
        shown = {"waiting": waiting, "paused": [], "spreadsheet": "Sales", "approved": False}
        assert (code, json.loads(told)) == (0, shown)
        rig.settle(engine)
        assert charged(rig) == 0
        shown = "“Leads”: 12 rows, at most 36 credits Approved."
        assert approve("Sales", "--yes") == (0, shown)
        assert rig.settle(engine)[-1].problems == ()
        assert (said(rig), charged(rig)) == ({FOUND: 12}, 36)
        assert approve("Sales", "--yes") == (0, "No rows wait for a word.")


def test_one_worksheet_is_approved_alone(rig: Rig, approve: Say) -> None:
    with working(rig) as engine:
        paste_people(rig, rig.people(12))
        rig.settle(engine)
        assert approve("Sales", "-w", "Requests", "-y") == (0, "No rows wait for a word.")
        assert approve("Sales", "-w", "Leads", "-y")[1].endswith("Approved.")
        rig.settle(engine)
    assert charged(rig) == 36


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["Nobody"], "the config has “Sales”"),
        (["Sales", "-w", "Elsewhere"], "known worksheets: “Leads”, “Requests”"),
    ],
)
def test_a_wrong_name_is_told(rig: Rig, approve: Say, options: list[str], told: str) -> None:
    rig.run()
    code, said = approve(*options)
    assert code == 2
    assert told in said


def test_no_ledger_is_made_by_asking(rig: Rig, approve: Say) -> None:
    rig.is_armed = False
    rig.config()
    assert approve("Sales")[0] == 1
    assert not (rig.folder / "ledger.db").exists()


# -- three thousand ------------------------------------------------------------------------------


def test_three_thousand_pasted_rows_cost_nothing_until_somebody_says_so(tmp_path: Path) -> None:
    buying = BUYING.replace("big_paste = 10", "big_paste = 200")
    with Rig(tmp_path, rows=3_100, balance=100_000) as rig:
        paste_people(rig, rig.people(3_000))
        with working(rig, buying) as engine:
            reports = rig.settle(engine)
            assert reports[-1].problems[0].startswith("3,000 rows came into “Leads” at once")
            assert (said(rig), charged(rig)) == ({READY: 3_000}, 0)
            paste(rig, "Approve", ["TRUE"] * 50)
            for _ in range(12):
                engine.cycle()
                if charged(rig) == 150:
                    break
                rig.hurry()
            engine.cycle()
            assert charged(rig) == 150
            mark = rig.mark
            engine.cycle()
            assert rig.requests_made("sheets", since=mark) <= 2


# -- planted ---------------------------------------------------------------------------------------


def test_the_judge_sees_a_paste_that_is_let_through(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "find_pasted", lambda *_, **__: {})
    with working(rig) as engine:
        paste_people(rig, rig.people(12))
        rig.settle(engine)
    assert charged(rig) == 36
