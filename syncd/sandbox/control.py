"""The sandbox's own JSON API: what the grid page, the demo and tests use to look and to meddle.

It is no vendor's. It stands for the people at the keyboard, the operator of the sandbox and bad
luck: edits as a human makes them, faults, knobs, the clock. The daemon under test never calls it.

All bodies and answers are JSON objects, in and out. Rows and columns count from 0; ranges are half
open (``end_row`` is the first row *not* touched). Times are ISO 8601 in UTC. A wrong request gets
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
    An <entry> is {"number", "at", "vendor", "class", "method", "path", "status", "fault",
    "applied"}; vendor is "sheets", "seleqt", "token" or "none"; status null means that no answer
    was sent, or not yet.

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
    move_rows            {"start", "count", "to"}            move_columns alike; the block lands in
                                                             front of "to", counted before the move
    sort                 {"column", "descending"?: false, "start_row"?: 1, "end_row"?,
                          "start_column"?: 0, "end_column"?} default: all but the header row
    cut_paste            {"start_row", "end_row", "start_column", "end_column",
                          "to_row", "to_column"}             copy_paste alike
    paste                {"row", "column", "rows": [["text", ...], ...]}
    rename_worksheet     {"title"}
    rename_header        {"column", "text"}                  the cell in row 0
    duplicate_worksheet  {"title"?}                          answers {"version", "sheet_id"}
    delete_worksheet     {}
    undo                 {}                                  takes back the last human edit, once;
                                                             answers {"version", "undone": bool}
    protect              {"start_row"?, "end_row"?, "start_column"?, "end_column"?}
                                                             none of the four: the whole worksheet

``POST /control/faults`` ``{"kind", "vendor"?: "any", "method"?, "path"?: regex, "nth"? | "next"? |
"rate"?, "seconds"?, "applied"?}`` answers the rule with its id; ``DELETE /control/faults`` drops
all, ``DELETE /control/faults?id=3`` one. Kinds: see ``faults.py``.

``POST /control/knobs`` ``{"seleqt"?: {knob: value}, "sheets"?: {knob: value}}`` answers all knobs;
nothing changes when one of them is wrong.

``POST /control/seleqt/rotate-key`` ``{"key"?}`` (whole key or prefix; default the first) answers
``{"key": "<the new one>"}``; ``/control/seleqt/spend`` and ``/control/seleqt/top-up``
``{"credits"}`` (somebody outside spends, somebody pays) answer ``{"balance"}``;
``/control/seleqt/delete-list`` ``{"list_id"}`` answers ``{}``.

``GET /control/journal?after=N`` answers ``{"last", "entries": [...]}``, entries with number > N.

``POST /control/clock`` ``{"seconds": 60}`` advances a virtual clock and answers ``{"now"}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .clock import VirtualClock
from .edits import check_args, perform
from .faults import parse_rule
from .seleqt.meter import describe
from .wire import Request, Response, answer_json

if TYPE_CHECKING:
    from .world import World

CHARGES = 50  # shown in the state
ENTRIES = 30
Body = dict[str, Any]


class _Unknown(Exception):
    """The spreadsheet, worksheet or list asked for does not exist."""


class Control:
    """Answers ``/control/...``. A ValueError from below is the sender's mistake: 400."""

    def __init__(self, world: World) -> None:
        self._world = world

    def handle(self, request: Request) -> Response:
        name = request.path.removeprefix("/control/")
        try:
            answer = self._choose(request, name)
        except _Unknown as unknown:
            return answer_json(404, {"error": str(unknown)})
        except ValueError as mistake:
            return answer_json(400, {"error": str(mistake)})
        return answer_json(200, answer, headers=[("Cache-Control", "no-store")])

    def _choose(self, request: Request, name: str) -> Body:
        with self._world.lock:
            self._world.advance()
            if request.method in ("GET", "DELETE"):
                look = self._looks().get((request.method, name))
                if look is not None:
                    return look(_read_query(request))
            elif request.method == "POST" and name in self._deeds():
                return self._deeds()[name](_read_body(request))
        raise _Unknown(f"there is no {request.method} {request.path}")

    def _looks(self) -> dict[tuple[str, str], Callable[[dict[str, str]], Body]]:
        return {
            ("GET", "state"): self._show_state,
            ("GET", "worksheet"): self._show_worksheet,
            ("GET", "journal"): self._show_journal,
            ("DELETE", "faults"): self._drop_faults,
        }

    def _deeds(self) -> dict[str, Callable[[Body], Body]]:
        return {
            "edit": self._edit,
            "faults": self._add_fault,
            "knobs": self._turn_knobs,
            "clock": self._advance_clock,
            "seleqt/rotate-key": self._rotate_key,
            "seleqt/spend": self._spend,
            "seleqt/top-up": self._top_up,
            "seleqt/delete-list": self._delete_list,
        }

    # --- looking -------------------------------------------------------------------------------

    def _show_state(self, query: dict[str, str]) -> Body:
        _expect(query, ())
        world = self._world
        meter = world.seleqt.meter
        return {
            "now": world.clock.now().isoformat(),
            "clock": "virtual" if isinstance(world.clock, VirtualClock) else "wall",
            "spreadsheets": [_describe(one) for one in self._spreadsheets().values()],
            "meter": {
                "balance": world.seleqt.balance,
                "charged": meter.charged(),
                "refunded": meter.refunded(),
                "bought_twice": len(meter.bought_twice()),
                "by_kind": meter.by_kind(),
                "charges": [describe(charge) for charge in meter.charges[-CHARGES:]],
            },
            "journal": {
                "last": world.journal.last,
                "counts": {vendor: dict(calls) for vendor, calls in world.journal.counts.items()},
                "entries": [entry.describe() for entry in world.journal.entries[-ENTRIES:]],
            },
            "faults": world.faults.describe(),
            "knobs": self._knobs(),
        }

    def _show_worksheet(self, query: dict[str, str]) -> Body:
        _expect(query, ("spreadsheet", "sheet", "since"))
        spreadsheet = self._spreadsheet(query.get("spreadsheet"))
        worksheet = self._worksheet(spreadsheet, _number(query, "sheet"))
        if "since" in query and _number(query, "since") == spreadsheet.version:
            return {"version": spreadsheet.version, "unchanged": True}
        return {
            "version": spreadsheet.version,
            "spreadsheet": spreadsheet.id,
            "sheet_id": worksheet.sheet_id,
            "title": worksheet.title,
            "snapshot": worksheet.snapshot(),
        }

    def _show_journal(self, query: dict[str, str]) -> Body:
        _expect(query, ("after",))
        after = _number(query, "after") if "after" in query else 0
        entries = [entry.describe() for entry in self._world.journal.after(after)]
        return {"last": self._world.journal.last, "entries": entries}

    # --- meddling ------------------------------------------------------------------------------

    def _edit(self, body: Body) -> Body:
        _expect(body, ("spreadsheet", "sheet", "action", "args"))
        spreadsheet = self._spreadsheet(body.get("spreadsheet"))
        worksheet = self._worksheet(spreadsheet, body.get("sheet"))
        args = check_args(body.get("action"), body.get("args", {}))
        return perform(body["action"], worksheet, args)

    def _add_fault(self, body: Body) -> Body:
        number = self._world.faults.add_rule(parse_rule(body))
        return next(rule for rule in self._world.faults.describe() if rule["id"] == number)

    def _drop_faults(self, query: dict[str, str]) -> Body:
        _expect(query, ("id",))
        if "id" not in query:
            self._world.faults.clear()
            return {}
        try:
            self._world.faults.remove(_number(query, "id"))
        except KeyError:
            raise _Unknown("there is no fault of that id") from None
        return {}

    def _turn_knobs(self, body: Body) -> Body:
        _expect(body, ("seleqt", "sheets"))
        seleqt, sheets = body.get("seleqt", {}), body.get("sheets", {})
        if not isinstance(seleqt, dict) or not isinstance(sheets, dict):
            raise ValueError("knobs come as objects of name and value")  # noqa: TRY004 - a 400
        settings = getattr(self._world.sheets, "settings", None)
        _check_settings(settings, sheets)
        self._world.seleqt.knobs.change(**seleqt)  # refuses as a whole, so it goes first
        for name, value in sheets.items():
            setattr(settings, name, value)
        return self._knobs()

    def _advance_clock(self, body: Body) -> Body:
        _expect(body, ("seconds",))
        clock, seconds = self._world.clock, body.get("seconds")
        if not isinstance(clock, VirtualClock):
            raise ValueError("the wall clock cannot be advanced")  # noqa: TRY004 - a 400
        if not isinstance(seconds, int | float) or isinstance(seconds, bool):
            raise ValueError("seconds must be a number")  # noqa: TRY004 - a 400
        if not 0 <= seconds <= 366 * 86_400:
            raise ValueError("seconds must lie between 0 and a year")
        clock.advance(timedelta(seconds=seconds))
        self._world.advance()
        return {"now": clock.now().isoformat()}

    def _rotate_key(self, body: Body) -> Body:
        _expect(body, ("key",))
        return {"key": self._world.seleqt.rotate_key(body.get("key"))}

    def _spend(self, body: Body) -> Body:
        self._world.seleqt.spend(_credits(body))
        return {"balance": self._world.seleqt.balance}

    def _top_up(self, body: Body) -> Body:
        self._world.seleqt.top_up(_credits(body))
        return {"balance": self._world.seleqt.balance}

    def _delete_list(self, body: Body) -> Body:
        _expect(body, ("list_id",))
        try:
            self._world.seleqt.delete_list(_number(body, "list_id"))
        except KeyError:
            raise _Unknown("there is no such lead list") from None
        return {}

    # --- finding -------------------------------------------------------------------------------

    def _spreadsheets(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = getattr(self._world.sheets, "spreadsheets", {})
        return found

    def _spreadsheet(self, spreadsheet_id: object) -> Any:
        spreadsheets = self._spreadsheets()
        if not isinstance(spreadsheet_id, str) or spreadsheet_id not in spreadsheets:
            raise _Unknown("there is no such spreadsheet")
        return spreadsheets[spreadsheet_id]

    def _worksheet(self, spreadsheet: Any, sheet_id: object) -> Any:
        for worksheet in spreadsheet.worksheets:
            if type(sheet_id) is int and worksheet.sheet_id == sheet_id:
                return worksheet
        raise _Unknown("there is no such worksheet")

    def _knobs(self) -> Body:
        settings = getattr(self._world.sheets, "settings", None)
        return {
            "seleqt": self._world.seleqt.knobs.as_dict(),
            "sheets": {} if settings is None else asdict(settings),
        }


def _describe(spreadsheet: Any) -> Body:
    worksheets = [{"sheet_id": one.sheet_id, "title": one.title} for one in spreadsheet.worksheets]
    return {
        "id": spreadsheet.id,
        "title": spreadsheet.title,
        "version": spreadsheet.version,
        "worksheets": worksheets,
    }


def _read_query(request: Request) -> dict[str, str]:
    return dict(request.params)


def _read_body(request: Request) -> Body:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind != "application/json":  # also keeps forms of other web pages out
        raise ValueError("send Content-Type: application/json")
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        raise ValueError("the body is not valid JSON") from None
    if not isinstance(body, dict):
        raise ValueError("the body must be an object")  # noqa: TRY004 - a 400
    return body


def _expect(given: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"{name!r} is not known here; known are {', '.join(known) or 'none'}")


def _number(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    if type(value) is not int or value < 0:
        raise ValueError(f"{name} must be a whole number from 0 up")
    return value


def _credits(body: Body) -> int:
    _expect(body, ("credits",))
    amount = body.get("credits")
    if type(amount) is not int or not 0 < amount <= 1_000_000:
        raise ValueError("credits must be a whole number from 1 to 1000000")
    return amount


def _check_settings(settings: Any, changes: Mapping[str, Any]) -> None:
    kinds = {} if settings is None else {one.name: one for one in fields(settings)}
    for name, value in changes.items():
        if name not in kinds:
            raise ValueError(f"there is no sheets knob {name!r}")
        now = getattr(settings, name)
        fits = isinstance(value, bool) if isinstance(now, bool) else _is_size(value)
        if not fits:
            wanted = "true or false" if isinstance(now, bool) else "a number from 0 up"
            raise ValueError(f"{name} must be {wanted}")


def _is_size(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0
