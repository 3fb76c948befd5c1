"""Per-minute quotas, reads and writes apart, per user and per project, as Google words them."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Literal

from .errors import ApiError
from .settings import SheetsSettings

_PROJECT = "100000000000"
Kind = Literal["read", "write"]


class Quotas:
    """Counts requests in clock minutes (documented: refilled every minute); no Retry-After (H2)."""

    def __init__(self, settings: SheetsSettings) -> None:
        self.settings = settings
        self._minute: datetime | None = None
        self._used: Counter[tuple[Kind, str]] = Counter()

    def take(self, kind: Kind, user: str, now: datetime) -> None:
        """Count one request, or refuse it with Google's 429."""
        minute = now.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._used.clear()
        per_user, per_project = self._limits(kind)
        if per_user and self._used[kind, user] >= per_user:
            raise exceeded(kind, per_user, minute, per_user=True)
        if per_project and self._used[kind, ""] >= per_project:
            raise exceeded(kind, per_project, minute, per_user=False)
        self._used[kind, user] += 1
        self._used[kind, ""] += 1

    def _limits(self, kind: Kind) -> tuple[int, int]:
        one = self.settings
        if kind == "read":
            return one.reads_per_minute_user, one.reads_per_minute_project
        return one.writes_per_minute_user, one.writes_per_minute_project


def exceeded(kind: Kind, limit: int, window: datetime, *, per_user: bool) -> ApiError:
    """Return the 429 of a quota (third party: recorded body, H3)."""
    noun = kind.capitalize()
    metric = f"{noun} requests"
    name = f"{noun} requests per minute" + (" per user" if per_user else "")
    camel = f"{noun}RequestsPerMinutePer" + ("User" if per_user else "Project")
    unit = "1/min/{project}/{user}" if per_user else "1/min/{project}"
    return ApiError(
        429,
        f"Quota exceeded for quota metric '{metric}' and limit '{name}' of service "
        f"'sheets.googleapis.com' for consumer 'project_number:{_PROJECT}'.",
        details=[
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "RATE_LIMIT_EXCEEDED",
                "domain": "googleapis.com",
                "metadata": {
                    "window_start_time": window.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "quota_metric": f"sheets.googleapis.com/{kind}_requests",
                    "quota_location": "global",
                    "service": "sheets.googleapis.com",
                    "quota_unit": unit,
                    "quota_limit": camel,
                    "consumer": f"projects/{_PROJECT}",
                    "quota_limit_value": str(limit),
                },
            },
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [
                    {
                        "description": "Request a higher quota limit.",
                        "url": "https://cloud.google.com/docs/quotas/help/request_increase",
                    }
                ],
            },
        ],
    )
