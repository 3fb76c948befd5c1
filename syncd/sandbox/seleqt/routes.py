"""The public API's routes, one function each: read strictly, do, answer.

Documented: the enrichment routes, the keys ``id`` and ``email`` of a lead, paging by ``page`` and
``page_size``, the wrapper ``lead_list``. The other keys of list, add-leads, search and api-keys
answers are assumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from syncd.sandbox.wire import Request, Response, answer_json

from . import reading, refusals
from .enrichment import SORT_FIELDS, Order, Run
from .prospects import Kind, Prospect
from .refusals import WrongField
from .search import check_filters, matches

if TYPE_CHECKING:
    from .accounts import ApiKey
    from .catalogue import LeadList
    from .vendor import Seleqt

MAX_PAGE = 100  # documented for search, assumed for leads


def list_keys(world: Seleqt, key: ApiKey, request: Request) -> Response:
    reading.read_query(request, set())
    own = [one for one in world.accounts.keys.values() if one.account is key.account]
    rows = [{"id": one.id, "name": one.name, "prefix": one.prefix} for one in own]
    return answer_json(200, {"api_keys": rows})


def list_campaigns(key: ApiKey, request: Request) -> Response:
    """Answer no campaigns, and the documented 403 for a workspace that is not the caller's."""
    wanted = reading.read_query(request, {"workspace_id"}).get("workspace_id", "ALL")
    if wanted not in ("ALL", str(key.account.workspace)):
        raise refusals.access_denied()
    return answer_json(200, {"campaigns": []})


def list_lists(world: Seleqt, key: ApiKey, request: Request) -> Response:
    reading.read_query(request, set())
    rows = [one.describe() for one in world.catalogue.lists_of(key.account.workspace)]
    envelope = world.knobs.lists_envelope
    return answer_json(200, rows if envelope == "array" else {envelope: rows})


def create_list(world: Seleqt, key: ApiKey, request: Request) -> Response:
    reading.read_query(request, set())
    body = reading.read_body(request, {"name", "search_type"})
    name = reading.text_field(body, "name")
    if "search_type" not in body:
        raise WrongField("search_type", "This field is required.")
    search_type = reading.choice_field(body, "search_type", ("PEOPLE", "COMPANY"), "")
    taken = {one.name for one in world.catalogue.lists_of(key.account.workspace)}
    if name in taken and world.knobs.taken_list_name == "refused":
        raise refusals.refuse("A lead list with this name already exists")
    if name in taken and world.knobs.taken_list_name == "suffix":
        name = next(
            free for n in range(1, len(taken) + 2) if (free := f"{name} ({n})") not in taken
        )
    created = world.catalogue.add_list(
        name, search_type, (), workspace=key.account.workspace, now=world.now
    )
    return answer_json(world.knobs.created_status, {"lead_list": created.describe()})


def add_leads(world: Seleqt, request: Request, lead_list: LeadList) -> Response:
    reading.read_query(request, set())
    body = reading.read_body(request, {"prospect_ids", "company_ids"})
    or_text = world.knobs.add_leads_ids == "array_or_string"
    people = reading.ids_field(body, "prospect_ids", or_text=or_text)
    companies = reading.ids_field(body, "company_ids", or_text=or_text)
    wanted, other = (
        (people, companies) if lead_list.search_type == "PEOPLE" else (companies, people)
    )
    if other:
        raise refusals.refuse(f"A {lead_list.search_type} list cannot hold the other type")
    if not wanted:
        raise refusals.refuse("No leads given")
    cap = world.knobs.add_leads_cap
    if cap is not None and len(wanted) > cap:
        raise refusals.refuse(f"At most {cap} leads can be added at once")
    known = world.catalogue.known_ids(lead_list)
    if world.knobs.add_leads_unknown == "refused" and any(one not in known for one in wanted):
        raise refusals.refuse("Some leads do not exist")
    there = [one for one in wanted if one in known]
    fresh = [one for one in dict.fromkeys(there) if one not in lead_list.ids]
    doubled = len(there) > len(fresh)
    if doubled and world.knobs.add_leads_duplicates == "refused":
        raise refusals.refuse("Some leads are already in the list")
    lead_list.ids.extend(fresh)
    added = there if world.knobs.add_leads_duplicates == "counted" else fresh
    return answer_json(200, {"success": True, "added_count": len(added)})


