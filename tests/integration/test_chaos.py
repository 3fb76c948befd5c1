"""A small day in the life of a whole office; ``benchmarks/chaos.py`` lives long ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from chaos import PROTOCOLS
from day import Day, Result

from syncd.sandbox.office import Findings

BUSY = {"moving": 0.3, "typing": 0.3}


def live(folder: Path, protocol: str, seed: int, **options: Any) -> Result:
    return Day(folder, seed, jobs=60, **{**BUSY, **options}).live(PROTOCOLS[protocol])


@pytest.mark.parametrize("protocol", ["remembered row", "re-read key"])
def test_the_judge_catches_a_naive_writer(tmp_path: Path, protocol: str) -> None:
    result = live(tmp_path, protocol, 1, faults=0.0)
    assert result.values > 0
    assert result.findings.wrong_rows > 0


@pytest.mark.parametrize("seed", [1, 4, 5])
def test_every_row_ends_right_in_a_whole_office(tmp_path: Path, seed: int) -> None:
    result = live(tmp_path, "syncd", seed, faults=0.0)
    assert result.problems == []
    assert result.edits > 30


def test_every_row_ends_right_though_all_lines_fail_now_and_then(tmp_path: Path) -> None:
    result = live(tmp_path, "syncd", 4, moving=0.0, faults=2.0)
    assert result.problems == []
    assert result.typed > 30


def test_an_office_that_edits_nothing_finds_everything_in_its_place(tmp_path: Path) -> None:
    result = live(tmp_path, "syncd", 5, moving=0.0, typing=0.0, faults=1.0)
    assert result.problems == []
    assert result.jobs > 50
    assert result.values == result.statuses == 0


def test_a_day_is_lived_again_from_its_seed(tmp_path_factory: pytest.TempPathFactory) -> None:
    days = [live(tmp_path_factory.mktemp("day"), "syncd", 3) for _ in range(2)]
    assert days[0].log == days[1].log
    assert len(days[0].log) > 50


def test_findings_of_two_worksheets_add_up() -> None:
    found = Findings(wrong=["a"], wrong_rows=1, rows=3)
    found.add(Findings(wrong=["b"], lost=["c"], wrong_rows=1, rows=4))
    assert found == Findings(wrong=["a", "b"], lost=["c"], wrong_rows=2, rows=7)
