"""One schedule, played from its first step to the end of everything, and judged after each step."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from syncd.engine import Report
from syncd.errors import LedgerError, Stopping
from syncd.seleqt import client
from syncd.torture import reached
from syncd.torture.judge import Judge
from syncd.torture.mishaps import PATTERNS, Died
from syncd.torture.operator import Operator
from syncd.torture.program import Program
from syncd.torture.replay import keys_read_once, replayable
from syncd.torture.schedule import Schedule
from syncd.torture.stage import Stage
from syncd.torture.steps import (
    AskList,
    Backup,
    Crash,
    Decide,
    DropList,
    Edit,
    FullDisk,
    Jump,
    Look,
    Operate,
    Outage,
    Paste,
    Reconcile,
    Restart,
    Restore,
    RevokeTokens,
    RotateKey,
    SecondHost,
    Spend,
    Step,
    TickStart,
    TopUp,
    Trouble,
    Twin,
)

_MOST_TURNS = 80  # of the end: a schedule that is not over by then never will be
_PATIENCE = (  # after so many turns of the end, at least so many seconds between two
    (0, 1.0),
    (1, 60.0),
    (3, 600.0),
    (6, 1800.0),
    (20, 6 * 3600.0),
    (35, 86_400.0),
)
# In place, those whom nobody wants may stand before those who are wanted, for ever.
_GIVE_UP_IN_PLACE = 15
_UNSENT_FOR = 9  # turns: a purchase that is tried again soon is not kept until it is too old
# Whose search is stuck on people's own list is tried again for nothing, ever more seldom, and for
# ever: that is as designed. So at last the vendor ends what is stuck.
_RELIEF = 30
_MOST_LOOKS_BACK = 6  # each for people of whom more than one forgotten list tells
_LATER = (86_400.0,) * 3  # where the last purchase was made late, or looks have failed
_LATE = ((86_400.0,), (3700.0, 86_400.0))  # seconds between the looks for what comes late


@dataclass(kw_only=True)
class Result:
    """What became of a schedule. ``reached`` counts what happened in it, by name."""

    schedule: Schedule
    violations: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    story: list[str] = field(default_factory=list)
    cycles: int = 0
    seconds: float = 0.0


def play(schedule: Schedule, folder: Path) -> Result:
    """Play it in a folder of its own, and say what is wrong."""
    began = time.perf_counter()
    stage = Stage(schedule)
    with (
        keys_read_once(),
        replayable(schedule.seed, stage.clock),
        stage.deaths.at_commits(),
        mock.patch.object(client, "PAGE", schedule.rules.page),
    ):
        result = _Play(schedule, stage, folder).run()
    result.seconds = time.perf_counter() - began
    return result


class _Play:
    def __init__(self, schedule: Schedule, stage: Stage, folder: Path) -> None:
        self.schedule = schedule
        self.stage = stage
        self.program = Program(stage, folder, schedule.rules, panel=schedule.panel)
        self.result = Result(schedule=schedule)
        self.judge = Judge(stage, self.program)
        self.operator = Operator(stage, self.program, self.judge, tell=self._tell, note=self._note)
        self._batches = 0

    def run(self) -> Result:
        try:
            self._go_through()
        except (Died, Exception) as error:  # noqa: BLE001  (one schedule must not end a run of thousands)
            at = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(at.filename).name}:{at.lineno}"
            self.judge.say(f"the schedule broke off: {type(error).__name__}: {error} ({where})")
        self._tell_events()
        self.program.end()
        self.judge.close()
        self.result.violations = self.judge.violations
        self.result.reached += self.stage.deaths.reached + self.stage.tricks.reached
        self.result.reached += reached.by_schedule(self.schedule)
        self.stage.calm()
        self.result.reached += self.stage.reached
        self.result.reached["refund"] += len(self.stage.seleqt.meter.refunds)
        return self.result

    def _go_through(self) -> None:
        self.operator.start()
        for number, step in enumerate(self.schedule.steps, 1):
            self._tell(f"{number}. {step.tell()}")
            self._do(step)
            self.judge.check()
            self._tell_events()
            if self.judge.violations:
                return
        self._finish()

    # -- steps ----------------------------------------------------------------------------------

    def _do(self, step: Step) -> None:
        """Do what the world does; the rest is people's, and the operator's."""
        stage = self.stage
        match step:
            case Look():
                for turn in range(step.turns):
                    if turn:
                        self.judge.check()
                    stage.wait(step.wait)
                    self._cycle()
            case Outage():
                self._outage(step)
            case Crash():
                stage.deaths.expect(step)
            case Trouble():
                stage.trouble(step)
            case Jump():
                stage.jump(step.seconds)
                self._note("clock jumps on" if step.seconds > 0 else "clock jumps back")
            case DropList():
                self.result.reached["list deleted"] += stage.drop_list()
            case RevokeTokens():
                stage.google.revoke_tokens()
            case _:
                self._let_people(step)

    def _let_people(self, step: Step) -> None:
        """Do what people do who have the sheet, or the account."""
        stage = self.stage
        match step:
            case Paste():
                stage.paste(step)
            case AskList():
                stage.ask_list(step)
            case TickStart():
                stage.tick_start(step.ticked)
            case Decide():
                stage.decide(step.label, step.typed)
            case Edit():
                if done := stage.edit(step):
                    self._tell(f"   {done}")
            case Spend():
                stage.seleqt.spend(step.credits)
                self._note("somebody else spends")
            case TopUp():
                stage.seleqt.top_up(step.credits)
            case _:
                self._operate(step)

    def _operate(self, step: Step) -> None:
        """Do what an operator does, or has to live with."""
        program = self.program
        match step:
            case Restart():
                self._restart(**step.changes)
                self._note("restart with other rules" if step.changes else "restart")
            case FullDisk():
                program.fill_disk(step.pages)
            case Twin():
                if program.start_twin():
                    self.judge.say("a second daemon was let work with the same ledger")
                self._note("second daemon refused")
            case RotateKey():
                self.stage.rotate_key()
                program.write_key()
            case Operate():
                self.operator.settle()
            case Backup():
                self.operator.back_up()
            case Restore():
                self._tell_events()
                self.operator.restore(step)
            case Reconcile():
                self.operator.reconcile()
            case SecondHost():
                self.operator.host(step, self._cycle)

    def _outage(self, step: Outage) -> None:
        faults = self.stage.world.faults
        lines = [one for line, one in PATTERNS.items() if step.vendor in ("any", line.split()[0])]
        rules = [faults.add("drop_before", rate=1.0, **line) for line in lines]
        for _ in range(step.turns):
            self.stage.wait(step.seconds / step.turns)
            self._cycle()
        for rule in rules:
            faults.remove(rule)
        self._note("outage of days" if step.seconds >= 2 * 86_400 else "outage")

    # -- syncd ----------------------------------------------------------------------------------

    def _restart(self, **changes: Any) -> None:
        self.program.end()
        self._tell_events()
        self.operator.start(**changes)

    def _cycle(self) -> Report:
        """Let syncd look once; whatever ends its process, it is started again."""
        self.result.cycles += 1
        try:
            with self._watched():
                return self._note_caps(self.program.cycle())
        except Died:
            self._tell("   syncd dies")
        except LedgerError as error:
            full = "full" in str(error)
            self._note("disk full" if full else "ledger failed")
            self._tell(f"   syncd ends: {error}")
        except Stopping:
            raise
        except Exception as error:  # noqa: BLE001  (the daemon would log it and go on: a bug)
            self.judge.say(f"the cycle broke: {type(error).__name__}: {error}")
        self.judge.check()
        self._restart()
        return Report(failed=True)

    def _note_caps(self, report: Report) -> Report:
        batches = self.judge.batches
        if report.waiting and batches > self._batches and self.stage.says("credits"):
            self._note("cap reached mid-batch")
        self._batches = batches
        return report

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Tell what people did inside the cycle's requests."""
        try:
            yield
        finally:
            for done in self.stage.edited:
                self._tell(f"   inside a {done}")
                if done.startswith("sheets write: sort"):
                    self._note("sheet sorted during a flush")
                elif done.startswith("sheets write"):
                    self._note("sheet edited during a flush")
            self.stage.edited.clear()

    # -- the end --------------------------------------------------------------------------------

    def _finish(self) -> None:
        """Let everything come to its end in peace: then nothing may be in doubt, or missing."""
        self._tell("In the end all is well again, and syncd goes on until nothing is left to do")
        self.stage.calm()
        if self.program.is_hampered or self.schedule.seed % 2:
            self._restart()
        for _ in range(_MOST_LOOKS_BACK):
            more = self.operator.catch_up()
            self._run_dry()
            if not more or self.judge.violations:
                break
        else:
            self.judge.say("reconciling never comes to an end")
        waits = _LATE[self.schedule.seed % len(_LATE)]
        for number, seconds in enumerate((*waits, *_LATER)):
            if self.judge.violations:
                return
            if number >= len(waits) and not self.judge.late:
                break
            self.stage.wait(seconds)
            self._run_dry()
        if not self.judge.violations:
            self.judge.conclude()

    def _run_dry(self) -> None:
        for turn in range(_MOST_TURNS):
            report = self._cycle()
            self.judge.check()
            if self.judge.violations:
                return
            if report.unsure or self.judge.halted:
                self.operator.settle()
            elif not (report.changed or report.again or report.failed or report.open_batches):
                return
            if turn == _RELIEF:
                self.stage.end_stuck()
            in_place = self.program.rules.purchasing == "in-place"
            if turn >= _GIVE_UP_IN_PLACE and in_place and self.judge.unsent:
                self._restart(purchasing="dedicated")
            least = max(wait for turns, wait in _PATIENCE if turn >= turns)
            if turn < _UNSENT_FOR and self.judge.unsent:
                least = 1.0
            due = (report.due - self.stage.now()).total_seconds() if report.due else 0.0
            self.stage.wait(1.0 if report.again else max(least, min(due, 1800.0)))
        self.judge.say("it never comes to an end")

    # -- telling --------------------------------------------------------------------------------

    def _note(self, what: str) -> None:
        self.result.reached[what] += 1

    def _tell(self, text: str) -> None:
        self.result.story.append(f"{self.stage.clock.now():%d %b %H:%M:%S}  {text}")

    def _tell_events(self) -> None:
        """Tell what syncd did to its batches, and note the states that it came through."""
        charged = {charge.list_id for charge in self.stage.seleqt.meter.charges}
        for at, batch, list_id, purchasing, event in self.judge.new_events():
            self.result.story.append(f"   {at[11:19]} batch {batch[:6]}: {event}")
            if name := reached.of_event(event):
                self._note(name)
            if purchasing == "in-place" and event.startswith("accepted"):
                self._note("purchase in place")
            if event.startswith("in doubt"):
                self._note("lost answer after a charge" if list_id in charged else "lost purchase")
        if self.judge.halted:
            self._note("buying stopped")
