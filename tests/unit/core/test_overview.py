"""One line says what syncd does; a list says what is wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from syncd.core import status
from syncd.core.credits import Caps
from syncd.core.model import BatchState, Kind
from syncd.core.overview import (
    AccountView,
    Condition,
    LedgerView,
    OpenPurchase,
    Overview,
    SheetView,
    find_troubles,
    summarise,
)
from syncd.core.status import Stand

NOW = datetime(2026, 5, 12, 9, tzinfo=UTC)
WELL = Condition(at=NOW, looked_at=NOW, patience=6, stands={Stand.WAITING: 12})
ACCOUNT = AccountView(
    armed_at=NOW,
    caps=Caps(day=1000, month=9000, floor=50),
    day="2026-05-12",
    balance=500,
    spent_day=340,
    spent_month=340,
)


def view(account: AccountView = ACCOUNT, *conditions: Condition | None) -> Overview:
    sheets = [
        SheetView(id=f"s{number}", name=f"Sheet {number}", condition=condition)
        for number, condition in enumerate(conditions or (WELL,), 1)
    ]
    return Overview(
        at=NOW,
        sheets=sheets,
        account=account,
        ledger=LedgerView(path="ledger.db", schema="m022_overview", size=4096),
    )


def bought(state: BatchState, people: int = 2) -> OpenPurchase:
    return OpenPurchase(
        id="b1",
        state=state,
        kind=Kind.EMAIL,
        people=people,
        credits=3 * people,
        since=NOW,
        spreadsheet="s1",
        worksheet="Leads",
    )


@pytest.mark.parametrize(
    ("seen", "line"),
    [
        (view(), "idle; 12 waiting; 340/1000 credits today"),
        (view(ACCOUNT, WELL, WELL), "idle; 24 waiting; 340/1000 credits today"),
        (view(ACCOUNT, None), "idle; 340/1000 credits today"),
        (
            view(replace(ACCOUNT, purchases=[bought(BatchState.IN_DOUBT)]), None),
            "idle; 340/1000 credits today; 1 unsure",
        ),
        (
            view(replace(ACCOUNT, purchases=[bought(BatchState.PARKED)])),
            "idle; 12 waiting; 340/1000 credits today; 1 unsure; 1 to look at",
        ),
        (
            view(replace(ACCOUNT, purchases=[bought(BatchState.ACCEPTED)])),
            "searching for 2 people; 12 waiting; 340/1000 credits today",
        ),
        (
            view(replace(ACCOUNT, purchases=[bought(BatchState.ACCEPTED, 1)])),
            "searching for 1 person; 12 waiting; 340/1000 credits today",
        ),
        (
            view(replace(ACCOUNT, purchases=[bought(BatchState.SUBMITTING)])),
            "buying; 12 waiting; 340/1000 credits today",
        ),
        (view(replace(ACCOUNT, armed_at=None)), "plan mode; 12 waiting; 340/1000 credits today"),
        (
            view(replace(ACCOUNT, halted="it does not add up", armed_at=None)),
            "buying is stopped; 12 waiting; 340/1000 credits today; 1 to look at",
        ),
    ],
)
def test_one_line_says_what_syncd_does(seen: Overview, line: str) -> None:
    assert summarise(seen) == line


HELD = replace(WELL, hold=status.HOLD_KEY, problems=("Seleqt refuses our key. Ask your admin.",))


@pytest.mark.parametrize(
    ("seen", "causes"),
    [
        (view(), []),
        (view(ACCOUNT, None), [("never:s1", False)]),
        (view(replace(ACCOUNT, armed_at=None)), [("plan_mode", False)]),
        (view(replace(ACCOUNT, halted="no")), [("halted", True)]),
        (view(replace(ACCOUNT, spent_day=998)), [("cap_day", False)]),
        (view(replace(ACCOUNT, spent_day=997)), []),
        (view(replace(ACCOUNT, spent_month=9000)), [("cap_month", False)]),
        (view(replace(ACCOUNT, balance=50)), [("floor", True)]),
        (view(replace(ACCOUNT, purchases=[bought(BatchState.PARKED)])), [("parked:b1", True)]),
        (view(replace(ACCOUNT, purchases=[bought(BatchState.IN_DOUBT)])), [("in_doubt:b1", False)]),
        (view(ACCOUNT, HELD), [("problem:s1", True)]),
        (view(ACCOUNT, replace(HELD, problems=())), [("held:s1", True)]),
        (view(ACCOUNT, replace(WELL, hold=status.HOLD_VENDOR)), [("held:s1", False)]),
        (view(ACCOUNT, replace(WELL, hold=status.HOLD_DOUBT)), []),
        (view(ACCOUNT, replace(WELL, problems=("Odd.", "Bad."))), [("problem:s1", True)] * 2),
        (view(ACCOUNT, replace(WELL, looked_at=NOW - timedelta(minutes=6))), []),
        (view(ACCOUNT, replace(WELL, looked_at=NOW - timedelta(minutes=7))), [("late:s1", True)]),
        (
            view(replace(ACCOUNT, armed_at=None), WELL, replace(WELL, problems=("Odd.",))),
            [("problem:s2", True), ("plan_mode", False)],
        ),
    ],
)
def test_what_is_wrong_is_told_and_what_needs_a_human_first(
    seen: Overview, causes: list[tuple[str, bool]]
) -> None:
    found = find_troubles(seen)
    assert [(one.cause, one.urgent) for one in found] == causes
    assert all(one.text.endswith(".") or one.cause == "halted" for one in found)


def test_texts_that_do_not_reach_the_sheet_are_a_trouble_in_a_while() -> None:
    def after(minutes: int) -> list[str]:
        since = NOW - timedelta(minutes=minutes)
        sheet = replace(view().sheets[0], pending=3, pending_since=since)
        return [one.cause for one in find_troubles(replace(view(), sheets=[sheet]))]

    assert (after(15), after(16)) == ([], ["outbox:s1"])


def test_what_is_told_of_the_account_is_not_told_again_for_each_sheet() -> None:
    hold = status.HOLD_DOUBT.removeprefix("Waiting: ")
    told = replace(WELL, hold=status.HOLD_DOUBT, problems=(hold[:1].upper() + hold[1:],))
    assert find_troubles(view(ACCOUNT, told)) == []
