"""The nouns of the trade, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Field(StrEnum):
    """The field of a prospect that an enrichment fills, by our name for it."""

    EMAIL = "email"
    PHONE = "phone"


class Kind(StrEnum):
    """What can be bought for one person. The value is the vendor's ``enrichment_type``."""

    EMAIL = "FIND_EMAIL"
    EMAIL_WATERFALL = "FIND_EMAIL_WATERFALL"
    PHONE = "FIND_PHONE"

    @property
    def price(self) -> int:
        """Credits per person, charged up front, found or not (documented by the vendor)."""
        return _PRICES[self]

    @property
    def field(self) -> Field:
        return Field.PHONE if self is Kind.PHONE else Field.EMAIL

    @property
    def label(self) -> str:
        """How people call it, mid-sentence."""
        return _LABELS[self]


WORDS = {"email": Kind.EMAIL, "waterfall": Kind.EMAIL_WATERFALL, "phone": Kind.PHONE}
"""The kinds as the names of lists say them; a name that was given once stands at the vendor."""


def name_list(batch: str, kind: Kind) -> str:
    """Return what a purchase's own list at the vendor is called."""
    [word] = (word for word, named in WORDS.items() if named is kind)
    return f"syncd-{batch}-{word}"


_PRICES = {Kind.EMAIL: 3, Kind.EMAIL_WATERFALL: 6, Kind.PHONE: 30}
_LABELS = {Kind.EMAIL: "email", Kind.EMAIL_WATERFALL: "email (waterfall)", Kind.PHONE: "phone"}


class JobState(StrEnum):
    """Where one person's wish for one kind stands."""

    WAITING = "waiting"  # in an open batch; no second one may exist for the person and field
    FOUND = "found"  # a value that parses
    MISSED = "missed"  # paid, nothing found; remembered through the cool-off
    EXPIRED = "expired"  # paid, still loading after the time limit
    UNRECOGNISED = "unrecognised"  # paid, answered with text that is no address or phone
    UNKNOWN = "unknown"  # the vendor does not know the prospect id; nothing was bought
    CANCELLED = "cancelled"  # nothing was bought; of an accepted batch: the vendor left them out


class BatchState(StrEnum):
    """Where one purchase stands. :mod:`syncd.core.lifecycle` draws the arrows."""

    PLANNED = "planned"
    LIST_READY = "list_ready"
    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    IN_DOUBT = "in_doubt"
    PARKED = "parked"
    SETTLED = "settled"
    REFUSED = "refused"
    CANCELLED = "cancelled"


OPEN_STATES = frozenset(
    {
        BatchState.PLANNED,
        BatchState.LIST_READY,
        BatchState.SUBMITTING,
        BatchState.ACCEPTED,
        BatchState.IN_DOUBT,
        BatchState.PARKED,
    }
)

UNSENT = frozenset({BatchState.PLANNED, BatchState.LIST_READY})
"""Nothing was asked of the vendor that costs: the purchase may still be given up."""


class Purchasing(StrEnum):
    """Where a purchase happens: on a list of its own, or on the list people use themselves."""

    DEDICATED = "dedicated"
    IN_PLACE = "in-place"


class Reading(StrEnum):
    """What one look at a prospect's field said."""

    EMPTY = "empty"
    LOADING = "loading"
    FOUND = "found"
    MISSED = "missed"
    UNRECOGNISED = "unrecognised"


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A prospect's field as one read showed it; ``value`` is the parsed value, or the raw text."""

    reading: Reading
    value: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """One person's wish for one kind. ``asked_by`` is the key of the row that pays for it."""

    prospect_id: int
    kind: Kind
    state: JobState
    asked_by: str
    value: str = ""
    credits: int = 0
    last_seen: Seen | None = None  # the read before, so that two must agree
    before: Seen | None = None  # what the list showed before the purchase
    decided_at: datetime | None = None
    wished_at: datetime | None = None  # when somebody wished a search again that found nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """One purchase: up to 25 people, one kind, one vendor list, one POST."""

    id: str
    account: str
    worksheet: int  # the ledger's number of the worksheet that asked
    kind: Kind
    state: BatchState
    jobs: tuple[Job, ...]
    booked_day: str  # the day whose caps carry it, YYYY-MM-DD in the caps' time zone
    reserved: int  # credits booked and not yet settled or released
    created_at: datetime
    request: str = ""  # the key of the list request that asked, if any
    purchasing: Purchasing = Purchasing.DEDICATED
    list_id: int | None = None
    settled: int = 0  # credits known to be charged
    submitted_at: datetime | None = None
    not_before: datetime | None = None  # when it next wants attention
    attempts: int = 0  # failed tries of the present step
    balance_before: int | None = None  # what the vendor said just before the purchase
    note: str = ""  # the last trouble, for the operator

    @property
    def waiting(self) -> tuple[Job, ...]:
        return tuple(job for job in self.jobs if job.state is JobState.WAITING)

    @property
    def name(self) -> str:
        """The name of its own vendor list: the only job id the vendor lets us have.

        It says what is bought, as no list does: a ledger that was lost knows it from there only.
        """
        return name_list(self.id, self.kind)


@dataclass(frozen=True, kw_only=True, slots=True)
class Prospect:
    """A person as the vendor's list showed them, with what it already holds."""

    id: int
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    job_title: str = ""
    linkedin_url: str = ""
    email: Seen
    phone: Seen

    def seen(self, field: Field) -> Seen:
        return self.email if field is Field.EMAIL else self.phone
