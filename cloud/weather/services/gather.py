"""Asking weather services place by place: what is wanted, what is plausible, and what could not be had."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from cloud.errors import CloudError, InputError, ServiceUnavailableError
from cloud.variables import VARIABLES, check_bounds, guessed_unit
from cloud.weather.services.open_meteo import read_hourly
from cloud.weather.services.request import Daily, Place, Request, Service, Told

GIVEN: Final = tuple(name for name in VARIABLES if name not in {"et0_mm", "sunshine_h"})
"""Variables that the services give."""
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is fetched: the sources of the past in the order of preference, and the source of the forecast."""

    past: tuple[str, ...]
    past_days: int
    forecast: str | None
    forecast_days: int
    ensemble_model: str
    ecmwf_members: int = 10
    """Perturbed members of ECMWF's open data that are fetched, of 50."""


@dataclass(slots=True)
class Desk:
    """Asks one service and keeps what could not be had, one line each."""

    service: Service
    problems: list[str] = field(default_factory=list)
    unreachable: bool = False

    def ask(self, request: Request, place: Place, read: Callable[[bytes], Daily]) -> Told[Daily] | None:
        """The answer; None, with the reason kept, when there is none."""
        try:
            told = self.service.ask(request, lambda body: plausible(read(body), place))
        except CloudError as error:
            self.problems.append(str(error))
            self.unreachable |= isinstance(error, ServiceUnavailableError)
            return None
        self.problems += [*([told.problem] if told.problem else []), *told.value.problems]
        return told

    def failure(self, subject: str) -> CloudError:
        """The error of a run that brought nothing."""
        told = self.problems[0] if self.problems else f"{subject}: expected days from a source, got none; name others"
        more = len(set(self.problems)) - 1
        told += f" (and {more} more problems)" if more > 0 else ""
        return ServiceUnavailableError(told) if self.unreachable else InputError(told)


def plausible(daily: Daily, place: Place) -> Daily:
    """The same days with impossible values emptied and told; an answer in another unit is refused whole."""
    subject = f"{daily.source} at {place.label}"
    values, problems = {}, list(daily.problems)
    for name, series in daily.values.items():
        if guessed_unit(name, series) is not None:
            check_bounds(name, series, subject)
        low, high = VARIABLES[name].low, VARIABLES[name].high
        outside = (series < low) | (series > high)
        if outside.any():
            problems.append(
                f"{subject}: {name}: expected {low:g} to {high:g} {VARIABLES[name].unit}, got {series[outside][0]:g} in"
                f" {int(outside.sum())} of {series.size} values; taken as missing"
            )
        values[name] = np.where(outside, np.nan, series)
    crossed = values["tmin_c"] > values["tmax_c"]
    if crossed.any():
        problems.append(f"{subject}: tmin_c above tmax_c in {int(crossed.sum())} values; both taken as missing")
        values |= {name: np.where(crossed, np.nan, values[name]) for name in ("tmin_c", "tmax_c")}
    return replace(daily, values=values, problems=tuple(problems))


def hourly(request: Request, place: Place) -> Callable[[bytes], Daily]:
    """Reader of hourly answers to a request."""
    return lambda body: read_hourly(body, request, place)


def begin_of(day: date) -> datetime:
    """Midnight UTC at which a day begins."""
    return datetime.combine(day, time(), UTC)


def utc_seconds(moment: datetime) -> np.datetime64:
    """A moment as numpy keeps it."""
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "s")
