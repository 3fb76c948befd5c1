"""The config of a program that stands against the sandbox, and the secrets beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from syncd.ledger import Ledger
from syncd.terms import ACCOUNT

_HEAD = """
[ledger]
path = "ledger.db"
[google]
credentials = {{ file = "google.json" }}
base_url = "{base}"
reads_per_minute = 0
writes_per_minute = 0
[seleqt]
key = {{ file = "seleqt.key" }}
base_url = "{base}/api/v1"
requests_per_minute = 0
"""


def write_secrets(folder: Path, account: Mapping[str, object], key: str) -> None:
    """Write the service account and the vendor's key where the config looks for them."""
    (folder / "google.json").write_text(json.dumps(account))
    (folder / "seleqt.key").write_text(key)


def write_config(
    folder: Path,
    base: str,
    *,
    per_day: int,
    spreadsheets: Iterable[str],
    zone: str = "Europe/Berlin",
    mode: str = "async",
    webhook_url: str = "",
    listen: str = "",
    buying: str = "",
    daemon: str = "",
) -> Path:
    """Write a config without rate limits, and a month's cap of ten days; return its path.

    Where there is no ledger yet it gets one that may buy, as if somebody had run ``syncd arm``.
    ``buying``, ``daemon`` and ``spreadsheets`` are lines of TOML.
    """
    hook = f'\nwebhook_url = "{webhook_url}"' if webhook_url else ""
    parts = [
        f'{_HEAD.format(base=base)}mode = "{mode}"{hook}',
        f'[web]\nlisten = "{listen}"',
        f'[caps]\ntime_zone = "{zone}"\nper_day = {per_day}\nper_month = {10 * per_day}',
        f"[buying]\n{buying.strip()}",
        f"[daemon]\n{daemon.strip()}",
        *(f"[[spreadsheet]]\n{lines.strip()}" for lines in spreadsheets),
    ]
    path = folder / "config.toml"
    path.write_text("\n".join(parts) + "\n")
    if not (folder / "ledger.db").exists():
        with Ledger(folder / "ledger.db") as ledger:
            ledger.arm(ACCOUNT, datetime.now(UTC))
    return path
