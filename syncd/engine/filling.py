"""The vendor list that a purchase is made on: made, filled and read back. All of it is free."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.core.list_names import compose_name, read_list_name
from syncd.core.model import Batch, Seen
from syncd.core.outcomes import ListReady, Withdrawn
from syncd.errors import Refused
from syncd.seleqt import Seleqt


class Filler:
    """Prepares lists, and looks at them. Raises whatever the vendor's free calls raise."""

    def __init__(self, vendor: Seleqt) -> None:
        self._vendor = vendor

    def fill(self, batch: Batch, *, fresh: bool) -> ListReady | Withdrawn:
        """Create the batch's own list, or find the one whose creation was not learned of; fill it.

        Only what is read back counts. ``fresh`` says that no list can exist yet.
        """
        planned = [job.prospect_id for job in batch.waiting]
        shown: Mapping[int, Seen] = {}
        list_id = None if fresh else self._find(batch)
        if list_id is None:
            list_id = self._vendor.create_list(compose_name(batch)).id
        else:
            shown = self.look(batch, list_id)
        missing = [prospect for prospect in planned if prospect not in shown]
        if missing:
            self._add(list_id, missing)
            shown = self.look(batch, list_id)
        strangers = set(shown) - set(planned)
        if strangers:
            return Withdrawn(reason=f"{len(strangers)} others are on list {list_id}")
        return ListReady(list_id=list_id, shown=shown)

    def look(self, batch: Batch, list_id: int) -> dict[int, Seen]:
        """Return what a list shows now in the batch's field, for everybody on it."""
        people = self._vendor.leads(list_id, [job.prospect_id for job in batch.jobs])
        return {prospect.id: prospect.seen(batch.kind.field) for prospect in people}

    def _find(self, batch: Batch) -> int | None:
        for lead_list in self._vendor.lists():
            named = read_list_name(lead_list.name)
            if named is not None and named.batch == batch.id:
                return lead_list.id
        return None

    def _add(self, list_id: int, prospects: list[int]) -> None:
        """Attach people; where one unknown id spoils the call, attach them one by one."""
        try:
            self._vendor.add_leads(list_id, prospects)
        except Refused as refusal:
            if refusal.status != 400 or len(prospects) == 1:
                if refusal.status == 400:
                    return
                raise
            for prospect in prospects:
                self._add(list_id, [prospect])
