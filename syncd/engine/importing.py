"""List requests: read a vendor list, remember its people, choose whom to search for. All free."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import structlog

from syncd.core import status
from syncd.core.lists import Import, LeadList, choose, find_list
from syncd.core.requests import RequestRow
from syncd.core.status import sentence
from syncd.errors import Refused, SeleqtUnavailable
from syncd.ledger import Ledger
from syncd.seleqt import Seleqt

log = structlog.get_logger()


class Importer:
    """Imports the lists that requests name."""

    def __init__(
        self,
        *,
        account: str,
        vendor: Seleqt,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._ledger = ledger
        self._clock = clock

    def run(self, worksheet: int, row: RequestRow, supplied: Collection[int]) -> bool:
        """Import one request's list; return False where the vendor could not be reached.

        ``supplied`` are people for whom a human has typed the value already. What a person must
        mend (no such list, a list of companies) becomes the import's problem, shown in the row.
        """
        try:
            done = self._read(worksheet, row, supplied)
        except (SeleqtUnavailable, Refused) as error:
            log.warning("list_not_read", list=row.lead_list, reason=str(error))
            return False
        with self._ledger.transaction():
            self._ledger.imports.put(worksheet, done, self._clock())
        log.info(
            "list_imported",
            list=row.lead_list,
            people=len(done.members),
            chosen=len(done.chosen),
            problem=done.problem or None,
        )
        return True

    def _read(self, worksheet: int, row: RequestRow, supplied: Collection[int]) -> Import:
        def problem(text: str) -> Import:
            return Import(key=row.key, fingerprint=row.fingerprint, problem=text)

        found = find_list(self._vendor.lists(), row.lead_list)
        if not isinstance(found, LeadList):
            return problem(found)
        try:
            prospects = self._vendor.leads(found.id)
        except Refused:
            return problem(sentence(status.REQUEST_NO_LIST, lead_list=row.lead_list))
        if not prospects:
            return problem(sentence(status.REQUEST_EMPTY, lead_list=row.lead_list))
        before = self._ledger.imports.all(worksheet, [row.key]).get(row.key)
        same_list = before is not None and before.list_id == found.id
        people = self._ledger.people.known(self._account, [p.id for p in prospects])
        with self._ledger.transaction():
            self._ledger.people.see(self._account, prospects, self._clock())
        return Import(
            key=row.key,
            fingerprint=row.fingerprint,
            list_id=found.id,
            members=tuple(prospect.id for prospect in prospects),
            chosen=choose(
                prospects,
                row.wanted,
                limit=row.max_leads,
                people=people,
                supplied=supplied,
                before=before.chosen if before and same_list else (),
            ),
            appended=before.appended if before and same_list else frozenset(),
        )
