"""``syncd batches show``: the whole story of one purchase, and what is left to do about it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from syncd.core.model import Batch

_TODO = {
    "planned": "Nothing: it is sent once its spreadsheet was looked at again.",
    "list_ready": "Nothing: it is sent once its spreadsheet was looked at again.",
    "submitting": "Nothing: syncd is at it; after a crash it looks at Seleqt what became of it.",
    "accepted": "Nothing: Seleqt searches, and syncd looks.",
    "in_doubt": "Nothing yet: syncd looks at Seleqt whether it was paid. Nothing else is bought.",
    "parked": "Look up in Seleqt whether credits were taken for it at that time, and then run: "
    "syncd batches resolve {id} --paid (or --not-paid). Until then its credits stay booked.",
}


def show(
    batch_id: str = typer.Argument(help="The batch, as in the list."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
) -> None:
    """Tell all that is known about a batch. People are told by their ids only; times are UTC."""
    from syncd.config import load
    from syncd.errors import SyncdError
    from syncd.ledger import Ledger

    with Ledger(load(config).ledger.path, read_only=True) as ledger:
        batch = ledger.batches.get(batch_id)
        if batch is None:
            raise SyncdError(f"There is no batch {batch_id}. See: syncd batches list --all")
        places = {number: (title, name) for number, title, _, name in ledger.worksheets.places()}
        story = {
            **describe(batch, places),
            "to_do": _TODO.get(batch.state, "Nothing.").format(id=batch.id),
            "events": [{"at": at, "event": event} for at, event in ledger.batches.story(batch_id)],
            "entries": [
                {"at": at, "day": day, "kind": kind, "credits": credits}
                for at, day, kind, credits in ledger.batches.entries(batch_id)
            ],
            "people": [
                {"prospect": job.prospect_id, "state": job.state, "credits": job.credits}
                for job in batch.jobs
            ],
            "evidence": [
                {"at": one.at.isoformat(), "why": one.why, "answer": one.answer}
                for one in ledger.evidence.of(batch_id)
            ],
        }
    typer.echo(json.dumps(story, indent=2, ensure_ascii=False) if as_json else _tell(story))


def describe(batch: Batch, places: dict[int, tuple[str, str]]) -> dict[str, Any]:
    """Return a batch as plain data. ``places`` are worksheet and spreadsheet by number."""
    worksheet, spreadsheet = places.get(batch.worksheet, ("", ""))
    return {
        "id": batch.id,
        "state": batch.state,
        "kind": batch.kind.label,
        "people_asked_for": len(batch.jobs),
        "reserved": batch.reserved,
        "settled": batch.settled,
        "list": batch.name,
        "list_id": batch.list_id,
        "worksheet": worksheet,
        "spreadsheet": spreadsheet,
        "request": batch.request,
        "purchasing": batch.purchasing,
        "booked_day": batch.booked_day,
        "created_at": batch.created_at.isoformat(),
        "submitted_at": batch.submitted_at.isoformat() if batch.submitted_at else None,
        "not_before": batch.not_before.isoformat() if batch.not_before else None,
        "balance_before": batch.balance_before,
        "note": batch.note,
    }


def _tell(story: dict[str, Any]) -> str:
    home = f"“{story['worksheet']}”" + (
        f" of “{story['spreadsheet']}”" if story["spreadsheet"] else ""
    )
    number = f", Seleqt's number {story['list_id']}" if story["list_id"] else ""
    state, day = story["state"].replace("_", " "), story["booked_day"]
    lines = [
        f"Batch {story['id']}: {story['kind']}, {story['people_asked_for']} people, {state}",
        f"  asked for by  {home}{', a list request' if story['request'] else ''}",
        f"  list          {story['list']}{number}",
        f"  credits       {story['settled']} settled, {story['reserved']} reserved, on {day}",
        f"  sent          {story['submitted_at'] or 'never'}",
    ]
    if story["balance_before"] is not None:
        lines.append(f"  balance       {story['balance_before']:,} just before")
    if story["note"]:
        lines.append(f"  note          {story['note']}")
    lines += [f"  to do         {story['to_do']}", "", "What happened"]
    lines += [f"  {one['at']}  {one['event']}" for one in story["events"]]
    lines += ["", "Credits"]
    lines += [
        f"  {one['at']}  {one['kind']} {one['credits']} on {one['day']}" for one in story["entries"]
    ]
    lines += ["", "People"]
    states: dict[str, list[str]] = {}
    for one in story["people"]:
        paid = f" ({one['credits']} credits)" if one["credits"] else " (free)"
        states.setdefault(f"{one['state']}{paid}", []).append(str(one["prospect"]))
    lines += [f"  {len(ids)} {state}: {', '.join(ids)}" for state, ids in states.items()]
    if story["evidence"]:
        lines += ["", "Evidence (texts are left out)"]
        lines += [f"  {one['at']}  {one['why']}\n    {one['answer']}" for one in story["evidence"]]
    return "\n".join(lines)
