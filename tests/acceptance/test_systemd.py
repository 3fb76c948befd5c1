"""The unit on real systemd: one machine, booted once, and what an operator will see on it.

A story of chapters, in one test, as they share the machine; each is told in the transcript, which
``docs/systemd.py`` puts into the documentation.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from bench import PURCHASE, is_purchase, is_read, until
from machine import ROOT, Machine, why_not
from rig import Rig

from syncd.core.model import Batch, BatchState
from syncd.ledger import Ledger
from syncd.sandbox.wire import Request

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

LEDGER = "var/lib/private/syncd/ledger.db"
PARTS = {
    "ledger": 'path = "/var/lib/syncd/ledger.db"',
    "google": 'credentials = { credential = "google.json" }\nbase_url = "BASE"\n'
    "reads_per_minute = 0\nwrites_per_minute = 0",
    "seleqt": 'key = { credential = "seleqt.key" }\nbase_url = "BASE/api/v1"\n'
    "requests_per_minute = 0",
    "daemon": 'stop_within = "8s"',
}
# A hang is told from patience in two seconds, and results are looked for at once; of a unit that
# fails again and again three starts are enough to see.
HASTY = """[Unit]
StartLimitBurst=3
[Service]
WatchdogSec=2
RestartSec=200ms
ExecStart=
ExecStart=/opt/syncd/bin/python /opt/syncd/hasty.py run --config /etc/syncd/config.toml
"""
HASTY_CODE = """
from datetime import timedelta
import syncd.core.lifecycle, syncd.daemon
syncd.core.lifecycle.poll_delay = lambda age: timedelta(0)
syncd.daemon.PATIENCE = timedelta(seconds=2)
from syncd.cli import main
main()
"""


class Office:
    """The machine with syncd on it, and the rig that it works for."""

    def __init__(self, machine: Machine, rig: Rig) -> None:
        self.machine, self.rig = machine, rig
        self.people = 0
        rig.is_armed = False  # its ledger is on the machine, and armed there
        rig.config()
        for secret in ("google.json", "seleqt.key"):
            machine.write(f"/etc/syncd/{secret}", (rig.folder / secret).read_text(), 0o600)
        self.configure()

    def configure(self, change: Callable[[str], str] = str) -> None:
        text = self.rig.config(**PARTS).read_text()
        self.machine.write("/etc/syncd/config.toml", change(text))

    def drop_in(self, text: str) -> None:
        self.machine.write("/etc/systemd/system/syncd.service.d/test.conf", text)
        self.machine.run("systemctl daemon-reload")

    def ask(self, count: int = 3) -> None:
        """Put more people into the sheet whose emails are found."""
        people = [
            self.rig.person(email=f"p{number}@found.example")
            for number in range(self.people, self.people + count)
        ]
        self.rig.ask(*[(person, "Email") for person in people], first=1 + self.people)
        self.people += count

    def is_served(self) -> bool:
        return self.rig.column("Email") == [f"p{n}@found.example" for n in range(self.people)]

    def state(self, name: str) -> str:
        return self.machine.run(f"systemctl show syncd --property {name} --value")

    @property
    def status(self) -> str:
        return self.state("StatusText")

    def is_active(self) -> bool:
        return self.state("ActiveState") == "active"

    def journal(self) -> str:
        return self.machine.run("journalctl --unit syncd --output cat")

    def clean(self) -> None:
        """Forget failures, and what was logged of them."""
        self.machine.run("systemctl stop syncd", check=False)
        self.machine.run("systemctl reset-failed syncd", check=False)
        self.machine.run("journalctl --rotate")
        self.machine.run("journalctl --vacuum-time 1s")

    @property
    def ledger(self) -> Path:
        return self.machine.root / LEDGER

    def hurry(self) -> None:
        """Make open batches due now: else minutes of waiting."""
        with closing(sqlite3.connect(self.ledger, isolation_level=None)) as ledger:
            ledger.execute("UPDATE batches SET not_before = NULL WHERE state <> 'settled'")

    def batches(self) -> list[Batch]:
        with Ledger(self.ledger, read_only=True) as ledger:
            found = ledger._db.execute("SELECT id FROM batches ORDER BY created_at, rowid")
            return [batch for (one,) in found.fetchall() if (batch := ledger.batches.get(one))]

    def unsure(self) -> bool:
        self.hurry()
        states = {batch.state for batch in self.batches()}
        return bool(states & {BatchState.IN_DOUBT, BatchState.PARKED})

    def seen(self, which: Callable[[Request], bool]) -> threading.Event:
        came = threading.Event()
        self.rig.world.on_request(lambda asked: came.set() if which(asked) else None)
        return came

    def requests_to_spend(self) -> int:
        return self.rig.requests_made("seleqt", "spend")

    def check_money(self) -> None:
        with self.rig.world.lock:
            assert not self.rig.seleqt.meter.bought_twice()
            charged = self.rig.seleqt.meter.charged()
        booked = [batch.settled for batch in self.batches()]
        assert charged == sum(booked), self.batches()


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with Machine(tmp_path) as machine:
        with machine.network():
            rig = Rig(tmp_path, rows=60)
        with rig:
            try:
                yield Office(machine, rig)
            finally:
                if path := os.environ.get("SYNCD_TRANSCRIPT"):
                    Path(path).write_text("\n".join(machine.transcript) + "\n")


def test_the_unit_keeps_its_promises_on_real_systemd(office: Office) -> None:
    for chapter in CHAPTERS:
        office.machine.tell(f"\n## {(chapter.__doc__ or '').strip('.')}\n")
        began = time.monotonic()
        try:
            chapter(office)
        except BaseException as error:
            error.add_note(office.machine.run("journalctl --lines 60 --no-pager", check=False))
            error.add_note(f"in the chapter: {chapter.__doc__}")
            raise
        print(f"{time.monotonic() - began:5.1f} s  {chapter.__doc__}")  # noqa: T201  (pytest -s)


# --- the chapters -------------------------------------------------------------------------------


def verify(office: Office) -> None:
    """systemd finds nothing to say about the unit, and rates its exposure at 1.2 or better."""
    unit = "/etc/systemd/system/syncd.service"
    assert office.machine.show(f"systemd-analyze verify {unit}") == ""
    office.machine.run(f"systemd-analyze security --offline=true --threshold=12 {unit}")
    security = office.machine.run(f"systemd-analyze security --offline=true {unit}")
    office.machine.tell(f"    # systemd-analyze security --offline=true {unit} | tail -n 1")
    office.machine.tell("    " + security.splitlines()[-1])


def refuse_to_start(office: Office) -> None:
    """A config that cannot be used, and a secret that is missing: it says so, and is left alone."""
    office.configure(lambda text: text.replace("per_month", "per_moth"))
    key = office.machine.root / "etc/syncd/seleqt.key"
    key.rename(key.with_name("gone"))
    office.machine.show("systemctl start syncd")
    assert office.state("ExecMainStatus") == "78"
    assert office.state("NRestarts") == "0"
    assert office.state("ActiveState") == "failed"
    said = office.machine.show("journalctl --unit syncd --output cat")
    assert "caps.per_moth: this key is unknown" in said
    assert "the credential seleqt.key is empty, or its file in LoadCredential= is missing" in said
    key.with_name("gone").rename(key)
    office.configure()
    (office.machine.root / "etc/syncd/config.toml").chmod(0o600)
    office.clean()
    office.machine.show("systemctl start syncd")
    assert office.state("ExecMainStatus") == "78"
    assert "chmod 644" in office.machine.show("journalctl --unit syncd --output cat --grep config")
    office.configure()
    office.clean()


def start_alone(office: Office) -> None:
    """Started while neither Google nor Seleqt can be reached: ready, and it says what it lacks."""
    office.rig.world.faults.add("drop_before", rate=1.0)
    began = time.monotonic()
    office.machine.show("systemctl start syncd")
    assert time.monotonic() - began < 10  # three seconds, on a machine with nothing else to do
    assert office.is_active()
    until(lambda: "spreadsheet_problem" in office.journal())
    office.machine.show("systemctl status --no-pager --lines 4 syncd")
    assert office.requests_to_spend() == 0
    office.rig.world.faults.clear()


def buy(office: Office) -> None:
    """Until it is armed it only plans; then a cycle buys and writes."""
    office.ask(3)
    until(lambda: "plan mode" in office.status and all(office.rig.column("Status")))
    assert office.requests_to_spend() == 0
    office.machine.show("systemctl show syncd --property StatusText")
    office.machine.show("syncd arm")
    until(lambda: office.hurry() or office.is_served())
    until(lambda: "9/5000 credits today" in office.status)
    office.machine.show("systemctl show syncd --property StatusText")
    office.check_money()


def look_at_its_rights(office: Office) -> None:
    """Its secrets are in nobody's reach, nor is its ledger, and it is nobody in particular."""
    pid = office.state("MainPID")
    assert office.rig.key not in office.machine.run(f"cat /proc/{pid}/environ")
    user = office.machine.show(f"ps -o user= -p {pid}")
    assert user == "syncd"
    assert "syncd" not in office.machine.run("cat /etc/passwd")
    office.machine.show("stat -c '%A %U %n' /var/lib/private/syncd/ledger.db")
    assert (office.ledger.stat().st_mode & 0o777) == 0o600
    assert (office.ledger.parent.stat().st_mode & 0o777) == 0o700
    secret = f"/proc/{pid}/root/run/credentials/syncd.service/seleqt.key"
    assert office.machine.run(f"cat {secret}") == office.rig.key
    office.machine.run("useradd --no-create-home passer-by")
    for path in (secret, "/etc/syncd/seleqt.key", "/var/lib/syncd/ledger.db"):
        refused = office.machine.run(f"setpriv --reuid passer-by cat {path}", check=False)
        assert "Permission denied" in refused


