"""The sheet's door: a spreadsheet as grids to read and cells to write."""

from __future__ import annotations

from syncd.sheets.base import (
    Append,
    Aside,
    CellSwap,
    CellWrite,
    Echo,
    Grid,
    Journal,
    Outline,
    RowCopy,
    Rows,
    Snapshot,
    Spreadsheet,
)
from syncd.sheets.google import Adapter, GoogleSpreadsheet
from syncd.sheets.journal import read_journal

__all__ = [
    "Adapter",
    "Append",
    "Aside",
    "CellSwap",
    "CellWrite",
    "Echo",
    "GoogleSpreadsheet",
    "Grid",
    "Journal",
    "Outline",
    "RowCopy",
    "Rows",
    "Snapshot",
    "Spreadsheet",
    "read_journal",
]
