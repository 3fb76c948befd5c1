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
missed, within the cool-off            no               nothing found, until when, what next costs
the same, and asked for again since    as below         as below
expired, unrecognised                  no               ask your admin
the vendor does not know the person    no               check the number
the vendor left the person out lately  no               no charge, asked again later
a human typed it in another row        no               already has one there
the kind is turned off                 no               turned off
the kind asks first, no tick           no               ready, and the price
it asks first, the tick is for other   no               changed, and the price
it came in a big paste, no tick since  no               ready, and the price
buying is held for the account         no               what it waits for
few were found on the worksheet lately no               that the kind is paused
a cap would be passed                  no               which cap
else                                   yes, in a batch  queued, until the batch is opened
=====================================  ===============  ==========================================
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from syncd.core import cells, status
from syncd.core.answers import find_answer, find_value
from syncd.core.approval import Approval, Approvals, find_objection, review
from syncd.core.credits import Booked, Cap
from syncd.core.leads import VALUE_COLUMN, LeadRow
from syncd.core.memory import NOBODY, People, Person
from syncd.core.model import UNSENT, JobState, Kind
from syncd.core.pasting import NONE_HELD, Held
from syncd.core.purse import OpenBatch, Purse, Terms, Wish
from syncd.core.repeats import review_repeat, wished_at
from syncd.core.status import sentence
from syncd.core.table import R, Table
from syncd.core.verdict import Stage, Verdict
from syncd.core.views import Foreign, View, clear, compose, is_settled

NO_TICKS: Approvals = {}

Backed = tuple[str, int, Kind]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """``views`` are by 0-based sheet row.

    ``newcomers`` ask for something and need a key of their own: a row without one, or a copied row,
    then with the key that it was copied with. ``ticks`` are by key what ticks stand for, where that
    changed: to be recorded before anything is bought; so are ``repeats``, wishes to search again.
    ``backed`` are those whose purchase was not sent, and is still wanted, by key,
    prospect id and kind.
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
    repeats: Mapping[str, Approval | None] = field(default_factory=dict)
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
    repeats: Approvals = NO_TICKS,
) -> Plan:
    """Decide for every row of a worksheet, save those that rest: earlier plans settled them.

    1. A row without a key, or a copied one (``copies``), first gets a key of its own.
    2. See what the row's tick stands for, and its wish to search again.
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
    wished: dict[str, Approval | None] = {}
    backed: set[Backed] = set()
    floored = False
    for number, row in enumerate(table.rows, table.first):
        if row.blank or number in resting:
            continue
        approval = repeat = None
        if row.key and number not in copies:
            approval = _review(row, approvals, review, now, ticks)
            repeat = _review(row, repeats, review_repeat, now, wished)
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
                again=wished_at(row, kind, repeat),
            )
            for kind, payers in asked.items()
        ]
        credits = sum(
            kind.price
            for kind, verdict in zip(asked, verdicts, strict=True)
            if verdict.stage is Stage.PASTED
        )
        pasted = pasted.add(credits)
        backed |= _find_backed(row, person, verdicts, terms, objections, repeat, now)
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
        repeats=wished,
        backed=backed,
    )


def _review(
    row: LeadRow,
    known: Approvals,
    judge: Callable[[LeadRow, Approval | None, datetime], Approval | None],
    now: datetime,
    changed: dict[str, Approval | None],
) -> Approval | None:
    """Return what the row's tick or wish stands for now, and note where that is new."""
    before = known.get(row.key)
    after = judge(row, before, now)
    if after is not before:
        changed[row.key] = after
    return after


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
    again: datetime | None,
) -> Verdict:
    """Answer for one kind. ``objection`` is why the row itself may not pay, as a sentence.

    ``again`` is since when the row wishes to have searched once more what was not found.
    """
    known = find_value(row, person, kind, terms)
    shown = row.value(kind.field)
    if shown and (known is None or shown != known.value):
        if foreign(row, VALUE_COLUMN[kind.field]):
            template = _find_template(row, person, kind) if known is None else status.FOUND_BESIDE
            value = known.value if known else ""
            return Verdict(kind.field, Stage.OVER, sentence(template, kind=kind, value=value))
    if known is not None:
        return known
    told = find_answer(row, person, kind, terms, now, again)
    if told is not None:
        return told
    if typed := terms.elsewhere(row.prospect_id or 0, kind.field):
        says = sentence(status.SUPPLIED, kind=kind, value=cells.brief(typed))
        return Verdict(kind.field, Stage.OVER, says, supplied=True)
    if kind not in terms.kinds:
        return Verdict(kind.field, Stage.ASKED, sentence(status.NOT_OFFERED, kind=kind))
    if again is not None and find_answer(row, person, kind, terms, now, None) is None:
        again = None  # nothing stood against it anyway
    # A list request does not pay for what only the row wishes.
    return _pay(row, kind, payers if again is None else [None], purse, terms, objection, again)


def _find_template(row: LeadRow, person: Person, kind: Kind) -> str:
    """Return what is said beside a human's value: whether the row has paid is told as it is."""
    for fact in person.facts:
        if fact.kind.field is not kind.field or fact.asked_by != row.key:
            continue
        if fact.state is not JobState.WAITING:
            return status.ALREADY_SEARCHED if fact.credits else status.ALREADY_HAS
        if fact.batch_state not in UNSENT:
            return status.ALREADY_SEARCHING
    return status.ALREADY_HAS


def _pay(
    row: LeadRow,
    kind: Kind,
    payers: Sequence[Wish | None],
    purse: Purse,
    terms: Terms,
    objection: str,
    again: datetime | None,
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
        verdict = purse.take(row, kind, payer, again)
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
    terms: Terms,
    objections: Mapping[Kind, str],
    repeat: Approval | None,
    now: datetime,
) -> set[Backed]:
    """Return which unsent purchases made for this row it would have made now, too."""
    unsent = [fact for fact in person.facts if fact.batch_state in UNSENT]
    if not unsent:
        return set()
    before = person._replace(
        facts=tuple(fact for fact in person.facts if fact.state is not JobState.WAITING)
    )
    waits = {verdict.field for verdict in verdicts if verdict.waits}
    return {
        (row.key, row.prospect_id or 0, fact.kind)
        for fact in unsent
        if fact.state is JobState.WAITING
        and fact.asked_by == row.key
        and fact.kind in row.wanted
        and fact.kind in terms.kinds
        and fact.kind.field in waits
        and not objections.get(fact.kind)
        and find_answer(row, before, fact.kind, terms, now, wished_at(row, fact.kind, repeat))
        is None
    }
