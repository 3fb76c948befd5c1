"""Every way in which Google can fail a read or a write, and what becomes of the rows and the money.

Whatever happens to the sheet, what was paid for is fetched; the first good cycle delivers it all,
once, and the report and the log say what the matter is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import google.auth._exponential_backoff
import pytest
from rig import LEAD_HEADER, SPREADSHEET, Rig, request
from structlog.testing import capture_logs

from syncd.core import status
from syncd.engine import Engine, Report
from syncd.sandbox.sheets import people
from syncd.sandbox.sheets.auth import TokenRefused

READ = {"vendor": "sheets", "path": r"values:batchGetByDataFilter"}
WRITE = {"vendor": "sheets", "path": r":batchUpdate(\?|$)"}
FOUND = status.FOUND.format(what="email")
WARNED = {"warning", "error"}
LATE = 0.8  # seconds; the clients under test wait for half a second

Log = Sequence[Mapping[str, Any]]
FAULTS: dict[str, dict[str, Any]] = {
    "a connection dropped before": {"kind": "drop_before"},
    "a connection dropped after": {"kind": "drop_after"},
    "a 500": {"kind": "500"},
    "a 500 that was applied": {"kind": "500", "applied": True},
    "a 503": {"kind": "503"},
    "a 503 that was applied": {"kind": "503", "applied": True},
    "an HTML 502": {"kind": "html502"},
    "an HTML 502 that was applied": {"kind": "html502", "applied": True},
    "a 504": {"kind": "504"},
    "a 504 that was applied": {"kind": "504", "applied": True},
    "a page with a 200": {"kind": "html200"},
    "a page with a 200, applied": {"kind": "html200", "applied": True},
    "an unauthorized": {"kind": "unauthorized_once"},
    "half of the body": {"kind": "truncated"},
    "half of the JSON": {"kind": "bad_json"},
    "an answer too late": {"kind": "slow_after", "seconds": LATE},
    "a beginning too late": {"kind": "slow", "seconds": LATE},
    "an answer in pieces": {"kind": "trickle", "seconds": 0.2},
    "the quota": {"kind": "429"},
}
APPLIED = {"drop_after", "truncated", "bad_json", "slow", "slow_after", "trickle"}


@pytest.fixture(autouse=True)
def sign_in_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google.auth._exponential_backoff.time, "sleep", lambda _: None)


def ask(rig: Rig, count: int = 3) -> None:
    rig.ask(*[(person, "Email") for person in rig.people(count)])


def check_delivered(rig: Rig, count: int = 3) -> None:
    """Every row has its own address, no row is there twice, and each person was paid for once."""
    assert rig.column("Prospect ID") == [1001 + number for number in range(count)]
    assert rig.column("Email") == [f"p{number}@found.example" for number in range(count)]
    assert rig.column("Status") == [FOUND] * count
    assert rig.column("Credits") == ["3"] * count
    assert rig.seleqt.meter.bought_twice() == {}
    assert rig.seleqt.meter.charged() == 3 * count
    assert rig.totals() == {"settled": 3 * count, "reserved": 0}


def work(rig: Rig, engine: Engine, cycles: int = 8) -> list[Report]:
    reports = []
    for _ in range(cycles):
        rig.ahead += timedelta(minutes=1)
        rig.hurry()
        reports.append(rig.cycle(engine))
    return reports


def buy(rig: Rig, engine: Engine) -> None:
    """Bring the rows as far as a purchase that waits for its results."""
    rig.cycle(engine)
    rig.cycle(engine)
    assert [batch.state.value for batch in rig.batches()] == ["accepted"]


def check_told(report: Report, log: Log, text: str) -> None:
    """The report and the log both say what the matter is; the log so that a monitor sees it."""
    assert any(text in problem for problem in report.problems), report.problems
    assert is_logged(log, text), log


def is_logged(log: Log, text: str) -> bool:
    """Whether syncd itself said so; that a read is being repeated is no such saying."""
    own = [e for e in log if not e["event"].startswith("stamina.")]
    return any(e["log_level"] in WARNED and text in str(e) for e in own)


def check_tended(rig: Rig) -> None:
    """What was paid for has been fetched into the ledger."""
    assert [batch.state.value for batch in rig.batches()] == ["settled"]


# --- faults -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_single_fault_on_a_read_is_not_even_noticed_in_the_sheet(
    rig: Rig, impatient: float, fault: dict[str, Any]
) -> None:
    ask(rig)
    with rig.app() as engine:
        rig.cycle(engine)
        rig.world.faults.add(**fault, **READ)
        work(rig, engine)
    assert rig.world.faults.describe()[0]["fired"] == 1
    check_delivered(rig)


@pytest.mark.parametrize("kind", ["drop_before", "503", "html502", "html200", "bad_json", "429"])
def test_a_sheet_that_cannot_be_read_stops_nothing_but_its_own_rows(
    rig: Rig, impatient: float, kind: str
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        rig.world.faults.add(kind, next=1000, **READ)
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=3)
        check_told(report, log, "Google")
        check_tended(rig)
        assert rig.column("Email") == [""] * 3
        rig.world.faults.clear()
        work(rig, engine, cycles=2)
    check_delivered(rig)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
@pytest.mark.parametrize("nth", [1, 3], ids=["keys", "results"])
def test_a_fault_on_a_write_neither_loses_nor_doubles_anything(
    rig: Rig, impatient: float, fault: dict[str, Any], nth: int
) -> None:
    ask(rig)
    rig.world.faults.add(**fault, nth=nth, **WRITE)
    bodies: list[bytes] = []
    rig.world.on_request(
        lambda sent: bodies.append(sent.body) if sent.path.endswith(":batchUpdate") else None
    )
    with rig.app() as engine:
        work(rig, engine)
        await_late_answer(rig)
        work(rig, engine, cycles=2)
    assert rig.world.faults.describe()[0]["fired"] == 1
    check_delivered(rig)
    assert len(set(rig.column("Key"))) == 3
    if fault["kind"] in APPLIED - {"slow"} or fault.get("applied"):
        assert len(bodies) == len(set(bodies))  # seen to have been written, so not sent again


@pytest.mark.parametrize("kind", ["drop_before", "503", "html502", "429"])
def test_results_that_cannot_be_written_wait_in_the_ledger(
    rig: Rig, impatient: float, kind: str
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        rig.world.faults.add(kind, next=1000, **WRITE)
        with capture_logs() as log:
            work(rig, engine, cycles=3)
        assert is_logged(log, "Google")
        check_tended(rig)
        assert rig.column("Email") == [""] * 3
    rig.world.faults.clear()
    with rig.app() as engine:  # not even the daemon need be the same
        work(rig, engine, cycles=2)
    check_delivered(rig)


def await_late_answer(rig: Rig) -> None:
    """Return when Google has done what it was asked, though nobody waits for its answer."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if all(entry.applied for entry in rig.world.journal.entries if entry.fault == "slow"):
            return
        time.sleep(0.02)


