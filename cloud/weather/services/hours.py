"""Hourly weather gathered into local days: 23, 24 or 25 hours long, and unknown unless every hour is known.

Stamps are UTC. A state (temperature, humidity, wind) belongs to the day of its stamp; a sum or mean over the hour
before (rain, radiation) to the day in which that hour began.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Days, Floats

HOUR_S: Final = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyRule:
    """How the hours of one quantity become a day's value of a variable."""

    variable: str
    gather: Callable[[Floats], Floats]
    """(H, M) hours of a day to (M,)."""
    hour_before: bool = False


def _lowest(hours: Floats) -> Floats:
    return np.asarray(hours.min(axis=0))


def _highest(hours: Floats) -> Floats:
    return np.asarray(hours.max(axis=0))


def _mean(hours: Floats) -> Floats:
    return np.asarray(hours.mean(axis=0))


def _sum(hours: Floats) -> Floats:
    return np.asarray(hours.sum(axis=0))


def _energy(hours: Floats) -> Floats:
    # W m-2 over an hour each, as MJ m-2.
    return np.asarray(hours.sum(axis=0) * HOUR_S * 1e-6)


RULES: Final[Mapping[str, tuple[DailyRule, ...]]] = {
    "temperature_c": (
        DailyRule(variable="tmin_c", gather=_lowest),
        DailyRule(variable="tmax_c", gather=_highest),
    ),
    "relative_humidity_percent": (
        DailyRule(variable="rh_mean_percent", gather=_mean),
        DailyRule(variable="rh_min_percent", gather=_lowest),
        DailyRule(variable="rh_max_percent", gather=_highest),
    ),
    "dewpoint_c": (DailyRule(variable="dewpoint_c", gather=_mean),),
    "wind_2m_m_s": (DailyRule(variable="wind_2m_m_s", gather=_mean),),
    "rain_mm": (DailyRule(variable="rain_mm", gather=_sum, hour_before=True),),
    "radiation_w_m2": (DailyRule(variable="radiation_mj_m2", gather=_energy, hour_before=True),),
}
"""Daily variables of each hourly quantity."""


def local_days(
    stamps_s: NDArray[np.int64], hours: Mapping[str, Floats], timezone: str
) -> tuple[Days, dict[str, Floats]]:
    """Days (D,) that the hours touch and their variables (D, M).

    Parameters
    ----------
    stamps_s
        (H,) seconds since 1970 UTC, increasing.
    hours
        (H, M) arrays named as in ``RULES``; NaN = unknown.
    timezone
        IANA name of the clock whose days are meant.
    """
    zone = ZoneInfo(timezone)
    at = _ordinals(stamps_s, zone)
    before = _ordinals(stamps_s - HOUR_S, zone)
    ordinals = range(int(before.min()), int(at.max()) + 1)
    needed = [_hours_of(date.fromordinal(one), zone) for one in ordinals]
    first = np.datetime64(date.fromordinal(ordinals[0]), "D")
    values = {}
    for name, series in hours.items():
        for rule in RULES[name]:
            day_of = before if rule.hour_before else at
            gathered = np.full((len(ordinals), series.shape[1]), np.nan)
            for place, ordinal in enumerate(ordinals):
                inside = series[day_of == ordinal]
                if inside.shape[0] == needed[place]:
                    gathered[place] = rule.gather(inside)
            values[rule.variable] = gathered
    return first + np.arange(len(ordinals)), values


def _ordinals(stamps_s: NDArray[np.int64], zone: ZoneInfo) -> NDArray[np.int64]:
    return np.array([datetime.fromtimestamp(one, UTC).astimezone(zone).toordinal() for one in stamps_s.tolist()])


def _hours_of(day: date, zone: ZoneInfo) -> int:
    begins, ends = (datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, day + timedelta(days=1)))
    return round((ends.timestamp() - begins.timestamp()) / HOUR_S)
