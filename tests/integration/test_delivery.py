"""Where a text belongs when rows lose their key, move house, or a cell will not keep it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bench import is_flush, positional
from rig import LEAD_HEADER, REQUEST_HEADER, SPREADSHEET, Rig, request
from structlog.testing import capture_logs

from syncd.core.flight import LANDS_WITHIN
from syncd.cycles import run_cycle
from syncd.sandbox.sheets import people as hands
from syncd.sandbox.wire import Request
from syncd.sheets import Echo, GoogleSpreadsheet

EMAIL, STATUS, KEY = (LEAD_HEADER.index(name) for name in ("Email", "Status", "Key"))


def add_worksheet(rig: Rig, title: str) -> object:
    """Configure a second Leads worksheet in the same spreadsheet."""
    with rig.world.lock:
        sheet = hands.duplicate_worksheet(rig.leads, title)
    rig.settings["_spreadsheet"] = (
        f'id = "{SPREADSHEET}"\nname = "Sales"\nevery = "1s"\nleads = ["Leads", "{title}"]'
    )
    return sheet


def test_a_row_that_moves_to_another_worksheet_keeps_its_key_and_its_new_person_is_searched(
    rig: Rig,
) -> None:
    first, second = rig.people(2)
    more = add_worksheet(rig, "More")
    rig.ask((first, "Email"))
    with rig.app() as engine:
        rig.settle(engine)
        row = rig.rows()[1]
        with rig.world.lock:
            hands.delete_rows(rig.leads, 1)
        rig.fill(more, [row], first=1)
        rig.settle(engine)
        assert rig.rows(more)[1] == row
        with rig.world.lock:
            hands.type_cell(more, 1, 0, str(second))
        rig.settle(engine)
    assert rig.column("Key", more) == [row[KEY]]
    assert rig.column("Email", more) == ["p1@found.example"]
    assert rig.column("Status", more) == ["Found the email."]
    assert rig.seleqt.meter.charged() == 6


def test_a_row_copied_to_another_worksheet_gets_a_key_of_its_own_and_claims_no_credits(
    rig: Rig,
) -> None:
    more = add_worksheet(rig, "More")
    rig.ask((rig.people(1)[0], "Email"))
    with rig.app() as engine:
        rig.settle(engine)
        rig.fill(more, [rig.rows()[1]], first=1)
        rig.settle(engine)
    [key], [copied] = rig.column("Key"), rig.column("Key", more)
    assert key != copied
    assert rig.column("Credits") == ["3"]
    assert rig.column("Credits", more) == ["0"]
    assert rig.column("Email", more) == ["p0@found.example"]
    [said] = rig.column("Status", more)
    there = "Found the email: bought for the worksheet “Leads” on "
    assert str(said).startswith(there)
    assert rig.seleqt.meter.charged() == 3


@pytest.mark.parametrize("limit", ["Max leads", "Max credits"])
def test_a_request_that_lost_its_key_gets_it_back_and_so_keeps_its_limits(
    rig: Rig, limit: str
) -> None:
    people = rig.people(20)
    with rig.world.lock:
        found = rig.seleqt.add_list("Fair", ids=people)
    cap = {"Max leads": 5, "Max credits": 15}[limit]
    wish = {"Lead list": str(found.id), "Find": "Email", "Start": True, limit: cap}
    rig.fill(rig.requests, [request(**wish)], first=1)
    with rig.app() as engine:
        rig.settle(engine)
        assert rig.seleqt.meter.charged() == 15
        [key] = rig.column("Key", rig.requests)
        with rig.world.lock:
            hands.clear_cells(rig.requests, 1, 2, REQUEST_HEADER.index("Key"), len(REQUEST_HEADER))
        assert rig.column("Key", rig.requests) == [""]
        rig.settle(engine)
    assert rig.column("Key", rig.requests) == [key]
    assert rig.column("Spent", rig.requests) == ["15"]
    assert rig.seleqt.meter.charged() == 15


def test_a_cell_that_never_keeps_a_text_is_told_of_and_left_alone(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where people merged cells: the write is taken, and nothing shows."""
    rig.ask(*[(person, "Email") for person in rig.people(2)])
    write = GoogleSpreadsheet.write

    def lose(self: GoogleSpreadsheet, *arguments: object, **by_name: object) -> Echo:
        echo = write(self, *arguments, **by_name)  # type: ignore[arg-type]
        with rig.world.lock:
            rig.leads.put_value(2, STATUS, "")
        for (_, row), cells in echo.rows.items():
            if row == 2 and len(cells) > STATUS:
                cells[STATUS] = ""  # type: ignore[index]
        return echo

    monkeypatch.setattr(GoogleSpreadsheet, "write", lose)
    with rig.app() as engine, capture_logs() as log:
        rig.settle(engine)
        before = rig.mark
        reports = [run_cycle(engine) for _ in range(5)]
    assert rig.requests_made("sheets", "write", before) == 0
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.column("Status") == ["Found the email.", ""]
    said = "The cell Status in row 3 of “Leads” does not keep what syncd writes."
    assert all(report.problems[0].startswith(said) for report in reports)
    assert [e["log_level"] for e in log if str(e.get("reason")).startswith(said)] == ["warning"]


