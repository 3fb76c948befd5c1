"""The documented part of prospect search: PEOPLE filters, by the fields the sandbox knows.

A filter is a string, an array (any of) or ``{"must": [...], "doesnt": [...]}``. Documented filters
about facts no invented person has (seniority, company size, ...) are refused rather than ignored:
an ignored filter would select far more people than were asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .refusals import WrongField

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .prospects import Prospect

FIELDS = {
    "job_title": "job_title",
    "company_name": "company",
    "industry": "industry",
    "prospect_location": "location",
}


def check_filters(filters: Mapping[str, Any], *, ignore_unknown: bool) -> dict[str, Any]:
    """Return the filters that apply; refuse the others, or drop them where a knob says so."""
    known: dict[str, Any] = {}
    for name, value in filters.items():
        if name in FIELDS:
            known[name] = _parse(name, value)
        elif not ignore_unknown:
            raise WrongField(
                f"filters.{name}", "Unknown filter, or one the sandbox has no data for."
            )
    return known


def matches(prospect: Prospect, filters: Mapping[str, Any]) -> bool:
    """Tell whether a prospect passes filters that ``check_filters`` returned."""
    for name, (must, doesnt) in filters.items():
        text = getattr(prospect, FIELDS[name]).casefold()
        if must and not any(word in text for word in must):
            return False
        if any(word in text for word in doesnt):
            return False
    return True


def _parse(name: str, value: Any) -> tuple[list[str], list[str]]:
    if isinstance(value, dict):
        if not set(value) <= {"must", "doesnt"}:
            raise WrongField(f"filters.{name}", "Only must and doesnt are known.")
        return _words(name, value.get("must", [])), _words(name, value.get("doesnt", []))
    return _words(name, value), []


def _words(name: str, value: Any) -> list[str]:
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise WrongField(f"filters.{name}", "Must be text or an array of texts.")
    return [word.casefold() for word in words]
