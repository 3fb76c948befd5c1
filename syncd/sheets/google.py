"""Google Sheets through gspread: the only module that imports it.

gspread's own clients either never time out or never give up, so this one sits on its plain
``HTTPClient`` with timeouts and the base URL from the config. Numbers are never guessed from text
and text is never parsed: reads are unformatted, writes are ``stringValue``.

What gspread really raises (measured on 6.2.1): ``APIError`` whose ``code`` is -1 for HTML bodies,
``KeyError`` or ``TypeError`` while it builds an APIError, requests' and google-auth's own errors,
and the built-in ``PermissionError``, which is an ``OSError``. All of it is translated here.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import gspread
import pydantic_core
import requests
import requests.adapters
import stamina
from google.auth.exceptions import GoogleAuthError, RefreshError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2.service_account import Credentials
from gspread.exceptions import APIError

from syncd.errors import (
    SheetChanged,
    SheetDenied,
    SheetUnavailable,
    SyncdError,
    WriteUnknown,
)
from syncd.pace import Pace
from syncd.sheets.answers import find_range, read_echo, read_grid
from syncd.sheets.base import (
    Append,
    Aside,
    CellSwap,
    CellWrite,
    Echo,
    Grid,
    Journal,
    Outline,
    Snapshot,
)
from syncd.sheets.blocks import group_cells, group_rows
from syncd.sheets.bodies import append_rows, replace_text, update_cells
from syncd.sheets.journal import copy_rows, read_journal
from syncd.sheets.timely import Timely
from syncd.traffic import Answer, Watch, ignore, watched

Adapter = requests.adapters.BaseAdapter

SCOPES = ("https://www.googleapis.com/auth/spreadsheets",)
_TIMEOUTS = (10.0, 90.0)  # connect, read; the whole of an answer: see Timely
_COMPACT = {"prettyPrint": "false"}  # a third of a big answer is indentation (documented switch)
_ECHO_FIELDS = (
    "updatedSpreadsheet(properties(timeZone),sheets(properties(sheetId),"
    "data(startRow,startColumn,rowData(values(effectiveValue)))))"
)


class _Wire(gspread.HTTPClient):
    """gspread's one seam: every call ends here. Swaps the host for the configured one."""

    def __init__(self, auth: Any, session: Any = None, *, base_url: str, watch: Watch) -> None:
        super().__init__(auth, session)
        self._base_url = base_url
        self._watch = watch
        self.set_timeout(_TIMEOUTS)

    def request(self, method: str, endpoint: str, *args: Any, **kwargs: Any) -> requests.Response:
        path = endpoint.removeprefix("https://sheets.googleapis.com")
        call = "write" if path.endswith(":batchUpdate") else "read"
        with watched(self._watch, "google", call) as told:
            try:
                answer = super().request(method, self._base_url + path, *args, **kwargs)
            except APIError as error:
                _tell(told, error.response)
                raise
            _tell(told, answer)
        return answer


class _Credentials(Credentials):
    """Service-account credentials that talk to nobody but the token endpoint.

    google-auth would also ask another host of Google's, from a thread of its own and with our
    token, in which regions the account may work. The name is private to it; a test watches that no
    other host is asked, should it change.
    """

    def _is_regional_access_boundary_lookup_required(self) -> bool:
        return False


