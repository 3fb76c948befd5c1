"""CSV as Drive exports a worksheet: shown text, every row as wide as the widest."""

from __future__ import annotations

import csv
import io

from .model import Worksheet
from .render import Rendering, read_rows


def export_csv(worksheet: Worksheet) -> bytes:
    rows = read_rows(worksheet, worksheet.box, Rendering())
    while rows and not rows[-1]:
        rows.pop()
    width = max((len(row) for row in rows), default=0)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([*row, *[""] * (width - len(row))] for row in rows)
    return text.getvalue().removesuffix("\r\n").encode()