def ask_for_list(rig: Rig) -> None:
    members = rig.people(3)
    rig.seleqt.add_list("Fair", ids=members)
    row = {"Lead list": "Fair", "Find": "Email", "Start": True}
    rig.fill(rig.requests, [request(**row)], first=1)


APPEND_FAULTS = {name: one for name, one in FAULTS.items() if one["kind"] not in {"slow"}}


@pytest.mark.parametrize("fault", APPEND_FAULTS.values(), ids=APPEND_FAULTS)
def test_imported_people_get_one_row_each_however_the_answer_to_the_write_is_lost(
    rig: Rig, impatient: float, fault: dict[str, Any]
) -> None:
    ask_for_list(rig)
    with rig.app() as engine:
        rig.cycle(engine)
        rig.world.faults.add(**fault, **WRITE)
        rig.cycle(engine)
        rig.ahead += timedelta(minutes=4)  # by then a lost write was applied, or never will be
        work(rig, engine)
    assert [str(value) for value in rig.column("Prospect ID")] == ["1001", "1002", "1003"]
    assert rig.column("Email") == [f"p{number}@found.example" for number in range(3)]
    assert rig.seleqt.meter.charged() == 9


def test_people_appended_by_a_write_that_was_applied_late_have_one_row_each(
    rig: Rig, impatient: float
) -> None:
    ask_for_list(rig)
    with rig.app() as engine:
        rig.cycle(engine)
        rig.world.faults.add("slow", seconds=LATE, **WRITE)
        for _ in range(4):  # no time passes: Google works on a request for up to 180 seconds
            rig.cycle(engine)
        await_late_answer(rig)
        work(rig, engine)
    assert [str(value) for value in rig.column("Prospect ID")] == ["1001", "1002", "1003"]


