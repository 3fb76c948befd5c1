"""People sort, insert, delete, move, cut and rename while syncd works: no result goes astray.

An office of one random person edits the worksheet before every request that syncd makes, so that
each read is old by the time it arrives and each write meets another sheet than was read. The
judge is the sandbox's hidden truth, by Prospect ID, and a model of what people typed.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from rig import LEAD_HEADER, Rig

from syncd import app
from syncd.core.leads import OWNED, Lead
from syncd.engine import Engine, Report, delivery, flights
from syncd.engine.workbook import Moment, Workbook
from syncd.sandbox.sheets import people as hands

EDITS = 200
HUMAN = (Lead.FIRST_NAME, Lead.LAST_NAME, Lead.COMPANY, Lead.JOB_TITLE)  # and Notes
NOTES = "Notes"
MINE = "typed@human.example"


class Office:
    """One worksheet, somebody who edits it all day, and what should be true at the end."""

    def __init__(self, rig: Rig, seed: int, *, columns_move: bool = True) -> None:
        self.rig, self.random = rig, random.Random(seed)
        self.columns_move = columns_move
        self.sheet = rig.leads
        self.log: list[str] = []
        self.left = 0  # edits still to come
        self.truth: dict[int, str] = {}
        self.typed: dict[int, dict[str, str]] = {}  # what people typed, by prospect and header
        self.kept: set[int] = set()  # rows with a human's own email
        self.gone: set[int] = set()
        self.loose: set[int] = set()  # rows that may be deleted
        self.fillers: set[str] = set()
        self.sheet_put(0, len(LEAD_HEADER), NOTES)
        for number in range(14):
            self.add_person(f"p{number}@found.example" if number % 4 else None)
        self.add_person("x@found.example", mine=True)
        self.add_person(None, mine=True)
        for number in range(3):
            self.add_person(f"q{number}@found.example", loose=True)
        for number in range(3):
            self.add_filler(number)

    # -- laying out, before anybody looks --------------------------------------------------------

    def sheet_put(self, row: int, column: int, value: object) -> None:
        with self.rig.world.lock:
            self.sheet.put_value(row, column, value)

    def add_person(self, email: str | None, *, mine: bool = False, loose: bool = False) -> None:
        prospect = self.rig.person(**({"email": email} if email else {}))
        words = {str(name): f"{name.lower()} {prospect}" for name in HUMAN}
        words[NOTES] = f"note {prospect}"
        texts = {"Prospect ID": prospect, "Find": "Email", **words}
        if mine:
            texts["Email"] = f"{prospect}.{MINE}"
            self.kept.add(prospect)
        if loose:
            self.loose.add(prospect)
        self.truth[prospect] = email or ""
        self.typed[prospect] = words
        row = self.first_free()
        for column, name in enumerate(self.header()):
            if name in texts:
                self.sheet_put(row, column, texts[name])

    def add_filler(self, number: int) -> None:
        text = f"only a note {number}"
        self.fillers.add(text)
        self.sheet_put(self.first_free(), self.at(NOTES), text)

    # -- looking ---------------------------------------------------------------------------------

    def header(self) -> list[str]:
        header = [str(cell) for cell in self.rig.rows(self.sheet)[0]]
        while not header[-1]:
            header.pop()
        return header

    def at(self, name: str) -> int:
        return self.header().index(name)

    def first_free(self) -> int:
        return len(self.rig.rows(self.sheet))

    def row_of(self, prospect: int) -> int | None:
        """Return where the person stands; None where syncd has overwritten who it is."""
        column = self.at("Prospect ID")
        rows = self.rig.rows(self.sheet)
        return next((n for n, row in enumerate(rows) if row[column] == prospect), None)

    # -- editing ---------------------------------------------------------------------------------

    def meddle(self, *, writing: bool = False) -> None:
        """Edit once or not at all, seldom twice, until the day is over."""
        with self.rig.world.lock:
            for _ in range(self.random.choice([0, 0, 0, 1, 1, 1, 2])):
                if self.left > 0:
                    self.left -= 1
                    self.edit(writing=writing)

    def edit(self, *, writing: bool) -> None:
        """Edit something.

        What is typed between syncd's read and its write, into the very cell that the write is
        about to hit, is lost: Google has no compare-and-swap. Where columns move as well, that is
        any cell, so then nobody types in that moment.
        """
        acts = [*ROW_EDITS, *(COLUMN_EDITS if self.columns_move else ())]
        if writing and self.columns_move:
            acts = [act for act in acts if act not in {Office.type_text, Office.newcomer}]
        self.log.append(f"{self.rig.mark}: {self.random.choice(acts)(self)}")

    def sort(self) -> str:
        column = self.random.randrange(len(self.header()))
        ascending = self.random.random() < 0.5
        hands.sort(self.sheet, column, ascending)
        return f"sort by {self.header()[column]!r} {ascending}"

    def insert_rows(self) -> str:
        at = self.random.randint(1, self.first_free())
        hands.insert_rows(self.sheet, at, self.random.randint(1, 2))
        return f"insert rows at {at}"

    def delete_row(self) -> str:
        """Delete an empty row, or one that holds nobody whose result is awaited."""
        rows = self.rig.rows(self.sheet)
        column, notes = self.at("Prospect ID"), self.at(NOTES)
        free = [n for n, row in enumerate(rows) if n and not any(row)]
        free += [n for n, row in enumerate(rows) if row[column] in self.loose]
        free += [n for n, row in enumerate(rows) if row[notes] in self.fillers]
        if not free:
            return "nothing to delete"
        number = self.random.choice(free)
        self.gone.add(rows[number][column])
        hands.delete_rows(self.sheet, number)
        return f"delete row {number} ({rows[number][column]})"

    def move_rows(self) -> str:
        last = self.first_free()
        count = self.random.randint(1, 2)
        start = self.random.randint(1, last - count)
        to = self.random.choice([n for n in range(1, last) if not start < n < start + count])
        hands.move_rows(self.sheet, start, count, to)
        return f"move {count} rows from {start} to {to}"

    def type_text(self) -> str:
        prospect = self.random.choice([p for p in self.typed if p not in self.gone])
        name = self.random.choice([*map(str, HUMAN), NOTES])
        text = f"{name.lower()} {self.random.randrange(10_000)}"
        if (row := self.row_of(prospect)) is None:
            return f"{prospect} is not to be seen"
        hands.type_cell(self.sheet, row, self.at(name), text)
        self.typed[prospect][name] = text
        return f"type {text!r} for {prospect}"

    def newcomer(self) -> str:
        """Type a new row, at the end or into an empty one."""
        number = len(self.truth)
        if number > 40:
            return "nobody new"
        self.add_person(f"n{number}@found.example" if self.random.random() < 0.8 else None)
        self.rig.book.touch(at_once=False)
        return f"type a new row for {max(self.truth)}"

    def insert_column(self) -> str:
        if len(self.header()) > 18:
            return "wide enough"
        at = self.random.randrange(len(self.header()))
        hands.insert_columns(self.sheet, at)
        return f"insert column at {at}"

    def move_column(self) -> str:
        width = len(self.header())
        start = self.random.randrange(width)
        to = self.random.choice([n for n in range(width) if n != start])
        hands.move_columns(self.sheet, start, 1, to)
        return f"move column {start} to {to}"

    def rename(self) -> str:
        if self.rig.requests_made("sheets") < 2:
            return "no renaming before syncd has met the worksheet by its configured title"
        title = f"Leads {self.random.randrange(100)}"
        hands.rename_worksheet(self.sheet, title)
        return f"rename to {title!r}"

    def cut_and_paste(self) -> str:
        """Cut a whole row and paste it below everything, or into an empty one."""
        rows = self.rig.rows(self.sheet)
        filled = [n for n, row in enumerate(rows) if n and any(row)]
        empty = [n for n, row in enumerate(rows) if n and not any(row)] + [len(rows)]
        start, to = self.random.choice(filled), self.random.choice(empty)
        hands.cut_paste(self.sheet, start, start + 1, 0, len(self.sheet.columns), to, 0)
        return f"cut row {start}, paste at {to}"

    # -- judging ---------------------------------------------------------------------------------

    def problems(self) -> list[str]:
        """Return a sentence for everything in the worksheet that is not as it should be."""
        found: list[str] = []
        header, *rows = self.rig.rows(self.sheet)
        seen: dict[object, int] = {}
        keys: list[object] = []
        spent = 0
        for number, cells in enumerate(rows, 2):
            row = dict(zip(map(str, header), cells, strict=True))
            prospect = row["Prospect ID"]
            owned = {str(name): row[name] for name in (*OWNED, Lead.KEY)}
            if prospect not in self.truth:
                if any(owned.values()):
                    found.append(f"row {number} asks for nobody and shows {owned}")
                continue
            seen[prospect] = seen.get(prospect, 0) + 1
            keys.append(row["Key"])
            spent += int(row["Credits"]) if str(row["Credits"]).isdigit() else 0
            found += self.judge(prospect, row)
        found += [f"{p} is gone" for p in self.truth if p not in seen and p not in self.gone]
        found += [f"{p} stands {times} times" for p, times in seen.items() if times > 1]
        if len(set(keys)) < len(keys) or "" in keys:
            found.append("two rows share a key, or one has none")
        lost = 3 * len(self.gone & self.truth.keys())
        if not self.rig.seleqt.meter.charged() - lost <= spent <= self.rig.seleqt.meter.charged():
            found.append(f"the rows say {spent} credits were spent")
        if set(header) - set(self.columns) - {""}:
            found.append(f"a header was written over: {header}")
        return found

    def judge(self, prospect: Any, row: dict[str, object]) -> Iterator[str]:
        email, said = self.truth[prospect], str(row["Status"])
        if prospect in self.kept:
            email, wanted = f"{prospect}.{MINE}", "Already has an email. Nothing was bought."
        else:
            wanted = "Found the email." if email else "No email found (3 credits"
        if row["Email"] != email:
            yield f"{prospect} shows {row['Email']!r} where {email!r} belongs"
        if not said.startswith(wanted):
            yield f"{prospect} says {said!r}"
        if row["Phone"]:
            yield f"{prospect} shows the phone {row['Phone']!r}"
        for name, text in self.typed[prospect].items():
            if row[name] != text:
                yield f"{prospect} lost {text!r}: its {name} shows {row[name]!r}"

    @property
    def columns(self) -> list[str]:
        return [*map(str, Lead), NOTES]


ROW_EDITS = (
    Office.sort,
    Office.sort,
    Office.insert_rows,
    Office.delete_row,
    Office.move_rows,
    Office.move_rows,
    Office.type_text,
    Office.type_text,
    Office.newcomer,
    Office.rename,
    Office.cut_and_paste,
    Office.cut_and_paste,
)
COLUMN_EDITS = (Office.insert_column, Office.move_column)


@contextmanager
def opened(folder: Path, seed: int, *, columns_move: bool = True) -> Iterator[Office]:
    with Rig(folder, rows=90) as rig:
        # Both, so that nobody may lean on what is merely assumed.
        rig.google.settings.sort_moves_metadata = seed % 2 == 0
        yield Office(rig, seed, columns_move=columns_move)


@contextmanager
def replayable(seed: float) -> Iterator[None]:
    """Draw keys from a seed, as people sort by them, too, and let no hurry add a read."""
    dice = random.Random(seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_FRESH", 60.0)
        patch.setattr(delivery, "_AT_ONCE", 60.0)
        patch.setattr(app, "new_key", lambda: f"r-{dice.randbytes(6).hex()}")
        patch.setattr(app, "new_batch_id", lambda: dice.randbytes(6).hex())
        yield


def play(office: Office, *, edits: int = EDITS, faults: bool = False) -> list[str]:
    """Let syncd work while the office edits; then let it finish in peace, and judge.

    With ``faults``, the line swallows every fourth write, or its answer.
    """
    rig = office.rig
    office.left = edits
    if faults:
        flush = {"vendor": "sheets", "method": "POST", "path": ":batchUpdate$"}
        rig.world.faults.add("drop_after", rate=0.15, **flush)
        rig.world.faults.add("drop_before", rate=0.1, **flush)
        rig.world.faults.add("html502", rate=0.05, applied=True, **flush)
    rig.world.before(is_flush, lambda: office.meddle(writing=True), once=False)
    rig.world.before(
        lambda asked: asked.path != "/token" and not is_flush(asked), office.meddle, once=False
    )
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    with replayable(office.random.random()), rig.app(clock=lambda: noon) as engine:
        for _ in range(150):
            office.meddle()
            engine.cycle()
            rig.hurry()
            if office.left == 0:
                break
        office.left = 0
        rig.world.faults.clear()
        rig.settle(engine, cycles=30)
        rig.settle(engine, cycles=30)
    problems = office.problems()
    if rig.seleqt.meter.bought_twice():
        problems.append(f"bought twice: {rig.seleqt.meter.bought_twice()}")
    if rig.totals() != {"settled": rig.seleqt.meter.charged(), "reserved": 0}:
        problems.append(f"the ledger says {rig.totals()}")
    return problems


PLAY = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def watch(
    folder: Path, seed: int, *, columns_move: bool = True, faults: bool = False
) -> tuple[list[str], int]:
    """Play one office's day, and return what is wrong at its end and how many edits it saw."""
    with opened(folder, seed, columns_move=columns_move) as office:
        problems = play(office, faults=faults)
        if problems:
            problems += office.log
        return problems, len(office.log)


