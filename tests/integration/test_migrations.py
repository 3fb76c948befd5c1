"""A ledger of any earlier syncd comes up to date with all it held, or stays exactly as it was."""

from __future__ import annotations

import fcntl
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from syncd.core.model import BatchState, JobState, Kind
from syncd.errors import LedgerError
from syncd.ledger import Ledger, Lock
from syncd.ledger.migrations import KNOWN, ledger_migrations

VERSIONS = sorted(KNOWN)
AT = "2026-03-02T09:30:00.000+00:00"
LATER = "2026-03-02T09:40:00.000+00:00"

# What a syncd of each version had recorded, in the columns that it knew.
ROWS = {
    "m001_first": f"""
        INSERT INTO accounts (name, balance, balance_at) VALUES ('default', 940, '{LATER}');
        INSERT INTO worksheets VALUES (1, 'sheet', 0, 'Leads');
        INSERT INTO keys VALUES (1, 'r-1', 'ada', '{AT}');
        INSERT INTO batches (id, account, worksheet, request, kind, state, purchasing, list_id,
            booked_day, reserved, settled, created_at, submitted_at, attempts, note) VALUES
            ('b1', 'default', 1, '', 'FIND_EMAIL', 'settled', 'dedicated', 7,
            '2026-03-02', 0, 6, '{AT}', '{AT}', 0, ''),
            ('b2', 'default', 1, '', 'FIND_PHONE', 'in_doubt', 'dedicated', 8,
            '2026-03-02', 30, 0, '{AT}', '{AT}', 0, '');
        INSERT INTO jobs (batch, account, prospect, kind, field, state, asked_by, value, credits,
            decided_at) VALUES
            ('b1', 'default', 5, 'FIND_EMAIL', 'email', 'found', 'r-1', 'ada@found.example', 3,
            '{LATER}'),
            ('b1', 'default', 6, 'FIND_EMAIL', 'email', 'missed', 'r-1', '', 3, '{LATER}'),
            ('b2', 'default', 5, 'FIND_PHONE', 'phone', 'waiting', 'r-1', '', 0, NULL);
        INSERT INTO entries (at, day, account, worksheet, request, enrichment, batch, kind, credits)
            VALUES ('{AT}', '2026-03-02', 'default', 1, '', 'FIND_EMAIL', 'b1', 'reserve', 6),
            ('{AT}', '2026-03-02', 'default', 1, '', 'FIND_EMAIL', 'b1', 'settle', 6),
            ('{AT}', '2026-03-02', 'default', 1, '', 'FIND_PHONE', 'b2', 'reserve', 30);
        INSERT INTO events (at, spreadsheet, batch, event) VALUES ('{AT}', '', 'b1', 'settled');
        INSERT INTO prospects VALUES
            ('default', 5, 'Ada', 'Muster', 'Firma', '', '', '', '', '{AT}');
        INSERT INTO imports (worksheet, key, fingerprint, list_id, problem, at)
            VALUES (1, 'q-1', 'f', 9, '', '{AT}');
        INSERT INTO outbox VALUES
            (1, 'r-1', 'Email', 'ada@found.example', '[]', 'sent', '{LATER}');""",
    "m005_approvals": f"""INSERT INTO approvals (worksheet, key, question, prices, at)
        VALUES (1, 'r-1', 'q', '{{}}', '{AT}');""",
    "m006_big_pastes": f"INSERT INTO pasted VALUES (1, 'bo', 0, '{AT}');",
    "m007_matches": "INSERT INTO matches VALUES (1, 'r-1', 'ada', 5);",
    "m010_audit": f"INSERT INTO waived VALUES ('check', 'subject', 'says', '{AT}');",
    "m020_brakes": f"""INSERT INTO brakes (worksheet, kind, since, found, size)
        VALUES (1, 'FIND_EMAIL', '{AT}', 1, 30);""",
    "m021_marks": f"INSERT INTO marks VALUES ('backed up', '{AT}', 'there');",
}
SINCE = {table: name for name, rows in ROWS.items() for table in re.findall(r"INTO (\w+)", rows)}


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, str]:
    """A ledger as a syncd of that version left it, with rows in it; and its version."""
    path, version = tmp_path / "ledger.db", str(request.param)
    with closing(Database(path)) as db:
        later = [*VERSIONS[1:], None]
        for one, after in zip(VERSIONS, later, strict=True):
            ledger_migrations.apply(db, stop_before=after)
            db.conn.executescript(ROWS.get(one, ""))
            if one == version:
                break
    return path, version


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return sorted(db.iterdump())  # a copy may have triggers and indexes in another order


