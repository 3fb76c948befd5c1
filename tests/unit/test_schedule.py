"""When cycles begin: cron as crontab means it, and what a cycle's report adds to the schedule."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core.backoff import delay
from syncd.cycles import next_cycle, run_cycle
from syncd.engine import Report
from syncd.errors import Stopping
from syncd.progress import Progress
from syncd.schedule import at_times, check_cron, every
from syncd.shift import Crew, Shift

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 5, 13, 12, 0, tzinfo=UTC)  # a Wednesday


def times(cron: str, zone: ZoneInfo, start: datetime, count: int) -> list[str]:
    """Return the next times as the zone's clocks show them."""
    trigger, found, last = at_times(cron, zone), [], None
    now = start
    for _ in range(count):
        last = trigger.get_next_fire_time(last, now)
        found.append(f"{last.astimezone(zone):%a %d %b %H:%M}")
        now = last
    return found


def test_cron_times_are_the_zone_s_own() -> None:
    assert times("0 7 * * mon-fri", BERLIN, NOW, 3) == [
        "Thu 14 May 07:00",
        "Fri 15 May 07:00",
        "Mon 18 May 07:00",
    ]
    (tokyo,) = times("0 7 * * *", ZoneInfo("Asia/Tokyo"), NOW, 1)
    assert tokyo == "Thu 14 May 07:00"


def test_cron_times_keep_to_the_clock_when_it_changes() -> None:
    saturday = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert times("0 7 * * *", BERLIN, saturday, 2) == ["Sun 29 Mar 07:00", "Mon 30 Mar 07:00"]
    october = datetime(2026, 10, 24, 12, 0, tzinfo=UTC)
    assert times("0 7 * * *", BERLIN, october, 2) == ["Sun 25 Oct 07:00", "Mon 26 Oct 07:00"]


@pytest.mark.parametrize(
    ("weekdays", "means"),
    [
        ("1-5", "Mon Tue Wed Thu Fri"),
        ("mon-fri", "Mon Tue Wed Thu Fri"),
        ("MON-Fri", "Mon Tue Wed Thu Fri"),
        ("0", "Sun"),
        ("7", "Sun"),
        ("5-7", "Fri Sat Sun"),
        ("fri-sun", "Fri Sat Sun"),
        ("sun-tue", "Mon Tue Sun"),
        ("1,3", "Mon Wed"),
        ("mon,5", "Mon Fri"),
        ("*/2", "Tue Thu Sat Sun"),
        ("1-5/2", "Mon Wed Fri"),
        ("*", "Mon Tue Wed Thu Fri Sat Sun"),
    ],
)
def test_weekdays_count_from_sunday_as_crontab_counts_them(weekdays: str, means: str) -> None:
    monday = datetime(2026, 5, 11, tzinfo=UTC)
    trigger, last, found = at_times(f"0 7 * * {weekdays}", UTC), None, []
    now = monday
    while (last := trigger.get_next_fire_time(last, now)) < monday + timedelta(days=7):
        found.append(f"{last:%a}")
        now = last
    assert " ".join(found) == means


def test_a_day_and_a_weekday_mean_either_as_in_crontab() -> None:
    assert times("0 7 1 * mon", BERLIN, datetime(2026, 5, 26, tzinfo=UTC), 3) == [
        "Mon 01 Jun 07:00",
        "Mon 08 Jun 07:00",
        "Mon 15 Jun 07:00",
    ]
    assert times("0 7 1 * mon", BERLIN, datetime(2026, 6, 29, 8, 0, tzinfo=UTC), 2) == [
        "Wed 01 Jul 07:00",
        "Mon 06 Jul 07:00",
    ]


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "0 7",
        "0 7 * * * *",
        "60 7 * * *",
        "0 24 * * *",
        "0 7 0 * *",
        "0 7 32 * *",
        "0 7 * 13 *",
        "0 7 * * 8",
        "0 7 * * fri-mon",
        "0 7 * * monday",
        "0 7 * * mon#1",
        "*/0 * * * *",
        "a b c d e",
        "@daily . . . .",
        "0 0 30 2 *",
    ],
)
def test_what_is_no_cron_expression_is_refused_with_a_reason(cron: str) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        check_cron(cron)


