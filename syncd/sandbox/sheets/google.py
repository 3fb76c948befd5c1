"""Google as one object: takes HTTP requests as plain values, answers as the real thing would.

It refuses, in Google's words, everything it does not know: unknown fields, parameters and request
kinds are 400, unknown paths Google's HTML 404. It never raises.
"""

from __future__ import annotations

import gc
import logging
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic_core import to_json

from syncd.sandbox.clock import Clock
from syncd.sandbox.wire import Request, Response

from . import api, drive
from .auth import TokenRefused, Tokens
from .calls import Call, Context, Files
from .errors import ApiError, scope_missing, unauthenticated
from .masks import parse_mask, project
from .model import Spreadsheet
from .quotas import Quotas
from .schema import check_mask
from .settings import SheetsSettings

_log = logging.getLogger(__name__)
_HEADERS = (
    ("Content-Type", "application/json; charset=UTF-8"),
    ("Vary", "Origin, X-Origin, Referer"),
    ("Server", "ESF"),
    ("Cache-Control", "private"),
    ("X-XSS-Protection", "0"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("X-Content-Type-Options", "nosniff"),
)
Kind = Literal["read", "write", "token", "drive"]


class Google:
    """Sheets v4, a little of Drive v3, and the token endpoint, over spreadsheets in memory.

    Not thread-safe: the caller holds a lock. Ids and tokens come from ``seed``.
    """

    def __init__(self, clock: Clock, settings: SheetsSettings, seed: int = 0) -> None:
        self.clock = clock
        self.settings = settings
        self.random = random.Random(seed)  # noqa: S311 - a sandbox must be repeatable
        self.tokens = Tokens(clock, self.random)
        self.quotas = Quotas(settings)
        self.files = Files(clock, settings, self.random, self.tokens.email)

    @property
    def spreadsheets(self) -> dict[str, Spreadsheet]:
        return self.files.spreadsheets

    def service_account(self, base_url: str) -> dict[str, str]:
        """Return a service account's JSON whose tokens come from ``{base_url}/token``."""
        return self.tokens.service_account(base_url)

    def issue_token(self, email: str) -> str:
        return self.tokens.issue(email)

    def revoke_tokens(self) -> None:
        self.tokens.revoke()

    def create_spreadsheet(
        self,
        title: str,
        spreadsheet_id: str | None = None,
        locale: str = "en_US",
        time_zone: str = "Europe/Berlin",
        worksheets: Sequence[tuple[str, int, int]] = (("Sheet1", 1000, 26),),
        owner: str = "owner@sandbox.example",
    ) -> Spreadsheet:
        """Make a spreadsheet as its owner would; the service account may write unless told not to.

        Worksheets are ``(title, rows, columns)``; the first gets sheetId 0.
        """
        spreadsheet = self.files.create(
            title,
            spreadsheet_id=spreadsheet_id,
            locale=locale,
            time_zone=time_zone,
            worksheets=worksheets,
            owner=owner,
        )
        spreadsheet.roles.setdefault(self.tokens.email, "writer")
        return spreadsheet

    def classify(self, request: Request) -> Kind:
        """Tell what a request counts as. Reads sent as POST count as reads."""
        request = _overridden(request)
        path = request.path
        if path.startswith("/token"):
            return "token"
        if path.startswith(("/drive/", "/upload/")):
            return "drive"
        return "read" if api.is_read(request.method, path) else "write"

    def handle(self, request: Request) -> Response:
        """Answer one request, whatever it is."""
        request = _overridden(request)
        # A big answer is a million small objects and no cycles: the collector only slows it down.
        collecting = gc.isenabled()
        gc.disable()
        try:
            return self._answer(request)
        except ApiError as error:
            return _json(error.code, error.body(), request, _challenge(error))
        except Exception:  # noqa: BLE001 - the brief of a server: answer 500, never die
            _log.exception("the sandbox's Google failed on %s %s", request.method, request.path)
            return _json(500, ApiError(500, "Internal error encountered.").body(), request)
        finally:
            if collecting:
                gc.enable()

    def _answer(self, request: Request) -> Response:
        kind = self.classify(request)
        if kind == "token":
            return self._token(request)
        call = (drive if kind == "drive" else api).route(request)
        if call is None:
            return _lost(request.path)
        user = self._user(request, kind)
        if kind in ("read", "write"):
            counted: Literal["read", "write"] = "read" if kind == "read" else "write"
            self.quotas.take(counted, user or "anybody", self.clock.now())
        tree = _mask(request, call)
        context = Context(self.files, self.settings, self.clock, self.random, user, tree)
        status, value, headers = call.run(context, request)
        if isinstance(value, bytes):
            return Response(status=status, headers=(*headers, *_HEADERS[1:]), body=value)
        if tree is not None:
            value = project(value, tree)
        return _json(status, value, request, headers)

    def _user(self, request: Request, kind: Kind) -> str | None:
        """Return whose request it is; None, which may do everything, only in open mode."""
        authorization = request.headers.get("authorization", "")
        for name, value in request.params:
            if name in ("access_token", "oauth_token") and not authorization:
                authorization = f"Bearer {value}"
        bearer = self.tokens.bearer(authorization)
        if bearer is not None:
            if not bearer.may(kind):
                raise drive.scope_missing() if kind == "drive" else scope_missing()
            return bearer.email
        sent = authorization.lower().startswith("bearer ") and authorization[7:].strip() != ""
        if self.settings.open and sent:
            return None
        if kind == "drive":
            raise drive.login_required(sent=sent)
        raise unauthenticated(sent=sent)

    def _token(self, request: Request) -> Response:
        if request.method != "POST":
            return _lost(request.path)
        try:
            return _json(200, self.tokens.exchange(request.body), request)
        except TokenRefused as refused:
            return _json(400, refused.body(), request)


def _overridden(request: Request) -> Request:
    """Undo a method override: Google's own client sends long GETs as POSTs with a form body."""
    if request.method == "POST" and request.headers.get("x-http-method-override", "") == "GET":
        query = "&".join(filter(None, (request.query, request.body.decode(errors="replace"))))
        return replace(request, method="GET", query=query, body=b"")
    return request


def _mask(request: Request, call: Call) -> dict[str, Any] | None:
    """Read and check the standard ``fields`` parameter against the method's answer."""
    text = next((value for name, value in request.params if name in ("fields", "$fields")), "")
    if not text:
        return None
    try:
        tree = parse_mask(text)
    except ValueError:
        raise _bad_fields(text) from None
    if call.answer is not None and (unknown := check_mask(call.answer, tree)) is not None:
        raise _bad_fields(unknown)
    return tree


def _bad_fields(path: str) -> ApiError:
    description = (
        f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path}'."
    )
    return ApiError(
        400,
        "Request contains an invalid argument.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": path, "description": description}],
            }
        ],
    )


