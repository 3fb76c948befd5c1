"""What the integration tests share: a bench of their own each, and no waiting."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial
from io import StringIO

import pytest
import stamina
from rig import Say

import syncd.app
import syncd.seleqt.client
import syncd.sheets.google
from syncd.cli import main
from syncd.seleqt import Seleqt

PATIENCE = 0.5  # seconds until a client gives up: long enough for a busy machine


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Run a command line in this process; return its exit code and all that it told.

    What is ``typed`` comes from a terminal; without it there is nobody to ask.
    """

    def run(*arguments: object, typed: str | None = None) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["syncd", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", StringIO() if typed is None else _Terminal(typed))
        monkeypatch.setenv("COLUMNS", "500")
        code = 0
        try:
            main()
        except SystemExit as leaving:
            code = int(leaving.code or 0)
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


@pytest.fixture(autouse=True)
def repeats_do_not_wait() -> Iterator[None]:
    with stamina.set_testing(testing=True, attempts=3, cap=True):
        yield


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> float:
    """Shorten every wait of the clients: time-outs, and the pause after a rate limit."""
    client = partial(Seleqt, read_timeout=PATIENCE, buy_timeout=PATIENCE)
    monkeypatch.setattr(syncd.app, "Seleqt", client)
    monkeypatch.setattr(syncd.seleqt.client, "_WINDOW", 0.05)
    monkeypatch.setattr(syncd.sheets.google, "_TIMEOUTS", (PATIENCE, PATIENCE))
    monkeypatch.setattr(syncd.sheets.google, "_REFILL", 0.05)
    return PATIENCE
