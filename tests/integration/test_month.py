"""A small month of daily runs; ``benchmarks/month.py`` lives the whole one."""

from __future__ import annotations

import month
import pytest

SMALL = {"people": 40, "lists": 3, "days": 3}


def test_syncd_spends_no_more_than_the_floor_though_it_is_killed_each_day() -> None:
    spent = month.live("syncd", "again", **SMALL)
    assert (spent.credits, spent.found) == (spent.floor, 24)
    assert spent.floor == 40 * 3


@pytest.mark.parametrize("program", list(month.PROGRAMS)[1:])
def test_a_program_without_a_memory_pays_for_misses_each_day(program: str) -> None:
    assert month.live(program, "again", **SMALL).ratio > 1.3
    assert month.live(program, "remembered", **SMALL).ratio <= 1.02


def test_the_meter_sees_a_syncd_that_forgets_its_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month, "BUYING", f'{month.BUYING}\ncool_off = "1h"')
    assert month.live("syncd", "again", **SMALL).ratio > 1.1
