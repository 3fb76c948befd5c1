"""batchUpdate requests on worksheets and on what lies on them.

Worksheets, properties, named and protected ranges, filters, conditional formats, metadata.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import metadata, structure
from .areas import Area, area_from
from .edit import Body, Edit
from .errors import invalid
from .formats import normal
from .masks import Tree, request_mask
from .model import Column, Placed, Row, Spreadsheet, Worksheet
from .ranges import from_grid_range, worksheet_by_id
from .errors import protected
from .rights import guard_worksheet, may_edit
from .spreadsheets import conditional_format, named_range, properties, protected_range

_GRID = ("hideGridlines", "rowGroupControlAfter", "columnGroupControlAfter")
_KEPT = ("tabColor", "tabColorStyle", "rightToLeft")


def add_sheet(edit: Edit, body: Body) -> Body:
    """Add a worksheet: 1000 by 26 unless told otherwise, at the end unless placed."""
    new = body.get("properties", {})
    spreadsheet = edit.spreadsheet
    if new.get("sheetType", "GRID") != "GRID":
        raise invalid("Only grid worksheets can be added.")
    title = new.get("title") or _fresh_title(spreadsheet)
    _check_title(spreadsheet, title, None)
    sheet_id = new.get("sheetId")
    if sheet_id is not None and spreadsheet.worksheet(sheet_id) is not None:
        raise invalid(f"A sheet with the id {sheet_id} already exists. Please use a different id.")
    grid = new.get("gridProperties", {})
    rows, columns = grid.get("rowCount", 1000), grid.get("columnCount", 26)
    if rows < 1 or columns < 1:
        raise invalid("rowCount and columnCount must be greater than 0.")
    structure.check_total(spreadsheet.cell_count() + rows * columns)
    index = new.get("index", len(spreadsheet.worksheets))
    _check_index(spreadsheet, index)
    new_id = edit.new_id() if sheet_id is None else sheet_id
    worksheet = spreadsheet.add_worksheet(new_id, title, rows, columns, index)
    fields = {name: {} for name in new if name not in ("sheetId", "title", "index", "sheetType")}
    _set_properties(worksheet, new, fields)
    return {"addSheet": {"properties": properties(worksheet)}}


def _fresh_title(spreadsheet: Spreadsheet) -> str:
    number = len(spreadsheet.worksheets) + 1
    while spreadsheet.by_title(f"Sheet{number}") is not None:
        number += 1
    return f"Sheet{number}"


def _check_title(spreadsheet: Spreadsheet, title: str, own: Worksheet | None) -> None:
    if not title:
        raise invalid("You must specify a sheet name.")
    for other in spreadsheet.worksheets:
        if other is not own and other.title.lower() == title.lower():
            raise invalid(
                f'A sheet with the name "{title}" already exists. Please enter another name.'
            )


def _check_index(spreadsheet: Spreadsheet, index: int) -> None:
    count = len(spreadsheet.worksheets)
    if not 0 <= index <= count:
        raise invalid(f"Sheet index[{index}] must be between 0 and {count}.")


def set_title(worksheet: Worksheet, title: str) -> None:
    """Rename a worksheet; formulas that name it follow."""
    _check_title(worksheet.spreadsheet, title, worksheet)
    worksheet.title = title
    worksheet.spreadsheet.changed()


def delete_sheet(edit: Edit, body: Body) -> Body:
    worksheet = edit.worksheet(body)
    guard_worksheet(worksheet, edit.user)
    remove_worksheet(worksheet)
    return {}


def remove_worksheet(worksheet: Worksheet) -> None:
    spreadsheet = worksheet.spreadsheet
    visible = [one for one in spreadsheet.worksheets if not one.hidden and one is not worksheet]
    if len(spreadsheet.worksheets) == 1:
        raise invalid("You can't remove all the sheets in a document.")
    if not visible:
        raise invalid("You can't remove all the visible sheets in a document.")
    spreadsheet.worksheets.remove(worksheet)
    spreadsheet.named = [
        one for one in spreadsheet.named if one.data["sheetId"] != worksheet.sheet_id
    ]
    spreadsheet.changed()


def duplicate_sheet(edit: Edit, body: Body) -> Body:
    spreadsheet = edit.spreadsheet
    source = worksheet_by_id(spreadsheet, body.get("sourceSheetId", 0))
    new_id = body.get("newSheetId")
    if new_id is not None and spreadsheet.worksheet(new_id) is not None:
        raise invalid(f"A sheet with the id {new_id} already exists. Please use a different id.")
    index = body.get("insertSheetIndex", 0)
    _check_index(spreadsheet, index)
    copied = copy_worksheet(
        edit, source, spreadsheet, title=body.get("newSheetName"), index=index, sheet_id=new_id
    )
    return {"duplicateSheet": {"properties": properties(copied)}}


def copy_worksheet(
    edit: Edit,
    source: Worksheet,
    spreadsheet: Spreadsheet,
    *,
    title: str | None = None,
    index: int | None = None,
    sheet_id: int | None = None,
) -> Worksheet:
    """Copy a worksheet into a spreadsheet; a duplicate has no developer metadata (M1)."""
    if title is None:
        title = f"Copy of {source.title}"
        number = 2
        while spreadsheet.by_title(title) is not None:
            title, number = f"Copy of {source.title} {number}", number + 1
    _check_title(spreadsheet, title, None)
    structure.check_total(spreadsheet.cell_count() + len(source.rows) * len(source.columns))
    new_id = edit.new_id() if sheet_id is None else sheet_id
    copied = spreadsheet.add_worksheet(new_id, title, 0, 0, index)
    copied.hidden = source.hidden and index is not None
    for name in ("frozen_rows", "frozen_columns", "properties", "grid_properties", "filter"):
        setattr(copied, name, getattr(source, name))
    for name in ("merges", "rules", "rule_areas", "groups"):
        setattr(copied, name, list(getattr(source, name)))
    copied.protected = [replace(one, id=edit.new_id()) for one in source.protected]
    for row in source.rows:
        twin = Row(row.cells)
        twin.size, twin.hidden = row.size, row.hidden
        copied.rows.append(twin)
    for column in source.columns:
        line = Column(column.size)
        line.hidden = column.hidden
        copied.columns.append(line)
    spreadsheet.has_formulas |= source.spreadsheet.has_formulas
    spreadsheet.changed()
    return copied


def update_sheet_properties(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    new = body.get("properties", {})
    worksheet = edit.worksheet(new)
    guard_worksheet(worksheet, edit.user)
    if "*" in tree:
        tree = {name: {} for name in ("title", "index", "gridProperties", "hidden", *_KEPT)}
    if "title" in tree:
        set_title(worksheet, new.get("title", ""))
    if "index" in tree:
        _place(worksheet, new.get("index", 0))
    if "hidden" in tree:
        worksheet.hidden = new.get("hidden", False)
        if all(one.hidden for one in edit.spreadsheet.worksheets):
            raise invalid("You can't hide all the sheets in a document.")
    _set_properties(worksheet, new, tree)
    return {}


def _place(worksheet: Worksheet, index: int) -> None:
    """Move a worksheet before the one now at ``index``, as if it were still in its place."""
    worksheets = worksheet.spreadsheet.worksheets
    _check_index(worksheet.spreadsheet, index)
    old = worksheets.index(worksheet)
    worksheets.remove(worksheet)
    worksheets.insert(index - 1 if index > old else index, worksheet)


def _set_properties(worksheet: Worksheet, new: Body, tree: Tree) -> None:
    for name in tree:
        if name not in (
            "sheetId",
            "title",
            "index",
            "hidden",
            "sheetType",
            "gridProperties",
            *_KEPT,
        ):
            raise invalid(f"Invalid field: {name}")
    look = normal({name: new[name] for name in _KEPT if name in tree and name in new})
    cleared = {
        twin
        for name in _KEPT
        if name in tree
        for twin in (name, f"{name}Style", name.removesuffix("Style"))
    }
    kept = {name: value for name, value in worksheet.properties.items() if name not in cleared}
    worksheet.properties = kept | look
    if "gridProperties" in tree:
        _set_grid(worksheet, new.get("gridProperties", {}), tree["gridProperties"])
    if "hidden" in tree:
        worksheet.hidden = new.get("hidden", False)


def _set_grid(worksheet: Worksheet, new: Body, below: Tree) -> None:
    def named(name: str) -> bool:
        return name in below or ((not below or "*" in below) and name in new)

    if named("rowCount"):
        _resize_rows(worksheet, new.get("rowCount", 0))
    if named("columnCount"):
        _resize_columns(worksheet, new.get("columnCount", 0))
    if named("frozenRowCount"):
        worksheet.frozen_rows = new.get("frozenRowCount", 0)
    if named("frozenColumnCount"):
        worksheet.frozen_columns = new.get("frozenColumnCount", 0)
    if worksheet.frozen_rows and worksheet.frozen_rows >= len(worksheet.rows):
        raise invalid("You can't freeze all visible rows on the sheet.")
    if worksheet.frozen_columns and worksheet.frozen_columns >= len(worksheet.columns):
        raise invalid("You can't freeze all visible columns on the sheet.")
    chosen = {name: new.get(name, False) for name in _GRID if named(name)}
    worksheet.grid_properties = {**worksheet.grid_properties, **chosen}


def _resize_rows(worksheet: Worksheet, count: int) -> None:
    if count < 1:
        raise invalid("You can't delete all the rows on the sheet.")
    have = len(worksheet.rows)
    if count > have:
        structure.append_lines(worksheet, "ROWS", count - have)
    elif count < have:
        structure.delete_lines(worksheet, "ROWS", count, have)


def _resize_columns(worksheet: Worksheet, count: int) -> None:
    if count < 1:
        raise invalid("You can't delete all the columns on the sheet.")
    have = len(worksheet.columns)
    if count > have:
        structure.append_lines(worksheet, "COLUMNS", count - have)
    elif count < have:
        structure.delete_lines(worksheet, "COLUMNS", count, have)


def update_spreadsheet_properties(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    new = body.get("properties", {})
    names = set(new) if "*" in tree else set(tree)
    spreadsheet = edit.spreadsheet
    if "title" in names:
        if not new.get("title"):
            raise invalid("The title must not be empty.")
        spreadsheet.title = new["title"]
    if "locale" in names:
        spreadsheet.locale = _known_locale(new.get("locale", ""))
    if "timeZone" in names:
        spreadsheet.time_zone = _known_zone(new.get("timeZone", ""))
    others = names - {"title", "locale", "timeZone"}
    chosen = {name: new[name] for name in others if name in new}
    spreadsheet.properties = {**spreadsheet.properties, **chosen}
    return {}


def _known_locale(name: str) -> str:
    language, _, country = name.partition("_")
    sound = language.isalpha() and len(language) in (2, 3) and language.islower()
    if not sound or (country and not (country.isalnum() and len(country) in (2, 3))):
        raise invalid(f"Unsupported locale: {name}")
    return name


def _known_zone(name: str) -> str:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - rarely needed

    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"Invalid time zone: {name}") from None
    return name


def add_named_range(edit: Edit, body: Body) -> Body:
    new = body.get("namedRange", {})
    target = from_grid_range(edit.spreadsheet, new.get("range"))
    _check_name(edit.spreadsheet, new.get("name", ""), None)
    new_id = new.get("namedRangeId") or format(edit.random.getrandbits(44), "x")
    if any(one.id == new_id for one in edit.spreadsheet.named):
        raise invalid(f"A named range with the id {new_id} already exists.")
    data = {"name": new["name"], "sheetId": target.worksheet.sheet_id}
    placed = Placed(new_id, area_from(new.get("range", {})), data)
    edit.spreadsheet.named.append(placed)
    return {"addNamedRange": {"namedRange": named_range(placed)}}


def _check_name(spreadsheet: Spreadsheet, name: str, own: Placed | None) -> None:
    letters = name.replace("_", "a").replace(".", "a")
    if not name or not letters.isalnum() or name[0].isdigit():
        raise invalid(f"Invalid named range name: {name}")
    if any(
        one is not own and one.data["name"].lower() == name.lower() for one in spreadsheet.named
    ):
        raise invalid(f"A named range with the name {name} already exists.")


def _named(spreadsheet: Spreadsheet, named_id: str) -> Placed:
    for one in spreadsheet.named:
        if one.id == named_id:
            return one
    raise invalid(f"No named range with id: {named_id}")


def update_named_range(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    new = body.get("namedRange", {})
    old = _named(edit.spreadsheet, new.get("namedRangeId", ""))
    area, data = old.area, dict(old.data)
    if "*" in tree or "name" in tree:
        _check_name(edit.spreadsheet, new.get("name", ""), old)
        data["name"] = new["name"]
    if "*" in tree or "range" in tree:
        target = from_grid_range(edit.spreadsheet, new.get("range"))
        area, data["sheetId"] = area_from(new.get("range", {})), target.worksheet.sheet_id
    at = edit.spreadsheet.named.index(old)
    edit.spreadsheet.named[at] = replace(old, area=area, data=data)
    return {}


def delete_named_range(edit: Edit, body: Body) -> Body:
    old = _named(edit.spreadsheet, body.get("namedRangeId", ""))
    edit.spreadsheet.named.remove(old)
    return {}


def add_protected_range(edit: Edit, body: Body) -> Body:
    new = body.get("protectedRange", {})
    worksheet, area = _protected_area(edit, new)
    new_id = new.get("protectedRangeId") or edit.new_id()
    if _find_protected(edit.spreadsheet, new_id) is not None:
        raise invalid(f"A protected range with the id {new_id} already exists.")
    placed = Placed(new_id, area, _protection(edit, new, {}))
    worksheet.protected.append(placed)
    shown = protected_range(worksheet, placed, edit.user)
    return {"addProtectedRange": {"protectedRange": shown}}


def _protected_area(edit: Edit, new: Body) -> tuple[Worksheet, Area]:
    if "namedRangeId" in new:
        named = _named(edit.spreadsheet, new["namedRangeId"])
        return worksheet_by_id(edit.spreadsheet, named.data["sheetId"]), named.area
    if "range" not in new:
        raise invalid("A range or a namedRangeId must be specified.")
    return from_grid_range(edit.spreadsheet, new["range"]).worksheet, area_from(new["range"])


def _protection(edit: Edit, new: Body, old: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a protection says; whoever makes one may edit it, and so may the owner."""
    data = {
        **old,
        **{n: new[n] for n in ("namedRangeId", "description", "warningOnly") if n in new},
    }
    if "unprotectedRanges" in new:
        data["unprotected"] = [area_from(one) for one in new["unprotectedRanges"]]
    if data.get("warningOnly"):
        if (new.get("editors") or {}).get("users"):
            raise invalid("A warning-only protection cannot have editors.")
        data.pop("editors", None)
        return data
    editors = dict(new.get("editors") or old.get("editors") or {})
    users = list(editors.get("users", []))
    for own in (edit.user, edit.spreadsheet.owner):
        if own is not None and own not in users:
            users.append(own)
    data["editors"] = {**editors, "users": users}
    return data


