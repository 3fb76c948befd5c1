"""Whatever somebody gets wrong on the command line is answered with a sentence and an exit code.

Never a traceback, never a ledger that was not there before, and nothing said that is not so.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import Rig, Say

from syncd.ledger import Lock
from syncd.terms import ACCOUNT


@pytest.fixture
def taken() -> Iterator[int]:
    """Give a port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.fixture
def say(say: Say) -> Say:
    """Run a command; return its exit code and what it told, on one line."""

    def run(*arguments: object, typed: str | None = None) -> tuple[int, str]:
        code, told = say(*arguments, typed=typed)
        return code, " ".join(told.split())

    return run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nonsense"], "No such command 'nonsense'."),
        (["sandbox", "--port", "99999"], "'--port': Input should be less than or equal to 65535"),
        (["sandbox", "--port", "http"], "'--port': Input should be a valid integer"),
        (["demo", "--port", "-1"], "'--port': Input should be greater than or equal to 0"),
        (["demo", "--seed", "x"], "'--seed': Input should be a valid integer"),
        (["batches", "resolve"], "Missing argument 'batch_id'."),
        (["batches", "resolve", "b1"], "Missing option '--paid'."),
    ],
)
def test_wrong_words_are_wrong_usage(say: Say, arguments: list[str], sentence: str) -> None:
    code, told = say(*arguments)
    assert code == 2
    assert sentence in told


@pytest.mark.parametrize("command", ["sandbox", "demo"])
def test_a_port_that_is_taken_is_named(say: Say, taken: int, tmp_path: Path, command: str) -> None:
    code, told = say(command, "--port", taken, "--dir", tmp_path)
    assert (code, f"port {taken}: Address already in use" in told) == (2, True)


@pytest.mark.parametrize("command", ["sandbox", "demo"])
@pytest.mark.parametrize("place", ["a file", "below a file", "a file in it is a folder"])
def test_a_folder_that_cannot_be_had_is_named(
    say: Say, tmp_path: Path, command: str, place: str
) -> None:
    folder = tmp_path / "place"
    if place == "a file in it is a folder":
        (folder / "google.json").mkdir(parents=True)
        wrong = folder / "google.json"
    else:
        folder.write_text("")
        wrong = folder if place == "a file" else folder / "below"
    code, told = say(command, "--port", 0, "--dir", folder if wrong.is_dir() else wrong)
    assert code == 2
    assert f"Invalid value for --dir: {wrong}: " in told


@pytest.mark.parametrize(
    "command",
    ["run", "run --once", "batches list", "batches resume", "batches resolve b1 --paid"],
)
def test_a_config_that_is_not_there_is_named(say: Say, tmp_path: Path, command: str) -> None:
    path = tmp_path / "none.toml"
    assert say(*command.split(), "--config", path) == (
        78,
        f"The configuration cannot be used: {path}: cannot be read: No such file or directory",
    )


BATCHES = [["list"], ["resume"], ["resolve", "b1", "--paid"], ["resolve", "b1", "--not-paid"]]


@pytest.mark.parametrize("command", BATCHES)
def test_a_ledger_that_is_not_there_is_named_and_not_made(
    say: Say, rig: Rig, command: list[str]
) -> None:
    rig.is_armed = False
    config = rig.config()
    ledger = rig.folder / "ledger.db"
    code, told = say("batches", *command, "--config", config)
    says = f"syncd: There is no ledger at {ledger} yet."
    assert (code, told.split(" The daemon")[0].strip()) == (1, says)
    assert not list(rig.folder.glob("ledger.db*"))


@pytest.mark.parametrize("command", BATCHES[1:])
def test_while_the_daemon_runs_a_human_is_asked_to_stop_it_first(
    say: Say, rig: Rig, command: list[str]
) -> None:
    config = rig.config()
    with rig.ledger() as ledger, Lock(ledger.path):
        code, told = say("batches", *command, "--config", config)
    assert code == 1
    assert told.startswith("syncd: Another syncd (process ")
    assert told.endswith("Stop it first, or give this one another ledger.")


def test_a_batch_that_nobody_knows_is_not_resolved(say: Say, rig: Rig) -> None:
    config = rig.config()
    rig.ledger().close()
    assert say("batches", "resolve", "b1", "--paid", "--config", config) == (
        1,
        "syncd: There is no batch b1 in doubt. See: syncd batches list",
    )


def test_a_batch_that_is_not_in_doubt_is_not_resolved(say: Say, rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    [batch] = rig.batches()
    code, told = say("batches", "resolve", batch.id, "--not-paid", "-c", rig.config())
    assert (code, told) == (
        1,
        f"syncd: There is no batch {batch.id} in doubt. See: syncd batches list",
    )
    assert rig.totals() == {"settled": 3, "reserved": 0}


def test_resume_says_whether_buying_was_stopped(say: Say, rig: Rig) -> None:
    config = rig.config()
    with rig.ledger() as ledger, ledger.transaction():
        ledger.accounts.halt(ACCOUNT, "a sum did not add up")
    stopped = "Buying is stopped: a sum did not add up"
    cure = "When it is understood: syncd batches resume"
    assert say("batches", "list", "-c", config) == (0, f"{stopped} {cure} No batch is open.")
    assert say("batches", "resume", "-c", config) == (0, "Buying goes on.")
    assert say("batches", "resume", "-c", config) == (0, "Buying was not stopped.")


def test_a_pipe_that_closes_early_is_no_error(
    say: Say, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = rig.config()
    rig.ledger().close()

    def closed(*_: object, **__: object) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("typer.echo", closed)
    assert say("batches", "list", "-c", config) == (141, "")
