"""The configuration: one TOML file, read whole, every problem reported at once.

Unknown keys are errors, because a misspelt cap is no cap. Secrets are named, never written down
(:mod:`syncd.credentials`).

======  ============================================================
fields  single values: how each is written, and what is wrong with it
parts   what the file may say, part by part
file    reading it: problems with their lines, relative paths
======  ============================================================
"""

from __future__ import annotations

from syncd.config.fields import SPREADSHEET_ID, name_kind
from syncd.config.file import load, load_sheets
from syncd.config.parts import Config, SheetsConfig, SpreadsheetPart
from syncd.errors import ConfigError

__all__ = [
    "SPREADSHEET_ID",
    "Config",
    "ConfigError",
    "SheetsConfig",
    "SpreadsheetPart",
    "load",
    "load_sheets",
    "name_kind",
]
