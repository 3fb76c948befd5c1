"""What the office is told about the program: its headers, its sentences, and what it may be asked.

All of it is the program's own wording, handed over by whoever runs the simulation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from syncd.sandbox.seleqt import Kind


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The headers of a Leads worksheet, and who owns what stands under them.

    ``texts`` are people's own; ``others`` are the program's besides value, status, credits and key.
    ``finds`` says what each choice of ``find`` buys, ``asks_first`` which of that needs a tick.
    """

    prospect: str
    texts: Sequence[str]
    find: str
    approve: str
    email: str
    phone: str
    status: str
    credits: str
    others: Sequence[str]
    key: str
    finds: Mapping[str, Sequence[Kind]]
    asks_first: Sequence[Kind] = ()
    aliases: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def owned(self) -> frozenset[str]:
        """The program's columns."""
        told = (self.email, self.phone, self.status, self.credits, self.key)
        return frozenset((*told, *self.others))

    @cached_property
    def header(self) -> list[str]:
        """All headers, in a first order."""
        mine = [self.prospect, *self.texts, self.find, self.approve]
        return [*mine, self.email, self.phone, self.status, self.credits, *self.others, self.key]

    def column(self, kind: Kind) -> str:
        """Return the header under which a kind's result belongs."""
        return self.phone if kind is Kind.PHONE else self.email

    @staticmethod
    def answers(kind: Kind) -> Sequence[Kind]:
        """Return the purchases that answer a kind: who searched everywhere, searched here, too."""
        return (Kind.EMAIL, Kind.WATERFALL) if kind is Kind.EMAIL else (kind,)


@dataclass(frozen=True, kw_only=True)
class Words:
    """The program's status sentences as templates: ``{what}`` is "email" or "phone".

    ``a_what`` is the same with its article; any other name in braces stands for anything.
    ``changed`` are those of a row whose tick no longer holds, ``waiting`` those that a row may show
    while nothing was bought for it yet. ``claim`` begins the short-lived text of a program that
    first claims a cell and then replaces what it claimed with. ``stamp`` is a time as it writes
    it, as a pattern. Neither tells of anybody, wherever it stands.
    """

    found: str
    found_free: Sequence[str]
    has: Sequence[str]
    elsewhere: Sequence[str]
    missed: str
    searching: Sequence[str]
    unknown: str
    ready: str
    changed: Sequence[str] = ()
    waiting: Sequence[str] = ()
    claim: str = "⏳"
    stamp: str = r"\d{4}-\d\d-\d\d \d\d:\d\d"

    def pattern(self, template: str, kind: Kind | None = None) -> re.Pattern[str]:
        """Return what recognises a sentence; about that kind's result only, where one is given."""
        what = "email|phone" if kind is None else kind.column
        article = "an email|a phone" if kind is None else f"an? {kind.column}"
        known = {"what": f"(?:{what})", "a_what": f"(?:{article})"}
        return re.compile(
            re.sub(
                r"\\\{([a-z_]+)\\\}", lambda found: known.get(found[1], ".*?"), re.escape(template)
            )
        )