class GoogleSpreadsheet:
    """One spreadsheet behind a service account. Not shared between threads.

    ``adapter`` carries every request, for tokens too, instead of the network.
    """

    def __init__(
        self,
        *,
        name: str,
        spreadsheet_id: str,
        account: Mapping[str, Any],
        base_url: str,
        reads: Pace,
        writes: Pace,
        adapter: Adapter | None = None,
        watch: Watch = ignore,
    ) -> None:
        self._name = name
        self._url = f"https://sheets.googleapis.com/v4/spreadsheets/{quote(spreadsheet_id)}"
        self._email = str(account["client_email"])
        credentials = _Credentials.from_service_account_info(  # type: ignore[no-untyped-call]
            dict(account), scopes=SCOPES
        )
        client = gspread.Client(
            auth=credentials,
            session=_carried_by(adapter, credentials),
            http_client=functools.partial(_Wire, base_url=base_url, watch=watch),  # type: ignore[arg-type]
        )
        self._wire = client.http_client
        self._reads = reads
        self._writes = writes
        self._may_write = False  # a turn to write was waited for, and not used yet
        self._time_zone = ""

    @property
    def name(self) -> str:
        return self._name

    @property
    def time_zone(self) -> str:
        return self._time_zone

    @property
    def account(self) -> str:
        """The address that a spreadsheet must be shared with."""
        return self._email

    def describe(self, fields: str, titles: Sequence[str] = ()) -> dict[str, Any]:
        """Return a Spreadsheet resource with these fields; ``titles`` limit it to worksheets."""
        params = {"fields": fields, "ranges": [_quote(title) for title in titles], **_COMPACT}
        return self._parse(self._read("get", self._url, params=params))

    def outline(self) -> list[Outline]:
        found = self.describe("properties(timeZone),sheets(properties(sheetId,title))")
        self._time_zone = found.get("properties", {}).get("timeZone", "")
        return [
            Outline(sheet_id=sheet["properties"]["sheetId"], title=sheet["properties"]["title"])
            for sheet in found.get("sheets", [])
        ]

    def read(
        self, sheet_ids: Sequence[int], known: bytes | None = None, aside: Aside | None = None
    ) -> Snapshot:
        """Ask once, by sheet id (``values:batchGetByDataFilter``): a renamed worksheet is found."""
        body = {
            "dataFilters": [{"gridRange": {"sheetId": sheet_id}} for sheet_id in sheet_ids],
            "majorDimension": "ROWS",
            "valueRenderOption": "UNFORMATTED_VALUE",
            "dateTimeRenderOption": "FORMATTED_STRING",
        }
        content = self._read(
            "post", f"{self._url}/values:batchGetByDataFilter", params=_COMPACT, json=body
        )
        hashed = hashlib.blake2b(digest_size=16)
        apart = find_range(content, aside.title) if aside else None
        if aside is None or apart is None:
            hashed.update(content)
        else:
            values, first, last = apart
            small = read_grid(aside.sheet_id, values)
            hashed.update(memoryview(content)[:first])
            hashed.update(memoryview(content)[last:])
            hashed.update(aside.condense(small))
            if hashed.digest() == known:
                return Snapshot(digest=known, grids=None, aside=small)
        digest = hashed.digest()
        if digest == known:
            return Snapshot(digest=digest, grids=None)
        parsed = self._parse(content)
        del content  # as large as all the cells, and not wanted beside them
        grids: dict[int, Grid] = {}
        for matched in parsed.get("valueRanges", []):
            # sheetId 0 is Google's default and left out of the filter that it sends back.
            sheet_id = matched["dataFilters"][0].get("gridRange", {}).get("sheetId", 0)
            grids[sheet_id] = read_grid(sheet_id, matched["valueRange"])
        missing = set(sheet_ids) - grids.keys()
        if missing:
            raise SheetUnavailable(f"Google left out {len(missing)} of the worksheets asked for.")
        return Snapshot(digest=digest, grids=grids, aside=grids[aside.sheet_id] if aside else None)

    def ready(self) -> None:
        if not self._may_write:
            self._writes.wait()
            self._may_write = True

    def write(
        self,
        writes: Sequence[CellWrite],
        appends: Sequence[Append],
        swaps: Sequence[CellSwap] = (),
        *,
        titles: Mapping[int, str],
        shown: Collection[tuple[int, int]] = (),
        journal: Journal | None = None,
    ) -> Echo:
        rows = {(write.sheet_id, write.row) for write in writes} | set(shown)
        echoed = bool(writes or swaps)
        body: dict[str, Any] = {
            "requests": [
                # Swaps first: none may take a text that this very write puts somewhere.
                *map(replace_text, swaps),
                *(copy_rows(journal) if journal else ()),
                *map(update_cells, group_cells(writes)),
                *map(append_rows, appends),
            ],
            "includeSpreadsheetInResponse": echoed,
            "responseIncludeGridData": echoed,
            "responseRanges": [
                f"{_quote(titles[sheet_id])}!{first + 1}:{last + 1}"
                for sheet_id, first, last in group_rows(rows)
            ],
        }
        if journal and journal.copies:
            first, last = journal.top + 1, journal.end
            body["responseRanges"].append(f"{_quote(journal.title)}!{first}:{last}")
        params = {"fields": _ECHO_FIELDS if echoed else "spreadsheetId", **_COMPACT}
        self.ready()
        self._may_write = False
        content = self._call(
            "post", f"{self._url}:batchUpdate", write=True, params=params, json=body
        )
        try:
            updated = self._parse(content).get("updatedSpreadsheet", {})
            self._time_zone = updated.get("properties", {}).get("timeZone", self._time_zone)
            found = read_echo(updated)
        except (SheetUnavailable, LookupError, TypeError, AttributeError) as error:
            raise WriteUnknown("Google's answer to a write could not be read.") from error
        if journal is None:
            return Echo(rows=found)
        kept = [found.get((journal.sheet_id, n), ()) for n in range(journal.top, journal.end)]
        return Echo(rows=found, before=read_journal(journal, kept) or {})

    def change(self, requests: Sequence[Mapping[str, Any]]) -> None:
        """Apply requests of ``spreadsheets.batchUpdate``, all or none of them."""
        self.ready()
        self._may_write = False
        body = {"requests": list(requests)}
        params = {"fields": "spreadsheetId", **_COMPACT}
        self._call("post", f"{self._url}:batchUpdate", write=True, params=params, json=body)

    # -- the wire -------------------------------------------------------------------------------

    def _read(self, method: str, url: str, **kwargs: Any) -> bytes:
        for attempt in stamina.retry_context(
            on=_passing, attempts=3, timeout=30.0, wait_initial=0.3, wait_max=3.0
        ):
            with attempt:
                self._reads.wait()
                return self._call(method, url, write=False, **kwargs)
        raise AssertionError("unreachable: the last attempt raises")

    def _call(self, method: str, url: str, *, write: bool, **kwargs: Any) -> bytes:
        """Send once and translate whatever comes back; only a clear no means "not written"."""
        try:
            content: bytes = self._wire.request(method, url, **kwargs).content
        except APIError as error:
            raise self._refusal(error, write=write) from error
        except RefreshError as error:
            # Only a parsed refusal is one: google-auth calls a gateway's page "not retryable", too.
            said = error.args[1] if len(error.args) > 1 else None
            if getattr(error, "retryable", False) or not isinstance(said, Mapping):
                raise SheetUnavailable("Google's sign-in does not answer.") from error
            if "short-lived" in str(said.get("error_description")):  # not of Google's time
                raise SheetDenied(
                    "This machine's clock is wrong: Google refuses to sign in. Set the clock."
                ) from error
            raise SheetDenied(
                f"Google refuses the service account {self._email}. Check its key."
            ) from error
        except GoogleAuthError as error:
            raise SheetUnavailable("Google's sign-in cannot be reached.") from error
        except PermissionError as error:
            raise SheetDenied(self._not_shared()) from error
        except (OSError, requests.RequestException, KeyError, TypeError, ValueError) as error:
            text = f"Google did not answer: {type(error).__name__}."
            raise (WriteUnknown(text) if write else SheetUnavailable(text)) from error
        return content

    def _refusal(self, error: APIError, *, write: bool) -> SyncdError:
        code = error.response.status_code  # never error.code: it is -1 for HTML bodies
        said = str(error.error.get("message", ""))[:300] if code < 500 else ""
        match code:
            case 429:
                pace = self._writes if write else self._reads
                pace.pause(_REFILL)
                return SheetUnavailable("Google's quota is used up.", retry_after=_REFILL)
            case 401:
                return SheetDenied(f"Google refuses the service account {self._email}.")
            case 403 if write:
                return SheetDenied(f"{self._email} may not edit here. {self._not_shared()}")
            case 403:
                return SheetDenied(self._not_shared())
            case 404:
                return SheetDenied(
                    f"There is no spreadsheet with this id, or it is not shared with {self._email}."
                )
            case 400 if "protected" in said:
                return SheetDenied(
                    f"A protected range shuts syncd out. Let {self._email} edit its columns."
                )
            case 400 if "No grid with id" in said and not write:
                return SheetDenied("A worksheet was deleted.")  # ids never come back: look anew
            case 400 if "No grid with id" in said or "Unable to parse range" in said:
                return SheetChanged("A worksheet was renamed or deleted just now.")
            case 400:
                return SheetDenied(f"Google refuses the request: {said}")
            case _:
                text = f"Google answered with status {code}."
                return WriteUnknown(text) if write else SheetUnavailable(text)

    def _not_shared(self) -> str:
        return f"Share the spreadsheet with {self._email} as an editor."

    @staticmethod
    def _parse(content: bytes) -> dict[str, Any]:
        """Parse JSON, sharing equal strings: 50,000 rows repeat themselves a lot."""
        try:
            found = pydantic_core.from_json(content, cache_strings="all")
        except ValueError as error:
            raise SheetUnavailable("Google answered with something that is no JSON.") from error
        if not isinstance(found, dict):
            raise SheetUnavailable("Google answered with something unexpected.")
        return found


_REFILL = 60.0  # seconds until Google's per-minute quotas are full again; no Retry-After is sent


def _tell(told: Answer, answer: requests.Response) -> None:
    told.status, told.date = answer.status_code, answer.headers.get("Date", "")


def _carried_by(adapter: Adapter | None, credentials: Credentials) -> requests.Session:
    tokens = requests.Session()
    session: requests.Session = AuthorizedSession(credentials, auth_request=Request(tokens))  # type: ignore[no-untyped-call]
    # Tokens may be asked for again, as google-auth would by itself.
    for one, retries in ((tokens, 3), (session, 0)):
        # With an adapter the environment's proxies are not asked: it is the way.
        one.trust_env = adapter is None
        for scheme in ("http://", "https://"):
            one.mount(scheme, adapter or Timely(max_retries=retries))
    return session


def _passing(error: Exception) -> bool:
    return isinstance(error, SheetUnavailable) and error.retry_after is None


def _quote(title: str) -> str:
    return "'" + title.replace("'", "''") + "'"
