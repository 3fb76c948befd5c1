"""Imports go down only, every library has one door, and the core touches nothing of the world.

The checker is a pure function from a module's name and source to sentences, so that it can be fed
a planted breach of each rule.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import syncd

FLOORS = {
    "core": 0,
    "errors": 0,
    "config": 1,
    "credentials": 1,
    "pace": 1,
    "progress": 1,
    "schedule": 1,
    "signals": 1,
    "supervisor": 1,
    "traffic": 1,
    "ledger": 2,
    "sheets": 2,
    "seleqt": 2,
    "engine": 3,
    "cycles": 4,
    "daemon": 4,
    "notify": 4,
    "shift": 4,
    "web": 4,
    "terms": 4,
    "app": 5,
    "attendants": 5,
    "preparing": 5,
    "checkup": 6,
    "torture": 6,
    "cli": 7,
    "__main__": 8,
}
ADAPTERS = {"ledger", "sheets", "seleqt"}
DOORS = {
    "gspread": ("syncd.sheets.google",),
    "google": ("syncd.sheets.google",),
    "requests": ("syncd.sheets.google", "syncd.sheets.timely"),
    "httpx": ("syncd.seleqt", "syncd.notify.ping"),
    "sqlite_utils": ("syncd.ledger",),
    "sqlite3": ("syncd.ledger",),
    "apscheduler": ("syncd.shift", "syncd.schedule"),
    "apprise": ("syncd.notify.courier",),
    "jinja2": ("syncd.web",),
    "prometheus_client": ("syncd.web",),
    "starlette": ("syncd.web",),
    "uvicorn": ("syncd.web",),
}
# A clock, a die, a file, a socket, a process, a thread or a log: whatever the core must be given.
IMPURE = {
    "asyncio", "ctypes", "glob", "http", "importlib", "io", "logging", "multiprocessing", "os",
    "pathlib", "random", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "subprocess",
    "sys", "tempfile", "threading", "time", "urllib", "uuid", "warnings",
}  # fmt: skip
IMPURE_CALLS = {"now", "utcnow", "today", "fromtimestamp", "open", "print", "input"}


def find_breaches(module: str, source: str) -> list[str]:
    """Return a sentence for every rule of the house that the module breaks."""
    tree = ast.parse(source)
    breaches: list[str] = []
    for name in _imports(tree, module):
        breaches += _check_import(module, name)
    if _place(module) == "core":
        breaches += _check_purity(tree)
    return breaches


def _imports(tree: ast.Module, module: str) -> Iterator[str]:
    """Yield the full name of everything imported, wherever in the module it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = module.split(".")[: -node.level] if node.level else []
                base = ".".join([*parent, *([base] if base else [])])
            # "from syncd import app" names a module by its last part, "from syncd.app import App"
            # does not; the longer name says at least as much.
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _place(module: str) -> str:
    parts = module.split(".")
    return parts[1] if parts[0] == "syncd" and len(parts) > 1 else ""


def _check_import(module: str, imported: str) -> Iterator[str]:
    top, here, there = imported.split(".", maxsplit=1)[0], _place(module), _place(imported)
    if top != "syncd":
        if here == "sandbox":
            return
        if top in DOORS and not any(_is_in(module, door) for door in DOORS[top]):
            yield f"{module} opens {top}, whose door is {DOORS[top][0]}"
        if here == "core" and (top not in sys.stdlib_module_names or top in IMPURE):
            yield f"{module} imports {top}, which the core may not"
        return
    if here == "sandbox":
        if there != "sandbox":
            yield f"{module} imports {imported}, but the sandbox stands apart"
    elif there == "sandbox":
        if here not in {"cli", "torture"}:
            yield f"{module} imports {imported}, which only the cli, torture and tests may"
    elif there == "torture" and here == "cli" and module != "syncd.cli.torture":
        yield f"{module} imports {imported}, which only its own command may"
    elif here in FLOORS and there in FLOORS and here != there:
        if FLOORS[there] > FLOORS[here]:
            yield f"{module} imports upwards: {imported}"
        elif here in ADAPTERS and there in ADAPTERS:
            yield f"{module} imports another adapter: {imported}"
        elif FLOORS[there] == FLOORS[here] == 0 and here == "errors":
            yield f"{module} imports {imported}: errors stand alone"


def _is_in(module: str, door: str) -> bool:
    return module == door or module.startswith(door + ".")


