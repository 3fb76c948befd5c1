"""``syncd doctor``: is everything right? Asks Google and Seleqt, and spends nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from rich.text import Text

    from syncd.core.findings import Finding

_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
) -> None:
    """Check config, clock, disk, ledger, daemon, sheets, key, balance and caps, and say what to do.

    Nothing is bought, written or created, and the daemon may be running. Exit codes: 0 all is ok,
    1 something fails, 2 there are warnings only.
    """
    from syncd.checkup import Checkup
    from syncd.cli.console import open_console
    from syncd.cli.logs import set_up_logs
    from syncd.core.findings import exit_code

    set_up_logs("auto", "error")
    console = open_console()
    found: list[Finding] = []
    for finding in Checkup(config).run():
        found.append(finding)
        if not as_json:
            console.print(_line(finding), soft_wrap=True)
    code = exit_code(found)
    if as_json:
        checks = [
            {"check": one.check, "level": one.level, "text": one.text, "mend": one.mend}
            for one in found
        ]
        verdict = {0: "ok", 1: "fail", 2: "warn"}[code]
        typer.echo(json.dumps({"level": verdict, "checks": checks}, indent=2, ensure_ascii=False))
    raise typer.Exit(code)


def _line(finding: Finding) -> Text:
    from rich.text import Text

    line = Text.assemble((f"{finding.level:<4}", _STYLES[finding.level]), f"  {finding.check}: ")
    line.append(finding.text)
    if finding.mend:
        line.append(f"\n      What to do: {finding.mend}", "bold")
    return line
