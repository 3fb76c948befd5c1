"""How the spreadsheet is, kept in the ledger for whoever asks, also when this process is gone.

Written when something has changed and else once a minute, so that an idle cycle stays cheap; no
plan hangs on it, so it makes no quiet sheet loud.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from syncd.core.overview import Condition
from syncd.engine.panel import Panel
from syncd.ledger import Ledger

_BEAT = timedelta(minutes=1)  # between two writes that say nothing but the time


class Diary:
    """One spreadsheet's condition."""

    def __init__(
        self,
        *,
        spreadsheet_id: str,
        panel: Panel,
        hold: Callable[[], str],
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._spreadsheet_id = spreadsheet_id
        self._panel = panel
        self._hold = hold
        self._ledger = ledger
        self._clock = clock
        self._kept = ledger.conditions.get(spreadsheet_id)

    def note(self, *, read: bool, failure: str = "") -> None:
        """Keep how it is now; ``read`` says whether the sheet was, just now."""
        now, kept, panel = self._clock(), self._kept, self._panel
        controls = panel.controls
        problems = (failure,) if failure else panel.troubles
        stands = panel.stands
        if kept is not None and stands is None:  # not counted yet in this process
            stands = kept.stands
        since = now if problems else None
        if kept is not None and problems and kept.problems:
            since = kept.since
        condition = Condition(
            at=now,
            looked_at=now if read else kept.looked_at if kept else None,
            patience=panel.patience(now),
            stands=stands or {},
            hold=self._hold(),
            problems=problems,
            since=since,
            day=controls.day,
            month=controls.month,
        )
        if kept is not None and _is_fresh(kept, condition):
            return
        with self._ledger.transaction(counted=False):
            self._ledger.conditions.save(self._spreadsheet_id, condition)
        self._kept = condition


def _is_fresh(kept: Condition, condition: Condition) -> bool:
    """Return whether what is kept says it all, save for the time."""
    then = replace(condition, at=kept.at, looked_at=kept.looked_at, patience=kept.patience)
    return then == kept and timedelta(0) <= condition.at - kept.at < _BEAT
