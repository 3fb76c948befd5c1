"""``syncd ledger``: does it add up, and what became of the credits. Neither writes anything."""

from __future__ import annotations

import json
from pathlib import Path

import typer

from syncd.cli.run import DEFAULT

app = typer.Typer(help="Check the ledger, and account for the credits. Nothing is written.")

_CONFIG = typer.Option(DEFAULT, "--config", "-c", help="The TOML file.")


@app.command()
def verify(
    config: Path = _CONFIG,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
) -> None:
    """Check that the ledger adds up; exit code 1 where it does not. The daemon may be running."""
    from syncd.config import load
    from syncd.ledger import CHECKS, INTEGRITY, Ledger

    path = load(config).ledger.path
    with Ledger(path, read_only=True) as ledger, ledger.snapshot():
        results = [(check, ledger.audit.ask(check)) for check in (INTEGRITY, *CHECKS)]
    broken = [one for _, found in results for one in found if not one.waived]
    if as_json:
        report = {
            "ledger": str(path),
            "clean": not broken,
            "checks": [
                {
                    "name": check.name,
                    "promise": check.promise,
                    "violations": [
                        {"subject": v.subject, "says": v.says, "mend": v.mend, "waived": v.waived}
                        for v in found
                    ],
                }
                for check, found in results
            ],
        }
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        for check, found in results:
            state = "WRONG" if any(not one.waived for one in found) else "ok"
            typer.echo(f"{state:<5}  {check.promise}")
            for one in found:
                typer.echo(f"       {one}{'  (a human has let this pass)' if one.waived else ''}")
            if state == "WRONG":
                typer.echo(f"       What to do: {check.mend}")
        outcome = f"{len(broken)} breaches." if broken else "it adds up."
        typer.echo(f"\n{len(results)} promises were checked in {path}: {outcome}")
    raise typer.Exit(1 if broken else 0)
