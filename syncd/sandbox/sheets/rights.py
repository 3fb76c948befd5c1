"""Who may do what: roles on the file, and protected ranges on the grid."""

from __future__ import annotations

from typing import Any

from .areas import Area, Box
from .errors import not_found, permission_denied, protected
from .model import Placed, Spreadsheet, Worksheet

WRITERS = frozenset(("owner", "writer"))
READERS = WRITERS | {"commenter", "reader"}


def allow(spreadsheet: Spreadsheet, user: str | None, *, writing: bool) -> None:
    """Refuse a user (None: everything is allowed, open mode) whose role does not suffice.

    A role of "none" and no role at all are both 403 (recorded); unknown ids are 404 elsewhere.
    """
    if user is None:
        return
    if spreadsheet.role(user) not in (WRITERS if writing else READERS):
        raise permission_denied()


def may_edit(placed: Placed, spreadsheet: Spreadsheet, user: str | None) -> bool:
    """Tell whether a protected range lets a user in; its editors and the owner may."""
    if user is None or user == spreadsheet.owner or placed.data.get("warningOnly"):
        return True
    return user in (placed.data.get("editors") or {}).get("users", [])


def guard(worksheet: Worksheet, box: Box, user: str | None) -> None:
    """Refuse an edit of a box that touches a protected range closed to the user."""
    for placed in worksheet.protected:
        if may_edit(placed, worksheet.spreadsheet, user):
            continue
        common = worksheet.within(placed.area).meet(box)
        if common is not None and not _open_parts(worksheet, placed, common):
            raise protected()


def guard_worksheet(worksheet: Worksheet, user: str | None) -> None:
    """Refuse a change of the worksheet as a whole while any part of it is closed to the user."""
    guard(worksheet, worksheet.box, user)


def _open_parts(worksheet: Worksheet, placed: Placed, box: Box) -> bool:
    """Tell whether a protected worksheet's unprotected ranges hold the whole box."""
    areas: list[Any] = placed.data.get("unprotected") or []
    return any(isinstance(one, Area) and worksheet.within(one).holds(box) for one in areas)


def known(spreadsheets: dict[str, Spreadsheet], spreadsheet_id: str) -> Spreadsheet:
    spreadsheet = spreadsheets.get(spreadsheet_id)
    if spreadsheet is None:
        raise not_found()
    return spreadsheet
