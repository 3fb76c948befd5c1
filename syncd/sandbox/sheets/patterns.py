"""Number formats: a number and a pattern to text, as far as sheets of leads need it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .locales import Locale

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's serial date has no zone
_LAST = 2958466  # 31 December 9999
_DATE_TOKEN = re.compile(
    r'"[^"]*"|\\.|\[[^\]]*\]|am/pm|a/p|y+|m+|d+|h+|s+|\.0+|[^"\\ymdhsa\[.]|.', re.IGNORECASE
)
_NUMBER_PART = re.compile(r"[#0?][#0?,]*(?:\.[#0?]*)?|\.[#0?]+")
_DATES = frozenset(("DATE", "TIME", "DATE_TIME"))


def is_date_type(number_format: Mapping[str, Any] | None) -> bool:
    return number_format is not None and number_format.get("type") in _DATES


def show_number(value: float, number_format: Mapping[str, Any] | None, locale: Locale) -> str:
    """Return a number as a cell shows it."""
    kind = None if number_format is None else number_format.get("type")
    pattern = "" if number_format is None else number_format.get("pattern") or ""
    if kind in (None, "NUMBER_FORMAT_TYPE_UNSPECIFIED", "TEXT") and not pattern.strip("@"):
        return general(value, locale)
    if kind in _DATES:
        return show_date(value, pattern or default_pattern(str(kind), locale), locale)
    return _show_pattern(value, pattern or default_pattern(str(kind), locale), locale)


def default_pattern(kind: str, locale: Locale) -> str:
    return {
        "DATE": locale.date,
        "TIME": locale.time,
        "DATE_TIME": f"{locale.date} {locale.time}",
        "PERCENT": "0.00%",
        "CURRENCY": locale.currency,
        "SCIENTIFIC": "0.00E+00",
    }.get(kind, "#,##0.00")


def general(value: float, locale: Locale) -> str:
    """Show a number in an "Automatic" cell: ten significant decimals, no grouping (recorded)."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e15 or size < 1e-9:
        return f"{value:.2E}".replace(".", locale.decimal)
    if float(value).is_integer():
        return str(int(value))
    whole = len(str(int(size))) if size >= 1 else 0
    places = max(0, 10 - whole) if size >= 1 else 9 - int(f"{size:e}".partition("e")[2])
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".").replace(".", locale.decimal)


def _show_pattern(value: float, pattern: str, locale: Locale) -> str:
    sections = _split_sections(pattern)
    if value < 0 and len(sections) > 1:
        section, value = sections[1], -value
    elif value == 0 and len(sections) > 2:
        section = sections[2]
    else:
        section = sections[0]
    if "e+" in section.lower():
        return _scientific(value, section, locale)
    literals = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.')
    match = _NUMBER_PART.search(literals.sub(lambda found: "\x00" * len(found[0]), section))
    if match is None:
        return literals.sub(_literal, section)
    before, part, after = section[: match.start()], match[0], section[match.end() :]
    if "%" in before + after:
        value *= 100
    sign = "-" if value < 0 else ""
    return (
        sign
        + literals.sub(_literal, before)
        + _digits(abs(value), part, locale)
        + literals.sub(_literal, after)
    )


def _literal(found: re.Match[str]) -> str:
    return found[1] or found[2] or found[3] or ""


def _split_sections(pattern: str) -> list[str]:
    return re.findall(r'((?:"[^"]*"|\\.|[^;])*);?', pattern)[:4] or [""]


def _digits(value: float, part: str, locale: Locale) -> str:
    whole_part, _, decimals = part.partition(".")
    step = Decimal(1).scaleb(-len(decimals))
    text = str(Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP))
    whole, _, fraction = text.partition(".")
    optional = len(decimals) - len(decimals.rstrip("#"))
    while optional and fraction.endswith("0"):
        fraction, optional = fraction[:-1], optional - 1
    whole = whole.lstrip("0").rjust(whole_part.count("0"), "0")
    if "," in whole_part:
        whole = f"{int(whole or 0):,}".replace(",", locale.group)
    return whole + (locale.decimal + fraction if fraction else "")


def _scientific(value: float, section: str, locale: Locale) -> str:
    mantissa = re.split(r"[eE]", section)[0]
    places = len(mantissa.partition(".")[2])
    return f"{value:.{places}E}".replace(".", locale.decimal)


def to_datetime(serial: float) -> datetime | None:
    """Return the moment of a serial number, to the second, or None when no calendar has it."""
    if not 0 <= serial < _LAST:
        return None
    return EPOCH + timedelta(seconds=round(serial * 86400))


def to_serial(moment: datetime) -> float:
    passed = moment - EPOCH
    return passed.days + (passed.seconds + passed.microseconds / 1e6) / 86400


def show_date(value: float, pattern: str, locale: Locale) -> str:
    moment = to_datetime(value)
    if moment is None:
        return general(value, locale)
    tokens = _DATE_TOKEN.findall(pattern)
    lowered = [token.lower() for token in tokens]
    twelve = any(token in ("am/pm", "a/p") for token in lowered)
    return "".join(
        _date_part(moment, token, _is_minute(lowered, index), twelve, locale)
        for index, token in enumerate(tokens)
    )


def _is_minute(tokens: list[str], index: int) -> bool:
    """Tell whether an ``m`` means minutes: after hours or before seconds."""
    if tokens[index] not in ("m", "mm"):
        return False
    units = [token[0] for token in tokens[:index] if token[0] in "hsyd"]
    later = [token[0] for token in tokens[index + 1 :] if token[0] in "hsymd"]
    return units[-1:] == ["h"] or later[:1] == ["s"]


def _date_part(moment: datetime, token: str, minute: bool, twelve: bool, locale: Locale) -> str:
    low = token.lower()
    hour = (moment.hour % 12 or 12) if twelve else moment.hour
    if low[0] == "m":
        number = moment.minute if minute else moment.month
        if len(low) >= 3:
            name = locale.months[moment.month - 1]
            return name[:3] if len(low) == 3 else name
        return f"{number:0{len(low)}d}"
    if low[0] == "d":
        if len(low) >= 3:
            name = locale.days[moment.weekday()]
            return name[:3] if len(low) == 3 else name
        return f"{moment.day:0{len(low)}d}"
    if low in ("am/pm", "a/p"):
        return moment.strftime("%p")
    simple = {
        "y": f"{moment.year % 100:02d}" if len(low) <= 2 else str(moment.year),
        "h": f"{hour:0{min(len(low), 2)}d}",
        "s": f"{moment.second:0{min(len(low), 2)}d}",
    }
    if low[0] in simple:
        return simple[low[0]]
    if token.startswith('"'):
        return token[1:-1]
    return token[1:] if token.startswith("\\") else "" if token.startswith("[") else token
