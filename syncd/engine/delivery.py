"""Delivery: what every row should say, into the right cells, whatever people do meanwhile.

A write goes to a position, and a row may have moved since the position was read. So:

1. the texts go to the outbox (pending), in one commit, before anything leaves
2. ONE write carries all of them, and brings back the written rows as they then stood
3. each echoed row is asked who it is: the right key (a new row: the right fingerprint), and for
   its text
4. where all is well the cells are marked sent; else the spreadsheet is read again, wrongly hit
   cells get back what stood there before, and what is still missing is written again, five times
   at most
5. an answer that was lost is not an error and not a reason to resend: step 4 finds out

Nothing here remembers row numbers beyond one attempt, and no text of a human is written over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

import structlog

from syncd.core.leads import Lead, LeadRow, parse_lead
from syncd.core.requests import parse_request
from syncd.engine.strays import KEY, Flight, Read, clean
from syncd.engine.survey import Desire, Survey
from syncd.engine.workbook import Leaf, Moment, Workbook
from syncd.errors import SheetChanged, SheetDenied, SheetUnavailable, WriteUnknown
from syncd.ledger import Ledger
from syncd.sheets import Append, CellWrite, Echo

log = structlog.get_logger()

_MOST_REPAIRS = 5
_LATEST = timedelta(seconds=200)  # Google gives up on a request after 180 s; until then it may act
_MOST_ROWS = 2000  # rows changed per write and worksheet: Google recommends bodies below 2 MB
UPDATED = Lead.UPDATED.value


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One text for one cell, with who the row must be for it to be right."""

    leaf: Leaf[Any]
    row: int
    column: str
    text: str
    key: str
    fingerprint: str
    restores: bool = False  # puts back what a stray of ours replaced: maybe a human's


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """What one delivery did.

    ``more``: rows are left for the next cycle. ``unfinished``: something did not arrive, however
    often it was tried, or has to wait for a lost answer.
    """

    writes: int = 0
    repairs: int = 0
    cells: int = 0
    keys: int = 0
    appended: int = 0
    more: bool = False
    unfinished: bool = False


