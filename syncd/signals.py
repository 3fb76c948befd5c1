"""Signals, waited for and never handled: a handler that waits for a lock can wait for ever.

They are held back before any thread starts, so that no thread is interrupted, and taken by whoever
asks. Those that would end the process for no reason that it knows are held back as well.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable

STOP = frozenset({signal.SIGTERM, signal.SIGINT})
RELOAD = signal.SIGHUP
# Faults, and what a person or the kernel means for the process as a whole, keep their meaning.
_LEFT_ALONE = {
    signal.SIGKILL, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCONT,
    signal.SIGCHLD, signal.SIGPIPE, signal.SIGWINCH, signal.SIGURG, signal.SIGXCPU, signal.SIGXFSZ,
    signal.SIGQUIT, signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL,
    signal.SIGTRAP, signal.SIGSYS,
}  # fmt: skip
HELD = frozenset(signal.valid_signals() - _LEFT_ALONE)


def hold() -> None:
    """Hold signals back, in this thread and in those that it starts from now on."""
    signal.pthread_sigmask(signal.SIG_BLOCK, HELD)


def let_go() -> None:
    """Let signals mean again what they mean: for a program that a holder of them has started."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HELD)


def take(within: float) -> int | None:
    """Return the next signal that was held back; None where none comes within that many seconds."""
    found = signal.sigtimedwait(HELD, within)
    return None if found is None else found.si_signo


def name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal between the first and the last
        return str(number)


def on_stop(do: Callable[[], object]) -> None:
    """Do something in a thread of its own at the first signal to stop; a second one ends all.

    SIGHUP is one: whoever closes the terminal has no more use for what ran there.
    """
    wanted = STOP | {RELOAD}

    def wait() -> None:
        signal.sigwait(wanted)
        do()
        signal.sigwait(wanted)
        os._exit(1)

    hold()
    threading.Thread(target=wait, name="signals", daemon=True).start()
