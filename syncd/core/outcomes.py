"""What can become of a purchase at each step of its life: the other half of the lifecycle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from syncd.core.model import Seen


@dataclass(frozen=True, kw_only=True, slots=True)
class ListReady:
    """The batch's own list exists, holds exactly its people, and was read back."""

    list_id: int
    shown: Mapping[int, Seen]


@dataclass(frozen=True, kw_only=True, slots=True)
class NothingToBuy:
    """The vendor's free count says that it would search for nobody on the list."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Submitting:
    """The write-ahead: from here on the purchase may have happened.

    ``limit`` is how many the vendor would search for; None: everybody who waits.
    """

    balance: int | None
    limit: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Accepted:
    """The vendor said yes: ``count`` queued, ``credits`` taken. Sync mode brings results."""

    count: int
    credits: int
    results: Mapping[int, Seen] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """A parsed, documented no: nothing was bought."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NotSent:
    """Nothing left this machine."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class InDoubt:
    """Anything else: it may have been charged."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """All pages of the list, by prospect id.

    ``others`` are people on a user's own list who were not planned, and for whom somebody began to
    search since just before the purchase.
    """

    seen: Mapping[int, Seen]
    others: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Failed:
    """A free step did not work this time; ``gone``: the vendor has no such list (any more)."""

    reason: str
    gone: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """The purchase is no longer wanted, or no longer allowed; nothing was sent."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """A human looked it up with the vendor, or the sheet tells of it: ``who`` says so."""

    paid: bool
    who: str = "a human"


Outcome = (
    ListReady
    | NothingToBuy
    | Submitting
    | Accepted
    | Refused
    | NotSent
    | InDoubt
    | Looked
    | Failed
    | Withdrawn
    | Resolved
)
