"""What brakes spending: hardly anybody found, a stop, a top-up, and a bound on open purchases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rig import Rig
from typer.testing import CliRunner

from syncd import cli
from syncd.core import brakes, events, status
from syncd.core.credits import Cap
from syncd.core.model import JobState, Kind
from syncd.engine.buying import Buyer
from syncd.sandbox.clock import VirtualClock

BUYING = (
    'ask_first = []\nsettle_after = "0s"\nbatch_size = 10\nbatches_in_flight = 1\n'
    "brake_after = 10\nbrake_below = 3"
)
SMALL = 'ask_first = []\nsettle_after = "0s"\nbatch_size = 2\nfirst_batch = 2'
PAUSED = status.HOLD_WASTE.replace("{a_what}", "an email").replace("{size}", "10")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path) as made:
        made.settings["buying"] = BUYING
        yield made


def charged(rig: Rig) -> int:
    return rig.seleqt.meter.charged()


def ask(rig: Rig, found: int, missed: int) -> None:
    some = rig.people(found) + [rig.person() for _ in range(missed)]
    rig.ask(*((person, "Email") for person in some))


def test_a_kind_of_which_hardly_anybody_is_found_is_paused_on_its_worksheet(rig: Rig) -> None:
    ask(rig, 2, 20)
    other = rig.add_book()
    with rig.engines() as (sales, more):
        rig.settle(sales)
        assert charged(rig) == 15 * 3  # five to begin with, and one purchase more
        assert rig.column("Status").count(PAUSED.format(count=0)) == 7
        [said] = sales.cycle().problems
        assert said == (
            "“Leads”: only 0 of the last 10 searches of the kind email found anything, so no more "
            "of them are bought there. When they are meant all the same: syncd approve “Sales”."
        )
        rig.ask((rig.person(phone="+12025550101"), "Phone"), first=30)  # goes on
        rig.ask((rig.person(), "Email"), worksheet=other)  # so do others
        rig.settle(sales)
        rig.settle(more)
        assert charged(rig) == 15 * 3 + 30 + 3
    rig.run()  # a restart lets nothing through
    assert charged(rig) == 15 * 3 + 30 + 3


def test_it_goes_on_when_a_human_says_so_and_is_paused_again_where_nothing_is_better(
    rig: Rig,
) -> None:
    ask(rig, 2, 30)
    with rig.app() as engine:
        rig.settle(engine)
        assert charged(rig) == 45
        config = ["--config", str(rig.folder / "config.toml")]
        shown = CliRunner().invoke(cli.app, ["approve", "Sales", "--yes", *config])
        assert shown.output.splitlines()[0].startswith("“Leads”: only 0 of the last 10 searches")
        assert shown.output.splitlines()[-1] == "Approved."
        rig.settle(engine)
    assert charged(rig) == 45 + 30
    again = CliRunner().invoke(cli.app, ["approve", "Sales", "--yes", *config])
    assert again.output.splitlines()[-1] == "Approved."


def test_a_list_of_which_enough_are_found_is_bought_to_its_end(rig: Rig) -> None:
    for number in range(30):
        facts = {"email": f"p{number}@found.example"} if number % 3 == 0 else {}
        rig.ask((rig.person(**facts), "Email"), first=1 + number)
    rig.run()
    assert charged(rig) == 90


def test_a_purchase_that_was_not_sent_is_taken_back_where_the_kind_is_paused(rig: Rig) -> None:
    ask(rig, 0, 1)
    rig.world.faults.add("503", vendor="seleqt", method="POST", path="lead-lists/$", next=1)
    with rig.app() as engine:
        rig.cycle(engine)
        rig.cycle(engine)
        [waiting] = rig.batches()
        with rig.ledger() as ledger, ledger.transaction():
            ledger.brakes.pull(waiting.worksheet, Kind.EMAIL, brakes.Brake(1, 10), rig.now())
        rig.ahead += timedelta(minutes=1)
        rig.settle(engine)
    assert (charged(rig), rig.column("Status")) == (0, [PAUSED.format(count=1)])
    [batch] = rig.batches()
    assert (batch.state, batch.note) == ("cancelled", events.WASTE)


@pytest.mark.parametrize(
    ("found", "size", "pulled"), [(2, 10, True), (3, 10, False), (0, 9, False), (2, 9, False)]
)
def test_the_brake_is_pulled_by_the_latest_answers_alone(
    found: int, size: int, *, pulled: bool
) -> None:
    latest = [JobState.FOUND] * found + [JobState.MISSED] * (size - found)
    assert (brakes.judge(latest, brakes.Rule(window=10, least=3)) is not None) is pulled
    assert brakes.judge(latest, brakes.Rule(window=0, least=3)) is None


def test_a_top_up_releases_no_more_than_the_day_allows(rig: Rig) -> None:
    clock = VirtualClock(datetime(2026, 11, 23, 9, tzinfo=UTC))
    caps = 'time_zone = "Europe/Berlin"\nper_day = 30\nper_month = 20000\nfloor = 9991'
    rig.ask(*((person, "Email") for person in rig.people(40)))
    with rig.app(clock=clock.now, caps=caps) as engine:
        rig.settle(engine)
        assert (charged(rig), rig.seleqt.account.balance) == (9, 9991)
        assert rig.column("Status").count(status.WAITING[Cap.FLOOR]) == 37
        rig.seleqt.top_up(100_000)
        for day in (1, 2):
            for _ in range(3):
                clock.advance(timedelta(minutes=11))
                rig.settle(engine)
            assert charged(rig) == 30 * day
            clock.advance(timedelta(hours=24))


def test_a_stop_while_a_purchase_is_counted_comes_before_its_post(rig: Rig) -> None:
    ask(rig, 1, 0)
    with rig.app() as engine:
        rig.cycle(engine)
        stop = engine._buyer._stop
        rig.world.before(lambda request: "count" in request.path, stop.set)
        rig.cycle(engine)
        assert stop.is_set()
    assert rig.world.journal.count(call="spend") == 0
    assert [batch.state for batch in rig.batches()] == ["list_ready"]
    rig.run()
    assert (charged(rig), rig.column("Email")) == (3, ["p0@found.example"])


def test_no_more_purchases_are_open_than_the_config_says_and_yet_several(rig: Rig) -> None:
    rig.settings["buying"] = f"{SMALL}\nbatches_in_flight = 3"
    ask(rig, 2, 0)
    rig.run()
    rig.seleqt.knobs.change(first_result_seconds=3600.0)
    rig.ask(*((rig.person(), "Email") for _ in range(20)), first=10)
    with rig.app() as engine:
        for _ in range(12):
            rig.cycle(engine)
    states = [batch.state.value for batch in rig.batches()]
    assert states == ["settled", "accepted", "accepted", "accepted"]


def let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brakes, "judge", lambda *_: None)


def forget_unsent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Buyer, "objection", lambda *_: "")


@pytest.mark.parametrize(
    ("plant", "test"),
    [
        (let_go, test_a_kind_of_which_hardly_anybody_is_found_is_paused_on_its_worksheet),
        (forget_unsent, test_a_purchase_that_was_not_sent_is_taken_back_where_the_kind_is_paused),
    ],
)
def test_a_planted_bug_is_caught(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, plant: Any, test: Any
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        test(rig)
