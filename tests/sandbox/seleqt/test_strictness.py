"""Requests a careful client never sends: all refused, and nothing spent by any of them."""

from __future__ import annotations

import pytest

LISTS = "/public/lead-lists/"


@pytest.fixture
def number(shop):
    return shop.list_of({"email": "a@b.example"})


@pytest.mark.parametrize(
    "fields",
    [
        {"prospect_limits": 5},
        {"prospect_limit": 0},
        {"prospect_limit": -1},
        {"prospect_limit": "5"},
        {"prospect_limit": True},
        {"prospect_limit": None},
        {"prospect_limit": 2.0},
        {"mode": "later"},
        {"mode": None},
        {"webhook_url": 5},
        {"webhook_url": "ftp://127.0.0.1/x"},
        {"webhook_url": "http:///x"},
        {"filters": []},
        {"filters": None},
        {"filters": {"shoe_size": "44"}},
        {"filters": {"job_title": 5}},
        {"filters": {"job_title": {"may": ["x"]}}},
        {"sort_field": "email"},
        {"sort_direction": "up"},
    ],
)
def test_a_wrong_field_on_the_spending_route_buys_nothing(shop, number, fields):
    status, body = shop.enrich(number, **fields)
    assert status == 400
    assert set(body) == {"error"}
    assert shop.seleqt.meter.charges == ()


@pytest.mark.parametrize("raw", [b"[]", b"{", b"null", b"prospect_limit=5", b"\xff"])
def test_a_body_that_is_no_object_buys_nothing(shop, number, raw):
    assert shop.post(f"{LISTS}{number}/enrichment/", raw=raw)[0] == 400
    assert shop.seleqt.meter.charges == ()


def test_a_form_buys_nothing(shop, number):
    answer = shop.post(
        f"{LISTS}{number}/enrichment/", {}, content_type="application/x-www-form-urlencoded"
    )
    assert answer[0] == 400
    assert shop.seleqt.meter.charges == ()


def test_a_query_on_the_spending_route_buys_nothing(shop, number):
    assert shop.post(f"{LISTS}{number}/enrichment/", query="prospect_limit=1")[0] == 400
    assert shop.seleqt.meter.charges == ()


def test_a_missing_slash_on_the_spending_route_buys_nothing_whatever_the_knob(shop, number):
    for value in ("refused", "redirect"):
        shop.seleqt.knobs.missing_slash = value
        assert shop.post(f"{LISTS}{number}/enrichment")[0] == 400
    assert shop.seleqt.meter.charges == ()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_other_methods_are_405(shop, number, method):
    assert shop.send(method, f"{LISTS}{number}/enrichment/").status == 405


@pytest.mark.parametrize(
    "path", ["/public/", "/nothing/", f"{LISTS}x/leads/", f"{LISTS}٣/leads/", "//"]
)
def test_unknown_paths_are_404(shop, path):
    assert shop.get(path)[0] == 404


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=-1", "page_size=0", "page=1&page=2", "limit=5", "page="]
)
def test_wrong_paging_is_400(shop, number, query):
    assert shop.get(f"{LISTS}{number}/leads/", query)[0] == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "x"},
        {"search_type": "PEOPLE"},
        {"name": "", "search_type": "PEOPLE"},
        {"name": 5, "search_type": "PEOPLE"},
        {"name": "x", "search_type": "people"},
        {"name": "x", "search_type": "PEOPLE", "colour": "red"},
    ],
)
def test_a_list_needs_a_name_and_a_type_and_nothing_else(shop, body):
    assert shop.post(LISTS, body)[0] == 400
    assert shop.get(LISTS)[1] == {"lead_lists": []}


@pytest.mark.parametrize(
    "body",
    [{}, {"prospect_ids": []}, {"prospect_ids": ["1001"]}, {"prospect_ids": 1001}, {"ids": [1001]}],
)
def test_leads_are_added_by_arrays_of_integers(shop, number, body):
    assert shop.post(f"{LISTS}{number}/add-leads/", body)[0] == 400


@pytest.mark.parametrize("query", ["enrichment_type=FAX", "enrichment_type=FIND_EMAIL&limit=5"])
def test_a_wrong_count_query_is_400(shop, number, query):
    assert shop.get(f"{LISTS}{number}/enrichment/count/", query)[0] == 400
