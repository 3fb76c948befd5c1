"""Who is meant by a row without a Prospect ID: exactly one of the people we know, or nobody. Pure.

Known are the people of imported lists. A LinkedIn URL tells of one, and so do first name, last name
and company together; both are compared exactly, once spelling that says nothing is taken away. What
leaves a choice is shown and never guessed: the wrong person would be paid for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from syncd.core import cells, status
from syncd.core.leads import PERSON, Lead, LeadRow
from syncd.core.status import sentence

_SHOWN = 3
_LINKEDIN = re.compile(r"(?:https?://)?(?:[a-z]{1,3}\.)?linkedin\.com/(.+)")
_ENCODED = re.compile(r"(?:%[0-9a-f]{2})+")
_FIRST, _LAST, _COMPANY, _URL = (
    PERSON.index(column)
    for column in (Lead.FIRST_NAME, Lead.LAST_NAME, Lead.COMPANY, Lead.LINKEDIN_URL)
)


class Known(NamedTuple):
    """A person of an imported list, as Seleqt names them."""

    id: int
    first_name: str
    last_name: str
    company: str
    linkedin_url: str


class Doubt(NamedTuple):
    """Why nobody is meant for certain, as a sentence."""

    says: str


def normal(text: str) -> str:
    """Return a name to compare. Legal forms stay: two companies may differ by nothing else."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def profile_of(url: str) -> str:
    """Return what tells one LinkedIn profile from another; empty where it is no such address."""
    found = _LINKEDIN.match(url.strip().casefold())
    if found is None:
        return ""
    path = re.split(r"[?#]", found[1])[0]
    return normal(_ENCODED.sub(_decode, path)).rstrip("/")


def _decode(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("%", "")).decode(errors="replace")


class Directory:
    """The people we know, found by profile and by name with company."""

    def __init__(self, people: Iterable[Known]) -> None:
        self._people: dict[int, Known] = {}
        self._by_profile: dict[str, set[int]] = {}
        self._by_name: dict[tuple[str, str, str], set[int]] = {}
        for one in people:
            self._people[one.id] = one
            if profile := profile_of(one.linkedin_url):
                self._by_profile.setdefault(profile, set()).add(one.id)
            name = normal(one.first_name), normal(one.last_name), normal(one.company)
            if all(name):
                self._by_name.setdefault(name, set()).add(one.id)

    def find(self, row: LeadRow) -> int | Doubt | None:
        """Return whom the row means, why that is in doubt, or None where it says too little."""
        first, last, company = (normal(row.person[at]) for at in (_FIRST, _LAST, _COMPANY))
        profile = profile_of(row.person[_URL])
        if not profile and not (first and last and company):
            return None
        by_profile = self._by_profile.get(profile, set()) if profile else set()
        by_name = self._by_name.get((first, last, company), set())
        if by_profile and by_name:
            meant = by_profile & by_name
        elif by_profile:
            meant = {one for one in by_profile if self._is_named(one, first, last)}
        else:
            meant = {one for one in by_name if self._has_no_other_profile(one, profile)}
        if len(meant) == 1:
            return next(iter(meant))
        if meant:
            return Doubt(sentence(status.MATCH_SEVERAL, people=self._list(meant)))
        if found := by_profile | by_name:
            return Doubt(sentence(status.MATCH_APART, people=self._list(found)))
        return Doubt(status.MATCH_NONE)

    def _is_named(self, one: int, first: str, last: str) -> bool:
        """Whether the row's name, as far as it gives one, is the person's."""
        known = self._people[one]
        pairs = ((first, normal(known.first_name)), (last, normal(known.last_name)))
        return all(not said or not name or said == name for said, name in pairs)

    def _has_no_other_profile(self, one: int, profile: str) -> bool:
        known = profile_of(self._people[one].linkedin_url)
        return not profile or not known or profile == known

    def _list(self, ids: Collection[int]) -> str:
        """Name people so that somebody can choose; a cell has little room."""
        people = [self._people[one] for one in sorted(ids)]
        shown = [
            cells.brief(f"{one.id} {one.first_name} {one.last_name}, {one.company}").rstrip(", ")
            for one in people[:_SHOWN]
        ]
        more = [f"and {len(people) - _SHOWN} more"] if len(people) > _SHOWN else []
        return "; ".join([*shown, *more])


def lacks_id(row: LeadRow) -> bool:
    """Return whether the row has some text, and nothing at all in its Prospect ID."""
    return row.prospect_id is None and not row.blank and not row.person[0]


def apply(row: LeadRow, found: int | Doubt | None) -> LeadRow:
    """Return the row as that of whoever was found; one that asks for nothing has no doubts."""
    if isinstance(found, int):
        return row._replace(prospect_id=found, problem="")
    if isinstance(found, Doubt) and row.wanted:
        return row._replace(problem=found.says)
    return row


Remembered = Mapping[str, tuple[str, int]]
"""By key: the fingerprint of a row, and whom it was matched to."""
