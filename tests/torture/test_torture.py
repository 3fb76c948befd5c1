"""Torture in small: a fixed number of schedules, and every story that was once a bug.

A long run is the user's to start: ``syncd torture --schedules 100000``.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from syncd.cli import app
from syncd.torture import schedule
from syncd.torture.draw import draw
from syncd.torture.reached import groups
from syncd.torture.report import find_missed
from syncd.torture.run import ENOUGH, Tally, find_smallest, play_all, play_one, run
from syncd.torture.schedule import Schedule
from syncd.torture.steps import Look, Paste, Person

STORIES = sorted((Path(__file__).parent / "stories").glob("*.json"))
PARTS, EACH = 4, 75
"""300 in all: as many as one core plays in forty seconds."""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_breaks_a_promise(part: int) -> None:
    tally = play_all(map(draw, range(part * EACH, (part + 1) * EACH)))
    assert [(result.schedule.seed, result.violations) for result in tally.failures] == []
    assert tally.reached["accepted"] > 0


@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_a_story_that_was_once_a_bug_ends_well(story: Path) -> None:
    tally = play_all([schedule.parse(story.read_bytes())])
    assert [result.violations for result in tally.failures] == []


def test_a_schedule_is_played_again_from_its_seed_whatever_order_sets_have() -> None:
    told = "from syncd.torture.run import play_one; [print(*play_one(n).story) for n in (3, 12)]"
    other = subprocess.Popen(  # our own salt is drawn anew for each run
        [sys.executable, "-c", told],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    here = [play_one(seed).story for seed in (3, 12)]
    assert min(map(len, here)) > 10
    assert other.communicate()[0] == "".join(f"{' '.join(story)}\n" for story in here)
    assert draw(3) == draw(3) != draw(4)


def test_a_schedule_goes_to_json_and_back() -> None:
    for seed in range(200):
        drawn = draw(seed)
        assert schedule.parse(schedule.dump(drawn)) == drawn


def test_every_step_says_itself_in_words() -> None:
    kinds = set()
    for seed in range(300):
        drawn = draw(seed)
        kinds |= {step.step for step in drawn.steps}
        assert len(drawn.tell()) == len(drawn.steps) + 1
    assert len(kinds) == 23


def test_what_is_reached_by_more_than_one_process_is_what_one_reaches() -> None:
    alone, together = run(40, 30, 1), run(40, 30, 2)
    assert alone.reached == together.reached
    assert (alone.schedules, alone.failed) == (together.schedules, together.failed)


def test_a_run_that_reached_everything_but_one_thing_names_it() -> None:
    names = list(itertools.chain.from_iterable(groups().values()))
    tally = Tally(schedules=ENOUGH)
    tally.reached.update(names)
    assert find_missed(tally) == []
    tally.reached["parked"] = 0
    assert find_missed(tally) == ["parked"]
    tally.schedules = ENOUGH - 1
    assert find_missed(tally) == []


def test_one_schedule_is_told_as_a_story() -> None:
    done = CliRunner().invoke(app, ["torture", "--seed", "3", "--schedules", "1"])
    assert done.exit_code == 0
    assert "No promise was broken." in done.output
    assert "What happened" in done.output


def test_a_failing_schedule_shrinks_to_a_short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncd.torture.judge.is_value", lambda text: text != "p1@found.example")
    long = draw(3)
    paste = Paste(people=tuple(Person(id=number) for number in (1, 2, 3)))
    steps = (paste, *long.steps, Look(turns=3), *long.steps)
    failure = play_all([replace(long, steps=steps)]).failures[0]
    smallest = find_smallest(failure)
    assert smallest.violations
    people = [len(step.people) for step in smallest.schedule.steps if isinstance(step, Paste)]
    assert (len(smallest.schedule.steps), people) == (1, [1])
    assert smallest.schedule.rules == Schedule(seed=0).rules
