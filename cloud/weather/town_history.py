"""What the towns' exports of historique-meteo.net hold beside the usual columns: cloud, and the highest dew point.

Model output in whole degrees, free to use where the source is named. Cloud stands for the sunshine that the export
does not give; its highest dew point is no mean and no variable of the water balance, but it helps to learn one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.agronomy.radiation import daylight_h
from cloud.variables import VARIABLES, Days, Floats
from cloud.weather.dates import days_of
from cloud.weather.quality import Quality
from cloud.weather.read import read_weather
from cloud.weather.table import Table, read_table

if TYPE_CHECKING:
    import xarray as xr

SITE_OF_EXPORTS: Final = "historique-meteo.net"
DEWPOINT_MAX: Final = "dewpoint_max_c"
"""Highest dew point of the day [degC]."""

_CLOUD: Final = "cloudcover_avg_percent"
_DEWPOINT: Final = "dewpoint_max_c"
_ALL_PERCENT: Final = 100.0


def read_product(path: Path, *, elevation_m: float | None = None) -> xr.Dataset:
    """Weather of a file as ``read_weather`` gives it and, of a town's export, what else it tells of the day."""
    dataset = read_weather(path, elevation_m=elevation_m)
    if path.suffix.lower() != ".csv":
        return dataset
    table = read_table(path)
    return with_town_columns(dataset, table) if is_town_history(table) else dataset


def is_town_history(table: Table) -> bool:
    """Whether a table is such an export: its comment lines name the site."""
    return any(SITE_OF_EXPORTS in key for key in table.comments)


def with_town_columns(dataset: xr.Dataset, table: Table) -> xr.Dataset:
    """The dataset of one town with sunshine estimated from cloud, flagged so, and the highest dew point."""
    days = dataset["time"].values.astype("datetime64[D]")
    added: dict[str, object] = {}
    notes = [str(dataset.attrs["notes"])]
    if _CLOUD in table.header and "sunshine_h" not in dataset:
        cloud = _on_days(table, _CLOUD, days, (0.0, _ALL_PERCENT))
        ordinal = (days - days.astype("datetime64[Y]")).astype(np.float64) + 1.0
        latitude = float(dataset["latitude"].values[0])
        sunshine = (1.0 - cloud / _ALL_PERCENT) * daylight_h(np.array(latitude), ordinal)
        flags = np.where(np.isnan(sunshine), Quality.MISSING, Quality.ESTIMATED).astype(np.int8)
        added["sunshine_h"] = (("time", "site"), sunshine[:, None], {"units": VARIABLES["sunshine_h"].unit})
        dataset = dataset.assign_coords(sunshine_h_quality=(("time", "site"), flags[:, None]))
        notes.append(f"{table.name}: sunshine is the daylight that {_CLOUD} leaves")
    if _DEWPOINT in table.header:
        bounds = VARIABLES["dewpoint_c"].low, VARIABLES["dewpoint_c"].high
        highest = _on_days(table, _DEWPOINT, days, bounds)
        added[DEWPOINT_MAX] = (("time", "site"), highest[:, None], {"units": "degC"})
    marked = {"notes": "\n".join(one for one in notes if one), "synthetic": "model output, not measured"}
    return dataset.assign(added).assign_attrs(marked)


def _on_days(table: Table, column: str, days: Days, bounds: tuple[float, float]) -> Floats:
    """A column on consecutive days (D,); the first row of a day counts, values outside the bounds are unknown."""
    values = np.full(days.size, np.nan)
    first = days[0].astype(object)
    taken = np.zeros(days.size, dtype=bool)
    for day, value in zip(days_of(table), table.numbers(column).tolist(), strict=True):
        place = -1 if day is None else (day - first).days
        if 0 <= place < days.size and not taken[place]:
            values[place], taken[place] = value, True
    return np.where((values < bounds[0]) | (values > bounds[1]), np.nan, values)