def test_a_swap_that_is_applied_late_tells_nobody_else_of_it(rig: Rig, impatient: float) -> None:
    """Who came to show the text that it takes, after it was sent, would else be told of another."""
    first, second = rig.people(2)
    rig.ask((first, "Phone"))
    with rig.app(buying='ask_first = ["phone"]\nsettle = "0s"\nsettle_after = "0s"') as engine:
        rig.settle(engine)
        ready = rig.column("Status")[0]
        rig.world.faults.add("slow", seconds=3 * LATE, **WRITE)
        people.type_cell(rig.leads, 1, LEAD_HEADER.index("Find"), "Fax")
        rig.cycle(engine)
        rig.ask((second, "Phone"), first=2)
        for _ in range(3):  # no time passes: Google works on a request for up to 180 seconds
            rig.cycle(engine)
        await_late_answer(rig)
        odd = status.FIND_ODD.format(typed="Fax")
        assert rig.column("Status") in ([odd], [odd, ""])
        work(rig, engine)
    assert rig.column("Status") == [odd, ready]


# --- no permission ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "text"),
    [
        ("none", "Share the spreadsheet with syncd@sandbox.example as an editor."),
        ("reader", "Share the spreadsheet with syncd@sandbox.example as an editor."),
    ],
)
def test_a_spreadsheet_no_longer_shared_is_told_and_served_when_it_is_again(
    rig: Rig, impatient: float, role: str, text: str
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        rig.book.share(rig.google.tokens.email, role)  # type: ignore[arg-type]
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=3)
        check_told(report, log, text)
        check_tended(rig)
        rig.book.share(rig.google.tokens.email, "writer")
        work(rig, engine, cycles=2)
    check_delivered(rig)


def test_a_spreadsheet_that_does_not_exist_is_told_without_a_purchase(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    rig.settings["_spreadsheet"] = 'id = "no-such-sheet"\nname = "Sales"'
    with rig.app() as engine, capture_logs() as log:
        report = rig.cycle(engine)
    check_told(report, log, "There is no spreadsheet with this id, or it is not shared with")
    assert rig.world.journal.count(vendor="seleqt") == 0


def test_a_deleted_spreadsheet_still_has_its_purchases_fetched(rig: Rig, impatient: float) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        book = rig.google.spreadsheets.pop(SPREADSHEET)
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=3)
        check_told(report, log, "There is no spreadsheet with this id")
        check_tended(rig)
        rig.google.spreadsheets[SPREADSHEET] = book  # taken out of the bin again
        work(rig, engine, cycles=2)
    check_delivered(rig)


def test_a_protected_range_is_told_and_everything_arrives_once_it_is_gone(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        with rig.world.lock:
            people.protect(rig.leads)
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=3)
        check_told(report, log, "A protected range shuts syncd out. Let syncd@sandbox.example edit")
        check_tended(rig)
        with rig.world.lock:
            rig.leads.protected.clear()
        work(rig, engine, cycles=2)
    check_delivered(rig)


# --- signing in ---------------------------------------------------------------------------------


