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
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

import structlog

from syncd.core.leads import Lead, LeadRow, parse_lead
from syncd.core.requests import RequestRow, parse_request
from syncd.engine.survey import Desire, Survey
from syncd.engine.workbook import Leaf, Moment, Workbook
from syncd.errors import WriteUnknown
from syncd.ledger import Ledger
from syncd.sheets import Append, CellWrite, Echo

log = structlog.get_logger()

_MOST_REPAIRS = 5
_MOST_ROWS = 2000  # rows changed per write and worksheet: Google recommends bodies below 2 MB
KEY = Lead.KEY.value  # the same header text in both worksheets
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
    restores: bool = False  # puts back what a misplaced write replaced

    @property
    def cell(self) -> tuple[str, str]:
        return (self.key, self.column)


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """What one delivery did. ``more`` is set when rows are left for the next cycle."""

    writes: int = 0
    repairs: int = 0
    cells: int = 0
    keys: int = 0
    appended: int = 0
    more: bool = False


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

    def deliver(self, moment: Moment, survey: Survey) -> tuple[Moment, Delivered]:
        """Write until the sheet says what it should; return the last moment read, too."""
        before, flying = moment, _Flight()
        done = Delivered()
        for attempt in range(_MOST_REPAIRS + 1):
            self._note_arrived(moment, survey)
            changes, more = self._changes(moment, survey, before if attempt else None, flying)
            appends = [] if attempt else _appends(moment, survey)
            if not changes and not appends:
                return moment, done
            flying.add(changes)
            arrived, settled = self._write(moment, changes, appends)
            done = Delivered(
                writes=done.writes + 1,
                repairs=attempt,
                cells=done.cells + arrived,
                keys=done.keys + sum(change.column == KEY for change in changes),
                appended=done.appended + sum(len(append.rows) for append in appends),
                more=more or bool(appends),
            )
            if settled:
                return moment, done
            fresh = self._workbook.read()
            assert fresh is not None  # noqa: S101  (a read without a known digest always tells)
            moment, survey = fresh, self._survey(fresh)
        log.warning("delivery_unfinished", spreadsheet=self._workbook.sheet.name)
        return moment, done

    # -- deciding -------------------------------------------------------------------------------

    def _changes(
        self, moment: Moment, survey: Survey, before: Moment | None, flying: _Flight
    ) -> tuple[list[Change], bool]:
        changes: list[Change] = []
        more = False
        for leaf in moment.leaves:
            desire = survey.desires[leaf.id]
            restored = _restores(leaf, before, desire, flying)
            found = self._leaf_changes(leaf, desire)
            wanted = {(c.row, c.column): c for c in (*found, *restored)}  # what restores, wins
            rows = sorted({row for row, _ in wanted})
            if len(rows) > _MOST_ROWS:
                more = True
                keep = set(rows[:_MOST_ROWS])
                wanted = {place: c for place, c in wanted.items() if place[0] in keep}
            changes += wanted.values()
        return changes, more

    def _leaf_changes(self, leaf: Leaf[Any], desire: Desire) -> list[Change]:
        """Compare views with what is shown; a human's text is never replaced."""
        header, table, ownership = leaf.table.header, leaf.table, desire.ownership
        differing = {
            number: [
                (column, text)
                for column, text in view.items()
                if column in header.at and table.row(number).owned(column) != text
            ]
            for number, view in desire.views.items()
        }
        differing = {number: cells for number, cells in differing.items() if cells}
        ownership.load(table.row(number).key for number in differing)
        changes: list[Change] = []
        stamp = f"{self._clock().astimezone(self._zone):%Y-%m-%d %H:%M}"
        for number, cells in differing.items():
            row = table.row(number)
            ours = [cell for cell in cells if not ownership.foreign(row, cell[0])]
            if not ours:
                continue
            if UPDATED in header.at and not ownership.foreign(row, UPDATED):
                ours.append((UPDATED, stamp))
            changes += [
                Change(
                    leaf=leaf,
                    row=number,
                    column=column,
                    text=text,
                    key=row.key,
                    fingerprint=row.fingerprint,
                )
                for column, text in ours
            ]
        for number in desire.newcomers:
            row = table.row(number)
            changes.append(
                Change(
                    leaf=leaf,
                    row=number,
                    column=KEY,
                    text=(key := self._new_key()),
                    key=key,
                    fingerprint=row.fingerprint,
                )
            )
        return changes

    # -- doing ----------------------------------------------------------------------------------

    def _write(
        self, moment: Moment, changes: Sequence[Change], appends: Sequence[Append]
    ) -> tuple[int, bool]:
        """Commit the intents, write once, and return (cells seen in place, whether all were)."""
        now = self._clock()
        with self._ledger.transaction():
            for leaf in moment.leaves:
                mine = [c for c in changes if c.leaf.id == leaf.id and c.key and not c.restores]
                self._ledger.outbox.intend(leaf.id, {c.cell: c.text for c in mine}, now)
                given = {c.key: c for c in mine if c.column == KEY}
                self._ledger.worksheets.give_keys(
                    leaf.id, {key: c.fingerprint for key, c in given.items()}, now
                )
                for key, change in given.items():
                    copied = leaf.table.row(change.row).key
                    if copied:
                        self._ledger.outbox.inherit(leaf.id, copied, key)
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
            return 0, False
        right = [change for change in changes if _arrived(change, echo)]
        with self._ledger.transaction():
            for leaf in moment.leaves:
                cells = [c.cell for c in right if c.leaf.id == leaf.id and not c.restores]
                self._ledger.outbox.mark_sent(leaf.id, cells)
        return len(right), len(right) == len(changes)

    def _note_arrived(self, moment: Moment, survey: Survey) -> None:
        """Mark sent what an earlier write, whose answer was lost, is now seen to have done."""
        with self._ledger.transaction():
            for (worksheet, key), prospects in survey.appended.items():
                self._ledger.imports.mark_appended(worksheet, key, prospects)
            for leaf in moment.leaves:
                pending = self._ledger.outbox.pending(leaf.id)
                if not pending:
                    continue
                places = leaf.table.by_key()
                self._ledger.outbox.mark_sent(
                    leaf.id,
                    [
                        (key, column)
                        for (key, column), text in pending.items()
                        for number in places.get(key, ())[:1]
                        if column == KEY or leaf.table.row(number).owned(column) == text
                    ],
                )


