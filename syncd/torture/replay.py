"""What makes a run repeatable, and quick: keys, ids, chance and waiting all come from its seed."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from cryptography.hazmat.primitives import serialization

from syncd import app, credentials
from syncd.app import Outside
from syncd.engine import delivery, flights
from syncd.sandbox.clock import VirtualClock
from syncd.sandbox.world import World

SECOND = "second"
"""The folder of a second host's ledger."""
HOSTS = ("0000aaaa", "0000bbbb")
"""What the first host and the second are called in a lease."""


@contextmanager
def replayable(seed: int, clock: VirtualClock) -> Iterator[None]:
    """Draw keys, batch ids and tokens from a seed, and let waiting cost no time but the world's."""
    dice = random.Random(f"keys {seed}")  # noqa: S311  (repeatable on purpose)
    tokens = random.Random(f"tokens {seed}")  # noqa: S311  (of their own: keys stay as they were)
    state = random.getstate()
    random.seed(seed)

    def sleep(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))

    def new_key() -> str:
        return f"r-{dice.randbytes(6).hex().upper()}"

    def new_batch_id() -> str:
        return dice.randbytes(6).hex()

    def new_token() -> str:
        return tokens.randbytes(24).hex()

    def name_host(ledger: Path) -> str:
        return HOSTS[ledger.parent.name == SECOND]  # not by the folder: that is new in each run

    virtual = SimpleNamespace(monotonic=lambda: clock.now().timestamp())
    with (
        mock.patch.object(time, "sleep", sleep),
        mock.patch.object(delivery, "time", virtual),
        mock.patch.object(flights, "time", virtual),
        mock.patch.object(app, "new_key", new_key),
        mock.patch.object(app, "new_batch_id", new_batch_id),
        mock.patch.object(app, "new_token", new_token),
        mock.patch.object(app, "name_host", name_host),
    ):
        try:
            yield
        finally:
            random.setstate(state)


def connect(world: World, clock: VirtualClock) -> Outside:
    """Let syncd's requests go to a world in this process, and its waiting pass in that world."""
    return Outside(
        adapter=world.requests_adapter(),
        transport=world.httpx_transport(),
        monotonic=lambda: clock.now().timestamp(),
        rest=lambda seconds: clock.advance(timedelta(seconds=seconds)),
    )


@contextmanager
def keys_read_once() -> Iterator[None]:
    """Read each private key once: to check that its primes are prime takes 60 ms at each start."""
    with (
        mock.patch.object(serialization, "load_pem_private_key", _read_key),
        mock.patch.object(credentials, "load_pem_private_key", _read_key),
    ):
        yield


_read_key = functools.cache(serialization.load_pem_private_key)
