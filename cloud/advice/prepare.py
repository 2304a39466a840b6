"""Weather made ready for the balance of one day: nothing from after the day, stale parcels named and held."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import xarray as xr

from cloud.advice.inputs import DayInputs
from cloud.advice.readiness import OLDEST_WEATHER_DAYS, is_stale, known_through, last_known_days
from cloud.records import Parcel
from cloud.weather.forcing import Forcing, forcing_for
from cloud.weather.told_rain import with_told_rain


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Parcels whose weather can carry a balance, that weather, and why the others are held."""

    parcels: tuple[Parcel, ...]
    weather: Forcing | None
    held: Mapping[str, str]
    problems: tuple[str, ...]


def prepare(inputs: DayInputs) -> Ready:
    """Parcels that can be followed to the day, their weather, and the others with the reason."""
    past = _until(inputs.weather, inputs.day)
    if not past.sizes["time"] or not inputs.parcels:
        problem = f"weather: expected days up to {inputs.day}, got none; every parcel is held"
        held = dict.fromkeys((parcel.id for parcel in inputs.parcels), "weather_stale")
        return Ready(parcels=(), weather=None, held=held, problems=(problem,) if held else ())
    last_known = last_known_days(forcing_for(inputs.parcels, past))
    stale = [is_stale(last, inputs.day) for last in last_known]
    fresh = tuple(parcel for parcel, old in zip(inputs.parcels, stale, strict=True) if not old)
    held = {p.id: "weather_stale" for p, old in zip(inputs.parcels, stale, strict=True) if old}
    oldest = inputs.day - timedelta(days=OLDEST_WEATHER_DAYS)
    problems = tuple(
        f"parcel {parcel.id}: expected temperature and rain of {oldest} or later,"
        f" got none{f' after {last}' if last else ''}; held until they arrive"
        for parcel, last, old in zip(inputs.parcels, last_known, stale, strict=True)
        if old
    )
    if not fresh:
        return Ready(parcels=(), weather=None, held=held, problems=problems)
    begins = None if inputs.forecast is None else inputs.forecast["time"].values.min().astype("datetime64[D]").item()
    kept = [last for last, old in zip(last_known, stale, strict=True) if not old]
    weather = forcing_for(fresh, _through(past, known_through(kept, begins, inputs.day)))
    wetted = with_told_rain(weather, fresh, inputs.rain_told)
    return Ready(parcels=fresh, weather=wetted, held=held, problems=problems)


def _until(dataset: xr.Dataset, day: date) -> xr.Dataset:
    """The dataset without the days after ``day``: advice is causal even where the file knows more."""
    return dataset.sel(time=dataset["time"].values.astype("datetime64[D]") <= np.datetime64(day, "D"))


def _through(dataset: xr.Dataset, last: date) -> xr.Dataset:
    """The dataset with every day up to ``last``, unknown ones as gaps for the reader to fill and flag."""
    days = dataset["time"].values.astype("datetime64[D]")
    full = np.arange(days.min(), np.datetime64(last, "D") + np.timedelta64(1, "D"))
    return dataset.assign_coords(time=days).reindex(time=full)
