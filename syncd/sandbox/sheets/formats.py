"""Cell formats: what Google makes of the colours it is given, and the default format."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any

_COLOURS = frozenset(("backgroundColor", "foregroundColor", "color", "tabColor"))
_WHITE = {"red": 1, "green": 1, "blue": 1}
DEFAULT_FORMAT: dict[str, Any] = {
    "backgroundColor": _WHITE,
    "padding": {"top": 2, "right": 3, "bottom": 2, "left": 3},
    "verticalAlignment": "BOTTOM",
    "wrapStrategy": "OVERFLOW_CELL",
    "textFormat": {
        "foregroundColor": {},
        "fontFamily": "arial,sans,sans-serif",
        "fontSize": 10,
        "bold": False,
        "italic": False,
        "strikethrough": False,
        "underline": False,
        "foregroundColorStyle": {"rgbColor": {}},
    },
    "backgroundColorStyle": {"rgbColor": _WHITE},
}
THEME: dict[str, Any] = {
    "primaryFontFamily": "Arial",
    "themeColors": [
        {"colorType": kind, "color": {"rgbColor": colour}}
        for kind, colour in (
            ("TEXT", {}),
            ("BACKGROUND", _WHITE),
            ("ACCENT1", {"red": 0.25882354, "green": 0.52156866, "blue": 0.95686275}),
            ("ACCENT2", {"red": 0.91764706, "green": 0.2627451, "blue": 0.20784314}),
            ("ACCENT3", {"red": 0.9843137, "green": 0.7372549, "blue": 0.015686275}),
            ("ACCENT4", {"red": 0.20392157, "green": 0.65882355, "blue": 0.3254902}),
            ("ACCENT5", {"red": 1, "green": 0.42745098, "blue": 0.003921569}),
            ("ACCENT6", {"red": 0.27450982, "green": 0.7411765, "blue": 0.7764706}),
            ("LINK", {"red": 0.06666667, "green": 0.33333334, "blue": 0.8}),
        )
    ],
}


def normal(value: Any) -> Any:
    """Return a format as Google gives it back: colours in 8 bits, zeros dropped, style beside.

    Assumed: a colour set without its ``...Style`` twin comes back with both.
    """
    if isinstance(value, list):
        return [normal(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    result: dict[str, Any] = {}
    for name, inner in value.items():
        if name in _COLOURS:
            result[name] = colour(inner)
            result.setdefault(name + "Style", {"rgbColor": colour(inner)})
        elif name == "rgbColor":
            result[name] = colour(inner)
        else:
            result[name] = normal(inner)
    for name in _COLOURS:
        style = result.get(name + "Style")
        if style is not None and name not in value and "rgbColor" in style:
            result[name] = style["rgbColor"]
    return result


def colour(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Color with its parts cut to 8 bits and shown as single-precision numbers."""
    parts = {}
    for name in ("red", "green", "blue"):
        byte = int(min(max(value.get(name, 0), 0), 1) * 255 + 1e-3)
        if byte:
            parts[name] = single(byte / 255)
    if value.get("alpha") not in (None, 1):
        parts["alpha"] = single(value["alpha"])
    return parts


def single(value: float) -> int | float:
    """Return the shortest number that is the same in single precision."""
    packed = struct.pack("f", value)
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == packed:
            return int(short) if short.is_integer() else short
    return value


def effective_format(own: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the default format with a cell's own laid over it."""
    base = {**DEFAULT_FORMAT, "hyperlinkDisplayType": "PLAIN_TEXT"}
    base["textFormat"] = {**DEFAULT_FORMAT["textFormat"], "fontFamily": "Arial"}
    return base if own is None else _over(base, own)


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(base)
    for name, value in own.items():
        below = base.get(name)
        deep = isinstance(below, Mapping) and isinstance(value, Mapping) and name == "textFormat"
        result[name] = _over(below, value) if deep and isinstance(below, Mapping) else value
    return result


def css_colour(value: Mapping[str, Any]) -> str:
    parts = [round(value.get(name, 0) * 255) for name in ("red", "green", "blue")]
    return "#" + "".join(f"{part:02x}" for part in parts)
