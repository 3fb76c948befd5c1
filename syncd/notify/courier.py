"""Hands one message to apprise, and ends: ``python -m syncd.notify.courier``, fed by JSON.

A process of its own, because apprise takes 25 MB for good once it is imported, speaks to services
of all kinds without a time-out for the whole, and can be killed here. The addresses are secrets, so
they come by standard input, and only their places in the list are told of.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from pydantic import SecretStr

from syncd import signals

PATIENCE = 60.0  # seconds for all addresses together


class Parcel(TypedDict):
    """One message and its addresses, on their way to the process that sends it."""

    urls: list[str]
    title: str
    text: str
    kind: str  # of apprise's


@dataclass(frozen=True, slots=True)
class Failed(Exception):
    """``reason`` is a sentence without secrets; ``partly`` where some address took the message."""

    reason: str
    partly: bool = False


def deliver(
    urls: Sequence[SecretStr], *, title: str, text: str, is_good: bool, patience: float = PATIENCE
) -> None:
    """Send the message to all addresses. Raises :class:`Failed` where any was not reached."""
    parcel: Parcel = {
        "urls": [url.get_secret_value() for url in urls],
        "title": title,
        "text": text,
        "kind": "success" if is_good else "warning",
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "syncd.notify.courier"],
            input=json.dumps(parcel),
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"nothing was heard of the message within {patience:g} seconds") from None
    except OSError as error:
        raise Failed(f"the messenger could not be started: {error.strerror}") from None
    try:
        failed = json.loads(done.stdout)
    except ValueError:
        raise Failed("the messenger broke down") from None
    if failed:
        raise Failed("; ".join(failed), partly=len(failed) < len(urls))


def main() -> None:
    """Read a parcel, send it, and print what went wrong as JSON."""
    signals.let_go()  # the daemon holds them back, and that is inherited: a stop must end this
    logging.disable(logging.CRITICAL)  # apprise logs addresses
    parcel: Parcel = json.load(sys.stdin)
    answer = os.dup(sys.stdout.fileno())
    with open(os.devnull, "w") as nothing, contextlib.redirect_stdout(nothing):  # noqa: PTH123
        failed = send(parcel)
    with os.fdopen(answer, "w") as out:
        json.dump(failed, out)


def send(parcel: Parcel) -> list[str]:
    """Return a sentence for each address that the message did not reach."""
    import apprise  # noqa: PLC0415  (the reason for this module)

    failed = []
    for place, url in enumerate(parcel["urls"], 1):
        messenger = apprise.Apprise(asset=apprise.AppriseAsset(app_id="syncd", async_mode=False))
        if not messenger.add(url):
            failed.append(f"address {place} is none that apprise understands")
        elif not messenger.notify(
            title=parcel["title"],
            body=parcel["text"],
            notify_type=parcel["kind"],
            body_format=apprise.NotifyFormat.TEXT,
        ):
            failed.append(f"address {place} did not take the message")
    return failed


if __name__ == "__main__":
    main()
