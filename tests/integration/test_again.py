"""Pay once, ever: what is known costs nothing, and a search is repeated for a wish only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rig import LEAD_HEADER, Rig, bought_here

from syncd.core import plan, repeats
from syncd.core.approval import Approval
from syncd.engine import supplies
from syncd.sandbox.sheets import people as hands

FIND = LEAD_HEADER.index("Find")
TWO = (
    'id = "sheet-under-test"\nname = "Sales"\nevery = "1s"\nleads = ["Leads", "Requests"]\n'
    "requests = []"
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=40) as made:
        yield made


def pick(rig: Rig, *finds: str) -> None:
    with rig.world.lock:
        for number, find in enumerate(finds, 1):
            rig.leads.put_value(number, FIND, find or None)


def charged(rig: Rig) -> int:
    return rig.seleqt.meter.charged()


def miss(rig: Rig, count: int = 1, **columns: Any) -> None:
    """Search for people of whom nothing is found."""
    rig.ask(*((rig.person(), "Email") for _ in range(count)), **columns)
    rig.run()
    assert charged(rig) == 3 * count


def test_a_wish_to_search_again_buys_one_search_whatever_is_restarted(rig: Rig) -> None:
    miss(rig)
    [said] = rig.column("Status")
    assert "unless you pick in Find: “Email again” (3 credits) or “Email (waterfall)” (6" in said
    pick(rig, "Email again")
    for _ in range(3):
        rig.run()
    assert charged(rig) == 6
    [said] = rig.column("Status")
    assert "“Email again” anew (3 credits)" in said
    assert rig.column("Credits") == ["6"]
    pick(rig, "")
    rig.run()
    pick(rig, "Email again")
    rig.run()
    rig.run()
    assert charged(rig) == 9
    with rig.ledger() as ledger:
        assert ledger.audit.full() == []
        ledger._db.execute("BEGIN")
        ledger._db.execute("UPDATE jobs SET again = NULL")
        assert {found.check for found in ledger.audit.full()} == {"never-twice"}
        ledger._db.execute("ROLLBACK")


def test_what_comes_of_it_is_shown_and_nothing_is_bought_for_a_value(rig: Rig) -> None:
    miss(rig)
    [person] = rig.seleqt.catalogue.prospects.values()
    with rig.world.lock:
        known = replace(person, truth=replace(person.truth, email="late@found.example"))
        rig.seleqt.catalogue.prospects[person.id] = known
    pick(rig, "Email again")
    rig.run()
    assert (rig.column("Email"), charged(rig)) == (["late@found.example"], 6)
    pick(rig, "")
    rig.run()
    pick(rig, "Email again")
    rig.run()
    assert (rig.column("Status"), charged(rig)) == (["Found the email."], 6)


def test_a_purchase_that_was_not_sent_is_taken_back_with_the_wish(rig: Rig) -> None:
    miss(rig)
    pick(rig, "Email again")
    rig.world.faults.add("503", vendor="seleqt", method="POST", path="lead-lists/$", next=1)
    with rig.app() as engine:
        rig.cycle(engine)
        rig.ahead += timedelta(minutes=1)
        pick(rig, "Email")  # the plain wish has its answer
        rig.settle(engine)
    assert charged(rig) == 3
    assert [batch.state for batch in rig.batches()] == ["settled", "cancelled"]


def test_a_copied_wish_is_nobodys(rig: Rig) -> None:
    miss(rig)
    pick(rig, "Email again")
    rig.run()
    with rig.world.lock:
        hands.copy_paste(rig.leads, 1, 2, 0, len(LEAD_HEADER), 2, 0)
    rig.run()
    assert charged(rig) == 6
    assert all("anew" in str(said) for said in rig.column("Status"))


def test_many_wishes_at_once_ask_first(rig: Rig) -> None:
    buying = 'ask_first = []\nsettle_after = "0s"\nfirst_batch = 25\nbig_paste = 10'
    miss(rig, 12)
    with rig.app(buying=buying) as engine:
        rig.settle(engine)
        pick(rig, *["Email again"] * 12)
        rig.settle(engine)
    assert charged(rig) == 36
    assert set(rig.column("Status")) == {"Ready: 3 credits for the email. Tick Approve to buy."}


def test_a_waterfall_after_a_plain_miss_is_a_step_of_its_own(rig: Rig) -> None:
    rig.ask((rig.person(waterfall="deep@found.example"), "Email"))
    rig.run()
    rig.run()
    assert (charged(rig), rig.column("Email")) == (3, [""])
    pick(rig, "Email (waterfall)")
    rig.run()
    assert (charged(rig), rig.column("Email")) == (9, ["deep@found.example"])
    pick(rig, "Email")
    rig.run()
    assert (charged(rig), rig.column("Status")) == (9, ["Found the email."])


def test_a_person_is_bought_once_for_all_rows_worksheets_and_spreadsheets(rig: Rig) -> None:
    other = rig.add_book()
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    with rig.engines() as engines:
        for engine in engines:
            rig.settle(engine)
        rig.ask((person, "Email"), first=2)
        rig.ask((person, "Email"), worksheet=other)
        for engine in engines:
            rig.settle(engine)
    assert charged(rig) == 3
    assert rig.column("Status") == ["Found the email.", bought_here()]
    [said] = rig.column("Status", other)
    assert str(said).startswith("Found the email: bought for the worksheet “Leads” of “Sales” on ")
    assert rig.column("Email", other) == ["p0@found.example"]


def test_a_worksheet_of_the_same_spreadsheet_is_named_alone(rig: Rig) -> None:
    rig.settings["_spreadsheet"] = TWO
    rig.fill(rig.requests, [LEAD_HEADER])
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    rig.run()
    rig.ask((person, "Email"), worksheet=rig.requests)
    rig.run()
    [said] = rig.column("Status", rig.requests)
    assert str(said).startswith("Found the email: bought for the worksheet “Leads” on ")
    assert charged(rig) == 3


def test_what_a_human_typed_in_another_row_of_the_person_is_not_bought(rig: Rig) -> None:
    rig.settings["_spreadsheet"] = TWO
    rig.fill(rig.requests, [LEAD_HEADER])
    first, second, third = rig.people(3)
    rig.ask((first, ""), Email="mine@own.example", worksheet=rig.requests)
    rig.ask((second, ""), Email="n/a", worksheet=rig.requests, first=2)
    rig.ask((first, "Email"), (second, "Email"), (third, "Email"))
    rig.run()
    assert charged(rig) == 6
    assert rig.column("Email") == ["", "p1@found.example", "p2@found.example"]
    assert rig.column("Status")[0] == (
        "Already has an email in another row of this person: mine@own.example. Nothing was bought."
    )


def forget_the_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wish that is not remembered is a new one at each look."""
    real = repeats.review_repeat
    monkeypatch.setattr(plan, "review_repeat", lambda row, _known, now: real(row, None, now))


def let_copies_wish(monkeypatch: pytest.MonkeyPatch) -> None:
    def wished(row: Any, kind: Any, wish: Approval | None) -> Any:
        return wish.at if wish and kind in row.again else None

    monkeypatch.setattr(plan, "wished_at", wished)
    monkeypatch.setattr(
        plan,
        "review_repeat",
        lambda row, known, now: repeats.review_repeat(
            row, known if known and known.question else None, now
        ),
    )


def let_nobody_look_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supplies.Supplies, "find", lambda *_: "")


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (forget_the_wish, test_a_wish_to_search_again_buys_one_search_whatever_is_restarted),
        (let_copies_wish, test_a_copied_wish_is_nobodys),
        (
            let_nobody_look_elsewhere,
            test_what_a_human_typed_in_another_row_of_the_person_is_not_bought,
        ),
    ],
)
def test_a_planted_bug_is_caught(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, plant: Any, test: Any
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        test(rig)
