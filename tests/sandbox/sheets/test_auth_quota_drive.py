from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import google.auth.exceptions
import google.auth.transport.requests
import gspread
import pytest
import requests
from google.oauth2 import service_account

from syncd.sandbox.clock import VirtualClock, WallClock
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.wire import Request

BASE = "http://127.0.0.1:18765"
FILES = "/drive/v3/files"


@pytest.fixture
def live_google():
    """A Google whose clock is the machine's, as google-auth's is."""
    google = Google(WallClock(), SheetsSettings(open=True))
    google.create_spreadsheet("T", spreadsheet_id="S1")
    return google


class _Loopback(gspread.HTTPClient):
    def request(self, method, endpoint, *args, **kwargs):
        for host in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
            endpoint = endpoint.replace(host, BASE)
        return super().request(method, endpoint, *args, **kwargs)


def _session(google, adapter, credentials):
    adapter.handle = google.handle
    transport = requests.Session()
    transport.mount(BASE, adapter)
    session = google_session(credentials, transport)
    session.mount(BASE, adapter)
    return session


def google_session(credentials, transport):
    asking = google.auth.transport.requests.Request(session=transport)
    return google.auth.transport.requests.AuthorizedSession(credentials, auth_request=asking)


SCOPES = ["https://www.googleapis.com/auth/spreadsheets"]


def test_gspread_signs_in_with_the_service_account(live_google, adapter):
    info = live_google.service_account(BASE)
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    session = _session(live_google, adapter, credentials)
    client = gspread.Client(auth=credentials, session=session, http_client=_Loopback)
    client.open_by_key("S1").sheet1.update([["x"]], "A1")
    assert client.open_by_key("S1").sheet1.acell("A1").value == "x"
    # A revoked token is renewed by google-auth without a word.
    live_google.revoke_tokens()
    assert client.open_by_key("S1").sheet1.acell("A1").value == "x"


def test_a_token_is_good_for_its_scopes_only(live_google, adapter):
    info = live_google.service_account(BASE)
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    session = _session(live_google, adapter, credentials)
    assert session.get(f"{BASE}/v4/spreadsheets/S1").status_code == 200
    refused = session.get(f"{BASE}{FILES}/S1")
    assert refused.status_code == 403
    assert refused.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"
    reading = credentials.with_scopes([SCOPES[0] + ".readonly"])
    session = _session(live_google, adapter, reading)
    assert session.get(f"{BASE}/v4/spreadsheets/S1").status_code == 200
    refused = session.post(f"{BASE}/v4/spreadsheets/S1/values/A1:clear")
    assert refused.status_code == 403
    assert refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_a_foreign_key_is_an_invalid_grant(live_google, adapter):
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - only here
    from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: PLC0415 - only here

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    info = {**live_google.service_account(BASE), "private_key": key.decode()}
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    session = _session(live_google, adapter, credentials)
    with pytest.raises(google.auth.exceptions.RefreshError, match="Invalid JWT Signature"):
        session.get(f"{BASE}/v4/spreadsheets/S1")


def test_a_jwt_from_another_time_is_refused(adapter):
    later = VirtualClock(datetime.now(UTC) + timedelta(days=2))
    far = Google(later, SheetsSettings())
    info = far.service_account(BASE)
    credentials = service_account.Credentials.from_service_account_info(info, scopes=SCOPES)
    session = _session(far, adapter, credentials)
    with pytest.raises(google.auth.exceptions.RefreshError, match="short-lived"):
        session.get(f"{BASE}/v4/spreadsheets/S1")


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (b"", "unsupported_grant_type"),
        (b"grant_type=refresh_token", "unsupported_grant_type"),
        (
            b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c",
            "invalid_grant",
        ),
        (b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer", "invalid_grant"),
    ],
)
def test_the_token_endpoint_refuses_in_oauths_words(google, form, error):
    response = google.handle(Request(method="POST", path="/token", body=form))
    body = json.loads(response.body)
    assert response.status == 400
    assert body["error"] == error
    assert isinstance(body["error_description"], str)


@pytest.mark.parametrize("path", ["/v4/spreadsheets/S1", FILES])
def test_no_unknown_no_old_token_is_good(google, call, spreadsheet, clock, switches, path):
    switches.open = False
    token = google.issue_token("syncd@sandbox.example")
    assert call("GET", path, token=token)[0] == 200
    assert call("GET", path, token="none")[0] == 401
    status, answer = call("GET", path, token="made-up")
    assert (status, answer["error"]["code"]) == (401, 401)
    clock.advance(timedelta(seconds=3601))
    assert call("GET", path, token=token)[0] == 401


def test_a_401_is_unauthenticated(call, spreadsheet):
    error = call("GET", "/v4/spreadsheets/S1", token="none")[1]["error"]
    assert error["status"] == "UNAUTHENTICATED"
    assert error["message"].startswith("Request is missing required authentication credential.")


def test_open_mode_takes_any_token_and_lets_the_account_create(call, switches, google):
    assert call("POST", FILES, {"name": "A"}, token="whatever")[0] == 200
    made = call("POST", "/v4/spreadsheets", {"properties": {"title": "B"}}, token="whatever")[1]
    assert made["properties"]["title"] == "B"
    switches.open = False
    status, answer = call("POST", FILES, {"name": "A"})
    assert (status, answer["error"]["errors"][0]["reason"]) == (403, "storageQuotaExceeded")
    assert call("POST", "/v4/spreadsheets", {})[1]["error"]["status"] == "PERMISSION_DENIED"
    assert call("POST", "/v4/spreadsheets", {}, user="person@sandbox.example")[0] == 200


