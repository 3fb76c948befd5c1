"""The thread that tells the operator. It looks at the ledger every half minute.

What was told is remembered once it was delivered, so that nothing is lost: a crash in between
repeats a message.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from pydantic import SecretStr

from syncd.core.backoff import delay
from syncd.core.notices import Cause, Message, Notice, decide, find_plights
from syncd.core.overview import Overview, summarise
from syncd.ledger import Ledger
from syncd.notify.courier import Failed, deliver
from syncd.notify.ping import FAIL, START, WELL, ping

log = structlog.get_logger()

LOOK = 30.0  # seconds between looks
_REFUNDS = timedelta(hours=6)  # between looks at refunds, which go through months
_AFTER_FAILURE = timedelta(minutes=1)  # doubling up to a quarter of an hour


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """Whom to tell of what, and how often to ping."""

    host: str
    urls: Sequence[SecretStr] = ()
    causes: frozenset[Cause] = frozenset(Cause)
    ping: SecretStr | None = None
    ping_every: timedelta = timedelta(minutes=5)


@dataclass
class Notifier:
    """Tells and pings in a thread of its own, from :meth:`start` to :meth:`stop`.

    ``open_ledger`` is called in that thread. ``overdue`` returns the credits of overdue refunds.
    """

    terms: Terms
    open_ledger: Callable[[], Ledger]
    look_over: Callable[[Ledger, datetime], Overview]
    overdue: Callable[[Ledger, datetime], int]
    stuck: Callable[[], Iterable[str]]
    clock: Callable[[], datetime]
    send: Callable[..., None] = deliver
    monotonic: Callable[[], float] = time.monotonic
    _leaving: threading.Event = field(default_factory=threading.Event)
    _failures: int = 0
    _not_before: float = 0.0  # by the monotonic clock
    _refunds: tuple[datetime, int] | None = None
    _pinged_at: datetime | None = None
    _complained: bool = False

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="notify", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Let the thread end; a message under way is given a moment, and is else told again."""
        self._leaving.set()
        self._thread.join(2.0)

    def _run(self) -> None:
        self._ping(START)
        ledger: Ledger | None = None
        while not self._leaving.wait(LOOK):
            # Whatever it is, it must not end the thread: the next look may fare better.
            try:
                ledger = ledger or self.open_ledger()
                self.turn(ledger)
            except Exception:
                log.exception("notify_failed", hint="syncd works on; the next look is soon")
        if ledger is not None:
            ledger.close()

    def turn(self, ledger: Ledger) -> None:
        """Look once: tell what is new, and ping where it is time."""
        now = self.clock()
        view, stuck = self.look_over(ledger, now), list(self.stuck())
        plights = find_plights(view, stuck=stuck, overdue=self._overdue(ledger, now))
        if self.terms.urls:
            with ledger.guard():
                known, last = ledger.notices.all(), ledger.notices.last()
            decision = decide(
                plights,
                known,
                now=now,
                last=last,
                wanted=self.terms.causes,
                host=self.terms.host,
            )
            sent = decision.message is not None and self._tell(decision.message)
            notices = decision.after if sent else decision.notices
            if sent or list(map(_timed, notices)) != list(map(_timed, known.values())):
                with ledger.transaction(counted=False):
                    ledger.notices.save(notices, sent_at=now if sent else None)
        if self._is_ping_due(now):
            self._pinged_at = now
            ill = [one for one in plights if one.cause in _ILL]
            report = "\n".join([summarise(view), *(one.says for one in ill)])
            self._ping(FAIL if ill else WELL, report)

    def _tell(self, message: Message) -> bool:
        """Deliver, unless the last try failed a moment ago; return whether it was delivered."""
        if self.monotonic() < self._not_before:
            return False
        try:
            self.send(
                self.terms.urls, title=message.title, text=message.text, is_good=message.is_good
            )
        except Failed as error:
            log.warning("message_not_sent", reason=error.reason, hint="syncd notify --test")
            if error.partly:  # somebody knows: the others are no reason to tell them each quarter
                return True
            self._failures += 1
            rest = delay(self._failures, base=_AFTER_FAILURE, jitter=0.0)
            self._not_before = self.monotonic() + rest.total_seconds()
            return False
        self._failures = 0
        log.info("message_sent", title=message.title)
        return True

    def _ping(self, what: str, report: str = "") -> None:
        """Tell the monitor elsewhere, if there is one; warn once where it cannot be told."""
        if self.terms.ping is None:
            return
        reason = ping(self.terms.ping, what, report)
        if reason and not self._complained:
            log.warning("ping_failed", reason=reason, hint="see notify.ping; syncd works on")
        elif self._complained and not reason:
            log.info("ping_works_again")
        self._complained = bool(reason)

    def _overdue(self, ledger: Ledger, now: datetime) -> int:
        if Cause.REFUND not in self.terms.causes:
            return 0
        if self._refunds is None or not timedelta(0) <= now - self._refunds[0] < _REFUNDS:
            self._refunds = now, self.overdue(ledger, now)
        return self._refunds[1]

    def _is_ping_due(self, now: datetime) -> bool:
        at = self._pinged_at
        if self.terms.ping is None:
            return False
        return at is None or not timedelta(0) <= now - at < self.terms.ping_every


def _timed(notice: Notice) -> tuple[str, datetime | None, datetime | None]:
    """Return what is worth a write: in which words a trouble was last seen is not."""
    return notice.plight.id, notice.told_at, notice.gone_at


_ILL = frozenset({Cause.KEY, Cause.STOPPED, Cause.SILENCE, Cause.STUCK})
