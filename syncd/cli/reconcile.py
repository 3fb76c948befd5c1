"""``syncd reconcile``: let a restored, copied or new ledger learn what was bought without it."""

from __future__ import annotations

from pathlib import Path

import typer

from syncd.cli.run import DEFAULT


def reconcile(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask before booking anything."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what would be booked."),
) -> None:
    """After a restore: look at Seleqt for purchases that the ledger does not know, and book them.

    Nothing is bought, and no sheet is written. What is found counts as in doubt until looking, or
    you, settle it. The daemon must not be running.
    """
    import sys

    from syncd.app import App
    from syncd.cli.logs import set_up_logs
    from syncd.config import load
    from syncd.errors import SyncdError

    loaded = load(config, secrets=True)
    set_up_logs(loaded.daemon.log, loaded.daemon.log_level)
    with App(loaded) as app:
        leases, worksheet = [], None
        for engine in app.engines:
            shown, home = engine.look()
            worksheet = worksheet or home
            if other := engine.find_other():
                raise SyncdError(f"{engine.name}: {other} Nothing was booked.")
            if shown is not None:
                leases.append(shown)
        if worksheet is None:
            raise SyncdError("no worksheet of leads can be read. Nothing was booked.")
        reconciler = app.reconciler()
        findings = reconciler.look()
        typer.echo(f"Seleqt has {findings.lists} lists of syncd's.")
        for found in findings.forgotten:
            typer.echo(f"  not in the ledger: {found}")
        for batch, list_id in findings.unsent:
            typer.echo(f"  not sent, says the ledger: list {list_id}, {batch.name}")
        for list_id in findings.left:
            typer.echo(
                f"  for later, as somebody on it is in doubt or searched for: list {list_id}"
            )
        count = len(findings.forgotten) + len(findings.unsent)
        if not count and not findings.left:
            typer.echo("The ledger knows them all.")
        if dry_run:
            typer.echo("Nothing was booked: this was a dry run.")
            return
        if count and not yes:
            if not sys.stdin.isatty():
                raise typer.BadParameter(
                    "is needed where nobody can answer; nothing was booked", param_hint="--yes"
                )
            if not typer.confirm("Book these as in doubt?"):
                typer.echo("Nothing was booked.")
                return
        reconciler.book(findings, leases, worksheet)
    if findings.left:
        typer.echo(
            f"{count} booked as in doubt. Nothing is bought until these are settled and "
            "syncd reconcile has run once more. See: syncd batches list"
        )
        raise typer.Exit(1)
    typer.echo(
        f"{count} booked as in doubt; buying may go on after that. See: syncd batches list"
        if count
        else "Buying may go on."
    )
