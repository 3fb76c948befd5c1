"""Backups are whole or not there, a restore loses nothing, and nobody is bought twice after one."""

from __future__ import annotations

import json
import os
import resource
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rig import Rig
from typer.testing import CliRunner, Result

from syncd.cli import app as cli
from syncd.core import status
from syncd.errors import LedgerError
from syncd.ledger import Ledger, Lock, Mark
from syncd.ledger.backups import back_up
from syncd.ledger.restoring import find_past, prepare, put_in_place

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def quiet(*_: object) -> None:
    """Nobody watches."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with Ledger(path) as ledger, ledger.transaction():
        ledger.worksheets.remember("sheet", 0, "Leads")
        ledger.accounts.set_balance("default", 100, NOW)
    return path


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path) as rig:
        yield rig


def syncd(bench: Rig, *command: str) -> Result:
    return CliRunner().invoke(cli, [*command, "--config", str(bench.config())])


def check_money(bench: Rig) -> None:
    assert bench.seleqt.meter.bought_twice() == {}
    assert bench.seleqt.audit() == []


# --- the drill, as docs/backup.md tells it ---


def test_after_the_drill_everybody_is_found_and_nobody_was_bought_twice(bench: Rig) -> None:
    """Without a panel: nothing but the ledger's own mark tells that it is a backup."""
    early, late, missed = *bench.people(2), bench.person()
    bench.ask((early, "Email"))
    bench.run()
    assert syncd(bench, "backup").exit_code == 0
    bench.ask((late, "Email"), (missed, "Email"), first=2)
    bench.run()
    for one in bench.folder.glob("ledger.db*"):
        one.unlink()
    [file] = (bench.folder / "backups").iterdir()
    told = syncd(bench, "restore", str(file), "--yes")
    assert told.exit_code == 0
    assert "The backup knows 1 purchases, the latest of 20" in told.output
    assert "Nothing is bought before: syncd reconcile" in told.output
    newcomer = bench.people(1)[0]
    bench.ask((newcomer, "Email"), first=4)
    # The people since the backup are still filled in, where their sheet shows them; none is bought.
    with bench.app() as engine:
        reports = [bench.cycle(engine) for _ in range(3)]
    assert any("restored from a backup" in said for said in reports[-1].problems)
    assert bench.column("Status")[3] == status.HOLD_PAST
    assert len(bench.seleqt.meter.charges) == 2
    told = syncd(bench, "reconcile", "--yes")
    assert "1 booked as in doubt" in told.output
    bench.run()
    assert bench.column("Email") == [
        "p0@found.example",
        "p1@found.example",
        "",
        "p0@found.example",
    ]
    assert len(bench.seleqt.meter.charges) == 3  # the newcomer's is the third
    check_money(bench)


def test_a_purchase_that_a_backup_calls_unsent_is_neither_sent_nor_dropped(bench: Rig) -> None:
    bench.ask((bench.people(1)[0], "Email"))
    with bench.app() as engine:
        buyer, submit = engine._buyer, engine._buyer._submit
        buyer._submit = lambda batch: (  # type: ignore[method-assign]
            syncd(bench, "backup"),
            submit(batch),
        )[1]
        bench.settle(engine)
    [file] = (bench.folder / "backups").iterdir()
    assert syncd(bench, "restore", str(file), "--yes").exit_code == 0
    bench.ahead += timedelta(minutes=30)
    with bench.app() as engine:
        for _ in range(3):
            bench.cycle(engine)
    assert [batch.state for batch in bench.batches()] == ["list_ready"]
    assert "not sent, says the ledger" in syncd(bench, "reconcile", "--yes").output
    bench.run()
    assert bench.column("Email") == ["p0@found.example"]
    check_money(bench)


# --- backups ---


def test_a_backup_is_one_file_for_its_owner_only_and_is_noted_in_the_ledger(bench: Rig) -> None:
    bench.ask((bench.people(1)[0], "Email"))
    bench.run()
    told = syncd(bench, "backup", "--json")
    report = json.loads(told.stdout)
    folder = bench.folder / "backups"
    [file] = folder.iterdir()
    assert (report["file"], report["breaches"], report["kept"]) == (str(file), [], 1)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with bench.ledger() as ledger:
        noted = ledger.upkeep.last(Mark.BACKED_UP)
    assert noted is not None
    assert noted.says == str(file)
    with Ledger(file, read_only=True) as copy:
        assert len(copy.batches.latest("default", 9)) == 1
    assert list(folder.iterdir()) == [file]


