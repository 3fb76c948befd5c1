"""What syncd does can be read from the ledger alone, whether or not the daemon runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rig import SPREADSHEET, Rig
from sqlite_utils import Database

from syncd.config import load
from syncd.core.model import BatchState, Kind
from syncd.core.overview import Overview, find_troubles, summarise
from syncd.core.status import Stand
from syncd.ledger import Ledger
from syncd.ledger.migrations import KNOWN, ledger_migrations
from syncd.terms import ACCOUNT, look_over


def look(rig: Rig) -> Overview:
    config = load(rig.folder / "config.toml")
    with Ledger(config.ledger.path, read_only=True) as ledger:
        return look_over(config, ledger, rig.now())


def causes(view: Overview) -> set[str]:
    return {one.cause.split(":")[0] for one in find_troubles(view)} - {"plan_mode"}


def test_after_the_daemon_is_gone_the_ledger_tells_what_it_did(tmp_path: Path) -> None:
    with Rig(tmp_path, panel=True) as rig:
        rig.ask(*((one, "Email") for one in rig.people(2)), (rig.person(), "Email"), ("x", "Email"))
        rig.decide("At most today", 4000)
        rig.run()
        view = look(rig)
        [sheet] = view.sheets
        assert (sheet.id, sheet.name, sheet.pending) == (SPREADSHEET, "Sales", 0)
        condition = sheet.condition
        assert condition is not None
        assert condition.stands == {Stand.FOUND: 2, Stand.MISSED: 1, Stand.FAILED: 1}
        assert (condition.day, condition.month) == (4000, None)
        assert condition.looked_at is not None
        assert rig.now() - condition.looked_at < timedelta(seconds=30)
        account = view.account
        assert (account.spent_day, account.spent_month, account.reserved) == (9, 9, 0)
        assert account.spent_kind == {Kind.EMAIL: 9}
        assert (account.caps.day, account.balance) == (5000, 9991)
        assert not account.purchases
        assert view.ledger.schema in KNOWN
        assert view.ledger.size > 10_000
        assert causes(view) == set()


def test_a_purchase_under_way_is_told_with_its_credits(rig: Rig) -> None:
    rig.ask(*((one, "Email") for one in rig.people(2)))
    with rig.app() as engine:
        rig.cycle(engine)
        while not look(rig).account.purchases:
            engine.cycle()
        [bought] = look(rig).account.purchases
        assert (bought.kind, bought.people, bought.credits) == (Kind.EMAIL, 2, 6)
        assert (bought.spreadsheet, bought.worksheet) == (SPREADSHEET, "Leads")
        with rig.ledger() as ledger, ledger.transaction():
            ledger._db.execute("UPDATE batches SET state = 'parked', reserved = 6, settled = 0")
            ledger.audit.forget()
        view = look(rig)
        assert view.account.batches(BatchState.PARKED)[0].credits == 6
        assert view.account.reserved == 6
        assert "1 unsure" in summarise(view)
        assert "parked" in causes(view)
        with rig.ledger() as ledger, ledger.transaction():
            ledger._db.execute("UPDATE batches SET state = 'accepted', reserved = 0, settled = 6")
            ledger.audit.forget()
        rig.settle(engine)


def test_an_idle_cycle_says_so_once_a_minute_and_makes_no_sheet_loud(rig: Rig) -> None:
    book = rig.add_book()
    rig.ask((rig.people(1)[0], "Email"))
    with rig.engines() as engines:
        for engine in engines * 2:  # what one does the other has to look at
            rig.settle(engine)
            engine.cycle()
        with rig.ledger() as ledger:
            noted = [ledger.conditions.get(SPREADSHEET)]
            version = ledger.version()
            for seconds in (20, 20, 21):
                rig.ahead += timedelta(seconds=seconds)
                for engine in engines:
                    assert engine._quiet.known() is not None
                    engine.cycle()
                noted.append(ledger.conditions.get(SPREADSHEET))
            assert ledger.version() == version
    assert noted[0] == noted[1] == noted[2] != noted[3]
    assert book.title == "Leads"


def test_a_sheet_that_cannot_be_read_keeps_what_was_last_seen(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    before = look(rig).sheets[0].condition
    assert before is not None
    rig.book.share(rig.google.tokens.email, "none")
    with rig.app() as engine:
        rig.ahead += timedelta(hours=2)
        engine.cycle()
        rig.ahead += timedelta(hours=2)
        engine.cycle()
    condition = look(rig).sheets[0].condition
    assert condition is not None
    assert (condition.looked_at, condition.stands) == (before.looked_at, before.stands)
    assert condition.problems
    assert condition.since is not None
    assert condition.at - condition.since >= timedelta(hours=2)
    assert causes(look(rig)) == {"problem", "late"}


def test_a_ledger_that_has_bought_stays_armed_and_a_new_one_plans(tmp_path: Path) -> None:
    for name, jobs in (("old", 1), ("new", 0)):
        old = Database(tmp_path / f"{name}.db")
        ledger_migrations.apply(old, stop_before="m022_overview")
        old.execute(
            "INSERT INTO worksheets (id, spreadsheet, sheet_id, title) VALUES (1, 's', 0, 'L')"
        )
        if jobs:
            at = datetime(2026, 5, 12, tzinfo=UTC).isoformat()
            old.execute(
                "INSERT INTO batches VALUES ('b', ?, 1, '', 'FIND_EMAIL', 'settled', 'dedicated', "
                "1, '2026-05-12', 0, 3, ?, ?, NULL, 0, NULL, '')",
                [ACCOUNT, at, at],
            )
        old.conn.commit()
        old.close()
        with Ledger(tmp_path / f"{name}.db") as ledger:
            assert (ledger.accounts.get(ACCOUNT).armed_at is not None) == bool(jobs)


def test_an_overview_is_one_state_and_writes_nothing(rig: Rig) -> None:
    rig.run()
    before = (rig.folder / "ledger.db").read_bytes()
    look(rig)
    assert (rig.folder / "ledger.db").read_bytes() == before
    assert json.dumps(summarise(look(rig)))
