"""The sandbox's own API: looking, meddling, and a sentence for whoever asks wrongly."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from syncd.sandbox.clock import VirtualClock, WallClock
from syncd.sandbox.control import Control
from syncd.sandbox.edits import ACTIONS
from syncd.sandbox.seleqt import Seleqt
from syncd.sandbox.sheets.google import Google
from syncd.sandbox.sheets.settings import SheetsSettings
from syncd.sandbox.wire import Request
from syncd.sandbox.world import World

LISTS = "/api/v1/public/lead-lists/"


class Room:
    """A world with a small worksheet and a lead list, and its control API."""

    def __init__(self, clock=None):
        self.clock = clock or VirtualClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
        self.google = Google(self.clock, SheetsSettings(), seed=1)
        self.seleqt = Seleqt(self.clock)
        self.world = World(self.clock, sheets=self.google, seleqt=self.seleqt)
        self.control = Control(self.world)
        self.book = self.google.create_spreadsheet("Leads", worksheets=[("Leads", 6, 4)])
        self.key = self.seleqt.add_key()

    def get(self, path):
        target, _, query = path.partition("?")
        return self.send("GET", target, query)

    def post(self, path, body):
        return self.send("POST", path, body=json.dumps(body).encode())

    def send(self, method, path, query="", body=b"", kind="application/json"):
        request = Request(
            method=method,
            path=f"/control/{path}",
            query=query,
            headers={"content-type": kind},
            body=body,
        )
        answer = self.control.handle(request)
        return answer.status, json.loads(answer.body)

    def edit(self, action, sheet=0, **args):
        body = {"spreadsheet": self.book.id, "sheet": sheet, "action": action, "args": args}
        return self.post("edit", body)

    def fill(self, *rows):
        status, _ = self.edit("paste", row=0, column=0, rows=[list(row) for row in rows])
        assert status == 200

    def rows(self, sheet=0):
        status, body = self.get(f"worksheet?spreadsheet={self.book.id}&sheet={sheet}")
        assert status == 200
        return body["snapshot"]["rows"]

    def buy(self):
        person = self.seleqt.add_prospect(email="a@b.example")
        number = self.seleqt.add_list("x", "PEOPLE", [person.id]).id
        headers = {"x-api-key": self.key}
        self.world.handle(
            Request(method="POST", path=f"{LISTS}{number}/enrichment/", headers=headers)
        )
        return number


@pytest.fixture
def room():
    made = Room()
    made.fill(["Name", "Rank"], ["Jana", "2"], ["Kofi", "1"], ["Amara", "3"])
    return made


def test_the_state_shows_spreadsheets_meter_journal_faults_and_knobs(room):
    number = room.buy()
    room.world.faults.add("500", path="nowhere")
    status, state = room.get("state")
    assert status == 200
    [book] = state["spreadsheets"]
    assert (book["id"], book["title"]) == (room.book.id, "Leads")
    assert book["worksheets"] == [{"sheet_id": 0, "title": "Leads"}]
    assert book["version"] == room.book.version
    meter = state["meter"]
    assert (meter["balance"], meter["charged"], meter["bought_twice"]) == (997, 3, 0)
    assert meter["by_kind"] == {"FIND_EMAIL": {"people": 1, "credits": 3}}
    assert meter["charges"] == [
        {
            "at": "2026-11-23T09:00:00+00:00",
            "key": room.key.partition(".")[0],
            "list_id": number,
            "kind": "FIND_EMAIL",
            "prospect_ids": [1001],
            "credits": 3,
            "cause": "enrichment",
        }
    ]
    assert state["journal"]["counts"] == {"seleqt": {"spend": 1}}
    assert state["journal"]["entries"][0]["class"] == "spend"
    assert state["faults"][0]["kind"] == "500"
    assert state["knobs"]["seleqt"]["refund"] == "none"
    assert state["knobs"]["sheets"]["sort_moves_metadata"] is True
    assert (state["now"], state["clock"]) == ("2026-11-23T09:00:00+00:00", "virtual")


def test_no_secret_of_a_key_is_in_the_state(room):
    room.buy()
    assert room.key.partition(".")[2] not in json.dumps(room.get("state"))


def test_a_worksheet_is_sent_once_per_version(room):
    path = f"worksheet?spreadsheet={room.book.id}&sheet=0"
    _, body = room.get(path)
    assert body["snapshot"]["rows"][1] == ["Jana", "2"]
    version = body["version"]
    unchanged = {"version": version, "unchanged": True}
    assert room.get(f"{path}&since={version}") == (200, unchanged)
    room.edit("type", row=1, column=0, text="Zofia")
    _, body = room.get(f"{path}&since={version}")
    assert body["version"] > version
    assert body["snapshot"]["rows"][1][0] == "Zofia"


def names(room):
    return [row[0] if row else "" for row in room.rows()]


EDITS = {
    "type": ({"row": 1, "column": 0, "text": "Zofia"}, ["Name", "Zofia", "Kofi", "Amara"]),
    "clear": (
        {"start_row": 1, "end_row": 2, "start_column": 0, "end_column": 2},
        ["Name", "", "Kofi", "Amara"],
    ),
    "insert_rows": ({"start": 1, "count": 2}, ["Name", "", "", "Jana", "Kofi", "Amara"]),
    "delete_rows": ({"start": 1, "count": 2}, ["Name", "Amara"]),
    "move_rows": ({"start": 1, "count": 1, "to": 3}, ["Name", "Kofi", "Jana", "Amara"]),
    "insert_columns": ({"start": 0, "count": 1}, ["", "", "", ""]),
    "delete_columns": ({"start": 0, "count": 1}, ["Rank", "2", "1", "3"]),
    "move_columns": ({"start": 0, "count": 1, "to": 2}, ["Rank", "2", "1", "3"]),
    "sort": ({"column": 0}, ["Name", "Amara", "Jana", "Kofi"]),
    "cut_paste": (
        {
            "start_row": 1,
            "end_row": 2,
            "start_column": 0,
            "end_column": 1,
            "to_row": 3,
            "to_column": 0,
        },
        ["Name", "", "Kofi", "Jana"],
    ),
    "copy_paste": (
        {
            "start_row": 1,
            "end_row": 2,
            "start_column": 0,
            "end_column": 1,
            "to_row": 3,
            "to_column": 0,
        },
        ["Name", "Jana", "Kofi", "Jana"],
    ),
    "paste": (
        {"row": 3, "column": 0, "rows": [["Ufuk"], ["Aino"]]},
        ["Name", "Jana", "Kofi", "Ufuk", "Aino"],
    ),
    "rename_header": ({"column": 0, "text": "Who"}, ["Who", "Jana", "Kofi", "Amara"]),
}


@pytest.mark.parametrize("action", EDITS)
def test_edits_change_the_worksheet_and_its_version_and_can_be_undone(room, action):
    args, expected = EDITS[action]
    before, version = names(room), room.book.version
    status, body = room.edit(action, **args)
    assert (status, body) == (200, {"version": room.book.version})
    assert body["version"] > version
    after = names(room)
    assert after[: len(expected)] == expected
    assert not any(after[len(expected) :])
    assert room.edit("undo")[1]["undone"] is True
    assert names(room) == before
    assert room.edit("undo")[1]["undone"] is False


def test_a_sort_may_be_downwards_and_partial(room):
    room.edit("sort", column=1, descending=True)
    assert names(room)[:4] == ["Name", "Amara", "Jana", "Kofi"]
    room.edit("sort", column=0, start_row=2, end_row=4, start_column=0, end_column=1)
    assert room.rows()[2:4] == [["Jana", "2"], ["Kofi", "1"]]
    room.edit("sort", column=0, descending=True, start_column=0, end_column=1)
    assert room.rows()[1:4] == [
        ["Kofi", "3"],
        ["Jana", "2"],
        ["Amara", "1"],
    ]  # torn, as it would be


def test_a_box_is_ticked(room):
    room.edit("tick", row=1, column=2, checked=True)
    _, body = room.get(f"worksheet?spreadsheet={room.book.id}&sheet=0")
    assert body["snapshot"]["cells"]["1,2"]["checkbox"] is True


def test_worksheets_are_renamed_duplicated_and_deleted(room):
    room.edit("rename_worksheet", title="People")
    status, body = room.edit("duplicate_worksheet", title="Copy")
    assert status == 200
    copy = body["sheet_id"]
    titles = [one["title"] for one in room.get("state")[1]["spreadsheets"][0]["worksheets"]]
    assert titles == ["People", "Copy"]
    assert room.rows(copy)[1] == ["Jana", "2"]
    assert room.edit("delete_worksheet", sheet=copy)[0] == 200
    assert room.edit("type", sheet=copy, row=0, column=0, text="x")[0] == 404
    assert room.edit("delete_worksheet")[0] == 400  # the last one


def test_a_range_is_protected(room):
    room.edit("protect", start_row=0, end_row=1)
    room.edit("protect")
    assert len(room.book.worksheets[0].protected) == 2


def test_every_action_has_a_test_here():
    others = {
        "tick",
        "rename_worksheet",
        "duplicate_worksheet",
        "delete_worksheet",
        "undo",
        "protect",
    }
    assert set(EDITS) | others == set(ACTIONS)


@pytest.mark.parametrize(
    ("action", "args", "word"),
    [
        ("explode", {}, "no action"),
        (None, {}, "no action"),
        (["type"], {}, "no action"),
        ("type", {"row": 0, "column": 0}, "needs text"),
        ("type", {"row": -1, "column": 0, "text": "x"}, "row"),
        ("type", {"row": True, "column": 0, "text": "x"}, "row"),
        ("type", {"row": 0, "column": 0, "text": 5}, "text"),
        ("type", {"row": 0, "column": 0, "text": "x", "colour": "red"}, "colour"),
        ("type", {"row": 99, "column": 0, "text": "x"}, "grid"),
        ("tick", {"row": 0, "column": 0, "checked": 1}, "checked"),
        ("paste", {"row": 0, "column": 0, "rows": ["x"]}, "rows"),
        ("paste", {"row": 0, "column": 0, "rows": [[5]]}, "rows"),
        ("delete_rows", {"start": 0, "count": 6}, "delete"),
        ("undo", {"steps": 2}, "steps"),
    ],
)
def test_a_wrong_edit_is_400_with_a_sentence_and_changes_nothing(room, action, args, word):
    before, version = room.rows(), room.book.version
    status, body = room.post(
        "edit", {"spreadsheet": room.book.id, "sheet": 0, "action": action, "args": args}
    )
    assert status == 400
    assert word in body["error"]
    assert (room.rows(), room.book.version) == (before, version)


def test_args_must_be_an_object(room):
    body = {"spreadsheet": room.book.id, "sheet": 0, "action": "undo", "args": []}
    assert room.post("edit", body)[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {"spreadsheet": "none", "sheet": 0, "action": "undo"},
        {"sheet": 0, "action": "undo"},
        {"spreadsheet": ["x"], "sheet": 0, "action": "undo"},
    ],
)
def test_an_unknown_spreadsheet_is_404(room, body):
    assert room.post("edit", body)[0] == 404


@pytest.mark.parametrize("sheet", ["7", "x", "-1"])
def test_an_unknown_worksheet_is_refused(room, sheet):
    assert room.get(f"worksheet?spreadsheet={room.book.id}&sheet={sheet}")[0] in (400, 404)


def test_faults_are_added_shown_and_dropped(room):
    status, rule = room.post("faults", {"kind": "drop_after", "vendor": "seleqt", "next": 2})
    assert status == 200
    assert (rule["id"], rule["kind"], rule["next"], rule["fired"]) == (1, "drop_after", 2, 0)
    room.post("faults", {"kind": "500"})
    assert [one["id"] for one in room.get("state")[1]["faults"]] == [1, 2]
    assert room.send("DELETE", "faults", "id=1") == (200, {})
    assert [one["id"] for one in room.get("state")[1]["faults"]] == [2]
    assert room.send("DELETE", "faults", "id=1")[0] == 404
    assert room.send("DELETE", "faults") == (200, {})
    assert room.get("state")[1]["faults"] == []


@pytest.mark.parametrize(
    "body", [{}, {"kind": "quake"}, {"kind": "500", "rate": 2}, {"kind": "500", "x": 1}]
)
def test_a_wrong_fault_is_400(room, body):
    assert room.post("faults", body)[0] == 400


def test_knobs_of_both_vendors_are_turned(room):
    status, knobs = room.post(
        "knobs", {"seleqt": {"refund": "per_miss"}, "sheets": {"drive_lag_seconds": 5}}
    )
    assert status == 200
    assert (knobs["seleqt"]["refund"], knobs["sheets"]["drive_lag_seconds"]) == ("per_miss", 5)
    assert room.seleqt.knobs.refund == "per_miss"
    assert room.google.settings.drive_lag_seconds == 5


@pytest.mark.parametrize(
    "body",
    [
        {"seleqt": {"refund": "per_miss", "colour": 1}, "sheets": {"drive_lag_seconds": 5}},
        {"seleqt": {"refund": "per_miss"}, "sheets": {"drive_lag_seconds": "5"}},
        {"seleqt": {"refund": "per_miss"}, "sheets": {"sort_moves_metadata": 1}},
        {"seleqt": {"refund": "per_miss"}, "sheets": {"colour": 1}},
        {"seleqt": {"refund": "per_miss"}, "sheets": []},
        {"google": {}},
    ],
)
def test_one_wrong_knob_turns_none(room, body):
    before = room.get("state")[1]["knobs"]
    assert room.post("knobs", body)[0] == 400
    assert room.get("state")[1]["knobs"] == before


def test_somebody_spends_and_somebody_pays(room):
    assert room.post("seleqt/spend", {"credits": 100}) == (200, {"balance": 900})
    assert room.post("seleqt/top-up", {"credits": 50}) == (200, {"balance": 950})
    assert room.seleqt.audit() == []
    for credits in (0, -5, "5", True, 1.5, None):
        assert room.post("seleqt/spend", {"credits": credits})[0] == 400
    assert room.seleqt.balance == 950


def test_a_key_is_rotated(room):
    _, body = room.post("seleqt/rotate-key", {})
    assert room.seleqt.accounts.find_key(room.key) is None
    assert room.seleqt.accounts.find_key(body["key"]) is not None
    assert room.post("seleqt/rotate-key", {"key": room.key})[0] == 400


def test_a_list_vanishes(room):
    number = room.buy()
    assert room.post("seleqt/delete-list", {"list_id": number}) == (200, {})
    assert room.post("seleqt/delete-list", {"list_id": number})[0] == 404


def test_the_journal_is_read_from_a_number_on(room):
    room.buy()
    room.buy()
    _, body = room.get("journal?after=1")
    assert body["last"] == 2
    assert [entry["number"] for entry in body["entries"]] == [2]
    assert len(room.get("journal")[1]["entries"]) == 2
    assert room.get("journal?after=x")[0] == 400
    assert room.get("journal?since=1")[0] == 400


def test_control_requests_are_not_in_the_journal(room):
    room.get("state")
    assert room.world.journal.last == 0


def test_a_virtual_clock_is_advanced_and_the_world_with_it(room):
    number = room.buy()
    assert room.post("clock", {"seconds": 60}) == (200, {"now": "2026-11-23T09:01:00+00:00"})
    assert room.seleqt.leads(number)[0]["email"] == "a@b.example"
    for seconds in (-1, "60", True, 1e12, None):
        assert room.post("clock", {"seconds": seconds})[0] == 400


def test_a_wall_clock_is_left_alone():
    assert Room(WallClock()).post("clock", {"seconds": 60})[0] == 400


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "nothing"), ("POST", "state"), ("DELETE", "knobs"), ("PUT", "edit"), ("GET", "")],
)
def test_unknown_routes_are_404(room, method, path):
    status, body = room.send(method, path)
    assert status == 404
    assert "there is no" in body["error"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff"])
def test_a_body_that_is_no_object_is_400(room, body):
    assert room.send("POST", "edit", body=body or b"5")[0] == 400
