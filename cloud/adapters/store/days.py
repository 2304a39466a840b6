"""The day: soil water and verdicts of every parcel, each version kept, the latest one counting."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, Table, func, or_, select

from cloud.adapters.store.database import Database, Writer
from cloud.adapters.store.tables import PARCEL_STATE, SPREADS, VERDICTS, WATER
from cloud.adapters.store.versions import Key, save_versions
from cloud.errors import InputError
from cloud.records import Verdict
from cloud.water_day import Spread, WaterDay


class Days(Database):
    """What each day said."""

    def save_day(self, day: date, water: Iterable[WaterDay], verdicts: Sequence[Verdict]) -> None:
        """Keep a day; said again, only what changed becomes a new version."""
        for verdict in verdicts:
            if verdict.recommendation.day != day:
                raise InputError(
                    f"verdict of parcel {verdict.recommendation.parcel_id}: expected day {day},"
                    f" got {verdict.recommendation.day}; save it under its own day"
                )
        keys = ("parcel_id", "day")
        with self.writing() as writer:
            added = save_versions(writer, "water", keys, _rows(water))
            _point(writer, "water", added)
            keep_verdicts(writer, verdicts)

    def save_spreads(self, spreads: Iterable[Spread]) -> None:
        """Keep why days are uncertain, as it was told that night; the same again changes nothing."""
        with self.writing() as writer:
            save_versions(writer, "spread", ("parcel_id", "day"), _rows(spreads))

    def spread_of(self, parcel_id: str, day: date) -> Spread | None:
        """Why the soil water of one parcel was uncertain on one day; None where it was not kept."""
        statement = _newest_version(SPREADS).where(SPREADS.c.parcel_id == parcel_id, SPREADS.c.day == day)
        with self.reading() as connection:
            body = connection.execute(statement).scalar_one_or_none()
            return None if body is None else Spread.model_validate_json(body)

    def verdicts(self, day: date | None) -> tuple[Verdict, ...]:
        """Latest verdict of each parcel on one day; with None, on each parcel's own latest day."""
        statement = (
            _latest(VERDICTS, "verdict") if day is None else _newest_version(VERDICTS).where(VERDICTS.c.day == day)
        )
        with self.reading() as connection:
            bodies = connection.execute(statement.order_by(VERDICTS.c.parcel_id)).scalars()
            return tuple(Verdict.model_validate_json(body) for body in bodies)

    def withheld(self, since: date) -> tuple[Verdict, ...]:
        """Verdicts that keep something back on a day or later, each the latest of its parcel and day."""
        # Of a district's verdicts few are: the others are not even read.
        kept_back = or_(
            *(VERDICTS.c.body.contains(f'"decision":"{word}"', autoescape=True) for word in ("hold", "block"))
        )
        statement = _newest_version(VERDICTS).where(VERDICTS.c.day >= since, kept_back)
        with self.reading() as connection:
            bodies = connection.execute(statement.order_by(VERDICTS.c.day, VERDICTS.c.parcel_id)).scalars()
            return tuple(Verdict.model_validate_json(body) for body in bodies)

    def verdict_of(self, parcel_id: str) -> Verdict | None:
        """Latest verdict of one parcel."""
        statement = _latest(VERDICTS, "verdict").where(PARCEL_STATE.c.parcel_id == parcel_id)
        with self.reading() as connection:
            body = connection.execute(statement).scalar_one_or_none()
            return None if body is None else Verdict.model_validate_json(body)

    def verdict_on(self, parcel_id: str, day: date) -> Verdict | None:
        """Latest verdict of one parcel on one day."""
        statement = _newest_version(VERDICTS).where(VERDICTS.c.parcel_id == parcel_id, VERDICTS.c.day == day)
        with self.reading() as connection:
            body = connection.execute(statement).scalar_one_or_none()
            return None if body is None else Verdict.model_validate_json(body)

    def verdict_days(self, parcel_id: str) -> tuple[date, ...]:
        """Days on which a parcel has a verdict, in order."""
        statement = select(VERDICTS.c.day).where(VERDICTS.c.parcel_id == parcel_id).distinct().order_by(VERDICTS.c.day)
        with self.reading() as connection:
            return tuple(connection.execute(statement).scalars())

    def water_series(self, parcel_id: str, since: date | None = None) -> tuple[WaterDay, ...]:
        """Soil water of one parcel, day by day."""
        statement = _newest_version(WATER).where(WATER.c.parcel_id == parcel_id)
        if since is not None:
            statement = statement.where(WATER.c.day >= since)
        with self.reading() as connection:
            bodies = connection.execute(statement.order_by(WATER.c.day)).scalars()
            return tuple(WaterDay.model_validate_json(body) for body in bodies)

    def latest_water(self) -> tuple[WaterDay, ...]:
        """Soil water of each parcel on its latest day."""
        with self.reading() as connection:
            bodies = connection.execute(_latest(WATER, "water").order_by(WATER.c.parcel_id)).scalars()
            return tuple(WaterDay.model_validate_json(body) for body in bodies)


def keep_verdicts(writer: Writer, verdicts: Iterable[Verdict]) -> None:
    """Keep verdicts under their own days; one said again changes nothing."""
    _point(writer, "verdict", save_versions(writer, "verdict", ("parcel_id", "day"), _verdict_rows(verdicts)))


def _rows(records: Iterable[WaterDay | Spread]) -> Iterator[dict[str, Any]]:
    for row in records:
        yield {"parcel_id": row.parcel_id, "day": row.day, "digest": row.digest(), "body": row.model_dump_json()}


def _verdict_rows(verdicts: Iterable[Verdict]) -> Iterator[dict[str, Any]]:
    for verdict in verdicts:
        yield {
            "parcel_id": verdict.recommendation.parcel_id,
            "day": verdict.recommendation.day,
            "digest": verdict.digest(),
            "body": verdict.model_dump_json(),
        }


def _point(writer: Writer, kind: str, added: dict[Key, int]) -> None:
    latest: dict[str, dict[str, Any]] = {}
    for (parcel_id, day), position in added.items():
        if parcel_id not in latest or latest[parcel_id][f"{kind}_day"] <= day:
            latest[parcel_id] = {"parcel_id": parcel_id, kind: position, f"{kind}_day": day}
    writer.put(PARCEL_STATE, list(latest.values()), newer_by=f"{kind}_day")


def _latest(table: Table, kind: str) -> Select[str]:
    return select(table.c.body).join_from(PARCEL_STATE, table, PARCEL_STATE.c[kind] == table.c.position)


def _newest_version(table: Table) -> Select[str]:
    other = table.alias()
    newest = (
        select(func.max(other.c.version))
        .where(other.c.parcel_id == table.c.parcel_id, other.c.day == table.c.day)
        .scalar_subquery()
    )
    return select(table.c.body).where(table.c.version == newest)