def _check_purity(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            if name in IMPURE_CALLS:
                yield f"line {node.lineno} calls {name}(), which the core may not"


def _modules() -> Iterator[tuple[str, str]]:
    root = Path(syncd.__file__).parent
    for path in sorted(root.rglob("*.py")):
        parts = ["syncd", *path.relative_to(root).with_suffix("").parts]
        # A package's own name ends in __init__ here, so that its relative imports count right.
        yield ".".join(parts), path.read_text()


def test_no_module_of_syncd_breaks_a_rule_of_the_house() -> None:
    assert [breach for name, source in _modules() for breach in find_breaches(name, source)] == []


def test_every_module_of_syncd_has_its_floor() -> None:
    places = {_place(name) for name, _ in _modules()} - {"__init__", "sandbox"}
    assert places == set(FLOORS)


def test_every_door_is_used_by_somebody() -> None:
    behind = {name.split(".")[0] for module, source in _modules() if _place(module) != "sandbox"
              for name in _imports(ast.parse(source), module)}  # fmt: skip
    assert set(DOORS) <= behind


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("syncd.core.plan", "from syncd.errors import Denied\nfrom syncd.ledger import Ledger"),
        ("syncd.core.plan", "from syncd import config"),
        ("syncd.core.plan", "from ..pace import Pace"),
        ("syncd.errors", "from syncd.core import model"),
        ("syncd.config", "import syncd.ledger.store"),
        ("syncd.pace", "from syncd.engine import Engine"),
        ("syncd.ledger.store", "from syncd.engine.cycle import Engine"),
        ("syncd.ledger.store", "from syncd.sheets import Grid"),
        ("syncd.sheets.google", "from syncd.seleqt.client import Seleqt"),
        ("syncd.seleqt.client", "def f():\n    from syncd.ledger import Ledger"),
        ("syncd.engine.cycle", "from syncd.app import App"),
        ("syncd.engine.cycle", "from syncd import daemon"),
        ("syncd.daemon", "if True:\n    import syncd.app"),
        ("syncd.app", "from syncd.cli.run import run"),
        ("syncd.app", "from syncd.sandbox.world import World"),
        ("syncd.engine.buying", "import syncd.sandbox"),
        ("syncd.app", "from syncd.torture.run import run"),
        ("syncd.cli.demo", "def f():\n    from syncd.torture import play"),
        ("syncd.torture.judge", "import sqlite3"),
        ("syncd.sandbox.world", "from syncd.torture import mishaps"),
        ("syncd.sandbox.world", "from syncd.core import model"),
        ("syncd.sandbox.sheets.model", "from ...errors import Denied"),
        ("syncd.sheets.base", "import gspread"),
        ("syncd.sheets.base", "from google.oauth2 import service_account"),
        ("syncd.engine.delivery", "from gspread.exceptions import APIError"),
        ("syncd.engine.buying", "import httpx"),
        ("syncd.sheets.google", "import httpx"),
        ("syncd.engine.cycle", "import sqlite3"),
        ("syncd.app", "from sqlite_utils import Database"),
        ("syncd.app", "from apscheduler.triggers.cron import CronTrigger"),
        ("syncd.core.cells", "import pydantic"),
        ("syncd.core.cells", "import time"),
        ("syncd.core.cells", "from pathlib import Path"),
        ("syncd.core.cells", "import logging"),
        ("syncd.core.cells", "import random"),
        ("syncd.core.cells", "from datetime import datetime\nx = datetime.now()"),
        ("syncd.core.cells", "from datetime import date\ndef f():\n    return date.today()"),
        ("syncd.core.cells", "def f(p):\n    return open(p).read()"),
        ("syncd.core.cells", "print('hello')"),
    ],
)
def test_a_planted_breach_is_found(module: str, source: str) -> None:
    assert len(find_breaches(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("syncd.core.plan", "from syncd.core.model import Kind\nimport hashlib, datetime"),
        ("syncd.core.plan", "from syncd.errors import Denied"),
        ("syncd.ledger.store", "import sqlite3\nfrom syncd.core.model import Kind"),
        ("syncd.ledger.store", "from syncd.ledger.lock import Lock"),
        ("syncd.seleqt.client", "import httpx\nfrom syncd.pace import Pace"),
        ("syncd.sheets.google", "import gspread\nfrom syncd.errors import SheetDenied"),
        ("syncd.shift", "from apscheduler.triggers.cron import CronTrigger"),
        ("syncd.cli.demo", "from syncd.sandbox.world import World"),
        ("syncd.cli.torture", "def f():\n    from syncd.torture.run import run"),
        ("syncd.torture.stage", "from syncd.app import App\nfrom syncd.sandbox.world import World"),
        ("syncd.sandbox.server", "from .world import World\nimport httpx, sqlite3"),
        ("syncd.sandbox.seleqt.vendor", "from syncd.sandbox.wire import Request"),
    ],
)
def test_what_the_house_allows_is_no_breach(module: str, source: str) -> None:
    assert find_breaches(module, source) == []
