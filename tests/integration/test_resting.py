"""Rows at rest change nothing: whoever rests sees what somebody sees who has just come.

A random spreadsheet is edited, bought for and left alone, by people, by this process and by another
one on the same ledger. After each step two surveys are made of it: by the surveyor that was there
all along, and by one with nothing in memory. They must want the same of every row.

The planted bugs must each be caught, or this test has no teeth.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from rig import LEAD_HEADER, REQUEST_HEADER, SPREADSHEET, Rig, request

import syncd.core.plan
from syncd.app import App
from syncd.config import load
from syncd.core import leads, requests
from syncd.core.credits import Entry, EntryKind
from syncd.core.header import Header, find_header
from syncd.core.leads import LeadRow, parse_lead
from syncd.core.lists import Import
from syncd.core.model import (
    OPEN_STATES,
    Batch,
    BatchState,
    Field,
    Job,
    JobState,
    Kind,
    Prospect,
    Reading,
    Seen,
)
from syncd.core.quotes import Quote
from syncd.core.requests import parse_request
from syncd.core.table import Reader
from syncd.engine import Engine
from syncd.engine.resting import Resting
from syncd.engine.survey import Survey
from syncd.engine.workbook import Leaf, Moment
from syncd.ledger import Ledger
from syncd.ledger.people import People
from syncd.terms import ACCOUNT

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PEOPLE = range(1, 4)
FINDS = ["", "Email", "Email (waterfall)", "Phone", "Email + phone"]
ROWS = st.integers(min_value=0, max_value=3)
DECIDED = [state for state in JobState if state is not JobState.WAITING]
VALUES = {Field.EMAIL: "p{}@found.example", Field.PHONE: "+1202555010{}"}
EDITS = {
    "Prospect ID": [*PEOPLE, "x", ""],
    "First name": ["Ada", "Bo", ""],
    "Find": [*FINDS, "Fax"],
    "Approve": [True, False],
    "Email": ["", "own@firma.example", "p1@found.example"],
    "Phone": ["", "+12025550199"],
    "Status": ["", "called on Monday"],
    "Credits": ["", "7"],
    "Key": [""],
}
# Fewer than the days of a cool-off, and more than a row may rest; then a sleep, and beyond both.
# A cool-off never ends within ten minutes after a look: that it is noticed late is intended.
SLEEPS = [timedelta(minutes=2), timedelta(minutes=11), timedelta(hours=25), timedelta(days=91)]


class Rest(RuleBasedStateMachine):
    """The grid, the ledger, and two surveyors."""

    config: ClassVar[Callable[[Path], Path]]

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.numbers = count(1)
        self.works = True  # whether syncd writes what the survey says
        self.folder = tempfile.TemporaryDirectory()
        config = load(type(self).config(Path(self.folder.name)))
        self.app = App(config, stop=threading.Event(), clock=lambda: self.now).__enter__()
        self.engine = self.app.engines[0]
        self.ledger = self.engine._ledger
        self.other = Ledger(config.ledger.path)
        self.other.arm(ACCOUNT, START)
        with self.ledger.transaction():
            self.leads = self.ledger.worksheets.remember(SPREADSHEET, 0, "Leads").id
            self.requests = self.ledger.worksheets.remember(SPREADSHEET, 1, "Requests").id
        self.header = list(LEAD_HEADER)
        self.rows: list[dict[str, object]] = [{} for _ in range(4)]
        self.asked: dict[str, object] = {"Lead list": "A", "Find": "Email + phone"}
        self.readers = Reader(parse_lead), Reader(parse_request)

    @initialize()
    def begin(self) -> None:
        """Let three rows rest from the start: one found, one missed, one unknown to the vendor."""
        for row, state in enumerate((JobState.FOUND, JobState.MISSED, JobState.UNKNOWN)):
            self.ask(row, row + 1, "Email")
            self.the_rested_want_what_a_newcomer_wants()
            self.buy({row + 1}, Kind.EMAIL, row, state, other=False)

    def teardown(self) -> None:
        self.other.close()
        self.app.__exit__(None, None, None)
        self.folder.cleanup()

    def new(self, what: str) -> str:
        return f"{what}-{next(self.numbers)}"

    def by(self, other: bool) -> Ledger:
        return self.other if other else self.ledger

    # -- people in the sheet --------------------------------------------------------------------

    @rule(row=ROWS, prospect=st.sampled_from(PEOPLE), find=st.sampled_from(FINDS[1:]))
    def ask(self, row: int, prospect: int, find: str) -> None:
        self.rows[row] |= {"Prospect ID": prospect, "Find": find}

    @rule(
        row=ROWS,
        edit=st.sampled_from([(name, value) for name in EDITS for value in EDITS[name]]),
    )
    def edit(self, row: int, edit: tuple[str, object]) -> None:
        self.rows[row] |= dict([edit])

    @rule(how=st.sampled_from(["copy", "swap", "delete", "move a column"]), one=ROWS, two=ROWS)
    def arrange(self, how: str, one: int, two: int) -> None:
        rows = self.rows
        match how:
            case "copy":
                rows[two] = dict(rows[one])
            case "swap":
                rows[one], rows[two] = rows[two], rows[one]
            case "delete":
                rows.append({})
                del rows[one]
            case _:
                self.header.append(self.header.pop(0))

    @rule(
        edit=st.sampled_from(
            [
                {"Lead list": "A", "Find": "Email", "Start": True},
                {"Lead list": "B", "Find": "Phone", "Start": True},
                {"Start": False},
                {"Start": True},
                {"Max credits": 3},
                dict.fromkeys(REQUEST_HEADER, ""),
            ]
        ),
        people=st.sets(st.sampled_from(PEOPLE), min_size=1),
        imports=st.sampled_from([True, True, False]),
        other=st.booleans(),
    )
    def edit_request(
        self, edit: dict[str, object], people: set[int], imports: bool, other: bool
    ) -> None:
        """Edit the list request; perhaps its list is imported at once, too."""
        self.asked |= edit
        row = self.moment(self.readers).requests[0].table.row(1)
        if not imports or not row.key or row.problem:
            return
        done = Import(
            key=row.key,
            fingerprint=row.fingerprint,
            at=self.now,
            list_id=1,
            members=tuple(sorted(people)),
            chosen=frozenset(people),
            appended=frozenset(people),
            quote=Quote(
                size=len(people),
                lacking=len(people),
                chosen=len(people),
                known=0,
                costs=dict.fromkeys(row.wanted, 99),
                prices={kind: kind.price for kind in row.wanted},
            ),
            begun=True,
        )
        with self.by(other).transaction():
            self.by(other).imports.put(self.requests, done)

    # -- the ledger -----------------------------------------------------------------------------

    @rule(
        people=st.sets(st.sampled_from(PEOPLE), min_size=1, max_size=2),
        kind=st.sampled_from(list(Kind)),
        row=ROWS,
        outcome=st.sampled_from([None, *DECIDED]),
        other=st.booleans(),
    )
    def buy(
        self, people: set[int], kind: Kind, row: int, outcome: JobState | None, other: bool
    ) -> None:
        """Plan a purchase for those who have no open job for the field; perhaps end it at once."""
        ledger = self.by(other)
        jobs = [job for batch in ledger.batches.open(ACCOUNT) for job in batch.jobs]
        busy = {(job.prospect_id, job.kind.field) for job in jobs}
        free = [p for p in sorted(people) if (p, kind.field) not in busy]
        if not free:
            return
        payer = str(self.rows[row].get("Key", ""))
        batch = Batch(
            id=self.new("b"),
            account=ACCOUNT,
            worksheet=self.leads,
            kind=kind,
            state=BatchState.PLANNED,
            jobs=tuple(
                Job(prospect_id=p, kind=kind, state=JobState.WAITING, asked_by=payer) for p in free
            ),
            booked_day=self.now.date().isoformat(),
            reserved=kind.price * len(free),
            created_at=self.now,
            not_before=self.now,
        )
        with ledger.transaction():
            ledger.batches.add(batch, self.now)
        if outcome is not None:
            self.end(batch, outcome, ledger)

    @rule(
        which=st.integers(min_value=0, max_value=9),
        state=st.sampled_from([*(OPEN_STATES - {BatchState.PLANNED}), *DECIDED]),
        other=st.booleans(),
    )
    def advance(self, which: int, state: BatchState | JobState, other: bool) -> None:
        ledger = self.by(other)
        if not (batches := ledger.batches.open(ACCOUNT)):
            return
        batch = batches[which % len(batches)]
        if isinstance(state, JobState):
            self.end(batch, state, ledger)
            return
        with ledger.transaction():
            ledger.batches.save(replace(batch, state=state, submitted_at=self.now), [], self.now)

    def end(self, batch: Batch, outcome: JobState, ledger: Ledger) -> None:
        paid = outcome not in {JobState.CANCELLED, JobState.UNKNOWN}
        found = outcome is JobState.FOUND
        jobs = [
            replace(
                job,
                state=outcome,
                value=VALUES[job.kind.field].format(job.prospect_id) if found else "",
                credits=job.kind.price if paid else 0,
                decided_at=self.now,
            )
            for job in batch.jobs
        ]
        ended = replace(
            batch,
            state=BatchState.SETTLED if paid else BatchState.CANCELLED,
            reserved=0,
            settled=batch.reserved if paid else 0,
            jobs=tuple(jobs),
        )
        move = EntryKind.SETTLE if paid else EntryKind.RELEASE
        with ledger.transaction():
            ledger.batches.save(ended, [Entry(kind=move, credits=batch.reserved)], self.now)

    @rule(prospect=st.sampled_from(PEOPLE), found=st.booleans(), other=st.booleans())
    def see(self, prospect: int, found: bool, other: bool) -> None:
        """Seleqt's list shows somebody, perhaps with an address that others paid for."""
        reading = Reading.FOUND if found else Reading.EMPTY
        email = Seen(reading=reading, value=VALUES[Field.EMAIL].format(prospect))
        person = Prospect(id=prospect, email=email, phone=Seen(reading=Reading.EMPTY))
        with self.by(other).transaction():
            self.by(other).people.see(ACCOUNT, [person], self.now)

    # -- the day --------------------------------------------------------------------------------

    @rule(
        what=st.sampled_from(["halt", "resume", "key", "key again", "low", "high", "stop", "go on"])
    )
    def change_the_day(self, what: str) -> None:
        accounts = self.ledger.accounts
        with self.ledger.transaction():
            match what:
                case "halt":
                    accounts.halt(ACCOUNT, "something odd")
                case "resume":
                    accounts.resume(ACCOUNT)
                case "low" | "high":
                    accounts.set_balance(ACCOUNT, 0 if what == "low" else 1000, self.now)
                case "key" | "key again":
                    self.app._desk.key_refused_at = self.now if what == "key" else None
                case _:
                    self.works = what == "go on"

    @rule(how=st.sampled_from(SLEEPS))
    def sleep(self, how: timedelta) -> None:
        self.now += how

    # -- looking --------------------------------------------------------------------------------

    def moment(self, readers: tuple[Reader[Any], Reader[Any]]) -> Moment:
        grid = [self.header, *([row.get(n, "") for n in self.header] for row in self.rows)]
        asked = [REQUEST_HEADER, request(**self.asked)]
        return Moment(
            at=self.now,
            digest=b"",
            leads=[_leaf(self.leads, "Leads", grid, leads.COLUMNS, readers[0])],
            requests=[_leaf(self.requests, "Requests", asked, requests.COLUMNS, readers[1])],
            home="Leads",
            shows_all_leads=True,
        )

    @contextmanager
    def newcomer(self) -> Iterator[Engine]:
        """Wire all parts anew, on a connection of their own.

        Whose a value was when it was first seen is kept: that is memory, and no shortcut.
        """
        engine = self.app._wire(self.app.config.spreadsheet[0], self.engine._workbook.sheet)
        engine._surveyor._torn = self.engine._surveyor._torn
        try:
            yield engine
        finally:
            self.app._ledgers.remove(engine._ledger)
            engine._ledger.close()

    @invariant()
    def the_rested_want_what_a_newcomer_wants(self) -> None:
        """Look; and where syncd works, write and look again until the sheet says what it should."""
        while True:
            moment = self.moment(self.readers)
            survey = self.engine._surveyor.survey(moment)
            with self.newcomer() as engine:
                newest = self.moment((Reader(parse_lead), Reader(parse_request)))
                fresh = engine._surveyor.survey(newest)
            assert _tell(survey, moment) == _tell(fresh, newest)
            if not self.works or not self.deliver(survey, moment):
                break

    def deliver(self, survey: Survey, moment: Moment) -> bool:
        """Do what a delivery does where nobody interferes; return whether that was anything."""
        wrote = False
        for leaf, rows in ((moment.leads[0], self.rows), (moment.requests[0], [self.asked])):
            desire = survey.desires[leaf.id]
            texts: dict[tuple[str, str], str] = {}
            with self.ledger.transaction():
                for number, key in desire.newcomers.items():
                    given = self.new("r")
                    rows[number - 1]["Key"] = given
                    table: Any = leaf.table
                    fingerprint = {given: table.row(number).fingerprint}
                    self.ledger.worksheets.give_keys(leaf.id, fingerprint, self.now)
                    if key:
                        self.ledger.outbox.inherit(leaf.id, key, leaf.id, given)
                for number, view in desire.views.items():
                    row = leaf.table.row(number)
                    for column, text in view.items():
                        if row.owned(column) != text and not desire.ownership.foreign(row, column):
                            rows[number - 1][column] = text
                            texts[row.key, column] = text
                self.ledger.outbox.intend(leaf.id, texts, self.now)
                self.ledger.outbox.mark_sent(leaf.id, texts)
            wrote = wrote or bool(texts or desire.newcomers)
        return wrote


