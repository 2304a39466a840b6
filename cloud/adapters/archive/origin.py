"""Who said what stands in a weather file, and when: from the file where it tells, else the file's own name and time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.adapters.archive.past import Origin
from cloud.weather.tables.table import read_table

if TYPE_CHECKING:
    import xarray as xr

_CUBES: Final = frozenset({".nc", ".nc4"})


def past_origin(path: Path, past: xr.Dataset) -> Origin:
    """Source and moment of every day and site of a dataset that was read from a file."""
    days = past["time"].values.astype("datetime64[D]")
    shape = (days.size, past.sizes["site"])
    source = np.full(shape, path.name, dtype=object)
    fetched_at = np.full(shape, _written(path), dtype="datetime64[s]")
    told = _of_cube(path, shape[1]) if path.suffix.lower() in _CUBES else _of_table(path, shape[1])
    if told is not None:
        rows, theirs = np.intersect1d(days, told[0], return_indices=True)[1:]
        source[rows], fetched_at[rows] = told[1][theirs], told[2][theirs]
    return Origin(source=source.astype(np.str_), fetched_at=fetched_at)


def forecast_source(path: Path) -> str:
    """Name under which forecasts of a file belong together: their model or service, else the file."""
    if path.suffix.lower() in _CUBES:
        import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

        with xr.open_dataset(path, decode_timedelta=False) as dataset:
            named = " ".join(str(dataset.attrs[key]) for key in ("source", "model") if dataset.attrs.get(key))
            return named or path.name
    if path.suffix.lower() == ".csv":
        return read_table(path).comments.get("source") or path.name
    return path.name


def forecast_moments(forecast: xr.Dataset) -> NDArray[np.datetime64]:
    """The issue's moment for every site of a forecast."""
    return np.full(forecast.sizes["site"], np.datetime64(str(forecast.attrs["issued_at"])[:19], "s"))


def _written(path: Path) -> np.datetime64:
    newest = max((one.stat().st_mtime for one in path.rglob("*")), default=path.stat().st_mtime)
    return np.datetime64(int(newest), "s")


_Told = tuple[NDArray[np.datetime64], NDArray[np.object_], NDArray[np.datetime64]]
"""Days (D,), sources (D, S) and moments (D, S)."""


def _of_cube(path: Path, sites: int) -> _Told | None:
    """What a cube that was fetched tells of itself."""
    import xarray as xr  # noqa: PLC0415 -- as above

    with xr.open_dataset(path, decode_timedelta=False) as dataset:
        if not {"source", "fetched_at"} <= set(dataset.coords) or dataset["fetched_at"].sizes.get("site") != sites:
            return None
        words = str(dataset["source"].attrs["flag_meanings"]).split()
        numbers = np.asarray(dataset["source"].attrs["flag_values"]).tolist()
        names = dict(zip(numbers, words, strict=True))
        flags = dataset["source"].transpose("time", "site").values
        source = np.array([[names[int(flag)] for flag in row] for row in flags], dtype=object)
        moments = dataset["fetched_at"].transpose("time", "site").values.astype("datetime64[s]")
        return dataset["time"].values.astype("datetime64[D]"), source.reshape(moments.shape), moments


def _of_table(path: Path, sites: int) -> _Told | None:
    """What a table that was fetched tells of itself, row by row."""
    table = read_table(path) if path.suffix.lower() == ".csv" and sites == 1 else None
    if table is None or not {"date", "source", "fetched_at"} <= set(table.header):
        return None
    found = {}
    for day, source, moment in zip(*(table.column(name) for name in ("date", "source", "fetched_at")), strict=True):
        try:
            told_at = datetime.fromisoformat(moment)
            found[np.datetime64(day, "D")] = (source, told_at.astimezone(UTC).replace(tzinfo=None))
        except ValueError:
            continue  # the reader names the row
    days = np.array(list(found), dtype="datetime64[D]")
    sources = np.array([[source] for source, _ in found.values()], dtype=object).reshape(-1, 1)
    return days, sources, np.array([[moment] for _, moment in found.values()], dtype="datetime64[s]").reshape(-1, 1)
