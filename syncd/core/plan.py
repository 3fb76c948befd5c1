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
a human's value stands in the cell     no               already has one, or what was found
a job is open for person and field     no               searching, unsure, or parked
missed, within the cool-off            no               nothing found, and until when
expired, unrecognised                  no               ask your admin
the vendor does not know the person    no               check the number
the vendor left the person out lately  no               no charge, asked again later
the kind is turned off                 no               turned off
the kind asks first, no tick           no               ready, and the price
it asks first, the tick is for other   no               changed, and the price
it came in a big paste, no tick since  no               ready, and the price
buying is held for the account         no               what it waits for
a cap would be passed                  no               which cap
else                                   yes, in a batch  queued, until the batch is opened
=====================================  ===============  ==========================================
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core import status
from syncd.core.approval import Approval, Approvals, find_objection, review
from syncd.core.credits import Booked, Cap
from syncd.core.leads import VALUE_COLUMN, LeadRow
from syncd.core.memory import NOBODY, Fact, People, Person, answer
from syncd.core.model import UNSENT, BatchState, JobState, Kind
from syncd.core.pasting import NONE_HELD, Held
from syncd.core.purse import OpenBatch, Purse, Terms, Wish
from syncd.core.status import sentence
from syncd.core.table import R, Table
from syncd.core.verdict import Stage, Verdict
from syncd.core.views import Foreign, View, clear, compose, is_settled

NO_TICKS: Approvals = {}

# Each step of a search's progress rewrites the rows that still wait. A batch of this size or less
# shows each one; a big one on the user's own list shows rounded steps.
_SHOWN_STEPS = 25

