"""What a forecast says of one variable before the event, and what the season usually brings: what every fit reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cloud.variables import Days, Floats
from cloud.weather.outlook.climatology import WET_MM, Usual, day_of_year


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Mean, standard deviation and wet share of the members, and the season; arrays of one shape."""

    mean: Floats
    spread: Floats
    wet_fraction: Floats
    """Share of the members above WET_MM."""
    usual: Usual
    """What is usual on the day and at the site."""
    angle: Floats
    """Season as an angle [rad]."""


def signals_of(said: tuple[Floats, Floats, Floats], usual: Usual, days: Days | np.datetime64) -> Signals:
    """Signals from mean, spread and wet share, on days that broadcast to their shape."""
    mean, spread, wet_fraction = said
    angle = 2.0 * np.pi * day_of_year(days) / 365.25
    return Signals(
        mean=mean, spread=spread, wet_fraction=wet_fraction, usual=usual, angle=np.broadcast_to(angle, mean.shape)
    )


def summary_of(members: Floats, *, axis: int) -> tuple[Floats, Floats, Floats]:
    """Mean, standard deviation and share above WET_MM of the members that are known; NaN where none is."""
    known = np.isfinite(members)
    count = known.sum(axis=axis)
    some = np.maximum(count, 1)
    mean = np.where(count > 0, np.where(known, members, 0.0).sum(axis=axis) / some, np.nan)
    away = np.where(known, members - np.expand_dims(mean, axis), 0.0)
    spread = np.where(count > 0, np.sqrt((away**2).sum(axis=axis) / np.maximum(count - 1, 1)), np.nan)
    wet = np.where(count > 0, (np.where(known, members, 0.0) >= WET_MM).sum(axis=axis) / some, np.nan)
    return mean, spread, wet
