"""List requests as pure decisions: which list, whom, for how long, and what the row says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.core import model, status
from syncd.core.approval import Approval
from syncd.core.header import Header
from syncd.core.lists import (
    LOOK_AGAIN,
    QUOTE_AGAIN,
    Import,
    LeadList,
    Progress,
    find_list,
    measure,
    view_request,
    wants_import,
    wishes_of,
)
from syncd.core.memory import Fact, People, Person
from syncd.core.model import BatchState, Field, JobState, Kind, Prospect, Purchasing, Reading, Seen
from syncd.core.quotes import Quote, choose, make_quote, say_quote
from syncd.core.requests import COLUMNS, RequestRow, parse_request
from syncd.core.starting import is_quoted, review_start

NOW = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
COOL_OFF = timedelta(days=90)
HEADER = Header(row=0, at={c.name: i for i, c in enumerate(COLUMNS)}, width=len(COLUMNS))
LISTS = [
    LeadList(id=4, name="Spring", of_people=True),
    LeadList(id=5, name="Twins"),
    LeadList(id=6, name="Twins"),
    LeadList(id=7, name="Firms", of_people=False),
    LeadList(id=8, name="7"),
]


def row(**cells: object) -> RequestRow:
    texts = {"Lead list": "Spring", "Find": "Email", "Start": True, "Key": "r1"}
    given_ = {**texts, **{name.replace("_", " "): value for name, value in cells.items()}}
    return parse_request([given_.get(column.name, "") for column in COLUMNS], HEADER)


def imported(of: RequestRow, **facts: object) -> Import:
    facts = {"fingerprint": of.fingerprint, "at": NOW, "list_id": 4, "begun": True, **facts}
    return Import(key="r1", quote=quoted(of), **facts)  # type: ignore[arg-type]


def quoted(of: RequestRow, people: int = 4) -> Quote:
    return make_quote(
        [prospect(n) for n in range(1, people + 1)],
        of.wanted,
        range(1, people + 1),
        people={},
        supplied=(),
        cool_off=COOL_OFF,
        now=NOW,
    )


def tick(of: RequestRow, **facts: object) -> Approval:
    """Return what a tick stands for that was set while the row asked for that."""
    asks = {"max_leads": of.max_leads, "max_credits": of.max_credits, "at": NOW, "credits": 99}
    prices = {kind: kind.price for kind in of.wanted}
    return Approval(question=of.question, prices=prices, **asks | facts)  # type: ignore[arg-type]


def prospect(number: int, reading: Reading = Reading.EMPTY) -> Prospect:
    seen = Seen(reading=reading, value="x@example.com" if reading is Reading.FOUND else "")
    return Prospect(id=number, email=seen, phone=Seen(reading=Reading.EMPTY))


def fact(state: JobState, kind: Kind = Kind.EMAIL, *, days: int = 1) -> Person:
    at = (NOW - timedelta(days=days)).isoformat()
    return Person(facts=(Fact(kind, state, "", "k", 3, at, BatchState.SETTLED),))


def pick(
    prospects: Sequence[Prospect],
    limit: int | None = None,
    *,
    kind: Kind = Kind.EMAIL,
    people: People | None = None,
    supplied: Sequence[tuple[int, Field]] = (),
    chosen: frozenset[int] = frozenset(),
    searched: frozenset[int] = frozenset(),
) -> set[int]:
    found = choose(
        prospects,
        [kind],
        limit=limit,
        people=people or {},
        supplied=supplied,
        cool_off=COOL_OFF,
        now=NOW,
        chosen=chosen,
        searched=searched,
    )
    return set(found)


# --- which list -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("4", LISTS[0]),
        ("Spring", LISTS[0]),
        ("5", LISTS[1]),
        ("spring", "Seleqt has no lead list “spring”. Check its name or number."),
        ("Twins", status.REQUEST_MANY_LISTS.format(lead_list="Twins")),
        ("Firms", status.REQUEST_COMPANIES.format(lead_list="Firms")),
        ("7", status.REQUEST_COMPANIES.format(lead_list="7")),  # a number before a name
    ],
)
def test_a_list_is_found_by_number_or_exact_name_and_never_guessed(
    wanted: str, found: LeadList | str
) -> None:
    assert find_list(LISTS, wanted) == found


@given(st.text(max_size=300).filter(str.strip))  # blanks are cut off where a cell is read
def test_whatever_was_typed_comes_back_on_one_short_line_which_is_known_for_ours(
    typed: str,
) -> None:
    said = find_list([], f"x{typed}" * 200)  # a blank name is never looked for
    assert isinstance(said, str)
    assert len(said) < 120
    assert len(said.splitlines()) == 1
    assert status.is_ours(said)


# --- whom -----------------------------------------------------------------------------------------


def test_the_first_n_who_lack_the_value_are_chosen() -> None:
    people = {3: fact(JobState.MISSED)}
    prospects = [prospect(1, Reading.FOUND), *map(prospect, range(2, 8))]
    assert pick(prospects, 2, people=people, supplied=[(4, Field.EMAIL)]) == {2, 5}


def test_a_text_in_one_field_is_no_reason_to_pass_over_a_person_for_the_other() -> None:
    assert pick([prospect(4)], kind=Kind.PHONE, supplied=[(4, Field.EMAIL)]) == {4}


@pytest.mark.parametrize(
    ("known", "kind", "lacking"),
    [
        (fact(JobState.MISSED), Kind.EMAIL, False),
        (fact(JobState.MISSED, days=91), Kind.EMAIL, True),  # after the cool-off
        (fact(JobState.MISSED), Kind.EMAIL_WATERFALL, True),  # the dearer search may find more
        (fact(JobState.MISSED, Kind.EMAIL_WATERFALL), Kind.EMAIL, False),
        (fact(JobState.UNKNOWN, days=0), Kind.EMAIL, False),
        (fact(JobState.UNKNOWN, days=2), Kind.EMAIL, True),
        (fact(JobState.CANCELLED), Kind.EMAIL, True),
        (fact(JobState.CANCELLED, days=0), Kind.EMAIL, True),  # left out, and asked about again
        (fact(JobState.WAITING), Kind.EMAIL, False),
        (fact(JobState.WAITING), Kind.EMAIL_WATERFALL, True),  # it may find nothing
        (fact(JobState.WAITING, Kind.EMAIL_WATERFALL), Kind.EMAIL, False),
        (fact(JobState.FOUND), Kind.EMAIL_WATERFALL, False),
        (Person(facts=(), email="a@example.com"), Kind.EMAIL, False),
        (fact(JobState.MISSED), Kind.PHONE, True),
    ],
)
def test_whoever_would_not_be_bought_is_not_chosen(
    known: Person, kind: Kind, lacking: bool
) -> None:
    assert pick([prospect(9)], kind=kind, people={9: known}) == ({9} if lacking else set())


def test_raising_the_limit_adds_only_the_difference() -> None:
    prospects = [prospect(n) for n in range(1, 10)]
    first = pick(prospects, 3)
    more = pick(prospects, 5, chosen=frozenset(first))
    assert first < more
    assert len(more) == 5


IDS = st.integers(1, 30)


@given(
    steps=st.lists(
        st.tuples(
            st.lists(IDS, unique=True, max_size=12),  # the list that the request names now
            st.integers(0, 8) | st.none(),  # its Max leads
            st.sets(IDS),  # for whom the request gets round to buying, if it chose them
        ),
        max_size=6,
    )
)
def test_over_all_its_changes_a_request_never_searches_for_more_than_its_largest_max_leads(
    steps: list[tuple[list[int], int | None, set[int]]],
) -> None:
    searched: set[int] = set()
    chosen: set[int] = set()
    largest = 0
    for ids, limit, reached in steps:
        chosen = pick(
            [prospect(n) for n in ids],
            limit,
            chosen=frozenset(chosen),
            searched=frozenset(searched),
        )
        assert chosen <= set(ids)
        if limit is None:
            assert chosen == set(ids)
            return
        largest = max(largest, limit)
        # As many as there is room for: nobody is held back without need.
        others = len(searched - set(ids))
        assert len(chosen) == min(len(ids), max(0, limit - others))
        searched |= chosen & reached
        assert len(searched) <= largest


# --- for how long ---------------------------------------------------------------------------------


def test_a_list_that_was_no_good_is_read_again_after_a_while_and_not_before() -> None:
    for asked in (row(), row(Start=False)):
        known = imported(asked, problem="Seleqt has no lead list “Spring”.")
        before = NOW + LOOK_AGAIN - timedelta(seconds=1)
        assert not wants_import(asked, known, tick(asked), before)
        assert wants_import(asked, known, tick(asked), NOW + LOOK_AGAIN)


def test_a_list_is_read_after_each_tick_and_a_request_under_way_needs_no_other_look() -> None:
    asked = row()
    known = imported(asked)
    assert not wants_import(asked, known, tick(asked), NOW + timedelta(days=30))
    assert wants_import(asked, known, tick(asked, at=NOW + timedelta(seconds=1)), NOW)


def test_a_list_that_waits_for_start_is_read_once_and_then_now_and_again() -> None:
    asked = row(Start=False)
    known = imported(asked, begun=False)
    assert wants_import(asked, None, None, NOW)
    assert not wants_import(asked, known, None, NOW + QUOTE_AGAIN - timedelta(seconds=1))
    assert wants_import(asked, known, None, NOW + QUOTE_AGAIN)
    assert not wants_import(asked, imported(asked), None, NOW + timedelta(days=30))


def test_a_list_is_read_anew_where_a_price_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = row(Start=False)
    known = imported(asked, begun=False)
    monkeypatch.setitem(model._PRICES, Kind.EMAIL, 4)
    assert wants_import(asked, known, None, NOW)


def test_a_list_name_that_differs_in_case_alone_is_another_list() -> None:
    known, approval = imported(row(), chosen=frozenset({1})), tick(row())
    other = row(Lead_list="spring")
    assert wants_import(other, known, approval, NOW)
    assert wishes_of(other, known, approval, Purchasing.DEDICATED) == {}


def test_a_stop_of_purchases_on_the_list_itself_holds_only_while_that_is_how_they_are_made() -> (
    None
):
    known = imported(row(), chosen=frozenset({1}), stopped=status.HOLD_IN_PLACE)
    assert wishes_of(row(), known, tick(row()), Purchasing.IN_PLACE) == {}
    assert set(wishes_of(row(), known, tick(row()), Purchasing.DEDICATED)) == {1}


# --- what a tick in Start stands for --------------------------------------------------------------

# What the row asked when Start was ticked, what it asks now, and whether the tick covers that.
COVERED = [
    ({}, {}, True),
    ({}, {"Lead_list": "Summer"}, False),
    ({}, {"Find": "Email (waterfall)"}, False),
    ({}, {"Find": "Email + phone"}, False),
    ({"Find": "Email + phone"}, {"Find": "Email"}, True),
    ({"Max_leads": 5}, {"Max_leads": 6}, False),
    ({"Max_leads": 5}, {"Max_leads": ""}, False),
    ({"Max_leads": 5}, {"Max_leads": 4}, True),
    ({}, {"Max_leads": 4}, True),
    ({"Max_credits": 50}, {"Max_credits": 51}, False),
    ({"Max_credits": 50}, {"Max_credits": ""}, False),
    ({"Max_credits": 50}, {"Max_credits": 9}, True),
]


@pytest.mark.parametrize(("then", "now", "covered"), COVERED)
def test_lowering_a_limit_is_covered_by_the_tick_and_nothing_else_that_changes(
    then: dict[str, object], now: dict[str, object], covered: bool
) -> None:
    ticked, asked = row(**then), row(**now)
    known = imported(asked, chosen=frozenset({1}))
    wishes = wishes_of(asked, known, tick(ticked), Purchasing.DEDICATED)
    assert bool(wishes) == covered
    assert wants_import(asked, imported(ticked), tick(ticked), NOW) == (
        asked.fingerprint != ticked.fingerprint
    )


def test_a_tick_that_is_met_with_the_row_stands_for_what_its_list_then_costs() -> None:
    asked = row()
    met = review_start(asked, None, None, None, NOW)
    assert met is not None
    assert met.credits is None
    later = NOW + timedelta(minutes=1)
    read = review_start(asked, quoted(asked), later, met, later)
    assert read is not None
    assert read.credits == 12
    assert review_start(asked, quoted(asked, 9), later, read, later) is read
    assert review_start(row(Start=False), quoted(asked), later, read, later) is None


def test_a_tick_stands_for_the_quote_that_was_there_and_a_grown_list_is_beyond_it() -> None:
    asked = row()
    approval = review_start(asked, quoted(asked), NOW, None, NOW)
    assert approval is not None
    assert approval.credits == 12
    assert is_quoted(asked, quoted(asked), NOW, approval)
    assert not is_quoted(asked, quoted(asked, 5), NOW, approval)
    assert not is_quoted(asked, quoted(asked), NOW - timedelta(seconds=1), approval)  # an old read
    capped = row(Max_credits=12)
    assert is_quoted(capped, quoted(asked, 5), NOW, approval)  # Max credits bounds it


def test_a_copied_tick_covers_nothing() -> None:
    asked = row()
    copied = Approval(question="", prices={}, at=NOW)
    assert review_start(asked, quoted(asked), NOW, copied, NOW) is copied
    assert not is_quoted(asked, quoted(asked), NOW, copied)


# --- the quote ------------------------------------------------------------------------------------


def test_a_quote_counts_each_person_once_and_sums_what_each_of_them_lacks() -> None:
    prospects = [prospect(1, Reading.FOUND), *map(prospect, range(2, 8))]
    people = {3: fact(JobState.MISSED), 4: fact(JobState.FOUND), 5: fact(JobState.WAITING)}
    both = (Kind.EMAIL, Kind.PHONE)
    supplied = [(1, Field.PHONE), (4, Field.PHONE), (6, Field.PHONE)]
    facts = {"people": people, "supplied": supplied, "cool_off": COOL_OFF, "now": NOW}
    chosen = choose(prospects, both, limit=None, **facts)  # type: ignore[arg-type]
    quote = make_quote(prospects, both, chosen, **facts)  # type: ignore[arg-type]
    # 1 and 4 have both; of 3 and 5 only the phone can be searched for; 6 lacks the email alone.
    assert (quote.size, quote.lacking, quote.chosen, quote.known) == (7, 5, 5, 2)
    assert quote.costs == {Kind.EMAIL: 3 * 3, Kind.PHONE: 4 * 30}
    assert say_quote(quote, both, None, 50) == (
        "5 of 7 people lack an email or a phone: at most 129 credits. 2 known already: free. "
        "Today's caps allow 50 credits."
    )


@pytest.mark.parametrize(
    ("max_credits", "booked", "bound"), [(None, 0, 12), (7, 0, 6), (99, 90, 9), (9, 90, 0)]
)
def test_max_credits_bounds_the_quote_over_the_life_of_the_request(
    max_credits: int | None, booked: int, bound: int
) -> None:
    assert replace(quoted(row()), booked=booked).bound(max_credits) == bound


def test_max_leads_bounds_the_quote_and_says_so() -> None:
    quote = replace(quoted(row()), size=1500, lacking=1412, chosen=4, known=80)
    assert say_quote(quote, [Kind.EMAIL], None, 99) == (
        "1,412 of 1,500 people lack an email, Max leads takes 4: at most 12 credits. "
        "80 known already: free. 8 searched for before: not again yet."
    )


# --- what the row says ----------------------------------------------------------------------------


def progress_of(known: Import, people: People, kind: str = "Email", **more: object) -> Progress:
    settings = {"present": known.chosen, "supplied": (), **more}
    return measure(row(Find=kind), known, people, spent=0, cool_off=COOL_OFF, now=NOW, **settings)  # type: ignore[arg-type]


def test_a_plain_miss_is_no_answer_to_a_waterfall_request() -> None:
    known = imported(row(), chosen=frozenset({1}))
    people = {1: fact(JobState.MISSED)}
    assert progress_of(known, people) == Progress(missed=1)
    assert progress_of(known, people, "Email (waterfall)") == Progress(open=1)


def test_nobody_without_a_row_or_with_a_humans_value_is_waited_for() -> None:
    known = imported(row(), chosen=frozenset({1, 2, 3}), appended=frozenset({1, 2, 3}))
    assert progress_of(known, {}, present={1, 2}, supplied={(1, Field.EMAIL)}) == Progress(open=1)


def test_somebody_left_out_of_a_purchase_is_not_counted_as_not_found() -> None:
    known = imported(row(Start=True), members=(1,), chosen=frozenset({1}))
    left_out = progress_of(known, {1: fact(JobState.CANCELLED, days=0)})
    assert (left_out.missed, left_out.open) == (0, 1)


def test_people_of_an_earlier_list_are_counted_and_no_longer_searched_for() -> None:
    known = imported(row(), chosen=frozenset({1}), before=frozenset({7, 8, 9}))
    people = {7: fact(JobState.FOUND), 8: fact(JobState.MISSED)}
    assert progress_of(known, people, present={1, 7, 8, 9}) == Progress(found=1, missed=1, open=1)


def says(asked: RequestRow, known: Import | None, left: int = 1, **more: object) -> str:
    settings = {"worksheet": "Leads", "approval": tick(asked) if asked.started else None, **more}
    view = view_request(asked, known, Progress(open=left), **settings)  # type: ignore[arg-type]
    return view["Status"]


def test_each_state_of_a_request_has_its_sentence() -> None:
    asked, idle = row(), row(Start=False)
    known = imported(asked, members=(1, 2), chosen=frozenset({1}))
    bad = imported(asked, problem="No such list.")
    stopped = imported(asked, stopped=status.HOLD_IN_PLACE, chosen=frozenset({1}))
    in_place = {"purchasing": Purchasing.IN_PLACE}
    assert says(idle, None) == status.REQUEST_READING
    assert says(asked, None) == status.REQUEST_IMPORTING
    assert says(asked, None, waits=status.HOLD_KEY) == status.HOLD_KEY
    assert says(asked, known) == status.REQUEST_RUNNING.format(worksheet="Leads")
    assert says(asked, known, waits="Waiting.") == "Waiting."
    assert says(asked, known, left=0, waits="Waiting.") == status.REQUEST_DONE.format(
        worksheet="Leads"
    )
    assert says(idle, known) == status.REQUEST_STOPPED
    assert says(asked, bad) == "No such list."
    assert says(idle, bad) == "No such list."
    assert says(row(Lead_list="Other"), known) == status.REQUEST_IMPORTING
    other = {"approval": tick(asked)}
    assert says(row(Lead_list="Other"), known, **other) == status.REQUEST_READING
    assert says(row(Lead_list="Other", Start=False), known) == status.REQUEST_READING
    assert says(idle, imported(idle, begun=False)) == status.REQUEST_READY
    assert says(asked, known, approval=tick(asked, credits=11)) == status.REQUEST_CHANGED
    assert says(asked, known, approval=tick(row(Max_credits=5))) == status.REQUEST_CHANGED
    assert says(asked, stopped, **in_place) == status.HOLD_IN_PLACE
    assert says(asked, stopped) == status.REQUEST_RUNNING.format(worksheet="Leads")
    limited = row(Max_leads=2)
    used = imported(limited, members=(1,), before=frozenset({7, 8}))
    assert says(limited, used, left=0) == status.REQUEST_USED_UP


def test_a_list_that_is_no_good_leaves_no_quote_behind() -> None:
    asked = row()
    bad = imported(asked, members=(1, 2), chosen=frozenset({1}), problem="No such list.")
    view = view_request(asked, bad, Progress(spent=3, found=1), worksheet="Leads")
    assert (view["Quote"], view["Spent"], view["Found"]) == ("", "3", "1")