def _leaf(number: int, title: str, grid: Any, columns: Any, reader: Reader[Any]) -> Leaf[Any]:
    header = find_header(grid, columns, {})
    assert isinstance(header, Header)
    return Leaf(id=number, sheet_id=number, title=title, table=reader.read(grid, header))


def _tell(survey: Survey, moment: Moment) -> dict[str, object]:
    """Return what a survey wants; a view that the row shows already wants nothing of it."""
    told: dict[str, object] = {"imports": [wanted.row for wanted in survey.imports]}
    for leaf in moment.leaves:
        desire = survey.desires[leaf.id]
        views = {}
        for number, view in desire.views.items():
            row = leaf.table.row(number)
            if any(row.owned(column) != text for column, text in view.items()):
                views[number] = view
        told[leaf.title] = views, dict(desire.newcomers), list(desire.appends)
    for number, plan in survey.plans.items():
        told[f"plan {number}"] = plan.purchases, plan.waiting, plan.held, plan.balance_wanted
    return told


# --- the tests ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> type[Rest]:
    """Give the machine a config of the real program; one service account serves all examples."""
    with Rig(tmp_path_factory.mktemp("rig")) as rig:
        written = rig.config(
            caps='time_zone = "Europe/Berlin"\nper_day = 40\nper_month = 400\nfloor = 20',
            buying='ask_first = ["phone"]\nbatch_size = 2\nfirst_batch = 1\nbatches_in_flight = 2',
        )

    def config(folder: Path) -> Path:
        for name in ("config.toml", "google.json", "seleqt.key"):
            (folder / name).write_text((written.parent / name).read_text())
        return folder / "config.toml"

    return type("Rested", (Rest,), {"config": staticmethod(config)})


