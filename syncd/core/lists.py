"""List requests: which lists to import, whom to choose, and what a request's row says. Pure.

A request reads a Seleqt lead list, chooses the first N people who still lack the value, and quotes
what searching for them costs. With Start, the list's people come into Leads and the search begins.
The wish for those people stays with the request: their ``Find`` cells belong to people, so taking
back the tick, or the row, takes back the wish, and Max credits holds whatever happens in Leads.

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
from syncd.core.approval import Approval, quote_prices
from syncd.core.leads import LeadRow
from syncd.core.memory import NOBODY, People, answer
from syncd.core.model import Batch, Field, JobState, Purchasing
from syncd.core.purse import Wish
from syncd.core.quotes import Quote, Supplied, say_quote
from syncd.core.requests import Request, RequestRow
from syncd.core.starting import is_covered, is_quoted
from syncd.core.status import sentence
from syncd.core.swaps import is_token
from syncd.core.views import View

LOOK_AGAIN = timedelta(minutes=10)  # between looks whether a list that was no good has been mended
QUOTE_AGAIN = timedelta(hours=1)  # between looks at a list that waits for Start
_MOST_TELLING = 3  # lists that are asked for the balance

Wishes = Mapping[int, Sequence[Wish]]
"""What all list requests wish, by prospect id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeadList:
    """A vendor list as the listing shows it. ``of_people`` is None where it does not say."""

    id: int
    name: str
    of_people: bool | None = None


def choose_telling(lists: Sequence[LeadList]) -> list[int]:
    """Return the ids of the few lists that are asked for the balance, the newest first."""
    ids = [one.id for one in lists if one.of_people is not False]
    return sorted(ids, reverse=True)[:_MOST_TELLING]


@dataclass(frozen=True, kw_only=True, slots=True)
class Import:
    """What the ledger keeps of one list request: its list, its people, or why there are none.

    Where there is a ``problem``, the list and its people are those of the last import that went
    well. ``before`` and ``appended`` go beyond the present list: they are about the request's life.
    """

    key: str
    fingerprint: str  # of the row it was made for
    at: datetime
    list_id: int | None = None
    members: tuple[int, ...] = ()  # prospect ids in list order
    chosen: frozenset[int] = frozenset()  # the members searched for now
    before: frozenset[int] = frozenset()  # searched for by this request, and not chosen now
    appended: frozenset[int] = frozenset()  # those who have, or had, a row in Leads
    problem: str = ""  # why the list could not be imported, as a sentence
    stopped: str = ""  # why nothing more is bought on the list itself, as a sentence
    quote: Quote | None = None  # what that would cost, as the list was then
    begun: bool = False  # Start was ticked for this list: its people are, or were, in Leads

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


def quote_of(row: RequestRow, known: Import | None) -> Quote | None:
    """Return the quote for the row as it stands, or None: then its list has to be read."""
    if known is None or known.problem or known.fingerprint != row.fingerprint:
        return None
    quote = known.quote
    return quote if quote and dict(quote.prices) == quote_prices(row.wanted) else None


def wants_import(
    row: RequestRow, known: Import | None, approval: Approval | None, now: datetime
) -> bool:
    """Return whether the row's list must be read: for its quote, or anew after Start was ticked.

    A list that was no good is looked at again after a while: somebody may have mended it. So is one
    that waits for Start, because it may grow; but that takes longer.
    """
    if row.blank or row.problem or not row.lead_list or not row.key:
        return False
    if known is None or known.fingerprint != row.fingerprint:
        return True
    if approval is not None and known.at < approval.at:
        return True
    # What stops purchases in place lies in the list's people; all else may be mended elsewhere.
    if known.problem or (row.started and known.stopped not in {"", status.HOLD_IN_PLACE}):
        return now >= known.at + LOOK_AGAIN
    if quote_of(row, known) is None:
        return True
    return not row.started and not known.begun and now >= known.at + QUOTE_AGAIN


def is_under_way(row: RequestRow, known: Import, approval: Approval | None) -> bool:
    """Return whether the request is started, sound, and imported and approved as its row stands.

    A row with a problem may have lost its Max credits: nothing is bought before it is mended.
    """
    if row.problem or not row.started:
        return False
    return is_quoted(row, quote_of(row, known), known.at, approval)


def wishes_of(
    row: RequestRow, known: Import | None, approval: Approval | None, purchasing: Purchasing
) -> Mapping[int, tuple[Wish, ...]]:
    """Return what a request that is under way wishes, by prospect id."""
    if known is None or approval is None or not is_under_way(row, known, approval):
        return {}
    if _is_stopped(known, purchasing):
        return {}
    limits = [limit for limit in (row.max_credits, approval.credits) if limit is not None]
    limit = min(limits, default=None)
    wishes = tuple(
        Wish(
            kind=kind,
            request=row.key,
            request_cap=limit,
            quoted=limit != row.max_credits,
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
    approval: Approval | None = None,
    purchasing: Purchasing = Purchasing.DEDICATED,
    waits: str = "",
    room: int | None = None,
) -> View:
    """Compose what syncd's own cells of a request's row should say.

    ``room`` is what the caps allow now, in credits; it is told while the request waits for Start.
    """
    if row.problem:
        return {Request.STATUS: row.problem}
    if not row.lead_list:
        return {Request.STATUS: ""}
    if known is None or known.fingerprint != row.fingerprint:
        reads = status.REQUEST_IMPORTING if is_covered(row, approval) else status.REQUEST_READING
        view: View = {Request.STATUS: waits or reads, Request.QUOTE: ""}
    else:
        quote = quote_of(row, known)
        view = {
            Request.STATUS: _say(row, known, approval, progress, worksheet, purchasing, waits),
            Request.QUOTE: say_quote(
                quote, row.wanted, row.max_credits, None if row.started else room
            )
            if quote
            else "",
        }
    if known is not None:
        told = known.begun or known.before or progress.spent
        view |= {
            Request.SPENT: str(progress.spent) if told else "",
            Request.FOUND: str(progress.found) if told else "",
            Request.NOT_FOUND: str(progress.missed) if told else "",
        }
    return view


def _say(
    row: RequestRow,
    known: Import,
    approval: Approval | None,
    progress: Progress,
    worksheet: str,
    purchasing: Purchasing,
    waits: str,
) -> str:
    if known.problem:
        return known.problem
    if row.started and not is_under_way(row, known, approval):
        is_old = approval is None or known.at < approval.at or quote_of(row, known) is None
        return (waits or status.REQUEST_IMPORTING) if is_old else status.REQUEST_CHANGED
    if not row.started and not known.begun:
        return status.REQUEST_READY
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
