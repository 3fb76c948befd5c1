"""The sheet's door: what the port promises, held against a strict Google over a real socket."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import google.auth._exponential_backoff
import google.auth._helpers
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rig import LEAD_HEADER, SPREADSHEET, Rig

import syncd.sheets.timely
from syncd.config import load
from syncd.core.cells import Formula
from syncd.core.layout import JOURNAL
from syncd.credentials import read_google_credentials
from syncd.errors import ConfigError, SheetDenied, SheetUnavailable, SyncdError, WriteUnknown
from syncd.pace import Pace
from syncd.sandbox.sheets import people
from syncd.sandbox.sheets.auth import TokenRefused
from syncd.sandbox.wire import Request, Response, answer_json
from syncd.sheets import (
    Append,
    Aside,
    CellWrite,
    GoogleSpreadsheet,
    Grid,
    Journal,
    Outline,
    RowCopy,
    read_journal,
)

LEADS = 0  # Google's default id, which it leaves out of what it sends back


@pytest.fixture(autouse=True)
def sign_in_does_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(google.auth._exponential_backoff.time, "sleep", lambda _: None)


@pytest.fixture
def sheet(rig: Rig, impatient: float) -> GoogleSpreadsheet:
    return connect(rig)


def connect(rig: Rig, spreadsheet: str = SPREADSHEET, **changes: Any) -> GoogleSpreadsheet:
    facts: dict[str, Any] = {
        "name": "Sales",
        "spreadsheet_id": spreadsheet,
        "account": rig.google.service_account(rig.server.base_url),
        "base_url": rig.server.base_url,
        "reads": Pace(0),
        "writes": Pace(0),
    }
    return GoogleSpreadsheet(**facts | changes)


def put(row: int, column: int, text: str, sheet_id: int = LEADS) -> CellWrite:
    return CellWrite(sheet_id=sheet_id, row=row, column=column, value=text)


def write(sheet: GoogleSpreadsheet, *cells: CellWrite) -> Any:
    return sheet.write(cells, [], titles={LEADS: "Leads"})


def cell(rig: Rig, row: int, column: int) -> object:
    with rig.world.lock:
        return rig.leads.cell(row, column).value


# --- reading ------------------------------------------------------------------------------------


def test_the_outline_names_every_worksheet_with_its_id(rig: Rig, sheet: GoogleSpreadsheet) -> None:
    expected = [(one.sheet_id, one.title) for one in rig.book.worksheets]
    assert sheet.outline() == [Outline(sheet_id=number, title=text) for number, text in expected]
    assert expected[0] == (0, "Leads")


def test_one_read_brings_all_worksheets_whole_with_what_stands_in_their_cells(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    with rig.world.lock:
        for column, typed in enumerate(["text", "12", "1.5", "TRUE", "=1+1", "=1/0", "2026-01-02"]):
            people.type_cell(rig.leads, 3, column, typed)
    mark = rig.mark
    ids = [one.sheet_id for one in rig.book.worksheets]
    grids = sheet.read(ids).grids
    assert grids is not None
    assert rig.requests_made("sheets", since=mark) == 1
    assert [grids[number].title for number in ids] == ["Leads", "Requests", JOURNAL]
    assert grids[LEADS].rows[3] == ["text", 12, 1.5, True, 2, "#DIV/0!", "2026-01-02"]
    assert list(grids[LEADS].rows[1:3]) == [[], []]  # blanks are cut, rows are ragged
    assert len(grids[LEADS].rows) == 4


def test_an_unchanged_spreadsheet_is_known_by_its_digest_and_any_change_changes_it(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    ids = [one.sheet_id for one in rig.book.worksheets]
    first = sheet.read(ids)
    assert sheet.read(ids, first.digest).grids is None
    assert sheet.read(ids, b"something else").grids is not None
    changes: list[Callable[[], object]] = [
        lambda: people.type_cell(rig.leads, 9, 3, "x"),
        lambda: people.type_cell(rig.requests, 1, 0, "Fair"),
        lambda: people.rename_worksheet(rig.requests, "Orders"),
        lambda: people.insert_rows(rig.leads, 1),
    ]
    known = first.digest
    for change in changes:
        with rig.world.lock:
            change()
        again = sheet.read(ids, known)
        assert again.grids is not None
        known = again.digest


def condense(grid: Grid) -> bytes:
    return repr(grid.rows[0][:1] if grid.rows else []).encode()


TEXTS_THAT_LOOK_LIKE_AN_ANSWER = [
    '"valueRange":{"range":"Requests!A1:O50","values":[["x"]]}',
    '\\"valueRange\\":{',
    '}]}],"dataFilters"',
    "Ω“”\U0001f600",
]


@pytest.mark.parametrize("title", ["Requests", "Wer's war, 1. Teil", 'a"valueRange":{', "Ω \\"])
def test_of_a_worksheet_aside_only_what_counts_changes_the_digest(
    rig: Rig, sheet: GoogleSpreadsheet, title: str
) -> None:
    with rig.world.lock:
        people.rename_worksheet(rig.requests, title)
        for row, text in enumerate(TEXTS_THAT_LOOK_LIKE_AN_ANSWER, 2):
            people.type_cell(rig.leads, row, 3, text)
            people.type_cell(rig.requests, row, 3, text)
    ids = [one.sheet_id for one in rig.book.worksheets]
    aside = Aside(rig.requests.sheet_id, title, condense)
    first = sheet.read(ids, None, aside)
    assert first.grids is not None
    assert first.aside == first.grids[aside.sheet_id]
    with rig.world.lock:
        people.type_cell(rig.requests, 5, 4, "12 credits")
    second = sheet.read(ids, first.digest, aside)
    assert (second.grids, second.digest) == (None, first.digest)
    assert second.aside is not None
    assert second.aside.rows[5][4] == "12 credits"
    assert (second.aside.title, second.aside.height) == (title, 50)
    changes: list[Callable[[], object]] = [
        lambda: people.type_cell(rig.requests, 0, 0, "Pause"),
        lambda: people.type_cell(rig.leads, 5, 4, "y"),
        lambda: people.rename_worksheet(rig.requests, "Another"),
    ]
    known = first.digest
    for change in changes:
        with rig.world.lock:
            change()
        again = sheet.read(ids, known, aside)
        assert again.grids is not None
        known = again.digest


def test_the_time_zone_is_told_by_an_outline_and_by_each_echo(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    assert sheet.time_zone == ""
    sheet.outline()
    assert sheet.time_zone == "Europe/Berlin"
    rig.book.time_zone = "Asia/Tokyo"
    write(sheet, put(1, 1, "x"))
    assert sheet.time_zone == "Asia/Tokyo"


def test_a_formula_of_ours_is_worked_out_and_a_text_that_looks_like_one_is_not(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    formula = CellWrite(sheet_id=LEADS, row=1, column=0, value=Formula("=1+1"))
    echo = write(sheet, formula, put(1, 1, "=1+1"))
    assert list(echo.row(LEADS, 1))[:2] == [2, "=1+1"]


def test_an_empty_worksheet_is_read_as_no_rows(rig: Rig, sheet: GoogleSpreadsheet) -> None:
    with rig.world.lock:
        people.clear_cells(rig.leads, 0, 200, 0, 20)
    grids = sheet.read([LEADS]).grids
    assert grids is not None
    assert list(grids[LEADS].rows) == []


TITLES = [
    "It's ours",
    "'quoted'",
    "''",
    "D3",
    "R1C1",
    "Wow! Leads!",
    "🌵 Käufer 名簿",
    "a:b",
    "TRUE",
    "12",
    " ",
]


@pytest.mark.parametrize("title", TITLES)
def test_a_title_is_only_a_title_whatever_stands_in_it(
    rig: Rig, sheet: GoogleSpreadsheet, title: str
) -> None:
    with rig.world.lock:
        people.rename_worksheet(rig.leads, title)
    grids = sheet.read([LEADS]).grids
    assert grids is not None
    assert grids[LEADS].title == title
    echo = sheet.write([put(5, 2, "here")], [], titles={LEADS: title})
    assert echo.rows[LEADS, 5][2] == "here"


# --- writing ------------------------------------------------------------------------------------

TEXTS = [
    "=1+1",
    "=IMPORTXML(A1)",
    "+12025550123",
    "-1",
    "@home",
    "'x",
    "2026-01-02",
    "09:15",
    "TRUE",
    "false",
    "007",
    "1,5",
    "50%",
    "1e5",
    "#REF!",
    "null",
    "nan",
    " padded ",
    "two\nlines",
    "tab\there",
    "Ünïcödé 🌵 名前",
    '"quoted"',
    "\\backslash",
    "x" * 40_000,
]


def test_a_text_is_written_as_text_and_never_parsed(rig: Rig, sheet: GoogleSpreadsheet) -> None:
    echo = write(sheet, *(put(row, 4, text) for row, text in enumerate(TEXTS, 1)))
    assert [echo.rows[LEADS, row][4] for row in range(1, len(TEXTS) + 1)] == TEXTS
    assert [cell(rig, row, 4) for row in range(1, len(TEXTS) + 1)] == TEXTS
    grids = sheet.read([LEADS]).grids
    assert grids is not None
    assert [row[4] for row in grids[LEADS].rows[1:]] == TEXTS


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1))
def test_any_text_comes_back_as_it_was_written(
    rig: Rig, sheet: GoogleSpreadsheet, texts: list[str]
) -> None:
    echo = write(sheet, *(put(row, 7, text) for row, text in enumerate(texts, 1)), put(0, 8, "x"))
    for row, text in enumerate(texts, 1):
        shown = echo.row(LEADS, row)
        assert (shown[7] if len(shown) > 7 else "") == text
        assert (cell(rig, row, 7) or "") == text


def test_an_empty_text_empties_the_cell_and_the_cells_between_are_left_alone(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    rig.fill(rig.leads, [["a", 5, True, "d"]], first=2)
    echo = write(sheet, put(2, 0, ""), put(2, 3, "new"))
    assert list(echo.rows[LEADS, 2]) == ["", 5, True, "new"]
    assert [cell(rig, 2, column) for column in range(4)] == [None, 5, True, "new"]


def test_one_write_carries_scattered_cells_of_two_worksheets_and_echoes_their_whole_rows(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    other = rig.requests.sheet_id
    rig.fill(rig.leads, [[number, "Ada"] for number in range(120)], first=1)
    cells = [put(row, column, f"{row}/{column}") for row in (1, 2, 50, 119) for column in (3, 4, 9)]
    titles = {LEADS: "Leads", other: "Requests"}
    mark = rig.mark
    echo = sheet.write([*cells, put(7, 1, "Fair", other)], [], titles=titles)
    assert rig.requests_made("sheets", since=mark) <= 2  # a token may be asked for first
    for one in cells:
        row = echo.rows[LEADS, one.row]
        assert (row[0], row[1], row[one.column]) == (one.row - 1, "Ada", one.value)
    assert echo.rows[other, 7][1] == "Fair"


def test_thousands_of_scattered_rows_are_still_one_write(
    rig: Rig, impatient: float, tmp_path: Path
) -> None:
    with Rig(tmp_path / "big", rows=6000) as big:
        sheet = connect(big)
        cells = [put(row, 9, f"text {row}") for row in range(1, 6000, 3)]
        echo = write(sheet, *cells)
        assert all(echo.rows[LEADS, one.row][9] == one.value for one in cells)
        assert big.world.journal.count(call="write") == 1


def test_a_row_that_was_deleted_meanwhile_is_seen_in_the_echo(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    rig.fill(rig.leads, [[number] for number in range(101, 105)], first=1)
    with rig.world.lock:
        people.delete_rows(rig.leads, 1, 1)
    assert list(write(sheet, put(1, 1, "for 101")).row(LEADS, 1)) == [102, "for 101"]


def test_appended_rows_follow_the_last_one_with_data_and_the_grid_grows(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    rig.fill(rig.leads, [["last"]], first=198)  # of 200 rows
    rows = [["1001", "Ada", "", "=1+1"], ["1002", "Bo", "", "+12025550123"], ["1003"]]
    sheet.write([], [Append(sheet_id=LEADS, rows=rows)], titles={LEADS: "Leads"})
    assert [cell(rig, row, 0) for row in range(198, 202)] == ["last", "1001", "1002", "1003"]
    assert [cell(rig, 199, 3), cell(rig, 200, 3), cell(rig, 199, 2)] == [
        "=1+1",
        "+12025550123",
        None,
    ]


def test_a_write_is_all_or_nothing(rig: Rig, sheet: GoogleSpreadsheet) -> None:
    other = rig.requests.sheet_id
    with rig.world.lock:
        people.protect(rig.requests)
    cells = [put(1, 1, "first"), put(1, 1, "second", other)]
    with pytest.raises(SheetDenied):
        sheet.write(cells, [], titles={LEADS: "Leads", other: "Requests"})
    assert cell(rig, 1, 1) is None


def test_a_worksheet_renamed_since_the_read_refuses_the_write(
    rig: Rig, sheet: GoogleSpreadsheet
) -> None:
    with rig.world.lock:
        people.rename_worksheet(rig.leads, "Kunden")
    with pytest.raises(SheetUnavailable):
        write(sheet, put(1, 1, "x"))
    assert cell(rig, 1, 1) is None


# --- errors -------------------------------------------------------------------------------------

Scene = Callable[[Rig], object]


def fault(kind: str, **settings: Any) -> Scene:
    return lambda rig: rig.world.faults.add(
        kind, vendor=settings.pop("vendor", "sheets"), next=99, **settings
    )


def saying(status: int, body: object) -> Scene:
    """Let Google's API answer this; signing in still works."""

    def stage(rig: Rig) -> None:
        real = rig.google.handle

        def handle(request: Request) -> Response:
            return real(request) if request.path == "/token" else answer_json(status, body)

        rig.google.handle = handle  # type: ignore[method-assign]

    return stage