class Delivery:
    """Brings one spreadsheet to what a survey says."""

    def __init__(
        self,
        *,
        workbook: Workbook,
        ledger: Ledger,
        survey: Callable[[Moment], Survey],
        clock: Callable[[], datetime],
        zone: tzinfo,
        new_key: Callable[[], str],
    ) -> None:
        self._workbook = workbook
        self._ledger = ledger
        self._survey = survey
        self._clock = clock
        self._zone = zone
        self._new_key = new_key
        self._append_from: datetime | None = None

    def read(self, known: bytes | None = None) -> Read | None:
        """Read the spreadsheet and take out what an earlier write left in wrong rows."""
        moment = self._workbook.read(known)
        if moment is None:
            return None
        flight = Flight.load(self._ledger, [leaf.id for leaf in moment.leaves])
        return clean(moment, None, flight, self._ledger)

    def deliver(self, read: Read, survey: Survey) -> tuple[Moment, Delivered]:
        """Write until the sheet says what it should; return the last moment read, too."""
        before = read.moment
        flight = Flight.load(self._ledger, [leaf.id for leaf in before.leaves])
        done = Delivered()
        for attempt in range(_MOST_REPAIRS + 1):
            self._note_members(survey)
            changes, more = self._changes(read, survey, flight)
            waits = self._append_from is not None and self._clock() < self._append_from
            added = _appends(read.moment, survey)
            done = replace(done, unfinished=bool(waits and added))
            appends = [] if waits or attempt else added
            if not changes and not appends:
                self._land(flight)
                return read.moment, done
            try:
                arrived, settled = self._write(read.moment, changes, appends, flight)
            except SheetChanged:  # what was written before still has to be seen to
                arrived, settled = 0, False
            done = replace(
                done,
                writes=done.writes + 1,
                repairs=attempt,
                cells=done.cells + arrived,
                keys=done.keys + sum(change.column == KEY for change in changes),
                appended=done.appended + sum(len(append.rows) for append in appends),
                more=more or bool(appends),
            )
            if settled:
                self._land(flight)
                return read.moment, done
            fresh = self._workbook.read()
            assert fresh is not None  # noqa: S101  (a read without a known digest always tells)
            read = clean(fresh, before, flight, self._ledger)
            survey = self._survey(read.moment)
        log.warning("delivery_unfinished", spreadsheet=self._workbook.sheet.name)
        return read.moment, replace(done, unfinished=True)

    def _land(self, flight: Flight) -> None:
        """Note that nothing is in flight any more: all of it was seen, or its row is gone.

        Not before the whole delivery is well: until then a text that arrived may still have a twin
        in a wrong row, which must be known for ours.
        """
        with self._ledger.transaction():
            for worksheet, cells in flight.cells.items():
                self._ledger.outbox.mark_sent(worksheet, cells)

    def _note_members(self, survey: Survey) -> None:
        if survey.appended:
            with self._ledger.transaction():
                for (worksheet, key), prospects in survey.appended.items():
                    self._ledger.imports.mark_appended(worksheet, key, prospects)

    # -- deciding -------------------------------------------------------------------------------

    def _changes(self, read: Read, survey: Survey, flight: Flight) -> tuple[list[Change], bool]:
        """Return what to write, and whether rows are left for the next cycle."""
        changes: list[Change] = []
        more = False
        for leaf in read.moment.leaves:
            strays = read.strays.get(leaf.id, {})
            found = self._leaf_changes(leaf, survey.desires[leaf.id], strays, flight)
            rows = sorted({change.row for change in found})
            if len(rows) > _MOST_ROWS:
                more = True
                last = rows[_MOST_ROWS - 1]
                found = [change for change in found if change.row <= last]
            changes += found
        return changes, more

    def _leaf_changes(
        self,
        leaf: Leaf[Any],
        desire: Desire,
        strays: Mapping[int, frozenset[str]],
        flight: Flight,
    ) -> list[Change]:
        """Compare views with what is shown; a human's text is never replaced.

        Where a stray stands, the cell is written in any case: with what the view says, or else
        with what stood there before.
        """
        table, ownership = leaf.table, desire.ownership
        at = table.header.at
        differing: dict[int, dict[str, str]] = {}
        for number, view in desire.views.items():
            row = table.row(number)
            texts = {c: text for c, text in view.items() if c in at and row.owned(c) != text}
            if texts:
                differing[number] = texts
        ownership.load(table.row(number).key for number in differing)
        changes: list[Change] = []

        def change(
            number: int, column: str, text: str, key: str, *, restores: bool = False
        ) -> None:
            changes.append(
                Change(
                    leaf=leaf,
                    row=number,
                    column=column,
                    text=text,
                    key=key,
                    fingerprint=table.row(number).fingerprint,
                    restores=restores,
                )
            )

        stamp = f"{self._clock().astimezone(self._zone):%Y-%m-%d %H:%M}"
        for number in differing.keys() | strays.keys():
            row = table.row(number)
            ours = {
                column: text
                for column, text in differing.get(number, {}).items()
                if not ownership.foreign(row, column)
            }
            if ours and row.key and UPDATED in at and not ownership.foreign(row, UPDATED):
                ours[UPDATED] = stamp
            for column, text in ours.items():
                change(number, column, text, row.key, restores=not row.key)
            for column in strays.get(number, frozenset()) - ours.keys():
                if not (column == KEY and number in desire.newcomers):
                    change(number, column, row.owned(column), row.key, restores=True)
        taken = {row.key for row in table.rows} if desire.newcomers and flight.keys else set()
        for number in desire.newcomers:
            again = flight.reuse_key(leaf.id, table.row(number).fingerprint, taken)
            key = again or self._new_key()
            taken.add(key)
            change(number, KEY, key, key)
        return changes

    # -- doing ----------------------------------------------------------------------------------

    def _write(
        self,
        moment: Moment,
        changes: Sequence[Change],
        appends: Sequence[Append],
        flight: Flight,
    ) -> tuple[int, bool]:
        """Commit the intents, write once, and return (cells seen in place, whether all were)."""
        now = self._clock()
        with self._ledger.transaction():
            for leaf in moment.leaves:
                mine = [c for c in changes if c.leaf.id == leaf.id and not c.restores]
                self._ledger.outbox.intend(leaf.id, {(c.key, c.column): c.text for c in mine}, now)
                given = {c.key: c for c in mine if c.column == KEY}
                self._ledger.worksheets.give_keys(
                    leaf.id, {key: c.fingerprint for key, c in given.items()}, now
                )
                for key, change in given.items():
                    copied = leaf.table.row(change.row).key
                    if copied and copied != key:
                        self._ledger.outbox.inherit(leaf.id, copied, key)
                for c in mine:
                    flight.add(leaf.id, c.key, c.column, c.text, c.fingerprint)
        writes = [
            CellWrite(
                sheet_id=c.leaf.sheet_id,
                row=c.row,
                column=c.leaf.table.header.at[c.column],
                text=c.text,
            )
            for c in changes
        ]
        try:
            echo = self._workbook.sheet.write(writes, appends, titles=moment.titles)
        except WriteUnknown as error:
            log.warning("write_unknown", spreadsheet=self._workbook.sheet.name, reason=str(error))
            if appends:  # rows have no key yet: added again too early, they would stand twice
                self._append_from = self._clock() + _LATEST
            return 0, False
        except (SheetUnavailable, SheetDenied):
            with self._ledger.transaction():
                for leaf in moment.leaves:
                    keys = [c.key for c in changes if c.leaf.id == leaf.id and c.column == KEY]
                    self._ledger.worksheets.take_back(leaf.id, keys)
            raise
        arrived = sum(_arrived(change, echo) for change in changes)
        return arrived, arrived == len(changes)


def _arrived(change: Change, echo: Echo) -> bool:
    """Return whether the echo shows the text in the row that it was meant for."""
    raw = echo.get((change.leaf.sheet_id, change.row), ())
    header = change.leaf.table.header
    parse = parse_lead if isinstance(change.leaf.table.row(change.row), LeadRow) else parse_request
    row = parse(raw, header)
    if row.blank and not change.key:
        return not change.text
    if change.column == KEY:
        return row.key == change.text and row.fingerprint == change.fingerprint
    same = row.key == change.key if change.key else row.fingerprint == change.fingerprint
    return same and row.owned(change.column) == change.text


def _appends(moment: Moment, survey: Survey) -> list[Append]:
    appends = []
    for leaf in moment.leads:
        if rows := survey.desires[leaf.id].appends:
            at: Mapping[str, int] = leaf.table.header.at
            appends.append(
                Append(
                    sheet_id=leaf.sheet_id,
                    rows=[_lay_out(texts, at) for _, texts in rows],
                )
            )
    return appends


def _lay_out(texts: Mapping[str, str], at: Mapping[str, int]) -> list[str]:
    places = {at[column]: text for column, text in texts.items() if column in at}
    return [places.get(position, "") for position in range(max(places) + 1)]
