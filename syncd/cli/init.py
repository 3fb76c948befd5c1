"""``syncd init``: prepare a spreadsheet for syncd, after showing what that would change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.config import SheetsConfig, SpreadsheetPart
    from syncd.core.steps import Step

_ADDRESS = re.compile(r"https?://[^/]+/spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]+)(?:[/?#].*)?")


def init(
    spreadsheet: str = typer.Argument(
        metavar="SPREADSHEET", help="Its address, its id, or the name that it has in the config."
    ),
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask before changing anything."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Only show what would be changed."),
) -> None:
    """Add what a spreadsheet lacks: worksheets, headers, drop-downs, tick boxes, colours.

    Nothing that is there is moved, deleted or written over, and nothing is bought. It may be
    repeated. Of the config it needs no more than the part for Google.
    """
    from syncd.config import load_sheets
    from syncd.core.steps import count
    from syncd.credentials import read_google_credentials
    from syncd.errors import SheetDenied, WriteUnknown
    from syncd.pace import Pace
    from syncd.preparing import choose_ids, find_wanted, plan_for
    from syncd.sheets import GoogleSpreadsheet
    from syncd.sheets.setup import take_steps

    loaded = load_sheets(config)
    part = find_spreadsheet(loaded, spreadsheet)
    sheet = GoogleSpreadsheet(
        name=part.name,
        spreadsheet_id=part.id,
        account=read_google_credentials(loaded.google.credentials),
        base_url=loaded.google.base_url,
        reads=Pace(loaded.google.reads_per_minute),
        writes=Pace(loaded.google.writes_per_minute),
    )
    wanted, new_ids = find_wanted(part), choose_ids()
    plan = plan_for(sheet, wanted, new_ids)
    if plan.problems:
        raise SheetDenied("\n".join(["nothing was changed.", *plan.problems]))
    for remark in plan.remarks:
        typer.echo(f"Note: {remark}\n")
    if not plan.steps:
        typer.echo(f"There is nothing to do: “{plan.title}” has everything.")
        return
    typer.echo(f"Spreadsheet “{plan.title}”")
    _show(plan.steps)
    if dry_run:
        typer.echo("\nNothing was changed: this was a dry run.")
        return
    if not yes:
        _ask()
        if plan_for(sheet, wanted, new_ids) != plan:
            raise SheetDenied("the sheet changed meanwhile. Nothing was done; run it again.")
    try:
        take_steps(sheet, plan.steps)
    except WriteUnknown:
        typer.echo("Google's answer was lost. Looking whether the changes arrived.", err=True)
    left = plan_for(sheet, wanted, new_ids)
    if left.steps or left.problems:
        said = "\n".join([*left.problems, *map(_line, left.steps)])
        raise SheetDenied(f"not all of it is there. Run it again.\n{said}")
    typer.echo(f"\nDone and read back: {count(len(plan.steps), 'change')} made.")


def find_spreadsheet(loaded: SheetsConfig, said: str) -> SpreadsheetPart:
    """Return the part of the config that is meant; one with defaults when the config has none."""
    from syncd.config import SPREADSHEET_ID, SpreadsheetPart

    for part in loaded.spreadsheet:
        if said == part.name:
            return part
    address = _ADDRESS.fullmatch(said)
    number = address[1] if address else said
    if not re.fullmatch(SPREADSHEET_ID, number):
        names = ", ".join(f"“{part.name}”" for part in loaded.spreadsheet) or "none"
        raise typer.BadParameter(
            "give the address of a spreadsheet, the part of it between /d/ and /edit, or the name "
            f"of one in the config: {names}",
            param_hint="SPREADSHEET",
        )
    known = (part for part in loaded.spreadsheet if part.id == number)
    return next(known, SpreadsheetPart(id=number, name=number))


def _show(steps: Sequence[Step]) -> None:
    title = None
    for step in steps:
        if step.title != title:
            title = step.title
            typer.echo(f"  {title}")
        typer.echo(f"    {step}")


def _ask() -> None:
    """Go on only when somebody says yes."""
    import sys

    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "is needed where nobody can answer; nothing was changed", param_hint="--yes"
        )
    if not typer.confirm("\nMake these changes?"):
        typer.echo("Nothing was changed.")
        raise typer.Exit


def _line(step: Step) -> str:
    return f"“{step.title}”: {step}"