def refuse_sign_in(rig: Rig) -> None:
    def refuse(form: bytes) -> dict[str, Any]:
        raise TokenRefused("invalid_grant", "Invalid JWT Signature.")

    rig.google.tokens.exchange = refuse  # type: ignore[method-assign]


def unshare(rig: Rig) -> None:
    rig.book.share(rig.google.tokens.email, "none")


def delete_book(rig: Rig) -> None:
    del rig.google.spreadsheets[SPREADSHEET]


def delete_worksheet(rig: Rig) -> None:
    people.delete_worksheet(rig.leads)


def json_error(code: int, text: str = "Says Google.", **more: Any) -> Scene:
    return saying(code, {"error": {"code": code, "message": text, "status": "X", **more}})


RAW: dict[str, tuple[Scene, type[SyncdError], type[SyncdError]]] = {
    "a JSON 500": (fault("500"), SheetUnavailable, WriteUnknown),
    "a JSON 503": (fault("503"), SheetUnavailable, WriteUnknown),
    "an HTML 502, code -1": (fault("html502"), SheetUnavailable, WriteUnknown),
    "an HTML 504": (fault("504"), SheetUnavailable, WriteUnknown),
    "an HTML page with a 200": (fault("html200"), SheetUnavailable, WriteUnknown),
    "half of the JSON": (fault("bad_json"), SheetUnavailable, WriteUnknown),
    "half of the body": (fault("truncated"), SheetUnavailable, WriteUnknown),
    "an error without a code": (
        saying(500, {"error": {"message": "x"}}),
        SheetUnavailable,
        WriteUnknown,
    ),
    "an error that is a text": (saying(500, {"error": "x"}), SheetUnavailable, WriteUnknown),
    "JSON that is no object": (saying(200, ["x"]), SheetUnavailable, WriteUnknown),
    "a dropped connection": (fault("drop_after"), SheetUnavailable, WriteUnknown),
    "a connection dropped before": (fault("drop_before"), SheetUnavailable, WriteUnknown),
    "a time-out": (fault("slow_after", seconds=0.6), SheetUnavailable, WriteUnknown),
    "the quota": (fault("429"), SheetUnavailable, SheetUnavailable),
    "a token nobody accepts": (fault("unauthorized_once"), SheetDenied, SheetDenied),
    "no permission": (unshare, SheetDenied, SheetDenied),
    "too few scopes": (
        json_error(403, "Request had insufficient authentication scopes."),
        SheetDenied,
        SheetDenied,
    ),
    "no such spreadsheet": (delete_book, SheetDenied, SheetDenied),
    "no such worksheet": (delete_worksheet, SheetDenied, SheetUnavailable),
    "a renamed worksheet": (
        json_error(400, "Unable to parse range: 'Leads'!2:2"),
        SheetUnavailable,
        SheetUnavailable,
    ),
    "any other 400": (json_error(400, "Too many cells."), SheetDenied, SheetDenied),
    "a refused sign-in": (refuse_sign_in, SheetDenied, SheetDenied),
    "a sign-in that is away": (fault("503", vendor="token"), SheetUnavailable, SheetUnavailable),
    "a sign-in behind a gateway": (
        fault("html502", vendor="token"),
        SheetUnavailable,
        SheetUnavailable,
    ),
    "a sign-in that drops": (
        fault("drop_before", vendor="token"),
        SheetUnavailable,
        SheetUnavailable,
    ),
    # google-auth trips over this one: a TypeError that tells nothing about what had been sent.
    "a sign-in page": (fault("html200", vendor="token"), SheetUnavailable, WriteUnknown),
}


