"""On which line of a TOML text each key stands; Python's own parser does not tell.

It reads only as much of the language as that takes. Where it errs, a problem is told without its
line, or with that of the part around it, and nothing else.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_WORD = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = rf"{_WORD}(?:\s*\.\s*{_WORD})*"
_ARRAY = re.compile(rf"\s*\[\[\s*({_KEY})\s*\]\]")
_TABLE = re.compile(rf"\s*\[\s*({_KEY})\s*\]")
_PAIR = re.compile(rf"\s*({_KEY})\s*=(.*)")
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|' r"'[^']*'")
_STEP = re.compile(r"(?:\.[^.\[\]]*|\[\d+\])$")


def find_lines(text: str) -> dict[str, int]:
    """Return the 1-based line of each key, as in ``caps.per_day`` and ``spreadsheet[2].id``."""
    found: dict[str, int] = {}
    counts: Counter[str] = Counter()
    table, until, depth = "", "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if until:  # inside a text of several lines
            until = "" if until in line else until
        elif depth > 0:  # inside a list of several lines
            depth += _open_brackets(line)
        elif array := _ARRAY.match(line):
            name = _plain(array[1])
            counts[name] += 1
            table = f"{name}[{counts[name]}]"
            found.setdefault(name, number)
            found[table] = number
        elif header := _TABLE.match(line):
            table = _within(_plain(header[1]), counts)
            found.setdefault(table, number)
        elif pair := _PAIR.match(line):
            key = _plain(pair[1])
            found.setdefault(f"{table}.{key}" if table else key, number)
            rest = pair[2].strip()
            if rest[:3] in {'"""', "'''"} and rest[:3] not in rest[3:]:
                until = rest[:3]
            else:
                depth = _open_brackets(rest)
    return found


def line_of(key: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a key, or else of what is around it, or None."""
    while key not in lines:
        shorter = _STEP.sub("", key)
        if shorter == key:
            return None
        key = shorter
    return lines[key]


def _plain(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))


def _within(name: str, counts: Mapping[str, int]) -> str:
    """Name a table below one of an array by that one's number."""
    head, dot, rest = name.partition(".")
    return f"{head}[{counts[head]}]{dot}{rest}" if dot and counts.get(head) else name


def _open_brackets(text: str) -> int:
    bare = _STRING.sub("", text).split("#")[0]
    return sum(bare.count(one) for one in "[{") - sum(bare.count(one) for one in "]}")
