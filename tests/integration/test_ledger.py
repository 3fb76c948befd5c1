"""The ledger's own promises: one daemon, one open job per person, whole credits, all or nothing."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlite_utils import Database

from syncd.core import status
from syncd.core.credits import Entry, EntryKind
from syncd.core.lists import Import
from syncd.core.model import (
    Batch,
    BatchState,
    Job,
    JobState,
    Kind,
    Prospect,
    Purchasing,
    Reading,
    Seen,
)
from syncd.core.pasting import Held
from syncd.core.quotes import Quote
from syncd.errors import LedgerError
from syncd.ledger import Ledger, Lock
from syncd.ledger.migrations import ledger_migrations

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
DAY = "2026-11-23"
OURS = "default"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with Ledger(path) as opened:
        with opened.transaction():
            opened.worksheets.remember("sheet", 0, "Leads")
            opened.worksheets.remember("sheet", 7, "More")
        yield opened


def plan(
    name: str, prospects: Sequence[int] = (1, 2), kind: Kind = Kind.EMAIL, **facts: object
) -> Batch:
    jobs = tuple(
        Job(prospect_id=one, kind=kind, state=JobState.WAITING, asked_by=f"r-{one}")
        for one in prospects
    )
    batch = Batch(
        id=name,
        account=OURS,
        worksheet=1,
        kind=kind,
        state=BatchState.PLANNED,
        jobs=jobs,
        booked_day=DAY,
        reserved=kind.price * len(jobs),
        created_at=NOW,
    )
    return replace(batch, **facts)  # type: ignore[arg-type]


def add(ledger: Ledger, *batches: Batch) -> None:
    with ledger.transaction():
        for batch in batches:
            ledger.batches.add(batch, NOW)


def end(
    ledger: Ledger, batch: Batch, state: JobState, closed: BatchState = BatchState.SETTLED
) -> None:
    jobs = tuple(replace(job, state=state, decided_at=NOW) for job in batch.jobs)
    with ledger.transaction():
        ended = replace(batch, jobs=jobs, state=closed, reserved=0)
        ledger.batches.save(ended, [], NOW)


# --- the lock -----------------------------------------------------------------------------------


def test_a_second_daemon_in_this_process_is_refused_until_the_first_leaves(path: Path) -> None:
    with Lock(path), pytest.raises(LedgerError, match=f"process {os.getpid()}"), Lock(path):
        pass
    with Lock(path):
        pass


def test_a_second_daemon_in_another_process_is_refused_and_names_the_first(path: Path) -> None:
    with Lock(path):
        answer = try_lock(path)
    assert answer.returncode == 1
    assert f"Another syncd (process {os.getpid()}) works with the ledger {path}." in answer.stdout
    assert try_lock(path).returncode == 0


def try_lock(path: Path) -> subprocess.CompletedProcess[str]:
    script = """
import sys, pathlib
from syncd.core.pasting import Held
from syncd.errors import LedgerError
from syncd.ledger import Lock
try:
    with Lock(pathlib.Path(sys.argv[1])): pass
except LedgerError as error:
    print(error); sys.exit(1)
