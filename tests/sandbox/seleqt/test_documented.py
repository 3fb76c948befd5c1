"""What Seleqt's pages say, to the letter."""

from __future__ import annotations

import pytest

LISTS = "/public/lead-lists/"
FOUND = {"email": "amara@juniper.example", "phone": "+12025550123"}
KINDS = {"FIND_EMAIL": 3, "FIND_EMAIL_WATERFALL": 6, "FIND_PHONE": 30}


def test_a_missing_key_is_401_with_title_and_sentence(shop):
    shop.key = None
    assert shop.get("/api-keys/") == (
        401,
        {"error": "Missing API key", "message": "Provide X-API-Key header"},
    )


def test_a_wrong_key_is_401(shop):
    status, _ = shop.get("/api-keys/", key="deadbeef.nonsense")
    assert status == 401


def test_a_rotated_key_is_dead_at_once_and_its_successor_lives(shop):
    successor = shop.seleqt.rotate_key(shop.key)
    assert shop.get("/api-keys/")[0] == 401
    assert shop.get("/api-keys/", key=successor)[0] == 200


def test_a_key_shows_only_its_prefix(shop):
    _, body = shop.get("/api-keys/")
    assert body["api_keys"][0]["prefix"] == shop.key.partition(".")[0]
    assert shop.key.partition(".")[2] not in str(body)


def test_the_51st_request_of_a_minute_is_429_and_the_next_minute_is_free(shop):
    key = shop.seleqt.add_key()
    statuses = [shop.get("/api-keys/", key=key)[0] for _ in range(50)]
    assert statuses == [200] * 50
    assert shop.get("/api-keys/", key=key) == (429, {"error": "Rate limit exceeded"})
    shop.wait(60)
    assert shop.get("/api-keys/", key=key)[0] == 200


def test_the_limit_is_per_key(shop):
    first, second = shop.seleqt.add_key(), shop.seleqt.add_key()
    for _ in range(51):
        shop.get("/api-keys/", key=first)
    assert shop.get("/api-keys/", key=first)[0] == 429
    assert shop.get("/api-keys/", key=second)[0] == 200


def test_a_workspace_of_somebody_else_is_403(shop):
    assert shop.get("/campaigns/", "workspace_id=999") == (403, {"error": "Access denied"})
    assert shop.get("/campaigns/", "workspace_id=ALL") == (200, {"campaigns": []})


@pytest.mark.parametrize("rest", ["leads/", "enrichment/count/", "enrichment/", "add-leads/"])
def test_an_unknown_list_is_404_everywhere(shop, rest):
    method = shop.post if rest in ("enrichment/", "add-leads/") else shop.get
    assert method(f"{LISTS}99999/{rest}") == (404, {"error": "Lead list not found"})


def test_a_list_of_another_workspace_is_404(shop):
    stranger = shop.seleqt.add_account(500)
    theirs = shop.seleqt.add_list("theirs", "PEOPLE", shop.people(FOUND), account=stranger)
    assert shop.enrich(theirs.id) == (404, {"error": "Lead list not found"})
    assert shop.seleqt.meter.charges == ()


def test_too_few_credits_is_400_and_buys_nothing_at_all(make_shop):
    shop = make_shop(balance=5)
    number = shop.list_of(FOUND, FOUND)
    assert shop.enrich(number, enrichment_type="FIND_EMAIL") == (
        400,
        {
            "success": False,
            "error": "insufficient_credits",
            "message": "Not enough credits. Need 6, have 5",
        },
    )
    assert shop.seleqt.balance == 5
    assert shop.lead(number, 1001)["email"] is None


def test_a_company_list_cannot_be_enriched(shop):
    company = shop.seleqt.add_company("Juniper & Slate")
    number = shop.seleqt.add_list("firms", "COMPANY", [company]).id
    refusal = {"error": "Email/phone enrichment is only available for people lists"}
    assert shop.enrich(number) == (400, refusal)
    query = "enrichment_type=FIND_EMAIL"
    assert shop.get(f"{LISTS}{number}/enrichment/count/", query) == (400, refusal)


