"""``syncd restore``: a backup in the ledger's place, with buying held until it is reconciled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncd.ledger.restoring import Past, Ready


def restore(
    file: Path = typer.Argument(help="The backup: a file that `syncd backup` made."),
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: bool = typer.Option(
        False, "--json", help="Print one JSON document and ask nothing; restores only with --yes."
    ),
    broken: bool = typer.Option(
        False, "--broken", help="Restore it even where it does not add up; buying is stopped then."
    ),
) -> None:
    """Put a backup in the ledger's place. The ledger that is there now is kept under another name.

    The backup is checked first, and stays as it is. Nothing is bought before `syncd reconcile` has
    asked Seleqt what was bought since. Stop the daemon first.
    """
    import json
    import sys
    from datetime import UTC, datetime

    from syncd.cli.progress import show_progress
    from syncd.cli.shell import end_on_term
    from syncd.config import load
    from syncd.errors import SyncdError
    from syncd.ledger import Lock
    from syncd.ledger.restoring import discard, find_past, prepare, put_in_place

    end_on_term()
    named, now = load(config).ledger.path, datetime.now(UTC)
    path = named.resolve()  # a link goes on leading there
    with Lock(named):
        with show_progress() as told:
            ready = prepare(file, path, now=now, told=told)
        aside, done = None, False
        try:
            present = find_past(path)
            if not as_json:
                for line in _tell_both(ready, present, path):
                    typer.echo(line)
            refused = bool(ready.breaches) and not broken
            if not (refused or yes or as_json):
                if not sys.stdin.isatty():
                    raise typer.BadParameter(
                        "is needed where nobody can answer; nothing was changed", param_hint="--yes"
                    )
                yes = typer.confirm("Put the backup in its place?")
            if yes and not refused:
                aside = put_in_place(ready.file, path, now)
                done = True
        finally:
            if not done:
                discard(ready.file)
    if as_json:
        report = {
            "ledger": str(path),
            "backup": {"file": str(file), **ready.past._asdict()},
            "present": present._asdict() if present else None,
            "breaches": [str(one) for one in ready.breaches],
            "kept": str(aside) if aside else None,
            "restored": done,
        }
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    if refused:
        raise SyncdError(
            "nothing was changed. Take another backup, or say --broken; buying is stopped "
            "then until syncd batches resume"
        )
    if as_json:
        return
    if aside is not None:
        typer.echo(f"The ledger that was there is kept: {aside}")
    if done:
        typer.echo(f"Restored: {path}. Nothing is bought before: syncd reconcile")
    else:
        typer.echo("Nothing was changed.")


def _tell_both(ready: Ready, present: Past | None, path: Path) -> Iterator[str]:
    yield f"The backup knows {_tell(ready.past)}."
    if present is not None:
        yield f"The present ledger knows {_tell(present)}."
        if present.ledger != ready.past.ledger:
            yield "They are not of the same installation."
    elif path.exists():
        yield "The present ledger cannot be read."
    for one in ready.breaches:
        yield f"The backup does not add up: {one}"


def _tell(past: Past) -> str:
    if not past.purchases:
        return "no purchase yet"
    return f"{past.purchases:,} purchases, the latest of {past.last[:16].replace('T', ' ')} UTC"
