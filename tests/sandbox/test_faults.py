"""The rules that decide which request meets which fault, without any wire."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.sandbox.faults import Fault, Faults, vendor_of
from syncd.sandbox.wire import Request

SHEETS = Request(method="GET", path="/v4/spreadsheets/abc", query="fields=a")
SPEND = Request(method="POST", path="/api/v1/public/lead-lists/7/enrichment/")
TOKEN = Request(method="POST", path="/token")


def test_each_path_belongs_to_its_vendor():
    drive = Request(method="GET", path="/drive/v3/files")
    assert [vendor_of(one) for one in (SHEETS, drive, SPEND, TOKEN)] == [
        "sheets",
        "sheets",
        "seleqt",
        "token",
    ]
    assert vendor_of(Request(method="GET", path="/control/state")) is None


def test_without_rules_nothing_happens():
    assert Faults().decide(SPEND) is None


def test_a_rule_alone_fires_once():
    faults = Faults()
    faults.add("500")
    assert [faults.decide(SPEND) for _ in range(3)] == [Fault(kind="500", seconds=1.0), None, None]


def test_the_nth_match_is_counted_among_matches_only():
    faults = Faults()
    faults.add("429", vendor="seleqt", nth=2)
    decided = [faults.decide(one) for one in (SHEETS, SPEND, SHEETS, SPEND, SPEND)]
    assert [fault is not None for fault in decided] == [False, False, False, True, False]


def test_the_next_n_fire_and_then_it_is_over():
    faults = Faults()
    faults.add("503", next=3)
    assert [faults.decide(SPEND) is not None for _ in range(5)] == [True, True, True, False, False]


@pytest.mark.parametrize(
    ("matching", "hits"),
    [
        ({"vendor": "sheets"}, [SHEETS]),
        ({"vendor": "seleqt"}, [SPEND]),
        ({"vendor": "token"}, [TOKEN]),
        ({"vendor": "any"}, [SHEETS, SPEND, TOKEN]),
        ({"method": "POST"}, [SPEND, TOKEN]),
        ({"path": r"/enrichment/$"}, [SPEND]),
        ({"path": r"fields=a"}, [SHEETS]),
        ({"method": "GET", "path": "enrichment"}, []),
    ],
)
def test_a_rule_matches_by_vendor_method_and_path(matching, hits):
    for request in (SHEETS, SPEND, TOKEN):
        faults = Faults()
        faults.add("500", **matching)
        assert (faults.decide(request) is not None) is (request in hits)


def test_a_rate_is_repeatable_by_its_seed_and_about_right():
    def run(seed):
        faults = Faults(seed)
        faults.add("500", rate=0.3)
        return [faults.decide(SPEND) is not None for _ in range(1000)]

    assert run(1) == run(1) != run(2)
    assert 230 < sum(run(1)) < 370


def test_the_first_rule_that_fires_wins_and_all_count():
    faults = Faults()
    faults.add("500", nth=2)
    faults.add("429", next=9)
    kinds = [faults.decide(SPEND).kind for _ in range(3)]
    assert kinds == ["429", "500", "429"]
    assert [(rule["seen"], rule["fired"]) for rule in faults.describe()] == [(3, 1), (3, 2)]


def test_rules_can_be_dropped_one_by_one_and_all_at_once():
    faults = Faults()
    first, second = faults.add("500"), faults.add("429")
    faults.remove(first)
    assert [rule["id"] for rule in faults.describe()] == [second]
    faults.clear()
    assert faults.describe() == []
    with pytest.raises(KeyError):
        faults.remove(first)


@pytest.mark.parametrize(
    ("kind", "applied"),
    [
        ("429", False),
        ("500", False),
        ("503", False),
        ("html502", False),
        ("504", False),
        ("html200", False),
        ("unauthorized_once", False),
        ("drop_before", False),
        ("drop_after", True),
        ("truncated", True),
        ("bad_json", True),
        ("slow", True),
        ("slow_after", True),
        ("trickle", True),
    ],
)
def test_each_kind_says_whether_the_request_takes_effect(kind, applied):
    faults = Faults()
    faults.add(kind)
    assert faults.decide(SPEND).applied is applied


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "earthquake"},
        {"kind": "500", "vendor": "acme"},
        {"kind": "500", "nth": 0},
        {"kind": "500", "nth": 1, "next": 1},
        {"kind": "500", "next": True},
        {"kind": "500", "rate": 1.1},
        {"kind": "500", "rate": "often"},
        {"kind": "500", "path": "("},
        {"kind": "500", "path": 5},
        {"kind": "500", "method": 5},
        {"kind": "500", "seconds": -1},
        {"kind": "500", "seconds": 1e9},
        {"kind": "429", "applied": True},
        {"kind": "drop_after", "applied": False},
        {"kind": "500", "colour": "red"},
    ],
)
def test_a_wrong_rule_is_refused(fields):
    faults = Faults()
    with pytest.raises(ValueError, match=r"\w"):
        faults.add(**fields)
    assert faults.describe() == []


@given(st.lists(st.sampled_from([SHEETS, SPEND, TOKEN]), max_size=40), st.integers(1, 10))
def test_next_n_fires_exactly_n_times_or_as_often_as_there_is_a_match(requests, count):
    faults = Faults()
    faults.add("500", vendor="seleqt", next=count)
    fired = sum(faults.decide(one) is not None for one in requests)
    assert fired == min(count, requests.count(SPEND))