def reload(office: Office) -> None:
    """A reload takes over what is good, and leaves all as it is where that is not."""
    pid = office.state("MainPID")
    office.configure(lambda text: text.replace("per_day = 5000", "per_day = 5001"))
    office.machine.show("systemctl reload syncd")
    until(lambda: "9/5001 credits today" in office.status)
    office.configure(lambda text: text.replace("per_day = 5000", "per_day = lots"))
    assert "Job for syncd.service failed" in office.machine.show("systemctl reload syncd")
    until(lambda: "the last reload was refused" in office.status)
    office.machine.show("systemctl show syncd --property ActiveState --property StatusText")
    assert "is not valid TOML" in office.machine.show(
        "journalctl --unit syncd --output cat -g TOML"
    )
    office.configure()
    office.machine.run("systemctl reload syncd")
    until(lambda: office.status.endswith("9/5000 credits today"))
    assert "refused" not in office.status
    assert office.state("MainPID") == pid
    assert office.is_active()


def ignore_signals(office: Office) -> None:
    """Signals that mean nothing to it."""
    pid = office.state("MainPID")
    for name in ("USR1", "USR2", "ALRM", "IO", "RTMIN+3"):
        office.machine.run(f"systemctl kill --kill-who main --signal {name} syncd")
    until(lambda: office.journal().count("signal_ignored") == 5)
    office.machine.show("journalctl --unit syncd --output cat --grep signal_ignored")
    assert office.state("MainPID") == pid


