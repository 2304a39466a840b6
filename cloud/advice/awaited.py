"""Rain that a parcel waited for and that did not come: told where water has to be given after all.

Nothing is paid back by a rule: the balance knows the rain that was measured. But whoever was told to wait for rain, and
is now told to irrigate, is owed the reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

import numpy as np

from cloud.advice.outlook import RAIN_COUNTED_DAYS
from cloud.advice.prepare import Ready
from cloud.records import Evidence, Recommendation, Verdict
from cloud.weather.forcing import Forcing

NOTABLE_MM: Final = 3.0
"""Less rain than this was hardly what one waited for."""


def owing_reasons(
    recommendations: Sequence[Recommendation], history: Iterable[Verdict], ready: Ready
) -> tuple[Recommendation, ...]:
    """The recommendations, those of irrigations after waiting in vain with the reason and both depths of rain."""
    waited = _waited_for(history)
    if not waited or ready.weather is None:
        return tuple(recommendations)
    places = {parcel.id: place for place, parcel in enumerate(ready.parcels)}
    return tuple(
        _with_reason(one, waited[one.parcel_id], _fallen_mm(ready.weather, places[one.parcel_id], waited, one))
        if one.parcel_id in waited and one.parcel_id in places
        else one
        for one in recommendations
    )


def _waited_for(history: Iterable[Verdict]) -> Mapping[str, tuple[date, float]]:
    """Last day on which each parcel was told to wait for rain, and the rain then expected [mm]."""
    found: dict[str, tuple[date, float]] = {}
    for verdict in history:
        told = verdict.recommendation
        expected_mm = _fact(told, "forecast_rain_mm")
        if told.reason_code != "rain_expected" or expected_mm is None:
            continue
        if told.parcel_id not in found or found[told.parcel_id][0] < told.day:
            found[told.parcel_id] = (told.day, expected_mm)
    return found


def _with_reason(one: Recommendation, waited: tuple[date, float], fallen_mm: float | None) -> Recommendation:
    if one.action != "irrigate" or one.reason_code != "stress_expected":
        return one
    since, expected_mm = waited
    still_mm = _fact(one, "forecast_rain_mm")
    recent = 0 < (one.day - since).days <= RAIN_COUNTED_DAYS
    if not recent or expected_mm < NOTABLE_MM or fallen_mm is None or still_mm is None:
        return one
    if fallen_mm + still_mm >= 0.5 * expected_mm:
        return one
    facts = (
        Evidence(kind="rain_waited_for_mm", value=expected_mm, source=f"forecast of {since}"),
        Evidence(kind="rain_since_mm", value=round(fallen_mm, 1), source="weather"),
    )
    return one.model_copy(update={"reason_code": "rain_did_not_come", "evidence": (*one.evidence, *facts)})


def _fallen_mm(
    weather: Forcing, place: int, waited: Mapping[str, tuple[date, float]], one: Recommendation
) -> float | None:
    """Rain measured since a parcel was told to wait [mm]; None where a day of it is not known."""
    since, _ = waited[one.parcel_id]
    fallen = weather.rain_mm[(weather.days >= np.datetime64(since)) & (weather.days < np.datetime64(one.day)), place]
    return float(fallen.sum()) if np.isfinite(fallen).all() else None


def _fact(one: Recommendation, kind: str) -> float | None:
    return next((fact.value for fact in one.evidence if fact.kind == kind), None)
