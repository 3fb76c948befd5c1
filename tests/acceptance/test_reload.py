"""SIGHUP: a new config takes over whole, or not at all, and nothing is bought for two at once."""

from __future__ import annotations

import gc
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench import PURCHASE, Ear, Program, is_purchase, money_problems, until
from rig import Rig

from syncd.app import App
from syncd.config import load
from syncd.core.model import BatchState
from syncd.errors import LedgerError
from syncd.ledger import Lock
from syncd.sandbox.wire import Request

# Looks for results at once, and again at once after a failure: else minutes of waiting.
SOON = """
from datetime import timedelta
import syncd.core.lifecycle, syncd.cycles
syncd.core.lifecycle.poll_delay = lambda age: timedelta(0)
syncd.cycles._AFTER_FAILURE = timedelta(seconds=0.2)
"""
DAEMON = 'log = "logfmt"\nstop_within = "8s"'
CAPS = 'time_zone = "Europe/Berlin"\nper_month = 20000\nper_day = '


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A spreadsheet with six people who are found; three a purchase."""
    with Rig(tmp_path, rows=20) as rig:
        rig.settings["daemon"] = DAEMON
        rig.settings["buying"] = 'ask_first = []\nsettle_after = "0s"\nbatch_size = 3'
        rig.ask(*[(person, "Email") for person in rig.people(6)])
        yield rig


def seen(rig: Rig, which: Callable[[Request], bool]) -> threading.Event:
    came = threading.Event()
    rig.world.on_request(lambda asked: came.set() if which(asked) else None)
    return came


def everybody(rig: Rig) -> bool:
    return all("@" in str(email) for email in rig.column("Email"))


def test_a_config_that_cannot_be_used_changes_nothing_and_a_good_one_everything(rig: Rig) -> None:
    second = rig.add_book()
    both = rig.settings.pop("_spreadsheet")
    rig.ask((rig.person(email="q@found.example"), "Email"), worksheet=second)
    with Ear() as ear, Program.daemon(rig, code=SOON, environ=ear.environ) as program:
        until(lambda: ear.states == ["READY=1"])
        good = (rig.folder / "config.toml").read_text()
        bad = {
            "caps.per_dya: this key is unknown": good.replace("per_day", "per_dya"),
            "is not valid TOML": good + "\n[caps",
            "seleqt.key: the file": good.replace("seleqt.key", "lost.key"),
            "ledger.path: cannot change by a reload": good.replace("ledger.db", "other.db"),
        }
        for number, (reason, text) in enumerate(bad.items(), 1):
            (rig.folder / "config.toml").write_text(text)
            program.send(signal.SIGHUP)
            program.wait_for("reloading", number)
            until(lambda: ear.states[-2:] == ["RELOADING=1", "READY=1"])
            until(lambda reason=reason: reason in program.output)  # type: ignore[misc]
            until(lambda: "the last reload was refused" in ear.status)
        mark = rig.mark
        until(lambda: rig.requests_made("sheets", since=mark))  # works on as before
        assert not (rig.folder / "other.db").exists()

        rig.settings["_spreadsheet"] = both
        rig.config()
        program.send(signal.SIGHUP)
        program.wait_for("reloaded")
        until(lambda: everybody(rig) and rig.column("Email", second) == ["q@found.example"])
        until(lambda: "refused" not in ear.status)
        assert program.leave()[0] == 0
        assert ear.states == [*["READY=1", "RELOADING=1"] * 5, "READY=1", "STOPPING=1"]
        assert "Traceback" not in program.output
    assert rig.totals() == {"settled": 21, "reserved": 0}
    assert money_problems(rig) == []


def test_with_a_purchase_in_flight_nothing_is_bought_twice_and_the_lower_cap_holds(
    rig: Rig,
) -> None:
    sent = seen(rig, is_purchase)
    rig.world.faults.add("slow", seconds=1.0, **PURCHASE)
    with Program.daemon(rig, code=SOON) as program:
        until(sent.is_set)
        rig.config(caps=CAPS + "10")
        for _ in range(3):  # impatient
            program.send(signal.SIGHUP)
        program.wait_for("reloaded")
        (batch,) = rig.batches()
        assert batch.state in {BatchState.ACCEPTED, BatchState.SETTLED}  # the old one recorded it
        until(lambda: sum("@" in str(email) for email in rig.column("Email")) == 3)
        until(lambda: "Waiting" in str(rig.column("Status")))
        assert rig.seleqt.meter.charged() == 9
        rig.config(caps=CAPS + "5000")
        program.send(signal.SIGHUP)
        until(lambda: everybody(rig))
        assert program.leave()[0] == 0
        assert "Traceback" not in program.output
    assert rig.requests_made("seleqt", "spend") == 2
    assert rig.seleqt.meter.charged() == 18
    assert money_problems(rig) == []


def test_a_refused_key_pauses_buying_until_the_new_one_is_loaded(rig: Rig) -> None:
    good = rig.key
    rig.key = "not-the-key"
    with Program.daemon(rig, code=SOON) as program:
        until(lambda: "key" in str(rig.column("Status")))
        program.wait_for("key_refused")
        rig.key = good
        rig.config()
        program.send(signal.SIGHUP)
        program.wait_for("reloaded")
        rig.hurry()  # a purchase that a refused key has stopped rests for a minute
        until(lambda: everybody(rig))
        assert program.leave()[0] == 0
        assert good not in program.output
    assert not any("ailed" in str(text) for text in rig.column("Status"))
    assert rig.seleqt.meter.charged() == 18


def test_a_crew_that_cannot_be_wired_leaves_all_as_it_is_and_one_that_is_relieved_is_forgotten(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load(rig.config())
    old = App(config).__enter__()
    with monkeypatch.context() as broken:
        broken.setattr(App, "crew", fail)
        with pytest.raises(LedgerError):
            old.relieved_by(config)
    with pytest.raises(LedgerError, match="Another syncd"), Lock(config.ledger.path):
        pass
    old.engines[0].cycle()  # it works on
    heir, crew = old.relieved_by(config)
    old.__exit__(None, None, None)
    forgotten = weakref.ref(old)
    del old
    gc.collect()
    assert forgotten() is None
    with pytest.raises(LedgerError, match="Another syncd"), Lock(config.ledger.path):
        pass
    heir.engines[0].cycle()
    crew.close()
    with Lock(config.ledger.path):
        pass


def fail(_: App) -> None:
    raise LedgerError("the disk is full")


def test_told_to_stop_in_the_middle_of_a_reload_it_leaves_in_order(rig: Rig) -> None:
    sent = seen(rig, is_purchase)
    rig.world.faults.add("slow", seconds=1.0, **PURCHASE)
    with Program.daemon(rig, code=SOON) as program:
        until(sent.is_set)
        program.send(signal.SIGHUP)
        program.wait_for("reloading")
        code, seconds = program.leave()
        assert code == 0
        assert seconds < 8
        assert "event=stopped" in program.output
        assert "Traceback" not in program.output
    assert rig.totals() == {"settled": 9, "reserved": 0}
    rig.run()
    assert rig.seleqt.meter.charged() == 18
