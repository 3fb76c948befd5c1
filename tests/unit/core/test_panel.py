"""The panel's pure parts: whatever is typed there only ever reduces what may be spent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from syncd.core import status
from syncd.core.alignment import Alignment
from syncd.core.bulletin import Facts, compose, is_shown, last_look, watch
from syncd.core.cells import Formula
from syncd.core.credits import Caps
from syncd.core.events import Event, tell
from syncd.core.header import HeaderProblem
from syncd.core.model import Kind
from syncd.core.panel import (
    INPUTS,
    Controls,
    Label,
    Part,
    Places,
    find_inputs,
    find_places,
    lower,
    read_controls,
)
from syncd.core.status import Stand
from syncd.sandbox import scene

HEADER = [part.value for part in Part]
NOW = datetime(2026, 5, 12, 14, 2, 11, tzinfo=UTC)
Lower = Callable[[Caps, Controls], Caps]


def panel(**typed: object) -> list[list[object]]:
    """Return a fresh panel with values in people's cells, by the label's name."""
    return [list[object](HEADER), *([label, typed.get(label.name, "")] for label in Label)]


def places(rows: list[list[object]], height: int = 100) -> Places:
    found = find_places(rows, {}, height)
    assert isinstance(found, Places)
    return found


def controls(rows: list[list[object]], earlier: Controls | None = None) -> Controls:
    return read_controls(find_inputs(rows, places(rows)), "Syncd", earlier or Controls())


def test_the_demos_panel_is_the_one_that_syncd_knows() -> None:
    assert list(scene.PANEL) == HEADER
    assert list(scene.PANEL_ROWS) == list(Label)


# --- only ever less -------------------------------------------------------------------------------

CAPS = st.builds(Caps, day=st.integers(0, 10**9), month=st.integers(0, 10**9))
TYPED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.sampled_from(
        ["", "0", "-5", "1e9", "\uff19", "1,000", "12.5", " 7 ", "no", "TRUE", "#REF!"]
    ),
)
EARLIER = st.builds(
    Controls,
    paused=st.booleans(),
    day=st.none() | st.integers(0, 999),
    month=st.none() | st.integers(0, 999),
)


def check(caps: Caps, pause: object, day: object, month: object, lower: Lower) -> None:
    """Hold that no input lets anything be bought that the config does not."""
    steered = controls(panel(PAUSE=pause, DAY=day, MONTH=month))
    effective = lower(caps, steered)
    assert effective.day <= caps.day
    assert effective.month <= caps.month
    rest = replace(effective, day=caps.day, month=caps.month)
    assert rest == caps
    for typed, limit in ((day, steered.day), (month, steered.month)):
        if limit is None and typed not in ("", None):
            assert steered.odd or not str(typed).strip(), "what cannot be read holds buying"


@given(caps=CAPS, pause=TYPED, day=TYPED, month=TYPED)
@example(caps=Caps(day=500, month=5000), pause="", day=10**6, month=10**9)
def test_whatever_is_typed_no_cap_is_above_the_config(
    caps: Caps, pause: object, day: object, month: object
) -> None:
    check(caps, pause, day, month, lower)


def raised(caps: Caps, controls: Controls) -> Caps:
    """The bug: a person's limit replaces the admin's, instead of lowering it."""
    day = caps.day if controls.day is None else controls.day
    return replace(caps, day=day, month=lower(caps, controls).month)


def test_a_panel_that_could_raise_a_cap_would_be_noticed() -> None:
    with pytest.raises(AssertionError):
        check(Caps(day=500, month=5000), "", 10**6, "", raised)


@given(typed=TYPED, earlier=EARLIER)
def test_a_row_that_is_gone_leaves_what_it_said_last(typed: object, earlier: Controls) -> None:
    rows = [row for row in panel(PAUSE=typed) if row[0] not in (Label.DAY, Label.MONTH)]
    steered = controls(rows, earlier)
    assert (steered.day, steered.month) == (earlier.day, earlier.month)
    assert controls([row for row in rows if row[0] != Label.PAUSE], earlier) == earlier


@pytest.mark.parametrize("typed", ["abc", -5, 10**9, "1,000", 12.5, True, "#REF!", "5 credits"])
def test_a_limit_that_cannot_be_read_holds_buying_and_names_the_cell(typed: object) -> None:
    steered = controls(panel(MONTH=typed))
    assert steered.odd.startswith("Waiting: At most this month on the worksheet Syncd says “")
    assert status.is_ours(steered.odd)


@pytest.mark.parametrize("typed", [True, "yes", "x", "1", "maybe", "Paused", 7, "#N/A"])
def test_whatever_is_no_plain_no_pauses(typed: object) -> None:
    assert controls(panel(PAUSE=typed)).paused


@pytest.mark.parametrize("typed", ["", False, "no", 0, "FALSE", None])
def test_an_empty_box_does_not_pause(typed: object) -> None:
    assert not controls(panel(PAUSE=typed)).paused


def test_of_two_rows_with_one_label_the_stricter_counts() -> None:
    rows = [*panel(DAY=90), [Label.DAY, 40], [Label.PAUSE, True]]
    assert controls(rows) == Controls(paused=True, day=40)


# --- where things stand ---------------------------------------------------------------------------


def test_the_panel_is_found_wherever_people_move_its_rows_and_columns() -> None:
    rows = [["Ours"], [], ["x", "now", "YOU  DECIDE", "", "what it means", "panel"]]
    rows += [[], ["", "", 25, "", "", "at most  TODAY"], ["", "", "yes", "", "", "pause"]]
    assert controls([list[object](row) for row in rows]) == Controls(paused=True, day=25)


def test_a_panel_without_one_of_its_headers_is_refused_with_a_sentence() -> None:
    rows = panel()
    rows[0][1] = "Ihre Wahl"
    found = find_places(rows, {}, 100)
    assert isinstance(found, HeaderProblem)
    assert found.text == 'The header "You decide" is missing in row 1.'
    assert isinstance(find_places(rows, {"You decide": ["ihre wahl"]}, 100), Places)


def test_events_stand_below_their_label_down_to_anything_of_peoples() -> None:
    rows = panel()
    assert len(places(rows).events) == 50
    assert len(places(rows, height=20).events) == 20 - len(rows)
    rows += [["", "", "12 May, 14:02", "Found"], ["", "", "", ""], ["", "", "", "call Bob"]]
    assert len(places(rows).events) == 2


# --- what it says ---------------------------------------------------------------------------------


def test_everything_that_is_said_is_text_so_that_no_limit_can_be_read_from_it() -> None:
    facts = Facts(
        at=NOW,
        zone="UTC",
        patience=6,
        lease="1111/aaaa #5 until 2026-05-12 14:05:00 UTC",
        caps=Caps(day=400, month=2000),
        controls=Controls(day=0),
        balance=1,
        balance_at=NOW,
        stands={Stand.WAITING: 1, Stand.FAILED: 2000},
        problems=["a", "b", "c", "d", "e"],
        since=NOW,
    )
    lines = compose(facts)
    assert lines.keys() == set(Label)
    for now, meaning in lines.values():
        for said in (now, meaning):
            if not isinstance(said, Formula):
                assert controls(panel(DAY=said)).odd or said == ""
                assert said
    assert lines[Label.TODAY] == ("0 of 0 credits", lines[Label.TODAY][1])
    assert lines[Label.WAITING][0] == "1 row"
    assert lines[Label.FAILED][0] == "2,000 rows"
    assert lines[Label.PROBLEM] == ("Since 12 May, 14:02", "a b c And 2 more.")


@given(at=st.datetimes(timezones=st.just(UTC)), patience=st.integers(1, 10**6))
def test_the_formula_holds_nothing_but_whole_numbers_and_its_own_words(
    at: datetime, patience: int
) -> None:
    text = watch(at, patience).text
    words = ["syncd has not looked for ", " minutes. Ask your admin.", "syncd is at work.", "0"]
    for word in words:
        text = text.replace(f'"{word}"', "")
    assert set(text) <= set("=IF(NOW)TEXT-*>;&0123456789")


def test_the_last_look_is_read_back_and_odd_texts_are_none() -> None:
    rows = panel()
    number = places(rows).rows[Label.LOOK][0]
    for said, expected in (("2026-05-12 14:02:11", NOW.replace(tzinfo=None)), ("soon", None)):
        rows[number] = [Label.LOOK, "", said]
        assert last_look(rows, places(rows)) == expected


def test_the_formula_is_shown_when_either_of_its_sentences_is() -> None:
    formula = watch(NOW, 6)
    assert is_shown(formula, "syncd is at work.")
    assert is_shown(formula, "syncd has not looked for 12 minutes. Ask your admin.")
    assert not is_shown(formula, "#NAME?")


EVENTS = {
    "accepted: 5 queued, 15 credits": "Searching for 5 emails: 15 credits.",
    "accepted: 0 queued, 0 credits": "",
    "accepted: its list shows prospect 7 being served": "was paid, as syncd found out",
    "accepted: a human says it was paid": "Your admin found",
    "in doubt: ReadTimeout": "No answer came to the purchase of 5 emails.",
    "parked: ReadTimeout": "Ask your admin.",
    "settled": "Found 4 of 5 emails.",
    "3 of 5 done": "",
    "nothing left to buy": "Seleqt had 4 of 5 emails already, at no charge.",
    "refused: a human says it was not paid": "was not paid",
    "refused: 402 insufficient_credits": "Seleqt refused the purchase of 5 emails.",
    "cancelled: buying is paused": "was taken back: buying is paused. Nothing was charged.",
    "cancelled: 500": "was given up before it was sent. Nothing was charged.",
    "1 came late": "1 email came late, at no further charge.",
    "nothing came late": "",
    "given up: 404": "never came",
    "list ready": "",
    "submitting": "",
    "will try again: ConnectTimeout": "",
    "could not look: 502": "",
    "still in doubt": "",
    "KeyError('x')": "",
}


@pytest.mark.parametrize(("text", "expected"), EVENTS.items())
def test_events_are_told_in_plain_words_without_codes(text: str, expected: str) -> None:
    said = tell(Event(at=NOW, text=text, kind=Kind.EMAIL, people=5, found=4))
    assert expected in said
    assert bool(said) == bool(expected)
    for code in ("Timeout", "402", "404", "500", "502", "KeyError", "insufficient", "prospect"):
        assert code not in said


# --- how rows are counted -------------------------------------------------------------------------


BOTH = {Stand.FOUND, Stand.SEARCHING}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", set()),
        ("Found the email.", {Stand.FOUND}),
        ("Found the email. Searching for the phone since 14:02, 1 of 2 done.", BOTH),
        ("Searching for the email is turned off here. Ask your admin.", {Stand.FAILED}),
        ("Queued for the email: bought with the next purchase.", {Stand.SEARCHING}),
        ("Waiting: buying is paused on the worksheet Syncd.", {Stand.WAITING}),
        ("We may already have paid to search for the email. Ask your admin.", {Stand.UNSURE}),
        ("Seleqt does not know Prospect ID 7. Check the number.", {Stand.FAILED}),
        (
            "No email found (3 credits, 12 May 2026). Not searched again before 10 Aug 2026.",
            {Stand.MISSED},
        ),
        ("Ready: 30 credits for the phone. Tick Approve to buy.", {Stand.READY}),
        ("Nobody on Monday", set()),
    ],
)
def test_rows_are_counted_by_what_their_status_says(text: str, expected: set[Stand]) -> None:
    assert status.stands(text) == expected


# --- finding back what was hit --------------------------------------------------------------------


@pytest.mark.parametrize("moved", ["row above", "column before", "column moved", "row gone"])
def test_what_stood_in_a_cell_is_found_wherever_it_went(moved: str) -> None:
    before = [[*row, *[""] * (4 - len(row))] for row in panel(DAY=50, PAUSE="yes")]
    for number, row in enumerate(before):
        row[2] = f"now {number}"
    now = [list(row) for row in before]
    hit = (2, 1)
    if moved == "row above":
        now.insert(0, ["", "", "", ""])
        hit = (3, 1)
    elif moved == "column before":
        now = [["", *row] for row in now]
        hit = (2, 2)
    elif moved == "column moved":
        now = [[row[1], row[0], *row[2:]] for row in now]
        hit = (2, 0)
    else:
        del now[1]
        hit = (1, 1)
    now[hit[0]][hit[1]] = "12 of 400 credits"
    assert Alignment(before, now, {"12 of 400 credits"}).earlier(*hit) == 50


def test_inputs_are_the_rows_that_people_decide() -> None:
    assert {label.value for label in INPUTS} == {"Pause", "At most today", "At most this month"}
