"""``syncd notify``: whether messages and the dead-man ping arrive."""

from __future__ import annotations

from pathlib import Path

import typer

from syncd.cli.run import DEFAULT


def notify(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    test: bool = typer.Option(False, "--test", help="Send a test message, and a ping, now."),
) -> None:
    """Show who is told of what; with --test, tell them something."""
    from syncd.attendants import read_terms
    from syncd.config import load
    from syncd.notify.courier import Failed, deliver
    from syncd.notify.ping import WELL, ping

    loaded = load(config)
    part, terms = loaded.notify, read_terms(loaded)
    for url in part.urls:
        typer.echo(f"told: the address in {url.place}")
    if part.urls:
        typer.echo(f"of:   {', '.join(sorted(part.causes))}")
    if part.ping:
        minutes = int(part.ping_every.total_seconds() // 60)
        typer.echo(f"ping: the address in {part.ping.place}, every {minutes} min")
    if not (part.urls or part.ping):
        typer.echo("Nobody is told: name addresses in [notify] urls, or a ping.")
    if not test:
        return
    problems = []
    if terms.urls:
        try:
            deliver(
                terms.urls,
                title=f"syncd on {terms.host}: a test",
                text="Messages of syncd arrive here. Nothing is wrong.",
                is_good=True,
            )
            typer.echo("The message was taken by every address.")
        except Failed as error:
            problems.append(f"The message did not arrive: {error.reason}.")
    if terms.ping and (reason := ping(terms.ping, WELL, "a test")):
        problems.append(f"The ping did not arrive: {reason}.")
    elif terms.ping:
        typer.echo("The ping arrived.")
    for problem in problems:
        typer.echo(f"syncd notify: {problem}", err=True)
    raise typer.Exit(1 if problems or not (terms.urls or terms.ping) else 0)
