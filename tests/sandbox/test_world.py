"""The world without a socket: journal, hooks, faults and waits, through requests and httpx."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import pytest
import requests

from syncd.sandbox.clock import VirtualClock
from syncd.sandbox.faults import Faults
from syncd.sandbox.seleqt import Seleqt
from syncd.sandbox.sheets.google import Google
from syncd.sandbox.sheets.settings import SheetsSettings
from syncd.sandbox.wire import Request
from syncd.sandbox.world import Drop, Hold, Send, World

BASE = "http://sandbox.example"
LISTS = "/api/v1/public/lead-lists/"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Scene:
    """A world with one list of one person, and both client libraries."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.seleqt = Seleqt(self.clock)
        self.google = Google(self.clock, SheetsSettings(), seed=1)
        self.world = World(self.clock, sheets=self.google, seleqt=self.seleqt, faults=Faults(3))
        self.key = self.seleqt.add_key(limit=100_000)
        person = self.seleqt.add_prospect(email="amara@juniper.example")
        self.spend = f"{LISTS}{self.seleqt.add_list('x', 'PEOPLE', [person.id]).id}/enrichment/"
        self.requests = requests.Session()
        self.requests.trust_env = False
        self.requests.headers["X-API-Key"] = self.key
        self.requests.mount(BASE, self.world.requests_adapter())
        self.httpx = httpx.Client(
            base_url=BASE, headers={"X-API-Key": self.key}, transport=self.world.httpx_transport()
        )

    def call(self, library, method, path, timeout=None):
        if library == "requests":
            return self.requests.request(method, BASE + path, timeout=timeout)
        return self.httpx.request(method, path, timeout=timeout)

    def last(self):
        return self.world.journal.entries[-1]


@pytest.fixture
def scene():
    return Scene()


@pytest.fixture(params=["requests", "httpx"])
def library(request):
    return request.param


GONE = (requests.exceptions.ConnectionError, httpx.RemoteProtocolError)
LATE = (requests.exceptions.ReadTimeout, httpx.ReadTimeout)
TORN = (requests.exceptions.ChunkedEncodingError, httpx.RemoteProtocolError)
NO_JSON = (requests.exceptions.JSONDecodeError, ValueError)


def test_an_answer_reaches_the_client_and_the_journal(scene, library):
    answer = scene.call(library, "GET", f"{LISTS}?x=1")
    assert answer.status_code == 400
    entry = scene.last()
    assert (entry.number, entry.vendor, entry.call) == (1, "seleqt", "read")
    assert (entry.method, entry.path, entry.status) == ("GET", f"{LISTS}?x=1", 400)
    assert (entry.fault, entry.applied, entry.at) == (None, False, START)


def test_both_vendors_and_the_token_are_told_apart(scene):
    scene.call("httpx", "GET", "/v4/spreadsheets/none")
    scene.call("httpx", "POST", "/token")
    scene.call("httpx", "GET", LISTS)
    scene.call("httpx", "POST", scene.spend)
    scene.call("httpx", "GET", "/elsewhere")
    assert {vendor: dict(calls) for vendor, calls in scene.world.journal.counts.items()} == {
        "sheets": {"read": 1},
        "token": {"token": 1},
        "seleqt": {"read": 1, "spend": 1},
        "none": {"none": 1},
    }
    assert scene.world.journal.count(vendor="seleqt", call="spend", applied=True) == 1


@pytest.mark.parametrize(
    ("kind", "vendor_path", "status", "word"),
    [
        ("429", LISTS, 429, '{"error": "Rate limit exceeded"}'),
        ("429", "/v4/spreadsheets/a", 429, "RESOURCE_EXHAUSTED"),
        ("429", "/v4/spreadsheets/a", 429, "Read requests per minute per user"),
        ("500", LISTS, 500, "Internal server error"),
        ("500", "/v4/spreadsheets/a", 500, "INTERNAL"),
        ("503", "/token", 503, "temporarily_unavailable"),
        ("503", "/v4/spreadsheets/a", 503, "UNAVAILABLE"),
        ("html502", LISTS, 502, "<title>Error 502"),
        ("504", LISTS, 504, "Gateway Time-out"),
        ("html200", LISTS, 200, "Please sign in"),
        ("unauthorized_once", LISTS, 401, "Invalid API key"),
        ("unauthorized_once", "/v4/spreadsheets/a", 401, "UNAUTHENTICATED"),
    ],
)
def test_faults_that_are_answers_read_as_the_vendor_words_them(
    scene, library, kind, vendor_path, status, word
):
    scene.world.faults.add(kind)
    answer = scene.call(library, "GET", vendor_path)
    assert answer.status_code == status
    assert word in answer.text
    assert (scene.last().fault, scene.last().applied) == (kind, False)


def test_a_gateway_may_fail_after_the_purchase(scene, library):
    scene.world.faults.add("html502", applied=True)
    assert scene.call(library, "POST", scene.spend).status_code == 502
    assert scene.seleqt.meter.charged() == 3
    assert scene.last().applied


def test_drop_before_buys_nothing(scene, library):
    scene.world.faults.add("drop_before")
    with pytest.raises(GONE):
        scene.call(library, "POST", scene.spend)
    assert scene.seleqt.meter.charges == ()
    assert (scene.last().status, scene.last().applied) == (None, False)


def test_drop_after_buys_exactly_once_and_tells_nobody(scene, library):
    scene.world.faults.add("drop_after")
    with pytest.raises(GONE):
        scene.call(library, "POST", scene.spend)
    assert len(scene.seleqt.meter.charges) == 1
    assert (scene.last().status, scene.last().applied) == (None, True)


