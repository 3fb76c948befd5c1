"""A row counts once what it asks has stood for a while, wherever it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.header import Header
from syncd.core.leads import COLUMNS, LeadRow, parse_lead
from syncd.core.settling import Look, Settling, ask_of_lead, without_tick

START = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
HEADER = Header(row=0, at={c.name: i for i, c in enumerate(COLUMNS)}, width=len(COLUMNS))
SETTLE = timedelta(seconds=5)


def row(prospect: object = 7, find: str = "Email", **cells: object) -> LeadRow:
    cells = {"Prospect ID": prospect, "Find": find, **cells}
    return parse_lead([cells.get(column.name, "") for column in COLUMNS], HEADER)


def leads() -> Settling[LeadRow]:
    return Settling(SETTLE, ask_of_lead)


def look(settling: Settling[LeadRow], seconds: float, *rows: LeadRow) -> set[int]:
    now = START + timedelta(seconds=seconds)
    return settling.look(rows, read_at=now, now=now).typed


def test_a_row_counts_when_it_has_stood_for_the_settle_time() -> None:
    settling = leads()
    assert look(settling, 0, row()) == {0}
    assert settling.due == START + SETTLE
    assert look(settling, 4.9, row()) == {0}
    assert look(settling, 5, row()) == set()
    assert settling.due is None


def test_each_letter_begins_anew() -> None:
    settling = leads()
    for second, typed in enumerate((1, 10, 101, 1017)):
        assert look(settling, 4 * second, row(typed)) == {0}
    assert look(settling, 16.9, row(1017)) == {0}
    assert look(settling, 17, row(1017)) == set()


def test_a_row_that_moves_does_not_begin_anew_nor_one_that_syncd_writes_into() -> None:
    settling = leads()
    look(settling, 0, row(1), row(2))
    assert look(settling, 3, row(2), row(3), row(1, Key="r-1", Status="Queued")) == {0, 1, 2}
    assert look(settling, 5, row(3), row(2, Key="r-2"), row(1, Key="r-1")) == {0}


def test_what_went_and_came_back_begins_anew() -> None:
    settling = leads()
    look(settling, 0, row())
    assert look(settling, 6, row()) == set()
    look(settling, 7)
    assert look(settling, 8, row()) == {0}


def test_a_row_that_asks_for_nothing_has_nothing_to_settle() -> None:
    settling = leads()
    assert look(settling, 0, row(find=""), row("", "")) == set()
    assert settling.due is None


def test_a_tick_is_part_of_what_is_asked() -> None:
    settling = leads()
    look(settling, 0, row())
    look(settling, 5, row())
    assert look(settling, 6, row(Approve=True)) == {0}


def test_a_slow_read_does_not_count_as_standing() -> None:
    settling = leads()
    settling.look([row()], read_at=START, now=START + timedelta(seconds=10))
    later = [START + timedelta(seconds=second) for second in (12, 14.9, 15)]
    found = [settling.look([row()], read_at=at, now=at + SETTLE).typed for at in later]
    assert found == [{0}, {0}, set()]


def test_a_settle_time_of_zero_is_none() -> None:
    settling = Settling(timedelta(0), ask_of_lead)
    assert settling.look([row()], read_at=START, now=START) == Look(set(), {0})
    assert settling.due is None


def test_rows_arrive_once_and_a_tick_alone_is_no_arrival() -> None:
    settling = Settling(SETTLE, ask_of_lead, without_tick)

    def arrive(seconds: float, *rows: LeadRow) -> set[int]:
        now = START + timedelta(seconds=seconds)
        return settling.look(rows, read_at=now, now=now).arrived

    assert arrive(0, row(1), row(2, Approve=True)) == set()
    assert arrive(5, row(1), row(2, Approve=True)) == {0, 1}
    assert arrive(6, row(1), row(2, Approve=True)) == set()
    arrive(7, row(1, Approve=True), row(2))
    assert arrive(12, row(1, Approve=True), row(2)) == {1}
    arrive(13, row(1, "Phone", Approve=True))
    assert arrive(18, row(1, "Phone", Approve=True)) == {0}


looks = st.lists(
    st.tuples(
        st.floats(min_value=0.1, max_value=6),
        st.lists(st.integers(min_value=1, max_value=3), max_size=4),
    ),
    max_size=12,
)


@given(looks)
def test_what_counts_was_asked_in_every_look_of_the_settle_time(
    steps: list[tuple[float, list[int]]],
) -> None:
    settling, now = leads(), 0.0
    kept: dict[int, LeadRow] = {}  # rows that stay are the same objects, others are not
    seen: list[tuple[float, set[int]]] = []
    for pause, prospects in steps:
        now += pause
        rows = [kept.setdefault(p, row(p)) if p < 3 else row(p) for p in prospects]
        typed = look(settling, now, *rows)
        seen.append((now, set(prospects)))
        for at, prospect in enumerate(prospects):
            since = now
            for before, there in reversed(seen):
                if prospect not in there:
                    break
                since = before
            stood = timedelta(seconds=now) - timedelta(seconds=since)
            assert (at in typed) == (stood < SETTLE)
