"""Lead lists, the vendor's people and companies, and what each workspace sees of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from .prospects import Prospect, Record, Truth

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from .knobs import Knobs


@dataclass(kw_only=True, slots=True)
class LeadList:
    """A container of prospects (PEOPLE) or companies (COMPANY); the type is fixed at creation."""

    id: int
    name: str
    search_type: str
    workspace: int
    created_at: datetime
    ids: list[int] = field(default_factory=list)

    def describe(self) -> dict[str, Any]:
        """Return the list as JSON. ``id`` is documented, the other keys are assumed."""
        return {
            "id": self.id,
            "name": self.name,
            "search_type": self.search_type,
            "status": "DRAFT",
            "leads_count": len(self.ids),
            "created_at": self.created_at.isoformat(),
        }


class Catalogue:
    """Everything that can be looked up by id."""

    def __init__(self, knobs: Knobs) -> None:
        self._knobs = knobs
        self.prospects: dict[int, Prospect] = {}
        self.companies: dict[int, str] = {}
        self.lists: dict[int, LeadList] = {}
        self._records: dict[tuple[str, int, int], Record] = {}
        self._next_list = 301

    def add(self, prospect: Prospect) -> None:
        if prospect.id in self.prospects:
            raise ValueError(f"there is a prospect {prospect.id} already")
        self.prospects[prospect.id] = prospect

    def set_truth(self, prospect_id: int, truth: Truth) -> None:
        """Change what later enrichments will find; a run under way keeps what it was to find."""
        self.prospects[prospect_id] = replace(self.prospects[prospect_id], truth=truth)

    def add_list(
        self, name: str, search_type: str, ids: Iterable[int], *, workspace: int, now: datetime
    ) -> LeadList:
        number, self._next_list = self._next_list, self._next_list + 1
        created = LeadList(
            id=number, name=name, search_type=search_type, workspace=workspace, created_at=now
        )
        known = self.known_ids(created)
        created.ids = list(dict.fromkeys(ids))
        if strangers := [one for one in created.ids if one not in known]:
            raise ValueError(f"unknown ids: {strangers}")
        self.lists[number] = created
        return created

    def lists_of(self, workspace: int) -> list[LeadList]:
        return [one for one in self.lists.values() if one.workspace == workspace]

    def known_ids(self, lead_list: LeadList) -> Iterable[int]:
        """Return every id the list could hold."""
        return (self.prospects if lead_list.search_type == "PEOPLE" else self.companies).keys()

    def members(self, lead_list: LeadList) -> list[Prospect]:
        """Return a PEOPLE list's prospects, by id (the order of reading is assumed)."""
        return [self.prospects[number] for number in sorted(lead_list.ids)]

    def record(self, lead_list: LeadList, prospect_id: int) -> Record:
        """Return a prospect's bought fields, shared in the workspace or kept per list (a knob)."""
        if self._knobs.record_scope == "list":
            place = ("list", lead_list.id, prospect_id)
        else:
            place = ("workspace", lead_list.workspace, prospect_id)
        if place not in self._records:
            known = self.prospects[prospect_id]
            self._records[place] = Record(email=known.email, phone=known.phone)
        return self._records[place]
