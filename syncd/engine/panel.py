"""The panel at work: what people decided there steers buying, and what syncd knows is told there.

It writes nothing by itself: its cells go along with whatever else is written to the spreadsheet,
and alone only when its heartbeat is due or people wait for an answer
(:meth:`~syncd.engine.workbook.Workbook.write`). A panel that cannot be read or written is a problem
that is told, and stops nothing: what people last decided goes on to hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from syncd.core import cells, status
from syncd.core.alignment import Sent, Typed, find_hits, with_cells
from syncd.core.bulletin import (
    ALIVE,
    Facts,
    arrange,
    compose,
    is_shown,
    last_look,
    time_of,
)
from syncd.core.cells import Formula
from syncd.core.credits import Caps
from syncd.core.events import tell
from syncd.core.flight import LANDS_WITHIN
from syncd.core.header import HeaderProblem
from syncd.core.lease import Claim
from syncd.core.panel import (
    INPUTS,
    Controls,
    Label,
    Part,
    Places,
    Rows,
    cell,
    find_inputs,
    find_places,
    lower,
    read_controls,
)
from syncd.core.status import Stand, sentence
from syncd.engine.leasing import Tenant
from syncd.ledger import Ledger
from syncd.sheets import CellWrite, Echo, Grid

log = structlog.get_logger()

_MOST_EVENTS = 50
_AHEAD = timedelta(seconds=5)  # that clocks may differ
_REFUSED_FOR = timedelta(minutes=10)  # until a panel that refuses writes is tried again
_MOST_REPAIRS = 5  # in a row: a cell that does not keep what stood in it is left alone
_LONGEST = 300  # letters of a problem among the events


class Panel:
    """One spreadsheet's panel. With an empty title there is none."""

    def __init__(
        self,
        *,
        title: str,
        spreadsheet_id: str,
        account: str,
        caps: Caps,
        zone: str,
        aliases: Mapping[str, Sequence[str]],
        beat: timedelta,
        patience: Callable[[datetime], int],
        host: str,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self.title = title
        self._faults: tuple[str, ...] = ()  # of the panel, as last read
        self._spreadsheet_id = spreadsheet_id
        self._account = account
        self._caps = caps
        self._day_zone = ZoneInfo(zone)
        self._zone = zone  # of the spreadsheet, once it is known
        self._aliases = aliases
        self._beat = beat
        self.patience = patience  # minutes that may pass until the next look
        self._ledger = ledger
        self._clock = clock
        self._grid: Grid | None = None
        self._places: Places | None = None
        self._inputs: Typed = {}
        self._controls: Controls | None = None  # None: never read in this process
        self._told: Controls | None = None  # those that the panel says it has heard
        self._flight: Sent | None = None  # not known to stand where it belongs
        self._late_until: datetime | None = None  # it may still come: its answer was lost
        self._restores: dict[tuple[int, int], object] = {}
        self._repairs = 0  # in a row
        self._sent: dict[tuple[int, int], object] = {}
        self._tried_at: datetime | None = None
        self._refused_until: datetime | None = None
        self.stands: Mapping[Stand, int] | None = None  # None: not counted in this process
        self.troubles: tuple[str, ...] = ()
        self._since: datetime | None = None
        self._last: tuple[datetime, str] | None = None
        self.tenant = Tenant(
            host=host, beat=beat, lineage=ledger.lineage, can_write=self._may_write, clock=clock
        )

    # -- what people decided --------------------------------------------------------------------

    def hold(self) -> str:
        """Return why nothing may be bought for this spreadsheet, as a sentence, or nothing."""
        controls = self._controls or Controls()
        if controls.paused:
            title = self._grid.title if self._grid else self.title
            return sentence(status.HOLD_PAUSED, worksheet=title)
        return controls.odd or (status.HOLD_PAST if self.tenant.is_behind() else "")

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the panel, and what syncd may not know of the past, as sentences."""
        behind = self.tenant.find_gap()
        return (*self._faults, behind) if behind else self._faults

    @property
    def controls(self) -> Controls:
        """What people decided, as last read."""
        return self._controls or Controls()

    def caps(self) -> Caps:
        """Return the caps that hold now: those of the config, or what people lowered them to."""
        return lower(self._caps, self._controls or Controls())

    def condense(self, grid: Grid) -> bytes:
        """Return what of the panel concerns the other worksheets: what people decide there."""
        places = find_places(grid.rows, self._aliases, grid.height)
        typed = places.text if isinstance(places, HeaderProblem) else find_inputs(grid.rows, places)
        return repr((grid.title, typed)).encode()

    def see(self, grid: Grid | None, time_zone: str) -> None:
        """Take in what the last read showed: None where there is no panel."""
        gone = grid is None and self._grid is not None
        places = find_places(grid.rows, self._aliases, grid.height) if grid else None
        if grid is None or isinstance(places, HeaderProblem):
            self._places, self._restores = None, {}
            self.tenant.see(None)
            if grid is not None and isinstance(places, HeaderProblem):
                self._grid = grid
                said = f"The panel “{grid.title}” cannot be used: {places.text}"
            else:
                said = f"The panel “{self.title}” is gone."
            if grid is not None or gone or self._faults:
                self._faults = (f"{said} Pause and limits stay as they were last read.",)
            return
        assert places is not None  # noqa: S101  (there is a grid)
        self._grid, self._places = grid, places
        self._zone = self._find_zone(grid.rows, places, time_zone)
        self.tenant.see(_find_lease(grid.rows, places))
        self._inputs = self._find_strays(grid.rows, places, find_inputs(grid.rows, places))
        self._steer(read_controls(self._inputs, grid.title, self._controls or Controls()))
        self._faults = ()
        if places.missing:
            names = ", ".join(f"“{label}”" for label in places.missing)
            where = f"in the column “{Part.LABEL}” of the panel “{grid.title}”"
            self._faults = (f"{names} is missing {where}. Type it there again.",)

    def _steer(self, controls: Controls) -> None:
        """Let what people decided hold from now on, and remember that they did."""
        earlier, self._controls = self._controls, controls
        if earlier is None:
            self._told = controls
        if earlier is None or earlier == controls:
            return
        said = []
        if earlier.paused != controls.paused:
            said.append(
                "Buying was paused." if controls.paused else "Buying goes on after a pause."
            )
        for label, old, new in (
            (Label.DAY, earlier.day, controls.day),
            (Label.MONTH, earlier.month, controls.month),
        ):
            if old != new:
                said.append(f"{label} was {'emptied' if new is None else f'set to {new:,}'}.")
        now = self._clock()
        with self._ledger.transaction():
            for text in said:
                self._ledger.worksheets.note(self._spreadsheet_id, text, now)
        log.info("panel", paused=controls.paused)

    def _find_zone(self, rows: Rows, places: Places, told: str) -> str:
        """Return the spreadsheet's time zone: as Google told, or else as the panel says."""
        shown = [
            cells.text(cell(rows, number, places.column(Part.NOW)))
            for number in places.rows.get(Label.ZONE, ())
        ]
        for name in (told, *shown):
            if name and _is_zone(name):
                return name
        return self._zone

    # -- what a write of ours hit ----------------------------------------------------------------

    def _find_strays(self, rows: Rows, places: Places, inputs: Typed) -> Typed:
        """Note what a misplaced write of ours hit, and what stood there; believe no hit input."""
        self._restores = {}
        flight = self._flight
        if flight is None or self._repairs > _MOST_REPAIRS:
            self._flight, self._late_until, self._repairs = None, None, 0
            return inputs
        self._restores, believed = find_hits(flight, rows, places, inputs)
        landed = self._late_until is None or self._clock() >= self._late_until
        if landed and not self._restores:
            self._flight = self._late_until = None
        return believed

    # -- what syncd tells -----------------------------------------------------------------------

    def note_stands(self, stands: Mapping[Stand, int]) -> None:
        """Note how many rows stand how."""
        self.stands = stands

    def note_troubles(self, troubles: Sequence[str]) -> None:
        """Note what is wrong now, and since when; a change is an event."""
        told = tuple(dict.fromkeys(troubles))
        if told == self.troubles:
            return
        now = self._clock()
        said = [text[:_LONGEST] for text in told if text not in self.troubles]
        if not told:
            self._last = (now, " ".join(self.troubles))
            said = ["All is well again."]
        if not self.troubles:
            self._since = now
        self.troubles = told
        with self._ledger.transaction():
            for text in said:
                self._ledger.worksheets.note(self._spreadsheet_id, text, now)

    def is_due(self) -> bool:
        """Whether the panel must be written even where nothing else is."""
        claim = self.tenant.claim
        if not self._may_write() or claim is Claim.OTHERS:
            return False
        if claim is Claim.FREE and not self.tenant.is_claiming():
            return True
        if self._restores or self._controls != self._told:
            return True  # people wait for it
        now = self._clock()
        if self._tried_at is not None and now - self._tried_at < self._beat:
            return False
        assert self._grid is not None  # noqa: S101  (it may be written)
        assert self._places is not None  # noqa: S101  (as above)
        shown = last_look(self._grid.rows, self._places)
        if shown is None:
            return True
        age = now - shown.replace(tzinfo=ZoneInfo(self._zone))
        return not -_AHEAD <= age < self._beat

    def board(self) -> list[CellWrite]:
        """Return the cells that go along with the next write."""
        now = self._clock()
        self._sent = {}
        if not self._may_write() or self.tenant.claim is Claim.OTHERS:
            return []
        assert self._grid is not None  # noqa: S101  (it may be written)
        assert self._places is not None  # noqa: S101  (as above)
        rows, zone = self._grid.rows, ZoneInfo(self._zone)
        events = [
            (time_of(event.at.astimezone(zone)), said)
            for event in self._ledger.worksheets.tidings(self._spreadsheet_id)
            if (said := tell(event))
        ]
        wanted = arrange(self._places, compose(self._facts(now)), events[:_MOST_EVENTS])
        self._sent = {
            place: value
            for place, value in wanted.items()
            if isinstance(value, Formula) or not is_shown(value, cell(rows, *place))
        }
        self._sent.update(self._restores)
        return [
            CellWrite(sheet_id=self._grid.sheet_id, row=row, column=column, value=value)
            for (row, column), value in self._sent.items()
        ]

    def land(self, echo: Echo) -> None:
        """Judge by the echo whether the cells went where they belong; if not, look next time."""
        if self._note_sent() and self._is_well(echo):
            self._flight, self._restores = None, {}

    def lose(self) -> None:
        """Note that the answer was lost: what was sent may stand, now or later, or never."""
        if self._note_sent():
            self._late_until = self._clock() + LANDS_WITHIN

    def refuse(self, reason: str) -> None:
        """Note that the panel cannot be written: the others are, without it."""
        log.warning("panel_refused", reason=reason)
        self._refused_until = self._clock() + _REFUSED_FOR

    @property
    def titles(self) -> dict[int, str]:
        """Its title as last read, by sheet id."""
        return {self._grid.sheet_id: self._grid.title} if self._grid else {}

    @property
    def shown(self) -> set[tuple[int, int]]:
        """Where its header stands, by sheet id and 0-based row: an echo must show it."""
        if self._grid is None or self._places is None:
            return set()
        return {(self._grid.sheet_id, self._places.header.row)}

    def _may_write(self) -> bool:
        refused = self._refused_until is not None and self._clock() < self._refused_until
        return self._grid is not None and self._places is not None and not refused

    def _facts(self, now: datetime) -> Facts:
        zone = ZoneInfo(self._zone)
        account = self._ledger.accounts.get(self._account)
        day = self._ledger.accounts.day(self._account, now.astimezone(self._day_zone))
        booked = self._ledger.accounts.booked(self._account, 0, day)
        return Facts(
            at=now.astimezone(zone),
            zone=self._zone,
            patience=self.patience(now),
            lease=self.tenant.write(),
            caps=self._caps,
            controls=self._controls or Controls(),
            typed=self._unreadable(),
            spent_day=booked.day,
            spent_month=booked.month,
            balance=account.balance,
            balance_at=account.balance_at.astimezone(zone) if account.balance_at else None,
            stands=self.stands or {},
            problems=self.troubles,
            since=self._since.astimezone(zone) if self._since and self.troubles else None,
            last=(self._last[0].astimezone(zone), self._last[1]) if self._last else None,
        )

    def _unreadable(self) -> dict[Label, str]:
        """Return what stands in those of people's limits that cannot be read."""
        found = {}
        for label in INPUTS[1:]:
            for value in self._inputs.get(label, ()):
                if read_controls({label: [value]}, "", Controls()).odd:
                    found[label] = cells.brief(cells.text(value))
        return found

    def _note_sent(self) -> bool:
        """Remember what left; return whether anything did."""
        if not self._sent or self._grid is None:
            return False
        self._repairs = self._repairs + 1 if self._restores else 0
        self._tried_at, self._told = self._clock(), self._controls
        self.tenant.note_written()
        values = {
            ALIVE if isinstance(value, Formula) else cells.text(value)
            for value in self._sent.values()
        }
        if self._flight is not None:  # what flew before may still be about
            values |= set(self._flight.values)
        self._flight = Sent(
            before=with_cells(self._grid.rows, self._restores), inputs=self._inputs, values=values
        )
        return True

    def _is_well(self, echo: Echo) -> bool:
        """Return whether each written row is the one that was meant, and shows what was written."""
        assert self._grid is not None  # noqa: S101  (something was sent)
        assert self._places is not None  # noqa: S101  (as above)
        if self._late_until is not None:
            return False
        header, label = self._places.header.row, self._places.column(Part.LABEL)
        meant = {(row, label) for row, _ in self._sent}
        meant |= {(header, column) for column in self._places.header.at.values()}
        for row, column in meant:
            shown = cell([echo.row(self._grid.sheet_id, row)], 0, column)
            if cells.text(shown) != cells.text(cell(self._grid.rows, row, column)):
                return False
        return all(
            is_shown(value, cell([echo.row(self._grid.sheet_id, row)], 0, at))
            if isinstance(value, str | Formula)
            else True
            for (row, at), value in self._sent.items()
        )


def _find_lease(rows: Rows, places: Places) -> str | None:
    """Return what stands where the lease belongs; None where that place is gone."""
    if Label.LEDGER not in places.rows:
        return None
    return cells.text(cell(rows, places.rows[Label.LEDGER][0], places.column(Part.NOW)))


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
