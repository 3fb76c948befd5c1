"""What stands against buying somebody: the answer that the ledger already has, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from syncd.core.memory import Fact, Person, answer
from syncd.core.model import BatchState, JobState, Kind

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
COOL_OFF = timedelta(days=90)
LEFT_OUT, SETTLED = JobState.CANCELLED, BatchState.SETTLED


def fact(
    state: JobState, hours_ago: float, kind: Kind = Kind.EMAIL, batch: BatchState = SETTLED
) -> Fact:
    at = (NOW - timedelta(hours=hours_ago)).isoformat()
    return Fact(kind, state, "", "r-1", 0, at, batch)


def stands(*facts: Fact, kind: Kind = Kind.EMAIL) -> bool:
    return answer(Person(facts), kind, cool_off=COOL_OFF, now=NOW) is not None


@pytest.mark.parametrize(
    ("times", "hours"), [(1, 1), (2, 2), (3, 4), (6, 32), (10, 512), (11, 720), (40, 720)]
)
def test_who_was_left_out_is_asked_about_again_ever_later_and_at_least_once_a_month(
    times: int, hours: float
) -> None:
    older = [fact(LEFT_OUT, 9999)] * (times - 1)
    assert stands(fact(LEFT_OUT, hours - 0.1), *older)
    assert not stands(fact(LEFT_OUT, hours + 0.1), *older)


@pytest.mark.parametrize("state", [BatchState.REFUSED, BatchState.CANCELLED])
def test_a_purchase_that_never_was_stands_against_nothing(state: BatchState) -> None:
    assert not stands(fact(LEFT_OUT, 0, batch=state))
    assert not stands(fact(LEFT_OUT, 1.1), *[fact(LEFT_OUT, 0, batch=state)] * 9)


def test_one_left_out_of_a_batch_that_is_still_open_is_not_asked_about_at_once() -> None:
    assert stands(fact(LEFT_OUT, 0.5, batch=BatchState.ACCEPTED))


def test_being_left_out_of_one_kind_says_nothing_about_another() -> None:
    assert not stands(fact(LEFT_OUT, 0.5), kind=Kind.EMAIL_WATERFALL)
    assert not stands(fact(LEFT_OUT, 0.5), kind=Kind.PHONE)
    assert not stands(fact(LEFT_OUT, 0.5, Kind.EMAIL_WATERFALL))


def test_a_miss_is_remembered_whatever_came_after_it() -> None:
    assert stands(fact(LEFT_OUT, 2), fact(JobState.MISSED, 24 * 80))
    assert not stands(fact(LEFT_OUT, 2), fact(JobState.MISSED, 24 * 91))
