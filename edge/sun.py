"""Where the sun stands, as far as a gateway needs it: its height over the horizon, and the hour of solar noon.

Declination and equation of time by J.W. Spencer (1971), Fourier series representation of the position of the sun,
Search 2 (5), 172; leap years shift it by a day: within half a degree and a minute of the almanac, which the tests hold.
Refraction and the sun's disc are left out: a look is not a sextant.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

_MINUTES_PER_RADIAN: Final = 229.18
_HALF_DAY: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point on the earth [degrees north, degrees east]."""

    latitude: float
    longitude: float


def solar_noon(moment: datetime, place: Place) -> datetime:
    """The solar noon nearest to a moment, in UTC."""
    mean = moment.astimezone(UTC) + timedelta(hours=place.longitude / 15.0)
    midday = mean.replace(hour=12, minute=0, second=0, microsecond=0)
    noon = midday - timedelta(hours=place.longitude / 15.0, minutes=_equation_of_time_min(midday))
    if moment - noon > _HALF_DAY:
        return noon + timedelta(days=1)
    return noon - timedelta(days=1) if noon - moment > _HALF_DAY else noon


def elevation_deg(moment: datetime, place: Place) -> float:
    """Height of the sun's middle over the horizon [degrees], negative at night."""
    hours = (moment - solar_noon(moment, place)).total_seconds() / 3600.0
    declination, latitude = _declination_rad(moment), math.radians(place.latitude)
    sine = math.sin(latitude) * math.sin(declination)
    sine += math.cos(latitude) * math.cos(declination) * math.cos(math.radians(15.0 * hours))
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def _angle_rad(moment: datetime) -> float:
    there = moment.astimezone(UTC)
    return 2.0 * math.pi * (there.timetuple().tm_yday - 1 + (there.hour + there.minute / 60.0 - 12.0) / 24.0) / 365.0


def _declination_rad(moment: datetime) -> float:
    angle = _angle_rad(moment)
    return (
        0.006918
        - 0.399912 * math.cos(angle)
        + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle)
        + 0.000907 * math.sin(2 * angle)
        - 0.002697 * math.cos(3 * angle)
        + 0.00148 * math.sin(3 * angle)
    )


def _equation_of_time_min(moment: datetime) -> float:
    angle = _angle_rad(moment)
    return _MINUTES_PER_RADIAN * (
        0.000075
        + 0.001868 * math.cos(angle)
        - 0.032077 * math.sin(angle)
        - 0.014615 * math.cos(2 * angle)
        - 0.040849 * math.sin(2 * angle)
    )
