"""People sort, insert, delete, move, cut and rename while syncd works: no result goes astray.

A busy office (``benchmarks/day.py``) edits the worksheet before nearly every request that syncd
makes, so that each read is old by the time it arrives and each write meets another sheet than was
read. Its judge is held against weaker protocols here; ``test_chaos.py`` has longer days.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from day import Day
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from rig import LEAD_HEADER, Rig

from syncd.core import flight
from syncd.engine import Engine, Report, delivery, flights
from syncd.engine.workbook import Moment, Workbook
from syncd.sandbox.office import Worker, cells, rows
from syncd.sandbox.sheets import people as hands

EDITS = 30  # that move something, at least, within a day of 40 people


ROWS = (
    Worker(
        name="rows",
        share=8,
        acts=(
            (rows.sort_whole, 2),
            (rows.insert_rows, 1),
            (rows.delete_rows, 1),
            (rows.move_rows, 2),
            (rows.cut_and_paste, 2),
            (rows.rename_worksheet, 1),
        ),
    ),
)
COLUMNS = (
    Worker(name="columns", share=2, acts=((rows.insert_columns, 1), (rows.move_columns, 1))),
)
SCRIBES = (Worker(name="scribe", share=1, acts=((cells.type_text, 1),)),)
BUSY = {"moving": 0.8, "typing": 0.3, "slow": 0.0, "typists": SCRIBES}


PLAY = settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def watch(
    folder: Path, seed: int, *, columns_move: bool = True, faults: bool = False
) -> tuple[list[str], int]:
    """Live one busy day, and return what is wrong at its end and how many edits it saw."""
    movers = (*ROWS, *COLUMNS) if columns_move else ROWS
    result = Day(folder, seed, jobs=40, faults=3.0 * faults, movers=movers, **BUSY).live()
    problems = result.problems
    return problems + result.log if problems else [], result.edits


@PLAY
@example(seed=12)
@example(seed=24)
@given(seed=st.integers(0, 10_000))
def test_every_result_stands_in_its_persons_row_whatever_people_do_with_rows(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    problems, edits = watch(tmp_path_factory.mktemp("office"), seed, columns_move=False)
    assert problems == []
    assert edits > EDITS


@PLAY
@example(seed=28)
@given(seed=st.integers(0, 10_000))
def test_every_result_stands_in_its_persons_row_whatever_people_do_with_columns_too(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    problems, edits = watch(tmp_path_factory.mktemp("office"), seed)
    assert problems == []
    assert edits > EDITS


@PLAY
@given(seed=st.integers(0, 10_000))
def test_every_result_stands_in_its_persons_row_though_writes_and_answers_are_lost(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    # With columns that move as well, at this density, a lost answer still costs somebody's cell now
    # and then (the figures of ordinary days are in benchmarks/README.md).
    folder = tmp_path_factory.mktemp("office")
    problems, edits = watch(folder, seed, columns_move=False, faults=True)
    assert problems == []
    assert edits > EDITS


def without_echo(patch: pytest.MonkeyPatch) -> None:
    """Take what was written for arrived, and go on with what the cycle's first look has shown."""
    read, cycle = Workbook.read, Engine.cycle
    looked: list[Moment | None] = []

    def read_once(self: Workbook, *arguments: Any, **named: Any) -> Moment | None:
        if not looked:
            looked.append(read(self, *arguments, **named))
        return looked[0]

    def cycle_anew(self: Engine) -> Report:
        looked.clear()
        return cycle(self)

    patch.setattr(delivery, "judge", lambda changes, echo: (changes, []))
    patch.setattr(Workbook, "read", read_once)
    patch.setattr(Engine, "cycle", cycle_anew)


def without_cleaning(patch: pytest.MonkeyPatch) -> None:
    """Repair what is missing, and leave what went astray."""
    patch.setattr(flights, "find_strays", lambda *_: {})
    patch.setattr(flight.Flight, "find_hits", lambda *_: {})


@pytest.mark.parametrize("plant", [without_echo, without_cleaning])
def test_the_judge_sees_what_a_weaker_protocol_does_to_rows(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    plant(monkeypatch)
    caught = 0
    for seed in range(2):
        problems, _ = watch(tmp_path_factory.mktemp("office"), seed, columns_move=False)
        caught += bool(problems)
    assert caught == 2


# -- one edit at the worst moment ----------------------------------------------------------------


def is_flush(asked: Any) -> bool:
    return bool(asked.path.endswith(":batchUpdate"))


def brings(text: str) -> Callable[[Any], bool]:
    """Match the write that carries a text."""
    return lambda asked: is_flush(asked) and text.encode() in asked.body


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=30) as made:
        yield made


