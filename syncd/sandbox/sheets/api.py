"""The methods of Sheets API v4: paths, parameters, bodies, and what each one does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from syncd.sandbox.wire import Request

from . import batch, files, metadata, spreadsheets, values
from .calls import Answer, Call, Context, read_json
from .errors import invalid
from .metadata import matching_targets
from .model import Spreadsheet
from .ranges import Target, find
from .render import Rendering
from .schema import check, read_parameters
from .values import Writing

_VERB = re.compile(r"(?P<name>.*):(?P<verb>[A-Za-z]+)")
_READING = {
    "majorDimension": "@Dimension",
    "valueRenderOption": "@ValueRenderOption",
    "dateTimeRenderOption": "@DateTimeRenderOption",
}
_WRITING = {
    "valueInputOption": "@ValueInputOption",
    "includeValuesInResponse": "bool",
    "responseValueRenderOption": "@ValueRenderOption",
    "responseDateTimeRenderOption": "@DateTimeRenderOption",
}
# Missing from the shapes, since only a query parameter has this type.
_INSERT = ("OVERWRITE", "INSERT_ROWS")


@dataclass(frozen=True, slots=True)
class Asked:
    """A method's call as it came: names from the path, parameters, and the checked body."""

    context: Context
    names: Mapping[str, str]
    params: Mapping[str, Any]
    body: dict[str, Any]

    def reading(self) -> Spreadsheet:
        return self.context.spreadsheet(self.names["id"], writing=False)

    def writing(self) -> Spreadsheet:
        return self.context.spreadsheet(self.names["id"], writing=True)


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table of methods."""

    run: Callable[[Asked], Any]
    answer: str
    params: Mapping[str, str]
    body: str | None = None
    body_at: str = ""
    reads: bool = False


def route(request: Request) -> Call | None:
    """Return the method a request names, or None for a path Google does not know."""
    found = _find(request.method, request.path)
    if found is None:
        return None
    method, names = found

    def run(context: Context, request: Request) -> Answer:
        params = read_parameters(request.params, dict(method.params))
        body = {}
        if method.body is not None:
            body = check(method.body, read_json(request), at=method.body_at)
        return 200, method.run(Asked(context, names, params, body)), ()

    return Call(run, method.answer)


def is_read(http_method: str, path: str) -> bool:
    found = _find(http_method, path)
    return http_method == "GET" if found is None else found[0].reads


def _find(http_method: str, path: str) -> tuple[Method, dict[str, str]] | None:
    """Match a path. The verb is looked for before decoding: an encoded colon is part of a range."""
    parts = path.strip("/").split("/")
    if parts[:2] != ["v4", "spreadsheets"] or len(parts) > 5:
        return None
    rest = parts[2:]
    verb = ""
    if (rest and (match := _VERB.fullmatch(rest[-1])) and http_method == "POST") or (
        len(rest) == 2 and (match := _VERB.fullmatch(rest[-1]))
    ):
        rest[-1], verb = match["name"], match["verb"]
    kind = "/".join(part if index == 1 else "*" for index, part in enumerate(rest))
    method = METHODS.get((http_method, kind, verb))
    if method is None:
        return None
    names = [unquote(part) for part in rest]
    return method, dict(zip(("id", "collection", "item"), names, strict=False))


def _rendering(params: Mapping[str, Any], prefix: str = "") -> Rendering:
    def name(text: str) -> str:
        return prefix + text[0].upper() + text[1:] if prefix else text

    return Rendering(
        params.get(name("valueRenderOption"), "FORMATTED_VALUE"),
        params.get(name("dateTimeRenderOption"), "SERIAL_NUMBER"),
    )


def _writing(asked: Asked, params: Mapping[str, Any]) -> Writing:
    option = params.get("valueInputOption", "INPUT_VALUE_OPTION_UNSPECIFIED")
    if option not in ("RAW", "USER_ENTERED"):
        raise invalid("'valueInputOption' is required but not specified")
    return Writing(
        settings=asked.context.settings,
        user=asked.context.user,
        typed=option == "USER_ENTERED",
        echo=params.get("includeValuesInResponse", False),
        rendering=_rendering(params, "response"),
    )


def _touched(spreadsheet: Spreadsheet, answer: Any) -> Any:
    spreadsheet.touch()
    return answer


def _create(asked: Asked) -> Any:
    return files.create(asked.context, asked.body)


def _get(asked: Asked) -> Any:
    spreadsheet = asked.reading()
    ranges = asked.params.get("ranges")
    targets = None if not ranges else [find(spreadsheet, text) for text in ranges]
    return _resource(asked, spreadsheet, targets, asked.params.get("includeGridData", False))


def _get_by_filter(asked: Asked) -> Any:
    spreadsheet = asked.reading()
    filters = asked.body.get("dataFilters")
    targets: list[Target] | None = None
    if filters:
        targets = [target for one in filters for target in matching_targets(spreadsheet, one)]
    return _resource(asked, spreadsheet, targets, asked.body.get("includeGridData", False))


def _resource(
    asked: Asked, spreadsheet: Spreadsheet, targets: list[Target] | None, grid_data: bool
) -> Any:
    return spreadsheets.resource(
        spreadsheet,
        user=asked.context.user,
        targets=targets,
        grid_data=grid_data,
        tree=asked.context.tree,
    )


def _batch_update(asked: Asked) -> Any:
    spreadsheet, body = asked.writing(), asked.body

    def echo() -> dict[str, Any]:
        return spreadsheets.echo(
            spreadsheet, body, user=asked.context.user, tree=asked.context.tree
        )

    wanted = echo if body.get("includeSpreadsheetInResponse") else None
    return batch.apply(asked.context.edit(spreadsheet), body.get("requests", []), wanted)


def _values_get(asked: Asked) -> Any:
    return values.get(
        asked.reading(),
        asked.names["item"],
        _rendering(asked.params),
        asked.params.get("majorDimension"),
    )


def _values_batch_get(asked: Asked) -> Any:
    return values.batch_get(
        asked.reading(),
        asked.params.get("ranges", []),
        _rendering(asked.params),
        asked.params.get("majorDimension"),
    )


def _values_update(asked: Asked) -> Any:
    spreadsheet = asked.writing()
    how = _writing(asked, asked.params)
    return _touched(spreadsheet, values.update(spreadsheet, asked.names["item"], asked.body, how))


def _values_append(asked: Asked) -> Any:
    spreadsheet = asked.writing()
    how = _writing(asked, asked.params)
    option = asked.params.get("insertDataOption", "OVERWRITE")
    if option not in _INSERT:
        raise invalid(f"Invalid value at 'insert_data_option', \"{option}\"")
    insert = option == "INSERT_ROWS"
    answer = values.append(spreadsheet, asked.names["item"], asked.body, how, insert=insert)
    return _touched(spreadsheet, answer)


def _values_batch_update(asked: Asked) -> Any:
    spreadsheet = asked.writing()
    how = _writing(asked, asked.body)
    return _touched(spreadsheet, values.batch_update(spreadsheet, asked.body, how))


def _values_clear(asked: Asked) -> Any:
    spreadsheet = asked.writing()
    answer = values.clear(spreadsheet, asked.names["item"], asked.context.user)
    return _touched(spreadsheet, answer)


def _values_batch_clear(asked: Asked) -> Any:
    spreadsheet = asked.writing()
    answer = values.batch_clear(spreadsheet, asked.body.get("ranges", []), asked.context.user)
    return _touched(spreadsheet, answer)


def _values_batch_update_by_filter(asked: Asked) -> Any:
    spreadsheet = asked.writing()
    how = _writing(asked, asked.body)
    return _touched(spreadsheet, values.batch_update_by_filter(spreadsheet, asked.body, how))


def _values_batch_clear_by_filter(asked: Asked) -> Any:
    spreadsheet = asked.writing()
    answer = values.batch_clear_by_filter(spreadsheet, asked.body, asked.context.user)
    return _touched(spreadsheet, answer)


def _metadata_get(asked: Asked) -> Any:
    if not asked.names["item"].isdigit():
        raise invalid(f"Invalid value at 'metadata_id' (TYPE_INT32), \"{asked.names['item']}\"")
    return metadata.get(asked.reading(), int(asked.names["item"]))


def _copy_to(asked: Asked) -> Any:
    source = asked.reading()
    if not asked.names["item"].isdigit():
        raise invalid(f"Invalid value at 'sheet_id' (TYPE_INT32), \"{asked.names['item']}\"")
    wanted = asked.body.get("destinationSpreadsheetId", "")
    destination = asked.context.spreadsheet(wanted, writing=True)
    answer = files.copy_to(asked.context.edit(source), int(asked.names["item"]), destination)
    return _touched(destination, answer)


_NONE: dict[str, str] = {}
METHODS: dict[tuple[str, str, str], Method] = {
    ("POST", "", ""): Method(_create, "Spreadsheet", _NONE, "Spreadsheet"),
    ("GET", "*", ""): Method(
        _get,
        "Spreadsheet",
        {
            "ranges": "[string]",
            "includeGridData": "bool",
            "excludeTablesInBandedRanges": "bool",
            "commentsViewMode": "@CommentsViewMode",
        },
        reads=True,
    ),
    ("POST", "*", "getByDataFilter"): Method(
        _get_by_filter, "Spreadsheet", _NONE, "GetSpreadsheetByDataFilterRequest", reads=True
    ),
    ("POST", "*", "batchUpdate"): Method(
        _batch_update,
        "BatchUpdateSpreadsheetResponse",
        _NONE,
        "BatchUpdateSpreadsheetRequest",
    ),
    ("GET", "*/values/*", ""): Method(_values_get, "ValueRange", _READING, reads=True),
    ("PUT", "*/values/*", ""): Method(
        _values_update, "UpdateValuesResponse", _WRITING, "ValueRange", body_at="data"
    ),
    ("POST", "*/values/*", "append"): Method(
        _values_append,
        "AppendValuesResponse",
        {**_WRITING, "insertDataOption": "string"},
        "ValueRange",
        body_at="data",
    ),
    ("POST", "*/values/*", "clear"): Method(
        _values_clear, "ClearValuesResponse", _NONE, "ClearValuesRequest"
    ),
    ("GET", "*/values", "batchGet"): Method(
        _values_batch_get,
        "BatchGetValuesResponse",
        {**_READING, "ranges": "[string]"},
        reads=True,
    ),
    ("POST", "*/values", "batchUpdate"): Method(
        _values_batch_update, "BatchUpdateValuesResponse", _NONE, "BatchUpdateValuesRequest"
    ),
    ("POST", "*/values", "batchClear"): Method(
        _values_batch_clear, "BatchClearValuesResponse", _NONE, "BatchClearValuesRequest"
    ),
    ("POST", "*/values", "batchGetByDataFilter"): Method(
        lambda asked: values.batch_get_by_filter(asked.reading(), asked.body),
        "BatchGetValuesByDataFilterResponse",
        _NONE,
        "BatchGetValuesByDataFilterRequest",
        reads=True,
    ),
    ("POST", "*/values", "batchUpdateByDataFilter"): Method(
        _values_batch_update_by_filter,
        "BatchUpdateValuesByDataFilterResponse",
        _NONE,
        "BatchUpdateValuesByDataFilterRequest",
    ),
    ("POST", "*/values", "batchClearByDataFilter"): Method(
        _values_batch_clear_by_filter,
        "BatchClearValuesByDataFilterResponse",
        _NONE,
        "BatchClearValuesByDataFilterRequest",
    ),
    ("GET", "*/developerMetadata/*", ""): Method(
        _metadata_get, "DeveloperMetadata", _NONE, reads=True
    ),
    ("POST", "*/developerMetadata", "search"): Method(
        lambda asked: metadata.search(asked.reading(), asked.body),
        "SearchDeveloperMetadataResponse",
        _NONE,
        "SearchDeveloperMetadataRequest",
        reads=True,
    ),
    ("POST", "*/sheets/*", "copyTo"): Method(
        _copy_to, "SheetProperties", _NONE, "CopySheetToAnotherSpreadsheetRequest"
    ),
}
