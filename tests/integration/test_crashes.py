"""The process dies at each commit of a purchase in turn, just before it and just after it.

Then a new one starts on the same ledger. Whatever was going on, the meter never runs ahead of what
is booked, nobody is bought twice, and in the end everybody has an answer. Where nothing tells
whether a purchase went out, a human is asked, and told the truth by the meter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from rig import Rig, request

from syncd.core.lifecycle import Limits, advance
from syncd.core.outcomes import Resolved
from syncd.engine import Engine
from syncd.ledger import Ledger

SELEQT = 'key = { file = "seleqt.key" }\nbase_url = "BASE/api/v1"\nrequests_per_minute = 0'
BUYING = 'ask_first = []\nsettle_after = "0s"'
MOST = 200  # commits; far more than a purchase has


class Crash(BaseException):
    """The process is gone: nobody may catch this."""


class Commits:
    """Counts the moments before and after each commit, and dies at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, deadly: int) -> None:
        self.passed = 0
        self._deadly = deadly
        real = Ledger.transaction

        @contextmanager
        def transaction(ledger: Ledger, *, counted: bool = True) -> Iterator[None]:
            with real(ledger, counted=counted):
                yield
                self._pass()
            self._pass()

        monkeypatch.setattr(Ledger, "transaction", transaction)

    def _pass(self) -> None:
        self.passed += 1
        if self.passed == self._deadly:
            raise Crash


def ask(rig: Rig, purchasing: str) -> None:
    """Ask for two who are found and one who is not; in place, with others below on the list."""
    people = [*rig.people(1), rig.person(), *rig.people(1)]
    if purchasing == "dedicated":
        rig.ask(*[(person, "Email") for person in people])
        return
    rig.seleqt.add_list("Autumn", ids=[*people, *rig.people(2)])
    row = request(**{"Lead list": "Autumn", "Find": "Email", "Max leads": 3, "Start": True})
    rig.fill(rig.requests, [row], first=1)


def check_booked(rig: Rig) -> None:
    totals, charged = rig.totals(), rig.seleqt.meter.charged()
    assert totals["settled"] <= charged <= totals["settled"] + totals["reserved"]
    assert rig.seleqt.meter.bought_twice() == {}


def come_back(rig: Rig, engine: Engine) -> None:
    """Let the new process find its way; half an hour is enough to doubt, and to park."""
    rig.settle(engine)
    for _ in range(3):
        rig.ahead += timedelta(minutes=12)
        rig.hurry()
        engine.cycle()


def ask_a_human(rig: Rig) -> bool:
    """Resolve what is parked by the meter's word; return whether anything was."""
    with rig.ledger() as ledger:
        parked = [batch for batch in ledger.batches.open("default") if batch.state == "parked"]
        for batch in parked:
            paid = rig.seleqt.meter.charged() > rig.totals()["settled"]
            step = advance(batch, Resolved(paid=paid), now=rig.now(), limits=Limits())
            with ledger.transaction():
                ledger.record(step, rig.now())
    return bool(parked)


@pytest.mark.parametrize("purchasing", ["dedicated", "in-place"])
@pytest.mark.parametrize("mode", ["async", "sync"])
def test_a_crash_at_any_commit_of_a_purchase_loses_nothing_and_buys_nobody_twice(
    tmp_path: Path, mode: str, purchasing: str
) -> None:
    parts = {
        "seleqt": f'{SELEQT}\nmode = "{mode}"',
        "buying": f'{BUYING}\npurchasing = "{purchasing}"',
    }
    asked = 0
    for deadly in range(1, MOST):
        folder = tmp_path / str(deadly)
        folder.mkdir()
        with Rig(folder) as rig, pytest.MonkeyPatch.context() as patch:
            ask(rig, purchasing)
            with suppress(Crash), rig.app(**parts) as engine:
                for _ in range(1 if purchasing == "dedicated" else 3):
                    engine.cycle()  # keys, and the import: nothing is bought yet
                assert rig.batches() == []
                commits = Commits(patch, deadly)
                rig.settle(engine)
            patch.undo()
            check_booked(rig)
            with rig.app(**parts) as engine:
                come_back(rig, engine)
                check_booked(rig)
                if ask_a_human(rig):
                    asked += 1
                    come_back(rig, engine)
            said = [str(text).partition(" (")[0] for text in rig.column("Status")]
            assert said[:3] == ["Found the email.", "No email found", "Found the email."]
            assert set(said[3:]) <= {""}
            assert rig.seleqt.meter.charged() == rig.totals()["settled"] == 9
            assert (rig.totals()["reserved"], rig.seleqt.audit()) == (0, [])
            if commits.passed < deadly:
                break
    assert 8 <= deadly < MOST
    assert asked == 1  # only the crash between write-ahead and POST leaves no trace at all
