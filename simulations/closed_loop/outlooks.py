"""Forecasts as the advisor reads them: SYNTHETIC ensembles of the world, or climatology where there is no forecast."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from cloud.variables import Floats
from simulations.closed_loop.climates import VARIABLES, Climate
from simulations.closed_loop.fields import FieldSeason
from simulations.closed_loop.forecasts import LEADS, Forecasts

YEAR_DAYS: Final = 365.25
CLIMATOLOGY_MEMBERS: Final = 20


class EnsembleAhead:
    """The world's ensembles, issued on the evening before."""

    def __init__(self, forecasts: Mapping[str, Forecasts]) -> None:
        self._forecasts = forecasts

    def issued(self, day: date, fields: Sequence[FieldSeason], standing: NDArray[np.bool_]) -> xr.Dataset:
        """Ensemble for a nominal day and those after it; NaN for fields without a crop."""
        each = [
            self._forecasts[one.climate].ahead(day - one.shift) if stands else None
            for one, stands in zip(fields, standing, strict=True)
        ]
        return dataset_of(each, day, "SYNTHETIC forecast")


class ClimatologyAhead:
    """What other years of the record brought on these days: all that is known where no forecast comes."""

    def __init__(self, climates: Mapping[str, Climate]) -> None:
        self._climates = climates

    def issued(self, day: date, fields: Sequence[FieldSeason], standing: NDArray[np.bool_]) -> xr.Dataset:
        """Days of other years as members; NaN for fields without a crop."""
        each = [
            usual_of(self._climates[one.climate], day - one.shift) if stands else None
            for one, stands in zip(fields, standing, strict=True)
        ]
        return dataset_of(each, day, "climatology")


def usual_of(climate: Climate, day: date) -> Mapping[str, Floats]:
    """The same days of the calendar in other years of the record, as members (LEADS, M) by variable."""
    start = int((np.datetime64(day, "D") - climate.days[0]).astype(int))
    years = range(-int(start // YEAR_DAYS) - 1, int((climate.days.size - start) // YEAR_DAYS) + 1)
    starts = [start + round(YEAR_DAYS * year) for year in years if year != 0]
    rows = np.array([one for one in starts if one >= 0 and one + LEADS <= climate.days.size])
    values = {name: climate.column(name)[rows[None, :] + np.arange(LEADS)[:, None]] for name in VARIABLES}
    whole = np.isfinite(np.stack(list(values.values()))).all(axis=(0, 1))
    kept = np.flatnonzero(whole)
    spread = kept[np.linspace(0, kept.size - 1, CLIMATOLOGY_MEMBERS).round().astype(int)]
    return {name: found[:, spread] for name, found in values.items()}


def dataset_of(each: Sequence[Mapping[str, Floats] | None], day: date, source: str) -> xr.Dataset:
    """Members of every field as the advisor's forecast, dims (time, member, site)."""
    members = next((one["et0_mm"].shape[1] for one in each if one is not None), 1)
    gap = np.full((LEADS, members), np.nan)
    content: dict[str, Any] = {
        name: (("time", "member", "site"), np.stack([gap if one is None else one[name] for one in each], axis=-1))
        for name in VARIABLES
    }
    days = np.datetime64(day, "D") + np.arange(LEADS)
    issued = f"{day - timedelta(days=1)}T18:00:00"
    return xr.Dataset(
        content,
        coords={"time": days, "member": np.arange(members)},
        attrs={"source": source, "issued_at": issued},
    )
