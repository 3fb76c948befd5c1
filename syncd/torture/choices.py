"""What may go wrong, as tables: faults of each line, unknowns of both vendors, days to begin on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_args

from syncd.sandbox.seleqt import Knobs
from syncd.torture.steps import Line

LINES: tuple[Line, ...] = get_args(Line)
_GOOGLE = (
    "429", "500", "503", "html502", "504", "drop_before", "drop_after", "truncated", "bad_json",
    "slow", "slow_after", "trickle",
)  # fmt: skip
_SELEQT = (*_GOOGLE, "html200", "unauthorized_once")
FAULTS: Mapping[Line, Sequence[str]] = {
    "sheets read": _GOOGLE,
    "sheets write": (*_GOOGLE, "doubled"),
    "seleqt read": (*_SELEQT, "stale"),
    "seleqt write": (*_SELEQT, "doubled"),
    "seleqt spend": (*_SELEQT, "miscounted"),
    "token": ("500", "503", "html502", "drop_before"),
}
"""The faults of each line. A purchase that comes twice is the vendor's to refuse, so it does not:
nobody but the vendor could tell the second from an order.
"""
RARE = ("stale", "doubled")
"""What only one kind of line can meet."""
MAYBE_APPLIED = ("500", "503", "html502", "504", "html200")
"""What may hide that a request was applied, or not."""

STARTS = (
    ("an ordinary day", "2026-11-23T08:00:00+00:00"),
    ("midnight is near", "2026-11-23T22:58:00+00:00"),
    ("the month's end is near", "2026-11-30T22:57:00+00:00"),
    ("DST begins", "2027-03-28T00:57:00+00:00"),
    ("DST ends", "2026-10-25T00:57:00+00:00"),
)
KNOBS: Mapping[str, Sequence[Any]] = {
    "limit_per_minute": (10, 50),
    "limiter": ("sliding",),
    "limiter_headers": ("retry_after",),
    "limiter_counts_errors": (False,),
    "field_errors": ("django",),
    "invalid_key_body": ("error", "detail"),
    "large_page_size": ("clamped",),
    "count_without_type": ("find_email",),
    **{
        name: tuple(one for one in Knobs.choices(name) if one != getattr(Knobs(), name))
        for name in (
            "sentinel", "empty_field", "miss_value", "valid_value", "record_scope",
            "reselect_misses", "reselect_loading", "nothing_to_enrich", "charge_by",
            "async_status", "phone_key", "refund", "webhook", "created_status",
            "taken_list_name", "lists_envelope", "leads_envelope", "page_past_end",
            "add_leads_unknown", "add_leads_duplicates", "outside_spender",
        )
    },
    "add_leads_cap": (1, 3),
    "marking_delay_seconds": (2.0, 5.0),
    "first_result_seconds": (0.0, 400.0),
    "results_spread_seconds": (0.0, 300.0),
    "stuck_percent": (30.0,),
    "refund_delay_seconds": (20.0,),
    "outside_every_seconds": (20.0,),
}  # fmt: skip
"""What nobody outside knows of the vendor: each unknown of its API, under its other values."""
SWITCHES = {
    "sort_moves_metadata": False,
    "find_replace_parses": False,
    "text_format_keeps_text": False,
}
