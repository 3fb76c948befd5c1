"""The sheet's door: a spreadsheet as grids to read and cells to write."""

from __future__ import annotations

from syncd.sheets.base import (
    Append,
    Aside,
    CellSwap,
    CellWrite,
    Echo,
    Grid,
    Outline,
    Snapshot,
    Spreadsheet,
)
from syncd.sheets.google import Adapter, GoogleSpreadsheet

__all__ = [
    "Adapter",
    "Append",
    "Aside",
    "CellSwap",
    "CellWrite",
    "Echo",
    "GoogleSpreadsheet",
    "Grid",
    "Outline",
    "Snapshot",
    "Spreadsheet",
]
