"""Planted bugs: each breaks one promise about money or values, and torture has to catch it.

Each is a patch of a production function. ``python tests/mutants.py`` plays schedules under
each, one seed after the other, until one breaks a promise, and writes ``docs/mutants.md``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from syncd.core import answers, lifecycle, looks, memory, purse
from syncd.core.credits import Booked, Cap, EntryKind
from syncd.core.in_place import Forecast
from syncd.core.memory import Fact, Person
from syncd.core.model import Batch, BatchState, JobState, Reading, Seen
from syncd.core.outcomes import Accepted, InDoubt, NotSent, Refused, Submitting
from syncd.engine import buying, recording
from syncd.engine.buying import Buyer
from syncd.engine.ownership import Ownership
from syncd.engine.panel import Panel
from syncd.engine.standing import Standing
from syncd.errors import NotSent as NotSentError
from syncd.errors import OutcomeUnknown
from syncd.errors import Refused as RefusedError
from syncd.ledger import Lock
from syncd.ledger.accounts import Accounts
from syncd.ledger.batches import Batches
from syncd.ledger.outbox import Outbox
from syncd.seleqt import Seleqt, schemas
from syncd.seleqt import client as seleqt_client
from syncd.seleqt.schemas import Order
from syncd.torture.run import play_seed, workshop
from syncd.torture.shrink import promise

PAGE = Path(__file__).parents[1] / "docs" / "mutants.md"
MOST = 800
"""Schedules that a mutant may survive; one that survives them all is not caught."""

UNCAUGHT = {
    "a waterfall's miss does not answer a plain search": "not in 800 schedules: few ask for the "
    "plain search after the dearer one",
    "in place, nobody foresees whom the vendor takes": "not in 200 schedules: few lists have "
    "somebody above those who are planned",
    "what was planned is settled, not what was taken": "not among the likelier of 600 schedules; "
    "why is not known yet",
    "other people's searches count as ours": "not among the likelier of 390 schedules; why is not "
    "known yet",
    "the outbox is lost": "not in 80 schedules; why is not known yet",
}
"""Planted bugs that no schedule has caught yet, and what is known of that."""

Plant = Callable[[], AbstractContextManager[object]]


class Mutant(NamedTuple):
    """A bug: in which room of the house it is, what it does wrong, and how it is planted."""

    room: str
    what: str
    plant: Plant


def _swap(*patches: tuple[object, str, Any]) -> Plant:
    """Return what puts those in the places of attributes."""

    @contextmanager
    def plant() -> Iterator[None]:
        with ExitStack() as stack:
            for target, name, new in patches:
                stack.enter_context(mock.patch.object(target, name, new))
            yield

    return plant


# -- plan: what may be bought --------------------------------------------------------------------

_answer, _cap_hit = memory.answer, purse.cap_hit


def _answers(change: Callable[[Person], Person] = lambda person: person, **fixed: Any) -> Plant:
    """Let the plan, and the last look before buying, be answered from a changed memory."""

    def answer(person: Person, kind: Any, **terms: Any) -> Fact | None:
        return _answer(change(person), kind, **{**terms, **fixed})

    return _swap((answers, "answer", answer), (buying, "answer", answer))


def _forgets(*states: JobState) -> Plant:
    def forget(person: Person) -> Person:
        return person._replace(
            facts=tuple(fact for fact in person.facts if fact.state not in states)
        )

    return _answers(forget)


def _ignores(cap: Cap) -> Plant:
    """Let one cap hold nothing back."""
    none = {
        Cap.DAY: {"day": 10**9},
        Cap.MONTH: {"month": 10**9},
        Cap.FLOOR: {"floor": -(10**9)},
        Cap.KIND_DAY: {"kind_day": {}},
        Cap.WORKSHEET_DAY: {"worksheet_day": None},
    }.get(cap, {})

    def cap_hit(caps: Any, booked: Booked, *args: Any, **terms: Any) -> Cap | None:
        if cap is Cap.REQUEST:
            terms["request_cap"] = None
        return _cap_hit(replace(caps, **none), booked, *args, **terms)

    return _swap((purse, "cap_hit", cap_hit), (buying, "cap_hit", cap_hit))


def _plain_after_dear(person: Person, kind: Any, **terms: Any) -> Fact | None:
    """Let a waterfall's nothing not answer a plain search."""
    facts = [f for f in person.facts if f.kind is kind or f.state is not JobState.MISSED]
    return _answer(person._replace(facts=tuple(facts)), kind, **terms)


_booked = Accounts.booked


