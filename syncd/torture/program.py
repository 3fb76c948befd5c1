"""Syncd itself: the production App on a ledger file, started, killed and started again."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncd.app import App
from syncd.config import Config
from syncd.core.hooks import TOKEN
from syncd.core.lifecycle import advance
from syncd.core.model import BatchState, Kind
from syncd.core.outcomes import Resolved
from syncd.engine import Engine, Report
from syncd.errors import LedgerError, SyncdError
from syncd.ledger import Ledger, Lock
from syncd.ledger.backups import back_up
from syncd.ledger.restoring import prepare, put_in_place
from syncd.sandbox.seleqt import Meter
from syncd.terms import ACCOUNT, limits
from syncd.torture.replay import connect
from syncd.torture.schedule import Rules
from syncd.torture.stage import BASE, BOOK, Stage

NO_WORKSHEET = "no worksheet of leads can be read"


class Program:
    """One machine's syncd. It has one spreadsheet, and so one engine.

    Its ledger is a copy of ``source``, or blank. ``backup`` is the latest that was made.
    """

    def __init__(
        self, stage: Stage, folder: Path, rules: Rules, *, panel: bool, source: Path | None = None
    ) -> None:
        self.stage = stage
        self.folder = folder
        self.rules = rules
        self.ledger = folder / "ledger.db"
        self._panel = panel
        self._app: App | None = None
        self.is_hampered = False  # until its next start: by a full disk, or by a key that is void
        self.backup: Path | None = None
        shutil.copyfile(source or make_blank(folder.parent), self.ledger)
        account = stage.google.service_account(BASE)
        (folder / "google.json").write_text(json.dumps(account))
        self.write_key()

    def write_key(self) -> None:
        self.is_hampered = True
        (self.folder / "seleqt.key").write_text(self.stage.key)

    @property
    def config(self) -> Config:
        return make_config(self.rules, self.folder, panel=self._panel)

    @property
    def engine(self) -> Engine:
        assert self._app is not None  # noqa: S101  (a schedule starts it first)
        return self._app.engines[0]

    def start(self, **changes: Any) -> None:
        self.rules = replace(self.rules, **changes)
        self._app = self.make_app().__enter__()
        self.is_hampered = False

    def make_app(self) -> App:
        outside = connect(self.stage.world, self.stage.clock)
        return App(self.config, clock=self.stage.now, outside=outside)

    def end(self) -> None:
        """Leave the process, in order or not: the kernel closes its files either way."""
        if self._app is not None:
            self._app.__exit__(None, None, None)
            self._app = None

    def cycle(self) -> Report:
        return self.engine.cycle()

    def fill_disk(self, pages: int) -> None:
        """Let the ledger grow by so many pages only: SQLite's own "disk is full"."""
        assert self._app is not None  # noqa: S101  (as above)
        self.is_hampered = True
        for ledger in self._app._ledgers:
            size = ledger._db.execute("PRAGMA page_count").fetchone()[0]
            ledger._db.execute(f"PRAGMA max_page_count = {size + pages}")

    def start_twin(self) -> bool:
        """Start a second daemon on the same ledger; return whether it was let."""
        try:
            with self.make_app():
                return True
        except LedgerError:
            return False

    # -- what operators do, while syncd is not running ------------------------------------------

    def back_up(self) -> None:
        """Do as ``syncd backup`` does; that may be done while syncd runs."""
        made = back_up(
            self.ledger, self.folder / "backups", keep=2, now=self.stage.now(), told=_ignore
        )
        self.backup = made.file

    def restore(self) -> None:
        """Do as ``syncd restore`` does with the latest backup."""
        assert self.backup is not None  # noqa: S101  (the caller has looked)
        now = self.stage.now()
        with Lock(self.ledger):
            ready = prepare(self.backup, self.ledger, now=now, told=_ignore)
            aside = put_in_place(ready.file, self.ledger, now)
        if aside is not None:
            aside.unlink()

    def copy_backup(self) -> None:
        """Do what ``syncd restore`` is there for: copy the latest backup over the ledger."""
        assert self.backup is not None  # noqa: S101  (as above)
        for old in self.folder.glob("ledger.db-*"):
            old.unlink()
        shutil.copyfile(self.backup, self.ledger)

    def reconcile(self) -> tuple[int, bool]:
        """Do as ``syncd reconcile`` does.

        Return how many purchases were booked as in doubt, and whether that was all.
        """
        with self.make_app() as app:
            sight = app.engines[0].look()
            if other := app.engines[0].find_other():
                raise SyncdError(other)
            if sight.home is None:
                raise SyncdError(NO_WORKSHEET)
            reconciler = app.reconciler()
            findings = reconciler.look([sight])
            reconciler.book(findings, [sight], sight.home)
        return findings.doubts, not findings.left

    def copy_ledger(self, file: Path) -> Path:
        """Copy the ledger as it is now."""
        with Ledger(self.ledger, read_only=True) as books:
            books.copy_into(file)
        return file

    def lists(self) -> set[int]:
        """Return the lists of all purchases that the ledger knows."""
        with Ledger(self.ledger, read_only=True) as books:
            rows = books._db.execute("SELECT list_id FROM batches WHERE list_id IS NOT NULL")
            return {row[0] for row in rows.fetchall()}

    def epochs(self) -> dict[str, int]:
        """Return how far the ledger has come, and others that it knows of."""
        with Ledger(self.ledger, read_only=True) as books:
            return books.lineage.epochs()

    def operate(self) -> tuple[int, bool]:
        """Do what only a human can: settle what is parked by the vendor's own record, and resume.

        Return how many were parked, and whether buying was stopped. Syncd must not be running, or
        be between cycles: it holds no transaction then.
        """
        with Ledger(self.ledger) as books:
            return operate(books, self.config, self.stage.seleqt.meter, self.stage.now())


