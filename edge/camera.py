"""What an installer states about a camera: its name, clock, bands and temperature scale (camera.toml)."""

import tomllib
from datetime import UTC, date, datetime, timezone, tzinfo
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from edge.contract import Identifier
from edge.errors import ConfigurationError
from edge.radiometry.counts import LinearCounts, PlanckCounts

BandName = Literal["blue", "green", "red", "red_edge", "nir", "temperature", "unused"]
TemperatureUnit = Literal["deg_c", "centi_deg_c", "milli_deg_c", "kelvin", "centi_kelvin"]

_SCALE: Final[dict[TemperatureUnit, tuple[float, float]]] = {
    "deg_c": (1.0, 0.0),
    "centi_deg_c": (0.01, 0.0),
    "milli_deg_c": (0.001, 0.0),
    "kelvin": (1.0, -273.15),
    "centi_kelvin": (0.01, -273.15),
}


class Correction(BaseModel):
    """What a check against references found: true [deg C] = slope x read + offset_c, and when it was made."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    offset_c: Annotated[float, Field(ge=-20.0, le=20.0)]
    slope: Annotated[float, Field(ge=0.5, le=2.0)] = 1.0
    checked_on: date


Coordinate = Annotated[float, Field(ge=-1e5, le=1e5)]
Point = tuple[Coordinate, Coordinate]
_CORNERS: Final = 4


class ParcelViewConfig(BaseModel):
    """How a fixed camera's picture lies over its parcel: four points, in the picture [px] and on the ground [m]."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    image_points: tuple[Point, ...] = ()
    parcel_points_m: tuple[Point, ...] = ()
    rows_from: Literal["left", "right", "top", "bottom"] | None = None

    @model_validator(mode="after")
    def _four_corners_each(self) -> Self:
        lengths = {len(self.image_points), len(self.parcel_points_m)}
        if lengths not in ({0}, {_CORNERS}):
            raise ValueError(
                "expected image_points and parcel_points_m, four points each in the same order, or neither"
            )
        if not _is_convex(self.image_points) or not _is_convex(self.parcel_points_m):
            raise ValueError("expected four corners in turn, no three of them in one line; give them clockwise")
        return self


