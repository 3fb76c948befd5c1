"""``spreadsheets.batchUpdate``: every request in order, or none of them."""

from __future__ import annotations

from collections.abc import Callable

from . import requests_cells as cells
from . import requests_dimensions as dimensions
from . import requests_objects as objects
from . import requests_ranges as ranges
from . import requests_worksheets as worksheets
from .edit import Body, Edit
from .errors import ApiError, invalid

Handler = Callable[[Edit, Body], Body]

HANDLERS: dict[str, Handler] = {
    "updateCells": cells.update_cells,
    "appendCells": cells.append_cells,
    "repeatCell": cells.repeat_cell,
    "setDataValidation": cells.set_data_validation,
    "updateBorders": cells.update_borders,
    "insertDimension": dimensions.insert_dimension,
    "deleteDimension": dimensions.delete_dimension,
    "moveDimension": dimensions.move_dimension,
    "appendDimension": dimensions.append_dimension,
    "updateDimensionProperties": dimensions.update_dimension_properties,
    "autoResizeDimensions": dimensions.auto_resize_dimensions,
    "addDimensionGroup": dimensions.add_dimension_group,
    "deleteDimensionGroup": dimensions.delete_dimension_group,
    "sortRange": ranges.sort_range,
    "cutPaste": ranges.cut_paste,
    "copyPaste": ranges.copy_paste,
    "insertRange": ranges.insert_range,
    "deleteRange": ranges.delete_range,
    "findReplace": ranges.find_replace,
    "mergeCells": ranges.merge_cells,
    "unmergeCells": ranges.unmerge_cells,
    "addSheet": worksheets.add_sheet,
    "deleteSheet": worksheets.delete_sheet,
    "duplicateSheet": worksheets.duplicate_sheet,
    "updateSheetProperties": worksheets.update_sheet_properties,
    "updateSpreadsheetProperties": worksheets.update_spreadsheet_properties,
    "addNamedRange": objects.add_named_range,
    "updateNamedRange": objects.update_named_range,
    "deleteNamedRange": objects.delete_named_range,
    "addProtectedRange": objects.add_protected_range,
    "updateProtectedRange": objects.update_protected_range,
    "deleteProtectedRange": objects.delete_protected_range,
    "setBasicFilter": objects.set_basic_filter,
    "clearBasicFilter": objects.clear_basic_filter,
    "addConditionalFormatRule": objects.add_conditional_format_rule,
    "updateConditionalFormatRule": objects.update_conditional_format_rule,
    "deleteConditionalFormatRule": objects.delete_conditional_format_rule,
    "createDeveloperMetadata": objects.create_developer_metadata,
    "updateDeveloperMetadata": objects.update_developer_metadata,
    "deleteDeveloperMetadata": objects.delete_developer_metadata,
}


def apply(edit: Edit, requests: list[Body], echo: Callable[[], Body] | None) -> Body:
    """Apply the requests; return a BatchUpdateSpreadsheetResponse with one reply each.

    A refusal leaves nothing changed, also when the echo asked for cannot be given.
    """
    if not requests:
        raise invalid("Must specify at least one request.")
    spreadsheet = edit.spreadsheet
    before = spreadsheet.state()
    answer: Body = {"spreadsheetId": spreadsheet.id, "replies": []}
    try:
        for index, request in enumerate(requests):
            answer["replies"].append(_one(edit, index, request))
            spreadsheet.changed()
        if echo is not None:
            answer["updatedSpreadsheet"] = echo()
    except BaseException:
        spreadsheet.restore(before)
        raise
    # Recorded: Drive shows a new title at once, other edits only after a while.
    spreadsheet.touch(at_once=spreadsheet.title != before["title"])
    return answer


def _one(edit: Edit, index: int, request: Body) -> Body:
    if not request:
        raise invalid(f"Invalid requests[{index}]: No request set.")
    if len(request) > 1:
        second = list(request)[1]
        raise invalid(
            f"Invalid value at 'requests[{index}]' (oneof), oneof field 'kind' is already set. "
            f"Cannot set '{second}'"
        )
    [(kind, body)] = request.items()
    try:
        return HANDLERS[kind](edit, body)
    except ApiError as error:
        raise ApiError(
            error.code, f"Invalid requests[{index}].{kind}: {error.message}", details=error.details
        ) from None
