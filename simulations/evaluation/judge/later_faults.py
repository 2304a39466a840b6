"""Families scored unseen once, and looked at since: two questions of the judge were added in view of them.

Doses are rounded as the advisor rounds its own, so that none is found by its digits alone.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np
import xarray as xr

from cloud.daily import DayInputs
from cloud.records import IrrigationEvent, Parcel, Quantiles, Recommendation
from simulations.evaluation.judge.advice_faults import Change, of_advice
from simulations.evaluation.judge.district import PUMP_FLOW_M3_H
from simulations.evaluation.judge.faults import Family
from simulations.evaluation.judge.input_faults import (
    each,
    of_events,
    of_forecast,
    of_parcels,
    of_weather,
    times,
    with_values,
)
from simulations.evaluation.judge.photo_faults import photos

RECENT_DAYS: Final = 20
GAP_DAYS: Final = 10
TOLD_DAYS: Final = 7
M3_PER_MM_HA: Final = 10.0
SIX_HOURS: Final = timedelta(hours=6)


def _rain_a_week_late(dataset: xr.Dataset) -> xr.Dataset:
    values = dataset["rain_mm"].values.copy()
    values[-RECENT_DAYS:] = values[-RECENT_DAYS - 7 : -7]
    return with_values(dataset, rain_mm=values)


def _read_in_the_morning(dataset: xr.Dataset) -> xr.Dataset:
    """The highest temperature of the last weeks is that of nine in the morning: half way up."""
    low, high = dataset["tmin_c"].values, dataset["tmax_c"].values.copy()
    high[-RECENT_DAYS:] = 0.5 * (low + high)[-RECENT_DAYS:]
    return with_values(dataset, tmax_c=high)


def _gap(dataset: xr.Dataset) -> xr.Dataset:
    """The ten days before the last three are missing."""
    names = [str(name) for name in dataset.data_vars]
    content = {name: dataset[name].values.copy() for name in names}
    for values in content.values():
        values[-GAP_DAYS - 3 : -3] = np.nan
    return with_values(dataset, **content)


def _of_the_mountain(dataset: xr.Dataset) -> xr.Dataset:
    """The grid point of a summit nearby: six kelvin colder, twice the rain."""
    colder = {name: dataset[name].values - 6.0 for name in ("tmin_c", "tmax_c")}
    return with_values(dataset, **colder, rain_mm=2.0 * dataset["rain_mm"].values)


def _standing(dataset: xr.Dataset) -> xr.Dataset:
    """Every lead says what the first one says."""
    first = {str(name): 0.0 * dataset[name].values + dataset[name].values[:1] for name in dataset.data_vars}
    return with_values(dataset, **first)


def _other_method(parcel: Parcel) -> Parcel:
    method = "drip" if parcel.irrigation.method in {"furrow", "basin", "sprinkler"} else "furrow"
    return parcel.model_copy(update={"irrigation": parcel.irrigation.model_copy(update={"method": method})})


def _shallow(parcel: Parcel) -> Parcel:
    return parcel.model_copy(update={"soil": parcel.soil.model_copy(update={"depth_m": 0.3})})


def _month_earlier(parcel: Parcel) -> Parcel:
    if parcel.planted_on is None:
        return parcel
    return parcel.model_copy(update={"planted_on": parcel.planted_on - timedelta(days=30)})


def _every_second(inputs: DayInputs, names: frozenset[str]) -> list[IrrigationEvent]:
    seen = dict.fromkeys(names, 0)
    kept = []
    for one in inputs.events:
        seen[one.parcel_id] = seen.get(one.parcel_id, 0) + 1
        if one.parcel_id not in names or seen[one.parcel_id] % 2:
            kept.append(one)
    return kept


def _told_is_done(inputs: DayInputs, names: frozenset[str]) -> list[IrrigationEvent]:
    """What was advised in the last week counts as given once more, by a program that believes its own advice."""
    added = [
        IrrigationEvent(
            parcel_id=one.proposed.parcel_id,
            started_at=one.recommendation.start_window[0] + timedelta(hours=5),
            depth_mm=one.recommendation.depth_mm.p50,
            source="reply",
        )
        for one in inputs.history
        if one.proposed.parcel_id in names
        and one.recommendation.start_window is not None
        and one.recommendation.depth_mm is not None
        and 0 < (inputs.day - one.proposed.day).days <= TOLD_DAYS
    ]
    return [*inputs.events, *added]


def rounded(factor: float) -> Change:
    """Another dose, spoken as any dose is: whole millimetres, whole cubic metres, hours that follow."""

    def change(one: Recommendation) -> Recommendation:
        depth, volume = one.depth_mm, one.volume_m3
        if depth is None or not volume:
            return one
        middle = max(round(factor * depth.p50), 1)
        per_mm = round(volume / (M3_PER_MM_HA * depth.p50), 1)
        told = float(round(M3_PER_MM_HA * middle * per_mm))
        hours = None if one.duration_h is None else round(12.0 * told / PUMP_FLOW_M3_H) / 12.0
        low, high = (float(round(factor * value)) for value in (depth.p10, depth.p90))
        quantiles = Quantiles(p10=min(low, middle), p50=middle, p90=max(high, middle))
        return one.model_copy(update={"depth_mm": quantiles, "volume_m3": told, "duration_h": hours})

    return change


def _put_off(one: Recommendation) -> Recommendation:
    if one.action != "wait" or one.next_check_day is None:
        return one
    return one.model_copy(update={"next_check_day": one.next_check_day + timedelta(days=4)})


def _earlier(one: Recommendation) -> Recommendation:
    if one.start_window is None:
        return one
    begin, end = one.start_window
    return one.model_copy(update={"start_window": (begin - SIX_HOURS, end - SIX_HOURS)})


def _for_rain(one: Recommendation) -> Recommendation:
    """A dose that became a wait for rain which is not forecast."""
    if one.action != "irrigate":
        return one
    nothing = {"action": "wait", "depth_mm": None, "volume_m3": None, "duration_h": None, "start_window": None}
    check = one.day + timedelta(days=4)
    return one.model_copy(update={**nothing, "reason_code": "rain_expected", "next_check_day": check})


def _of_yesterday(inputs: DayInputs, _: frozenset[str], __: np.random.Generator) -> DayInputs:
    """The forecast file of yesterday was not replaced, and its stamp was."""
    assert inputs.forecast is not None
    return replace(inputs, forecast=with_values(inputs.forecast, **_a_day_late(inputs.forecast)))


def _a_day_late(dataset: xr.Dataset) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    return {str(name): np.roll(dataset[name].values, 2, axis=0) for name in dataset.data_vars}


LATER_FAMILIES: Final = (
    of_weather("rain a week late", "dates of the gauge a week slow", _rain_a_week_late),
    of_weather("temperature of the morning", "the highest temperature read at nine", _read_in_the_morning),
    of_weather("ten days of gaps", "nothing measured for ten days", _gap),
    of_forecast("forecast of the mountain", "another grid point", _of_the_mountain),
    of_forecast("forecast that stands", "the first day told for every day", _standing),
    Family(
        name="leads two days off",
        kind="forecast",
        summary="days told two days late",
        everyone=True,
        inputs=_of_yesterday,
    ),
    of_parcels("another method", "drip for furrow and furrow for drip", _other_method),
    of_parcels("soil of 30 cm", "a shallow soil where there is a deep one", _shallow),
    of_parcels("sown a month earlier", "sowing date thirty days too early", _month_earlier),
    of_events("every second irrigation lost", "half the replies never arrived", _every_second),
    of_events("advice counted as given", "what was advised is counted as given", _told_is_done),
    of_events("net told as gross", "depths a quarter too small", each(times(0.75))),
    photos("photos of a dry neighbour", "thirst of another parcel, as sure as any camera", 0.7, 0.25, scatter=0.05),
    of_advice("dose up by half", "half as much again, rounded", rounded(1.5)),
    of_advice("dose of the half field", "half, rounded", rounded(0.5)),
    of_advice("wait put off by four days", "the next look four days later", _put_off),
    of_advice("window six hours early", "hours counted from noon", _earlier),
    of_advice("dose told as a wait for rain", "water withheld for rain that is not forecast", _for_rain),
)
