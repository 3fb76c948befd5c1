"""Completion webhooks as data: who is to be told what and when. Nothing here opens a socket.

That a POST goes to ``webhook_url`` when a run completes is documented; body, count, order and
timing are not, hence the knob. No signature, no retries (inferred from the vendor's other webhook).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .enrichment import Run
    from .knobs import Knobs

EVENT = "enrichment_completed"  # assumed


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One POST of a JSON body, not before ``due``."""

    url: str
    body: dict[str, Any]
    due: datetime


def plan_deliveries(run: Run, knobs: Knobs) -> Iterator[Delivery]:
    """Yield what a run will send. A run of which nothing ever comes back sends nothing."""
    end = run.completed_at
    if run.webhook_url is None or knobs.webhook == "none" or end is None:
        return
    url, body = run.webhook_url, _report(run)
    if knobs.webhook == "minimal":
        yield Delivery(url=url, body={"event": EVENT}, due=end)
    elif knobs.webhook == "per_prospect":
        for find in run.finds:
            if find.ready_at is not None:
                one = {
                    "event": EVENT,
                    "lead_list_id": run.list_id,
                    "enrichment_type": run.kind.value,
                }
                yield Delivery(url=url, body=one | {"result": run.result(find)}, due=find.ready_at)
    elif knobs.webhook == "late":
        late = timedelta(seconds=knobs.webhook_late_seconds)
        yield Delivery(url=url, body=body, due=end + late)
    elif knobs.webhook == "out_of_order":  # told before any record is filled
        yield Delivery(url=url, body=body, due=run.started_at)
    else:
        if knobs.webhook == "forged":  # somebody else found the URL and got in first
            yield Delivery(url=url, body=_forge(body), due=run.started_at)
        yield Delivery(url=url, body=body, due=end)
        if knobs.webhook == "duplicate":
            yield Delivery(url=url, body=body, due=end)


def _report(run: Run) -> dict[str, Any]:
    results = [run.result(find) for find in run.finds if find.ready_at is not None]
    return {
        "event": EVENT,
        "lead_list_id": run.list_id,
        "success": True,
        "mode": "async",
        "enrichment_type": run.kind.value,
        "total_count": len(run.finds),
        "success_count": sum(result["success"] for result in results),
        "credits_deducted": run.credits,
        "results": results,
    }


def _forge(body: dict[str, Any]) -> dict[str, Any]:
    forged = [
        result | {"success": True, "data": dict.fromkeys(result["data"], "forged@attacker.example")}
        for result in body["results"]
    ]
    return body | {"success_count": len(forged), "results": forged}
