"""What the operator is told: each thing once, when it lasts, and once more when it is over."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core import status
from syncd.core.credits import Caps
from syncd.core.model import BatchState, Kind
from syncd.core.notices import GAP, Cause, Message, Notice, Plight, decide, find_plights
from syncd.core.overview import (
    AccountView,
    Condition,
    LedgerView,
    OpenPurchase,
    Overview,
    SheetView,
)

START = datetime(2026, 5, 12, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEY = Plight("key", Cause.KEY, "The key is refused.", "Mend it.")
CAP = Plight("cap_day", Cause.CAP, "Today's credits are used up.")
SHEET = Plight("problem:1", Cause.SHEET, "Sales: not shared.")
DOUBT = Plight("in_doubt:b1", Cause.DOUBT, "Batch b1 may have been paid.")
PARKED = Plight("parked:b1", Cause.DOUBT, "Nobody knows of b1.", after="in_doubt:b1")


class Operator:
    """Looks each minute, and gets every message."""

    def __init__(self, wanted: Collection[Cause] = frozenset(Cause)) -> None:
        self.now = START
        self.wanted = wanted
        self.notices: dict[str, Notice] = {}
        self.last: datetime | None = None
        self.got: list[tuple[int, Message]] = []  # minute, message

    def look(self, *plights: Plight, minutes: int = 1, delivers: bool = True) -> None:
        for _ in range(minutes):
            found = decide(
                plights,
                self.notices,
                now=self.now,
                last=self.last,
                wanted=self.wanted,
                host="box",
            )
            kept: Sequence[Notice] = found.notices
            if found.message and delivers:
                kept, self.last = found.after, self.now
                self.got.append((int((self.now - START) / MINUTE), found.message))
            self.notices = {one.plight.id: one for one in kept}
            self.now += MINUTE


def test_a_trouble_is_told_once_however_long_it_lasts_and_its_end_is_told() -> None:
    operator = Operator()
    operator.look(KEY, minutes=600)
    operator.look(minutes=60)
    (first, begin), (later, end) = operator.got
    assert first == 0
    assert begin.title == "syncd on box: 1 thing to look at"
    assert begin.text == "- The key is refused.\n  Mend it."
    assert not begin.is_good
    assert 600 < later <= 606
    assert end.is_good
    assert end.text == "- The key is refused. (began 10 hours ago)"


def test_what_comes_back_after_it_was_over_is_told_again() -> None:
    operator = Operator()
    operator.look(KEY, minutes=10)
    operator.look(minutes=20)
    operator.look(KEY, minutes=10)
    assert [message.is_good for _, message in operator.got] == [False, True, False]


def test_what_flutters_is_told_once() -> None:
    operator = Operator()
    for _ in range(60):
        operator.look(KEY, minutes=2)
        operator.look(minutes=2)
    assert len(operator.got) == 1


def test_what_passes_by_itself_is_not_told() -> None:
    operator = Operator()
    for _ in range(20):
        operator.look(SHEET, minutes=8)
        operator.look(minutes=3)
    assert operator.got == []
    operator.look(SHEET, minutes=12)
    assert len(operator.got) == 1


def test_many_at_once_are_one_message_and_the_next_waits_a_while() -> None:
    operator = Operator()
    operator.look(KEY, CAP)
    operator.look(KEY, CAP, DOUBT, minutes=30)
    assert [at for at, _ in operator.got] == [0, 5]
    assert operator.got[0][1].title == "syncd on box: 2 things to look at"
    assert "Over" not in operator.got[1][1].text


def test_a_doubt_that_is_parked_is_told_as_parked_and_never_as_over() -> None:
    operator = Operator()
    operator.look(DOUBT, minutes=15)
    operator.look(PARKED, minutes=30)
    operator.look(minutes=30)
    assert [message.text.partition(" (")[0] for _, message in operator.got] == [
        "- Batch b1 may have been paid.",
        "- Nobody knows of b1.",
        "- Nobody knows of b1.",
    ]


def test_a_hundred_troubles_are_one_short_message() -> None:
    operator = Operator()
    operator.look(*[Plight(f"cap{n}", Cause.CAP, f"Cap {n}.") for n in range(100)])
    (_, message) = operator.got[0]
    assert len(message.text.splitlines()) == 11
    assert message.text.endswith("- and 90 more: syncd status")


def test_what_was_not_delivered_is_told_as_soon_as_it_can_be() -> None:
    operator = Operator()
    operator.look(KEY, minutes=30, delivers=False)
    operator.look(KEY, CAP)
    assert [at for at, _ in operator.got] == [30]
    assert "Cap" not in operator.got[0][1].text
    assert "The key" in operator.got[0][1].text


def test_only_what_is_wanted_is_told_and_what_is_no_longer_is_forgotten() -> None:
    operator = Operator({Cause.KEY})
    operator.look(KEY, CAP, minutes=10)
    operator.wanted = {Cause.CAP}
    operator.look(CAP, minutes=30)
    assert [message.text.splitlines()[0] for _, message in operator.got] == [
        "- The key is refused.",
        "- Today's credits are used up.",
    ]
    assert list(operator.notices) == ["cap_day"]


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    operator = Operator()
    operator.look(KEY)
    operator.now -= timedelta(days=400)
    operator.look(KEY, CAP, minutes=3)
    assert len(operator.got) == 2


@given(st.lists(st.sets(st.sampled_from([KEY, CAP, SHEET, DOUBT])), min_size=1, max_size=120))
def test_begin_and_end_take_turns_and_messages_keep_their_distance(
    looks: list[set[Plight]],
) -> None:
    operator = Operator()
    for plights in looks:
        operator.look(*sorted(plights))
    operator.look(minutes=30)
    times = [at for at, _ in operator.got]
    assert all(b - a >= GAP / MINUTE for a, b in itertools.pairwise(times))
    told = Counter[str]()
    for _, message in operator.got:
        new, _, over = message.text.rpartition("Over by now:")
        lines = message.text.splitlines() if message.is_good else []
        for plight in (KEY, CAP, SHEET, DOUBT):
            begins = plight.says in (new or message.text) and not message.is_good
            ends = any(plight.says in line for line in lines) or (new and plight.says in over)
            told[plight.id] += bool(begins) - bool(ends)
            assert told[plight.id] in {0, 1}
    assert not any(told.values())
    assert operator.notices == {}


# -- what is wrong ------------------------------------------------------------------------------


def overview(sheet: Condition | None, **account: object) -> Overview:
    caps = Caps(day=100, month=1000, floor=50)
    view = AccountView(armed_at=START, caps=caps, day="2026-05-12", balance=500)
    return Overview(
        at=START,
        sheets=[SheetView(id="s1", name="Sales", condition=sheet)],
        account=replace(view, **account),  # type: ignore[arg-type]
        ledger=LedgerView(path="/ledger.db", schema="m001_first", size=1),
    )


WELL = Condition(at=START, looked_at=START, patience=5)


def purchase(state: BatchState) -> OpenPurchase:
    return OpenPurchase(
        id="b1",
        state=state,
        kind=Kind.EMAIL,
        people=2,
        credits=6,
        since=START,
        spreadsheet="s1",
        worksheet="Leads",
    )


@pytest.mark.parametrize(
    ("view", "found"),
    [
        (overview(WELL), []),
        (overview(None), []),
        (overview(WELL, spent_day=98), [("cap_day", Cause.CAP)]),
        (overview(WELL, spent_month=999), [("cap_month", Cause.CAP)]),
        (overview(WELL, balance=50), [("floor", Cause.CAP)]),
        (overview(WELL, halted="odd"), [("halted", Cause.STOPPED)]),
        (overview(WELL, purchases=[purchase(BatchState.IN_DOUBT)]), [("in_doubt:b1", Cause.DOUBT)]),
        (overview(WELL, purchases=[purchase(BatchState.PARKED)]), [("parked:b1", Cause.DOUBT)]),
        (overview(WELL, armed_at=None), []),
        (overview(replace(WELL, hold=status.HOLD_KEY)), [("key", Cause.KEY)]),
        (
            overview(
                replace(
                    WELL,
                    hold=status.HOLD_KEY,
                    problems=(status.HOLD_KEY.removeprefix("Waiting: "),),
                )
            ),
            [("key", Cause.KEY)],
        ),
        (
            overview(
                replace(
                    WELL,
                    hold=status.HOLD_VENDOR,
                    problems=(status.HOLD_VENDOR.removeprefix("Waiting: "),),
                )
            ),
            [],
        ),
        (overview(replace(WELL, problems=("Gone.", "Torn."))), [("problem:s1", Cause.SHEET)]),
        (overview(replace(WELL, looked_at=START - 9 * MINUTE)), [("late:s1", Cause.SILENCE)]),
    ],
)
def test_each_trouble_has_its_cause(view: Overview, found: list[tuple[str, Cause]]) -> None:
    assert [(plight.id, plight.cause) for plight in find_plights(view)] == found


def test_what_hangs_and_what_is_overdue_is_told_too() -> None:
    found = find_plights(overview(WELL), stuck=["cycle of Sales"], overdue=12)
    assert [plight.cause for plight in found] == [Cause.STUCK, Cause.REFUND]
