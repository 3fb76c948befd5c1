"""What a cycle asks of the vendors, counted by the sandbox: never more because there are more rows.

Google allows 60 reads and 60 writes a minute and Seleqt 50 requests, for everything that uses the
same account. So a cycle's requests are a promise: idle 1 read; busy at most 2 reads and 1 write,
and at most 1 of each more per repair.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rig import LEAD_HEADER, Rig, request

import syncd.app
import syncd.pace
from syncd.core import status
from syncd.core.model import Kind
from syncd.core.status import sentence
from syncd.engine import Engine, Report
from syncd.pace import Pace
from syncd.sandbox.sheets import people as hands

READ, WRITE = "sheets read", "sheets write"
BUYING = {READ: 2, WRITE: 1}  # the most that any cycle may ask of Google, repairs apart


@contextmanager
def settled(folder: Path, rows: int, **knobs: Any) -> Iterator[Rig]:
    """Give a worksheet in which that many rows show what they should, and room for more."""
    with Rig(folder, rows=rows + 300, balance=100_000, panel=True, **knobs) as rig:
        says = sentence(status.ALREADY_HAS, kind=Kind.EMAIL)
        cells: dict[str, object] = {"Find": "Email", "Status": says, "Credits": "0"}
        for number, row in enumerate(rig.leads.rows[1 : rows + 1]):
            cells["Prospect ID"] = 2_000_000 + number
            cells["Email"] = f"own{number}@firma.example"
            cells["Key"] = f"r-{number:012X}"
            row.cells = tuple([cells.get(name) for name in LEAD_HEADER])
        yield rig


def cycle(rig: Rig, engine: Engine) -> tuple[Report, Counter[str]]:
    """Run one cycle, and count its requests by vendor and class."""
    mark = rig.mark
    report = engine.cycle()
    made = Counter(f"{e.vendor} {e.call}" for e in rig.world.journal.after(mark))
    del made["token token"]  # once an hour
    return report, made


def google(made: Counter[str]) -> dict[str, int]:
    return {READ: made[READ], WRITE: made[WRITE]}


@pytest.mark.parametrize("rows", [10, 1000, 50_000])
def test_a_cycle_asks_google_the_same_however_many_rows_there_are(
    tmp_path: Path, rows: int
) -> None:
    with settled(tmp_path, rows) as rig, rig.app() as engine:
        newcomers = rig.people(2)
        _, made = cycle(rig, engine)
        # Once in a ledger's life, the worksheets are looked up; the panel is filled.
        assert made == {READ: 2, WRITE: 1}
        _, made = cycle(rig, engine)
        assert made == {READ: 1}  # idle
        hands.type_cell(rig.leads, rows // 2, LEAD_HEADER.index("First name"), "Ada")
        report, made = cycle(rig, engine)
        assert (made, report.changed) == ({READ: 1}, False)
        rig.ahead += timedelta(minutes=11)
        _, made = cycle(rig, engine)
        assert made == {READ: 1, WRITE: 1}  # idle, looked at in full; the panel's heartbeat

        rig.ask(*((person, "Email") for person in newcomers), first=rows + 1)
        report, made = cycle(rig, engine)
        assert google(made) == {READ: 1, WRITE: 1}  # new rows get their keys
        assert report.delivered.keys == 2
        bought = []
        for _ in range(10):
            report, made = cycle(rig, engine)
            bought.append(google(made))
            if not report.changed and not report.open_batches:
                break
            rig.hurry()
        assert bought[0] == BUYING
        assert bought[-1] == {READ: 1, WRITE: 0}
        assert all(one[READ] == 1 and one[WRITE] <= 1 for one in bought[1:])
        emails = [rig.leads.cell(rows + 1 + n, LEAD_HEADER.index("Email")).value for n in range(2)]
        assert emails == ["p0@found.example", "p1@found.example"]
        assert rig.seleqt.meter.charged() == 6


def test_a_sheet_that_keeps_moving_costs_one_read_and_one_write_for_each_repair(rig: Rig) -> None:
    rig.ask(*((person, "Email") for person in rig.people(6)))
    moves = iter([(1, 4), (3, 1), (5, 2), (2, 6), (6, 1), (1, 5)])

    def move() -> None:
        if found := next(moves, None):
            hands.move_rows(rig.leads, found[0], 1, found[1])

    with rig.app() as engine:
        cycle(rig, engine)
        rig.world.before(lambda asked: asked.path.endswith(":batchUpdate"), move, once=False)
        repaired = 0
        for _ in range(30):
            report, made = cycle(rig, engine)
            repairs = report.delivered.repairs
            assert made[WRITE] <= 1 + repairs
            assert made[READ] <= 2 + repairs + 1  # the last look finds that all is well
            repaired += repairs
            rig.hurry()
            if not (report.changed or report.open_batches):
                break
    assert repaired >= 3
    assert all(rig.column("Email"))
    assert len(rig.column("Email")) == 6


def test_an_answer_that_is_lost_costs_one_read_and_nothing_is_written_again(
    rig: Rig, impatient: float
) -> None:
    rig.ask((rig.people(1)[0], "Email"))
    with rig.app() as engine:
        cycle(rig, engine)
        rig.world.faults.add("drop_after", vendor="sheets", path=r":batchUpdate")
        _, made = cycle(rig, engine)
    assert google(made) == {READ: 3, WRITE: 2}  # the tokens were there: next come their texts


# --- seleqt -------------------------------------------------------------------------------------

OPEN = {"seleqt write": 2, "seleqt read": 2, "seleqt spend": 1}  # list, people; read back, count


@pytest.mark.parametrize("people", [1, 25])
def test_a_purchase_costs_five_requests_of_seleqt_and_each_poll_one(
    tmp_path: Path, people: int
) -> None:
    with settled(tmp_path, 10, first_result_seconds=3600.0) as rig:
        rig.ask(*((person, "Email") for person in rig.people(people)), first=11)
        with rig.app(buying='ask_first = []\nsettle_after = "0s"\nfirst_batch = 25') as engine:
            cycle(rig, engine)
            _, made = cycle(rig, engine)
            assert {call: made[call] for call in made if "seleqt" in call} == OPEN
            for _ in range(3):
                rig.hurry()
                _, made = cycle(rig, engine)
                assert {call: made[call] for call in made if "seleqt" in call} == {"seleqt read": 1}
    assert rig.seleqt.meter.charged() == 3 * people


def test_a_list_of_people_is_read_once_a_hundred_and_then_never_again(rig: Rig) -> None:
    rig.seleqt.add_list("Fair", ids=rig.people(120))
    cells = {"Lead list": "Fair", "Find": "Email", "Start": True, "Max leads": 1}
    rig.fill(rig.requests, [request(**cells)], first=1)
    asked: Counter[str] = Counter()
    with rig.app() as engine:
        for _ in range(8):
            _, made = cycle(rig, engine)
            asked += Counter({call: made[call] for call in made if call in OPEN})
    lists, pages, poll = 1, 3, 2  # the third page shows nobody new; found at the second look
    assert asked["seleqt write"] == OPEN["seleqt write"]
    assert asked["seleqt spend"] == OPEN["seleqt spend"]
    assert asked["seleqt read"] <= lists + pages + OPEN["seleqt read"] + poll


def test_no_minute_sees_more_than_forty_requests_however_much_is_bought(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight purchases of 25 people: the pace of the config holds, on a clock that runs faster."""
    sent: list[float] = []
    now = 0.0

    def clock() -> float:
        nonlocal now
        now = time.monotonic() * 400
        return now

    class Watched(Pace):
        def wait(self, *, first: bool = False) -> None:
            super().wait(first=first)
            sent.append(now)

    def pace(per_minute: int, stop: threading.Event, **_: object) -> Pace:
        return Watched(per_minute, stop=stop, clock=clock) if per_minute else Pace(0, stop=stop)

    monkeypatch.setattr(syncd.app, "Pace", pace)
    monkeypatch.setattr(syncd.pace, "_LOOK", 0.002)
    rig.ask(*((person, "Email") for person in rig.people(195)))
    rig.run(
        seleqt='key = { file = "seleqt.key" }\nbase_url = "BASE/api/v1"',
        buying='ask_first = []\nsettle_after = "0s"\nfirst_batch = 25\nbatches_in_flight = 20',
    )
    assert rig.seleqt.meter.charged() == 3 * 195
    assert len(sent) == rig.requests_made("seleqt") > 40
    for number, at in enumerate(sent):
        assert len([one for one in sent[number:] if one < at + 60]) <= 40
