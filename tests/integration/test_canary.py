"""Secrets and personal data, planted everywhere: none of them in anything that syncd prints.

A real run buys, fails, crashes in a cycle and meets a refused key; then every command that reads is
run. All that came out is searched, and so is the ledger, for secrets. The planted leak shows that
the search would find one.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rig import Rig, request

# Nothing else that is printed has these in it.
FIRST, LAST, COMPANY = "Quixotica", "Zanzibarelli", "Wunderlampe Kapitalwerk"
EMAIL, PHONE = "q.zanzibarelli@wunderlampe.example", "+12025550147"
TYPED = "q.privat@wunderlampe.example"
NOTIFY, PING = "T0CANARY0TOKEN0FOR0NOTICES", "5e9c0canary0of0a0ping"
ACCESS = "ya29.canary-of-an-access-token"

# Runs in the process that is searched: what no fault of the sandbox brings about.
SCRIPT = """
import json, os, signal, sys, threading, time, urllib.error, urllib.request
from syncd.cli import app, logs
from syncd.core import masking
from syncd.engine import survey
from syncd.errors import SyncdError

plan, canaries = json.loads(sys.argv[1]), json.loads(sys.argv[2])
if plan["leak"]:
    masking.Mask.text = lambda self, text: text
wait = threading.Event.wait
threading.Event.wait = lambda self, seconds=None: wait(self, min(seconds or 0, 0.15))
real, left = survey.Surveyor.survey, [1]
def survey_or_fail(self, moment):
    if left:
        left.pop()
        raise ValueError(" ".join(canaries))
    return real(self, moment)
survey.Surveyor.survey = survey_or_fail

def visit():
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})  # that is for the main thread
    for page in ("/metrics", "/metrics", "/", "/livez", "/readyz"):
        for _ in range(200):
            try:
                address = "http://127.0.0.1:%d%s" % (plan["port"], page)
                print(urllib.request.urlopen(address).read().decode())
                break
            except urllib.error.HTTPError as error:
                print(error.read().decode())
                break
            except OSError:
                time.sleep(0.05)
        time.sleep(0.3)
    os.kill(os.getpid(), signal.SIGTERM)

for command in plan["commands"]:
    if command[:2] == ["run", "--config"]:
        threading.Thread(target=visit).start()
    try:
        app(command, standalone_mode=False)
    except SystemExit as error:
        print("exit", error.code)
    except SyncdError as error:
        print(type(error).__name__, error)
    except Exception as error:
        logs.tell_crash(error)
"""


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, panel=True) as rig:
        facts: dict[str, Any] = {
            "first_name": FIRST,
            "last_name": LAST,
            "company": COMPANY,
            "linkedin": "https://linkedin.example/in/quixotica-zanzibarelli",
        }
        both = rig.person(email=EMAIL, phone=PHONE, **facts)
        missed = rig.person(**facts)
        columns = {"First name": FIRST, "Last name": LAST, "Company": COMPANY}
        rig.ask((both, "Email + phone"), (missed, "Email"), **columns)
        rig.ask((rig.person(**facts), "Email"), first=3, **columns, Email=TYPED)
        rig.ask(("", "Email"), (f"{FIRST} {LAST}", "Email"), (7, EMAIL), first=4, **columns)
        with rig.world.lock:
            named = rig.seleqt.add_list(LAST, ids=[both])
        wish = {"Lead list": named.name, "Find": "Email", "Start": True}
        rig.fill(rig.requests, [request(**wish)], first=1)
        rig.fill(rig.requests, [request(**{"Lead list": f"{FIRST}'s", "Find": EMAIL})], first=2)
        yield rig


def secrets(rig: Rig) -> set[str]:
    account = json.loads((rig.folder / "google.json").read_text())
    lines = [one for one in account["private_key"].splitlines() if len(one) > 30]
    return {rig.key, lines[0], lines[-2], ACCESS, NOTIFY, PING}


PERSONAL = {FIRST, LAST, "Wunderlampe", "quixotica", "wunderlampe.example", "2025550147", TYPED}


def run(rig: Rig, *commands: str, form: str = "logfmt", leak: bool = False) -> str:
    (rig.folder / "notify").write_text(f"json://canary:{NOTIFY}@127.0.0.1:9/{NOTIFY}\n")
    (rig.folder / "ping").write_text(f"http://127.0.0.1:9/{PING}\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    path = rig.config(
        daemon=f'log = "{form}"\nlog_level = "debug"',
        notify='urls = [{ file = "notify" }]\nping = { file = "ping" }',
        web=f'listen = "127.0.0.1:{port}"',
    )
    config = str(path)
    plan = {
        "leak": leak,
        "port": port,
        "commands": [[*command.split(), "--config", config] for command in commands],
    }
    canaries = [*secrets(rig), EMAIL, PHONE, TYPED]
    command = [sys.executable, "-c", SCRIPT, json.dumps(plan), json.dumps(canaries)]
    output = rig.folder / "output"
    with (
        output.open("w") as file,
        subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT) as syncd,
    ):
        done = threading.Thread(target=syncd.wait)
        done.start()
        while done.is_alive():
            if (rig.folder / "ledger.db-wal").exists():
                with contextlib.suppress(sqlite3.OperationalError):  # it is just being made
                    rig.hurry()
            done.join(0.1)
    return output.read_text()


def find(canaries: set[str], text: str) -> list[str]:
    """Return each line that has a canary in it."""
    low = [one.lower() for one in canaries]
    return [line for line in text.splitlines() if any(one in line.lower() for one in low)]


READS = (
    "status",
    "status --json",
    "check-config --show",
    "plan",
    "notify --test",
    "doctor",
    "doctor --json",
    "arm",
    "health",
    "ledger verify",
    "ledger verify --json",
    "ledger statement",
    "ledger statement --by person",
    "ledger statement --by person --format json",
    "batches list --all",
    "batches list --all --json",
    "batches refunds",
    "batches refunds --csv",
    "backup",
    "approve Sales --yes",
    "reconcile --yes",
)


def test_no_secret_and_nobodys_data_is_printed_by_anything(rig: Rig) -> None:
    rig.decide("At most today", f"{FIRST} {LAST}")
    told = run(rig, "run --once", "run --once", form="logfmt")
    rig.decide("At most today", "")
    told += run(rig, "run --once", "run --once", "run", form="logfmt")
    rig.ask((rig.person(first_name=FIRST), "Phone"), first=9)
    rig.answer(400, {"success": False, "error": f"no {EMAIL}"}, path="POST .*/enrich")
    told += run(rig, "run --once", "run --once", form="human")
    rig.answer(401, {"error": f"{rig.key} is no key"}, path="GET .*/lists", times=9)
    with rig.ledger() as ledger:
        ids = [batch.id for batch in ledger.batches.latest("default", 9)]
    assert len(ids) >= 2
    told += run(rig, *READS, *(f"batches show {one} --json" for one in ids), form="json")
    for event in ("cycle_failed", "event=job", "batch_opened", "promises were checked", "# HELP"):
        assert event in told
    assert find(secrets(rig) | PERSONAL, told) == []
    assert LAST in run(rig, "ledger statement --by person --names")  # on an express word
    kept = b"".join(one.read_bytes() for one in rig.folder.rglob("*.db*"))
    assert LAST.encode() in kept  # the ledger knows people, and no secret
    assert [one for one in secrets(rig) if one.encode() in kept] == []


def test_a_planted_leak_is_found(rig: Rig) -> None:
    told = run(rig, "run --once", leak=True)
    assert find(secrets(rig), told)
    assert find(PERSONAL, told)
