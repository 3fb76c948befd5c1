"""What is true of a person now: what the vendor sold and would find, and whose a value is."""

from __future__ import annotations

from collections.abc import Mapping

from syncd.sandbox.seleqt import Kind, Seleqt
from syncd.sandbox.seleqt.meter import OWN


class Truth:
    """Reads the vendor's catalogue and meter. ``owners`` says whose each value is."""

    def __init__(self, seleqt: Seleqt, owners: Mapping[str, set[int]]) -> None:
        self._seleqt = seleqt
        self.owners = owners
        self._sold: set[tuple[int, str]] = set()
        self._seen = 0

    def exists(self, prospect: int | None) -> bool:
        return prospect in self._seleqt.catalogue.prospects

    def is_sold(self, prospect: int, kind: Kind) -> bool:
        charges = self._seleqt.meter.charges
        for charge in charges[self._seen :]:
            if charge.cause == OWN and charge.kind is not None:
                self._sold.update((one, charge.kind) for one in charge.prospect_ids)
        self._seen = len(charges)
        return (prospect, kind.value) in self._sold

    def known(self, prospect: int | None, column: str) -> set[str]:
        """Return the values that were found for a person, "email" or "phone"."""
        if prospect is None or not self.exists(prospect):
            return set()
        truth = self._seleqt.catalogue.prospects[prospect].truth
        found = {
            truth.found(kind)
            for kind in Kind
            if kind.column == column and self.is_sold(prospect, kind)
        }
        return {value for value in found if value}

    def is_missed(self, prospect: int, column: str) -> bool:
        """Return whether a search was paid for, and finds nothing."""
        truth = self._seleqt.catalogue.prospects[prospect].truth if self.exists(prospect) else None
        return truth is not None and any(
            kind.column == column and self.is_sold(prospect, kind) and truth.found(kind) is None
            for kind in Kind
        )
