"""What runs beside the cycles, each in a thread of its own: the web port and the notifier.

They read the ledger by connections of their own, follow each reload, and outlive it. What is not
configured is not imported.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

import structlog

from syncd.app import App
from syncd.config import Config
from syncd.credentials import read_notice_url, read_ping_url
from syncd.errors import ConfigError
from syncd.ledger import Ledger
from syncd.terms import ACCOUNT, look_over
from syncd.traffic import Trip

log = structlog.get_logger()

if TYPE_CHECKING:
    from syncd.ledger.hooks import Known
    from syncd.notify import Notifier
    from syncd.notify.notifier import Terms
    from syncd.web import Web
    from syncd.web.meters import Meters
    from syncd.web.site import Site


class Master(Protocol):
    """The daemon, as its attendants know it; both may be called from any thread."""

    def find_stuck(self) -> Iterable[str]:
        """Return the parts that make no progress."""

    def hasten(self, spreadsheet: str) -> None:
        """Look at a spreadsheet soon, by its name."""


class Attendants:
    """Started for one App after the other, with :meth:`attend`; ended with :meth:`dismiss`."""

    def __init__(self) -> None:
        self._meters: Meters | None = None
        self._web: Web | None = None
        self._notifier: Notifier | None = None

    def watch(self, trip: Trip) -> None:
        """Count a request of a transport's, where anybody can ask for it."""
        if self._meters is not None:
            self._meters.watch(trip)

    def note_reload(self, *, well: bool) -> None:
        if self._meters is not None:
            self._meters.note_reload(well=well)

    def attend(self, app: App, master: Master) -> None:
        """Serve this App as its config says, and no other. Raises nothing: the work goes on."""
        self.dismiss()
        for begin in (self._begin_serving, self._begin_telling):
            try:
                begin(app, master)
            except Exception:  # such as a module that an upgrade has just taken away
                log.exception("attendant_not_started", hint="syncd works on without it; restart it")

    def _begin_serving(self, app: App, master: Master) -> None:
        address = app.config.web.address
        if address is not None:
            from syncd.web import Web  # noqa: PLC0415  (heavy, and off by default)
            from syncd.web.meters import Meters  # noqa: PLC0415  (as above)

            meters = self._meters = self._meters or Meters()  # a reload begins no count anew
            self._web = Web(address, lambda: make_site(app, meters, master))
            self._web.start()

    def _begin_telling(self, app: App, master: Master) -> None:
        if app.config.notify.urls or app.config.notify.ping:
            try:
                self._notifier = make_notifier(app, master)
                self._notifier.start()
            except ConfigError as error:  # a secret that has gone since the config was checked
                log.warning("notifier_not_started", reason=str(error), hint="mend it and reload")

    def dismiss(self) -> None:
        """Stop serving; return when that is done, or after seconds at the most."""
        if self._web is not None:
            self._web.stop()
            self._web = None
        if self._notifier is not None:
            self._notifier.stop()
            self._notifier = None


def read_terms(config: Config) -> Terms:
    """Return whom to tell of what. Raises ConfigError where a secret cannot be read."""
    from syncd.notify.notifier import Terms  # noqa: PLC0415  (only where it is configured)

    part = config.notify
    return Terms(
        host=socket.gethostname(),
        urls=[read_notice_url(url) for url in part.urls],
        causes=part.causes,
        ping=read_ping_url(part.ping) if part.ping else None,
        ping_every=part.ping_every,
    )


def make_notifier(app: App, master: Master) -> Notifier:
    """Return what tells the operator, not started."""
    from syncd.notify import Notifier  # noqa: PLC0415  (as above)

    config = app.config

    def overdue(ledger: Ledger, now: datetime) -> int:
        with ledger.snapshot():
            return ledger.refunds.add_up(ACCOUNT, now, config.buying.refund_within).overdue

    return Notifier(
        terms=read_terms(config),
        open_ledger=lambda: Ledger(config.ledger.path),
        look_over=lambda ledger, now: look_over(config, ledger, now),
        overdue=overdue,
        stuck=master.find_stuck,
        clock=app.clock,
    )


def make_site(app: App, meters: Meters, master: Master) -> Site:
    """Return what the web port serves, with a ledger that belongs to the thread of the caller."""
    from syncd.web.facts import Facts  # noqa: PLC0415  (heavy, and off by default)
    from syncd.web.hooks import Door  # noqa: PLC0415  (as above)
    from syncd.web.site import Site  # noqa: PLC0415  (as above)

    config = app.config
    facts = Facts(
        Ledger(config.ledger.path, read_only=True),
        account=ACCOUNT,
        look_over=lambda ledger, now: look_over(config, ledger, now),
        refund_within=config.buying.refund_within,
        clock=app.clock,
    )
    door = Door(find=facts.find_hook, hint=_give_hints(app, master), count=meters.count_hook)
    return Site(
        facts=facts,
        counted=meters,
        stuck=master.find_stuck,
        door=door if config.seleqt.hook_host else None,
        public=config.seleqt.hook_host,
    )


def _give_hints(app: App, master: Master) -> Callable[[Known], None]:
    names = {part.id: part.name for part in app.config.spreadsheet}
    # Purchases of a spreadsheet that is no longer configured are the first one's to look after.
    first = app.config.spreadsheet[0].name

    def hint(hook: Known) -> None:
        app.hints.give(hook.batch, app.clock())
        master.hasten(names.get(hook.spreadsheet, first))

    return hint
