"""``syncd batches refunds``: what Seleqt may owe for searches that found nothing."""

from __future__ import annotations

import csv
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from syncd.cli.run import DEFAULT

_COLUMNS = (
    *("batch", "list", "list_id", "kind", "people", "expected", "observed", "since", "state"),
    "prospects",
)


def refunds(
    overdue: bool = typer.Option(False, "--overdue", help="Only those that are overdue."),
    days: int = typer.Option(90, "--days", min=1, help="Purchases of that many days."),
    as_csv: bool = typer.Option(False, "--csv", help="Print CSV, such as for Seleqt's support."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
) -> None:
    """Hold what might come back for searches that found nothing against how the balance rose.

    Seleqt says that a refund may follow, not that it must, and tells of none: what was seen is an
    estimate, and what others do on the account blurs it.
    """
    from syncd.config import load
    from syncd.core.model import Kind, name_list
    from syncd.core.refunds import Due, observe
    from syncd.ledger import Ledger
    from syncd.terms import ACCOUNT

    loaded = load(config)
    now = datetime.now(UTC)
    with Ledger(loaded.ledger.path, read_only=True) as ledger:
        expected = ledger.refunds.expected(ACCOUNT, now - timedelta(days=days))
        found = observe(expected, ledger.refunds.rises(ACCOUNT))
    rows = [
        (
            *(
                one.batch,
                name_list(one.batch, Kind(one.kind)),
                one.list_id,
                one.kind,
                len(one.prospects),
            ),
            *(one.expected, one.observed, one.since.isoformat(timespec="seconds")),
            one.due(now, loaded.buying.refund_within).value,
            " ".join(map(str, one.prospects)),
        )
        for one in found
        if not overdue or one.due(now, loaded.buying.refund_within) is Due.OVERDUE
    ]
    if as_json:
        named = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        typer.echo(json.dumps(named, indent=2, ensure_ascii=False))
    elif as_csv:
        csv.writer(sys.stdout).writerows([_COLUMNS, *rows])
    elif not rows:
        typer.echo("No refund is overdue." if overdue else "No search came to nothing.")
    else:
        for row in rows:
            batch, name, number, kind, people, credits, observed, since, state, _ = row
            typer.echo(
                f"{batch}  {state:<11}  {observed} of {credits} credits seen  {kind}  "
                f"{people} people, since {since}  list {name} ({number})"
            )
        typer.echo(
            f"Expected {sum(row[5] for row in rows):,} credits, seen "
            f"{sum(row[6] for row in rows):,}. An estimate: Seleqt tells of no refund."
        )
