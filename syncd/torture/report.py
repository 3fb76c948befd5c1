"""The result of a run, for people: a table, what was never reached, and stories of failures."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from rich.table import Table

from syncd.torture.play import Result
from syncd.torture.reached import groups
from syncd.torture.run import ENOUGH, Tally


def summarise(tally: Tally, elapsed: float) -> str:
    """Return the run in a sentence."""
    each = 1000 * tally.seconds / max(1, tally.schedules)
    return (
        f"{tally.schedules:,} schedules, {tally.cycles:,} cycles in {elapsed:,.0f} s "
        f"({each:.0f} ms each): {len(tally.failed):,} broke a promise."
    )


def make_table(tally: Tally) -> Table:
    """Return how often each group of misfortunes was reached, and its rarest."""
    table = Table(title="What was reached, and how often")
    table.add_column("what")
    table.add_column("times", justify="right")
    table.add_column("rarest")
    for group, names in groups().items():
        rarest = min(names, key=lambda name: tally.reached[name])
        total = sum(tally.reached[name] for name in names)
        table.add_row(
            f"{group} ({len(names)})", f"{total:,}", f"{rarest}: {tally.reached[rarest]:,}"
        )
    return table


def list_all(tally: Tally) -> Iterator[str]:
    """Yield a line for each thing that a run may reach."""
    for group, names in groups().items():
        yield f"{group}:"
        yield from (f"  {tally.reached[name]:>9,}  {name}" for name in names)


def find_missed(tally: Tally) -> list[str]:
    """Return what a run that is long enough should have reached, and did not."""
    if tally.schedules < ENOUGH:
        return []
    return [name for names in groups().values() for name in names if not tally.reached[name]]


def tell_missed(missed: list[str]) -> Iterator[str]:
    yield "This run proves nothing about what it never reached:"
    yield from (f"  {line}" for line in wrap("; ".join(missed), 96))


def tell_story(result: Result) -> Iterator[str]:
    """Yield a schedule in words, what happened in it, and what was broken."""
    yield f"Seed {result.schedule.seed}:"
    yield from (f"  {line}" for line in result.schedule.tell())
    yield "What happened (the world's time):"
    yield from (f"  {line}" for line in result.story)
    if result.violations:
        yield "Broken:"
        yield from (f"  {violation}" for violation in result.violations)
    else:
        yield "No promise was broken."