@pytest.mark.parametrize(("scene", "on_read", "on_write"), RAW.values(), ids=RAW)
def test_every_raw_error_becomes_one_of_ours(
    rig: Rig,
    sheet: GoogleSpreadsheet,
    scene: Scene,
    on_read: type[SyncdError],
    on_write: type[SyncdError],
) -> None:
    scene(rig)
    with pytest.raises(SyncdError) as read:
        sheet.read([LEADS])
    with pytest.raises(SyncdError) as written:
        write(sheet, put(1, 1, "x"))
    assert isinstance(read.value, on_read)
    assert isinstance(written.value, on_write)
    for error in (read.value, written.value):
        assert len(str(error)) < 200
        assert "<" not in str(error)  # no web page in a sentence for people
        assert "ya29." not in f"{error!r} {error.__cause__!r}"


def test_an_answer_that_trickles_ends_with_the_time_for_the_whole(
    rig: Rig, sheet: GoogleSpreadsheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncd.sheets.timely, "PATIENCE", 0.2)
    sheet.read([LEADS])  # signs in
    rig.world.faults.add("trickle", vendor="sheets", seconds=20)
    began = time.monotonic()
    with pytest.raises(WriteUnknown, match="did not answer"):
        write(sheet, put(1, 1, "x"))
    assert time.monotonic() - began < 2
    sheet.read([LEADS])  # on another connection