def _json(
    status: int, value: Any, request: Request, headers: tuple[tuple[str, str], ...] = ()
) -> Response:
    pretty = all(
        text.lower() not in ("false", "0")
        for name, text in request.params
        if name in ("prettyPrint", "$prettyPrint")
    )
    body = to_json(value, indent=2) + b"\n" if pretty else to_json(value)
    return Response(status=status, headers=(*_HEADERS, *headers), body=body)


def _challenge(error: ApiError) -> tuple[tuple[str, str], ...]:
    if error.code != 401:
        return ()
    return (("WWW-Authenticate", 'Bearer realm="https://accounts.google.com/"'),)


def _lost(path: str) -> Response:
    """Answer an unknown path as Google's front end does, in HTML."""
    body = (
        "<!DOCTYPE html>\n<html lang=en>\n  <title>Error 404 (Not Found)!!1</title>\n"
        "  <p><b>404.</b> <ins>That\u2019s an error.</ins>\n"
        f"  <p>The requested URL <code>{_escape(path)}</code> was not found on this server.  "
        "<ins>That\u2019s all we know.</ins>\n"
    )
    headers = (("Content-Type", "text/html; charset=UTF-8"), ("Referrer-Policy", "no-referrer"))
    return Response(status=404, headers=headers, body=body.encode())


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
