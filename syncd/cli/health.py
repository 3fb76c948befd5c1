"""``syncd health``: a probe for monitors and containers, by way of the daemon's web port."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer

from syncd.cli.run import DEFAULT

_PATIENCE = 5.0  # seconds


def health(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    live: bool = typer.Option(
        False, "--live", help="Ask only whether the daemon makes progress, not whether it may buy."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the daemon's own JSON lines."),
) -> None:
    """Ask the running daemon how it is; exit code 0 is well, 1 is not."""
    from syncd.config import load

    address = load(config).web.address
    if address is None:
        typer.echo("syncd health: the web server is off: name an address in [web] listen", err=True)
        raise typer.Exit(1)
    try:
        status, body = _ask(address, "/livez" if live else "/readyz")
    except OSError as error:
        reason = error.strerror or str(error) or type(error).__name__
        where = address if isinstance(address, Path) else f"{address[0]} port {address[1]}"
        typer.echo(f"syncd health: the daemon does not answer on {where}: {reason}", err=True)
        raise typer.Exit(1) from None
    typer.echo(body if as_json else _tell(body), nl=not as_json)
    raise typer.Exit(0 if status == 200 else 1)


def _ask(address: tuple[str, int] | Path, path: str) -> tuple[int, str]:
    """Return status and body. Raises OSError where no sensible answer comes."""
    import socket
    from contextlib import closing
    from http.client import HTTPConnection, HTTPException

    host, port = ("localhost", None) if isinstance(address, Path) else address
    with closing(HTTPConnection(host, port, timeout=_PATIENCE)) as connection:
        if isinstance(address, Path):
            connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.sock.settimeout(_PATIENCE)
            connection.sock.connect(str(address))
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except HTTPException as error:
            raise OSError("another program answers there") from error


def _tell(body: str) -> str:
    """Say in words what the JSON lines say."""
    try:
        verdict, *reasons = [json.loads(line) for line in body.splitlines()]
        return "\n".join([_verdict(verdict), *map(_reason, reasons)])
    except (ValueError, KeyError, AttributeError, TypeError):
        return "Another program answers there."


def _verdict(verdict: dict[str, Any]) -> str:
    if "live" in verdict:
        return "live" if verdict["live"] else "not live"
    return f"{'ready' if verdict['ready'] else 'not ready'}: {verdict['summary']}"


def _reason(reason: dict[str, Any]) -> str:
    where = f"{reason['spreadsheet']}: " if reason.get("spreadsheet") else ""
    mend = f" {reason['do']}" if reason.get("do") else ""
    return f"- {where}{reason['says']}{mend}"
