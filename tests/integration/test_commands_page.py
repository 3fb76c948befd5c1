"""The page that shows what each command prints shows what each command prints."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_the_commands_is_what_they_print(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(DOCS)
    commands = importlib.import_module("commands")
    page = (DOCS / "commands.md").read_text()
    # Where it differs as it should: python docs/commands.py
    assert commands.make_page(commands.find_alone(page)) == page