def log(office: Office) -> None:
    """The journal: whose line, how urgent, which purchase."""
    (batch,) = office.batches()
    lines = office.machine.run("journalctl --unit syncd --output json _COMM=syncd").splitlines()
    entries = [json.loads(line) for line in lines]
    mine = [entry for entry in entries if f"batch={batch.id}" in entry["MESSAGE"]]
    assert len(mine) >= 3
    assert {entry["_SYSTEMD_UNIT"] for entry in mine} == {"syncd.service"}
    assert {entry["SYSLOG_IDENTIFIER"] for entry in mine} == {"syncd"}
    urgent = {e["PRIORITY"] for e in entries if "event=reload_refused" in e["MESSAGE"]}
    assert urgent == {"3"}
    assert {entry["PRIORITY"] for entry in mine} == {"6"}
    assert office.rig.key not in office.journal()
    office.machine.show(f"journalctl --unit syncd --output cat --grep {batch.id}")


def stop_in_flight(office: Office) -> None:
    """Stopped with a purchase on its way: the answer is waited for, and recorded."""
    sent = office.seen(is_purchase)
    office.rig.world.faults.add("slow", seconds=1.0, next=1, **PURCHASE)
    office.ask(3)
    until(sent.is_set)
    began = time.monotonic()
    office.machine.show("systemctl stop syncd")
    assert time.monotonic() - began < 8
    assert office.state("Result") == "success"
    assert [batch.settled + batch.reserved for batch in office.batches()] == [9, 9]
    assert office.batches()[-1].state in {BatchState.ACCEPTED, BatchState.SETTLED}
    office.check_money()


def rotate(office: Office) -> None:
    """A new key: put in its place, and read at the next start."""
    office.rig.key = office.rig.seleqt.add_key()
    office.machine.write("/etc/syncd/seleqt.key", office.rig.key, 0o600)
    office.machine.write("/opt/syncd/hasty.py", HASTY_CODE)
    office.drop_in(HASTY)
    office.machine.show("systemctl start syncd")
    until(lambda: office.hurry() or office.is_served())
    pid = office.state("MainPID")
    secret = f"/proc/{pid}/root/run/credentials/syncd.service/seleqt.key"
    assert office.machine.run(f"cat {secret}") == office.rig.key
    office.check_money()


