"""The composition root: a config goes in, wired engines come out. It alone knows every adapter."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType

from syncd.config import Config, SpreadsheetPart
from syncd.core.brakes import Rule
from syncd.core.overview import summarise
from syncd.credentials import read_google_credentials, read_seleqt_key
from syncd.engine.arrivals import Arrivals
from syncd.engine.braking import Brakeman
from syncd.engine.buying import Buyer
from syncd.engine.cycle import Engine
from syncd.engine.delivery import Delivery
from syncd.engine.diary import Diary
from syncd.engine.hints import Hints
from syncd.engine.importing import Importer
from syncd.engine.panel import Panel
from syncd.engine.reconciling import Reconciler
from syncd.engine.recording import Recorder
from syncd.engine.rehearsal import Rehearsal
from syncd.engine.standing import Desk, Standing, report_violations
from syncd.engine.survey import Surveyor
from syncd.engine.workbook import Workbook
from syncd.errors import ConfigError
from syncd.ledger import Ledger, Lock, Mark
from syncd.ledger.leaving import is_as_left, note_left
from syncd.pace import Pace
from syncd.progress import Progress
from syncd.seleqt import Seleqt, Transport
from syncd.sheets import Adapter, GoogleSpreadsheet
from syncd.shift import Crew
from syncd.terms import ACCOUNT, find_mine, limits, look_over, make_caps, make_patience, make_terms
from syncd.traffic import Trip, Watch, ignore

_MOVE = "Stop syncd, move the file, and start it again."
_AUDIT_AGE = timedelta(days=1)

# Crockford's alphabet: no letters that are mistaken for digits, so keys survive being read aloud.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_key() -> str:
    """Return a row key: unguessable, and never mistaken for a number, a date or a formula."""
    return "r-" + "".join(secrets.choice(_ALPHABET) for _ in range(12))


def new_batch_id() -> str:
    """Return a batch id; it is part of the name of the batch's own list at the vendor."""
    return secrets.token_hex(6)


def new_token() -> str:
    """Return what Seleqt is told, so that nobody else can hint at a purchase."""
    return secrets.token_urlsafe(24)


def name_host(ledger: Path) -> str:
    """Return what tells this machine, and this place of the ledger on it, from all others."""
    machine = Path("/etc/machine-id")
    known = machine.read_text().strip() if machine.is_file() else ""
    # systemd moves the folder of a service with DynamicUser; the ledger stays the same.
    path = str(ledger.resolve()).replace("/var/lib/private/", "/var/lib/", 1)
    place = f"{known} {socket.gethostname()} {path}"
    return hashlib.sha256(place.encode()).hexdigest()[:8]


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """What is beyond the program: the network and the passing of time, unless others are given.

    ``adapter`` carries gspread's requests and those for its tokens, ``transport`` httpx's;
    ``rest`` waits for some seconds of ``monotonic``.
    """

    adapter: Adapter | None = None
    transport: Transport | None = None
    monotonic: Callable[[], float] = time.monotonic
    rest: Callable[[float], object] | None = None

    def pace(self, per_minute: int, stop: threading.Event, mark: Callable[[], object]) -> Pace:
        return Pace(per_minute, stop=stop, clock=self.monotonic, rest=self.rest, mark=mark)


