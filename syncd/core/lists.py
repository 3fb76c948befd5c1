"""List requests: which lists to import, whom to choose, and what a request's row says. Pure.

A request imports a Seleqt lead list into Leads and chooses the first N people who still lack the
value. The wish for those people stays with the request: their ``Find`` cells belong to people, so
taking back the tick, or the row, takes back the wish, and Max credits holds whatever happens in
Leads.

Max leads and Max credits are the request's own, over its whole life. Naming another list, or a
wrong one and then the right one again, gives no second allowance: everybody whom the request has
searched for counts, on whatever list. Somebody chosen from a list that was given up before anything
was bought for them does not count: nothing was spent, and a wrong name is soon typed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from syncd.core import cells, status
from syncd.core.leads import LeadRow
from syncd.core.memory import NOBODY, People, answer
from syncd.core.model import Batch, Field, JobState, Kind, Prospect, Purchasing, Reading
from syncd.core.purse import Wish
from syncd.core.requests import Request, RequestRow
from syncd.core.status import sentence
from syncd.core.swaps import is_token
from syncd.core.views import View

LOOK_AGAIN = timedelta(minutes=10)  # between looks whether a list that was no good has been mended

Supplied = Collection[tuple[int, Field]]
"""Prospect ids and fields for which some text stands in the sheet already."""

Wishes = Mapping[int, Sequence[Wish]]
"""What all list requests wish, by prospect id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadList:
    """A vendor list as the listing shows it. ``of_people`` is None where it does not say."""

    id: int
    name: str
    of_people: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """What the ledger keeps of one list request: its list, its people, or why there are none.

    Where there is a ``problem``, the list and its people are those of the last import that went
    well. ``before`` and ``appended`` go beyond the present list: they are about the request's life.
    """

    key: str
    fingerprint: str  # of the row it was made for; empty: to be made anew when Start is ticked
    at: datetime
    list_id: int | None = None
    members: tuple[int, ...] = ()  # prospect ids in list order
    chosen: frozenset[int] = frozenset()  # the members searched for now
    before: frozenset[int] = frozenset()  # searched for by this request, and not chosen now
    appended: frozenset[int] = frozenset()  # those who have, or had, a row in Leads
    problem: str = ""  # why the list could not be imported, as a sentence
    stopped: str = ""  # why nothing more is bought on the list itself, as a sentence

    @property
    def people(self) -> frozenset[int]:
        return self.before.union(self.members)


def find_list(lists: Sequence[LeadList], wanted: str) -> LeadList | str:
    """Return the list meant by a number or an exact name, or a sentence saying why none is."""
    by_number = [lead_list for lead_list in lists if str(lead_list.id) == wanted]
    named = [lead_list for lead_list in lists if lead_list.name.strip() == wanted]
    matches = by_number or named
    said = cells.brief(wanted)
    if not matches:
        return sentence(status.REQUEST_NO_LIST, lead_list=said)
    if len(matches) > 1:
        return sentence(status.REQUEST_MANY_LISTS, lead_list=said)
    if matches[0].of_people is False:
        return sentence(status.REQUEST_COMPANIES, lead_list=said)
    return matches[0]


def find_supplied(rows: Iterable[LeadRow]) -> set[tuple[int, Field]]:
    """Return for whom, and in which field, some value stands in those rows."""
    return {
        (row.prospect_id, field)
        for row in rows
        if row.prospect_id and (row.email or row.phone)
        for field in Field
        if row.value(field) and not is_token(row.value(field))
    }


def choose(
    prospects: Sequence[Prospect],
    kinds: Sequence[Kind],
    *,
    limit: int | None,
    people: People,
    supplied: Supplied,
    cool_off: timedelta,
    now: datetime,
    chosen: Collection[int] = (),
    searched: Collection[int] = (),
) -> frozenset[int]:
    """Choose the first people, in list order, for whom a purchase could find something.

    At most ``limit``, less those of other lists whom the request has ``searched`` for. Those
    searched for and those ``chosen`` from this list before come first, so that raising the limit
    never adds more than the difference. People with a value, with a miss still remembered, or with
    a text of somebody else's in the sheet are passed over.
    """
    here = [prospect.id for prospect in prospects]
    elsewhere = len(set(searched) - set(here))
    room = len(here) if limit is None else max(0, limit - elsewhere)
    first = [id_ for id_ in here if id_ in searched]
    first += [id_ for id_ in here if id_ in chosen and id_ not in searched]
    taken = set(first)
    for prospect in prospects:
        if len(first) >= room:
            break
        if prospect.id not in taken and any(
            (prospect.id, kind.field) not in supplied
            and _lacks(prospect, kind, people, cool_off, now)
            for kind in kinds
        ):
            first.append(prospect.id)
    return frozenset(first[:room])


def _lacks(
    prospect: Prospect, kind: Kind, people: People, cool_off: timedelta, now: datetime
) -> bool:
    if prospect.seen(kind.field).reading is Reading.FOUND:
        return False
    person = people.get(prospect.id, NOBODY)
    if person.held(kind.field):
        return False
    known = answer(person, kind, cool_off=cool_off, now=now)
    # A search that is open now may still find nothing; a plain one would leave ours to be made.
    # Somebody left out of a purchase is asked about again.
    return (
        known is None
        or known.state is JobState.CANCELLED
        or (known.state is JobState.WAITING and known.kind is Kind.EMAIL != kind)
    )


