"""``syncd doctor`` finds what is wrong before it costs anything, and spends nothing itself."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from rig import LEAD_HEADER, Rig, Say
from structlog.testing import capture_logs

from syncd.config import load
from syncd.core.model import Kind
from syncd.credentials import read_seleqt_key
from syncd.ledger import Lock
from syncd.pace import Pace
from syncd.sandbox.sheets import people
from syncd.seleqt import Order, Seleqt

CALM = 'time_zone = "Europe/Berlin"\nper_day = 5000\nper_month = 20000'


def look(rig: Rig, say: Say, config: Path | None = None) -> tuple[int, dict[str, list[list[str]]]]:
    """Return its exit code, and per check the level and text of what it found."""
    config = config or rig.config()
    for name in ("google.json", "seleqt.key"):
        if (rig.folder / name).exists():
            (rig.folder / name).chmod(0o600)
    titles = [one.title for one in rig.book.worksheets]
    mark, rows, charged = rig.mark, rig.rows(), rig.seleqt.meter.charged()
    ledger = rig.folder / "ledger.db"
    before = ledger.read_bytes() if ledger.exists() else None
    code, told = say("doctor", "--json", "--config", config)
    made = rig.world.journal.after(mark)
    assert {entry.method for entry in made if entry.vendor == "seleqt"} <= {"GET"}
    assert {entry.call for entry in made if entry.vendor == "sheets"} <= {
        "read",
        "other",
        "outline",
        "write",
    }
    assert (rig.rows(), rig.seleqt.meter.charged()) == (rows, charged)
    assert [one.title for one in rig.book.worksheets] == titles
    assert (ledger.read_bytes() if ledger.exists() else None) == before
    found: dict[str, list[list[str]]] = {}
    for one in json.loads(told)["checks"]:
        found.setdefault(one["check"], []).append([one["level"], one["text"], one["mend"]])
    return code, found


def levels(found: dict[str, list[list[str]]], check: str) -> set[str]:
    return {level for level, _, _ in found[check]}


def test_where_all_is_well_it_says_so_of_each_thing(tmp_path: Path, say: Say) -> None:
    with Rig(tmp_path, panel=True) as rig:
        rig.ask((rig.people(1)[0], "Email"))
        config = rig.config()
        say("init", "Sales", "--yes", "--config", config)
        rig.run()
        with Lock(rig.folder / "ledger.db"):
            code, found = look(rig, say)
        worst = {check: levels(found, check) for check in found}
        # Tests run as root, and not in the unit.
        assert worst.pop("daemon") <= {"ok", "warn"}
        assert set().union(*worst.values()) == {"ok"}, found
        assert code in {0, 2}
        assert "syncd@sandbox.example" in found["google"][0][1]
        told = " ".join(text for _, text, _ in found["seleqt"])
        assert "The balance is 9,997 credits." in told
        assert "Making lists and adding people worked" in told
        assert [text for _, text, _ in found["clock"]] == [
            "It agrees with Google's.",
            "It agrees with Seleqt's.",
        ]


def unshare(rig: Rig) -> None:
    rig.book.share(rig.google.tokens.email, "none")


def let_it_only_read(rig: Rig) -> None:
    rig.book.share(rig.google.tokens.email, "reader")


def lose_a_header(rig: Rig) -> None:
    with rig.world.lock:
        rig.leads.put_value(0, LEAD_HEADER.index("Status"), "State of things")


def lose_a_worksheet(rig: Rig) -> None:
    people.delete_worksheet(rig.requests)


def revoke_the_key(rig: Rig) -> None:
    (rig.folder / "seleqt.key").write_text("nobody.knows-this-one")


def lose_the_key(rig: Rig) -> None:
    (rig.folder / "seleqt.key").unlink()


def damage_the_ledger(rig: Rig) -> None:
    (rig.folder / "ledger.db").write_bytes(b"no database at all, " * 300)


def halt(rig: Rig) -> None:
    with rig.ledger() as ledger, ledger.transaction():
        ledger.accounts.halt("default", "two and two are five.")


@pytest.mark.parametrize(
    ("harm", "check", "says"),
    [
        (unshare, "sheet Sales", "syncd@sandbox.example"),
        (let_it_only_read, "sheet Sales", "syncd@sandbox.example may not edit here."),
        (lose_a_header, "sheet Sales", "“Leads”: it lacks something: write the headers Status"),
        (lose_a_worksheet, "sheet Sales", "“Requests”: it lacks something: add the worksheet"),
        (revoke_the_key, "seleqt", "Seleqt refuses the key (401)"),
        (lose_the_key, "secrets", "seleqt.key cannot be read"),
        (damage_the_ledger, "ledger", "damaged"),
        (halt, "ledger", "Buying is stopped: two and two are five."),
    ],
)
def test_each_trouble_fails_its_own_check_and_stops_no_other(
    rig: Rig, say: Say, harm: Callable[[Rig], None], check: str, says: str
) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(1))
    config = rig.config()
    harm(rig)
    code, found = look(rig, say, config)
    assert code == 1
    assert any(level == "fail" and says in text for level, text, _ in found[check]), found
    failed = {name for name in found if "fail" in levels(found, name)}
    assert failed == ({check, "seleqt"} if check == "secrets" else {check}), found
    assert {"version", "config", "disk", "ledger", "google", "clock", "caps"} <= found.keys()
    if harm is damage_the_ledger:
        (rig.folder / "ledger.db").unlink()


def test_a_config_with_a_mistake_is_told_and_the_sheets_are_looked_at(rig: Rig, say: Say) -> None:
    config = rig.config()
    config.write_text(config.read_text().replace("per_day = 5000", "per_dya = 5000"))
    code, found = look(rig, say, config)
    assert code == 1
    assert len(found["config"]) == 2
    assert levels(found, "google") == {"ok"}
    assert "fail" not in levels(found, "sheet Sales")


def test_a_small_balance_and_odd_caps_are_warned_of(rig: Rig, say: Say) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(1))
    code, found = look(rig, say, rig.config(caps=CALM.replace("5000", "50000")))
    assert code == 2
    assert [text.split(" (")[0] for _, text, _ in found["caps"]] == ["The cap of a day"] * 2
    code, found = look(rig, say, rig.config(caps=f"{CALM}\nfloor = 9999"))
    assert (code, levels(found, "caps")) == (1, {"fail"})


def test_for_people_each_line_has_its_level_and_what_to_do(rig: Rig, say: Say) -> None:
    config = rig.config()
    (rig.folder / "seleqt.key").chmod(0o644)
    code, told = say("doctor", "--config", config)
    assert code == 2
    assert f"warn  secrets: Others on this machine can read {rig.folder / 'seleqt.key'}." in told
    assert f"      What to do: chmod 600 {rig.folder / 'seleqt.key'}" in told


def test_the_client_that_it_asks_with_cannot_spend(rig: Rig) -> None:
    config = load(rig.config())
    listed = rig.seleqt.add_list("Fair", ids=rig.people(1))
    mark = rig.mark
    with (
        capture_logs(),
        Seleqt(
            base_url=config.seleqt.base_url,
            key=read_seleqt_key(config.seleqt.key),
            pace=Pace(0, stop=threading.Event()),
            spends=False,
        ) as vendor,
    ):
        for spend in (
            lambda: vendor.enrich(listed.id, Order(kind=Kind.EMAIL, limit=1)),
            lambda: vendor.create_list("x"),
            lambda: vendor.add_leads(listed.id, [1]),
        ):
            with pytest.raises(RuntimeError, match="a client that only reads"):
                spend()
    assert rig.world.journal.after(mark) == []
    assert rig.seleqt.meter.charged() == 0
