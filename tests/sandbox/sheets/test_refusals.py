from __future__ import annotations

import json

import pytest

from syncd.sandbox.wire import Request

BATCH = "/v4/spreadsheets/S1:batchUpdate"


def test_an_unknown_field_is_refused_with_its_place(batch):
    status, answer = batch({"updateCells": {"rows": [], "colour": 1, "fields": "note"}})
    message = (
        "Invalid JSON payload received. Unknown name \"colour\" at 'requests[0].update_cells': "
        "Cannot find field."
    )
    assert status == 400
    assert answer["error"] == {
        "code": 400,
        "message": message,
        "status": "INVALID_ARGUMENT",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": "requests[0].update_cells", "description": message}],
            }
        ],
    }


def test_every_wrong_field_is_told_at_once(batch):
    error = batch({"sortRange": {"a": 1, "b": 2}})[1]["error"]
    assert error["message"].count("Cannot find field.") == 2
    assert len(error["details"][0]["fieldViolations"]) == 2


def test_values_that_are_no_rows_are_refused_as_recorded(call, spreadsheet):
    path = "/v4/spreadsheets/S1/values/A1"
    status, answer = call("PUT", path, {"values": "X"}, query="valueInputOption=RAW")
    assert status == 400
    assert answer["error"]["message"] == (
        "Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), \"X\""
    )
    assert answer["error"]["details"][0]["fieldViolations"][0]["field"] == "data.values"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (
            {"updateCells": {"start": {"sheetId": 999999}, "fields": "*"}},
            "Invalid requests[0].updateCells: No grid with id: 999999",
        ),
        ({}, "Invalid requests[0]: No request set."),
        (
            {"deleteSheet": {"sheetId": 0}},
            "Invalid requests[0].deleteSheet: You can't remove all the sheets in a document.",
        ),
        (
            {"addSheet": {"properties": {"title": "sheet1"}}},
            (
                'Invalid requests[0].addSheet: A sheet with the name "sheet1" already exists. '
                "Please enter another name."
            ),
        ),
        (
            {"repeatCell": {"range": {}, "cell": {}}},
            (
                "Invalid requests[0].repeatCell: At least one field must be listed in 'fields'. "
                "(Use '*' to indicate all fields.)"
            ),
        ),
        (
            {"addSheet": {"properties": {"gridProperties": {"rowCount": 10**7}}}},
            (
                "Invalid requests[0].addSheet: This action would increase the number of cells in "
                "the workbook above the limit of 10000000 cells."
            ),
        ),
        (
            {"deleteDimension": {"range": {"dimension": "ROWS"}}},
            "Invalid requests[0].deleteDimension: You can't delete all the rows on the sheet.",
        ),
    ],
)
def test_a_refused_request_says_which_and_why(batch, request_, message):
    status, answer = batch(request_)
    assert status == 400
    assert answer["error"] == {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"requests": [{"addSheet": {"properties": {"index": "first"}}}]}, "TYPE_INT32"),
        ({"requests": [{"addSheet": {"properties": {"hidden": "no"}}}]}, "TYPE_BOOL"),
        ({"requests": [{"addSheet": {"properties": {"title": 5}}}]}, "TYPE_STRING"),
        ({"requests": [{"appendDimension": {"dimension": "DIAGONAL"}}]}, "v4.Dimension"),
        ({"requests": {"addSheet": {}}}, "v4.Request"),
        ({"requests": ["addSheet"]}, "v4.Request"),
        ([], "Root element must be a message."),
    ],
)
def test_a_wrong_type_is_refused(call, spreadsheet, body, place):
    status, answer = call("POST", BATCH, body)
    assert status == 400
    assert answer["error"]["status"] == "INVALID_ARGUMENT"
    assert place in answer["error"]["message"]


@pytest.mark.parametrize("kind", ["addChart", "autoFill", "setGravity"])
def test_a_kind_the_sandbox_does_not_know_is_400_never_501(batch, kind):
    status, answer = batch({kind: {}})
    assert status == 400
    assert f'Unknown name "{kind}"' in answer["error"]["message"]


