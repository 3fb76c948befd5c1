"""What a long history costs: the same sheet and purchases, with few and with many jobs past.

``python benchmarks/history.py [--jobs 10000 1000000] [--repeat 7]`` fills a ledger with a history
of 300 jobs a day, each with its row's cells, then lets the production engine work against the
sandbox in this process. CPU seconds are of the engine's thread alone; the audit's queries are
measured one by one, over everything, as at start and in ``syncd ledger verify``.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from rig import Rig

from syncd.config import load
from syncd.engine import Engine
from syncd.ledger import CHECKS, INTEGRITY, Ledger
from syncd.ledger.backups import back_up
from syncd.ledger.times import to_text
from syncd.terms import ACCOUNT, look_over

A_DAY = 300  # jobs: 10,000 fill the present month, as far as it goes, and the one before
BATCH = 25
ROWS = 1000  # of the sheet that is worked on
CELLS = ("Email", "Status", "Credits", "Updated", "Key")
PER_WORKSHEET = 20_000  # jobs of the past: people begin new worksheets
CAPS = 'time_zone = "Europe/Berlin"\nper_day = 100000000\nper_month = 1000000000'


def fill(ledger: Ledger, jobs: int) -> None:
    """Record purchases of the past, with all that such a purchase leaves behind."""
    start = datetime.now(UTC) - timedelta(days=jobs / A_DAY + 1)
    db = ledger._db.conn
    db.execute("BEGIN IMMEDIATE")
    for number in range(jobs // PER_WORKSHEET + 1):
        ledger.worksheets.remember("past", number, f"Leads {number}")
    homes = [known.id for known in ledger.worksheets.known("past")]
    for number in range(jobs // BATCH):
        at = start + timedelta(days=number * BATCH / A_DAY)
        _buy(db, number, homes[number * BATCH // PER_WORKSHEET], to_text(at), at.date().isoformat())
    db.execute("COMMIT")
    ledger.audit.forget()


def _buy(db: object, number: int, home: int, at: str, day: str) -> None:
    name, people = f"{number:012x}", [10_000_000 + number * BATCH + one for one in range(BATCH)]
    price = 3 * BATCH
    run, many = db.execute, db.executemany  # type: ignore[attr-defined]
    run(
        "INSERT INTO batches VALUES (?, ?, ?, '', 'FIND_EMAIL', 'settled', 'dedicated', ?, ?, 0, "
        "?, ?, ?, NULL, 0, 100, '')",
        [name, ACCOUNT, home, number + 1, day, price, at, at],
    )
    many(
        "INSERT INTO jobs (batch, account, prospect, kind, field, state, asked_by, value, credits, "
        "before_reading, before_value, last_reading, last_value, decided_at) VALUES "
        "(?, ?, ?, 'FIND_EMAIL', 'email', ?, ?, ?, 3, 'empty', '', ?, ?, ?)",
        [(name, ACCOUNT, one, *_outcome(one), at) for one in people],
    )
    many(
        "INSERT INTO entries (at, day, account, worksheet, request, enrichment, batch, kind, "
        "credits) VALUES (?, ?, ?, ?, '', 'FIND_EMAIL', ?, ?, ?)",
        [(at, day, ACCOUNT, home, name, kind, price) for kind in ("reserve", "settle")],
    )
    many(
        "INSERT INTO bounds (batch, entry, day, cap_day, cap_month, cool_off) "
        "VALUES (?, ?, ?, 100000, 1000000, 7776000)",
        [(name, 2 * number + entry, day) for entry in (1, 1)],
    )
    many(
        "INSERT INTO events (at, spreadsheet, batch, event) VALUES (?, '', ?, ?)",
        [(at, name, text) for text in ("list ready", "submitting", "accepted", "settled")],
    )
    keys = [f"r-{one:012d}" for one in people]
    many("INSERT INTO keys VALUES (?, ?, ?, ?)", [(home, key, key * 2, at) for key in keys])
    many(
        "INSERT INTO outbox VALUES (?, ?, ?, ?, '', 'sent', ?)",
        [
            (home, key, column, _outcome(one)[2] if column == "Email" else "Found the email.", at)
            for key, one in zip(keys, people, strict=True)
            for column in CELLS
        ],
    )


def _outcome(prospect: int) -> tuple[str, str, str, str, str]:
    """Return state, key, value, last reading and last value; three of five are found."""
    key = f"r-{prospect:012d}"
    if prospect % 5 < 3:
        value = f"p{prospect}@found.example"
        return "found", key, value, "found", value
    return "missed", key, "", "empty", ""


def measure(action: Callable[[], object], repeat: int) -> float:
    """Return the median of the thread's CPU seconds."""
    times = []
    for _ in range(repeat):
        before = time.thread_time()
        action()
        times.append(time.thread_time() - before)
    return statistics.median(times)


