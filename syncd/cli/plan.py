"""``syncd plan``: what would be bought, for how much and why, row by row. It changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from rich.console import Console

    from syncd.config import Config, SpreadsheetPart
    from syncd.core.model import Kind
    from syncd.core.overview import Overview
    from syncd.engine.rehearsal import Forecast, Row


def plan(
    name: str | None = typer.Argument(None, help="Only the spreadsheet with this name or id."),
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
) -> None:
    """Show what syncd would buy as the sheets stand now, inside the caps, if it may buy.

    Reads the sheets, and lead lists that requests name; writes neither to them nor to the ledger.
    The daemon may be running. Exit codes: 0 all could be read, 1 something could not.
    """
    from datetime import UTC, datetime

    from syncd.cli.console import open_console
    from syncd.cli.logs import set_up_logs
    from syncd.config import load
    from syncd.ledger import Ledger
    from syncd.terms import look_over

    loaded = load(config, secrets=True)
    if name is not None:
        loaded = loaded.model_copy(update={"spreadsheet": [find_part(loaded, name)]})
    set_up_logs(loaded.daemon.log, "error")
    path = loaded.ledger.path
    seen: Overview | None = None
    if path.exists():
        with Ledger(path, read_only=True) as ledger:
            seen = look_over(loaded, ledger, datetime.now(UTC))
    found, view = _rehearse(loaded)
    armed = seen is not None and seen.account.armed_at is not None
    if as_json:
        report = _describe(loaded, found, view, armed=armed)
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        console = open_console()
        for part in loaded.spreadsheet:
            _print_sheet(console, part.name, found[part.name])
        _print_totals(console, found, view, armed=armed)
    raise typer.Exit(1 if any(one.problems for one in found.values()) else 0)


def find_part(config: Config, name: str) -> SpreadsheetPart:
    """Return the spreadsheet of that name or id; another is wrong usage."""
    import difflib

    for part in config.spreadsheet:
        if name in (part.name, part.id):
            return part
    names = [part.name for part in config.spreadsheet]
    near = difflib.get_close_matches(name, names, n=1)
    meant = f"; did you mean “{near[0]}”?" if near else ""
    known = ", ".join(f"“{one}”" for one in names)
    raise typer.BadParameter(f"the config has {known}{meant}", param_hint="NAME")


def _rehearse(config: Config) -> tuple[dict[str, Forecast], Overview]:
    """Plan on an armed copy of the ledger; return the forecasts, and how the account stands."""
    import tempfile
    from datetime import UTC, datetime, timedelta

    from syncd.app import App
    from syncd.engine.rehearsal import Forecast
    from syncd.errors import SheetDenied, SheetUnavailable
    from syncd.ledger import Ledger
    from syncd.terms import ACCOUNT, look_over

    real = config.ledger.path
    found: dict[str, Forecast] = {}
    with tempfile.TemporaryDirectory(prefix="syncd-plan-") as folder:
        copy = Path(folder) / "ledger.db"
        if real.exists():
            with Ledger(real, read_only=True) as ledger:
                ledger.copy_into(copy)
        with Ledger(copy) as ledger:
            view = look_over(config, ledger, datetime.now(UTC))
            ledger.arm(ACCOUNT, datetime.now(UTC))
        changed = {
            "ledger": config.ledger.model_copy(update={"path": copy}),
            "buying": config.buying.model_copy(update={"settle": timedelta(0)}),
        }
        with App(config.model_copy(update=changed), copy_of=real) as app:
            for part, rehearsal in zip(config.spreadsheet, app.rehearsals, strict=True):
                try:
                    found[part.name] = rehearsal.play()
                except (SheetUnavailable, SheetDenied) as error:
                    found[part.name] = Forecast(problems=[str(error)])
    return found, view


def _total(found: dict[str, Forecast]) -> dict[Kind, tuple[int, int]]:
    """Return people and credits by kind."""
    people: Counter[Kind] = Counter()
    credits: Counter[Kind] = Counter()
    for forecast in found.values():
        for row in forecast.rows:
            for kind, price in row.buys.items():
                people[kind] += 1
                credits[kind] += price
    return {kind: (people[kind], credits[kind]) for kind in people}


def _print_sheet(console: Console, name: str, forecast: Forecast) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("Row", "Prospect", "Would buy", "Credits", "Why not, or not more", title=name)
    table.columns[0].justify = table.columns[1].justify = table.columns[3].justify = "right"
    worksheet, calm = "", 0
    for row in forecast.rows:
        if not row.buys and not _matters(row):
            calm += 1
            continue
        if row.worksheet != worksheet:
            worksheet = row.worksheet
            table.add_row("", "", Text(worksheet, "bold"), "", "")
        kinds = ", ".join(kind.label for kind in row.buys)
        price = sum(row.buys.values())
        table.add_row(
            f"{row.number}" if row.number else "new",
            f"{row.prospect}" if row.prospect else "",
            Text(kinds, "green"),
            f"{price:,}" if row.buys else "",
            " ".join(text for text in (row.says, row.quote) if text),
        )
    if worksheet:
        console.print(table)
    else:
        console.print(f"{name}: nothing would be bought.")
    for problem in forecast.problems:
        console.print(Text(f"{name}: {problem}", "red"))
    if calm:
        console.print(f"{name}: {calm:,} more rows need nothing.", style="dim")


def _matters(row: Row) -> bool:
    """Whether a row that buys nothing waits for something, or asks for it."""
    from syncd.core.status import Stand, stands

    calm = {Stand.FOUND, Stand.MISSED, Stand.SEARCHING}
    return bool(row.quote) or not row.says or not stands(row.says) or bool(stands(row.says) - calm)


def _print_totals(
    console: Console, found: dict[str, Forecast], view: Overview, *, armed: bool
) -> None:
    account, caps = view.account, view.account.caps
    total = _total(found)
    credits = sum(price for _, price in total.values())
    for kind, (people, price) in sorted(total.items()):
        console.print(f"{kind.label}: {people:,} searches, {price:,} credits")
    console.print(
        f"Together {credits:,} credits. Today {account.spent_day:,} of {caps.day:,} are spent, "
        f"and this month {account.spent_month:,} of {caps.month:,}; then "
        f"{account.spent_day + credits:,} and {account.spent_month + credits:,}."
    )
    if account.balance is not None:
        console.print(f"Seleqt's balance was {account.balance:,} credits when last told.")
    if not armed:
        console.print("syncd is in plan mode: nothing of this is bought until: syncd arm")


def _describe(
    config: Config, found: dict[str, Forecast], view: Overview, *, armed: bool
) -> dict[str, Any]:
    total = _total(found)
    return {
        "armed": armed,
        "spreadsheets": [
            {
                "name": part.name,
                "hold": found[part.name].hold,
                "problems": list(found[part.name].problems),
                "rows": [_plain(row) for row in found[part.name].rows],
            }
            for part in config.spreadsheet
        ],
        "totals": {
            kind.label: {"searches": people, "credits": credits}
            for kind, (people, credits) in total.items()
        },
        "credits": sum(credits for _, credits in total.values()),
        "today": {"spent": view.account.spent_day, "cap": view.account.caps.day},
        "this_month": {"spent": view.account.spent_month, "cap": view.account.caps.month},
        "balance": view.account.balance,
    }


def _plain(row: Row) -> dict[str, Any]:
    return {
        "worksheet": row.worksheet,
        "row": row.number,
        "prospect": row.prospect,
        "buys": {kind.label: credits for kind, credits in row.buys.items()},
        "says": row.says,
        "quote": row.quote,
    }
