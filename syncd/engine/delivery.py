"""Delivery: what every row should say, into the right cells, whatever people do meanwhile.

A write goes to a position, and a row may have moved since the position was read. So:

1. the texts go to the outbox (pending), in one commit, before anything leaves
2. ONE write carries all of them, and brings back the written rows as they then stood; what tells
   of a person is swapped in for a text that stands there (:mod:`syncd.core.swaps`), all else goes
   to positions
3. each echoed row is asked who it is: the right key (a new row: the right person), and for its text
4. where all is well the cells are marked sent; else the spreadsheet is read again, wrongly hit
   cells get back what stood there before, and what is still missing is written again, five times
   at most
5. an answer that was lost is not an error and not a reason to resend: step 4 finds out, and as it
   may be applied late, what it carried is looked for a while longer

Nothing here remembers row numbers beyond one attempt, and no text of a human is written over: the
read that a write rests on is made when the write may leave at once.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, NamedTuple

import structlog

from syncd.core import cells
from syncd.core.flight import KEY
from syncd.core.swaps import Failures, is_token
from syncd.core.table import cell_at
from syncd.engine.changes import Change, WriteTerms, compose_changes, judge
from syncd.engine.flights import Flights, Read
from syncd.engine.hits import list_copies
from syncd.engine.keyring import adopt_rows
from syncd.engine.survey import Survey
from syncd.engine.workbook import Leaf, Moment, Workbook
from syncd.errors import SheetChanged, SheetDenied, SheetUnavailable, WriteUnknown
from syncd.ledger import Ledger
from syncd.sheets import Append, Echo

log = structlog.get_logger()

_FRESH = 2.0  # seconds for which a read is good enough to write after
_AT_ONCE = 0.05  # seconds that a write's turn may take to come without being waited for
_MOST_REPAIRS = 5
_MOST_ROWS = 2000  # rows changed per write and worksheet: Google recommends bodies below 2 MB
_MOST_SWAPS = 500  # texts swapped per write: Google looks through a whole column for each
_GIVEN_UP = timedelta(hours=1)  # until a cell that does not keep our text is tried again
_MOST_TOLD = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivered:
    """What one delivery did.

    ``tokens`` are cells that wait for the next cycle to swap their text in; ``more``: there are
    such cells, or rows are left. ``unfinished``: something did not arrive, however
    often it was tried, or has to wait for a lost answer.
    """

    writes: int = 0
    repairs: int = 0
    cells: int = 0
    keys: int = 0
    appended: int = 0
    tokens: int = 0
    more: bool = False
    unfinished: bool = False
    problems: tuple[str, ...] = ()


class _Unkept(NamedTuple):
    """A cell that does not show what was written into it."""

    value: object
    until: datetime
    says: str


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
        self._flights = Flights(ledger=ledger, clock=clock)
        self._unkept: dict[tuple[int, str, str], _Unkept] = {}
        self._failures = Failures()

    def read(self, known: bytes | None = None) -> Read | None:
        """Read the spreadsheet and take out what an earlier write left in wrong cells."""
        moment = self._workbook.read(
            known, self._flights.holds, journal=self._flights.wants_journal
        )
        if moment is None:
            return None
        read = self._flights.clean(moment)
        adopt_rows(read.moment, self._ledger)
        return read

    def deliver(self, read: Read, survey: Survey) -> tuple[Moment, Delivered]:
        """Write until the sheet says what it should; return the last moment read, too."""
        done = Delivered()
        misses: Counter[tuple[int, str, str]] = Counter()
        for attempt in range(_MOST_REPAIRS + 1):
            if attempt:
                read, survey = self._look_again()
            changes, appends, more = self._decide(read, survey, first=not attempt)
            if (changes or appends) and self._waited(read):
                read, survey = self._look_again()
                changes, appends, more = self._decide(read, survey, first=not attempt)
            waits = self._flights.rows_may_be_late and bool(_appends(read.moment, survey))
            waits = waits or any(
                self._flights.find_late_swaps(leaf.id) for leaf in read.moment.leaves
            )
            done = replace(done, unfinished=waits)
            if not changes and not appends:
                self._flights.land(read.moment)
                break
            try:
                arrived, unkept = self._write(read.moment, changes, appends)
            except SheetChanged:  # what was written before still has to be seen to
                self._workbook.forget_journal()
                arrived, unkept = [], []
            done = replace(
                done,
                writes=done.writes + 1,
                repairs=attempt,
                cells=done.cells + len(arrived),
                keys=done.keys + sum(change.column == KEY for change in changes),
                appended=done.appended + sum(len(append.rows) for append in appends),
                tokens=sum(is_token(str(change.value)) for change in changes),
                more=more or bool(appends) or any(map(_is_half_way, changes)),
            )
            if len(arrived) == len(changes) and (changes or not self._flights.may_be_late):
                self._flights.land(read.moment)
                break
            self._give_up_on(unkept, misses)
        else:
            log.warning("delivery_unfinished", spreadsheet=self._workbook.sheet.name)
            done = replace(done, unfinished=True)
        return read.moment, replace(done, problems=self._problems())

    # -- reading --------------------------------------------------------------------------------

    def _look_again(self) -> tuple[Read, Survey]:
        """Read and survey anew, when the write that rests on it may leave at once."""
        self._workbook.sheet.ready()
        read = self.read()
        assert read is not None  # noqa: S101  (a read without a known digest always tells)
        return read, self._survey(read.moment)

    def _waited(self, read: Read) -> bool:
        """Wait for the write's turn; return whether the read is too old by then."""
        began = time.monotonic()
        self._workbook.sheet.ready()
        now = time.monotonic()
        return now - began > _AT_ONCE or now - read.at > _FRESH

    # -- deciding -------------------------------------------------------------------------------

    def _decide(
        self, read: Read, survey: Survey, *, first: bool
    ) -> tuple[list[Change], list[Append], bool]:
        """Return what to write and to append, and whether rows are left for the next cycle."""
        self._note_members(survey)
        now = self._clock()
        changes: list[Change] = []
        more = False
        for leaf in read.moment.leaves:
            terms = WriteTerms(
                stamp=cells.make_stamp(now.astimezone(self._zone)),
                astray=read.astray.get(leaf.id, {}),
                failures=self._failures,
                salt=self._flights.lost,
                late=self._flights.find_late_swaps(leaf.id),
                is_given_up=lambda change: self._is_given_up(change, now),
            )
            desire, strays = survey.desires[leaf.id], read.strays.get(leaf.id, {})
            found = compose_changes(leaf, desire, strays, terms, self._keys_for(leaf))
            fitting = _limit(found)
            more = more or len(fitting) < len(found)
            changes += fitting
        # Imported rows have no key yet: added again too early, they would stand twice.
        appends = (
            _appends(read.moment, survey) if first and not self._flights.rows_may_be_late else []
        )
        return changes, appends, more

    def _keys_for(self, leaf: Leaf[Any]) -> Callable[[int], str]:
        """Return what chooses the keys of a worksheet's newcomers.

        A row that lost its key (cleared, or its column was added anew) gets it back: a request's
        limits, and what a row has cost, hang on it. Not so a copy, which asks for itself.
        """
        taken: set[str] = set()

        def choose(number: int) -> str:
            if not taken:
                taken.update(leaf.table.keys)
            row = leaf.table.row(number)
            key = self._flights.of(leaf.id).reuse_key(row.fingerprint, taken)
            if key is None and not row.key:
                earlier = self._ledger.worksheets.keys_of(leaf.id, row.fingerprint)
                key = next((one for one in earlier if one not in taken), None)
            key = key or self._new_key()
            taken.add(key)
            return key

        return choose

    def _note_members(self, survey: Survey) -> None:
        if survey.appended:
            with self._ledger.transaction():
                for (worksheet, key), prospects in survey.appended.items():
                    self._ledger.imports.mark_appended(worksheet, key, prospects)

    # -- doing ----------------------------------------------------------------------------------

    def _write(
        self, moment: Moment, changes: Sequence[Change], appends: Sequence[Append]
    ) -> tuple[list[Change], list[Change]]:
        """Commit the intents, write once, and return what arrived and what was not kept."""
        now = self._clock()
        new = {
            leaf.id: {c.key for c in changes if c.leaf.id == leaf.id and c.column == KEY}
            - self._ledger.worksheets.given(leaf.id)
            for leaf in moment.leaves
        }
        with self._ledger.transaction():
            for leaf in moment.leaves:
                self._intend([c for c in changes if c.leaf.id == leaf.id and not c.restores], now)
        swapped = [change for change in changes if change.old]
        shown = {(change.leaf.sheet_id, change.leaf.table.header.row) for change in changes}
        # Those beyond are looked up by the next read: an echo has a size, too.
        shown |= {(change.leaf.sheet_id, change.row) for change in swapped[:_MOST_ROWS]}
        echo, copies = Echo(), list_copies(changes)
        journal = self._workbook.journal(self._new_key(), copies, self._flights.journal_top)
        try:
            echo = self._workbook.write(
                [change.write for change in changes if not change.old],
                appends,
                list(dict.fromkeys(change.swap for change in swapped)),
                titles=moment.titles,
                shown=shown,
                journal=journal,
            )
        except WriteUnknown as error:
            log.warning("write_unknown", spreadsheet=self._workbook.sheet.name, reason=str(error))
            self._flights.expect_late(changes, journal, rows=bool(appends))
        except (SheetUnavailable, SheetDenied) as error:
            if isinstance(error, SheetDenied):
                self._workbook.forget_journal()  # perhaps it was made smaller
            with self._ledger.transaction():
                for worksheet, keys in new.items():
                    self._ledger.worksheets.take_back(worksheet, keys)
            raise
        self._flights.send(moment, changes)
        arrived, unkept = judge(changes, echo)
        if self._flights.note_hits(changes, echo.before):
            return [], []  # not well before what people had typed is back
        self._failures = _learn(self._failures, unkept, echo)
        return arrived, unkept

    def _intend(self, changes: Sequence[Change], now: datetime) -> None:
        """Record one worksheet's texts, and whose keys they are; the caller holds a transaction."""
        if not changes:
            return
        leaf = changes[0].leaf
        texts = {(c.key, c.column): str(c.value) for c in changes}
        self._ledger.outbox.intend(leaf.id, texts, now)
        self._ledger.worksheets.give_keys(leaf.id, {c.key: c.fingerprint for c in changes}, now)
        for change in changes:
            copied = leaf.table.row(change.row).key
            if change.column == KEY and copied and copied != change.key:
                home = self._ledger.worksheets.home(copied) or leaf.id
                self._ledger.outbox.inherit(home, copied, leaf.id, change.key)
                self._ledger.approvals.inherit(home, copied, leaf.id, change.key)
                self._ledger.repeats.inherit(home, copied, leaf.id, change.key)

    # -- cells that do not keep a text ------------------------------------------------------------

    def _give_up_on(self, unkept: Sequence[Change], misses: Counter[tuple[int, str, str]]) -> None:
        """Leave a cell alone that was written twice in vain: merged, or emptied by a script.

        It would cost repairs in every cycle, for ever.
        """
        for change in unkept:
            misses[change.cell] += 1
            if misses[change.cell] > 1:
                self._unkept[change.cell] = _Unkept(
                    value=change.value,
                    until=self._clock() + _GIVEN_UP,
                    says=f"The cell {change.column} in row {change.row + 1} of "
                    f"“{change.leaf.title}” does not keep what syncd writes. Is it merged with "
                    "another, or emptied by a script?",
                )

    def _is_given_up(self, change: Change, now: datetime) -> bool:
        known = self._unkept.get(change.cell)
        if known is None:
            return False
        if now >= known.until:
            del self._unkept[change.cell]
            return False
        given_up = change.column == KEY or is_token(str(known.value))
        return given_up or known.value == change.value

    def _problems(self) -> tuple[str, ...]:
        found = [known.says for known in self._unkept.values()]
        if len(found) > _MOST_TOLD:
            found[_MOST_TOLD:] = [f"{len(found) - _MOST_TOLD} more cells are like that."]
        return tuple(found)


