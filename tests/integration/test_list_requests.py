"""List requests: a lead list comes into Leads, and the first N who lack the value are searched for.

The vendor's own meter is the judge: what it charged is what the ledger says, and nobody twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rig import _PARTS, LEAD_HEADER, REQUEST_HEADER, SPREADSHEET, Rig, request

from syncd.core import status
from syncd.core.credits import Cap
from syncd.engine import Engine
from syncd.sandbox.sheets import people as hands
from syncd.sandbox.wire import Request

DONE = status.REQUEST_DONE.format(worksheet="Leads")
RUNNING = status.REQUEST_RUNNING.format(worksheet="Leads")
USED = status.WAITING[Cap.REQUEST]
BUYING = _PARTS["buying"]
IN_PLACE = f'{BUYING}\npurchasing = "in-place"'
SYNC = f'{_PARTS["seleqt"]}\nmode = "sync"'
STYLES = pytest.mark.parametrize("buying", [BUYING, IN_PLACE], ids=["dedicated", "in-place"])
MODES = pytest.mark.parametrize("seleqt", [_PARTS["seleqt"], SYNC], ids=["async", "sync"])


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=300) as made:
        yield made


def put_request(rig: Rig, row: int = 1, **cells: object) -> None:
    """Type a request; names of columns are written with underscores."""
    texts = {"Lead list": "Fair", "Find": "Email", "Start": True}
    texts |= {name.replace("_", " "): value for name, value in cells.items()}
    rig.fill(rig.requests, [request(**texts)], first=row)


def put(rig: Rig, column: str, value: object, row: int = 1) -> None:
    with rig.world.lock:
        rig.requests.put_value(row, REQUEST_HEADER.index(column), value)


def put_anew(rig: Rig, column: str, value: object, row: int = 1, **extra: str) -> None:
    """Take the tick away, change a cell, and tick Start again once the new quote stands there."""
    put(rig, "Start", False, row)
    put(rig, column, value, row)
    rig.run(**extra)
    put(rig, "Start", True, row)


def shown(rig: Rig, row: int = 1) -> dict[str, object]:
    """Return what syncd's cells of a request show."""
    cells = dict(zip(REQUEST_HEADER, rig.rows(rig.requests)[row], strict=False))
    return {n: str(cells[n]) for n in ("Status", "Quote", "Spent", "Found", "Not found")}


def says(rig: Rig, row: int = 1) -> object:
    return shown(rig, row)["Status"]


def charged(rig: Rig) -> int:
    """Return what the vendor charged, which nobody may tell otherwise, and for nobody twice."""
    credits = rig.seleqt.meter.charged()
    assert rig.totals() == {"settled": credits, "reserved": 0}
    assert rig.seleqt.meter.bought_twice() == {}
    assert rig.seleqt.audit() == []
    return credits


def bought(rig: Rig) -> set[int]:
    return {person for person, _ in rig.seleqt.meter.by_person_and_kind()}


def in_leads(rig: Rig, worksheet: Any = None) -> list[int]:
    return [int(str(cell)) for cell in rig.column("Prospect ID", worksheet) if cell != ""]


def after(rig: Rig, engine: Engine, **time: int) -> None:
    """Let time pass for syncd, and let it come to rest."""
    rig.ahead += timedelta(**time)
    rig.hurry()
    rig.settle(engine)


# --- both styles ----------------------------------------------------------------------------------


