"""What ``syncd init`` would add to a spreadsheet: for the one that does it, and for a checkup."""

from __future__ import annotations

import secrets

from syncd.config import SpreadsheetPart
from syncd.core.layout import LEADS, PANEL, REQUESTS
from syncd.core.setup import Plan, Wanted, plan_setup
from syncd.sheets import GoogleSpreadsheet
from syncd.sheets.setup import read_book


def find_wanted(part: SpreadsheetPart) -> list[Wanted]:
    """Return the worksheets that the config names, and what belongs into them."""
    titles = [(title, LEADS) for title in part.leads]
    titles += [(title, REQUESTS) for title in part.requests]
    titles += [(part.panel, PANEL)] if part.panel else []
    return [Wanted(title=title, layout=layout, aliases=part.aliases) for title, layout in titles]


def choose_ids() -> list[int]:
    """Return ids for new worksheets: such as were never used before, as far as can be."""
    return [secrets.randbelow(2**31 - 1) + 1 for _ in range(100)]


def plan_for(sheet: GoogleSpreadsheet, wanted: list[Wanted], new_ids: list[int]) -> Plan:
    """Read the spreadsheet, and return what it lacks. Raises what reading raises."""
    return plan_setup(read_book(sheet, {one.title for one in wanted}), wanted, new_ids)