def test_a_write_whose_answer_is_lost_is_sent_once(rig: Rig, sheet: GoogleSpreadsheet) -> None:
    sheet.read([LEADS])
    for kind in ("drop_after", "500", "html502", "429", "bad_json"):
        mark = rig.mark
        rig.world.faults.add(kind, vendor="sheets")
        with pytest.raises(SyncdError):
            write(sheet, put(1, 1, kind))
        assert rig.requests_made("sheets", since=mark) == 1


def test_a_token_that_died_is_replaced_within_the_call(rig: Rig, sheet: GoogleSpreadsheet) -> None:
    sheet.read([LEADS])
    rig.google.revoke_tokens()
    sheet.read([LEADS])
    rig.google.revoke_tokens()
    write(sheet, put(1, 1, "x"))
    assert cell(rig, 1, 1) == "x"


def test_a_rate_limit_on_reads_does_not_hold_the_writes(rig: Rig, impatient: float) -> None:
    reads, writes = Pace(0), Pace(0)
    sheet = connect(rig, reads=reads, writes=writes)
    rig.world.faults.add("429", vendor="sheets")
    with pytest.raises(SheetUnavailable) as caught:
        sheet.read([LEADS])
    assert caught.value.retry_after == 0.05  # as shortened for tests
    assert (reads._held_until > 0, writes._held_until) == (True, 0.0)


