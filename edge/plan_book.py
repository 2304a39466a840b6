"""What a gateway keeps of its plans: the newest bundle, what it advised itself, and what farmers said of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from edge.advice import Given
from edge.database import Database
from edge.gateway_advice import GatewayAdvice
from edge.plan import Answer, Plan

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS plan_bundle (name TEXT PRIMARY KEY, number INTEGER NOT NULL, payload BLOB) STRICT",
    """CREATE TABLE IF NOT EXISTS plan_advice (
    parcel_id TEXT NOT NULL, day TEXT NOT NULL, kind TEXT NOT NULL, depth_mm REAL NOT NULL, told INTEGER NOT NULL,
    at INTEGER NOT NULL, record TEXT NOT NULL, PRIMARY KEY (parcel_id, day)) STRICT""",
    """CREATE TABLE IF NOT EXISTS plan_answer (
    parcel_id TEXT NOT NULL, day TEXT NOT NULL, share REAL NOT NULL, PRIMARY KEY (parcel_id, day)) STRICT""",
    """CREATE TABLE IF NOT EXISTS plan_shower (
    parcel_id TEXT NOT NULL, day TEXT NOT NULL, PRIMARY KEY (parcel_id, day)) STRICT""",
    "CREATE TABLE IF NOT EXISTS plan_silence (farmer_id TEXT PRIMARY KEY) STRICT",
)
_NEWEST: Final = "newest"
_HEARD: Final = "cloud_heard_at"
ANSWERED_WITHIN: Final = timedelta(days=4)
"""So long after its first start an irrigation may be answered."""
SHARES: Final[Mapping[Answer, float]] = {"done": 1.0, "half": 0.5, "not_done": 0.0, "no_water": 0.0}
"""How much of a told dose came, by what the farmer says of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advised:
    """What was advised for a day."""

    day: date
    kind: str
    depth_mm: float
    told: bool
    at: datetime
    record: GatewayAdvice
    """As it is told to the cloud: what was decided once is not decided again for the next person."""


