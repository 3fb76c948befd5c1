"""What the config means to those who work by it: caps, limits, and the terms of each plan."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from syncd.config import Config, SpreadsheetPart
from syncd.core.credits import Caps
from syncd.core.lifecycle import Limits
from syncd.core.model import Batch, BatchState
from syncd.core.overview import Overview
from syncd.core.purse import Terms
from syncd.ledger import Ledger
from syncd.ledger.overview import read_overview
from syncd.schedule import next_time

ACCOUNT = "default"
"""The one vendor account of a config; the ledger could hold several."""

_ENDLESS = 10**6  # batches
_GRACE = timedelta(minutes=5)  # that a look may take, or be late


def look_over(config: Config, ledger: Ledger, now: datetime) -> Overview:
    """Return what syncd does now, as the ledger tells it; read-only, daemon or not."""
    return read_overview(
        ledger,
        account=ACCOUNT,
        caps=make_caps(config),
        zone=config.caps.zone,
        spreadsheets={part.id: part.name for part in config.spreadsheet},
        now=now,
    )


def make_caps(config: Config, part: SpreadsheetPart | None = None) -> Caps:
    """Return the caps of the config: the account's, or as they hold for one spreadsheet."""
    return Caps(
        day=config.caps.per_day,
        month=config.caps.per_month,
        floor=config.caps.floor,
        kind_day=config.caps.kinds,
        worksheet_day=part.per_worksheet_and_day if part else None,
    )


def limits(config: Config) -> Limits:
    """Return how long batches are given at each step."""
    buying = config.buying
    return Limits(
        min_age=buying.settle_after,
        expire_after=buying.expire_after,
        doubt_for=buying.doubt_for,
        give_up_after=max(timedelta(days=7), 2 * buying.expire_after),
    )


def make_patience(part: SpreadsheetPart) -> Callable[[datetime], int]:
    """Say after how many minutes without a look people should worry."""

    def patience(now: datetime) -> int:
        wait = part.interval
        if part.cron is not None:
            wait = next_time(part.cron, ZoneInfo(part.time_zone), now) - now
        return math.ceil((wait + _GRACE) / timedelta(minutes=1))

    return patience


def make_terms(
    config: Config, caps: Callable[[], Caps], ledger: Ledger, *, whole: bool
) -> Callable[[int, str], Terms]:
    """Say under what terms a worksheet's plan is made; a ``whole`` one has no end of batches."""
    buying = config.buying

    def terms(worksheet: int, hold: str) -> Terms:
        # Of those that bought nobody only somebody else's search is awaited.
        open_batches = [b for b in ledger.batches.open(ACCOUNT) if b.reserved or b.settled]
        tried = ledger.batches.tried(worksheet)
        # A worksheet nobody has bought for yet gets one small batch, and then has to prove itself.
        # One that is parked may stay so for days: it must not silence the worksheet meanwhile.
        probing = not tried and any(
            batch.worksheet == worksheet and batch.state is not BatchState.PARKED
            for batch in open_batches
        )
        slots = 0 if probing else max(0, buying.batches_in_flight - len(open_batches))
        return Terms(
            caps=caps(),
            zone=config.caps.zone,
            kinds=buying.kinds,
            ask_first=buying.ask_first,
            cool_off=buying.cool_off,
            batch_size=buying.batch_size,
            first_batch=min(buying.first_batch, buying.batch_size),
            slots=_ENDLESS if whole else slots,
            tried=whole or tried,
            hold=hold,
            places=_places(ledger, worksheet),
            worksheet=worksheet,
        )

    return terms


def _places(ledger: Ledger, worksheet: int) -> dict[int, str]:
    """Say in words what all other worksheets are called, as seen from one of them."""
    known = ledger.worksheets.places()
    here = next((spreadsheet for number, _, spreadsheet, _ in known if number == worksheet), "")
    return {
        number: f"the worksheet “{title}”" + (f" of “{name}”" if spreadsheet != here else "")
        for number, title, spreadsheet, name in known
        if number != worksheet and (name or spreadsheet == here)
    }


def find_mine(
    config: Config, part: SpreadsheetPart, ledger: Ledger, *, first: bool
) -> Callable[[Batch], bool]:
    """Say which batches a spreadsheet's cycles look after.

    Batches of a spreadsheet that is no longer configured are paid for all the same: the first
    engine fetches their results into the ledger.
    """
    configured = {sheet.id for sheet in config.spreadsheet}
    homes: dict[int, str] = {}

    def mine(batch: Batch) -> bool:
        if batch.worksheet not in homes:
            homes[batch.worksheet] = ledger.worksheets.spreadsheet_of(batch.worksheet)
        home = homes[batch.worksheet]
        return home == part.id or (first and home not in configured)

    return mine
