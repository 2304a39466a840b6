"""The ECMWF ensemble at every place: the newest run that is out, its wanted fields cut to the region, UTC days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from cloud.errors import AbsentError, CloudError, InputError, ServiceUnavailableError
from cloud.variables import Floats
from cloud.weather.grids.grib import forecast_of_messages
from cloud.weather.grids.grib_messages import cut_to_region, messages_of
from cloud.weather.grids.region import Region
from cloud.weather.sampling import Places, interpolated
from cloud.weather.services.ecmwf import (
    IndexedField,
    fields_request,
    index_request,
    names_at,
    newest_runs,
    read_index,
    steps_h,
)
from cloud.weather.services.gather import Plan, utc_seconds
from cloud.weather.services.gather_ahead import Ahead
from cloud.weather.services.request import Place, Service, Told

_NOT_YET: Final = 3
"""Runs that a service may not have yet before it is held to have none."""
_SUBJECT: Final = "ecmwf-open-data"

Index = tuple[IndexedField, ...]


def forecast_of_ecmwf(service: Service, places: Sequence[Place], plan: Plan, now: datetime) -> Ahead:
    """Days from the run on of every place; raises when there is no run that can be read."""
    run, index = newest_run(service, now)
    region = Region(
        south=min(place.latitude for place in places),
        west=min(place.longitude for place in places),
        north=max(place.latitude for place in places),
        east=max(place.longitude for place in places),
        timezone="UTC",
    )
    messages: list[bytes] = []
    problems: list[str] = []
    fetched_at = index.fetched_at
    for step in steps_h(run, plan.forecast_days):
        try:
            told = _step(service, run, step, region, plan.ecmwf_members)
        except CloudError as error:
            problems.append(str(error))
            if isinstance(error, ServiceUnavailableError):
                break  # the steps that are here cover the first days
            continue
        messages += told.value
        problems += [told.problem] if told.problem else []
    if not messages:
        raise ServiceUnavailableError(problems[0]) if problems else InputError(f"{_SUBJECT}: the run has no fields")
    forecast = forecast_of_messages(messages, _SUBJECT, run.date())
    problems += [line for line in str(forecast.attrs["problems"]).splitlines() if line]
    at = interpolated(forecast, _places(places))
    return Ahead(
        issued_at=run,
        days=at["time"].values.astype("datetime64[D]"),
        values={str(name): at[name].values for name in at.data_vars},
        elevation_m=np.full(len(places), np.nan),
        fetched_at=np.full(len(places), utc_seconds(fetched_at)),
        problems=tuple(dict.fromkeys(problems)),
    )


def newest_run(service: Service, now: datetime) -> tuple[datetime, Told[Index]]:
    """The newest run whose index can be had, over the network or kept; one that is not out yet is passed over."""
    absent = 0
    problem: CloudError | None = None
    for run in newest_runs(now):
        request = index_request(run, 0)
        try:
            return run, service.ask(request, lambda body: read_index(body, f"{_SUBJECT}: index"))
        except AbsentError as error:
            problem, absent = problem or error, absent + 1
        except ServiceUnavailableError as error:
            problem = problem or error
        except InputError as error:
            problem, absent = error, absent + 1
        if absent >= _NOT_YET:
            break
    raise problem or InputError(f"{_SUBJECT}: expected a run, got none; try again later")


def _step(service: Service, run: datetime, step: int, region: Region, members: int) -> Told[tuple[bytes, ...]]:
    names = names_at(run, step)
    subject = f"{_SUBJECT} {run:%Y-%m-%d %H} UTC, {step} h"
    index = service.ask(index_request(run, step), lambda body: read_index(body, f"{subject}: index"))
    wanted = [one for one in index.value if one.name in names and one.member <= members]
    missing = names - {one.name for one in wanted}
    if missing:
        raise InputError(
            f"{subject}: expected fields {', '.join(sorted(names))}, got none of {', '.join(sorted(missing))}"
        )
    key = f"{region.south:g} {region.west:g} {region.north:g} {region.east:g} {members}"
    request = fields_request(run, step, wanted, key, _cutter(region, wanted, subject))
    return service.ask(request, lambda body: tuple(messages_of(body, subject)))


def _cutter(region: Region, fields: Sequence[IndexedField], subject: str) -> Callable[[bytes], bytes]:
    wanted = frozenset((one.name, one.member) for one in fields)
    return lambda body: cut_to_region(body, region, wanted, subject)


def _places(places: Sequence[Place]) -> Places:
    latitude: Floats = np.array([place.latitude for place in places])
    longitude: Floats = np.array([place.longitude for place in places])
    return Places(latitude=latitude, longitude=longitude, elevation_m=np.full(len(places), np.nan))
