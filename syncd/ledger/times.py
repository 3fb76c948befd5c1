"""Times in the ledger: ISO 8601 text in UTC, which sorts as it reads."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds")


def to_text_or_none(at: datetime | None) -> str | None:
    return to_text(at) if at is not None else None


def to_stamp(at: datetime) -> str:
    """Return a time as it stands in the names of files, in UTC."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def to_time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
