"""Preparing a spreadsheet: what it has, as plain data; and steps, as requests of the Sheets API.

Every request names the fields it sets, so that nothing else of a cell or worksheet changes
(documented: ``fields`` limit an update).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from syncd.core.book import Area, Book, Cell, Protection, Rule, Sheet
from syncd.core.setup import condition
from syncd.core.steps import (
    AddColumns,
    AddExample,
    AddHeaders,
    AddLabels,
    AddNote,
    AddRows,
    AddWorksheet,
    Colour,
    Freeze,
    KeepText,
    OfferChoices,
    OfferTicks,
    Protect,
    Recalculate,
    Step,
)
from syncd.sheets.answers import effective
from syncd.sheets.bodies import enter, grid_range
from syncd.sheets.google import GoogleSpreadsheet

_TITLES = "properties(title,autoRecalc),sheets(properties(sheetId,title,sheetType))"
_DETAILS = (
    "sheets(properties(sheetId,title,gridProperties),merges,basicFilter(range),"
    "conditionalFormats(ranges,booleanRule(condition)),"
    "protectedRanges(range,requestingUserCanEdit,unprotectedRanges),"
    "data(columnMetadata(hiddenByUser),rowData(values("
    "effectiveValue,dataValidation(condition),userEnteredFormat(numberFormat),note))))"
)
_DESCRIPTION = "syncd writes here. What you change may be written over."


def read_book(sheet: GoogleSpreadsheet, titles: Collection[str]) -> Book:
    """Read the worksheets of these titles, as far as they are there, in one request.

    A first, small one finds out which are: Google refuses a request that names another.
    """
    outline = sheet.describe(_TITLES)
    properties = [one["properties"] for one in outline.get("sheets", [])]
    there = [
        one["title"]
        for one in properties
        if one["title"] in titles and one.get("sheetType", "GRID") == "GRID"
    ]
    found = sheet.describe(_DETAILS, there).get("sheets", []) if there else []
    sheets = [_read_sheet(one) for one in found]
    return Book(
        title=outline["properties"]["title"],
        account=sheet.account,
        titles={one.get("sheetId", 0): one["title"] for one in properties},
        sheets={one.title: one for one in sheets},
        ticking=outline["properties"].get("autoRecalc", "ON_CHANGE") != "ON_CHANGE",
    )


def take_steps(sheet: GoogleSpreadsheet, steps: Sequence[Step]) -> None:
    """Take all steps in one request, or none of them.

    Raises as :meth:`~syncd.sheets.base.Spreadsheet.write` does.
    """
    sheet.change([request for step in steps for request in _requests(step)])


def _read_sheet(sheet: Mapping[str, Any]) -> Sheet:
    properties = sheet["properties"]
    grid = properties["gridProperties"]
    [data] = sheet["data"]
    return Sheet(
        sheet_id=properties.get("sheetId", 0),
        title=properties["title"],
        rows=grid["rowCount"],
        columns=grid["columnCount"],
        cells=[[_read_cell(cell) for cell in row.get("values", [])] for row in data["rowData"]]
        if "rowData" in data
        else [],
        frozen=grid.get("frozenRowCount", 0),
        hidden=[
            number
            for number, column in enumerate(data.get("columnMetadata", []))
            if column.get("hiddenByUser")
        ],
        merges=[_read_area(one) for one in sheet.get("merges", [])],
        protections=[
            Protection(
                area=_read_area(one.get("range", {})),
                closed=not one.get("requestingUserCanEdit"),
                unprotected=[_read_area(part) for part in one.get("unprotectedRanges", [])],
            )
            for one in sheet.get("protectedRanges", [])
        ],
        rules=[_read_rule(one) for one in sheet.get("conditionalFormats", [])],
        filtered=_read_area(sheet["basicFilter"].get("range", {}))
        if "basicFilter" in sheet
        else None,
    )


def _read_cell(cell: Mapping[str, Any]) -> Cell:
    if not cell:
        return Cell()
    check = cell.get("dataValidation", {}).get("condition")
    # A formula that shows nothing is somebody's, too.
    shown = effective(cell) if cell.get("effectiveValue") else ""
    value = None if shown == "" and "effectiveValue" in cell else shown
    return Cell(
        value=value,
        rule=(check["type"], *_values(check)) if check else (),
        formatted="numberFormat" in cell.get("userEnteredFormat", {}),
        noted=bool(cell.get("note")),
    )


def _read_area(area: Mapping[str, int]) -> Area:
    return Area(
        area.get("startRowIndex", 0),
        area.get("endRowIndex"),
        area.get("startColumnIndex", 0),
        area.get("endColumnIndex"),
    )


def _read_rule(rule: Mapping[str, Any]) -> Rule:
    check = rule.get("booleanRule", {}).get("condition", {})
    areas = tuple(_read_area(one) for one in rule["ranges"])
    return Rule(check.get("type", ""), _values(check), areas)


def _values(check: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(one.get("userEnteredValue", "") for one in check.get("values", []))


def _requests(step: Step) -> Iterator[dict[str, Any]]:
    match step:
        case AddWorksheet():
            grid = {"rowCount": step.rows, "columnCount": step.columns}
            new = {"sheetId": step.sheet_id, "title": step.title, "gridProperties": grid}
            hidden = {"hidden": True} if step.hidden else {}
            yield {"addSheet": {"properties": {**new, **hidden}}}
        case AddColumns() | AddRows():
            dimension = "COLUMNS" if isinstance(step, AddColumns) else "ROWS"
            new = {"sheetId": step.sheet_id, "dimension": dimension, "length": step.count}
            yield {"appendDimension": new}
        case Recalculate():
            new = {"autoRecalc": "MINUTE"}
            yield {"updateSpreadsheetProperties": {"properties": new, "fields": "autoRecalc"}}
        case AddLabels():
            start = {"sheetId": step.sheet_id, "rowIndex": step.row, "columnIndex": step.column}
            rows = [{"values": [{"userEnteredValue": enter(one)}]} for one in step.labels]
            yield {"updateCells": {"start": start, "rows": rows, "fields": "userEnteredValue"}}
        case AddHeaders():
            yield from _headers(step)
        case AddNote():
            yield _update(step.sheet_id, step.row, step.column, [{"note": step.text}], "note")
        case AddExample():
            cells = [{"userEnteredValue": enter(value)} for value in step.cells]
            yield _update(step.sheet_id, step.row, 0, cells, "userEnteredValue")
        case Freeze():
            new = {"sheetId": step.sheet_id, "gridProperties": {"frozenRowCount": step.rows}}
            fields = "gridProperties.frozenRowCount"
            yield {"updateSheetProperties": {"properties": new, "fields": fields}}
        case Protect():
            where = grid_range(step.sheet_id, step.row, None, step.column, len(step.names))
            new = {"range": where, "description": _DESCRIPTION, "warningOnly": True}
            yield {"addProtectedRange": {"protectedRange": new}}
        case Colour():
            yield from _tints(step)
        case KeepText() | OfferChoices() | OfferTicks():
            yield from _ruled(step)


def _ruled(step: KeepText | OfferChoices | OfferTicks) -> Iterator[dict[str, Any]]:
    """Yield the same request for each run of the step's rows."""
    match step:
        case KeepText():
            cell = {"userEnteredFormat": {"numberFormat": {"type": "TEXT"}}}
            for where in _ranges(step):
                fields = "userEnteredFormat.numberFormat"
                yield {"repeatCell": {"range": where, "cell": cell, "fields": fields}}
        case OfferChoices():
            rule = {**_condition("ONE_OF_LIST", step.choices), "showCustomUi": True}
            for where in _ranges(step):
                yield {"setDataValidation": {"range": where, "rule": rule}}
        case OfferTicks():
            for where in _ranges(step):
                rule = _condition("BOOLEAN", [step.value])
                yield {"setDataValidation": {"range": where, "rule": rule}}


