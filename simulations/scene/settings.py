"""What a rendered scene shows: rows, crop, faults of watering, sun, camera and weather."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge.weather import FieldWeather

LOWEST_SUN_DEG: Final = 10.0
STEEPEST_RAY_DEG: Final = 78.0
"""Rays nearer to the horizon would look over kilometres of field."""
NOON: Final = FieldWeather(
    air_temperature_c=31.0, relative_humidity_percent=35.0, wind_speed_m_s=2.0, radiation_w_m2=850.0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of plants; direction is clockwise from north, which is up in the picture of a camera of azimuth 0."""

    spacing_m: float = 0.75
    direction_deg: float = 0.0
    segment_m: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Rows (first, last; from 1) whose emitters fail, along all or some of their segments (first, last; from 0)."""

    rows: tuple[int, int]
    segments: tuple[int, int] | None = None
    stress: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """The crop; ``cover_fraction`` is that of its fresh leaves seen from above, stress takes from it."""

    cover_fraction: float = 0.5
    height_m: float = 0.6
    leaf_m: float = 0.09
    plant_m: float = 0.25
    chlorophyll_ug_cm2: float = 45.0
    stress: float = 0.1
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sun:
    """Where the sun stands; azimuth is clockwise from north."""

    elevation_deg: float = 55.0
    azimuth_deg: float = 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """The camera; a tilt of 0 looks straight down, the field of view is across the picture's width.

    ``blur_px`` mixes neighbouring pixels, ``noise_fraction`` is the grain of a mid-grey, ``netd_k`` that of the
    thermal sensor; ``white_balance`` multiplies red, green and blue.
    """

    height_m: float = 8.0
    tilt_deg: float = 0.0
    azimuth_deg: float = 0.0
    field_of_view_deg: float = 55.0
    width_px: int = 640
    height_px: int = 480
    blur_px: float = 0.7
    thermal_blur_px: float = 1.5
    noise_fraction: float = 0.01
    netd_k: float = 0.06
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)

    @property
    def steepest_deg(self) -> float:
        """Angle between straight down and the ray of the picture's upper edge, in its middle."""
        half = np.tan(np.radians(self.field_of_view_deg / 2)) * self.height_px / self.width_px
        return self.tilt_deg + float(np.degrees(np.arctan(half)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One picture to be rendered; ``soil_brightness`` 1 is dry loam, moist or dark soil about half of it."""

    rows: Rows = field(default_factory=Rows)
    crop: Crop = field(default_factory=Crop)
    sun: Sun = field(default_factory=Sun)
    camera: Camera = field(default_factory=Camera)
    soil_brightness: float = 0.7
    weather: FieldWeather = NOON

    def __post_init__(self) -> None:
        limits = (
            ("cover_fraction", self.crop.cover_fraction, 0.0, 1.0),
            ("stress", self.crop.stress, 0.0, 1.0),
            ("sun.elevation_deg", self.sun.elevation_deg, LOWEST_SUN_DEG, 90.0),
            ("soil_brightness", self.soil_brightness, 0.2, 1.5),
            ("camera.tilt_deg", self.camera.tilt_deg, 0.0, 90.0),
            ("camera.height_m", self.camera.height_m, self.crop.height_m * 1.5, 500.0),
            ("the camera's uppermost ray [deg from straight down]", self.camera.steepest_deg, 0.0, STEEPEST_RAY_DEG),
            *(("fault.stress", fault.stress, 0.0, 1.0) for fault in self.crop.faults),
        )
        for name, value, low, high in limits:
            if not low <= value <= high:
                raise ValueError(f"scene: expected {name} of {low:g} to {high:g}, got {value:g}; change the settings")
        if self.weather.wind_speed_m_s is None or self.weather.radiation_w_m2 is None:
            raise ValueError("scene: expected weather with wind_speed_m_s and radiation_w_m2, got none; give both")


def stress_table(crop: Crop, rows: int, segments: int) -> NDArray[np.float32]:
    """Stress (rows, segments) of every stretch of row; a fault beyond the rows in view is refused."""
    table = np.full((rows, segments), crop.stress, np.float32)
    for fault in crop.faults:
        first, last = fault.rows
        start, end = fault.segments or (0, segments - 1)
        if not (1 <= first <= last <= rows and 0 <= start <= end < segments):
            raise ValueError(
                f"scene: expected a fault within rows 1 to {rows} and segments 0 to {segments - 1},"
                f" got rows {fault.rows} and segments {(start, end)}; the view holds no more"
            )
        table[first - 1 : last, start : end + 1] = fault.stress
    return table
