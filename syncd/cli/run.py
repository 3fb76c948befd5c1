"""``syncd run``: the daemon, or one pass of it."""

from __future__ import annotations

from pathlib import Path

import typer

DEFAULT = Path("/etc/syncd/config.toml")


def run(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    once: bool = typer.Option(
        False, "--once", help="Go on until nothing more can be done now, then end."
    ),
) -> None:
    """Read the sheets, buy inside the caps, write what was found; until told to stop."""
    import signal
    import threading

    if not once:  # from here on a signal waits until the daemon can leave in order
        signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT))

    from syncd.app import App
    from syncd.cli.logs import set_up_logs
    from syncd.config import load
    from syncd.daemon import SIGNALS, Daemon, run_once

    loaded = load(config, secrets=True)
    set_up_logs(loaded.daemon.log, loaded.daemon.log_level)
    stop = threading.Event()
    with App(loaded, stop=stop) as app:
        if once:
            for number in SIGNALS:
                signal.signal(number, lambda *_: stop.set())
            code = run_once(app.engines, stop)
        else:
            pairs = list(zip(app.engines, loaded.spreadsheet, strict=True))
            code = Daemon(engines=pairs, stop=stop, stop_within=loaded.daemon.stop_within).run()
    raise typer.Exit(code)