def _booked_settled_only(self: Accounts, name: str, worksheet: int, day: str, *more: Any) -> Booked:
    """Count what is settled against the caps, and no other reservation."""
    found = _booked(self, name, worksheet, day, *more)
    unsettled = self._db.execute(
        "SELECT COALESCE(SUM(reserved), 0) FROM batches WHERE booked_day = ?", [day]
    ).fetchone()[0]
    return replace(
        found,
        day=found.day - unsettled,
        month=found.month - unsettled,
        worksheet_day=found.worksheet_day - unsettled,
        kind_day={},
        unsettled=0,
    )


def _foresee_nothing(_shown: Any, planned: Sequence[int], _count: int) -> Forecast:
    return Forecast(limit=len(planned))


# -- lifecycle: what becomes of a purchase -------------------------------------------------------

_advance = lifecycle.advance


def _outcomes(change: Callable[[Batch, Any], Any]) -> Plant:
    """Let the lifecycle be told of another outcome than there was."""

    def advance(batch: Batch, outcome: Any, **terms: Any) -> lifecycle.Step:
        return _advance(batch, change(batch, outcome), **terms)

    return _swap((recording, "advance", advance))


def _steps(change: Callable[[Batch, Any, lifecycle.Step], lifecycle.Step]) -> Plant:
    """Let another step be recorded than the lifecycle decided."""

    def advance(batch: Batch, outcome: Any, **terms: Any) -> lifecycle.Step:
        return change(batch, outcome, _advance(batch, outcome, **terms))

    return _swap((recording, "advance", advance))


def _drop(kind: EntryKind) -> Plant:
    return _steps(
        lambda _batch, _outcome, step: replace(
            step, entries=tuple(entry for entry in step.entries if entry.kind is not kind)
        )
    )


def _release_after_grace() -> AbstractContextManager[object]:
    """Release what is still in doubt after a while, where a human should be asked."""
    real = lifecycle._look_into_doubt

    def look(batch: Batch, look: Any, now: Any, limits: Any) -> lifecycle.Step:
        step = real(batch, look, now, limits)
        if step.batch.state is BatchState.PARKED:
            return lifecycle._end_unbought(batch, BatchState.REFUSED, "grace is over", now)
        return step

    return mock.patch.dict(lifecycle._AFTER_A_LOOK, {BatchState.IN_DOUBT: look})


def _settle_all_planned(batch: Batch, outcome: Any) -> Any:
    if isinstance(outcome, Accepted):
        people = len(batch.waiting)
        return replace(outcome, count=people, credits=people * batch.kind.price)
    return outcome


def _served_by_strangers(job: Any, shown: Seen | None) -> bool:
    """Take a search that ran before the purchase for the purchase's own."""
    return shown is not None and shown.reading is not Reading.EMPTY


_decide = looks.decide


def _misses_are_free(job: Any, seen: Seen, now: Any) -> Any:
    """Take an empty field for "left out", which is asked again soon."""
    decided = _decide(job, seen, now)
    if decided.state is JobState.MISSED:
        return replace(decided, state=JobState.CANCELLED)
    return decided


# -- engine: the order of commits ----------------------------------------------------------------

_run = Buyer.run


def _resend_on_restart(self: Buyer, batch: Batch, *, fresh: bool = False) -> Batch:
    """Take a purchase that was under way at the end of the last process for one not begun."""
    if batch.state is BatchState.SUBMITTING:
        batch = self._records.step(batch, NotSent(reason="the process ended"))
        batch = replace(batch, not_before=None)
    return _run(self, batch, fresh=fresh)


def _intent_after_the_call(self: Buyer, batch: Batch, limit: int, balance: int | None) -> Batch:
    """Submit without committing that first."""
    step = _advance(
        batch, Submitting(balance=balance), now=self._clock(), limits=self._records._limits
    )
    return step.batch


def _drift_is_a_purchase(
    self: Accounts, name: str, balance: int, now: Any, *more: Any, **named: Any
) -> None:
    """Book what the balance lost since it was last told on the latest purchase."""
    known = self.get(name).balance
    latest = self._db.execute(
        "SELECT id, settled FROM batches WHERE settled > 0 ORDER BY submitted_at DESC"
    ).fetchone()
    if known is not None and latest is not None and known > balance != known - latest[1]:
        self._db.execute(
            "UPDATE batches SET settled = settled + ? WHERE id = ?", [known - balance, latest[0]]
        )
    _set_balance(self, name, balance, now, *more, **named)


_set_balance = Accounts.set_balance


def _holds(only: Callable[[Standing], bool]) -> Plant:
    real = Standing.hold

    def hold(self: Standing) -> str:
        return "" if only(self) else real(self)

    return _swap((Standing, "hold", hold))


