"""The statement: what became of the credits, and how that compares with the vendor's balance.

Counted from what was recorded for each person. It guesses nothing: what the ledger cannot know is
said to be so. That is

- who spent, topped up or got back credits beside us: only the balance tells, and not who it was;
- what searches were spared by remembering misses: nobody records what was not asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlite_utils import Database

GROUPS = ("worksheet", "person", "name", "kind", "month")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line: numbers of people and credits.

    ``missed`` is what was paid for and came to nothing (nothing found, never finished, or no
    address), ``searching`` what is paid for and not there yet; ``unsure`` are credits of purchases
    in doubt, ``reserved`` those of purchases not sent yet. ``shown`` people had a value with the
    vendor already, at no charge. ``reused`` rows were filled with what another row had paid for,
    which would have cost ``saved`` credits. ``refunded`` credits seem to have come back.
    """

    name: str
    bought: int = 0
    found: int = 0
    missed: int = 0
    searching: int = 0
    credits: int = 0
    refunded: int = 0
    unsure: int = 0
    reserved: int = 0
    shown: int = 0
    reused: int = 0
    saved: int = 0

    def plus(self, other: Line) -> Line:
        """Return the sums of both, under this name."""
        sums = {
            one.name: getattr(self, one.name) + getattr(other, one.name)
            for one in fields(self)
            if one.name != "name"
        }
        return Line(name=self.name, **sums)


@dataclass(frozen=True, kw_only=True, slots=True)
class Balance:
    """The vendor's balance at the first and the last look at it, and what lies between.

    ``settled`` is what we know to have paid between them. ``came`` and ``left`` are what the
    balance rose and fell by beside that, summed from look to look: refunds and top-ups, and what
    others spent. A purchase in doubt falls under ``left`` until its doubt ends.
    """

    first_at: str
    first: int
    last_at: str
    last: int
    settled: int
    came: int
    left: int


_GROUP = {
    "worksheet": "CASE (SELECT COUNT(*) FROM worksheets x WHERE x.title = w.title) WHEN 1 THEN "
    "w.title ELSE COALESCE(w.title || ' (' || w.spreadsheet || ')', {of}.worksheet) END",
    "kind": "CASE j.kind WHEN 'FIND_EMAIL' THEN 'email' WHEN 'FIND_EMAIL_WATERFALL' "
    "THEN 'email (waterfall)' ELSE 'phone' END",
    "month": "substr({day}, 1, 7)",
    "person": "CAST(j.prospect AS TEXT)",
    "name": "TRIM(j.prospect || ' ' || COALESCE(p.first_name || ' ' || p.last_name, ''))",
}
_PERSON = "LEFT JOIN prospects p ON p.account = j.account AND p.id = j.prospect"