def test_a_truncated_answer_is_an_error_and_the_purchase_stands(scene, library):
    scene.world.faults.add("truncated")
    with pytest.raises(TORN):
        scene.call(library, "POST", scene.spend)
    assert len(scene.seleqt.meter.charges) == 1


def test_bad_json_is_well_framed_and_unreadable(scene, library):
    scene.world.faults.add("bad_json")
    answer = scene.call(library, "POST", scene.spend)
    with pytest.raises(NO_JSON):
        answer.json()
    assert answer.status_code == 200
    assert len(scene.seleqt.meter.charges) == 1


def test_a_slow_request_that_is_waited_for_takes_its_time(scene, library):
    scene.world.faults.add("slow", seconds=20)
    assert scene.call(library, "POST", scene.spend, timeout=30).status_code == 200
    assert scene.clock.now() == START + timedelta(seconds=20)
    assert scene.seleqt.meter.charges[0].at == scene.clock.now()


def test_a_request_its_sender_gave_up_is_applied_later_all_the_same(scene, library):
    scene.world.faults.add("slow", seconds=20)
    with pytest.raises(LATE):
        scene.call(library, "POST", scene.spend, timeout=5)
    scene.world.advance()
    assert scene.seleqt.meter.charges == ()
    assert (scene.last().fault, scene.last().applied) == ("slow", False)
    scene.clock.advance(timedelta(seconds=15))
    scene.world.advance()
    assert len(scene.seleqt.meter.charges) == 1
    assert scene.last().applied


def test_an_answer_that_comes_too_late_was_applied_in_time(scene, library):
    scene.world.faults.add("slow_after", seconds=20)
    with pytest.raises(LATE):
        scene.call(library, "POST", scene.spend, timeout=5)
    assert len(scene.seleqt.meter.charges) == 1
    assert scene.clock.now() == START + timedelta(seconds=5)


def test_a_trickle_outlasts_the_timeout_without_meeting_it(scene, library):
    scene.world.faults.add("trickle", seconds=60)
    assert scene.call(library, "GET", LISTS, timeout=5).json()
    assert scene.clock.now() == START + timedelta(seconds=60)


def test_a_hook_runs_between_two_requests(scene, library):
    seen = []
    scene.call(library, "GET", LISTS)
    scene.world.before(2, lambda: seen.append(len(scene.seleqt.add_list("late").ids)))
    names = [one["name"] for one in scene.call(library, "GET", LISTS).json()["lead_lists"]]
    assert (names, seen) == (["x", "late"], [0])
    scene.call(library, "GET", LISTS)
    assert len(seen) == 1


def test_an_after_hook_sees_the_effect_before_the_client_does(scene):
    charged = []
    scene.world.after(
        lambda request: request.path.endswith("/enrichment/"),
        lambda: charged.append(scene.seleqt.meter.charged()),
    )
    scene.world.faults.add("drop_after")
    with pytest.raises(GONE):
        scene.call("httpx", "POST", scene.spend)
    assert charged == [3]


def test_a_standing_hook_runs_each_time_and_watchers_see_everything(scene):
    runs, paths = [], []
    scene.world.before(lambda request: request.method == "GET", lambda: runs.append(1), once=False)
    scene.world.on_request(lambda request: paths.append(request.path))
    scene.call("httpx", "GET", LISTS)
    scene.call("httpx", "POST", scene.spend)
    scene.call("httpx", "GET", LISTS)
    assert len(runs) == 2
    assert paths == [LISTS, scene.spend, LISTS]


def test_a_hook_may_send_a_request_of_its_own(scene):
    scene.world.before(1, lambda: scene.call("requests", "POST", scene.spend))
    scene.call("httpx", "POST", scene.spend)
    entries = scene.world.journal.entries
    assert [entry.number for entry in entries] == [1, 2]
    assert scene.seleqt.meter.charged() == 3  # the first came second, and found nothing left


def test_the_journal_is_bounded_and_its_counts_are_not(scene):
    world = World(scene.clock, seleqt=scene.seleqt, journal_limit=3)
    for _ in range(5):
        world.handle(Request(method="GET", path=LISTS))
    assert [entry.number for entry in world.journal.entries] == [3, 4, 5]
    assert world.journal.counts["seleqt"]["read"] == 5
    assert [entry.number for entry in world.journal.after(4)] == [5]


def test_a_held_request_that_left_the_journal_does_not_disturb_it(scene):
    world = World(scene.clock, seleqt=scene.seleqt, journal_limit=2)
    world.faults.add("slow")
    hold = world.handle(Request(method="GET", path=LISTS))
    for _ in range(3):
        assert isinstance(world.handle(Request(method="GET", path=LISTS)), Send)
    assert isinstance(hold, Hold)
    assert isinstance(hold.then(), Send)
    assert [entry.number for entry in world.journal.entries] == [3, 4]


def test_a_world_without_sheets_answers_404_there(scene):
    world = World(scene.clock, seleqt=scene.seleqt)
    answer = world.handle(Request(method="GET", path="/v4/spreadsheets/a"))
    assert isinstance(answer, Send)
    assert answer.response.status == 404


def test_an_answer_is_plain_data(scene):
    scene.world.faults.add("drop_before")
    assert scene.world.handle(Request(method="GET", path=LISTS)) == Drop()


def test_repeated_headers_reach_both_clients(scene):
    token = scene.google.issue_token("owner@sandbox.example")
    headers = {"Authorization": f"Bearer {token}"}
    by_requests = scene.requests.get(f"{BASE}/v4/spreadsheets/a", headers=headers)
    by_httpx = scene.httpx.get("/v4/spreadsheets/a", headers=headers)
    assert by_requests.headers["Vary"] == by_httpx.headers["Vary"] == "Origin, X-Origin, Referer"
