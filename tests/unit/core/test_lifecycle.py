"""Every arrow of the state diagram in ``core/lifecycle.py``, and those that must not exist."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncd.core.credits import Entry, EntryKind
from syncd.core.lifecycle import Limits, WrongOutcome, advance
from syncd.core.model import OPEN_STATES, Batch, BatchState, Job, JobState, Kind, Reading, Seen
from syncd.core.outcomes import (
    Accepted,
    Failed,
    InDoubt,
    ListReady,
    Looked,
    NothingToBuy,
    NotSent,
    Refused,
    Resolved,
    Submitting,
    Withdrawn,
)

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
LIMITS = Limits()
EMPTY, LOADING = Seen(reading=Reading.EMPTY), Seen(reading=Reading.LOADING)
MISS_TEXT = Seen(reading=Reading.MISSED, value="Not found")
ODD = Seen(reading=Reading.UNRECOGNISED, value="call us")


def found(prospect: int) -> Seen:
    return Seen(reading=Reading.FOUND, value=f"p{prospect}@example.com")


def batch(state: BatchState, size: int = 2, **changes: Any) -> Batch:
    jobs = tuple(
        Job(
            prospect_id=n,
            kind=Kind.EMAIL,
            state=JobState.WAITING,
            asked_by=f"k{n}",
            before=EMPTY,
            credits=3 if state is BatchState.ACCEPTED else 0,
        )
        for n in range(1, size + 1)
    )
    accepted = state is BatchState.ACCEPTED
    fields = {
        "id": "b1",
        "account": "a",
        "worksheet": 1,
        "kind": Kind.EMAIL,
        "state": state,
        "jobs": jobs,
        "booked_day": "2026-05-12",
        "reserved": 0 if accepted else 3 * size,
        "settled": 3 * size if accepted else 0,
        "created_at": NOW,
        "submitted_at": NOW,
        "list_id": 9,
    }
    return Batch(**{**fields, **changes})


def step(start: Batch, outcome: Any, minutes: float = 0) -> Any:
    return advance(start, outcome, now=NOW + timedelta(minutes=minutes), limits=LIMITS)


S = BatchState
ARROWS = [
    (S.PLANNED, ListReady(list_id=9, shown={1: EMPTY, 2: EMPTY}), 0, S.LIST_READY),
    (S.PLANNED, ListReady(list_id=9, shown={1: found(1), 2: found(2)}), 0, S.SETTLED),
    (S.PLANNED, Failed(reason="away"), 0, S.PLANNED),
    (S.PLANNED, Withdrawn(reason="gone"), 0, S.CANCELLED),
    (S.LIST_READY, Submitting(balance=100), 0, S.SUBMITTING),
    (S.LIST_READY, NothingToBuy(), 0, S.ACCEPTED),
    (S.LIST_READY, Failed(reason="away"), 0, S.LIST_READY),
    (S.LIST_READY, Withdrawn(reason="gone"), 0, S.CANCELLED),
    (S.SUBMITTING, Accepted(count=2, credits=6), 0, S.ACCEPTED),
    (S.SUBMITTING, Refused(reason="no"), 0, S.REFUSED),
    (S.SUBMITTING, NotSent(reason="no route"), 0, S.LIST_READY),
    (S.SUBMITTING, InDoubt(reason="lost"), 0, S.IN_DOUBT),
    (S.IN_DOUBT, Looked(seen={1: LOADING, 2: EMPTY}), 0, S.ACCEPTED),
    (S.IN_DOUBT, Looked(seen={1: EMPTY, 2: found(2)}), 0, S.ACCEPTED),
    (S.IN_DOUBT, Looked(seen={1: EMPTY, 2: EMPTY}), 1, S.IN_DOUBT),
    (S.IN_DOUBT, Looked(seen={1: EMPTY, 2: EMPTY}), 16, S.PARKED),
    (S.IN_DOUBT, Looked(seen={}), 1, S.IN_DOUBT),
    (S.IN_DOUBT, Failed(reason="away"), 600, S.IN_DOUBT),
    (S.IN_DOUBT, Failed(reason="no such list", gone=True), 1, S.IN_DOUBT),
    (S.IN_DOUBT, Failed(reason="no such list", gone=True), 16, S.PARKED),
    (S.IN_DOUBT, Resolved(paid=True), 0, S.ACCEPTED),
    (S.IN_DOUBT, Resolved(paid=False), 0, S.REFUSED),
    (S.PARKED, Looked(seen={1: EMPTY, 2: EMPTY}), 90_000, S.PARKED),
    (S.PARKED, Looked(seen={1: found(1), 2: EMPTY}), 60, S.ACCEPTED),
    (S.PARKED, Resolved(paid=False), 0, S.REFUSED),
    (S.ACCEPTED, Looked(seen={1: LOADING, 2: EMPTY}), 1, S.ACCEPTED),
    (S.ACCEPTED, Failed(reason="away"), 1, S.ACCEPTED),
    (S.ACCEPTED, Failed(reason="gone"), 60 * 24 * 8, S.SETTLED),
]


@pytest.mark.parametrize(("start", "outcome", "minutes", "end"), ARROWS)
def test_an_outcome_leads_where_the_diagram_says(
    start: BatchState, outcome: Any, minutes: int, end: BatchState
) -> None:
    before = batch(start)
    made = step(before, outcome, minutes)
    assert made.batch.state is end
    # Whatever happens, every credit is reserved, settled or given back.
    released = sum(e.credits for e in made.entries if e.kind is EntryKind.RELEASE)
    settled = sum(e.credits for e in made.entries if e.kind is EntryKind.SETTLE)
    assert before.reserved == made.batch.reserved + released + settled
    assert made.batch.settled == before.settled + settled
    assert sum(job.credits for job in made.batch.jobs) == made.batch.settled
    if end not in OPEN_STATES:
        assert made.batch.reserved == 0
        assert not made.batch.waiting


FORBIDDEN = [
    (S.SUBMITTING, Submitting(balance=1)),  # a purchase is never sent twice
    (S.IN_DOUBT, Submitting(balance=1)),
    (S.IN_DOUBT, NotSent(reason="")),
    (S.IN_DOUBT, Withdrawn(reason="")),  # and a doubt never ends by being unwanted
    (S.PARKED, Withdrawn(reason="")),
    (S.SUBMITTING, Withdrawn(reason="")),
    (S.ACCEPTED, Refused(reason="")),
    (S.SETTLED, Accepted(count=1, credits=3)),
    (S.PLANNED, Submitting(balance=1)),  # nothing is bought from a list that was not read back
]


@pytest.mark.parametrize(("start", "outcome"), FORBIDDEN)
def test_an_arrow_that_would_lose_money_does_not_exist(start: BatchState, outcome: Any) -> None:
    with pytest.raises(WrongOutcome):
        step(batch(start), outcome)


def states(made: Any) -> list[JobState]:
    return [job.state for job in made.batch.jobs]


def test_two_reads_in_a_row_must_agree_before_anything_is_decided() -> None:
    once = step(batch(S.ACCEPTED), Looked(seen={1: found(1), 2: EMPTY}), 1)
    assert states(once) == [JobState.WAITING, JobState.WAITING]
    other = step(once.batch, Looked(seen={1: LOADING, 2: EMPTY}), 2)
    assert states(other) == [JobState.WAITING, JobState.MISSED]
    again = step(other.batch, Looked(seen={1: found(1), 2: EMPTY}), 3)
    assert states(again) == [JobState.WAITING, JobState.MISSED]
    done = step(again.batch, Looked(seen={1: found(1), 2: EMPTY}), 4)
    assert states(done) == [JobState.FOUND, JobState.MISSED]
    assert done.batch.state is S.SETTLED


def test_an_empty_field_is_no_miss_before_its_age() -> None:
    young = batch(S.ACCEPTED)
    for seconds in (0, 10, 20):
        young = step(young, Looked(seen={1: EMPTY, 2: EMPTY}), seconds / 60).batch
    assert [job.state for job in young.jobs] == [JobState.WAITING] * 2


@pytest.mark.parametrize(
    ("seen", "state"),
    [(MISS_TEXT, JobState.MISSED), (ODD, JobState.UNRECOGNISED), (found(1), JobState.FOUND)],
)
def test_what_two_reads_say_decides_the_job(seen: Seen, state: JobState) -> None:
    first = step(batch(S.ACCEPTED, size=1), Looked(seen={1: seen}), 1)
    second = step(first.batch, Looked(seen={1: seen}), 2)
    assert states(second) == [state]


def test_a_field_that_never_stops_loading_expires_and_stays_paid() -> None:
    made = step(batch(S.ACCEPTED), Looked(seen={1: LOADING, 2: LOADING}), 60 * 7)
    assert states(made) == [JobState.EXPIRED] * 2
    assert made.batch.settled == 6


def test_people_whom_the_list_does_not_show_are_unknown_and_cost_nothing() -> None:
    made = step(batch(S.PLANNED), ListReady(list_id=9, shown={1: EMPTY}))
    assert states(made) == [JobState.WAITING, JobState.UNKNOWN]
    assert made.batch.reserved == 3


def look_twice(start: Batch, seen: dict[int, Seen]) -> Any:
    return step(step(start, Looked(seen=seen), 1).batch, Looked(seen=seen), 2)


def with_jobs(start: Batch, *changes: dict[str, Any]) -> Batch:
    jobs = zip(start.jobs, changes, strict=True)
    return replace(start, jobs=tuple(replace(job, **change) for job, change in jobs))


@pytest.mark.parametrize("seen", [EMPTY, LOADING])
def test_whom_nobody_was_paid_to_search_for_is_never_a_miss(seen: Seen) -> None:
    start = with_jobs(batch(S.ACCEPTED, settled=3), {}, {"credits": 0, "before": LOADING})
    made = look_twice(start, {1: EMPTY, 2: seen})
    if seen is LOADING:
        assert states(made) == [JobState.MISSED, JobState.WAITING]  # it may come, for nothing
        made = step(made.batch, Looked(seen={1: EMPTY, 2: seen}), 60 * 7)
    assert states(made) == [JobState.MISSED, JobState.CANCELLED]


def test_a_value_that_comes_to_somebody_left_out_is_found_for_nothing() -> None:
    start = with_jobs(batch(S.ACCEPTED, settled=3), {}, {"credits": 0, "before": LOADING})
    made = look_twice(start, {1: EMPTY, 2: found(2)})
    assert states(made) == [JobState.MISSED, JobState.FOUND]
    assert [job.credits for job in made.batch.jobs] == [3, 0]


@pytest.mark.parametrize("before", [EMPTY, ODD])
def test_those_whom_the_list_shows_being_searched_for_are_those_who_were_charged(
    before: Seen,
) -> None:
    start = with_jobs(batch(S.ACCEPTED, settled=3), {}, {"credits": 0, "before": before})
    first = step(start, Looked(seen={1: EMPTY, 2: LOADING}), 1)
    assert [job.credits for job in first.batch.jobs] == [0, 3]
    made = look_twice(first.batch, {1: EMPTY, 2: EMPTY})
    assert states(made) == [JobState.CANCELLED, JobState.MISSED]
    assert made.batch.settled == 3


def test_a_search_that_somebody_else_had_begun_is_not_taken_for_ours() -> None:
    theirs = {"credits": 0, "before": LOADING}
    start = with_jobs(batch(S.ACCEPTED, settled=3), {}, theirs)
    made = step(start, Looked(seen={1: EMPTY, 2: found(2)}), 1)
    assert [job.credits for job in made.batch.jobs] == [3, 0]
    doubt = with_jobs(batch(S.IN_DOUBT), {}, theirs)
    assert step(doubt, Looked(seen={1: EMPTY, 2: found(2)}), 1).batch.state is S.IN_DOUBT


def test_a_field_that_goes_on_loading_is_not_empty_because_it_did_before() -> None:
    start = with_jobs(batch(S.ACCEPTED), {"before": LOADING}, {"before": LOADING})
    assert states(look_twice(start, {1: LOADING, 2: LOADING})) == [JobState.WAITING] * 2


def test_nobody_accepted_costs_nothing_and_is_polled() -> None:
    for start, outcome in (
        (batch(S.SUBMITTING), Accepted(count=0, credits=0)),
        (batch(S.LIST_READY), NothingToBuy()),
    ):
        made = step(start, outcome)
        assert (made.batch.state, made.batch.settled, made.alarm) == (S.ACCEPTED, 0, "")
        assert states(made) == [JobState.WAITING] * 2


def test_results_for_people_who_were_not_planned_raise_an_alarm() -> None:
    made = step(
        batch(S.SUBMITTING), Accepted(count=2, credits=6, results={1: found(1), 9: found(9)})
    )
    assert "1 who were not planned" in made.alarm
    assert states(made) == [JobState.FOUND, JobState.WAITING]


def test_others_who_came_to_life_on_a_users_own_list_raise_an_alarm() -> None:
    seen = {1: LOADING, 2: EMPTY, 9: LOADING}
    made = step(batch(S.ACCEPTED), Looked(seen=seen, others=frozenset({9})), 1)
    assert "1 others on list 9" in made.alarm
    assert step(made.batch, Looked(seen=seen), 2).alarm == ""


def test_a_list_read_again_before_the_purchase_frees_who_was_found_and_keeps_the_tries() -> None:
    again = ListReady(list_id=9, shown={1: found(1), 2: EMPTY})
    made = step(batch(S.LIST_READY, attempts=4), again)
    assert (made.batch.state, made.batch.reserved, made.batch.attempts) == (S.LIST_READY, 3, 4)
    assert states(made) == [JobState.FOUND, JobState.WAITING]


def test_a_purchase_reserves_no_more_than_the_vendor_would_search_for() -> None:
    sent = step(batch(S.LIST_READY), Submitting(balance=100, limit=1))
    assert (sent.batch.reserved, sent.entries) == (3, (Entry(kind=EntryKind.RELEASE, credits=3),))
    lost = step(sent.batch, InDoubt(reason="lost")).batch
    served = step(lost, Looked(seen={1: EMPTY, 2: LOADING}), 1).batch
    assert (served.settled, served.reserved, sum(job.credits for job in served.jobs)) == (3, 0, 3)
    back = step(sent.batch, NotSent(reason="no route")).batch
    again = step(back, ListReady(list_id=9, shown={1: found(1), 2: found(2)}))
    assert (again.batch.state, again.batch.reserved) == (S.SETTLED, 0)


HOUR = 60.0


def test_a_paid_miss_is_looked_at_after_an_hour_and_after_a_day() -> None:
    settled = look_twice(batch(S.ACCEPTED), {1: EMPTY, 2: found(2)}).batch
    assert settled.not_before == NOW + timedelta(hours=1)
    first = step(settled, Looked(seen={1: LOADING, 2: found(2)}), HOUR)
    assert first.batch.not_before == NOW + timedelta(days=1)
    second = step(first.batch, Looked(seen={1: found(1), 2: EMPTY}), 24 * HOUR)
    assert states(second) == [JobState.FOUND, JobState.FOUND]
    assert (second.batch.not_before, second.entries, second.batch.settled) == (None, (), 6)


def test_a_search_that_a_leap_of_the_clock_cuts_short_is_looked_at_once_more() -> None:
    cut = step(batch(S.ACCEPTED), Looked(seen={1: LOADING, 2: LOADING}), 100 * 24 * HOUR)
    assert states(cut) == [JobState.EXPIRED, JobState.EXPIRED]
    assert cut.batch.not_before == NOW + timedelta(days=100, hours=1)
    came = step(cut.batch, Looked(seen={1: found(1), 2: LOADING}), 100 * 24 * HOUR + HOUR)
    assert states(came) == [JobState.FOUND, JobState.EXPIRED]
    assert came.batch.not_before is None


def test_a_late_look_that_fails_is_not_repeated_at_once() -> None:
    settled = look_twice(batch(S.ACCEPTED), {1: EMPTY, 2: EMPTY}).batch
    failed = step(settled, Failed(reason="away"), HOUR)
    assert (failed.batch.state, failed.batch.not_before) == (S.SETTLED, NOW + timedelta(days=1))
    gone = step(failed.batch, Failed(reason="gone", gone=True), 24 * HOUR)
    assert gone.batch.not_before is None
    away = step(failed.batch, Failed(reason="away"), 24 * HOUR)
    assert away.batch.not_before == NOW + timedelta(days=2)


@pytest.mark.parametrize("seen", [{1: found(1), 2: found(2)}, {1: ODD, 2: found(2)}])
def test_what_came_needs_no_late_look(seen: dict[int, Seen]) -> None:
    assert look_twice(batch(S.ACCEPTED), seen).batch.not_before is None


def test_text_that_stood_there_before_says_nothing_new() -> None:
    job = replace(batch(S.ACCEPTED, size=1).jobs[0], before=ODD)
    start = batch(S.ACCEPTED, size=1, jobs=(job,))
    first = step(start, Looked(seen={1: ODD}), 1)
    assert states(step(first.batch, Looked(seen={1: ODD}), 2)) == [JobState.MISSED]


def test_fewer_taken_than_asked_for_gives_the_rest_back() -> None:
    made = step(batch(S.SUBMITTING), Accepted(count=1, credits=3))
    assert (made.batch.settled, made.alarm) == (3, "")
    assert sorted(job.credits for job in made.batch.jobs) == [0, 3]


@pytest.mark.parametrize(("count", "credits"), [(2, 5), (3, 9), (0, 6), (2, 60)])
def test_an_answer_that_does_not_add_up_is_booked_as_said_and_raises_an_alarm(
    count: int, credits: int
) -> None:
    made = step(batch(S.SUBMITTING), Accepted(count=count, credits=credits))
    assert made.alarm
    assert made.batch.settled == credits
    moved = {kind: sum(e.credits for e in made.entries if e.kind is kind) for kind in EntryKind}
    assert 6 + moved[EntryKind.RESERVE] == moved[EntryKind.SETTLE] + moved[EntryKind.RELEASE]


def test_results_in_the_answer_itself_are_believed_at_once() -> None:
    missed = Seen(reading=Reading.MISSED)
    made = step(batch(S.SUBMITTING), Accepted(count=2, credits=6, results={1: found(1), 2: missed}))
    assert states(made) == [JobState.FOUND, JobState.MISSED]
    assert made.batch.state is S.SETTLED


def test_a_free_step_that_keeps_failing_ends_in_cancelled() -> None:
    start = batch(S.PLANNED)
    for _ in range(LIMITS.attempts):
        start = step(start, Failed(reason="away")).batch
    assert (start.state, start.reserved) == (S.CANCELLED, 0)