def work(rig: Rig, engine: Engine, repeat: int) -> Iterator[tuple[str, float]]:
    """Measure cycles that are idle, that look at all, and that buy."""
    rig.settle(engine)
    yield "a cycle: nothing changed", measure(engine.cycle, repeat)

    def look() -> None:
        rig.ahead += timedelta(minutes=11)
        engine.cycle()

    yield "a cycle: nothing changed, looked at in full", measure(look, repeat)
    newcomers = iter(range(repeat))

    def buy() -> None:
        rig.settle(engine)

    times = []
    for number in newcomers:
        person = rig.person(email=f"n{number}@found.example")
        rig.ask((person, "Email"), first=ROWS + 1 + number)
        times.append(measure(buy, 1))
    yield "a new request: all its cycles", statistics.median(times)


def back_up_beside_commits(path: Path) -> dict[str, float]:
    """Return what a backup costs, and the longest time that a commit took meanwhile."""
    took: list[float] = []

    def commit() -> None:
        with Ledger(path) as ledger:
            while not done.wait(0.02):
                began = time.monotonic()
                with ledger.transaction():
                    ledger.worksheets.note("past", "beside a backup", datetime.now(UTC))
                took.append(time.monotonic() - began)

    done = threading.Event()
    beside = threading.Thread(target=commit)
    beside.start()
    began = time.thread_time()
    back_up(path, path.parent / "backups", keep=1, now=datetime.now(UTC), told=lambda *_: None)
    cost = time.thread_time() - began
    done.set()
    beside.join()
    return {
        "a backup, reopened and checked": cost,
        "a commit beside it, median of all (wall s)": statistics.median(took),
        "a commit beside it, the longest (wall s)": max(took),
    }


def run(jobs: int, repeat: int) -> dict[str, float]:
    """Return CPU seconds by what was done, and bytes per job under "file"."""
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), rows=ROWS + 100) as rig:
        people = [rig.person(email=f"p{n}@found.example") for n in range(ROWS)]
        rig.ask(*((one, "") for one in people))
        with rig.ledger() as ledger:
            fill(ledger, jobs)
            found["bytes per job"] = _size(ledger) / jobs
        began = time.thread_time()
        with rig.app(caps=CAPS) as engine:
            found["a start, with the whole audit"] = time.thread_time() - began
            found |= dict(work(rig, engine, repeat))
        began = time.thread_time()
        with rig.app(caps=CAPS):
            found["a start soon after a clean end"] = time.thread_time() - began
        found |= back_up_beside_commits(rig.folder / "ledger.db")
        with Ledger(rig.folder / "ledger.db") as ledger:
            person = ledger._db.execute("SELECT MAX(id) FROM batches").fetchone()[0]

            def touch() -> None:
                ledger._db.execute("INSERT OR IGNORE INTO touched VALUES (?)", [person])
                with ledger.transaction():
                    ledger.audit.look()

            config = load(rig.folder / "config.toml")
            found["the overview, as for syncd status"] = measure(
                lambda: look_over(config, ledger, datetime.now(UTC)), repeat
            )
            found["the audit's look at one changed batch"] = measure(touch, repeat)
            for check in (*CHECKS, INTEGRITY):
                found[f"audit: {check.name}"] = measure(lambda: ledger.audit.ask(check), 1)  # noqa: B023  (called at once)
            for by in ("worksheet", "person", "kind", "month"):
                statement = ledger.statement(ACCOUNT)
                found[f"statement by {by}"] = measure(lambda: statement.lines(by), 1)  # noqa: B023  (as above)
            assert not ledger.audit.full()  # noqa: S101  (a figure of a broken ledger says nothing)
    return found


def _size(ledger: Ledger) -> int:
    ledger._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return ledger.path.stat().st_size


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs=2, default=[10_000, 1_000_000])
    parser.add_argument("--repeat", type=int, default=7)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    few, many = (run(jobs, asked.repeat) for jobs in asked.jobs)
    print(
        f"| CPU s, median of {asked.repeat} | {asked.jobs[0]:,} jobs | {asked.jobs[1]:,} | ratio |"
    )
    print("| --- | --- | --- | --- |")
    for name, value in few.items():
        digits = 0 if "bytes" in name else 4
        print(
            f"| {name} | {value:.{digits}f} | {many[name]:.{digits}f} | {many[name] / value:.2f} |"
        )


if __name__ == "__main__":
    main()
