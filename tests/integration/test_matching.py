"""Rows without a Prospect ID are served as the one person they mean, once a list told of people."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from rig import LEAD_HEADER, Rig, bought_here, lead, request

from syncd.core import status
from syncd.sandbox.sheets import people as hands

FOUND = status.FOUND.format(what="email")
URL = "https://www.linkedin.com/in/anna-example"


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path) as made:
        yield made


def anna(rig: Rig, number: int = 1017, **facts: object) -> int:
    named = {"first_name": "Anna", "last_name": "Example", "company": "Fjordline"}
    return rig.person(id=number, email=f"p{number}@found.example", **{**named, **facts})


def import_list(rig: Rig, name: str, ids: list[int], row: int = 1, **cells: object) -> None:
    rig.seleqt.add_list(name, ids=ids)
    wish = {"Lead list": name, "Find": "Email", "Max leads": 1, "Max credits": 3, "Start": True}
    rig.fill(rig.requests, [request(**{**wish, **cells})], first=row)


def ask(rig: Rig, row: int = 1, **cells: object) -> None:
    rig.fill(rig.leads, [lead(**{"Find": "Email", **cells})], first=row)


NAMED = {"First name": "Anna", "Last name": "Example", "Company": "Fjordline"}


@pytest.mark.parametrize("cells", [NAMED, {"LinkedIn URL": "de.linkedin.com/in/Anna-Example/?x=1"}])
def test_a_row_without_an_id_is_served_as_the_person_it_means(
    rig: Rig, cells: dict[str, object]
) -> None:
    person = anna(rig, linkedin=URL)
    import_list(rig, "Fair", [person, *rig.people(1)])
    ask(rig, **cells)
    rig.run()
    rows = [row[: len(LEAD_HEADER)] for row in rig.rows()[1:]]
    shown = dict(zip(LEAD_HEADER, rows[0], strict=True))
    assert shown["Email"] == "p1017@found.example"
    assert shown["Prospect ID"] == ""  # that column belongs to people
    assert len(rows) == 2  # the other one of the list; she has her row already
    assert rig.seleqt.meter.bought_twice() == {}


def test_before_any_list_is_known_the_row_asks_for_the_id(rig: Rig) -> None:
    anna(rig)
    ask(rig, **NAMED)
    rig.run()
    assert rig.column("Status") == [status.PROSPECT_MISSING]


def test_namesakes_are_shown_and_never_guessed(rig: Rig) -> None:
    import_list(rig, "Fair", [anna(rig, 1017), anna(rig, 1023)], Find="Phone")
    ask(rig, **NAMED)
    rig.run()
    assert rig.column("Status")[0] == (
        "Several people match: 1017 Anna Example, Fjordline; 1023 Anna Example, Fjordline. "
        "Type the Prospect ID of one."
    )
    assert ("Email" in str(rig.seleqt.meter.by_kind())) is False


def test_nobody_is_told_where_nobody_matches(rig: Rig) -> None:
    import_list(rig, "Fair", rig.people(1))
    ask(rig, **{**NAMED, "Company": "Fjordline AS"})
    rig.run()
    assert rig.column("Status")[0] == status.MATCH_NONE


def test_a_match_stays_when_a_namesake_is_imported_later(rig: Rig) -> None:
    import_list(rig, "Fair", [anna(rig, 1017)])
    ask(rig, **NAMED)
    rig.run()
    assert rig.column("Status") == [FOUND]
    import_list(rig, "Later", [anna(rig, 1023)], row=2)
    rig.run()  # a new process, too
    assert rig.column("Email")[0] == "p1017@found.example"
    assert rig.column("Status")[0] in (FOUND, bought_here())
    ask(rig, row=5, **NAMED)  # a row that comes after the namesake
    rig.run()
    assert rig.column("Status")[4].startswith("Several people match: 1017 Anna")


def test_a_row_that_says_something_else_is_matched_anew(rig: Rig) -> None:
    other = rig.person(
        id=1030,
        email="p1030@found.example",
        first_name="Bo",
        last_name="Berg",
        company="Hafen",
    )
    import_list(rig, "Fair", [anna(rig), other], **{"Max leads": 2, "Max credits": 6})
    ask(rig, **NAMED)
    rig.run()
    with rig.world.lock:
        for column, text in {"First name": "Bo", "Last name": "Berg", "Company": "Hafen"}.items():
            hands.type_cell(rig.leads, 1, LEAD_HEADER.index(column), text)
    rig.run()
    assert rig.column("Email")[0] == "p1030@found.example"
    assert rig.seleqt.meter.bought_twice() == {}


def test_a_human_value_in_a_matched_row_is_not_bought_again(rig: Rig) -> None:
    import_list(rig, "Fair", [anna(rig)])
    rig.fill(rig.leads, [lead(**NAMED, Email="anna@own.example")], first=1)
    rig.run()
    assert rig.column("Email") == ["anna@own.example"]
    assert rig.seleqt.meter.charged() == 0


def test_fifty_thousand_rows_without_an_id_are_matched_in_little_time(tmp_path: Path) -> None:
    with Rig(tmp_path, rows=50_010) as rig:
        import_list(rig, "Fair", [anna(rig)])
        for number, row in enumerate(rig.leads.rows[2:50_002]):
            named = {**NAMED, "First name": f"Anna {number}"}
            row.cells = tuple([named.get(name) for name in LEAD_HEADER])
        ask(rig, **NAMED)
        with rig.app() as engine:
            rig.settle(engine)
            assert rig.column("Email")[0] == "p1017@found.example"
            hands.type_cell(rig.leads, 5, LEAD_HEADER.index("First name"), "Ada")
            began = time.process_time()
            engine.cycle()
            assert time.process_time() - began < 3
