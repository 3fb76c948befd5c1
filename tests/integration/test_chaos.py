"""A small day in the life of a whole office; ``benchmarks/chaos.py`` lives long ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from chaos import PROTOCOLS
from day import Day, Result

EDITS = {"moving": 0.3, "typing": 0.3}


def live(folder: Path, protocol: str, seed: int, **options: object) -> Result:
    return Day(folder, seed, jobs=60, **EDITS, **options).live(PROTOCOLS[protocol])  # type: ignore[arg-type]


@pytest.mark.parametrize("protocol", ["remembered row", "re-read key"])
def test_the_judge_catches_a_naive_writer(tmp_path: Path, protocol: str) -> None:
    result = live(tmp_path, protocol, 1, faults=0.0)
    assert result.values > 0
    assert result.findings.wrong


def test_a_day_is_lived_again_from_its_seed(tmp_path_factory: pytest.TempPathFactory) -> None:
    days = [live(tmp_path_factory.mktemp("day"), "syncd", 3) for _ in range(2)]
    assert days[0].log == days[1].log
    assert len(days[0].log) > 50


def test_an_office_that_edits_nothing_finds_everything_in_its_place(tmp_path: Path) -> None:
    result = Day(tmp_path, 5, jobs=60, moving=0.0, typing=0.0).live()
    assert result.problems == []
    assert result.jobs > 50
    assert result.values == result.statuses == 0
