"""What the operator was told, so that a restart does not repeat it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

from syncd.core.notices import Cause, Notice, Plight
from syncd.ledger.times import to_text, to_text_or_none, to_time

_CAUSES = {cause.value for cause in Cause}


class Notices:
    """The troubles that are remembered, and when the latest message was delivered."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> dict[str, Notice]:
        rows = self._db.execute("SELECT id, cause, says, since, told_at, gone_at FROM notices")
        return {
            id_: Notice(
                plight=Plight(id_, Cause(cause), says),
                since=datetime.fromisoformat(since),
                told_at=to_time(told_at),
                gone_at=to_time(gone_at),
            )
            for id_, cause, says, since, told_at, gone_at in rows.fetchall()
            if cause in _CAUSES  # a newer syncd may know more
        }

    def last(self) -> datetime | None:
        """Return when the latest message was delivered."""
        return to_time(self._db.execute("SELECT at FROM messages").fetchone()[0])

    def save(self, notices: Iterable[Notice], *, sent_at: datetime | None = None) -> None:
        """Remember these and no others; the caller holds a transaction."""
        self._db.execute("DELETE FROM notices")
        self._db.conn.executemany(
            "INSERT INTO notices (id, cause, says, since, told_at, gone_at) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            [
                (
                    one.plight.id,
                    one.plight.cause,
                    one.plight.says,
                    to_text(one.since),
                    to_text_or_none(one.told_at),
                    to_text_or_none(one.gone_at),
                )
                for one in notices
            ],
        )
        if sent_at is not None:
            self._db.execute("UPDATE messages SET at = ?", [to_text(sent_at)])
