"""Several spreadsheets in one real process: each in its own time, and none at another's mercy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench import Program, money_problems, until
from rig import LEAD_HEADER, SECOND, SPREADSHEET, Rig

HUNG = 45.0  # seconds that a spreadsheet which hangs takes for an answer

# Looks for results at once, and again at once after a failure: else minutes of waiting.
SOON = """
from datetime import timedelta
import syncd.core.lifecycle, syncd.cycles, syncd.engine.cycle
syncd.core.lifecycle.poll_delay = lambda age: timedelta(0)
syncd.cycles._AFTER_FAILURE = timedelta(seconds=0.2)
syncd.engine.cycle._IMPORT_REST = timedelta(seconds=0.2)
"""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=20) as rig:
        yield rig


def configure(rig: Rig, *parts: str) -> None:
    rig.settings["_spreadsheet"] = "\n[[spreadsheet]]\n".join(parts)


def part(spreadsheet: str, schedule: str, *, requests: str = "[]") -> str:
    return f'id = "{spreadsheet}"\nname = "{spreadsheet}"\n{schedule}\nrequests = {requests}'


def add_book(rig: Rig, spreadsheet: str) -> Any:
    """Add a spreadsheet with an empty Leads worksheet, and return that."""
    with rig.world.lock:
        book = rig.google.create_spreadsheet(
            spreadsheet, spreadsheet_id=spreadsheet, worksheets=[("Leads", 20, 20)]
        )
    rig.fill(book.worksheets[0], [LEAD_HEADER])
    return book.worksheets[0]


def served(rig: Rig, worksheet: Any = None) -> bool:
    emails = rig.column("Email", worksheet)
    return bool(emails) and all("@" in str(email) for email in emails)


def reads_of(rig: Rig, spreadsheet: str) -> int:
    with rig.world.lock:
        return sum(
            entry.vendor == "sheets" and f"/{spreadsheet}" in entry.path
            for entry in rig.world.journal.entries
        )


# --- several at once ----------------------------------------------------------------------------


def test_one_process_serves_several_and_buys_a_person_who_stands_in_two_once(rig: Rig) -> None:
    third = add_book(rig, "third-sheet")
    second = add_book(rig, SECOND)
    shared, *own = rig.people(4)
    rig.ask((shared, "Email"), (own[0], "Email"))
    rig.ask((shared, "Email"), (own[1], "Email"), worksheet=second)
    rig.ask((own[2], "Email"), (shared, "Email"), worksheet=third)
    every = 'every = "1s"'
    configure(rig, *(part(one, every) for one in (SPREADSHEET, SECOND, "third-sheet")))
    with Program.daemon(rig, code=SOON) as program:
        until(lambda: all(served(rig, one) for one in (rig.leads, second, third)))
        assert program.leave()[0] == 0
        assert "Traceback" not in program.output
    assert rig.column("Email", second) == ["p0@found.example", "p2@found.example"]
    assert rig.seleqt.meter.by_person_and_kind() == {
        (person, "FIND_EMAIL"): 1 for person in (shared, *own)
    }
    assert rig.totals() == {"settled": 12, "reserved": 0}


def hang(rig: Rig) -> None:
    rig.world.faults.add("slow", path=f"/{SPREADSHEET}", rate=1.0, seconds=HUNG)


def trickle(rig: Rig) -> None:
    rig.world.faults.add("trickle", path=f"/{SPREADSHEET}", rate=1.0, seconds=HUNG)


def unshare(rig: Rig) -> None:
    rig.book.roles[rig.google.tokens.email] = "none"


def delete(rig: Rig) -> None:
    del rig.google.files.spreadsheets[SPREADSHEET]


def fail(rig: Rig) -> None:
    rig.world.faults.add("500", path=f"/{SPREADSHEET}", rate=1.0)


def drop(rig: Rig) -> None:
    rig.world.faults.add("drop_after", path=f"/{SPREADSHEET}", rate=1.0)


def scramble(rig: Rig) -> None:
    rig.world.faults.add("bad_json", path=f"/{SPREADSHEET}", rate=1.0)


@pytest.mark.parametrize("spoil", [hang, trickle, unshare, delete, fail, drop, scramble])
def test_a_broken_spreadsheet_delays_no_other(rig: Rig, spoil: Any) -> None:
    second = add_book(rig, SECOND)
    sick, *well = rig.people(4)
    rig.ask((sick, "Email"))
    rig.ask(*[(person, "Email") for person in well], worksheet=second)
    spoil(rig)
    configure(rig, *(part(one, 'every = "1s"') for one in (SPREADSHEET, SECOND)))
    with Program.daemon(rig, code=SOON, daemon='log = "logfmt"\nstop_within = "1s"') as program:
        until(lambda: served(rig, second), within=HUNG - 5)
        assert reads_of(rig, SPREADSHEET) > 0
        assert program.leave()[0] == 0
        assert "Traceback" not in program.output
    assert rig.seleqt.meter.charged() == 9
    assert money_problems(rig) == []


# --- when ---------------------------------------------------------------------------------------


def test_results_are_followed_up_when_due_and_not_only_at_the_interval(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"), (rig.person(), "Email"))
    configure(rig, part(SPREADSHEET, 'every = "12h"'))
    with Program.daemon(rig, code=SOON) as program:
        until(lambda: served_or_missed(rig))
        assert program.leave()[0] == 0
    assert rig.totals() == {"settled": 6, "reserved": 0}


def served_or_missed(rig: Rig) -> bool:
    return all(str(text).startswith(("Found", "No email found")) for text in rig.column("Status"))


def test_a_cron_time_is_waited_for_while_others_are_served(rig: Rig) -> None:
    second = add_book(rig, SECOND)
    early, late = rig.people(2)
    rig.ask((late, "Email"))
    rig.ask((early, "Email"), worksheet=second)
    yearly = 'cron = "0 0 29 2 *"\ntime_zone = "Europe/Berlin"'
    configure(rig, part(SPREADSHEET, yearly), part(SECOND, 'every = "1s"'))
    with Program.daemon(rig, code=SOON) as program:
        until(lambda: served(rig, second))
        assert program.leave()[0] == 0
    assert reads_of(rig, SPREADSHEET) == 0
    assert rig.column("Status") == [""]


@pytest.mark.parametrize("cycles", [2, 4])
def test_what_a_restart_finds_unfinished_waits_for_no_cron_time(rig: Rig, cycles: int) -> None:
    """After two cycles a batch is open; after four, nothing but a write that was lost."""
    rig.ask((rig.people(1)[0], "Email"))
    with rig.app() as engine:
        for number in range(1, cycles + 1):
            if number == 4:
                rig.world.faults.add("500", path=":batchUpdate", rate=1.0)
            engine.cycle()
            rig.hurry()
        assert bool(engine.cycle().open_batches) is (cycles == 2)
    rig.world.faults.clear()
    assert not served(rig)
    configure(rig, part(SPREADSHEET, 'cron = "0 0 29 2 *"'))
    with Program.daemon(rig, code=SOON) as program:
        until(lambda: served(rig))
        assert program.leave()[0] == 0
    assert rig.seleqt.meter.charged() == 3


# --- after a failure ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "cycles"),
    [
        pytest.param('every = "12h"', 0, id="interval"),
        # Two cycles: a batch is open, and so a cron spreadsheet, too, begins at once.
        pytest.param('cron = "0 0 29 2 *"', 2, id="cron"),
    ],
)
def test_after_an_outage_it_does_not_wait_for_the_next_time(
    rig: Rig, schedule: str, cycles: int
) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    with rig.app() as engine:
        for _ in range(cycles):
            engine.cycle()
    rig.world.faults.add("503", vendor="sheets", next=7)  # more than two cycles' tries
    configure(rig, part(SPREADSHEET, schedule))
    with Program.daemon(rig, code=SOON) as program:
        until(lambda: served(rig))
        assert program.leave()[0] == 0
        assert "Google answered with status 503." in program.output
        assert "spreadsheet_well_again" in program.output


FIRST_CYCLES_FAIL = """
import itertools
from syncd.engine.cycle import Engine
real, calls = Engine.cycle, itertools.count()
def cycle(self):
    if self.name == "sheet-under-test" and next(calls) < 2:
        raise RuntimeError("a bug of ours")
    return real(self)
