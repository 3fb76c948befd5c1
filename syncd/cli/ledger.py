"""``syncd ledger``: does it add up, and what became of the credits. Neither writes anything."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from syncd.ledger.statement import Balance, Line

app = typer.Typer(help="Check the ledger, and account for the credits. Nothing is written.")

_CONFIG = typer.Option(DEFAULT, "--config", "-c", help="The TOML file.")


@app.command()
def verify(
    config: Path = _CONFIG,
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
) -> None:
    """Check that the ledger adds up; exit code 1 where it does not. The daemon may be running."""
    from syncd.cli.progress import show_progress
    from syncd.config import load
    from syncd.ledger import CHECKS, INTEGRITY, Ledger

    path = load(config).ledger.path
    checks, results = (INTEGRITY, *CHECKS), []
    with show_progress() as told, Ledger(path, read_only=True) as ledger, ledger.snapshot():
        for number, check in enumerate(checks):
            told(check.promise, number / len(checks))
            results.append((check, ledger.audit.ask(check)))
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


class By(StrEnum):
    WORKSHEET = "worksheet"
    PERSON = "person"
    KIND = "kind"
    MONTH = "month"


class Format(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"


_DAY = ["%Y-%m-%d"]
_COLUMNS = {
    "bought": "Bought",
    "found": "Found",
    "missed": "Missed",
    "searching": "Searching",
    "credits": "Credits",
    "refunded": "Refunded",
    "unsure": "Unsure",
    "reserved": "Reserved",
    "shown": "Free",
    "reused": "Reused",
    "saved": "Saved",
}
_LEGEND = (
    "Bought, Found, Missed and Searching are people; Free: Seleqt had the value already.",
    "Credits are spent; Refunded: credits that seem to have come back, an estimate.",
    "Unsure: credits of purchases in doubt; Reserved: not sent yet.",
    "Reused: rows filled with what another row paid for, and the credits Saved by that.",
)


@app.command()
def statement(
    by: By = typer.Option(By.WORKSHEET, "--by", help="What a line stands for."),
    first: datetime | None = typer.Option(
        None, "--from", formats=_DAY, help="The first day, 2026-01-31; the caps' days count."
    ),
    last: datetime | None = typer.Option(None, "--to", formats=_DAY, help="The last day."),
    names: bool = typer.Option(
        False, "--names", help="With --by person: people's names, too, not only their numbers."
    ),
    form: Format = typer.Option(Format.TABLE, "--format", help="How it is printed."),
    as_json: bool = typer.Option(False, "--json", help="The same as --format json."),
    config: Path = _CONFIG,
) -> None:
    """Account for the credits: what they bought, and how that compares with Seleqt's balance."""
    from syncd.config import load
    from syncd.core.refunds import observe, share_out
    from syncd.ledger import Ledger
    from syncd.ledger.statement import Line
    from syncd.terms import ACCOUNT

    since, until = first.date() if first else None, last.date() if last else None
    if since and until and until < since:
        raise typer.BadParameter("is before --from", param_hint="--to")
    with Ledger(load(config).ledger.path, read_only=True) as ledger, ledger.snapshot():
        asked = ledger.statement(ACCOUNT)
        missed = ledger.refunds.expected(ACCOUNT, datetime.min.replace(tzinfo=UTC))
        refunded = share_out(observe(missed, ledger.refunds.rises(ACCOUNT)))
        group = "name" if names and by is By.PERSON else by
        lines = asked.lines(group, since, until, refunded)
        balance = asked.balance(since, until)
    total = Line(name="Total")
    for line in lines:
        total = total.plus(line)
    if as_json or form is Format.JSON:
        _print_json(by, since, until, lines, total, balance)
    elif form is Format.CSV:
        _print_csv(by, lines)
    else:
        _print_table(by, [*lines, total])
        for sentence in (*_LEGEND, *_compare(balance, total)):
            typer.echo(sentence)


def _compare(balance: Balance | None, total: Line) -> list[str]:
    """Say whether the balance agrees with what we know to have paid."""
    if balance is None:
        return ["", "Seleqt has told no balance in this time, so there is none to compare with."]
    said = [
        "",
        f"Seleqt's balance, first: {balance.first:,} ({balance.first_at[:16]} UTC)",
        f"Seleqt's balance, last:  {balance.last:,} ({balance.last_at[:16]} UTC)",
        f"Between the two syncd paid {balance.settled:,} credits.",
    ]
    if not balance.came and not balance.left:
        return [*said, "That is all that became of the balance: it adds up."]
    if balance.came:
        fits = f" Refunds would account for {total.refunded:,} of them." if total.refunded else ""
        said.append(
            f"{balance.came:,} credits came beside that: refunds or top-ups; the balance does not "
            f"tell which.{fits}"
        )
    if balance.left:
        doubt = f" Up to {total.unsure:,} of them are the unsure ones." if total.unsure else ""
        said.append(f"{balance.left:,} credits left beside that: somebody else's purchases.{doubt}")
    return said


def _print_table(by: By, lines: Sequence[Line]) -> None:
    names = [by.value.capitalize(), *(line.name for line in lines)]
    columns = [
        [title, *(f"{getattr(line, name):,}" for line in lines)] for name, title in _COLUMNS.items()
    ]
    left = max(map(len, names))
    widths = [max(map(len, column)) for column in columns]
    for number, name in enumerate(names):
        if number in (1, len(names) - 1):
            typer.echo("-" * (left + sum(widths) + 2 * len(widths)))
        cells = (c[number].rjust(width) for c, width in zip(columns, widths, strict=True))
        typer.echo("  ".join([name.ljust(left), *cells]))
    typer.echo()


def _print_csv(by: By, lines: Sequence[Line]) -> None:
    import csv
    import sys

    writer = csv.writer(sys.stdout)
    writer.writerow([by.value, *_COLUMNS])
    writer.writerows([line.name, *(getattr(line, name) for name in _COLUMNS)] for line in lines)


def _print_json(
    by: By,
    first: date | None,
    last: date | None,
    lines: Sequence[Line],
    total: Line,
    balance: Balance | None,
) -> None:
    from dataclasses import asdict

    report = {
        "by": by,
        "from": first.isoformat() if first else None,
        "to": last.isoformat() if last else None,
        "lines": [asdict(line) for line in lines],
        "total": asdict(total),
        "balance": asdict(balance) if balance else None,
    }
    typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
