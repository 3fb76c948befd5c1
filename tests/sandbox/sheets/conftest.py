"""The sandbox's Google in process: under raw calls, gspread, and google-api-python-client.

Whatever the tests see of a Sheets answer is checked against Google's own discovery document.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import googleapiclient.discovery_cache
import gspread
import httplib2
import pytest
import requests
import requests.adapters
import urllib3
from googleapiclient.discovery import build_from_document
from hypothesis import settings as hypothesis_settings

from syncd.sandbox.clock import VirtualClock
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.wire import Request, Response

ACCOUNT = "syncd@sandbox.example"
OWNER = "owner@sandbox.example"
_DOCUMENTS = Path(googleapiclient.discovery_cache.__file__).parent / "documents"
_JSON_TYPES = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "any": object,
}

hypothesis_settings.register_profile("sheets", deadline=None)
hypothesis_settings.load_profile("sheets")


class Discovery:
    """Google's schema, to hold answers against."""

    def __init__(self) -> None:
        self.document = json.loads((_DOCUMENTS / "sheets.v4.json").read_text())
        self.schemas = self.document["schemas"]
        self.methods = list(self._methods(self.document))

    def _methods(self, resource: dict[str, Any]):
        for method in resource.get("methods", {}).values():
            pattern = re.sub(r"\{\w+\}", "[^/]+", method["flatPath"])
            yield method["httpMethod"], re.compile("/" + pattern), method["response"]["$ref"]
        for inner in resource.get("resources", {}).values():
            yield from self._methods(inner)

    def check_answer(self, request: Request, response: Response) -> None:
        if response.status != 200 or not request.path.startswith("/v4/"):
            return
        # The verb makes "[^/]+" match too much; the longest pattern is the right one.
        kinds = [
            (len(pattern.pattern), kind)
            for verb, pattern, kind in self.methods
            if verb == request.method and pattern.fullmatch(request.path)
        ]
        assert kinds, f"no such method: {request.method} {request.path}"
        self.check(max(kinds)[1], json.loads(response.body))

    def check(self, kind: str, value: Any, at: str = "") -> None:
        assert isinstance(value, dict), (at, value)
        properties = self.schemas[kind].get("properties", {})
        for name, inner in value.items():
            assert name in properties, f"{kind} has no {name} ({at})"
            self._check_value(properties[name], inner, f"{at}.{name}")

    def _check_value(self, schema: dict[str, Any], value: Any, at: str) -> None:
        if "$ref" in schema:
            self.check(schema["$ref"], value, at)
        elif schema["type"] == "array":
            assert isinstance(value, list), (at, value)
            for item in value:
                self._check_value(schema["items"], item, at + "[]")
        elif schema["type"] == "object":
            for item in value.values():
                self._check_value(schema["additionalProperties"], item, at + "{}")
        else:
            assert isinstance(value, _JSON_TYPES[schema["type"]]), (at, value)
            assert (
                schema["type"] == "boolean"
                or value is True
                or not isinstance(value, bool)
                or (schema["type"] == "any")
            ), (at, value)
            assert "enum" not in schema or value in schema["enum"], (at, value)


@pytest.fixture(scope="session")
def discovery() -> Discovery:
    return Discovery()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))


@pytest.fixture
def switches() -> SheetsSettings:
    return SheetsSettings(
        reads_per_minute_user=0,
        writes_per_minute_user=0,
        reads_per_minute_project=0,
        writes_per_minute_project=0,
        open=True,
    )


@pytest.fixture
def google(clock, switches) -> Google:
    return Google(clock, switches, seed=7)


@pytest.fixture
def spreadsheet(google):
    return google.create_spreadsheet("Leads of the north", spreadsheet_id="S1")


@pytest.fixture
def worksheet(spreadsheet):
    return spreadsheet.worksheets[0]


@pytest.fixture
def handle(google, discovery):
    def send(request: Request) -> Response:
        response = google.handle(request)
        discovery.check_answer(request, response)
        assert response.status != 500, response.body
        return response

    return send


