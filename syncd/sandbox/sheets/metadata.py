"""Developer metadata: what hangs on rows, columns, worksheets and the file, and how it is found.

Also the data filters, since a filter is a range or a metadata lookup.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .areas import Area, Axis, Box
from .errors import invalid, not_found
from .model import Line, Metadata, Spreadsheet, Worksheet
from .ranges import Target, find, from_grid_range, whole, worksheet_by_id

MAX_VALUE = 30_000  # between 20,000 (accepted) and 100,000 (refused), both measured by H2


@dataclass(frozen=True, slots=True)
class Hung:
    """An entry and where it hangs: a line of a worksheet, a worksheet, or the file itself."""

    entry: Metadata
    worksheet: Worksheet | None
    axis: Axis | None
    index: int

    @property
    def location_type(self) -> str:
        if self.worksheet is None:
            return "SPREADSHEET"
        return {"ROWS": "ROW", "COLUMNS": "COLUMN", None: "SHEET"}[self.axis]

    @property
    def box(self) -> Box | None:
        if self.worksheet is None:
            return None
        area = Area()
        if self.axis is not None:
            area = area.with_span(self.axis, self.index, self.index + 1)
        return self.worksheet.within(area)

    def resource(self) -> dict[str, Any]:
        """Return a DeveloperMetadata."""
        location: dict[str, Any] = {"locationType": self.location_type}
        if self.worksheet is None:
            location["spreadsheet"] = True
        elif self.axis is None:
            location["sheetId"] = self.worksheet.sheet_id
        else:
            location["dimensionRange"] = dimension_range(
                self.worksheet.sheet_id, self.axis, self.index, self.index + 1
            )
        resource = {
            "metadataId": self.entry.id,
            "metadataKey": self.entry.key,
            "metadataValue": self.entry.value,
            "location": location,
            "visibility": self.entry.visibility,
        }
        return {name: value for name, value in resource.items() if value is not None}

    def holder(self, spreadsheet: Spreadsheet) -> Spreadsheet | Worksheet | Line:
        if self.worksheet is None:
            return spreadsheet
        if self.axis is None:
            return self.worksheet
        return self.worksheet.lines(self.axis)[self.index]


def dimension_range(sheet_id: int, axis: Axis, start: int, end: int) -> dict[str, Any]:
    """Return a DimensionRange; a sheetId of 0 is omitted as in a GridRange (assumed)."""
    named = {"sheetId": sheet_id or None, "dimension": axis, "startIndex": start, "endIndex": end}
    return {name: value for name, value in named.items() if value is not None}


def all_hung(spreadsheet: Spreadsheet) -> Iterator[Hung]:
    for entry in spreadsheet.metadata:
        yield Hung(entry, None, None, 0)
    for worksheet in spreadsheet.worksheets:
        for entry, axis, index in worksheet.all_metadata():
            yield Hung(entry, worksheet, axis, index)


def index_of(spreadsheet: Spreadsheet) -> list[Hung]:
    """Return everything hung, remembered until the next change."""
    if "metadata" not in spreadsheet.computed:
        spreadsheet.computed["metadata"] = list(all_hung(spreadsheet))
    found: list[Hung] = spreadsheet.computed["metadata"]
    return found


def get(spreadsheet: Spreadsheet, metadata_id: int) -> dict[str, Any]:
    for hung in index_of(spreadsheet):
        if hung.entry.id == metadata_id:
            return hung.resource()
    raise not_found()


def search(spreadsheet: Spreadsheet, body: dict[str, Any]) -> dict[str, Any]:
    """Return the entries any filter matches, with the filters that do (H3: in no given order)."""
    filters = body.get("dataFilters") or []
    if not filters:
        raise invalid("Must specify at least one dataFilter.")
    found: dict[int, tuple[Hung, list[dict[str, Any]]]] = {}
    for data_filter in filters:
        for hung in matching(spreadsheet, data_filter):
            found.setdefault(hung.entry.id, (hung, []))[1].append(data_filter)
    matched = [
        {"developerMetadata": hung.resource(), "dataFilters": matches}
        for hung, matches in found.values()
    ]
    return {"matchedDeveloperMetadata": matched} if matched else {}


def matching(spreadsheet: Spreadsheet, data_filter: dict[str, Any]) -> list[Hung]:
    """Return the entries a data filter selects: by lookup, or those on a range's cells."""
    lookup = data_filter.get("developerMetadataLookup")
    if lookup is None:
        target = _range_target(spreadsheet, data_filter)
        return [
            hung
            for hung in index_of(spreadsheet)
            if hung.worksheet is target.worksheet
            and hung.box is not None
            and hung.box.overlaps(target.box)
        ]
    _check_lookup(lookup)
    return [hung for hung in index_of(spreadsheet) if _matches(spreadsheet, hung, lookup)]


