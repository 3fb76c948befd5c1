"""``syncd arm``: the step from planning to buying, taken by a human and kept in the ledger."""

from __future__ import annotations

from pathlib import Path

import typer

from syncd.cli.run import DEFAULT


def arm(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    off: bool = typer.Option(False, "--off", help="Back to plan mode: buy nothing more."),
) -> None:
    """Let syncd buy, inside the caps. Until then a new installation only plans.

    In plan mode it reads sheets and says in each row what it waits for. The daemon may go on
    running; what it has bought already is delivered either way.
    """
    from datetime import UTC, datetime

    from syncd.cli.batches import find_ledger
    from syncd.config import load
    from syncd.ledger import Ledger
    from syncd.terms import ACCOUNT

    loaded = load(config)
    with Ledger(find_ledger(loaded.ledger.path)) as ledger:
        since = ledger.accounts.get(ACCOUNT).armed_at
        if since is None and off:
            typer.echo("syncd is in plan mode: it buys nothing.")
            return
        if since is not None and not off:
            typer.echo(f"syncd is armed since {since:%Y-%m-%d %H:%M} UTC: it buys inside the caps.")
            return
        ledger.arm(ACCOUNT, datetime.now(UTC), off=off)
    if off:
        typer.echo("Back in plan mode: syncd reads sheets, and buys nothing.")
        return
    caps = loaded.caps
    typer.echo(
        f"Armed: syncd buys from now on, at most {caps.per_day:,} credits a day and "
        f"{caps.per_month:,} a month. Back to plan mode: syncd arm --off"
    )
