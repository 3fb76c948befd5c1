"""One knob per thing about Seleqt that nobody outside knows, with a default and its alternatives.

Each knob stands for an *unknown* of the API digest; ``docs/fidelity.md`` lists them with their
sources. A value outside the stated choices or bounds is refused, at construction and at run time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints


def _number(default: float, low: float, high: float) -> Any:
    return field(default=default, metadata={"low": low, "high": high})


@dataclass(kw_only=True)
class Knobs:
    """What this Seleqt does where the real one is silent. A wrong value raises ValueError."""

    # The rate limit: 50 a minute and key is documented, the rest is not.
    limit_per_minute: int = _number(50, 1, 100_000)
    limiter: Literal["fixed", "sliding"] = "fixed"
    limiter_headers: Literal["none", "retry_after"] = "none"
    limiter_counts_errors: bool = True

    # Reading requests.
    missing_slash: Literal["refused", "redirect"] = "refused"  # redirect: 301, and only for GET
    field_errors: Literal["sentence", "django"] = "sentence"
    invalid_key_body: Literal["error_and_message", "error", "detail"] = "error_and_message"
    unknown_filters: Literal["refused", "ignored"] = "refused"  # ignored: a far broader selection
    large_page_size: Literal["refused", "clamped"] = "refused"

    count_without_type: Literal["refused", "find_email"] = "refused"

    # The field that is both value and status.
    sentinel: Literal["Loading...", "Loading\u2026", "LOADING...", "loading... "] = "Loading..."
    empty_field: Literal["null", "empty", "absent"] = "null"
    miss_value: Literal["null", "empty", "not_found", "sentinel"] = "null"
    valid_value: Literal["plausible", "any_text"] = "plausible"
    record_scope: Literal["workspace", "list"] = (
        "workspace"  # list: bought in one, empty in another
    )

    # Enrichment.
    marking_delay_seconds: float = _number(0.0, 0.0, 5.0)
    first_result_seconds: float = _number(10.0, 0.0, 86_400.0)
    results_spread_seconds: float = _number(30.0, 0.0, 86_400.0)
    stuck_percent: float = _number(0.0, 0.0, 100.0)
    reselect_misses: Literal["again", "remembered"] = "again"  # again: charged again, too
    reselect_loading: Literal["no", "yes", "conflict", "zero"] = "no"
    nothing_to_enrich: Literal["zero", "refused"] = "zero"
    charge_by: Literal["selected", "limit"] = "selected"
    async_status: Literal[200, 201, 202] = 200
    phone_key: Literal["phone_number", "phone"] = "phone_number"
    refund: Literal["none", "per_miss", "per_type", "batch_end"] = "none"  # per_type: phones only
    refund_delay_seconds: float = _number(3_600.0, 0.0, 2_592_000.0)

    # The completion webhook.
    webhook: Literal[
        "sync_like",
        "minimal",
        "per_prospect",
        "none",
        "duplicate",
        "late",
        "out_of_order",
        "forged",
    ] = "sync_like"
    webhook_late_seconds: float = _number(600.0, 0.0, 86_400.0)
    webhook_in_sync: Literal["refused", "ignored"] = "refused"
    webhook_scheme: Literal["any", "https_only"] = "any"
    webhook_echo: Literal["if_given", "always"] = "if_given"

    # Lists and leads.
    created_status: Literal[201, 200] = 201
    taken_list_name: Literal["suffix", "kept", "refused"] = "suffix"
    lists_envelope: Literal["lead_lists", "array", "results", "data"] = "lead_lists"
    leads_envelope: Literal["bare", "totals"] = "bare"
    page_past_end: Literal["empty", "not_found", "last_page"] = "empty"
    add_leads_ids: Literal["array", "array_or_string"] = "array"
    add_leads_cap: int | None = _number(None, 1, 100_000)  # type: ignore[arg-type]  # None: no cap
    add_leads_unknown: Literal["refused", "dropped"] = "refused"
    add_leads_duplicates: Literal["ignored", "counted", "refused"] = "ignored"

    # Somebody else on the same account.
    outside_spender: Literal["off", "deductions", "second_enrichment"] = "off"
    outside_every_seconds: float = _number(60.0, 1.0, 86_400.0)
    outside_credits: int = _number(30, 1, 100_000)  # the most one random deduction takes

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, _checked(name, value))

    def change(self, **changes: Any) -> None:
        """Set several knobs, or none of them when one is wrong (ValueError)."""
        checked = {name: _checked(name, value) for name, value in changes.items()}
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def choices(name: str) -> tuple[Any, ...]:
        """Return every value of a knob with a closed set; the bounds of one that is a number."""
        hint, low, high = _rule(name)
        if get_origin(hint) is Literal:
            return get_args(hint)
        return (False, True) if hint is bool else (low, high)


def _checked(name: str, value: Any) -> Any:
    hint, low, high = _rule(name)
    if get_origin(hint) is Literal:
        # True == 1 and 200.0 == 200: the type has to agree as well.
        if not any(type(value) is type(choice) and value == choice for choice in get_args(hint)):
            raise ValueError(f"{name} must be one of {list(get_args(hint))}, not {value!r}")
        return value
    if hint is bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}")
        return value
    if value is None and type(None) in get_args(hint):
        return value
    wanted = (int,) if int in (hint, *get_args(hint)) else (int, float)
    if isinstance(value, bool) or not isinstance(value, wanted) or not low <= value <= high:
        raise ValueError(f"{name} must be a number from {low} to {high}, not {value!r}")
    return value


def _rule(name: str) -> tuple[Any, Any, Any]:
    if name not in _RULES:
        raise ValueError(f"there is no knob {name!r}")
    return _RULES[name]


_HINTS = get_type_hints(Knobs)
_RULES = {
    one.name: (_HINTS[one.name], one.metadata.get("low"), one.metadata.get("high"))
    for one in fields(Knobs)
}
