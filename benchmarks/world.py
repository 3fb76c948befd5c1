"""The benchmark's other side, in its own process: a sandbox with N rows, and a ledger to match.

``python benchmarks/world.py ROWS FOLDER`` writes config, secrets and ledger into the folder, prints
one line of JSON (``base_url``, ``token``, ``spreadsheet``, ``newcomers``: ids nobody asked about
yet), and serves until its standard input is closed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rows import HEADER, Person, invent
from settings import write_config, write_secrets

from syncd.core import requests
from syncd.core.credits import Caps, Entry, EntryKind
from syncd.core.header import Header
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS, JOURNAL_ROWS
from syncd.core.leads import OWNED, Lead, parse_lead
from syncd.core.model import Batch, BatchState, Job, JobState, Kind
from syncd.core.panel import Label, Part
from syncd.ledger import Ledger
from syncd.sandbox.clock import WallClock
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.server import SandboxServer
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.world import World
from syncd.terms import ACCOUNT

SPREADSHEET = "benchmark"
ZONE = ZoneInfo("Europe/Berlin")
NEWCOMERS = 50
_SPARE_ROWS = 200
_BATCH = 25
_HEADER = Header(row=0, at={name: at for at, name in enumerate(HEADER)}, width=len(HEADER))


def main(rows: int, folder: Path) -> None:
    people = list(invent(rows, datetime.now(UTC), ZONE))
    google = Google(WallClock(), _no_quotas(), seed=1)
    seleqt = Seleqt(WallClock(), _quick(), seed=1, balance=100_000)
    newcomers = [
        seleqt.add_prospect(id=1001 + number, email=f"n{number}@found.example").id
        for number in range(NEWCOMERS)
    ]
    lead_sheet_id = _fill_sheet(google, people)
    world = World(WallClock(), seed=1, sheets=google, seleqt=seleqt)
    with SandboxServer(world) as server:
        _write_config(folder, server.base_url, google, seleqt.add_key())
        with Ledger(folder / "ledger.db") as ledger:
            _fill_ledger(ledger, people, lead_sheet_id)
        told = {
            "base_url": server.base_url,
            "token": google.issue_token("syncd@sandbox.example"),
            "spreadsheet": SPREADSHEET,
            "newcomers": newcomers,
        }
        print(json.dumps(told), flush=True)
        sys.stdin.read()


def _fill_sheet(google: Google, people: Sequence[Person]) -> int:
    book = google.create_spreadsheet(
        "Benchmark",
        spreadsheet_id=SPREADSHEET,
        worksheets=[
            ("Leads", len(people) + _SPARE_ROWS, len(HEADER)),
            ("Requests", 50, 15),
            ("Syncd", 80, 6),
            (JOURNAL, JOURNAL_ROWS, JOURNAL_COLUMNS),
        ],
    )
    lead_sheet, request_sheet, panel, _ = book.worksheets
    for number, texts in enumerate([[part.value for part in Part], *([one] for one in Label)]):
        panel.rows[number].cells = tuple(map(str, texts))
    lead_sheet.rows[0].cells = tuple(HEADER)
    request_sheet.rows[0].cells = tuple(column.name for column in requests.COLUMNS)
    for row, person in zip(lead_sheet.rows[1:], people, strict=False):
        row.cells = tuple(_cells(person))
    return lead_sheet.sheet_id


def _cells(person: Person) -> list[object]:
    cells = [person.cells.get(Lead(name), "") for name in HEADER]
    return [None if cell == "" else cell for cell in cells]


def _fill_ledger(ledger: Ledger, people: Sequence[Person], lead_sheet_id: int) -> None:
    """Record the purchases and writes that would have led to this sheet, in one transaction."""
    now = datetime.now(UTC)
    with ledger.transaction():
        worksheet = ledger.worksheets.remember(SPREADSHEET, lead_sheet_id, "Leads").id
        parsed = {p.key: parse_lead(_cells(p), _HEADER) for p in people}
        ledger.worksheets.give_keys(
            worksheet, {key: row.fingerprint for key, row in parsed.items()}, now
        )
        bought = [person for person in people if person.outcome is not None]
        for start in range(0, len(bought), _BATCH):
            _buy(ledger, bought[start : start + _BATCH], worksheet, f"{start // _BATCH:012x}")
        ours = {
            (person.key, column): str(person.cells[column])
            for person in people
            for column in (*OWNED, Lead.KEY)
            if person.cells.get(column)
            and not (column is Lead.EMAIL and person.outcome is None)  # a human's
        }
        ledger.outbox.intend(worksheet, ours, now)
        ledger.outbox.mark_sent(worksheet, ours)


def _buy(ledger: Ledger, people: Sequence[Person], worksheet: int, batch_id: str) -> None:
    at = people[0].decided_at
    batch = Batch(
        id=batch_id,
        account=ACCOUNT,
        worksheet=worksheet,
        kind=Kind.EMAIL,
        state=BatchState.PLANNED,
        jobs=tuple(
            Job(prospect_id=p.prospect_id, kind=Kind.EMAIL, state=JobState.WAITING, asked_by=p.key)
            for p in people
        ),
        booked_day=at.astimezone(ZONE).date().isoformat(),
        reserved=Kind.EMAIL.price * len(people),
        created_at=at,
        list_id=int(batch_id, 16) + 1,
    )
    ledger.batches.add(batch, at)
    ledger.batches.bound(batch, Caps(day=10**9, month=10**9))
    settled = replace(
        batch,
        state=BatchState.SETTLED,
        reserved=0,
        settled=batch.reserved,
        submitted_at=at,
        jobs=tuple(
            replace(job, state=p.outcome, value=p.value, credits=3, decided_at=p.decided_at)
            for job, p in zip(batch.jobs, people, strict=True)
            if p.outcome is not None
        ),
    )
    ledger.batches.save(settled, [Entry(kind=EntryKind.SETTLE, credits=batch.reserved)], at)


def _write_config(folder: Path, base_url: str, google: Google, key: str) -> None:
    write_secrets(folder, google.service_account(base_url), key)
    write_config(
        folder,
        base_url,
        per_day=10**6,
        zone=ZONE.key,
        buying='cool_off = "90d"\nsettle = "0s"\nsettle_after = "0s"',
        spreadsheets=[f'id = "{SPREADSHEET}"\nname = "Benchmark"\nevery = "30s"'],
    )


def _no_quotas() -> SheetsSettings:
    return SheetsSettings(
        reads_per_minute_user=0,
        writes_per_minute_user=0,
        reads_per_minute_project=0,
        writes_per_minute_project=0,
    )


def _quick() -> Knobs:
    return Knobs(limit_per_minute=100_000, first_result_seconds=0.0, results_spread_seconds=0.0)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