@STYLES
@MODES
@pytest.mark.parametrize(
    ("find", "price", "column"),
    [("Email", 3, "Email"), ("Email (waterfall)", 6, "Email"), ("Phone", 30, "Phone")],
)
def test_a_list_is_imported_and_its_first_who_lack_the_value_are_bought(
    rig: Rig, buying: str, seleqt: str, find: str, price: int, column: str
) -> None:
    has = rig.person(known_email="known@firma.example", known_phone="+12025550100")
    some = [rig.person(email=f"p{n}@a.example", phone=f"+1202555011{n}") for n in range(4)]
    nothing = rig.person()
    rest = rig.people(3, phone="+12025550199")
    rig.seleqt.add_list("Fair", ids=[has, *some, nothing, *rest])
    put_request(rig, Find=find, Max_leads=5)
    rig.run(buying=buying, seleqt=seleqt)
    assert charged(rig) == 5 * price
    assert bought(rig) == {*some, nothing}
    assert sorted(in_leads(rig)) == sorted([has, *some, nothing, *rest])
    values = {int(who): values for who, values in rig.by_prospect(column).items()}
    expected = [f"p{n}@a.example" if column == "Email" else f"+1202555011{n}" for n in range(4)]
    assert [values[person] for person in some] == [[text] for text in expected]
    assert [values[person] for person in (has, nothing, *rest)] == [[""]] * 5
    assert shown(rig) == {
        "Status": DONE,
        "Quote": f"8 of 9 people lack {'a phone' if column == 'Phone' else 'an email'}, "
        f"Max leads takes 5: at most {5 * price} credits. 1 known already: free.",
        "Spent": str(5 * price),
        "Found": "4",
        "Not found": "1",
    }


@STYLES
def test_both_kinds_are_bought_for_the_same_people(rig: Rig, buying: str) -> None:
    some = rig.people(3, phone="+12025550100")
    rig.seleqt.add_list("Fair", ids=[*some, *rig.people(2)])
    put_request(rig, Find="Email + phone", Max_leads=3)
    rig.run(buying=buying)
    assert charged(rig) == 3 * 33
    assert bought(rig) == set(some)
    assert shown(rig)["Found"] == "6"


@STYLES
@MODES
def test_max_credits_hold_and_the_request_says_so(rig: Rig, buying: str, seleqt: str) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(9))
    put_request(rig, Max_credits=10)
    rig.run(buying=buying, seleqt=seleqt)
    assert charged(rig) == 9
    assert shown(rig) == {
        "Status": USED,
        "Quote": "9 of 9 people lack an email: at most 9 credits.",
        "Spent": "9",
        "Found": "3",
        "Not found": "0",
    }
    assert rig.column("Status").count(USED) == 6
    put(rig, "Max credits", 18)
    rig.run(buying=buying, seleqt=seleqt)
    assert charged(rig) == 9
    assert says(rig) == status.REQUEST_CHANGED
    put_anew(rig, "Max credits", 18, buying=buying, seleqt=seleqt)
    rig.run(buying=buying, seleqt=seleqt)
    assert charged(rig) == 18


@STYLES
def test_a_list_of_several_pages_comes_whole_and_each_person_once(rig: Rig, buying: str) -> None:
    ids = rig.people(230)
    rig.seleqt.add_list("Fair", ids=ids)
    put_request(rig, Max_leads=120)
    rig.run(buying=buying)
    assert sorted(in_leads(rig)) == ids
    assert charged(rig) == 360
    assert bought(rig) == set(ids[:120])
    assert shown(rig)["Found"] == "120"


@STYLES
def test_people_who_have_a_row_get_no_second_one(rig: Rig, buying: str) -> None:
    ids = rig.people(6)
    rig.seleqt.add_list("Fair", ids=ids)
    rig.ask((ids[2], ""), (ids[4], "Email"), Company="Mine")
    put_request(rig)
    rig.run(buying=buying)
    assert sorted(in_leads(rig)) == ids
    assert rig.by_prospect("Company")[str(ids[2])] == ["Mine"]
    assert charged(rig) == 18
    rig.run(buying=buying)
    assert sorted(in_leads(rig)) == ids


# --- the tick -------------------------------------------------------------------------------------


@STYLES
def test_without_the_tick_nothing_is_imported_and_after_it_nothing_more_is_bought(
    rig: Rig, buying: str
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(30))
    put_request(rig, Start=False, Max_credits=15)
    rig.run(buying=buying)
    assert says(rig) == status.REQUEST_READY
    assert in_leads(rig) == []
    put(rig, "Start", True)
    rig.run(buying=buying)
    assert charged(rig) == 15
    put(rig, "Start", False)
    put(rig, "Max credits", 90)
    rig.run(buying=buying)
    assert charged(rig) == 15
    assert shown(rig)["Status"] == status.REQUEST_STOPPED
    assert shown(rig)["Spent"] == "15"
    put(rig, "Start", True)
    rig.run(buying=buying)
    assert charged(rig) == 90
    assert says(rig) == DONE


