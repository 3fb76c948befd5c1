"""Values that people tore off the person whom they were found for. Pure.

Whoever sorts some of the columns, or takes such a sort back after syncd has written, leaves one
person's address beside another's name. It was not typed there, so it is not a human's to keep; it
would stand for that other person's, and never be mended. A value that its own person shows as well
was copied by somebody who meant it, and stays.

What was once seen torn stays so: its own person is served again meanwhile, and may be so first. And
what stood there before it was ever bought stays a human's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, MutableMapping
from functools import cached_property

from syncd.core.leads import LeadRow
from syncd.core.model import Field
from syncd.core.table import Table

SeenTorn = MutableMapping[tuple[str, str], bool]
"""What was said of a value, kept from look to look: by the row's person and the value.

Not by the row's key: a row that was torn to pieces may be given another before it is mended.
"""


class Torn:
    """Tells for one worksheet. ``find`` returns for whom a value was bought, by prospect id."""

    def __init__(
        self,
        table: Table[LeadRow],
        find: Callable[[str], Collection[int]],
        seen: SeenTorn,
    ) -> None:
        self._table = table
        self._find = find
        self._seen = seen
        self.copied: set[str] = set()  # keys of rows with a value that another row shows as well

    def holds(self, row: LeadRow, value: str) -> bool:
        """Return whether it was bought for others, none of whom showed it in a row of theirs."""
        here = row.fingerprint, value
        if here in self._seen:
            return self._seen[here]
        people = self._find(value)
        if row.prospect_id in people:
            return False
        if any(value in self._shown.get(p, ()) for p in people):
            self.copied.add(row.key)
            return False  # until it is gone from there
        self._seen[here] = bool(people)
        return bool(people)

    @cached_property
    def _shown(self) -> dict[int, set[str]]:
        shown: dict[int, set[str]] = {}
        for row in self._table.rows:
            if row.prospect_id is not None:
                shown.setdefault(row.prospect_id, set()).update(map(row.value, Field))
        return shown