class _Flight:
    """Everything this delivery has sent so far, to tell misplaced texts from people's."""

    def __init__(self) -> None:
        self.texts: dict[tuple[int, str], dict[str, set[str]]] = {}
        self.keys: dict[tuple[int, str], str] = {}  # new keys: (worksheet, key) -> fingerprint

    def add(self, changes: Sequence[Change]) -> None:
        for change in changes:
            if change.restores:
                continue
            if change.column == KEY:
                self.keys[change.leaf.id, change.key] = change.fingerprint
            else:
                texts = self.texts.setdefault((change.leaf.id, change.column), {})
                texts.setdefault(change.text, set()).add(change.key)


def _restores(
    leaf: Leaf[Any], before: Moment | None, desire: Desire, flying: _Flight
) -> list[Change]:
    """Find cells that hold a text of ours that was meant for another row, and undo them.

    What goes back is what the row, by its key or else its fingerprint, showed at the start. Without
    a start to compare with (after a crash) only rows of nobody are cleaned; keyed rows get their
    own view anyway.
    """
    old = _Before(leaf, before)
    columns = [c for (worksheet, c) in flying.texts if worksheet == leaf.id]
    restores: list[Change] = []
    if not flying.keys and not columns:
        return restores
    for number, row in enumerate(leaf.table.rows, leaf.table.first):
        if row.blank:
            continue
        meant = flying.keys.get((leaf.id, row.key)) if row.key else None
        strayed = meant is not None and meant != row.fingerprint
        key = old.key_of(row) if strayed else row.key
        undo = [(KEY, key)] if strayed else []
        for column in columns:
            shown = row.owned(column) if column != KEY else ""
            owners = flying.texts[leaf.id, column].get(shown) if shown else None
            if owners is not None and key not in owners:
                was = old.shown(row, key, column)
                if was != shown and desire.views.get(number, {}).get(column) in {None, was}:
                    undo.append((column, was))
        restores += [
            Change(
                leaf=leaf,
                row=number,
                column=column,
                text=text,
                key=row.key if column != KEY else text,
                fingerprint=row.fingerprint,
                restores=True,
            )
            for column, text in undo
        ]
    return restores


class _Before:
    """A worksheet as it stood before the first write of a delivery."""

    def __init__(self, leaf: Leaf[Any], before: Moment | None) -> None:
        self._keys: dict[str, LeadRow | RequestRow] = {}
        self._prints: dict[str, list[LeadRow | RequestRow]] = {}
        for old in before.leaves if before else ():
            if old.id == leaf.id:
                for row in old.table.rows:
                    if not row.blank:
                        if row.key:
                            self._keys.setdefault(row.key, row)
                        self._prints.setdefault(row.fingerprint, []).append(row)

    def key_of(self, row: LeadRow | RequestRow) -> str:
        """Return the key that the row had; none where that cannot be told: it gets a new one."""
        alike = self._prints.get(row.fingerprint, ())
        return alike[0].key if len(alike) == 1 else ""

    def shown(self, row: LeadRow | RequestRow, key: str, column: str) -> str:
        old = self._keys.get(key) if key else None
        if old is None:
            alike = self._prints.get(row.fingerprint, ())
            old = alike[0] if len(alike) == 1 else None
        return old.owned(column) if old is not None else ""


def _arrived(change: Change, echo: Echo) -> bool:
    """Return whether the echo shows the text in the row that it was meant for."""
    raw = echo.get((change.leaf.sheet_id, change.row))
    if raw is None:
        return not change.text and not change.key
    header = change.leaf.table.header
    parse = parse_lead if isinstance(change.leaf.table.row(change.row), LeadRow) else parse_request
    row = parse(raw, header)
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
