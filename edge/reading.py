"""What instruments in the field say: the noun Reading of the field's contract, and its bytes on the wire.

Readings travel in batches; what a series of them shares (instrument, parcel, quantity, layer, error) is said once, so
that a reading alone is at most 200 bytes with everything around it, and one of a batch a tenth of that.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from edge.contract import SCHEMA_VERSION, FieldRecord, Identifier, MessageId, Utc
from edge.errors import ContractError
from edge.wire import message_id

Quantity = Literal[
    "soil_water_fraction",
    "soil_temperature_c",
    "soil_tension_kpa",
    "soil_salinity_ds_m",
    "water_m3",
    "flow_m3_h",
    "pressure_kpa",
    "rain_mm",
    "air_temperature_c",
    "relative_humidity_percent",
    "wind_speed_m_s",
    "radiation_w_m2",
    "battery_v",
    "battery_fraction",
]
"""What is measured, in the unit of its name; ``water_m3`` and ``rain_mm`` are counters that only grow."""
CODES: Final[Mapping[Quantity, str]] = {
    "soil_water_fraction": "sw",
    "soil_temperature_c": "st",
    "soil_tension_kpa": "sk",
    "soil_salinity_ds_m": "ss",
    "water_m3": "wm",
    "flow_m3_h": "fm",
    "pressure_kpa": "pk",
    "rain_mm": "rm",
    "air_temperature_c": "at",
    "relative_humidity_percent": "rh",
    "wind_speed_m_s": "ws",
    "radiation_w_m2": "ra",
    "battery_v": "bv",
    "battery_fraction": "bf",
}
"""Code of each quantity on the wire."""
COUNTERS: Final[frozenset[Quantity]] = frozenset({"water_m3", "rain_mm"})

Quality = Literal["good", "implausible", "stuck", "jump", "reset"]
QUALITIES: Final[tuple[Quality, ...]] = ("good", "implausible", "stuck", "jump", "reset")
"""Append only: a quality's place is its code on the wire. ``reset``: a counter that begins anew; what it counts from
here on is good, what passed since the reading before is not known."""

READING_MAX_BYTES: Final = 200
"""A reading alone, with its envelope."""
BATCH_MAX_BYTES: Final = 2000
BATCH_MAX_READINGS: Final = 120
_SERIES_ROOM: Final = 110
_LARGEST: Final = 1e9


def _rounded(value: float) -> float:
    return round(value, 4)


SensorId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,31}$")]
Depth = Annotated[float, Field(ge=0.0, le=10.0, allow_inf_nan=False), AfterValidator(_rounded)]
Number = Annotated[float, Field(ge=-_LARGEST, le=_LARGEST, allow_inf_nan=False), AfterValidator(_rounded)]


class Reading(FieldRecord):
    """One number of one instrument, with how far it can be believed."""

    sensor_id: SensorId
    parcel_id: Identifier | None = None
    """Null for an instrument of the gateway itself, such as its battery."""
    quantity: Quantity
    value: Number
    sigma: Annotated[float, Field(ge=0.0001, le=_LARGEST, allow_inf_nan=False), AfterValidator(_rounded)] | None = None
    """Stated error: one standard deviation in the quantity's unit; of a counter, a share of what it counts."""
    depth_from_m: Depth | None = None
    depth_to_m: Depth | None = None
    instrument: SensorId | None = None
    """Name shared by the layers of one probe; null: the sensor is one of its own."""
    at: Utc | None = None
    """Null where the clock could not be believed: shown, never assimilated."""
    uptime_s: Annotated[int, Field(ge=0, le=10**9)] | None = None
    """Where ``at`` is null: seconds since the machine was started, by a clock that nobody sets."""
    quality: Quality = "good"

    @model_validator(mode="after")
    def _a_layer_has_thickness(self) -> Self:
        if self.depth_to_m is not None and self.depth_to_m <= (self.depth_from_m or 0.0):
            raise ValueError(f"depth_to_m {self.depth_to_m:g} must lie below depth_from_m {self.depth_from_m or 0:g}")
        return self


class ReadingBatch(FieldRecord):
    """Readings that travelled together."""

    readings: Annotated[tuple[Reading, ...], Field(min_length=1, max_length=BATCH_MAX_READINGS)]


def series_of(reading: Reading) -> tuple[Any, ...]:
    """What a reading shares with its neighbours, as it stands on the wire."""
    rest = {
        "e": reading.sigma,
        "f": reading.depth_from_m,
        "t": reading.depth_to_m,
        "n": reading.instrument,
    }
    known = {key: value for key, value in rest.items() if value is not None}
    head = (reading.sensor_id, reading.parcel_id, CODES[reading.quantity])
    return (*head, known) if known else head


