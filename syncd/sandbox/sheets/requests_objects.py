"""batchUpdate requests on what lies on a grid: names, protections, filters, rules, metadata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import metadata
from .areas import Area, area_from
from .edit import Body, Edit
from .errors import invalid, protected
from .formats import normal
from .masks import request_mask
from .model import Placed, Spreadsheet, Worksheet
from .ranges import from_grid_range, worksheet_by_id
from .rights import may_edit
from .spreadsheets import conditional_format, named_range, protected_range
from .validation import IN_FORMATS, check_condition

_CONDITIONAL = {
    f"{place}{name}"
    for place, names in {
        "": ("backgroundColor", "backgroundColorStyle"),
        "textFormat.": (
            "bold",
            "italic",
            "strikethrough",
            "foregroundColor",
            "foregroundColorStyle",
        ),
    }.items()
    for name in names
}


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
    data = dict(old)
    data |= {n: new[n] for n in ("namedRangeId", "description", "warningOnly") if n in new}
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
    if "booleanRule" in rule:
        _check_boolean_rule(rule["booleanRule"])
    areas = tuple(area_from(one) for one in rule["ranges"])
    kept = {name: normal(value) for name, value in rule.items() if name != "ranges"}
    return targets[0].worksheet, areas, kept


def _check_boolean_rule(rule: Body) -> None:
    """Refuse what a conditional format cannot do: only five things of a look (documented)."""
    check_condition(rule.get("condition") or {}, IN_FORMATS)
    look = rule.get("format") or {}
    parts = set(look) | {f"textFormat.{name}" for name in look.get("textFormat") or {}}
    if unknown := parts - _CONDITIONAL - {"textFormat"}:
        raise invalid(f"Conditional formats cannot set: {min(unknown)}")


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
        reply: Body = {"oldRule": old, "newIndex": index}
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