def test_an_unknown_parameter_is_refused(call, spreadsheet):
    status, answer = call("GET", "/v4/spreadsheets/S1", query="verbose=1")
    assert status == 400
    assert "Cannot bind query parameter. Field 'verbose'" in answer["error"]["message"]


@pytest.mark.parametrize(
    "query", ["%24.xgafv=2", "key=k&quotaUser=me", "alt=json&prettyPrint=false"]
)
def test_standard_parameters_are_welcome(call, spreadsheet, query):
    assert call("GET", "/v4/spreadsheets/S1", query=query)[0] == 200


def test_a_mask_must_name_what_there_is(call, spreadsheet):
    status, answer = call("GET", "/v4/spreadsheets/S1", query="fields=sheets.colour")
    assert status == 400
    assert answer["error"]["message"] == "Request contains an invalid argument."
    [violation] = answer["error"]["details"][0]["fieldViolations"]
    assert violation["field"] == "sheets.colour"


@pytest.mark.parametrize("body", [b"{", b'{"requests": NaN}', b"\xff", b"nonsense"])
def test_a_broken_body_is_400(call, spreadsheet, body):
    status, answer = call("POST", BATCH, body)
    assert status == 400
    assert answer["error"]["message"].startswith("Invalid JSON payload received.")


def test_ids_and_rights_are_told_apart(call, spreadsheet):
    unknown = call("GET", "/v4/spreadsheets/nope")[1]["error"]
    assert unknown == {
        "code": 404,
        "message": "Requested entity was not found.",
        "status": "NOT_FOUND",
    }
    denied = {
        "code": 403,
        "message": "The caller does not have permission",
        "status": "PERMISSION_DENIED",
    }
    path = "/v4/spreadsheets/S1"
    assert call("GET", path, user="stranger@sandbox.example")[1]["error"] == denied
    spreadsheet.share("reader@sandbox.example", "reader")
    assert call("GET", path, user="reader@sandbox.example")[0] == 200
    write = (path + "/values/A1", {"values": [["x"]]})
    answer = call("PUT", *write, query="valueInputOption=RAW", user="reader@sandbox.example")
    assert answer[1]["error"] == denied
    spreadsheet.share("reader@sandbox.example", "none")
    assert call("GET", path, user="reader@sandbox.example")[1]["error"] == denied


def test_an_unknown_path_is_an_html_404(google, handle, spreadsheet):
    token = google.issue_token("syncd@sandbox.example")
    for path in ("/v4/elsewhere", "/v4/spreadsheets/S1/values/A1:fly", "/v4/spreadsheets/S1/x/y/z"):
        request = Request(method="POST", path=path, headers={"authorization": f"Bearer {token}"})
        response = google.handle(request)
        assert response.status == 404
        assert b"<title>Error 404 (Not Found)!!1</title>" in response.body


def test_answers_look_as_recorded(google, handle, spreadsheet):
    token = google.issue_token("syncd@sandbox.example")
    headers = {"authorization": f"Bearer {token}"}
    request = Request(method="GET", path="/v4/spreadsheets/S1/values/A1", headers=headers)
    response = handle(request)
    text = '{\n  "range": "Sheet1!A1",\n  "majorDimension": "ROWS"\n}\n'
    assert response.body.decode() == text
    shown = dict(response.headers)
    assert shown["Content-Type"] == "application/json; charset=UTF-8"
    assert shown["Vary"] == "Origin, X-Origin, Referer"
    assert (shown["Cache-Control"], shown["Server"]) == ("private", "ESF")
    plain = Request(method="GET", path=request.path, query="prettyPrint=false", headers=headers)
    assert handle(plain).body == b'{"range":"Sheet1!A1","majorDimension":"ROWS"}'


def test_a_surprise_inside_is_a_500_and_is_logged(google, spreadsheet, caplog):
    spreadsheet.worksheets = None  # what no request can do
    token = google.issue_token("syncd@sandbox.example")
    request = Request(
        method="GET", path="/v4/spreadsheets/S1", headers={"authorization": f"Bearer {token}"}
    )
    response = google.handle(request)
    assert response.status == 500
    assert json.loads(response.body)["error"] == {
        "code": 500,
        "message": "Internal error encountered.",
        "status": "INTERNAL",
    }
    assert "failed on GET" in caplog.text
