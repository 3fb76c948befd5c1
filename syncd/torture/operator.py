"""What an operator does: settle what is parked, back up, restore, reconcile, run a second host.

Each is done as its command does it, on the real files, with syncd stopped where the command wants
it stopped; a command that dies is given once more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syncd.errors import LedgerError, SyncdError
from syncd.torture.judge import Judge
from syncd.torture.mishaps import Died
from syncd.torture.program import NO_WORKSHEET, Program, make_blank
from syncd.torture.replay import HOSTS, SECOND
from syncd.torture.stage import Stage
from syncd.torture.steps import Restore, SecondHost

_ANOTHER = "b1a2b3c4"  # the name of a ledger that began on another machine
_LEASE_IS_OVER = 400  # seconds: whoever has gone holds none any more, and nothing of it may land


class Operator:
    """The operator of one schedule. ``note`` counts what was reached, ``tell`` tells the story."""

    def __init__(
        self,
        stage: Stage,
        program: Program,
        judge: Judge,
        *,
        tell: Callable[[str], None],
        note: Callable[[str], None],
    ) -> None:
        self._stage = stage
        self._program = program
        self._judge = judge
        self._tell = tell
        self._note = note
        make_blank(program.folder.parent, _ANOTHER)  # now, as its commits are no deadly ones

    def start(self, program: Program | None = None, **changes: Any) -> None:
        """Start syncd, or another host's, once more where it dies of that."""
        program = program or self._program
        try:
            program.start(**changes)
        except Died:
            self._tell("   syncd dies at its start")
            program.start()

    def settle(self) -> None:
        """Settle what is parked, and let buying go on."""
        # A request that is still on its way may yet be taken: the vendor's record is asked later.
        self._stage.wait(300)
        self._stage.world.advance()
        self._program.end()
        try:
            parked, halted = self._program.operate()
        except Died:
            self._tell("   the command dies, and is given again")
            parked, halted = self._program.operate()
        self.start()
        self._judge.note_resumed()
        for _ in range(parked):
            self._note("parked, and settled by a human")
        if halted:
            self._note("buying stopped, and resumed")

    def back_up(self) -> None:
        try:
            self._program.back_up()
            self._note("backup")
        except LedgerError as error:
            self._tell(f"   no backup: {error}")

    def restore(self, step: Restore) -> None:
        """Put the latest backup in the ledger's place."""
        program = self._program
        if program.backup is None:
            return
        program.end()
        by_hand = step.by_hand and self._is_all_told(program)
        with self._judge.away():
            if by_hand:
                program.copy_backup()
            else:
                try:
                    program.restore()
                except Died:
                    self._tell("   the command dies, and is given again")
                    program.restore()
        forgotten = self._judge.remember_less(marked=not by_hand)
        self._stage.disown()
        self._note("backup copied by hand" if by_hand else "backup restored")
        if forgotten:
            self._note("purchases forgotten")
            self._tell(f"   the ledger has forgotten purchases on {forgotten} lists")
        self.start()

    def reconcile(self) -> str:
        """Let the ledger learn of forgotten purchases; return why it could not, or nothing."""
        self._program.end()
        said, before = "", self._program.lists()
        try:
            count, done = self._program.reconcile()
        except Died:
            said = "the command dies"
        except SyncdError as error:
            said = str(error)
        if said:
            self._tell(f"   nothing was booked: {said}")
        else:
            self._judge.note_reconciled(self._program.lists() - before, done=done)
            self._note("reconciled" if done else "reconciled in part")
            self._tell(f"   {count} booked as in doubt{'' if done else ', and more is to come'}")
        self.start()
        return said

    def catch_up(self) -> bool:
        """Reconcile, where that is due; return whether more is to come once doubts are settled."""
        if not self._judge.must_reconcile:
            return False
        for seconds in (_LEASE_IS_OVER, 90_000, 90_000):  # more than a clock was set back
            self._stage.wait(seconds)
            self._stage.world.advance()
            said = self.reconcile()
            if not said:
                return self._judge.must_reconcile
            if said == NO_WORKSHEET:  # an old ledger knows it by its first name only
                self._tell("   somebody calls the worksheet Leads again")
                self._stage.leads.worksheet.title = "Leads"
        self._judge.say(f"the ledger cannot be reconciled: {said}")
        return False

    def host(self, step: SecondHost, cycle: Callable[[], object]) -> None:
        """Let another machine work on the sheet in between our cycles."""
        if self._stage.panel is None:
            return
        first = self._program
        folder = first.folder / SECOND
        if folder.exists():  # it was there before, and has gone for good
            return
        folder.mkdir()
        match step.ledger:
            case "blank":
                source = make_blank(first.folder.parent, _ANOTHER)
            case "backup" if first.backup is not None:
                source = first.backup
            case _:
                source = first.copy_ledger(folder / "copy.db")
        second = Program(self._stage, folder, first.rules, panel=True, source=source)
        self._visit(step, second, cycle)
        second.end()
        others = second.lists() - first.lists()
        if self._judge.remember_less(marked=False, others=others):
            self._note("second host has bought")
        if not self._is_all_told(second):
            self._stage.calm()
            self.catch_up()

    def _visit(self, step: SecondHost, second: Program, cycle: Callable[[], object]) -> None:
        """Let both have their turns.

        A purchase of which the panel does not tell, as its write failed, is for ``syncd reconcile``
        and a human who knows of it: until it does tell, the other one stands still.
        """
        first = self._program
        self.start(second)
        if step.alone:
            self._stage.wait(_LEASE_IS_OVER)
        for _ in range(step.turns):
            self._stage.wait(step.wait)
            if self._is_all_told(first):
                with self._judge.watch(HOSTS[1], lambda: second.lists() - first.lists()):
                    self._take_turn(second)
            if step.alone:
                continue
            self._stage.wait(step.wait)
            if self._is_all_told(second):
                with self._judge.watch(HOSTS[0], lambda: first.lists() - second.lists()):
                    cycle()

    def _take_turn(self, second: Program) -> None:
        try:
            report = second.cycle()
        except (Died, LedgerError) as error:
            self._tell(f"   the second host dies {error}")
            second.end()
            self.start(second)
        else:
            stopped = any("Another syncd" in one for one in report.problems)
            if stopped:
                self._note("second host stopped by the lease")

    def _is_all_told(self, program: Program) -> bool:
        """Whether the panel tells of every purchase of a ledger: only then a copy is noticed."""
        self._stage.world.advance()
        shown, epochs = self._stage.lease, program.epochs()
        if shown is None:
            return not any(epochs.values())
        return shown.epoch >= epochs.get(shown.ledger, 0)
