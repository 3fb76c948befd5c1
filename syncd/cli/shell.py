"""How the command line behaves in a shell: closed pipes, Ctrl-C, and help that scripts can read."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from syncd.errors import SyncdError

CLOSED_PIPE = 141
"""128 and SIGPIPE: what a shell sees of a program whose reader has left."""


class Group(TyperGroup):
    """All commands. ``syncd batches list | head -1`` ends without a word, and so does Ctrl-C (130).

    SIGPIPE stays ignored, because it would end the daemon, too, when a peer hangs up.
    """

    def make_context(self, *args: Any, **more: Any) -> Any:
        with _reader_may_leave():  # --help and --version print while arguments are read
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        with _reader_may_leave():
            return super().invoke(ctx)


def end_on_term() -> None:
    """Let SIGTERM end the command as Ctrl-C does, so that it tidies up what it had begun."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    try:
        try:
            yield
        finally:
            sys.stdout.flush()  # here, and not when Python ends, which would complain aloud
    except BrokenPipeError:
        _give_up_output()
        raise typer.Exit(CLOSED_PIPE) from None
    except OSError as error:
        if error.errno != errno.ENOSPC or error.filename is not None:
            raise
        _give_up_output()
        raise SyncdError("the output cannot be written: its disk is full") from None


def _give_up_output() -> None:
    with contextlib.suppress(OSError):  # a stand-in for standard output is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
