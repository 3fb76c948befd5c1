"""The ledger's own audit finds whatever does not add up, and stops buying; deliveries go on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rig import LEAD_HEADER, Rig
from structlog.testing import capture_logs
from typer.testing import CliRunner

from syncd.cli import app as cli
from syncd.config import load
from syncd.core import status
from syncd.core.credits import Caps
from syncd.core.lifecycle import Limits, advance
from syncd.core.model import Batch, BatchState, Job, JobState, Kind, Reading, Seen
from syncd.core.outcomes import Accepted, ListReady, Looked, Outcome, Submitting
from syncd.ledger import CHECKS, Ledger
from syncd.ledger.audit import _TOUCHED, Audit
from syncd.terms import ACCOUNT, look_over

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DAY = "2026-11-23"
CAPS = Caps(day=60, month=600, worksheet_day=50, kind_day={Kind.EMAIL: 40})
COOL_OFF = timedelta(days=90)
EMPTY = Seen(reading=Reading.EMPTY)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(tmp_path / "ledger.db") as opened:
        with opened.transaction():
            opened.worksheets.remember("sheet", 0, "Leads")
            opened.worksheets.give_keys(1, {"r-1": "f"}, NOW)
            opened.outbox.intend(1, {("r-1", "Email"): "ada@firma.example"}, NOW)
        buy(opened, "b1", {1: "ada@firma.example", 2: ""})
        buy(opened, "b2", {1: "+12025550123"}, kind=Kind.PHONE)
        yield opened


def buy(
    ledger: Ledger,
    name: str,
    people: dict[int, str],
    *,
    kind: Kind = Kind.EMAIL,
    at: datetime = NOW,
    until: BatchState = BatchState.SETTLED,
    caps: Caps = CAPS,
    request: str = "",
) -> Batch:
    """Buy as the engine does, one recorded step after another; nobody is found where "" is said."""
    jobs = tuple(
        Job(prospect_id=one, kind=kind, state=JobState.WAITING, asked_by="r-1") for one in people
    )
    batch = Batch(
        id=name,
        account=ACCOUNT,
        worksheet=1,
        kind=kind,
        state=BatchState.PLANNED,
        jobs=jobs,
        booked_day=at.date().isoformat(),
        reserved=kind.price * len(jobs),
        created_at=at,
        request=request,
    )
    with ledger.transaction():
        ledger.batches.add(batch, at)
        ledger.batches.bound(batch, caps, request_cap=30, cool_off=COOL_OFF)
    shown = {
        one: Seen(reading=Reading.FOUND, value=value) if value else EMPTY
        for one, value in people.items()
    }
    steps: Sequence[Outcome] = (
        ListReady(list_id=7, shown=dict.fromkeys(people, EMPTY)),
        Submitting(balance=100),
        Accepted(count=len(people), credits=kind.price * len(people)),
        Looked(seen=shown),
        Looked(seen=shown),
    )
    for step in steps:
        if batch.state is until:
            break
        at += timedelta(minutes=1)
        with ledger.transaction():
            if isinstance(step, Submitting):
                ledger.batches.bound(batch, caps)
            ledger.record(done := advance(batch, step, now=at, limits=Limits()), at)
        batch = done.batch
    return batch


def look(ledger: Ledger) -> list[str]:
    with ledger.transaction():
        return [one.check for one in ledger.audit.look()]


PLANTED = {
    "batch-sums": [
        "UPDATE batches SET settled = 3 WHERE id = 'b1'",
        "DELETE FROM entries WHERE batch = 'b2' AND kind = 'settle'",
        "UPDATE entries SET credits = 9 WHERE batch = 'b1' AND kind = 'reserve'",
    ],
    "closed-batches": [
        "UPDATE batches SET reserved = 3 WHERE id = 'b1'",
        "UPDATE batches SET state = 'refused' WHERE id = 'b2'",
    ],
    "release-days": [
        "UPDATE entries SET day = '2026-11-24' WHERE batch = 'b1' AND kind = 'settle'"
    ],
    "job-shares": [
        "UPDATE jobs SET credits = 0 WHERE prospect = 2",
        "UPDATE jobs SET credits = credits * 2 WHERE prospect = 2",
    ],
    "jobs-decided": [
        "UPDATE jobs SET decided_at = NULL WHERE prospect = 2",
        "UPDATE jobs SET state = 'waiting' WHERE prospect = 2",
    ],
    "one-account-and-kind": [
        "UPDATE entries SET account = 'another' WHERE batch = 'b1'",
        "UPDATE jobs SET field = 'phone' WHERE prospect = 2",
        "UPDATE entries SET worksheet = 9 WHERE batch = 'b1'",
    ],
    "sent-batches": [
        "UPDATE batches SET list_id = NULL WHERE id = 'b1'",
        "DELETE FROM bounds WHERE batch = 'b1'; UPDATE batches SET note = '' WHERE id = 'b1'",
    ],
    "never-twice": [
        "UPDATE jobs SET prospect = 2 WHERE prospect = 3",
        "UPDATE jobs SET prospect = 1 WHERE prospect = 3",
    ],
    "found-values": [
        "UPDATE jobs SET value = 'Loading...' WHERE value <> ''",
        "UPDATE jobs SET value = 'ada at firma.example' WHERE value LIKE '%@%'",
        "UPDATE jobs SET value = '2025550123' WHERE value LIKE '+%'",
        "UPDATE jobs SET value = '' WHERE state = 'found'",
    ],
    "cap-day-kept": ["UPDATE bounds SET cap_day = 35; UPDATE batches SET note = ''"],
    "cap-month-kept": ["UPDATE bounds SET cap_month = 38; UPDATE batches SET note = ''"],
    "cap-worksheet-kept": ["UPDATE bounds SET cap_worksheet = 8; UPDATE batches SET note = ''"],
    "cap-kind-kept": ["UPDATE bounds SET cap_kind = 8; UPDATE batches SET note = ''"],
    "cap-request-kept": ["UPDATE bounds SET cap_request = 2; UPDATE batches SET note = ''"],
}
CHANGED = {"no-batch-lost": ["DELETE FROM batches WHERE id = 'b2'"]}
WHOLE = {
    "outbox-rows": ["DELETE FROM keys"],
    "references": ["DELETE FROM batches WHERE id = 'b2'", "DELETE FROM worksheets"],
}


def test_what_the_engine_records_adds_up(ledger: Ledger) -> None:
    buy(ledger, "b3", {3: ""}, until=BatchState.SUBMITTING)
    buy(ledger, "b4", {4: ""}, until=BatchState.PLANNED, request="q-1")
    buy(ledger, "b5", {2: "x@y.example"}, kind=Kind.EMAIL_WATERFALL, at=NOW + timedelta(days=1))
    buy(ledger, "b6", {2: "x@y.example"}, at=NOW + timedelta(days=2), until=BatchState.LIST_READY)
    assert look(ledger) == []
    assert ledger.audit.full() == []


def test_every_promise_is_planted_a_breach() -> None:
    assert {check.name for check in CHECKS} == PLANTED.keys() | WHOLE.keys() | CHANGED.keys()
    assert {check.name for check in CHECKS if check.whole} == WHOLE.keys()


@pytest.mark.parametrize(
    ("check", "planted"),
    [(name, one) for name, ones in (PLANTED | WHOLE | CHANGED).items() for one in ones],
)
def test_a_breach_is_found_by_the_whole_audit_and_by_the_look_at_what_changed(
    ledger: Ledger, check: str, planted: str
) -> None:
    buy(ledger, "b3", {3: "c@firma.example"}, request="q-1")
    assert look(ledger) == []
    with sqlite3.connect(ledger.path) as stranger:  # any program, without our pragmas
        stranger.executescript(planted)
    assert (check in {one.check for one in ledger.audit.full()}) is (check not in CHANGED)
    assert (check in look(ledger)) is (check not in WHOLE)
    assert look(ledger) == []  # what was looked at and has not changed since is not told again


def test_a_human_may_let_a_breach_pass_and_another_is_told_all_the_same(ledger: Ledger) -> None:
    ledger._db.execute("UPDATE batches SET settled = 3 WHERE id = 'b1'")
    found = ledger.audit.full()
    with ledger.transaction():
        ledger.audit.waive(found, NOW)
    assert ledger.audit.full() == []
    ledger._db.execute("UPDATE batches SET settled = 5 WHERE id = 'b1'")
    assert {one.check for one in ledger.audit.full()} == {one.check for one in found}


def test_the_same_person_may_be_searched_for_again_after_the_cool_off(ledger: Ledger) -> None:
    buy(ledger, "b3", {2: ""}, at=NOW + COOL_OFF + timedelta(minutes=10))
    assert ledger.audit.full() == []
    buy(ledger, "b4", {2: ""}, at=NOW + 2 * COOL_OFF)
    assert [one.check for one in ledger.audit.full()] == ["never-twice"]


def test_caps_that_are_lowered_later_are_held_against_what_is_booked_then(ledger: Ledger) -> None:
    low = Caps(day=39, month=600)
    buy(ledger, "b3", {3: ""}, caps=low)
    assert look(ledger) == []
    buy(ledger, "b4", {4: ""}, caps=low)
    assert set(look(ledger)) == {"cap-day-kept"}


def test_a_look_at_what_changed_goes_through_no_table_as_a_whole(ledger: Ledger) -> None:
    for check in CHECKS:
        if not check.whole:
            plan = ledger._db.execute(f"EXPLAIN QUERY PLAN {_TOUCHED} {check.sql}").fetchall()
            scans = [step for *_, step in plan if step.startswith("SCAN")]
            gone_through = {step.split()[1] for step in scans}
            assert not gone_through & {"b", "e", "j", "n", "o", "k"}, (check.name, scans)


def test_no_question_of_a_cycle_goes_through_a_table_that_grows(rig: Rig) -> None:
    rig.ask(*((one, "Email") for one in rig.people(3)))
    rig.run()
    rig.ask((rig.person(), "Email"), (rig.person(), "Email"), first=4)
    rig.leads.put_value(5, LEAD_HEADER.index("Email"), "own@firma.example")
    asked: set[str] = set()
    with rig.app() as engine:
        database = engine._ledger._db.conn
        database.set_trace_callback(asked.add)
        rig.settle(engine)
        rig.ahead += timedelta(minutes=11)
        engine.cycle()
        look_over(load(rig.folder / "config.toml"), engine._ledger, rig.now())
        database.set_trace_callback(None)
        for sql in asked:
            if sql.split()[0] not in {"SELECT", "WITH", "UPDATE", "DELETE"}:
                continue
            for *_, step in database.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall():
                words = step.split()
                grows = {
                    "batches",
                    "jobs",
                    "entries",
                    "events",
                    "bounds",
                    "balances",
                    "b",
                    "j",
                    "e",
                }
                walks = words[0] == "SCAN" and words[1] in grows
                assert not walks or "LIMIT" in sql, (step, sql)
                # One account has all of the history; the latest of an index is one step away.
                one = sql.startswith("SELECT MAX(") and "COVERING INDEX" in step
                assert one or not step.endswith("(account=?)"), (step, sql)
    assert len(asked) > 30


# --- at work ------------------------------------------------------------------------------------


def break_books(rig: Rig) -> None:
    with sqlite3.connect(rig.folder / "ledger.db") as stranger:
        stranger.execute("UPDATE batches SET settled = settled + 3")
    with rig.ledger() as ledger:
        rig.violations = ledger.audit.full()


def test_books_that_do_not_add_up_stop_buying_and_deliveries_go_on(tmp_path: Path) -> None:
    with Rig(tmp_path, panel=True, first_result_seconds=3600.0) as rig:
        first, second = rig.people(2)
        rig.ask((first, "Email"))
        with rig.app() as engine, capture_logs() as log:
            for _ in range(3):
                rig.cycle(engine)
            assert len(rig.batches()) == 1
            break_books(rig)
            rig.ask((second, "Email"), first=2)
            rig.ahead += timedelta(minutes=10)
            rig.cycle(engine)
            rig.cycle(engine)
            assert rig.column("Status")[1] == status.HOLD_HALTED
            assert "buying is stopped" in rig.told("Problem", "What it means").lower()
            with rig.world.lock:
                rig.seleqt.enrichment.advance(rig.seleqt.clock.now() + timedelta(days=1))
            for _ in range(3):
                rig.ahead += timedelta(minutes=10)
                rig.cycle(engine)
        assert rig.column("Email") == ["p0@found.example", ""]
        assert len(rig.batches()) == 1
        [stopped] = [e for e in log if e["event"] == "buying_stopped"]
        assert stopped["reason"].startswith("the ledger does not add up: batch ")
        with rig.ledger() as ledger:
            events = [event for *_, event in ledger.worksheets.events()]
        assert any(event.startswith("audit: batch-sums: batch ") for event in events)


def test_the_whole_ledger_is_looked_at_before_a_new_start_buys(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.run()
    break_books(rig)
    with rig.ledger() as ledger, ledger.transaction():
        ledger.audit.forget()
    rig.ask((second, "Email"), first=2)
    rig.run()
    assert rig.column("Status")[1] == status.HOLD_HALTED
    assert len(rig.batches()) == 1


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Count how often the whole ledger is looked at."""
    real, looks = Audit.full, list[None]()
    monkeypatch.setattr(Audit, "full", lambda self: (looks.append(None), real(self))[1])
    return looks


