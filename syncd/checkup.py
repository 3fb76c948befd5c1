"""Everything that must be right before the first credit is spent, tried without spending any.

Each check stands alone: whatever one of them runs into, the others go on. The client for Seleqt
reads only, and refuses anything else by itself. What could only be tried by leaving something
behind (a list that nobody can delete, a cell in somebody's sheet) is said to be untried; whether a
sheet may be written to is tried by giving a worksheet of syncd's own the name that it has.
"""

from __future__ import annotations

import os
import platform
import shlex
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from syncd import __version__
from syncd.config import Config, SpreadsheetPart, load, load_sheets
from syncd.core.findings import (
    Finding,
    fail,
    judge_caps,
    judge_clock,
    judge_disk,
    judge_mode,
    ok,
    warn,
)
from syncd.core.layout import JOURNAL, LEADS, REQUESTS
from syncd.core.lists import choose_telling
from syncd.core.model import Kind
from syncd.core.overview import find_troubles
from syncd.core.steps import AddHeaders, AddWorksheet, Step, count
from syncd.credentials import Secret, read_google_credentials, read_seleqt_key
from syncd.errors import (
    ConfigError,
    LedgerError,
    Refused,
    SeleqtUnavailable,
    SheetUnavailable,
    SyncdError,
)
from syncd.ledger import Ledger, Lock, Mark
from syncd.pace import Pace
from syncd.preparing import choose_ids, find_wanted, plan_for
from syncd.seleqt import Seleqt
from syncd.sheets import GoogleSpreadsheet
from syncd.sheets.bodies import name_worksheet
from syncd.terms import ACCOUNT, look_over, make_caps
from syncd.traffic import Trip

_WHO = {"google": "Google", "seleqt": "Seleqt"}