class ReferencePointsConfig(BaseModel):
    """Where a wet and a dry reference hang in a thermal picture [px]: each frame reads them with its canopy."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    wet_point: Point
    dry_point: Point
    radius_px: Annotated[float, Field(gt=0, le=200)] = 3.0


def _is_convex(points: tuple[tuple[float, float], ...]) -> bool:
    sides = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(points, points[1:] + points[:1], strict=True)]
    turns = [a[0] * b[1] - a[1] * b[0] for a, b in zip(sides, sides[1:] + sides[:1], strict=True)]
    return all(turn > 0 for turn in turns) or all(turn < 0 for turn in turns)


class CameraConfig(BaseModel):
    """Facts about one camera that its files do not say; unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    camera_id: Annotated[Identifier | None, Field(title="Camera", description="Name of the camera.")] = None
    parcel_id: Annotated[Identifier | None, Field(title="Parcel", description="Parcel the camera looks at.")] = None
    timezone: Annotated[
        str | None,
        Field(title="Time zone", description='Zone of the clock in EXIF: "Africa/Casablanca" or "+01:00"; else UTC.'),
    ] = None
    bands: Annotated[
        tuple[BandName, ...],
        Field(max_length=16, title="Bands", description="Names of the file's bands, in their order in the file."),
    ] = ()
    temperature_unit: Annotated[
        TemperatureUnit | None,
        Field(title="Temperature unit", description="Unit of the temperature band; required for whole numbers."),
    ] = None
    nodata: Annotated[
        float | None, Field(title="No data", description="Value that marks missing pixels, beside NaN and GDAL's own.")
    ] = None
    radiometric_calibration: Annotated[
        bool,
        Field(
            title="Radiometric calibration",
            description="true when absolute temperatures were checked against a reference: only then CWSI is computed.",
        ),
    ] = False
    counts: Annotated[
        LinearCounts | PlanckCounts | None,
        Field(title="Counts", description="Raw counts: gain_c and offset_c, or r1, r2, b, f, o of the maker."),
    ] = None
    correction: Annotated[
        Correction | None,
        Field(title="Correction", description="offset_c, slope and checked_on of a check against references."),
    ] = None
    ffc_max_age_s: Annotated[
        float,
        Field(gt=0, le=86400, title="Shutter age", description="Seconds after a flat-field correction that are read."),
    ] = 300.0
    sensor_drift_max_c: Annotated[
        float,
        Field(gt=0, le=50, title="Sensor drift", description="Change of the sensor since its correction that is read."),
    ] = 3.0
    view: Annotated[
        Literal["mixed", "closed_canopy"],
        Field(title="View", description="closed_canopy: the frame shows canopy only, so no soil is looked for."),
    ] = "mixed"

    looks_down: Annotated[
        bool | None,
        Field(
            title="Looks straight down",
            description="true: canopy's share of the picture is ground cover and may enter the water balance.",
        ),
    ] = None

    unvalidated_crops: Annotated[
        tuple[str, ...],
        Field(
            max_length=16,
            title="Unvalidated crops",
            description="Crops without labelled photos whose wilting is shown all the same, its interval widened.",
        ),
    ] = ()

    parcel_view: Annotated[
        ParcelViewConfig | None,
        Field(
            title="Parcel view",
            description="image_points and parcel_points_m, four corners each; rows are numbered from rows_from.",
        ),
    ] = None

    references: Annotated[
        ReferencePointsConfig | None,
        Field(
            title="References",
            description="wet_point and dry_point [px] where a wet and a dry reference hang in view, radius_px.",
        ),
    ] = None

    @model_validator(mode="after")
    def _one_scale(self) -> Self:
        if self.counts is not None and self.temperature_unit is not None:
            raise ValueError("expected counts or temperature_unit, got both; keep the one that fits the files")
        return self

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, text: str | None) -> str | None:
        if text is not None:
            _zone(text)
        return text

    @model_validator(mode="after")
    def _bands_are_named_once(self) -> Self:
        named = [band for band in self.bands if band != "unused"]
        if len(named) != len(set(named)):
            raise ValueError('each band may be named once; name further ones "unused"')
        return self

    @property
    def zone(self) -> tzinfo | None:
        """Zone of the camera's clock, None when it was not stated."""
        return None if self.timezone is None else _zone(self.timezone)

    def drifts(self, ffc_age_s: float | None, sensor_change_c: float | None) -> bool:
        """Whether a frame was taken too long, or by too much of warming, after the last flat-field correction."""
        old = ffc_age_s is not None and not 0 <= ffc_age_s <= self.ffc_max_age_s  # below 0: a clock was set back
        return old or (sensor_change_c is not None and abs(sensor_change_c) > self.sensor_drift_max_c)

    @property
    def temperature_scale(self) -> tuple[float, float] | None:
        """Factor and summand that turn stored values into deg C; None when the unit was not stated."""
        return None if self.temperature_unit is None else _SCALE[self.temperature_unit]


def _zone(text: str) -> tzinfo:
    if text[:1] in {"+", "-"}:
        shift = datetime.strptime(text, "%z").utcoffset()
        return UTC if shift is None else timezone(shift)
    try:
        return ZoneInfo(text)
    except (KeyError, OSError):
        raise ValueError(
            f"time zone {text!r} is not known on this machine; write its offset instead, such as +01:00"
        ) from None


def read_camera(path: Path) -> CameraConfig:
    """Camera configuration of a TOML file; ConfigurationError names the file, the key and what was expected."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: expected a readable camera file, got {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: expected TOML, got {error}") from error
    try:
        return CameraConfig.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "file"
        known = ", ".join(CameraConfig.model_fields)
        way_out = f"; known keys: {known}" if first["type"] == "extra_forbidden" else ""
        raise ConfigurationError(f"{path}: {key}: {first['msg']}, got {first['input']!r}{way_out}") from error
