"""The forecast of every place, side by side, from its issue on; what is older than the others is left out and named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError
from cloud.variables import Days, Floats
from cloud.weather.services.gather import GIVEN, ONE_DAY, Desk, Plan, begin_of, hourly, utc_seconds
from cloud.weather.services.open_meteo import ensemble_request, forecast_request
from cloud.weather.services.request import Daily, Place, Request, Service, Told

LARGEST_SPREAD: Final = timedelta(hours=12)
"""Issues of one forecast file lie no farther apart than this."""
LATE: Final = timedelta(days=2)
"""An answer that begins this long before it was asked for was not made today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Forecast of S places: values (D, M, S), NaN = unknown, with the oldest issue among them."""

    issued_at: datetime
    days: Days
    values: Mapping[str, Floats]
    elevation_m: Floats
    fetched_at: NDArray[np.datetime64]
    """(S,) when the service said it, UTC."""
    problems: tuple[str, ...]


def forecast_of(service: Service, places: Sequence[Place], plan: Plan, now: datetime) -> Ahead:
    """Days from the issue on of every place; raises when there is no forecast for any."""
    desk = Desk(service)
    answers: dict[int, Told[Daily]] = {}
    for column, place in enumerate(places):
        told = desk.ask(*_ahead(place, plan))
        if told is None:
            continue
        if begin_of(told.value.days[0].item()) < told.fetched_at.astimezone(UTC) - LATE - ONE_DAY:
            desk.problems.append(
                f"{told.value.source} at {place.label}: expected a forecast of {told.fetched_at.date()}, got one that"
                f" begins on {told.value.days[0]}; not used"
            )
            continue
        answers[column] = told
    newest = max((told.fetched_at for told in answers.values()), default=now)
    for column, told in list(answers.items()):
        if told.fetched_at < newest - LARGEST_SPREAD:
            desk.problems.append(
                f"{told.value.source} at {places[column].label}: expected an issue like that of the other places, got"
                f" one of {told.fetched_at:%Y-%m-%d %H:%M} UTC; not used"
            )
            del answers[column]
    if not answers:
        raise desk.failure("forecast")
    return _side_by_side(answers, places, tuple(dict.fromkeys(desk.problems)))


def _ahead(place: Place, plan: Plan) -> tuple[Request, Place, Callable[[bytes], Daily]]:
    if plan.forecast == "open-meteo-ensemble":
        request = ensemble_request(place, days=plan.forecast_days, model=plan.ensemble_model)
    else:
        request = forecast_request(place, days=plan.forecast_days)
    return request, place, hourly(request, place)


def _side_by_side(answers: Mapping[int, Told[Daily]], places: Sequence[Place], problems: tuple[str, ...]) -> Ahead:
    begins = {
        column: np.datetime64(told.fetched_at.astimezone(ZoneInfo(places[column].timezone)).date(), "D")
        for column, told in answers.items()
    }
    last = max(told.value.days[-1] for told in answers.values())
    days = np.arange(min(begins.values()), last + np.timedelta64(1, "D"))
    members = max(told.value.values["tmin_c"].shape[1] for told in answers.values())
    values = {name: np.full((days.size, members, len(places)), np.nan) for name in GIVEN}
    elevation = np.full(len(places), np.nan)
    fetched_at = np.full(len(places), np.datetime64("NaT"), dtype="datetime64[s]")
    for column, told in answers.items():
        rows, theirs = np.intersect1d(days, told.value.days, return_indices=True)[1:]
        ahead = days[rows] >= begins[column]
        for name, series in told.value.values.items():
            values[name][rows[ahead], : series.shape[1], column] = series[theirs[ahead]]
        elevation[column] = told.value.elevation_m
        fetched_at[column] = utc_seconds(told.fetched_at)
    known = np.flatnonzero(~np.isnan(values["tmin_c"]).all(axis=(1, 2)))
    if not known.size:
        raise InputError("forecast: expected whole days from the service, got none; ask for more days")
    return Ahead(
        issued_at=min(told.fetched_at for told in answers.values()).astimezone(UTC).replace(microsecond=0),
        days=days[: known[-1] + 1],
        values={name: series[: known[-1] + 1] for name, series in values.items() if not np.isnan(series).all()},
        elevation_m=elevation,
        fetched_at=fetched_at,
        problems=problems,
    )
