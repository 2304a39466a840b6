"""The care calendar as it is kept, in the queue's own file, and the installer's walk through the set-up beside it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from edge.care import CHORES, Chore, Looked
from edge.commissioning.steps import STEPS, Step
from edge.database import Database

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS care (chore TEXT PRIMARY KEY, done_on TEXT NOT NULL, reminded_on TEXT) STRICT",
    """CREATE TABLE IF NOT EXISTS walk (
    place INTEGER PRIMARY KEY CHECK (place = 1), step TEXT NOT NULL, heard TEXT NOT NULL, at INTEGER NOT NULL,
    owed INTEGER NOT NULL) STRICT""",
    "CREATE TABLE IF NOT EXISTS ticked (heard TEXT PRIMARY KEY, chores TEXT NOT NULL) STRICT",
)
_COMMISSIONED: Final = "commissioned_on"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """Where the installer stands: the step, the text that led there, when it came, and whether an answer is owed."""

    step: Step
    heard: str
    at: datetime
    owed: bool


class CareBook:
    """What was done when, and where the installer's walk stands."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.transaction(durable=False) as connection:
            for statement in _SCHEMA:
                connection.execute(statement)

    def begin(self, today: date) -> None:
        """Count from today what has never been looked after: a new gateway is clean."""
        if len(self.looked()) == len(CHORES):
            return
        with self.database.transaction() as connection:
            rows = [(chore, today.isoformat()) for chore in CHORES]
            connection.executemany("INSERT OR IGNORE INTO care VALUES (?, ?, NULL)", rows)

    def looked(self) -> dict[Chore, Looked]:
        """When each chore was done and told of last."""
        rows = self.database.rows("SELECT chore, done_on, reminded_on FROM care")
        return {
            chore: Looked(
                done_on=date.fromisoformat(done), reminded_on=None if told is None else date.fromisoformat(told)
            )
            for chore, done, told in rows
            if chore in CHORES
        }

    def tick(self, chores: Iterable[Chore], today: date) -> None:
        """Write down that chores were done today."""
        with self.database.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO care VALUES (?, ?, NULL)", [(chore, today.isoformat()) for chore in chores]
            )

    def reminded(self, chores: Iterable[Chore], today: date) -> None:
        """Write down that the installer is told of chores today."""
        with self.database.transaction() as connection:
            connection.executemany(
                "UPDATE care SET reminded_on = ? WHERE chore = ?", [(today.isoformat(), chore) for chore in chores]
            )

    def finish(self, today: date) -> None:
        """Write down that the gateway was set up today: everything at it was looked at."""
        with self.database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (_COMMISSIONED, today.isoformat()))
            self.tick(CHORES, today)

    def commissioned_on(self) -> date | None:
        """Day on which the gateway was set up to the end; None before."""
        rows = self.database.rows("SELECT value FROM remembered WHERE name = ?", _COMMISSIONED)
        return _day(rows[0][0]) if rows else None

    def walk(self) -> Walk | None:
        """Where the installer stands; None when nobody walks."""
        rows = self.database.rows("SELECT step, heard, at, owed FROM walk")
        if not rows or rows[0][0] not in STEPS:
            return None
        step, heard, at, owed = rows[0]
        return Walk(step=step, heard=heard, at=datetime.fromtimestamp(at, UTC), owed=bool(owed))

    def set_walk(self, walk: Walk | None) -> None:
        """Write down where the installer stands."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM walk")
            if walk is not None:
                row = (walk.step, walk.heard, int(walk.at.timestamp()), int(walk.owed))
                connection.execute("INSERT INTO walk VALUES (1, ?, ?, ?, ?)", row)

    def owe_tick(self, heard: str, digits: str) -> None:
        """Keep a reply that ticks chores off until it is answered."""
        with self.database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO ticked VALUES (?, ?)", (heard, digits))

    def owed_ticks(self) -> list[tuple[str, str]]:
        """Replies that are not answered yet: the text's name and its digits."""
        return [(heard, digits) for heard, digits in self.database.rows("SELECT heard, chores FROM ticked")]

    def answered_tick(self, heard: str) -> None:
        """Let go of a reply that was answered."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM ticked WHERE heard = ?", (heard,))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
