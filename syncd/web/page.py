"""The status page: one page, drawn here, without a script and without anything from elsewhere.

It tells of sheets, purchases, credits and troubles, and of no person. Whatever a sheet or a config
calls itself is text on it, never markup.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup

from syncd import __version__
from syncd.core.model import BatchState
from syncd.core.overview import summarise
from syncd.core.status import Stand
from syncd.web import picture
from syncd.web.facts import DAYS, Facts
from syncd.web.health import find_reasons

REFRESH = 30  # seconds
_STYLE = resources.files(__package__).joinpath("page.css").read_text()
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_STATES = {
    BatchState.PLANNED: "being made",
    BatchState.LIST_READY: "about to be sent",
    BatchState.SUBMITTING: "being sent",
    BatchState.ACCEPTED: "searching",
    BatchState.IN_DOUBT: "in doubt",
    BatchState.PARKED: "parked",
}
_MOST_PURCHASES = 50


def render(facts: Facts, *, stuck: Iterable[str]) -> str:
    """Return the page as HTML."""
    view = facts.overview()
    account = view.account
    reasons = find_reasons(view, stuck=stuck)
    html: str = _template().render(
        view=view,
        account=account,
        summary=summarise(view),
        reasons=reasons,
        ready=not any(reason.stops for reason in reasons),
        periods=[
            ("Today", account.spent_day, account.caps.day),
            ("This month", account.spent_month, account.caps.month),
        ],
        picture=picture.draw(
            facts.days(), cap=account.caps.day, today=date.fromisoformat(account.day), days=DAYS
        ),
        size=(picture.WIDTH, picture.HEIGHT),
        stands=list(Stand),
        purchases=list(account.purchases)[:_MOST_PURCHASES],
        more=max(0, len(account.purchases) - _MOST_PURCHASES),
        names={sheet.id: sheet.name for sheet in view.sheets},
        version=__version__,
        refresh=REFRESH,
        style=Markup(_STYLE),  # noqa: S704  (our own file; the policy holds its hash)
    )
    return html


@cache
def _template() -> Any:
    text = resources.files(__package__).joinpath("page.html").read_text()
    environment = Environment(
        loader=DictLoader({"page.html": text}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"ago": _ago, "state": _STATES.__getitem__}
    environment.filters["count"] = "{:,}".format
    return environment.get_template("page.html")


def _ago(at: datetime | None, now: datetime) -> str:
    """Say how long ago something was, as people say it."""
    if at is None:
        return "never"
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}s ago"
    return f"{seconds} s ago"
