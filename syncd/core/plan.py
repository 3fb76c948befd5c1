"""What one cycle is about to do with the rows of one Leads worksheet. Pure: nothing is done here.

The plan is level-triggered: it looks at what the sheet asks for now and at what the ledger knows
now, never at what changed. A lost result, a restart or a missed cycle then repair themselves, and a
row that was read twice cannot be bought twice. It gives two things: purchases to open, and for each
row its *view*: what syncd's own cells should say.

One row and kind, in the order the questions are asked:

=====================================  ===============  ==========================================
what is true                           buys             the row says
=====================================  ===============  ==========================================
a value is known for the person        no               the value, free unless this row paid
a human's value stands in the cell     no               already has one
a job is open for person and field     no               searching, unsure, or parked
missed, within the cool-off            no               nothing found, and until when
expired, unrecognised                  no               ask your admin
the vendor does not know the person    no               check the number
the kind is turned off                 no               turned off
the kind asks first, no tick           no               ready, and the price
buying is held for the account         no               what it waits for
a cap would be passed                  no               which cap
else                                   yes, in a batch  queued, until the batch is opened
=====================================  ===============  ==========================================
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

from syncd.core import status
from syncd.core.credits import Booked, Caps, cap_hit
from syncd.core.header import Header
from syncd.core.leads import VALUE_COLUMN, Lead, LeadRow
from syncd.core.memory import NOBODY, Fact, People, Person, answer
from syncd.core.model import BatchState, Field, JobState, Kind, Purchasing
from syncd.core.status import sentence
from syncd.core.table import R, Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """The rules a plan is made under, from the config and the state of the account."""

    caps: Caps
    zone: tzinfo
    kinds: frozenset[Kind] = frozenset(Kind)  # those that may be bought at all
    ask_first: frozenset[Kind] = frozenset({Kind.PHONE})
    cool_off: timedelta = timedelta(days=90)
    batch_size: int = 25
    first_batch: int = 5  # while the worksheet has not had a purchase accepted yet
    slots: int = 4  # batches that may be opened now
    tried: bool = False  # the worksheet has had a purchase accepted
    hold: str = ""  # why nothing is bought for the account now: a sentence, or empty


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """A demand of a list request for one person: it pays from the request's own credits."""

    kind: Kind
    request: str
    request_cap: int | None
    purchasing: Purchasing = Purchasing.DEDICATED
    list_id: int | None = None


class Candidate(NamedTuple):
    """One person who may be bought now, and the row that pays."""

    prospect_id: int
    key: str


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenBatch:
    """Buy this kind for these people. In place, ``list_id`` is the user's own list."""

    kind: Kind
    people: tuple[Candidate, ...]
    request: str = ""
    request_cap: int | None = None
    purchasing: Purchasing = Purchasing.DEDICATED
    list_id: int | None = None

    @property
    def credits(self) -> int:
        return self.kind.price * len(self.people)

    def __str__(self) -> str:
        people = "1 person" if len(self.people) == 1 else f"{len(self.people)} people"
        return f"buy {self.kind.label} for {people}: at most {self.credits} credits"


