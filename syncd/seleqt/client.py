"""One method per endpoint. Free reads are repeated; the purchase has exactly one attempt.

The host is fixed, redirects are refused (they could leak the key or lose a body), and the key goes
into the header only. A trailing slash ends every route, as the vendor's server wants it.

A time-out holds for the whole of an answer, and not only for each piece of it: one that trickles
would else keep all spreadsheets from buying for as long as it likes.
"""

from __future__ import annotations

import functools
import json
import ssl
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from types import TracebackType
from typing import Any, NamedTuple, TypeVar

import httpx
import stamina
from pydantic import SecretStr

from syncd.core.lists import LeadList
from syncd.core.model import Kind, Prospect
from syncd.core.redaction import redact
from syncd.errors import (
    ContractBroken,
    KeyRefused,
    NotSent,
    OutcomeUnknown,
    Refused,
    SeleqtUnavailable,
)
from syncd.pace import Pace
from syncd.seleqt.schemas import (
    Answer,
    BrokenAnswer,
    Count,
    Order,
    read_answer,
    read_count,
    read_created,
    read_lists,
    read_prospects,
    read_refusal,
)
from syncd.traffic import Watch, ignore, watched

T = TypeVar("T")

Transport = httpx.BaseTransport

PAGE = 100  # people a page; the vendor's search stops at 100, its lists are not documented
_MOST_PAGES = 1000
_WINDOW = 60.0  # seconds; the vendor sends no Retry-After that we know of
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class _Answered(NamedTuple):
    status: int
    headers: httpx.Headers
    body: object  # parsed; None where it is no JSON


