"""The parts of the config, as the file has them. Unknown keys are errors."""

from __future__ import annotations

from datetime import timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    model_validator,
)

from syncd.config.fields import (
    GOOGLE,
    KINDS,
    SELEQT,
    Credits,
    Duration,
    KindName,
    Zone,
    check_base_url,
    check_interval,
    check_listen,
    check_minutes,
    check_spreadsheet_id,
    check_titles,
    check_webhook,
    read_kind,
)
from syncd.core.hooks import TOKEN
from syncd.core.model import Kind, Purchasing
from syncd.core.notices import Cause
from syncd.credentials import (
    Secret,
)
from syncd.schedule import check_cron


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LedgerPart(_Part):
    path: Path


class GooglePart(_Part):
    credentials: Secret
    base_url: Annotated[str, check_base_url("googleapis.com")] = GOOGLE
    reads_per_minute: Annotated[int, Field(ge=0, le=300)] = 45
    writes_per_minute: Annotated[int, Field(ge=0, le=300)] = 45


class SeleqtPart(_Part):
    key: Secret
    base_url: Annotated[str, check_base_url("seleqt.ai")] = SELEQT
    requests_per_minute: Annotated[int, Field(ge=0)] = 40
    mode: Literal["async", "sync"] = "async"
    webhook_url: Annotated[str, AfterValidator(check_webhook)] | None = None

    @property
    def hook_host(self) -> str:
        """The name under which Seleqt reaches our own hooks; "" where there are none."""
        url = self.webhook_url or ""
        return (urlsplit(url).hostname or "") if TOKEN in url else ""


class CapsPart(_Part):
    time_zone: Zone
    per_day: Credits
    per_month: Credits
    floor: Credits = 0
    per_kind_and_day: dict[
        Annotated[str, AfterValidator(lambda v: read_kind(v) and v)], Credits
    ] = {}

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.time_zone)

    @property
    def kinds(self) -> dict[Kind, int]:
        return {KINDS[name]: credits for name, credits in self.per_kind_and_day.items()}


class BuyingPart(_Part):
    kinds: frozenset[KindName] = frozenset(Kind)
    ask_first: frozenset[KindName] = frozenset({Kind.PHONE})
    purchasing: Purchasing = Purchasing.DEDICATED
    batch_size: Annotated[int, Field(ge=1, le=50)] = 25
    first_batch: Annotated[int, Field(ge=1, le=50)] = 5
    batches_in_flight: Annotated[int, Field(ge=1, le=20)] = 4
    cool_off: Duration = timedelta(days=90)
    big_paste: Annotated[int, Field(ge=0)] = 200
    brake_after: Annotated[int, Field(ge=0, le=1000)] = 30
    brake_below: Annotated[int, Field(ge=0, le=1000)] = 3
    settle: Duration = timedelta(seconds=5)
    settle_after: Duration = timedelta(seconds=30)
    expire_after: Duration = timedelta(hours=6)
    doubt_for: Duration = timedelta(minutes=15)
    refund_within: Duration = timedelta(days=7)


class BackupPart(_Part):
    folder: Path | None = None
    keep: Annotated[int, Field(ge=1, le=10_000)] = 14


class SpreadsheetPart(_Part):
    id: Annotated[str, AfterValidator(check_spreadsheet_id)]
    name: Annotated[str, Field(min_length=1)]
    every: Annotated[Duration, AfterValidator(check_interval)] | None = None
    cron: Annotated[str, AfterValidator(check_cron)] | None = None
    time_zone: Zone = "UTC"
    leads: Annotated[list[str], AfterValidator(check_titles)] = ["Leads"]
    requests: list[str] = ["Requests"]
    panel: str = "Syncd"
    per_worksheet_and_day: Credits | None = None
    aliases: dict[str, list[str]] = {}

    @model_validator(mode="after")
    def _is_sound(self) -> SpreadsheetPart:
        if self.every is not None and self.cron is not None:
            raise ValueError("give either every or cron, not both")
        if self.panel in (*self.leads, *self.requests):
            raise ValueError("the panel needs a worksheet of its own")
        return self

    @property
    def interval(self) -> timedelta:
        return self.every or timedelta(seconds=30)


class DaemonPart(_Part):
    stop_within: Duration = timedelta(seconds=60)
    heartbeat: Annotated[Duration, AfterValidator(check_minutes)] = timedelta(minutes=1)
    log: Literal["auto", "human", "logfmt", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"


class WebPart(_Part):
    listen: Annotated[str, AfterValidator(check_listen)] = ""

    @property
    def address(self) -> tuple[str, int] | Path | None:
        """Host and port, the path of a Unix socket, or None where the web is off."""
        if not self.listen:
            return None
        if self.listen.startswith("unix:"):
            return Path(self.listen.removeprefix("unix:"))
        host, _, port = self.listen.rpartition(":")
        return ("127.0.0.1" if host == "localhost" else host.strip("[]")), int(port)


class NotifyPart(_Part):
    urls: list[Secret] = []
    causes: frozenset[Cause] = frozenset(Cause)
    ping: Secret | None = None
    ping_every: Annotated[Duration, AfterValidator(check_minutes)] = timedelta(minutes=5)


class Config(_Part):
    """The whole file."""

    ledger: LedgerPart
    google: GooglePart
    seleqt: SeleqtPart
    caps: CapsPart
    buying: BuyingPart = BuyingPart()
    daemon: DaemonPart = DaemonPart()
    backup: BackupPart = BackupPart()
    web: WebPart = WebPart()
    notify: NotifyPart = NotifyPart()
    spreadsheet: Annotated[list[SpreadsheetPart], Field(min_length=1)]

    @property
    def backups(self) -> Path:
        """The folder of backups; beside the ledger where none is named."""
        return self.backup.folder or self.ledger.path.parent / "backups"

    @model_validator(mode="after")
    def _hooks_are_heard(self) -> Config:
        if self.seleqt.hook_host and not self.web.listen:
            raise ValueError(
                f"seleqt.webhook_url holds {TOKEN}, so that syncd itself is called: name an "
                "address in web.listen"
            )
        return self


class SheetsConfig(BaseModel):
    """What is needed to reach the spreadsheets, whatever else the file says or lacks."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    google: GooglePart
    spreadsheet: list[SpreadsheetPart] = []
