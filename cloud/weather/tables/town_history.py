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
from cloud.weather.scrutiny.quality import Quality
from cloud.weather.tables.dates import days_of
from cloud.weather.tables.table import Table, read_table

if TYPE_CHECKING:
    import xarray as xr

SITE_OF_EXPORTS: Final = "historique-meteo.net"
DEWPOINT_MAX: Final = "dewpoint_max_c"
"""Highest dew point of the day [degC]; also its column in lower case."""

_CLOUD: Final = "cloudcover_avg_percent"
_ALL_PERCENT: Final = 100.0


def town_table(path: Path) -> Table | None:
    """Such an export as a table; None for any other file."""
    if path.suffix.lower() != ".csv":
        return None
    table = read_table(path)
    return table if any(SITE_OF_EXPORTS in key for key in table.comments) else None


def with_sunshine(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    """A town's weather with sunshine estimated from cloud, flagged and told; any other file's as it is."""
    table = town_table(path)
    if table is None or _CLOUD not in table.header or "sunshine_h" in dataset:
        return dataset
    days = dataset["time"].values.astype("datetime64[D]")
    cloud = _on_days(table, _CLOUD, days, (0.0, _ALL_PERCENT))
    ordinal = (days - days.astype("datetime64[Y]")).astype(np.float64) + 1.0
    latitude = float(dataset["latitude"].values[0])
    sunshine = (1.0 - cloud / _ALL_PERCENT) * daylight_h(np.array(latitude), ordinal)
    flags = np.where(np.isnan(sunshine), Quality.MISSING, Quality.ESTIMATED).astype(np.int8)
    told = f"{table.name}: sunshine is the daylight that {_CLOUD} leaves; the weather is a model's, not measured"
    return (
        dataset.assign(sunshine_h=(("time", "site"), sunshine[:, None], {"units": VARIABLES["sunshine_h"].unit}))
        .assign_coords(sunshine_h_quality=(("time", "site"), flags[:, None]))
        .assign_attrs(notes="\n".join(one for one in (str(dataset.attrs["notes"]), told) if one))
    )


def with_highest_dewpoint(dataset: xr.Dataset, path: Path) -> xr.Dataset:
    """A town's weather with its highest dew point as one more variable; any other file's as it is."""
    table = town_table(path)
    if table is None or DEWPOINT_MAX not in table.header:
        return dataset
    bounds = VARIABLES["dewpoint_c"].low, VARIABLES["dewpoint_c"].high
    highest = _on_days(table, DEWPOINT_MAX, dataset["time"].values.astype("datetime64[D]"), bounds)
    return dataset.assign({DEWPOINT_MAX: (("time", "site"), highest[:, None], {"units": "degC"})})


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