View = dict[str, str]
"""What syncd's own cells of one row should say, by column; a column not named is left alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """``views`` are by 0-based sheet row.

    ``newcomers`` ask for something and need a key of their own: a row without one, or a copied row,
    then with the key that it was copied with.
    """

    purchases: tuple[OpenBatch, ...] = ()
    views: Mapping[int, View] = field(default_factory=dict)
    newcomers: Mapping[int, str] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)  # rows held back, by sentence
    held: Mapping[str, str] = field(default_factory=dict)  # list requests held back, and by what
    balance_wanted: bool = False  # rows wait for the balance: look whether it was topped up
    settled: Collection[int] = ()  # rows that show their view, until cells, facts or time change


Foreign = Callable[[LeadRow, str], bool]
"""Whether the text in that column of the row was written by somebody other than syncd."""


def make_plan(
    table: Table[LeadRow],
    people: People,
    wishes: Mapping[int, Sequence[Wish]],
    booked: Booked,
    terms: Terms,
    foreign: Foreign,
    now: datetime,
    copies: Collection[int] = (),
    *,
    resting: Collection[int] = (),
) -> Plan:
    """Decide for every row of a worksheet, save those that rest: earlier plans settled them.

    1. A row without a key, or a copied one (``copies``), first gets a key of its own.
    2. For each row and kind, answer from what is known; else see whether it may be bought.
    3. Group what may be bought into batches, within the free slots.
    4. Compose each row's view.
    """
    purse = _Purse(booked=booked, terms=terms)
    views: dict[int, View] = {}
    newcomers: dict[int, str] = {}
    waiting: dict[str, int] = {}
    held: dict[str, str] = {}
    settled: list[int] = []
    for number, row in enumerate(table.rows, table.first):
        if row.blank or number in resting:
            continue
        asked = _asked(row, wishes)
        if not asked and not row.problem and number not in copies:
            if row.key or not any(row.person):
                if view := _leftovers(row, people, foreign):
                    views[number] = view
                elif row.key:
                    settled.append(number)
            continue
        if not row.key or number in copies:
            newcomers[number] = row.key
            continue
        person = people.get(row.prospect_id or 0, NOBODY)
        verdicts = [
            _decide(row, person, kind, wish, purse, terms, foreign, now) for kind, wish in asked
        ]
        for verdict, (_, wish) in zip(verdicts, asked, strict=True):
            if verdict.waits:
                waiting[verdict.says] = waiting.get(verdict.says, 0) + 1
            if verdict.held and wish is not None:
                held[wish.request] = verdict.says
        views[number] = view = _compose(row, person, verdicts, foreign)
        if _is_settled(row, person, verdicts, view, table.header):
            settled.append(number)
    purchases = purse.batches()
    return Plan(
        purchases=purchases,
        views=views,
        newcomers=newcomers,
        waiting=waiting,
        held=held,
        balance_wanted=any("balance" in says for says in waiting),
        settled=settled,
    )


def find_copies(table: Table[R], fingerprints: Mapping[str, str]) -> set[int]:
    """Return the rows that carry a key which is another row's: pasted copies, all but one of each.

    The original is the row whose person is the one that the ledger gave the key to; where that
    does not settle it, the topmost.
    """
    copies: set[int] = set()
    for key, numbers in table.doubled.items():
        given = fingerprints.get(key)
        alike = [n for n in numbers if table.row(n).fingerprint == given]
        copies.update(set(numbers) - {(alike or numbers)[0]})
    return copies


class Verdict(NamedTuple):
    """The answer for one row and kind: a sentence, and a value when there is one."""

    says: str
    value: str = ""
    waits: bool = False
    held: bool = False  # by a cap or a stop, and not only for its turn
    decided: bool = False  # the search is over, so its credits are known


def _asked(row: LeadRow, wishes: Mapping[int, Sequence[Wish]]) -> list[tuple[Kind, Wish | None]]:
    """Return the row's own wishes first, then those that only a list request has for the person."""
    if row.problem:
        return []
    asked: list[tuple[Kind, Wish | None]] = [(kind, None) for kind in row.wanted]
    if row.prospect_id is not None and row.prospect_id in wishes:
        fields = {kind.field for kind in row.wanted}
        for wish in wishes[row.prospect_id]:
            if wish.kind.field not in fields:
                fields.add(wish.kind.field)
                asked.append((wish.kind, wish))
    return asked


def _decide(
    row: LeadRow,
    person: Person,
    kind: Kind,
    wish: Wish | None,
    purse: _Purse,
    terms: Terms,
    foreign: Foreign,
    now: datetime,
) -> Verdict:
    known = _known(row, person, kind)
    shown = row.value(kind.field)
    if shown and (known is None or shown != known.value):
        if foreign(row, VALUE_COLUMN[kind.field]):
            return Verdict(sentence(status.ALREADY_HAS, kind=kind), decided=True)
    if known is not None:
        return known
    told = _told(row, person, kind, terms, now)
    if told is not None:
        return told
    if kind not in terms.kinds:
        return Verdict(sentence(status.NOT_OFFERED, kind=kind))
    if wish is None and kind in terms.ask_first and not row.approved:
        return Verdict(sentence(status.READY, kind=kind, credits=kind.price))
    return purse.take(row, kind, wish)