def check(machine: type[Rest], examples: int, *, planted: bool = False) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=30,
            deadline=None,
            database=None,
            # A planted bug need not be shrunk, and is caught as soon every time.
            phases=[Phase.generate] if planted else tuple(Phase),
            derandomize=planted,
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )


def test_rows_at_rest_want_what_a_newcomer_wants_of_them(machine: type[Rest]) -> None:
    check(machine, examples=30)


def never_forget(patch: pytest.MonkeyPatch) -> None:
    def forget(self: People, prospects: Iterable[int] | None = None) -> None:
        """Keep what was recalled, whatever is saved."""

    patch.setattr(People, "forget", forget)


def ignore_other_connections(patch: pytest.MonkeyPatch) -> None:
    real = People.recall

    def recall(self: People, account: str, prospects: Any) -> Any:
        self._as_of = (account, self._others())
        return real(self, account, prospects)

    patch.setattr(People, "recall", recall)


def ignore_wishes(patch: pytest.MonkeyPatch) -> None:
    real = Resting.begin

    def begin(self: Resting, wishes: Any, now: datetime) -> None:
        real(self, self._wishes if self._since else wishes, now)

    patch.setattr(Resting, "begin", begin)


def ignore_time(patch: pytest.MonkeyPatch) -> None:
    real = Resting.begin

    def begin(self: Resting, wishes: Any, now: datetime) -> None:
        real(self, wishes, self._since or now)

    patch.setattr(Resting, "begin", begin)


