"""``syncd plan`` says what would be bought, and is right; it changes nothing anywhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from rig import Rig, Say, request

from syncd.ledger import Lock
from syncd.terms import ACCOUNT

CAPS = 'time_zone = "Europe/Berlin"\nper_day = 20\nper_month = 20000'


def content(rig: Rig) -> dict[str, bytes]:
    """Return what the ledger's files hold; SQLite makes an empty log also in order to read."""
    files = [*rig.folder.glob("ledger.db"), *rig.folder.glob("ledger.db-wal")]
    return {one.name: text for one in files if (text := one.read_bytes())}


def plan(rig: Rig, say: Say, *arguments: str, code: int = 0) -> dict[str, Any]:
    """Return what is planned; check that nobody was asked to change anything, or did."""
    config = rig.folder / "config.toml"
    mark, rows = rig.mark, rig.rows()
    before = content(rig)
    found = say("plan", *arguments, "--json", "--config", config)
    assert found[0] == code, found
    assert content(rig) == before
    assert rig.rows() == rows
    made = [entry for entry in rig.world.journal.after(mark) if entry.vendor != "token"]
    assert {entry.method for entry in made if entry.vendor == "seleqt"} <= {"GET"}
    assert {entry.call for entry in made if entry.vendor == "sheets"} == {"read"}
    report: dict[str, Any] = json.loads(found[1])
    return report


def bought(report: dict[str, Any], sheet: int = 0) -> dict[int, dict[str, int]]:
    rows = report["spreadsheets"][sheet]["rows"]
    return {row["row"]: row["buys"] for row in rows if row["buys"]}


def test_what_is_planned_is_what_is_bought(rig: Rig, say: Say) -> None:
    rig.is_armed = False
    people = [*rig.people(6), rig.person()]
    rig.ask(*((one, "Email") for one in people), (people[0], "Email"), ("x", "Email"))
    config = rig.config(caps=CAPS)
    report = plan(rig, say)
    assert bought(report) == {number: {"email": 3} for number in range(2, 8)}
    assert (report["armed"], report["credits"]) == (False, 18)
    assert report["totals"] == {"email": {"searches": 6, "credits": 18}}
    says = {row["row"]: row["says"] for row in report["spreadsheets"][0]["rows"]}
    assert says[8] == "Waiting: today's credits are used up."
    assert says[10].startswith("“x” is not a Prospect ID")
    told = say("plan", "--config", config)[1]
    assert "Together 18 credits. Today 0 of 20 are spent" in told
    assert "syncd is in plan mode: nothing of this is bought until: syncd arm" in told

    with rig.app(caps=CAPS) as engine:  # in plan mode, until somebody arms it
        rig.settle(engine)
        assert bought(plan(rig, say)) == bought(report)  # beside the daemon
        with rig.ledger() as ledger:
            ledger.arm(ACCOUNT, rig.now())
        assert plan(rig, say)["armed"]
        rig.settle(engine)
    assert rig.seleqt.meter.charged() == 18
    report = plan(rig, say)
    assert (report["credits"], report["today"]) == (0, {"spent": 18, "cap": 20})


def test_people_of_a_started_list_are_planned_before_they_stand_in_the_sheet(
    rig: Rig, say: Say
) -> None:
    members = rig.people(3)
    rig.seleqt.add_list("Fair", ids=members)
    rows = [request(**{"Lead list": "Fair", "Find": "Email", "Max leads": 2})]
    rig.fill(rig.requests, rows, first=1)
    rig.config()
    report = plan(rig, say)
    [row] = report["spreadsheets"][0]["rows"]
    assert "at most 6 credits." in row["quote"]
    with rig.app() as engine:
        rig.settle(engine)
        rig.fill(rig.requests, [["", "", "", "", True]], first=1)
        rig.cycle(engine)
    rig.config()
    report = plan(rig, say)
    new = [row for row in report["spreadsheets"][0]["rows"] if row["worksheet"] == "Leads"]
    assert sum(bool(row["buys"]) for row in new) == 2, report


def test_what_holds_buying_is_told(tmp_path: Path, say: Say) -> None:
    with Rig(tmp_path, panel=True) as rig:
        rig.ask((rig.people(1)[0], "Email"))
        rig.decide("Pause", True)
        rig.config()
        report = plan(rig, say)
        assert report["credits"] == 0
        assert report["spreadsheets"][0]["hold"].startswith("Waiting: buying is paused on")
        rig.decide("Pause", "")
        with Lock(rig.folder / "ledger.db"):
            assert plan(rig, say)["credits"] == 3


def test_the_caps_hold_for_all_spreadsheets_together_and_nobody_is_planned_twice(
    rig: Rig, say: Say
) -> None:
    other = rig.add_book()
    people = rig.people(5)
    rig.ask(*((one, "Email") for one in people[:4]))
    rig.ask(*((one, "Email") for one in people[2:]), worksheet=other)
    rig.config(caps=CAPS.replace("per_day = 20", "per_day = 13"))
    report = plan(rig, say)
    assert (len(bought(report, 0)), len(bought(report, 1)), report["credits"]) == (4, 0, 12)
    report = plan(rig, say, "More")
    assert [one["name"] for one in report["spreadsheets"]] == ["More"]
    assert report["credits"] == 9


def test_a_sheet_that_cannot_be_read_stops_no_other(rig: Rig, say: Say) -> None:
    other = rig.add_book()
    rig.ask((rig.people(1)[0], "Email"), worksheet=other)
    rig.book.share(rig.google.tokens.email, "none")
    rig.config()
    report = plan(rig, say, code=1)
    assert report["credits"] == 3
    assert report["spreadsheets"][0]["problems"]


@pytest.mark.parametrize(("name", "hint"), [("Sels", "; did you mean “Sales”?"), ("Zzz", "")])
def test_a_wrong_name_is_answered_with_the_right_ones(
    rig: Rig, say: Say, name: str, hint: str
) -> None:
    code, told = say("plan", name, "--config", rig.config())
    assert (code, f"the config has “Sales”{hint}" in " ".join(told.split())) == (2, True)
