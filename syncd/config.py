"""The configuration: one TOML file, read whole, every problem reported at once.

Unknown keys are errors, because a misspelt cap is no cap. Secrets are named, never written down
(:mod:`syncd.credentials`).
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from syncd.core.hooks import TOKEN
from syncd.core.model import Kind, Purchasing
from syncd.core.notices import Cause
from syncd.core.toml_lines import find_lines, line_of
from syncd.credentials import (
    LOOPBACK,
    Secret,
    read_google_credentials,
    read_notice_url,
    read_ping_url,
    read_seleqt_key,
)
from syncd.errors import ConfigError
from syncd.schedule import check_cron

GOOGLE = "https://sheets.googleapis.com"
SELEQT = "https://api.seleqt.ai/api/v1"
SPREADSHEET_ID = r"[A-Za-z0-9_-]+"
_LONGEST_SOCKET = 107 + len("unix:")  # bytes; what the kernel allows
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_KINDS = {"email": Kind.EMAIL, "email-waterfall": Kind.EMAIL_WATERFALL, "phone": Kind.PHONE}


def _duration(value: object) -> object:
    # Six digits: 2,700 years are enough, and a timedelta holds no more than a million.
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d{1,6})\s*([smhd])\s*", value)):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    raise ValueError('write a number and a unit, such as "30s", "5m", "6h" or "90d"')


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError('name a time zone, such as "Europe/Berlin"') from error
    return value


def _kind(value: object) -> object:
    if isinstance(value, str) and value in _KINDS:
        return _KINDS[value]
    raise ValueError(f"must be one of {', '.join(_KINDS)}")


def name_kind(kind: Kind) -> str:
    """Return what the config calls a kind."""
    return next(name for name, one in _KINDS.items() if one is kind)


def _base_url(allowed: str) -> AfterValidator:
    def check(value: str) -> str:
        parts = urlsplit(value)
        _ = parts.port  # raises ValueError for one that is none
        loopback = parts.scheme in {"http", "https"} and parts.hostname in LOOPBACK
        vendor = parts.scheme == "https" and (
            parts.hostname == allowed or (parts.hostname or "").endswith("." + allowed)
        )
        if not (loopback or vendor) or parts.query or parts.username:
            raise ValueError(f"must be https on {allowed}, or a loopback address")
        return value.rstrip("/")

    return AfterValidator(check)


def _some_worksheet(titles: list[str]) -> list[str]:
    if not titles:
        raise ValueError("names no worksheet")
    return titles


def _not_hectic(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError("must be at least 1s")
    return value


def _not_chatty(value: timedelta) -> timedelta:
    if value < timedelta(minutes=1):
        raise ValueError("must be at least 1m")
    return value


def _listen(value: str) -> str:
    if value.startswith("unix:"):
        if len(value.encode()) > _LONGEST_SOCKET or not value.removeprefix("unix:"):
            raise ValueError(f"needs a path of at most {_LONGEST_SOCKET - 5} letters after unix:")
        return value
    found = re.fullmatch(r"(127\.0\.0\.1|localhost|\[::1\]):(\d{1,5})", value)
    if value and not (found and 0 < int(found[2]) < 65536):
        raise ValueError(
            "must be an address of this machine only, with a port, such as "
            '"127.0.0.1:9464", or a Unix socket, such as "unix:/run/syncd/web.sock": who is '
            "elsewhere comes through a proxy of yours"
        )
    return value


def _webhook(value: str) -> str:
    if TOKEN not in value:
        return value
    parts = urlsplit(value)
    _ = parts.port
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or value.count(TOKEN) > 1 or not parts.path.endswith(f"/{TOKEN}") or parts.query:
        raise ValueError(
            f'must be https and end with {TOKEN}, as in "https://hooks.example.com/hooks/{TOKEN}"'
        )
    return value


def _spreadsheet_id(value: str) -> str:
    if not re.fullmatch(SPREADSHEET_ID, value):
        raise ValueError("write only the part of the address between /d/ and /edit")
    return value


M = TypeVar("M", bound=BaseModel)

Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[str, AfterValidator(_zone)]
KindName = Annotated[Kind, BeforeValidator(_kind)]
Credits = Annotated[int, Field(ge=0, le=10**9, strict=True)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LedgerPart(_Part):
    path: Path


class GooglePart(_Part):
    credentials: Secret
    base_url: Annotated[str, _base_url("googleapis.com")] = GOOGLE
    reads_per_minute: Annotated[int, Field(ge=0, le=300)] = 45
    writes_per_minute: Annotated[int, Field(ge=0, le=300)] = 45


class SeleqtPart(_Part):
    key: Secret
    base_url: Annotated[str, _base_url("seleqt.ai")] = SELEQT
    requests_per_minute: Annotated[int, Field(ge=0)] = 40
    mode: Literal["async", "sync"] = "async"
    webhook_url: Annotated[str, AfterValidator(_webhook)] | None = None

    @property
    def hook_host(self) -> str:
        """The name under which Seleqt reaches our own hooks; "" where there are none."""
        url = self.webhook_url or ""
        return (urlsplit(url).hostname or "") if TOKEN in url else ""


class CapsPart(_Part):
    time_zone: Zone
    per_day: Credits
    per_month: Credits
    floor: Credits = 0
    per_kind_and_day: dict[Annotated[str, AfterValidator(lambda v: _kind(v) and v)], Credits] = {}

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.time_zone)

    @property
    def kinds(self) -> dict[Kind, int]:
        return {_KINDS[name]: credits for name, credits in self.per_kind_and_day.items()}


class BuyingPart(_Part):
    kinds: frozenset[KindName] = frozenset(Kind)
    ask_first: frozenset[KindName] = frozenset({Kind.PHONE})
    purchasing: Purchasing = Purchasing.DEDICATED
    batch_size: Annotated[int, Field(ge=1, le=50)] = 25
    first_batch: Annotated[int, Field(ge=1, le=50)] = 5
    batches_in_flight: Annotated[int, Field(ge=1, le=20)] = 4
    cool_off: Duration = timedelta(days=90)
    big_paste: Annotated[int, Field(ge=0)] = 200
    brake_after: Annotated[int, Field(ge=0, le=1000)] = 30
    brake_below: Annotated[int, Field(ge=0, le=1000)] = 3
    settle: Duration = timedelta(seconds=5)
    settle_after: Duration = timedelta(seconds=30)
    expire_after: Duration = timedelta(hours=6)
    doubt_for: Duration = timedelta(minutes=15)
    refund_within: Duration = timedelta(days=7)


class BackupPart(_Part):
    folder: Path | None = None
    keep: Annotated[int, Field(ge=1, le=10_000)] = 14


class SpreadsheetPart(_Part):
    id: Annotated[str, AfterValidator(_spreadsheet_id)]
    name: Annotated[str, Field(min_length=1)]
    every: Annotated[Duration, AfterValidator(_not_hectic)] | None = None
    cron: Annotated[str, AfterValidator(check_cron)] | None = None
    time_zone: Zone = "UTC"
    leads: Annotated[list[str], AfterValidator(_some_worksheet)] = ["Leads"]
    requests: list[str] = ["Requests"]
    panel: str = "Syncd"
    per_worksheet_and_day: Credits | None = None
    aliases: dict[str, list[str]] = {}

    @model_validator(mode="after")
    def _is_sound(self) -> SpreadsheetPart:
        if self.every is not None and self.cron is not None:
            raise ValueError("give either every or cron, not both")
        if self.panel in (*self.leads, *self.requests):
            raise ValueError("the panel needs a worksheet of its own")
        return self

    @property
    def interval(self) -> timedelta:
        return self.every or timedelta(seconds=30)


class DaemonPart(_Part):
    stop_within: Duration = timedelta(seconds=60)
    heartbeat: Annotated[Duration, AfterValidator(_not_chatty)] = timedelta(minutes=1)
    log: Literal["auto", "human", "logfmt", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class WebPart(_Part):
    listen: Annotated[str, AfterValidator(_listen)] = ""

    @property
    def address(self) -> tuple[str, int] | Path | None:
        """Host and port, the path of a Unix socket, or None where the web is off."""
        if not self.listen:
            return None
        if self.listen.startswith("unix:"):
            return Path(self.listen.removeprefix("unix:"))
        host, _, port = self.listen.rpartition(":")
        return ("127.0.0.1" if host == "localhost" else host.strip("[]")), int(port)


class NotifyPart(_Part):
    urls: list[Secret] = []
    causes: frozenset[Cause] = frozenset(Cause)
    ping: Secret | None = None
    ping_every: Annotated[Duration, AfterValidator(_not_chatty)] = timedelta(minutes=5)


class Config(_Part):
    """The whole file."""

    ledger: LedgerPart
    google: GooglePart
    seleqt: SeleqtPart
    caps: CapsPart
    buying: BuyingPart = BuyingPart()
    daemon: DaemonPart = DaemonPart()
    backup: BackupPart = BackupPart()
    web: WebPart = WebPart()
    notify: NotifyPart = NotifyPart()
    spreadsheet: Annotated[list[SpreadsheetPart], Field(min_length=1)]

    @property
    def backups(self) -> Path:
        """The folder of backups; beside the ledger where none is named."""
        return self.backup.folder or self.ledger.path.parent / "backups"

    @model_validator(mode="after")
    def _hooks_are_heard(self) -> Config:
        if self.seleqt.hook_host and not self.web.listen:
            raise ValueError(
                f"seleqt.webhook_url holds {TOKEN}, so that syncd itself is called: name an "
                "address in web.listen"
            )
        return self


class SheetsConfig(BaseModel):
    """What is needed to reach the spreadsheets, whatever else the file says or lacks."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    google: GooglePart
    spreadsheet: list[SpreadsheetPart] = []


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
