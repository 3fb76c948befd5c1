"""Refunds: rises of the balance held against searches that found nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.redaction import redact
from syncd.core.refunds import Due, Refund, Rise, observe

NOW = datetime(2026, 5, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def refund(expected: int, days: int, observed: int = 0) -> Refund:
    return Refund(
        batch=f"b{days}",
        list_id=1,
        kind="FIND_EMAIL",
        prospects=(7,),
        expected=expected,
        since=NOW - timedelta(days=days),
        observed=observed,
    )


def rise(credits: int, days: int) -> Rise:
    return Rise(NOW - timedelta(days=days), credits)


@pytest.mark.parametrize(
    ("rises", "seen"),
    [
        ([], [0, 0]),
        ([rise(6, 1)], [0, 6]),  # as much as one of them
        ([rise(9, 1)], [9, 0]),
        ([rise(3, 1)], [3, 0]),  # or else the oldest
        ([rise(15, 1)], [9, 6]),
        ([rise(16, 1)], [0, 0]),  # a top-up
        ([rise(9, 12)], [0, 0]),  # before anything was searched
        ([rise(3, 9), rise(6, 8), rise(6, 1)], [9, 6]),
    ],
)
def test_a_rise_is_held_against_the_searches_before_it(rises: list[Rise], seen: list[int]) -> None:
    found = observe([refund(6, 2), refund(9, 10)], rises)
    assert [one.observed for one in found] == seen


def test_a_refund_that_takes_too_long_is_overdue() -> None:
    assert refund(6, 8).due(NOW, WEEK) is Due.OVERDUE
    assert refund(6, 8, observed=3).due(NOW, WEEK) is Due.OVERDUE
    assert refund(6, 8, observed=6).due(NOW, WEEK) is Due.SEEN
    assert refund(6, 2).due(NOW, WEEK) is Due.AWAITED
    assert refund(6, 2, observed=3).due(NOW, WEEK) is Due.PARTLY


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(0, 60))),
    st.lists(st.tuples(st.integers(1, 200), st.integers(0, 60))),
)
def test_nothing_is_seen_twice_or_beyond_what_was_paid(
    refunds: list[tuple[int, int]], rises: list[tuple[int, int]]
) -> None:
    found = observe([refund(*one) for one in refunds], [rise(*one) for one in rises])
    assert all(0 <= one.observed <= one.expected for one in found)
    assert sum(one.observed for one in found) <= sum(credits for credits, _ in rises)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_evidence_holds_no_text_of_the_vendors(body: object) -> None:
    wrapped = {"email": "ada@private.example", "key": "abcd1234.secret", "phone": 12025550123}
    kept = redact([body, wrapped, {"id": 12025550123, "enrichment_type": "FIND_EMAIL"}])
    for secret in ("ada", "secret", '"phone": 12025550123'):
        assert secret not in kept


def test_evidence_keeps_shape_figures_ids_and_constants() -> None:
    body = {"id": 12025550123, "enrichment_type": "FIND_EMAIL", "n": [1, None, "x"], "A b": 1.5}
    assert redact(body) == (
        '{"id": 12025550123, "enrichment_type": "FIND_EMAIL", '
        '"n": [1, null, "(text of 1 letters)"], "(name of 3 letters)": 1.5}'
    )
