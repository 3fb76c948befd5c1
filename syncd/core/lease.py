"""Who looks after a spreadsheet, and whether their ledger knows all that was bought for it. Pure.

Google has no compare-and-swap, so this is a lease: a text on the panel that names one syncd (its
host) and its ledger, until when that holds, and the ledger's *epoch*, which rises with each
purchase. It goes along with every write of the panel, and whoever reads another's that is not over
leaves the spreadsheet alone.

- Nobody's, or over: write one, and buy nothing before a later read shows it. Of two who write at
  the same time the last stays, and the other one reads that and yields.
- After another's is over, nothing is bought for as long as a write of the other's may still land
  (:data:`~syncd.core.flight.LANDS_WITHIN`).
- An epoch that the ledger has not reached means that it is a backup, a copy or a new one: somebody
  was bought for whom it does not know. Nothing is bought until ``syncd reconcile`` has looked.

What remains: a host that stands still between its read and its write for longer than that (a
virtual machine that is paused), or two that begin on a blank panel within the same second. And a
purchase whose write never reached the sheet before the ledger was lost shows in no epoch; the
vendor's lists do show it, so ``syncd reconcile`` belongs to every restore. Without a panel there is
neither lease nor epoch.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

SHORTEST = timedelta(minutes=3)  # a lease; longer where the panel is written less often
_SLACK = timedelta(minutes=1)  # that clocks may differ
_TEXT = re.compile(r"([0-9a-f]{4,16})/([0-9a-f]{4,16}) #(\d{1,12}) until (\S+ \S+) UTC")
_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """One syncd's word that it looks after a spreadsheet."""

    ledger: str
    host: str
    epoch: int
    until: datetime

    def __str__(self) -> str:
        until = self.until.astimezone(UTC)
        return f"{self.ledger}/{self.host} #{self.epoch} until {until:{_TIME}} UTC"


class Claim(StrEnum):
    """How a spreadsheet stands to one syncd."""

    OURS = "ours"  # it may buy
    FREE = "free"  # it has to write its lease, and to read it, before it may
    OTHERS = "others"  # another one is at work: leave it alone
    UNKNOWN_PAST = "unknown past"  # purchases that the ledger does not know: reconcile first


def parse_lease(text: str) -> Lease | None:
    """Return the lease that a text says, or None where it says none: people can type anything."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        return None
    try:
        until = datetime.strptime(found[4], _TIME).replace(tzinfo=UTC)
    except ValueError:
        return None
    return Lease(ledger=found[1], host=found[2], epoch=int(found[3]), until=until)


def judge(
    shown: Lease | None, *, ledger: str, host: str, epochs: Mapping[str, int], now: datetime
) -> Claim:
    """Return what the lease that a spreadsheet shows means for one host and its ledger.

    ``epochs`` are those that the ledger has reached, by ledger: its own, and others' that it was
    reconciled with.
    """
    if shown is None:
        return Claim.FREE
    if shown.host != host and now < shown.until + _SLACK:
        return Claim.OTHERS
    if shown.epoch > epochs.get(shown.ledger, -1):
        return Claim.UNKNOWN_PAST
    if shown.host == host and shown.ledger == ledger and now < shown.until:
        return Claim.OURS
    return Claim.FREE


def lasting(beat: timedelta) -> timedelta:
    """Return how long a lease holds, where the panel is written once a ``beat``."""
    return max(SHORTEST, 3 * beat)
