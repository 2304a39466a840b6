"""Weather cubes: CF NetCDF or Zarr of sites or of a grid, and forecasts with an issue, a lead and members.

Variables are known by the contract's names, by common short names or by CF standard names; their ``units`` attribute
decides the conversion, and a variable without understood units is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError, MissingDataError, UnitError
from cloud.variables import VARIABLES, check_bounds
from cloud.weather.columns import COLUMNS, conversion, to_2m

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
_SHORT_NAMES: Final = {
    "tn": "tmin_c",
    "tmin": "tmin_c",
    "tasmin": "tmin_c",
    "mn2t": "tmin_c",
    "tx": "tmax_c",
    "tmax": "tmax_c",
    "tasmax": "tmax_c",
    "mx2t": "tmax_c",
    "rr": "rain_mm",
    "pr": "rain_mm",
    "precipitation_amount": "rain_mm",
    "tp": "rain_mm",
    "hu": "rh_mean_percent",
    "hurs": "rh_mean_percent",
    "rsds": "radiation_mj_m2",
    "qq": "radiation_mj_m2",
    "ssrd": "radiation_mj_m2",
    "d2m": "dewpoint_c",
    "tdps": "dewpoint_c",
    "sfcwind": "wind_2m_m_s",
    "fg": "wind_2m_m_s",
    "wind_speed": "wind_2m_m_s",
}
_WIND_HEIGHTS: Final = {"sfcwind": 10.0, "fg": 10.0, "wind_2m_m_s": 2.0, "wind_10m_m_s": 10.0}
"""Heights that go with a name: CMIP and E-OBS give wind at 10 m."""

_STANDARD_NAMES: Final = {
    "precipitation_amount": "rain_mm",
    "precipitation_flux": "rain_mm",
    "lwe_thickness_of_precipitation_amount": "rain_mm",
    "relative_humidity": "rh_mean_percent",
    "dew_point_temperature": "dewpoint_c",
    "wind_speed": "wind_2m_m_s",
    "surface_downwelling_shortwave_flux_in_air": "radiation_mj_m2",
    "duration_of_sunshine": "sunshine_h",
    "water_evapotranspiration_amount": "et0_mm",
}
_FULL_DAY: Final = np.timedelta64(1, "D")


def read_weather_cube(path: Path) -> xr.Dataset:
    """Daily weather with dims (time, site) from NetCDF or Zarr; a grid's cells become sites."""
    dataset = _opened(path)
    if "time" not in dataset.dims:
        raise InputError(f"{path.name}: expected a dimension time, got {', '.join(map(str, dataset.dims))}; give days")
    return _finished(_with_sites(dataset, path), path, ("time", "site"))


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


def _opened(path: Path) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    if not path.exists():
        raise InputError(f"{path}: expected a readable file, got none; check the path")
    try:
        if path.suffix.lower() == ".zarr" or path.is_dir():
            dataset = xr.open_zarr(path, decode_timedelta=True, consolidated=None)
        else:
            dataset = xr.open_dataset(path, decode_timedelta=True)
    except (OSError, ValueError, ImportError) as error:
        # What xarray says of a file that no reader knows is advice for programmers.
        got = (isinstance(error, OSError) and error.strerror) or "a file that no reader of them understands"
        raise InputError(f"{path}: expected NetCDF or Zarr, got {got}; check the file") from error
    names = {old: new for old, new in _DIMENSIONS.items() if old in dataset.variables or old in dataset.dims}
    renamed: xr.Dataset = dataset.rename({old: new for old, new in names.items() if new not in dataset.variables})
    return renamed


def _with_sites(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    if "site" in dataset.dims:
        return dataset
    if "latitude" in dataset.dims and "longitude" in dataset.dims:
        stacked = dataset.stack(site=("latitude", "longitude"), create_index=False)
        flat: xr.Dataset = stacked.drop_vars("site", errors="ignore")
        return flat
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
    dataset = _daily(dataset, path)
    data, unused = {}, []
    for raw in dataset.data_vars:
        name, array = str(raw), dataset[raw]
        alone = [one for one in array.dims if one not in order and array.sizes[one] == 1]
        array = array.squeeze(alone, drop=True)
        variable = _variable_of(name, array.attrs)
        if variable is None or set(order) != set(array.dims):
            unused.append(name)
            continue
        values = _converted(array.transpose(*order), name, variable, path)
        data[variable] = (order, values, {"units": VARIABLES[variable].unit})
    if not data:
        raise InputError(f"{path.name}: expected a weather variable such as tmin_c, got {', '.join(unused)}; rename it")
    sites = dataset.sizes["site"]
    elevation = dataset["elevation_m"].values if "elevation_m" in dataset.variables else np.full(sites, np.nan)
    notes = f"{path.name}: variables {', '.join(unused)} are not known and were ignored" if unused else ""
    return xr.Dataset(
        data,
        coords={
            "time": dataset["time"].values.astype("datetime64[D]").astype("datetime64[ns]"),
            "latitude": ("site", np.asarray(dataset["latitude"].values, dtype=np.float64)),
            "longitude": ("site", np.asarray(dataset["longitude"].values, dtype=np.float64)),
            "elevation_m": ("site", np.broadcast_to(np.asarray(elevation, dtype=np.float64), (sites,))),
        },
        attrs={"source": path.name, "sha256": digest_of(path), "notes": notes, "problems": "", "synthetic": ""},
    )


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


def _variable_of(name: str, attributes: Mapping[str, object]) -> str | None:
    key = name.lower()
    if key in VARIABLES:
        return key
    if key in COLUMNS:
        return COLUMNS[key].variable
    if key in _SHORT_NAMES:
        return _SHORT_NAMES[key]
    standard = str(attributes.get("standard_name", key))
    if standard == "air_temperature":
        # A bare air temperature is neither the lowest nor the highest; the file must say which.
        method = " ".join(str(attributes.get(one, "")) for one in ("cell_methods", "long_name", "description")).lower()
        return "tmin_c" if "minimum" in method else "tmax_c" if "maximum" in method else None
    return _STANDARD_NAMES.get(standard)


def _converted(array: xr.DataArray, name: str, variable: str, path: Path) -> np.ndarray:
    convert = conversion(variable, str(array.attrs.get("units", "")), f"{path.name}: {name}")
    values = convert(np.asarray(array.values, dtype=np.float64))
    if variable == "wind_2m_m_s":
        values = to_2m(values, _wind_height(array, name, path))
    check_bounds(variable, values, path.name)
    return values


def _wind_height(array: xr.DataArray, name: str, path: Path) -> float:
    for source in (array.attrs.get("height_m"), array.attrs.get("height"), _WIND_HEIGHTS.get(name.lower())):
        if source is not None:
            return float(str(source).split()[0].rstrip("m"))
    raise UnitError(f"{path.name}: {name}: expected an attribute height_m (2 or 10), got none; state the wind's height")


def _lead_days(lead: xr.DataArray) -> np.ndarray:
    if np.issubdtype(lead.dtype, np.timedelta64):
        return lead.values.astype("timedelta64[D]")
    return np.asarray(lead.values, dtype=np.float64).astype(np.int64).astype("timedelta64[D]")
