"""Readings of invented instruments as the cloud holds them, shared by its tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from cloud.ingest import Arrival
from cloud.records import Parcel
from cloud.sensing.sensed import Sensed, SensorName
from edge.contract import MessageId
from edge.reading import Reading, ReadingBatch

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
METER = SensorName("demo", "gw-01", "meter")


def parcel(**changed: Any) -> Parcel:  # noqa: ANN401 -- any field
    usual = {"id": "p1", "crop": "tomato", "latitude": 32.3, "longitude": -6.4, "area_ha": 2.0, "timezone": "UTC"}
    return Parcel.model_validate({**usual, **changed})


def probe_reading(value: float, at: datetime | None, **changed: Any) -> Reading:  # noqa: ANN401 -- any field
    usual = {
        "sensor_id": "soil-a/20",
        "instrument": "soil-a",
        "parcel_id": "p1",
        "quantity": "soil_water_fraction",
        "value": value,
        "sigma": 0.02,
        "depth_from_m": 0.1,
        "depth_to_m": 0.3,
        "at": at,
    }
    return Reading.model_validate({**usual, **changed})


def counter_reading(value: float, at: datetime | None, **changed: Any) -> Reading:  # noqa: ANN401 -- any field
    usual = {"sensor_id": "meter", "parcel_id": "p1", "quantity": "water_m3", "value": value, "sigma": 0.02, "at": at}
    return Reading.model_validate({**usual, **changed})


def sensed(reading: Reading, gateway: str = "gw-01") -> Sensed:
    assert reading.at is not None
    return Sensed(name=SensorName("demo", gateway, reading.sensor_id), reading=reading, at=reading.at)


def counts(values: Sequence[float], *, begins: datetime = MIDNIGHT, minutes: int = 30, **changed: Any) -> list[Sensed]:  # noqa: ANN401 -- any field
    """A counter read at even intervals."""
    return [
        sensed(counter_reading(value, begins + timedelta(minutes=minutes * place), **changed))
        for place, value in enumerate(values)
    ]


def batch(readings: Sequence[Reading], received_at: datetime, *, sequence: int = 1, gateway: str = "gw-01") -> Arrival:
    return Arrival(
        organisation="demo",
        gateway=gateway,
        kind="reading",
        message=MessageId(gateway=gateway, boot="b1", sequence=sequence),
        content=ReadingBatch(readings=tuple(readings)),
        received_at=received_at,
    )