# --- the wire -----------------------------------------------------------------------------------


def test_every_request_has_its_timeouts(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    real = requests.Session.request

    def spy(self: requests.Session, *args: Any, **kwargs: Any) -> requests.Response:
        seen.append(kwargs.get("timeout"))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(requests.Session, "request", spy)
    sheet = connect(rig)
    sheet.outline()
    sheet.read([LEADS])
    write(sheet, put(1, 1, "x"))
    assert len(seen) >= 3
    assert None not in seen
    assert (10.0, 90.0) in seen


def test_the_key_and_the_token_are_in_no_repr(rig: Rig, sheet: GoogleSpreadsheet) -> None:
    sheet.outline()
    shown = repr(sheet) + repr(vars(sheet))
    assert "ya29." not in shown
    assert "PRIVATE KEY" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "http://sheets.googleapis.com",
        "https://sheets.googleapis.com.example.com",
        "https://evil-googleapis.com",
        "https://example.com",
        "http://10.0.0.7:80",
        "ftp://127.0.0.1",
        "https://me@sheets.googleapis.com",
        "https://sheets.googleapis.com?key=1",
        "sheets.googleapis.com",
        "",
    ],
)
@pytest.mark.parametrize("part", ["google", "seleqt"])
def test_only_the_vendors_own_https_or_this_machine_is_talked_to(
    rig: Rig, part: str, url: str
) -> None:
    path = rig.config()
    own = rig.server.base_url + ("/api/v1" if part == "seleqt" else "")
    wrong = url.replace("googleapis.com", "seleqt.ai") if part == "seleqt" else url
    path.write_text(path.read_text().replace(f'base_url = "{own}"', f'base_url = "{wrong}"'))
    with pytest.raises(ConfigError) as caught:
        load(path)
    [problem] = caught.value.problems
    assert re.match(rf"{re.escape(str(path))}:\d+: {part}\.base_url: ", problem)


