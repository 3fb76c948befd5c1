"""The little of Drive v3 that spreadsheets need: files, permissions, export.

``modifiedTime`` and ``version`` lag behind cell edits (Google's own answer, D1); a new title shows
at once (recorded).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

from syncd.sandbox.wire import Request

from .calls import Answer, Call, Context, read_json
from .errors import DriveError
from .export import export_csv
from .files import duplicate_file
from .model import Spreadsheet
from .rights import READERS, WRITERS
from .schema import STANDARD_PARAMETERS

MIME = "application/vnd.google-apps.spreadsheet"
_SHOWN = ("kind", "id", "name", "mimeType")
_PARAMETERS = STANDARD_PARAMETERS | frozenset(
    [
        "supportsAllDrives",
        "supportsTeamDrives",
        "includeItemsFromAllDrives",
        "includeTeamDriveItems",
        "q",
        "pageSize",
        "pageToken",
        "orderBy",
        "corpora",
        "corpus",
        "spaces",
        "driveId",
        "teamDriveId",
        "mimeType",
        "sendNotificationEmail",
        "emailMessage",
        "transferOwnership",
        "moveToNewOwnersRoot",
        "useDomainAdminAccess",
        "enforceSingleParent",
        "acknowledgeAbuse",
        "includeLabels",
        "includePermissionsForView",
        "addParents",
        "removeParents",
        "ignoreDefaultVisibility",
        "keepRevisionForever",
        "enforceExpansiveAccess",
        "includeDeleted",
        "startModifiedTime",
    ]
)
_CLAUSE = re.compile(
    r"\s*(?:(?P<field>name|mimeType|trashed|parents)\s*(?P<sign>=|!=|contains|in)\s*"
    r"""(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|true|false)"""
    r"""|(?P<parent>'[^']*'|"[^"]*")\s+in\s+parents)\s*"""
)


def login_required(*, sent: bool) -> DriveError:
    """Refuse a missing or unknown token as Drive does (from memory)."""
    message = "Invalid Credentials" if sent else "Login Required."
    reason = "authError" if sent else "required"
    return DriveError(401, message, reason, location=("Authorization", "header"))


def scope_missing() -> DriveError:
    return DriveError(
        403,
        "Insufficient Permission: Request had insufficient authentication scopes.",
        "insufficientPermissions",
    )


def _not_found(file_id: str) -> DriveError:
    return DriveError(
        404, f"File not found: {file_id}.", "notFound", location=("fileId", "parameter")
    )