@pytest.fixture
def call(google, handle):
    """Send one request as a user; return status and JSON."""

    def send(method, path, body=None, *, query="", user=ACCOUNT, token=None):
        token = token or google.issue_token(user)
        raw = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"authorization": f"Bearer {token}"} if token != "none" else {}
        request = Request(method=method, path=path, query=query, headers=headers, body=raw)
        response = handle(request)
        return response.status, json.loads(response.body) if response.body else None

    return send


@pytest.fixture
def batch(call, spreadsheet):
    """Send batchUpdate requests; return status and JSON."""

    def send(*requests_, query="", user=ACCOUNT, **body):
        path = f"/v4/spreadsheets/{spreadsheet.id}:batchUpdate"
        return call("POST", path, {"requests": list(requests_), **body}, query=query, user=user)

    return send


@pytest.fixture
def fill(call, spreadsheet):
    """Write rows from A1 on."""

    def send(rows, *, at="Sheet1!A1", option="RAW"):
        path = f"/v4/spreadsheets/{spreadsheet.id}/values/{at}"
        status, answer = call("PUT", path, {"values": rows}, query=f"valueInputOption={option}")
        assert status == 200, answer
        return answer

    return send


@pytest.fixture
def read(call, spreadsheet):
    """Read a range's values, unformatted unless told otherwise."""

    def send(at="Sheet1", option="UNFORMATTED_VALUE", extra=""):
        query = f"valueRenderOption={option}{extra}"
        status, answer = call("GET", f"/v4/spreadsheets/{spreadsheet.id}/values/{at}", query=query)
        assert status == 200, answer
        return answer.get("values")

    return send


class _Adapter(requests.adapters.BaseAdapter):
    def __init__(self, handle) -> None:
        super().__init__()
        self.handle = handle

    def send(self, request, stream=False, timeout=None, verify=True, cert=None, proxies=None):
        url = urlsplit(request.url)
        body = request.body or b""
        answer = self.handle(
            Request(
                method=request.method,
                path=url.path,
                query=url.query,
                headers={name.lower(): value for name, value in request.headers.items()},
                body=body.encode() if isinstance(body, str) else body,
            )
        )
        raw = urllib3.HTTPResponse(
            body=BytesIO(answer.body),
            headers=urllib3.HTTPHeaderDict(answer.headers),
            status=answer.status,
            preload_content=False,
        )
        return requests.adapters.HTTPAdapter().build_response(request, raw)

    def close(self) -> None:
        pass


@pytest.fixture
def session(google, handle) -> requests.Session:
    """A requests session whose two Google hosts are the sandbox."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {google.issue_token(ACCOUNT)}"
    for host in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
        session.mount(host, _Adapter(handle))
    return session


@pytest.fixture
def adapter(handle) -> _Adapter:
    return _Adapter(handle)


@pytest.fixture
def client(session) -> gspread.Client:
    return gspread.Client(auth=None, session=session)


@pytest.fixture
def opened(client, spreadsheet) -> gspread.Spreadsheet:
    return client.open_by_key(spreadsheet.id)


class _Http:
    """What google-api-python-client needs of httplib2, answered in process."""

    def __init__(self, handle, token: str) -> None:
        self.handle = handle
        self.token = token
        self.redirect_codes: frozenset[int] = frozenset()

    def request(self, uri, method="GET", body=None, headers=None, **_):
        url = urlsplit(uri)
        answer = self.handle(
            Request(
                method=method,
                path=url.path,
                query=url.query,
                headers={"authorization": f"Bearer {self.token}"},
                body=body.encode() if isinstance(body, str) else body or b"",
            )
        )
        shown = {name.lower(): value for name, value in answer.headers}
        return httplib2.Response({**shown, "status": str(answer.status)}), answer.body

    def close(self) -> None:
        pass


@pytest.fixture
def service(google, handle):
    document = json.loads((_DOCUMENTS / "sheets.v4.json").read_text())
    return build_from_document(document, http=_Http(handle, google.issue_token(ACCOUNT)))
