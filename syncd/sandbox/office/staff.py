"""The office: several people with different habits, who edit between and inside requests.

Everything is drawn from one seed, so that a day can be lived again. The world calls :meth:`meddle`
just before it applies a request of the program's; what the program then reads is already old, and
what it then writes meets another sheet than it has read.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from . import cells, rows
from .leads import Leads
from .people import Pool
from .rows import Act

_MOST_SLOW = 4  # rows that are being typed at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """Somebody, and what they like to do: acts with their weights. ``share`` of all edits."""

    name: str
    share: int
    acts: Sequence[tuple[Act, int]]


MOVERS = (
    Worker(
        name="sorter",
        share=4,
        acts=(
            (rows.sort_whole, 4),
            (rows.sort_block, 4),
            (rows.sort_by_filter, 3),
            (rows.sort_some_columns, 1),
            (rows.undo, 2),
        ),
    ),
    Worker(
        name="gardener",
        share=5,
        acts=(
            (rows.insert_rows, 4),
            (rows.delete_rows, 4),
            (rows.move_rows, 4),
            (rows.insert_columns, 1),
            (rows.delete_columns, 1),
            (rows.move_columns, 2),
            (rows.undo, 1),
        ),
    ),
    Worker(
        name="copier",
        share=3,
        acts=((rows.cut_and_paste, 5), (rows.copy_and_paste, 5), (rows.undo, 1)),
    ),
    Worker(
        name="boss",
        share=1,
        acts=(
            (rows.rename_worksheet, 2),
            (rows.rename_header, 4),
            (rows.move_header, 3),
            (rows.duplicate_worksheet, 1),
        ),
    ),
)
TYPISTS = (
    Worker(name="scribe", share=4, acts=((cells.type_text, 5), (rows.undo, 1))),
    Worker(
        name="meddler",
        share=2,
        acts=(
            (cells.type_value, 3),
            (cells.clear_value, 2),
            (cells.change_prospect, 2),
            (cells.change_find, 1),
            (rows.undo, 1),
        ),
    ),
    Worker(name="approver", share=2, acts=((cells.tick, 1),)),
)


class Office:
    """One worksheet, and everybody who edits it.

    ``moving`` and ``typing`` are how many structural and other edits come between two adjacent
    requests, on average, and ``slow`` how often a new row is begun to be typed cell by cell.
    Acts named in ``without`` are drawn like the others, and left undone: to reduce a story.
    """

    def __init__(
        self,
        leads: Leads,
        pool: Pool,
        seed: object,
        *,
        moving: float = 0.15,
        typing: float = 0.15,
        slow: float = 0.02,
        movers: Sequence[Worker] = MOVERS,
        typists: Sequence[Worker] = TYPISTS,
        without: Collection[str] = (),
    ) -> None:
        self.leads = leads
        self.pool = pool
        self.log: list[str] = []
        self.edits = 0  # structural ones
        self.typed = 0
        self.at_home = False
        self._dice = random.Random(f"office {seed}")  # noqa: S311 - repeatable on purpose
        self._rates = [(movers, moving), (typists, typing)]
        self._slow = slow
        self._drafts: list[Iterator[str]] = []
        self._movers = movers
        self._without = frozenset(without)

    def meddle(self) -> None:
        """Edit once, not at all, or seldom several times."""
        if self.at_home:
            return
        for workers, rate in self._rates:
            left = rate
            while self._dice.random() < left:
                self._work(workers)
                left /= 2
        self._type_on()

    def arrive(self, count: int) -> None:
        """Let somebody paste that many new people."""
        people = [self.pool.invent() for _ in range(count)]
        self._note("importer", lambda: cells.paste_people(self.leads, people))

    def go_home(self) -> None:
        """Finish the rows that are being typed, and edit no more."""
        while self._drafts:
            self._type_on(always=True)
        self.at_home = True

    def _work(self, workers: Sequence[Worker]) -> None:
        worker = self._dice.choices(workers, [one.share for one in workers])[0]
        act = self._dice.choices([act for act, _ in worker.acts], [w for _, w in worker.acts])[0]
        if act.__name__ in self._without:
            return
        done = self._note(worker.name, lambda: act(self.leads, self._dice))
        if workers is self._movers:
            self.edits += done
        else:
            self.typed += done

    def _type_on(self, *, always: bool = False) -> None:
        if not always and len(self._drafts) < _MOST_SLOW and self._dice.random() < self._slow:
            self._drafts.append(cells.type_slowly(self.leads, self.pool, self._dice))
        for draft in list(self._drafts):
            if always or self._dice.random() < 0.3:
                if not self._note("typist", lambda draft=draft: next(draft, "")):  # type: ignore[misc]
                    self._drafts.remove(draft)

    def _note(self, who: str, act: Callable[[], str]) -> bool:
        """Do an act and log it; return whether it was done."""
        try:
            done = act()
        except ValueError as reason:
            self.log.append(f"{self.leads.moment()} {who} gives up: {reason}")
            return False
        if done:
            self.log.append(f"{self.leads.moment()} {who}: {done}")
        return bool(done)