@pytest.mark.parametrize("kind", ["FIND_FAX", "", None, 3, ["FIND_EMAIL"]])
def test_a_wrong_kind_is_refused_in_the_documented_words(shop, kind):
    assert shop.enrich(shop.list_of(FOUND), enrichment_type=kind) == (
        400,
        {"error": "enrichment_type must be FIND_EMAIL, FIND_EMAIL_WATERFALL, or FIND_PHONE"},
    )


def test_an_empty_body_spends_on_emails_for_at_most_a_hundred(shop):
    number = shop.list_of(*[FOUND] * 120)
    status, body = shop.enrich(number)
    assert status == 200
    assert body["enrichment_type"] == "FIND_EMAIL"
    assert body["mode"] == "async"
    assert (body["enriched_count"], body["credits_deducted"]) == (100, 300)
    assert shop.seleqt.balance == 700


@pytest.mark.parametrize(("kind", "cost"), KINDS.items())
def test_the_three_prices(shop, kind, cost):
    _, body = shop.enrich(shop.list_of(FOUND, FOUND), enrichment_type=kind)
    assert body["credits_deducted"] == 2 * cost
    assert body["remaining_credits"] == 1000 - 2 * cost == shop.seleqt.balance


def test_the_async_answer_has_exactly_the_documented_keys(shop):
    url = "http://127.0.0.1:9/hook"
    _, body = shop.enrich(shop.list_of(FOUND), webhook_url=url)
    assert set(body) == {
        "success",
        "mode",
        "enrichment_type",
        "enriched_count",
        "credits_deducted",
        "remaining_credits",
        "webhook_url",
        "message",
    }
    assert body["webhook_url"] == url


def test_the_sync_answer_tells_each_result_and_charges_misses_too(shop):
    number = shop.list_of({"first_name": "Jana", "last_name": "Xu", "email": "j@x.example"}, {})
    assert shop.enrich(number, mode="sync") == (
        200,
        {
            "success": True,
            "mode": "sync",
            "enrichment_type": "FIND_EMAIL",
            "total_count": 2,
            "success_count": 1,
            "credits_deducted": 6,
            "remaining_credits": 994,
            "results": [
                {
                    "id": 1001,
                    "first_name": "Jana",
                    "last_name": "Xu",
                    "success": True,
                    "data": {"email": "j@x.example"},
                },
                {
                    "id": 1002,
                    "first_name": "Amara",
                    "last_name": "Reyes",
                    "success": False,
                    "data": {"email": None},
                    "message": "Email not found",
                },
            ],
        },
    )
    assert shop.lead(number, 1001)["email"] == "j@x.example"
    assert shop.lead(number, 1002)["email"] is None


def test_the_field_shows_the_sentinel_first_and_the_value_when_it_is_ready(shop):
    number = shop.list_of(FOUND)
    shop.enrich(number)
    assert shop.lead(number, 1001)["email"] == "Loading..."
    shop.wait(9.9)
    assert shop.lead(number, 1001)["email"] == "Loading..."
    shop.wait(30.2)
    assert shop.lead(number, 1001)["email"] == "amara@juniper.example"


def test_records_are_filled_one_by_one(shop):
    number = shop.list_of(*[FOUND] * 20)
    shop.enrich(number)
    seen = []
    for _ in range(45):
        shop.wait(1)
        leads = shop.seleqt.leads(number)
        seen.append(sum(lead["email"] == "Loading..." for lead in leads))
    assert seen[0] == 20
    assert seen[-1] == 0
    assert len(set(seen)) > 5
    assert seen == sorted(seen, reverse=True)


def test_only_prospects_without_a_valid_address_are_taken(shop):
    number = shop.list_of(
        FOUND, {"known_email": "old@x.example"}, {"known_email": "not an address"}
    )
    _, body = shop.enrich(number)
    assert body["enriched_count"] == 2
    assert shop.seleqt.meter.charges[0].prospect_ids == (1001, 1003)


def test_what_was_found_is_not_sold_again(shop):
    number = shop.list_of(FOUND)
    shop.enrich(number, mode="sync")
    _, body = shop.enrich(number, mode="sync")
    assert (body["total_count"], body["credits_deducted"]) == (0, 0)
    assert shop.seleqt.meter.bought_twice() == {}


