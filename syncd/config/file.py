"""The config file: read whole, each problem told with its line, and paths taken from its folder."""

from __future__ import annotations

import difflib
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import (
    BaseModel,
    ValidationError,
)

from syncd.config.parts import Config, GooglePart, LedgerPart, SheetsConfig, WebPart
from syncd.core.toml_lines import find_lines, line_of
from syncd.credentials import (
    Secret,
    read_google_credentials,
    read_notice_url,
    read_ping_url,
    read_seleqt_key,
)
from syncd.errors import ConfigError

M = TypeVar("M", bound=BaseModel)


def load(path: Path, *, secrets: bool = False, credentials: bool = True) -> Config:
    """Read the file; relative paths in it are taken from where it lies.

    Raises :class:`~syncd.errors.ConfigError` with every problem, each naming file, key and mend;
    with ``secrets`` also those of the secrets that it names, which are not kept. Without
    ``credentials`` those that systemd would give are passed over.
    """
    config, raw, problems = _read(path, Config)
    if secrets:
        problems += _find_secret_problems(raw, path.parent, credentials=credentials)
    if config is None or problems:
        raise _place(path, problems)
    return _anchor(config, path.parent)


def load_sheets(path: Path) -> SheetsConfig:
    """Read only how to reach the spreadsheets. Raises ConfigError as :func:`load` does."""
    config, _, problems = _read(path, SheetsConfig)
    if config is None or problems:
        raise _place(path, problems)
    return config.model_copy(update={"google": _anchor_google(config.google, path.parent)})


def _place(path: Path, problems: Sequence[str]) -> ConfigError:
    """Return the error that tells each problem with the line where it can be had, in their order.

    ``path:12: key: trouble``, as compilers tell it, so that editors can go there.
    """
    lines = find_lines(path.read_text(encoding="utf-8-sig"))
    placed = [(line_of(problem.partition(": ")[0], lines), problem) for problem in problems]
    placed.sort(key=lambda one: one[0] or 0)
    return ConfigError([f"{path}:{f'{line}:' if line else ''} {text}" for line, text in placed])


def _read(path: Path, model: type[M]) -> tuple[M | None, dict[str, Any], list[str]]:
    """Return the file as a model, as it is, and what is wrong in it."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows may put a mark first
    except OSError as error:
        hint = ""
        if isinstance(error, PermissionError):
            hint = " to the user that syncd runs as. It holds no secret: chmod 644"
        raise ConfigError([f"{path}: cannot be read: {error.strerror}{hint}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError([f"{path}: is not valid TOML: {error}"]) from error
    config: M | None = None
    problems: list[str] = []
    try:
        config = model.model_validate(raw)
    except ValidationError as error:
        problems = [_explain(problem) for problem in error.errors()]
    return config, raw, problems + _doubled(raw)


def _find_secret_problems(raw: dict[str, Any], folder: Path, *, credentials: bool) -> list[str]:
    """Try the secrets wherever their place is well-formed, whatever else is wrong in the file."""
    readers: list[tuple[str, str, Callable[[Secret], object]]] = [
        ("google", "credentials", read_google_credentials),
        ("seleqt", "key", read_seleqt_key),
        ("notify", "urls", read_notice_url),
        ("notify", "ping", read_ping_url),
    ]
    problems: list[str] = []
    for part, name, read in readers:
        try:
            given = raw[part][name]
        except (KeyError, TypeError):
            continue  # told already, as a problem of the file, or not asked for
        for one in given if isinstance(given, list) else [given]:
            try:
                secret = Secret.model_validate(one).under(folder)
                if credentials or not secret.credential:
                    read(secret)
            except ValidationError:
                continue  # told already
            except ConfigError as error:
                problems += error.problems
    return problems


def _doubled(raw: dict[str, Any]) -> list[str]:
    """Return a problem for each id and name that two spreadsheets share."""
    sheets = raw.get("spreadsheet")
    parts = [part for part in sheets if isinstance(part, dict)] if isinstance(sheets, list) else []
    problems = []
    for what in ("id", "name"):
        values = Counter(part[what] for part in parts if isinstance(part.get(what), str))
        problems += [
            f"spreadsheet: two spreadsheets have the {what} {value}"
            for value, count in values.items()
            if count > 1
        ]
    return problems


def _anchor(config: Config, folder: Path) -> Config:
    return config.model_copy(
        update={
            "ledger": LedgerPart(path=folder / config.ledger.path),
            "google": _anchor_google(config.google, folder),
            "backup": config.backup.model_copy(
                update={"folder": config.backup.folder and folder / config.backup.folder}
            ),
            "seleqt": config.seleqt.model_copy(update={"key": config.seleqt.key.under(folder)}),
            "web": _anchor_web(config.web, folder),
            "notify": config.notify.model_copy(
                update={
                    "urls": [url.under(folder) for url in config.notify.urls],
                    "ping": config.notify.ping and config.notify.ping.under(folder),
                }
            ),
        }
    )


def _anchor_web(part: WebPart, folder: Path) -> WebPart:
    if not isinstance(part.address, Path):
        return part
    return part.model_copy(update={"listen": f"unix:{folder / part.address}"})


def _anchor_google(part: GooglePart, folder: Path) -> GooglePart:
    return part.model_copy(update={"credentials": part.credentials.under(folder)})


def _explain(problem: Any) -> str:
    """Return one problem as key, trouble and hint; the value itself is never repeated."""
    place = [part for part in problem["loc"] if part != "function-after"]
    key = ".".join(f"[{part + 1}]" if isinstance(part, int) else str(part) for part in place)
    key = key.replace(".[", "[") or "the file"
    match problem["type"]:
        case "extra_forbidden":
            near = difflib.get_close_matches(str(place[-1]), _keys_at(place[:-1]), n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            return f"{key}: this key is unknown{hint}"
        case "missing":
            return f"{key}: this key is missing"
        case "value_error":
            return f"{key}: {problem['ctx']['error']}"
        case _:
            text = problem["msg"]
            return f"{key}: {text[0].lower()}{text[1:]}"


def _keys_at(place: list[Any]) -> list[str]:
    model: Any = Config
    for part in place:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        if field is None:
            return []
        model = field.annotation
        if getattr(model, "__args__", None):
            model = model.__args__[0]
    return list(model.model_fields) if hasattr(model, "model_fields") else []