def kill(office: Office) -> None:
    """Killed in the middle of a purchase: started again, it looks up what became of that."""
    sent = office.seen(is_purchase)
    office.rig.world.faults.add("slow", seconds=0.5, next=1, **PURCHASE)
    office.ask(3)
    until(sent.is_set)
    office.machine.show("systemctl kill --signal KILL syncd")
    until(lambda: office.state("NRestarts") == "1" and office.is_active())
    until(lambda: office.hurry() or office.is_served())
    assert office.requests_to_spend() == 3
    office.check_money()
    office.machine.show(f"journalctl --unit syncd --output cat --grep {office.batches()[-1].id}")


def hang(office: Office) -> None:
    """A cycle that hangs: nothing feeds the watchdog, and systemd ends what stands still."""
    asked = office.seen(is_read)
    office.rig.world.faults.add("slow", vendor="sheets", seconds=60, next=1)
    until(asked.is_set)
    until(lambda: office.state("NRestarts") == "2" and office.is_active())
    office.machine.show("journalctl --unit syncd --output cat --grep 'stuck|atchdog|killed'")
    journal = office.journal()
    assert 'event=stuck part="cycle of Sales" where=' in journal
    assert "Watchdog timeout" in journal
    assert "Fatal Python error: Aborted" in journal  # with the calls of every thread
    office.rig.world.faults.clear()


def back_up(office: Office) -> None:
    """Backed up by its timer's unit while it runs; restored by root, it buys nobody twice."""
    machine, units = office.machine, "/etc/systemd/system/syncd-backup"
    assert machine.run(f"systemd-analyze verify {units}.service {units}.timer") == ""
    machine.run(f"systemd-analyze security --offline=true --threshold=6 {units}.service")
    machine.run("systemctl enable --now syncd-backup.timer")
    assert "syncd-backup.service" in machine.run("systemctl list-timers --no-pager")
    pid = office.state("MainPID")
    machine.show("systemctl start syncd-backup")
    machine.show("journalctl --unit syncd-backup --output cat --grep checked")
    folder = "/var/lib/private/syncd/backups"
    [made] = (machine.root / folder[1:]).iterdir()
    told = machine.run(f"stat -c '%U %a' {folder} {folder}/{made.name}")
    assert told.splitlines() == ["syncd 700", "syncd 600"]
    assert (office.state("MainPID"), office.is_active()) == (pid, True)
    office.ask(1)
    until(lambda: office.hurry() or office.is_served())
    office.clean()
    machine.show(f"syncd restore --yes {folder}/{made.name}")
    machine.run("systemctl start syncd")
    until(lambda: "restored from a backup" in office.journal())
    office.clean()
    machine.show("env CREDENTIALS_DIRECTORY=/etc/syncd syncd reconcile --yes")
    machine.run("systemctl start syncd")
    until(lambda: not office.unsure())
    assert office.is_served()
    owners = machine.run("find /var/lib/private/syncd -printf '%u %f\\n'").splitlines()
    assert {one.split()[0] for one in owners} == {"syncd"}, owners
    with office.rig.world.lock:
        assert not office.rig.seleqt.meter.bought_twice()


def fail_for_good(office: Office) -> None:
    """A disk that is full: a few tries, clear words, and nothing is bought."""
    assert "StartLimitBurst=5" in (ROOT / "systemd/syncd.service").read_text()
    office.clean()
    spent = office.requests_to_spend()
    office.machine.run("mv /var/lib/private/syncd/ledger.db /var/lib/private/kept.db")
    office.machine.run("rm -r /var/lib/private/syncd")
    office.machine.run("mkdir /var/lib/private/syncd")
    office.machine.run("mount -t tmpfs -o size=16k tmpfs /var/lib/private/syncd")
    office.ask(1)
    office.machine.run("systemctl start syncd", check=False)
    until(lambda: office.state("ActiveState") == "failed")
    assert office.state("NRestarts") == "3"
    assert "its disk is full" in office.journal()
    assert "Start request repeated too quickly" in office.journal()
    office.machine.show("journalctl --unit syncd --output cat --grep 'full|Scheduled|too quickly'")
    assert office.requests_to_spend() == spent


CHAPTERS = [
    verify,
    refuse_to_start,
    start_alone,
    buy,
    look_at_its_rights,
    reload,
    ignore_signals,
    log,
    stop_in_flight,
    rotate,
    kill,
    hang,
    back_up,
    fail_for_good,
]