def ignore_facts(patch: pytest.MonkeyPatch) -> None:
    def find(self: Resting, leaf: Leaf[LeadRow], people: Mapping[int, Any]) -> set[int]:
        settled = self._rows.get(leaf.id, {})
        rows = enumerate(leaf.table.rows, leaf.table.first)
        return {n for n, row in rows if row.key in settled and settled[row.key].row is row}

    patch.setattr(Resting, "find", find)


def ignore_cells(patch: pytest.MonkeyPatch) -> None:
    def find(self: Resting, leaf: Leaf[LeadRow], people: Mapping[int, Any]) -> set[int]:
        settled = self._rows.get(leaf.id, {})
        return {
            number
            for number, row in enumerate(leaf.table.rows, leaf.table.first)
            if row.key in settled and settled[row.key].person is people.get(row.prospect_id or 0)
        }

    patch.setattr(Resting, "find", find)


def let_copies_rest(patch: pytest.MonkeyPatch) -> None:
    class Stubborn(set[int]):
        def __sub__(self, other: object) -> Stubborn:
            return self

    real = Resting.find
    patch.setattr(Resting, "find", lambda *parts: Stubborn(real(*parts)))


def let_waiting_rows_rest(patch: pytest.MonkeyPatch) -> None:
    def settled(row: Any, person: Any, verdicts: Any, view: Any, header: Header) -> bool:
        return all(row.owned(column) == text for column, text in view.items())

    patch.setattr(syncd.core.plan, "is_settled", settled)


@pytest.mark.parametrize(
    "plant",
    [
        never_forget,
        ignore_other_connections,
        ignore_wishes,
        ignore_time,
        ignore_facts,
        ignore_cells,
        let_copies_rest,
        let_waiting_rows_rest,
    ],
)
def test_a_planted_bug_is_caught(
    machine: type[Rest], monkeypatch: pytest.MonkeyPatch, plant: Callable[..., None]
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        check(machine, examples=1000, planted=True)