def _is_doubted(self: Standing) -> bool:
    return any(
        batch.state in {BatchState.SUBMITTING, BatchState.IN_DOUBT}
        for batch in self._ledger.batches.open(self._account)
    )


def _unpaused(self: Panel) -> str:
    """Hold nothing back where people have ticked Pause."""
    if self._controls and self._controls.paused:
        return ""
    return _panel_hold(self)


_panel_hold = Panel.hold


# -- client: what an answer means ----------------------------------------------------------------

_enrich = Seleqt.enrich


def _unknown_is(error: Callable[[str], Exception]) -> Plant:
    """Let a purchase whose answer was lost count as something that is certain."""

    def enrich(self: Seleqt, list_id: int, order: Order) -> Any:
        try:
            return _enrich(self, list_id, order)
        except OutcomeUnknown as lost:
            raise error(str(lost)) from lost

    return _swap((Seleqt, "enrich", enrich))


def _buys_again(self: Seleqt, list_id: int, order: Order) -> Any:
    try:
        return _enrich(self, list_id, order)
    except OutcomeUnknown:
        return _enrich(self, list_id, order)


def _asks_for_all(self: Order) -> dict[str, object]:
    return {**_body(self), "prospect_limit": 100}


_body, _classify = Order.body, schemas.classify


def _sentinel_is_a_value(raw: object, parse: Any) -> Seen:
    seen = _classify(raw, parse)
    if seen.reading is Reading.LOADING:
        return Seen(reading=Reading.FOUND, value=str(raw))
    return seen


def _anything_is_a_value(raw: object, parse: Any) -> Seen:
    seen = _classify(raw, parse)
    if seen.reading is Reading.UNRECOGNISED:
        return Seen(reading=Reading.FOUND, value=seen.value)
    return seen


def _first_page_only(self: Seleqt, list_id: int, expected: Any = ()) -> Any:
    path = f"/public/lead-lists/{list_id}/leads/"
    body = self._get(path, params={"page": 1, "page_size": seleqt_client.PAGE})
    return schemas.read_prospects(body)


# -- flush: what stands in the sheet -------------------------------------------------------------


def _no_outbox(self: Outbox, *_: Any) -> None:
    """Keep nothing of what is being written: after a crash nobody knows it."""


def _lock_nothing(self: Lock) -> Lock:
    self._file = None
    return self


MUTANTS: Sequence[Mutant] = (
    Mutant("plan", "misses are forgotten", _forgets(JobState.MISSED)),
    Mutant("plan", "the cool-off is an hour", _answers(cool_off=timedelta(hours=1))),
    Mutant("plan", "searches that never ended are forgotten", _forgets(JobState.EXPIRED)),
    Mutant("plan", "answers that were no address are forgotten", _forgets(JobState.UNRECOGNISED)),
    Mutant("plan", "a waterfall's miss does not answer a plain search",
           _swap((answers, "answer", _plain_after_dear), (buying, "answer", _plain_after_dear))),
    Mutant("plan", "the day's cap is not looked at", _ignores(Cap.DAY)),
    Mutant("plan", "the month's cap is not looked at", _ignores(Cap.MONTH)),
    Mutant("plan", "a kind's cap is not looked at", _ignores(Cap.KIND_DAY)),
    Mutant("plan", "a worksheet's cap is not looked at", _ignores(Cap.WORKSHEET_DAY)),
    Mutant("plan", "a list request's Max credits are not looked at", _ignores(Cap.REQUEST)),
    Mutant("plan", "the floor is not looked at", _ignores(Cap.FLOOR)),
    Mutant("plan", "in place, nobody foresees whom the vendor takes",
           _swap((buying, "foresee", _foresee_nothing))),
    Mutant("ledger", "caps are checked before other reservations",
           _swap((Accounts, "booked", _booked_settled_only))),
    Mutant("ledger", "a clock moved back opens a new day",
           _swap((Accounts, "day", lambda _self, _name, today: today.isoformat()))),
    Mutant("ledger", "releases are not entered", _drop(EntryKind.RELEASE)),
    Mutant("ledger", "settlements are not entered", _drop(EntryKind.SETTLE)),
    Mutant("ledger", "a batch is recorded without its reservation",
           _swap((Batches, "enter", lambda *_: None))),
    Mutant("ledger", "the lock is not taken", _swap((Lock, "__enter__", _lock_nothing))),
    Mutant("ledger", "balance drift is booked as a purchase",
           _swap((Accounts, "set_balance", _drift_is_a_purchase))),
    Mutant("lifecycle", "a doubt is released after its grace", _release_after_grace),
    Mutant("lifecycle", "what was planned is settled, not what was taken",
           _outcomes(_settle_all_planned)),
    Mutant("lifecycle", "a lost answer counts as not sent",
           _outcomes(lambda _, o: NotSent(reason=o.reason) if isinstance(o, InDoubt) else o)),
    Mutant("lifecycle", "a lost answer counts as a refusal",
           _outcomes(lambda _, o: Refused(reason=o.reason) if isinstance(o, InDoubt) else o)),
    Mutant("lifecycle", "a miss counts as left out",
           _swap((looks, "decide", _misses_are_free), (lifecycle, "decide", _misses_are_free))),
    Mutant("lifecycle", "other people's searches count as ours",
           _swap((lifecycle, "is_served", _served_by_strangers))),
    Mutant("engine", "the intent is committed after the call",
           _swap((Buyer, "_write_ahead", _intent_after_the_call))),
    Mutant("engine", "a purchase under way is sent again on restart",
           _swap((Buyer, "run", _resend_on_restart))),
    Mutant("engine", "buying goes on while a purchase is in doubt", _holds(_is_doubted)),
    Mutant("engine", "Pause is not heard", _swap((Panel, "hold", _unpaused))),
    Mutant("client", "a purchase without an answer is sent again",
           _swap((Seleqt, "enrich", _buys_again))),
    Mutant("client", "a time-out counts as not sent", _unknown_is(NotSentError)),
    Mutant("client", "a 5xx counts as a refusal",
           _unknown_is(lambda text: RefusedError(text, status=500))),
    Mutant("client", "in place, the vendor is asked for all it has",
           _swap((Order, "body", _asks_for_all))),
    Mutant("client", "the sentinel is stored as a value",
           _swap((schemas, "classify", _sentinel_is_a_value))),
    Mutant("client", "text that does not parse is stored as a value",
           _swap((schemas, "classify", _anything_is_a_value))),
    Mutant("client", "page two is not read", _swap((Seleqt, "leads", _first_page_only))),
    Mutant("flush", "the outbox is lost", _swap((Outbox, "intend", _no_outbox))),
    Mutant("flush", "a human's value is written over",
           _swap((Ownership, "foreign", lambda *_: False))),
)  # fmt: skip


