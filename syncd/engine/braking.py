"""Pulls the brake on waste where the ledger's latest answers say so (:mod:`syncd.core.brakes`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import structlog

from syncd.core import brakes
from syncd.core.brakes import Brake, Rule
from syncd.core.leads import LeadRow
from syncd.core.model import Kind
from syncd.engine.workbook import Leaf
from syncd.ledger import Ledger

log = structlog.get_logger()


class Brakeman:
    """Watches the worksheets of one spreadsheet. ``name`` is what the config calls it."""

    def __init__(self, *, name: str, ledger: Ledger, rule: Rule, kinds: Collection[Kind]) -> None:
        self._name = name
        self._ledger = ledger
        self._rule = rule
        self._kinds = kinds

    def look(self, worksheet: int, now: datetime) -> Mapping[Kind, Brake]:
        """Return the brakes that hold on a worksheet, after pulling those that are due."""
        held = self._ledger.brakes.of(worksheet)
        due: dict[Kind, Brake] = {}
        for kind in self._kinds - held.keys() if self._rule.window else ():
            latest = self._ledger.brakes.latest(worksheet, kind, self._rule.window)
            if (brake := brakes.judge(latest, self._rule)) is not None:
                due[kind] = brake
        if due:
            with self._ledger.transaction():
                for kind, brake in due.items():
                    self._ledger.brakes.pull(worksheet, kind, brake, now)
            log.warning("kinds_paused", spreadsheet=self._name, kinds=[one.label for one in due])
        return held | due

    def tell(
        self, leaves: Iterable[Leaf[LeadRow]], held: Mapping[int, Mapping[Kind, Brake]]
    ) -> tuple[str, ...]:
        """Say which kinds are paused, and how they go on."""
        return tuple(
            " ".join(brakes.tell(kind, brake, leaf.title, self._name))
            for leaf in leaves
            for kind, brake in held.get(leaf.id, {}).items()
        )
