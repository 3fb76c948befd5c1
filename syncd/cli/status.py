"""``syncd status``: what syncd does now, from the ledger alone; also while the daemon is down."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console, RenderableType

    from syncd.core.overview import Overview, SheetView, Trouble

_PAUSE = 2.0  # seconds between two looks of --watch


def status(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    watch: bool = typer.Option(False, "--watch", "-w", help="Look again all the time."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
) -> None:
    """Tell what syncd does, what was spent, what rows wait for, and what is wrong.

    Read from the ledger, whether or not the daemon runs. Exit codes: 0 the daemon runs and nothing
    needs a human, 1 it does not or something does.
    """
    from syncd.cli.console import open_console
    from syncd.config import load

    loaded = load(config)

    def look() -> tuple[Overview, str]:
        from datetime import UTC

        from syncd.ledger import Ledger, Lock
        from syncd.terms import look_over

        holder = Lock.find_holder(loaded.ledger.path)
        with Ledger(loaded.ledger.path, read_only=True) as ledger:
            return look_over(loaded, ledger, datetime.now(UTC)), holder

    if watch:
        console = open_console()
        if as_json or not console.is_terminal:
            raise typer.BadParameter("is for people at a terminal", param_hint="--watch")
        _watch(console, look)
        return
    view, holder = look()
    troubles = _find(view, holder)
    if as_json:
        typer.echo(json.dumps(describe(view, holder), indent=2, ensure_ascii=False))
    else:
        console = open_console()
        for part in render(view, holder):
            console.print(part)
    raise typer.Exit(1 if any(one.urgent for one in troubles) else 0)


def _find(view: Overview, holder: str) -> list[Trouble]:
    from syncd.core.overview import find_troubles

    return find_troubles(view, runs=bool(holder))


def _watch(console: Console, look: Callable[[], tuple[Overview, str]]) -> None:
    """Show it until Ctrl-C."""
    import time

    from rich.console import Group
    from rich.live import Live

    with Live(Group(*render(*look())), console=console, screen=True, auto_refresh=False) as live:
        try:
            while True:
                live.update(Group(*render(*look())), refresh=True)
                time.sleep(_PAUSE)
        except KeyboardInterrupt:
            return


def describe(view: Overview, holder: str) -> dict[str, Any]:
    """Return it all as plain data; times are ISO 8601 in UTC, credits and rows are numbers."""
    from dataclasses import asdict

    from syncd.core.overview import summarise

    report: dict[str, Any] = {
        "daemon": holder or None,
        "summary": summarise(view),
        **asdict(view),
        "troubles": [asdict(one) for one in _find(view, holder)],
    }
    account = report["account"]
    account["spent_kind"] = {kind.label: spent for kind, spent in account["spent_kind"].items()}
    account["caps"]["kind_day"] = {
        kind.label: cap for kind, cap in account["caps"]["kind_day"].items()
    }
    for purchase in account["purchases"]:
        purchase["kind"] = purchase["kind"].label
    plain: dict[str, Any] = json.loads(json.dumps(report, default=datetime.isoformat))
    return plain


def render(view: Overview, holder: str) -> Iterator[RenderableType]:
    """Yield what is printed, part by part."""
    from rich.padding import Padding
    from rich.text import Text

    from syncd.core.overview import summarise

    runs = Text(f"runs (process {holder})", "green") if holder else Text("does not run", "red")
    yield Text.assemble("syncd ", runs, f": {summarise(view)}")
    yield _sheets(view)
    yield _credits(view)
    if view.account.purchases:
        yield _purchases(view)
    found = _find(view, holder)
    urgent = [one for one in found if one.urgent]
    calm = [one for one in found if not one.urgent]
    for title, style, troubles in (("To look at", "red", urgent), ("To know", "yellow", calm)):
        if troubles:
            yield Text(f"{title}:", style)
        for one in troubles:
            where = f"{one.spreadsheet}: " if one.spreadsheet else ""
            said = f"{where}{one.text}" + (f" {one.mend}" if one.mend else "")
            yield Padding(Text(said), (0, 0, 0, 2))
    size = f"{view.ledger.size / 2**20:,.1f} MiB"
    backup = view.ledger.backed_up_at
    saved = f"backed up {_age(view.at, backup)}" if backup else "never backed up"
    yield Text(f"Ledger: {view.ledger.path}, {size}, {view.ledger.schema}, {saved}", "dim")


def _sheets(view: Overview) -> RenderableType:
    from rich.table import Table

    from syncd.core.status import Stand

    order = [
        Stand.WAITING,
        Stand.READY,
        Stand.SEARCHING,
        Stand.UNSURE,
        Stand.FAILED,
        Stand.FOUND,
        Stand.MISSED,
    ]
    always = {Stand.WAITING, Stand.SEARCHING, Stand.FOUND}  # the others where there are any
    stands = [stand for stand in order if stand in always or view.rows(stand)]
    pending = any(sheet.pending for sheet in view.sheets)
    table = Table("Spreadsheet", "Last look")
    for stand in stands:
        table.add_column("To tick" if stand is Stand.READY else stand.capitalize(), justify="right")
    if pending:
        table.add_column("To write", justify="right")
    for sheet in view.sheets:
        counts = [f"{sheet.rows(stand):,}" for stand in stands]
        counts += [f"{sheet.pending:,}"] * pending
        table.add_row(sheet.name, _last_look(view, sheet), *counts)
    return table


def _last_look(view: Overview, sheet: SheetView) -> str:
    looked = sheet.condition.looked_at if sheet.condition else None
    return _age(view.at, looked) if looked else "never"


def _credits(view: Overview) -> RenderableType:
    from rich.table import Table

    account, caps = view.account, view.account.caps
    table = Table("Credits", "", "Cap", "Left")
    for column in table.columns[1:]:
        column.justify = "right"
    lines: list[tuple[str, int, int | None]] = [
        (f"Today ({account.day})", account.spent_day, caps.day),
        ("This month", account.spent_month, caps.month),
    ]
    lines += [
        (f"Today, {kind.label}", account.spent_kind.get(kind, 0), caps.kind_day.get(kind))
        for kind in sorted({*account.spent_kind, *caps.kind_day})
    ]
    for name, spent, cap in lines:
        left = "" if cap is None else f"{max(0, cap - spent):,}"
        table.add_row(name, f"{spent:,}", "" if cap is None else f"{cap:,}", left)
    table.add_row("Reserved", f"{account.reserved:,}", "", "")
    if account.balance is not None and account.balance_at is not None:
        floor = f"floor {caps.floor:,}" if caps.floor else ""
        told = f"Balance, {_age(view.at, account.balance_at)}"
        table.add_row(told, f"{account.balance:,}", floor, "")
    for sheet in view.sheets:
        condition = sheet.condition
        for what, cap in (
            ("today", condition.day if condition else None),
            ("this month", condition.month if condition else None),
        ):
            if cap is not None:
                table.add_row(f"At most {what}, says {sheet.name}", "", f"{cap:,}", "")
    return table


def _purchases(view: Overview) -> RenderableType:
    from rich.table import Table

    table = Table("Open purchase", "State", "Kind", "People", "Credits", "Since", "For")
    for number in (3, 4):
        table.columns[number].justify = "right"
    for one in view.account.purchases:
        table.add_row(
            one.id,
            one.state.replace("_", " "),
            one.kind.label,
            f"{one.people:,}",
            f"{one.credits:,}",
            _age(view.at, one.since),
            one.worksheet,
        )
    return table


def _age(now: datetime, then: datetime) -> str:
    """Return how long ago that was, in the unit that says enough."""
    seconds = int((now - then) / timedelta(seconds=1))
    if seconds < 0:
        return f"{then:%Y-%m-%d %H:%M} UTC"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"
