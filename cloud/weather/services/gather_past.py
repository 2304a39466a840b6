"""The past of every place, day by day from the first source that knows the day.

A day never mixes sources, a place without an answer stays unknown and is named, and the age of every value is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Days, Floats
from cloud.weather.services.gather import GIVEN, ONE_DAY, Desk, Plan, begin_of, hourly, utc_seconds
from cloud.weather.services.nasa_power import power_request, read_power
from cloud.weather.services.open_meteo import archive_request, recent_request
from cloud.weather.services.request import Daily, Place, Request, Service, Told

SETTLED_AFTER: Final = timedelta(days=120)
"""Reanalysis and satellite products are final this long after their last day."""
RECENT_DAYS: Final = 14
"""How far back the forecast service is asked for what the others do not have yet."""

_ENOUGH: Final = ("tmin_c", "tmax_c", "rain_mm")
_FULL: Final = (*_ENOUGH, "radiation_mj_m2")
_NOBODY: Final = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class PastDays:
    """Past of S places: values (D, S), NaN = unknown, with the source and the age of each day."""

    days: Days
    values: Mapping[str, Floats]
    elevation_m: Floats
    source: NDArray[np.int8]
    """(D, S) place in the plan's list of sources; -1 where nobody knew the day."""
    fetched_at: NDArray[np.datetime64]
    """(D, S) when the source said it, UTC."""
    problems: tuple[str, ...]


def past_of(service: Service, places: Sequence[Place], plan: Plan, now: datetime) -> PastDays:
    """Days before today of every place; raises when no source knew a single one."""
    desk = Desk(service)
    end = now.astimezone(UTC).date() + ONE_DAY
    days = np.arange(np.datetime64(end - timedelta(days=plan.past_days + 1), "D"), np.datetime64(end, "D"))
    shape = (days.size, len(places))
    past = PastDays(
        days=days,
        values={name: np.full(shape, np.nan) for name in GIVEN},
        elevation_m=np.full(len(places), np.nan),
        source=np.full(shape, _NOBODY, dtype=np.int8),
        fetched_at=np.full(shape, np.datetime64("NaT"), dtype="datetime64[s]"),
        problems=(),
    )
    for column, place in enumerate(places):
        over = days < np.datetime64(now.astimezone(ZoneInfo(place.timezone)).date(), "D")
        answers = _answers(desk, place, plan, days[over], now)
        for needed in (_FULL, _ENOUGH):
            for number, told in answers:
                _take(past, column, needed, (number, told))
    if (past.source == _NOBODY).all():
        raise desk.failure("past weather")
    known = np.flatnonzero((past.source != _NOBODY).any(axis=1))
    return _trimmed(past, known, tuple(dict.fromkeys(desk.problems)))


def _answers(desk: Desk, place: Place, plan: Plan, days: Days, now: datetime) -> list[tuple[int, Told[Daily]]]:
    """Answers of the sources in order, as long as days are missing."""
    answers: list[tuple[int, Told[Daily]]] = []
    missing = np.ones(days.size, dtype=bool)
    for number, name in enumerate(plan.past):
        if not missing.any():
            break
        for request, read in _questions(name, place, days[missing], now):
            told = desk.ask(request, place, read)
            if told is not None:
                told = replace(told, value=_past_only(told, place))
                answers.append((number, told))
                missing[_known(days, told.value, _FULL)[0]] = False
    return answers


def _questions(
    name: str, place: Place, days: Days, now: datetime
) -> Iterator[tuple[Request, Callable[[bytes], Daily]]]:
    """Requests of one source for some days: a calendar year each, so that settled years are asked for once."""
    yesterday = now.astimezone(ZoneInfo(place.timezone)).date() - ONE_DAY
    if name == "open-meteo-recent":
        if days[-1] > np.datetime64(yesterday - timedelta(days=RECENT_DAYS), "D"):
            request = recent_request(place, days=RECENT_DAYS)
            yield request, hourly(request, place)
        return
    for year in sorted({int(one) for one in days.astype("datetime64[Y]").astype(np.int64) + 1970}):
        first, last = date(year, 1, 1), min(date(year, 12, 31), yesterday)
        settled_at = begin_of(last) + SETTLED_AFTER if last < yesterday else None
        if name == "nasa-power":
            yield power_request(place, first, last, settled_at=settled_at), lambda body: read_power(body, place)
        else:
            archive = archive_request(place, first, last, settled_at=settled_at)
            yield archive, hourly(archive, place)


def _past_only(told: Told[Daily], place: Place) -> Daily:
    """Days that were over when the service was asked: what it said of others was a forecast."""
    asked_on = np.datetime64(told.fetched_at.astimezone(ZoneInfo(place.timezone)).date(), "D")
    over = told.value.days < asked_on
    values = {name: series[over] for name, series in told.value.values.items()}
    return replace(told.value, days=told.value.days[over], values=values)


def _known(days: Days, daily: Daily, needed: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of ``days`` and of the answer where the needed variables are known."""
    unknown = np.full(daily.days.size, np.nan)
    series = [daily.values[name][:, 0] if name in daily.values else unknown for name in needed]
    whole = ~np.isnan(np.array(series)).any(axis=0)
    rows, theirs = np.intersect1d(days, daily.days, return_indices=True)[1:]
    return rows[whole[theirs]], theirs[whole[theirs]]


def _take(past: PastDays, column: int, needed: Sequence[str], answer: tuple[int, Told[Daily]]) -> None:
    """Fill the days of a place that nobody knew so far."""
    number, told = answer
    rows, theirs = _known(past.days, told.value, needed)
    wanted = past.source[rows, column] == _NOBODY
    rows, theirs = rows[wanted], theirs[wanted]
    for name, series in told.value.values.items():
        past.values[name][rows, column] = series[theirs, 0]
    past.source[rows, column] = number
    past.fetched_at[rows, column] = utc_seconds(told.fetched_at)
    if rows.size and np.isnan(past.elevation_m[column]):
        past.elevation_m[column] = told.value.elevation_m


def _trimmed(past: PastDays, known: NDArray[np.intp], problems: tuple[str, ...]) -> PastDays:
    span = slice(int(known[0]), int(known[-1]) + 1)
    return PastDays(
        days=past.days[span],
        values={name: series[span] for name, series in past.values.items() if not np.isnan(series).all()},
        elevation_m=past.elevation_m,
        source=past.source[span],
        fetched_at=past.fetched_at[span],
        problems=problems,
    )
