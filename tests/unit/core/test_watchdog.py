"""The watchdog's decision: fed by progress, and patient with whoever waits for a turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.watchdog import LEDGER, SCHEDULER, Beat, cycle_of, find_stuck

PATIENCE = 120.0
NOW = 1000.0

beats = st.lists(
    st.builds(
        Beat,
        part=st.sampled_from([SCHEDULER, LEDGER, *map(cycle_of, "abc")]),
        at=st.floats(0, NOW),
        queued=st.booleans(),
    ),
    unique_by=lambda beat: beat.part,
)


def seen(part: str, ago: float, *, queued: bool = False) -> Beat:
    return Beat(part=part, at=NOW - ago, queued=queued)


def stuck(*beats: Beat) -> tuple[str, ...]:
    return find_stuck(beats, NOW, PATIENCE)


def test_nothing_is_expected_of_who_is_not_there() -> None:
    assert stuck() == ()


def test_a_part_is_stuck_once_its_last_mark_is_older_than_the_patience() -> None:
    for part in (SCHEDULER, LEDGER, cycle_of("Sales")):
        assert stuck(seen(part, 120)) == ()
        assert stuck(seen(part, 120.1)) == (part,)


def test_one_cycle_that_hangs_is_enough_however_well_the_rest_does() -> None:
    rest = [seen(SCHEDULER, 1), seen(LEDGER, 1), seen(cycle_of("a"), 1)]
    assert stuck(*rest, seen(cycle_of("b"), 500)) == (cycle_of("b"),)


def test_who_waits_for_a_turn_is_excused_while_somebody_has_it() -> None:
    waits = seen(cycle_of("a"), 500, queued=True)
    assert stuck(waits, seen(cycle_of("b"), 100)) == ()
    assert stuck(waits, seen(cycle_of("b"), 500)) == (cycle_of("b"),)


def test_where_all_wait_for_a_turn_nobody_has_it() -> None:
    first, second = (seen(cycle_of(name), 500, queued=True) for name in "ab")
    assert stuck(first, second, seen(SCHEDULER, 1), seen(LEDGER, 1)) == ("cycle of a", "cycle of b")


@given(beats)
def test_with_a_mark_of_everybody_s_nobody_is_stuck_and_older_marks_never_help(
    found: list[Beat],
) -> None:
    fresh = [Beat(part=beat.part, at=NOW, queued=beat.queued) for beat in found]
    assert stuck(*fresh) == ()
    older = [Beat(part=beat.part, at=beat.at - 1, queued=beat.queued) for beat in found]
    assert set(stuck(*found)) <= set(stuck(*older))
