"""What a checkup says of plain facts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from syncd.core.credits import Caps
from syncd.core.findings import (
    Level,
    exit_code,
    fail,
    judge_caps,
    judge_clock,
    judge_disk,
    judge_mode,
    ok,
    warn,
)
from syncd.core.model import Kind

ALL = frozenset(Kind)
CAPS = Caps(day=500, month=5000, floor=10)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [(0, "ok"), (-30, "ok"), (31, "warn"), (-300, "warn"), (301, "fail"), (-86_400, "fail")],
)
def test_a_clock_that_is_off_is_judged_by_how_much(seconds: int, level: str) -> None:
    found = judge_clock("Google", timedelta(seconds=seconds))
    assert found.level == level
    assert ("behind" in found.text) == (seconds < -30)


@pytest.mark.parametrize(("mib", "level"), [(5000, "ok"), (511, "warn"), (31, "fail")])
def test_a_full_disk_is_told_before_it_is_full(mib: int, level: str) -> None:
    assert judge_disk("/var/lib/syncd", mib * 2**20).level == level


def test_a_secret_that_others_can_read_is_told() -> None:
    assert judge_mode("secrets", "key", 0o100600).level == Level.OK
    assert judge_mode("secrets", "key", 0o100640).level == Level.WARN


@pytest.mark.parametrize(
    ("caps", "kinds", "balance", "levels"),
    [
        (CAPS, ALL, None, ["ok"]),
        (CAPS, ALL, 10_000, ["ok"]),
        (CAPS, ALL, 400, ["warn"]),
        (CAPS, ALL, 12, ["fail"]),
        (CAPS, frozenset(), None, ["fail"]),
        (Caps(day=6000, month=5000), ALL, None, ["warn"]),
        (Caps(day=20, month=5000), frozenset({Kind.EMAIL}), None, ["ok"]),
        (Caps(day=14, month=5000), frozenset({Kind.EMAIL}), None, ["warn"]),
        (Caps(day=2, month=5000), frozenset({Kind.EMAIL}), None, ["warn"]),
        (Caps(day=500, month=5000, kind_day={Kind.PHONE: 29}), ALL, None, ["warn"]),
    ],
)
def test_caps_that_cannot_be_meant_are_told(
    caps: Caps, kinds: frozenset[Kind], balance: int | None, levels: list[str]
) -> None:
    assert [one.level for one in judge_caps(caps, kinds, 5, balance)] == levels


def test_the_exit_code_is_that_of_the_worst() -> None:
    good, odd, bad = ok("a", "A."), warn("b", "B."), fail("c", "C.")
    assert [exit_code(list(them)) for them in ((good,), (good, odd), (bad, odd))] == [0, 2, 1]
