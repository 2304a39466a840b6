"""One door to weather files: the suffix says which reader; several cubes may stand in a folder or fit a pattern."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cloud.errors import InputError
from cloud.records import Parcel
from cloud.weather.grids.gridded import read_weather_cube
from cloud.weather.grids.region import GRIDDED, region_of
from cloud.weather.grids.several import CUBES, files_of, read_several
from cloud.weather.nearness import far_lines, nearest_of
from cloud.weather.sampling import sampled
from cloud.weather.scrutiny.plausible import examined
from cloud.weather.tables.site import Site
from cloud.weather.tables.stations import read_station_csv
from cloud.weather.tables.town_history import with_sunshine

if TYPE_CHECKING:
    import xarray as xr


def read_weather(
    path: Path,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    elevation_m: float | None = None,
    wind_height_m: float | None = None,
    parcels: Sequence[Parcel] = (),
) -> xr.Dataset:
    """Daily weather with dims (time, site) from the contract's CSV (one site), CF NetCDF or Zarr, examined.

    The options describe the site of a CSV and win over its comment lines; a cube carries its own places. Without
    either, wind is taken as measured at 2 m. With parcels a grid is brought to them (its cells are not), hours become
    their local days, and weather that is too far from all of them is refused.
    """
    files = files_of(path)
    if files:
        return examined(read_several(files, parcels, path.name), sensors=False)
    if path.suffix.lower() in CUBES:
        cube = read_weather_cube(path, region_of(parcels))
        return brought_to(examined(cube, sensors=not cube.attrs[GRIDDED]), parcels)
    site = Site(latitude=latitude, longitude=longitude, elevation_m=elevation_m, wind_height_m=wind_height_m)
    timezone = parcels[0].timezone if parcels else None
    station = with_sunshine(read_station_csv(path, site, timezone=timezone), path)
    return brought_to(examined(station), parcels)


def brought_to(dataset: xr.Dataset, parcels: Sequence[Parcel]) -> xr.Dataset:
    """The weather at the parcels, with what is said of those far from it; refused where it is far from all."""
    if not parcels:
        return dataset
    problems, notes = far_lines(parcels, dataset)
    if problems and nearest_of(parcels, dataset).too_far.all():
        raise InputError(problems[0])
    result = sampled(dataset, parcels)
    for name, lines in (("problems", problems), ("notes", notes)):
        result.attrs[name] = "\n".join([line for line in (str(dataset.attrs.get(name, "")), *lines) if line])
    return result