Engine.cycle = cycle
"""


def test_a_bug_in_one_cycle_is_logged_and_the_cycle_tried_again(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    configure(rig, part(SPREADSHEET, 'every = "12h"'))
    with Program.daemon(rig, code=SOON + FIRST_CYCLES_FAIL) as program:
        until(lambda: served(rig))
        assert program.leave()[0] == 0
        assert program.output.count("event=cycle_failed") == 2
        assert "RuntimeError: a bug of ours" in program.output


def test_a_list_that_could_not_be_read_is_read_soon_after(rig: Rig) -> None:
    found = rig.people(2)
    with rig.world.lock:
        rig.seleqt.add_list("Autumn", ids=found)
    rig.fill(
        rig.requests,
        [["Autumn", "Email", "", "", True]],
        first=1,
    )
    rig.world.faults.add("503", vendor="seleqt", path="/lead-lists/", next=4)
    configure(rig, part(SPREADSHEET, 'every = "12h"', requests='["Requests"]'))
    with Program.daemon(rig, code=SOON) as program:
        until(lambda: served(rig))
        assert program.leave()[0] == 0
        assert "event=lists_not_imported" in program.output
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]


BUSY_MACHINE = """
import time
from apscheduler.executors.base import BaseExecutor
real = BaseExecutor._run_job_success
def late(self, *arguments):
    time.sleep(1.6)
    return real(self, *arguments)
BaseExecutor._run_job_success = late
"""


def test_a_follow_up_that_is_due_before_the_scheduler_is_free_is_not_lost(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    configure(rig, part(SPREADSHEET, 'every = "12h"'))
    with Program.daemon(rig, code=SOON + BUSY_MACHINE) as program:
        until(lambda: served(rig), within=30)
        assert program.leave()[0] == 0


LEDGER_FAILS = """
from syncd.engine.cycle import Engine
from syncd.errors import LedgerError
def cycle(self):
    raise LedgerError("The ledger cannot be written: disk full.")
Engine.cycle = cycle
"""


def test_a_ledger_that_fails_ends_the_daemon_with_1_and_its_reason(rig: Rig) -> None:
    with Program.daemon(rig, code=LEDGER_FAILS) as program:
        assert program.wait() == 1
        assert "event=ledger_failed" in program.output
        assert "disk full" in program.output
        assert "Traceback" not in program.output