def test_a_backup_is_made_in_the_midst_of_another_threads_commits(path: Path) -> None:
    done, written = threading.Event(), 0

    def write() -> None:
        nonlocal written
        with Ledger(path) as busy:
            while not done.is_set():
                with busy.transaction():
                    for one in (0, 1):  # a backup has both, or neither
                        busy.worksheets.note("sheet", f"event {written} {one}", NOW)
                written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        counts = []
        for number in range(4):
            made = back_up(path, path.parent / "b", keep=9, now=at(number), told=quiet)
            with closing(sqlite3.connect(made.file)) as copy:
                counts.append(copy.execute("SELECT COUNT(*) FROM events").fetchone()[0])
    finally:
        done.set()
        writer.join()
    assert all(count % 2 == 0 for count in counts)
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]  # nobody waited for a backup
    assert 2 * written >= counts[-1]


def at(number: int) -> datetime:
    return NOW + timedelta(days=number)


def test_the_latest_are_kept_and_files_of_other_names_left_alone(path: Path) -> None:
    folder = path.parent / "b"
    folder.mkdir()
    others = {"syncd-2026.db", "ledger.db", "syncd-20261101T000000Z.db.gz"}
    for name in others:
        (folder / name).touch()
    dead = folder / "syncd-20261101T000000Z.db.part"  # of a power cut
    dead.touch()
    os.utime(dead, (0, 0))
    for number in range(4):
        made = back_up(path, folder, keep=2, now=at(number), told=quiet)
    assert (made.kept, len(made.deleted)) == (2, 1)
    names = {one.name for one in folder.iterdir()}
    assert names - others == {"syncd-20261125T093000Z.db", "syncd-20261126T093000Z.db"}


def test_a_ledger_that_does_not_add_up_is_copied_stops_buying_and_costs_no_older_backup(
    bench: Rig,
) -> None:
    bench.settings["backup"] = "keep = 1"
    bench.ask((bench.people(1)[0], "Email"))
    bench.run()
    folder = bench.folder / "backups"
    old = back_up(bench.folder / "ledger.db", folder, keep=1, now=NOW, told=quiet)
    with closing(sqlite3.connect(bench.folder / "ledger.db")) as tampered, tampered:
        tampered.execute("UPDATE batches SET settled = settled + 3")
    told = syncd(bench, "backup")
    assert told.exit_code == 1
    assert "The ledger does not add up: batch " in told.stderr
    assert old.file.exists()
    assert len(list(folder.iterdir())) == 2
    with bench.ledger() as ledger:
        assert "does not add up" in ledger.accounts.get("default").halted
        bench.violations = ledger.audit.full()
    # Such a backup is put in place only on an express word.
    worst = max(folder.iterdir())
    told = syncd(bench, "restore", str(worst), "--yes")
    assert (told.exit_code, "say --broken" in str(told.exception)) == (1, True)
    asked = json.loads(syncd(bench, "restore", str(worst), "--broken", "--json").output)
    assert (asked["restored"], len(asked["breaches"])) == (False, len(bench.violations))
    done = syncd(bench, "restore", str(worst), "--yes", "--broken", "--json")
    assert done.exit_code == 0
    assert json.loads(done.output)["restored"]