@dataclass
class App:
    """Everything wired: one engine per spreadsheet, one vendor client, one lock on the ledger.

    Use it as a context manager. Entering takes the lock and opens the ledgers; it asks nothing of
    Google or Seleqt. One with a ``predecessor`` takes the lock over from that with its crew.
    One with ``copy_of`` has rehearsals, and can buy nothing.
    """

    config: Config
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = utc_now
    outside: Outside = field(default_factory=Outside)
    watch: Watch = ignore
    hints: Hints = field(default_factory=Hints)
    engines: list[Engine] = field(default_factory=list)
    progress: Progress = field(default_factory=Progress)
    predecessor: App | None = None
    copy_of: Path | None = None  # the ledger that this one's is a copy of, to plan on
    rehearsals: list[Rehearsal] = field(default_factory=list)
    _lock: Lock = field(init=False)
    _audited: bool = field(init=False, default=False)

    def __enter__(self) -> App:  # noqa: PYI034  (nobody subclasses it)
        config, before = self.config, self.predecessor
        account = read_google_credentials(config.google.credentials)
        key = read_seleqt_key(config.seleqt.key)
        self._lock = before._lock if before else Lock(config.ledger.path)
        self._holds = before is None
        self._audited = before is not None and before._audited
        if self._holds:
            self._lock.__enter__()
        undisturbed = self._holds and is_as_left(config.ledger.path)
        self._ledgers: list[Ledger] = []
        vendor, reads, writes = self._paces = self._make_paces()
        self._vendor = Seleqt(
            base_url=config.seleqt.base_url,
            key=key,
            pace=vendor,
            transport=self.outside.transport,
            watch=self._note,
            spends=self.copy_of is None,
        )
        self._desk = Desk(self.progress.queued)
        try:
            for part in config.spreadsheet:
                sheet = GoogleSpreadsheet(
                    name=part.name,
                    spreadsheet_id=part.id,
                    account=account,
                    base_url=config.google.base_url,
                    reads=reads,
                    writes=writes,
                    adapter=self.outside.adapter,
                    watch=self._note,
                )
                self.engines.append(self._wire(part, sheet))
            if self._holds and self.copy_of is None:
                self._audit(undisturbed=undisturbed)
                self._audited = True
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._vendor.close()
        while self._ledgers:
            self._ledgers.pop().close()
        if self._holds:
            if self._audited and kind is None:
                note_left(self.config.ledger.path)
            self._lock.__exit__(kind, error, trace)

    def relieved_by(self, config: Config) -> tuple[App, Crew]:
        """Return another, entered, that goes on with this one's ledger under a new config.

        This one works on until its engines are stopped, and as before where this raises. Raises
        ConfigError for another ledger: what this one knows to be paid, that one would buy again.
        """
        if config.ledger.path != self.config.ledger.path:
            raise ConfigError(
                [f"ledger.path: cannot change by a reload, to {config.ledger.path}. {_MOVE}"]
            )
        heir = App(
            config,
            clock=self.clock,
            outside=self.outside,
            watch=self.watch,
            hints=self.hints,
            progress=self.progress,
            predecessor=self,
        )
        with contextlib.ExitStack() as undo:
            undo.enter_context(heir)
            crew = heir.crew()
            undo.pop_all()
        heir._holds, self._holds = self._holds, False
        heir.predecessor = None  # or each reload would keep all the crews before it
        return heir, crew

    def crew(self) -> Crew:
        """Return the engines with their schedules, for a daemon, which closes this in the end."""
        ledger = Ledger(self.config.ledger.path)
        self._ledgers.append(ledger)

        def prove() -> None:
            with ledger.transaction():  # its lock can be had, as before every purchase
                self._lock.touch()

        return Crew(
            engines=list(zip(self.engines, self.config.spreadsheet, strict=True)),
            stop=self.stop,
            stop_within=self.config.daemon.stop_within,
            prove=prove,
            describe=lambda: summarise(look_over(self.config, ledger, self.clock())),
            close=lambda: self.__exit__(None, None, None),
        )

    def _note(self, trip: Trip) -> None:
        self.progress.mark()
        self.watch(trip)

    def _make_paces(self) -> tuple[Pace, Pace, Pace]:
        """Return those for Seleqt, and for reads and writes of Google's."""
        google, mark = self.config.google, self.progress.mark
        rates = (
            self.config.seleqt.requests_per_minute,
            google.reads_per_minute,
            google.writes_per_minute,
        )
        seleqt, reads, writes = (self.outside.pace(rate, self.stop, mark) for rate in rates)
        if self.predecessor is not None:
            for pace, before in zip((seleqt, reads, writes), self.predecessor._paces, strict=True):
                pace.follow(before)
        return seleqt, reads, writes

    def reconciler(self) -> Reconciler:
        """Return what looks for purchases that the ledger does not know."""
        return Reconciler(
            account=ACCOUNT,
            vendor=self._vendor,
            ledger=self._ledgers[0],
            zone=self.config.caps.zone,
            clock=self.clock,
            new_id=new_batch_id,
        )

    def _audit(self, *, undisturbed: bool) -> None:
        """Look at the ledger before anything is bought; the cycles look at what changes from then.

        At all of it, unless that was done within a day, it added up, and nobody but syncd has been
        at the file since: then at what changed since the last look, as for a start every minute.
        """
        ledger, now = self._ledgers[0], self.clock()
        looked = ledger.upkeep.last(Mark.AUDITED)
        fresh = looked is not None and timedelta(0) <= now - looked.at < _AUDIT_AGE
        whole = not (undisturbed and fresh)
        if whole:
            ledger.check_file()
            with ledger.snapshot():
                found = ledger.audit.full()
        with ledger.transaction():
            if not whole:
                found = ledger.audit.look()
            report_violations(ledger, found, account=ACCOUNT, now=now)
            ledger.audit.forget()
            if found:
                ledger.upkeep.clear(Mark.AUDITED)
            elif whole:
                ledger.upkeep.note(Mark.AUDITED, now)

    def _wire(self, part: SpreadsheetPart, sheet: GoogleSpreadsheet) -> Engine:
        config, clock = self.config, self.clock
        first = not self._ledgers
        ledger = Ledger(config.ledger.path)
        self._ledgers.append(ledger)
        with ledger.transaction():
            ledger.worksheets.name(part.id, part.name)
        panel = Panel(
            title=part.panel,
            spreadsheet_id=part.id,
            account=ACCOUNT,
            caps=make_caps(config, part),
            zone=config.caps.time_zone,
            aliases=part.aliases,
            beat=config.daemon.heartbeat,
            patience=make_patience(part),
            host=name_host(self.copy_of or config.ledger.path),
            ledger=ledger,
            clock=clock,
        )
        other = panel.tenant.find_other
        standing = Standing(
            account=ACCOUNT, vendor=self._vendor, ledger=ledger, desk=self._desk, clock=clock
        )

        def unwanted() -> str:
            return standing.unarmed() or panel.hold()

        buyer = Buyer(
            account=ACCOUNT,
            vendor=self._vendor,
            ledger=ledger,
            desk=self._desk,
            standing=standing,
            records=Recorder(ledger=ledger, limits=limits(config), clock=clock),
            cool_off=config.buying.cool_off,
            zone=config.caps.zone,
            caps=panel.caps,
            hold=unwanted,
            # A plan is made where no lease was written yet as well.
            is_ours=panel.tenant.may_buy if self.copy_of is None else lambda: not other(),
            clock=clock,
            stop=self.stop,
            new_id=new_batch_id,
            mode=config.seleqt.mode,
            webhook_url=config.seleqt.webhook_url,
            new_token=new_token,
        )
        workbook = Workbook(
            sheet=sheet,
            spreadsheet_id=part.id,
            leads=part.leads,
            requests=part.requests,
            aliases=part.aliases,
            panel=panel,
            ledger=ledger,
            clock=clock,
        )
        arrivals = Arrivals(
            name=part.name,
            ledger=ledger,
            settle=config.buying.settle,
            big_paste=config.buying.big_paste,
            cool_off=config.buying.cool_off,
        )

        def hold() -> str:
            return unwanted() or standing.hold()

        surveyor = Surveyor(
            ledger=ledger,
            account=ACCOUNT,
            purchasing=config.buying.purchasing,
            cool_off=config.buying.cool_off,
            zone=config.caps.zone,
            terms=make_terms(config, panel.caps, ledger, whole=self.copy_of is not None),
            hold=hold,
            is_behind=panel.tenant.is_behind,
            arrivals=arrivals,
            brakeman=Brakeman(
                name=part.name,
                ledger=ledger,
                rule=Rule(window=config.buying.brake_after, least=config.buying.brake_below),
                kinds=config.buying.kinds,
            ),
            clock=clock,
        )
        importer = Importer(
            account=ACCOUNT,
            vendor=self._vendor,
            ledger=ledger,
            cool_off=config.buying.cool_off,
            clock=clock,
        )
        delivery = Delivery(
            workbook=workbook,
            ledger=ledger,
            survey=surveyor.survey,
            clock=clock,
            zone=config.caps.zone,
            new_key=new_key,
        )
        if self.copy_of is not None:
            rehearsal = Rehearsal(
                read=delivery.read,
                surveyor=surveyor,
                importer=importer,
                buyer=buyer,
                ledger=ledger,
                clock=clock,
                new_key=new_key,
                find_other=other,
            )
            self.rehearsals.append(rehearsal)
        return Engine(
            name=part.name,
            workbook=workbook,
            ledger=ledger,
            buyer=buyer,
            standing=standing,
            importer=importer,
            surveyor=surveyor,
            arrivals=arrivals,
            delivery=delivery,
            diary=Diary(spreadsheet_id=part.id, panel=panel, hold=hold, ledger=ledger, clock=clock),
            hold=hold,
            account=ACCOUNT,
            clock=clock,
            mine=find_mine(config, part, ledger, first=first),
            hints=self.hints,
        )
