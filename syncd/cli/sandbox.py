"""``syncd sandbox``: both vendors on one loopback port, for trying and testing any client."""

from __future__ import annotations

from pathlib import Path

import typer


def sandbox(
    port: int = typer.Option(
        8765, "--port", min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one."
    ),
    seed: int = typer.Option(1, "--seed", help="The same seed gives the same people."),
    folder: Path | None = typer.Option(
        None, "--dir", help="Where the service-account file, API key and config are written."
    ),
    open_to_all: bool = typer.Option(
        False,
        "--open",
        help="Accept any bearer token and create spreadsheets on demand, for other clients' tests.",
    ),
) -> None:
    """Serve a sandbox for Google Sheets and Seleqt until Ctrl-C, and say how to connect."""
    import signal

    from syncd.cli.demo import listen, make_folder, write_files
    from syncd.sandbox.clock import WallClock
    from syncd.sandbox.scene import build_scene

    signals = {signal.SIGINT, signal.SIGTERM}
    # Before any thread is started, or one of those would take the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    place = make_folder(folder, "syncd-sandbox-")
    scene = build_scene(WallClock(), seed=seed, open_to_all=open_to_all)
    with listen(scene, port) as server:
        base = server.base_url
        config = write_files(scene, place, base)
        typer.echo(f"The sheet, in a browser:   {base}/")
        typer.echo(f"Google Sheets and Drive:   {base}/v4, {base}/drive/v3")
        typer.echo(
            f"Service account:           {place / 'google.json'}  (its token URL: {base}/token)"
        )
        typer.echo(f"Spreadsheet id:            {scene.spreadsheet.id}")
        typer.echo(f"Seleqt:                    {base}/api/v1  (key in {place / 'seleqt.key'})")
        typer.echo(f"syncd against it:          syncd run --config {config}")
        typer.echo(f"and once it may buy:       syncd arm --config {config}")
        if open_to_all:
            typer.echo("Open: any bearer token is accepted, spreadsheets are created on demand.")
        typer.echo("Press Ctrl-C to end.")
        signal.sigwait(signals)