def _find_protected(spreadsheet: Spreadsheet, wanted: int) -> tuple[Worksheet, Placed] | None:
    for worksheet in spreadsheet.worksheets:
        for placed in worksheet.protected:
            if placed.id == wanted:
                return worksheet, placed
    return None


def _own_protected(edit: Edit, wanted: int) -> tuple[Worksheet, Placed]:
    found = _find_protected(edit.spreadsheet, wanted)
    if found is None:
        raise invalid(f"No protected range with id: {wanted}")
    if not may_edit(found[1], edit.spreadsheet, edit.user):
        raise protected()
    return found


def update_protected_range(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    new = body.get("protectedRange", {})
    worksheet, old = _own_protected(edit, new.get("protectedRangeId", 0))
    names = set(new) if "*" in tree else set(tree)
    home, area = worksheet, old.area
    if names & {"range", "namedRangeId"}:
        home, area = _protected_area(edit, new)
    kept = {name: value for name, value in old.data.items() if name not in names}
    if "editors" in names:
        kept.pop("editors", None)
    chosen = {name: value for name, value in new.items() if name in names}
    placed = Placed(old.id, area, _protection(edit, chosen, kept))
    worksheet.protected.remove(old)
    home.protected.append(placed)
    return {}


def delete_protected_range(edit: Edit, body: Body) -> Body:
    worksheet, old = _own_protected(edit, body.get("protectedRangeId", 0))
    worksheet.protected.remove(old)
    return {}


def set_basic_filter(edit: Edit, body: Body) -> Body:
    new = body.get("filter", {})
    target = from_grid_range(edit.spreadsheet, new.get("range"))
    area = target.area
    if area == Area():
        area = Area(0, target.box.bottom, 0, target.box.right)
    data = {name: value for name, value in new.items() if name != "range"}
    target.worksheet.filter = Placed(0, area, data)
    return {}


def clear_basic_filter(edit: Edit, body: Body) -> Body:
    edit.worksheet(body).filter = None
    return {}


def add_conditional_format_rule(edit: Edit, body: Body) -> Body:
    worksheet, areas, rule = _read_format_rule(edit, body.get("rule", {}))
    index = body.get("index", 0)
    if not 0 <= index <= len(worksheet.rules):
        raise invalid(f"index[{index}] is outside the list of rules.")
    worksheet.rules.insert(index, rule)
    worksheet.rule_areas.insert(index, areas)
    return {}


def _read_format_rule(edit: Edit, rule: Body) -> tuple[Worksheet, tuple[Area, ...], Body]:
    targets = [from_grid_range(edit.spreadsheet, one) for one in rule.get("ranges", [])]
    if not targets:
        raise invalid("At least one range must be specified.")
    if any(one.worksheet is not targets[0].worksheet for one in targets):
        raise invalid("All ranges of a rule must be on one sheet.")
    if ("booleanRule" in rule) == ("gradientRule" in rule):
        raise invalid("Exactly one of booleanRule or gradientRule must be specified.")
    areas = tuple(area_from(one) for one in rule["ranges"])
    kept = {name: normal(value) for name, value in rule.items() if name != "ranges"}
    return targets[0].worksheet, areas, kept


def _rule_at(worksheet: Worksheet, index: int) -> None:
    if not 0 <= index < len(worksheet.rules):
        raise invalid(f"No conditional format on sheet: {worksheet.sheet_id} at index: {index}")


def update_conditional_format_rule(edit: Edit, body: Body) -> Body:
    index = body.get("index", 0)
    if "rule" in body:
        worksheet, areas, rule = _read_format_rule(edit, body["rule"])
        _rule_at(worksheet, index)
        old = conditional_format(worksheet, index)
        worksheet.rules[index], worksheet.rule_areas[index] = rule, areas
        reply = {"oldRule": old, "newIndex": index}
    else:
        worksheet = edit.worksheet(body)
        _rule_at(worksheet, index)
        new_index = body.get("newIndex", 0)
        _rule_at(worksheet, new_index)
        worksheet.rules.insert(new_index, worksheet.rules.pop(index))
        worksheet.rule_areas.insert(new_index, worksheet.rule_areas.pop(index))
        reply = {"oldIndex": index, "newIndex": new_index}
        index = new_index
    reply["newRule"] = conditional_format(worksheet, index)
    shown = {name: value for name, value in reply.items() if value != 0}
    return {"updateConditionalFormatRule": shown}


def delete_conditional_format_rule(edit: Edit, body: Body) -> Body:
    worksheet, index = edit.worksheet(body), body.get("index", 0)
    _rule_at(worksheet, index)
    old = conditional_format(worksheet, index)
    del worksheet.rules[index], worksheet.rule_areas[index]
    return {"deleteConditionalFormatRule": {"rule": old}}


def create_developer_metadata(edit: Edit, body: Body) -> Body:
    made = metadata.create(
        edit.spreadsheet,
        body.get("developerMetadata", {}),
        edit.new_id(),
        edit.settings.metadata_cap,
    )
    return {"createDeveloperMetadata": {"developerMetadata": made}}


def update_developer_metadata(edit: Edit, body: Body) -> Body:
    tree = request_mask(body.get("fields"))
    names = {"metadataKey", "metadataValue", "location", "visibility"}
    fields = names if "*" in tree else set(tree)
    if fields - names:
        raise invalid(f"Invalid field: {min(fields - names)}")
    filters = body.get("dataFilters") or []
    if not filters:
        raise invalid("Must specify at least one dataFilter.")
    changed = metadata.update(edit.spreadsheet, filters, body.get("developerMetadata", {}), fields)
    return {"updateDeveloperMetadata": {"developerMetadata": changed} if changed else {}}


def delete_developer_metadata(edit: Edit, body: Body) -> Body:
    if "dataFilter" not in body:
        raise invalid("A dataFilter must be specified.")
    gone = metadata.delete(edit.spreadsheet, body["dataFilter"])
    return {"deleteDeveloperMetadata": {"deletedDeveloperMetadata": gone} if gone else {}}
