"""List requests: read a vendor list, remember its people, choose whom to search for. All free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from syncd.core import cells, status
from syncd.core.approval import Approval
from syncd.core.lists import Import, LeadList, find_list, quote_of
from syncd.core.quotes import Supplied, choose, make_quote
from syncd.core.requests import RequestRow
from syncd.core.starting import is_quoted
from syncd.core.status import sentence
from syncd.errors import Refused
from syncd.ledger import Ledger
from syncd.seleqt import Seleqt

log = structlog.get_logger()


class Wanted(NamedTuple):
    """A request whose list must be read, the ledger's number of its worksheet, and its tick."""

    worksheet: int
    row: RequestRow
    approval: Approval | None


class Importer:
    """Imports the lists that requests name."""

    def __init__(
        self,
        *,
        account: str,
        vendor: Seleqt,
        ledger: Ledger,
        cool_off: timedelta,
        clock: Callable[[], datetime],
    ) -> None:
        self._account = account
        self._vendor = vendor
        self._ledger = ledger
        self._cool_off = cool_off
        self._clock = clock

    def run(self, wanted: Sequence[Wanted], supplied: Supplied) -> None:
        """Import those requests' lists; one listing tells of all of them.

        What a person must mend (no such list, a list of companies) becomes the import's problem,
        shown in the row. Raises whatever the vendor's free calls raise; what was read stays.
        """
        lists = self._vendor.lists()
        for worksheet, row, approval in wanted:
            read = self._read(worksheet, row, lists, supplied)
            if is_quoted(row, quote_of(row, read), read.at, approval):
                read = replace(read, begun=True)
            with self._ledger.transaction():
                self._ledger.imports.put(worksheet, read)
            log.info(
                "list_imported",
                row=row.key,
                list=read.list_id,
                people=len(read.members),
                chosen=len(read.chosen),
                ok=not read.problem,
            )

    def _read(
        self, worksheet: int, row: RequestRow, lists: Sequence[LeadList], supplied: Supplied
    ) -> Import:
        now = self._clock()
        last = self._ledger.imports.all(worksheet, [row.key]).get(row.key)
        last = last or Import(key=row.key, fingerprint="", at=now)

        def problem(text: str) -> Import:
            return replace(last, fingerprint=row.fingerprint, at=now, problem=text, quote=None)

        found = find_list(lists, row.lead_list)
        if not isinstance(found, LeadList):
            return problem(found)
        name = cells.brief(row.lead_list)
        try:
            prospects = self._vendor.leads(found.id)
        except Refused:
            return problem(sentence(status.REQUEST_NO_LIST, lead_list=name))
        if not prospects:
            return problem(sentence(status.REQUEST_EMPTY, lead_list=name))
        begun = last.begun and last.list_id == found.id
        searched = self._ledger.imports.searched(row.key)
        people = self._ledger.people.known(self._account, [p.id for p in prospects])
        chosen = choose(
            prospects,
            row.wanted,
            limit=row.max_leads,
            people=people,
            supplied=supplied,
            cool_off=self._cool_off,
            now=now,
            chosen=last.chosen if begun else (),
            searched=searched,
        )
        with self._ledger.transaction():
            self._ledger.people.see(self._account, prospects, now)
        return Import(
            key=row.key,
            fingerprint=row.fingerprint,
            at=now,
            list_id=found.id,
            members=tuple(prospect.id for prospect in prospects),
            chosen=chosen,
            before=searched - chosen,
            appended=last.appended,
            quote=make_quote(
                prospects,
                row.wanted,
                chosen,
                people=people,
                supplied=supplied,
                cool_off=self._cool_off,
                now=now,
                booked=self._ledger.accounts.booked_by(row.key),
            ),
            begun=begun,
        )
