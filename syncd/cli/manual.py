"""``syncd help``: what every command says of itself, as text or as a manual page for ``man``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer

_EXITS = (
    ("0", "done"),
    ("1", "failed, or what was asked for is not so"),
    ("2", "wrong usage"),
    ("78", "the configuration cannot be used"),
    ("130", "ended by Ctrl-C"),
    ("141", "whoever read the output has left"),
)
_FILES = (
    ("/etc/syncd/config.toml", "the configuration; config.example.toml explains every key"),
    ("/var/lib/syncd/ledger.db", "the ledger: the memory of everything bought"),
    ("/var/lib/syncd/backups/", "its backups"),
)
_VARIABLES = (
    (
        "CREDENTIALS_DIRECTORY",
        "where the credentials are that the configuration names",
    ),
    ("NO_COLOR", "set to anything: no colours, also on a terminal"),
)


def show_help(
    ctx: typer.Context,
    command: list[str] = typer.Argument(None, help="The command, such as: batches list"),
    man: bool = typer.Option(False, "--man", help="Print all of it as a manual page, for man."),
) -> None:
    """Explain a command, or all of them. `syncd help --man > syncd.1` makes the manual page."""
    root: Any = ctx.find_root()
    if man:
        typer.echo("\n".join(_write_page(root)))
        return
    found, path = root, ""
    for word in command or []:
        inner = getattr(found.command, "commands", {}).get(word)
        path = f"{path} {word}".strip()
        if inner is None:
            raise typer.BadParameter(f"there is no command {path}", param_hint="COMMAND")
        found = typer.Context(inner, info_name=word, parent=found)
    typer.echo(found.get_help())


def walk(context: typer.Context) -> Iterator[typer.Context]:
    """Yield a context for every command below, with those in groups."""
    for name, inner in getattr(context.command, "commands", {}).items():
        below = typer.Context(inner, info_name=name, parent=context)
        if hasattr(inner, "commands"):
            yield from walk(below)
        else:
            yield below


def _write_page(root: typer.Context) -> Iterator[str]:
    from syncd import __version__

    yield f'.TH SYNCD 1 "" "syncd {__version__}" "User Commands"'
    yield from (".SH NAME", "syncd \\- a careful buyer for a Google Sheet")
    yield from (".SH SYNOPSIS", ".B syncd", ".I COMMAND", "[options]")
    yield from (".SH DESCRIPTION", _escape(root.command.help or ""))
    yield ".SH COMMANDS"
    root.info_name = "syncd"
    for found in walk(root):
        yield f".SS {_escape(found.command_path)} {_escape(' '.join(_find_usage(found)))}"
        yield _escape(found.command.help or "")
        for one in found.command.params:
            if record := one.get_help_record(found):
                yield from (".TP", f".B {_escape(record[0])}", _escape(record[1]))
    for title, rows in (("EXIT STATUS", _EXITS), ("FILES", _FILES), ("ENVIRONMENT", _VARIABLES)):
        yield f".SH {title}"
        for name, meaning in rows:
            yield from (".TP", f".B {_escape(name)}", _escape(meaning))


def _find_usage(found: typer.Context) -> list[str]:
    pieces: Any = found.command.collect_usage_pieces(found)
    return [piece for piece in pieces if piece != "[OPTIONS]"]


def _escape(text: str) -> str:
    """Return text as roff takes it: one paragraph a line, nothing in it a command."""
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip())]
    lines = [one.replace("\\", "\\e").replace("-", "\\-") for one in paragraphs if one]
    return "\n.PP\n".join(f"\\&{one}" if one[:1] in {".", "'"} else one for one in lines)