def test_a_write_that_had_to_wait_for_its_turn_rests_on_a_read_made_after_it(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    ready = GoogleSpreadsheet.ready
    typed: list[bool] = []

    def wait(self: GoogleSpreadsheet) -> None:
        with rig.world.lock:
            if rig.seleqt.meter.charged() and not typed:
                typed.append(True)
                time.sleep(0.1)
                hands.type_cell(rig.leads, 1, EMAIL, "mine@human.example")
        ready(self)

    monkeypatch.setattr(GoogleSpreadsheet, "ready", wait)
    rig.run()
    assert typed
    assert rig.column("Email") == ["mine@human.example"]


# --- what people type in the very moment of a write -----------------------------------------------


@pytest.mark.parametrize(
    ("fault", "answers"), [(None, 0), ("drop_after", 1), ("drop_after", 3), ("html502", 1)]
)
@pytest.mark.parametrize("name", ["Email", "Status", "Credits"])
def test_what_is_typed_into_a_cell_while_syncd_writes_there_comes_back_and_stays(
    rig: Rig, name: str, fault: str | None, answers: int
) -> None:
    person, another = rig.people(2)
    rig.ask((person, "Email"), (another, "Email"))
    at = LEAD_HEADER.index(name)

    def brings(asked: Request) -> bool:
        """Tell a write that puts something into that column by position."""
        return is_flush(asked) and any(column == at for column, _ in positional(asked))

    edits: list[str] = []

    def edit() -> None:
        hands.type_cell(rig.leads, 1, at, "mine@human.example")
        edits.append(name)
        if fault:
            applied = {"applied": True} if fault == "html502" else {}
            rig.world.faults.add(
                fault, vendor="sheets", path=":batchUpdate$", next=answers, **applied
            )

    rig.world.before(brings, edit)
    rig.run()
    rig.run()
    assert edits
    assert rig.column(name)[0] == "mine@human.example"
    assert rig.column("Email")[1] == "p1@found.example"
    assert rig.seleqt.meter.bought_twice() == {}


def test_what_is_typed_into_a_row_that_moves_under_a_write_comes_back_too(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    at = LEAD_HEADER.index("Email")

    def edit() -> None:
        hands.type_cell(rig.leads, 2, at, "mine@human.example")
        hands.move_rows(rig.leads, 1, 1, 3)

    rig.world.before(lambda asked: is_flush(asked) and b"updateCells" in asked.body, edit)
    rig.run()
    rig.run()
    assert rig.by_prospect("Email")[str(second)] == ["mine@human.example"]
    assert rig.by_prospect("Email")[str(first)] == ["p0@found.example"]


def test_what_is_typed_under_a_header_that_moves_under_a_write_comes_back_too(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    at = LEAD_HEADER.index("Email")

    def edit() -> None:
        hands.insert_rows(rig.leads, 0)
        hands.type_cell(rig.leads, 2, at, "mine@human.example")

    def brings(asked: Request) -> bool:
        return is_flush(asked) and any(column == at for column, _ in positional(asked))

    rig.world.before(brings, edit)
    rig.run()
    rig.run()
    emails = {row[0]: row[at] for row in rig.rows()[2:]}
    assert emails == {first: "mine@human.example", second: "p1@found.example"}


def test_without_a_journal_syncd_works_and_looks_for_one_now_and_then(rig: Rig) -> None:
    hands.delete_worksheet(rig.journal)
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    assert rig.column("Email") == ["p0@found.example"]


@pytest.mark.parametrize(
    "edit", [hands.delete_worksheet, lambda one: hands.rename_worksheet(one, "x")]
)
def test_a_journal_that_goes_while_syncd_works_stops_nothing(
    rig: Rig, edit: Callable[[Any], object]
) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    with rig.app() as engine:
        rig.settle(engine)
        edit(rig.journal)
        rig.ask((second, "Email"), first=2)
        rig.settle(engine)
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.seleqt.meter.charged() == 6


def test_while_answers_are_lost_for_long_only_the_latest_writes_count_as_on_their_way(
    rig: Rig,
) -> None:
    people = rig.people(12)
    with rig.app() as engine:
        for number, person in enumerate(people, 1):
            rig.ask((person, "Email"), first=number)
            rig.world.faults.add("drop_after", vendor="sheets", path=r":batchUpdate")
            for _ in range(3):
                rig.cycle(engine)
                rig.hurry()
            rig.ahead += timedelta(minutes=1)
        with rig.ledger() as ledger:
            cells, oldest = ledger.outbox.backlog(SPREADSHEET)
            assert oldest is not None
            assert rig.now() - oldest <= LANDS_WITHIN + timedelta(minutes=1)
            assert cells
    assert rig.column("Status") == ["Found the email."] * 12


def test_a_row_that_a_lost_write_has_met_keeps_the_key_that_it_gets_afterwards(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))

    rig.world.before(is_flush, lambda: hands.move_rows(rig.leads, 1, 1, 3))
    rig.world.faults.add("drop_after", vendor="sheets", path=":batchUpdate")
    with rig.app() as engine:
        rig.settle(engine, cycles=12)
        mark = rig.mark
        rig.cycle(engine)
        assert rig.requests_made("sheets", "write", since=mark) == 0
    assert rig.column("Email") == ["p1@found.example", "p0@found.example"]