@dataclass
class Checkup:
    """One checkup of an installation. ``config`` is the file's place."""

    path: Path
    config: Config | None = field(init=False, default=None)
    balance: int | None = field(init=False, default=None)
    _ahead: dict[str, Finding] = field(init=False, default_factory=dict)

    def run(self) -> Iterator[Finding]:
        """Yield what each check finds, in an order in which people mend things."""
        checks: list[tuple[str, Callable[[], Iterable[Finding]]]] = [
            ("version", self._check_version),
            ("config", self._check_config),
            ("secrets", self._check_secrets),
            ("disk", self._check_disk),
            ("ledger", self._check_ledger),
            ("daemon", self._check_daemon),
            ("google", self._check_google),
            ("seleqt", self._check_seleqt),
            ("caps", self._check_caps),
            ("clock", self._check_clock),
        ]
        for name, check in checks:
            try:
                yield from check()
            except SyncdError as error:
                yield fail(name, str(error), _mend(error))
            except Exception as error:  # noqa: BLE001  (one check's bug must not hide the others)
                yield fail(name, f"This could not be checked: {type(error).__name__}: {error}.")

    # -- this machine ---------------------------------------------------------------------------

    def _check_version(self) -> Iterator[Finding]:
        yield ok("version", f"syncd {__version__}, Python {platform.python_version()}.")

    def _check_config(self) -> Iterator[Finding]:
        try:
            self.config = load(self.path)
        except ConfigError as error:
            for problem in error.problems:
                yield fail("config", problem)
            return
        yield ok("config", f"{self.path}: {count(len(self.config.spreadsheet), 'spreadsheet')}.")

    def _check_secrets(self) -> Iterator[Finding]:
        if self.config is None:
            return
        account, key = self.config.google.credentials, self.config.seleqt.key
        readers: list[tuple[Secret, Callable[[Secret], object]]] = [
            (account, read_google_credentials),
            (key, read_seleqt_key),
        ]
        for secret, read in readers:
            try:
                read(secret)
            except ConfigError as error:
                mend = "Outside the service: set CREDENTIALS_DIRECTORY=/etc/syncd"
                for problem in error.problems:
                    yield fail("secrets", problem, mend if secret.credential else "")
                continue
            place = secret.file
            if secret.credential and (folder := os.environ.get("CREDENTIALS_DIRECTORY")):
                place = Path(folder) / secret.credential
            if place is not None:
                yield judge_mode("secrets", str(place), place.stat().st_mode)
            else:
                yield warn(
                    "secrets", f"{secret.place} is used.", "A file, or a credential, is safer."
                )

    def _check_disk(self) -> Iterator[Finding]:
        if self.config is None:
            return
        folder = self.config.ledger.path.parent
        if not folder.is_dir():
            yield warn(
                "disk", f"There is no folder {folder} yet.", "The service makes it when it starts."
            )
            return
        yield judge_disk(str(folder), shutil.disk_usage(folder).free)

    def _check_ledger(self) -> Iterator[Finding]:
        if self.config is None:
            return
        path = self.config.ledger.path
        if not path.exists():
            says = f"There is none at {path} yet, so syncd will begin in plan mode."
            yield warn("ledger", says, "Right for a new installation. Else: syncd restore")
            return
        yield judge_mode("ledger", str(path), path.stat().st_mode)
        with Ledger(path, read_only=True) as ledger:
            ledger.check_file()
            audited = ledger.upkeep.last(Mark.AUDITED)
            view = look_over(self.config, ledger, datetime.now(UTC))
        size = f"{view.ledger.size / 2**20:,.1f} MiB"
        added_up = f", it added up at {audited.at:%Y-%m-%d %H:%M} UTC" if audited else ""
        yield ok("ledger", f"Sound: {view.ledger.schema}, {size}{added_up}.")
        for one in find_troubles(view, runs=bool(Lock.find_holder(path))):
            if one.cause == "down":
                continue  # told with the daemon
            where = f"{one.spreadsheet}: " if one.spreadsheet else ""
            make = fail if one.urgent else warn
            yield make("ledger", f"{where}{one.text}", one.mend)

    def _check_daemon(self) -> Iterator[Finding]:
        if self.config is None:
            return
        holder = Lock.find_holder(self.config.ledger.path)
        if not holder:
            yield warn("daemon", "It does not run.", "systemctl enable --now syncd")
            return
        yield ok("daemon", f"It runs, as process {holder}.")
        try:
            lines = Path(f"/proc/{holder}/status").read_text().splitlines()
        except OSError:
            return  # of another container, or hidden
        facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        mend = "Run it by the unit that comes with it: systemd/syncd.service"
        if facts.get("Uid", "").split()[:1] == ["0"]:
            yield warn("daemon", "It runs as root.", mend)
        if facts.get("NoNewPrivs") != "1" or facts.get("Seccomp") != "2":
            yield warn("daemon", "It runs without the unit's hardening.", mend)
        else:
            yield ok("daemon", "It runs hardened: no new privileges, few system calls.")

    # -- Google ---------------------------------------------------------------------------------

    def _check_google(self) -> Iterator[Finding]:
        try:
            config = self.config or load_sheets(self.path)
        except ConfigError:
            return  # told with the config
        account = read_google_credentials(config.google.credentials)
        yield ok("google", f"The service account is {account['client_email']}.")
        pace = Pace(config.google.reads_per_minute)
        for part in config.spreadsheet:
            sheet = GoogleSpreadsheet(
                name=part.name,
                spreadsheet_id=part.id,
                account=account,
                base_url=config.google.base_url,
                reads=pace,
                writes=pace,
                watch=self._note,
            )
            try:
                yield from _check_sheet(part, sheet)
            except SyncdError as error:
                yield fail(f"sheet {part.name}", str(error), _mend(error))

    # -- Seleqt ---------------------------------------------------------------------------------

    def _check_seleqt(self) -> Iterator[Finding]:
        if self.config is None:
            return
        seleqt = self.config.seleqt
        with Seleqt(
            base_url=seleqt.base_url,
            key=read_seleqt_key(seleqt.key),
            pace=Pace(seleqt.requests_per_minute),
            watch=self._note,
            spends=False,
        ) as vendor:
            vendor.probe()
            yield ok("seleqt", "The key is live.")
            yield from self._check_lists(vendor)
        latest = self._latest_list()
        if latest is not None:
            yield ok("seleqt", f"Making lists and adding people worked: list {latest} is syncd's.")
        else:
            yield ok(
                "seleqt",
                "Making lists and adding people was not tried: nobody can delete a list again. "
                "The first purchase does both before it spends anything.",
            )

    def _check_lists(self, vendor: Seleqt) -> Iterator[Finding]:
        lists = vendor.lists()
        of_people = [one for one in lists if one.of_people is not False]
        companies = len(lists) - len(of_people)
        others = f", and {companies:,} of companies, which cannot be searched" if companies else ""
        yield ok(
            "seleqt", f"The key's workspace has {count(len(of_people), 'list')} of people{others}."
        )
        ids = choose_telling(lists)
        latest = self._latest_list()
        for list_id in [latest, *ids] if latest is not None else ids:
            try:
                self.balance = vendor.count(list_id, Kind.EMAIL).balance
            except Refused:
                continue
            if self.balance is not None:
                yield ok("seleqt", f"The balance is {self.balance:,} credits.")
                return
        if latest is not None and latest not in {one.id for one in lists}:
            says = f"List {latest}, which syncd made, is not there: it was deleted, or the key's "
            mend = "Switch Seleqt back to the workspace that syncd bought in."
            yield warn("seleqt", f"{says}user has switched to another workspace.", mend)
        says = "The balance is not known: only a list of people can tell it, and there is none."
        yield warn("seleqt", says, "syncd makes one when it needs to know.")

    def _latest_list(self) -> int | None:
        assert self.config is not None  # noqa: S101  (asked for where there is one)
        if not self.config.ledger.path.exists():
            return None
        try:
            with Ledger(self.config.ledger.path, read_only=True) as ledger:
                return ledger.batches.latest_list(ACCOUNT)
        except LedgerError:
            return None  # told with the ledger

    def _check_caps(self) -> Iterator[Finding]:
        if self.config is None:
            return
        buying = self.config.buying
        first = min(buying.first_batch, buying.batch_size)
        yield from judge_caps(make_caps(self.config), buying.kinds, first, self.balance)

    # -- the clock ------------------------------------------------------------------------------

    def _note(self, trip: Trip) -> None:
        """Compare our clock with the date in an answer. Dates have whole seconds."""
        try:
            theirs = parsedate_to_datetime(trip.date)
        except (TypeError, ValueError):
            return
        if theirs.tzinfo is not None:
            who = _WHO[trip.vendor]
            self._ahead[who] = judge_clock(who, datetime.now(UTC) - theirs)

    def _check_clock(self) -> Iterator[Finding]:
        if not self._ahead:
            yield warn(
                "clock", "Neither Google nor Seleqt told the time.", "Mend the others first."
            )
        yield from self._ahead.values()


