"""What typed text becomes: USER_ENTERED parsing, by the spreadsheet's locale.

Documented only as "as if the user typed into the UI"; the details are assumed, see fidelity.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from .locales import Locale
from .model import Formula, Value
from .patterns import to_serial

_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_LOCAL = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_NAMED = re.compile(
    r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})|(\d{1,2})\.? ([A-Za-zäéû]{3,9})\.? (\d{4})"
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(\.\d+)?)?(?:\s*([ap]m))?", re.IGNORECASE)
# What has no digit and none of these can only be text; most cells are.
_LOOKS_PARSED = re.compile(r"[0-9]|^[=+']|^(?:true|false)$", re.IGNORECASE)
_CURRENCIES = "$€£¥"
_NUMBER_STARTS = frozenset("+-(.," + _CURRENCIES)


class Typed(NamedTuple):
    """A parsed entry and the number format typing it implies, if any."""

    value: Value | None
    format: dict[str, str] | None = None


class Typing(NamedTuple):
    """How a spreadsheet reads what is typed: its locale, and two assumptions (see settings)."""

    locale: Locale
    plus_starts_formula: bool = True
    text_format_keeps_text: bool = True


def parse_entry(text: str, typing: Typing, number_format: Mapping[str, Any] | None = None) -> Typed:
    """Read what a person typed into a cell with that number format."""
    locale = typing.locale
    if text == "":
        return Typed(None)
    if typing.text_format_keeps_text and (number_format or {}).get("type") == "TEXT":
        return Typed(text)
    if text.startswith("'"):
        return Typed(text[1:])
    if text.startswith("=") and len(text) > 1:
        return Typed(Formula(text))
    bare = text.strip()
    if not _LOOKS_PARSED.search(bare) and bare.upper() not in (locale.true, locale.false):
        return Typed(text)
    if bare.upper() in ("TRUE", locale.true):
        return Typed(True)
    if bare.upper() in ("FALSE", locale.false):
        return Typed(False)
    typed = _parse_number(bare, locale) or _parse_moment(bare, locale)
    if typed is not None:
        return typed
    # "+33 6 ..." is taken for a formula and ends as #ERROR!, the well-known trap with phone numbers
    if typing.plus_starts_formula and text.startswith("+") and not text[1:2].isspace():
        return Typed(Formula("=" + text))
    return Typed(text)


def _parse_number(text: str, locale: Locale) -> Typed | None:
    if text[0] not in _NUMBER_STARTS and not text[0].isdigit():
        return None
    body = text.replace("\u00a0", "\u202f")
    negative = percent = False
    if body.startswith("(") and body.endswith(")"):
        body, negative = body[1:-1], True
    elif body[:1] in "+-":
        body, negative = body[1:].lstrip(), body[0] == "-"
    if body.endswith("%"):
        body, percent = body[:-1].rstrip(), True
    currency = next((sign for sign in _CURRENCIES if sign in (body[:1], body[-1:])), None)
    if currency is not None:
        body = body.strip(currency).strip()
    number = _read_digits(body, locale)
    if number is None:
        return None
    value, grouped, decimals, exponent = number
    if negative:
        value = -value
    if percent:
        return Typed(tidy(value / 100), _format("PERCENT", "0.00%" if decimals else "0%"))
    if currency is not None:
        pattern = locale.currency if decimals else locale.currency.replace(".00", "")
        return Typed(tidy(value), _format("CURRENCY", pattern))
    if exponent:
        return Typed(tidy(value), _format("SCIENTIFIC", "0.00E+00"))
    if grouped:
        return Typed(tidy(value), _format("NUMBER", "#,##0.00" if decimals else "#,##0"))
    return Typed(tidy(value))


def _read_digits(text: str, locale: Locale) -> tuple[float, bool, bool, bool] | None:
    """Return value, and whether it was grouped, had decimals or an exponent."""
    match = _digits_pattern(locale.decimal, locale.group).fullmatch(text)
    if match is None or not (match["whole"] or match["part"]):
        return None
    whole = re.sub(r"\D", "", match["whole"])
    value = float(f"{whole or 0}.{match['part'] or 0}{match['exponent'] or ''}")
    if value == float("inf"):
        return None
    return value, whole != match["whole"], bool(match["part"]), match["exponent"] is not None


@cache
def _digits_pattern(decimal: str, group: str) -> re.Pattern[str]:
    spaced = "[ \u202f]" if group == "\u202f" else re.escape(group)
    return re.compile(
        rf"(?P<whole>\d{{1,3}}(?:{spaced}\d{{3}})+|\d*)(?:{re.escape(decimal)}(?P<part>\d*))?"
        r"(?P<exponent>[eE][+-]?\d{1,3})?"
    )


def tidy(value: float) -> int | float:
    """Return a whole number as an int, so that JSON shows it without a point."""
    return int(value) if value.is_integer() and abs(value) < 1e16 else value


def _format(kind: str, pattern: str) -> dict[str, str]:
    return {"type": kind, "pattern": pattern}


def _parse_moment(text: str, locale: Locale) -> Typed | None:
    if not (text[0].isdigit() or " " in text):
        return None
    date_text, time_text = text, ""
    if match := _TIME.search(text):
        if match.end() != len(text):
            return None
        date_text, time_text = text[: match.start()].rstrip(" T,"), match[0]
    seconds = _read_time(time_text)
    if seconds is None:
        return None
    if not date_text:
        return Typed(seconds / 86400, _format("TIME", locale.time))
    found = _read_date(date_text, locale)
    if found is None:
        return None
    day, pattern = found
    serial = to_serial(day + timedelta(seconds=seconds))
    if time_text:
        return Typed(tidy(serial), _format("DATE_TIME", f"{pattern} {locale.time}"))
    return Typed(tidy(serial), _format("DATE", pattern))


def _read_time(text: str) -> float | None:
    if not text:
        return 0
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if match[5]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[5].lower() == "pm" else 0)
    if minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second + float(match[4] or 0)


def _read_date(text: str, locale: Locale) -> tuple[datetime, str] | None:
    if match := _ISO.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3]), "yyyy-mm-dd")
    if match := _LOCAL.fullmatch(text):
        first, second, year = int(match[1]), int(match[3]), int(match[4])
        if match[2] == "." and locale.order == "mdy":
            return None
        month, day = (first, second) if locale.order == "mdy" else (second, first)
        return _day(year + (2000 if year < 100 else 0), month, day, locale.date)
    if match := _NAMED.fullmatch(text):
        name, number, wanted = match[1] or match[5], match[2] or match[4], match[3] or match[6]
        for index, month_name in enumerate(locale.months, 1):
            if month_name.lower().startswith(name.lower()):
                return _day(int(wanted), index, int(number), locale.date)
    return None


def _day(year: int, month: int, day: int, pattern: str) -> tuple[datetime, str] | None:
    try:
        return datetime(year, month, day), pattern  # noqa: DTZ001 - a sheet's date has no zone
    except ValueError:
        return None