def _known(row: LeadRow, person: Person, kind: Kind) -> Verdict | None:
    """Return the value the ledger has for the person, whoever paid for it."""
    for fact in person.facts:
        if fact.state is JobState.FOUND and fact.kind.field is kind.field:
            paid = fact.asked_by == row.key and fact.credits > 0
            template = status.FOUND if paid else status.FOUND_FREE
            return Verdict(sentence(template, kind=kind), value=fact.value, decided=True)
    if held := person.held(kind.field):
        return Verdict(sentence(status.FOUND_FREE, kind=kind), value=held, decided=True)
    return None


def _told(row: LeadRow, person: Person, kind: Kind, terms: Terms, now: datetime) -> Verdict | None:
    """Return what the person's jobs already answer, or None when nothing stands against buying."""
    fact = answer(person, kind, cool_off=terms.cool_off, now=now)
    if fact is None:
        return None
    if fact.state is JobState.WAITING:
        return Verdict(_searching(fact, kind, terms))
    if fact.state is JobState.UNKNOWN:
        says = sentence(status.UNKNOWN, kind=kind, prospect=row.prospect_id)
        return Verdict(says, decided=True)
    return _over(row, fact, kind, datetime.fromisoformat(fact.at), terms)


def _searching(fact: Fact, kind: Kind, terms: Terms) -> str:
    if fact.batch_state is BatchState.PARKED:
        return sentence(status.PARKED, kind=kind)
    if fact.batch_state in {BatchState.SUBMITTING, BatchState.IN_DOUBT}:
        return sentence(status.UNSURE, kind=kind)
    if fact.batch_state in {BatchState.PLANNED, BatchState.LIST_READY}:
        return terms.hold or sentence(status.QUEUED, kind=kind)
    since = datetime.fromisoformat(fact.at).astimezone(terms.zone)
    return sentence(status.SEARCHING, kind=kind, time=since)


def _over(row: LeadRow, fact: Fact, kind: Kind, at: datetime, terms: Terms) -> Verdict:
    credits = fact.credits if fact.asked_by == row.key else 0
    if fact.state is JobState.EXPIRED:
        return Verdict(sentence(status.EXPIRED, kind=kind, credits=credits), decided=True)
    if fact.state is JobState.UNRECOGNISED:
        return Verdict(sentence(status.UNRECOGNISED, kind=kind), decided=True)
    says = sentence(
        status.MISSED,
        kind=kind,
        credits=credits,
        day=at.astimezone(terms.zone).date(),
        again=(at + terms.cool_off).astimezone(terms.zone).date(),
    )
    return Verdict(says, decided=True)


