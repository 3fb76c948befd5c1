"""The Google side of the sandbox: Sheets API v4, a little of Drive v3, and OAuth tokens.

A faithful and strict emulation in memory. It refuses what it does not know with a 400 in Google's
words; what is assumed and not known has a switch in ``SheetsSettings``.
"""

from __future__ import annotations

from .google import Google
from .settings import SheetsSettings

__all__ = ["Google", "SheetsSettings"]
