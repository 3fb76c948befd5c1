"""Nothing that tells of a person is ever seen in another's row, not even for a moment."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from bench import is_flush, positional
from rig import LEAD_HEADER, Rig

from syncd.core import swaps
from syncd.core.swaps import is_token
from syncd.sandbox.sheets import people as hands
from syncd.sandbox.sheets.model import Cell
from syncd.sandbox.wire import Request

TOLD = ("Email", "Phone", "Status")
COLUMNS = [LEAD_HEADER.index(name) for name in TOLD]


def see_writes(rig: Rig, look: Callable[[Request], None]) -> None:
    handle = rig.google.handle

    def seen(asked: Request) -> Any:
        if is_flush(asked):
            look(asked)
        return handle(asked)

    rig.google.handle = seen  # type: ignore[method-assign]


def keep_plain(rig: Rig, rows: Iterable[int] = range(1, 8)) -> None:
    """Make plain text of the Phone column, as ``syncd init`` does."""
    for row in rows:
        rig.leads.put(
            row, LEAD_HEADER.index("Phone"), Cell(None, {"numberFormat": {"type": "TEXT"}})
        )


def move_the_first_row_down(rig: Rig) -> None:
    """Let every other write meet a worksheet whose first row has gone to the end of the people."""
    turns = itertools.cycle([True, False])

    def move() -> None:
        if next(turns):
            hands.move_rows(rig.leads, 1, 1, 6)

    rig.world.before(is_flush, move, once=False)


def watch(rig: Rig, told: dict[str, set[int]]) -> list[str]:
    """Note whatever stands, right after any write, in a row that it is not about."""
    wrong: list[str] = []

    def look() -> None:
        for row in rig.rows()[1:]:
            for column in COLUMNS:
                text = str(row[column])
                if text and not is_token(text) and row[0] not in told.get(text, set()):
                    wrong.append(f"{row[0]}: {text}")

    handle = rig.google.handle

    def after(asked: Request) -> Any:
        answer = handle(asked)
        if is_flush(asked):
            look()
        return answer

    rig.google.handle = after  # type: ignore[method-assign]
    return wrong


@pytest.mark.parametrize("tokens", [True, False])
def test_no_value_and_no_status_is_seen_in_a_wrong_row_while_rows_move_under_writes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, tokens: bool
) -> None:
    if not tokens:  # the bug that this is about: everything goes to its position
        monkeypatch.setattr(swaps, "survives", lambda *_: False)
    people = [
        rig.person(email="a@found.example"),
        rig.person(),
        rig.person(email="c@found.example"),
    ]
    rig.ask(*[(person, "Email") for person in people], (people[0], ""), (people[1], ""))
    told = {"a@found.example": {people[0]}, "c@found.example": {people[2]}}
    wrong = watch(rig, told | {"Found the email.": {people[0], people[2]}})
    move_the_first_row_down(rig)
    rig.run()
    seen = [line for line in wrong if "@found" in line or "Found the" in line]
    assert (not seen) is tokens


def test_only_tokens_are_written_to_positions_in_the_columns_that_tell_of_people(rig: Rig) -> None:
    keep_plain(rig)
    texts: list[tuple[int, str]] = []
    see_writes(rig, lambda asked: texts.extend(positional(asked)))
    both = {"email": "p@found.example", "phone": "+12025550123"}
    rig.ask((rig.person(**both), "Email + phone"), (rig.person(), "Email"), ("x1", "Email"))
    rig.run()
    assert rig.column("Email")[0] == both["email"]
    told = [text for column, text in texts if column in COLUMNS]
    assert told
    assert all(map(is_token, told))


def test_who_types_over_a_token_wins(rig: Rig) -> None:
    [person] = rig.people(1)
    rig.ask((person, "Email"))

    def type_over() -> None:
        hands.type_cell(rig.leads, 1, LEAD_HEADER.index("Email"), "mine@human.example")

    rig.world.before(lambda asked: is_flush(asked) and b"p0@found" in asked.body, type_over)
    rig.run()
    rig.run()
    assert rig.column("Email") == ["mine@human.example"]
    assert rig.seleqt.meter.charged() == 3


@pytest.mark.parametrize("parses", [True, False])
@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("plain", [range(1, 8), (), (3,)], ids=["all", "none", "some"])
def test_a_phone_is_text_in_the_end_however_google_takes_a_replacement(
    rig: Rig, parses: bool, keeps: bool, plain: Sequence[int]
) -> None:
    rig.google.settings.find_replace_parses = parses
    rig.google.settings.text_format_keeps_text = keeps
    keep_plain(rig, plain)
    people = [rig.person(phone=f"+1202555012{n}") for n in range(3)]
    rig.ask((people[0], "Phone"), (people[1], "Phone"))
    with rig.app() as engine:
        rig.settle(engine)
        rig.ask((people[2], "Phone"), first=3)
        rig.settle(engine)
    assert rig.column("Phone") == ["+12025550120", "+12025550121", "+12025550122"]
    assert rig.column("Status") == ["Found the phone."] * 3
    assert rig.seleqt.meter.charged() == 90


def test_a_row_copied_while_a_token_shows_gets_a_key_and_the_text_too(rig: Rig) -> None:
    [person] = rig.people(1)
    rig.ask((person, "Email"))
    copied: list[int] = []

    def copy() -> None:
        if is_token(str(rig.rows()[1][LEAD_HEADER.index("Email")])) and not copied:
            hands.copy_paste(rig.leads, 1, 2, 0, len(LEAD_HEADER), 4, 0)
            copied.append(4)

    rig.world.before(lambda asked: asked.path != "/token", copy, once=False)
    rig.run()
    rig.run()
    assert copied
    rows = [row for row in rig.rows()[1:] if any(row)]
    assert [row[LEAD_HEADER.index("Email")] for row in rows] == ["p0@found.example"] * 2
    assert len({row[LEAD_HEADER.index("Key")] for row in rows}) == 2
    assert rig.seleqt.meter.charged() == 3


@pytest.mark.parametrize("replaces", [True, False])
@pytest.mark.parametrize("copies", [True, False])
def test_hidden_rows_are_filled_too_and_cost_nobody_a_word(
    rig: Rig, replaces: bool, copies: bool
) -> None:
    rig.google.settings.find_replace_sees_hidden = replaces
    rig.google.settings.copy_paste_sees_hidden = copies
    people = rig.people(4)
    rig.ask(*[(person, "Email") for person in people])
    rig.leads.rows[2].hidden = True
    at = LEAD_HEADER.index("Email")

    def edit() -> None:
        hands.type_cell(rig.leads, 3, at, "mine@human.example")

    def brings(asked: Request) -> bool:
        return is_flush(asked) and any(column == at for column, _ in positional(asked))

    rig.world.before(brings, edit)
    rig.run()
    rig.run()
    found = [f"p{number}@found.example" for number in range(4)]
    assert rig.column("Email") == [*found[:2], "mine@human.example", found[3]]
    assert rig.column("Status")[1] == "Found the email."
    assert rig.seleqt.meter.charged() == 12
