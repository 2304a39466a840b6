"""A second product as it is learned from: its weather, and what its file tells beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cloud.weather.read import read_weather
from cloud.weather.tables.town_history import with_highest_dewpoint

if TYPE_CHECKING:
    import xarray as xr


def read_product(path: Path, *, elevation_m: float | None = None) -> xr.Dataset:
    """Weather of a file as ``read_weather`` gives it, with the highest dew point where a town's export has one."""
    return with_highest_dewpoint(read_weather(path, elevation_m=elevation_m), path)
