"""One door to weather files: the suffix says which reader."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cloud.weather.gridded import read_weather_cube
from cloud.weather.plausible import examined
from cloud.weather.site import Site
from cloud.weather.stations import read_station_csv

if TYPE_CHECKING:
    import xarray as xr


def read_weather(
    path: Path,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    elevation_m: float | None = None,
    wind_height_m: float | None = None,
) -> xr.Dataset:
    """Daily weather with dims (time, site) from the contract's CSV (one site), CF NetCDF or Zarr.

    The options describe the site of a CSV and win over its comment lines; a cube carries its own places. Without
    either, wind is taken as measured at 2 m.
    """
    if path.suffix.lower() in {".nc", ".nc4", ".zarr"}:
        return examined(read_weather_cube(path))
    site = Site(latitude=latitude, longitude=longitude, elevation_m=elevation_m, wind_height_m=wind_height_m)
    return examined(read_station_csv(path, site))
