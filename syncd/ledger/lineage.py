"""Which ledger this is, and how far it has come: what tells a backup or a copy from it."""

from __future__ import annotations

from functools import cached_property

from sqlite_utils import Database

from syncd.core.lease import Lease
from syncd.ledger.upkeep import Mark


class Lineage:
    """The ledger's name for itself, its epoch, and those of others that it knows all about."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @cached_property
    def id(self) -> str:
        """The name that it was given when it began; copies bear it, too."""
        row = self._db.execute("SELECT ledger FROM lineage WHERE own = 1").fetchone()
        return str(row[0])

    def epochs(self) -> dict[str, int]:
        """Return the epochs that it has reached or was reconciled with, by ledger."""
        return dict(self._db.execute("SELECT ledger, epoch FROM lineage").fetchall())

    @property
    def is_restored(self) -> bool:
        """Whether it is a backup that was put in place, and nobody has reconciled it since."""
        row = self._db.execute("SELECT 1 FROM marks WHERE mark = ?", [Mark.RESTORED]).fetchone()
        return row is not None

    def catch_up(self) -> None:
        """Note that it was reconciled. The caller holds the transaction of the booking."""
        self._db.execute("DELETE FROM marks WHERE mark = ?", [Mark.RESTORED])

    def advance(self) -> None:
        """Count a purchase. The caller holds the transaction that records its intent."""
        self._db.execute("UPDATE lineage SET epoch = epoch + 1 WHERE own = 1")

    def accept(self, shown: Lease) -> None:
        """Note that all is known now that was bought before that lease was written."""
        self._db.execute(
            "INSERT INTO lineage (ledger, epoch, own) VALUES (?, ?, 0) ON CONFLICT (ledger) "
            "DO UPDATE SET epoch = MAX(epoch, excluded.epoch)",
            [shown.ledger, shown.epoch],
        )
