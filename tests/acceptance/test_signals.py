"""SIGTERM and SIGINT: whatever it is doing, it leaves in time, in order, and goes on from there."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench import (
    POLL,
    PURCHASE,
    Program,
    is_flush,
    is_poll,
    is_purchase,
    is_read,
    money_problems,
    until,
)
from rig import Rig

from syncd.core.model import BatchState
from syncd.sandbox.wire import Request

LIMIT = 8.0  # seconds; what stop_within says in these tests
DAEMON = f'log = "logfmt"\nstop_within = "{LIMIT:.0f}s"'
BOTH = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda n: n.name)

# Says in the log when somebody waits for a slot of a pace; nothing else is changed.
WATCH_PACE = """
from syncd.pace import Pace
real = Pace._left
def left(self, ticket):
    seconds = real(self, ticket)
    if seconds:
        print("event=waits_for_a_slot", flush=True)
    return seconds
Pace._left = left
"""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A spreadsheet with three people who are found."""
    with Rig(tmp_path, rows=20) as rig:
        rig.ask(*[(person, "Email") for person in rig.people(3)])
        yield rig


def start(rig: Rig, *, code: str = "", **config: str) -> Program:
    return Program.daemon(rig, code=code, daemon=DAEMON, **config)


def leaves_in_order(program: Program, number: signal.Signals, *, within: float = LIMIT) -> None:
    code, seconds = program.leave(number)
    assert code == 0, program.output
    assert seconds < within, program.output
    assert f"event=stopping signal={number.name}" in program.output
    assert "event=stopped" in program.output
    assert "Traceback" not in program.output
    assert "level=error" not in program.output


def goes_on(rig: Rig) -> None:
    """See that the next start finishes everything, for what it costs once."""
    rig.run()
    assert rig.column("Email") == [f"p{n}@found.example" for n in range(3)]
    assert rig.column("Status") == ["Found the email."] * 3
    assert rig.seleqt.meter.charged() == 9
    assert rig.totals() == {"settled": 9, "reserved": 0}
    assert money_problems(rig) == []


@BOTH
def test_idle_it_leaves_at_once(rig: Rig, number: signal.Signals) -> None:
    rig.run()
    with start(rig) as program:
        program.wait_for("cycle")
        leaves_in_order(program, number)
        assert program.output.count("event=stopped") == 1
    goes_on(rig)
    assert rig.requests_made("seleqt", "spend") == 1


def test_a_signal_during_the_start_is_kept_until_it_can_leave_in_order(rig: Rig) -> None:
    code = (
        "import os, signal, syncd.app\n"
        "real = syncd.app.App.__enter__\n"
        "def enter(self):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return real(self)\n"
        "syncd.app.App.__enter__ = enter\n"
    )
    with start(rig, code=code) as program:
        assert program.wait() == 0
        assert "event=stopping signal=SIGTERM" in program.output
        assert "Traceback" not in program.output
    goes_on(rig)


@BOTH
def test_in_a_poll_it_takes_the_answer_and_leaves(rig: Rig, number: signal.Signals) -> None:
    with rig.app() as engine:
        engine.cycle()
        engine.cycle()  # buys
    rig.hurry()
    polled = seen(rig, is_poll)
    rig.world.faults.add("slow", seconds=1.0, **POLL)
    with start(rig) as program:
        until(polled.is_set)
        leaves_in_order(program, number)
    goes_on(rig)


def test_reading_the_sheet_it_takes_the_answer_and_leaves(rig: Rig) -> None:
    asked = seen(rig, is_read)
    rig.world.faults.add("slow", vendor="sheets", path="batchGetByDataFilter", seconds=1.0)
    with start(rig) as program:
        until(asked.is_set)
        leaves_in_order(program, signal.SIGTERM)
    goes_on(rig)


def test_a_write_on_its_way_is_seen_to_its_end(rig: Rig) -> None:
    asked = seen(rig, is_flush)
    rig.world.faults.add("slow", vendor="sheets", path=":batchUpdate", seconds=1.0)
    with start(rig) as program:
        until(asked.is_set)
        leaves_in_order(program, signal.SIGTERM)
    keys = rig.column("Key")
    assert len(set(keys)) == 3
    goes_on(rig)
    assert rig.column("Key") == keys