def fits(reading: Reading) -> str | None:
    """Why an instrument's readings would be too long for the wire; None when they are not."""
    length = len(_compact(list(series_of(reading))))
    if length <= _SERIES_ROOM:
        return None
    return (
        f"sensor {reading.sensor_id}: expected at most {_SERIES_ROOM} bytes of names, got {length};"
        " shorten id, instrument or parcel_id"
    )


def encode_readings(readings: Sequence[Reading], boot: str, sequence: int) -> bytes:
    """Bytes of a batch; times are told from its first one on, in seconds."""
    series: dict[str, int] = {}
    base = min((one.at for one in readings if one.at is not None), default=None)
    rows = []
    for one in readings:
        place = series.setdefault(_compact(list(series_of(one))).decode(), len(series))
        rows.append(_row(one, place, base))
    content = {
        "v": SCHEMA_VERSION,
        "b": boot,
        "s": sequence,
        **({} if base is None else {"t": int(base.timestamp())}),
        "i": [json.loads(one) for one in series],
        "r": rows,
    }
    payload = _compact(content)
    if len(readings) == 1 and len(payload) > READING_MAX_BYTES:
        raise ContractError(
            f"reading of sensor {readings[0].sensor_id}: at most {READING_MAX_BYTES} bytes on the wire,"
            f" got {len(payload)}; shorten id, instrument or parcel_id"
        )
    return payload


def decode_readings(gateway: str, payload: bytes) -> tuple[MessageId, ReadingBatch]:
    """Message id and batch; ContractError when the payload cannot be read."""
    try:
        content = json.loads(payload)
        if not isinstance(content, dict) or content.get("v") != SCHEMA_VERSION:
            raise ContractError(f"reading: expected a JSON object of version {SCHEMA_VERSION}, got another")
        series = [_series(one) for one in content["i"]]
        base = None if "t" not in content else datetime.fromtimestamp(int(content["t"]), UTC)
        readings = tuple(_reading(row, series, base) for row in content["r"])
        return message_id(gateway, content), ReadingBatch(readings=readings)
    except (KeyError, IndexError, TypeError, ValueError, OverflowError, RecursionError, ValidationError) as error:
        raise ContractError(_refusal(error)) from error


def _row(one: Reading, place: int, base: datetime | None) -> list[Any]:
    since = None if one.at is None or base is None else int((one.at - base).total_seconds())
    row: list[Any] = [place, since, _short(one.value)]
    quality = QUALITIES.index(one.quality)
    if one.at is None and one.uptime_s is not None:
        return [*row, quality, one.uptime_s]
    return [*row, quality] if quality else row


def _short(value: float) -> float | int:
    """Four digits behind the point, and none where there are none."""
    rounded = round(value, 4)
    return int(rounded) if rounded.is_integer() else rounded


def _series(one: Any) -> dict[str, Any]:  # noqa: ANN401 -- as it came; what it must be is checked here
    names = {code: quantity for quantity, code in CODES.items()}
    sensor_id, parcel_id, code, *rest = one
    more = rest[0] if rest else {}
    if not isinstance(more, dict):
        raise TypeError(f"i: expected an object of what a series shares, got {type(more).__name__}")
    return {
        "sensor_id": sensor_id,
        "parcel_id": parcel_id,
        "quantity": names[code],
        "sigma": more.get("e"),
        "depth_from_m": more.get("f"),
        "depth_to_m": more.get("t"),
        "instrument": more.get("n"),
    }


def _reading(row: Any, series: Sequence[Mapping[str, Any]], base: datetime | None) -> Reading:  # noqa: ANN401 -- as it came
    place, since, value, *rest = row
    quality = int(rest[0]) if rest else 0
    if not 0 <= int(place) < len(series) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"r: expected a place of a series and a number, got {row!r}")
    if since is not None and base is None:
        raise ValueError("t: expected the moment from which times are told, got none")
    at = None if since is None or base is None else base + timedelta(seconds=int(since))
    return Reading(
        **series[int(place)],
        value=float(value),
        at=at,
        uptime_s=int(rest[1]) if len(rest) > 1 else None,
        # A quality of a later version is not this version's "good".
        quality=QUALITIES[quality] if 0 <= quality < len(QUALITIES) else "implausible",
    )


def _compact(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()


def _refusal(error: Exception) -> str:
    if isinstance(error, ContractError):
        return str(error)
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"reading: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}, got {first['input']!r}"
    return f"reading: {type(error).__name__}: {error}"
