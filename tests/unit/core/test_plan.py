"""The decision table of ``core/plan.py``, and what goes into batches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core import status
from syncd.core.approval import Approval, Approvals
from syncd.core.credits import Booked, Cap, Caps
from syncd.core.header import Header
from syncd.core.leads import COLUMNS, Lead, LeadRow, parse_lead
from syncd.core.memory import Fact, Person
from syncd.core.model import BatchState, JobState, Kind, Purchasing
from syncd.core.plan import NO_TICKS, Plan, find_copies, make_plan
from syncd.core.purse import Terms, Wish
from syncd.core.status import sentence
from syncd.core.table import Reader, Table

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
HEADER = Header(row=0, at={c.name: i for i, c in enumerate(COLUMNS)}, width=len(COLUMNS))
PLENTY = Caps(day=10_000, month=10_000)


def row(**cells: object) -> list[object]:
    cells = {"Prospect ID": 7, "Find": "Email", "Key": "k1", **cells}
    return [cells.get(column.name, "") for column in COLUMNS]


def table(*rows: Sequence[object]) -> Table[LeadRow]:
    return Reader(parse_lead).read([[], *rows], HEADER)


def fact(
    state: JobState = JobState.FOUND,
    *,
    kind: Kind = Kind.EMAIL,
    value: str = "",
    by: str = "k1",
    credits: int = 3,
    days: int = 1,
    batch: BatchState = BatchState.SETTLED,
) -> Person:
    at = (NOW - timedelta(days=days)).isoformat()
    return Person(facts=(Fact(kind, state, value, by, credits, at, batch),))


def plan(
    *rows: Sequence[object],
    people: dict[int, Person] | None = None,
    wishes: dict[int, list[Wish]] | None = None,
    booked: Booked | None = None,
    foreign: bool = False,
    repeats: Approvals = NO_TICKS,
    **terms: object,
) -> Plan:
    settings = {"caps": PLENTY, "zone": UTC, "tried": True, "ask_first": frozenset(), **terms}
    return make_plan(
        table(*rows),
        people or {},
        wishes or {},
        booked or Booked(),
        Terms(**settings),  # type: ignore[arg-type]
        lambda _row, _column: foreign,
        NOW,
        repeats=repeats,
    )


FOUND = fact(value="a@example.com")
EMAIL = Kind.EMAIL
YESTERDAY = (NOW - timedelta(days=1)).date()

# What is true of the row, and what it says. None of these buys anything.
SETTLED = [
    # a value is known: this row paid, another paid, the vendor showed it for nothing
    (row(), FOUND, sentence(status.FOUND, kind=EMAIL)),
    (
        row(),
        fact(value="a@example.com", by="other"),
        sentence(status.FOUND_ROW, kind=EMAIL, day=YESTERDAY),
    ),
    (row(), fact(value="a@example.com", credits=0), sentence(status.FOUND_FREE, kind=EMAIL)),
    (row(), Person(facts=(), email="a@example.com"), sentence(status.FOUND_FREE, kind=EMAIL)),
    # a plain wish is answered by what a waterfall found
    (
        row(),
        fact(kind=Kind.EMAIL_WATERFALL, value="a@example.com"),
        sentence(status.FOUND, kind=EMAIL),
    ),
    # a job is open for the person and field, whatever its kind
    (
        row(),
        fact(JobState.WAITING, batch=BatchState.ACCEPTED),
        sentence(status.SEARCHING, kind=EMAIL, time=NOW),
    ),
    (
        row(),
        fact(JobState.WAITING, kind=Kind.EMAIL_WATERFALL, batch=BatchState.PLANNED),
        sentence(status.QUEUED, kind=EMAIL),
    ),
    (
        row(),
        fact(JobState.WAITING, batch=BatchState.IN_DOUBT),
        sentence(status.UNSURE, kind=EMAIL),
    ),
    (
        row(),
        fact(JobState.WAITING, batch=BatchState.PARKED),
        sentence(status.PARKED, kind=EMAIL),
    ),
    # missed within the cool-off; a waterfall's miss covers the plain search
    (
        row(),
        fact(JobState.MISSED),
        (
            "No email found (3 credits, 11 May 2026). Not searched again before 9 Aug 2026, unless "
            "you pick in Find: “Email again” (3 credits) or “Email (waterfall)” (6 credits)."
        ),
    ),
    (
        row(),
        fact(JobState.MISSED, kind=Kind.EMAIL_WATERFALL, credits=6),
        (
            "No email found (6 credits, 11 May 2026). Not searched again before 9 Aug 2026, unless "
            "you pick in Find: “Email again” (3 credits)."
        ),
    ),
    # asked for again, and searched for since, or asked so by a copy
    (
        row(Find="Email again"),
        fact(JobState.MISSED),
        (
            "No email found (3 credits, 11 May 2026). Not searched again before 9 Aug 2026, unless "
            "you pick in Find: “Email again” anew (3 credits) or “Email (waterfall)” (6 credits)."
        ),
    ),
    (row(), fact(JobState.EXPIRED), sentence(status.EXPIRED, kind=EMAIL, credits=3)),
    (row(), fact(JobState.UNRECOGNISED), sentence(status.UNRECOGNISED, kind=EMAIL)),
    (
        row(),
        fact(JobState.UNKNOWN, days=0),
        sentence(status.UNKNOWN, kind=EMAIL, prospect=7),
    ),
    # mistakes
    (row(**{"Prospect ID": ""}), None, "Add the Prospect ID of this person."),
    (
        row(**{"Prospect ID": "12a"}),
        None,
        "“12a” is not a Prospect ID: it must be a whole number.",
    ),
    (row(**{"Prospect ID": 1.5}), None, "“1.5” is not a Prospect ID: it must be a whole number."),
    (row(**{"Prospect ID": "#REF!"}), None, "The Prospect ID shows #REF!. Mend its formula."),
    (row(Find="Fax"), None, "Find says “Fax”. Pick one of the choices in the list."),
]


@pytest.mark.parametrize(("cells", "person", "says"), SETTLED)
def test_a_row_that_needs_no_purchase_says_why(
    cells: list[object], person: Person | None, says: str
) -> None:
    repeats = {"k1": Approval(question="", prices={}, at=NOW)}
    made = plan(cells, people={7: person} if person else {}, repeats=repeats)
    assert made.purchases == ()
    assert made.views[1][Lead.STATUS] == says


# What lets the same row be bought: nothing known, or what is known is over.
BUYABLE = [
    None,
    fact(JobState.MISSED, days=91),  # the cool-off has passed
    fact(JobState.UNKNOWN, days=2),
    fact(JobState.FOUND, kind=Kind.PHONE, value="+12025550123", credits=30),  # another field
]


@pytest.mark.parametrize("person", BUYABLE)
def test_a_row_that_may_be_bought_is_queued_in_a_batch(person: Person | None) -> None:
    made = plan(row(), people={7: person} if person else {})
    (batch,) = made.purchases
    assert (batch.kind, batch.credits) == (Kind.EMAIL, 3)
    assert batch.people == ((7, "k1"),)
    assert made.views[1][Lead.STATUS] == sentence(status.QUEUED, kind=EMAIL)


def test_a_plain_miss_does_not_stand_against_an_explicit_waterfall() -> None:
    made = plan(row(Find="Email (waterfall)"), people={7: fact(JobState.MISSED)})
    assert [batch.kind for batch in made.purchases] == [Kind.EMAIL_WATERFALL]


def test_a_search_is_made_again_where_somebody_wishes_it_after_a_miss_and_only_then() -> None:
    missed = {7: fact(JobState.MISSED)}  # yesterday
    again = row(Find="Email again")
    (wish,) = plan(again, people=missed).repeats.items()
    assert wish == ("k1", Approval(question="prospect 7", prices={EMAIL: 3}, at=NOW))
    (bought,) = plan(again, people=missed).purchases
    assert (bought.people, bought.again) == (((7, "k1"),), {7: NOW})
    for known in (
        replace(wish[1], at=NOW - timedelta(days=2)),  # it has been used
        replace(wish[1], question="prospect 8"),  # it was for somebody else
        replace(wish[1], prices={EMAIL: 2}),  # it was cheaper then
    ):
        assert plan(again, people=missed, repeats={"k1": known}).purchases == ()
    assert plan(row(), people=missed, repeats=dict([wish])).repeats == {"k1": None}


def test_a_value_in_another_row_of_the_person_is_not_bought() -> None:
    made = plan(row(), elsewhere=lambda prospect, _: "me@example.com" if prospect == 7 else "")
    assert made.purchases == ()
    assert made.views[1][Lead.STATUS] == (
        "Already has an email in another row of this person: me@example.com. Nothing was bought."
    )


def test_a_value_that_a_human_typed_is_neither_bought_nor_replaced() -> None:
    made = plan(row(Email="me@customer.example"), foreign=True)
    assert made.purchases == ()
    assert made.views[1][Lead.STATUS] == sentence(status.ALREADY_HAS, kind=EMAIL)
    assert Lead.EMAIL not in made.views[1]


def test_a_find_does_not_replace_what_a_human_typed_meanwhile() -> None:
    made = plan(row(Email="me@customer.example"), people={7: FOUND}, foreign=True)
    assert Lead.EMAIL not in made.views[1]


def test_an_old_answer_is_not_left_beside_a_new_question() -> None:
    made = plan(row(Email="old@example.com"), foreign=False)
    assert made.views[1][Lead.EMAIL] == ""


def test_a_row_that_stops_asking_loses_its_sentence_and_keeps_its_value() -> None:
    made = plan(row(Find="", Status="Found the email.", Email="a@example.com"), people={7: FOUND})
    assert made.views[1] == {Lead.STATUS: ""}


def test_rows_are_charged_what_they_paid_and_no_other() -> None:
    rows = (row(), row(Key="k2"))
    made = plan(*rows, people={7: FOUND})
    assert [made.views[n][Lead.CREDITS] for n in (1, 2)] == ["3", "0"]


def test_two_kinds_make_two_sentences() -> None:
    made = plan(row(Find="Email + phone"), people={7: FOUND}, ask_first={Kind.PHONE})
    assert made.views[1][Lead.STATUS] == (
        "Found the email. Ready: 30 credits for the phone. Tick Approve to buy."
    )


def test_a_kind_that_asks_first_is_bought_only_with_a_tick() -> None:
    asks = {"ask_first": {Kind.PHONE}}
    assert plan(row(Find="Phone"), **asks).purchases == ()
    assert plan(row(Find="Phone", Approve=True), **asks).purchases != ()


def test_a_kind_that_is_turned_off_is_not_bought() -> None:
    made = plan(row(), kinds=frozenset({Kind.PHONE}))
    assert made.purchases == ()
    assert made.views[1][Lead.STATUS] == sentence(status.NOT_OFFERED, kind=EMAIL)


def test_the_same_person_twice_is_one_purchase() -> None:
    made = plan(row(), row(Key="k2"), row(Key="k3", Find="Email (waterfall)"))
    assert [batch.people for batch in made.purchases] == [((7, "k1"),)]


def test_while_buying_is_held_rows_wait_and_say_why() -> None:
    made = plan(row(), hold=status.HOLD_DOUBT)
    assert made.purchases == ()
    assert made.views[1][Lead.STATUS] == status.HOLD_DOUBT


# A cap, what is booked under it, and which cap a row then names.
CAPS = [
    (Caps(day=5, month=99), Booked(day=3), Cap.DAY),
    (Caps(day=99, month=5), Booked(month=3), Cap.MONTH),
    (Caps(day=99, month=99, worksheet_day=5), Booked(worksheet_day=3), Cap.WORKSHEET_DAY),
    (Caps(day=99, month=99, kind_day={EMAIL: 5}), Booked(kind_day={EMAIL: 3}), Cap.KIND_DAY),
    (Caps(day=99, month=99, floor=10), Booked(balance=15, unsettled=3), Cap.FLOOR),
]


@pytest.mark.parametrize(("caps", "booked", "cap"), CAPS)
def test_over_a_cap_a_row_waits_and_names_it(caps: Caps, booked: Booked, cap: Cap) -> None:
    made = plan(row(), caps=caps, booked=booked)
    assert made.purchases == ()
    assert made.views[1][Lead.STATUS] == sentence(status.WAITING[cap], kind=EMAIL)
    assert made.balance_wanted == (cap is Cap.FLOOR)
    assert plan(row(), caps=caps).purchases != ()


def test_a_request_pays_from_its_own_credits_first() -> None:
    wish = Wish(kind=EMAIL, request="r1", request_cap=5)
    rows = [row(**{"Prospect ID": n, "Key": f"k{n}", "Find": ""}) for n in (1, 2)]
    made = plan(*rows, wishes={1: [wish], 2: [wish]})
    assert [(b.request, len(b.people)) for b in made.purchases] == [("r1", 1)]
    assert made.held == {"r1": status.WAITING[Cap.REQUEST]}


def test_who_may_not_pay_leaves_it_to_the_next_who_asks() -> None:
    empty = Wish(kind=EMAIL, request="r1", request_cap=0)
    rich = Wish(kind=EMAIL, request="r2", request_cap=None)
    unapproved = {"ask_first": frozenset({EMAIL})}
    made = plan(row(), wishes={7: [empty, rich]}, **unapproved)
    assert [batch.request for batch in made.purchases] == ["r2"]
    assert made.held == {"r1": status.WAITING[Cap.REQUEST]}
    made = plan(row(), wishes={7: [empty]}, **unapproved)
    assert made.purchases == ()
    assert made.views[1][Lead.STATUS] == status.WAITING[Cap.REQUEST]
    (batch,) = plan(row(), wishes={7: [rich]}).purchases
    assert batch.request == ""  # an approved row pays for itself


def test_a_request_may_want_the_dearer_search_that_the_row_itself_does_not() -> None:
    wish = Wish(kind=Kind.EMAIL_WATERFALL, request="r1", request_cap=None)
    both = {"wishes": {7: [wish]}}
    (batch,) = plan(row(), **both).purchases  # type: ignore[arg-type]
    assert (batch.kind, batch.request) == (EMAIL, "")
    made = plan(row(), people={7: fact(JobState.MISSED)}, **both)  # type: ignore[arg-type]
    (batch,) = made.purchases
    assert (batch.kind, batch.request) == (Kind.EMAIL_WATERFALL, "r1")
    found = plan(row(), people={7: FOUND}, **both)  # type: ignore[arg-type]
    assert found.views[1][Lead.STATUS] == sentence(status.FOUND, kind=EMAIL)  # said once


def test_an_in_place_purchase_names_the_users_own_list() -> None:
    wish = Wish(
        kind=EMAIL, request="r1", request_cap=None, purchasing=Purchasing.IN_PLACE, list_id=44
    )
    rows = [row(**{"Prospect ID": n, "Key": f"k{n}", "Find": ""}) for n in range(1, 41)]
    (batch,) = plan(*rows, wishes={n: [wish] for n in range(1, 41)}).purchases
    assert (batch.list_id, batch.purchasing, len(batch.people)) == (44, Purchasing.IN_PLACE, 40)


def test_rows_without_a_key_get_one_before_anything_is_bought() -> None:
    made = plan(row(Key=""))
    assert made.newcomers == {1: ""}
    assert made.purchases == ()


def test_of_a_pasted_copy_the_row_that_the_key_was_given_for_keeps_it() -> None:
    other = table(row(**{"Prospect ID": 8}), row())
    mine = other.row(2).fingerprint
    assert find_copies(other, {"k1": mine}) == {1}
    assert find_copies(other, {}) == {2}


def many(count: int) -> list[list[object]]:
    return [row(**{"Prospect ID": n + 1, "Key": f"k{n}"}) for n in range(count)]


def test_the_first_batch_of_a_worksheet_is_small_and_alone() -> None:
    made = plan(*many(60), tried=False)
    assert [len(batch.people) for batch in made.purchases] == [5]


def test_batches_hold_25_people_and_stay_within_the_free_slots() -> None:
    assert [len(b.people) for b in plan(*many(60), slots=4).purchases] == [25, 25, 10]
    assert [len(b.people) for b in plan(*many(60), slots=1).purchases] == [25]
    assert plan(*many(60), slots=0).purchases == ()


@given(
    ids=st.lists(st.integers(1, 30), max_size=60),
    finds=st.lists(st.sampled_from(["Email", "Phone", "Email + phone", "Email (waterfall)", ""])),
    day=st.integers(0, 300),
    booked=st.integers(0, 100),
)
def test_no_plan_passes_a_cap_or_buys_a_person_and_field_twice(
    ids: list[int], finds: list[str], day: int, booked: int
) -> None:
    rows = [
        row(**{"Prospect ID": n, "Key": f"k{i}", "Find": finds[i % len(finds)] if finds else ""})
        for i, n in enumerate(ids)
    ]
    made = plan(*rows, caps=Caps(day=day, month=10_000), booked=Booked(day=booked))
    assert sum(batch.credits for batch in made.purchases) <= max(0, day - booked)
    bought = [(p, b.kind.field) for b in made.purchases for p, _ in b.people]
    assert len(bought) == len(set(bought))


@given(st.lists(st.tuples(st.integers(1, 5), st.booleans()), max_size=8))
def test_a_view_that_was_written_plans_nothing_more(rows: list[tuple[int, bool]]) -> None:
    people = {n: fact(value=f"p{n}@example.com") for n in range(1, 6)}
    cells = [row(**{"Prospect ID": n, "Key": f"k{i}"}) for i, (n, _) in enumerate(rows)]
    views = plan(*cells, people=people).views
    shown = [
        [views[i + 1].get(c.name, cell) for c, cell in zip(COLUMNS, line, strict=True)]
        for i, line in enumerate(cells)
    ]
    assert plan(*shown, people=people).views == views
    assert plan(*shown, people=people).purchases == ()