def _check_sheet(part: SpreadsheetPart, sheet: GoogleSpreadsheet) -> Iterator[Finding]:
    """Look at rights, worksheets and headers, as ``syncd init`` does."""
    check, mend = f"sheet {part.name}", f"syncd init {shlex.quote(part.name)}"
    plan = plan_for(sheet, find_wanted(part), choose_ids())
    for problem in plan.problems:
        yield fail(check, problem)
    if plan.problems:
        return
    lacks = [one for one in plan.steps if _stops_it(part, one)]
    for step in lacks:
        yield fail(check, f"“{step.title}”: it lacks something: {step}.", mend)
    if not lacks and plan.steps:
        yield warn(
            check, f"{count(len(plan.steps), 'thing')} would make it safer or easier to use.", mend
        )
    if lacks:
        return
    yield ok(check, f"“{plan.title}” can be read, and has all worksheets and headers.")
    # One of syncd's own, so that nobody else is just giving it another name.
    own = [one for one in sheet.outline() if one.title in (JOURNAL, part.panel)]
    if own:
        sheet.change([name_worksheet(own[-1])])
        yield ok(check, f"It may be written to: “{own[-1].title}” was given its own name again.")
    else:
        yield ok(check, f"Whether it may be written to shows with the first write, or with: {mend}")


def _mend(error: SyncdError) -> str:
    """Say what to do where nobody answers; other errors say it themselves."""
    if isinstance(error, SheetUnavailable | SeleqtUnavailable):
        return "See whether this machine's network and DNS work; else it is down: try again later."
    return ""


def _stops_it(part: SpreadsheetPart, step: Step) -> bool:
    """Whether syncd cannot work on a worksheet before that step is taken."""
    layouts = dict.fromkeys(part.leads, LEADS) | dict.fromkeys(part.requests, REQUESTS)
    if step.title not in layouts:
        return False
    required = {column.name for column in layouts[step.title].columns if column.required}
    lacks_headers = isinstance(step, AddHeaders) and required & set(step.names)
    return isinstance(step, AddWorksheet) or bool(lacks_headers)
