"""Places and many years of their daily weather: the record of Tunis that aquacrop carries, or a file of one's own."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np

from cloud.errors import ConfigurationError, InputError
from cloud.variables import Days, Floats
from cloud.weather.forcing import site_reference
from cloud.weather.read import read_weather

VARIABLES: Final = ("tmin_c", "tmax_c", "rain_mm", "et0_mm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """Daily weather of one place; every array has shape (D,), NaN where the record has a gap."""

    name: str
    latitude: float
    longitude: float
    elevation_m: float
    origin: str
    days: Days
    tmin_c: Floats
    tmax_c: Floats
    rain_mm: Floats
    et0_mm: Floats

    def column(self, name: str) -> Floats:
        """Values (D,) of one of VARIABLES."""
        columns: Mapping[str, Floats] = {
            "tmin_c": self.tmin_c,
            "tmax_c": self.tmax_c,
            "rain_mm": self.rain_mm,
            "et0_mm": self.et0_mm,
        }
        return columns[name]

    def rows(self, first: date, count: int) -> slice:
        """Places of ``count`` days from ``first`` on; refused where the record ends before."""
        start = int((np.datetime64(first, "D") - self.days[0]).astype(int))
        if start < 0 or start + count > self.days.size:
            raise InputError(
                f"climate {self.name}: expected {count} days from {first}, got a record from {self.days[0]} to"
                f" {self.days[-1]}; choose other seasons"
            )
        return slice(start, start + count)

    def whole(self, first: date, count: int) -> bool:
        """Whether every value of these days is known."""
        start = int((np.datetime64(first, "D") - self.days[0]).astype(int))
        if start < 0 or start + count > self.days.size:
            return False
        return all(bool(np.isfinite(self.column(name)[start : start + count]).all()) for name in VARIABLES)


_SHIPPED: Final[Mapping[str, tuple[str, float, float, float]]] = {
    "tunis": ("tunis_climate.txt", 36.80, 10.18, 66.0),
    "cordoba": ("cordoba_climate.txt", 37.88, -4.78, 120.0),
    "hyderabad": ("hyderabad_climate.txt", 17.38, 78.49, 540.0),
}
"""Records that the package aquacrop carries: file, latitude, longitude, elevation [m]."""


def shipped_climate(name: str) -> Climate:
    """Record of a place that the package aquacrop carries, with the reference ET that stands in it."""
    if name not in _SHIPPED:
        raise ConfigurationError(
            f"climate {name!r}: expected one of {', '.join(_SHIPPED)} or a weather file, got neither; name a file"
        )
    specification = importlib.util.find_spec("aquacrop")
    if specification is None or specification.origin is None:
        raise ConfigurationError("package aquacrop: expected for the closed loop, got none; install 'seguia[simulate]'")
    file, latitude, longitude, elevation_m = _SHIPPED[name]
    path = Path(specification.origin).parent / "data" / file
    cells = np.array([line.split() for line in path.read_text(encoding="utf-8").splitlines()[1:] if line.split()])
    days = np.array([f"{year}-{int(month):02d}-{int(day):02d}" for day, month, year in cells[:, :3]], "datetime64[D]")
    values = cells[:, 3:7].astype(np.float64)
    return Climate(
        name=name,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation_m,
        origin=f"daily record of {name.title()} carried by the package aquacrop (MIT), its own reference ET",
        days=days,
        tmin_c=values[:, 0],
        tmax_c=values[:, 1],
        rain_mm=values[:, 2],
        et0_mm=values[:, 3],
    )


def climate_of_file(name: str, path: Path, *, latitude: float, longitude: float, elevation_m: float) -> Climate:
    """Climate of a weather file, read with the advisor's own reader; reference ET by the tier that the file allows."""
    if not path.is_file():
        raise ConfigurationError(f"{path}: expected the weather of {name}, got no file; correct the pilot")
    dataset = read_weather(path, latitude=latitude, longitude=longitude, elevation_m=elevation_m)
    return Climate(
        name=name,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation_m,
        origin=f"{path.name}, reference ET by FAO-56",
        days=dataset["time"].values.astype("datetime64[D]"),
        tmin_c=dataset["tmin_c"].values[:, 0],
        tmax_c=dataset["tmax_c"].values[:, 0],
        rain_mm=dataset["rain_mm"].values[:, 0],
        et0_mm=site_reference(dataset).et0_mm[:, 0],
    )
