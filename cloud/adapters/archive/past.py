"""Every past day as it is known now, ``past.zarr`` (time, site), and as it was known before, ``revisions.zarr``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.adapters.archive.cube import DAYS, SECONDS, Cube, Kept, Layout, alone, opened, seconds_of, sound
from cloud.variables import VARIABLES
from cloud.weather.scrutiny.quality import Quality, quality_of
from cloud.weather.services.cubes import attributes_of

if TYPE_CHECKING:
    import xarray as xr

FILE: Final = "past.zarr"
REVISIONS: Final = "revisions.zarr"
LAYOUT: Final = Layout(
    title="Weather of the past as it is known now",
    rows="time",
    moment="time",
    chunks={"time": 32},
    coordinates=(
        *("latitude", "longitude", "elevation_m", "source", "fetched_at"),
        *(f"{name}_quality" for name in VARIABLES),
    ),
)
REVISIONS_LAYOUT: Final = Layout(
    title="Weather of the past as it was known before it was told otherwise",
    rows="revision",
    moment="superseded_at",
    chunks={"revision": 4096},
    coordinates=("time", "site", "source", "fetched_at", "superseded_at"),
)
_CELLS: Final = ("time", "site")
_TOLD_AT: Final = {"long_name": "when, UTC", **SECONDS}
_SOURCE: Final = {"long_name": "who gave the day"}
_FLAGS: Final[Mapping[str, Any]] = {
    "standard_name": "quality_flag",
    "flag_values": [one.value for one in Quality],
    "flag_meanings": " ".join(one.name.lower() for one in Quality),
}

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who said each day, and when; arrays (D, S), an empty name and NaT where nobody did."""

    source: NDArray[np.str_]
    fetched_at: NDArray[np.datetime64]