def test_each_minute_has_its_quota(google, handle, spreadsheet, clock, switches):
    switches.reads_per_minute_user = 2
    token = google.issue_token("syncd@sandbox.example")
    request = Request(
        method="GET",
        path="/v4/spreadsheets/S1",
        headers={"authorization": f"Bearer {token}"},
    )
    assert [google.handle(request).status for _ in range(3)] == [200, 200, 429]
    response = google.handle(request)
    assert "retry-after" not in {name.lower() for name, _ in response.headers}
    error = json.loads(response.body)["error"]
    assert error["status"] == "RESOURCE_EXHAUSTED"
    assert error["message"] == (
        "Quota exceeded for quota metric 'Read requests' and limit 'Read requests per minute per "
        "user' of service 'sheets.googleapis.com' for consumer 'project_number:100000000000'."
    )
    metadata = error["details"][0]["metadata"]
    assert metadata["quota_limit"] == "ReadRequestsPerMinutePerUser"
    assert metadata["quota_limit_value"] == "2"
    clock.advance(timedelta(seconds=60))
    assert google.handle(request).status == 200


def test_writes_have_their_own_quota_and_a_batch_is_one(batch, call, fill, switches):
    switches.writes_per_minute_user = 1
    switches.reads_per_minute_user = 1
    note = {"updateCells": {"start": {}, "rows": [], "fields": "note"}}
    assert batch(note, note, note)[0] == 200
    assert batch(note)[0] == 429
    body = {"dataFilters": [{"a1Range": "A1"}]}
    path = "/v4/spreadsheets/S1/values:batchGetByDataFilter"
    assert call("POST", path, body)[0] == 200
    assert call("POST", path, body)[0] == 429


def test_a_project_has_a_quota_over_its_users(call, spreadsheet, switches):
    switches.reads_per_minute_project = 2
    spreadsheet.share("a@sandbox.example", "reader")
    spreadsheet.share("b@sandbox.example", "reader")
    for name, status in (("a", 200), ("b", 200), ("a", 429)):
        got, answer = call("GET", "/v4/spreadsheets/S1", user=f"{name}@sandbox.example")
        assert got == status
    assert "limit 'Read requests per minute' of" in answer["error"]["message"]


@pytest.mark.parametrize("lag", [0, 180])
def test_drive_tells_of_cell_edits_late_and_of_titles_at_once(
    call, fill, batch, spreadsheet, clock, switches, lag
):
    switches.drive_lag_seconds = lag
    look = f"{FILES}/S1", {"query": "fields=modifiedTime,version"}
    created = call("GET", look[0], **look[1])[1]
    clock.advance(timedelta(seconds=10))
    fill([["x"]])
    seen = call("GET", look[0], **look[1])[1]
    assert (seen == created) == (lag > 0)
    clock.advance(timedelta(seconds=200))
    seen = call("GET", look[0], **look[1])[1]
    assert seen["modifiedTime"] == "2026-11-23T09:00:10.000Z"
    assert int(seen["version"]) > int(created["version"])
    batch({"updateSpreadsheetProperties": {"properties": {"title": "New"}, "fields": "title"}})
    assert call("GET", look[0], **look[1])[1]["modifiedTime"] == "2026-11-23T09:03:30.000Z"


def test_drive_shows_four_fields_unless_asked_for_more(call, spreadsheet):
    assert call("GET", f"{FILES}/S1")[1] == {
        "kind": "drive#file",
        "id": "S1",
        "name": "Leads of the north",
        "mimeType": "application/vnd.google-apps.spreadsheet",
    }
    listed = call("GET", FILES, query="fields=files(id,name),nextPageToken&pageSize=1")[1]
    assert listed == {"files": [{"id": "S1", "name": "Leads of the north"}]}


def test_drive_says_file_not_found(call, spreadsheet):
    for path, user in (("nope", "syncd@sandbox.example"), ("S1", "stranger@sandbox.example")):
        status, answer = call("GET", f"{FILES}/{path}", user=user)
        assert status == 404
        message = f"File not found: {path}."
        assert answer == {
            "error": {
                "code": 404,
                "message": message,
                "errors": [
                    {
                        "message": message,
                        "domain": "global",
                        "reason": "notFound",
                        "location": "fileId",
                        "locationType": "parameter",
                    }
                ],
            }
        }


def test_only_the_owner_deletes_and_the_answer_is_empty(google, handle, call, spreadsheet):
    assert call("DELETE", f"{FILES}/S1")[0] == 403
    assert call("DELETE", f"{FILES}/S1", user="owner@sandbox.example") == (204, None)
    assert call("GET", "/v4/spreadsheets/S1")[0] == 404


def test_rights_given_through_drive_hold_in_sheets(call, spreadsheet):
    path, friend = f"{FILES}/S1/permissions", "friend@sandbox.example"
    body = {"type": "user", "role": "reader", "emailAddress": friend}
    given = call("POST", path, body)[1]
    assert call("GET", "/v4/spreadsheets/S1", user=friend)[0] == 200
    assert call("DELETE", f"{path}/{given['id']}") == (204, None)
    assert call("GET", "/v4/spreadsheets/S1", user=friend)[0] == 403
    call("POST", path, {"type": "anyone", "role": "writer"})
    write = ("PUT", "/v4/spreadsheets/S1/values/A1", {"values": [["x"]]})
    assert call(*write, query="valueInputOption=RAW", user=friend)[0] == 200