def is_purchase(asked: Request) -> bool:
    return asked.method == "POST" and asked.path.endswith("/enrichment/")


def test_a_lost_answer_to_a_write_that_adds_nobody_keeps_nobody_waiting(rig: Rig) -> None:
    people = rig.people(3)
    rig.seleqt.add_list("Fair", ids=people)
    put_request(rig)
    rig.world.faults.add("drop_after", vendor="sheets", path=":batchUpdate")  # the request's key
    rig.run()
    assert sorted(in_leads(rig)) == sorted(people)
    assert charged(rig) == 9


def test_a_stop_between_two_purchases_of_one_cycle_stops_the_second(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()  # so that the worksheet may have several purchases at once
    rig.seleqt.add_list("Fair", ids=rig.people(80))
    put_request(rig)
    rig.world.after(is_purchase, lambda: put(rig, "Start", False))
    rig.run()
    assert charged(rig) == 3 + 25 * 3
    assert says(rig) == status.REQUEST_STOPPED


@STYLES
def test_a_stop_reaches_a_purchase_that_waits_to_be_sent(
    rig: Rig, buying: str, impatient: float
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(5))
    put_request(rig)
    rig.answer(429, {"error": "Rate limit exceeded"}, path=r"POST .*/enrichment/$")
    with rig.app(buying=buying) as engine:
        for _ in range(5):
            rig.cycle(engine)
        assert rig.totals() == {"settled": 0, "reserved": 15}
        put(rig, "Start", False)
        after(rig, engine, minutes=2)
        assert charged(rig) == 0
        assert says(rig) == status.REQUEST_STOPPED
        put(rig, "Start", True)
        after(rig, engine, minutes=2)
    assert charged(rig) == 15


@pytest.mark.parametrize("typed", ["9o", "-1", "#REF!"])
def test_max_credits_that_cannot_be_read_hold_everything_until_they_are_mended(
    rig: Rig, typed: str
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(9))
    put_request(rig, Max_credits=9)
    rig.run()
    put(rig, "Max credits", typed)
    rig.run()
    assert charged(rig) == 9
    assert str(says(rig)).startswith("Max credits says")
    put_anew(rig, "Max credits", 12)
    rig.run()
    assert charged(rig) == 12


def test_a_purchase_that_waits_for_a_sheet_that_cannot_be_read_waits_without_haste(
    rig: Rig, impatient: float
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(5))
    put_request(rig)
    rig.answer(429, {"error": "Rate limit exceeded"}, path=r"POST .*/enrichment/$")
    with rig.app() as engine:
        for _ in range(5):
            rig.cycle(engine)
        assert rig.totals() == {"settled": 0, "reserved": 15}
        rig.hurry()
        rig.world.faults.add("503", vendor="sheets", rate=1.0)
        assert rig.cycle(engine).due is None
        rig.world.faults.clear()
        rig.settle(engine)
    assert charged(rig) == 15


# --- the life of a request ------------------------------------------------------------------------


@STYLES
@pytest.mark.parametrize("name", ["Fiar", "Other", "Empty"])
def test_another_list_name_and_back_buys_for_nobody_beyond_max_leads(
    rig: Rig, name: str, buying: str
) -> None:
    ids = rig.people(30)
    rig.seleqt.add_list("Fair", ids=ids)
    rig.seleqt.add_list("Other", ids=rig.people(10))
    rig.seleqt.add_list("Empty")
    put_request(rig, Max_leads=5)
    rig.run(buying=buying)
    put(rig, "Lead list", name)
    rig.run(buying=buying)
    assert charged(rig) == 15
    assert shown(rig)["Spent"] == "15"
    assert shown(rig)["Found"] == "5"
    put(rig, "Lead list", "Fair")
    rig.run(buying=buying)
    assert charged(rig) == 15
    assert bought(rig) == set(ids[:5])
    assert says(rig) == DONE


def test_a_switch_to_another_list_goes_on_with_what_is_left_of_both_limits(rig: Rig) -> None:
    fair, other = rig.people(3), rig.people(10)
    rig.seleqt.add_list("Fair", ids=fair)
    rig.seleqt.add_list("Other", ids=other)
    put_request(rig, Max_leads=5, Max_credits=12)
    rig.run()
    assert charged(rig) == 9
    put_anew(rig, "Lead list", "Other")
    rig.run()
    assert charged(rig) == 12
    assert shown(rig)["Quote"] == (
        "10 of 10 people lack an email, Max leads takes 2: at most 3 credits."
    )
    assert says(rig) == USED
    put_anew(rig, "Max credits", "")
    rig.run()
    assert bought(rig) == {*fair, *other[:2]}
    assert charged(rig) == 15
    assert (shown(rig)["Found"], shown(rig)["Spent"], says(rig)) == ("5", "15", DONE)


def test_a_request_whose_max_leads_went_to_another_list_says_what_to_do(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(5))
    other = rig.people(5)
    rig.seleqt.add_list("Other", ids=other)
    put_request(rig, Max_leads=5)
    rig.run()
    put_anew(rig, "Lead list", "Other")
    rig.run()
    assert says(rig) == status.REQUEST_USED_UP
    assert charged(rig) == 15
    put_anew(rig, "Max leads", 7)
    rig.run()
    assert charged(rig) == 21
    assert says(rig) == DONE


def test_a_wrong_list_for_which_nothing_was_bought_costs_none_of_max_leads(rig: Rig) -> None:
    rig.seleqt.add_list("Wrong", ids=rig.people(5))
    fair = rig.people(5)
    rig.seleqt.add_list("Fair", ids=fair)
    put_request(rig, Lead_list="Wrong", Max_leads=5, Max_credits=0)
    rig.run()
    put(rig, "Lead list", "Fair")
    put_anew(rig, "Max credits", "")
    rig.run()
    assert bought(rig) == set(fair)
    assert charged(rig) == 15


def test_lowering_max_leads_and_raising_it_again_buys_for_nobody_new(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(20))
    put_request(rig, Max_leads=5)
    rig.run()
    for limit in (2, 5):
        put(rig, "Max leads", limit)
        rig.run()
        assert charged(rig) == 15
        assert shown(rig)["Found"] == "5"


def test_a_row_that_people_deleted_stays_deleted_whatever_the_request_names_meanwhile(
    rig: Rig,
) -> None:
    ids = rig.people(6)
    rig.seleqt.add_list("Fair", ids=ids)
    rig.seleqt.add_list("Other", ids=rig.people(1))
    put_request(rig, Max_leads=2)
    rig.run()
    with rig.world.lock:
        hands.delete_rows(rig.leads, 1 + in_leads(rig).index(ids[3]))
    rig.run()
    for name in ("Fiar", "Fair", "Other", "Fair"):
        put_anew(rig, "Lead list", name)
        rig.run()
    assert ids[3] not in in_leads(rig)
    assert len(in_leads(rig)) == 6
    assert charged(rig) == 6


def test_a_deleted_row_of_somebody_chosen_is_no_longer_waited_for(rig: Rig) -> None:
    ids = rig.people(3)
    rig.seleqt.add_list("Fair", ids=ids)
    put_request(rig, Max_credits=6)
    rig.run()
    assert says(rig) == USED
    with rig.world.lock:
        hands.delete_rows(rig.leads, 1 + in_leads(rig).index(ids[2]))
    rig.run()
    assert says(rig) == DONE
    assert charged(rig) == 6


def test_a_copied_request_that_names_another_list_pays_for_itself(rig: Rig) -> None:
    fair, other = rig.people(4), rig.people(4, phone="+12025550123")
    rig.seleqt.add_list("Fair", ids=fair)
    rig.seleqt.add_list("Other", ids=other)
    rig.ask(*[(person, "Phone") for person in other])  # so that their rows have keys
    put_request(rig)
    rig.run()
    assert charged(rig) == 132
    with rig.world.lock:
        hands.copy_paste(rig.requests, 1, 2, 0, len(REQUEST_HEADER), 2, 0)
        rig.requests.put_value(2, REQUEST_HEADER.index("Lead list"), "Other")
    rig.run()
    assert charged(rig) == 132
    assert [says(rig, row) for row in (1, 2)] == [DONE, status.REQUEST_CHANGED]
    put_anew(rig, "Lead list", "Other", 2)
    rig.run()
    assert charged(rig) == 144
    assert [shown(rig, row)["Spent"] for row in (1, 2)] == ["12", "12"]
    assert [says(rig, row) for row in (1, 2)] == [DONE, DONE]


# --- lists that are no good -----------------------------------------------------------------------


def mend_unknown(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(1))


def mend_empty(rig: Rig) -> None:
    rig.seleqt.catalogue.lists[301].ids.extend(rig.people(1))


def mend_twins(rig: Rig) -> None:
    rig.seleqt.delete_list(302)
    rig.seleqt.catalogue.lists[301].ids.extend(rig.people(1))


def mend_companies(rig: Rig) -> None:
    rig.seleqt.delete_list(301)
    mend_unknown(rig)


@pytest.mark.parametrize("retick", [False, True], ids=["by itself", "by ticking again"])
@pytest.mark.parametrize(
    ("lists", "problem", "mend"),
    [
        ([], status.REQUEST_NO_LIST, mend_unknown),
        (["PEOPLE"], status.REQUEST_EMPTY, mend_empty),
        (["PEOPLE", "PEOPLE"], status.REQUEST_MANY_LISTS, mend_twins),
        (["COMPANY"], status.REQUEST_COMPANIES, mend_companies),
    ],
)
def test_a_list_that_is_mended_at_seleqt_is_found_within_minutes_or_at_the_next_tick(
    rig: Rig, lists: list[str], problem: str, mend: Any, retick: bool
) -> None:
    for search_type in lists:
        rig.seleqt.add_list("Fair", search_type)
    put_request(rig)
    with rig.app() as engine:
        rig.settle(engine)
        assert says(rig) == problem.format(lead_list="Fair")
        mark = rig.mark
        for _ in range(9):
            rig.ahead += timedelta(minutes=1)
            put(rig, "Max credits", 99)  # somebody is at work in the sheet
            rig.cycle(engine)
        assert rig.requests_made("seleqt", since=mark) == 0
        mend(rig)
        if retick:
            put(rig, "Start", False)
            rig.settle(engine)
            assert says(rig) == problem.format(lead_list="Fair")
            put(rig, "Start", True)
        else:
            rig.ahead += timedelta(minutes=12)
        rig.settle(engine)
    assert charged(rig) == 3
    assert says(rig) == DONE


def test_many_requests_without_a_list_cost_one_look_each_ten_minutes(rig: Rig) -> None:
    for row in range(1, 9):
        put_request(rig, row, Lead_list=f"Nowhere {row}")
    with rig.app() as engine:
        rig.settle(engine)
        mark = rig.mark
        for _ in range(60):
            rig.ahead += timedelta(minutes=1)
            rig.cycle(engine)
    assert 4 <= rig.requests_made("seleqt", "read", since=mark) <= 6


def test_a_list_that_cannot_be_read_now_is_tried_again_in_a_minute_and_not_at_once(
    rig: Rig,
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(2))
    put_request(rig)
    rig.world.faults.add("503", vendor="seleqt", method="GET", path=r"/lead-lists/$", next=3)
    with rig.app() as engine:
        rig.cycle(engine)
        report = rig.cycle(engine)
        assert report.due is not None
        mark = rig.mark
        for _ in range(5):
            rig.cycle(engine)
        assert rig.requests_made("seleqt", since=mark) == 0
        assert says(rig) == status.HOLD_VENDOR
        after(rig, engine, seconds=61)
    assert charged(rig) == 6


def test_a_request_that_waits_for_the_key_says_so(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(2))
    put_request(rig)
    old = rig.key
    with rig.app() as engine:
        rig.cycle(engine)
        with rig.world.lock:
            rig.seleqt.rotate_key(old)
        rig.settle(engine)
        assert says(rig) == status.HOLD_KEY
    assert rig.seleqt.meter.charged() == 0


def test_purchases_that_were_stopped_in_place_go_on_when_they_get_lists_of_their_own(
    rig: Rig,
) -> None:
    missed = rig.person()
    rig.seleqt.add_list("Fair", ids=[missed, *rig.people(3)])
    rig.ask((missed, "Email"))
    rig.run(buying=IN_PLACE)
    put_request(rig)
    with rig.app(buying=IN_PLACE) as engine:
        rig.settle(engine)
        assert says(rig) == status.HOLD_IN_PLACE
        mark = rig.mark
        for _ in range(4):
            after(rig, engine, minutes=11)
        assert rig.requests_made("seleqt", "spend", since=mark) == 0
        assert rig.requests_made("seleqt", "write", since=mark) == 0
        assert says(rig) == status.HOLD_IN_PLACE
    rig.run()
    assert says(rig) == DONE
    assert charged(rig) == 12


# --- what people type -----------------------------------------------------------------------------

LONG = "x" * 49_990


@pytest.mark.parametrize(
    ("lead", "asked"),
    [
        ({}, {"Lead list": LONG}),
        ({}, {"Lead list": f"#REF! {LONG}"}),
        ({}, {"Lead list": "Fair", "Find": LONG}),
        ({}, {"Lead list": "Fair", "Max leads": LONG}),
        ({}, {"Lead list": "Fair", "Max credits": LONG}),
        ({"Prospect ID": LONG}, {}),
        ({"Prospect ID": f"#REF! {LONG}"}, {}),
        ({"Prospect ID": 4, "Find": LONG}, {}),
    ],
)
def test_a_cell_full_to_the_brim_keeps_no_other_row_waiting_and_fills_no_log(
    rig: Rig, capsys: pytest.CaptureFixture[str], lead: dict[str, object], asked: dict[str, object]
) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    if lead:
        cells = {"Find": "Email", **lead}
        rig.fill(rig.leads, [[cells.get(name, "") for name in LEAD_HEADER]], first=2)
    else:
        rig.fill(rig.requests, [request(**{"Find": "Email", "Start": True, **asked})], first=1)
    reports = rig.run()
    assert rig.column("Email")[0] == "p0@found.example"
    assert reports[-1].problems == ()
    said = str(says(rig)) if asked else str(rig.column("Status")[1])
    assert 0 < len(said) < 150
    assert "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" not in "".join(capsys.readouterr())


def test_a_name_that_no_cell_can_hold_keeps_nobody_else_waiting(rig: Rig) -> None:
    long = rig.person(first_name=LONG * 2, last_name=LONG, email="long@found.example")
    rig.seleqt.add_list("Fair", ids=[long, *rig.people(2)])
    put_request(rig)
    rig.run()
    assert sorted(rig.column("Email")) == [
        "long@found.example",
        "p0@found.example",
        "p1@found.example",
    ]
    assert charged(rig) == 9


# --- worksheets that cannot be read ---------------------------------------------------------------


@pytest.mark.parametrize("broken", [0, 1])
def test_nobody_is_added_while_a_worksheet_for_leads_cannot_be_read(rig: Rig, broken: int) -> None:
    book = rig.google.create_spreadsheet(
        "Two",
        spreadsheet_id="two",
        worksheets=[("People", 80, 20), ("More", 80, 20), ("Ask", 9, 15)],
    )
    first, second, rig.requests = book.worksheets
    for worksheet in (first, second):
        rig.fill(worksheet, [LEAD_HEADER])
    rig.fill(rig.requests, [REQUEST_HEADER])
    rig.settings["_spreadsheet"] = (
        'id = "two"\nname = "Two"\nevery = "1s"\nleads = ["People", "More"]\nrequests = ["Ask"]'
    )
    ids = rig.people(3)
    rig.seleqt.add_list("Fair", ids=ids)
    rig.ask((ids[broken], ""), worksheet=book.worksheets[broken])
    put_request(rig)
    at = LEAD_HEADER.index("Email")
    with rig.app() as engine:
        with rig.world.lock:
            book.worksheets[broken].put_value(0, at, "Mail adress")
        rig.settle(engine)
        assert says(rig) == status.HOLD_WORKSHEET
        assert in_leads(rig, book.worksheets[1 - broken]) == []
        with rig.world.lock:
            book.worksheets[broken].put_value(0, at, "Email")
        rig.settle(engine)
    there = [in_leads(rig, first), in_leads(rig, second)]
    assert there == ([ids, []] if broken == 0 else [[ids[0], ids[2]], [ids[1]]])
    assert says(rig) == status.REQUEST_DONE.format(worksheet="People")
    assert charged(rig) == 9


def test_a_request_that_is_done_stays_so_while_its_worksheet_cannot_be_read(rig: Rig) -> None:
    rig.settings["_spreadsheet"] = (
        f'id = "{SPREADSHEET}"\nname = "Sales"\nevery = "1s"\nleads = ["Leads", "Not there"]'
    )
    rig.seleqt.add_list("Fair", ids=rig.people(3))
    put_request(rig)
    rig.run()
    assert says(rig) == status.HOLD_WORKSHEET
    del rig.settings["_spreadsheet"]
    rig.run()
    assert says(rig) == DONE
    with rig.world.lock:
        rig.leads.put_value(0, LEAD_HEADER.index("Email"), "Mail adress")
    rig.run()
    assert says(rig) == DONE


# --- several who ask for one person ---------------------------------------------------------------


@STYLES
def test_somebody_in_two_requests_is_bought_once_and_counts_in_both(rig: Rig, buying: str) -> None:
    ids = rig.people(5)
    rig.seleqt.add_list("Fair", ids=ids[:4])
    rig.seleqt.add_list("Other", ids=ids[1:])
    put_request(rig)
    put_request(rig, 2, Lead_list="Other")
    rig.run(buying=buying)
    assert charged(rig) == 15
    assert sorted(in_leads(rig)) == ids
    assert [shown(rig, row)["Found"] for row in (1, 2)] == ["4", "4"]
    spent = [int(str(shown(rig, row)["Spent"])) for row in (1, 2)]
    assert sum(spent) == 15
    assert [says(rig, row) for row in (1, 2)] == [DONE, DONE]


def test_where_one_request_has_used_its_credits_another_pays_for_the_same_person(
    rig: Rig,
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(4))
    put_request(rig, Max_credits=3)
    put_request(rig, 2)
    rig.run()
    assert charged(rig) == 12
    assert [shown(rig, row)["Spent"] for row in (1, 2)] == ["3", "9"]
    assert [says(rig, row) for row in (1, 2)] == [DONE, DONE]


@STYLES
def test_a_row_that_asks_for_itself_pays_and_the_request_has_it_for_nothing(
    rig: Rig, buying: str
) -> None:
    ids = rig.people(3)
    rig.seleqt.add_list("Fair", ids=ids)
    rig.ask((ids[0], "Email"))
    put_request(rig)
    rig.run(buying=buying)
    assert charged(rig) == 9
    assert shown(rig)["Spent"] == "6"
    assert shown(rig)["Found"] == "3"


def test_a_waterfall_request_goes_on_where_the_rows_own_plain_search_found_nothing(
    rig: Rig,
) -> None:
    person = rig.person(waterfall="deep@found.example")
    rig.seleqt.add_list("Fair", ids=[person])
    rig.ask((person, "Email"))
    put_request(rig, Find="Email (waterfall)")
    rig.run()
    assert rig.column("Email") == ["deep@found.example"]
    assert charged(rig) == 9
    assert shown(rig)["Spent"] == "6"
    assert says(rig) == DONE


def test_start_is_the_approval_of_what_the_request_pays_for(rig: Rig) -> None:
    person = rig.person(phone="+12025550123")
    rig.seleqt.add_list("Fair", ids=[person])
    rig.ask((person, "Phone"))
    asking = 'ask_first = ["phone"]\nsettle_after = "0s"'
    rig.run(buying=asking)
    assert rig.column("Status") == [status.READY.format(credits=30, what="phone")]
    put_request(rig, Find="Phone")
    rig.run(buying=asking)
    assert charged(rig) == 30
    assert shown(rig)["Spent"] == "30"
    assert says(rig) == DONE


def test_somebody_whose_email_stands_in_the_sheet_is_still_searched_for_by_phone(
    rig: Rig,
) -> None:
    ids = rig.people(2, phone="+12025550123")
    rig.seleqt.add_list("Fair", ids=ids)
    rig.ask((ids[0], "Email"))
    rig.ask((ids[1], ""), first=2, Email="typed@firma.example")
    rig.run()
    put_request(rig, Find="Phone")
    rig.run()
    assert charged(rig) == 63
    assert shown(rig)["Found"] == "2"


def test_somebody_for_whom_a_human_typed_the_value_is_neither_bought_nor_waited_for(
    rig: Rig,
) -> None:
    ids = rig.people(3)
    rig.seleqt.add_list("Fair", ids=ids)
    rig.ask((ids[0], ""), Email="typed@firma.example")
    put_request(rig, Max_credits=3)
    rig.run()
    assert (charged(rig), says(rig)) == (3, USED)
    with rig.world.lock:
        row = 1 + in_leads(rig).index(ids[2])
        hands.type_cell(rig.leads, row, LEAD_HEADER.index("Email"), "mine@firma.example")
    put_anew(rig, "Max credits", 30)
    rig.run()
    assert (charged(rig), says(rig)) == (3, DONE)
    assert rig.by_prospect("Email")[str(ids[2])] == ["mine@firma.example"]


# --- what was searched before ---------------------------------------------------------------------


def clear_finds(rig: Rig) -> None:
    with rig.world.lock:
        for row in range(1, 1 + len(in_leads(rig))):
            rig.leads.put_value(row, LEAD_HEADER.index("Find"), "")


def test_a_waterfall_request_is_not_done_where_only_a_plain_search_found_nothing(
    rig: Rig,
) -> None:
    ids = [rig.person(waterfall=f"w{n}@found.example") for n in range(4)]
    rig.seleqt.add_list("Fair", ids=ids)
    rig.ask(*[(person, "Email") for person in ids])
    rig.run()
    clear_finds(rig)
    put_request(rig, Find="Email (waterfall)")
    rig.run(caps='time_zone = "Europe/Berlin"\nper_day = 12\nper_month = 20000')
    assert says(rig) == status.WAITING[Cap.DAY]
    assert shown(rig)["Not found"] == "0"
    rig.run()
    assert charged(rig) == 12 + 24
    assert says(rig) == DONE
    assert shown(rig)["Found"] == "4"


def test_people_missed_long_ago_are_chosen_again(rig: Rig) -> None:
    ids = [rig.person() for _ in range(3)]
    rig.seleqt.add_list("Fair", ids=ids)
    rig.ask(*[(person, "Email") for person in ids])
    rig.run()
    clear_finds(rig)
    put_request(rig)
    rig.run()
    assert shown(rig)["Quote"] == (
        "0 of 3 people lack an email: at most 0 credits. 3 searched for before: not again yet."
    )
    rig.ahead += timedelta(days=400)
    put_request(rig, 2)
    rig.run()
    assert shown(rig, 2)["Quote"] == "3 of 3 people lack an email: at most 9 credits."
    assert rig.seleqt.meter.charged() == 18