def _limit(changes: Sequence[Change]) -> list[Change]:
    """Return what fits into one write. Swaps fit whole or not at all: Google makes them whole."""
    rows = sorted({change.row for change in changes if change.here or not change.old})
    last = rows[_MOST_ROWS - 1] if len(rows) > _MOST_ROWS else None
    whole = [change for change in changes if change.old and not change.here]
    fitting = set(list(dict.fromkeys((one.column, one.old) for one in whole))[:_MOST_SWAPS])
    return [
        change
        for change in changes
        if (
            (change.column, change.old) in fitting
            if change.old and not change.here
            else last is None or change.row <= last
        )
    ]


def _is_half_way(change: Change) -> bool:
    """Return whether something has to follow: a token's text, or what waited for a stray to go."""
    return change.restores or is_token(str(change.value))


def _learn(failures: Failures, unkept: Sequence[Change], echo: Echo) -> Failures:
    """Return what is known of swaps that fail, after a look at those that were not kept."""
    parsed, passed_over = set(failures.parsed), set(failures.passed_over)
    for change in unkept:
        shown = cell_at(echo.row(change.leaf.sheet_id, change.row), change.position)
        if change.old and not isinstance(shown, str):
            parsed.add(change.column)
        elif change.old and shown == change.old:
            passed_over.add(change.column)
    return Failures(frozenset(parsed), frozenset(passed_over))


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
