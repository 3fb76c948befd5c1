"""Decide what a spreadsheet still lacks before syncd can work on it.

The plan only ever adds. What a person made is left as it is: a cell with something in it, a format,
a rule, a note, a protection, a width, frozen rows, the order of columns and worksheets. Where it is
not plain what a worksheet means nothing at all is planned, and a sentence says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from syncd.core.book import COLUMNS, EMPTY, ROWS, Book, Cell, Sheet
from syncd.core.header import find_names, fold
from syncd.core.layout import JOURNAL, JOURNAL_COLUMNS, JOURNAL_ROWS, TICK, Layout, Tint
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
    Runs,
    Step,
    letters,
)

_ROOM = 60  # empty rows below named ones, for what is listed there
_ENOUGH = 2  # known headers in one row: a single one may be a value that somebody picked


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """A worksheet that shall be there, and what else its headers may be called."""

    title: str
    layout: Layout
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What to do to a spreadsheet, in order; with any of ``problems`` there are no steps.

    ``remarks`` are what a person should know but syncd does not change. All are sentences.
    """

    title: str
    steps: Sequence[Step] = ()
    problems: Sequence[str] = ()
    remarks: Sequence[str] = ()


def plan_setup(book: Book, wanted: Iterable[Wanted], new_ids: Iterable[int]) -> Plan:
    """Return what is missing. ``new_ids`` are sheet ids for worksheets that must be added."""
    fresh = (number for number in new_ids if number not in book.titles)
    steps: list[Step] = []
    problems: list[str] = []
    remarks: list[str] = []
    for want in {want.title: want for want in wanted}.values():
        sheet = book.sheets.get(want.title)
        if sheet is None and (clash := _clash(book, want.title)):
            problems.append(clash)
            continue
        if sheet is None:
            sheet = Sheet(sheet_id=next(fresh), title=want.title, rows=ROWS, columns=COLUMNS)
            made = AddWorksheet(
                sheet_id=sheet.sheet_id, title=sheet.title, rows=ROWS, columns=COLUMNS
            )
            steps.append(made)
        row = _header_row(sheet, want)
        if isinstance(row, str):
            problems.append(f"“{sheet.title}”: {row}")
            continue
        worksheet = _Worksheet(sheet=sheet, layout=want.layout, row=row[0], at=row[1])
        if shut := worksheet.shut():
            problems.append(
                f"“{sheet.title}”: a protected range shuts syncd out of {', '.join(shut)}. "
                f"Let {book.account} edit there."
            )
            continue
        steps += worksheet.steps(new=want.title not in book.sheets)
        if want.layout.labels and not book.ticking:
            steps.append(Recalculate(sheet_id=sheet.sheet_id, title=sheet.title))
        remarks += worksheet.remarks()
    if problems:
        return Plan(title=book.title, problems=problems)
    if JOURNAL not in book.titles.values():
        steps.append(
            AddWorksheet(
                sheet_id=next(fresh),
                title=JOURNAL,
                rows=JOURNAL_ROWS,
                columns=JOURNAL_COLUMNS,
                hidden=True,
            )
        )
    return Plan(title=book.title, steps=steps, remarks=remarks)


def _clash(book: Book, title: str) -> str:
    """Return why no worksheet of that title can be added, if so: Google ignores case."""
    if title in book.titles.values():
        return f"“{title}” is no worksheet with cells. Rename it."
    for other in book.titles.values():
        if other.casefold() == title.casefold():
            return f"The worksheet “{other}” must be called “{title}”. Rename it."
    return ""


