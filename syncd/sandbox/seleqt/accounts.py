"""Accounts, their workspaces, balances and API keys. The one place where a balance moves.

Each movement changes the balance and writes the meter's entry in the same call, so that no credit
moves without a cause. Whose balance it really is (user, workspace, organisation) is unknown; here
an account has exactly one workspace and one balance.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .limiter import Limiter
from .meter import Charge, Meter, Refund, TopUp

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(kw_only=True, slots=True)
class Account:
    """Who pays. ``balance`` is in credits; only ``Accounts`` may change it."""

    id: int
    workspace: int
    balance: int = 0


@dataclass(kw_only=True, slots=True)
class ApiKey:
    """A key as the header carries it: ``<prefix>.<secret>``."""

    id: int
    name: str
    text: str = field(repr=False)
    account: Account
    limit: int | None = None  # requests a minute, when it differs from the knob
    limiter: Limiter = field(default_factory=Limiter, repr=False)

    @property
    def prefix(self) -> str:
        return self.text.partition(".")[0]


class Accounts:
    """The vendor's books on who may spend what."""

    def __init__(self, seed: int) -> None:
        self.meter = Meter()
        self.by_id: dict[int, Account] = {}
        self.keys: dict[int, ApiKey] = {}
        # Keys are drawn from the seed, so that a recorded run can be replayed; they open nothing.
        self._rng = random.Random(f"keys {seed}")  # noqa: S311 - see above

    def open(self, balance: int, now: datetime) -> Account:
        number = len(self.by_id) + 1
        account = Account(id=number, workspace=500 + number)
        self.by_id[number] = account
        self.top_up(account, balance, now)
        return account

    def add_key(self, account: Account, *, name: str, limit: int | None = None) -> ApiKey:
        number = len(self.keys) + 1
        key = ApiKey(id=number, name=name, text=self._draw(), account=account, limit=limit)
        self.keys[number] = key
        return key

    def find_key(self, text: str) -> ApiKey | None:
        return next((key for key in self.keys.values() if key.text == text), None)

    def rotate(self, key: ApiKey) -> str:
        """Replace a key's text; the old one is dead at once (documented)."""
        key.text = self._draw()
        return key.text

    def take(self, charge: Charge) -> None:
        account = self.by_id[charge.account]
        if charge.credits > account.balance:
            raise ValueError("an account never goes below zero")
        self.meter.record(charge)
        account.balance -= charge.credits

    def give_back(self, refund: Refund) -> None:
        self.meter.record(refund)
        self.by_id[refund.account].balance += refund.credits

    def top_up(self, account: Account, credits: int, now: datetime) -> None:
        self.meter.record(TopUp(at=now, account=account.id, credits=credits))
        account.balance += credits

    def audit(self) -> list[str]:
        """Return one sentence for each account whose balance and entries disagree."""
        return [
            f"account {account.id} holds {account.balance}, its entries say {expected}"
            for account in self.by_id.values()
            if (expected := self.meter.balance(account.id)) != account.balance
        ]

    def _draw(self) -> str:
        return f"{self._rng.getrandbits(32):08x}.sandbox-{self._rng.getrandbits(128):032x}"
