"""``syncd approve``: say that what waits for a word is meant: big pastes, and paused kinds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.core.brakes import Brake
    from syncd.core.model import Kind
    from syncd.core.pasting import Held
    from syncd.ledger import Ledger
    from syncd.ledger.worksheets import Known


def approve(
    name: str = typer.Argument(help="The name of the spreadsheet in the config, or its id."),
    worksheet: str | None = typer.Option(
        None, "--worksheet", "-w", help="Only the rows of the worksheet with this title."
    ),
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
    as_json: bool = typer.Option(
        False, "--json", help="Print one JSON document and ask nothing; approves only with --yes."
    ),
) -> None:
    """Let rows be bought that came into a sheet in great number at once and wait for that.

    Instead of ticking Approve in each. Kinds that are paused as hardly anybody was found go on,
    too. The caps hold all the same. The daemon may go on running.
    """
    import json
    import sys
    from datetime import UTC, datetime

    from syncd.cli.batches import find_ledger
    from syncd.cli.plan import find_part
    from syncd.config import load
    from syncd.errors import SyncdError
    from syncd.ledger import Ledger

    loaded = load(config)
    part = find_part(loaded, name)
    with Ledger(find_ledger(loaded.ledger.path)) as ledger:
        known = ledger.worksheets.known(part.id)
        if worksheet is not None and all(one.title != worksheet for one in known):
            titles = ", ".join(f"“{one.title}”" for one in known) or "none yet"
            raise typer.BadParameter(f"known worksheets: {titles}", param_hint="--worksheet")
        chosen = [one for one in known if worksheet in (None, one.title)]
        waiting = _find_held(ledger, chosen)
        paused = _find_paused(ledger, chosen)
        wanted = bool(waiting or paused)
        if not as_json:
            _tell(waiting, paused, part.name)
        if wanted and not (yes or as_json):
            if not sys.stdin.isatty():
                raise typer.BadParameter(
                    "is needed where nobody can answer; nothing was approved", param_hint="--yes"
                )
            yes = typer.confirm("Let these be bought, inside the caps?")
        if approved := wanted and yes:
            with ledger.transaction():
                if (_find_held(ledger, chosen), _find_paused(ledger, chosen)) != (waiting, paused):
                    raise SyncdError(
                        "the rows changed meanwhile. Nothing was approved; run it again."
                    )
                for one, _ in waiting:
                    ledger.pastes.confirm(one.id)
                for one in chosen:
                    ledger.brakes.let_go(one.id, datetime.now(UTC))
    if as_json:
        report = _describe(waiting, paused) | {"spreadsheet": part.name, "approved": approved}
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    elif wanted:
        typer.echo("Approved." if approved else "Nothing was approved.")


def _find_held(ledger: Ledger, worksheets: Sequence[Known]) -> list[tuple[Known, Held]]:
    found = [(one, ledger.pastes.held(one.id)) for one in worksheets]
    return [(one, held) for one, held in found if held.rows]


def _find_paused(ledger: Ledger, worksheets: Sequence[Known]) -> list[tuple[Known, Kind, Brake]]:
    return [(one, *item) for one in worksheets for item in ledger.brakes.of(one.id).items()]


def _tell(
    waiting: Sequence[tuple[Known, Held]],
    paused: Sequence[tuple[Known, Kind, Brake]],
    name: str,
) -> None:
    from syncd.core.brakes import tell

    for one, held in waiting:
        typer.echo(f"“{one.title}”: {held.rows:,} rows, at most {held.credits:,} credits")
    for one, kind, brake in paused:
        says, _ = tell(kind, brake, one.title, name)
        typer.echo(says)
    if not waiting and not paused:
        typer.echo("No rows wait for a word.")


def _describe(
    waiting: Sequence[tuple[Known, Held]], paused: Sequence[tuple[Known, Kind, Brake]]
) -> dict[str, Any]:
    return {
        "waiting": [
            {"worksheet": one.title, "rows": held.rows, "credits": held.credits}
            for one, held in waiting
        ],
        "paused": [
            {
                "worksheet": one.title,
                "kind": kind.label,
                "found": brake.found,
                "searched": brake.size,
            }
            for one, kind, brake in paused
        ],
    }
