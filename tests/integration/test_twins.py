"""A second host, a restored backup and a lost ledger buy nothing that was bought before."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from rig import Rig, request
from typer.testing import CliRunner

import syncd.app
from syncd.cli import app as cli
from syncd.core import status
from syncd.core.flight import LANDS_WITHIN
from syncd.core.lease import parse_lease
from syncd.core.model import BatchState

ROW = "Looked after by"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, panel=True) as rig:
        yield rig


def back_up(rig: Rig) -> None:
    with rig.ledger() as ledger:
        ledger._db.execute("VACUUM INTO ?", [str(rig.folder / "backup.db")])


def restore(rig: Rig) -> None:
    for one in rig.folder.glob("ledger.db*"):
        one.unlink()
    shutil.copy(rig.folder / "backup.db", rig.folder / "ledger.db")


def reconcile(rig: Rig, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(
        cli, ["reconcile", *options, "--config", str(rig.folder / "config.toml")]
    )
    return result.exit_code, f"{result.output}{result.exception or ''}"


def check_money(rig: Rig) -> None:
    assert rig.seleqt.meter.bought_twice() == {}
    assert rig.seleqt.audit() == []


def test_the_panel_names_who_looks_after_the_sheet_and_counts_purchases(bench: Rig) -> None:
    bench.ask((bench.people(1)[0], "Email"))
    bench.run()
    first = parse_lease(bench.told(ROW))
    bench.ask((bench.person(), "Email"), first=2)
    bench.run()
    second = parse_lease(bench.told(ROW))
    assert first is not None
    assert second is not None
    assert (first.ledger, first.host, first.epoch) == (second.ledger, second.host, 1)
    assert second.epoch == 2


def test_a_second_host_writes_nothing_and_buys_nothing_while_the_first_is_at_work(
    bench: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run()
    back_up(bench)
    restore(bench)  # a copy, on another machine
    monkeypatch.setattr(syncd.app, "name_host", lambda _: "beefbeef")
    bench.ask((bench.people(1)[0], "Email"))
    before = bench.rows(), bench.rows(bench.panel)
    with bench.app() as engine:
        reports = [engine.cycle() for _ in range(3)]
        assert all("Another syncd looks after this spreadsheet" in r.problems[0] for r in reports)
        assert (bench.rows(), bench.rows(bench.panel)) == before
        assert bench.batches() == []
        # The first one is gone for good.
        bench.ahead += timedelta(minutes=5)
        for _ in range(3):
            bench.cycle(engine)
        assert bench.batches() == []  # what it sent may still arrive
        bench.ahead += LANDS_WITHIN
        for _ in range(4):
            bench.cycle(engine)
        assert len(bench.batches()) == 1
    check_money(bench)


def test_a_restored_backup_delivers_and_buys_nothing_before_it_is_reconciled(bench: Rig) -> None:
    early, late, missed = *bench.people(2), bench.person()
    bench.ask((early, "Email"))
    bench.run()
    back_up(bench)
    bench.ask((late, "Email"), (missed, "Email"), first=2)
    bench.run()
    restore(bench)
    newcomer = bench.people(1)[0]
    bench.ask((newcomer, "Email"), first=4)
    with bench.app() as engine:
        for _ in range(4):
            bench.cycle(engine)
    assert bench.column("Status")[3] == status.HOLD_PAST
    assert "Ask your admin to run: syncd reconcile" in bench.told("Problem", "What it means")
    assert len(bench.batches()) == 1
    code, told = reconcile(bench, "--dry-run")
    assert (code, "not in the ledger: list " in told) == (0, True)
    assert "perhaps email for 2 people, at most 6 credits; 1 show something" in told
    assert reconcile(bench)[0] == 2  # nobody is there to say yes
    assert len(bench.batches()) == 1
    code, told = reconcile(bench, "--yes")
    assert (code, "1 booked as in doubt" in told) == (0, True)
    bench.run()
    assert bench.column("Email")[1] == "p1@found.example"
    assert len(bench.seleqt.meter.charges) == 3  # the newcomer's is the third
    check_money(bench)
    code, told = reconcile(bench)
    assert (code, "The ledger knows them all." in told) == (0, True)
    assert bench.told("Problem") == "None"


def test_a_purchase_that_a_backup_calls_unsent_is_not_sent_again(bench: Rig) -> None:
    person = bench.people(1)[0]
    bench.ask((person, "Email"))
    with bench.app() as engine:
        buyer = engine._buyer
        submit = buyer._submit
        buyer._submit = lambda batch: (back_up(bench), submit(batch))[1]  # type: ignore[method-assign]
        bench.settle(engine)
    restore(bench)
    [unsent] = bench.batches()
    assert unsent.state is BatchState.LIST_READY
    bench.ahead += timedelta(minutes=30)
    with bench.app() as engine:
        for _ in range(3):
            bench.cycle(engine)
    assert bench.batches()[0].state is BatchState.LIST_READY
    code, told = reconcile(bench, "--yes")
    assert (code, "not sent, says the ledger" in told) == (0, True)
    bench.run()
    assert bench.column("Email") == ["p0@found.example"]
    check_money(bench)


def lose(rig: Rig) -> None:
    for one in rig.folder.glob("ledger.db*"):
        one.unlink()


def seen(rig: Rig) -> list[object]:
    """Return what the sheet tells of money and values."""
    return [
        *(rig.column(name) for name in ("Email", "Phone", "Credits")),
        *(rig.column(name, rig.requests) for name in ("Spent", "Found", "Not found")),
    ]


def test_a_lost_ledger_learns_all_of_its_purchases_anew(bench: Rig) -> None:
    missed, dear = bench.person(), bench.person(email="w@found.example")
    phone = bench.person(phone="+12025550123")
    bench.ask((missed, "Email"), (dear, "Email (waterfall)"), (phone, "Phone"))
    for name, limit in (("Fair", {"Max credits": 6}), ("Show", {"Max leads": 2})):
        people = [bench.person(), *bench.people(1), *(bench.person() for _ in range(4))]
        bench.seleqt.add_list(name, ids=people)
        asked = request(**{"Lead list": name, "Find": "Email", "Start": True, **limit})
        bench.fill(bench.requests, [asked], first=1 if name == "Fair" else 2)
    bench.run()
    before, totals = seen(bench), bench.totals()
    assert totals == {"settled": 3 + 6 + 30 + 6 + 6, "reserved": 0}
    lose(bench)
    bench.run()
    assert seen(bench)[2:4] == before[2:4]  # the only record of who paid, until it is reconciled
    assert bench.batches() == []
    code, told = reconcile(bench, "--yes", "--json")
    assert code == 0
    report = json.loads(told)
    assert sorted(one["credits_at_most"] for one in report["forgotten"]) == [3, 6, 6, 6, 30]
    assert all(one["kind_is_sure"] for one in report["forgotten"])
    assert (report["searched"], report["requests"], report["booked"]) == ([], [], True)
    bench.run()
    assert (bench.totals(), bench.seleqt.meter.charged()) == (totals, totals["settled"])
    assert seen(bench) == before
    check_money(bench)


def test_where_no_list_tells_of_it_rows_tell_who_was_searched_for_and_what_was_spent(
    bench: Rig,
) -> None:
    listed = [bench.person() for _ in range(5)]
    bench.ask((bench.person(), "Email"), (bench.people(1)[0], "Email"))
    bench.seleqt.add_list("Fair", ids=listed)
    asked = request(**{"Lead list": "Fair", "Find": "Email", "Max credits": 9, "Start": True})
    bench.fill(bench.requests, [asked], first=1)
    in_place = 'ask_first = []\nsettle_after = "0s"\npurchasing = "in-place"'
    bench.run(buying=in_place)
    for one in [n for n in bench.seleqt.catalogue.lists if n != 301]:
        bench.seleqt.delete_list(one)
    charged = bench.seleqt.meter.charged()
    lose(bench)
    bench.run(buying=in_place)
    code, told = reconcile(bench, "--yes")
    assert (code, "only rows tell of it: email for 4 people." in told) == (0, True)
    assert "spent 9 credits more" in told
    bench.run(buying=in_place)
    assert bench.seleqt.meter.charged() == charged
    assert bench.column("Spent", bench.requests) == ["9"]
    assert "pick in Find" in str(bench.column("Status")[0])
    code, told = reconcile(bench)
    assert (code, "The ledger knows them all.\nBuying may go on." in told) == (0, True)


def test_reconcile_does_nothing_while_another_host_is_at_work(
    bench: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.ask((bench.people(1)[0], "Email"))
    bench.run()
    monkeypatch.setattr(syncd.app, "name_host", lambda _: "beefbeef")
    code, told = reconcile(bench, "--yes")
    assert code == 1
    assert "Sales: Another syncd looks after this spreadsheet (as of " in told
    assert "Nothing was booked." in told
    assert len(bench.batches()) == 1


def test_a_panel_without_a_place_for_the_lease_buys_as_before(bench: Rig) -> None:
    number, at = bench.find_in_panel(ROW, "Panel")
    bench.panel.put_value(number, at, None)
    bench.ask((bench.people(1)[0], "Email"))
    bench.run()
    assert bench.column("Email") == ["p0@found.example"]
