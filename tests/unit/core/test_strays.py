"""Keys on their way: astray in another person's row, or passed by persons that people moved."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from syncd.core.flight import KEY, Flight
from syncd.core.header import Header
from syncd.core.leads import LeadRow, parse_lead
from syncd.core.strays import find_strays
from syncd.core.table import Reader, Table

NOW = datetime(2026, 5, 12, 9, tzinfo=UTC)
HEADER = ["Prospect ID", "Find", "Email", "Key"]


def table(*people: Sequence[object]) -> Table[LeadRow]:
    rows = [[number, "Email", *(email or [""]), key] for number, key, *email in people]
    header = Header(row=0, at={name: at for at, name in enumerate(HEADER)}, width=len(HEADER))
    return Reader(parse_lead).read([HEADER, *rows], header)


def fly(before: Table[LeadRow], *keys: str) -> Flight:
    flight = Flight()
    for row, key in zip(before.rows, keys, strict=True):
        flight.add(key, row.fingerprint, KEY, key, NOW)
        flight.places.append(before.header.at)
    return flight


def test_a_key_that_met_another_person_is_astray() -> None:
    before = table((1, ""), (2, ""))
    flight = fly(before, "r-1", "r-2")
    assert set(find_strays(table((2, "r-1"), (1, "r-2")), before, flight, recorded)) == {1, 2}


def test_a_key_that_was_seen_with_its_person_stays_when_persons_are_moved_past_it() -> None:
    before = table((1, ""), (2, ""))
    flight = fly(before, "r-1", "r-2")
    landed = table((1, "r-1"), (2, "r-2"))
    assert find_strays(landed, before, flight, recorded) == {}
    flight.follow(landed.rows)
    assert find_strays(table((2, "r-1"), (1, "r-2")), landed, flight, recorded) == {}


def test_a_key_that_comes_late_to_another_row_is_astray_though_it_was_seen_at_home() -> None:
    before = table((1, ""), (2, ""))
    flight = fly(before, "r-1", "r-2")
    landed = table((1, "r-1"), (2, "r-2"))
    flight.follow(landed.rows)
    late = table((1, "r-1"), (2, "r-1"))
    assert find_strays(late, landed, flight, recorded) == {2: {3: "r-2"}}


def test_a_key_that_is_sent_anew_may_go_astray_again() -> None:
    before = table((1, ""), (2, ""))
    flight = fly(before, "r-1", "r-2")
    lost = table((1, ""), (2, "r-2"))
    flight.follow(table((1, "r-1"), (2, "r-2")).rows)
    flight.add("r-1", before.rows[0].fingerprint, KEY, "r-1", NOW, restores=True)
    assert find_strays(table((1, ""), (2, "r-1")), lost, flight, recorded) == {2: {3: "r-2"}}


@pytest.mark.parametrize(("ours", "back"), [(["one@x.example"], ""), ([], "one@x.example")])
def test_what_was_ours_is_not_put_back_beside_another_person(ours: list[str], back: str) -> None:
    before = table((1, "r-1", "one@x.example"), (2, "r-2", ""))
    flight = Flight()
    flight.add("r-2", before.rows[1].fingerprint, "Email", "⏳ AAAAAAAA", NOW)
    flight.places.append(before.header.at)
    fresh = table((2, "r-1", "⏳ AAAAAAAA"), (1, "r-2", ""))
    assert find_strays(fresh, before, flight, lambda *_: ours) == {1: {2: back}}


def recorded(key: str, column: str) -> Sequence[str]:
    raise AssertionError("what was before is known")
