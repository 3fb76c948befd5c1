"""The vendor's JSON to our values: strict where money moves, lenient where we only look.

Sources: the vendor's page on lead-list enrichment (requests, answers, errors), its authentication
page, and its own automation node for the lists (see ``seleqt-api.md``, section 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeGuard

from pydantic import BaseModel, ConfigDict, StrictInt, ValidationError
from pydantic import Field as Limit

from syncd.core.classify import classify
from syncd.core.lists import LeadList
from syncd.core.masking import hide
from syncd.core.model import Field, Kind, Prospect, Reading, Seen
from syncd.core.redaction import redact
from syncd.seleqt.values import PARSERS


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """One purchase, with every field of the request said explicitly: an empty body would spend."""

    kind: Kind
    limit: int
    mode: str = "async"
    webhook_url: str | None = None
    filters: Mapping[str, object] = field(default_factory=dict)
    sort_field: str = "id"
    sort_direction: str = "asc"

    def body(self) -> dict[str, object]:
        body: dict[str, object] = {
            "enrichment_type": self.kind.value,
            "prospect_limit": self.limit,
            "mode": self.mode,
            "filters": dict(self.filters),
            "sort_field": self.sort_field,
            "sort_direction": self.sort_direction,
        }
        if self.mode == "async":  # documented for async only
            body["webhook_url"] = self.webhook_url
        return body


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A parsed yes. ``results`` by prospect id, in sync mode only."""

    count: int
    credits: int
    balance: int | None
    results: Mapping[int, Seen]
    evidence: str = ""  # the answer as it may be kept: redacted


@dataclass(frozen=True, kw_only=True, slots=True)
class Count:
    """The free count: people of the list who lack the value, and the balance in credits."""

    unenriched: int
    balance: int | None


class BrokenAnswer(ValueError):
    """An answer that is not what the documents promise. Its text names the field, not the data."""


class _Loose(BaseModel):
    model_config = ConfigDict(extra="ignore")


# What a number of people or credits can be; anything else is no answer.
Amount = Annotated[StrictInt, Limit(ge=0, le=10**9)]
Balance = Annotated[StrictInt, Limit(ge=-(10**9), le=10**9)]
_LARGEST_ID = 2**63 - 1


class _Result(_Loose):
    id: Annotated[StrictInt, Limit(ge=0, le=_LARGEST_ID)]
    success: bool
    data: dict[str, Any] | None = None


class _Enriched(_Loose):
    success: Literal[True]
    enrichment_type: str
    enriched_count: Amount | None = None
    total_count: Amount | None = None
    credits_deducted: Amount
    remaining_credits: Balance | None = None
    results: list[_Result] = []


class _Counted(_Loose):
    unenriched_count: Amount
    total_cost: Amount | None = None
    available_credits: Balance | None = None


def read_answer(body: object, kind: Kind) -> Answer:
    """Read the answer to a purchase. Raises BrokenAnswer where a promised field is missing."""
    try:
        found = _Enriched.model_validate(body)
    except ValidationError as error:
        raise BrokenAnswer(_places(error)) from None
    count = found.total_count if found.enriched_count is None else found.enriched_count
    if count is None:
        raise BrokenAnswer("neither enriched_count nor total_count")
    if found.enrichment_type != kind.value:
        raise BrokenAnswer("enrichment_type is not what was ordered")
    results = {result.id: _read_result(result, kind.field) for result in found.results}
    return Answer(
        count=count,
        credits=found.credits_deducted,
        balance=found.remaining_credits,
        results=results,
        evidence=redact(body),
    )


def _read_result(result: _Result, wanted: Field) -> Seen:
    seen = _read_field(result.data or {}, wanted)
    if not result.success and seen.reading is Reading.EMPTY:
        return Seen(reading=Reading.MISSED)
    return seen


def read_count(body: object, kind: Kind) -> Count:
    """Read the free count. It decides whether to buy, so its one promised number must be there.

    Where it tells a cost as well, that is the number times the price that we know.
    """
    try:
        found = _Counted.model_validate(body)
    except ValidationError as error:
        raise BrokenAnswer(_places(error)) from None
    if found.total_cost not in {None, found.unenriched_count * kind.price}:
        raise BrokenAnswer(f"total_cost is not unenriched_count times {kind.price} credits")
    return Count(unenriched=found.unenriched_count, balance=found.available_credits)


def read_lists(body: object) -> list[LeadList]:
    """Read the listing of lead lists; its envelope is not documented, so several are accepted."""
    lists = []
    for item in _items(body, "lead_lists", "results", "data"):
        if _is_id(number := item.get("id")):
            kind = item.get("search_type")
            lists.append(
                LeadList(
                    id=number,
                    name=str(item.get("name") or ""),
                    of_people=None if kind is None else kind == "PEOPLE",
                )
            )
    return lists


def read_created(body: object) -> LeadList:
    """Read the answer to creating a list."""
    found = body.get("lead_list") if isinstance(body, dict) else None
    if not isinstance(found, dict) or not _is_id(number := found.get("id")):
        raise BrokenAnswer("lead_list.id is missing")
    return LeadList(id=number, name=str(found.get("name") or ""))


def read_prospects(body: object) -> list[Prospect]:
    """Read one page of a list's people."""
    people = []
    for item in _items(body, "prospects", "results", "data"):
        if _is_id(number := item.get("id")):
            company = item.get("company")
            people.append(
                Prospect(
                    id=number,
                    first_name=_text(item, "first_name"),
                    last_name=_text(item, "last_name"),
                    company=_text(company, "name") if isinstance(company, dict) else "",
                    job_title=_text(item, "job_title"),
                    linkedin_url=_text(item, "linkedin_profile_url"),
                    email=_read_field(item, Field.EMAIL),
                    phone=_read_field(item, Field.PHONE),
                )
            )
    return people


def _read_field(item: Mapping[str, object], wanted: Field) -> Seen:
    if wanted is Field.EMAIL:
        return classify(item.get("email"), PARSERS[wanted])
    # The phone's key is not documented; the webhook page suggests the first.
    raw = item["phone_number"] if "phone_number" in item else item.get("phone")
    return classify(raw, PARSERS[wanted])


def _is_id(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _LARGEST_ID


def _items(body: object, *names: str) -> list[dict[str, Any]]:
    found: object = body
    if isinstance(body, dict):
        found = next((body[name] for name in names if name in body), None)
    if not isinstance(found, list):
        raise BrokenAnswer(f"no list under any of {', '.join(names)}")
    return [item for item in found if isinstance(item, dict)]


def _text(item: Mapping[str, object], name: str) -> str:
    value = item.get(name)
    return value.strip() if isinstance(value, str) else ""


def _places(error: ValidationError) -> str:
    places = sorted({".".join(str(part) for part in problem["loc"]) for problem in error.errors()})
    return f"{', '.join(places)} not as promised"


def read_refusal(body: object) -> tuple[str, str] | None:
    """Return (machine code, sentence) of any of the four error envelopes, or None.

    The sentence is kept in the ledger and shown, so that nobody's address or phone stays in it.
    """
    if not isinstance(body, dict):
        return None
    error, message = (
        hide(text) if isinstance(text, str) else text
        for text in (body.get("error"), body.get("message"))
    )
    if isinstance(error, str) and isinstance(message, str):
        return (error, message) if body.get("success") is False else ("", f"{error}: {message}")
    if isinstance(error, str):
        return "", error
    if body.get("success") is False and isinstance(message, str):
        return "", message
    return None