@given(
    st.builds(
        "{} {} {} {} {}".format,
        st.sampled_from(["0", "*/7", "5-50/5", "*"]),
        st.sampled_from(["7", "*", "8-17", "*/3", "0,23"]),
        st.sampled_from(["*", "1", "28", "*/10"]),
        st.sampled_from(["*", "2", "jan-mar", "*/4"]),
        st.sampled_from(["*", "1-5", "0", "7", "sat,sun", "2-6/2", "*/3"]),
    ),
    st.integers(0, 500_000),
)
def test_a_follow_up_in_between_loses_no_cron_time(cron: str, minutes: int) -> None:
    trigger = at_times(cron, UTC)
    begin = NOW + timedelta(minutes=minutes, seconds=1)
    plain = trigger.get_next_fire_time(None, begin)
    # A follow-up moves the job to a moment of its own; the time after that must still come.
    assert trigger.get_next_fire_time(begin, begin) == plain
    assert trigger.get_next_fire_time(plain, plain) > plain


def test_an_interval_is_kept() -> None:
    trigger = every(timedelta(seconds=30))
    assert trigger.get_next_fire_time(NOW, NOW) == NOW + timedelta(seconds=30)


# --- what a report adds -------------------------------------------------------------------------


def test_a_quiet_report_leaves_the_next_cycle_to_the_schedule() -> None:
    assert next_cycle(Report(), NOW) is None
    assert next_cycle(Report(), NOW, failures=0) is None


def test_more_work_is_done_in_a_second() -> None:
    assert next_cycle(Report(again=True), NOW) == NOW + timedelta(seconds=1)


@pytest.mark.parametrize(("due", "wanted"), [(-60, 1), (0, 1), (45, 45)])
def test_a_batch_is_followed_up_when_due_but_never_at_once(due: int, wanted: int) -> None:
    report = Report(due=NOW + timedelta(seconds=due), open_batches=1)
    assert next_cycle(report, NOW) == NOW + timedelta(seconds=wanted)


@pytest.mark.parametrize(("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (5, 15), (500, 15)])
def test_after_a_failure_it_tries_again_within_minutes(failures: int, minutes: int) -> None:
    wanted = next_cycle(Report(failed=True), NOW, failures=failures)
    assert wanted == NOW + timedelta(minutes=minutes)
    sooner = next_cycle(Report(failed=True), NOW, failures=failures, jitter=0.99)
    assert sooner is not None
    assert NOW + timedelta(minutes=minutes) * 0.75 <= sooner < wanted
    assert sooner == NOW + delay(failures, base=timedelta(minutes=1), jitter=0.99)


def test_a_batch_that_is_due_waits_for_no_failure() -> None:
    report = Report(failed=True, due=NOW + timedelta(seconds=5))
    assert next_cycle(report, NOW, failures=4) == NOW + timedelta(seconds=5)


class Cycle:
    """An engine whose cycle raises."""

    name = "Sales"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def cycle(self) -> Report:
        raise self._error

    def note_failure(self, failure: str) -> None:
        self.failure = failure


def test_a_cycle_that_a_stop_cut_short_is_no_failure() -> None:
    assert run_cycle(Cycle(Stopping("syncd is stopping"))) == Report()  # type: ignore[arg-type]


def test_a_cycle_with_a_bug_is_a_failure_that_is_tried_again() -> None:
    cycle = Cycle(ZeroDivisionError())
    report = run_cycle(cycle)  # type: ignore[arg-type]
    assert report.failed
    assert report.problems == (cycle.failure,) == ("The cycle failed; the log has the reason.",)


class Slow:
    """An engine whose cycle takes as long as the test wants."""

    name = "Sales"

    def __init__(self) -> None:
        self.begun, self.may_end, self.cycles = threading.Event(), threading.Event(), 0

    def cycle(self) -> Report:
        self.cycles += 1
        self.begun.set()
        assert self.may_end.wait(20)
        return Report()


@pytest.mark.parametrize("comes", [True, False])
def test_a_time_that_comes_while_a_cycle_runs_is_made_up_for_soon(comes: bool) -> None:
    """That cycle may have read the sheet before, and the next time may be a day off."""
    engine: Any = Slow()
    part: Any = None  # the schedules are never started here
    crew = Crew(
        engines=[(engine, part)],
        stop=threading.Event(),
        stop_within=timedelta(0),
        prove=lambda: None,
        describe=str,
        close=lambda: None,
    )
    shift = Shift(crew, progress=Progress(), proof=timedelta(minutes=1))
    thread = threading.Thread(target=shift._cycle, args=[engine])
    thread.start()
    assert engine.begun.wait(20)
    if comes:
        shift._cycle(engine)  # returns at once: one at a time
    engine.may_end.set()
    thread.join()
    assert engine.cycles == 1
    jobs = [job.id for job in shift._scheduler.get_jobs() if "follow-up" in job.id]
    assert len(jobs) == (1 if comes else 0)
