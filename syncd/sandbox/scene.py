"""The scene of the demo: a sales team's sheet and panel, about 60 invented people, three lists.

It holds one of everything that can become of a row, and says beforehand what must: the demo's
summary is held against ``Scene.expected``.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .clock import Clock
from .seleqt import Knobs, Prospect, Seleqt, invent_people
from .sheets import Google, SheetsSettings
from .sheets.model import Spreadsheet, Worksheet
from .wire import Request
from .world import World

# Columns are found by their header, so the demo puts those first that a visitor wants to see.
LEADS = (
    "Prospect ID",
    "First name",
    "Last name",
    "Find",
    "Approve",
    "Email",
    "Phone",
    "Status",
    "Credits",
    "Updated",
    "Company",
    "Job title",
    "LinkedIn URL",
    "Key",
)
REQUESTS = (
    "Lead list",
    "Find",
    "Max leads",
    "Max credits",
    "Start",
    "Status",
    "Quote",
    "Spent",
    "Found",
    "Not found",
    "Updated",
    "Key",
)
PANEL = ("Panel", "You decide", "Now", "What it means")
PANEL_ROWS = (
    "Pause",
    "At most today",
    "At most this month",
    "Last look",
    "Problem",
    "Balance",
    "Spent today",
    "Spent this month",
    "Waiting",
    "Searching",
    "Unsure",
    "Failed",
    "Time zone",
    "Looked after by",
    "Latest events",
)
PANEL_WIDTHS = (150, 110, 170, 560)
JOURNAL = "syncd journal"  # hidden, as `syncd init` makes it
CHOICES = ("Email", "Email (waterfall)", "Phone", "Email + phone")
AGAIN_CHOICES = ("Email again", "Email (waterfall) again", "Phone again")
TITLES = ("CTO", "Head of Sales", "CFO", "VP Marketing", "Founder", "Head of Procurement")
LISTS = ("Berlin fintech CTOs", "Nordic CFOs", "Iberian sales leads")
PHONE_CREDITS_PER_DAY = 90  # three phones of the five that are approved: the cap that bites
REQUEST_CREDITS = 30  # ten people of the twelve that the list request may take


@dataclass
class Scene:
    """A seeded world. ``expected`` is the outcome of each seeded row, from the top, in a word.

    ``found``, ``missed``, ``free`` (found for nothing), ``own`` (a human's value stands),
    ``mistake``, ``unknown`` (person), ``odd`` (an answer that is no phone), ``ready`` (asks for
    approval), ``waiting`` (a cap); several kinds are joined by ``+``.
    """

    world: World
    spreadsheet: Spreadsheet
    key: str
    expected: list[str] = field(default_factory=list)
    expected_request: tuple[int, int] = (0, 0)  # found and missed by the list request


def build_scene(
    clock: Clock,
    *,
    seed: int = 1,
    first_result: float = 2.0,
    spread: float = 6.0,
    open_to_all: bool = False,
) -> Scene:
    """Build the demo's world. Results mature ``first_result`` to ``+ spread`` seconds later."""
    google = Google(clock, SheetsSettings(open=open_to_all), seed=seed)
    knobs = Knobs(
        limit_per_minute=1000,
        first_result_seconds=first_result,
        results_spread_seconds=spread,
        add_leads_unknown="dropped",
    )
    seleqt = Seleqt(clock, knobs, seed=seed, balance=2_000)
    world = World(clock, seed=seed, sheets=google, seleqt=seleqt)
    people = _invent(seed)
    for person in people:
        seleqt.add_people([person])
    for number, name in enumerate(LISTS):
        seleqt.add_list(name, ids=[person.id for person in people[number * 20 : number * 20 + 20]])
    seleqt.add_company("Lindqvist Instruments")
    seleqt.add_list("Suppliers", "COMPANY", [])
    spreadsheet = google.create_spreadsheet(
        "Sales outreach",
        worksheets=[
            ("Leads", 200, 16),
            ("Requests", 30, 14),
            ("Syncd", 80, 8),
            (JOURNAL, 4000, 40),
        ],
        owner="sam@sales.example",
    )
    scene = Scene(world=world, spreadsheet=spreadsheet, key=seleqt.add_key("syncd demo"))
    _fill(scene, people)
    _dress(scene, google)
    return scene


def _invent(seed: int) -> list[Prospect]:
    rng = random.Random(seed)  # noqa: S311  (invention, no secret)
    people = invent_people(60, seed, first_id=1001)
    titled = [replace(person, job_title=rng.choice(TITLES)) for person in people]
    titled[38] = replace(titled[38], truth=replace(titled[38].truth, phone="ask the front desk"))
    titled[19] = replace(titled[19], email=f"office.{titled[19].id}@harbour.example")
    return titled


def _fill(scene: Scene, people: Sequence[Prospect]) -> None:
    leads, requests, panel, journal = scene.spreadsheet.worksheets
    journal.hidden = True
    rows: list[list[Any]] = [list(LEADS)]

    def ask(person: Prospect, find: str, outcome: str, **cells: Any) -> None:
        row = {
            "Prospect ID": person.id,
            "First name": person.first_name,
            "Last name": person.last_name,
            "Company": person.company,
            "Job title": person.job_title,
            "LinkedIn URL": person.linkedin,
            "Find": find,
            "Approve": False,
            **cells,
        }
        rows.append([row.get(name) for name in LEADS])
        scene.expected.append(outcome)

    fintech, nordic, iberia = people[:20], people[20:40], people[40:]
    for person in fintech[:18]:
        ask(person, "Email", "found" if person.truth.email else "missed")
    ask(fintech[18], "Email", "own", Email="typed.by.hand@customer.example")
    ask(fintech[19], "Email", "free")  # the vendor shows it already
    ask(fintech[0], "Email", "free" if fintech[0].truth.email else "missed")  # the same person
    for person in nordic[:10]:
        ask(person, "Email (waterfall)", "found" if person.truth.waterfall else "missed")
    # Three phones fit under the cap for a day: the odd one and the first two others.
    ask(nordic[18], "Phone", "odd", Approve=True)
    for number, person in enumerate(nordic[10:14]):
        outcome = "found" if person.truth.phone else "missed"
        ask(person, "Phone", outcome if number < 2 else "waiting", Approve=True)
    for person in nordic[14:16]:
        outcome = "found" if person.truth.email else "missed"
        ask(person, "Email + phone", f"{outcome}+ready")
    ask(nordic[16], "Email", "mistake", **{"Prospect ID": "10l7"})
    ask(nordic[17], "Fax", "mistake")
    ask(replace(nordic[19], id=999_999), "Email", "unknown")
    for number, cells in enumerate(rows):
        _put(leads, number, cells)
    for number, text in enumerate(PANEL_ROWS, 1):
        _put(panel, number, [text])
    _put(panel, 0, list(PANEL))
    for position, width in enumerate(PANEL_WIDTHS):
        panel.columns[position].size = width
    _put(requests, 0, list(REQUESTS))
    _put(requests, 1, [LISTS[2], "Email", 12, REQUEST_CREDITS, True])
    _put(requests, 2, ["Suppliers", "Email", None, None, True])
    bought = iberia[: REQUEST_CREDITS // 3]
    hits = sum(person.truth.email is not None for person in bought)
    scene.expected_request = (hits, len(bought) - hits)


def _put(worksheet: Worksheet, number: int, cells: Sequence[Any]) -> None:
    for position, value in enumerate(cells):
        if value is not None:
            worksheet.put_value(number, position, float(value) if _is_number(value) else value)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _dress(scene: Scene, google: Google) -> None:
    """Make it look like a sheet people use: bold header, drop-downs, tick boxes, text columns."""
    leads, requests, panel, _ = scene.spreadsheet.worksheets
    wishes: list[dict[str, Any]] = []
    for worksheet, header in ((leads, LEADS), (requests, REQUESTS), (panel, PANEL)):
        last = len(worksheet.rows)
        bold = {"userEnteredFormat": {"textFormat": {"bold": True}}}
        wishes.append(
            {
                "repeatCell": {
                    "range": {"sheetId": worksheet.sheet_id, "startRowIndex": 0, "endRowIndex": 1},
                    "cell": bold,
                    "fields": "userEnteredFormat.textFormat.bold",
                }
            }
        )
        wishes.append(
            {
                "updateSheetProperties": {
                    "properties": {
                        "sheetId": worksheet.sheet_id,
                        "gridProperties": {"frozenRowCount": 1},
                    },
                    "fields": "gridProperties.frozenRowCount",
                }
            }
        )
        text = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
        wishes += [
            {
                "repeatCell": {
                    "range": _column(worksheet, header.index(name), last),
                    "cell": text,
                    "fields": "userEnteredFormat.numberFormat",
                }
            }
            for name in ("Phone", "Key")  # a phone keeps its plus
            if name in header
        ]
        offered = (*CHOICES, *AGAIN_CHOICES) if "Approve" in header else CHOICES
        choices = [{"userEnteredValue": choice} for choice in offered]
        rules = {
            "Find": {"condition": {"type": "ONE_OF_LIST", "values": choices}, "showCustomUi": True},
            "Approve": {"condition": {"type": "BOOLEAN"}},
            "Start": {"condition": {"type": "BOOLEAN"}},
        }
        for name, rule in rules.items():
            if name in header:
                wishes.append(
                    {
                        "setDataValidation": {
                            "range": _column(worksheet, header.index(name), last),
                            "rule": rule,
                        }
                    }
                )
    box = {"condition": {"type": "BOOLEAN"}}
    wishes.append({"setDataValidation": {"range": _column(panel, 1, 2), "rule": box}})
    wishes += _tint(panel)
    answer = google.handle(
        Request(
            method="POST",
            path=f"/v4/spreadsheets/{scene.spreadsheet.id}:batchUpdate",
            headers={
                "authorization": f"Bearer {google.issue_token('sam@sales.example')}",
                "content-type": "application/json",
            },
            body=json.dumps({"requests": wishes}).encode(),
        )
    )
    if answer.status != 200:
        raise RuntimeError(f"the scene could not be dressed: {answer.body.decode()}")


def _tint(panel: Worksheet) -> list[dict[str, Any]]:
    """Colour what the panel means: an old heartbeat is red."""
    tints = {
        "syncd has not looked for": {"red": 0.96, "green": 0.8, "blue": 0.8},
        "syncd is at work": {"red": 0.85, "green": 0.92, "blue": 0.83},
        "Paused": {"red": 1.0, "green": 0.95, "blue": 0.8},
        "This says": {"red": 0.96, "green": 0.8, "blue": 0.8},
    }
    wishes = []
    for index, (text, colour) in enumerate(tints.items()):
        condition = {"type": "TEXT_STARTS_WITH", "values": [{"userEnteredValue": text}]}
        rule = {
            "ranges": [_column(panel, 3, len(panel.rows))],
            "booleanRule": {"condition": condition, "format": {"backgroundColor": colour}},
        }
        wishes.append({"addConditionalFormatRule": {"rule": rule, "index": index}})
    return wishes


def _column(worksheet: Worksheet, position: int, last: int) -> dict[str, int]:
    return {
        "sheetId": worksheet.sheet_id,
        "startRowIndex": 1,
        "endRowIndex": last,
        "startColumnIndex": position,
        "endColumnIndex": position + 1,
    }
