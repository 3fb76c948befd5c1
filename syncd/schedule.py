"""When a spreadsheet's cycles begin: an interval, or the times of a cron expression.

An expression means what crontab means by it. APScheduler reads two things otherwise: it counts
weekdays from Monday, and it wants day and weekday to hold both at once where crontab wants either.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAY = r"\d|" + "|".join(_DAYS)
_WEEKDAYS = re.compile(
    rf"(?:\*|(?P<first>{_DAY})(?:-(?P<last>{_DAY}))?)(?:/(?P<step>[1-9]))?", re.ASCII
)


def every(interval: timedelta) -> Any:
    """Return a trigger for each ``interval``, in whole seconds."""
    return IntervalTrigger(seconds=int(interval.total_seconds()), timezone=UTC)


def at_times(cron: str, zone: tzinfo) -> Any:
    """Return a trigger for a cron expression of five fields, in ``zone``.

    Raises ValueError where it is none, or names a time that never comes.
    """
    fields = cron.split()
    if len(fields) != 5:
        raise ValueError('needs five fields, such as "0 7 * * mon-fri"')
    minute, hour, day, month, weekday = fields
    days = {"day": day, "day_of_week": _name_days(weekday)}
    either = not day.startswith("*") and not weekday.startswith("*")
    triggers = [
        CronTrigger(minute=minute, hour=hour, month=month, timezone=zone, **some)
        for some in ([{name: text} for name, text in days.items()] if either else [days])
    ]
    trigger = OrTrigger(triggers)
    if trigger.get_next_fire_time(None, datetime.now(zone)) is None:
        raise ValueError("names a time that never comes")
    return trigger


def next_time(cron: str, zone: tzinfo, now: datetime) -> datetime:
    """Return when a cron expression that was checked comes next after ``now``."""
    found = at_times(cron, zone).get_next_fire_time(None, now.astimezone(zone))
    return datetime.fromisoformat(found.isoformat())


def check_cron(text: str) -> str:
    """Return the expression as it is; raises ValueError with what is wrong with it."""
    at_times(text, UTC)
    return text


def _name_days(field: str) -> str:
    """Spell a weekday field out by names: crontab's 0 and 7 are Sunday, APScheduler's 0 is not."""
    if field == "*":
        return field
    days: set[int] = set()
    for part in field.lower().split(","):
        found = _WEEKDAYS.fullmatch(part)
        first = last = _number(found["first"]) if found and found["first"] else 0
        if found and found["last"]:
            last = _number(found["last"]) or 7  # a week that ends with Sunday
        elif found and (found["step"] or not found["first"]):
            last = 6
        if found is None or not first <= last <= 7:
            raise ValueError(f'"{part}" names no weekdays; write them as in "mon-fri" or "1-5"')
        days |= {number % 7 for number in range(first, last + 1, int(found["step"] or 1))}
    return ",".join(_DAYS[number] for number in sorted(days))


def _number(day: str) -> int:
    return _DAYS.index(day) if day in _DAYS else int(day)
