"""The ledger: the only truth about money, people found, and what syncd wrote.

All SQL of syncd lives in this package, and sqlite-utils is imported nowhere else. One file, one
daemon: :class:`Lock` refuses a second. Each thread opens a :class:`Ledger` of its own.
"""

from __future__ import annotations

from syncd.ledger.audit import CHECKS, INTEGRITY, Violation
from syncd.ledger.lineage import Lineage
from syncd.ledger.lock import Lock
from syncd.ledger.store import Ledger
from syncd.ledger.upkeep import Mark
from syncd.ledger.worksheets import Known

__all__ = ["CHECKS", "INTEGRITY", "Known", "Ledger", "Lineage", "Lock", "Mark", "Violation"]
