"""``syncd check-config``: every problem of the config at once, without the network."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from syncd.cli.run import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from syncd.config import Config

_UNITS = (("d", 86_400), ("h", 3600), ("m", 60), ("s", 1))


def check_config(
    config: Path = typer.Option(DEFAULT, "--config", "-c", help="The TOML file."),
    show: bool = typer.Option(
        False, "--show", help="Print the whole config as it holds, defaults included."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print one JSON document instead."),
    quiet: bool = typer.Option(False, "--quiet", "-q", help="Say nothing where it can be used."),
) -> None:
    """Read the config and its secrets, and say all that is wrong with them.

    Asks nothing of Google or Seleqt; that is `syncd doctor`. A secret is never shown, only where
    it is. Exit codes: 0 it can be used, 78 it cannot.
    """
    from syncd.config import load
    from syncd.errors import ConfigError

    # Outside a service there are no systemd credentials: that they exist is systemd's affair then.
    is_service = "CREDENTIALS_DIRECTORY" in os.environ
    try:
        loaded = load(config, secrets=True, credentials=is_service)
    except ConfigError as error:
        if as_json:
            typer.echo(json.dumps({"problems": error.problems}, indent=2, ensure_ascii=False))
            raise typer.Exit(78) from None
        raise
    notes = list(_find_notes(loaded, is_service=is_service))
    if as_json:
        report: dict[str, Any] = {"problems": [], "notes": notes}
        if show:
            report["config"] = json.loads(loaded.model_dump_json())
        typer.echo(json.dumps(report, indent=2, ensure_ascii=False))
        return
    if show:
        typer.echo("\n".join(_write(loaded)))
        return
    if quiet:
        return
    for note in notes:
        typer.echo(f"Note: {note}")
    sheets = len(loaded.spreadsheet)
    typer.echo(f"{config} can be used: {sheets} spreadsheet{'s' if sheets != 1 else ''}.")


def _find_notes(config: Config, *, is_service: bool) -> Iterator[str]:
    """Say what can be used, and is hardly meant."""
    secrets = [config.google.credentials, config.seleqt.key, *config.notify.urls]
    secrets += [config.notify.ping] if config.notify.ping else []
    for secret in secrets:
        if secret.exposure:
            yield f"{secret.exposure}; chmod 600 it"
        if secret.credential and not is_service:
            yield (
                f"{secret.place} was not looked at: it is there only for the service, "
                "or with CREDENTIALS_DIRECTORY set"
            )
    caps = config.caps
    if caps.per_day > caps.per_month:
        yield "caps.per_day is more than caps.per_month: only the latter bounds anything"
    cheapest = min(kind.price for kind in config.buying.kinds) if config.buying.kinds else None
    if cheapest is None:
        yield "buying.kinds is empty: nothing is ever bought"
    elif min(caps.per_day, caps.per_month) < cheapest:
        yield f"the caps are below {cheapest} credits, the cheapest search: nothing is ever bought"


def _write(config: Config) -> Iterator[str]:
    """Yield the config as TOML that loads to the same."""
    from pydantic import BaseModel

    for name in type(config).model_fields:
        value = getattr(config, name)
        if isinstance(value, BaseModel):
            yield f"[{name}]"
            yield from _pairs(value)
        else:
            for one in value:
                yield f"[[{name}]]"
                yield from _pairs(one)
        yield ""


def _pairs(part: BaseModel) -> Iterator[str]:
    for name in type(part).model_fields:
        value = getattr(part, name)
        if value is not None:
            yield f"{name} = {_literal(value)}"


def _literal(value: object) -> str:
    from pydantic import BaseModel

    from syncd.config import name_kind
    from syncd.core.model import Kind

    match value:
        case bool():
            return "true" if value else "false"
        case Kind():
            return json.dumps(name_kind(value))
        case Enum():
            return json.dumps(value.value)
        case int():
            return str(value)
        case timedelta():
            seconds = int(value.total_seconds())
            unit, size = next(
                (one for one in _UNITS if seconds and seconds % one[1] == 0), _UNITS[-1]
            )
            return f'"{seconds // size}{unit}"'
        case BaseModel():
            return f"{{ {', '.join(_pairs(value))} }}"
        case dict():
            pairs = (f"{json.dumps(key)} = {_literal(one)}" for key, one in value.items())
            return f"{{ {', '.join(pairs)} }}"
        case frozenset():
            return f"[{', '.join(sorted(map(_literal, value)))}]"
        case list():
            return f"[{', '.join(map(_literal, value))}]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)
