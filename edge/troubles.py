"""What is wrong at a gateway now, kept durably: the log says it once, heartbeat and receipt tell it while it lasts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge.clock import clock_doubt, utc_now
from edge.database import Database

# Made beside the queue's own tables, which a gateway in the field may have had before.
_SCHEMA: Final = ("CREATE TABLE IF NOT EXISTS trouble (part TEXT PRIMARY KEY, text TEXT NOT NULL, since TEXT) STRICT",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, and since when; null where the gateway's clock could not be believed then."""

    part: str
    text: str
    since: datetime | None


class Troubles:
    """The book of what is wrong now, in the queue's own file, so that another process can read it.

    With ``begin`` what stood is forgotten: a gateway that starts finds out anew what is wrong.
    """

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now, *, begin: bool = False) -> None:
        self._database = database
        self._now = now
        with database.transaction(durable=False) as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
            if begin:
                connection.execute("DELETE FROM trouble")

    def open(self, part: str, text: str) -> None:
        """Write down that a part is in trouble; one that already was keeps its beginning and gets the new text."""
        now = self._now()
        since = None if clock_doubt(now) is not None else now.isoformat(timespec="seconds")
        with self._database.transaction(durable=False) as connection:
            connection.execute(
                "INSERT INTO trouble VALUES (?, ?, ?) ON CONFLICT (part) DO UPDATE SET text = excluded.text",
                (part, text, since),
            )

    def over(self, part: str) -> None:
        """Write down that a part's trouble is over; nothing happens where there was none."""
        with self._database.transaction(durable=False) as connection:
            connection.execute("DELETE FROM trouble WHERE part = ?", (part,))

    def standing(self) -> tuple[Trouble, ...]:
        """What is wrong now, in the order in which it began."""
        rows = self._database.rows("SELECT part, text, since FROM trouble ORDER BY rowid")
        return tuple(
            Trouble(part=part, text=text, since=None if since is None else datetime.fromisoformat(since))
            for part, text, since in rows
        )
