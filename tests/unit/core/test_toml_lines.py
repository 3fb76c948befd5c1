"""A problem in the config is told with its line."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from syncd.core.toml_lines import find_lines, line_of

TEXT = '''# a comment
[caps]
per_day = 5  # [not] = a = table
"per_month" = 6
text = """
per_day = 7
"""
kinds = [
  "email",  # ]
  "per_day = 8",
]
[[spreadsheet]]
id = "a = b"
[spreadsheet.aliases]
Email = ["E-Mail"]
[[spreadsheet]]
id = "b"
aliases = { Phone = ["Tel"] }
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("caps", 2),
        ("caps.per_day", 3),
        ("caps.per_month", 4),
        ("caps.text", 5),
        ("caps.kinds", 8),
        ("caps.kinds[2]", 8),
        ("caps.missing", 2),
        ("spreadsheet", 12),
        ("spreadsheet[1].id", 13),
        ("spreadsheet[1].aliases", 14),
        ("spreadsheet[1].aliases.Email", 15),
        ("spreadsheet[2].id", 17),
        ("spreadsheet[2].aliases.Phone", 18),
        ("spreadsheet[3].id", 12),
        ("google.credentials", None),
        ("the file", None),
    ],
)
def test_each_key_has_its_line_or_that_of_what_is_around_it(key: str, line: int | None) -> None:
    assert line_of(key, find_lines(TEXT)) == line


def test_the_example_config_is_read_as_toml_reads_it() -> None:
    text = (Path(__file__).parents[3] / "config.example.toml").read_text()
    lines = find_lines(text)

    def keys(value: Any, name: str) -> list[str]:
        if isinstance(value, dict) and name not in {"google.credentials", "seleqt.key"}:
            return [one for k, v in value.items() for one in keys(v, f"{name}.{k}" if name else k)]
        if isinstance(value, list) and value and isinstance(value[0], dict):
            return [one for n, v in enumerate(value, 1) for one in keys(v, f"{name}[{n}]")]
        return [name]

    wanted = keys(tomllib.loads(text), "")
    assert len(wanted) > 5
    assert [name for name in wanted if name not in lines] == []
