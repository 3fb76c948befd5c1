"""``syncd status`` and ``syncd check-config``: what an operator sees before and while it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rig import Rig, Say

from syncd.config import load
from syncd.ledger import Lock

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


def test_status_tells_the_same_whether_or_not_the_daemon_runs(rig: Rig, say: Say) -> None:
    rig.ask(*((one, "Email") for one in rig.people(2)), (rig.person(), "Email"))
    rig.run()
    config = rig.folder / "config.toml"
    code, told = say("status", "--config", config)
    assert code == 1
    assert told.startswith("syncd does not run: idle; 9/5000 credits today\n")
    assert "The daemon does not run: nothing is looked at." in told
    with Lock(rig.folder / "ledger.db"):
        code, told = say("status", "--config", config)
        seen = json.loads(say("status", "--json", "--config", config)[1])
    assert code == 0
    assert told.startswith("syncd runs (process ")
    assert "To look at" not in told
    rows = [line for line in told.splitlines() if "Sales" in line]
    assert [cell.strip() for cell in rows[0].strip("│").split("│")][2:] == [*"0021"]
    assert seen["account"]["spent_kind"] == {"email": 9}
    assert (seen["summary"], seen["troubles"]) == ("idle; 9/5000 credits today", [])
    assert seen["sheets"][0]["condition"]["stands"] == {"found": 2, "missed": 1}
    assert seen["daemon"] is not None


def test_status_says_what_needs_a_human_and_exits_with_1(rig: Rig, say: Say) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    with rig.ledger() as ledger, ledger.transaction():
        ledger.accounts.halt("default", "two and two are five")
    with Lock(rig.folder / "ledger.db"):
        code, told = say("status", "--config", rig.folder / "config.toml")
    assert code == 1
    assert "Buying is stopped: two and two are five When it is understood: syncd batches" in told


@pytest.mark.parametrize("arguments", [["--watch"], ["--watch", "--json"]])
def test_watching_is_for_terminals(rig: Rig, say: Say, arguments: list[str]) -> None:
    rig.run()
    code, told = say("status", *arguments, "--config", rig.folder / "config.toml")
    assert code == 2
    assert "is for people at a terminal" in told


def test_a_daemon_that_starts_while_status_asks_gets_its_lock(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    assert Lock.find_holder(ledger) == ""
    with Lock(ledger):
        assert Lock.find_holder(ledger) != ""
    assert Lock.find_holder(ledger) == ""
    with Lock(ledger):
        pass


def test_the_config_as_it_is_shown_loads_to_the_same(say: Say, tmp_path: Path) -> None:
    code, told = say("check-config", "--show", "--config", EXAMPLE)
    assert code == 0
    shown = tmp_path / "shown.toml"
    shown.write_text(told)
    assert load(shown) == load(EXAMPLE)


def test_a_config_that_can_be_used_is_said_to_be(rig: Rig, say: Say) -> None:
    path = rig.config()
    for name in ("google.json", "seleqt.key"):
        (rig.folder / name).chmod(0o600)
    assert say("check-config", "--config", path) == (0, f"{path} can be used: 1 spreadsheet.\n")
    (rig.folder / "seleqt.key").chmod(0o644)
    path.write_text(path.read_text().replace("per_day = 5000", "per_day = 2"))
    code, told = say("check-config", "--config", path)
    assert (code, rig.key in told) == (0, False)
    assert f"Note: others on this machine can read the file {rig.folder / 'seleqt.key'}" in told
    assert "the caps are below 3 credits, the cheapest search: nothing is ever bought" in told


def test_every_problem_is_told_at_once_with_its_line(rig: Rig, say: Say) -> None:
    path = rig.config()
    text = path.read_text().replace("per_day = 5000", "per_dya = 5000")
    path.write_text(text.replace('name = "Sales"', 'naem = "Sales"'))
    (rig.folder / "seleqt.key").unlink()
    code, told = say("check-config", "--config", path)
    lines = path.read_text().splitlines()
    unknown, other = lines.index("per_dya = 5000") + 1, lines.index('naem = "Sales"') + 1
    assert code == 78
    assert f'{path}:{unknown}: caps.per_dya: this key is unknown; did you mean "per_day"?' in told
    assert f'{path}:{other}: spreadsheet[1].naem: this key is unknown; did you mean "name"' in told
    code, told = say("check-config", "--json", "--config", path)
    assert (code, len(json.loads(told)["problems"])) == (78, 5)
