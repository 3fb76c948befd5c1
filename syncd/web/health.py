"""Is it alive, and may it buy? For probes: ``/livez``, ``/readyz`` and ``syncd health``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from syncd.core.overview import Overview, find_troubles, summarise

# Causes with which nothing is bought, or nobody would see what is, though it was asked for. Plan
# mode is no failure: the operator wants it so.
_STOPPING = ("halted", "in_doubt", "held", "late", "never", "problem", "stuck")


@dataclass(frozen=True, kw_only=True, slots=True)
class Reason:
    """One thing to know; ``stops`` where syncd is not ready because of it."""

    cause: str
    says: str
    do: str
    spreadsheet: str
    stops: bool
    urgent: bool


def find_reasons(view: Overview, *, stuck: Iterable[str]) -> list[Reason]:
    """Return what is wrong; ``stuck`` says what of the process makes no progress."""
    found = [
        Reason(
            cause="stuck",
            says=text,
            do="See the log; restart syncd if it lasts.",
            spreadsheet="",
            stops=True,
            urgent=True,
        )
        for text in stuck
    ]
    return found + [
        Reason(
            cause=cause,
            says=trouble.text,
            do=trouble.mend,
            spreadsheet=trouble.spreadsheet,
            stops=cause in _STOPPING,
            urgent=trouble.urgent,
        )
        for trouble in find_troubles(view)
        for cause in [trouble.cause.partition(":")[0]]
    ]


def answer_ready(view: Overview, *, stuck: Iterable[str]) -> tuple[int, str]:
    """Return status and body: JSON lines, first the verdict, then what is wrong."""
    reasons = find_reasons(view, stuck=stuck)
    ready = not any(reason.stops for reason in reasons)
    lines: list[dict[str, object]] = [{"ready": ready, "summary": summarise(view)}]
    lines += [
        {
            "cause": reason.cause,
            "spreadsheet": reason.spreadsheet,
            "says": reason.says,
            "do": reason.do,
            "stops": reason.stops,
        }
        for reason in reasons
    ]
    return (200 if ready else 503), _lines(lines)


def answer_live(stuck: Iterable[str]) -> tuple[int, str]:
    """Return status and body: alive is who makes progress, whatever the vendors do."""
    said = list(stuck)
    lines: list[dict[str, object]] = [{"live": not said}]
    lines += [{"says": text} for text in said]
    return (503 if said else 200), _lines(lines)


def _lines(objects: Iterable[dict[str, object]]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
