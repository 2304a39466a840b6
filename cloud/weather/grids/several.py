"""Several files as one weather: a variable or a year each, on grids of their own, brought together at the parcels.

Where two files know a value, the first by name serves; only a file of nothing but rain, such as CHIRPS, goes before the
rain of the others. A file without days may hold the grid's heights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError, MissingDataError
from cloud.records import Parcel
from cloud.weather.grids.gridded import read_heights, read_weather_cube
from cloud.weather.grids.region import region_of
from cloud.weather.sampling import at_heights, interpolated, places_of
from cloud.weather.scrutiny.quality import Quality, quality_of, with_quality

if TYPE_CHECKING:
    import xarray as xr

CUBES: Final = (".nc", ".nc4", ".zarr")
_RAIN_ONLY: Final = {"rain_mm"}


def files_of(path: Path) -> list[Path]:
    """The cubes that a folder or a pattern such as ``eobs/*.nc`` names, by name; empty where it is one file."""
    if "*" in path.name:
        found = sorted(one for one in path.parent.glob(path.name) if one.suffix.lower() in CUBES)
        if not found:
            raise InputError(f"{path}: expected NetCDF or Zarr files, got none; check the pattern")
        return found
    if path.is_dir() and path.suffix.lower() not in CUBES:
        found = sorted(one for one in path.iterdir() if one.suffix.lower() in CUBES)
        if not found:
            raise InputError(f"{path}: expected a folder of NetCDF or Zarr files, got none there; check the path")
        return found
    return []


def read_several(paths: Sequence[Path], parcels: Sequence[Parcel], name: str) -> xr.Dataset:
    """Daily weather of several cubes at the parcels' places, dims (time, site)."""
    if not parcels:
        raise InputError(f"{name}: expected one file, got {len(paths)}; several are read only where parcels are known")
    places, region = places_of(parcels), region_of(parcels)
    parts: list[xr.Dataset] = []
    unused: list[str] = []
    heights = None
    for path in paths:
        static = read_heights(path, region)
        if static is not None:
            heights = interpolated(static, places)["elevation_m"].values
        else:
            try:
                parts.append(interpolated(read_weather_cube(path, region), places))
            except MissingDataError as error:
                unused.append(f"{error}; left out")
    if not parts:
        raise InputError(f"{name}: expected weather with a dimension time, got heights only; add the weather")
    merged = _merged(parts, name)
    merged.attrs["notes"] = "\n".join(line for line in (*unused, merged.attrs["notes"]) if line)
    if heights is not None:
        merged = merged.assign_coords(elevation_m=("site", heights))
    return at_heights(merged, places)


def _merged(parts: Sequence[xr.Dataset], name: str) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    ordered = sorted(parts, key=lambda one: set(map(str, one.data_vars)) != _RAIN_ONLY)
    spans = [one["time"].values.astype("datetime64[D]") for one in ordered]
    days = np.arange(min(span[0] for span in spans), max(span[-1] for span in spans) + np.timedelta64(1, "D"))
    sites = ordered[0].sizes["site"]
    values: dict[str, np.ndarray] = {}
    flags: dict[str, np.ndarray] = {}
    givers: dict[str, list[str]] = {}
    for part, span in zip(ordered, spans, strict=True):
        rows = (span - days[0]).astype(np.intp)
        for raw in part.data_vars:
            variable = str(raw)
            series = values.setdefault(variable, np.full((days.size, sites), np.nan))
            flag = flags.setdefault(variable, np.zeros((days.size, sites), dtype=np.int8))
            free = np.isnan(series[rows]) & (flag[rows] == Quality.MISSING)
            series[rows] = np.where(free, part[variable].values, series[rows])
            flag[rows] = np.where(free, quality_of(part, variable), flag[rows])
            givers.setdefault(variable, []).append(str(part.attrs["source"]))
    notes = [line for part in parts for line in str(part.attrs["notes"]).splitlines()]
    notes += [f"{name}: {one} comes from {', then '.join(who)}" for one, who in givers.items() if len(who) > 1]
    first = ordered[0]
    result = xr.Dataset(
        {
            one: (("time", "site"), series, next(part[one].attrs for part in parts if one in part))
            for one, series in values.items()
        },
        coords={
            "time": days.astype("datetime64[ns]"),
            **{one: ("site", first[one].values) for one in ("latitude", "longitude")},
            "elevation_m": ("site", _known_heights(parts)),
        },
        attrs={
            "source": name,
            "sha256": hashlib.sha256("".join(str(part.attrs["sha256"]) for part in parts).encode()).hexdigest(),
            "notes": "\n".join(notes),
            "problems": "\n".join(line for part in parts for line in str(part.attrs["problems"]).splitlines()),
            "synthetic": "",
        },
    )
    return with_quality(result, flags)


def _known_heights(parts: Sequence[xr.Dataset]) -> np.ndarray:
    """Heights of the files that give temperatures, since it is these that are moved."""
    heights = np.full(parts[0].sizes["site"], np.nan)
    for part in sorted(parts, key=lambda one: "tmin_c" not in one):
        heights = np.where(np.isnan(heights), part["elevation_m"].values, heights)
    return heights