def operate(books: Ledger, config: Config, meter: Meter, now: datetime) -> tuple[int, bool]:
    """As :meth:`Program.operate`, on an open ledger and by any vendor's meter."""
    parked = 0
    # What was forgotten may be doubted as more than one purchase on its list.
    charged = {(one.list_id, Kind(one.kind).field) for one in meter.charges if one.kind}
    for batch in books.batches.open(ACCOUNT):
        if batch.state is BatchState.PARKED:
            outcome = Resolved(paid=(batch.list_id, batch.kind.field) in charged)
            step = advance(batch, outcome, now=now, limits=limits(config))
            with books.transaction():
                books.record(step, now)
            parked += 1
    halted = bool(books.accounts.get(ACCOUNT).halted)
    if halted:
        with books.transaction():
            books.accounts.resume(ACCOUNT)
    return parked, halted


def make_config(rules: Rules, folder: Path, *, panel: bool) -> Config:
    """Return a schedule's rules as a whole config."""
    caps = {
        "time_zone": "Europe/Berlin",
        "per_day": rules.per_day,
        "per_month": rules.per_month,
        "floor": rules.floor,
        "per_kind_and_day": {} if rules.emails_per_day is None else {"email": rules.emails_per_day},
    }
    buying = {
        name: _span(getattr(rules, name))
        for name in ("cool_off", "settle", "settle_after", "expire_after", "doubt_for")
    }
    sizes = {
        name: getattr(rules, name)
        for name in ("kinds", "ask_first", "purchasing", "batch_size", "first_batch")
    }
    return Config.model_validate(
        {
            "ledger": {"path": folder / "ledger.db"},
            "google": {
                "credentials": {"file": folder / "google.json"},
                "base_url": BASE,
                "reads_per_minute": 0,
                "writes_per_minute": 0,
            },
            "seleqt": {
                "key": {"file": folder / "seleqt.key"},
                "base_url": f"{BASE}/api/v1",
                "requests_per_minute": 40,
                "mode": rules.mode,
                "webhook_url": f"https://hooks.example.com/{TOKEN}" if rules.webhook else None,
            },
            "web": {"listen": "127.0.0.1:9464"},  # nobody serves it
            "caps": caps,
            "buying": {
                **buying,
                **sizes,
                "batches_in_flight": rules.batches_in_flight,
                "big_paste": 0,
            },
            "spreadsheet": [
                {
                    "id": BOOK,
                    "name": "Sales",
                    "every": "30s",
                    "panel": "Syncd" if panel else "",
                    "per_worksheet_and_day": rules.worksheet_per_day,
                }
            ],
        }
    )


def _ignore(*_: object) -> None:
    pass


def _span(seconds: int) -> str:
    """Write a duration as the config wants it: six digits at most."""
    return f"{seconds}s" if seconds % 3600 else f"{seconds // 3600}h"


def make_blank(folder: Path, lineage: str = "0a1edfe1") -> Path:
    """Return a ledger as a first start makes it, armed: to make it anew takes long.

    Its pages are small, so that a few rows more need a page more, and a full disk is noticed.
    """
    blank = folder / f"blank-{lineage}.db"
    if not blank.exists():
        with Ledger(blank) as ledger:
            ledger.arm(ACCOUNT, datetime(2026, 1, 1, tzinfo=UTC))
            ledger._db.execute("UPDATE lineage SET ledger = ? WHERE own = 1", [lineage])
            for pragma in ("journal_mode = DELETE", "page_size = 512"):
                ledger._db.execute(f"PRAGMA {pragma}")
            ledger._db.execute("VACUUM")
    return blank
