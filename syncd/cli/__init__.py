"""The command line: one command, one file. Errors become a message and an exit code.

Exit codes: 0 done, 1 failed, 2 wrong usage, 78 the configuration cannot be used, 130 ended by
Ctrl-C, 141 nobody reads on.
"""

from __future__ import annotations

import sys

import typer

from syncd import __version__
from syncd.cli import (
    approve,
    arm,
    backup,
    batches,
    check_config,
    demo,
    doctor,
    health,
    init,
    ledger,
    manual,
    notify,
    plan,
    reconcile,
    restore,
    run,
    sandbox,
    status,
    torture,
)
from syncd.cli.shell import Group
from syncd.errors import ConfigError, SyncdError

app = typer.Typer(
    name="syncd",
    help="A careful buyer: fills a Google Sheet with emails and phones from Seleqt, inside caps.",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help, for grep; and it comes in half the time
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("help")(manual.show_help)
app.command("run")(run.run)
app.command("init")(init.init)
app.command("status")(status.status)
app.command("check-config")(check_config.check_config)
app.command("health")(health.health)
app.command("notify")(notify.notify)
app.command("approve")(approve.approve)
app.command("doctor")(doctor.doctor)
app.command("plan")(plan.plan)
app.command("arm")(arm.arm)
app.command("backup")(backup.backup)
app.command("restore")(restore.restore)
app.command("reconcile")(reconcile.reconcile)
app.command("demo")(demo.demo)
app.command("sandbox")(sandbox.sandbox)
app.command("torture")(torture.torture)
app.add_typer(batches.app, name="batches")
app.add_typer(ledger.app, name="ledger")


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"syncd {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Options of syncd itself."""
    del version


def main() -> None:
    """Run the command line."""
    try:
        app(prog_name="syncd")
    except ConfigError as error:
        typer.echo("The configuration cannot be used:", err=True)
        for problem in error.problems:
            typer.echo(f"  {problem}", err=True)
        sys.exit(78)
    except SyncdError as error:
        typer.echo(f"syncd: {error}", err=True)
        sys.exit(1)
    except Exception as error:  # noqa: BLE001  (a bug: what it says may hold anything)
        from syncd.cli.logs import tell_crash

        tell_crash(error)
        sys.exit(1)
