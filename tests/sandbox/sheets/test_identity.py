"""Rows keep together: the property everything in syncd rests on, under random edits."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from syncd.sandbox.clock import VirtualClock
from syncd.sandbox.sheets import Google, SheetsSettings, a1, people
from syncd.sandbox.sheets.areas import Box
from syncd.sandbox.wire import Request

SMALL = st.integers(0, 30)


class Rows(RuleBasedStateMachine):
    """People and the API edit one worksheet; a plain list of labels is the model of its rows.

    Each row holds its label in every column, so that a torn row shows; each row's metadata holds
    the label too.
    """

    @initialize(follows=st.booleans())
    def start(self, follows):
        self.follows = follows
        self.google = Google(
            VirtualClock(datetime(2026, 11, 23, tzinfo=UTC)),
            SheetsSettings(
                sort_moves_metadata=follows,
                reads_per_minute_user=0,
                writes_per_minute_user=0,
                reads_per_minute_project=0,
                writes_per_minute_project=0,
            ),
        )
        self.sheet = self.google.create_spreadsheet(
            "T", spreadsheet_id="S", worksheets=[("Sheet1", 6, 3)]
        ).worksheets[0]
        self.token = self.google.issue_token("syncd@sandbox.example")
        self.labels: list[str | None] = [None] * 6
        self.tags: list[str | None] = [None] * 6
        self.names: dict[int, str] = {}
        self.count = 0

    def batch(self, *requests):
        response = self.google.handle(
            Request(
                method="POST",
                path="/v4/spreadsheets/S:batchUpdate",
                headers={"authorization": f"Bearer {self.token}"},
                body=json.dumps({"requests": requests}).encode(),
            )
        )
        assert response.status == 200, response.body

    def at(self, number):
        return number % len(self.labels)

    @rule(row=SMALL)
    def write_a_row(self, row):
        row = self.at(row)
        self.count += 1
        label = f"L{self.count * 7919 % 1000:03d}-{self.count}"
        cells = [{"userEnteredValue": {"stringValue": label}}] * 3
        start = {"rowIndex": row}
        self.batch({"updateCells": {"start": start, "rows": [{"values": cells}], "fields": "*"}})
        self.labels[row] = label
        self.names[id(self.sheet.rows[row])] = label

    @precondition(lambda self: any(self.labels))
    @rule(row=SMALL)
    def tag_a_row(self, row):
        row = self.at(row)
        if self.labels[row] is None or self.tags[row] is not None:
            return
        span = {"dimension": "ROWS", "startIndex": row, "endIndex": row + 1}
        entry = {"metadataKey": "k", "metadataValue": self.labels[row], "visibility": "DOCUMENT"}
        entry["location"] = {"dimensionRange": span}
        self.batch({"createDeveloperMetadata": {"developerMetadata": entry}})
        self.tags[row] = self.labels[row]

    @rule(at=SMALL, count=st.integers(1, 3), human=st.booleans())
    def insert(self, at, count, human):
        at = self.at(at)
        if human:
            people.insert_rows(self.sheet, at, count)
        else:
            span = {"dimension": "ROWS", "startIndex": at, "endIndex": at + count}
            self.batch({"insertDimension": {"range": span}})
        self.labels[at:at] = [None] * count
        self.tags[at:at] = [None] * count

    @precondition(lambda self: len(self.labels) > 4)
    @rule(at=SMALL, human=st.booleans())
    def delete(self, at, human):
        at = self.at(at)
        if human:
            people.delete_rows(self.sheet, at)
        else:
            span = {"dimension": "ROWS", "startIndex": at, "endIndex": at + 1}
            self.batch({"deleteDimension": {"range": span}})
        del self.labels[at], self.tags[at]

    @rule(start=SMALL, count=st.integers(1, 3), to=SMALL, human=st.booleans())
    def move(self, start, count, to, human):
        start = self.at(start)
        count = min(count, len(self.labels) - start)
        to = to % (len(self.labels) + 1)
        if start < to < start + count:
            return
        if human:
            people.move_rows(self.sheet, start, count, to)
        else:
            source = {"dimension": "ROWS", "startIndex": start, "endIndex": start + count}
            self.batch({"moveDimension": {"source": source, "destinationIndex": to}})
        for items in (self.labels, self.tags):
            block = items[start : start + count]
            del items[start : start + count]
            landed = to - count if to > start else to
            items[landed:landed] = block

    @rule(ascending=st.booleans(), human=st.booleans())
    def sort(self, ascending, human):
        if human:
            people.sort(self.sheet, 1, ascending, header_rows=0)
        else:
            order = "ASCENDING" if ascending else "DESCENDING"
            spec = {"dimensionIndex": 1, "sortOrder": order}
            self.batch({"sortRange": {"range": {}, "sortSpecs": [spec]}})
        full = sorted((one for one in self.labels if one), reverse=not ascending)
        order = [self.labels.index(one) for one in full]
        order += [index for index, one in enumerate(self.labels) if one is None]
        if self.follows:
            self.tags = [self.tags[index] for index in order]
        self.labels = [self.labels[index] for index in order]

    @invariant()
    def every_row_keeps_together(self):
        assert len(self.sheet.rows) == len(self.labels)
        for row, label, tag in zip(self.sheet.rows, self.labels, self.tags, strict=True):
            assert row.slice(0, 3) == (label,) * 3
            assert [entry.value for entry in row.metadata] == ([] if tag is None else [tag])
            if label is not None:
                assert self.names[id(row)] == label

    @rule(ascending=st.booleans(), at=SMALL)
    def an_edit_taken_back_leaves_no_trace(self, ascending, at):
        people.sort(self.sheet, 0, ascending, header_rows=0)
        people.undo(self.sheet.spreadsheet)
        people.insert_rows(self.sheet, self.at(at), 2)
        people.undo(self.sheet.spreadsheet)


TestRows = Rows.TestCase


@given(
    order=st.permutations(range(5)),
    columns=st.sampled_from([(0, 1), (1, 3), (0, 2), (2, 3)]),
    ascending=st.booleans(),
)
def test_a_partial_sort_tears_rows_apart(order, columns, ascending):
    google = Google(VirtualClock(datetime(2026, 11, 23, tzinfo=UTC)), SheetsSettings())
    spreadsheet = google.create_spreadsheet("T", worksheets=[("Sheet1", 5, 3)])
    sheet = spreadsheet.worksheets[0]
    for row, value in enumerate(order):
        sheet.rows[row].put(0, [value, value, value])
    rows = list(sheet.rows)
    people.sort(sheet, columns[0], ascending, header_rows=0, only_columns=columns)
    wanted = sorted(order, reverse=not ascending)
    assert sheet.rows == rows
    for row, (old, new) in enumerate(zip(order, wanted, strict=True)):
        inside = range(*columns)
        assert sheet.rows[row].cells == tuple(new if one in inside else old for one in range(3))


TITLES = st.text(min_size=1, max_size=12).filter(lambda one: one.strip() == one)


@given(title=TITLES, top=st.integers(0, 99), left=st.integers(0, 99), size=st.tuples(SMALL, SMALL))
def test_a_range_reads_as_it_is_written(title, top, left, size):
    box = Box(top, top + size[0] + 1, left, left + size[1] + 1)
    reference = a1.parse_range(a1.write_range(title, box))
    assert reference.title == title
    area = reference.area
    assert (area.top, area.bottom, area.left, area.right) == tuple(box)
    assert reference.single == (size == (0, 0))


@given(index=st.integers(0, 18277))
def test_a_column_reads_as_it_is_written(index):
    assert a1.column_index(a1.column_name(index)) == index


def test_titles_are_quoted_as_recorded():
    quoted = {"Sheet1": "Sheet1", "D3": "'D3'", "🌵 test 1": "'🌵 test 1'", "It's": "'It''s'"}
    assert {title: a1.quote_title(title) for title in quoted} == quoted
