"""What the two transports tell of their requests."""

from __future__ import annotations

import threading

import pytest
from rig import Rig

from syncd.app import App
from syncd.config import load
from syncd.traffic import Trip, watched


def test_each_request_to_both_vendors_is_told_with_what_it_was_for(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    trips: list[Trip] = []
    with App(load(rig.config()), stop=threading.Event(), watch=trips.append) as app:
        rig.settle(app.engines[0])
    told = {(trip.vendor, trip.call) for trip in trips}
    assert told == {
        ("google", "read"), ("google", "write"),
        ("seleqt", "read"), ("seleqt", "write"), ("seleqt", "buy"),
    }  # fmt: skip
    assert {trip.status for trip in trips} <= {200, 201}
    assert all(0 < trip.seconds < 30 for trip in trips)
    assert len(trips) == rig.requests_made("sheets") + rig.requests_made("seleqt")


def test_a_refusal_is_told_with_its_status(rig: Rig) -> None:
    rig.answer(404, {"error": "Lead list not found"}, path=r"^GET .*/count/")
    rig.ask((rig.people(1)[0], "Email"))
    trips: list[Trip] = []
    with App(load(rig.config()), stop=threading.Event(), watch=trips.append) as app:
        for _ in range(3):
            app.engines[0].cycle()
    assert 404 in {trip.status for trip in trips if trip.vendor == "seleqt"}


def test_a_request_without_an_answer_is_told_too() -> None:
    trips: list[Trip] = []
    with pytest.raises(OSError, match="gone"), watched(trips.append, "google", "read"):
        raise OSError("gone")
    assert [(trip.status, trip.call) for trip in trips] == [(0, "read")]
