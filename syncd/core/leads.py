"""The Leads worksheet: one row, one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

from syncd.core import cells, status
from syncd.core.header import Column, Header
from syncd.core.model import Field, Kind
from syncd.core.status import sentence
from syncd.core.wishes import read_find
from syncd.core.words import aliases


class Lead(StrEnum):
    """The header texts, as :mod:`syncd.core.header` names the columns."""

    PROSPECT_ID = "Prospect ID"
    FIRST_NAME = "First name"
    LAST_NAME = "Last name"
    COMPANY = "Company"
    JOB_TITLE = "Job title"
    LINKEDIN_URL = "LinkedIn URL"
    FIND = "Find"
    APPROVE = "Approve"
    EMAIL = "Email"
    PHONE = "Phone"
    STATUS = "Status"
    CREDITS = "Credits"
    UPDATED = "Updated"
    KEY = "Key"


PERSON = (
    Lead.PROSPECT_ID,
    Lead.FIRST_NAME,
    Lead.LAST_NAME,
    Lead.COMPANY,
    Lead.LINKEDIN_URL,
)
OWNED = (Lead.EMAIL, Lead.PHONE, Lead.STATUS, Lead.CREDITS, Lead.UPDATED)
VALUE_COLUMN = {Field.EMAIL: Lead.EMAIL, Field.PHONE: Lead.PHONE}


def _column(name: Lead, *, required: bool = False, owned: bool = False) -> Column:
    return Column(name=name, aliases=aliases(name), required=required, owned=owned)


COLUMNS = (
    _column(Lead.PROSPECT_ID, required=True),
    _column(Lead.FIRST_NAME),
    _column(Lead.LAST_NAME),
    _column(Lead.COMPANY),
    _column(Lead.JOB_TITLE),
    _column(Lead.LINKEDIN_URL),
    _column(Lead.FIND, required=True),
    _column(Lead.APPROVE),
    _column(Lead.EMAIL, required=True, owned=True),
    _column(Lead.PHONE, required=True, owned=True),
    _column(Lead.STATUS, required=True, owned=True),
    _column(Lead.CREDITS, owned=True),
    _column(Lead.UPDATED, owned=True),
    _column(Lead.KEY, required=True, owned=True),
)


class LeadRow(NamedTuple):
    """One parsed row. A named tuple, because 50,000 of them are made within one cycle.

    ``wanted`` is the row's own wish; ``problem`` is why it cannot be served, as a sentence. The
    five texts from ``email`` on are syncd's own cells, in the order of ``OWNED``.
    """

    key: str
    blank: bool
    prospect_id: int | None
    wanted: tuple[Kind, ...]
    approved: bool
    email: str
    phone: str
    status: str
    credits: str
    updated: str
    problem: str
    person: tuple[str, ...]
    again: tuple[Kind, ...] = ()  # those of the wanted that are to be searched for once more

    @property
    def fingerprint(self) -> str:
        return cells.fingerprint(self.person)

    def value(self, field: Field) -> str:
        return self.email if field is Field.EMAIL else self.phone

    def owned(self, column: str) -> str:
        """Return what one of syncd's own cells, or the key cell, shows."""
        return str(getattr(self, column.lower()))

    def put(self, texts: Mapping[str, str]) -> LeadRow:
        """Return the row with other texts in syncd's own cells or the key cell."""
        named: dict[str, Any] = {column.lower(): text for column, text in texts.items()}
        return self._replace(**named)


_BLANK = LeadRow("", True, None, (), False, "", "", "", "", "", "", ())


def parse_lead(raw: Sequence[object], header: Header) -> LeadRow:
    """Read one row; whatever is wrong with it becomes its ``problem``, never an exception."""
    width = len(raw)

    def cell(column: str) -> object:
        at = header.at.get(column)
        return raw[at] if at is not None and at < width else None

    person = tuple([cells.text(cell(column)) for column in PERSON])
    said = cells.text(cell(Lead.FIND))
    key = cells.text(cell(Lead.KEY))
    shown = [cells.text(cell(column)) for column in OWNED]
    if not (key or said or any(person) or any(shown)):
        return _BLANK
    wanted, again = read_find(said) or (None, ())
    problem = ""
    prospect_id = cells.whole(person[0])
    if wanted is None:
        problem = sentence(status.FIND_ODD, typed=cells.brief(said))
    elif not wanted:
        pass
    elif cells.is_error(person[0]):
        problem = sentence(status.PROSPECT_ERROR, typed=cells.brief(person[0]))
    elif not person[0]:
        problem = status.PROSPECT_MISSING
    elif not prospect_id:
        problem = sentence(status.PROSPECT_ODD, typed=cells.brief(person[0]))
    return LeadRow(
        key,
        False,
        prospect_id,
        wanted or (),
        cells.ticked(cell(Lead.APPROVE)),
        shown[0],
        shown[1],
        shown[2],
        shown[3],
        shown[4],
        problem,
        person,
        again,
    )
