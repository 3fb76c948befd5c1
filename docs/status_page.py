"""Takes the pictures of the status page: the real one, over a ledger with an invented month.

``python docs/status_page.py [FOLDER]`` fills a ledger, serves it, and photographs the page in
Debian's Chromium: light, dark and as a phone shows it, into ``docs/pictures/`` by default. Needs
the ``test`` extra; nothing leaves this machine. All names are invented.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from syncd.app import App
from syncd.attendants import make_site
from syncd.config import load
from syncd.core.credits import Caps, Entry, EntryKind
from syncd.core.model import Batch, BatchState, Job, JobState, Kind
from syncd.core.overview import Condition
from syncd.core.status import Stand
from syncd.ledger import Ledger
from syncd.sandbox.clock import WallClock
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.terms import ACCOUNT
from syncd.web import Web
from syncd.web.meters import Meters

PICTURES = Path(__file__).parent / "pictures"
CHROMIUM = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
NOW = datetime(2026, 5, 12, 12, 2, tzinfo=UTC)
CAP = 500
CONFIG = f"""
[ledger]
path = "ledger.db"
[google]
credentials = {{ file = "google.json" }}
base_url = "http://127.0.0.1:9"
[seleqt]
key = {{ file = "seleqt.key" }}
base_url = "http://127.0.0.1:9/api/v1"
[caps]
time_zone = "Europe/Berlin"
per_day = {CAP}
per_month = 8000
floor = 200
[web]
listen = "127.0.0.1:9464"
[[spreadsheet]]
id = "emea"
name = "Sales EMEA"
[[spreadsheet]]
id = "fairs"
name = "Trade fairs 2026"
requests = []
"""
SHOTS: dict[str, tuple[int, int, str]] = {
    "status-light": (1100, 1000, "light"),
    "status-dark": (1100, 1000, "dark"),
    "status-phone": (390, 844, "light"),
}


class Idle:
    """A daemon with nothing to do: what the port asks of one."""

    def find_stuck(self) -> tuple[str, ...]:
        return ()

    def hasten(self, spreadsheet: str) -> None:
        del spreadsheet


@contextmanager
def serve(folder: Path, fill: Callable[[Ledger], None], now: datetime) -> Iterator[str]:
    """Serve the page over a new ledger that ``fill`` has filled; give its address."""
    google = Google(WallClock(), SheetsSettings(), seed=1)
    (folder / "google.json").write_text(json.dumps(google.service_account("http://127.0.0.1:9")))
    (folder / "seleqt.key").write_text("key.of-nobody")
    (folder / "config.toml").write_text(CONFIG)
    config = load(folder / "config.toml")
    with App(config, stop=threading.Event(), clock=lambda: now) as app:
        with Ledger(config.ledger.path) as ledger, ledger.transaction():
            fill(ledger)
        web = Web(("127.0.0.1", 0), lambda: make_site(app, Meters(), Idle()))
        web.start()
        try:
            if not web.listening.wait(10):
                raise RuntimeError("the port does not listen")
            yield f"http://127.0.0.1:{web.port}/"
        finally:
            web.stop()


def fill_month(ledger: Ledger) -> None:
    """Record a month of purchases, two of them open, and one that needs a human."""
    dice = random.Random(7)  # noqa: S311  (the same pictures each time)
    emea = ledger.worksheets.remember("emea", 1, "Leads").id
    fairs = ledger.worksheets.remember("fairs", 2, "Hannover").id
    ledger.accounts.arm(ACCOUNT, NOW - timedelta(days=40))
    for days in range(29, -1, -1):
        day = NOW - timedelta(days=days)
        left = 0 if day.weekday() > 4 else dice.randint(150, CAP) if days else 300
        for number in range(7):
            kind = dice.choice((Kind.EMAIL, Kind.EMAIL_WATERFALL))
            people = min(25, left // kind.price)
            if people:
                _buy(ledger, day, f"{days:02}{number:010}", emea, kind, people=people)
            left -= people * kind.price
    _buy(ledger, NOW - timedelta(minutes=4), "5b1c09d2e7a4", fairs, Kind.EMAIL, BatchState.ACCEPTED)
    _buy(ledger, NOW - timedelta(hours=2), "3f2a77c0914e", emea, Kind.PHONE, BatchState.PARKED, 3)
    ledger.accounts.set_balance(ACCOUNT, 3_412, NOW - timedelta(minutes=4))
    stands = {Stand.FOUND: 1_204, Stand.MISSED: 187, Stand.WAITING: 12, Stand.UNSURE: 3}
    ledger.conditions.save(
        "emea", Condition(at=NOW, looked_at=NOW - timedelta(seconds=9), patience=6, stands=stands)
    )
    ledger.conditions.save(
        "fairs",
        Condition(
            at=NOW,
            looked_at=NOW - timedelta(seconds=21),
            patience=6,
            stands={Stand.FOUND: 96, Stand.SEARCHING: 25, Stand.FAILED: 2},
            problems=("The worksheet “Hannover” has the header “Find” twice. Rename one of them.",),
            since=NOW - timedelta(hours=1),
        ),
    )


def _buy(
    ledger: Ledger,
    at: datetime,
    batch_id: str,
    worksheet: int,
    kind: Kind,
    state: BatchState = BatchState.SETTLED,
    people: int = 25,
) -> None:
    first = int(batch_id[-6:], 16) * 100
    paid = state in {BatchState.SETTLED, BatchState.ACCEPTED}
    job = JobState.FOUND if state is BatchState.SETTLED else JobState.WAITING
    credits = kind.price * people
    batch = Batch(
        id=batch_id,
        account=ACCOUNT,
        worksheet=worksheet,
        kind=kind,
        state=state,
        jobs=tuple(
            Job(prospect_id=first + number, kind=kind, state=job, asked_by=f"r-{number}")
            for number in range(people)
        ),
        booked_day=at.date().isoformat(),
        reserved=credits,
        created_at=at,
        submitted_at=at,
    )
    ledger.batches.add(batch, at)
    ledger.batches.bound(batch, Caps(day=CAP, month=8000))
    if paid:
        settled = replace(batch, reserved=0, settled=credits)
        ledger.batches.save(settled, [Entry(kind=EntryKind.SETTLE, credits=credits)], at)


def shoot(page: Page, url: str, path: Path) -> None:
    page.goto(url)
    page.locator("footer").wait_for()
    page.screenshot(path=path, animations="disabled", full_page=True)


def main(pictures: Path) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        with serve(Path(folder), fill_month, NOW) as url:
            for name, (width, height, scheme) in SHOTS.items():
                page = browser.new_page(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,  # type: ignore[arg-type]
                )
                picture = pictures / f"{name}.png"
                shoot(page, url, picture)
                print(f"{picture}: {picture.stat().st_size} bytes")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else PICTURES)
