"""What would be bought, and why not more: planned on a copy of the ledger, all the way to the end.

The sheet is read; what a cycle would write there first (keys, people of imported lists) is put into
the tables that were read instead. Purchases are opened in the copy, so that every cap, hold and
person is looked at by the very code that buys; none is sent. Lists that requests name are read.

It must be wired on a copy that is thrown away: :class:`~syncd.app.App` with ``copy_of``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from syncd.core.header import Header
from syncd.core.leads import Lead
from syncd.core.lists import find_supplied
from syncd.core.model import Batch, Job, Kind
from syncd.core.requests import Request
from syncd.engine.buying import Buyer
from syncd.engine.flights import Read
from syncd.engine.importing import Importer, Wanted
from syncd.engine.survey import Survey, Surveyor
from syncd.engine.workbook import Leaf, Moment
from syncd.errors import KeyRefused, Refused, SeleqtUnavailable
from syncd.ledger import Ledger

_MOST_ROUNDS = 100  # 2,000 newcomers are named in each


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A row that asks for something. ``number`` counts from 1; None for one that would be added.

    ``buys`` are the credits of what would be bought for it now; ``says`` is what its Status would
    say if nothing were bought. ``quote`` is a list request's.
    """

    worksheet: str
    number: int | None
    prospect: int | None = None
    buys: Mapping[Kind, int] = field(default_factory=dict)
    says: str = ""
    quote: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Forecast:
    """What one spreadsheet's next cycles would buy, with what is wrong with it."""

    rows: Sequence[Row] = ()
    problems: Sequence[str] = ()
    hold: str = ""


class Rehearsal:
    """One spreadsheet's."""

    def __init__(
        self,
        *,
        read: Callable[[], Read | None],
        surveyor: Surveyor,
        importer: Importer,
        buyer: Buyer,
        ledger: Ledger,
        clock: Callable[[], datetime],
        new_key: Callable[[], str],
        find_other: Callable[[], str],
    ) -> None:
        self._read = read
        self._surveyor = surveyor
        self._importer = importer
        self._buyer = buyer
        self._ledger = ledger
        self._clock = clock
        self._new_key = new_key
        self._find_other = find_other

    def play(self) -> Forecast:
        """Return what would be bought. Raises what reading the sheet raises."""
        if (read := self._read()) is None:
            return Forecast()
        moment = read.moment
        heights = {leaf.id: leaf.table.first + len(leaf.table.rows) for leaf in moment.leads}
        unread: list[str] = []
        imported: set[tuple[object, ...]] = set()
        for _ in range(_MOST_ROUNDS):
            survey = self._surveyor.survey(moment)
            wanted = [one for one in survey.imports if one[:2] not in imported]
            imported.update(one[:2] for one in wanted)
            if wanted and not unread:
                unread += self._import(wanted, moment)
            filled = self._fill_in(moment, survey)
            if filled is moment and not wanted:
                break
            moment = filled
        bought = self._open_all(survey)
        if bought:
            survey = self._surveyor.survey(moment)
        told = (*moment.problems, *survey.problems, *unread)
        return Forecast(
            rows=[*self._leads(moment, survey, bought, heights), *_requests(moment, survey)],
            problems=[one for one in (self._find_other(), *told) if one],
            hold=survey.hold,
        )

    def _import(self, wanted: Sequence[Wanted], moment: Moment) -> list[str]:
        rows = (row for leaf in moment.leads for row in leaf.table.rows)
        try:
            self._importer.run(wanted, find_supplied(rows))
        except (KeyRefused, SeleqtUnavailable, Refused) as error:
            return [f"The lists of requests could not be read, so they are left out: {error}."]
        return []

    def _fill_in(self, moment: Moment, survey: Survey) -> Moment:
        """Give newcomers keys, and add imported people, as the next writes would."""

        def fill(leaf: Leaf[Any]) -> Leaf[Any]:
            desire = survey.desires.get(leaf.id)
            if desire is None or not (desire.newcomers or desire.appends):
                return leaf
            table, key = leaf.table, leaf.table.header.at[Lead.KEY]
            table = table.with_cells(
                {number: {key: self._new_key()} for number in desire.newcomers}
            )
            raws = [
                _make_raw(table.header, {**texts, Lead.KEY: self._new_key()})
                for _, texts in desire.appends
            ]
            added = [table.parse(raw, table.header) for raw in raws]
            table = replace(table, rows=[*table.rows, *added], raws=[*table.raws, *raws])
            named = [table.row(number) for number in desire.newcomers] + added
            with self._ledger.transaction():
                given = {row.key: row.fingerprint for row in named}
                self._ledger.worksheets.give_keys(leaf.id, given, self._clock())
            return replace(leaf, table=table)

        leads, requests = [fill(one) for one in moment.leads], [fill(o) for o in moment.requests]
        pairs = zip([*leads, *requests], [*moment.leads, *moment.requests], strict=True)
        if all(new is old for new, old in pairs):
            return moment
        return replace(moment, leads=leads, requests=requests)

    def _open_all(self, survey: Survey) -> list[Batch]:
        opened = [
            self._buyer.open(purchase, worksheet)
            for worksheet, plan in survey.plans.items()
            for purchase in plan.purchases
        ]
        return [batch for batch in opened if batch is not None]

    def _leads(
        self,
        moment: Moment,
        survey: Survey,
        bought: Sequence[Batch],
        heights: Mapping[int, int],
    ) -> list[Row]:
        jobs: dict[tuple[int, str], list[Job]] = {}
        for batch in bought:
            for job in batch.jobs:
                jobs.setdefault((batch.worksheet, job.asked_by), []).append(job)
        rows = []
        for leaf in moment.leads:
            views = survey.desires[leaf.id].views
            for number, row in enumerate(leaf.table.rows, leaf.table.first):
                says = views.get(number, {}).get(Lead.STATUS, row.status)
                mine = jobs.get((leaf.id, row.key), []) if row.key else []
                if not mine and not says:
                    continue
                rows.append(
                    Row(
                        worksheet=leaf.title,
                        number=number + 1 if number < heights[leaf.id] else None,
                        prospect=row.prospect_id,
                        buys={job.kind: job.kind.price for job in mine},
                        says="" if mine else says,
                    )
                )
        return rows


def _requests(moment: Moment, survey: Survey) -> list[Row]:
    return [
        Row(
            worksheet=leaf.title,
            number=number + 1,
            says=view[Request.STATUS],
            quote=view.get(Request.QUOTE, ""),
        )
        for leaf in moment.requests
        for number, view in survey.desires[leaf.id].views.items()
        if view.get(Request.STATUS)
    ]


def _make_raw(header: Header, texts: Mapping[str, str]) -> list[object]:
    raw: list[object] = [""] * (max(header.at.values()) + 1)
    for column, text in texts.items():
        if column in header.at:
            raw[header.at[column]] = text
    return raw
