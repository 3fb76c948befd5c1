"""``syncd backup``: a checked copy of the ledger, while the daemon goes on."""

from __future__ import annotations

from pathlib import Path

import typer

from syncd.cli.run import DEFAULT


def backup(
    folder: Path | None = typer.Argument(
        None, help="Where backups are kept; as the config says, by default."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
) -> None:
    """Copy the ledger to a file of its own, reopen it, check it, and delete the oldest backups.

    The daemon may go on running, and buying. The copy gets its name when it is whole and checked.
    Where the ledger does not add up the copy is kept, no other one is deleted, buying stops, and
    the exit code is 1.
    """
    import json
    from datetime import UTC, datetime

    from syncd.cli.logs import set_up_logs
    from syncd.cli.progress import show_progress
    from syncd.cli.shell import end_on_term
    from syncd.config import load
    from syncd.engine.standing import report_violations
    from syncd.ledger import Ledger, Mark
    from syncd.ledger.backups import back_up
    from syncd.terms import ACCOUNT

    end_on_term()
    loaded = load(config)
    set_up_logs(loaded.daemon.log, loaded.daemon.log_level)
    path, now = loaded.ledger.path, datetime.now(UTC)
    with show_progress() as told:
        made = back_up(path, folder or loaded.backups, keep=loaded.backup.keep, now=now, told=told)
    with Ledger(path) as ledger, ledger.transaction():
        ledger.upkeep.note(Mark.BACKED_UP, now, str(made.file.absolute()))
        if not made.breaches:
            ledger.upkeep.note(Mark.AUDITED, now)  # the copy is all of it
        report_violations(ledger, made.breaches, account=ACCOUNT, now=now)
    if as_json:
        report = {
            "ledger": str(path),
            "file": str(made.file),
            "bytes": made.bytes,
            "breaches": [str(one) for one in made.breaches],
            "kept": made.kept,
            "deleted": [str(one) for one in made.deleted],
        }
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        typer.echo(f"{made.file}: {made.bytes / 1e6:,.1f} MB, reopened and checked.")
        typer.echo(f"Backups kept here: {made.kept}. Older ones deleted: {len(made.deleted)}.")
    if made.breaches:
        first = f"The ledger does not add up: {made.breaches[0]}"
        typer.echo(f"{first} ({len(made.breaches)} in all). See: syncd ledger verify", err=True)
        raise typer.Exit(1)
