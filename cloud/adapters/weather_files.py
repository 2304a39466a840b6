"""Fetched weather written to the files that the day reads: NetCDF for any number of places, CSV for one.

A file appears whole or not at all, and its time of change is that of the oldest answer in it, so that writing an old
forecast again never makes it look fresh.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import ConfigurationError, ServiceUnavailableError
from cloud.variables import Floats
from cloud.weather.tables.table import read_table

if TYPE_CHECKING:
    import xarray as xr

_CUBES: Final = frozenset({".nc", ".nc4"})


def check_target(path: Path, places: int) -> None:
    """Refuse, before anything is fetched, a file that could not hold the weather of so many places."""
    if path.suffix.lower() in _CUBES or (path.suffix.lower() == ".csv" and places == 1):
        return
    way_out = "a CSV file holds one place, name a .nc file" if path.suffix.lower() == ".csv" else "name a .nc file"
    raise ConfigurationError(f"weather: {path.name}: expected a file for {places} places; {way_out}")


def write_weather(path: Path, dataset: xr.Dataset, as_of: datetime) -> None:
    """Write a cube (dims of the contract), or the one place of a cube as CSV."""
    half = path.with_name(f"{path.name}.{os.getpid()}.half")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in _CUBES:
            packed = {str(name): {"zlib": True, "complevel": 1} for name in dataset.data_vars}
            dataset.to_netcdf(half, engine="netcdf4", encoding=packed)
        else:
            _write_csv(half, dataset)
        os.utime(half, (as_of.timestamp(), as_of.timestamp()))
        half.replace(path)
    except OSError as error:
        half.unlink(missing_ok=True)
        raise ServiceUnavailableError(
            f"{path}: the weather cannot be written ({error.strerror or error}); check the folder"
        ) from error


def sources_of(path: Path) -> dict[str, int]:
    """Days of each source in a file of past weather that was written here; none for other files."""
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    if path.suffix.lower() in _CUBES:
        with xr.open_dataset(path) as dataset:
            if "source" not in dataset.coords:
                return {}
            meanings = str(dataset["source"].attrs["flag_meanings"]).split()
            counts = Counter(dataset["source"].values.ravel().tolist())
        return {meanings[int(number) + 1]: count for number, count in sorted(counts.items())}
    table = read_table(path)
    return dict(sorted(Counter(table.column("source")).items())) if "source" in table.header else {}


def _write_csv(path: Path, dataset: xr.Dataset) -> None:
    names = [str(name) for name in dataset.data_vars]
    one = dataset.isel(site=0)
    with path.open("w", encoding="utf-8", newline="") as file:
        for key in ("latitude", "longitude", "elevation_m"):
            if not np.isnan(value := float(one[key])):
                file.write(f"# {key}: {value:g}\n")
        file.write(f"# source: {dataset.attrs['source']}\n# attribution: {dataset.attrs['attribution']}\n")
        writer = csv.writer(file, lineterminator="\n")
        if "issued_at" in dataset.dims:
            writer.writerow(["issued_at", "member", "date", *names, "fetched_at"])
            writer.writerows(_forecast_rows(one, names))
        else:
            writer.writerow(["date", *names, "source", "fetched_at"])
            writer.writerows(_past_rows(one, names))


def _past_rows(one: xr.Dataset, names: Sequence[str]) -> Iterator[list[object]]:
    meanings = ("none", *str(one.attrs["source"]).split(", "))
    columns = [_texts(one[name].values) for name in names]
    stamps = [_stamp(moment) for moment in one["fetched_at"].values.astype("datetime64[s]")]
    sources = [meanings[number + 1] for number in one["source"].values.tolist()]
    days = one["time"].values.astype("datetime64[D]")
    yield from ([*row] for row in zip(days, *columns, sources, stamps, strict=True))


def _forecast_rows(one: xr.Dataset, names: Sequence[str]) -> Iterator[list[object]]:
    issue = one["issued_at"].values.astype("datetime64[s]")[0]
    fetched_at = _stamp(np.datetime64(one["fetched_at"].values.astype("datetime64[s]").item(), "s"))
    for place, lead in enumerate(one["lead"].values.tolist()):
        at = one.isel(issued_at=0, lead=place)
        columns = [_texts(at[name].values) for name in names]
        day = issue.astype("datetime64[D]") + lead
        for member in range(one.sizes["member"]):
            yield [_stamp(issue), member, day, *(column[member] for column in columns), fetched_at]


def _texts(values: Floats) -> list[str]:
    return ["" if np.isnan(value) else f"{value:.6g}" for value in values.tolist()]


def _stamp(moment: np.datetime64) -> str:
    return "" if np.isnat(moment) else f"{moment}+00:00"
