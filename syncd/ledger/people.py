"""What is known about people: their jobs, and what the vendor showed for nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime

from sqlite_utils import Database

from syncd.core.matching import Known
from syncd.core.memory import NOBODY, Fact, Person
from syncd.core.memory import People as Memory
from syncd.core.model import BatchState, JobState, Kind, Prospect, Reading
from syncd.ledger.times import to_text

_KINDS = {kind.value: kind for kind in Kind}
_STATES = {state.value: state for state in JobState}
_BATCH_STATES = {state.value: state for state in BatchState}
_AT_ONCE = 2000  # people per question: the answer for 50,000 takes 15 MB while it is read
_SPARE = 1000  # people recalled before, and not asked about now, before they are dropped


class People:
    """Prospects, and the memory of what was bought for them."""

    def __init__(self, db: Database, others: Callable[[], int]) -> None:
        self._db = db
        self._others = others  # counts what other connections changed
        self._recalled: dict[int, Person] = {}
        self._as_of: tuple[str, int] | None = None  # account, and that count

    def recall(self, account: str, prospects: Collection[int]) -> Memory:
        """Return the same as :meth:`known`, reading only what may have changed since the last call.

        A person about whom nothing changed is the same object as before, and one about whom
        nothing is known is ``NOBODY``. For looking at many people often: who is about to spend
        asks :meth:`known`.
        """
        others = self._others()  # our own changes call forget()
        if self._as_of != (account, others):
            self._recalled, self._as_of = {}, (account, others)
        recalled = self._recalled
        missing = [prospect for prospect in prospects if prospect not in recalled]
        for first in range(0, len(missing), _AT_ONCE):
            some = missing[first : first + _AT_ONCE]
            found = self.known(account, some)
            recalled.update((prospect, found.get(prospect, NOBODY)) for prospect in some)
        if len(recalled) > len(prospects) + _SPARE:
            self._recalled = {prospect: recalled[prospect] for prospect in prospects}
        return self._recalled

    def forget(self, prospects: Iterable[int] | None = None) -> None:
        """Read those people anew when they are next recalled; all of them where none are named."""
        if prospects is None:
            self._recalled = {}
            return
        for prospect in prospects:
            self._recalled.pop(prospect, None)

    def bought_for(self, account: str, value: str) -> list[int]:
        """Return the people for whom that value was found, whoever asked."""
        # Without DISTINCT: for that SQLite would rather go through all of the account's people.
        rows = self._db.execute(
            "SELECT prospect FROM jobs WHERE account = ? AND value = ? AND value <> ''",
            [account, value],
        )
        return list({prospect for (prospect,) in rows})

    def known(self, account: str, prospects: Iterable[int]) -> dict[int, Person]:
        """Return what is known about those people; the others are left out.

        Cost grows with the people asked about, never with the history.
        """
        ids = json.dumps(sorted(set(prospects)))
        # A settled job needs nothing of its batch, and nearly all jobs are settled.
        # CROSS JOIN: SQLite keeps this order, and would else compare every id with every person.
        rows = self._db.execute(
            "SELECT j.prospect, j.kind, j.state, j.value, j.asked_by, j.credits, "
            "COALESCE(j.decided_at, (SELECT COALESCE(b.submitted_at, b.created_at) "
            "FROM batches b WHERE b.id = j.batch)), "
            "CASE j.state WHEN 'waiting' THEN (SELECT b.state FROM batches b WHERE b.id = j.batch) "
            "ELSE 'settled' END, j.worksheet, CASE j.state WHEN 'waiting' THEN j.batch END "
            "FROM json_each(?) i CROSS JOIN jobs j ON j.account = ? AND j.prospect = i.value "
            "WHERE j.state <> 'cancelled' "
            "OR (SELECT b.state FROM batches b WHERE b.id = j.batch) IN ('accepted', 'settled') "
            "ORDER BY j.prospect, j.id DESC",
            [ids, account],
        ).fetchall()
        progress = self._progress({row[9] for row in rows if row[7] == BatchState.ACCEPTED})
        facts: dict[int, tuple[Fact, ...]] = {}
        for (
            prospect,
            kind,
            state,
            value,
            asked_by,
            credits,
            at,
            batch_state,
            worksheet,
            batch,
        ) in rows:
            fact = Fact(
                _KINDS[kind],
                _STATES[state],
                value,
                sys.intern(asked_by),  # a key, which Worksheets holds as well
                credits,
                sys.intern(at),  # one for a whole batch
                _BATCH_STATES[batch_state],
                worksheet,
                *progress.get(batch, ()),
            )
            facts[prospect] = (*facts[prospect], fact) if prospect in facts else (fact,)
        people = {prospect: Person(found) for prospect, found in facts.items()}
        held = self._db.execute(
            "SELECT p.id, p.email, p.phone FROM json_each(?) i "
            "CROSS JOIN prospects p ON p.account = ? AND p.id = i.value "
            "WHERE p.email <> '' OR p.phone <> ''",
            [ids, account],
        )
        for prospect, email, phone in held:
            people[prospect] = Person(facts.get(prospect, ()), email, phone)
        return people

    def _progress(self, batches: Collection[str]) -> dict[str, tuple[int, int]]:
        """Return how many of each batch's jobs are decided, and how many there are."""
        if not batches:
            return {}
        rows = self._db.execute(
            "SELECT j.batch, SUM(j.state <> 'waiting'), COUNT(*) FROM json_each(?) i "
            "CROSS JOIN jobs j ON j.batch = i.value GROUP BY j.batch",
            [json.dumps(sorted(batches))],
        )
        return {batch: (decided, size) for batch, decided, size in rows}

    def see(self, account: str, prospects: Sequence[Prospect], now: datetime) -> None:
        """Remember people as the vendor's list showed them, with values that parsed."""

        def held(prospect: Prospect) -> tuple[str, str]:
            email, phone = (
                seen.value if seen.reading is Reading.FOUND else ""
                for seen in (prospect.email, prospect.phone)
            )
            return email, phone

        at = to_text(now)
        self.forget(prospect.id for prospect in prospects)
        self._db.conn.executemany(
            "INSERT OR REPLACE INTO prospects (account, id, first_name, last_name, company, "
            "job_title, linkedin_url, email, phone, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    account,
                    p.id,
                    p.first_name,
                    p.last_name,
                    p.company,
                    p.job_title,
                    p.linkedin_url,
                    *held(p),
                    at,
                )
                for p in prospects
            ],
        )

    def stamp(self, account: str) -> tuple[int, str]:
        """Return how many people were seen, and when the last of them: it differs once more are."""
        count, last = self._db.execute(
            "SELECT COUNT(*), COALESCE(MAX(seen_at), '') FROM prospects WHERE account = ?",
            [account],
        ).fetchone()
        return count, last

    def all(self, account: str) -> list[Known]:
        """Return everybody who was seen on a list."""
        rows = self._db.execute(
            "SELECT id, first_name, last_name, company, linkedin_url FROM prospects "
            "WHERE account = ?",
            [account],
        )
        return [Known(*row) for row in rows]

    def matches(self, worksheet: int) -> dict[str, tuple[str, int]]:
        """Return whom rows without an id were matched to: fingerprint and prospect, by key."""
        rows = self._db.execute(
            "SELECT key, fingerprint, prospect FROM matches WHERE worksheet = ?", [worksheet]
        )
        return {key: (fingerprint, prospect) for key, fingerprint, prospect in rows}

    def remember_matches(self, worksheet: int, matches: Mapping[str, tuple[str, int]]) -> None:
        """Let those rows mean the same people from now on, while they say the same."""
        self._db.conn.executemany(
            "INSERT OR REPLACE INTO matches (worksheet, key, fingerprint, prospect) "
            "VALUES (?, ?, ?, ?)",
            [(worksheet, key, *match) for key, match in matches.items()],
        )

    def names(self, account: str, prospects: Iterable[int]) -> dict[int, tuple[str, ...]]:
        """Return first name, last name, company, job title and LinkedIn URL of those people."""
        rows = self._db.execute(
            "SELECT p.id, p.first_name, p.last_name, p.company, p.job_title, p.linkedin_url "
            "FROM json_each(?) i CROSS JOIN prospects p ON p.account = ? AND p.id = i.value",
            [json.dumps(list(prospects)), account],
        )
        return {row[0]: tuple(row[1:]) for row in rows}
