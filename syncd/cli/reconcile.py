"""``syncd reconcile``: let a restored, copied or new ledger learn what was bought without it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from syncd.engine.reconciling import Findings


def reconcile(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask before booking anything."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what would be booked."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
) -> None:
    """After a restore: look for purchases that the ledger does not know, and book them.

    Seleqt's lists and the sheet tell of them. Nothing is bought, and no sheet is written. What is
    found counts as in doubt until looking, or you, settle it. The daemon must not be running.
    """
    from syncd.app import App
    from syncd.cli.logs import set_up_logs
    from syncd.config import load
    from syncd.errors import SyncdError

    loaded = load(config, secrets=True)
    set_up_logs(loaded.daemon.log, loaded.daemon.log_level)
    with App(loaded) as app:
        sights = []
        for engine in app.engines:
            sights.append(engine.look())
            if other := engine.find_other():
                raise SyncdError(f"{engine.name}: {other} Nothing was booked.")
        home = next((sight.home for sight in sights if sight.home is not None), None)
        if home is None:
            raise SyncdError("no worksheet of leads can be read. Nothing was booked.")
        reconciler = app.reconciler()
        findings = reconciler.look(sights)
        if not as_json:
            _tell(findings)
        if findings.is_new and not (yes or dry_run) and not _is_confirmed():
            typer.echo("Nothing was booked.", err=as_json)
            return
        if not dry_run:
            reconciler.book(findings, sights, home)
    if as_json:
        typer.echo(json.dumps(_report(findings, booked=not dry_run), indent=2))
    elif dry_run:
        typer.echo("Nothing was booked: this was a dry run.")
    elif findings.left:
        typer.echo(
            f"{findings.doubts} booked as in doubt. Nothing is bought until these are settled and "
            "syncd reconcile has run once more. See: syncd batches list"
        )
    elif findings.doubts:
        if findings.paid:
            typer.echo(f"{findings.paid} of them were paid for, say rows of the sheet.")
        typer.echo(
            f"{findings.doubts} booked as in doubt; buying may go on after that. "
            "See: syncd batches list"
        )
    else:
        typer.echo("Buying may go on.")
    if findings.left and not dry_run:
        raise typer.Exit(1)


def _is_confirmed() -> bool:
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "is needed where nobody can answer; nothing was booked", param_hint="--yes"
        )
    return typer.confirm("Book this?", err=True)


def _tell(findings: Findings) -> None:
    typer.echo(f"Seleqt has {findings.lists} lists of syncd's.")
    for found in findings.forgotten:
        typer.echo(f"  not in the ledger: {found}")
    for batch, list_id in findings.unsent:
        typer.echo(f"  not sent, says the ledger: list {list_id}, {batch.name}")
    for list_id in findings.left:
        typer.echo(f"  for later, as somebody on it is in doubt or searched for: list {list_id}")
    if not findings.doubts and not findings.left:
        typer.echo("The ledger knows them all.")
    for some in findings.searched:
        typer.echo(
            f"  only rows tell of it: {some}. They count as not found from today; to have somebody "
            "searched for once more, pick “again” in Find."
        )
    for key, credits in findings.unexplained.items():
        typer.echo(f"  only its row tells of it: list request {key} spent {credits} credits more")


def _report(findings: Findings, *, booked: bool) -> dict[str, object]:
    return {
        "lists": findings.lists,
        "forgotten": [
            {
                "batch": one.batch,
                "list": one.list_id,
                "kind": one.kind,
                "kind_is_sure": one.sure,
                "people": len(one.people),
                "credits_at_most": one.credits,
                "show_something": one.shown,
                "request": one.request or None,
                "row_says_paid": bool(one.payers),
            }
            for one in findings.forgotten
        ],
        "left": list(findings.left),
        "unsent": [
            {"batch": batch.id, "list": list_id, "credits_at_most": batch.reserved}
            for batch, list_id in findings.unsent
        ],
        "searched": [
            {"kind": one.kind, "people": len(one.keys), "rows": list(one.keys.values())}
            for one in findings.searched
        ],
        "requests": [
            {"key": key, "credits": credits} for key, credits in findings.unexplained.items()
        ],
        "booked": booked,
    }