def test_a_result_that_met_another_row_is_taken_back_and_brought_home(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email (waterfall)"))
    rig.world.before(brings("p0@found"), lambda: hands.move_rows(rig.leads, 1, 1, 3))
    rig.run()
    assert rig.by_prospect("Email") == {
        str(first): ["p0@found.example"],
        str(second): ["p1@found.example"],
    }
    assert rig.by_prospect("Credits") == {str(first): ["3"], str(second): ["6"]}


def test_a_result_that_met_an_empty_row_leaves_nothing_there(rig: Rig) -> None:
    (person,) = rig.people(1)
    rig.ask((person, "Email"))
    rig.world.before(brings("p0@found"), lambda: hands.insert_rows(rig.leads, 1, 2))
    rig.run()
    assert [row for row in rig.rows()[1:3] if any(row)] == []
    assert rig.column("Email")[2] == "p0@found.example"


def test_a_key_that_met_another_row_is_taken_back(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    rig.world.before(is_flush, lambda: hands.insert_rows(rig.leads, 1))
    rig.run()
    keys = rig.column("Key")
    assert keys[0] == ""
    assert len(set(keys[1:])) == 2
    assert rig.column("Email") == ["", "p0@found.example", "p1@found.example"]


def test_a_humans_email_survives_a_result_that_was_meant_for_the_row_above(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.ask((second, "Email"), first=2, Email="me@human.example")
    rig.world.before(brings("p0@found"), lambda: hands.move_rows(rig.leads, 1, 1, 3))
    rig.run()
    assert rig.by_prospect("Email") == {
        str(first): ["p0@found.example"],
        str(second): ["me@human.example"],
    }
    assert rig.seleqt.meter.charged() == 3


def test_a_humans_email_survives_two_edits_in_a_row(rig: Rig) -> None:
    first, second, third = rig.people(3)
    rig.ask((first, "Email"))
    rig.ask((second, "Email"), first=2, Email="me@human.example")
    rig.ask((third, "Email"), first=3)
    turns = iter([(1, 3), (2, 1), (3, 1)])

    def turn() -> None:
        if (move := next(turns, None)) is not None:
            hands.move_rows(rig.leads, move[0], 1, move[1])

    rig.world.before(brings("p0@found"), turn)
    rig.world.before(is_flush, turn, once=False)
    rig.run()
    rig.run()
    assert rig.by_prospect("Email")[str(second)] == ["me@human.example"]
    assert rig.by_prospect("Email")[str(first)] == ["p0@found.example"]
    assert rig.by_prospect("Status")[str(second)] == ["Already has an email. Nothing was bought."]
    assert rig.seleqt.meter.charged() == 6


def test_a_repair_goes_on_when_the_worksheet_is_renamed_in_its_middle(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.ask((second, "Email"), first=2, Email="me@human.example")

    def move_and_later_rename() -> None:
        hands.move_rows(rig.leads, 1, 1, 3)
        rig.world.before(is_flush, lambda: hands.rename_worksheet(rig.leads, "People"))

    rig.world.before(brings("p0@found"), move_and_later_rename)
    rig.run()
    rig.run()
    assert rig.by_prospect("Email") == {
        str(first): ["p0@found.example"],
        str(second): ["me@human.example"],
    }
    assert rig.seleqt.meter.charged() == 3


@pytest.mark.parametrize("edit", ["insert", "move"])
def test_a_column_that_moves_under_a_write_costs_nobody_a_word(rig: Rig, edit: str) -> None:
    people = rig.people(2)
    texts = {"Company": "Fjordline", "Approve": True, "Job title": "Buyer", "LinkedIn URL": "in/x"}
    rig.ask(*[(person, "Email") for person in people], **texts)

    def meddle() -> None:
        if edit == "insert":
            hands.insert_columns(rig.leads, 2)
        else:
            hands.move_columns(rig.leads, 1, 1, 14)  # First name to the far right

    rig.world.before(brings("p0@found"), meddle)
    rig.run()
    for name, text in {**texts, "Find": "Email", "Phone": ""}.items():
        assert rig.column(name) == [text, text], name
    assert rig.column("Prospect ID") == people
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.column("Status") == ["Found the email."] * 2
    assert rig.seleqt.meter.charged() == 6


def test_a_renamed_worksheet_is_found_again_before_and_in_a_write(rig: Rig) -> None:
    rig.ask(*[(person, "Email") for person in rig.people(2)])
    rig.world.before(is_flush, lambda: hands.rename_worksheet(rig.leads, "People"))
    rig.world.before(
        brings("p0@found"), lambda: hands.rename_worksheet(rig.leads, "It's people: A1!")
    )
    rig.run()
    rig.run()
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.seleqt.meter.charged() == 6


def test_a_copied_row_is_a_row_of_its_own_and_is_not_bought_again(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    rig.run()
    hands.copy_paste(rig.leads, 1, 2, 0, 14, 3, 0)
    rig.run()
    keys = rig.column("Key")
    assert len(set(keys)) == 3
    assert rig.column("Email")[2] == "p0@found.example"
    assert rig.column("Credits") == ["3", "3", "0"]
    assert rig.seleqt.meter.charged() == 6


def test_a_deleted_rows_result_goes_nowhere(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    rig.world.before(brings("p0@found"), lambda: hands.delete_rows(rig.leads, 1))
    rig.run()
    assert rig.column("Prospect ID") == [second]
    assert rig.column("Email") == ["p1@found.example"]
    assert rig.column("Credits") == ["3"]


def test_another_persons_id_typed_into_a_row_brings_that_persons_result(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.world.before(brings("p0@found"), lambda: rig.fill(rig.leads, [[second]], first=1))
    rig.run()
    rig.run()
    assert rig.column("Email") == ["p1@found.example"]
    assert rig.seleqt.meter.bought_twice() == {}


def test_what_a_human_types_over_a_result_stays(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    hands.type_cell(rig.leads, 1, LEAD_HEADER.index("Email"), "better@human.example")
    rig.run()
    assert rig.column("Email") == ["better@human.example"]
    assert rig.seleqt.meter.charged() == 3


def test_a_row_put_above_the_header_under_a_write_costs_no_header_and_no_result(rig: Rig) -> None:
    people = rig.people(2)
    rig.ask(*[(person, "Email") for person in people])
    rig.world.before(brings("p0@found"), lambda: hands.insert_rows(rig.leads, 0))
    reports = rig.run()
    assert [problem for report in reports for problem in report.problems] == []
    blank, header, *rows = rig.rows()
    assert not any(blank)
    assert header[: len(LEAD_HEADER)] == LEAD_HEADER
    at = LEAD_HEADER.index("Email")
    assert [row[at] for row in rows] == ["p0@found.example", "p1@found.example"]
    assert rig.seleqt.meter.charged() == 6
