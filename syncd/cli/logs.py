"""Logs: one line per event on standard error; for people on a terminal, logfmt elsewhere.

Whatever is logged by anybody, our own code, a library or Python itself, passes the one filter that
takes out secrets, addresses and phones. A line that cannot be written is lost and harms nobody: the
daemon outlives its log. ``docs/logs.md`` lists the events.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, TextIO

import structlog

from syncd.core.masking import Mask
from syncd.credentials import SEEN

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}  # as in syslog

log = structlog.get_logger()


def set_up_logs(form: str, level: str) -> None:
    """Configure structlog once, at the start of a command. ``form`` as in the config."""
    in_journal = _is_journal(sys.stderr)
    if form == "auto":
        form = "human" if sys.stderr.isatty() else "logfmt"
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
    ]
    if form == "human":
        processors.append(structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False))
    elif not in_journal:  # which has the time of each line
        processors.append(structlog.processors.TimeStamper(fmt="iso", utc=True))
    # Before the filter, so that it sees the exception's text, too; and without local variables.
    processors += [structlog.processors.format_exc_info, _masker(), _find_renderer(form)]
    if in_journal:
        processors.append(_give_priority)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(_Lenient(sys.stderr)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,  # a reload may want another level
    )
    # Libraries speak up for warnings only; httpx would log each request's URL.
    logging.basicConfig(level=logging.WARNING, handlers=[_Forward()], force=True)
    logging.captureWarnings(True)
    sys.excepthook = _log_crash
    threading.excepthook = lambda told: (
        _log_crash(told.exc_type, told.exc_value, told.exc_traceback) if told.exc_value else None
    )


def _find_renderer(form: str) -> structlog.typing.Processor:
    if form == "human":
        colours = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        plain = structlog.dev.plain_traceback  # rich's shows what variables hold
        return structlog.dev.ConsoleRenderer(colors=colours, exception_formatter=plain)
    if form == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.processors.LogfmtRenderer(
        key_order=["timestamp", "level", "event"], bool_as_flag=False, drop_missing=True
    )


def _masker() -> structlog.typing.Processor:
    mask = Mask(SEEN, secrets.token_bytes(16))

    def apply(
        logger: object, name: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        del logger, name
        return {key: mask.value(value) for key, value in event.items() if value is not None}

    return apply


def _give_priority(logger: object, name: str, line: Any) -> str:
    """Put the priority that journald understands before the line; one line is one entry."""
    del logger
    prefix = f"<{_PRIORITIES.get('error' if name == 'exception' else name, 6)}>"
    return "\n".join(f"{prefix}{part}" for part in line.splitlines())


def _is_journal(stream: TextIO) -> bool:
    """Whether the stream goes to journald, which says so in JOURNAL_STREAM."""
    told = os.environ.get("JOURNAL_STREAM", "")
    try:
        found = os.fstat(stream.fileno())
    except (OSError, ValueError):
        return False
    return told == f"{found.st_dev}:{found.st_ino}"


class _Lenient:
    """A stream that swallows what cannot be written: a closed pipe, a full disk."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.flush()


class _Forward(logging.Handler):
    """Sends what libraries log the way of our own events."""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):  # as logging itself does: nobody fails for a line
            text = " ".join(record.getMessage().split())
            log.log(
                min(record.levelno, logging.CRITICAL) // 10 * 10,
                "library",
                logger=record.name,
                text=text,
                exc_info=record.exc_info,
            )


def tell_crash(error: BaseException) -> None:
    """Tell of a bug in a command, with what led to it, as it may be shown to anybody."""
    trace = "".join(traceback.format_exception(error))
    sys.stderr.write(Mask(SEEN, secrets.token_bytes(16)).text(trace))


def _log_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    log.critical("crashed", exc_info=(kind, error, trace))