class PlanBook:
    """The gateway's memory of planned advice, in the queue's own file."""

    def __init__(self, database: Database) -> None:
        self._database = database
        with database.transaction() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)

    def bundle(self) -> tuple[int, bytes] | None:
        """Number and bytes of the newest bundle as it came, still to be verified; None before the first."""
        rows = self._database.rows("SELECT number, payload FROM plan_bundle WHERE name = ?", _NEWEST)
        return (int(rows[0][0]), bytes(rows[0][1])) if rows else None

    def keep(self, number: int, payload: bytes) -> None:
        """Keep a bundle in the place of the one before."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO plan_bundle VALUES (?, ?, ?)", (_NEWEST, number, payload))

    def heard_at(self) -> datetime | None:
        """When the cloud last said anything."""
        rows = self._database.rows("SELECT value FROM remembered WHERE name = ?", _HEARD)
        return datetime.fromisoformat(rows[0][0]) if rows else None

    def note_heard(self, now: datetime) -> None:
        """Write down that the cloud said something."""
        with self._database.transaction(durable=False) as connection:
            text = now.astimezone(UTC).isoformat(timespec="seconds")
            connection.execute("INSERT OR REPLACE INTO remembered VALUES (?, ?)", (_HEARD, text))

    def advised(self, parcel_id: str, day: date) -> Advised | None:
        """What was advised for a day; None before."""
        return next((one for one in self.advised_since(parcel_id, day) if one.day == day), None)

    def advised_since(self, parcel_id: str, day: date) -> tuple[Advised, ...]:
        """What was advised from a day on, oldest first."""
        rows = self._database.rows(
            "SELECT day, kind, depth_mm, told, at, record FROM plan_advice WHERE parcel_id = ? AND day >= ?"
            " ORDER BY day",
            parcel_id,
            day.isoformat(),
        )
        return tuple(
            Advised(
                day=date.fromisoformat(day),
                kind=kind,
                depth_mm=depth,
                told=bool(told),
                at=datetime.fromtimestamp(at, UTC),
                record=GatewayAdvice.model_validate_json(record),
            )
            for day, kind, depth, told, at, record in rows
        )

    def note_advice(self, record: GatewayAdvice, *, told: bool) -> None:
        """Write down what is advised, once for each parcel and day."""
        key = record.parcel_id, record.day.isoformat(), record.kind
        row = (*key, record.depth_mm or 0.0, int(told), int(record.at.timestamp()), record.model_dump_json())
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO plan_advice VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def answer(self, parcel_id: str, day: date, share: float) -> None:
        """Write down how much of a day's told dose came; the last word counts."""
        with self._database.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO plan_answer VALUES (?, ?, ?)", (parcel_id, day.isoformat(), share)
            )

    def shower(self, parcel_id: str, day: date) -> None:
        """Write down that it rained on a parcel."""
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO plan_shower VALUES (?, ?)", (parcel_id, day.isoformat()))

    def showers(self, parcel_id: str) -> frozenset[date]:
        """Days on which somebody told of rain on a parcel."""
        rows = self._database.rows("SELECT day FROM plan_shower WHERE parcel_id = ?", parcel_id)
        return frozenset(date.fromisoformat(day) for (day,) in rows)

    def set_silence(self, farmer_id: str, *, silent: bool) -> None:
        """Keep a person's wish to be told nothing, or to be told again."""
        with self._database.transaction() as connection:
            if silent:
                connection.execute("INSERT OR IGNORE INTO plan_silence VALUES (?)", (farmer_id,))
            else:
                connection.execute("DELETE FROM plan_silence WHERE farmer_id = ?", (farmer_id,))

    def wants_silence(self, farmer_id: str) -> bool:
        """Whether a person asked to be told nothing."""
        return bool(self._database.rows("SELECT 1 FROM plan_silence WHERE farmer_id = ?", farmer_id))

    def given(self, plan: Plan, today: date, metered: Mapping[date, float]) -> tuple[Given, ...]:
        """Water of the plan's days as far as it is counted: metered, else as farmers said, else as can be expected.

        What the cloud knew and what was told here may be the same water: of one day the larger counts.
        """
        answers = self._answers(plan.parcel_id)
        found: dict[date, float] = {}
        for one in plan.given:
            said = answers.get(one.day)
            counted = one.depth_mm if one.told_mm is None or said is None else said * one.told_mm
            found[one.day] = found.get(one.day, 0.0) + counted
        for advised in self.advised_since(plan.parcel_id, plan.days[0].day):
            if advised.depth_mm > 0.0 and advised.told:
                share = answers.get(advised.day, plan.presumed if advised.day < today else 0.0)
                found[advised.day] = max(found.get(advised.day, 0.0), share * advised.depth_mm)
        found.update(metered)
        return tuple(Given(day=day, depth_mm=depth) for day, depth in sorted(found.items()))

    def last_told(self, parcels: Sequence[Plan], at: datetime) -> tuple[tuple[Plan, date], ...]:
        """The last irrigation that was told of each parcel and may have been given by a moment, the latest first."""
        found = []
        for plan in parcels:
            starts = {one.day: one.starts_from for one in plan.days if one.starts_from is not None}
            days = [one.day for one in plan.given if one.told_mm is not None]
            advised = self.advised_since(plan.parcel_id, plan.days[0].day)
            days += [one.day for one in advised if one.told and one.depth_mm > 0.0]
            begun = [day for day in days if day in starts and timedelta() <= at - starts[day] <= ANSWERED_WITHIN]
            if begun:
                found.append((plan, max(begun)))
        return tuple(sorted(found, key=lambda pair: pair[1], reverse=True))

    def _answers(self, parcel_id: str) -> dict[date, float]:
        rows = self._database.rows("SELECT day, share FROM plan_answer WHERE parcel_id = ?", parcel_id)
        return {date.fromisoformat(day): share for day, share in rows}
