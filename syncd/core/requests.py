"""The Requests worksheet: one row, one Seleqt lead list to import and to search through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from syncd.core import cells, status
from syncd.core.header import Column, Header
from syncd.core.model import Kind
from syncd.core.status import sentence
from syncd.core.wishes import parse_find
from syncd.core.words import aliases


class Request(StrEnum):
    """The header texts, as :mod:`syncd.core.header` names the columns."""

    LEAD_LIST = "Lead list"
    FIND = "Find"
    MAX_LEADS = "Max leads"
    MAX_CREDITS = "Max credits"
    START = "Start"
    STATUS = "Status"
    QUOTE = "Quote"
    SPENT = "Spent"
    FOUND = "Found"
    NOT_FOUND = "Not found"
    UPDATED = "Updated"
    KEY = "Key"


OWNED = (
    Request.STATUS,
    Request.QUOTE,
    Request.SPENT,
    Request.FOUND,
    Request.NOT_FOUND,
    Request.UPDATED,
)


def _column(name: Request, *, required: bool = False, owned: bool = False) -> Column:
    return Column(name=name, aliases=aliases(name), required=required, owned=owned)


COLUMNS = (
    _column(Request.LEAD_LIST, required=True),
    _column(Request.FIND, required=True),
    _column(Request.MAX_LEADS),
    _column(Request.MAX_CREDITS),
    _column(Request.START, required=True),
    _column(Request.STATUS, required=True, owned=True),
    _column(Request.QUOTE, owned=True),
    _column(Request.SPENT, owned=True),
    _column(Request.FOUND, owned=True),
    _column(Request.NOT_FOUND, owned=True),
    _column(Request.UPDATED, owned=True),
    _column(Request.KEY, required=True, owned=True),
)


class RequestRow(NamedTuple):
    """One parsed row. ``max_leads`` and ``max_credits`` are None where nothing was typed."""

    key: str
    blank: bool
    lead_list: str
    wanted: tuple[Kind, ...]
    max_leads: int | None
    max_credits: int | None
    started: bool
    shown: tuple[str, ...]  # syncd's own cells, in the order of OWNED
    problem: str

    @property
    def fingerprint(self) -> str:
        """Covers what decides whom the request is about, not its money or its tick."""
        kinds = ",".join(kind.value for kind in self.wanted)
        return cells.exact_fingerprint((self.lead_list, kinds, str(self.max_leads)))

    @property
    def question(self) -> str:
        """Covers which list the request is about, and nothing of how much of it."""
        return cells.exact_fingerprint((self.lead_list,))

    def owned(self, column: str) -> str:
        """Return what one of syncd's own cells, or the key cell, shows."""
        return self.key if column == Request.KEY else self.shown[OWNED.index(Request(column))]

    def put(self, texts: Mapping[str, str]) -> RequestRow:
        """Return the row with other texts in syncd's own cells or the key cell."""
        shown = tuple(
            texts.get(column, text) for column, text in zip(OWNED, self.shown, strict=True)
        )
        return self._replace(key=texts.get(Request.KEY, self.key), shown=shown)


def parse_request(raw: Sequence[object], header: Header) -> RequestRow:
    """Read one row; whatever is wrong with it becomes its ``problem``, never an exception."""
    width = len(raw)

    def cell(column: str) -> object:
        at = header.at.get(column)
        return raw[at] if at is not None and at < width else None

    lead_list = cells.text(cell(Request.LEAD_LIST))
    said = cells.text(cell(Request.FIND))
    key = cells.text(cell(Request.KEY))
    wanted = parse_find(said)
    limits = {name: cells.text(cell(name)) for name in (Request.MAX_LEADS, Request.MAX_CREDITS)}
    problem = ""
    if wanted is None:
        problem = sentence(status.FIND_ODD, typed=cells.brief(said))
    elif cells.is_error(lead_list):
        problem = sentence(status.REQUEST_LIST_ERROR, typed=cells.brief(lead_list))
    elif not lead_list and (wanted or any(limits.values())):
        problem = status.REQUEST_LIST_MISSING
    elif lead_list and not wanted:
        problem = status.REQUEST_FIND_MISSING
    else:
        for name, typed in limits.items():
            if typed and not cells.whole(typed):
                said = cells.brief(typed)
                problem = sentence(status.REQUEST_LIMIT_ODD, column=name, typed=said)
                break
    shown = tuple(cells.text(cell(column)) for column in OWNED)
    return RequestRow(
        key=key,
        blank=not (key or lead_list or said or any(shown)),
        lead_list=lead_list,
        wanted=wanted or (),
        max_leads=cells.whole(limits[Request.MAX_LEADS]),
        max_credits=cells.whole(limits[Request.MAX_CREDITS]),
        started=cells.ticked(cell(Request.START)),
        shown=shown,
        problem=problem,
    )
