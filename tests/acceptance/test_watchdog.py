"""The watchdog of a real process: fed while there is progress, however slow; starved by a hang."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Ear, Program, until
from rig import Rig

PATIENCE = 1.0  # seconds
SWIFT = f"""
from datetime import timedelta
import syncd.daemon
syncd.daemon.PATIENCE = timedelta(seconds={PATIENCE})
"""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=20) as rig:
        rig.settings["daemon"] = 'log = "logfmt"\nstop_within = "1s"'
        rig.ask((rig.people(1)[0], "Email"))
        yield rig


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as ear:
        yield ear


def environ(ear: Ear) -> dict[str, str]:
    return {**ear.environ, "WATCHDOG_USEC": str(int(PATIENCE * 1_000_000))}


def pings_while(ear: Ear, seconds: float) -> int:
    before = ear.pings
    time.sleep(seconds)
    return ear.pings - before


def test_a_cycle_that_waits_for_a_quota_is_alive_for_as_long_as_that_takes(
    rig: Rig, ear: Ear
) -> None:
    rig.world.faults.add("429", vendor="sheets", rate=1.0)  # then nothing is asked for a minute
    with Program.daemon(rig, code=SWIFT, environ=environ(ear)) as program:
        until(lambda: rig.requests_made("sheets") and ear.pings)
        until(lambda: rig.world.journal.last > 1 and "event=cycle " in program.output)
        assert pings_while(ear, 3 * PATIENCE) >= 2
        assert "event=stuck" not in program.output


def test_a_cycle_that_hangs_starves_the_watchdog_and_the_log_says_where(rig: Rig, ear: Ear) -> None:
    second = rig.add_book()
    rig.ask((rig.people(1)[0], "Email"), worksheet=second)
    with Program.daemon(rig, code=SWIFT, environ=environ(ear)) as program:
        until(lambda: ear.pings)
        rig.world.faults.add("slow", path="/sheet-under-test", seconds=30, next=1)
        program.wait_for("stuck")
        assert 'part="cycle of Sales"' in program.output
        assert "google.py" in program.output
        until(lambda: "stuck: cycle of Sales" in ear.status)
        before = program.output.count("spreadsheet=More")
        assert pings_while(ear, PATIENCE) == 0
        assert program.output.count("spreadsheet=More") > before  # the rest goes on


def test_a_ledger_that_cannot_be_written_starves_it_as_well(rig: Rig, ear: Ear) -> None:
    hung = SWIFT + (
        "import os, time\n"
        "from pathlib import Path\n"
        "real = os.fsync\n"
        "os.fsync = lambda f: time.sleep(60) if Path('hang').exists() else real(f)\n"
    )
    with Program.daemon(rig, code=hung.replace("'hang'", repr(str(rig.folder / "hang"))),
                        environ=environ(ear)) as program:  # fmt: skip
        until(lambda: ear.pings)
        (rig.folder / "hang").touch()
        program.wait_for("stuck")
        assert "part=ledger" in program.output