def _headers(step: AddHeaders) -> Iterator[dict[str, Any]]:
    cells = [
        {
            "userEnteredValue": {"stringValue": name},
            "userEnteredFormat": {"textFormat": {"bold": True}},
            **({"note": step.notes[name]} if name in step.notes else {}),
        }
        for name in step.names
    ]
    fields = "userEnteredValue,userEnteredFormat.textFormat.bold,note"
    yield _update(step.sheet_id, step.row, step.column, cells, fields)
    for name, width in step.widths.items():
        column = step.column + step.names.index(name)
        yield {
            "updateDimensionProperties": {
                "range": {
                    "sheetId": step.sheet_id,
                    "dimension": "COLUMNS",
                    "startIndex": column,
                    "endIndex": column + 1,
                },
                "properties": {"pixelSize": width},
                "fields": "pixelSize",
            }
        }


def _tints(step: Colour) -> Iterator[dict[str, Any]]:
    for offset, tint in enumerate(step.tints):
        rule = {
            "ranges": [grid_range(step.sheet_id, step.row, None, step.column)],
            "booleanRule": {
                **_condition(*condition(tint)),
                "format": {"backgroundColor": _colour(tint.colour)},
            },
        }
        yield {"addConditionalFormatRule": {"rule": rule, "index": step.index + offset}}


def _update(
    sheet_id: int, row: int, column: int, cells: Sequence[Mapping[str, Any]], fields: str
) -> dict[str, Any]:
    start = {"sheetId": sheet_id, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": cells}], "fields": fields}}


def _ranges(step: KeepText | OfferChoices | OfferTicks) -> Iterator[dict[str, int]]:
    for first, last in step.runs:
        yield grid_range(step.sheet_id, first, last, step.column)


def _condition(kind: str, values: Sequence[str]) -> dict[str, Any]:
    given = [{"userEnteredValue": value} for value in values]
    return {"condition": {"type": kind, "values": given}}


def _colour(text: str) -> dict[str, float]:
    parts = {"red": text[1:3], "green": text[3:5], "blue": text[5:7]}
    return {name: int(part, 16) / 255 for name, part in parts.items()}
