"""Readings one by one checked against the batches that brought them: only a batch stands in the ledger."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, Row, select

from cloud.adapters.store.sensor_tables import SENSED, SENSOR_READINGS
from cloud.sensing.sensed import timely
from edge.reading import Reading, ReadingBatch


def sensed_problems(connection: Connection) -> Iterator[str]:
    """Each dated reading that is not what its batch says, and each that is gone, one line each."""
    batches = select(SENSED).order_by(SENSED.c.position)
    for batch in connection.execution_options(yield_per=200).execute(batches):
        yield from _of_batch(connection, batch)


def _of_batch(connection: Connection, batch: Row[Any]) -> Iterator[str]:
    told = _dated(batch)
    if told is None:
        return  # its own digest names it already
    table = SENSOR_READINGS
    here = (table.c.organisation == batch.organisation, table.c.gateway == batch.gateway)
    moments = sorted({at for _, at in told})
    rows = list(connection.execute(select(table).where(*here, table.c.at.in_(moments)))) if moments else []
    held = {(row.sensor_id, row.at) for row in rows}
    for sensor_id, at in sorted(set(told) - held):
        yield f"reading of {batch.gateway}/{sensor_id} at {at.isoformat()}: is gone: it was removed"
    mine = select(table).where(table.c.batch == batch.position).order_by(table.c.sensor_id, table.c.at)
    for row in connection.execute(mine):
        reading = told.get((row.sensor_id, row.at))
        same = reading is not None and (row.body, row.quantity, row.parcel_id) == (
            reading.model_dump_json(exclude_none=True),
            reading.quantity,
            reading.parcel_id,
        )
        if not same:
            yield (
                f"reading of {row.gateway}/{row.sensor_id} at {row.at.isoformat()}: is not what its batch says: it was"
                " changed"
            )


def _dated(batch: Row[Any]) -> dict[tuple[str, Any], Reading] | None:
    """Dated readings of a batch by sensor and moment; None where it cannot be read."""
    try:
        readings = ReadingBatch.model_validate_json(batch.body).readings
    except ValidationError:
        return None
    arrived = [timely(one, batch.received_at) for one in readings]
    return {(one.sensor_id, one.at): one for one in arrived if one.at is not None}
