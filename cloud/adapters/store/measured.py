"""What was measured of parcels: every reading once, in its latest version."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import and_, func, select

from cloud.adapters.store.database import Database
from cloud.adapters.store.tables import OBSERVATIONS
from cloud.adapters.store.versions import save_versions
from cloud.records import Observation


class Measured(Database):
    """Readings of probes and meters, and what people saw."""

    def save_observations(self, observations: Sequence[Observation]) -> int:
        """Keep readings, and say how many were new or corrected.

        A reading is one source's number of one kind, moment and layer: told again it changes nothing, another number
        for it becomes a new version.
        """
        rows = []
        for one in observations:
            kept = one.model_copy(update={"observed_at": one.observed_at.astimezone(UTC)})
            rows.append(
                {
                    "parcel_id": kept.parcel_id,
                    "observed_at": kept.observed_at,
                    "reading": _reading(kept),
                    "digest": kept.digest(),
                    "body": kept.model_dump_json(),
                }
            )
        with self.writing() as writer:
            return len(save_versions(writer, "observation", ("reading",), rows))

    def observations(self, since: datetime, until: datetime) -> tuple[Observation, ...]:
        """Readings from one moment on and before another, oldest first: of each the latest version, if readable."""
        table = OBSERVATIONS
        within = and_(table.c.observed_at >= since, table.c.observed_at < until)
        newest = (
            select(table.c.reading, func.max(table.c.version).label("version"))
            .where(within)
            .group_by(table.c.reading)
            .subquery()
        )
        same = and_(table.c.reading == newest.c.reading, table.c.version == newest.c.version)
        # By what was read, not by when it was told: a correction stands where the reading stood.
        columns = (table.c.position, table.c.observed_at, table.c.parcel_id, table.c.body)
        statement = select(*columns).join_from(newest, table, same).order_by(table.c.observed_at, table.c.reading)
        with self.reading() as connection:
            rows = (
                (f"observation {row.position} of {row.parcel_id} on {row.observed_at:%F}", row.body)
                for row in connection.execute(statement)
            )
            return self._unusable.read(Observation, rows)


def _reading(one: Observation) -> str:
    """Name of a reading, whatever its number [64 hex digits]."""
    layer = (one.depth_from_m, one.depth_to_m)
    name = json.dumps([one.parcel_id, one.kind, one.source, one.observed_at.isoformat(), *layer])
    return hashlib.sha256(name.encode()).hexdigest()