def matching_targets(spreadsheet: Spreadsheet, data_filter: dict[str, Any]) -> list[Target]:
    """Return the ranges a data filter selects; a lookup may select none, or several."""
    lookup = data_filter.get("developerMetadataLookup")
    if lookup is None:
        return [_range_target(spreadsheet, data_filter)]
    targets = []
    for hung in matching(spreadsheet, data_filter):
        if hung.worksheet is None:
            targets += [whole(worksheet) for worksheet in spreadsheet.worksheets]
        else:
            area = Area()
            if hung.axis is not None:
                area = area.with_span(hung.axis, hung.index, hung.index + 1)
            targets.append(Target(hung.worksheet, area, hung.worksheet.within(area)))
    unique = {(one.worksheet.sheet_id, one.box): one for one in targets}
    return list(unique.values())


def _range_target(spreadsheet: Spreadsheet, data_filter: dict[str, Any]) -> Target:
    if "a1Range" in data_filter:
        return find(spreadsheet, data_filter["a1Range"])
    if "gridRange" in data_filter:
        return from_grid_range(spreadsheet, data_filter["gridRange"])
    raise invalid("DataFilter must specify exactly one of a1Range, gridRange or developerMetadata.")


def _check_lookup(lookup: dict[str, Any]) -> None:
    if not lookup:
        raise invalid("DeveloperMetadataLookup must specify at least one field.")
    if "locationMatchingStrategy" in lookup and "metadataLocation" not in lookup:
        raise invalid("A metadataLocation must be specified with a locationMatchingStrategy.")


def _matches(spreadsheet: Spreadsheet, hung: Hung, lookup: dict[str, Any]) -> bool:
    entry = hung.entry
    wanted = (
        ("metadataId", entry.id),
        ("metadataKey", entry.key),
        ("metadataValue", entry.value),
        ("visibility", entry.visibility),
        ("locationType", hung.location_type),
    )
    if any(name in lookup and lookup[name] != value for name, value in wanted):
        return False
    location = lookup.get("metadataLocation")
    if location is None:
        return True
    place = read_location(spreadsheet, location)
    exact = lookup.get("locationMatchingStrategy") == "EXACT_LOCATION"
    if exact:
        return (place.worksheet, place.axis, place.index) == (hung.worksheet, hung.axis, hung.index)
    if place.worksheet is None or hung.worksheet is None:
        return place.worksheet is None and hung.worksheet is None
    mine, theirs = hung.box, place.box
    if hung.worksheet is not place.worksheet or mine is None or theirs is None:
        return False
    return mine.overlaps(theirs)


