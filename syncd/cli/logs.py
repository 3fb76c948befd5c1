"""Logs: one line per event on standard error; for people on a terminal, logfmt elsewhere."""

from __future__ import annotations

import logging
import sys

import structlog

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up_logs(form: str, level: str) -> None:
    """Configure structlog once, at the start of a command. ``form`` as in the config."""
    if form == "auto":
        form = "human" if sys.stderr.isatty() else "logfmt"
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True)
    shared: list[structlog.typing.Processor] = [structlog.processors.add_log_level, stamp]
    renderer: structlog.typing.Processor
    if form == "human":
        stamp = structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
        shared[1] = stamp
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    elif form == "json":
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer()
    else:
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], bool_as_flag=False
        )
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries speak up for warnings only; httpx would log each request's URL.
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
