"""kill -9 for real: the real program dies hundreds of times, and the meter judges what it bought.

``python benchmarks/kills.py [--kills 500] [--seed 1] [--every 25]``

The program (``python -m syncd run``) and the sandbox (``arena.py``) are processes with sockets
between them. Each turn brings new rows and now and then a list request, and raises the caps, never
to all that is asked for; both lines fail; and SIGKILL comes at a random moment after a random
request. After every ``--every`` kills the faults end, the program may finish what can be finished,
and ledger, sheet and meter must agree. Leaves with 1 where they do not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from settings import write_config

PATIENCE = 3.0  # seconds without a request until a victim is killed where it is
PATIENCE_AT_START = 60.0  # ... and until its first request
PATIENCE_AT_REST = 300.0
_SLOWEST = 1.0  # seconds until every request that the sandbox held back was applied
_WAITS = "Waiting: "


class Kills:
    """One seed: a sandbox, a ledger, and one victim after the other."""

    def __init__(self, folder: Path, seed: int, kills: int) -> None:
        self.folder = folder
        self.dice = random.Random(f"kills {seed}")  # noqa: S311  (repeatable on purpose)
        command = [sys.executable, str(Path(__file__).with_name("arena.py"))]
        self.arena = subprocess.Popen(  # noqa: S603  (our own program)
            [*command, str(folder), str(seed), str(kills)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.base = self._hear()["base_url"]
        self._log = folder / "victim.log"
        self.cap = 10
        self.wanted = 0
        self.moments: Counter[str] = Counter()  # what the ledger held when the kill came
        self.last: Counter[str] = Counter()  # what had been asked last
        self.faults: Counter[str] = Counter()
        self.parked = 0
        self.waiting = 0  # victims that were killed while they waited for a line

    def __enter__(self) -> Kills:  # noqa: PYI034  (nobody subclasses it)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.arena.communicate()

    # -- killing ----------------------------------------------------------------------------------

    def kill(self, number: int) -> list[str]:
        """Let one victim live and die; return what is wrong right after."""
        self.wanted = self.tell("refill", request=number % 5 == 1)["credits"]
        problems = self._resolve()
        self.cap = max(self.cap, self.wanted - self.dice.randint(0, 60))
        self.hurry()
        with self._living() as victim:
            # The first cycle of a purchase has some fifteen requests; the token is the first.
            requests = min(self.dice.randint(2, 24), self.dice.randint(2, 24))
            later = self.dice.choice((0.0, self.dice.uniform(0.0, 0.05)))
            self.tell("arm", pid=victim.pid, requests=requests, later=later)
            self._wait_for_its_death(victim)
        meter = self.tell("meter")
        self.last[meter["last"]] += 1
        self.faults.update(meter["faults"])
        self._note_moment(meter)
        problems += self._money(meter)
        if victim.returncode != -signal.SIGKILL:
            problems.append(f"it left by itself, with {victim.returncode}")
        return problems + self._crashed()

    def _wait_for_its_death(self, victim: subprocess.Popen[bytes]) -> None:
        """Kill it here where it makes no more requests: it waits for a line that has failed it."""
        made, since = 0, time.monotonic()
        while time.monotonic() - since < (PATIENCE if made else PATIENCE_AT_START):
            with suppress(subprocess.TimeoutExpired):
                victim.wait(0.5)
                return
            if (now := self.tell("meter")["requests"]) > made:
                made, since = now, time.monotonic()
        self.tell("disarm")
        victim.kill()
        self.waiting += 1

    def _note_moment(self, meter: dict[str, Any]) -> None:
        batches = self.ask("SELECT state, list_id FROM batches WHERE state <> 'settled'")
        held = [
            {
                "planned": "a purchase planned, its list not ready",
                "list_ready": "its list ready, the purchase not written ahead",
                "submitting": "written ahead, charged, the answer not recorded"
                if list_id in meter["lists"]
                else "written ahead, not charged",
                "accepted": "accepted, results outstanding",
                "in_doubt": "in doubt",
                "parked": "parked",
            }.get(state, "")
            for state, list_id in batches
        ]
        if self.ask("SELECT 1 FROM outbox WHERE state = 'pending' LIMIT 1"):
            held.append("a write to the sheet not confirmed")
        for moment in set(held) - {""} or {"nothing open"}:
            self.moments[moment] += 1

    # -- rest -------------------------------------------------------------------------------------

    def rest(self, *, everybody: bool = False) -> list[str]:
        """Let everything be finished, by the program and by a human; return what is wrong then."""
        self.tell("faults", on=False)
        time.sleep(_SLOWEST)
        deadline = time.monotonic() + PATIENCE_AT_REST
        problems = ["it does not come to rest"]
        while problems and time.monotonic() < deadline:
            stopped = self._resolve()
            with self._living() as program:
                while problems and time.monotonic() < deadline and not self._needs_a_human():
                    time.sleep(0.3)
                    self.hurry()
                    problems = self.judge(everybody=everybody)
                program.send_signal(signal.SIGTERM)
                if code := program.wait():
                    problems.append(f"it left with {code}")
            problems += stopped + self._crashed()
        audit = self._run("ledger", "verify", "--config", str(self._config()))
        self.tell("faults", on=True)
        return problems + ([audit.stdout + audit.stderr] if audit.returncode else [])

    def _needs_a_human(self) -> bool:
        """Whether nothing but a parked purchase is open."""
        return {state for (state,) in self.ask(_OPEN)} == {"parked"}

    def judge(self, *, everybody: bool) -> list[str]:
        if open_ones := self.ask(_OPEN):
            return [f"open batches: {open_ones}"]
        problems = self._money(self.tell("meter"), at_rest=True) + self._rows()
        if everybody:
            waiting = [row for row in self.tell("sheet")["leads"] if _WAITS in row["Status"]]
            problems += [f"still waits: {row}" for row in waiting]
        return problems

    def _resolve(self) -> list[str]:
        """Do what only a human can: say by the vendor's own record what was paid."""
        parked = self.ask("SELECT id, list_id FROM batches WHERE state = 'parked'")
        if parked:
            time.sleep(_SLOWEST)
        lists = self.tell("meter")["lists"]
        for batch, list_id in parked:
            said = "--paid" if list_id in lists else "--not-paid"
            self._run("batches", "resolve", batch, said, "--config", str(self._config()))
            self.parked += 1
        halted = self.ask("SELECT halted FROM accounts WHERE halted <> ''")
        return [f"buying is stopped: {why}" for (why,) in halted]

    # -- judging ----------------------------------------------------------------------------------

    def _money(self, meter: dict[str, Any], *, at_rest: bool = False) -> list[str]:
        [(settled, reserved)] = self.ask(
            "SELECT COALESCE(SUM(settled), 0), COALESCE(SUM(reserved), 0) FROM batches"
        ) or [(0, 0)]
        charged = meter["charged"]
        found = [f"bought twice: {one}" for one in meter["twice"]] + meter["audit"]
        if not settled <= charged <= settled + reserved or (at_rest and reserved):
            found.append(f"the meter says {charged}, the ledger {settled} and {reserved} booked")
        if settled + reserved > self.cap:
            found.append(f"{settled} and {reserved} booked are above the cap of {self.cap}")
        return found

    def _rows(self) -> list[str]:
        """Return what is wrong in the sheet: each found value must be in each row of its person."""
        sheet = self.tell("sheet")
        values = self.ask("SELECT prospect, field, value FROM jobs WHERE state = 'found'")
        found = {(str(who), field.capitalize()): value for who, field, value in values}
        missed = {
            (str(who), field.capitalize())
            for who, field in self.ask("SELECT prospect, field FROM jobs WHERE state = 'missed'")
        }
        problems, there = [], set()
        for row in sheet["leads"]:
            who = row["Prospect ID"]
            there.add(who)
            if who not in sheet["people"]:
                problems.append(f"a row of nobody: {row}")
                continue
            truth = sheet["people"][who]
            for field in ("Email", "Phone"):
                wanted = field in truth["wish"] or field.lower() in truth["wish"]
                known = found.get((who, field), "") if wanted else ""
                if row[field] != known or known not in ("", truth[field]):
                    problems.append(f"{field} of {who} is {truth[field]}, bought {known}: {row}")
                if wanted and not known and (who, field) not in missed:
                    if _WAITS not in row["Status"]:
                        problems.append(f"{field} of {who} has no answer: {row}")
        keys = [row["Key"] for row in sheet["leads"]]
        if "" in keys or len(set(keys)) < len(keys):
            problems.append("a row without a key of its own")
        if absent := set(sheet["people"]) - there:
            problems.append(f"people who stand in no row: {sorted(absent)}")
        return problems

    # -- plumbing ---------------------------------------------------------------------------------

    def tell(self, command: str, **arguments: Any) -> dict[str, Any]:
        assert self.arena.stdin is not None  # noqa: S101  (a pipe was asked for)
        self.arena.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self.arena.stdin.flush()
        return self._hear()

    def _hear(self) -> dict[str, Any]:
        assert self.arena.stdout is not None  # noqa: S101  (as above)
        return dict(json.loads(self.arena.stdout.readline()))

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        """Ask the ledger, as a file: it is nobody's while nobody lives."""
        path = self.folder / "ledger.db"
        if not path.exists():
            return []
        with closing(sqlite3.connect(path, isolation_level=None)) as ledger:
            try:
                return ledger.execute(question).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):  # killed before its first commit
                    return []
                raise

    def hurry(self) -> None:
        """Make every open batch due now, so that the next life need not wait for its looks."""
        self.ask("UPDATE batches SET not_before = NULL WHERE state <> 'settled'")

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603  (as above)
            self._command(*arguments), capture_output=True, text=True, timeout=120, check=False
        )

    @contextmanager
    def _living(self) -> Iterator[subprocess.Popen[bytes]]:
        """Start the program; it is dead at the end of the block, whatever happens there."""
        command = self._command("run", "--config", str(self._config()))
        with (
            self._log.open("wb") as file,
            subprocess.Popen(command, stdout=file, stderr=file) as program,  # noqa: S603  (as above)
        ):
            try:
                yield program
            finally:
                program.kill()

    def _crashed(self) -> list[str]:
        said = self._log.read_text()
        return [said[-2000:]] if "Traceback" in said else []

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "syncd", *arguments]

    def _config(self) -> Path:
        """Write the config of the next life: the caps rise, and the mode changes now and then."""
        hour = (datetime.now(UTC).hour - 6) % 24  # it is about six in the morning there
        zone = f"Etc/GMT{hour if hour <= 12 else hour - 24:+d}"
        mode = self.dice.choice(("async", "async", "sync"))
        return write_config(
            self.folder,
            self.base,
            per_day=self.cap,
            zone=zone,
            mode=mode,
            buying=_BUYING,
            daemon='log = "logfmt"',
            spreadsheets=['id = "killing-floor"\nname = "Kills"\nevery = "1s"'],
        )


