"""Figures for Prometheus. Labels name vendors, kinds, states and spreadsheets: nothing of a person.

What the ledger knows is read when somebody asks; what only this process sees is counted where it
happens: each request in the two transports, each knock at the hooks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from syncd import __version__
from syncd.core.credits import EntryKind
from syncd.core.model import BatchState, Kind
from syncd.core.overview import AccountView, Overview, SheetView
from syncd.core.status import Stand
from syncd.traffic import UNANSWERED, Trip
from syncd.web.facts import Facts
from syncd.web.health import find_reasons

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 90.0)
KINDS = {Kind.EMAIL: "email", Kind.EMAIL_WATERFALL: "email_waterfall", Kind.PHONE: "phone"}
_UNSURE = (BatchState.SUBMITTING, BatchState.IN_DOUBT, BatchState.PARKED)


class Meters:
    """What this process has counted since its start; safe to feed from any thread."""

    def __init__(self) -> None:
        # Else each series would have a second one for its birth.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._requests = Histogram(
            "syncd_request_seconds",
            "Time until a vendor answered a request, or did not.",
            ["vendor", "call"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._failures = Counter(
            "syncd_request_failures",
            "Requests without a good answer: 429 is a quota, unanswered no answer at all.",
            ["vendor", "reason"],
            registry=self.registry,
        )
        self._hooks = Counter(
            "syncd_hooks",
            "Calls of the webhook door: taken ones hastened a look.",
            ["result"],
            registry=self.registry,
        )
        self._reloaded = Gauge(
            "syncd_reload_success",
            "0 where the last reload was refused, so that an older config is in force.",
            registry=self.registry,
        )
        self._reloaded.set(1)
        for vendor, calls in (("google", ("read", "write")), ("seleqt", ("read", "write", "buy"))):
            for call in calls:
                self._requests.labels(vendor, call)
            for reason in ("429", "4xx", "5xx", "unanswered"):
                self._failures.labels(vendor, reason)
        for result in ("taken", "unknown", "refused"):
            self._hooks.labels(result)

    def watch(self, trip: Trip) -> None:
        """Count a request of a transport's."""
        self._requests.labels(trip.vendor, trip.call).observe(trip.seconds)
        if reason := _reason(trip.status):
            self._failures.labels(trip.vendor, reason).inc()

    def note_reload(self, *, well: bool) -> None:
        """Note what came of a reload."""
        self._reloaded.set(well)

    def count_hook(self, result: str) -> None:
        self._hooks.labels(result).inc()


def _reason(status: int) -> str:
    if status == UNANSWERED:
        return "unanswered"
    if status == 429:
        return "429"
    return "" if status < 400 else f"{status // 100}xx"


class FromLedger:
    """Reads the ledger for each scrape; a prometheus-client collector."""

    def __init__(self, facts: Facts, *, stuck: Callable[[], Iterable[str]]) -> None:
        self._facts = facts
        self._stuck = stuck

    def collect(self) -> Iterator[Metric]:
        view = self._facts.overview()
        yield _gauge(
            "build_info",
            "The version that runs.",
            [((__version__, _python()), 1)],
            labels=("version", "python"),
        )
        reasons = find_reasons(view, stuck=self._stuck())
        yield _gauge("ready", "1 where syncd may buy and reads its sheets, as /readyz says.",
                     [((), not any(reason.stops for reason in reasons))])  # fmt: skip
        yield _gauge("troubles", "Things that a human should look at.",
                     [((), sum(reason.urgent for reason in reasons))])  # fmt: skip
        yield from self._credits(view.account)
        yield from _money(view.account)
        yield from self._estimates()
        yield from _sheets(view)
        backup = view.ledger.backed_up_at
        yield _gauge("backup_timestamp_seconds", "When the ledger was last backed up; 0: never.",
                     [((), backup.timestamp() if backup else 0)])  # fmt: skip
        yield _gauge("ledger_bytes", "The ledger's file and the log beside it.",
                     [((), view.ledger.size)])  # fmt: skip

    def _credits(self, account: AccountView) -> Iterator[Metric]:
        totals = self._facts.totals()
        for kind, what in (
            (EntryKind.RESERVE, "reserved"),
            (EntryKind.SETTLE, "settled"),
            (EntryKind.RELEASE, "released"),
        ):
            family = CounterMetricFamily(
                f"syncd_credits_{what}", f"Credits {what}, ever.", labels=["kind"]
            )
            for of, name in KINDS.items():
                family.add_metric([name], totals.get((of, kind), 0))
            yield family
        held = account.batches(*_UNSURE)
        yield _gauge(
            "credits_unsure",
            "Credits of purchases that may have happened.",
            [
                ((name,), sum(one.credits for one in held if one.kind is kind))
                for kind, name in KINDS.items()
            ],
            labels=("kind",),
        )

    def _estimates(self) -> Iterator[Metric]:
        refunded, gap = self._facts.refunded(), self._facts.gap()
        yield _gauge("refunded_credits", "Refunds that the balance shows, of the last 90 days.",
                     [((), refunded.seen)])  # fmt: skip
        yield _gauge("refunds_overdue_credits", "Credits for misses that did not come back.",
                     [((), refunded.overdue)])  # fmt: skip
        yield _gauge(
            "balance_gap_credits",
            "What came to and left the balance today (UTC) beside syncd's purchases.",
            [(("came",), gap.came if gap else 0), (("left",), gap.left if gap else 0)],
            labels=("direction",),
        )


