"""The daemon's web port: beside its work, through a reload, and never in the way of its end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
from bench import Program, until
from rig import Rig
from typer.testing import CliRunner

from syncd.cli import app

HEAVY = ("starlette", "uvicorn", "jinja2", "prometheus_client", "apprise")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
        return number


def ask(port: int, path: str) -> httpx.Response | None:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}")
    except httpx.TransportError:
        return None


def health(rig: Rig, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["health", "-c", str(rig.folder / "config.toml"), *arguments])


def test_it_serves_follows_a_reload_and_ends_with_the_daemon(rig: Rig) -> None:
    first, second = free_port(), free_port()
    rig.settings["web"] = f'listen = "127.0.0.1:{first}"'
    with Program.daemon(rig) as daemon:
        until(lambda: (answer := ask(first, "/readyz")) and answer.status_code == 200)
        well = health(rig)
        assert (well.exit_code, well.stdout.split(":")[0]) == (0, "ready")
        assert health(rig, "--live").stdout == "live\n"

        rig.config(web='listen = "0.0.0.0:9464"')
        daemon.send(signal.SIGHUP)
        daemon.wait_for("reload_refused")
        answer = ask(first, "/metrics")
        assert answer is not None
        assert "syncd_reload_success 0.0" in answer.text

        rig.config(web=f'listen = "127.0.0.1:{second}"')
        daemon.send(signal.SIGHUP)
        daemon.wait_for("reloaded")
        until(lambda: ask(second, "/livez"))
        assert ask(first, "/livez") is None
        answer = ask(second, "/metrics")
        assert answer is not None
        assert "syncd_reload_success 1.0" in answer.text

        with socket.create_connection(("127.0.0.1", second)):  # says nothing, and stays
            daemon.send(signal.SIGTERM)
            assert daemon.wait() == 0
    gone = health(rig)
    assert gone.exit_code == 1
    assert f"does not answer on 127.0.0.1 port {second}" in gone.stderr


def test_a_probe_of_a_daemon_without_a_port_says_so(rig: Rig) -> None:
    rig.config()
    asked = health(rig)
    assert asked.exit_code == 1
    assert "name an address in [web] listen" in asked.stderr


def test_a_probe_that_meets_another_program_fails(rig: Rig, tmp_path: Path) -> None:
    rig.settings["web"] = f'listen = "127.0.0.1:{rig.server.port}"'
    rig.config()
    asked = health(rig)
    assert asked.exit_code == 1
    assert asked.stdout == "Another program answers there.\n"


def test_what_is_not_configured_is_not_imported() -> None:
    code = (
        "import sys, syncd.cli, syncd.app, syncd.attendants, syncd.daemon\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"