_OPEN = "SELECT state FROM batches WHERE state NOT IN ('settled', 'refused', 'cancelled')"
_BUYING = """
ask_first = []
settle = "0s"
settle_after = "0s"
doubt_for = "2s"
big_paste = 0
batch_size = 4
batches_in_flight = 3
"""


def run(arena: Kills, kills: int, every: int) -> Iterator[list[str]]:
    """Kill so many victims; yield what is wrong after each, and at the end."""
    arena.tell("faults", on=True)
    for number in range(1, kills + 1):
        yield [f"kill {number}: {text}" for text in arena.kill(number)]
        if number % every == 0:
            yield [f"at rest after kill {number}: {text}" for text in arena.rest()]
    arena.cap = arena.wanted
    yield [f"at the end: {text}" for text in arena.rest(everybody=True)]


def report(done: Kills) -> None:
    charged = done.tell("meter")["charged"]
    print(f"\nAsked for {done.wanted} credits, charged {charged}; {done.parked} purchases were")
    print(
        f"resolved by a human; {done.faults.total()} faults; {done.waiting} kills while it waited."
    )
    for title, table in (
        ("what the ledger held | kills", done.moments),
        ("what was asked last | kills", done.last),
        ("fault | times", done.faults),
    ):
        print(f"\n| {title} |\n| --- | ---: |")
        for name, count in table.most_common():
            print(f"| {name} | {count} |")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Kill the real program, and judge by the meter.")
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=25, help="kills until it may come to rest")
    parser.add_argument("--keep", type=Path, help="a folder to work in, kept for looking at")
    chosen = parser.parse_args(arguments)
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108
    began, kills, problems = time.monotonic(), -1, list[str]()
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        place = chosen.keep or Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        with Kills(place, chosen.seed, chosen.kills) as arena:
            with suppress(KeyboardInterrupt):  # what was seen so far is told all the same
                for problems in run(arena, chosen.kills, chosen.every):
                    if problems:
                        break
            kills = arena.last.total()
            report(arena)
    seconds = time.monotonic() - began
    print(f"\n{kills} kills, {seconds:.0f} s, seed {chosen.seed}: {len(problems)} violations")
    print("\n".join(problems))
    raise SystemExit(bool(problems))


if __name__ == "__main__":
    main()