class PastArchive:
    """Past weather in the folder of an archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, past: xr.Dataset, origin: Origin, now: datetime) -> Kept:
        """Take days (time, site) that are new, or that a later answer tells otherwise; what was known before stays."""
        names = [str(name) for name in past.data_vars if str(name) in VARIABLES]
        with alone(self._folder), sound(self._folder / FILE, written=True):
            cube = Cube.open(self._folder / FILE, LAYOUT)
            old = Cube.open(self._folder / REVISIONS, REVISIONS_LAYOUT)
            _prepare(cube, names)
            index, given = cube.sites(past), _given(past, origin, names, cube)
            days = past["time"].values.astype("datetime64[D]").astype(np.int64).astype(np.float64)
            heard = np.isfinite(given["fetched_at"])
            row_of = {float(day): row for row, day in enumerate(cube.stored("time")[...])}
            new = np.array([day not in row_of for day in days]) & heard.any(axis=1)
            _append(cube, days[new], index, {name: values[new] for name, values in given.items()})
            known = np.flatnonzero([day in row_of for day in days])
            rows = np.array([row_of[days[place]] for place in known], dtype=np.intp)
            told = {name: values[known] for name, values in given.items()}
            filled, revised = _revise(cube, old, (rows, index), told, seconds_of(_utc(now)))
        return Kept(new=int(heard[new].sum()) + filled, revised=revised, told=(*cube.told, *old.told))

    def read(self, as_of: datetime | None = None) -> xr.Dataset | None:
        """The past as it is known now, or as it was known at a moment; None without any."""
        with sound(self._folder / FILE):
            return self._known(as_of)

    def _known(self, as_of: datetime | None) -> xr.Dataset | None:
        dataset = opened(self._folder / FILE)
        if dataset is None or not dataset.sizes.get("time"):
            return None
        # A day whose date a stopped run did not write yet is none.
        dataset = dataset.isel(time=np.flatnonzero(~np.isnat(dataset["time"].values)))
        dataset = dataset.isel(time=np.argsort(dataset["time"].values, kind="stable")).load()
        told_at = dataset["fetched_at"].values
        unknown = np.isnat(told_at) if as_of is None else ~(told_at <= _utc(as_of))
        for name in dataset.data_vars:
            dataset[name] = dataset[name].where(~unknown)
        revisions = None if as_of is None else opened(self._folder / REVISIONS)
        if as_of is not None and revisions is not None and revisions.sizes.get("revision"):
            _put_back(dataset, unknown, revisions, _utc(as_of))
        return dataset


def _utc(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "ns")


def _prepare(cube: Cube, names: Sequence[str]) -> None:
    """Make the arrays that the days need, so that all grow together."""
    cube.array("time", ("time",), "float64", {"standard_name": "time", **DAYS})
    for name in names:
        cube.array(name, _CELLS, "float32", attributes_of(name))
        cube.array(f"{name}_quality", _CELLS, "int8", _FLAGS)
    cube.array("source", _CELLS, "int8", _SOURCE)
    cube.array("fetched_at", _CELLS, "float64", _TOLD_AT)


def _given(past: xr.Dataset, origin: Origin, names: Sequence[str], cube: Cube) -> Arrays:
    """Arrays (D, S) as the cube keeps them; a day on which nothing is known was told by nobody."""
    given: Arrays = {}
    for name in names:
        given[name] = past[name].transpose(*_CELLS).values.astype(np.float32)
        given[f"{name}_quality"] = quality_of(past[[name]].transpose(*_CELLS, ...), name)
    anything = np.any([np.isfinite(given[name]) for name in names], axis=0)
    number = {str(word): cube.flag("source", str(word)) for word in np.unique(origin.source)}
    given["source"] = np.vectorize(number.__getitem__, otypes=[np.int8])(origin.source)
    given["fetched_at"] = np.where(anything, seconds_of(origin.fetched_at), np.nan)
    return given


def _append(cube: Cube, days: NDArray[np.float64], index: NDArray[np.intp], given: Arrays) -> None:
    """Days that the cube does not have, each a whole row over all places, the days themselves last."""
    if not days.size:
        return
    first, sites = cube.size("time"), cube.size("site")
    cube.grow("time", first + days.size)
    for name in cube.named(*_CELLS):
        array = cube.stored(name)
        whole = np.full((days.size, sites), array.fill_value, dtype=array.dtype)
        if name in given:
            whole[:, index] = given[name]
        array[first:] = whole
    cube.stored("time")[first:] = days


def _revise(
    cube: Cube, old: Cube, where: tuple[NDArray[np.intp], NDArray[np.intp]], given: Arrays, now_s: NDArray[np.float64]
) -> tuple[int, int]:
    """Days that a later answer tells otherwise: how many were unknown, and how many were known differently."""
    rows, index = where
    if not rows.size:
        return 0, 0
    before = {name: cube.stored(name).oindex[rows, index] for name in given}
    names = [name for name in given if name in VARIABLES]
    same = np.all(
        [(given[name] == before[name]) | (np.isnan(given[name]) & np.isnan(before[name])) for name in names], 0
    )
    unheard = np.isnan(before["fetched_at"])
    changed = np.isfinite(given["fetched_at"]) & (unheard | (~same & (given["fetched_at"] > before["fetched_at"])))
    if not changed.any():
        return 0, 0
    revised = changed & ~unheard
    _remember(old, revised, {**before, **_places(cube, where, revised.shape)}, now_s)
    # While the values change nobody has told the day.
    cube.stored("fetched_at").oindex[rows, index] = np.where(changed, np.nan, before["fetched_at"])
    for name, values in given.items():
        if name != "fetched_at":
            cube.stored(name).oindex[rows, index] = np.where(changed, values, before[name])
    cube.stored("fetched_at").oindex[rows, index] = np.where(changed, given["fetched_at"], before["fetched_at"])
    return int((changed & unheard).sum()), int(revised.sum())


def _places(cube: Cube, where: tuple[NDArray[np.intp], NDArray[np.intp]], shape: tuple[int, ...]) -> Arrays:
    """Day and place of every cell of a block."""
    days = cube.stored("time")[...][where[0]]
    return {"time": np.broadcast_to(days[:, None], shape), "site": np.broadcast_to(where[1][None, :], shape)}


def _remember(old: Cube, revised: NDArray[np.bool_], before: Arrays, now_s: NDArray[np.float64]) -> None:
    """What was known of some cells, one row for each; the moment at which it ceased to hold is written last."""
    if not revised.any():
        return
    kept = {name: values[revised] for name, values in before.items() if not name.endswith("_quality")}
    old.array("superseded_at", ("revision",), "float64", _TOLD_AT)
    for name in kept:
        units = DAYS if name == "time" else _TOLD_AT if name == "fetched_at" else {}
        kind = "int64" if name == "site" else str(before[name].dtype)
        old.array(name, ("revision",), kind, attributes_of(name) if name in VARIABLES else units)
    first = old.size("revision")
    old.grow("revision", first + int(revised.sum()))
    for name, values in kept.items():
        old.stored(name)[first:] = values
    old.stored("superseded_at")[first:] = np.full(int(revised.sum()), float(now_s))


def _put_back(dataset: xr.Dataset, unknown: NDArray[np.bool_], revisions: xr.Dataset, moment: np.datetime64) -> None:
    """Fill the cells that were told later with the last of what was known of them at the moment."""
    told_at = revisions["fetched_at"].values
    order = np.argsort(told_at, kind="stable")
    order = order[told_at[order] <= moment]
    row = np.searchsorted(dataset["time"].values, revisions["time"].values[order])
    site = revisions["site"].values[order].astype(np.intp)
    open_cells = unknown[row, site]
    for name in (str(one) for one in dataset.data_vars if str(one) in revisions):
        values = dataset[name].values
        values[row[open_cells], site[open_cells]] = revisions[name].values[order][open_cells]
        dataset[name] = (dataset[name].dims, values, dataset[name].attrs)
