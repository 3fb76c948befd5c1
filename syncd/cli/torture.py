"""``syncd torture``: the promises about money, tried under every misfortune, on this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from syncd.torture.run import Tally


def torture(
    seed: int = typer.Option(1, "--seed", min=0, help="The first schedule's seed."),
    schedules: int = typer.Option(
        2000, "--schedules", "-n", min=1, help="How many; 1 tells its story, step by step."
    ),
    processes: int = typer.Option(
        os.cpu_count() or 1, "--processes", "-p", min=1, help="How many at a time."
    ),
    full: bool = typer.Option(False, "--full", help="Tell how often each thing was reached."),
) -> None:
    """Try to make syncd break a promise: crashes, lost answers, outages, people, odd vendors.

    Each schedule is a seed: some cycles of the real program, with a real ledger, against the
    sandbox, with misfortunes in between and inside. The sandbox's own credit meter is the judge.
    No account is needed, nothing is sent, and time is virtual.

    Exit codes: 0 no promise was broken, and all was reached that a run of this length should reach;
    1 some promise was broken, or 2,000 schedules or more never reached something; 2 wrong usage.
    """
    import time

    from rich.console import Console

    from syncd.torture.report import (
        find_missed,
        list_all,
        make_table,
        summarise,
        tell_missed,
        tell_story,
    )
    from syncd.torture.run import find_smallest, play_one

    console = Console()
    if schedules == 1:
        result = play_one(seed)
        typer.echo("\n".join(tell_story(result)))
        raise typer.Exit(1 if result.violations else 0)
    began = time.monotonic()
    tally = _run(seed, schedules, processes, console)
    if full:
        typer.echo("\n".join(list_all(tally)))
    else:
        console.print(make_table(tally))
    missed = find_missed(tally)
    if missed:
        typer.echo("\n".join(tell_missed(missed)))
    for failure in tally.failures:
        typer.echo(f"\nSeed {failure.schedule.seed} broke a promise. Its shortest story:\n")
        typer.echo("\n".join(tell_story(find_smallest(failure))))
        typer.echo(f"\nThe whole: syncd torture --seed {failure.schedule.seed} --schedules 1")
    if more := tally.failed[len(tally.failures) :]:
        typer.echo(f"\nSo did these seeds: {' '.join(map(str, more[:50]))}")
    typer.echo(summarise(tally, time.monotonic() - began))
    raise typer.Exit(1 if tally.failed or missed else 0)


def _run(seed: int, schedules: int, processes: int, console: Console) -> Tally:
    """Play them all, under a progress bar where somebody watches."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    from syncd.torture.run import run

    columns = ("{task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("schedules", total=schedules)

        def told(tally: Tally) -> None:
            broken = f", {len(tally.failed)} broken" if tally.failed else ""
            progress.update(bar, completed=tally.schedules, description=f"schedules{broken}")

        return run(seed, schedules, processes, told)
