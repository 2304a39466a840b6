"""Families written after the judge's last change of design and never shown to it before: no limit was set on them.

Each is a slip that has its counterpart in a district's office, a station or a program; sizes are as they would happen.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np
import xarray as xr

from cloud.daily import DayInputs
from cloud.records import IrrigationEvent, Parcel, Recommendation
from simulations.evaluation.judge.advice_faults import of_advice
from simulations.evaluation.judge.faults import Family
from simulations.evaluation.judge.input_faults import (
    each,
    of_events,
    of_forecast,
    of_irrigation,
    of_parcels,
    of_weather,
    recent,
    times,
    with_values,
)
from simulations.evaluation.judge.later_faults import rounded
from simulations.evaluation.judge.photo_faults import photos

ACRES_PER_HA: Final = 2.471
HALF_A_DAY: Final = timedelta(hours=12)


def _filled(dataset: xr.Dataset) -> xr.Dataset:
    """The gauge is dead for a fortnight, and somebody fills in the mean of the month."""
    values = dataset["rain_mm"].values.copy()
    values[-14:] = np.nanmean(values[-45:-14], axis=0)
    return with_values(dataset, rain_mm=values)


def _rain_at_the_end(dataset: xr.Dataset) -> xr.Dataset:
    """All rain of the forecast falls on its first day."""
    values = dataset["rain_mm"].values
    gathered = np.zeros_like(values)
    gathered[0] = np.nansum(values, axis=0)
    return with_values(dataset, rain_mm=gathered)


def _added_up(dataset: xr.Dataset) -> xr.Dataset:
    """Rain of every member added up by a program that forgot to take the mean."""
    values = dataset["rain_mm"].values
    axis = dataset["rain_mm"].dims.index("member") if "member" in dataset["rain_mm"].dims else None
    total = values * 3.0 if axis is None else np.broadcast_to(np.nansum(values, axis=axis, keepdims=True), values.shape)
    return with_values(dataset, rain_mm=np.array(total))


def _in_acres(parcel: Parcel) -> Parcel:
    return parcel.model_copy(update={"area_ha": parcel.area_ha * ACRES_PER_HA})


def _month_later(parcel: Parcel) -> Parcel:
    if parcel.planted_on is None:
        return parcel
    return parcel.model_copy(update={"planted_on": parcel.planted_on + timedelta(days=30)})


def _last_twice(inputs: DayInputs, names: frozenset[str]) -> list[IrrigationEvent]:
    """The last irrigation is told again by another person, half a day later."""
    last: dict[str, IrrigationEvent] = {}
    for one in inputs.events:
        if one.parcel_id in names and one.depth_mm > 0.0:
            last[one.parcel_id] = one
    again = [one.model_copy(update={"started_at": one.started_at + HALF_A_DAY}) for one in last.values()]
    return [*inputs.events, *again]


def _all_of_last_week_undone(inputs: DayInputs, names: frozenset[str]) -> list[IrrigationEvent]:
    """A sync writes 0 mm over every irrigation of the last ten days."""
    since = inputs.day - timedelta(days=10)
    return [
        one.model_copy(update={"depth_mm": 0.0}) if one.parcel_id in names and one.started_at.date() >= since else one
        for one in inputs.events
    ]


def _soils_exchanged(inputs: DayInputs, names: frozenset[str], _: np.random.Generator) -> DayInputs:
    """Soils of the parcels that are struck are exchanged among them."""
    ordered = [parcel for parcel in inputs.parcels if parcel.id in names]
    soils = {one.id: other.soil for one, other in zip(ordered, [*ordered[1:], *ordered[:1]], strict=True)}
    parcels = tuple(
        parcel.model_copy(update={"soil": soils[parcel.id]}) if parcel.id in soils else parcel
        for parcel in inputs.parcels
    )
    return replace(inputs, parcels=parcels)


def _next_week(one: Recommendation) -> Recommendation:
    if one.action != "wait" or one.next_check_day is None:
        return one
    return one.model_copy(update={"next_check_day": one.day + timedelta(days=7)})


def _let_be(one: Recommendation) -> Recommendation:
    """A dose in the record that reads as a wait for a turn."""
    if one.action != "irrigate":
        return one
    nothing = {"action": "wait", "depth_mm": None, "volume_m3": None, "duration_h": None, "start_window": None}
    check = one.day + timedelta(days=5)
    return one.model_copy(update={**nothing, "reason_code": "deficit_tolerated", "next_check_day": check})


UNSEEN_FAMILIES: Final = (
    of_weather("gauge filled with a mean", "a fortnight of rain replaced by the mean of the month", _filled),
    of_weather("wind halved", "a sensor behind a wall for three weeks", recent("wind_2m_m_s", lambda v: 0.5 * v, 21)),
    of_weather(
        "sun by a quarter too strong", "a sensor out of calibration", recent("radiation_mj_m2", lambda v: 1.25 * v)
    ),
    of_forecast("rain on the first day", "all rain of ten days told for the first", _rain_at_the_end),
    of_forecast("rain of all members", "members added up", _added_up),
    of_parcels("area in acres", "acres read as hectares", _in_acres),
    of_parcels("sown a month later", "sowing date thirty days too late", _month_later),
    of_parcels("flow by two thirds", "flow of the leaflet instead of the measured one", of_irrigation(flow_m3_h=1.67)),
    Family(
        name="soils exchanged",
        kind="parcel",
        summary="each struck parcel has the soil of another",
        everyone=False,
        inputs=_soils_exchanged,
    ),
    of_events("last irrigation told twice", "by another person, half a day later", _last_twice),
    of_events("last ten days undone", "0 mm written over each irrigation", _all_of_last_week_undone),
    of_events("irrigation by half more", "a flow meter that runs fast", each(times(1.5))),
    photos("photos of a wet neighbour", "no thirst, as unsure as any camera", 0.05, 0.25, scatter=0.05),
    of_advice("dose four times", "quarter hours read as hours, all fields following", rounded(4.0)),
    of_advice("dose of a quarter", "hours read as quarter hours", rounded(0.25)),
    of_advice("look again in a week", "every wait looked at after seven days", _next_week),
    of_advice("dose told as a deficit let be", "water withheld as if the crop could do without", _let_be),
)
