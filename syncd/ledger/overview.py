"""Reads the overview: what a look at the whole costs does not grow with the history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

from syncd.core import brakes, pasting
from syncd.core.credits import Caps
from syncd.core.model import BatchState, Kind
from syncd.core.overview import AccountView, Ask, LedgerView, OpenPurchase, Overview, SheetView
from syncd.ledger.upkeep import Mark

if TYPE_CHECKING:
    from syncd.ledger.store import Ledger


def read_overview(
    ledger: Ledger,
    *,
    account: str,
    caps: Caps,
    zone: tzinfo,
    spreadsheets: Mapping[str, str],
    now: datetime,
) -> Overview:
    """Return one state of everything. ``spreadsheets`` are the config's names by id."""
    with ledger.snapshot():
        backup = ledger.upkeep.last(Mark.BACKED_UP)
        return Overview(
            at=now,
            sheets=[_read_sheet(ledger, one, name) for one, name in spreadsheets.items()],
            account=_read_account(ledger, account, caps, zone, now),
            ledger=LedgerView(
                path=str(ledger.path),
                schema=ledger.schema(),
                size=ledger.measure(),
                backed_up_at=backup.at if backup else None,
            ),
        )


def _read_sheet(ledger: Ledger, spreadsheet: str, name: str) -> SheetView:
    pending, oldest = ledger.outbox.backlog(spreadsheet)
    return SheetView(
        id=spreadsheet,
        name=name,
        condition=ledger.conditions.get(spreadsheet),
        pending=pending,
        pending_since=oldest,
        asks=list(_find_asks(ledger, spreadsheet, name)),
    )


def _find_asks(ledger: Ledger, spreadsheet: str, name: str) -> Iterator[Ask]:
    for one in ledger.worksheets.known(spreadsheet):
        held = ledger.pastes.held(one.id)
        if held.rows:
            yield Ask(f"pasted:{one.id}", *pasting.tell(held, one.title, name))
        for kind, brake in ledger.brakes.of(one.id).items():
            yield Ask(f"paused:{one.id}:{kind.value}", *brakes.tell(kind, brake, one.title, name))


def _read_account(
    ledger: Ledger, name: str, caps: Caps, zone: tzinfo, now: datetime
) -> AccountView:
    known = ledger.accounts.get(name)
    day = ledger.accounts.day(name, now.astimezone(zone))
    booked = ledger.accounts.booked(name, 0, day)
    return AccountView(
        armed_at=known.armed_at,
        halted=known.halted,
        balance=known.balance,
        balance_at=known.balance_at,
        caps=caps,
        day=day,
        spent_day=booked.day,
        spent_month=booked.month,
        spent_kind=booked.kind_day,
        reserved=booked.unsettled,
        purchases=_read_purchases(ledger, name),
    )


def _read_purchases(ledger: Ledger, account: str) -> list[OpenPurchase]:
    rows = ledger.batches.summaries(account)
    return [
        OpenPurchase(
            id=id_,
            state=BatchState(state),
            kind=Kind(kind),
            people=people,
            credits=credits,
            since=datetime.fromisoformat(at),
            spreadsheet=spreadsheet,
            worksheet=title,
        )
        for id_, state, kind, people, credits, at, spreadsheet, title in rows
    ]