def _money(account: AccountView) -> Iterator[Metric]:
    caps, left = {"day": account.caps.day, "month": account.caps.month}, {}
    for period, spent in (("day", account.spent_day), ("month", account.spent_month)):
        left[period] = max(0, caps[period] - spent)
    for name, help_, credits in (
        ("cap_credits", "The cap of the config.", caps),
        ("cap_left_credits", "What is left of it.", left),
    ):
        values = [((period,), each) for period, each in credits.items()]
        yield _gauge(name, help_, values, labels=("period",))
    if account.balance is not None and account.balance_at is not None:
        yield _gauge("balance_credits", "Seleqt's balance as last told.", [((), account.balance)])
        yield _gauge("balance_timestamp_seconds", "When that was told.",
                     [((), account.balance_at.timestamp())])  # fmt: skip
    yield _gauge("balance_floor_credits", "The floor of the config.", [((), account.caps.floor)])
    yield _gauge("buying_stopped", "1 where the ledger says that nothing may be bought.",
                 [((), bool(account.halted))])  # fmt: skip
    yield _gauge("armed", "0 in plan mode.", [((), account.armed_at is not None)])
    yield _gauge(
        "batches",
        "Open purchases.",
        [((state.value,), len(account.batches(state))) for state in _OPEN],
        labels=("state",),
    )


_OPEN = (
    BatchState.PLANNED,
    BatchState.LIST_READY,
    BatchState.SUBMITTING,
    BatchState.ACCEPTED,
    BatchState.IN_DOUBT,
    BatchState.PARKED,
)


def _sheets(view: Overview) -> Iterator[Metric]:
    sheets = view.sheets
    yield _gauge(
        "rows",
        "Rows by how they stand, as of the last look; most stand otherwise.",
        [((sheet.name, stand.value), sheet.rows(stand)) for sheet in sheets for stand in Stand],
        labels=("spreadsheet", "state"),
    )
    for name, help_, figure in (
        ("last_look_timestamp_seconds", "When the spreadsheet could last be read.", _looked_at),
        ("patience_seconds", "How long after that it is late.", _patience),
        ("sheet_problems", "What is wrong with the spreadsheet.", _problems),
        ("asks", "Big pastes and paused kinds that wait for somebody's word.", _asks),
        ("outbox_cells", "Cells whose text has not been seen there yet.", _pending),
        ("outbox_age_seconds", "How long the oldest of them waits.", _age_at(view.at)),
    ):
        values = [((sheet.name,), figure(sheet)) for sheet in sheets]
        yield _gauge(name, help_, values, labels=("spreadsheet",))


def _looked_at(sheet: SheetView) -> float:
    looked_at = sheet.condition.looked_at if sheet.condition else None
    return looked_at.timestamp() if looked_at else 0.0


def _patience(sheet: SheetView) -> float:
    return 60.0 * sheet.condition.patience if sheet.condition else 0.0


def _problems(sheet: SheetView) -> float:
    return len(sheet.problems)


def _asks(sheet: SheetView) -> float:
    return len(sheet.asks)


def _pending(sheet: SheetView) -> float:
    return sheet.pending


def _age_at(now: datetime) -> Callable[[SheetView], float]:
    def age(sheet: SheetView) -> float:
        since = sheet.pending_since
        return max(0.0, (now - since).total_seconds()) if since else 0.0

    return age


def _gauge(
    name: str,
    help_: str,
    values: Iterable[tuple[tuple[str, ...], float]],
    labels: tuple[str, ...] = (),
) -> Metric:
    family = GaugeMetricFamily(f"syncd_{name}", help_, labels=labels)
    for label, value in values:
        family.add_metric(label, float(value))
    return family


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


def render(registry: CollectorRegistry) -> bytes:
    """Return all of it, as Prometheus reads it."""
    return generate_latest(registry)
