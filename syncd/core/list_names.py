"""The names of syncd's own lists: what Seleqt can tell of a purchase that the ledger forgot. Pure.

``syncd-<batch>-<kind>-<minute>``, and for a list request its key behind that, such as
``syncd-0a554e9119cc-email-20261124T0130Z-r-F1P5179NG11N``. How long a name may be is not known
(assumed: 56 letters are not too many); one that was cut short tells less, and is still ours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from syncd.core.model import WORDS, Batch, Kind

_MINUTE = "%Y%m%dT%H%MZ"
_KEY = re.compile(r"r-[0-9A-Z]{12}")  # people can type anything into a key's cell
_NAME = re.compile(
    r"syncd-(?P<batch>[0-9a-f]{12})"
    r"(?:-(?P<kind>email|waterfall|phone)(?:-(?P<made>\d{8}T\d{4}Z)(?:-(?P<request>r-[0-9A-Z]{12}))?)?)?"
    r"(?:-[-\w]*| \(\d+\))?"  # cut short; or the vendor may append a number
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ListName:
    """What a name tells. ``kind`` is None where an older syncd has named it, or ``made_at``."""

    batch: str
    kind: Kind | None = None
    made_at: datetime | None = None
    request: str = ""  # the key of the list request that asked


def compose_name(batch: Batch) -> str:
    """Return what a purchase's own list is made with: its short name, and what else it tells."""
    made = batch.created_at.astimezone(UTC)
    parts = [batch.name, f"{made:{_MINUTE}}"]
    if _KEY.fullmatch(batch.request):
        parts.append(batch.request)
    return "-".join(parts)


def read_list_name(name: str) -> ListName | None:
    """Return what a list's name tells, or None: it is not one of ours."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        made = datetime.strptime(found["made"] or "", _MINUTE).replace(tzinfo=UTC)
    except ValueError:
        made = None
    return ListName(
        batch=found["batch"],
        kind=WORDS.get(found["kind"]),
        made_at=made,
        request=found["request"] or "",
    )