class Seleqt:
    """The vendor's API for one key.

    Reads raise :class:`SeleqtUnavailable`, :class:`KeyRefused` or :class:`Refused`, and the count
    :class:`ContractBroken`, as it decides upon purchases; only
    :meth:`enrich` spends, and says what it raises.
    """

    def __init__(
        self,
        *,
        base_url: str,
        key: SecretStr,
        pace: Pace,
        transport: Transport | None = None,
        watch: Watch = ignore,
        read_timeout: float = 30.0,
        buy_timeout: float = 60.0,
        spends: bool = True,
    ) -> None:
        self._spends = spends  # else it reads only, whatever it is asked
        self._pace = pace
        self._watch = watch
        headers = {"X-API-Key": key.get_secret_value(), "Accept": "application/json"}
        local = httpx.URL(base_url).host in {"127.0.0.1", "localhost", "::1"}

        def client(timeout: float, keep: int | None) -> httpx.Client:
            return httpx.Client(
                base_url=base_url,
                headers=headers,
                timeout=httpx.Timeout(timeout, connect=10.0),
                limits=httpx.Limits(max_keepalive_connections=keep),
                follow_redirects=False,
                trust_env=not local,
                verify=_tls(),
                transport=transport,
            )

        self._reads = client(read_timeout, 5)
        # A purchase never rides on an old connection: a stale one dies like a lost answer.
        self._buys = client(buy_timeout, 0)

    def close(self) -> None:
        self._reads.close()
        self._buys.close()

    def __enter__(self) -> Seleqt:  # noqa: PYI034  (nobody subclasses it)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # -- free -----------------------------------------------------------------------------------

    def probe(self) -> None:
        """Return when the key is live. The answer describes keys, so it is never read or logged."""
        self._get("/api-keys/")

    def lists(self) -> list[LeadList]:
        return _read(read_lists, self._get("/public/lead-lists/"))

    def create_list(self, name: str) -> LeadList:
        """Create a list of people. One attempt: a lost answer is found again by the name."""
        body = {"name": name, "search_type": "PEOPLE"}
        return _read(read_created, self._post("/public/lead-lists/", body))

    def add_leads(self, list_id: int, prospect_ids: Sequence[int]) -> None:
        """Attach existing prospects. What it does with unknown ids is undocumented: read back."""
        self._post(f"/public/lead-lists/{list_id}/add-leads/", {"prospect_ids": list(prospect_ids)})

    def leads(self, list_id: int, expected: Collection[int] = ()) -> list[Prospect]:
        """Return everybody on the list, over all pages.

        There are no totals, and a page past the end may be empty, missing or the last one again;
        so paging ends with the first page that shows nobody new. ``expected`` spares that page
        when all of them have been seen.
        """
        people: dict[int, Prospect] = {}
        wanted = set(expected)
        for page in range(1, _MOST_PAGES):
            path = f"/public/lead-lists/{list_id}/leads/"
            try:
                body = self._get(path, params={"page": page, "page_size": PAGE})
            except Refused as refusal:
                if refusal.status == 404 and page > 1:
                    break
                raise
            found = _read(read_prospects, body)
            new = [prospect for prospect in found if prospect.id not in people]
            people.update({prospect.id: prospect for prospect in found})
            if not new or (wanted and wanted <= people.keys() and len(found) < PAGE):
                break
        return list(people.values())

    def count(self, list_id: int, kind: Kind) -> Count:
        path = f"/public/lead-lists/{list_id}/enrichment/count/"
        body = self._get(path, params={"enrichment_type": kind.value})
        try:
            return read_count(body, kind)
        except BrokenAnswer as error:
            raise ContractBroken(f"Seleqt counted oddly: {error}", evidence=redact(body)) from None

    # -- spends ---------------------------------------------------------------------------------

    def enrich(self, list_id: int, order: Order) -> Answer:
        """Buy. One request, never repeated, whatever happens.

        Raises :class:`Refused` for a parsed, documented no; :class:`NotSent` where nothing left
        this machine, or the vendor turned it away at the door (429); :class:`KeyRefused` for
        401 and 403; :class:`OutcomeUnknown` for everything else: it may have been charged.
        """
        self._pace.wait(first=True)
        path = f"/public/lead-lists/{list_id}/enrichment/"
        try:
            answer = self._exchange(self._buys, "POST", path, json=order.body())
        except _NOT_SENT as error:
            raise NotSent(f"Seleqt could not be reached: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise OutcomeUnknown(f"no answer to the purchase: {type(error).__name__}") from error
        refusal = read_refusal(answer.body)
        evidence = "" if answer.body is None else redact(answer.body)
        match answer.status:
            case 200 | 201 | 202:
                if refusal and refusal[0] == "insufficient_credits":
                    raise Refused(refusal[1], status=answer.status, code=refusal[0])
                try:
                    return read_answer(answer.body, order.kind)
                except BrokenAnswer as error:
                    raise OutcomeUnknown(
                        f"the purchase was answered oddly: {error}",
                        evidence=evidence,
                        broken=bool(evidence),
                    ) from None
            case 429 if refusal:
                self._pace.pause(_retry_after(answer.headers))
                raise NotSent("Seleqt's rate limit was reached")
            case 401:  # documented as a status; in which words is not, so any will do
                raise KeyRefused("Seleqt refuses the key (401)")
            case 403 if refusal:
                raise KeyRefused("Seleqt refuses the key (403)")
            case 400 | 404 if refusal:
                raise Refused(refusal[1], status=answer.status, code=refusal[0])
            case code:
                raise OutcomeUnknown(
                    f"the purchase was answered with status {code}", evidence=evidence
                )

    # -- the wire -------------------------------------------------------------------------------

    def _get(self, path: str, params: dict[str, Any] | None = None) -> object:
        for attempt in stamina.retry_context(
            on=_passing, attempts=3, timeout=20.0, wait_initial=0.2, wait_max=2.0
        ):
            with attempt:
                return self._send("GET", path, params=params)
        raise AssertionError("unreachable: the last attempt raises")

    def _post(self, path: str, body: Mapping[str, object]) -> object:
        return self._send("POST", path, body=body, first=True)

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, Any] | None = None,
        body: Mapping[str, object] | None = None,
        first: bool = False,
    ) -> object:
        self._pace.wait(first=first)
        try:
            answer = self._exchange(self._reads, method, path, params=params, json=body)
        except httpx.HTTPError as error:
            raise SeleqtUnavailable(
                f"Seleqt did not answer {method} {path}: {type(error).__name__}"
            ) from error
        code, refusal = answer.status, read_refusal(answer.body)
        if 200 <= code < 300:
            if refusal and isinstance(answer.body, dict) and answer.body.get("success") is False:
                raise Refused(refusal[1], status=code, code=refusal[0])
            if answer.body is None:
                raise SeleqtUnavailable(f"Seleqt answered {method} {path} with no JSON")
            return answer.body
        if code == 429:
            wait = _retry_after(answer.headers)
            self._pace.pause(wait)
            raise SeleqtUnavailable("Seleqt's rate limit was reached", retry_after=wait)
        if code in {401, 403}:
            raise KeyRefused(f"Seleqt refuses the key ({code})")
        if code in {400, 404} and refusal:
            raise Refused(refusal[1], status=code, code=refusal[0])
        if code == 404:
            raise Refused(f"Seleqt knows nothing at {path}", status=code)
        raise SeleqtUnavailable(f"Seleqt answered {method} {path} with status {code}")

    def _exchange(self, client: httpx.Client, method: str, path: str, **content: Any) -> _Answered:
        """Send one request and read its answer, all within the client's time-out.

        Only the head of an answer may take longer, when it comes in pieces.
        """
        if method != "GET" and not self._spends:
            raise RuntimeError(f"a client that only reads was asked to {method} {path}")
        patience = client.timeout.read or 0.0
        deadline = time.monotonic() + patience
        body = bytearray()
        call = "read" if method == "GET" else "buy" if client is self._buys else "write"
        with (
            watched(self._watch, "seleqt", call) as told,
            client.stream(method, path, **content) as response,
        ):
            for piece in response.iter_bytes():
                body += piece
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout(f"more than {patience:g} s", request=response.request)
            told.status, told.date = response.status_code, response.headers.get("date", "")
        return _Answered(response.status_code, response.headers, _parse(bytes(body)))


@functools.cache
def _tls() -> ssl.SSLContext:
    """Reading the machine's certificates takes 50 ms, so all clients share one context."""
    return httpx.create_ssl_context()


def _passing(error: Exception) -> bool:
    """Whether the same free read may work within seconds; a rate limit takes a minute."""
    return isinstance(error, SeleqtUnavailable) and error.retry_after is None


def _parse(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # no JSON, or numbers and nesting beyond all sense
        return None


def _read(read: Callable[[object], T], body: object) -> T:
    try:
        return read(body)
    except BrokenAnswer as error:
        raise SeleqtUnavailable(f"Seleqt answered oddly: {error}") from None


def _retry_after(headers: httpx.Headers) -> float:
    value = headers.get("Retry-After", "")
    return min(float(value), 300.0) if value.isdigit() else _WINDOW
