"""Every test starts with a clean environment, and on CI nothing may be skipped."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from rig import Rig

# A shell that starts the tests in the background has them, and all that they start, ignore SIGINT.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile(
    "syncd", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("syncd")


MEMORY = Path("/dev/shm")
ROOM = 2**30  # bytes; far more than what the ledgers of a few tests at once take


def pytest_configure(config: pytest.Config) -> None:
    """Put the tests' folders into memory where there is room: thousands of commits need no disk."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests of the real daemon mostly wait for it."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the machine's credentials, proxies and terminal out of every test."""
    for name in ("CREDENTIALS_DIRECTORY", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    # A program that a test starts would compile all of syncd anew: a fifth of its start.
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")


@pytest.fixture(autouse=True)
def quiet_logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Events are data for tests (``structlog.testing.capture_logs``), and noise on the screen."""
    # A command that a test runs in this process would turn the log on for all tests after it.
    monkeypatch.setattr("syncd.cli.logs.set_up_logs", lambda *_: None)
    structlog.reset_defaults()
    structlog.configure(processors=[_drop])
    yield
    structlog.reset_defaults()


def _drop(*_: object) -> Any:
    raise structlog.DropEvent


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """One sandbox world with an empty Leads and Requests worksheet."""
    with Rig(tmp_path) as rig:
        yield rig


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    if "root may read everything" in str(report.longrepr):
        return report  # CI is root, and no package to install changes that
    if report.skipped and os.environ.get("SYNCD_NO_SKIPS") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be: {report.longrepr}"
    return report