def _forbidden() -> DriveError:
    return DriveError(
        403,
        "The user does not have sufficient permissions for this file.",
        "insufficientFilePermissions",
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    context: Context
    names: list[str]
    params: Mapping[str, str]
    body: dict[str, Any]

    def file(self, *, roles: frozenset[str] = READERS) -> Spreadsheet:
        """Return the file named by the path; one that may not be seen is not found."""
        spreadsheet = self.context.files.spreadsheets.get(self.names[0])
        user = self.context.user
        if spreadsheet is None:
            raise _not_found(self.names[0])
        if user is not None and spreadsheet.role(user) not in READERS:
            raise _not_found(self.names[0])
        if user is not None and spreadsheet.role(user) not in roles:
            raise _forbidden()
        return spreadsheet


def route(request: Request) -> Call | None:
    parts = request.path.strip("/").split("/")
    if parts[:3] != ["drive", "v3", "files"]:
        return None
    rest = [unquote(part) for part in parts[3:]]
    kind = "/".join(part if index == 1 else "*" for index, part in enumerate(rest))
    method = _METHODS.get((request.method, kind))
    if method is None:
        return None
    names = [part for index, part in enumerate(rest) if index != 1]

    def run(context: Context, request: Request) -> Answer:
        unknown = [name for name, _ in request.params if name not in _PARAMETERS]
        if unknown:
            raise DriveError(400, f"Unknown parameter: {unknown[0]}", "invalidParameter")
        body = read_json(request)
        if not isinstance(body, dict):
            raise DriveError(400, "Parse Error", "parseError")
        return method(_Asked(context, names, dict(request.params), body))

    return Call(run, None)


def _create(asked: _Asked) -> Answer:
    if asked.body.get("mimeType", MIME) != MIME:
        raise DriveError(400, "The sandbox holds spreadsheets only.", "invalid")
    _may_own(asked.context)
    title = asked.body.get("name", "Untitled")
    spreadsheet = asked.context.files.create(title, owner=asked.context.owner)
    return 200, _shown(asked, spreadsheet), ()


def _may_own(context: Context) -> None:
    """Refuse files to a service account, which has no storage, unless the sandbox is open."""
    if context.user == context.files.account and not context.settings.open:
        raise DriveError(
            403,
            "Service Accounts do not have storage quota. Leverage shared drives "
            "(https://developers.google.com/workspace/drive/api/guides/about-shareddrives), or use "
            "OAuth delegation instead.",
            "storageQuotaExceeded",
        )


def _get(asked: _Asked) -> Answer:
    return 200, _shown(asked, asked.file()), ()


def _delete(asked: _Asked) -> Answer:
    spreadsheet = asked.file(roles=frozenset(("owner",)))
    del asked.context.files.spreadsheets[spreadsheet.id]
    return 204, b"", ()


def _update(asked: _Asked) -> Answer:
    spreadsheet = asked.file(roles=WRITERS)
    if "name" in asked.body:
        spreadsheet.title = str(asked.body["name"])
        spreadsheet.touch(at_once=True)
    return 200, _shown(asked, spreadsheet), ()


def _copy(asked: _Asked) -> Answer:
    source = asked.file()
    _may_own(asked.context)
    title = str(asked.body.get("name", f"Copy of {source.title}"))
    copied = duplicate_file(source, asked.context.files, title, asked.context.owner)
    return 200, _shown(asked, copied), ()


def _list(asked: _Asked) -> Answer:
    user = asked.context.user
    matches = _query(asked.params.get("q", ""))
    found = [
        one
        for one in asked.context.files.spreadsheets.values()
        if (user is None or one.role(user) in READERS) and matches(one)
    ]
    size, start = int(asked.params.get("pageSize", 100)), int(asked.params.get("pageToken") or 0)
    answer: dict[str, Any] = {"kind": "drive#fileList", "incompleteSearch": False}
    answer["files"] = [_shown(asked, one) for one in found[start : start + size]]
    if start + size < len(found):
        answer["nextPageToken"] = str(start + size)
    return 200, answer, ()


def _query(text: str) -> Callable[[Spreadsheet], bool]:
    """Read a search query: clauses on name, mimeType, trashed and parents, joined by "and"."""
    tests: list[Callable[[Spreadsheet], bool]] = []
    at = 0
    while at < len(text):
        match = _CLAUSE.match(text, at)
        if match is None:
            raise DriveError(400, "Invalid Value", "invalid", location=("q", "parameter"))
        tests.append(_clause(match))
        at = match.end()
        if text[at : at + 4].lower() == "and ":
            at += 4
        elif at < len(text):
            raise DriveError(400, "Invalid Value", "invalid", location=("q", "parameter"))
    return lambda spreadsheet: all(test(spreadsheet) for test in tests)


def _clause(match: re.Match[str]) -> Callable[[Spreadsheet], bool]:
    if match["parent"] is not None or match["field"] == "parents":
        return lambda _: False
    value = re.sub(r"\\(.)", r"\1", match["value"].strip("'\""))
    sign = match["sign"]
    if match["field"] == "trashed":
        return lambda _: (value == "false") == (sign == "=")
    if match["field"] == "mimeType":
        return lambda _: (value == MIME) == (sign == "=")
    if sign == "contains":
        return lambda spreadsheet: value.lower() in spreadsheet.title.lower()
    return lambda spreadsheet: (spreadsheet.title == value) == (sign == "=")


def _export(asked: _Asked) -> Answer:
    spreadsheet = asked.file()
    if asked.params.get("mimeType") != "text/csv":
        raise DriveError(400, "The requested conversion is not supported.", "badRequest")
    return 200, export_csv(spreadsheet.worksheets[0]), (("Content-Type", "text/csv"),)


def _comments(asked: _Asked) -> Answer:
    asked.file()
    return 200, {"kind": "drive#commentList", "comments": []}, ()


def _permissions(spreadsheet: Spreadsheet) -> dict[str, dict[str, Any]]:
    """Return the permissions by id; an id is made from whom it is for."""
    shown: dict[str, dict[str, Any]] = {}
    for email, role in spreadsheet.roles.items():
        if role == "none":
            continue
        new_id = "anyoneWithLink" if email == "anyone" else _permission_id(email)
        one = {
            "kind": "drive#permission",
            "id": new_id,
            "type": "anyone" if email == "anyone" else "user",
            "emailAddress": email,
            "role": role,
            "displayName": email.partition("@")[0],
            "allowFileDiscovery": False,
            "deleted": False,
            "pendingOwner": False,
        }
        if email == "anyone":
            del one["emailAddress"], one["displayName"]
        shown[new_id] = one
    return shown


def _permission_id(email: str) -> str:
    return str(int.from_bytes(email.encode(), "big") % 10**20).rjust(20, "0")


def _permission_list(asked: _Asked) -> Answer:
    found = list(_permissions(asked.file()).values())
    if "fields" not in asked.params:
        found = [{name: one[name] for name in ("kind", "id", "type", "role")} for one in found]
    return 200, {"kind": "drive#permissionList", "permissions": found}, ()


def _permission_create(asked: _Asked) -> Answer:
    spreadsheet = asked.file(roles=WRITERS)
    kind, role = asked.body.get("type"), asked.body.get("role")
    if role not in ("owner", "writer", "commenter", "reader"):
        raise DriveError(400, "The permission role field is required.", "required")
    email = "anyone" if kind in ("anyone", "domain") else asked.body.get("emailAddress")
    if not email:
        raise DriveError(
            400, "The specified emailAddress is invalid or not applicable.", "invalidSharingRequest"
        )
    if role == "owner":
        if asked.params.get("transferOwnership", "").lower() != "true":
            raise DriveError(
                403,
                "The transferOwnership parameter must be enabled when the permission role is "
                "'owner'.",
                "forbidden",
            )
        spreadsheet.roles[spreadsheet.owner] = "writer"
        spreadsheet.owner = email
    spreadsheet.share(email, role)
    made = _permissions(spreadsheet)[
        "anyoneWithLink" if email == "anyone" else _permission_id(email)
    ]
    if "fields" not in asked.params:
        made = {name: made[name] for name in ("kind", "id", "type", "role")}
    return 200, made, ()


def _permission_delete(asked: _Asked) -> Answer:
    spreadsheet = asked.file(roles=WRITERS)
    wanted = asked.names[1]
    for email in list(spreadsheet.roles):
        own = "anyoneWithLink" if email == "anyone" else _permission_id(email)
        if own == wanted and spreadsheet.roles[email] not in ("owner", "none"):
            del spreadsheet.roles[email]
            return 204, b"", ()
    raise DriveError(
        404,
        f"Permission not found: {wanted}.",
        "notFound",
        location=("permissionId", "parameter"),
    )


def _shown(asked: _Asked, spreadsheet: Spreadsheet) -> dict[str, Any]:
    """Return a File: four fields unless ``fields`` asks for others (documented)."""
    context = asked.context
    lag = context.settings.drive_lag_seconds
    modified, version = settle(spreadsheet, context.clock.now(), lag)
    full = {
        "kind": "drive#file",
        "id": spreadsheet.id,
        "name": spreadsheet.title,
        "mimeType": MIME,
        "starred": False,
        "trashed": False,
        "parents": [],
        "version": str(version),
        "createdTime": _stamp(spreadsheet.created),
        "modifiedTime": _stamp(modified),
        "owners": [{"kind": "drive#user", "emailAddress": spreadsheet.owner}],
        "ownedByMe": spreadsheet.owner == context.user,
        "shared": len(spreadsheet.roles) > 1,
        "webViewLink": f"https://docs.google.com/spreadsheets/d/{spreadsheet.id}/edit",
        "permissions": list(_permissions(spreadsheet).values()),
    }
    if "fields" in asked.params:
        return full
    return {name: full[name] for name in _SHOWN}


def settle(spreadsheet: Spreadsheet, now: datetime, lag: float) -> tuple[datetime, int]:
    """Return when and as which version Drive shows the file; forget what it showed before."""
    seen_until = now - timedelta(seconds=lag)
    changes = spreadsheet.changes
    shown = [change for change in changes if change[0] <= seen_until]
    if shown:
        spreadsheet.changes = [shown[-1], *changes[len(shown) :]]
    return spreadsheet.changes[0]


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


_METHODS: dict[tuple[str, str], Callable[[_Asked], Answer]] = {
    ("GET", ""): _list,
    ("POST", ""): _create,
    ("GET", "*"): _get,
    ("DELETE", "*"): _delete,
    ("PATCH", "*"): _update,
    ("POST", "*/copy"): _copy,
    ("GET", "*/export"): _export,
    ("GET", "*/comments"): _comments,
    ("GET", "*/permissions"): _permission_list,
    ("POST", "*/permissions"): _permission_create,
    ("DELETE", "*/permissions/*"): _permission_delete,
}
