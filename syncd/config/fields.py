"""Single values of the config: how each is written, and what is wrong with it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
)

from syncd.core.hooks import TOKEN
from syncd.core.model import Kind
from syncd.credentials import (
    LOOPBACK,
)

GOOGLE = "https://sheets.googleapis.com"
SELEQT = "https://api.seleqt.ai/api/v1"
SPREADSHEET_ID = r"[A-Za-z0-9_-]+"
_LONGEST_SOCKET = 107 + len("unix:")  # bytes; what the kernel allows
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
KINDS = {"email": Kind.EMAIL, "email-waterfall": Kind.EMAIL_WATERFALL, "phone": Kind.PHONE}


def read_duration(value: object) -> object:
    # Six digits: 2,700 years are enough, and a timedelta holds no more than a million.
    if isinstance(value, str) and (found := re.fullmatch(r"\s*(\d{1,6})\s*([smhd])\s*", value)):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    raise ValueError('write a number and a unit, such as "30s", "5m", "6h" or "90d"')


def check_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError('name a time zone, such as "Europe/Berlin"') from error
    return value


def read_kind(value: object) -> object:
    if isinstance(value, str) and value in KINDS:
        return KINDS[value]
    raise ValueError(f"must be one of {', '.join(KINDS)}")


def name_kind(kind: Kind) -> str:
    """Return what the config calls a kind."""
    return next(name for name, one in KINDS.items() if one is kind)


def check_base_url(allowed: str) -> AfterValidator:
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


def check_titles(titles: list[str]) -> list[str]:
    if not titles:
        raise ValueError("names no worksheet")
    return titles


def check_interval(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError("must be at least 1s")
    return value


def check_minutes(value: timedelta) -> timedelta:
    if value < timedelta(minutes=1):
        raise ValueError("must be at least 1m")
    return value


def check_listen(value: str) -> str:
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


def check_webhook(value: str) -> str:
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


def check_spreadsheet_id(value: str) -> str:
    if not re.fullmatch(SPREADSHEET_ID, value):
        raise ValueError("write only the part of the address between /d/ and /edit")
    return value


Duration = Annotated[timedelta, BeforeValidator(read_duration)]
Zone = Annotated[str, AfterValidator(check_zone)]
KindName = Annotated[Kind, BeforeValidator(read_kind)]
Credits = Annotated[int, Field(ge=0, le=10**9, strict=True)]
