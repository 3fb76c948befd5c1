"""The program as a newcomer starts it: demo, sandbox, and every wrong turn of the command line."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import gspread
import httpx
import pytest
from google.auth.credentials import AnonymousCredentials
from googleapiclient.discovery import build

SYNCD = [sys.executable, "-m", "syncd"]


def call(*arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SYNCD, *arguments], capture_output=True, text=True, timeout=timeout, check=False
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.timeout(180)
def test_the_demo_ends_by_itself_with_every_row_as_expected(tmp_path: Path) -> None:
    done = call("demo", "--once", "--dir", str(tmp_path / "demo"))
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    for outcome, rows in {"found": 27, "missed": 3, "free": 2, "waiting": 2, "mistake": 2}.items():
        assert re.search(rf"│ {outcome} +│ +{rows} │ +{rows} │", done.stdout), outcome
    assert "240 charged by the sandbox's meter, 240 settled in the ledger, 0 still reserved" in said
    # A restart looks twice: rows have to stand still for a moment before they count.
    assert re.search(r"0 credits, [12] Sheets reads?, 0 writes but for the panel's heartbeat", said)


@pytest.mark.timeout(120)
def test_the_demo_runs_until_interrupted_and_leaves_cleanly(tmp_path: Path) -> None:
    port = free_port()
    demo = subprocess.Popen(
        [*SYNCD, "demo", "--dir", str(tmp_path / "demo"), "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
    )
    state = f"http://127.0.0.1:{port}/control/state"
    charged = 0
    for _ in range(100):
        time.sleep(0.3)
        try:
            charged = httpx.get(state, trust_env=False).json()["meter"]["charged"]
        except httpx.HTTPError:
            continue
        if charged:
            break
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=60)
    assert charged >= 15
    assert demo.returncode == 0
    assert "Stopping" in said


@pytest.fixture
def sandbox(tmp_path: Path) -> str:  # type: ignore[misc]
    """What ``syncd sandbox --open`` prints."""
    server = subprocess.Popen(
        [*SYNCD, "sandbox", "--open", "--port", "0", "--dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONUNBUFFERED": "1"},
    )
    assert server.stdout is not None
    said = ""
    for line in server.stdout:
        said += line
        if line.startswith("Press"):
            break
    yield said  # type: ignore[misc]
    server.send_signal(signal.SIGTERM)
    assert server.wait(timeout=20) == 0
    server.stdout.close()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_sandbox_says_how_any_other_client_connects(sandbox: str, tmp_path: Path) -> None:
    base = re.search(r"(http://[\d.:]+)/v4", sandbox)
    account = re.search(r"Service account: +(\S+)", sandbox)
    spreadsheet = re.search(r"Spreadsheet id: +(\S+)", sandbox)
    assert base
    assert account
    assert spreadsheet

    class Client(gspread.HTTPClient):
        def request(self, method: str, endpoint: str, *rest: object, **named: object) -> object:
            for host in ("https://sheets.googleapis.com", "https://www.googleapis.com"):
                endpoint = endpoint.replace(host, base[1])
            return super().request(method, endpoint, *rest, **named)  # type: ignore[arg-type]

    book = gspread.service_account(account[1], http_client=Client).open_by_key(spreadsheet[1])
    titles = [worksheet.title for worksheet in book.worksheets()]
    assert titles == ["Leads", "Requests", "Syncd", "syncd journal"]

    # Open: somebody else's bearer token, and a spreadsheet that did not exist.
    made = httpx.post(
        f"{base[1]}/v4/spreadsheets",
        json={"properties": {"title": "Mine"}},
        headers={"Authorization": "Bearer anything"},
        trust_env=False,
    )
    assert made.status_code == 200
    assert made.json()["properties"]["title"] == "Mine"
    service = build(
        "sheets",
        "v4",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": base[1]},
        static_discovery=True,
    )
    assert service


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "--config", "nowhere.toml"], 78, "nowhere.toml: cannot be read"),
        (["run", "--confg", "x"], 2, "No such option"),
        (["buy"], 2, "No such command"),
        (["batches", "resolve", "b1"], 2, "--paid"),
        (["demo", "--port", "99999"], 2, "port"),
    ],
)
def test_wrong_usage_is_told_in_words(arguments: list[str], code: int, says: str) -> None:
    done = call(*arguments)
    assert done.returncode == code, done.stderr
    assert says in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_told_in_words(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = call("sandbox", "--port", port, "--dir", str(tmp_path))
    assert done.returncode == 2
    assert "in use" in done.stderr


def test_a_demo_refuses_the_ledger_of_an_earlier_world(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    done = call("demo", "--once", "--dir", str(tmp_path))
    assert done.returncode == 2
    assert "earlier demo" in " ".join(re.sub(r"[│╭╮╰╯─]", " ", done.stderr).split())


def test_help_names_every_command_and_answers_at_once() -> None:
    done = call("--help")
    assert done.returncode == 0
    for command in ("run", "demo", "sandbox", "batches"):
        assert command in done.stdout
    heavy = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "syncd", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    # What takes long is loaded by the command that needs it, never by the help.
    for module in ("gspread", "httpx", "apscheduler", "pydantic", "sqlite_utils"):
        assert not re.search(rf"\| +{module}$", heavy, re.MULTILINE), module
