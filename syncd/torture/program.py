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
from syncd.core.model import BatchState
from syncd.core.outcomes import Resolved
from syncd.engine import Engine, Report
from syncd.errors import LedgerError
from syncd.ledger import Ledger
from syncd.sandbox.seleqt import Meter
from syncd.terms import ACCOUNT, limits
from syncd.torture.replay import connect
from syncd.torture.schedule import Rules
from syncd.torture.stage import BASE, BOOK, Stage


class Program:
    """One machine's syncd. It has one spreadsheet, and so one engine."""

    def __init__(self, stage: Stage, folder: Path, rules: Rules, *, panel: bool) -> None:
        self.stage = stage
        self.folder = folder
        self.rules = rules
        self.ledger = folder / "ledger.db"
        self._panel = panel
        self._app: App | None = None
        self.is_hampered = False  # until its next start: by a full disk, or by a key that is void
        shutil.copyfile(_blank_ledger(folder.parent), self.ledger)
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
    charged = {charge.list_id for charge in meter.charges}
    for batch in books.batches.open(ACCOUNT):
        if batch.state is BatchState.PARKED:
            outcome = Resolved(paid=batch.list_id in charged)
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


def _span(seconds: int) -> str:
    """Write a duration as the config wants it: six digits at most."""
    return f"{seconds}s" if seconds % 3600 else f"{seconds // 3600}h"


def _blank_ledger(folder: Path) -> Path:
    """Return a ledger as a first start makes it, armed: to make it anew takes long.

    Its pages are small, so that a few rows more need a page more, and a full disk is noticed.
    """
    blank = folder / "blank.db"
    if not blank.exists():
        with Ledger(blank) as ledger:
            ledger.arm(ACCOUNT, datetime(2026, 1, 1, tzinfo=UTC))
            for pragma in ("journal_mode = DELETE", "page_size = 512"):
                ledger._db.execute(f"PRAGMA {pragma}")
            ledger._db.execute("VACUUM")
    return blank
