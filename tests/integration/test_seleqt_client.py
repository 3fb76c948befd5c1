"""The vendor's door: each endpoint once over a real socket, and everything it must refuse.

The purchase leaves at most once whatever happens; the key is in one header and nowhere else.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from rig import Rig
from structlog.testing import capture_logs

import syncd.seleqt.client
from syncd.core.lists import LeadList
from syncd.core.model import Kind, Reading, Seen
from syncd.errors import (
    KeyRefused,
    NotSent,
    OutcomeUnknown,
    Refused,
    SeleqtUnavailable,
    Stopping,
    SyncdError,
)
from syncd.pace import Pace
from syncd.sandbox.wire import Request
from syncd.seleqt import Answer, Count, Order, Seleqt

LATE = 0.8  # seconds; the clients under test wait for half a second
EMAIL = Order(kind=Kind.EMAIL, limit=2)


def connect(rig: Rig, *, pace: Pace | None = None, **settings: Any) -> Seleqt:
    settings = {"read_timeout": 0.5, "buy_timeout": 0.5, **settings}
    return Seleqt(
        base_url=f"{rig.server.base_url}/api/v1",
        key=SecretStr(rig.key),
        pace=pace or Pace(0),
        **settings,
    )


@pytest.fixture
def vendor(rig: Rig) -> Iterator[Seleqt]:
    with connect(rig) as client:
        yield client


@pytest.fixture
def bodies(rig: Rig) -> list[Any]:
    """The JSON of every POST, in order of receipt."""
    seen: list[Any] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            seen.append(json.loads(request.body))

    rig.world.on_request(note)
    return seen


def answering(*answers: tuple[int, object], headers: dict[str, str] | None = None) -> Seleqt:
    """Return a client whose vendor gives these answers, the last one for ever."""
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        status, body = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(body, bytes):
            return httpx.Response(status, content=body, headers=headers)
        return httpx.Response(status, json=body, headers=headers)

    return Seleqt(
        base_url="http://127.0.0.1:9/api/v1",
        key=SecretStr("aaaa1111.secret"),
        pace=Pace(0),
        transport=httpx.MockTransport(handle),
    )


# --- endpoints ----------------------------------------------------------------------------------


def test_a_live_key_is_found_to_be_one_and_a_rotated_one_not(rig: Rig, vendor: Seleqt) -> None:
    vendor.probe()
    rig.seleqt.rotate_key(rig.key)
    with pytest.raises(KeyRefused):
        vendor.probe()


def test_a_list_is_created_for_people_by_its_exact_name(
    rig: Rig, vendor: Seleqt, bodies: list[Any]
) -> None:
    created = vendor.create_list("syncd-42")
    assert created.name == "syncd-42"
    assert bodies == [{"name": "syncd-42", "search_type": "PEOPLE"}]
    assert vendor.lists() == [LeadList(id=created.id, name="syncd-42", of_people=True)]


@pytest.mark.parametrize("envelope", ["lead_lists", "array", "results", "data"])
def test_the_listing_of_lists_is_read_in_every_envelope(
    rig: Rig, vendor: Seleqt, envelope: str
) -> None:
    rig.seleqt.knobs.change(lists_envelope=envelope)
    people, companies = rig.seleqt.add_list("Fair"), rig.seleqt.add_list("Firms", "COMPANY")
    assert vendor.lists() == [
        LeadList(id=people.id, name="Fair", of_people=True),
        LeadList(id=companies.id, name="Firms", of_people=False),
    ]


def test_people_are_attached_by_an_array_of_whole_numbers(
    rig: Rig, vendor: Seleqt, bodies: list[Any]
) -> None:
    ids = rig.people(2)
    created = rig.seleqt.add_list("syncd-1")
    vendor.add_leads(created.id, ids)
    assert bodies == [{"prospect_ids": ids}]
    assert [person.id for person in vendor.leads(created.id)] == ids


@pytest.mark.parametrize("past_end", ["empty", "not_found", "last_page"])
@pytest.mark.parametrize("envelope", ["bare", "totals"])
@pytest.mark.parametrize("count", [0, 1, 100, 250])
def test_a_list_is_read_over_all_its_pages_however_they_end(
    rig: Rig, vendor: Seleqt, past_end: str, envelope: str, count: int
) -> None:
    rig.seleqt.knobs.change(page_past_end=past_end, leads_envelope=envelope)
    ids = rig.people(count)
    lead_list = rig.seleqt.add_list("Fair", ids=ids)
    assert [person.id for person in vendor.leads(lead_list.id)] == ids
    assert [person.id for person in vendor.leads(lead_list.id, ids)] == ids


def test_reading_stops_at_the_page_that_shows_the_last_one_expected(
    rig: Rig, vendor: Seleqt
) -> None:
    ids = rig.people(3)
    lead_list = rig.seleqt.add_list("syncd-1", ids=ids)
    vendor.leads(lead_list.id, ids)
    assert rig.world.journal.count(vendor="seleqt") == 1


def test_a_person_is_read_with_name_and_values_and_a_sentinel_is_no_value(
    rig: Rig, vendor: Seleqt
) -> None:
    held = rig.person(
        first_name="Zoë",
        last_name="Ünal",
        company="Öko & Söhne",
        job_title="Chefin",
        known_email="Zoe@Firma.Example",
        known_phone="+44 7700 900123",
    )
    loading = rig.person(known_email="Loading...", known_phone="none of your business")
    lead_list = rig.seleqt.add_list("Fair", ids=[held, loading])
    first, second = vendor.leads(lead_list.id)
    assert (first.first_name, first.last_name) == ("Zoë", "Ünal")
    assert (first.company, first.job_title) == ("Öko & Söhne", "Chefin")
    assert first.email == Seen(reading=Reading.FOUND, value="Zoe@firma.example")
    assert first.phone == Seen(reading=Reading.FOUND, value="+447700900123")
    assert second.email.reading is Reading.LOADING
    assert second.phone.reading is Reading.UNRECOGNISED


@pytest.mark.parametrize("key", ["phone_number", "phone"])
def test_a_phone_is_read_under_either_key(rig: Rig, vendor: Seleqt, key: str) -> None:
    rig.seleqt.knobs.change(phone_key=key)
    lead_list = rig.seleqt.add_list("Fair", ids=[rig.person(known_phone="+12025550123")])
    assert vendor.leads(lead_list.id)[0].phone.value == "+12025550123"


@pytest.mark.parametrize("kind", Kind)
def test_the_free_count_tells_who_is_lacking_and_the_balance(
    rig: Rig, vendor: Seleqt, kind: Kind
) -> None:
    ids = [*rig.people(2), rig.person(known_email="x@firma.example", known_phone="+12025550123")]
    lead_list = rig.seleqt.add_list("Fair", ids=ids)
    assert vendor.count(lead_list.id, kind) == Count(unenriched=2, balance=10_000)
    assert rig.seleqt.meter.charged() == 0


# --- buying -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("code", [200, 201, 202])
def test_a_purchase_is_answered_with_what_was_queued_and_taken(
    rig: Rig, vendor: Seleqt, kind: Kind, code: int
) -> None:
    rig.seleqt.knobs.change(async_status=code)
    lead_list = rig.seleqt.add_list("syncd-1", ids=rig.people(2))
    answer = vendor.enrich(lead_list.id, Order(kind=kind, limit=2))
    price = 2 * kind.price
    seen = replace(answer, evidence="")
    assert seen == Answer(count=2, credits=price, balance=10_000 - price, results={})
    assert rig.seleqt.meter.charged() == price


def test_a_purchase_says_every_field_because_an_empty_body_would_spend(
    rig: Rig, vendor: Seleqt, bodies: list[Any]
) -> None:
    lead_list = rig.seleqt.add_list("syncd-1", ids=rig.people(2))
    vendor.enrich(lead_list.id, EMAIL)
    assert bodies == [
        {
            "enrichment_type": "FIND_EMAIL",
            "prospect_limit": 2,
            "mode": "async",
            "webhook_url": None,
            "filters": {},
            "sort_field": "id",
            "sort_direction": "asc",
        }
    ]


def test_a_purchase_can_use_every_field_that_the_vendor_documents(
    rig: Rig, vendor: Seleqt, bodies: list[Any]
) -> None:
    lead_list = rig.seleqt.add_list("syncd-1", ids=[*rig.people(2), rig.person(job_title="CEO")])
    order = Order(
        kind=Kind.EMAIL,
        limit=9,
        webhook_url="http://127.0.0.1:9/hook",
        filters={"job_title": "CEO"},
        sort_field="last_name",
        sort_direction="desc",
    )
    assert vendor.enrich(lead_list.id, order).count == 1
    assert bodies[0]["webhook_url"] == "http://127.0.0.1:9/hook"
    assert bodies[0]["filters"] == {"job_title": "CEO"}
    assert (bodies[0]["sort_field"], bodies[0]["sort_direction"]) == ("last_name", "desc")


def test_the_webhook_is_called_when_it_was_asked_for(rig: Rig, vendor: Seleqt) -> None:
    lead_list = rig.seleqt.add_list("syncd-1", ids=rig.people(1))
    hook = f"{rig.server.base_url}/hook/x"
    vendor.enrich(lead_list.id, Order(kind=Kind.EMAIL, limit=1, webhook_url=hook))
    deadline = time.monotonic() + 5
    while not rig.server.webhooks and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [url for url, _ in rig.server.webhooks] == [hook]


def test_sync_mode_brings_the_results_and_never_names_a_webhook(
    rig: Rig, vendor: Seleqt, bodies: list[Any]
) -> None:
    [found], missed = rig.people(1), rig.person()
    lead_list = rig.seleqt.add_list("syncd-1", ids=[found, missed])
    order = Order(kind=Kind.EMAIL, limit=2, mode="sync", webhook_url="http://127.0.0.1:9/hook")
    answer = vendor.enrich(lead_list.id, order)
    assert "webhook_url" not in bodies[0]
    assert (answer.count, answer.credits) == (2, 6)
    assert answer.results == {
        found: Seen(reading=Reading.FOUND, value="p0@found.example"),
        missed: Seen(reading=Reading.MISSED),
    }


@pytest.mark.parametrize("key", ["phone_number", "phone"])
def test_sync_mode_brings_phones_under_either_key(rig: Rig, vendor: Seleqt, key: str) -> None:
    rig.seleqt.knobs.change(phone_key=key)
    person = rig.person(phone="+12025550123")
    lead_list = rig.seleqt.add_list("syncd-1", ids=[person])
    answer = vendor.enrich(lead_list.id, Order(kind=Kind.PHONE, limit=1, mode="sync"))
    assert answer.results[person] == Seen(reading=Reading.FOUND, value="+12025550123")


FAULTS: dict[str, tuple[dict[str, Any], type[SyncdError] | None]] = {
    "drop_before": ({}, OutcomeUnknown),
    "drop_after": ({}, OutcomeUnknown),
    "truncated": ({}, OutcomeUnknown),
    "bad_json": ({}, OutcomeUnknown),
    "500": ({"applied": True}, OutcomeUnknown),
    "503": ({}, OutcomeUnknown),
    "html502": ({"applied": True}, OutcomeUnknown),
    "504": ({}, OutcomeUnknown),
    "html200": ({"applied": True}, OutcomeUnknown),
    "slow": ({"seconds": LATE}, OutcomeUnknown),
    "slow_after": ({"seconds": LATE}, OutcomeUnknown),
    "trickle": ({"seconds": 0.2}, None),
    "429": ({}, NotSent),
    "unauthorized_once": ({}, KeyRefused),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_purchase_leaves_exactly_once_under_every_fault(
    rig: Rig, impatient: float, vendor: Seleqt, kind: str
) -> None:
    settings, error = FAULTS[kind]
    lead_list = rig.seleqt.add_list("syncd-1", ids=rig.people(2))
    rig.world.faults.add(kind, vendor="seleqt", path=r"/enrichment/$", **settings)
    if error is None:
        assert vendor.enrich(lead_list.id, EMAIL).count == 2
    else:
        with pytest.raises(error) as caught:
            vendor.enrich(lead_list.id, EMAIL)
        assert type(caught.value) is error
        assert rig.key not in told(caught.value)
    assert rig.world.journal.count(call="spend") == 1


@pytest.mark.parametrize("kind", FAULTS)
def test_a_free_read_is_repeated_where_that_may_help(
    rig: Rig, impatient: float, vendor: Seleqt, kind: str
) -> None:
    rig.world.faults.add(kind, vendor="seleqt", **FAULTS[kind][0])
    if kind in {"429", "unauthorized_once"}:  # a minute, or a human, must pass first
        with pytest.raises(KeyRefused if kind == "unauthorized_once" else SeleqtUnavailable):
            vendor.lists()
        assert rig.world.journal.last == 1
    else:
        assert vendor.lists() == []


@pytest.mark.parametrize("kind", ["drop_after", "503", "html200", "bad_json"])
def test_a_list_is_created_in_one_attempt(rig: Rig, vendor: Seleqt, kind: str) -> None:
    rig.world.faults.add(kind, vendor="seleqt")
    with pytest.raises(SeleqtUnavailable):
        vendor.create_list("syncd-1")
    assert rig.world.journal.last == 1


def test_a_vendor_that_is_not_there_has_certainly_sold_nothing(rig: Rig) -> None:
    rig.server.close()
    with connect(rig) as vendor:
        with pytest.raises(NotSent):
            vendor.enrich(1, EMAIL)
        with pytest.raises(SeleqtUnavailable):
            vendor.lists()


YES = {
    "success": True,
    "enrichment_type": "FIND_EMAIL",
    "enriched_count": 2,
    "credits_deducted": 6,
    "remaining_credits": 94,
}


@pytest.mark.parametrize(
    ("code", "body", "error"),
    [
        (400, {"error": "Lead list is locked"}, Refused),
        (400, {"error": "Bad", "message": "Very bad"}, Refused),
        (400, {"success": False, "error": "insufficient_credits", "message": "No"}, Refused),
        (400, {"success": False, "message": "No"}, Refused),
        (404, {"error": "Lead list not found"}, Refused),
        (200, {"success": False, "error": "insufficient_credits", "message": "No"}, Refused),
        (200, {"success": False, "message": "No"}, OutcomeUnknown),
        (401, {"error": "Missing API key", "message": "Provide X-API-Key header"}, KeyRefused),
        (401, b"<html>", KeyRefused),
        (403, {"error": "Access denied"}, KeyRefused),
        (403, b"<html>blocked</html>", OutcomeUnknown),
        (429, {"error": "Rate limit exceeded"}, NotSent),
        (429, b"<html>slow down</html>", OutcomeUnknown),
        (400, {"detail": "no"}, OutcomeUnknown),
        (400, ["no"], OutcomeUnknown),
        (418, {"error": "I am a teapot"}, OutcomeUnknown),
        (302, {}, OutcomeUnknown),
        (204, b"", OutcomeUnknown),
        (200, {**YES, "credits_deducted": "6"}, OutcomeUnknown),
        (200, {**YES, "credits_deducted": None}, OutcomeUnknown),
        (200, {**YES, "enriched_count": None}, OutcomeUnknown),
        (200, {**YES, "success": "yes"}, OutcomeUnknown),
        (200, {**YES, "enrichment_type": "FIND_PHONE"}, OutcomeUnknown),
        (200, {**YES, "results": [{"id": "7", "success": True}]}, OutcomeUnknown),
        (200, b"\xff\xfe", OutcomeUnknown),
    ],
)
def test_an_answer_to_a_purchase_is_a_no_only_where_the_documents_say_so(
    impatient: float, code: int, body: object, error: type[SyncdError]
) -> None:
    with answering((code, body)) as vendor, pytest.raises(error) as caught:
        vendor.enrich(1, EMAIL)
    assert type(caught.value) is error


def test_a_yes_without_a_balance_or_with_unknown_keys_is_still_a_yes() -> None:
    yes = {name: value for name, value in YES.items() if name != "remaining_credits"}
    with answering((200, {**yes, "webhook_url": None, "job": 9})) as vendor:
        answer = replace(vendor.enrich(1, EMAIL), evidence="")
        assert answer == Answer(count=2, credits=6, balance=None, results={})


@pytest.mark.parametrize(
    ("call", "body"),
    [
        (Seleqt.lists, {"lists": []}),
        (Seleqt.lists, "none"),
        (lambda v: v.leads(1), {"people": []}),
        (lambda v: v.count(1, Kind.EMAIL), {"total_cost": 0}),
        (lambda v: v.count(1, Kind.EMAIL), {"unenriched_count": "3"}),
        (lambda v: v.create_list("x"), {"id": 5}),
        (lambda v: v.create_list("x"), {"lead_list": {"name": "x"}}),
    ],
)
def test_a_free_answer_that_makes_no_sense_is_taken_for_none(
    call: Callable[[Seleqt], object], body: object
) -> None:
    with answering((200, body)) as vendor, pytest.raises(SeleqtUnavailable):
        call(vendor)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_redirects_are_refused_because_they_could_leak_the_key(rig: Rig, code: int) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(code, headers={"Location": "http://127.0.0.1:1/steal"})

    with connect(rig, transport=httpx.MockTransport(handle)) as vendor:
        with pytest.raises(SeleqtUnavailable):
            vendor.lists()
        with pytest.raises(OutcomeUnknown):
            vendor.enrich(1, EMAIL)
    assert not any("steal" in url for url in asked)


def test_every_route_ends_with_a_slash_and_carries_the_key_in_one_header(rig: Rig) -> None:
    requests: list[Request] = []
    rig.world.on_request(requests.append)
    lead_list = rig.seleqt.add_list("syncd-1", ids=rig.people(1))
    with connect(rig) as vendor:
        vendor.probe()
        vendor.lists()
        vendor.leads(lead_list.id)
        vendor.count(lead_list.id, Kind.EMAIL)
        vendor.create_list("syncd-2")
        vendor.add_leads(lead_list.id, rig.people(1))
        vendor.enrich(lead_list.id, EMAIL)
    assert len(requests) >= 7
    for request in requests:
        assert request.path.endswith("/")
        assert request.headers["x-api-key"] == rig.key
        rest = {name: text for name, text in request.headers.items() if name != "x-api-key"}
        assert rig.key not in f"{rest} {request.path} {request.query} {request.body!r}"


@pytest.mark.parametrize("kind", [*FAULTS, "missing"])
def test_the_key_is_in_no_error_no_repr_and_no_log(
    rig: Rig, impatient: float, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    if kind == "missing":
        rig.server.close()
    else:
        rig.world.faults.add(kind, vendor="seleqt", next=99, **FAULTS[kind][0] | {"seconds": 0.1})
    with connect(rig, read_timeout=0.5) as vendor, capture_logs() as log:
        said = repr(vendor) + str(vars(vendor))
        for call in (vendor.lists, lambda: vendor.enrich(1, EMAIL)):
            try:
                call()
            except SyncdError as error:
                said += told(error)
    assert rig.key not in said + str(log) + caplog.text
    assert rig.key.partition(".")[2] not in said + str(log) + caplog.text


def told(error: BaseException) -> str:
    """Return everything that a log could show of an error, its causes too."""
    chain = "".join(traceback.format_exception(error))
    cause: BaseException | None = error
    while cause is not None:
        chain += f"{cause!r} {cause} {cause.args}"
        cause = cause.__cause__ or cause.__context__
    return chain


# --- pace ---------------------------------------------------------------------------------------


def test_a_purchase_goes_before_every_read_that_waits(rig: Rig) -> None:
    lead_list = rig.seleqt.add_list("syncd-1", ids=rig.people(1))
    now, stop = [0.0], threading.Event()
    with connect(rig, pace=Pace(1, stop=stop, clock=lambda: now[0])) as vendor:
        vendor.probe()
        reads = [threading.Thread(target=swallow, args=(vendor.probe,)) for _ in range(4)]
        for thread in reads:
            thread.start()
        time.sleep(0.1)
        threading.Timer(0.1, lambda: now.__setitem__(0, 61.0)).start()
        vendor.enrich(lead_list.id, EMAIL)  # the one that this minute allows
        stop.set()
        for thread in reads:
            thread.join()
    assert [entry.call for entry in rig.world.journal.entries] == ["read", "spend"]


def swallow(call: Callable[[], object]) -> None:
    with contextlib.suppress(Stopping):
        call()


def test_no_more_requests_leave_in_a_minute_than_the_pace_allows(rig: Rig) -> None:
    now, stop = [0.0], threading.Event()
    pace = Pace(3, stop=stop, clock=lambda: now[0])
    with connect(rig, pace=pace) as vendor:
        for _ in range(3):
            vendor.probe()
        waiting = threading.Thread(target=vendor.probe)
        waiting.start()
        waiting.join(0.4)
        assert (waiting.is_alive(), rig.world.journal.last) == (True, 3)
        now[0] = 61.0
        waiting.join(5)
    assert rig.world.journal.last == 4


def test_a_rate_limit_met_by_one_pauses_everybody(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncd.seleqt.client, "_WINDOW", 0.5)
    lead_list = rig.seleqt.add_list("syncd-1", ids=rig.people(1))
    with connect(rig) as vendor:
        rig.world.faults.add("429", vendor="seleqt")
        began = time.monotonic()
        with pytest.raises(SeleqtUnavailable) as caught:
            vendor.lists()
        assert caught.value.retry_after == 0.5
        vendor.enrich(lead_list.id, EMAIL)  # even a purchase
        assert time.monotonic() - began >= 0.5


def test_a_purchase_turned_away_by_the_rate_limit_pauses_everybody_too(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(syncd.seleqt.client, "_WINDOW", 0.5)
    with connect(rig) as vendor:
        rig.world.faults.add("429", vendor="seleqt")
        began = time.monotonic()
        with pytest.raises(NotSent):
            vendor.enrich(1, EMAIL)
        vendor.lists()
        assert time.monotonic() - began >= 0.5


@pytest.mark.parametrize(("header", "wait"), [("7", 7.0), ("9999", 300.0), ("soon", 60.0)])
def test_the_vendor_may_say_how_long_to_wait_within_reason(header: str, wait: float) -> None:
    limited = (429, {"error": "Rate limit exceeded"})
    vendor = answering(limited, headers={"Retry-After": header})
    with vendor, pytest.raises(SeleqtUnavailable) as caught:
        vendor.lists()
    assert caught.value.retry_after == wait


def test_a_daemon_that_stops_sends_nothing_more(rig: Rig) -> None:
    stop = threading.Event()
    pace = Pace(0, stop=stop)
    pace.pause(60)
    with connect(rig, pace=pace) as vendor:
        threading.Timer(0.1, stop.set).start()
        with pytest.raises(Stopping):
            vendor.enrich(1, EMAIL)
    assert rig.world.journal.last == 0
