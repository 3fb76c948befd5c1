"""The sandbox's own JSON API: what the grid page, the demo and tests use to look and to meddle.

It is no vendor's. It stands for the people at the keyboard, the operator of the sandbox and bad
luck: edits as a human makes them, faults, knobs, the clock. The daemon under test never calls it.

All bodies and answers are JSON objects, in and out. Rows and columns count from 0; ranges are half
open (``end_row`` is the first row *not* touched). Times are ISO 8601 in UTC. A wrong request answers
400 ``{"error": "<one sentence>"}``, an unknown spreadsheet or worksheet 404 with the same shape.
POST needs ``Content-Type: application/json``; requests from another web page's origin get 403.

``GET /control/state``::

    {"now": "2026-11-23T09:00:00+00:00", "clock": "wall" | "virtual",
     "spreadsheets": [{"id", "title", "version", "worksheets": [{"sheet_id", "title"}]}],
     "meter": {"balance", "charged", "refunded", "bought_twice",
               "by_kind": {"FIND_EMAIL": {"people", "credits"}, ...},
               "charges": [{"at", "key", "list_id", "kind", "prospect_ids", "credits", "cause"}]},
     "journal": {"last": 17, "counts": {"sheets": {"read": 9, "write": 2}, "seleqt": {...}},
                 "entries": [<entry>, ...]},
     "faults": [<fault rule with "id", "seen" and "fired">, ...],
     "knobs": {"seleqt": {...}, "sheets": {...}}}

    ``charges`` holds the last 50, ``entries`` the last 30, oldest first. ``version`` grows with
    every change of a spreadsheet's cells: poll it, and fetch a worksheet only when it moved.
    An <entry> is {"number", "at", "vendor", "class", "method", "path", "status", "fault", "applied"};
    vendor is "sheets", "seleqt" or "token"; status null means no answer was sent (or not yet).

``GET /control/worksheet?spreadsheet=ID&sheet=SHEETID[&since=VERSION]``::

    {"version": 12, "spreadsheet": ID, "sheet_id": 0, "title": "Leads", "snapshot": {...}}
    {"version": 12, "unchanged": true}                      (when since == the current version)

    ``snapshot`` is what ``sheets.worksheet.Worksheet.snapshot()`` returns.

``POST /control/edit`` ``{"spreadsheet": ID, "sheet": SHEETID, "action": "...", "args": {...}}``
answers ``{"version": 13}``. The actions and their args (``?`` marks an optional one)::

    type                 {"row", "column", "text"}           as typed: numbers, dates, =formulas
    tick                 {"row", "column", "checked": bool}
    clear                {"start_row", "end_row", "start_column", "end_column"}
    insert_rows          {"start", "count"}                  insert_columns alike
    delete_rows          {"start", "count"}                  delete_columns alike
    move_rows            {"start", "count", "to"}            move_columns alike; "to" counts before
                                                             the move: the block lands in front of it
    sort                 {"column", "descending"?: false, "start_row"?: 1, "end_row"?,
                          "start_column"?: 0, "end_column"?} default: all but the header row
    cut_paste            {"start_row", "end_row", "start_column", "end_column",
                          "to_row", "to_column"}             copy_paste alike
    paste                {"row", "column", "rows": [["text", ...], ...]}
    rename_worksheet     {"title"}
    rename_header        {"column", "text"}                  the cell in row 0
    duplicate_worksheet  {"title"?}                          answers {"version", "sheet_id"}
    delete_worksheet     {}
    undo                 {}                                  the last human edit of the spreadsheet
    protect              {"start_row"?, "end_row"?, "start_column"?, "end_column"?}
                                                             none of the four: the whole worksheet

``POST /control/faults`` ``{"kind", "vendor"?: "any", "method"?, "path"?: regex, "nth"? | "next"? |
"rate"?, "seconds"?, "applied"?}`` answers the rule with its id; ``DELETE /control/faults`` drops
all, ``DELETE /control/faults?id=3`` one. Kinds: see ``faults.py``.

``POST /control/knobs`` ``{"seleqt"?: {knob: value}, "sheets"?: {knob: value}}`` answers all knobs;
nothing changes when one of them is wrong.

``POST /control/seleqt/rotate-key`` ``{"key"?}`` (whole key or prefix; default the first) answers
``{"key": "<the new one>"}``; ``/control/seleqt/spend`` and ``/control/seleqt/top-up`` ``{"credits"}``
(somebody outside spends, somebody pays) answer ``{"balance"}``; ``/control/seleqt/delete-list``
``{"list_id"}`` answers ``{}``.

``GET /control/journal?after=N`` answers ``{"last", "entries": [...]}``, entries with number > N.

``POST /control/clock`` ``{"seconds": 60}`` advances a virtual clock and answers ``{"now"}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .wire import Request, Response, answer_json

if TYPE_CHECKING:
    from .world import World


class Control:
    """Answers ``/control/...``."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handle(self, request: Request) -> Response:
        return answer_json(404, {"error": f"There is no {request.path}"})
