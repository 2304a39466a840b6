"""Every forecast as it was issued: ``forecasts.zarr`` with dims (issued_at, lead, member, site)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.adapters.archive.cube import SECONDS, Cube, Kept, Layout, alone, opened, seconds_of
from cloud.variables import VARIABLES, Floats
from cloud.weather.cubes import attributes_of

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
        with alone(self._folder):
            cube = Cube.open(self._folder / FILE, LAYOUT)
            moments = cube.array("issued_at", ("issued_at",), "float64", _ISSUE)[...]
            sources = cube.array("source", ("issued_at",), "int8", {"long_name": "who gave the forecast"})[...]
            number = cube.flag("source", source)
            if ((moments == seconds_of(moment)) & (sources == number)).any():
                return Kept(told=tuple(cube.told))
            row = cube.size("issued_at")
            _write(cube, row, said, (leads[leads >= 0], fetched_at))
            cube.stored("source")[row] = number
            cube.stored("issued_at")[row] = float(seconds_of(moment))
        return Kept(new=1, told=tuple(cube.told))

    def read(self, source: str | None = None) -> xr.Dataset | None:
        """Forecasts of one source, or of all, in the order of their issue; None without any."""
        dataset = opened(self._folder / FILE)
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


def _write(cube: Cube, row: int, said: xr.Dataset, origin: tuple[NDArray[np.int64], NDArray[np.datetime64]]) -> None:
    """Everything of an issue but its moment, in a row of its own that covers all places and members."""
    leads, fetched_at = origin
    index = cube.sites(said)
    for name, size, attributes in (
        ("lead", int(leads.max(initial=0)) + 1, _LEAD),
        ("member", said.sizes["member"], {"standard_name": "realization"}),
    ):
        cube.array(name, (name,), "int64", attributes)
        cube.grow(name, size)
        cube.stored(name)[...] = np.arange(cube.size(name))
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
