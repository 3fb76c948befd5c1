"""``syncd run``: the daemon, or one pass of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from syncd.config import Config

DEFAULT = Path("/etc/syncd/config.toml")


def run(
    config: Path = typer.Option(
        DEFAULT, "--config", "-c", help="The TOML file.", readable=False
    ),  # whether it is readable is the config's own affair, with an exit code of its own
    once: bool = typer.Option(
        False, "--once", help="Go on until nothing more can be done now, then end."
    ),
) -> None:
    """Read the sheets, buy inside the caps, write what was found; until told to stop."""
    from syncd import signals

    signals.hold()  # from here on one waits until the daemon can leave in order

    import contextlib
    import faulthandler

    from syncd.app import App
    from syncd.attendants import Attendants
    from syncd.config import load
    from syncd.cycles import run_once
    from syncd.daemon import Daemon
    from syncd.shift import Crew
    from syncd.supervisor import Supervisor

    # A watchdog kills with SIGABRT: the log then has every thread's calls.
    with contextlib.suppress(OSError):  # an error stream that is no file
        faulthandler.enable()
    loaded = load(config, secrets=True)
    _log_as(loaded)
    attendants = Attendants()
    with App(loaded, watch=attendants.watch) as app:
        if once:
            signals.on_stop(app.stop.set)
            code = run_once(app.engines, app.stop)
        else:
            current = app

            def relieve() -> Crew:
                nonlocal current
                attendants.note_reload(well=False)  # until it is
                fresh = load(config, secrets=True)
                current, crew = current.relieved_by(fresh)
                _log_as(fresh)
                attendants.note_reload(well=True)
                attendants.attend(current, daemon)
                return crew

            progress, supervisor = app.progress, Supervisor()
            daemon = Daemon(app.crew(), relieve=relieve, progress=progress, supervisor=supervisor)
            attendants.attend(app, daemon)
            code = daemon.run()
            attendants.dismiss()
    raise typer.Exit(code)


def _log_as(config: Config) -> None:
    """Log as the config says, and begin with what is wrong with how its secrets are kept."""
    import structlog

    from syncd.cli.logs import set_up_logs

    set_up_logs(config.daemon.log, config.daemon.log_level)
    log = structlog.get_logger()
    for secret in (config.google.credentials, config.seleqt.key):
        if secret.exposure:
            log.warning("secret_exposed", reason=secret.exposure, hint="chmod 600 the file")
