"""Prospects: what anybody may see of a person, and the truth an enrichment would bring to light."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

from .words import CITIES, COMPANIES, FAMILY_NAMES, GIVEN_NAMES, INDUSTRIES, JOB_TITLES


class Kind(StrEnum):
    """What can be bought."""

    EMAIL = "FIND_EMAIL"
    WATERFALL = "FIND_EMAIL_WATERFALL"
    PHONE = "FIND_PHONE"

    @property
    def cost(self) -> int:
        """Credits per prospect (documented)."""
        return {Kind.EMAIL: 3, Kind.WATERFALL: 6, Kind.PHONE: 30}[self]

    @property
    def column(self) -> str:
        """The record's field this kind fills."""
        return "phone" if self is Kind.PHONE else "email"


@dataclass(frozen=True, kw_only=True, slots=True)
class Truth:
    """What each kind would find. None is a miss; any text is what gets stored, sensible or not."""

    email: str | None = None
    waterfall: str | None = None
    phone: str | None = None
    stuck: frozenset[Kind] = frozenset()  # the worker is lost: the sentinel stays for ever

    def found(self, kind: Kind) -> str | None:
        return {Kind.EMAIL: self.email, Kind.WATERFALL: self.waterfall, Kind.PHONE: self.phone}[
            kind
        ]


@dataclass(frozen=True, kw_only=True, slots=True)
class Prospect:
    """One person in the vendor's database. Nothing here changes; values bought live in a Record."""

    id: int
    first_name: str
    last_name: str
    company: str = ""
    job_title: str = ""
    linkedin: str = ""
    industry: str = ""
    location: str = ""
    email: str | None = None  # known before anybody bought anything
    phone: str | None = None
    truth: Truth = Truth()


@dataclass(kw_only=True, slots=True)
class Record:
    """The two bought fields of a prospect as the API shows them, and the memory of misses."""

    email: str | None = None
    phone: str | None = None
    loading: set[str] = field(default_factory=set)  # columns showing the sentinel
    missed: dict[str, Kind] = field(default_factory=dict)  # columns whose last purchase was a miss
    misses: set[Kind] = field(default_factory=set)  # everything ever missed

    def value(self, column: str) -> str | None:
        return self.phone if column == "phone" else self.email

    def start(self, column: str) -> None:
        """Show the sentinel. What was there before is lost, as it would be (inferred)."""
        self.loading.add(column)
        self.missed.pop(column, None)
        self._set(column, None)

    def finish(self, kind: Kind, value: str | None) -> None:
        self.loading.discard(kind.column)
        self._set(kind.column, value)
        if value is None:
            self.missed[kind.column] = kind
            self.misses.add(kind)

    def _set(self, column: str, value: str | None) -> None:
        if column == "phone":
            self.phone = value
        else:
            self.email = value


def invent_people(
    count: int,
    seed: int,
    *,
    first_id: int = 1001,
    email_rate: float = 0.7,
    waterfall_rate: float = 0.85,
    phone_rate: float = 0.5,
) -> list[Prospect]:
    """Return invented people: diverse names, ``.example`` addresses, fictional phone numbers.

    The rates are the chances that a kind finds something; a waterfall always finds what the plain
    search finds. The same arguments return the same people.
    """
    rng = random.Random(seed)  # noqa: S311 - invention, no secret
    return [
        _invent(rng, first_id + n, email_rate, waterfall_rate, phone_rate) for n in range(count)
    ]


def _invent(
    rng: random.Random,
    prospect_id: int,
    email_rate: float,
    waterfall_rate: float,
    phone_rate: float,
) -> Prospect:
    given, family, company = (rng.choice(words) for words in (GIVEN_NAMES, FAMILY_NAMES, COMPANIES))
    # The id keeps namesakes apart, in addresses and in LinkedIn names alike.
    handle = f"{_plain(given)}.{_plain(family)}.{prospect_id}"
    address = f"{handle}@{_plain(company)}.example"
    luck = rng.random()
    truth = Truth(
        email=address if luck < email_rate else None,
        waterfall=address if luck < max(email_rate, waterfall_rate) else None,
        phone=_fictional_phone(rng) if rng.random() < phone_rate else None,
    )
    return Prospect(
        id=prospect_id,
        first_name=given,
        last_name=family,
        company=company,
        job_title=rng.choice(JOB_TITLES),
        linkedin=f"https://linkedin.example/in/{handle.replace('.', '-')}",
        industry=rng.choice(INDUSTRIES),
        location=rng.choice(CITIES),
        truth=truth,
    )


def _fictional_phone(rng: random.Random) -> str:
    """Return a number from a range its regulator keeps free for fiction."""
    if rng.random() < 0.5:
        return f"+1{rng.choice((202, 312, 415, 617))}55501{rng.randrange(100):02d}"
    return f"+447700900{rng.randrange(1000):03d}"


def _plain(text: str) -> str:
    """Return the ASCII letters of a name, lower case, for an address."""
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_FOLD))
    return "".join(letter for letter in folded if letter.isascii() and letter.isalnum())


_FOLD = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "o", "ł": "l"})