def list_leads(world: Seleqt, request: Request, lead_list: LeadList) -> Response:
    params = reading.read_query(request, {"page", "page_size"})
    page = reading.number_param(params, "page", 1)
    size = _page_size(world, reading.number_param(params, "page_size", 25))
    if lead_list.search_type == "COMPANY":
        key, rows = "companies", [_describe_company(world, one) for one in sorted(lead_list.ids)]
    else:
        members = world.catalogue.members(lead_list)
        key, rows = "prospects", [describe_lead(world, lead_list, one) for one in members]
    pages = max(1, -(-len(rows) // size))
    if page > pages and world.knobs.page_past_end == "not_found":
        raise refusals.refuse("Invalid page", status=404)
    if page > pages and world.knobs.page_past_end == "last_page":
        page = pages
    answer: dict[str, Any] = {key: rows[(page - 1) * size : page * size]}
    if world.knobs.leads_envelope == "totals":
        more = f"{request.path}?page={page + 1}&page_size={size}" if page < pages else None
        answer |= {"count": len(rows), "total": len(rows), "next": more}
    return answer_json(200, answer)


def count_enrichment(world: Seleqt, key: ApiKey, request: Request, lead_list: LeadList) -> Response:
    params = reading.read_query(request, {"enrichment_type"})
    if "enrichment_type" not in params and world.knobs.count_without_type == "refused":
        raise refusals.wrong_kind()
    kind = _kind(params.get("enrichment_type", Kind.EMAIL))
    if lead_list.search_type != "PEOPLE":
        raise refusals.people_lists_only()
    count = len(world.enrichment.lacking(lead_list, kind))
    cost, balance = count * kind.cost, key.account.balance
    answer = {
        "unenriched_count": count,
        "total_cost": cost,
        "has_enough_credits": cost <= balance,
        "available_credits": balance,
    }
    return answer_json(200, answer)


ENRICH_FIELDS = {
    "enrichment_type",
    "prospect_limit",
    "mode",
    "webhook_url",
    "filters",
    "sort_field",
    "sort_direction",
}


def enrich(world: Seleqt, key: ApiKey, request: Request, lead_list: LeadList) -> Response:
    """Spend. An empty body is valid and means an email for up to 100 prospects (documented)."""
    reading.read_query(request, set())
    body = reading.read_body(request, ENRICH_FIELDS)
    if lead_list.search_type != "PEOPLE":
        raise refusals.people_lists_only()
    kind = _kind(body.get("enrichment_type", Kind.EMAIL))
    mode = reading.choice_field(body, "mode", ("async", "sync"), "async")
    webhook_url = _webhook_url(world, body, mode)
    filters = reading.object_field(body, "filters")
    direction = reading.choice_field(body, "sort_direction", ("asc", "desc"), "asc")
    order = Order(
        list=lead_list,
        account=key.account,
        key=key.prefix,
        kind=kind,
        limit=reading.number_field(body, "prospect_limit", 100),
        filters=check_filters(filters, ignore_unknown=world.knobs.unknown_filters == "ignored"),
        sort_field=reading.choice_field(body, "sort_field", SORT_FIELDS, "id"),
        descending=direction == "desc",
        webhook_url=webhook_url if mode == "async" else None,
    )
    run = world.enrichment.start(order, world.now, at_once=mode == "sync")
    return _answer_sync(run, key) if mode == "sync" else _answer_async(world, run, key)


def search_prospects(world: Seleqt, request: Request) -> Response:
    """Answer who matches, without addresses (assumed: they are what is sold)."""
    reading.read_query(request, set())
    body = reading.read_body(request, {"search_type", "page", "page_size", "filters"})
    search_type = reading.choice_field(body, "search_type", ("PEOPLE", "COMPANY"), "PEOPLE")
    page = reading.number_field(body, "page", 1)
    size = _page_size(world, reading.number_field(body, "page_size", 25))
    filters = reading.object_field(body, "filters")
    if search_type == "COMPANY":
        if filters:
            raise WrongField(
                "filters", "COMPANY filters are not documented well enough to imitate."
            )
        rows = [_describe_company(world, one) for one in sorted(world.catalogue.companies)]
        return answer_json(200, {"companies": rows[(page - 1) * size : page * size]})
    checked = check_filters(filters, ignore_unknown=world.knobs.unknown_filters == "ignored")
    everybody = (world.catalogue.prospects[one] for one in sorted(world.catalogue.prospects))
    found = [_describe_person(one) for one in everybody if matches(one, checked)]
    return answer_json(200, {"prospects": found[(page - 1) * size : page * size]})


def describe_lead(world: Seleqt, lead_list: LeadList, prospect: Prospect) -> dict[str, Any]:
    record = world.catalogue.record(lead_list, prospect.id)
    lead = _describe_person(prospect)
    for column, key in (("email", "email"), ("phone", world.knobs.phone_key)):
        text = world.enrichment.shown(record, column)
        untouched = text is None and column not in record.missed
        if untouched and world.knobs.empty_field == "absent":
            continue
        lead[key] = "" if untouched and world.knobs.empty_field == "empty" else text
    return lead


def _describe_person(prospect: Prospect) -> dict[str, Any]:
    return {
        "id": prospect.id,
        "first_name": prospect.first_name,
        "last_name": prospect.last_name,
        "job_title": prospect.job_title,
        "industry": prospect.industry,
        "location": prospect.location,
        "linkedin_profile_url": prospect.linkedin,
        "company": {"name": prospect.company},
        "status": "IN_REVIEW",
        "custom_fields": {},
    }


def _describe_company(world: Seleqt, company_id: int) -> dict[str, Any]:
    return {"id": company_id, "name": world.catalogue.companies[company_id]}


def _answer_async(world: Seleqt, run: Run, key: ApiKey) -> Response:
    answer = {
        "success": True,
        "mode": "async",
        "enrichment_type": run.kind.value,
        "enriched_count": len(run.finds),  # queued, not found
        "credits_deducted": run.credits,
        "remaining_credits": key.account.balance,
        "message": f"Enrichment started for {len(run.finds)} prospects",
    }
    if run.webhook_url is not None or world.knobs.webhook_echo == "always":
        answer["webhook_url"] = run.webhook_url
    return answer_json(world.knobs.async_status, answer)


def _answer_sync(run: Run, key: ApiKey) -> Response:
    results = [run.result(find) for find in run.finds]
    answer = {
        "success": True,
        "mode": "sync",
        "enrichment_type": run.kind.value,
        "total_count": len(results),
        "success_count": sum(result["success"] for result in results),
        "credits_deducted": run.credits,
        "remaining_credits": key.account.balance,
        "results": results,
    }
    return answer_json(200, answer)


def _kind(value: Any) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise refusals.wrong_kind() from None


def _page_size(world: Seleqt, size: int) -> int:
    if size > MAX_PAGE and world.knobs.large_page_size == "refused":
        raise WrongField("page_size", f"At most {MAX_PAGE}.")
    return min(size, MAX_PAGE)


def _webhook_url(world: Seleqt, body: dict[str, Any], mode: str) -> str | None:
    url = body.get("webhook_url")
    if url is None:
        return None
    schemes = ("https",) if world.knobs.webhook_scheme == "https_only" else ("https", "http")
    if not isinstance(url, str) or urlsplit(url).scheme not in schemes or not urlsplit(url).netloc:
        raise WrongField("webhook_url", "Must be a URL or null.")
    if mode == "sync" and world.knobs.webhook_in_sync == "refused":
        raise WrongField("webhook_url", "Only for async mode.")
    return url
