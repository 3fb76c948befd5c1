"""What the supervisor is told: systemd's notification protocol, as ``sd_notify(3)`` documents it.

Without ``NOTIFY_SOCKET`` every method does nothing, and a socket that fails is a warning, once: a
supervisor that cannot be told must not stop the work.

A module of our own, as the library at hand (sdnotify, last released in 2017) encodes texts as
Latin-1 and drops those that do not fit without a word, such as a status with a worksheet's title.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import timedelta

import structlog

log = structlog.get_logger()

_LONGEST = 500  # letters of a status; nobody reads more in one line
_ROOM = timedelta(seconds=10)  # for what comes after the time that was asked for


class Supervisor:
    """The one that started us, where it listens."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        address = environ.get("NOTIFY_SOCKET", "")
        # A leading "@" stands for the null byte of Linux's abstract sockets.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._status = ""
        self._complained = False
        mine = environ.get("WATCHDOG_PID") in (None, str(os.getpid()))
        usec = environ.get("WATCHDOG_USEC", "")
        self.watchdog = timedelta(microseconds=int(usec)) if mine and usec.isdigit() else None
        """How long it waits for a sign of life before it kills us; None: for ever."""

    def ready(self, status: str) -> None:
        """Say that we work: after the start, and after each reload."""
        self._status = status
        self._send("READY=1", _line(status))

    def tell(self, status: str) -> None:
        """Say in one line what we do; only what is new is sent."""
        if status != self._status:
            self._status = status
            self._send(_line(status))

    def alive(self) -> None:
        """Feed the watchdog."""
        self._send("WATCHDOG=1")

    def reloading(self) -> None:
        """Say that a reload begins. :meth:`ready` ends it, whatever came of it.

        ``Type=notify-reload`` waits for a time not before its signal, and hangs without one.
        """
        now = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        self._send("RELOADING=1", f"MONOTONIC_USEC={now}")

    def stopping(self, within: timedelta) -> None:
        """Say that we leave, and how long that may take, whatever the unit allows."""
        limit = (within + _ROOM) // timedelta(microseconds=1)
        self._send("STOPPING=1", f"EXTEND_TIMEOUT_USEC={limit}", "STATUS=Stopping")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        message = "\n".join(lines).encode(errors="replace")
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as end:
                end.settimeout(1.0)  # its queue may be full while it is busy
                end.sendto(message, self._address)
        except OSError as error:
            if not self._complained:
                log.warning("supervisor_not_told", reason=str(error))
            self._complained = True


def _line(status: str) -> str:
    return "STATUS=" + " ".join(status.split())[:_LONGEST]