@PLAY
@example(seed=12)
@example(seed=24)
@given(seed=st.integers(0, 10_000))
def test_every_result_stands_in_its_persons_row_whatever_people_do_with_rows(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    assert watch(tmp_path_factory.mktemp("office"), seed, columns_move=False) == ([], EDITS)


@PLAY
@example(seed=28)
@given(seed=st.integers(0, 10_000))
def test_every_result_stands_in_its_persons_row_whatever_people_do_with_columns_too(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    assert watch(tmp_path_factory.mktemp("office"), seed) == ([], EDITS)


@PLAY
@given(seed=st.integers(0, 10_000))
def test_every_result_stands_in_its_persons_row_though_writes_and_answers_are_lost(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    assert watch(tmp_path_factory.mktemp("office"), seed, faults=True) == ([], EDITS)


def without_echo(patch: pytest.MonkeyPatch) -> None:
    """Take what was written for arrived, and go on with what the cycle's first look has shown."""
    read, cycle = Workbook.read, Engine.cycle
    looked: list[Moment | None] = []

    def read_once(self: Workbook, *arguments: Any) -> Moment | None:
        if not looked:
            looked.append(read(self, *arguments))
        return looked[0]

    def cycle_anew(self: Engine) -> Report:
        looked.clear()
        return cycle(self)

    patch.setattr(delivery, "judge", lambda changes, echo: (changes, []))
    patch.setattr(Workbook, "read", read_once)
    patch.setattr(Engine, "cycle", cycle_anew)


def without_cleaning(patch: pytest.MonkeyPatch) -> None:
    """Repair what is missing, and leave what went astray."""
    patch.setattr(flights, "find_strays", lambda *_: {})


@pytest.mark.parametrize("plant", [without_echo, without_cleaning])
def test_the_judge_sees_what_a_weaker_protocol_does_to_rows(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    plant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    plant(monkeypatch)
    caught = 0
    for seed in range(3):
        problems, _ = watch(tmp_path_factory.mktemp("office"), seed, columns_move=False)
        caught += bool(problems)
    assert caught == 3


# -- one edit at the worst moment ----------------------------------------------------------------


def is_flush(asked: Any) -> bool:
    return bool(asked.path.endswith(":batchUpdate"))


def brings(text: str) -> Callable[[Any], bool]:
    """Match the write that carries a text."""
    return lambda asked: is_flush(asked) and text.encode() in asked.body


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path, rows=30) as made:
        yield made


def test_a_result_that_met_another_row_is_taken_back_and_brought_home(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email (waterfall)"))
    rig.world.before(brings("p0@found"), lambda: hands.move_rows(rig.leads, 1, 1, 3))
    rig.run()
    assert rig.by_prospect("Email") == {
        str(first): ["p0@found.example"],
        str(second): ["p1@found.example"],
    }
    assert rig.by_prospect("Credits") == {str(first): ["3"], str(second): ["6"]}


def test_a_result_that_met_an_empty_row_leaves_nothing_there(rig: Rig) -> None:
    (person,) = rig.people(1)
    rig.ask((person, "Email"))
    rig.world.before(brings("p0@found"), lambda: hands.insert_rows(rig.leads, 1, 2))
    rig.run()
    assert [row for row in rig.rows()[1:3] if any(row)] == []
    assert rig.column("Email")[2] == "p0@found.example"


def test_a_key_that_met_another_row_is_taken_back(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    rig.world.before(is_flush, lambda: hands.insert_rows(rig.leads, 1))
    rig.run()
    keys = rig.column("Key")
    assert keys[0] == ""
    assert len(set(keys[1:])) == 2
    assert rig.column("Email") == ["", "p0@found.example", "p1@found.example"]


def test_a_humans_email_survives_a_result_that_was_meant_for_the_row_above(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.ask((second, "Email"), first=2, Email="me@human.example")
    rig.world.before(brings("p0@found"), lambda: hands.move_rows(rig.leads, 1, 1, 3))
    rig.run()
    assert rig.by_prospect("Email") == {
        str(first): ["p0@found.example"],
        str(second): ["me@human.example"],
    }
    assert rig.seleqt.meter.charged() == 3


def test_a_humans_email_survives_two_edits_in_a_row(rig: Rig) -> None:
    first, second, third = rig.people(3)
    rig.ask((first, "Email"))
    rig.ask((second, "Email"), first=2, Email="me@human.example")
    rig.ask((third, "Email"), first=3)
    turns = iter([(1, 3), (2, 1), (3, 1)])

    def turn() -> None:
        if (move := next(turns, None)) is not None:
            hands.move_rows(rig.leads, move[0], 1, move[1])

    rig.world.before(brings("p0@found"), turn)
    rig.world.before(is_flush, turn, once=False)
    rig.run()
    rig.run()
    assert rig.by_prospect("Email")[str(second)] == ["me@human.example"]
    assert rig.by_prospect("Email")[str(first)] == ["p0@found.example"]
    assert rig.by_prospect("Status")[str(second)] == ["Already has an email. Nothing was bought."]
    assert rig.seleqt.meter.charged() == 6


def test_a_repair_goes_on_when_the_worksheet_is_renamed_in_its_middle(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.ask((second, "Email"), first=2, Email="me@human.example")

    def move_and_later_rename() -> None:
        hands.move_rows(rig.leads, 1, 1, 3)
        rig.world.before(is_flush, lambda: hands.rename_worksheet(rig.leads, "People"))

    rig.world.before(brings("p0@found"), move_and_later_rename)
    rig.run()
    rig.run()
    assert rig.by_prospect("Email") == {
        str(first): ["p0@found.example"],
        str(second): ["me@human.example"],
    }
    assert rig.seleqt.meter.charged() == 3


@pytest.mark.parametrize("edit", ["insert", "move"])
def test_a_column_that_moves_under_a_write_costs_nobody_a_word(rig: Rig, edit: str) -> None:
    people = rig.people(2)
    texts = {"Company": "Fjordline", "Approve": True, "Job title": "Buyer", "LinkedIn URL": "in/x"}
    rig.ask(*[(person, "Email") for person in people], **texts)

    def meddle() -> None:
        if edit == "insert":
            hands.insert_columns(rig.leads, 2)
        else:
            hands.move_columns(rig.leads, 1, 1, 14)  # First name to the far right

    rig.world.before(brings("p0@found"), meddle)
    rig.run()
    for name, text in {**texts, "Find": "Email", "Phone": ""}.items():
        assert rig.column(name) == [text, text], name
    assert rig.column("Prospect ID") == people
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.column("Status") == ["Found the email."] * 2
    assert rig.seleqt.meter.charged() == 6


def test_a_renamed_worksheet_is_found_again_before_and_in_a_write(rig: Rig) -> None:
    rig.ask(*[(person, "Email") for person in rig.people(2)])
    rig.world.before(is_flush, lambda: hands.rename_worksheet(rig.leads, "People"))
    rig.world.before(
        brings("p0@found"), lambda: hands.rename_worksheet(rig.leads, "It's people: A1!")
    )
    rig.run()
    rig.run()
    assert rig.column("Email") == ["p0@found.example", "p1@found.example"]
    assert rig.seleqt.meter.charged() == 6


def test_a_copied_row_is_a_row_of_its_own_and_is_not_bought_again(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    rig.run()
    hands.copy_paste(rig.leads, 1, 2, 0, 14, 3, 0)
    rig.run()
    keys = rig.column("Key")
    assert len(set(keys)) == 3
    assert rig.column("Email")[2] == "p0@found.example"
    assert rig.column("Credits") == ["3", "3", "0"]
    assert rig.seleqt.meter.charged() == 6


def test_a_deleted_rows_result_goes_nowhere(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"), (second, "Email"))
    rig.world.before(brings("p0@found"), lambda: hands.delete_rows(rig.leads, 1))
    rig.run()
    assert rig.column("Prospect ID") == [second]
    assert rig.column("Email") == ["p1@found.example"]
    assert rig.column("Credits") == ["3"]


def test_another_persons_id_typed_into_a_row_brings_that_persons_result(rig: Rig) -> None:
    first, second = rig.people(2)
    rig.ask((first, "Email"))
    rig.world.before(brings("p0@found"), lambda: rig.fill(rig.leads, [[second]], first=1))
    rig.run()
    rig.run()
    assert rig.column("Email") == ["p1@found.example"]
    assert rig.seleqt.meter.bought_twice() == {}


def test_what_a_human_types_over_a_result_stays(rig: Rig) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    rig.run()
    hands.type_cell(rig.leads, 1, LEAD_HEADER.index("Email"), "better@human.example")
    rig.run()
    assert rig.column("Email") == ["better@human.example"]
    assert rig.seleqt.meter.charged() == 3


def test_a_row_put_above_the_header_under_a_write_costs_no_header_and_no_result(rig: Rig) -> None:
    people = rig.people(2)
    rig.ask(*[(person, "Email") for person in people])
    rig.world.before(brings("p0@found"), lambda: hands.insert_rows(rig.leads, 0))
    reports = rig.run()
    assert [problem for report in reports for problem in report.problems] == []
    blank, header, *rows = rig.rows()
    assert not any(blank)
    assert header[: len(LEAD_HEADER)] == LEAD_HEADER
    at = LEAD_HEADER.index("Email")
    assert [row[at] for row in rows] == ["p0@found.example", "p1@found.example"]
    assert rig.seleqt.meter.charged() == 6