def wants_import(row: RequestRow, known: Import | None, now: datetime) -> bool:
    """Return whether the row's list must be read: started, sound, and not as already imported.

    A list that was no good is looked at again after a while: somebody may have mended it.
    """
    if row.blank or row.problem or not row.started or not row.key:
        return False
    if known is None or known.fingerprint != row.fingerprint:
        return True
    # What stops purchases in place lies in the list's people; all else may be mended elsewhere.
    stopped = known.stopped != status.HOLD_IN_PLACE and known.stopped
    return bool(known.problem or stopped) and now >= known.at + LOOK_AGAIN


def wants_fresh_start(row: RequestRow, known: Import | None) -> bool:
    """Return whether what went wrong is over: Start is not ticked, so its next tick asks anew."""
    if row.started or known is None or not known.fingerprint:
        return False
    return bool(known.problem or known.stopped)


def is_under_way(row: RequestRow, known: Import) -> bool:
    """Return whether the request is started, sound, and imported as its row stands.

    A row with a problem may have lost its Max credits: nothing is bought before it is mended.
    """
    if row.problem or not row.started:
        return False
    return known.fingerprint == row.fingerprint and not known.problem


def wishes_of(
    row: RequestRow, known: Import | None, purchasing: Purchasing
) -> Mapping[int, tuple[Wish, ...]]:
    """Return what a request that is under way wishes, by prospect id."""
    if known is None or not is_under_way(row, known) or _is_stopped(known, purchasing):
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


def is_wished(batch: Batch, wishes: Wishes) -> bool:
    """Return whether the request that a batch is for still wishes all that it would buy."""
    return all(
        any(
            wish.request == batch.request and wish.kind is batch.kind
            for wish in wishes.get(job.prospect_id, ())
        )
        for job in batch.waiting
    )


def is_being_typed(batch: Batch, wishes: Wishes) -> bool:
    """Return whether somebody is at the row of the batch's request, so that it has to wait."""
    return any(
        wish.typed
        for job in batch.waiting
        for wish in wishes.get(job.prospect_id, ())
        if wish.request == batch.request
    )


def _is_stopped(known: Import, purchasing: Purchasing) -> bool:
    """A stop is about purchases on the list itself; lists of their own know no such trouble."""
    return bool(known.stopped) and purchasing is Purchasing.IN_PLACE


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far a request has come, summed over the people it searched or searches for."""

    spent: int = 0
    found: int = 0
    missed: int = 0
    open: int = 0  # people who lack an answer yet


def measure(
    row: RequestRow,
    known: Import,
    people: People,
    *,
    spent: int,
    present: Collection[int],
    supplied: Supplied,
    cool_off: timedelta,
    now: datetime,
) -> Progress:
    """Count what is known about the request's people, per kind asked for.

    Somebody whose row was deleted is no longer searched for, nor is somebody for whom a human
    typed the value, so nothing of theirs is open.
    """
    found = missed = undecided = 0
    for prospect_id in known.chosen | known.before:
        person = people.get(prospect_id, NOBODY)
        waited = False
        for kind in row.wanted:
            fact = answer(person, kind, cool_off=cool_off, now=now)
            if person.held(kind.field) or (fact and fact.state is JobState.FOUND):
                found += 1
            elif fact is not None and fact.state not in {JobState.WAITING, JobState.CANCELLED}:
                missed += 1
            elif prospect_id not in known.chosen:
                continue
            elif fact is not None:
                waited = True
            elif (prospect_id, kind.field) not in supplied:
                waited |= prospect_id in present or prospect_id not in known.appended
        undecided += waited
    return Progress(spent=spent, found=found, missed=missed, open=undecided)


def view_request(
    row: RequestRow,
    known: Import | None,
    progress: Progress,
    *,
    worksheet: str,
    purchasing: Purchasing = Purchasing.DEDICATED,
    waits: str = "",
) -> View:
    """Compose what syncd's own cells of a request's row should say."""
    if row.problem:
        return {Request.STATUS: row.problem}
    if not row.lead_list:
        return {Request.STATUS: ""}
    if known is None:
        says = (waits or status.REQUEST_IMPORTING) if row.started else status.REQUEST_READY
        return {Request.STATUS: says}
    imported = known.fingerprint == row.fingerprint and not known.problem
    price = sum(kind.price for kind in row.wanted)
    quote = (
        f"{len(known.chosen)} of {len(known.members)} people, "
        f"at most {price * len(known.chosen)} credits"
    )
    return {
        Request.STATUS: _say(row, known, progress, worksheet, purchasing, waits),
        Request.QUOTE: quote if imported else "",
        Request.SPENT: str(progress.spent),
        Request.FOUND: str(progress.found),
        Request.NOT_FOUND: str(progress.missed),
    }


def _say(
    row: RequestRow,
    known: Import,
    progress: Progress,
    worksheet: str,
    purchasing: Purchasing,
    waits: str,
) -> str:
    stale = known.fingerprint != row.fingerprint
    if stale or known.problem:
        if not row.started:
            return status.REQUEST_READY
        return (waits or status.REQUEST_IMPORTING) if stale else known.problem
    if not known.chosen and row.max_leads is not None and len(known.before) >= row.max_leads:
        return status.REQUEST_USED_UP
    if progress.open == 0:
        return sentence(status.REQUEST_DONE, worksheet=worksheet)
    if not row.started:
        return status.REQUEST_STOPPED
    if _is_stopped(known, purchasing):
        return known.stopped
    size = len(known.chosen)
    done = size - progress.open
    template = status.REQUEST_RUNNING_ON if done else status.REQUEST_RUNNING
    return waits or sentence(template, worksheet=worksheet, done=done, size=size)