Backed = tuple[str, int, Kind]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """``views`` are by 0-based sheet row.

    ``newcomers`` ask for something and need a key of their own: a row without one, or a copied row,
    then with the key that it was copied with. ``ticks`` are by key what ticks stand for, where that
    changed: to be recorded before anything is bought. ``backed`` are those whose purchase was not
    sent, and is still wanted, by key, prospect id and kind.
    """

    purchases: tuple[OpenBatch, ...] = ()
    views: Mapping[int, View] = field(default_factory=dict)
    newcomers: Mapping[int, str] = field(default_factory=dict)
    waiting: Mapping[str, int] = field(default_factory=dict)  # rows held back, by sentence
    held: Mapping[str, str] = field(default_factory=dict)  # list requests held back, and by what
    balance_wanted: bool = False  # rows wait for the balance: look whether it was topped up
    pasted: Held = NONE_HELD  # rows of big pastes that wait for somebody's word
    unticked: Collection[str] = ()  # fingerprints of those whose tick was taken away
    settled: Collection[int] = ()  # rows that show their view, until cells, facts or time change
    ticks: Mapping[str, Approval | None] = field(default_factory=dict)
    backed: Collection[Backed] = ()


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
    approvals: Approvals = NO_TICKS,
) -> Plan:
    """Decide for every row of a worksheet, save those that rest: earlier plans settled them.

    1. A row without a key, or a copied one (``copies``), first gets a key of its own.
    2. See what the row's tick stands for.
    3. For each row and kind, answer from what is known; else see whether it may be bought.
    4. Group what may be bought into batches, within the free slots.
    5. Compose each row's view.
    """
    purse = Purse(booked=booked, terms=terms)
    views: dict[int, View] = {}
    newcomers: dict[int, str] = {}
    waiting: dict[str, int] = {}
    held: dict[str, str] = {}
    settled: list[int] = []
    unticked: list[str] = []
    pasted = NONE_HELD
    ticks: dict[str, Approval | None] = {}
    backed: set[Backed] = set()
    floored = False
    for number, row in enumerate(table.rows, table.first):
        if row.blank or number in resting:
            continue
        approval = None
        if row.key and number not in copies:
            known = approvals.get(row.key)
            approval = review(row, known, now)
            if approval is not known:
                ticks[row.key] = approval
        asked = _asked(row, wishes)
        if not asked and not row.problem and (number not in copies or not any(row.person)):
            # Rows that nobody ever asked for are many, and have no key to rest by.
            told = row.key or row.status or row.email or row.phone or not any(row.person)
            if told and (view := clear(row, people, foreign)):
                views[number] = view
            elif row.key:
                settled.append(number)
            continue
        if not row.key or number in copies:
            newcomers[number] = row.key
            credits = sum(kind.price for kind in asked if _hold_paste(row, kind, terms))
            pasted = pasted.add(credits)
            continue
        if terms.pasted and not row.approved and terms.pasted.get(row.fingerprint):
            unticked.append(row.fingerprint)
        person = people.get(row.prospect_id or 0, NOBODY)
        objections = {
            kind: find_objection(row, kind, person, approval)
            for kind in asked
            if kind in terms.ask_first
        }
        verdicts = [
            _decide(
                row,
                person,
                kind,
                payers,
                purse,
                terms,
                foreign,
                now,
                objection=objections.get(kind, ""),
            )
            for kind, payers in asked.items()
        ]
        credits = sum(
            kind.price
            for kind, verdict in zip(asked, verdicts, strict=True)
            if verdict.stage is Stage.PASTED
        )
        pasted = pasted.add(credits)
        backed |= _find_backed(row, person, verdicts, terms.kinds, objections)
        for verdict, payers in zip(verdicts, asked.values(), strict=True):
            if verdict.waits:
                waiting[verdict.says] = waiting.get(verdict.says, 0) + 1
                floored = floored or verdict.cap is Cap.FLOOR
            if verdict.stage is Stage.HELD:
                held.update((wish.request, verdict.says) for wish in payers if wish)
        views[number] = view = compose(row, person, verdicts, foreign)
        if is_settled(row, person, verdicts, view, table.header):
            settled.append(number)
    purchases = purse.batches()
    return Plan(
        purchases=purchases,
        views=views,
        newcomers=newcomers,
        waiting=waiting,
        held=purse.held | held,
        balance_wanted=floored,
        pasted=pasted,
        unticked=unticked,
        settled=settled,
        ticks=ticks,
        backed=backed,
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


def _asked(row: LeadRow, wishes: Mapping[int, Sequence[Wish]]) -> dict[Kind, list[Wish | None]]:
    """Return who asks for each kind, and would pay for it: the row (None), then list requests."""
    if row.problem:
        return {}
    asked: dict[Kind, list[Wish | None]] = {kind: [None] for kind in row.wanted}
    if row.prospect_id is not None:
        for wish in wishes.get(row.prospect_id, ()):
            asked.setdefault(wish.kind, []).append(wish)
    return asked


def _decide(
    row: LeadRow,
    person: Person,
    kind: Kind,
    payers: Sequence[Wish | None],
    purse: Purse,
    terms: Terms,
    foreign: Foreign,
    now: datetime,
    *,
    objection: str,
) -> Verdict:
    """Answer for one kind. ``objection`` is why the row itself may not pay, as a sentence."""
    known = _known(row, person, kind)
    shown = row.value(kind.field)
    if shown and (known is None or shown != known.value):
        if foreign(row, VALUE_COLUMN[kind.field]):
            says = sentence(status.ALREADY_HAS, kind=kind)
            if known is not None:
                says = sentence(status.FOUND_BESIDE, kind=kind, value=known.value)
            return Verdict(kind.field, Stage.OVER, says)
    if known is not None:
        return known
    told = _told(row, person, kind, terms, now)
    if told is not None:
        return told
    if kind not in terms.kinds:
        return Verdict(kind.field, Stage.ASKED, sentence(status.NOT_OFFERED, kind=kind))
    return _pay(row, kind, payers, purse, terms, objection)


def _pay(
    row: LeadRow,
    kind: Kind,
    payers: Sequence[Wish | None],
    purse: Purse,
    terms: Terms,
    objection: str,
) -> Verdict:
    """Let the first pay who may: the row, once approved, or a list request with credits left."""
    refused: list[Verdict] = []
    for payer in payers:
        if payer is None and objection:
            refused.append(Verdict(kind.field, Stage.ASKED, objection))
            continue
        if payer is None and (held := _hold_paste(row, kind, terms)):
            refused.append(held)
            continue
        verdict = purse.take(row, kind, payer)
        if verdict.cap is not Cap.REQUEST:
            return verdict
        refused.append(verdict)
    return refused[-1]


def _hold_paste(row: LeadRow, kind: Kind, terms: Terms) -> Verdict | None:
    """Let a row of a big paste ask first; a tick that came with the paste is nobody's word."""
    if not terms.pasted or (ticked := terms.pasted.get(row.fingerprint)) is None:
        return None
    if row.approved and not ticked:
        return None
    template = status.READY_ANEW if row.approved else status.READY
    return Verdict(kind.field, Stage.PASTED, sentence(template, kind=kind, credits=kind.price))


def _find_backed(
    row: LeadRow,
    person: Person,
    verdicts: Sequence[Verdict],
    offered: Collection[Kind],
    objections: Mapping[Kind, str],
) -> set[Backed]:
    """Return which unsent purchases made for this row it would have made now, too."""
    waits = {verdict.field for verdict in verdicts if verdict.waits}
    return {
        (row.key, row.prospect_id or 0, fact.kind)
        for fact in person.facts
        if fact.state is JobState.WAITING
        and fact.batch_state in UNSENT
        and fact.asked_by == row.key
        and fact.kind in row.wanted
        and fact.kind in offered
        and fact.kind.field in waits
        and not objections.get(fact.kind)
    }


def _known(row: LeadRow, person: Person, kind: Kind) -> Verdict | None:
    """Return the value the ledger has for the person, whoever paid for it."""
    for fact in person.facts:
        if fact.state is JobState.FOUND and fact.kind.field is kind.field:
            paid = fact.asked_by == row.key and fact.credits > 0
            template = status.FOUND if paid else status.FOUND_FREE
            return Verdict(kind.field, Stage.OVER, sentence(template, kind=kind), fact.value)
    if held := person.held(kind.field):
        return Verdict(kind.field, Stage.OVER, sentence(status.FOUND_FREE, kind=kind), held)
    return None


def _told(row: LeadRow, person: Person, kind: Kind, terms: Terms, now: datetime) -> Verdict | None:
    """Return what the person's jobs already answer, or None when nothing stands against buying."""
    fact = answer(person, kind, cool_off=terms.cool_off, now=now)
    if fact is None:
        return None
    if fact.state is JobState.WAITING:
        return _searching(fact, kind, terms)
    return Verdict(kind.field, Stage.OVER, _over(row, fact, kind, terms))


def _searching(fact: Fact, kind: Kind, terms: Terms) -> Verdict:
    stage = Stage.SEARCHING
    if fact.batch_state is BatchState.PARKED:
        says = sentence(status.PARKED, kind=kind)
    elif fact.batch_state in {BatchState.SUBMITTING, BatchState.IN_DOUBT}:
        says = sentence(status.UNSURE, kind=kind)
    elif fact.batch_state not in UNSENT:
        since = datetime.fromisoformat(fact.at).astimezone(terms.zone)
        done = fact.decided - fact.decided % max(1, fact.size // _SHOWN_STEPS)
        template = status.SEARCHING_ON if done else status.SEARCHING
        says = sentence(template, kind=kind, time=since, done=done, size=fact.size)
    elif terms.hold:
        stage, says = Stage.HELD, terms.hold
    else:
        stage, says = Stage.QUEUED, sentence(status.QUEUED, kind=kind)
    return Verdict(kind.field, stage, says)


def _over(row: LeadRow, fact: Fact, kind: Kind, terms: Terms) -> str:
    credits = fact.credits if fact.asked_by == row.key else 0
    if fact.state is JobState.UNKNOWN:
        return sentence(status.UNKNOWN, kind=kind, prospect=row.prospect_id)
    if fact.state is JobState.CANCELLED:
        return sentence(status.LEFT_OUT, kind=kind)
    if fact.state is JobState.EXPIRED:
        return sentence(status.EXPIRED, kind=kind, credits=credits)
    if fact.state is JobState.UNRECOGNISED:
        return sentence(status.UNRECOGNISED, kind=kind)
    at = datetime.fromisoformat(fact.at)
    return sentence(
        status.MISSED,
        kind=kind,
        credits=credits,
        day=at.astimezone(terms.zone).date(),
        again=(at + terms.cool_off).astimezone(terms.zone).date(),
    )