class _Purse:
    """Hands out what the caps and free slots allow, row by row, and remembers to whom."""

    def __init__(self, *, booked: Booked, terms: Terms) -> None:
        self._booked = booked
        self._terms = terms
        self._taken: dict[tuple[int, Field], str] = {}
        self._open: list[tuple[tuple[Kind, str], Wish | None, list[Candidate]]] = []

    def take(self, row: LeadRow, kind: Kind, wish: Wish | None) -> Verdict:
        """Return the row's place in a batch to be opened, or what it waits for."""
        prospect = row.prospect_id or 0
        if (earlier := self._taken.get((prospect, kind.field))) is not None:
            return Verdict(earlier, waits=True)  # the same person in a row above
        if self._terms.hold:
            return Verdict(self._terms.hold, waits=True, held=True)
        request = wish.request if wish else ""
        cap = cap_hit(
            self._terms.caps,
            self._booked,
            kind,
            kind.price,
            request=request,
            request_cap=wish.request_cap if wish else None,
        )
        if cap is not None:
            return Verdict(sentence(status.WAITING[cap], kind=kind), waits=True, held=True)
        says = sentence(status.QUEUED, kind=kind)
        self._taken[prospect, kind.field] = says
        members = self._members(kind, wish)
        if members is not None:
            members.append(Candidate(prospect, row.key))
            self._booked = self._booked.add(kind, kind.price, request)
        return Verdict(says, waits=True)

    def _members(self, kind: Kind, wish: Wish | None) -> list[Candidate] | None:
        group = (kind, wish.request if wish else "")
        in_place = wish is not None and wish.purchasing is Purchasing.IN_PLACE
        room = self._terms.batch_size if self._terms.tried else self._terms.first_batch
        for name, _, members in self._open:
            if name == group and (in_place or len(members) < room):
                return members
        if len(self._open) >= self._terms.slots or (self._open and not self._terms.tried):
            return None
        self._open.append((group, wish, []))
        return self._open[-1][2]

    def batches(self) -> tuple[OpenBatch, ...]:
        return tuple(
            OpenBatch(
                kind=kind,
                people=tuple(sorted(members)),
                request=request,
                request_cap=wish.request_cap if wish else None,
                purchasing=wish.purchasing if wish else Purchasing.DEDICATED,
                list_id=wish.list_id if wish else None,
            )
            for (kind, request), wish, members in self._open
            if members
        )


def _compose(row: LeadRow, person: Person, verdicts: Sequence[Verdict], foreign: Foreign) -> View:
    """Compose the row's view: its sentences, its values, and what it has cost."""
    says = row.problem or " ".join(verdict.says for verdict in verdicts)
    view: View = {Lead.STATUS: says}
    view.update(_values(row, person, verdicts, foreign))
    if any(verdict.decided for verdict in verdicts):
        spent = sum(fact.credits for fact in person.facts if fact.asked_by == row.key)
        view[Lead.CREDITS] = str(spent)
    return view


def _is_settled(
    row: LeadRow, person: Person, verdicts: Sequence[Verdict], view: View, header: Header
) -> bool:
    """Return whether the row shows its view, and neither purse, nor hold, nor batch can change it.

    What else goes into a view is the row, the person, the wishes, and in days the time.
    """
    if any(verdict.waits for verdict in verdicts):
        return False
    if any(fact.state is JobState.WAITING for fact in person.facts):
        return False
    return all(row.owned(column) == text for column, text in view.items() if column in header.at)


def _values(row: LeadRow, person: Person, verdicts: Sequence[Verdict], foreign: Foreign) -> View:
    """Say which values belong in the row; an old answer is not left beside a new question."""
    view: View = {}
    for field_, column in VALUE_COLUMN.items():
        shown = row.value(field_)
        found = [v.value for v in verdicts if v.value and _is_for(v, field_, person)]
        if found:
            view[column] = found[0]
        elif shown and shown not in _values_of(person, field_) and not foreign(row, column):
            view[column] = ""
    return view


def _is_for(verdict: Verdict, field_: Field, person: Person) -> bool:
    return verdict.value in _values_of(person, field_)


def _values_of(person: Person, field_: Field) -> set[str]:
    found = {
        fact.value
        for fact in person.facts
        if fact.state is JobState.FOUND and fact.kind.field is field_
    }
    return found | {person.held(field_)} - {""}


def _leftovers(row: LeadRow, people: People, foreign: Foreign) -> View:
    """Clear what syncd wrote in a row that no longer asks, or asks about somebody else."""
    view: View = {}
    if row.status and not foreign(row, Lead.STATUS):
        view[Lead.STATUS] = ""
        if not row.key:  # the row of nobody: a write went astray here, long ago
            view |= {c: "" for c in (Lead.CREDITS, Lead.UPDATED) if row.owned(c)}
    if row.email or row.phone:
        person = people.get(row.prospect_id or 0, NOBODY)
        view.update(_values(row, person, (), foreign))
    return view
