"""syncd: a careful buyer for a Google Sheet.

It reads enrichment requests from a sheet, buys emails and phones from Seleqt inside hard credit
caps, keeps what it did in SQLite so that nothing is bought twice, and writes what it finds into the
right rows.

The house has floors; imports go down only (``tests/unit/test_floors.py`` holds it so)::

    7  cli/                      one command, one file
    6  torture/                  the program below against the sandbox, under every misfortune
       checkup.py                what the doctor looks at
    5  app.py                    composition root: the only place that knows every adapter
       attendants.py             what runs beside the cycles
       preparing.py              preparing a spreadsheet
    4  daemon.py  shift.py       signals, reload, watchdog; every schedule at once
       cycles.py                 running cycles, one after the other
       web/  notify/             the web port, and messages to the operator
       terms.py                  what the config means to those who work by it
    3  engine/                   one cycle; owns the order of commits
    2  ledger/ sheets/ seleqt/   adapters; never import one another
    1  config/  credentials.py  schedule.py  pace.py  progress.py  signals.py  supervisor.py
       traffic.py
    0  core/  errors.py          pure: no clock, no I/O, no logging
    -  sandbox/                  stands apart: imports nothing from the rest
"""

from __future__ import annotations

__version__ = "0.1.0"
