"""The daemon: a shift at work until a signal, or an error that no next cycle can mend.

The main thread does nothing but wait: it takes signals, tells the supervisor how things are, and
feeds its watchdog while every part makes progress.

A reload is a relief: the new crew is wired while the old one works on, then the old one begins
nothing new, comes to its end as it does before a stop, and the new one starts. At no time do two
crews work, so nothing is bought for two configs at once; what cannot be wired changes nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import timedelta

import structlog

from syncd import signals
from syncd.core.watchdog import find_stuck
from syncd.errors import ConfigError, SyncdError
from syncd.progress import Progress
from syncd.shift import Crew, Shift
from syncd.supervisor import Supervisor

log = structlog.get_logger()

PATIENCE = timedelta(minutes=2)
"""How long a part may go without progress. Longer than any one request may take: see the timeouts
of :mod:`syncd.seleqt.client`, :mod:`syncd.sheets.google` and :mod:`syncd.sheets.timely`."""
_LOOK = 0.5  # seconds between looks at everything else while waiting for a signal
_GLANCE = 0.05  # the same while the last cycles of a shift come to their end


class Daemon:
    """Runs crews until SIGTERM or SIGINT.

    ``relieve`` wires the crew of the config as it is now, for SIGHUP, and raises SyncdError where
    that cannot be.
    """

    def __init__(
        self,
        crew: Crew,
        *,
        relieve: Callable[[], Crew],
        progress: Progress,
        supervisor: Supervisor,
    ) -> None:
        self._relieve = relieve
        self._progress = progress
        self._supervisor = supervisor
        self._patience = max(supervisor.watchdog or PATIENCE, PATIENCE)
        self._feeding = (supervisor.watchdog or PATIENCE).total_seconds() / 4
        self._feed_at = 0.0
        self._stuck: tuple[str, ...] = ()
        self._refused = False  # the last reload
        self._relief: Crew | None = None  # waits for the shift's end
        self._shift = self._make_shift(crew)

    def run(self) -> int:
        """Run until told to stop; return the exit code.

        1. Hold signals back, so that only the main thread takes them.
        2. Start the shift and say that we are ready, whether or not anybody outside can be reached.
        3. Wait for a signal, or for an error that no next cycle can mend.
        4. Begin nothing new, let running cycles finish or record, leave within the limit.
        """
        signals.hold()
        self._start(self._shift)
        while self._shift.fatal is None:
            if self._relief is not None and not self._shift.running:
                self._take_over(self._relief)
            self._feed()
            number = signals.take(_LOOK if self._relief is None else _GLANCE)
            if number in signals.STOP:
                log.info("stopping", signal=signals.name(number))
                break
            if number == signals.RELOAD:
                self._reload()
            elif number is not None:
                log.info("signal_ignored", signal=signals.name(number))
            self._supervisor.tell(self._status())
        return self._leave()

    def find_stuck(self) -> tuple[str, ...]:
        """Return the parts that make no progress; from any thread."""
        patience = self._patience.total_seconds()
        return find_stuck(self._progress.beats(), self._progress.now, patience)

    def hasten(self, spreadsheet: str) -> None:
        """Look at a spreadsheet soon; from any thread."""
        self._shift.hasten(spreadsheet)

    # -- shifts ----------------------------------------------------------------------------------

    def _make_shift(self, crew: Crew) -> Shift:
        return Shift(crew, progress=self._progress, proof=self._patience / 4)

    def _start(self, shift: Shift) -> None:
        self._shift = shift
        shift.start()
        log.info("started", spreadsheets=[engine.name for engine, _ in shift.crew.engines])
        self._supervisor.ready(self._status())

    def _reload(self) -> None:
        """Wire the crew of the new config, and let the old one come to its end."""
        log.info("reloading")
        self._supervisor.reloading()
        reasons: tuple[str, ...] = ()
        try:
            relief = self._relieve()
        except ConfigError as error:
            reasons = error.problems
        except SyncdError as error:
            reasons = (str(error),)
        except Exception:  # the old config was good
            log.exception("reload_failed")
            reasons = ("a bug",)
        self._refused = bool(reasons)
        if reasons:
            for reason in reasons:
                log.error("reload_refused", reason=reason, hint="the old config stays in force")
            self._supervisor.ready(self._status())
            return
        if self._relief is not None:  # asked twice in a row: the latest counts
            self._relief.close()
        self._relief = relief
        self._shift.end()

    def _take_over(self, relief: Crew) -> None:
        self._relief = None
        self._shift.crew.close()
        log.info("reloaded")
        self._start(self._make_shift(relief))

    def _leave(self) -> int:
        within = self._shift.crew.stop_within
        self._supervisor.stopping(within)
        self._shift.end()
        deadline = time.monotonic() + within.total_seconds()
        while self._shift.running and time.monotonic() < deadline:
            self._feed()
            again = signals.take(_GLANCE)
            if again in signals.STOP:
                log.warning("stopping_at_once", signal=signals.name(again))
                break
        code = 1 if self._shift.fatal else 0
        if late := self._shift.running:
            # A purchase under way is recorded as begun; the next start looks it up.
            log.warning("left_before_the_end", cycles=late)
            os._exit(code)
        for crew in filter(None, (self._shift.crew, self._relief)):
            crew.close()
        log.info("stopped")
        return code

    # -- the supervisor --------------------------------------------------------------------------

    def _status(self) -> str:
        parts = [f"stuck: {part}" for part in self._stuck]
        parts += ["the last reload was refused, see the log"] * self._refused
        return "; ".join([*parts, self._shift.status or "starting"])

    def _feed(self) -> None:
        """Feed the watchdog, unless something hangs: then say what, and where."""
        now = time.monotonic()
        if now < self._feed_at:
            return
        self._feed_at = now + self._feeding
        stuck = self.find_stuck()
        for part in set(stuck) - set(self._stuck):
            log.critical("stuck", part=part, where=self._progress.where(part))
        self._stuck = stuck
        if not stuck:
            self._supervisor.alive()
