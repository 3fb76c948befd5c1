"""kill -9 at the worst moments of a purchase and of a flush: nothing is paid twice, none is lost.

The victim is the real program. It is killed from inside the sandbox, while the request in question
is being served, or while its next commit waits for a lock that the test holds; so each moment is
hit exactly. The next start then has to make good, and the vendor's meter is the judge.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bench import (
    CREATE,
    FLUSH,
    POLL,
    PURCHASE,
    Program,
    is_add,
    is_count,
    is_create,
    is_flush,
    is_poll,
    is_purchase,
    is_read,
    money_problems,
    until,
)
from kills import Kills, run
from rig import Rig

from syncd.core.model import Batch, BatchState
from syncd.sandbox.wire import Request

PEOPLE = 4
HASTY = 'ask_first = []\nsettle_after = "0s"\ndoubt_for = "0s"\nbatch_size = 6'
When = Callable[[Request], bool]


class Scene:
    """A spreadsheet with four people to buy, three of whom are found, and a victim."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.found = rig.people(PEOPLE - 1)
        self.missed = rig.person()
        rig.ask(*[(person, "Email") for person in (*self.found, self.missed)], Company="Fjordline")
        self.victim: Program | None = None
        self.dead = threading.Event()

    def prepare(self, stage: str) -> None:
        """Come to where the next cycle buys, or to where it flushes what was found."""
        with self.rig.app() as engine:
            engine.cycle()  # keys
            if stage == "flush":
                engine.cycle()  # buys
                self.rig.hurry()
                engine.cycle()  # the first of two reads that must agree
        self.rig.hurry()

    def kill(self) -> None:
        assert self.victim is not None
        self.victim.kill()
        self.dead.set()

    def kill_while_it_waits_to_commit(self) -> None:
        """Hold the ledger's write lock, let the answer arrive, kill, and let the lock go."""
        held = threading.Event()

        def hold() -> None:
            lock = sqlite3.connect(self.rig.folder / "ledger.db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            held.set()
            time.sleep(0.25)
            self.kill()
            lock.close()

        threading.Thread(target=hold).start()
        assert held.wait(20)

    def run_until_killed(self) -> None:
        with Program.daemon(self.rig) as self.victim:
            until(self.dead.is_set)
            assert "Traceback" not in self.victim.output

    def problems(self) -> list[str]:
        """Return what is wrong once everything has been brought to its end."""
        rig, found = self.rig, []
        rows = rig.by_prospect("Email")
        wanted = {str(p): [f"p{n}@found.example"] for n, p in enumerate(self.found)}
        wanted[str(self.missed)] = [""]
        if rows != wanted:
            found.append(f"emails: {rows}")
        said = rig.by_prospect("Status")
        if any(said[str(person)] != ["Found the email."] for person in self.found):
            found.append(f"statuses: {said}")
        if not str(said[str(self.missed)][0]).startswith("No email found (3 credits"):
            found.append(f"the miss says {said[str(self.missed)]}")
        keys = rig.column("Key")
        if len(set(keys)) != PEOPLE or "" in keys:
            found.append(f"keys: {keys}")
        if set(rig.column("Company")) != {"Fjordline"} or set(rig.column("Phone")) != {""}:
            found.append("a cell that is none of its business was changed")
        if rig.column("Credits") != ["3"] * PEOPLE:
            found.append(f"credits: {rig.column('Credits')}")
        found += money_problems(rig)
        charged = rig.seleqt.meter.charged()
        if charged != 3 * PEOPLE or rig.totals() != {"settled": charged, "reserved": 0}:
            found.append(f"the meter says {charged}, the ledger {rig.totals()}")
        with rig.world.lock:
            names = [one.name for one in rig.seleqt.catalogue.lists.values()]
        if len(names) != len({name.split(" ")[0] for name in names}):
            found.append(f"a batch has two lists: {names}")
        return found


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with Rig(tmp_path, rows=20) as rig:
        yield Scene(rig)


MOMENTS = {
    # what the kill comes before or after; "lost": the request in question reached nobody
    "before its list is created": ("buy", is_create, "before", CREATE),
    "when its list was created, before it heard so": ("buy", is_create, "after", None),
    "when its list was filled, before it heard so": ("buy", is_add, "after", None),
    "before it commits that the list is ready": ("buy", is_poll, "commit", None),
    "before the free count is answered": ("buy", is_count, "after", None),
    "before the commit ahead of the purchase": ("buy", is_count, "commit", None),
    "when the purchase is charged, before it heard so": ("buy", is_purchase, "after", None),
    "before it commits the purchase's answer": ("buy", is_purchase, "commit", None),
    "before the results are read": ("flush", is_poll, "before", POLL),
    "before it commits the results": ("flush", is_poll, "commit", None),
    "before it commits what it will write": ("flush", is_read, "commit", None),
    "when the write was sent and lost": ("flush", is_flush, "before", FLUSH),
    "when the write was applied, before it heard so": ("flush", is_flush, "after", None),
    "before it commits the write's answer": ("flush", is_flush, "commit", None),
}


@pytest.mark.parametrize(("stage", "when", "side", "lost"), MOMENTS.values(), ids=MOMENTS)
def test_killed_at_any_moment_it_pays_once_and_delivers_everything(
    scene: Scene, stage: str, when: When, side: str, lost: dict[str, str] | None
) -> None:
    scene.prepare(stage)
    world = scene.rig.world
    if lost is not None:
        world.faults.add("drop_before", **lost)
    act = scene.kill_while_it_waits_to_commit if side == "commit" else scene.kill
    (world.before if side == "before" else world.after)(when, act)
    scene.run_until_killed()
    assert money_problems(scene.rig) == []
    scene.rig.hurry()
    scene.rig.run()
    assert scene.problems() == []


def test_the_real_program_started_again_makes_good_by_itself(scene: Scene) -> None:
    scene.prepare("buy")
    scene.rig.world.after(is_purchase, scene.kill)
    scene.run_until_killed()
    assert money_problems(scene.rig) == []
    with Program.daemon(scene.rig) as again:

        def well() -> bool:
            scene.rig.hurry()
            return scene.problems() == []

        until(well)
        assert again.leave()[0] == 0
        assert "Traceback" not in again.output


def test_a_purchase_lost_on_its_way_stays_booked_until_a_human_says(scene: Scene) -> None:
    rig = scene.rig
    scene.prepare("buy")
    rig.world.faults.add("drop_before", **PURCHASE)
    rig.world.before(is_purchase, scene.kill)
    scene.run_until_killed()
    rig.run(buying=HASTY)
    assert rig.seleqt.meter.charged() == 0
    assert rig.totals() == {"settled": 0, "reserved": 3 * PEOPLE}
    (batch,) = rig.batches()
    assert batch.state is BatchState.PARKED
    assert set(rig.column("Status")) == {
        "We may already have paid to search for the email. Ask your admin."
    }
    resolve(rig, batch)
    rig.run()
    assert scene.problems() == []


def resolve(rig: Rig, batch: Batch) -> None:
    """Settle a doubt as a human would, by what the vendor's own record says."""
    paid = any(charge.list_id == batch.list_id for charge in rig.seleqt.meter.charges)
    told = Program(
        rig.folder,
        "batches",
        "resolve",
        batch.id,
        "--paid" if paid else "--not-paid",
        "--config",
        str(rig.config()),
    )
    assert told.wait() == 0, told.output


def test_a_purchase_that_the_vendor_takes_after_our_death_is_found_and_not_repeated(
    scene: Scene,
) -> None:
    rig = scene.rig
    scene.prepare("buy")
    taken = threading.Event()
    rig.world.faults.add("slow", seconds=2.0, **PURCHASE)
    rig.world.on_request(lambda asked: scene.kill() if is_purchase(asked) else None)
    rig.world.after(is_purchase, taken.set)
    scene.run_until_killed()
    with rig.app() as engine:
        if not taken.is_set():
            engine.cycle()
            assert rig.totals() == {"settled": 0, "reserved": 3 * PEOPLE}
            assert [batch.state for batch in rig.batches()] == [BatchState.IN_DOUBT]
        assert taken.wait(30)
        rig.hurry()
        rig.settle(engine)
    assert scene.problems() == []
    assert rig.requests_made("seleqt", "spend") == 1


def test_killed_again_and_again_while_both_lines_fail_it_still_pays_once(tmp_path: Path) -> None:
    with Kills(tmp_path, seed=20, kills=12) as arena:
        for problems in run(arena, 12, every=12):
            assert problems == []
        assert arena.last.total() == 12
        assert arena.judge(everybody=True) == []
        # The same judge, where a value or a credit is not what it was.
        arena.ask(
            "UPDATE jobs SET value = 'x@found.example' WHERE id = "
            "(SELECT MIN(id) FROM jobs WHERE state = 'found' AND field = 'email')"
        )
        arena.ask("UPDATE batches SET settled = settled + 3 WHERE rowid = 1")
        told = " ".join(arena.judge(everybody=True))
        assert "the meter says" in told
        assert "bought x@found.example" in told


def test_a_second_daemon_on_the_same_ledger_is_refused_and_the_first_goes_on(scene: Scene) -> None:
    rig = scene.rig
    with Program.daemon(rig) as first:
        first.wait_for("started")
        with Program.daemon(rig) as second:
            assert second.wait() == 1
            assert f"works with the ledger {rig.folder / 'ledger.db'}" in second.output
            assert "Stop it first" in second.output
            assert "Traceback" not in second.output

        def well() -> bool:
            rig.hurry()
            return scene.problems() == []

        until(well)
        assert first.leave()[0] == 0
    assert rig.requests_made("seleqt", "spend") == 1
