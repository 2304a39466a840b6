"""Families written after every limit of the judge had been fixed: nothing of the judge was chosen on them."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np
import xarray as xr

from cloud.daily import DayInputs
from cloud.records import Quantiles, Recommendation
from simulations.evaluation.judge.advice_faults import of_advice, of_dose
from simulations.evaluation.judge.faults import Family
from simulations.evaluation.judge.input_faults import (
    each,
    of_events,
    of_forecast,
    of_irrigation,
    of_parcels,
    of_weather,
    recent,
    scaled,
    times,
    with_values,
)

RECENT_DAYS: Final = 20


def _one_gauge(dataset: xr.Dataset) -> xr.Dataset:
    """The first station measures no rain any more."""
    values = dataset["rain_mm"].values.copy()
    values[-RECENT_DAYS:, 0] = 0.0
    return with_values(dataset, rain_mm=values)


def _of_one_mind(dataset: xr.Dataset) -> xr.Dataset:
    """Every member says what the first one says."""
    first = {str(name): dataset[name].values[:, :1, :] + 0.0 * dataset[name].values for name in dataset.data_vars}
    return with_values(dataset, **first)


def _weeks_ahead(dataset: xr.Dataset) -> xr.Dataset:
    """The days of the forecast in the wrong order."""
    return with_values(dataset, **{str(name): dataset[name].values[::-1] for name in dataset.data_vars})


def _drier(inputs: DayInputs, names: frozenset[str]) -> DayInputs:
    parcels = tuple(
        one.model_copy(update={"initial_depletion_mm": 120.0}) if one.id in names else one for one in inputs.parcels
    )
    return replace(inputs, parcels=parcels)


def _claim_apart(one: Recommendation) -> Recommendation:
    if one.depletion_mm is None:
        return one
    apart = {name: value + 40.0 for name, value in one.depletion_mm.model_dump().items()}
    return one.model_copy(update={"depletion_mm": Quantiles(**apart)})


def _no_next_look(one: Recommendation) -> Recommendation:
    return one if one.action != "wait" else one.model_copy(update={"next_check_day": one.day + timedelta(days=12)})


def _dry(inputs: DayInputs, names: frozenset[str], _: np.random.Generator) -> DayInputs:
    return _drier(inputs, names)


FRESH_FAMILIES: Final = (
    of_weather("one gauge blocked", "one of four stations measures no rain for twenty days", _one_gauge),
    of_weather("temperature 4 K too warm", "a sensor that drifted", lambda d: _warmer(d, 4.0)),
    of_weather("wind stuck at a storm", "12 m/s for twenty days", recent("wind_2m_m_s", lambda v: v * 0.0 + 12.0)),
    of_forecast("members of one mind", "every member is the first one", _of_one_mind),
    of_forecast("days of the forecast backwards", "leads in the wrong order", _weeks_ahead),
    of_forecast("forecast rain in inches", "inches read as mm", scaled("rain_mm", 1.0 / 25.4)),
    of_parcels(
        "row spacing for sowing",
        "another year of planting",
        lambda p: (
            p.model_copy(update={"season_starts_on": None})
            if p.planted_on is None
            else p.model_copy(update={"planted_on": p.planted_on - timedelta(days=365)})
        ),
    ),
    of_parcels("efficiency halved", "0.45 for 0.9", of_irrigation(efficiency=0.5)),
    Family(
        name="soil said to be dry at the start",
        kind="parcel",
        summary="120 mm missing at planting",
        everyone=False,
        inputs=_dry,
    ),
    of_events("irrigation a third", "one of three meters counted", each(times(1.0 / 3.0))),
    of_events("irrigation threefold", "one meter counted for three parcels", each(times(3.0))),
    of_advice("dose a third", "one share of three told", of_dose(1.0 / 3.0)),
    of_advice("dose threefold", "three shares told as one", of_dose(3.0)),
    of_advice("claim 40 mm drier", "the depletion of another soil", _claim_apart),
    of_advice("wait of twelve days", "the next look twelve days away", _no_next_look),
)


def _warmer(dataset: xr.Dataset, kelvin: float) -> xr.Dataset:
    for name in ("tmin_c", "tmax_c"):
        dataset = recent(name, lambda values: values + kelvin)(dataset)
    return dataset
