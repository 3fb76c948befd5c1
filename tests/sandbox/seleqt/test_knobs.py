"""Every knob under every one of its values. A new knob or value without a scenario fails here."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest

from syncd.sandbox.seleqt import Knobs

LISTS = "/public/lead-lists/"
HOOK = "http://127.0.0.1:9/hook"
FOUND = {"email": "amara@juniper.example", "phone": "+12025550123"}
MISS: dict[str, str] = {}
MINUTE = 60

# Values tried of knobs whose range is a span of numbers.
NUMBERS = {
    "limit_per_minute": (1, 7),
    "marking_delay_seconds": (0.0, 5.0),
    "first_result_seconds": (0.0, 120.0),
    "results_spread_seconds": (0.0, 300.0),
    "stuck_percent": (0.0, 100.0),
    "refund_delay_seconds": (0.0, 600.0),
    "webhook_late_seconds": (0.0, 900.0),
    "add_leads_cap": (None, 2),
    "outside_every_seconds": (10.0, 30.0),
    "outside_credits": (1, 50),
}


def limit_per_minute(shop, value):
    key = shop.seleqt.add_key()
    statuses = [shop.get("/api-keys/", key=key)[0] for _ in range(value + 1)]
    assert statuses == [200] * value + [429]


def limiter(shop, value):
    shop.seleqt.knobs.limit_per_minute = 2
    key = shop.seleqt.add_key()
    shop.get("/api-keys/", key=key)
    shop.wait(50)
    shop.get("/api-keys/", key=key)
    shop.wait(11)  # a fixed window has ended; 60 sliding seconds still hold the second request
    assert shop.get("/api-keys/", key=key)[0] == 200
    assert shop.get("/api-keys/", key=key)[0] == {"fixed": 200, "sliding": 429}[value]


def limiter_headers(shop, value):
    shop.seleqt.knobs.limit_per_minute = 1
    key = shop.seleqt.add_key()
    shop.get("/api-keys/", key=key)
    shop.wait(20)
    answer = shop.send("GET", "/api-keys/", key=key)
    assert answer.status == 429
    expected = {"none": None, "retry_after": "40"}[value]
    assert dict(answer.headers).get("Retry-After") == expected


def limiter_counts_errors(shop, value):
    shop.seleqt.knobs.limit_per_minute = 1
    key = shop.seleqt.add_key()
    assert shop.get(f"{LISTS}9/leads/", key=key)[0] == 404
    assert shop.get("/api-keys/", key=key)[0] == (429 if value else 200)


def missing_slash(shop, value):
    answer = shop.send("GET", "/api-keys", query="")
    assert answer.status == {"refused": 400, "redirect": 301}[value]
    assert (
        dict(answer.headers).get("Location")
        == {"refused": None, "redirect": "/api/v1/api-keys/"}[value]
    )
    assert shop.send("GET", "/nothing").status == 404


def field_errors(shop, value):
    status, body = shop.enrich(shop.list_of(FOUND), mode="later")
    assert status == 400
    problem = "Must be one of async, sync."
    assert body == {"sentence": {"error": f"mode: {problem}"}, "django": {"mode": [problem]}}[value]


def invalid_key_body(shop, value):
    status, body = shop.get("/api-keys/", key="no.key")
    assert status == 401
    assert (
        set(body)
        == {
            "error_and_message": {"error", "message"},
            "error": {"error"},
            "detail": {"detail"},
        }[value]
    )


def unknown_filters(shop, value):
    number = shop.list_of(FOUND, FOUND)
    status, _ = shop.enrich(number, filters={"seniority": "c-level"})
    assert status == {"refused": 400, "ignored": 200}[value]
    assert shop.seleqt.meter.charged() == {"refused": 0, "ignored": 6}[value]
    search = shop.post("/public/prospects/search/", {"filters": {"seniority": "x"}})
    assert search[0] == status


def large_page_size(shop, value):
    number = shop.list_of(*[FOUND] * 101)
    status, body = shop.get(f"{LISTS}{number}/leads/", "page_size=500")
    assert status == {"refused": 400, "clamped": 200}[value]
    assert value == "refused" or len(body["prospects"]) == 100


def count_without_type(shop, value):
    status, body = shop.get(f"{LISTS}{shop.list_of(FOUND)}/enrichment/count/")
    assert status == {"refused": 400, "find_email": 200}[value]
    assert value == "refused" or body["total_cost"] == 3


def sentinel(shop, value):
    number = shop.list_of(FOUND)
    shop.enrich(number)
    assert shop.lead(number, 1001)["email"] == value


def empty_field(shop, value):
    lead = shop.lead(shop.list_of(FOUND), 1001)
    assert lead.get("email", "absent") == {"null": None, "empty": "", "absent": "absent"}[value]
    assert ("phone_number" in lead) == (value != "absent")


def miss_value(shop, value):
    number = shop.list_of(MISS)
    shop.enrich(number)
    shop.wait(MINUTE)
    expected = {"null": None, "empty": "", "not_found": "Not found", "sentinel": "Loading..."}
    assert shop.lead(number, 1001)["email"] == expected[value]


def valid_value(shop, value):
    number = shop.list_of({"known_email": "call reception", "known_phone": "12"})
    sold = {"plausible": 1, "any_text": 0}[value]
    assert shop.enrich(number)[1]["enriched_count"] == sold
    assert shop.enrich(number, enrichment_type="FIND_PHONE")[1]["enriched_count"] == sold


def record_scope(shop, value):
    ids = shop.people(FOUND)
    first = shop.seleqt.add_list("a", "PEOPLE", ids).id
    second = shop.seleqt.add_list("b", "PEOPLE", ids).id
    shop.enrich(first, mode="sync")
    shared = value == "workspace"
    assert (shop.lead(second, 1001)["email"] == "amara@juniper.example") is shared
    assert shop.enrich(second, mode="sync")[1]["total_count"] == (0 if shared else 1)
    assert bool(shop.seleqt.meter.bought_twice()) is not shared


def marking_delay_seconds(shop, value):
    number = shop.list_of(FOUND)
    shop.enrich(number)
    assert shop.lead(number, 1001)["email"] == ("Loading..." if value == 0 else None)
    shop.wait(value)
    assert shop.lead(number, 1001)["email"] == "Loading..."


def first_result_seconds(shop, value):
    shop.seleqt.knobs.results_spread_seconds = 0.0
    number = shop.list_of(FOUND)
    shop.enrich(number)
    if value:
        shop.wait(value - 1)
        assert shop.lead(number, 1001)["email"] == "Loading..."
        shop.wait(1)
    assert shop.lead(number, 1001)["email"] == "amara@juniper.example"


def results_spread_seconds(shop, value):
    number = shop.list_of(*[FOUND] * 30)
    shop.enrich(number)
    shop.wait(10)
    loading = sum(lead["email"] == "Loading..." for lead in shop.seleqt.leads(number))
    assert (loading == 0) if value == 0 else (loading > 20)
    shop.wait(value)
    assert all("@" in lead["email"] for lead in shop.seleqt.leads(number))


def stuck_percent(shop, value):
    number = shop.list_of(*[FOUND] * 10)
    shop.enrich(number)
    shop.wait(86_400)
    loading = sum(lead["email"] == "Loading..." for lead in shop.seleqt.leads(number))
    assert loading == (10 if value == 100 else 0)


def reselect_misses(shop, value):
    number = shop.list_of(MISS)
    shop.enrich(number, mode="sync")
    again = shop.enrich(number, mode="sync")[1]["credits_deducted"]
    assert again == {"again": 3, "remembered": 0}[value]
    # Remembered by kind: the waterfall may still be tried.
    waterfall = shop.enrich(number, mode="sync", enrichment_type="FIND_EMAIL_WATERFALL")
    assert waterfall[1]["credits_deducted"] == 6


def reselect_loading(shop, value):
    number = shop.list_of(FOUND, FOUND)
    shop.enrich(number, prospect_limit=1)
    status, body = shop.enrich(number)
    assert status == (409 if value == "conflict" else 200)
    if status == 200:
        assert body["enriched_count"] == {"no": 1, "yes": 2, "zero": 0}[value]
    assert bool(shop.seleqt.meter.bought_twice()) is (value == "yes")


def nothing_to_enrich(shop, value):
    number = shop.list_of({"known_email": "a@b.example"})
    status, body = shop.enrich(number)
    assert status == {"zero": 200, "refused": 400}[value]
    if status == 200:
        assert (body["enriched_count"], body["credits_deducted"]) == (0, 0)
    assert shop.seleqt.meter.charges == ()


def charge_by(shop, value):
    _, body = shop.enrich(shop.list_of(FOUND, FOUND), prospect_limit=10)
    assert body["enriched_count"] == 2
    assert body["credits_deducted"] == {"selected": 6, "limit": 30}[value]
    assert shop.seleqt.balance == 1000 - body["credits_deducted"]


def async_status(shop, value):
    assert shop.enrich(shop.list_of(FOUND))[0] == value


def phone_key(shop, value):
    number = shop.list_of(FOUND)
    _, body = shop.enrich(number, mode="sync", enrichment_type="FIND_PHONE")
    assert body["results"][0]["data"] == {value: "+12025550123"}
    assert shop.lead(number, 1001)[value] == "+12025550123"


def refund(shop, value):
    number = shop.list_of(MISS, MISS, FOUND)
    shop.enrich(number)
    shop.enrich(number, enrichment_type="FIND_PHONE")
    shop.wait(3600 + MINUTE)
    shop.seleqt.advance()
    sizes = sorted(refund.credits for refund in shop.seleqt.meter.refunds)
    assert (
        sizes
        == {
            "none": [],
            "per_miss": [3, 3, 30, 30],
            "per_type": [30, 30],
            "batch_end": [6, 60],
        }[value]
    )
    assert shop.seleqt.balance == 1000 - 9 - 90 + sum(sizes)


def refund_delay_seconds(shop, value):
    shop.seleqt.knobs.change(refund="per_miss", results_spread_seconds=0.0)
    shop.enrich(shop.list_of(MISS))
    shop.wait(10 + value)
    shop.seleqt.advance()
    assert shop.seleqt.meter.refunded() == 3
    assert shop.seleqt.meter.refunds[0].at == shop.clock.now()


def webhook(shop, value):
    number = shop.list_of(FOUND, MISS)
    shop.enrich(number, webhook_url=HOOK)
    at_once = [delivery.body for delivery in shop.seleqt.due_deliveries()]
    shop.wait(MINUTE)
    in_time = [delivery.body for delivery in shop.seleqt.due_deliveries()]
    shop.wait(600)
    late = [delivery.body for delivery in shop.seleqt.due_deliveries()]
    counts = {
        "sync_like": (0, 1, 0),
        "minimal": (0, 1, 0),
        "per_prospect": (0, 2, 0),
        "none": (0, 0, 0),
        "duplicate": (0, 2, 0),
        "late": (0, 0, 1),
        "out_of_order": (1, 0, 0),
        "forged": (1, 1, 0),
    }
    assert (len(at_once), len(in_time), len(late)) == counts[value]
    everything = at_once + in_time + late
    if value == "minimal":
        assert everything == [{"event": "enrichment_completed"}]
    elif value == "per_prospect":
        assert {body["result"]["id"] for body in everything} == {1001, 1002}
    elif value == "forged":
        assert "attacker" in json.dumps(at_once)
        assert "attacker" not in json.dumps(in_time)
    elif value != "none":
        assert everything[0]["lead_list_id"] == number
        assert everything[0]["success_count"] == 1
        assert len(everything[0]["results"]) == 2


def webhook_late_seconds(shop, value):
    shop.seleqt.knobs.change(webhook="late", results_spread_seconds=0.0)
    shop.enrich(shop.list_of(FOUND), webhook_url=HOOK)
    shop.wait(9 + value)
    assert shop.seleqt.due_deliveries() == []
    shop.wait(1)
    assert len(shop.seleqt.due_deliveries()) == 1


def webhook_in_sync(shop, value):
    status, _ = shop.enrich(shop.list_of(FOUND), mode="sync", webhook_url=HOOK)
    assert status == {"refused": 400, "ignored": 200}[value]
    shop.wait(MINUTE)
    assert shop.seleqt.due_deliveries() == []


def webhook_scheme(shop, value):
    status, _ = shop.enrich(shop.list_of(FOUND), webhook_url=HOOK)
    assert status == {"any": 200, "https_only": 400}[value]


def webhook_echo(shop, value):
    _, body = shop.enrich(shop.list_of(FOUND))
    assert ("webhook_url" in body) is (value == "always")


def created_status(shop, value):
    assert shop.post(LISTS, {"name": "x", "search_type": "PEOPLE"})[0] == value


def taken_list_name(shop, value):
    body = {"name": "x", "search_type": "PEOPLE"}
    statuses = [shop.post(LISTS, body)[0] for _ in range(3)]
    assert statuses == ([201, 400, 400] if value == "refused" else [201] * 3)
    names = [one["name"] for one in shop.get(LISTS)[1]["lead_lists"]]
    assert names == {"suffix": ["x", "x (1)", "x (2)"], "kept": ["x"] * 3, "refused": ["x"]}[value]


def lists_envelope(shop, value):
    shop.list_of(FOUND)
    _, body = shop.get(LISTS)
    rows = body if value == "array" else body[value]
    assert [row["name"] for row in rows] == ["people"]


def leads_envelope(shop, value):
    number = shop.list_of(FOUND, FOUND, FOUND)
    _, first = shop.get(f"{LISTS}{number}/leads/", "page=1&page_size=2")
    _, last = shop.get(f"{LISTS}{number}/leads/", "page=2&page_size=2")
    if value == "bare":
        assert set(first) == {"prospects"}
    else:
        assert (first["total"], first["count"], last["next"]) == (3, 3, None)
        assert first["next"].endswith("/leads/?page=2&page_size=2")


def page_past_end(shop, value):
    number = shop.list_of(FOUND, FOUND, FOUND)
    status, body = shop.get(f"{LISTS}{number}/leads/", "page=9&page_size=2")
    assert status == {"empty": 200, "not_found": 404, "last_page": 200}[value]
    if status == 200:
        seen = [lead["id"] for lead in body["prospects"]]
        assert seen == {"empty": [], "last_page": [1003]}[value]


def add_leads_ids(shop, value):
    ids = shop.people(FOUND, FOUND)
    number = shop.seleqt.add_list("x").id
    text = {"prospect_ids": f"{ids[0]}, {ids[1]}", "company_ids": ""}
    assert (
        shop.post(f"{LISTS}{number}/add-leads/", text)[0]
        == {"array": 400, "array_or_string": 200}[value]
    )
    assert shop.post(f"{LISTS}{number}/add-leads/", {"prospect_ids": "1,x"})[0] == 400
    assert shop.post(f"{LISTS}{number}/add-leads/", {"prospect_ids": ids})[0] == 200
    assert len(shop.seleqt.leads(number)) == 2


def add_leads_cap(shop, value):
    ids = shop.people(FOUND, FOUND, FOUND)
    number = shop.seleqt.add_list("x").id
    status, _ = shop.post(f"{LISTS}{number}/add-leads/", {"prospect_ids": ids})
    assert status == (200 if value is None else 400)
    assert len(shop.seleqt.leads(number)) == (3 if value is None else 0)


def add_leads_unknown(shop, value):
    ids = shop.people(FOUND)
    number = shop.seleqt.add_list("x").id
    status, _ = shop.post(f"{LISTS}{number}/add-leads/", {"prospect_ids": [*ids, 424242]})
    assert status == {"refused": 400, "dropped": 200}[value]
    assert len(shop.seleqt.leads(number)) == {"refused": 0, "dropped": 1}[value]


def add_leads_duplicates(shop, value):
    ids = shop.people(FOUND, FOUND)
    number = shop.seleqt.add_list("x", "PEOPLE", ids[:1]).id
    status, body = shop.post(f"{LISTS}{number}/add-leads/", {"prospect_ids": ids})
    assert status == (400 if value == "refused" else 200)
    assert body.get("added_count") == {"ignored": 1, "counted": 2, "refused": None}[value]
    assert len(shop.seleqt.leads(number)) == (1 if value == "refused" else 2)


def outside_spender(shop, value):
    shop.seleqt.advance()
    shop.seleqt.knobs.reselect_loading = "yes"
    shop.enrich(shop.list_of(FOUND, FOUND))
    shop.wait(10 * MINUTE)
    shop.seleqt.advance()
    causes = [charge.cause for charge in shop.seleqt.meter.charges[1:]]
    assert (
        causes
        == {
            "off": [],
            "deductions": ["outside deduction"] * 10,
            "second_enrichment": ["outside enrichment"],
        }[value]
    )
    # What strangers buy is their affair: it is no double purchase of ours.
    assert shop.seleqt.meter.bought_twice() == {}
    assert shop.seleqt.meter.charged() == 6


def outside_every_seconds(shop, value):
    shop.seleqt.knobs.change(outside_spender="deductions", outside_credits=1)
    shop.seleqt.advance()
    shop.wait(300)
    shop.seleqt.advance()
    assert len(shop.seleqt.meter.charges) == 300 // value
    shop.seleqt.knobs.outside_spender = "off"
    shop.wait(300)
    shop.seleqt.advance()
    assert len(shop.seleqt.meter.charges) == 300 // value


def outside_credits(shop, value):
    shop.seleqt.knobs.outside_spender = "deductions"
    shop.seleqt.advance()
    shop.wait(20 * MINUTE)
    shop.seleqt.advance()
    sizes = [charge.credits for charge in shop.seleqt.meter.charges]
    assert len(sizes) == 20
    assert max(sizes) <= value
    assert value == 1 or max(sizes) > 1


CASES = [
    (one.name, value)
    for one in fields(Knobs)
    for value in NUMBERS.get(one.name) or Knobs.choices(one.name)
]


@pytest.mark.parametrize(("name", "value"), CASES)
def test_each_knob_does_what_it_says_under_each_value(shop, name, value):
    setattr(shop.seleqt.knobs, name, value)
    globals()[name](shop, value)
    assert shop.seleqt.audit() == []


def test_the_defaults_are_valid():
    knobs = Knobs()
    Knobs(**knobs.as_dict())
    for one in fields(Knobs):
        if one.name not in NUMBERS:
            assert getattr(knobs, one.name) in Knobs.choices(one.name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limiter", "leaky"),
        ("async_status", 204),
        ("async_status", "200"),
        ("async_status", 200.0),
        ("stuck_percent", 101),
        ("stuck_percent", "5"),
        ("stuck_percent", True),
        ("stuck_percent", float("nan")),
        ("limit_per_minute", 0),
        ("limit_per_minute", 1.5),
        ("limit_per_minute", None),
        ("limiter_counts_errors", 1),
        ("add_leads_cap", 0),
        ("colour", "red"),
    ],
)
def test_a_wrong_value_is_refused_and_changes_nothing(name, value):
    knobs = Knobs()
    before = knobs.as_dict()
    with pytest.raises(ValueError, match=name):
        setattr(knobs, name, value)
    with pytest.raises(ValueError, match=name):
        knobs.change(refund="per_miss", **{name: value})
    assert knobs.as_dict() == before


def test_every_knob_is_in_the_fidelity_table():
    page = (Path(__file__).parents[3] / "docs" / "fidelity.md").read_text(encoding="utf-8")
    assert [one.name for one in fields(Knobs) if f"`{one.name}`" not in page] == []