@BOTH
def test_a_purchase_in_flight_is_waited_for_and_recorded(rig: Rig, number: signal.Signals) -> None:
    sent = seen(rig, is_purchase)
    rig.world.faults.add("slow", seconds=1.5, **PURCHASE)
    with start(rig) as program:
        until(sent.is_set)
        leaves_in_order(program, number)
    (batch,) = rig.batches()
    assert batch.state in {BatchState.ACCEPTED, BatchState.SETTLED}
    assert rig.totals() == {"settled": 9, "reserved": 0}
    goes_on(rig)


def test_a_purchase_that_takes_longer_than_it_may_is_left_as_begun_and_looked_up(rig: Rig) -> None:
    sent, taken = seen(rig, is_purchase), threading.Event()
    rig.world.faults.add("slow", seconds=4.0, **PURCHASE)
    rig.world.after(is_purchase, taken.set)
    with Program.daemon(rig, daemon='log = "logfmt"\nstop_within = "1s"') as program:
        until(sent.is_set)
        code, seconds = program.leave()
        assert code == 0
        assert "event=left_before_the_end" in program.output
        assert "Traceback" not in program.output
        if not taken.is_set():
            assert 0.9 < seconds < 4.0
            (batch,) = rig.batches()
            assert batch.state is BatchState.SUBMITTING
            assert rig.totals() == {"settled": 0, "reserved": 9}
    assert taken.wait(30)
    goes_on(rig)
    assert rig.requests_made("seleqt", "spend") == 1


TO_READ = {
    "google": 'credentials = { file = "google.json" }\nbase_url = "BASE"\n'
    "reads_per_minute = 1\nwrites_per_minute = 0"
}
TO_WRITE = {
    "google": 'credentials = { file = "google.json" }\nbase_url = "BASE"\n'
    "reads_per_minute = 0\nwrites_per_minute = 1"
}
# A list made, filled, read back and counted, and no slot is left for the purchase.
TO_BUY = {
    "seleqt": 'key = { file = "seleqt.key" }\nbase_url = "BASE/api/v1"\nrequests_per_minute = 4'
}


@pytest.mark.parametrize(
    ("config", "charged"),
    [
        pytest.param(TO_READ, 0, id="Google's, to read"),
        pytest.param(TO_WRITE, 9, id="Google's, to write"),
        pytest.param(TO_BUY, 0, id="Seleqt's, to buy"),
    ],
)
def test_waiting_for_a_slot_it_leaves_quietly(
    rig: Rig, config: dict[str, str], charged: int
) -> None:
    with start(rig, code=WATCH_PACE, **config) as program:
        program.wait_for("waits_for_a_slot")
        leaves_in_order(program, signal.SIGTERM)
        assert "cycle_failed" not in program.output
    assert rig.seleqt.meter.charged() == charged
    assert money_problems(rig) == []
    assert not [batch for batch in rig.batches() if batch.state is BatchState.SUBMITTING]
    goes_on(rig)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
def test_waiting_for_a_slot_once_is_left_as_quietly(rig: Rig, number: signal.Signals) -> None:
    path = rig.config(**TO_READ)
    with Program(rig.folder, "run", "--once", "--config", str(path), code=WATCH_PACE) as program:
        program.wait_for("waits_for_a_slot")
        began = time.monotonic()
        assert program.leave(number)[0] == 0
        assert time.monotonic() - began < LIMIT
        assert "Traceback" not in program.output
        assert "cycle_failed" not in program.output


def seen(rig: Rig, which: Callable[[Request], bool]) -> threading.Event:
    """Return an event that is set when such a request has come in, before it is served."""
    came = threading.Event()

    def look(asked: Request) -> None:
        if which(asked):
            came.set()

    rig.world.on_request(look)
    return came


def test_a_second_signal_ends_it_at_once_and_what_was_under_way_is_looked_up(rig: Rig) -> None:
    sent = seen(rig, is_purchase)
    rig.world.faults.add("slow", seconds=8.0, next=1, **PURCHASE)
    with start(rig) as program:
        until(sent.is_set)
        program.send()
        program.wait_for("stopping")
        code, seconds = program.leave()
        assert code == 0
        assert seconds < 2.0
        assert "event=stopping_at_once signal=SIGTERM" in program.output
        assert "event=left_before_the_end" in program.output
    (batch,) = rig.batches()
    assert batch.state is BatchState.SUBMITTING
    assert rig.totals() == {"settled": 0, "reserved": 9}
    until(lambda: rig.seleqt.meter.charged() == 9)
    goes_on(rig)
    assert rig.requests_made("seleqt", "spend") == 1
