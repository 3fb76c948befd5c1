"""What the integration tests share: a bench of their own each, and no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import stamina
from rig import Rig

import syncd.app
import syncd.seleqt.client
import syncd.sheets.google
from syncd.seleqt import Seleqt

PATIENCE = 0.5  # seconds until a client gives up: long enough for a busy machine


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path) as bench:
        yield bench


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