def test_google_itself_is_the_default_and_may_be_named(rig: Rig) -> None:
    path = rig.config()
    text = path.read_text()
    path.write_text(text.replace(f'base_url = "{rig.server.base_url}"\n', ""))
    assert load(path).google.base_url == "https://sheets.googleapis.com"
    path.write_text(text.replace(rig.server.base_url + '"', 'https://eu-sheets.googleapis.com/"'))
    assert load(path).google.base_url == "https://eu-sheets.googleapis.com"


@pytest.mark.parametrize("uri", ["https://example.com/token", "https://x.googleapis.com.example"])
def test_a_service_account_that_signs_in_elsewhere_is_refused(rig: Rig, uri: str) -> None:
    account = rig.google.service_account(rig.server.base_url)
    config = load(rig.config())
    (rig.folder / "google.json").write_text(json.dumps({**account, "token_uri": uri}))
    with pytest.raises(ConfigError, match="token_uri"):
        read_google_credentials(config.google.credentials)


def test_a_journal_shows_the_rows_that_a_write_hits_as_they_were_the_moment_before(
    sheet: GoogleSpreadsheet, rig: Rig
) -> None:
    rig.fill(rig.leads, [["", 5, True], ["x", "", "=1"]], first=1)
    copies = [RowCopy(LEADS, 0, 2), RowCopy(LEADS, 2, 3), RowCopy(LEADS, 1, 3)]
    at = rig.journal.sheet_id
    journal = Journal(sheet_id=at, title=JOURNAL, columns=40, mark="w-1", top=7, copies=copies)
    cells = [put(row, column, f"{row}{column}") for row in (1, 2) for column in range(3)]
    mark = rig.mark
    echo = sheet.write(cells, [], titles={LEADS: "Leads"}, journal=journal)
    assert rig.requests_made("sheets", since=mark) <= 2  # a token may be asked for first
    assert {place: list(row) for place, row in echo.before.items()} == {
        (LEADS, 0): LEAD_HEADER[:2],
        (LEADS, 1): ["", 5, True],
        (LEADS, 2): ["x", "", "=1"],
    }
    rows = sheet.read([at]).grids[at].rows  # type: ignore[index]
    assert read_journal(journal, rows[7:]) == echo.before
    assert read_journal(replace(journal, mark="w-2"), rows[7:]) is None
    sheet.write(cells, [], titles={LEADS: "Leads"}, journal=replace(journal, copies=copies[:1]))
    assert len(sheet.read([at]).grids[at].rows) == 11  # type: ignore[index]


@pytest.mark.parametrize("hours", [-2, 2])
def test_a_wrong_clock_is_named_and_not_the_key(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Google takes no token from another time; nothing can be read, and so nothing is bought."""
    real = google.auth._helpers.utcnow
    monkeypatch.setattr(google.auth._helpers, "utcnow", lambda: real() + timedelta(hours=hours))
    with pytest.raises(SheetDenied, match="clock is wrong"):
        connect(rig).outline()
