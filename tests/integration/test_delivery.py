"""Where a text belongs when rows lose their key, move house, or a cell will not keep it."""

from __future__ import annotations

import time

import pytest
from rig import LEAD_HEADER, REQUEST_HEADER, SPREADSHEET, Rig, request
from structlog.testing import capture_logs

from syncd.daemon import run_cycle
from syncd.sandbox.sheets import people as hands
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
    assert rig.column("Status", more) == ["Found the email: known already, no charge."]
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
        echo = dict(write(self, *arguments, **by_name))  # type: ignore[arg-type]
        with rig.world.lock:
            rig.leads.put_value(2, STATUS, "")
        for (_, row), cells in echo.items():
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