def read_location(spreadsheet: Spreadsheet, location: dict[str, Any]) -> Hung:
    """Resolve a DeveloperMetadataLocation; the entry of the result is a blank."""
    blank = Metadata(0, "", None, "")
    if location.get("spreadsheet"):
        return Hung(blank, None, None, 0)
    if "dimensionRange" in location:
        span = location["dimensionRange"]
        worksheet = worksheet_by_id(spreadsheet, span.get("sheetId", 0))
        axis: Axis = "COLUMNS" if span.get("dimension") == "COLUMNS" else "ROWS"
        if span.get("dimension") not in ("ROWS", "COLUMNS"):
            raise invalid("No dimension specified.")
        start = span.get("startIndex", 0)
        end = span.get("endIndex", len(worksheet.lines(axis)))
        if end - start != 1:
            raise invalid(
                "Developer metadata can only be associated with a single row or column. "
                f"Got a range of {end - start}."
            )
        if not 0 <= start < len(worksheet.lines(axis)):
            raise invalid(f"dimensionRange.startIndex[{start}] is outside the grid.")
        return Hung(blank, worksheet, axis, start)
    if "sheetId" in location:
        return Hung(blank, worksheet_by_id(spreadsheet, location["sheetId"]), None, 0)
    raise invalid("A developer metadata location must be specified.")


def create(spreadsheet: Spreadsheet, body: dict[str, Any], new_id: int, cap: int) -> dict[str, Any]:
    """Hang an entry; the same key may hang twice on one row (measured by H2)."""
    if not body.get("metadataKey"):
        raise invalid("A metadataKey must be specified.")
    if body.get("visibility") not in ("DOCUMENT", "PROJECT"):
        raise invalid("A visibility must be specified.")
    place = read_location(spreadsheet, body.get("location") or {})
    entry = Metadata(
        body.get("metadataId", new_id),
        body["metadataKey"],
        body.get("metadataValue"),
        body["visibility"],
    )
    known = index_of(spreadsheet)
    if any(hung.entry.id == entry.id for hung in known):
        raise invalid(f"Developer metadata with ID {entry.id} already exists.")
    same = sum(1 for hung in known if hung.worksheet is place.worksheet)
    if same >= cap or len(entry.value or "") > MAX_VALUE:
        raise invalid(
            "Adding the requested developer metadata would exceed the allowed storage limit"
        )
    holder = place.holder(spreadsheet)
    holder.metadata = (*holder.metadata, entry)
    spreadsheet.changed()
    return Hung(entry, place.worksheet, place.axis, place.index).resource()


def delete(spreadsheet: Spreadsheet, data_filter: dict[str, Any]) -> list[dict[str, Any]]:
    gone = matching(spreadsheet, data_filter)
    for hung in gone:
        holder = hung.holder(spreadsheet)
        holder.metadata = tuple(one for one in holder.metadata if one.id != hung.entry.id)
    spreadsheet.changed()
    return [hung.resource() for hung in gone]


def update(
    spreadsheet: Spreadsheet,
    filters: list[dict[str, Any]],
    new: dict[str, Any],
    fields: set[str],
) -> list[dict[str, Any]]:
    """Change the named fields of every entry the filters match; a new location moves them."""
    found = {hung.entry.id: hung for one in filters for hung in matching(spreadsheet, one)}
    changed = []
    for hung in found.values():
        old = hung.entry
        entry = Metadata(
            old.id,
            new.get("metadataKey", "") if "metadataKey" in fields else old.key,
            new.get("metadataValue") if "metadataValue" in fields else old.value,
            new.get("visibility", "") if "visibility" in fields else old.visibility,
        )
        if not entry.key or entry.visibility not in ("DOCUMENT", "PROJECT"):
            raise invalid("A metadataKey and a visibility must be specified.")
        place = hung
        if "location" in fields:
            place = read_location(spreadsheet, new.get("location") or {})
        before = hung.holder(spreadsheet)
        after = place.holder(spreadsheet)
        before.metadata = tuple(one for one in before.metadata if one.id != old.id)
        after.metadata = (*after.metadata, entry)
        changed.append(Hung(entry, place.worksheet, place.axis, place.index).resource())
    spreadsheet.changed()
    return changed
