"""Weather cubes: CF NetCDF or Zarr of sites or of a grid, and forecasts with an issue, a lead and members.

Variables are known by the contract's names, by common short names or by CF standard names; their ``units`` attribute
decides the conversion, and a variable without understood units is refused.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError, MissingDataError
from cloud.variables import VARIABLES
from cloud.weather.grids.cube_hours import days_of_hours, is_hourly
from cloud.weather.grids.cube_names import variable_of, wind_height_m
from cloud.weather.grids.region import GRIDDED, Region, cut_to
from cloud.weather.scrutiny.beside import QUALITY, taken_apart
from cloud.weather.scrutiny.plausible import bounded, bounded_lines
from cloud.weather.scrutiny.quality import with_quality
from cloud.weather.tables.columns import conversion, to_2m
from cloud.weather.tables.headers import first_few

if TYPE_CHECKING:
    import xarray as xr

_DIMENSIONS: Final = {
    "lat": "latitude",
    "lon": "longitude",
    "day": "time",
    "valid_time": "time",
    "station": "site",
    "number": "member",
    "realization": "member",
    "forecast_reference_time": "issued_at",
    "step": "lead",
    "elevation": "elevation_m",
    "altitude": "elevation_m",
    "height": "elevation_m",
}
_FULL_DAY: Final = np.timedelta64(1, "D")
_FILLS: Final = (-9999.0, -999.0, -99.0, -99.9, -999.9)
_PLACE: Final = ("latitude", "longitude", "elevation_m")
_DAY_SITE: Final = {"time", "site"}


def read_weather_cube(path: Path, region: Region | None = None) -> xr.Dataset:
    """Daily weather with dims (time, site) from NetCDF or Zarr; a grid's cells become sites.

    Of a grid only the cells around a region are read. Hourly cubes are gathered into the local days of the region, of
    UTC without one.
    """
    dataset = _opened(path, region)
    if "time" not in dataset.dims:
        raise InputError(f"{path.name}: expected a dimension time, got {', '.join(map(str, dataset.dims))}; give days")
    dataset = _with_sites(dataset, path)
    if is_hourly(dataset["time"].values):
        return _of_hours(dataset, path, "UTC" if region is None else region.timezone)
    return _finished(dataset, path, ("time", "site"))


def read_heights(path: Path, region: Region | None = None) -> xr.Dataset | None:
    """Heights of a grid, dims (site), from a file without days; None for a file with days."""
    dataset = _opened(path, region)
    if "time" in dataset.dims or "elevation_m" not in dataset.variables:
        return None
    heights = _with_sites(dataset, path)
    known = np.asarray(heights["elevation_m"].values, dtype=np.float64)
    place = {name: ("site", heights[name].values) for name in ("latitude", "longitude")}
    static: xr.Dataset = heights.drop_vars(list(heights.variables)).assign_coords(
        {"elevation_m": ("site", known), **place}
    )
    return static.assign_attrs({GRIDDED: 1})


def read_forecast_cube(path: Path, day: date) -> xr.Dataset:
    """Newest issue not after a day, dims (time, member, site), from dims (issued_at, lead, member, ...)."""
    dataset = _opened(path)
    for name in ("issued_at", "lead"):
        if name not in dataset.dims:
            raise InputError(
                f"{path.name}: expected a dimension {name}, got {', '.join(map(str, dataset.dims))}; add it"
            )
    issues = dataset["issued_at"].values.astype("datetime64[s]")
    usable = np.flatnonzero(issues.astype("datetime64[D]") <= np.datetime64(day, "D"))
    if not usable.size:
        raise MissingDataError(f"{path.name}: expected an issue not after {day}, got none; give an earlier forecast")
    place = int(usable[np.argmax(issues[usable])])
    issue = issues[place]
    chosen = dataset.isel(issued_at=place, drop=True)
    days = issue.astype("datetime64[D]") + _lead_days(chosen["lead"])
    chosen = chosen.drop_vars("lead").rename(lead="time").assign_coords(time=days)
    if "member" not in chosen.dims:
        chosen = chosen.expand_dims("member")
    result = _finished(_with_sites(chosen, path), path, ("time", "member", "site"))
    result.attrs["issued_at"] = str(issue)
    return result


def _opened(path: Path, region: Region | None = None) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    if not path.exists():
        raise InputError(f"{path}: expected a readable file, got none; check the path")
    try:
        if path.suffix.lower() == ".zarr" or path.is_dir():
            dataset = xr.open_zarr(path, decode_timedelta=True, consolidated=False)
        else:
            dataset = xr.open_dataset(path, decode_timedelta=True)
    except (OSError, ValueError, ImportError) as error:
        # What xarray says of a file that no reader knows is advice for programmers.
        got = (isinstance(error, OSError) and error.strerror) or "a file that no reader of them understands"
        raise InputError(f"{path}: expected NetCDF or Zarr, got {got}; check the file") from error
    names = {old: new for old, new in _DIMENSIONS.items() if old in dataset.variables or old in dataset.dims}
    renamed: xr.Dataset = dataset.rename({old: new for old, new in names.items() if new not in dataset.variables})
    return cut_to(_in_our_calendar(renamed), path.name, region)


def _in_our_calendar(dataset: xr.Dataset) -> xr.Dataset:
    """Days of another calendar as ours: one that it does not have is unknown, one that we do not have falls out."""
    if "time" not in dataset.coords or dataset["time"].dtype != np.dtype(object):
        return dataset
    ours: xr.Dataset = dataset.convert_calendar("standard", use_cftime=False, align_on="date")
    return ours


def _of_hours(dataset: xr.Dataset, path: Path, timezone: str) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- as above

    gathered = days_of_hours(dataset, path.name, timezone)
    days = xr.Dataset(
        {
            name: (("time", "site"), values, {"units": VARIABLES[name].unit, "height_m": "2"})
            for name, values in gathered.values.items()
        },
        coords={"time": gathered.days.astype("datetime64[ns]")},
    )
    days = days.assign_coords({name: dataset[name] for name in _PLACE if name in dataset.variables})
    days.attrs[GRIDDED] = dataset.attrs.get(GRIDDED, 0)
    result = _finished(days, path, ("time", "site"))
    notes = (*gathered.notes, f"{path.name}: hours were gathered into days of {timezone}", result.attrs["notes"])
    result.attrs["notes"] = "\n".join(line for line in notes if line)
    return result


def _with_sites(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    if "site" in dataset.dims:
        return dataset
    if "latitude" in dataset.dims and "longitude" in dataset.dims:
        stacked = dataset.stack(site=("latitude", "longitude"), create_index=False)
        flat: xr.Dataset = stacked.drop_vars("site", errors="ignore")
        return flat.assign_attrs({GRIDDED: 1})
    if "latitude" in dataset.variables and dataset["latitude"].ndim == 2:  # noqa: PLR2004 -- cells of a projected grid
        projected: xr.Dataset = dataset.stack(site=dataset["latitude"].dims, create_index=False)
        return projected.assign_attrs({GRIDDED: 1})
    if "latitude" in dataset.variables and dataset["latitude"].ndim == 0:
        return dataset.expand_dims("site").assign_coords(
            {name: ("site", [float(dataset[name])]) for name in ("latitude", "longitude") if name in dataset}
        )
    raise InputError(
        f"{path.name}: expected dimensions site, or latitude and longitude, got {', '.join(map(str, dataset.dims))};"
        " give the place of every series"
    )


def _finished(dataset: xr.Dataset, path: Path, order: tuple[str, ...]) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- as above

    if "latitude" not in dataset.variables or "longitude" not in dataset.variables:
        raise InputError(f"{path.name}: expected latitude and longitude of every site, got none; add them")
    dataset, beside = taken_apart(_daily(dataset, path), order)
    data, flags, unused = {}, {}, []
    problems: list[str] = []
    notes: list[str] = []
    for raw in dataset.data_vars:
        name, array = str(raw), dataset[raw]
        alone = [one for one in array.dims if one not in order and array.sizes[one] == 1]
        array = array.squeeze(alone, drop=True)
        variable = variable_of(name, array.attrs)
        if variable is None or set(order) != set(array.dims):
            unused.append(name)
            continue
        given = _converted(array.transpose(*order), name, variable, path)
        values, flags[variable] = bounded(variable, given, path.name)
        told = bounded_lines(variable, given, flags[variable], path.name)
        problems += told[0]
        notes += told[1]
        data[variable] = (order, values, {"units": VARIABLES[variable].unit})
    if not data:
        raise MissingDataError(
            f"{path.name}: expected a weather variable such as tmin_c, got {', '.join(unused)}; rename it"
        )
    if unused:
        notes.insert(0, f"{path.name}: variables {first_few(unused)} are not known and were ignored")
    flags = {name: np.maximum(flag, beside.pop(f"{name}{QUALITY}", (order, flag))[1]) for name, flag in flags.items()}
    result = xr.Dataset(
        data,
        coords={
            "time": dataset["time"].values.astype("datetime64[D]").astype("datetime64[ns]"),
            **_site_coordinates(dataset),
            **beside,
        },
        attrs={
            "source": path.name,
            "sha256": digest_of(path),
            "notes": "\n".join(notes),
            "problems": "\n".join(problems),
            "synthetic": "",
            GRIDDED: int(dataset.attrs.get(GRIDDED, 0)),
        },
    )
    return with_quality(result, flags)


def _site_coordinates(dataset: xr.Dataset) -> dict[str, object]:
    """Where the sites are, and who gave each day and when, where the file says it."""
    sites = dataset.sizes["site"]
    elevation = dataset["elevation_m"].values if "elevation_m" in dataset.variables else np.full(sites, np.nan)
    told = {
        name: dataset[name]
        for name in ("source", "fetched_at")
        if name in dataset.variables and set(dataset[name].dims) == _DAY_SITE
    }
    return {
        "latitude": ("site", np.asarray(dataset["latitude"].values, dtype=np.float64)),
        "longitude": ("site", np.asarray(dataset["longitude"].values, dtype=np.float64)),
        "elevation_m": ("site", np.broadcast_to(np.asarray(elevation, dtype=np.float64), (sites,))),
        **{name: (array.dims, array.values, array.attrs) for name, array in told.items()},
    }


def digest_of(path: Path) -> str:
    """SHA-256 of a file, or of the names and contents of a folder's files in order."""
    digest = hashlib.sha256()
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    for one in files:
        if path.is_dir():
            digest.update(str(one.relative_to(path)).encode())
        with one.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _daily(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    times = dataset["time"].values.astype("datetime64[s]")
    days = times.astype("datetime64[D]")
    if np.unique(days).size != days.size:
        raise InputError(f"{path.name}: expected one value a day, got several on {days[0]}; aggregate it to days first")
    dataset = dataset.assign_coords(time=days.astype("datetime64[ns]")).sortby("time")
    full = np.arange(days.min(), days.max() + _FULL_DAY)
    complete: xr.Dataset = dataset if full.size == days.size else dataset.reindex(time=full.astype("datetime64[ns]"))
    return complete


def _converted(array: xr.DataArray, name: str, variable: str, path: Path) -> np.ndarray:
    convert = conversion(variable, str(array.attrs.get("units", "")), f"{path.name}: {name}")
    raw = np.asarray(array.values, dtype=np.float64)
    # Some files fill with a number that they do not declare.
    values = convert(np.where(np.isin(raw, _FILLS), np.nan, raw))
    if variable == "wind_2m_m_s":
        values = to_2m(values, wind_height_m(name, array.attrs, path.name))
    return values


def _lead_days(lead: xr.DataArray) -> np.ndarray:
    if np.issubdtype(lead.dtype, np.timedelta64):
        return lead.values.astype("timedelta64[D]")
    return np.asarray(lead.values, dtype=np.float64).astype(np.int64).astype("timedelta64[D]")