# -- the run -------------------------------------------------------------------------------------


class Catch(NamedTuple):
    """After how many schedules a mutant was caught, 0 for never, and which promise it broke."""

    schedules: int
    broken: str


def catch(mutant: Mutant, most: int = MOST) -> Catch:
    """Play one seed after the other, from 0 on, until a promise is broken."""
    with workshop() as folder:
        for seed in range(most):
            with mutant.plant():
                violations = play_seed(seed, folder).violations
            if violations:
                return Catch(seed + 1, promise(violations[0]))
    return Catch(0, "")


def catch_named(what: str) -> Catch:
    """Do so for a mutant by its name: a plant cannot go to another process, a name can."""
    return catch(next(one for one in MUTANTS if one.what == what))


def write_page(caught: Sequence[Catch]) -> str:
    """Return the page of docs."""
    rows = [
        f"| {one.room} | {one.what} | {found.schedules or '—'} | "
        f"{found.broken or UNCAUGHT.get(one.what, '')} |"
        for one, found in zip(MUTANTS, caught, strict=True)
    ]
    return "\n".join([_HEAD, *rows, ""])


def read_page(text: str) -> dict[str, Catch]:
    """Return what the page says of each mutant."""
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    return {
        row[1]: Catch(int(row[2].replace("—", "0")), row[3] if row[2] != "—" else "")
        for row in rows
        if len(row) == 4 and row[2].replace("—", "0").isdigit()
    }


_HEAD = """\
# Planted bugs

Each line is a bug planted in a production function, the number of torture schedules (seeds from 0
on) within which one of them broke a promise, and that promise, with names and figures left out. The
same schedules pass without the bug. A dash is a bug that was not caught, and what is known of that.
`python tests/mutants.py` writes this page anew; a test
holds it and the code together.

| room | bug | schedules | broken |
| --- | --- | ---: | --- |"""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Catch every planted bug, and write the page.")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", help="catch those whose name has this in it, and write nothing")
    chosen = parser.parse_args(arguments)
    names = [one.what for one in MUTANTS if (chosen.only or "") in one.what]
    with ProcessPoolExecutor(chosen.processes) as pool:
        runs = {pool.submit(catch_named, name): name for name in names}
        for run in as_completed(runs):
            found = run.result()
            sys.stdout.write(f"{found.schedules or 'NEVER':>6}  {runs[run]}: {found.broken}\n")
            sys.stdout.flush()
        caught = [run.result() for run in runs]
    if not chosen.only:
        PAGE.write_text(write_page(caught))
    return 1 if any(not found.schedules for found in caught) else 0


if __name__ == "__main__":
    sys.exit(main())