@contextmanager
def small_disk(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond that size: a disk fills up much the same way."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_of_a_backup_that_does_not_fit_nothing_is_left(path: Path) -> None:
    before = back_up(path, path.parent / "b", keep=1, now=at(0), told=quiet)
    with small_disk(20_000), pytest.raises(LedgerError, match=r"cannot be made: .* Nothing of it"):
        back_up(path, path.parent / "b", keep=1, now=at(1), told=quiet)
    assert list((path.parent / "b").iterdir()) == [before.file]
    with small_disk(20_000), pytest.raises(LedgerError, match="cannot be made"):
        prepare(before.file, path, now=at(2), told=quiet)
    assert not list(path.parent.glob("*.restoring*"))


def test_a_damaged_ledger_gives_no_backup_and_costs_none(path: Path) -> None:
    with Ledger(path) as ledger, ledger.transaction():
        for number in range(2000):
            ledger.worksheets.note("sheet", f"event {number}", NOW)
    before = back_up(path, path.parent / "b", keep=1, now=at(0), told=quiet)
    whole = path.read_bytes()
    path.write_bytes(whole[: -20 * 4096] + os.urandom(20 * 4096))
    with pytest.raises(LedgerError, match="damaged"):
        back_up(path, path.parent / "b", keep=1, now=at(1), told=quiet)
    assert list((path.parent / "b").iterdir()) == [before.file]


# --- restoring ---


def test_nothing_is_restored_while_a_daemon_holds_the_ledger(bench: Rig) -> None:
    bench.run()
    assert syncd(bench, "backup").exit_code == 0
    [file] = (bench.folder / "backups").iterdir()
    with Lock(bench.folder / "ledger.db"):
        told = syncd(bench, "restore", str(file), "--yes")
    assert (told.exit_code, "Another syncd (process " in str(told.exception)) == (1, True)
    assert not list(bench.folder.glob("*before-restore*"))


def test_nothing_is_restored_while_another_program_has_the_ledger_open(path: Path) -> None:
    made = back_up(path, path.parent / "b", keep=1, now=NOW, told=quiet)
    ready = prepare(made.file, path, now=NOW, told=quiet)
    with Ledger(path), pytest.raises(LedgerError, match=r"has the ledger .* open\. Close it"):
        put_in_place(ready.file, path, NOW)
    assert not list(path.parent.glob("*before-restore*"))


def test_the_ledger_that_was_there_is_kept_whole_with_what_its_log_held(path: Path) -> None:
    made = back_up(path, path.parent / "b", keep=1, now=NOW, told=quiet)
    with Ledger(path) as ledger:
        with ledger.transaction():
            ledger.worksheets.note("sheet", "since", NOW)
        killed = {one: one.read_bytes() for one in path.parent.glob("ledger.db*")}
    for one, content in killed.items():  # as a kill leaves them: the last commit is in the log
        one.write_bytes(content)
    assert path.with_name("ledger.db-wal").stat().st_size
    ready = prepare(made.file, path, now=NOW, told=quiet)
    aside = put_in_place(ready.file, path, NOW)
    assert aside is not None
    with Ledger(aside, read_only=True) as kept, Ledger(path) as restored:
        assert kept.worksheets.events(limit=1)[0][3] == "since"
        assert restored.worksheets.events(limit=1) == []
        assert restored.lineage.is_restored
        assert not kept.lineage.is_restored
    names = {one.name for one in path.parent.iterdir()}
    assert names == {"b", "ledger.db", "ledger.db.before-restore-20261123T093000Z"}


@pytest.mark.parametrize(
    "there", [b"", b"no database, " * 999, None], ids=["empty", "junk", "none"]
)
def test_a_ledger_that_cannot_be_read_or_is_gone_is_replaced(
    path: Path, there: bytes | None
) -> None:
    made = back_up(path, path.parent / "b", keep=1, now=NOW, told=quiet)
    path.unlink()
    if there is not None:
        path.write_bytes(there)
    assert find_past(path) is None
    ready = prepare(made.file, path, now=NOW, told=quiet)
    aside = put_in_place(ready.file, path, NOW)
    assert (aside.read_bytes() if aside else None) == there
    with Ledger(path) as restored:
        assert restored.accounts.get("default").balance == 100


def test_what_is_no_ledger_is_not_restored_and_changes_nothing(path: Path, tmp_path: Path) -> None:
    made = back_up(path, tmp_path / "b", keep=1, now=NOW, told=quiet)
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    (wrong / "empty").touch()
    (wrong / "junk").write_bytes(b"SQLite format 3\x00" * 300)
    whole = made.file.read_bytes()
    (wrong / "cut").write_bytes(whole[: len(whole) // 2])
    for name, change in {
        "blank": "PRAGMA user_version = 1",
        "foreign": "CREATE TABLE people (name TEXT)",
        "newer": "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
        "VALUES ('syncd', 'm999_future', '2027-01-01')",
    }.items():
        if name == "newer":
            (wrong / name).write_bytes(whole)
        with closing(sqlite3.connect(wrong / name)) as db, db:
            db.execute(change)
    says = {
        "empty": "it is empty",
        "blank": "there is nothing in it",
        "junk": "damaged|not a database",
        "cut": "damaged",
        "foreign": "no ledger of syncd's",
        "newer": r"newer syncd \(m999_future\)",
        "nothing": "no such file",
        ".": "no such file",
    }
    before = path.read_bytes()
    for name, said in says.items():
        with pytest.raises(LedgerError, match=said):
            prepare(wrong / name, path, now=NOW, told=quiet)
    with pytest.raises(LedgerError, match="the ledger in use"):
        prepare(path, path, now=NOW, told=quiet)
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.restoring*"))
