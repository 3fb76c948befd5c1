"""What must always hold, whatever happens: the vendor's meter, the ledger and the sheet agree.

Money is judged after every step, so that a violation names the step that brought it about. The
meter is the truth: what the ledger says of money is compared with it, never believed.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from syncd.core.model import Field, JobState
from syncd.core.model import Kind as Bought
from syncd.ledger import Ledger
from syncd.sandbox.seleqt.meter import OWN, Charge, Refund, TopUp
from syncd.terms import ACCOUNT
from syncd.torture.program import Program
from syncd.torture.replay import HOSTS
from syncd.torture.rows import check_cells, find_disowned, find_undelivered, is_value
from syncd.torture.schedule import Rules
from syncd.torture.stage import Stage

ZONE = ZoneInfo("Europe/Berlin")
_LAST_LOOK = timedelta(days=1)  # what comes later than that is not looked for
_DOUBTFUL = ("submitting", "in_doubt", "parked")
_WISHED = """SELECT j.prospect FROM jobs j JOIN batches b ON b.id = j.batch
    WHERE b.list_id = ? AND b.kind = ?"""
_DOUBTED = "SELECT list_id FROM batches WHERE state = 'in_doubt'"
_KNOWN = """SELECT list_id FROM batches
    WHERE settled > 0 OR state NOT IN ('settled', 'cancelled', 'refused')"""
_KINDS = {kind.value: kind for kind in Bought}


@dataclasses.dataclass(kw_only=True)
class Past:
    """What the ledger cannot know, as it was restored or as another host has bought.

    ``lists`` are those on which it does not know of purchases, ``people`` those on such a list
    that is gone: nothing tells of them. ``may_land``: a request was on its way then, and may
    yet be taken on one of the lists that were ``there``.
    """

    is_behind: bool = False  # not reconciled yet
    lists: set[int] = dataclasses.field(default_factory=set)
    people: set[int] = dataclasses.field(default_factory=set)
    charges: int = 0  # that there were then: they are no breach
    there: frozenset[int] = frozenset()
    may_land: bool = False


class Judge:
    """Watches one schedule. ``violations`` are sentences, each said once."""

    def __init__(self, stage: Stage, program: Program) -> None:
        self.violations: list[str] = []
        self._stage = stage
        self._program = program
        self._books = Ledger(program.ledger, read_only=True)
        self._seen: tuple[int, int] | None = None
        self._told = 0  # the last event of the ledger that was told
        self._entries = 0  # the last entry that was looked at
        self._sums: Counter[tuple[str, ...]] = Counter()
        self._charges = 0  # of the meter, that were looked at
        self._in_doubt: set[int] = set()  # lists, at the last check
        self._bought: dict[tuple[int, Field], list[tuple[datetime, Bought]]] = {}
        self._found: dict[tuple[int, str], str] = {}
        self._days: Counter[str] = Counter()  # what was spent on each
        self._latest_day = ""
        self._stopped = False  # at the last look, and nothing was on its way
        self._most_per_day: dict[str, int] = {}
        self._floor = program.rules.floor  # the lowest that was in force
        self.must_reconcile = False
        self._past = Past()

    @property
    def halted(self) -> bool:
        """Whether buying is stopped until a human has looked."""
        return bool(self._books.accounts.get(ACCOUNT).halted)

    def note_resumed(self) -> None:
        """Take it that a human lets buying go on."""
        self._stopped = False

    @property
    def batches(self) -> int:
        """How many batches there ever were."""
        return int(self._ask("SELECT COUNT(*) FROM batches")[0][0])

    @property
    def unsent(self) -> bool:
        """Whether a purchase is made ready, and not sent yet."""
        return bool(self._ask("SELECT 1 FROM batches WHERE state IN ('planned', 'list_ready')"))

    @property
    def late(self) -> bool:
        """Whether something is looked at once more for what may come late."""
        return bool(
            self._ask("SELECT 1 FROM batches WHERE state = 'settled' AND not_before IS NOT NULL")
        )

    def new_events(self) -> list[tuple[str, str, int | None, str, str]]:
        """Return when, to which batch, on which list and how bought, and what has happened."""
        found = self._ask(
            "SELECT e.id, e.at, e.batch, b.list_id, b.purchasing, e.event FROM events e "
            "JOIN batches b ON b.id = e.batch WHERE e.id > ? ORDER BY e.id",
            self._told,
        )
        self._told = max((event[0] for event in found), default=self._told)
        return [tuple(event[1:]) for event in found]

    def close(self) -> None:
        self._books.close()

    # -- a ledger that does not know all that was bought ----------------------------------------

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let go of the ledger's file, as another is put in its place; look at that one then."""
        self._books.close()
        try:
            yield
        finally:
            self._books = Ledger(self._program.ledger, read_only=True)
            self._told = self._ask("SELECT COALESCE(MAX(id), 0) FROM events")[0][0]

    def remember_less(self, *, marked: bool, others: Collection[int] = ()) -> int:
        """Take it that the ledger does not know of all purchases; return on how many lists.

        It was restored (``marked``: by the command), or another host has bought on lists that it
        does not know. Until it is reconciled nothing may be bought.
        """
        past, shown = self._past, self._stage.lease
        epochs = self._books.lineage.epochs()
        behind = shown is not None and shown.epoch > epochs.get(shown.ledger, -1)
        known = {row[0] for row in self._ask(_KNOWN)}
        charged = {one.list_id for one in self._stage.seleqt.meter.charges if one.cause == OWN}
        forgotten = {one for one in charged if one is not None and one not in known}
        past.lists |= forgotten | set(others)
        past.is_behind = past.is_behind or marked or behind
        past.charges = len(self._stage.seleqt.meter.charges)
        past.there = frozenset(self._stage.seleqt.catalogue.lists)
        past.may_land = bool(self._stage.world._held)
        self.must_reconcile = True
        self._begin_anew()
        return len(forgotten)

    def note_reconciled(self, booked: Collection[int], *, done: bool) -> None:
        """Take it that whatever the vendor's lists still tell is known from now on, if that is all.

        In part only what was booked is known; nothing may be bought yet. On which of two lists
        somebody was bought nobody can tell, so those that were ``booked`` stand for one another.
        """
        past, lists = self._past, self._stage.seleqt.catalogue.lists
        past.is_behind = self.must_reconcile = not done
        past.lists |= set(booked)
        for charge in self._stage.seleqt.meter.charges:
            if charge.list_id in past.lists and charge.list_id not in lists:
                past.people |= set(charge.prospect_ids)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """Take the ledger as it is now for what it was all the time."""
        self._seen, self._stopped = None, False
        self._entries, self._sums = 0, Counter()
        for _ in self._check_caps(self._program.rules):
            pass
        self._found = {}
        self._in_doubt = {row[0] for row in self._ask(_DOUBTED)}
        # Where a value shows on each list of its person, a purchase may be seen on a wrong one.
        self._past.lists |= {
            row[0] for row in self._ask("SELECT list_id, state FROM batches") if row[1] in _DOUBTFUL
        }

    @contextmanager
    def watch(self, host: str, lists: Callable[[], Collection[int]]) -> Iterator[None]:
        """Watch one of two hosts: while the other's lease holds it may not buy.

        ``lists`` are those of its own, and no other's.
        """
        shown, meter = self._stage.lease, self._stage.seleqt.meter
        before = len(meter.charges)
        held = shown is not None and shown.host != host and self._stage.now() < shown.until
        yield
        ours = lists()
        if host != HOSTS[0]:
            self._past.lists |= set(ours)
        for charge in meter.charges[before:]:
            if held and charge.cause == OWN and charge.list_id in ours:
                self.say(f"{host} bought on list {charge.list_id} under the lease of another host")

    def check(self) -> None:
        """Look at money and values; cheap where nothing has changed."""
        rules, day = self._program.rules, self._find_day(self._stage.now())
        self._most_per_day[day] = max(self._most_per_day.get(day, 0), rules.per_day)
        self._floor = min(self._floor, rules.floor)
        version = self._books._db.execute("PRAGMA data_version").fetchone()[0]
        meter = len(self._stage.seleqt.meter.entries)
        if (version, meter) != self._seen:
            self._seen = (version, meter)
            for found in (
                *self._check_meter(),
                *self._check_caps(rules),
                *self._check_charges(rules),
                *self._check_values(),
                # Every cycle audits what it has changed, and stops buying where that is wrong.
                *(self._check_audit() if self.halted else ()),
            ):
                self.say(found)
        for found in check_cells(self._stage):
            self.say(found)

    def say(self, violation: str) -> None:
        if violation not in self.violations:
            self.violations.append(violation)

    # -- money ----------------------------------------------------------------------------------

    def _ask(self, question: str, *values: object) -> list[Any]:
        return self._books._db.execute(question, list(values)).fetchall()

    def _check_meter(self) -> Iterator[str]:
        """What was charged on a list = what its batches settled + what they hold in doubt."""
        least: Counter[int] = Counter()
        most: Counter[int] = Counter()
        for list_id, state, reserved, settled in self._ask(
            "SELECT COALESCE(list_id, 0), state, reserved, settled FROM batches"
        ):
            least[list_id] += settled
            most[list_id] += settled + (reserved if state in _DOUBTFUL else 0)
        charged: Counter[int] = Counter()
        if self._past.is_behind:
            return
        for charge in self._stage.seleqt.meter.charges:
            if charge.cause == OWN:
                charged[charge.list_id or 0] += charge.credits
        for list_id in (least | most | charged).keys() - self._past.lists:
            if not least[list_id] <= charged[list_id] <= most[list_id]:
                yield (
                    f"the meter charged {charged[list_id]} credits on list {list_id}, the ledger "
                    f"settled {least[list_id]} and holds {most[list_id] - least[list_id]} in doubt"
                )

    def _check_audit(self) -> Iterator[str]:
        """The ledger agrees with itself, as ``syncd ledger verify`` has it."""
        yield from (f"the audit, {one.check}: {one}" for one in self._books.audit.full())

    def _check_caps(self, rules: Rules) -> Iterator[str]:
        """No reservation passes a cap that was in force when it was made."""
        for number, day, worksheet, request, enrichment, batch, kind, credits in self._ask(
            "SELECT id, day, worksheet, request, enrichment, batch, kind, credits FROM entries "
            "WHERE id > ? ORDER BY id", self._entries
        ):  # fmt: skip
            self._entries = number
            if kind == "settle":
                continue
            limits: dict[tuple[str, ...], int | None] = {
                ("day", day): min(rules.per_day, self._stage.decided("At most today")),
                ("month", day[:7]): min(rules.per_month, self._stage.decided("At most this month")),
                ("kind", day, enrichment): rules.emails_per_day
                if enrichment == Bought.EMAIL
                else None,
                ("worksheet", day, str(worksheet)): rules.worksheet_per_day,
                ("request", request): self._stage.most_for(request),
            }
            if kind == "reserve" and self._stage.paused:
                yield f"batch {batch} was booked while buying was paused"
            for sum_, cap in limits.items():
                self._sums[sum_] += credits if kind == "reserve" else -credits
                if kind == "reserve" and cap is not None and self._sums[sum_] > cap:
                    yield (
                        f"batch {batch} took {' '.join(sum_)} to {self._sums[sum_]} credits, "
                        f"its cap is {cap}"
                    )

    def _check_charges(self, rules: Rules) -> Iterator[str]:
        """Nobody is bought twice inside the cool-off, nor over the floor or the real day's cap."""
        self._stage.date_charges()
        charges = self._stage.seleqt.meter.charges
        if self._stopped and any(one.cause == OWN for one in charges[self._charges :]):
            yield "something was bought though buying was stopped"
        self._stopped = self.halted and not self._stage.world._held
        cool_off = timedelta(seconds=rules.cool_off)
        doubted = {row[0] for row in self._ask(_DOUBTED)}
        went_back = self._stage.went_back
        fresh = zip(charges[self._charges :], self._stage.charged_at[self._charges :], strict=True)
        for number, (charge, at) in enumerate(fresh, self._charges + 1):
            if charge.cause != OWN or charge.kind is None:
                continue
            kind = _KINDS[charge.kind]
            wished = {row[0] for row in self._ask(_WISHED, charge.list_id, charge.kind)}
            past, list_id = self._past, charge.list_id or 0
            in_flight = past.may_land and list_id in past.there
            if in_flight and past.is_behind:
                past.lists.add(list_id)
            forgotten = list_id in past.lists
            if past.is_behind and not forgotten and number > past.charges:
                yield f"list {charge.list_id} was bought from before the ledger was reconciled"
            if (strangers := set(charge.prospect_ids) - wished) and not forgotten:
                yield f"{kind.label} was bought for {sorted(strangers)}, whom no batch asks for"
            doubtful = (self._in_doubt & doubted) - {charge.list_id}
            if doubtful and not forgotten:
                yield f"{kind.label} was bought while list {min(doubtful)} was in doubt"
            for prospect in set(charge.prospect_ids) - past.people:
                before = self._bought.setdefault((prospect, kind.field), [])
                for earlier, bought in before:
                    if bought in {kind, Bought.EMAIL_WATERFALL} and at < earlier + cool_off:
                        yield (
                            f"prospect {prospect} was bought twice: {bought.label} at {earlier}, "
                            f"{kind.label} at {at}"
                        )
                if value := self._found.get((prospect, kind.field)):
                    yield f"prospect {prospect} was bought though {value} was known"
                before.append((at, kind))
            day = self._latest_day = self._find_day(at)
            self._days[day] += charge.credits
            most = self._most_per_day.get(day, rules.per_day)
            # A ledger that was restored may have forgotten what its days have cost.
            if self._days[day] > most and not (past.people or (past.lists and went_back)):
                yield f"{self._days[day]} credits were spent on {day}, its cap is {most}"
        self._charges = len(charges)
        self._in_doubt = doubted
        yield from self._check_floor()

    def _check_floor(self) -> Iterator[str]:
        balance = 0
        for entry in self._stage.seleqt.meter.entries:
            match entry:
                case TopUp() | Refund():
                    balance += entry.credits
                case Charge(cause=cause) if cause != OWN:
                    return  # what somebody else takes cannot be foreseen
                case Charge():
                    balance -= entry.credits
                    if balance < self._floor:
                        yield f"a purchase left {balance} credits, the floor is {self._floor}"

    def _find_day(self, at: datetime) -> str:
        """Return the day of that moment by the machine's clock; no day comes twice."""
        return max(self._latest_day, at.astimezone(ZONE).date().isoformat())

    # -- values ---------------------------------------------------------------------------------

    def _check_values(self) -> Iterator[str]:
        """A value that the ledger once had, it has for ever; and all of them parse."""
        now: dict[tuple[int, str], str] = {}
        for prospect, field, value in self._ask(
            "SELECT prospect, field, value FROM jobs WHERE account = ? AND state = ? ORDER BY id",
            ACCOUNT,
            JobState.FOUND,
        ):
            now[prospect, field] = value
            if not is_value(value):
                yield f"the ledger holds {value!r} as the {field} of prospect {prospect}"
        for (prospect, field), value in self._found.items():
            if now.get((prospect, field)) != value:
                yield f"the ledger has lost {value!r}, the {field} of prospect {prospect}"
        self._found = now

    # -- the end --------------------------------------------------------------------------------

    def conclude(self) -> None:
        """Judge what must hold once everything is over: nothing held, nothing missing."""
        self._seen = None
        self.check()
        totals = self._books.accounts.totals(ACCOUNT)
        charged = self._stage.seleqt.meter.charged()
        if self._past.lists:  # what a list does not tell was taken for the dearest
            charged = totals["settled"]
        if totals != {"settled": charged, "reserved": 0}:
            self.say(f"in the end the meter charged {charged} and the ledger says {totals}")
        for found in (
            *self._check_audit(),
            *self._find_lost(),
            *find_undelivered(self._stage, self._found),
            *find_disowned(self._stage),
            *self._stage.seleqt.audit(),
        ):
            self.say(found)

    def _find_lost(self) -> Iterator[str]:
        """Whatever was paid for and found is in the ledger."""
        catalogue = self._stage.seleqt.catalogue
        for charge in self._stage.seleqt.meter.charges:
            if charge.cause != OWN or charge.kind is None or charge.list_id not in catalogue.lists:
                continue
            if self._stage.leapt_since(charge.at) >= _LAST_LOOK:
                continue  # by the machine's clock all looks for what comes late were over
            for prospect in charge.prospect_ids:
                kind = _KINDS[charge.kind]
                lead_list = catalogue.lists[charge.list_id]
                shown = catalogue.record(lead_list, prospect).value(kind.field)
                if shown and is_value(shown) and (prospect, kind.field) not in self._found:
                    yield f"{shown} was paid for prospect {prospect}, and the ledger has nothing"