def test_a_refused_service_account_is_told_and_used_again_when_it_works(
    rig: Rig, impatient: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(form: bytes) -> dict[str, Any]:
        raise TokenRefused("invalid_grant", "Invalid JWT Signature.")

    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        rig.google.revoke_tokens()  # as at the hourly renewal
        with monkeypatch.context() as patch, capture_logs() as log:
            patch.setattr(rig.google.tokens, "exchange", refuse)
            [*_, report] = work(rig, engine, cycles=3)
        check_told(report, log, "Google refuses the service account syncd@sandbox.example.")
        check_tended(rig)
        work(rig, engine, cycles=2)
    check_delivered(rig)


@pytest.mark.parametrize(
    "kind", ["500", "503", "html502", "drop_before", "html200", "bad_json", "429"]
)
def test_a_sign_in_that_fails_for_a_while_is_told_and_passes(
    rig: Rig, impatient: float, kind: str
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        rig.google.revoke_tokens()
        rig.world.faults.add(kind, vendor="token", next=1000)
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=2)
        check_told(report, log, "Google")
        check_tended(rig)
        rig.world.faults.clear()
        work(rig, engine, cycles=2)
    check_delivered(rig)


def test_a_token_that_expires_is_renewed_within_the_request(rig: Rig, impatient: float) -> None:
    ask(rig)
    with rig.app() as engine:
        for _ in range(6):
            rig.google.revoke_tokens()
            rig.hurry()
            assert rig.cycle(engine).problems == ()
    check_delivered(rig)


# --- worksheets ---------------------------------------------------------------------------------


def test_a_renamed_worksheet_is_found_again_by_its_id(rig: Rig, impatient: float) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        with rig.world.lock:
            people.rename_worksheet(rig.leads, "It's “ours” 🌵")
        reports = work(rig, engine, cycles=4)
    assert [report.problems for report in reports] == [()] * 4
    check_delivered(rig)


def test_a_worksheet_renamed_while_syncd_was_away_is_found_by_the_ledger(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
    with rig.world.lock:
        people.rename_worksheet(rig.leads, "Kunden")
    with rig.app() as engine:
        reports = work(rig, engine, cycles=4)
    assert reports[-1].problems == ()
    check_delivered(rig)


def test_a_worksheet_renamed_between_a_read_and_its_write_is_written_in_the_next_cycle(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    rename = between_read_and_write(rig, lambda: people.rename_worksheet(rig.leads, "Kunden"))
    with rig.app() as engine:
        work(rig, engine)
    assert rename == ["done"]
    check_delivered(rig)


def between_read_and_write(rig: Rig, action: Callable[[], object]) -> list[str]:
    done: list[str] = []
    rig.world.before(
        lambda request: request.path.endswith(":batchUpdate"),
        lambda: (action(), done.append("done")),
    )
    return done


def test_a_deleted_worksheet_is_told_and_its_purchases_are_fetched(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        with rig.world.lock:
            people.delete_worksheet(rig.leads)
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=3)
    check_told(report, log, "The worksheet “Leads” is missing.")
    check_tended(rig)


def test_a_worksheet_deleted_and_made_anew_is_filled_from_the_ledger_for_nothing(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        with rig.world.lock:
            people.delete_worksheet(rig.leads)
        work(rig, engine, cycles=3)
        with rig.world.lock:
            rig.leads = rig.book.add_worksheet(77, "Leads", 100, 20)
        rig.fill(rig.leads, [LEAD_HEADER])
        rig.ask(*[(1001 + number, "Email") for number in range(3)])
        work(rig, engine, cycles=14)
    assert rig.column("Email") == [f"p{number}@found.example" for number in range(3)]
    [said] = set(rig.column("Status"))
    assert str(said).startswith("Found the email: bought for the worksheet “Leads” on ")
    assert rig.seleqt.meter.charged() == 9


def test_a_new_worksheet_of_the_old_name_is_found_after_a_restart(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    rig.run()
    with rig.world.lock:
        people.delete_worksheet(rig.leads)
        rig.leads = rig.book.add_worksheet(77, "Leads", 100, 20)
    rig.fill(rig.leads, [LEAD_HEADER])
    rig.ask((1001, "Email"))
    with rig.app() as engine:
        reports = work(rig, engine, cycles=4)
    assert reports[-1].problems == ()
    assert rig.column("Email") == ["p0@found.example"]
    assert rig.seleqt.meter.charged() == 9


def test_an_emptied_worksheet_is_told_and_nothing_is_forgotten(rig: Rig, impatient: float) -> None:
    ask(rig)
    with rig.app() as engine:
        buy(rig, engine)
        with rig.world.lock:
            people.clear_cells(rig.leads, 0, 200, 0, 20)
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=3)
        check_told(report, log, "The worksheet “Leads” is left alone: The header")
        check_tended(rig)
        with rig.world.lock:
            people.undo(rig.book)
        work(rig, engine, cycles=3)
    check_delivered(rig)


@pytest.mark.parametrize("column", ["Status", "Key", "Prospect ID"])
def test_a_renamed_header_stops_its_worksheet_only_until_it_is_named_again(
    rig: Rig, impatient: float, column: str
) -> None:
    ask(rig)
    at = LEAD_HEADER.index(column)
    with rig.app() as engine:
        buy(rig, engine)
        with rig.world.lock:
            people.rename_header(rig.leads, at, "Notes")
        with capture_logs() as log:
            [*_, report] = work(rig, engine, cycles=3)
        check_told(
            report,
            log,
            f"The header “{column}” is missing in row 1.".replace("“", '"').replace("”", '"'),
        )
        check_tended(rig)
        with rig.world.lock:
            people.rename_header(rig.leads, at, column)
        work(rig, engine, cycles=2)
    check_delivered(rig)


# --- what none of this may do -------------------------------------------------------------------


def test_the_token_and_the_private_key_are_in_no_log_and_in_no_report(
    rig: Rig, impatient: float
) -> None:
    ask(rig)
    rig.world.faults.add("503", vendor="sheets", rate=0.3)
    rig.world.faults.add("unauthorized_once", vendor="sheets", rate=0.2)
    with rig.app() as engine, capture_logs() as log:
        reports = work(rig, engine)
    account = json.loads((rig.folder / "google.json").read_text())
    told = str(log) + str(reports)
    assert "ya29." not in told
    assert not any(line in told for line in account["private_key"].split("\n")[1:-2])