def _header_row(sheet: Sheet, want: Wanted) -> tuple[int, dict[str, int]] | str:
    """Return the header's row and the position of each column in it, or what is not plain."""
    grid = [[cell.value for cell in cells] for cells in sheet.cells]
    if not any(value != "" for row in grid for value in row):
        return 0, {}
    found = find_names(grid, want.layout.columns, want.aliases)
    most = max(len(places) for places in found)
    if most < _ENOUGH:
        some = ", ".join(column.name for column in want.layout.columns if column.required)
        return (
            "it is not empty, and none of its first 10 rows is a header that syncd knows. Name at "
            f"least two of these columns in one row: {some}."
        )
    rows = [number for number, places in enumerate(found) if len(places) == most]
    if len(rows) > 1:
        numbers = " and ".join(str(number + 1) for number in rows)
        return f"the rows {numbers} may all be the header. Leave only one of them."
    [row] = rows
    for name, places in found[row].items():
        if len(places) > 1:
            where = " and ".join(f"{letters(place)}{row + 1}" for place in places)
            return f"the header “{name}” stands more than once ({where}). Rename or remove one."
    return row, {name: places[0] for name, places in found[row].items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Worksheet:
    """A worksheet whose header is known: ``at`` says where each column that is there stands."""

    sheet: Sheet
    layout: Layout
    row: int
    at: Mapping[str, int]

    def shut(self) -> list[str]:
        """Return which of syncd's own columns it may not edit."""
        return [
            name
            for name, column in self._owned(self.at)
            if any(one.shuts(self.row, column) for one in self.sheet.protections)
        ]

    def steps(self, *, new: bool) -> Iterator[Step]:
        """Yield what is missing, headers first."""
        missing = [column.name for column in self.layout.columns if column.name not in self.at]
        at = dict(self.at)
        if missing:
            start = self._free_column()
            at |= {name: start + offset for offset, name in enumerate(missing)}
            yield from self._add(missing, start)
        yield from self._notes()
        yield from self._name_rows(at)
        if new and self.layout.example:
            cells = [self.layout.example.get(name) for name in missing]
            yield AddExample(**self._place, row=1, cells=cells)
        for name, column in at.items():
            yield from self._formats(name, column)
        yield from self._freeze()
        yield from self._protect(at)
        yield from self._colour(at[self.layout.status])

    def remarks(self) -> Iterator[str]:
        """Yield what only a person should change."""
        area = self.sheet.filtered
        if area is not None and not all(
            area.spans(self.at.get(column.name, self.sheet.columns))
            for column in self.layout.columns
        ):
            yield (
                f"“{self.sheet.title}”: its filter leaves out some of syncd's columns, and sorting "
                "by it would tear rows apart. Turn the filter off and on again afterwards."
            )

    @property
    def _place(self) -> dict[str, Any]:
        return {"sheet_id": self.sheet.sheet_id, "title": self.sheet.title}

    def _owned(self, at: Mapping[str, int]) -> list[tuple[str, int]]:
        """Return syncd's own columns in the order in which they stand."""
        mine = [column.name for column in self.layout.columns if column.owned]
        found = [(name, at[name]) for name in mine if name in at]
        return sorted(found, key=lambda pair: pair[1])

    def _free_column(self) -> int:
        """Return the first column right of everything that anybody put there."""
        ends = [0, *(column + 1 for column in self.sheet.hidden)]
        for cells in self.sheet.cells:
            for column in range(len(cells) - 1, ends[0] - 1, -1):
                cell = cells[column]
                if cell.value != "" or cell.rule or cell.noted:
                    ends[0] = column + 1
                    break
        # A title merged across the sheet stands above the header and is in nobody's way.
        ends += [
            self.sheet.columns if area.right is None else area.right
            for area in self.sheet.merges
            if area.bottom is None or area.bottom > self.row
        ]
        return max(ends)

    def _add(self, names: Sequence[str], start: int) -> Iterator[Step]:
        lacking = start + len(names) - self.sheet.columns
        if lacking > 0:
            yield AddColumns(**self._place, count=lacking)
        yield AddHeaders(
            **self._place,
            row=self.row,
            column=start,
            names=names,
            widths={name: self.layout.widths[name] for name in names if name in self.layout.widths},
            notes={name: self.layout.notes[name] for name in names if name in self.layout.notes},
        )

    def _name_rows(self, at: Mapping[str, int]) -> Iterator[Step]:
        """Name the rows that lack, below all that is there, and give some of them a tick box."""
        first = at[self.layout.columns[0].name]
        there = {
            fold(self.sheet.cell(row, first).value): row
            for row in range(self.row + 1, len(self.sheet.cells))
        }
        rows = {label: there[fold(label)] for label in self.layout.labels if fold(label) in there}
        missing = [label for label in self.layout.labels if label not in rows]
        if missing:
            start = max(self.row + 1, self._last_row() + 1)
            short = start + len(missing) + _ROOM - self.sheet.rows
            if short > 0:
                yield AddRows(**self._place, count=short)
            yield AddLabels(**self._place, row=start, column=first, labels=missing)
            rows |= {label: start + offset for offset, label in enumerate(missing)}
        for label, name in self.layout.boxes.items():
            cell = self.sheet.cell(rows[label], at[name])
            if not cell.rule and cell.value in ("", TICK):
                runs = [(rows[label], rows[label] + 1)]
                yield OfferTicks(**self._place, name=label, column=at[name], runs=runs, value=TICK)

    def _last_row(self) -> int:
        """Return the last row with anything in it, or -1."""
        filled = [
            row for row, cells in enumerate(self.sheet.cells) if any(c != EMPTY for c in cells)
        ]
        return max(filled, default=-1)

    def _notes(self) -> Iterator[Step]:
        for name, text in self.layout.notes.items():
            column = self.at.get(name)
            if column is not None and not self.sheet.cell(self.row, column).noted:
                yield AddNote(**self._place, name=name, row=self.row, column=column, text=text)

    def _formats(self, name: str, column: int) -> Iterator[Step]:
        cells = [
            (row, self.sheet.cell(row, column)) for row in range(self.row + 1, self.sheet.rows)
        ]
        if name in self.layout.text:
            plain = [row for row, cell in cells if cell.value == "" and not cell.formatted]
            if plain:
                yield KeepText(**self._place, name=name, column=column, runs=_runs(plain))
        if name in self.layout.choices:
            choices = self.layout.choices[name]
            former = ("ONE_OF_LIST", *self.layout.former.get(name, ()))
            cells = [(row, c._replace(rule=()) if c.rule == former else c) for row, c in cells]
            if rows := _without_rule(cells, ("ONE_OF_LIST", *choices), fit=choices):
                yield OfferChoices(
                    **self._place, name=name, column=column, runs=_runs(rows), choices=choices
                )
        if name in self.layout.ticks:
            if rows := _without_rule(cells, ("BOOLEAN", TICK), fit=(TICK,)):
                yield OfferTicks(
                    **self._place, name=name, column=column, runs=_runs(rows), value=TICK
                )

    def _freeze(self) -> Iterator[Step]:
        end = self.row + 1
        cut = any(
            area.top < end and (area.bottom is None or area.bottom > end)
            for area in self.sheet.merges
        )
        # Google changes nothing about a worksheet as a whole while part of it is closed to us.
        closed = any(one.closed for one in self.sheet.protections)
        if not (self.sheet.frozen or cut or closed) and end < self.sheet.rows:
            yield Freeze(**self._place, rows=end)

    def _protect(self, at: Mapping[str, int]) -> Iterator[Step]:
        bare = [
            (name, column)
            for name, column in self._owned(at)
            if not any(one.area.holds(self.row + 1, column) for one in self.sheet.protections)
        ]
        neighbours = groupby(enumerate(bare), key=lambda pair: pair[1][1] - pair[0])
        for _, pairs in neighbours:
            run = [pair for _, pair in pairs]
            names = [name for name, _ in run]
            yield Protect(**self._place, names=names, row=self.row, column=run[0][1])

    def _colour(self, column: int) -> Iterator[Step]:
        there = {
            (rule.kind, rule.values)
            for rule in self.sheet.rules
            if any(area.spans(column) for area in rule.areas)
        }
        lacking = [tint for tint in self.layout.tints if condition(tint) not in there]
        if lacking:
            yield Colour(
                **self._place,
                name=self.layout.status,
                row=self.row,  # from the header on, so that a row inserted below it is inside
                column=column,
                index=len(self.sheet.rules),
                tints=lacking,
            )


def condition(tint: Tint) -> tuple[str, tuple[str, ...]]:
    """Return a tint's condition as Google names it."""
    return ("TEXT_STARTS_WITH" if tint.starts else "TEXT_CONTAINS"), (tint.text,)


def _without_rule(
    cells: Sequence[tuple[int, Cell]], ours: tuple[str, ...], *, fit: Sequence[str]
) -> list[int]:
    """Return the rows to put our rule on: none at all where somebody has another in the column.

    A cell whose value the rule would mark as wrong, such as another word for a tick, gets none.
    """
    if any(cell.rule and cell.rule != ours for _, cell in cells):
        return []
    return [row for row, cell in cells if not cell.rule and cell.value in ("", *fit)]


def _runs(rows: Sequence[int]) -> Runs:
    together = groupby(enumerate(rows), key=lambda pair: pair[1] - pair[0])
    runs = [[row for _, row in pairs] for _, pairs in together]
    return [(run[0], run[-1] + 1) for run in runs]
