"""Every forecast as it was issued: ``forecasts.zarr`` with dims (issued_at, lead, member, site).

``statistics.zarr`` holds the mean, spread and wet share of their members, many issues in one chunk: what a calibration
reads every night. It is derived, and what it lacks is added with the next forecast.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.adapters.archive.cube import SECONDS, Cube, Kept, Layout, alone, opened, seconds_of, sound
from cloud.variables import VARIABLES, Floats
from cloud.weather.outlook.pairs import DIMENSIONS, statistics_of
from cloud.weather.services.cubes import attributes_of

if TYPE_CHECKING:
    import xarray as xr

FILE: Final = "forecasts.zarr"
LAYOUT: Final = Layout(
    title="Weather forecasts as they were issued",
    rows="issued_at",
    moment="issued_at",
    chunks={"issued_at": 1, "lead": 16, "member": 64},
    coordinates=("latitude", "longitude", "elevation_m", "source", "fetched_at"),
)
STATISTICS_FILE: Final = "statistics.zarr"
STATISTICS_LAYOUT: Final = Layout(
    title="Mean, spread and wet share of weather forecasts",
    rows="issued_at",
    moment="issued_at",
    chunks={"issued_at": 64, "lead": 16},
    coordinates=("latitude", "longitude", "elevation_m", "source"),
)
_DIMENSIONS: Final = ("issued_at", "lead", "member", "site")
_ISSUE: Final = {"standard_name": "forecast_reference_time", **SECONDS}
_LEAD: Final = {"long_name": "local days after the issue's UTC day"}


class ForecastArchive:
    """Forecasts in the folder of an archive; one that was kept is never changed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, forecast: xr.Dataset, source: str, fetched_at: NDArray[np.datetime64]) -> Kept:
        """Add a forecast (time, member, site) that names its ``issued_at``; one of this source and moment stays."""
        moment = np.datetime64(str(forecast.attrs["issued_at"])[:19], "s")
        leads = (forecast["time"].values.astype("datetime64[D]") - moment.astype("datetime64[D]")).astype(np.int64)
        said = forecast.isel(time=np.flatnonzero(leads >= 0))
        with alone(self._folder), sound(self._folder / FILE, written=True):
            cube = Cube.open(self._folder / FILE, LAYOUT)
            moments = cube.array("issued_at", ("issued_at",), "float64", _ISSUE)[...]
            sources = cube.array("source", ("issued_at",), "int8", {"long_name": "who gave the forecast"})[...]
            number = cube.flag("source", source)
            there = bool(((moments == seconds_of(moment)) & (sources == number)).any())
            if not there:
                row = cube.size("issued_at")
                _write(cube, row, said, (leads[leads >= 0], fetched_at))
                cube.stored("source")[row] = number
                cube.stored("issued_at")[row] = float(seconds_of(moment))
            self._summarise()
        return Kept(new=0 if there else 1, told=tuple(cube.told))

    def read(self, source: str | None = None) -> xr.Dataset | None:
        """Forecasts of one source, or of all, in the order of their issue; None without any."""
        with sound(self._folder / FILE):
            return _of_source(opened(self._folder / FILE), source)

    def statistics(self, source: str) -> xr.Dataset | None:
        """Mean, spread and wet share of the forecasts of one source, dims (issued_at, lead, site); None without any."""
        with sound(self._folder / STATISTICS_FILE):
            return _of_source(opened(self._folder / STATISTICS_FILE), source)

    def _summarise(self) -> None:
        """Add the statistics of the forecasts that have none yet, oldest first."""
        dataset = opened(self._folder / FILE)
        if dataset is None:
            return
        cube = Cube.open(self._folder / STATISTICS_FILE, STATISTICS_LAYOUT)
        cube.array("issued_at", ("issued_at",), "float64", _ISSUE)
        cube.array("source", ("issued_at",), "int8", {"long_name": "who gave the forecast"})
        words = str(dataset["source"].attrs["flag_meanings"]).split()
        numbers = [cube.flag("source", word) for word in words]
        moments, sources = seconds_of(dataset["issued_at"].values), dataset["source"].values
        there = set(zip(cube.stored("issued_at")[...].tolist(), cube.stored("source")[...].tolist(), strict=True))
        for row, (moment, source) in enumerate(zip(moments.tolist(), sources.tolist(), strict=True)):
            if np.isfinite(moment) and (moment, numbers[source]) not in there:
                _write_statistics(cube, statistics_of(dataset.isel(issued_at=[row]).load()), numbers[source])


def _of_source(dataset: xr.Dataset | None, source: str | None) -> xr.Dataset | None:
    if dataset is None or "issued_at" not in dataset.dims:
        return None
    counted = ~np.isnat(dataset["issued_at"].values)
    if source is not None:
        words = str(dataset["source"].attrs["flag_meanings"]).split()
        plain = "_".join(source.split())
        counted &= dataset["source"].values == (words.index(plain) if plain in words else -1)
    order = np.argsort(dataset["issued_at"].values[counted], kind="stable")
    chosen: xr.Dataset = dataset.isel(issued_at=np.flatnonzero(counted)[order])
    return chosen if chosen.sizes["issued_at"] else None


def _write_statistics(cube: Cube, statistics: xr.Dataset, number: int) -> None:
    """One issue's statistics in a row of their own, its moment last."""
    index, row = cube.sites(statistics), cube.size("issued_at")
    _lengthen(cube, "lead", statistics.sizes["lead"], _LEAD)
    cube.grow("issued_at", row + 1)
    for name in (str(one) for one in statistics.data_vars):
        whole = np.full((cube.size("lead"), cube.size("site")), np.nan, dtype=np.float32)
        whole[np.ix_(np.arange(statistics.sizes["lead"]), index)] = statistics[name].values[0]
        cube.array(name, DIMENSIONS, "float32", {})[row] = whole
    cube.stored("source")[row] = number
    cube.stored("issued_at")[row] = float(seconds_of(statistics["issued_at"].values[0]))


def _lengthen(cube: Cube, name: str, size: int, attributes: Mapping[str, str]) -> None:
    """A dimension that counts from 0, at least so long."""
    numbers = cube.array(name, (name,), "int64", attributes)
    cube.grow(name, size)
    if not np.array_equal(numbers[...], np.arange(numbers.size)):
        numbers[...] = np.arange(numbers.size)


def _write(cube: Cube, row: int, said: xr.Dataset, origin: tuple[NDArray[np.int64], NDArray[np.datetime64]]) -> None:
    """Everything of an issue but its moment, in a row of its own that covers all places and members."""
    leads, fetched_at = origin
    index = cube.sites(said)
    _lengthen(cube, "lead", int(leads.max(initial=0)) + 1, _LEAD)
    _lengthen(cube, "member", said.sizes["member"], {"standard_name": "realization"})
    cube.grow("issued_at", row + 1)
    shape = tuple(cube.size(name) for name in _DIMENSIONS[1:])
    for name in (str(one) for one in said.data_vars if str(one) in VARIABLES):
        values: Floats = said[name].transpose("time", "member", "site").values
        whole = np.full(shape, np.nan, dtype=np.float32)
        whole[np.ix_(leads, np.arange(values.shape[1]), index)] = values
        cube.array(name, _DIMENSIONS, "float32", attributes_of(name))[row] = whole
    told_at = np.full(shape[-1], np.nan)
    told_at[index] = seconds_of(fetched_at)
    cube.array("fetched_at", ("issued_at", "site"), "float64", {"long_name": "when, UTC", **SECONDS})[row] = told_at
