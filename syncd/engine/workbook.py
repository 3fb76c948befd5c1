"""The spreadsheet as tables. Worksheets are found by title once, and by sheet id ever after."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

import structlog

from syncd.core import leads, requests
from syncd.core.header import Column, HeaderProblem, find_header
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS, JOURNAL_ROWS
from syncd.core.leads import LeadRow, parse_lead
from syncd.core.requests import RequestRow, parse_request
from syncd.core.strays import find_overwritten
from syncd.core.table import Keyed, Raw, Reader, Table, with_values
from syncd.engine.panel import Panel
from syncd.errors import SheetDenied, SheetUnavailable, WriteUnknown
from syncd.ledger import Known, Ledger
from syncd.sheets import (
    Append,
    Aside,
    CellSwap,
    CellWrite,
    Echo,
    Grid,
    Journal,
    Outline,
    RowCopy,
    Snapshot,
    Spreadsheet,
)

log = structlog.get_logger()

R = TypeVar("R", bound=Keyed)

_APART = timedelta(minutes=10)  # in which the panel does not go along, after a write was refused
_LOOK_AGAIN = timedelta(minutes=10)  # for worksheets that were missing


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf(Generic[R]):
    """One worksheet at one moment. ``id`` is the ledger's number, ``title`` as people see it.

    ``overwritten`` is what belongs into cells of its header that a write of ours has hit.
    """

    id: int
    sheet_id: int
    title: str
    table: Table[R]
    overwritten: Mapping[int, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """The whole spreadsheet at one moment; worksheets that cannot be read are ``problems``.

    ``home`` is the title of the first configured Leads worksheet, where imported people belong.
    """

    at: datetime  # before the read began
    digest: bytes
    leads: Sequence[Leaf[LeadRow]]
    requests: Sequence[Leaf[RequestRow]]
    home: str
    shows_all_leads: bool  # every configured Leads worksheet could be read
    problems: Sequence[str] = ()
    journal: Sequence[Sequence[object]] | None = None  # where it was asked for

    @property
    def titles(self) -> dict[int, str]:
        return {leaf.sheet_id: leaf.title for leaf in self.leaves}

    @property
    def leaves(self) -> list[Leaf[Any]]:
        return [*self.leads, *self.requests]


@dataclass(frozen=True, slots=True)
class _Bound:
    """A configured worksheet: where it is in the ledger and at Google, and how to read it."""

    id: int
    sheet_id: int
    columns: Sequence[Column]
    reader: Reader[Any]


class Workbook:
    """Reads one spreadsheet, and keeps what makes the next read cheap."""

    def __init__(
        self,
        *,
        sheet: Spreadsheet,
        spreadsheet_id: str,
        leads: Sequence[str],
        requests: Sequence[str],
        aliases: Mapping[str, Sequence[str]],
        panel: Panel,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self.sheet = sheet
        self._spreadsheet_id = spreadsheet_id
        self._leads = tuple(leads)
        self._requests = tuple(requests)
        self._aliases = aliases
        self.panel = panel
        self._ledger = ledger
        self._clock = clock
        self._bound: dict[str, _Bound] = {}
        self._panel: Outline | None = None  # with its title as last read
        self._journal: Known | None = None
        self._titles: dict[int, Raw] = {}  # each header as it was last read
        self._looked_at: datetime | None = None
        self._apart_until: datetime | None = None

    def journal(self, mark: str, copies: Sequence[RowCopy], top: int) -> Journal | None:
        """Return where to keep what a write hits, if ``syncd init`` has made that worksheet.

        The rows above ``top`` are in use. Of more copies than there is room for, the first count.
        """
        if self._journal is None:
            return None
        fitting = [one._replace(width=min(one.width, JOURNAL_COLUMNS)) for one in copies]
        return Journal(
            sheet_id=self._journal.sheet_id,
            title=self._journal.title,
            columns=JOURNAL_COLUMNS,
            mark=mark,
            top=top,
            copies=fitting[: max(0, JOURNAL_ROWS - 1 - top)],
        )

    def forget_journal(self) -> None:
        """Go on without the journal: a write that names it was refused. It is looked up again."""
        if self._journal is not None:
            with self._ledger.transaction():
                self._ledger.worksheets.forget_journal(self._journal.id)
            self._journal = self._looked_at = None

    def read(
        self,
        known: bytes | None,
        holds: Callable[[int, object], bool],
        *,
        journal: bool = False,
    ) -> Moment | None:
        """Read the spreadsheet, with its ``journal`` if wanted; None when it is as ``known``.

        A worksheet that was deleted refuses the read; then all are looked up by title anew.
        ``holds`` tells what is in flight to a worksheet of ours, and may have hit its header.
        """
        at = self._clock()
        self._bind()
        try:
            snapshot = self._read(known, journal)
        except SheetDenied:
            self._bind(anew=True)
            snapshot = self._read(known, journal)
        self.panel.see(snapshot.aside, self.sheet.time_zone)
        if snapshot.grids is None:
            return None
        problems = [
            f"The worksheet “{title}” is missing."
            for title in (*self._leads, *self._requests)
            if title not in self._bound
        ]
        problems += self.panel.problems
        people = self._leaves(self._leads, snapshot.grids, problems, holds)
        lists = self._leaves(self._requests, snapshot.grids, problems, holds)
        home = self._bound.get(self._leads[0])
        return Moment(
            at=at,
            digest=snapshot.digest,
            leads=people,
            requests=lists,
            home=snapshot.grids[home.sheet_id].title if home else self._leads[0],
            shows_all_leads=len(people) == len(self._leads),
            problems=problems,
            journal=snapshot.grids[self._journal.sheet_id].rows
            if journal and self._journal
            else None,
        )

    def write(
        self,
        writes: Sequence[CellWrite],
        appends: Sequence[Append],
        swaps: Sequence[CellSwap] = (),
        *,
        titles: Mapping[int, str],
        shown: Collection[tuple[int, int]] = (),
        journal: Journal | None = None,
    ) -> Echo:
        """Write as :meth:`~syncd.sheets.Spreadsheet.write` does, and let the panel go along.

        A panel that refuses to be written is left out: it may not stop the others.
        """
        others = bool(writes or appends or swaps)
        apart = self._apart_until is not None and self._clock() < self._apart_until
        along = () if others and apart else self.panel.board()
        if not along:
            if not others:
                return Echo()
            return self.sheet.write(
                writes, appends, swaps, titles=titles, shown=shown, journal=journal
            )
        try:
            echo = self.sheet.write(
                [*writes, *along],
                appends,
                swaps,
                titles={**titles, **self.panel.titles},
                shown={*shown, *self.panel.shown},
                journal=journal,
            )
        except WriteUnknown:
            self.panel.lose()
            raise
        except SheetDenied as error:
            self._apart_until = self._clock() + _APART
            if not others:
                self.panel.refuse(str(error))
                return Echo()
            return self.sheet.write(
                writes, appends, swaps, titles=titles, shown=shown, journal=journal
            )
        self.panel.land(echo)
        return echo

    def tend_panel(self) -> bool:
        """Write the panel where that is due and nothing else took it along; return whether."""
        if not self.panel.is_due():
            return False
        try:
            self.write((), (), titles={})
        except (SheetUnavailable, WriteUnknown) as error:  # the next cycle tries again
            log.info("panel_not_written", spreadsheet=self.sheet.name, reason=str(error))
        return True

    def has_pending(self) -> bool:
        """Whether some write of an earlier run may not have arrived."""
        known = self._ledger.worksheets.known(self._spreadsheet_id)
        return any(self._ledger.outbox.pending(worksheet.id) for worksheet in known)

    def _read(self, known: bytes | None, journal: bool) -> Snapshot:
        ids = [bound.sheet_id for bound in self._bound.values()]
        if journal and self._journal is not None:
            ids.append(self._journal.sheet_id)
        if self._panel is None:
            return self.sheet.read(ids, known)
        aside = Aside(self._panel.sheet_id, self._panel.title, self.panel.condense)
        snapshot = self.sheet.read([*ids, aside.sheet_id], known, aside)
        if snapshot.aside is not None and snapshot.aside.title != aside.title:
            self._panel = Outline(sheet_id=aside.sheet_id, title=snapshot.aside.title)
        return snapshot

    def _leaves(
        self,
        titles: Sequence[str],
        grids: Mapping[int, Grid],
        problems: list[str],
        holds: Callable[[int, object], bool],
    ) -> list[Leaf[Any]]:
        leaves: list[Leaf[Any]] = []
        for title in titles:
            if (bound := self._bound.get(title)) is None:
                continue
            grid = grids[bound.sheet_id]
            rows, overwritten = self._mend_header(bound, grid.rows, holds)
            header = find_header(rows, bound.columns, self._aliases)
            if isinstance(header, HeaderProblem):
                problems.append(f"The worksheet “{grid.title}” is left alone: {header.text}")
                continue
            table = bound.reader.read(rows, header)
            self._titles[bound.id] = table.titles
            leaves.append(
                Leaf(
                    id=bound.id,
                    sheet_id=bound.sheet_id,
                    title=grid.title,
                    table=table,
                    overwritten=overwritten,
                )
            )
        return leaves

    def _mend_header(
        self, bound: _Bound, rows: Sequence[Raw], holds: Callable[[int, object], bool]
    ) -> tuple[Sequence[Raw], Mapping[int, object]]:
        """Return the grid with its header as it was before a write of ours hit it."""
        found = find_overwritten(
            rows, self._titles.get(bound.id, ()), lambda value: holds(bound.id, value)
        )
        if found is None:
            return rows, {}
        number, belongs = found
        return [*rows[:number], with_values(rows[number], belongs), *rows[number + 1 :]], belongs

    def _bind(self, *, anew: bool = False) -> None:
        """Find the configured worksheets: in the ledger, or else in the spreadsheet's outline."""
        wanted = (*self._leads, *self._requests)
        titles = (*wanted, self.panel.title) if self.panel.title else wanted
        now = self._clock()
        if anew:
            self._bound, self._panel, self._journal = {}, None, None
        if not self._bound and not anew:
            for known in self._ledger.worksheets.known(self._spreadsheet_id):
                if known.title in (*titles, JOURNAL):
                    self._note(known)
        missing = [
            title
            for title in titles
            if title not in self._bound and (title != self.panel.title or self._panel is None)
        ]
        if self._journal is None:
            missing.append(JOURNAL)
        rested = self._looked_at is None or now >= self._looked_at + _LOOK_AGAIN
        if not missing or not (rested or anew or not self._bound):
            return
        self._looked_at = now
        for outline in self.sheet.outline():
            if outline.title in missing:
                with self._ledger.transaction():
                    known = self._ledger.worksheets.remember(
                        self._spreadsheet_id, outline.sheet_id, outline.title
                    )
                self._note(known)
        if not self._bound:
            raise SheetDenied(f"None of the worksheets {', '.join(wanted)} is there.")

    def _note(self, known: Known) -> None:
        if known.title == self.panel.title:
            self._panel = Outline(sheet_id=known.sheet_id, title=known.title)
        elif known.title == JOURNAL:
            self._journal = known
        else:
            self._bound[known.title] = self._make(known.id, known.sheet_id, known.title)

    def _make(self, number: int, sheet_id: int, title: str) -> _Bound:
        if title in self._leads:
            return _Bound(number, sheet_id, leads.COLUMNS, Reader(parse_lead))
        return _Bound(number, sheet_id, requests.COLUMNS, Reader(parse_request))
