"""``syncd demo``: the sandbox, a seeded sheet, and the real daemon as a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import subprocess

    from syncd.sandbox.scene import Scene
    from syncd.sandbox.server import SandboxServer

_CONFIG = """\
# Written by `syncd demo`: everything here points at the sandbox on this machine.
[ledger]
path = "ledger.db"

[google]
credentials = {{ file = "google.json" }}
base_url = "{base}"

[seleqt]
key = {{ file = "seleqt.key" }}
base_url = "{base}/api/v1"
requests_per_minute = 600

[caps]
time_zone = "Europe/Berlin"
per_day = 400
per_month = 2000
floor = 100
per_kind_and_day = {{ phone = {phone_cap} }}

[buying]
ask_first = ["phone"]
settle = "1s"
settle_after = "5s"

[[spreadsheet]]
id = "{spreadsheet}"
name = "Sales outreach"
every = "3s"
"""


def demo(
    once: bool = typer.Option(False, "--once", help="End by itself, with a summary."),
    seed: int = typer.Option(1, "--seed", help="The same seed gives the same people."),
    port: int = typer.Option(
        0, "--port", min=0, max=65535, help="Port of the sandbox; 0 takes a free one."
    ),
    folder: Path | None = typer.Option(
        None, "--dir", help="Where config, ledger and log go; a new temporary folder by default."
    ),
) -> None:
    """Show syncd at work on an invented sheet. Needs no account and spends nothing real."""
    from syncd.cli.demo_view import print_summary, watch
    from syncd.sandbox.clock import WallClock
    from syncd.sandbox.scene import build_scene

    place = make_folder(folder, "syncd-demo-")
    if (place / "ledger.db").exists():
        raise typer.BadParameter(
            f"{place} holds the ledger of an earlier demo, whose people are gone. Name another.",
            param_hint="--dir",
        )
    scene = build_scene(WallClock(), seed=seed, first_result=1.0, spread=2.0 if once else 6.0)
    with listen(scene, port) as server:
        config = write_files(scene, place, server.base_url)
        _arm(place / "ledger.db")
        if once:
            first = _run(place, config, "--once")
            code = watch(scene, place, server.base_url, first)
            before = scene.world.journal.last, scene.world.seleqt.meter.charged()
            second = _run(place, config, "--once").wait()
            good = print_summary(scene, place, before)
            raise typer.Exit(0 if good and code == second == 0 else 1)
        daemon = _run(place, config)
        code = watch(scene, place, server.base_url, daemon)
        raise typer.Exit(code)


def _arm(path: Path) -> None:
    """Let the demo buy from the start: nobody's credits are at stake."""
    from datetime import UTC, datetime

    from syncd.ledger import Ledger
    from syncd.terms import ACCOUNT

    with Ledger(path) as ledger:
        ledger.arm(ACCOUNT, datetime.now(UTC))


def make_folder(named: Path | None, prefix: str) -> Path:
    """Return the folder for config and secrets; one that cannot be had is wrong usage."""
    import tempfile

    try:
        place = (named or Path(tempfile.mkdtemp(prefix=prefix))).resolve()
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise typer.BadParameter(f"{named}: {error.strerror}", param_hint="--dir") from None
    return place


def listen(scene: Scene, port: int) -> SandboxServer:
    """Return the scene's server; a port that cannot be had is wrong usage."""
    from syncd.sandbox.server import SandboxServer

    try:
        return SandboxServer(scene.world, port=port)
    except OSError as error:
        raise typer.BadParameter(f"port {port}: {error.strerror}", param_hint="--port") from None


def write_files(scene: Scene, place: Path, base_url: str) -> Path:
    """Write the config and the two secrets that connect syncd to a sandbox; return the config."""
    import json

    from syncd.sandbox.scene import PHONE_CREDITS_PER_DAY

    texts = {
        "google.json": json.dumps(scene.world.sheets.service_account(base_url), indent=2),
        "seleqt.key": scene.key,
        "config.toml": _CONFIG.format(
            base=base_url, spreadsheet=scene.spreadsheet.id, phone_cap=PHONE_CREDITS_PER_DAY
        ),
    }
    for name, text in texts.items():
        path = place / name
        try:
            path.touch(mode=0o600)
            path.write_text(text)
        except OSError as error:
            raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--dir") from None
    return place / "config.toml"


def _run(place: Path, config: Path, *options: str) -> subprocess.Popen[bytes]:
    """Start the real program; its log goes to a file in the demo's folder."""
    import subprocess
    import sys

    command = [sys.executable, "-m", "syncd", "run", "--config", str(config), *options]
    with (place / "syncd.log").open("ab") as log:
        # A session of its own: Ctrl-C reaches the demo, which then asks the daemon to stop.
        return subprocess.Popen(  # noqa: S603  (our own program)
            command, stdout=log, stderr=log, start_new_session=True
        )
