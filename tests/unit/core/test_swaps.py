"""The way of a text into its cell: swapped for a text that stands there, or a token first."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from syncd.core.header import Header
from syncd.core.leads import LeadRow, parse_lead
from syncd.core.swaps import Failures, Step, find_steps, is_token, make_token
from syncd.core.table import Reader, Table

HEADER = ["Prospect ID", "Find", "Email", "Phone", "Status", "Key"]


def table(*shown: str, column: str = "Status") -> Table[LeadRow]:
    rows = [[n, "Email", "", "", "", f"r-{n}"] for n in range(len(shown))]
    for row, text in zip(rows, shown, strict=True):
        row[HEADER.index(column)] = text
    header = Header(row=0, at={name: at for at, name in enumerate(HEADER)}, width=len(HEADER))
    return Reader(parse_lead).read([HEADER, *rows], header)


def steps(
    shown: tuple[str, ...], wanted: dict[int, str], column: str = "Status", **terms: object
) -> dict[int, Step]:
    named: dict[str, object] = {"astray": (), "failures": Failures(), "salt": 0, **terms}
    return find_steps(table(*shown, column=column), column, wanted, **named)  # type: ignore[arg-type]


def token(text: str, column: str = "Status") -> str:
    return make_token(column, text, 0)


def test_an_empty_cell_gets_a_token_first_and_then_its_text_for_it() -> None:
    assert steps(("", ""), {1: "Found."}) == {1: Step(token("Found."))}
    assert steps((token("Found."), ""), {1: "Found."}) == {1: Step("Found.", token("Found."))}


def test_a_text_that_all_lose_for_the_same_new_one_is_swapped_at_once() -> None:
    assert steps(("A.", "A.", "B."), {1: "C.", 2: "C."}) == dict.fromkeys((1, 2), Step("C.", "A."))


def test_where_they_lose_it_for_several_the_most_wait_for_the_others_to_leave() -> None:
    leaves = Step(token("D."), "A.", here=True)
    assert steps(("A.", "A.", "A."), {1: "C.", 2: "C.", 3: "D."}) == {3: leaves}


def test_a_text_that_somebody_keeps_is_swapped_in_its_own_cell_and_for_a_token_only() -> None:
    assert steps(("A.", "A."), {1: "C."}) == {1: Step(token("C."), "A.", here=True)}


def test_a_text_that_also_stands_in_a_wrong_row_waits() -> None:
    assert steps(("A.", ""), {1: "C."}, astray={"A."}) == {}


def test_a_text_that_a_lost_swap_may_yet_take_away_is_shown_to_nobody() -> None:
    assert steps(("A.", "B.", ""), {2: "A.", 3: "A."}, late={"A."}) == {}
    assert steps(("A.", "B."), {1: "C."}, late={"A."}) == {1: Step("C.", "A.")}


def test_a_row_is_not_told_of_before_its_values_are_there() -> None:
    assert steps(("A.", "A."), {1: "C.", 2: "C."}, half_way=frozenset({2})) == {}


def test_a_token_that_a_copied_row_shares_gives_way_in_its_cell() -> None:
    both = (token("C."), token("C."))
    assert steps(both, {1: "C."}) == {1: Step("C.", token("C."), here=True)}


def test_what_google_might_take_for_a_number_or_a_formula_goes_to_its_position() -> None:
    for text in (
        "=a@x.example",
        "+a@x.example",
        "-1@x.example",
        "'a@x.example",
        "+12025550123",
    ):
        assert steps(("old@x.example",), {1: text}, "Email") == {1: Step(text)}
    for text in ("anna@x.example", "1.a+b@x.example", "å@x.example"):
        assert steps(("old@x.example",), {1: text}, "Email") == {1: Step(text, "old@x.example")}


def test_two_rows_that_exchange_their_texts_do_so_by_tokens() -> None:
    both = steps(("A.", "B."), {1: "B.", 2: "A."})
    assert both == {1: Step(token("B."), "A."), 2: Step(token("A."), "B.")}


def test_a_phone_is_typed_with_an_apostrophe_once_one_was_parsed() -> None:
    old, new = "+12025550199", "+12025550123"
    parsed = Failures(parsed=frozenset({"Phone"}))
    assert steps((old,), {1: new}, "Phone") == {1: Step(new, old)}
    assert steps((old,), {1: new}, "Phone", failures=parsed) == {1: Step(new, old, f"'{new}")}
    number, first = old[1:], token(f"'{new}", "Phone")
    assert steps((number,), {1: new}, "Phone", failures=parsed) == {1: Step(first)}
    # Also by a syncd that has been restarted since.
    assert steps((first,), {1: new}, "Phone") == {1: Step(new, first, f"'{new}")}


def test_where_swaps_pass_over_rows_all_goes_to_its_position() -> None:
    hidden = Failures(passed_over=frozenset({"Status"}))
    assert steps(("A.",), {1: "C."}, failures=hidden) == {1: Step("C.")}


def test_after_a_lost_answer_tokens_are_others() -> None:
    assert make_token("Email", "a@x.example", 0) != make_token("Email", "a@x.example", 1)
    assert is_token(make_token("Email", "a@x.example", 1))


TEXTS = st.sampled_from(["", "A.", "B.", "C.", token("A."), token("B."), token("C.")])


@given(
    shown=st.lists(TEXTS, min_size=1, max_size=6),
    wanted=st.dictionaries(st.integers(1, 6), st.sampled_from(["", "A.", "B.", "C."])),
)
def test_swaps_and_writes_bring_every_row_to_its_text_and_touch_no_other(
    shown: list[str], wanted: dict[int, str]
) -> None:
    texts = dict(enumerate(shown, 1))
    others = {number: text for number, text in texts.items() if number not in wanted}
    wanted = {number: text for number, text in wanted.items() if number in texts}
    for _ in range(6):
        differing = {n: text for n, text in wanted.items() if texts[n] != text}
        if not differing:
            break
        made = steps(tuple(texts.values()), differing)
        assert made, "nobody may wait for ever"
        before = texts
        swaps = {(s.old, s.value, n if s.here else 0) for n, s in made.items() if s.old}
        for old, new, only in swaps:
            texts = {
                n: new if text == old and only in {0, n} else text for n, text in texts.items()
            }
        texts |= {number: step.value for number, step in made.items() if not step.old}
        assert all(
            text in {before[n], wanted.get(n)} or is_token(text) for n, text in texts.items()
        ), "nobody's text is seen in another's row"
    assert {n: texts[n] for n in wanted} == wanted
    assert {n: texts[n] for n in others} == others
    assert not Counter(wanted.values()) - Counter(texts.values())


def test_an_apostrophe_that_stayed_is_taken_out_again() -> None:
    parsed = Failures(parsed=frozenset({"Phone"}))
    phone = "+12025550123"
    shown = steps((f"'{phone}",), {1: phone}, "Phone", failures=parsed)
    assert shown == {1: Step(phone, f"'{phone}")}