def test_the_limit_takes_the_first_by_the_given_order(shop):
    number = shop.list_of(*[FOUND] * 5)
    shop.enrich(number, prospect_limit=2, sort_field="id", sort_direction="desc")
    assert shop.seleqt.meter.charges[0].prospect_ids == (1005, 1004)


def test_filters_narrow_the_selection(shop):
    number = shop.list_of(
        FOUND | {"job_title": "Head of Sales"}, FOUND | {"job_title": "Plant Manager"}
    )
    shop.enrich(number, filters={"job_title": {"must": ["sales"]}})
    assert shop.seleqt.meter.charges[0].prospect_ids == (1001,)


def test_the_count_is_free_and_knows_nothing_of_limits(shop):
    number = shop.list_of(*[FOUND] * 40)
    query = "enrichment_type=FIND_PHONE"
    assert shop.get(f"{LISTS}{number}/enrichment/count/", query) == (
        200,
        {
            "unenriched_count": 40,
            "total_cost": 1200,
            "has_enough_credits": False,
            "available_credits": 1000,
        },
    )
    assert shop.seleqt.meter.charges == ()


def test_a_stuck_prospect_loads_for_ever(shop):
    number = shop.list_of({"stuck": frozenset({"FIND_EMAIL"})}, FOUND)
    shop.enrich(number)
    shop.wait(30 * 86_400)
    assert shop.lead(number, 1001)["email"] == "Loading..."
    assert shop.lead(number, 1002)["email"] == "amara@juniper.example"


def test_a_text_that_is_no_address_is_stored_all_the_same(shop):
    number = shop.list_of({"email": "Not found", "phone": "ask reception"})
    shop.enrich(number, mode="sync")
    shop.enrich(number, mode="sync", enrichment_type="FIND_PHONE")
    lead = shop.lead(number, 1001)
    assert (lead["email"], lead["phone_number"]) == ("Not found", "ask reception")


def test_a_list_is_created_listed_filled_and_read_by_page(shop):
    ids = shop.people(*[FOUND] * 5)
    status, body = shop.post(LISTS, {"name": "syncd-1", "search_type": "PEOPLE"})
    number = body["lead_list"]["id"]
    assert status == 201
    assert shop.get(LISTS)[1]["lead_lists"][0]["name"] == "syncd-1"
    assert shop.post(f"{LISTS}{number}/add-leads/", {"prospect_ids": ids})[0] == 200
    pages = [
        [
            lead["id"]
            for lead in shop.get(f"{LISTS}{number}/leads/", f"page={n}&page_size=2")[1]["prospects"]
        ]
        for n in (1, 2, 3)
    ]
    assert pages == [ids[:2], ids[2:4], ids[4:]]


def test_search_finds_by_filter_and_tells_no_address(shop):
    shop.people(FOUND | {"job_title": "Founder"}, FOUND | {"job_title": "Legal Counsel"})
    body = {"search_type": "PEOPLE", "filters": {"job_title": ["founder", "cto"]}}
    _, answer = shop.post("/public/prospects/search/", body)
    assert [person["id"] for person in answer["prospects"]] == [1001]
    assert "email" not in answer["prospects"][0]
    body["filters"] = {"job_title": {"doesnt": ["founder"]}}
    _, answer = shop.post("/public/prospects/search/", body)
    assert [person["id"] for person in answer["prospects"]] == [1002]


def test_search_for_companies_lists_them(shop):
    number = shop.seleqt.add_company("Kestrel Freight")
    _, answer = shop.post("/public/prospects/search/", {"search_type": "COMPANY"})
    assert answer == {"companies": [{"id": number, "name": "Kestrel Freight"}]}


def test_a_company_list_holds_companies_only(shop):
    company, person = shop.seleqt.add_company("Kestrel Freight"), shop.people(FOUND)[0]
    number = shop.post(LISTS, {"name": "firms", "search_type": "COMPANY"})[1]["lead_list"]["id"]
    assert shop.post(f"{LISTS}{number}/add-leads/", {"prospect_ids": [person]})[0] == 400
    assert shop.post(f"{LISTS}{number}/add-leads/", {"company_ids": [company]})[0] == 200
    assert shop.get(f"{LISTS}{number}/leads/")[1]["companies"][0]["id"] == company