def test_a_start_soon_after_a_clean_end_looks_at_what_changed_only(
    rig: Rig, full: list[None]
) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    before = len(full)
    for _ in range(3):
        rig.run()
    assert len(full) == before
    rig.ahead += timedelta(days=1)
    rig.run()
    assert len(full) == before + 1


def by_a_stranger(path: Path) -> None:
    """In a table that no trigger watches."""
    with closing(sqlite3.connect(path)) as stranger, stranger:
        stranger.execute("UPDATE bounds SET cap_day = 1")


def with_the_time_put_back(path: Path) -> None:
    before = path.stat()
    with closing(sqlite3.connect(path)) as stranger, stranger:
        stranger.execute("UPDATE batches SET settled = settled + 3")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def in_a_log_that_is_not_folded_in(path: Path) -> None:
    """By a program that was killed: the file itself is as it was."""
    whole, times = path.read_bytes(), path.stat()
    with closing(sqlite3.connect(path)) as stranger:
        with stranger:
            stranger.execute("UPDATE bounds SET cap_day = 1")
        log = path.with_name("ledger.db-wal").read_bytes()
    path.write_bytes(whole)
    path.with_name("ledger.db-wal").write_bytes(log)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def in_a_copy(path: Path) -> None:
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    by_a_stranger(copy)
    copy.rename(path)


