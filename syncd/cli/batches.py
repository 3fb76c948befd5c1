"""``syncd batches``: purchases that wait for a human."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import typer

from syncd.cli.refunds import refunds
from syncd.cli.run import DEFAULT
from syncd.cli.story import describe, show

app = typer.Typer(help="Look at purchases, and settle those that only a human can.")

app.command("show")(show)
app.command("refunds")(refunds)

_CONFIG = typer.Option(DEFAULT, "--config", "-c", help="The TOML file.")


def find_ledger(ledger: Path) -> Path:
    """Return the ledger's path: a human's word belongs in one that is there, never in a new one."""
    from syncd.errors import LedgerError

    if not ledger.exists():
        raise LedgerError(f"There is no ledger at {ledger} yet. The daemon makes it: syncd run")
    return ledger


@app.command("list")
def list_open(
    everything: bool = typer.Option(False, "--all", help="The latest, closed ones as well."),
    limit: int = typer.Option(50, "--limit", min=1, help="How many of those, at most."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
    config: Path = _CONFIG,
) -> None:
    """List the open batches, and whether buying is stopped."""
    import json

    from syncd.config import load
    from syncd.ledger import Ledger
    from syncd.terms import ACCOUNT

    with Ledger(load(config).ledger.path, read_only=True) as ledger:
        halted = ledger.accounts.get(ACCOUNT).halted
        found = (
            ledger.batches.latest(ACCOUNT, limit) if everything else ledger.batches.open(ACCOUNT)
        )
        places = {number: (title, name) for number, title, _, name in ledger.worksheets.places()}
    if as_json:
        batches = [describe(batch, places) for batch in found]
        typer.echo(json.dumps({"halted": halted, "batches": batches}, indent=2, ensure_ascii=False))
        return
    if halted:
        typer.echo(f"Buying is stopped: {halted}")
        typer.echo("When it is understood: syncd batches resume")
    if not found:
        typer.echo("There is no batch yet." if everything else "No batch is open.")
    for batch in found:
        note = f"  ({batch.note})" if batch.note else ""
        typer.echo(
            f"{batch.id}  {batch.state:<10}  {batch.kind.label}  {len(batch.jobs)} people  "
            f"{batch.reserved + batch.settled} credits  list {batch.name}{note}"
        )


@app.command()
def resolve(
    batch_id: str = typer.Argument(help="The batch, as in the list."),
    paid: bool = typer.Option(
        ..., "--paid/--not-paid", help="What Seleqt's own record of credits says."
    ),
    config: Path = _CONFIG,
) -> None:
    """Say whether a batch in doubt was paid. Stop the daemon first."""
    from syncd.config import load
    from syncd.core.lifecycle import advance
    from syncd.core.model import BatchState
    from syncd.core.outcomes import Resolved
    from syncd.errors import SyncdError
    from syncd.ledger import Ledger, Lock
    from syncd.terms import limits

    loaded = load(config)
    path = find_ledger(loaded.ledger.path)
    with Lock(path), Ledger(path) as ledger:
        batch = ledger.batches.get(batch_id)
        if batch is None or batch.state not in {BatchState.IN_DOUBT, BatchState.PARKED}:
            raise SyncdError(f"There is no batch {batch_id} in doubt. See: syncd batches list")
        now = datetime.now(UTC)
        step = advance(batch, Resolved(paid=paid), now=now, limits=limits(loaded))
        with ledger.transaction():
            ledger.record(step, now)
    typer.echo(f"{batch_id}: {step.event}")


@app.command()
def resume(config: Path = _CONFIG) -> None:
    """Let buying go on after a stop. Stop the daemon first.

    What the audit finds now is let pass from then on: say so only when it is understood.
    """
    from syncd.config import load
    from syncd.ledger import Ledger, Lock
    from syncd.terms import ACCOUNT

    path = find_ledger(load(config).ledger.path)
    with Lock(path), Ledger(path) as ledger:
        halted = ledger.accounts.get(ACCOUNT).halted
        found = ledger.audit.full()
        with ledger.transaction():
            ledger.accounts.resume(ACCOUNT)
            ledger.audit.waive(found, datetime.now(UTC))
    for one in found:
        typer.echo(f"Let pass from now on: {one}")
    typer.echo("Buying goes on." if halted else "Buying was not stopped.")
