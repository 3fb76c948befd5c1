"""The sandbox of ``kills.py``, a process of its own: people to buy, bad luck, and a trap.

``python benchmarks/arena.py FOLDER SEED TURNS`` writes the secrets into the folder and serves until
its standard input is closed. Each line there is a command, ``{"do": NAME, ...}``, and has one line
of JSON for an answer; NAME is a public method of :class:`Arena`.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from settings import write_secrets

from syncd.core import leads, requests
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS, JOURNAL_ROWS
from syncd.core.panel import Label, Part
from syncd.sandbox.clock import WallClock
from syncd.sandbox.seleqt import Knobs, Seleqt
from syncd.sandbox.server import SandboxServer
from syncd.sandbox.sheets import Google, SheetsSettings
from syncd.sandbox.sheets import people as hands
from syncd.sandbox.world import Entry, World

SPREADSHEET = "killing-floor"
LEADS = [column.name for column in leads.COLUMNS]
REQUESTS = [column.name for column in requests.COLUMNS]
PRICES = {"Email": 3, "Email (waterfall)": 6, "Phone": 30, "Email + phone": 33}
WISHES = ("Email", "Email", "Email", "Email (waterfall)", "Phone", "Email + phone")
MOST_AT_ONCE = 4  # new rows per turn
PER_LIST = 5  # people on the list of a request
_UNDER_WAY = ("⏳", "Searching", "Waiting", "Queued", "We may", "Ready", "asks again")
PURCHASE = r"/enrichment/$"
OTHERS = rf"^(?!.*{PURCHASE})"
FAULTS: tuple[dict[str, Any], ...] = (
    *({"kind": kind, "rate": 0.01} for kind in ("500", "503", "html502", "truncated", "bad_json")),
    {"kind": "429", "rate": 0.002},  # each is a minute of rest
    {"kind": "drop_before", "rate": 0.03},
    {"kind": "drop_after", "rate": 0.03},
    {"kind": "slow", "rate": 0.03, "seconds": 0.3},
    {"kind": "slow_after", "rate": 0.03, "seconds": 0.3},
    # A purchase and a write meet more of what leaves open whether they took effect.
    *(
        {"kind": kind, "rate": 0.05, "method": "POST", "path": path, "seconds": 0.3}
        for path in (PURCHASE, r":batchUpdate")
        for kind in ("drop_before", "drop_after", "slow", "slow_after")
    ),
)


class Arena:
    """One spreadsheet and one account. Every person has one wish for life, by their number."""

    def __init__(self, seed: int, turns: int) -> None:
        clock = WallClock()
        self.dice = random.Random(f"arena {seed}")  # noqa: S311  (repeatable on purpose)
        quotas = {
            f"{what}_per_minute_{whose}": 0
            for what in ("reads", "writes")
            for whose in ("user", "project")
        }
        knobs = Knobs(
            limit_per_minute=100_000, first_result_seconds=0.2, results_spread_seconds=0.5
        )
        self.google = Google(clock, SheetsSettings(**quotas), seed=seed)
        self.seleqt = Seleqt(clock, knobs, seed=seed, balance=10**7)
        self.world = World(clock, seed=seed, sheets=self.google, seleqt=self.seleqt)
        self.server = SandboxServer(self.world)
        self.asked: set[int] = set()
        self.prey = 0  # the process to be killed
        self.mark = 0  # the last request of the lives before
        rows = turns * (MOST_AT_ONCE + PER_LIST) + 50
        book = self.google.create_spreadsheet(
            "Kills",
            spreadsheet_id=SPREADSHEET,
            worksheets=[
                ("Leads", rows, len(LEADS)),
                ("Requests", turns + 10, len(REQUESTS)),
                ("Syncd", 90, 6),
                (JOURNAL, JOURNAL_ROWS, JOURNAL_COLUMNS),
            ],
        )
        self.leads, self.requests, panel, _ = book.worksheets
        self._fill(self.leads, 0, [LEADS])
        self._fill(self.requests, 0, [REQUESTS])
        self._fill(panel, 0, [[part.value for part in Part], *([label] for label in Label)])

    # -- commands --------------------------------------------------------------------------------

    def refill(self, *, request: bool) -> dict[str, Any]:
        """Add rows, some for people who are there already, and maybe a request; tell all prices."""
        dice, book = self.dice, self.leads.spreadsheet
        with self.world.lock:
            people = [self._newcomer() for _ in range(dice.randint(1, MOST_AT_ONCE - 1))]
            if len(self.asked) > 5:  # one who stands in another row, or is on a list
                people.append(dice.choice(sorted(self.asked)))
            self.asked.update(people)
            rows = [[str(one), *[""] * 5, _wish(one)] for one in people]
            self._fill(self.leads, self._end(self.leads), rows)
            if request:
                wish = dice.choice(("Email", "Email (waterfall)"))
                members = [self._newcomer(wish) for _ in range(PER_LIST - 1)]
                served = [one for one in sorted(self.asked) if _wish(one) == wish]
                name = f"List {self._end(self.requests)}"
                self.seleqt.add_list(
                    name, ids=[*members, *dice.sample(served, min(1, len(served)))]
                )
                self.asked.update(members)
                row = [[name, wish, "", "", True]]
                self._fill(self.requests, self._end(self.requests), row)
            book.touch()
        return {"credits": sum(PRICES[_wish(one)] for one in self.asked)}

    def sort(self) -> dict[str, Any]:
        """Sort the people by some column, as a person would."""
        with self.world.lock:
            column = self.dice.randrange(len(LEADS))
            hands.sort(self.leads, column, self.dice.random() < 0.5, header_rows=1)
        return {}

    def tidy(self, *, leads: int, requests: int) -> dict[str, Any]:
        """Delete what is done with, from the top, where more than so many rows stand there."""
        with self.world.lock:
            before = self._standing()
            self._delete(self.leads, LEADS, leads, _is_answered)
            self._delete(self.requests, REQUESTS, requests, _is_done)
            self.asked -= before - self._standing()
        return {}

    def arm(self, *, pid: int, requests: int, later: float) -> dict[str, Any]:
        """Kill that process so many seconds after its so-and-so-manieth request came in."""

        def kill() -> None:
            with self.world.lock:
                if self.prey == pid:  # not one that is dead, whose number may be another's now
                    self.prey = 0
                    os.kill(pid, signal.SIGKILL)

        def spring() -> None:
            if later:
                threading.Timer(later, kill).start()
            else:
                kill()

        with self.world.lock:
            self.prey, self.mark = pid, self.world.journal.last
            self.world.before(self.mark + requests, spring)
        return {}

    def disarm(self) -> dict[str, Any]:
        """Let go of the process that was to be killed; before somebody else kills it."""
        with self.world.lock:
            self.prey = 0
        return {}

    def faults(self, *, on: bool, purchases: float | None = None) -> dict[str, Any]:
        """Let requests fail, or no more; ``purchases`` is the rate of each fault that they meet."""
        self.world.faults.clear()
        for fault in FAULTS if on else ():
            if purchases is not None and fault.get("path") == PURCHASE:
                self.world.faults.add(**fault | {"rate": purchases})
            elif purchases is not None:
                self.world.faults.add(**{"path": OTHERS} | fault)
            else:
                self.world.faults.add(**fault)
        return {}

    def meter(self) -> dict[str, Any]:
        """Tell what the vendor charged, for which lists, and what the victim asked for last."""
        with self.world.lock:
            meter = self.seleqt.meter
            entries = self.world.journal.after(self.mark)
            return {
                "charged": meter.charged(),
                "twice": [f"{who} {kind}" for who, kind in meter.bought_twice()],
                "lists": [charge.list_id for charge in meter.charges],
                "requests": len(entries),
                "last": _describe(entries[-1]) if entries else "no request yet",
                "faults": [entry.fault for entry in entries if entry.fault],
                "audit": [str(one) for one in self.seleqt.audit()],
            }

    def sheet(self) -> dict[str, Any]:
        """Tell what stands in Leads and Requests, and what is true of each person."""
        with self.world.lock:
            people = {
                one: {
                    "wish": _wish(one),
                    "Email": self._truth(one).email if "Email" in _wish(one) else None,
                    "Phone": self._truth(one).phone if "hone" in _wish(one) else None,
                }
                for one in self.asked
            }
            return {
                "people": people,
                "leads": self._rows(self.leads, LEADS),
                "requests": self._rows(self.requests, REQUESTS),
            }

    # -- inside ----------------------------------------------------------------------------------

    def _newcomer(self, wish: str = "") -> int:
        """Add a person: of four, three have an email, and two a phone."""
        number = max(self.seleqt.catalogue.prospects, default=1000) + 1
        while wish and _wish(number) != wish:
            number += 1
        luck = self.dice.random()
        return self.seleqt.add_prospect(
            id=number,
            email=f"p{number}@found.example" if luck < 0.75 else None,
            phone=f"+1202555{100 + number % 100:04}" if luck > 0.5 else None,
        ).id

    def _truth(self, number: int) -> Any:
        return self.seleqt.catalogue.prospects[number].truth

    def _standing(self) -> set[int]:
        people = (row["Prospect ID"] for row in self._rows(self.leads, LEADS))
        return {int(one) for one in people if one}

    def _delete(
        self,
        worksheet: Any,
        names: Sequence[str],
        keep: int,
        is_over: Callable[[dict[str, str]], bool],
    ) -> None:
        rows = [self._row(worksheet, n, names) for n in range(1, self._end(worksheet))]
        over = [number for number, row in enumerate(rows, 1) if is_over(row)]
        for number in reversed(over[: max(0, len(rows) - keep)]):
            hands.delete_rows(worksheet, number)
            hands.insert_rows(worksheet, len(worksheet.rows))

    @staticmethod
    def _fill(worksheet: Any, first: int, rows: Iterable[Sequence[object]]) -> None:
        for number, cells in enumerate(rows, first):
            for position, value in enumerate(cells):
                if value != "":
                    worksheet.put_value(number, position, value)

    @staticmethod
    def _end(worksheet: Any) -> int:
        used = [
            n
            for n in range(len(worksheet.rows))
            if any(worksheet.cell(n, at).value is not None for at in range(2))
        ]
        return used[-1] + 1

    @staticmethod
    def _rows(worksheet: Any, names: Sequence[str]) -> list[dict[str, str]]:
        rows = [Arena._row(worksheet, n, names) for n in range(1, len(worksheet.rows))]
        return [row for row in rows if any(row.values())]

    @staticmethod
    def _row(worksheet: Any, number: int, names: Sequence[str]) -> dict[str, str]:
        return {name: _text(worksheet.cell(number, at).value) for at, name in enumerate(names)}


def _wish(number: int) -> str:
    return WISHES[number % len(WISHES)]


def _is_answered(row: dict[str, str]) -> bool:
    """Return whether nothing more comes into a row, so that a person may delete it."""
    said = row["Status"]
    over = said and not any(word in said for word in _UNDER_WAY)
    return bool(row["Key"] and (over or not (said or row["Find"])))


def _is_done(row: dict[str, str]) -> bool:
    return row["Status"].startswith("Done")


def _text(value: object) -> str:
    if value is None:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _describe(entry: Entry) -> str:
    """Name the request that the victim made last, and how far it came."""
    path = entry.path.partition("?")[0]
    kinds = {
        "/token": "token",
        ":batchUpdate": "write to the sheet",
        "/add-leads/": "add people to a list",
        "/enrichment/count/": "count",
        "/enrichment/": "purchase",
        "/leads/": "results",
        "/lead-lists/": "create a list" if entry.method == "POST" else "look for a list",
    }
    name = next((name for end, name in kinds.items() if path.endswith(end)), "")
    name = name or ("read of the sheet" if entry.vendor == "sheets" else f"{entry.call}")
    return f"{name}, {'applied' if entry.applied else 'not applied'}"


def main(folder: Path, seed: int, turns: int) -> None:
    arena = Arena(seed, turns)
    with arena.server as server:
        account = arena.google.service_account(server.base_url)
        write_secrets(folder, account, arena.seleqt.add_key())
        print(json.dumps({"base_url": server.base_url}), flush=True)
        for line in sys.stdin:
            command = json.loads(line)
            answer = getattr(arena, command.pop("do"))(**command)
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