def by_a_crash(path: Path) -> None:
    """Nobody has noted how a killed syncd left."""
    times = path.stat()
    by_a_stranger(path)
    path.with_name("ledger.db.left").unlink()
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    "breach",
    [
        by_a_stranger,
        with_the_time_put_back,
        in_a_log_that_is_not_folded_in,
        in_a_copy,
        by_a_crash,
    ],
)
def test_a_breach_between_two_starts_is_found_before_anything_is_bought(
    rig: Rig, breach: Callable[[Path], None]
) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.run()
    breach(rig.folder / "ledger.db")
    rig.ask((second, "Email"), first=2)
    rig.run()
    assert rig.column("Status")[1] == status.HOLD_HALTED
    assert rig.seleqt.meter.charged() == 3
    with rig.ledger() as ledger:
        rig.violations = ledger.audit.full()
    assert rig.violations


def test_verify_tells_what_is_wrong_and_resume_lets_it_pass(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    config = str(rig.config())

    def say(*command: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, [*command, "--config", config])
        return result.exit_code, result.output

    code, told = say("ledger", "verify")
    assert (code, told.count("\nok ") + 1) == (0, len(CHECKS) + 1)
    assert told.endswith(
        f"{len(CHECKS) + 1} promises were checked in {rig.folder}/ledger.db: it adds up.\n"
    )
    before = (rig.folder / "ledger.db").read_bytes()
    say("ledger", "verify", "--json")
    assert (rig.folder / "ledger.db").read_bytes() == before
    break_books(rig)
    code, told = say("ledger", "verify")
    [batch] = rig.batches()
    assert code == 1
    assert f"batch {batch.id}: it has 0 credits reserved and 6 settled, its entries add up" in told
    assert "What to do: Compare it with Seleqt's own record of credits" in told
    code, told = say("ledger", "verify", "--json")
    report = json.loads(told)
    assert (code, report["clean"]) == (1, False)
    wrong = {one["name"] for one in report["checks"] if one["violations"]}
    assert wrong == {"batch-sums"}
    code, told = say("batches", "resume")
    assert told.count("Let pass from now on: batch ") == 1
    code, told = say("ledger", "verify")
    assert (code, told.count("(a human has let this pass)")) == (0, 1)
    rig.violations = []