"""
    command = [sys.executable, "-c", script, str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_the_lock_of_a_killed_daemon_is_free(path: Path) -> None:
    script = (
        "import sys, pathlib, time; from syncd.ledger import Lock\n"
        "with Lock(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LedgerError, match=f"process {holder.pid}"), Lock(path):
            pass
        holder.kill()
        holder.wait()
        with Lock(path):
            pass


def test_two_ledgers_have_two_locks(tmp_path: Path) -> None:
    with Lock(tmp_path / "a.db"), Lock(tmp_path / "b.db"):
        pass


# --- the file -----------------------------------------------------------------------------------


def test_a_new_ledger_is_readable_by_its_owner_only(path: Path) -> None:
    with Ledger(path):
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    assert set(modes.values()) == {0o600}, modes


def test_a_ledger_written_by_a_newer_syncd_is_refused(path: Path) -> None:
    with Ledger(path) as ledger:
        ledger._db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('syncd', 'm999_future', '2027-01-01')"
        )
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=r"written by a newer syncd \(m999_future\)"):
            Ledger(path, read_only=read_only)


@pytest.mark.parametrize("content", [b"no database at all, " * 300, b"SQLite format 3\x00" * 300])
def test_a_damaged_file_is_refused_by_its_name_and_left_as_it_is(
    path: Path, content: bytes
) -> None:
    path.write_bytes(content)
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=str(path)):
            Ledger(path, read_only=read_only)
    assert path.read_bytes() == content


def test_a_file_cut_in_half_is_refused(path: Path, ledger: Ledger) -> None:
    add(ledger, *(plan(f"b{number}", [number]) for number in range(200)))
    ledger.close()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(LedgerError, match="is damaged"), Ledger(path) as damaged:
        damaged.batches.open(OURS)


def test_a_file_that_has_lost_all_it_held_is_refused_and_left_empty(path: Path) -> None:
    path.touch()
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=r"is empty\. Nothing was bought\. Put the latest"):
            Ledger(path, read_only=read_only)
    assert path.read_bytes() == b""


def test_somebody_elses_database_is_refused_and_left_as_it_is(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE accounts (name TEXT)")
    before = path.read_bytes()
    for read_only in (False, True):
        with pytest.raises(LedgerError, match=r"is a database, but no ledger of syncd's"):
            Ledger(path, read_only=read_only)
    assert path.read_bytes() == before


def test_damage_that_is_met_while_reading_says_what_to_do(path: Path, ledger: Ledger) -> None:
    add(ledger, *(plan(f"b{number}", [number]) for number in range(200)))
    ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: -4 * 4096] + bytes(4 * 4096))
    with Ledger(path) as damaged:
        with pytest.raises(LedgerError, match=r"is damaged .* put the latest backup in its place"):
            damaged.check_file()
        with pytest.raises(LedgerError, match="is damaged"), damaged.guard():
            damaged.batches.open(OURS), damaged.audit.full()
    with pytest.raises(LedgerError, match="is damaged"), Ledger(path, read_only=True) as damaged:
        damaged.audit.full()


def test_a_ledger_that_is_swapped_for_a_copy_under_a_running_syncd_buys_no_more(
    path: Path, ledger: Ledger
) -> None:
    copy = path.with_name("copy.db")
    ledger._db.execute("VACUUM INTO ?", [str(copy)])
    copy.rename(path)
    with pytest.raises(LedgerError, match="moved, deleted or replaced while syncd was running"):
        add(ledger, plan("b1"))
    with Ledger(path) as restored:
        assert restored.batches.get("b1") is None
    path.unlink()
    with pytest.raises(LedgerError, match="moved, deleted or replaced"):
        add(ledger, plan("b1"))


def test_a_ledger_is_read_where_nothing_beside_it_can_be_written(
    path: Path, ledger: Ledger
) -> None:
    add(ledger, plan("b1"))
    ledger.close()
    path.with_name("ledger.db-shm").mkdir()  # as on a read-only or a full disk
    with Ledger(path, read_only=True) as reader:
        assert reader.batches.get("b1") is not None


def test_what_a_full_disk_refuses_is_said_and_nothing_is_lost(path: Path, ledger: Ledger) -> None:
    add(ledger, plan("b1"))
    [pages] = ledger._db.execute("PRAGMA page_count").fetchone()
    ledger._db.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(LedgerError, match=r"its disk is full\. Nothing more is bought"):
        add(ledger, plan("b2", range(10, 3000)))
    assert ledger.batches.get("b2") is None
    ledger._db.execute("PRAGMA max_page_count = 1000000")
    add(ledger, plan("b2", range(10, 3000)))
    assert ledger.batches.get("b2") is not None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused(path: Path) -> None:
    path.touch(0o000)
    with pytest.raises(LedgerError, match="cannot be used"):
        Ledger(path)


def test_a_path_that_cannot_be_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for wrong in (tmp_path, tmp_path / "file" / "ledger.db"):
        with pytest.raises(LedgerError, match=str(wrong)):
            Ledger(wrong)
    with pytest.raises(LedgerError, match="lock"), Lock(tmp_path / "file" / "ledger.db"):
        pass


def test_reading_a_ledger_that_is_not_there_creates_none(path: Path) -> None:
    with pytest.raises(LedgerError, match="There is no ledger"):
        Ledger(path, read_only=True)
    assert not path.exists()


def test_a_reader_cannot_write(path: Path, ledger: Ledger) -> None:
    with Ledger(path, read_only=True) as reader:
        assert reader.accounts.get(OURS).balance is None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            reader.accounts.set_balance(OURS, 5, NOW)


def test_a_paid_commit_survives_a_power_cut(ledger: Ledger) -> None:
    pragma = {
        name: ledger._db.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys")
    }
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_opening_twice_changes_nothing(path: Path, ledger: Ledger) -> None:
    before = ledger.version()
    with Ledger(path):
        pass
    assert ledger.version() == before


# --- batches ------------------------------------------------------------------------------------


def test_a_batch_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    batch = plan("b1", [5, 3], Kind.PHONE, request="q-1", purchasing=Purchasing.IN_PLACE, list_id=9)
    add(ledger, batch)
    assert ledger.batches.get("b1") == batch
    later = replace(
        batch,
        state=BatchState.ACCEPTED,
        submitted_at=NOW,
        not_before=NOW + timedelta(seconds=90),
        reserved=0,
        settled=60,
        attempts=2,
        balance_before=100,
        note="“fine”",
        jobs=(
            replace(
                batch.jobs[0],
                state=JobState.FOUND,
                value="+12025550123",
                credits=30,
                decided_at=NOW,
                before=Seen(reading=Reading.EMPTY),
                last_seen=Seen(reading=Reading.FOUND, value="+12025550123"),
            ),
            replace(batch.jobs[1], credits=30, last_seen=Seen(reading=Reading.LOADING)),
        ),
    )
    with ledger.transaction():
        ledger.batches.save(later, [Entry(kind=EntryKind.SETTLE, credits=60)], NOW)
    assert ledger.batches.get("b1") == later
    assert ledger.batches.open(OURS) == [later]
    assert ledger.batches.get("b2") is None


@pytest.mark.parametrize("second", [Kind.EMAIL, Kind.EMAIL_WATERFALL])
def test_the_schema_itself_refuses_a_second_open_job_for_a_person_and_field(
    ledger: Ledger, second: Kind
) -> None:
    add(ledger, plan("b1", [1, 2]))
    with pytest.raises(LedgerError, match="UNIQUE"):
        add(ledger, plan("b2", [3, 2], second))
    assert ledger.batches.get("b2") is None  # with all that it brought along
    assert ledger.accounts.totals(OURS) == {"settled": 0, "reserved": 6}
    assert ledger.accounts.booked(OURS, 1, DAY).day == 6


@pytest.mark.parametrize(
    "other",
    [plan("b2", [1, 2], Kind.PHONE), plan("b2", [3]), plan("b2", [1, 2], account="another")],
    ids=["another field", "another person", "another account"],
)
def test_jobs_that_differ_in_person_field_or_account_may_both_be_open(
    ledger: Ledger, other: Batch
) -> None:
    add(ledger, plan("b1", [1, 2]), other)
    assert ledger.batches.get("b2") == other


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.WAITING])
def test_a_decided_job_leaves_room_for_another(ledger: Ledger, state: JobState) -> None:
    batch = plan("b1", [1])
    add(ledger, batch)
    end(ledger, batch, state)
    add(ledger, plan("b2", [1]))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE batches SET reserved = -1",
        "UPDATE batches SET settled = -1",
        "UPDATE batches SET reserved = 1.5",
        "UPDATE batches SET state = 'paid'",
        "UPDATE batches SET worksheet = 99",
        "UPDATE jobs SET credits = -3",
        "UPDATE jobs SET state = 'maybe'",
        "UPDATE jobs SET batch = 'nobody'",
        "UPDATE entries SET credits = 0",
        "UPDATE entries SET credits = -6",
        "UPDATE entries SET kind = 'refund'",
        "DELETE FROM batches",
    ],
)
def test_the_schema_refuses_money_and_states_that_cannot_be(ledger: Ledger, statement: str) -> None:
    add(ledger, plan("b1"))
    with pytest.raises(sqlite3.IntegrityError):
        ledger._db.execute(statement)


# --- credits ------------------------------------------------------------------------------------


def settle(ledger: Ledger, batch: Batch, credits: int) -> None:
    """Book an accepted purchase that took fewer credits than were reserved."""
    with ledger.transaction():
        entries = [
            Entry(kind=EntryKind.SETTLE, credits=credits),
            Entry(kind=EntryKind.RELEASE, credits=batch.reserved - credits),
        ]
        done = replace(batch, state=BatchState.ACCEPTED, reserved=0, settled=credits)
        ledger.batches.save(done, entries, NOW)


def test_booked_is_reserved_plus_settled_and_counts_where_each_cap_looks(ledger: Ledger) -> None:
    first = plan("b1", [1, 2, 3], request="q-1")
    batches = [
        first,
        plan("b2", [4], Kind.PHONE, worksheet=2),
        plan("b3", [5, 6], Kind.EMAIL_WATERFALL, booked_day="2026-11-22"),
        plan("b4", [7], booked_day="2026-10-31"),
        plan("b5", [8], account="another"),
    ]
    add(ledger, *batches)
    settle(ledger, first, 6)
    with ledger.transaction():
        ledger.accounts.set_balance(OURS, 500, NOW)
    booked = ledger.accounts.booked(OURS, 1, DAY, ["q-1", "q-2"])
    assert booked.day == 6 + 30
    assert booked.month == 6 + 30 + 12
    assert booked.worksheet_day == 6
    assert booked.kind_day == {Kind.EMAIL: 6, Kind.PHONE: 30}
    assert booked.requests == {"q-1": 6}
    assert ledger.accounts.booked(OURS, 1, DAY).requests == {}
    assert booked.unsettled == 30 + 12 + 3  # still to be taken from the balance
    assert booked.balance == 500
    assert ledger.accounts.totals(OURS) == {"settled": 6, "reserved": 45}
    assert ledger.accounts.spent(["q-1", "q-2"]) == {"q-1": 6}
    assert ledger.accounts.booked(OURS, 2, DAY).worksheet_day == 30


def test_a_release_makes_room_again_and_the_entries_add_up_to_nothing(ledger: Ledger) -> None:
    batch = plan("b1")
    add(ledger, batch)
    with ledger.transaction():
        gone = replace(batch, state=BatchState.REFUSED, reserved=0)
        ledger.batches.save(gone, [Entry(kind=EntryKind.RELEASE, credits=6)], NOW)
    booked = ledger.accounts.booked(OURS, 1, DAY)
    assert (booked.day, booked.month, booked.worksheet_day, booked.unsettled) == (0, 0, 0, 0)


def test_a_month_ends_with_its_last_day(ledger: Ledger) -> None:
    add(ledger, plan("b1", [1], booked_day="2026-11-30"), plan("b2", [2], booked_day="2026-12-01"))
    assert ledger.accounts.booked(OURS, 1, "2026-11-05").month == 3
    assert ledger.accounts.booked(OURS, 1, "2026-12-31").month == 3


def test_the_first_reason_to_stop_buying_stays_until_somebody_resumes(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.accounts.set_balance(OURS, 7, NOW)
        ledger.accounts.halt(OURS, "first")
        ledger.accounts.halt(OURS, "second")
    assert ledger.accounts.get(OURS) == (7, NOW, "first", None)
    with ledger.transaction():
        ledger.accounts.resume(OURS)
    assert ledger.accounts.get(OURS).halted == ""


# --- people and imports -------------------------------------------------------------------------


def test_people_are_known_by_their_latest_job_and_by_what_was_shown_for_nothing(
    ledger: Ledger,
) -> None:
    missed = plan("b1", [1])
    add(ledger, missed)
    end(ledger, missed, JobState.MISSED)
    cancelled = plan("b2", [2])
    add(ledger, cancelled)
    end(ledger, cancelled, JobState.CANCELLED, BatchState.REFUSED)
    left_out = plan("b4", [5])
    add(ledger, left_out)
    end(ledger, left_out, JobState.CANCELLED)
    add(ledger, plan("b3", [1], Kind.EMAIL_WATERFALL))
    held = Prospect(
        id=3,
        first_name="Ada",
        email=Seen(reading=Reading.FOUND, value="ada@firma.example"),
        phone=Seen(reading=Reading.UNRECOGNISED, value="n.a."),
    )
    with ledger.transaction():
        ledger.people.see(OURS, [held], NOW)
    known = ledger.people.known(OURS, [1, 2, 3, 4, 5])
    facts = [(fact.kind, fact.state, fact.batch_state) for fact in known[1].facts]
    assert facts == [
        (Kind.EMAIL_WATERFALL, JobState.WAITING, BatchState.PLANNED),
        (Kind.EMAIL, JobState.MISSED, BatchState.SETTLED),
    ]
    assert 2 not in known
    assert [(fact.state, fact.batch_state) for fact in known[5].facts] == [
        (JobState.CANCELLED, BatchState.SETTLED)
    ]
    assert (known[3].email, known[3].phone) == ("ada@firma.example", "")
    assert 4 not in known
    assert ledger.people.names(OURS, [3, 4]) == {3: ("Ada", "", "", "", "")}
    assert ledger.people.known("another", [1, 3]) == {}


QUOTE = Quote(
    size=3, lacking=2, chosen=2, known=1, costs={Kind.EMAIL: 6}, prices={Kind.EMAIL: 3}, booked=9
)


def test_an_import_comes_back_in_its_order_and_remembers_who_had_a_row(ledger: Ledger) -> None:
    done = Import(
        key="q-1",
        fingerprint="f",
        at=NOW,
        list_id=301,
        members=(9, 4, 7),
        chosen=frozenset({4, 9}),
        before=frozenset({2}),  # of an earlier list
        appended=frozenset({9, 3}),
        quote=QUOTE,
        begun=True,
    )
    with ledger.transaction():
        ledger.imports.put(2, done)
        ledger.imports.mark_appended(2, "q-1", [4])
    kept = replace(done, appended=frozenset({3, 4, 9}))
    assert ledger.imports.all(2, ["q-1", "q-2"]) == {"q-1": kept}
    with ledger.transaction():
        ledger.imports.stop("q-1", "why")
    assert ledger.imports.all(2, ["q-1"])["q-1"] == replace(kept, stopped="why")
    other = replace(kept, members=(1,), chosen=frozenset(), before=frozenset({2, 9}))
    with ledger.transaction():
        ledger.imports.put(2, other)
    assert ledger.imports.all(2, ["q-1"]) == {"q-1": other}


def test_a_request_has_searched_for_those_it_bought_for_and_those_it_is_about_to(
    ledger: Ledger,
) -> None:
    assert ledger.imports.searched("q-1") == frozenset()
    ends = {1: None, 2: JobState.MISSED, 3: JobState.CANCELLED, 4: JobState.UNKNOWN}
    for prospect, ended in ends.items():
        made = plan(f"b{prospect}", [prospect], request="q-1")
        add(ledger, made)
        if ended is not None:
            end(ledger, made, ended)
    add(ledger, plan("b5", [5], request="q-2"), plan("b6", [6]))
    assert ledger.imports.searched("q-1") == {1, 2}
    assert ledger.imports.searched("") == frozenset()


def test_a_ledger_of_the_first_version_keeps_its_imports(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    old = Database(path)
    ledger_migrations.apply(old, stop_before="m003_life_of_a_request")
    at = "2026-05-12T09:00:00.000+00:00"
    old.execute("INSERT INTO worksheets VALUES (2, 's', 7, 'Requests')")
    for key, problem in (("q-1", ""), ("q-2", status.HOLD_IN_PLACE), ("q-3", "No such list.")):
        old.execute("INSERT INTO imports VALUES (2, ?, 'f', 301, ?, ?)", [key, problem, at])
    for place, (prospect, chosen, appended) in enumerate([(9, 1, 1), (4, 0, 1), (7, 1, 0)]):
        line = [place, prospect, chosen, appended]
        old.execute("INSERT INTO members VALUES (2, 'q-1', ?, ?, ?, ?)", line)
    old.conn.commit()
    old.close()
    with Ledger(path) as ledger:
        found = ledger.imports.all(2, ["q-1", "q-2", "q-3"])
    known = found["q-1"]
    assert (known.members, known.chosen, known.appended) == ((9, 4, 7), {9, 7}, {9, 4})
    assert (known.begun, known.quote) == (True, None)
    assert [(one.problem, one.stopped) for one in found.values()] == [
        ("", ""),
        ("", status.HOLD_IN_PLACE),
        ("No such list.", ""),
    ]


# --- the outbox ---------------------------------------------------------------------------------

CELL = ("r-1", "Status")


def test_a_text_is_pending_until_it_was_seen_and_those_before_stay_ours(ledger: Ledger) -> None:
    outbox = ledger.outbox
    outbox.intend(1, {CELL: "one"}, NOW)
    assert outbox.pending(1) == {CELL: "one"}
    assert outbox.ours(1, ["r-1"]) == {CELL: ("one",)}
    outbox.mark_sent(1, [CELL])
    assert outbox.pending(1) == {}
    outbox.intend(1, {CELL: "two"}, NOW)
    outbox.intend(1, {CELL: "two"}, NOW)
    assert outbox.pending(1) == {CELL: "two"}
    assert outbox.ours(1, ["r-1", "r-9"]) == {CELL: ("two", "one")}
    outbox.intend(1, {CELL: "three"}, NOW)  # whether "two" has arrived nobody knows
    outbox.mark_sent(1, [CELL])
    assert outbox.ours(1, ["r-1"]) == {CELL: ("three", "two", "one")}
    assert outbox.pending(2) == outbox.ours(2, ["r-1"]) == {}


def test_a_cell_keeps_whole_texts_only_and_not_for_ever(ledger: Ledger) -> None:
    texts = [f"{number}@found.example".rjust(60, "x") for number in range(40)]
    for text in texts:
        ledger.outbox.intend(1, {CELL: text}, NOW)
    (kept,) = ledger.outbox.ours(1, ["r-1"]).values()
    assert list(kept) == texts[: -len(kept) - 1 : -1]
    assert 5 < len(kept) < 15


def test_a_copied_row_inherits_what_was_written_in_its_original(ledger: Ledger) -> None:
    ledger.outbox.intend(1, {CELL: "one", ("r-1", "Email"): "a@firma.example"}, NOW)
    ledger.outbox.intend(1, {("r-2", "Status"): "its own"}, NOW)
    ledger.outbox.inherit(1, "r-1", 1, "r-2")
    assert ledger.outbox.ours(1, ["r-2"]) == {
        ("r-2", "Status"): ("its own",),
        ("r-2", "Email"): ("a@firma.example",),
    }


# --- worksheets and keys ------------------------------------------------------------------------


def test_a_worksheet_is_known_by_its_id_whatever_it_is_called(ledger: Ledger) -> None:
    renamed = ledger.worksheets.remember("sheet", 7, "Kunden")
    other = ledger.worksheets.remember("another", 7, "Kunden")
    assert renamed == (2, 7, "Kunden")
    assert other.id not in {1, 2}
    assert ledger.worksheets.known("sheet") == [(1, 0, "Leads"), (2, 7, "Kunden")]
    assert ledger.worksheets.spreadsheet_of(other.id) == "another"


def test_a_key_goes_with_the_newest_fingerprint_of_its_row(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.worksheets.give_keys(1, {"r-1": "first", "r-2": "x"}, NOW)
        ledger.worksheets.give_keys(1, {"r-1": "second"}, NOW)
        ledger.worksheets.give_keys(2, {"r-3": "second"}, NOW)
    assert ledger.worksheets.fingerprints(1, ["r-1", "r-2", "r-3"]) == {"r-1": "second", "r-2": "x"}
    assert ledger.worksheets.keys_of(1, "second") == ["r-1"]
    assert ledger.worksheets.keys_of(1, "first") == []


def test_a_row_takes_its_key_and_what_was_written_to_another_worksheet(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.worksheets.give_keys(1, {"r-1": "x", "r-2": "y"}, NOW)
        ledger.outbox.intend(1, {("r-1", "Email"): "a@found.example"}, NOW)
    with ledger.transaction():
        ledger.worksheets.move_key("r-1", 1, 2)
    assert (ledger.worksheets.home("r-1"), ledger.worksheets.home("r-9")) == (2, None)
    assert (ledger.worksheets.given(1), ledger.worksheets.given(2)) == ({"r-2"}, {"r-1"})
    assert ledger.outbox.ours(1, ["r-1"]) == {}
    assert ledger.outbox.ours(2, ["r-1"]) == {("r-1", "Email"): ("a@found.example",)}


def test_a_key_whose_transaction_failed_was_never_given(ledger: Ledger) -> None:
    assert ledger.worksheets.given(1) == set()

    def give_and_fail() -> None:
        with ledger.transaction():
            ledger.worksheets.give_keys(1, {"r-1": "x"}, NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        give_and_fail()
    assert ledger.worksheets.given(1) == set()


def test_events_are_told_newest_first(ledger: Ledger) -> None:
    for number in range(3):
        ledger.worksheets.note("sheet", f"event {number}", NOW, batch="b1")
    assert [event for _, _, _, event in ledger.worksheets.events(limit=2)] == ["event 2", "event 1"]


# --- transactions and versions ------------------------------------------------------------------


def test_a_transaction_that_fails_leaves_nothing_behind(ledger: Ledger) -> None:
    def write_and_fail() -> None:
        with ledger.transaction():
            ledger.batches.add(plan("b1"), NOW)
            ledger.accounts.set_balance(OURS, 5, NOW)
            ledger.outbox.intend(1, {CELL: "x"}, NOW)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_and_fail()
    assert ledger.batches.open(OURS) == []
    assert ledger.accounts.get(OURS).balance is None
    assert ledger.outbox.pending(1) == {}
    add(ledger, plan("b1"))  # and the next one works


@pytest.mark.parametrize("trouble", ["PRAGMA query_only = ON", "PRAGMA max_page_count = 1"])
def test_a_disk_that_takes_no_more_is_an_error_of_the_ledger_and_loses_nothing(
    path: Path, ledger: Ledger, trouble: str
) -> None:
    add(ledger, plan("b1"))
    ledger._db.execute(trouble)  # a file system gone read-only, a full disk
    many = [plan(f"c{number}", [1000 + number]) for number in range(2000)]
    with pytest.raises(LedgerError, match=str(path)):
        add(ledger, *many)
    assert [batch.id for batch in ledger.batches.open(OURS)] == ["b1"]
    ledger._db.execute("PRAGMA query_only = OFF")
    ledger._db.execute("PRAGMA max_page_count = 1000000")
    add(ledger, plan("b2", [7]))


def test_nothing_of_an_open_transaction_is_seen_by_others(path: Path, ledger: Ledger) -> None:
    with Ledger(path) as other:
        with ledger.transaction():
            ledger.batches.add(plan("b1"), NOW)
            assert other.batches.open(OURS) == []
        assert [batch.id for batch in other.batches.open(OURS)] == ["b1"]


def test_a_second_writer_waits_for_the_first(path: Path, ledger: Ledger) -> None:
    with Ledger(path) as other:
        other._db.execute("PRAGMA busy_timeout = 50")
        with (
            ledger.transaction(),
            pytest.raises(LedgerError, match="locked"),
            other.transaction(),
        ):
            pass
        with other.transaction():
            pass


def test_the_version_changes_with_every_change_on_this_and_on_another_connection(
    path: Path, ledger: Ledger
) -> None:
    with Ledger(path) as other:
        seen = [ledger.version()]
        with other.transaction():
            other.accounts.set_balance(OURS, 1, NOW)
        seen.append(ledger.version())
        with ledger.transaction():
            ledger.accounts.set_balance(OURS, 2, NOW)
        seen.append(ledger.version())
        assert len(set(seen)) == 3
        assert ledger.version() == seen[-1]
        with other.transaction():
            assert other.batches.open(OURS) == []  # reading is no change
        assert ledger.version() == seen[-1]
        for _ in range(2):  # nor is to say once more what is known
            with other.transaction():
                other.worksheets.name("s", "Sales")
                other.worksheets.remember("s", 7, "Leads")
            seen.append(ledger.version())
        assert seen[-1] == seen[-2] != seen[-3]
        with other.transaction(counted=False):
            other.worksheets.name("s", "Marketing")
        assert ledger.version() == seen[-1]


# --- big pastes -----------------------------------------------------------------------------------


def test_a_rows_lost_key_is_found_without_going_through_all_the_others(ledger: Ledger) -> None:
    with ledger.transaction():
        given = {f"r-{number:04}": f"print {number}" for number in range(5000)}
        ledger.worksheets.give_keys(1, given, NOW)
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 10

    ledger._db.conn.set_progress_handler(count, 10)
    assert ledger.worksheets.keys_of(1, "print 77") == ["r-0077"]
    ledger._db.conn.set_progress_handler(None, 0)
    assert steps < 500


def test_the_rows_of_a_big_paste_are_known_until_they_are_confirmed(ledger: Ledger) -> None:
    with ledger.transaction():
        ledger.pastes.note(1, {"ada": False, "bo": True}, NOW)
        ledger.pastes.note(2, {"cy": False}, NOW)
        ledger.pastes.set_held(1, Held(rows=2, credits=6))
    assert ledger.pastes.of([1]) == {"ada": False, "bo": True}
    assert ledger.pastes.of([1, 2]) == {"ada": False, "bo": True, "cy": False}
    with ledger.transaction():
        ledger.pastes.untick(["bo"])
    assert ledger.pastes.of([1]) == {"ada": False, "bo": False}
    assert ledger.pastes.held(1) == Held(rows=2, credits=6)
    with ledger.transaction():
        ledger.pastes.confirm(1)
    assert ledger.pastes.of([1, 2]) == {"cy": False}
    assert ledger.pastes.held(1) == Held()


def test_another_connection_costs_this_process_none_of_its_locks(tmp_path: Path) -> None:
    """POSIX gives up all of a process's locks on a file with any descriptor that it closes.

    Then whoever closes the ledger elsewhere believes to be the last, and takes its log away.
    """
    path = tmp_path / "ledger.db"
    with Ledger(path) as one, Ledger(path):
        look = "import sqlite3, sys; one = sqlite3.connect(sys.argv[1])"
        look += "; one.execute('SELECT 1 FROM accounts'); one.close()"
        subprocess.run([sys.executable, "-c", look, str(path)], check=True)
        assert path.with_name("ledger.db-wal").exists()
        with one.transaction():
            one.accounts.halt("default", "still writes")
