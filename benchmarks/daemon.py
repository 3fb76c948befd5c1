"""The process under test: the production App, one cycle per command, measured from inside.

``python benchmarks/daemon.py CONFIG`` reads commands from standard input, one a line: ``cycle``
(answers with one line of JSON) and ``wait SECONDS`` (lets the daemon's clock run ahead).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from syncd.app import App
from syncd.config import load


def main(config: Path) -> None:
    structlog.configure(  # as the daemon logs, minus what a cycle says in passing
        wrapper_class=structlog.make_filtering_bound_logger(30),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    ahead = timedelta()
    with App(load(config), clock=lambda: datetime.now(UTC) + ahead) as app:
        engine = app.engines[0]
        for line in sys.stdin:
            command, *arguments = line.split()
            if command == "wait":
                ahead += timedelta(seconds=int(arguments[0]))
                continue
            before = time.process_time()
            report = engine.cycle()
            after = time.process_time()
            told = {
                "cpu": after - before,
                "cpu_since_start": after,
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "writes": report.delivered.writes,
                "problems": report.problems,
                "busy": report.changed or report.again or bool(report.open_batches),
            }
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