class Statement:
    """Sums over one vendor account. Days are those whose caps carry a purchase, ends inclusive."""

    def __init__(self, db: Database, account: str) -> None:
        self._db = db
        self._account = account

    def lines(
        self,
        by: str,
        first: date | None = None,
        last: date | None = None,
        refunded: Sequence[tuple[str, int, int]] = (),
    ) -> list[Line]:
        """Return one line for each worksheet, person, kind or month, in order of their names.

        A ``person`` is a number; by ``name`` it is told along with it. ``refunded`` are credits
        that seem to have come back, by batch and person.
        """
        days = [(first or date.min).isoformat(), (last or date.max).isoformat()]
        found: dict[str, Line] = {}
        for line in (
            *self._bought(by, days),
            *self._reused(by, days),
            *self._refunded(by, days, refunded),
        ):
            earlier = found.get(line.name)
            found[line.name] = earlier.plus(line) if earlier else line
        return [found[name] for name in sorted(found, key=_natural)]

    def _bought(self, by: str, days: list[str]) -> Iterator[Line]:
        group = _GROUP[by].format(of="b", day="b.booked_day")
        rows = self._db.execute(
            f"""
            SELECT {group}, SUM(j.credits > 0), SUM(j.credits > 0 AND j.state = 'found'),
                SUM(j.credits > 0 AND j.state NOT IN ('found', 'waiting')),
                SUM(j.credits > 0 AND j.state = 'waiting'), SUM(j.credits),
                SUM(j.credits = 0 AND j.state = 'found'
                    AND COALESCE(j.before_reading, '') = 'found')
            FROM batches b JOIN jobs j ON j.batch = b.id
            LEFT JOIN worksheets w ON w.id = b.worksheet {_PERSON if by == "name" else ""}
            WHERE b.account = ? AND b.booked_day BETWEEN ? AND ? GROUP BY 1
            """,  # noqa: S608  (constants)
            [self._account, *days],
        )
        for name, bought, hits, missed, searching, credits, shown in rows.fetchall():
            yield Line(
                name=name,
                bought=bought,
                found=hits,
                missed=missed,
                searching=searching,
                credits=credits,
                shown=shown,
            )
        # What an open batch reserves is shared by those who wait in it.
        rows = self._db.execute(
            f"""
            SELECT {group}, SUM(CASE WHEN b.state IN ('submitting', 'in_doubt', 'parked')
                    THEN b.reserved / b.people ELSE 0 END),
                SUM(CASE WHEN b.state IN ('planned', 'list_ready')
                    THEN b.reserved / b.people ELSE 0 END)
            FROM (SELECT o.*, (SELECT COUNT(*) FROM jobs n
                    WHERE n.batch = o.id AND n.state = 'waiting') AS people
                FROM batches o WHERE o.account = ? AND o.reserved > 0
                    AND o.booked_day BETWEEN ? AND ?) b
            JOIN jobs j ON j.batch = b.id AND j.state = 'waiting'
            LEFT JOIN worksheets w ON w.id = b.worksheet {_PERSON if by == "name" else ""}
            GROUP BY 1
            """,  # noqa: S608  (constants)
            [self._account, *days],
        )
        for name, unsure, reserved in rows.fetchall():
            yield Line(name=name, unsure=unsure, reserved=reserved)

    def _reused(self, by: str, days: list[str]) -> Iterator[Line]:
        """Count rows that show what was paid for, and did not pay for it. Days are UTC here."""
        group = _GROUP[by].format(of="j", day="j.at")
        rows = self._db.execute(
            f"""
            WITH reused AS (
                SELECT o.worksheet, o.at, MIN(j.id) AS job
                FROM outbox o CROSS JOIN jobs j
                    ON j.account = ? AND j.value = o.value AND j.value <> ''
                WHERE o.column IN ('Email', 'Phone') AND j.state = 'found'
                    AND substr(o.at, 1, 10) BETWEEN ? AND ?
                GROUP BY o.worksheet, o.key, o.column
                HAVING MAX(j.credits) > 0 AND SUM(j.asked_by = o.key) = 0)
            SELECT {group}, COUNT(*), SUM(j.credits)
            FROM (SELECT r.worksheet, r.at, n.account, n.prospect, n.kind, n.credits
                FROM reused r JOIN jobs n ON n.id = r.job) j
            LEFT JOIN worksheets w ON w.id = j.worksheet {_PERSON if by == "name" else ""}
            GROUP BY 1
            """,  # noqa: S608  (constants)
            [self._account, *days],
        )
        for name, count, saved in rows.fetchall():
            yield Line(name=name, reused=count, saved=saved)

    def _refunded(
        self, by: str, days: list[str], refunded: Sequence[tuple[str, int, int]]
    ) -> Iterator[Line]:
        group = _GROUP[by].format(of="b", day="b.booked_day")
        rows = self._db.execute(
            f"""
            SELECT {group}, SUM(r.value ->> 2)
            FROM json_each(?) r JOIN jobs j
                ON j.batch = r.value ->> 0 AND j.prospect = r.value ->> 1
            JOIN batches b ON b.id = j.batch
            LEFT JOIN worksheets w ON w.id = b.worksheet {_PERSON if by == "name" else ""}
            WHERE b.account = ? AND b.booked_day BETWEEN ? AND ? GROUP BY 1
            """,  # noqa: S608  (constants)
            [json.dumps(refunded), self._account, *days],
        )
        for name, credits in rows.fetchall():
            yield Line(name=name, refunded=credits)

    def balance(self, first: date | None = None, last: date | None = None) -> Balance | None:
        """Return how the vendor's balance went, or None where it was never told in that time.

        It begins with the last balance told before the first day, where there is one. Days are UTC.
        """
        rows = self._db.execute(
            """
            WITH steps AS (
                SELECT id, at, balance, entry, LAG(entry) OVER o AS since,
                    LAG(balance) OVER o AS was
                FROM balances WHERE account = ?1 AND substr(at, 1, 10) <= ?3
                    AND id >= COALESCE((SELECT MAX(id) FROM balances
                        WHERE account = ?1 AND substr(at, 1, 10) < ?2), 0)
                WINDOW o AS (ORDER BY id))
            SELECT at, balance, CASE WHEN since IS NULL THEN 0 ELSE
                (SELECT COALESCE(SUM(e.credits), 0) FROM entries e WHERE e.account = ?1
                    AND e.kind = 'settle' AND e.id > since AND e.id <= entry) END,
                COALESCE(balance - was, 0)
            FROM steps ORDER BY id
            """,
            [
                self._account,
                (first or date.min).isoformat(),
                (last or date.max).isoformat(),
            ],
        ).fetchall()
        if not rows:
            return None
        drifts = [change + settled for _, _, settled, change in rows]
        return Balance(
            first_at=rows[0][0],
            first=rows[0][1],
            last_at=rows[-1][0],
            last=rows[-1][1],
            settled=sum(settled for _, _, settled, _ in rows),
            came=sum(one for one in drifts if one > 0),
            left=-sum(one for one in drifts if one < 0),
        )


def _natural(name: str) -> tuple[int, str]:
    """Order prospects by their number, and all else by its letters."""
    head = name.split(" ", 1)[0]
    return (int(head) if head.isdecimal() else 0, name)