def test_a_ledger_of_every_version_comes_up_to_date_with_all_it_held(
    old: tuple[Path, str],
) -> None:
    path, version = old
    before = dump(path)
    with Ledger(path) as ledger:
        first, second = ledger.batches.get("b1"), ledger.batches.get("b2")
        assert first is not None
        assert second is not None
        assert [(job.prospect_id, job.state, job.value) for job in first.jobs] == [
            (5, JobState.FOUND, "ada@found.example"),
            (6, JobState.MISSED, ""),
        ]
        assert (second.state, second.kind, second.reserved) == (BatchState.IN_DOUBT, Kind.PHONE, 30)
        assert ledger.accounts.totals("default") == {"settled": 6, "reserved": 30}
        assert ledger.accounts.get("default").balance == 940
        assert ledger.worksheets.given(1) == {"r-1"}
        assert ledger.outbox.ours(1, ["r-1"]) == {("r-1", "Email"): ("ada@found.example",)}
        assert ledger.audit.full() == []
        assert set(ledger.lineage.epochs().values()) == {2}
        kept = {table: ledger._db[table].count > 0 for table in SINCE}
        assert kept == {table: since <= version for table, since in SINCE.items()}
    copies = list(path.parent.glob("ledger.db.m*"))
    if version == VERSIONS[-1]:
        assert copies == []
    else:
        [copy] = copies
        assert copy.name.startswith(f"ledger.db.{version}.20")
        assert copy.stat().st_mode & 0o777 == 0o600
        assert dump(copy) == before
    with Ledger(path):
        pass
    assert list(path.parent.glob("ledger.db.m*")) == copies


@contextmanager
def planted(version: str, failing: Any) -> Iterator[None]:
    """Let one migration do something else."""
    [step] = [one for one in ledger_migrations._migrations if one.name == version]
    real, step.fn = step.fn, failing
    try:
        yield
    finally:
        step.fn = real


def test_what_fails_half_way_leaves_the_old_ledger_as_it_was(old: tuple[Path, str]) -> None:
    path, version = old
    if version == VERSIONS[-1]:
        return
    before = dump(path)

    def fail(db: Database) -> None:
        db.execute("DELETE FROM jobs")
        db.execute("CREATE TABLE half (way TEXT)")
        db.execute("SELECT * FROM nowhere")

    with planted(VERSIONS[-1], fail), pytest.raises(LedgerError, match="nowhere"):
        Ledger(path)
    assert dump(path) == before
    with Ledger(path) as ledger:  # the mended program goes on from there
        assert ledger.audit.full() == []


@pytest.fixture
def first(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    with closing(Database(path)) as db:
        ledger_migrations.apply(db, stop_before=VERSIONS[1])
    return path


def test_without_room_for_a_copy_the_ledger_is_not_brought_up_to_date(
    first: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = dump(first)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("syncd.ledger.store.copy", full)
    with pytest.raises(LedgerError, match=r"disk is full\. .* Without a copy it is not brought"):
        Ledger(first)
    assert dump(first) == before


def test_a_ledger_is_not_brought_up_to_date_under_a_running_daemon(first: Path) -> None:
    before = dump(first)
    with first.with_name("ledger.db.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # an older syncd
        with pytest.raises(LedgerError, match="Another syncd"):
            Ledger(first)
    assert dump(first) == before
    with Lock(first), Ledger(first) as ledger:  # the daemon itself
        assert ledger.audit.full() == []


def test_a_copy_can_be_put_back_for_the_older_syncd(first: Path) -> None:
    with Ledger(first):
        pass
    [copy] = first.parent.glob("ledger.db.m*")
    with closing(Database(copy)) as db:
        assert [one.name for one in ledger_migrations.applied(db)] == VERSIONS[:1]
    with closing(sqlite3.connect(first)) as db, db:
        db.execute("UPDATE _sqlite_migrations SET name = 'm999_later' WHERE name = 'm020_brakes'")
    with pytest.raises(LedgerError, match=rf"newer syncd .* syncd restore {copy}"):
        Ledger(first)
