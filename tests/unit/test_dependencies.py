"""What syncd imports is what pyproject.toml declares: no more, no less, and nothing by luck."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# What a library is called where it is imported, where that differs from its name on the index.
MODULES = {"google-auth": "google", "email-validator": "email_validator"}
# Imported by a library that is asked for by name, never by us.
INDIRECT = {
    "tzdata": "zoneinfo reads it as data",
    "pytest-timeout": "a plugin",
    "pytest-xdist": "a plugin",
    "ruff": "a program",
    "mypy": "a program",
    "types-requests": "stubs",
}


def imported(folder: Path) -> set[str]:
    """Return the top names of everything that the modules of a folder import from elsewhere."""
    # pytest lets tests import what lies there (pythonpath).
    homes = [folder, ROOT / "benchmarks"] if folder.name == "tests" else []
    own = {path.stem for home in homes for path in home.iterdir()}
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names.add(node.module or "")
    tops = {name.partition(".")[0] for name in names}
    return tops - set(sys.stdlib_module_names) - own - {"syncd"}


def declared(requirements: list[str]) -> dict[str, str]:
    """Return the module name of each requirement, by its name on the index."""
    names = [re.split(r"[<>=~!\[; ]", requirement)[0] for requirement in requirements]
    return {name: MODULES.get(name, name.replace("-", "_")) for name in names}


@pytest.fixture
def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def test_all_that_syncd_imports_is_declared_and_all_that_is_declared_is_imported(
    project: dict[str, list[str]],
) -> None:
    wanted = declared(project["dependencies"])
    assert imported(ROOT / "syncd") == {
        module for name, module in wanted.items() if name not in INDIRECT
    }


def test_all_that_the_tests_import_is_declared(
    project: dict[str, dict[str, list[str]]],
) -> None:
    both = declared([*project["dependencies"], *project["optional-dependencies"]["test"]])
    both["google-api-python-client"] = "googleapiclient"
    assert imported(ROOT / "tests") <= set(both.values())
