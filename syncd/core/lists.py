"""List requests: which lists to import, whom to choose, and what a request's row says. Pure.

A request imports a Seleqt lead list into Leads and chooses the first N people who still lack the
value. The wish for those people stays with the request: their ``Find`` cells belong to people, so
taking back the tick, or the row, takes back the wish, and Max credits holds whatever happens in
Leads.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from syncd.core import status
from syncd.core.memory import NOBODY, People
from syncd.core.model import JobState, Kind, Prospect, Purchasing, Reading
from syncd.core.purse import Wish
from syncd.core.requests import Request, RequestRow
from syncd.core.status import sentence
from syncd.core.views import View


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadList:
    """A vendor list as the listing shows it. ``of_people`` is None where it does not say."""

    id: int
    name: str
    of_people: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """What the ledger keeps of one list request: its list, its people, or why there are none."""

    key: str
    fingerprint: str
    list_id: int | None = None
    members: tuple[int, ...] = ()  # prospect ids in list order
    chosen: frozenset[int] = frozenset()
    appended: frozenset[int] = frozenset()  # those who have, or had, a row in Leads
    problem: str = ""


def find_list(lists: Sequence[LeadList], wanted: str) -> LeadList | str:
    """Return the list meant by a number or an exact name, or a sentence saying why none is."""
    by_number = [lead_list for lead_list in lists if str(lead_list.id) == wanted]
    named = [lead_list for lead_list in lists if lead_list.name.strip() == wanted]
    matches = by_number or named
    if not matches:
        return sentence(status.REQUEST_NO_LIST, lead_list=wanted)
    if len(matches) > 1:
        return sentence(status.REQUEST_MANY_LISTS, lead_list=wanted)
    if matches[0].of_people is False:
        return sentence(status.REQUEST_COMPANIES, lead_list=wanted)
    return matches[0]


def choose(
    prospects: Sequence[Prospect],
    kinds: Sequence[Kind],
    *,
    limit: int | None,
    people: People,
    supplied: Collection[int],
    before: Collection[int] = (),
) -> frozenset[int]:
    """Choose the first ``limit`` people, in list order, for whom a purchase could find something.

    Those chosen ``before`` stay chosen and count, so that raising the limit never adds more than
    the difference. People with a value, with a miss still remembered, or ``supplied`` by a human
    in the sheet are passed over.
    """
    chosen = [p.id for p in prospects if p.id in before]
    for prospect in prospects:
        if limit is not None and len(chosen) >= limit:
            break
        if prospect.id in before or prospect.id in supplied:
            continue
        if any(_lacks(prospect, kind, people) for kind in kinds):
            chosen.append(prospect.id)
    return frozenset(chosen[:limit] if limit is not None else chosen)


def _lacks(prospect: Prospect, kind: Kind, people: People) -> bool:
    if prospect.seen(kind.field).reading is Reading.FOUND:
        return False
    person = people.get(prospect.id, NOBODY)
    if person.held(kind.field):
        return False
    return not any(
        fact.kind.field is kind.field
        and fact.state is not JobState.CANCELLED
        and (fact.kind is kind or fact.state is JobState.FOUND)
        for fact in person.facts
    )


def wants_import(row: RequestRow, known: Import | None) -> bool:
    """Return whether the row's list must be read: started, sound, and not as already imported."""
    if row.blank or row.problem or not row.started or not row.key:
        return False
    return known is None or known.fingerprint != row.fingerprint


def wishes_of(
    row: RequestRow, known: Import | None, purchasing: Purchasing
) -> Mapping[int, tuple[Wish, ...]]:
    """Return what a started, imported request wishes, by prospect id."""
    if known is None or known.problem or wants_import(row, known) or not row.started:
        return {}
    wishes = tuple(
        Wish(
            kind=kind,
            request=row.key,
            request_cap=row.max_credits,
            purchasing=purchasing,
            list_id=known.list_id,
        )
        for kind in row.wanted
    )
    return dict.fromkeys(known.chosen, wishes)


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a request has come, summed over the people it chose."""

    spent: int = 0
    found: int = 0
    missed: int = 0
    open: int = 0  # not decided yet


def measure(
    row: RequestRow, known: Import, people: People, spent: int, present: Collection[int]
) -> Progress:
    """Count what is known about the chosen people, per kind asked for.

    Somebody whose row was deleted is no longer searched for, so nothing of theirs is open.
    """
    found = missed = undecided = 0
    for prospect_id in known.chosen:
        person = people.get(prospect_id, NOBODY)
        for kind in row.wanted:
            facts = [fact for fact in person.facts if fact.kind.field is kind.field]
            if person.held(kind.field) or any(f.state is JobState.FOUND for f in facts):
                found += 1
            elif any(f.state is JobState.WAITING for f in facts):
                undecided += 1
            elif any(f.state is not JobState.CANCELLED for f in facts):
                missed += 1
            elif prospect_id in present or prospect_id not in known.appended:
                undecided += 1
    return Progress(spent=spent, found=found, missed=missed, open=undecided)


def view_request(
    row: RequestRow,
    known: Import | None,
    progress: Progress,
    *,
    worksheet: str,
    waits: str = "",
) -> View:
    """Compose what syncd's own cells of a request's row should say."""
    if row.problem:
        return {Request.STATUS: row.problem}
    if not row.lead_list:
        return {Request.STATUS: ""}
    if known is None and not row.started:
        return {Request.STATUS: status.REQUEST_READY}
    if known is None or wants_import(row, known):
        return {Request.STATUS: waits or status.REQUEST_IMPORTING}
    if known.problem:
        return {Request.STATUS: known.problem}
    price = sum(kind.price for kind in row.wanted)
    view: View = {
        Request.QUOTE: f"{len(known.chosen)} of {len(known.members)} people, "
        f"at most {price * len(known.chosen)} credits",
        Request.SPENT: str(progress.spent),
        Request.FOUND: str(progress.found),
        Request.NOT_FOUND: str(progress.missed),
    }
    if progress.open == 0:
        view[Request.STATUS] = sentence(status.REQUEST_DONE, worksheet=worksheet)
    elif not row.started:
        view[Request.STATUS] = status.REQUEST_STOPPED
    else:
        view[Request.STATUS] = waits or sentence(status.REQUEST_RUNNING, worksheet=worksheet)
    return view
