"""What ``syncd ledger statement`` says is what the vendor's own meter says."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from rig import Rig
from typer.testing import CliRunner

from syncd.cli import app as cli
from syncd.ledger.statement import GROUPS


def tell(rig: Rig, *options: str) -> str:
    config = str(rig.folder / "config.toml")
    result = CliRunner().invoke(cli, ["ledger", "statement", *options, "--config", config])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture
def spent(rig: Rig) -> Rig:
    """Two found, one missed, one phone, one whom the vendor had, and one row filled from memory."""
    first, second = rig.people(2)
    missed, known = rig.person(), rig.person(known_email="k@known.example")
    caller = rig.person(phone="+12025550123")
    rig.ask((first, "Email"), (second, "Email"), (missed, "Email"), (known, "Email"))
    rig.ask((caller, "Phone"), (first, "Email"), first=5)
    rig.run()
    return rig


@pytest.mark.parametrize("by", GROUPS)
def test_the_lines_add_up_to_what_the_meter_charged(spent: Rig, by: str) -> None:
    options = ("--by", "person", "--names") if by == "name" else ("--by", by)
    report = json.loads(tell(spent, *options, "--format", "json"))
    charged = spent.seleqt.meter.charged()
    counts = {
        name: sum(line[name] for line in report["lines"])
        for name in report["total"]
        if name != "name"
    }
    assert counts == {name: n for name, n in report["total"].items() if name != "name"}
    assert counts == {
        "bought": 4,
        "found": 3,
        "missed": 1,
        "searching": 0,
        "credits": charged,
        "refunded": 0,
        "unsure": 0,
        "reserved": 0,
        "shown": 1,
        "reused": 1,
        "saved": 3,
    }
    balance = report["balance"]
    assert (balance["first"], balance["settled"]) == (10_000, charged)
    assert balance["last"] == 10_000 - charged == spent.seleqt.meter.balance(1)
    assert (balance["came"], balance["left"]) == (0, 0)
    assert (
        len(report["lines"]) == {"worksheet": 1, "person": 5, "name": 5, "kind": 2, "month": 1}[by]
    )


def test_a_table_and_csv_say_the_same(spent: Rig) -> None:
    table = tell(spent, "--by", "kind")
    assert "it adds up." in table
    rows = list(csv.reader(io.StringIO(tell(spent, "--by", "kind", "--format", "csv"))))
    assert [row[0] for row in rows] == ["kind", "email", "phone"]
    for row in rows[1:]:
        assert [cell.split() for cell in table.splitlines() if cell.startswith(row[0])] == [row]


def test_days_outside_of_the_time_asked_for_are_left_out(spent: Rig) -> None:
    day = (spent.now() + timedelta(days=2)).date().isoformat()
    assert json.loads(tell(spent, "--from", day, "--format", "json"))["lines"] == []
    past = json.loads(tell(spent, "--to", "2020-12-31", "--format", "json"))
    assert (past["lines"], past["balance"]) == ([], None)
    assert "told no balance in this time" in tell(spent, "--to", "2020-12-31")


def test_what_others_spend_and_what_comes_back_is_told_by_the_balance(spent: Rig) -> None:
    with spent.world.lock:
        account = spent.seleqt.accounts.find_key(spent.key).account
        spent.seleqt.enrichment.spend_outside(account, 40, spent.seleqt.clock.now())
    spent.ask((spent.people(1)[0], "Email"), first=7)
    spent.run()
    with spent.world.lock:
        spent.seleqt.accounts.top_up(account, 100, spent.seleqt.clock.now())
    spent.ask((spent.person(), "Email"), first=8)
    spent.run()
    balance = json.loads(tell(spent, "--format", "json"))["balance"]
    assert (balance["came"], balance["left"]) == (100, 40)
    assert balance["first"] - balance["settled"] + 100 - 40 == balance["last"]
    table = tell(spent)
    assert "100 credits came beside that: refunds or top-ups" in table
    assert "40 credits left beside that: somebody else's purchases." in table


@pytest.mark.parametrize("by", ["worksheet", "person", "kind", "month"])
def test_what_seems_to_have_come_back_is_told_for_whom(spent: Rig, by: str) -> None:
    with spent.world.lock:  # as Seleqt gives back what it did not find
        account = spent.seleqt.accounts.find_key(spent.key).account
        spent.seleqt.accounts.top_up(account, 3, spent.seleqt.clock.now())
    spent.ask((spent.people(1)[0], "Email"), first=7)
    spent.run()
    report = json.loads(tell(spent, "--by", by, "--json"))
    back = {line["name"]: line["refunded"] for line in report["lines"] if line["refunded"]}
    missed = [line["name"] for line in report["lines"] if line["missed"]]
    assert (list(back), sum(back.values())) == (missed, 3)
    assert report["total"]["refunded"] == report["balance"]["came"] == 3
    assert "Refunds would account for 3 of them." in tell(spent, "--by", by)


def test_a_purchase_in_doubt_is_unsure_and_said_to_be_among_what_left(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    rig.ask((rig.person(), "Email"), first=2)
    rig.world.faults.add("drop_after", vendor="seleqt", method="POST", path=r"/enrichment/$")
    rig.run()
    report = json.loads(tell(rig, "--format", "json"))
    assert report["total"]["unsure"] == 3
    assert report["total"]["credits"] + 3 == rig.seleqt.meter.charged()
