"""Pace of an annual crop by growing degree days: warmth, not the calendar, moves it through its stages.

Degree days of a day: mean of the highest and the lowest temperature, both cut at the upper limit and the highest also
at the base, less the base (G.S. McMaster, W.W. Wilhelm 1997, doi:10.1016/S0168-1923(97)00027-0, second way; method 3 of
AquaCrop). Sums from sowing to the ends of the four stages: AquaCrop's default crop files in degree days (FAO, AquaCrop
reference manual, annex I): initial until 10 % of the ground is covered, development until 98 % of the largest cover,
mid-season until senescence, late until maturity, each computed from the emergence, growth and plant density of the
file. They were calibrated at single places and stand for the variety grown there. At Beni Mellal (NASA POWER 1982-2007)
they ripen wheat sown on 20 November in 206 days, maize of April in 143, tomato of April in 152, potato of February in
138 and sugar beet of mid-October in 263; sunflower took 168, far from local practice, and is left to the calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from cloud.variables import Floats

SLOWEST: Final = 0.4
FASTEST: Final = 2.0
"""Bounds of a day's pace over that of the calendar: a table made for another variety cannot run away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmth:
    """Temperatures between which a crop develops, and its degree days to the end of each stage."""

    base_c: float
    upper_c: float
    stage_ends_c_d: tuple[float, float, float, float]
    source: str


def _warmth(base: float, upper: float, ends: tuple[float, float, float, float], name: str) -> Warmth:
    return Warmth(base_c=base, upper_c=upper, stage_ends_c_d=ends, source=f"AquaCrop default crop {name}")


_WHEAT: Final = _warmth(0.0, 26.0, (229.0, 1186.0, 1700.0, 2400.0), "WheatGDD (Valenzano)")

WARMTH: Final[Mapping[str, Warmth]] = MappingProxyType(
    {
        "durum_wheat": _WHEAT,
        "maize": _warmth(8.0, 30.0, (322.0, 705.0, 1400.0, 1700.0), "MaizeGDD (Davis)"),
        "potato": _warmth(2.0, 26.0, (383.0, 875.0, 1325.0, 1613.0), "PotatoLocalGDD"),
        "sorghum": _warmth(8.0, 30.0, (370.0, 764.0, 1579.0, 1760.0), "SorghumGDD (Bushland)"),
        "soybean": _warmth(5.0, 30.0, (560.0, 1522.0, 2200.0, 2700.0), "SoybeanGDD (Patancheru)"),
        "sugar_beet": _warmth(5.0, 30.0, (460.0, 916.0, 1704.0, 2203.0), "SugarBeetGDD (Foggia)"),
        "tomato": _warmth(7.0, 28.0, (404.0, 1009.0, 1553.0, 1933.0), "TomatoGDD (Cordoba), transplanted"),
        "wheat": _WHEAT,
    }
)


def degree_days(tmin_c: Floats, tmax_c: Floats, base_c: Floats, upper_c: Floats) -> Floats:
    """Growing degree days of a day [degC d], 0 or more; NaN where a temperature is unknown."""
    high = np.clip(tmax_c, base_c, upper_c)
    low = np.minimum(tmin_c, upper_c)
    result: Floats = np.maximum((high + low) / 2.0, base_c) - base_c
    return result


def warmth_of_age(age_days: Floats, day_ends: Floats, warm_ends: Floats) -> Floats:
    """Degree days (P, 1) that stand for an age in calendar days, stage by stage; arrays of ends (P, 4)."""
    return _through(age_days, day_ends, warm_ends)


def age_of_warmth(warm_c_d: Floats, day_ends: Floats, warm_ends: Floats) -> Floats:
    """Age in days of the table's stages (P, 1) that a sum of degree days stands for."""
    return _through(warm_c_d, warm_ends, day_ends)


def next_age_days(age_days: Floats, today_c_d: Floats, day_ends: Floats, warm_ends: Floats) -> Floats:
    """Age (P, 1) after a day of some degree days; a day later where these, or the crop's ends, are unknown."""
    sum_c_d = warmth_of_age(age_days, day_ends, warm_ends) + today_c_d
    pace = np.clip(age_of_warmth(sum_c_d, day_ends, warm_ends) - age_days, SLOWEST, FASTEST)
    return age_days + np.where(np.isnan(pace), 1.0, pace)


def _through(value: Floats, ends: Floats, other_ends: Floats) -> Floats:
    # Piecewise linear from one scale of the four stages to the other; beyond maturity the last stage's pace goes on.
    starts, other_starts = ends.copy(), other_ends.copy()
    starts[:, 1:], other_starts[:, 1:] = ends[:, :-1], other_ends[:, :-1]
    starts[:, 0] = other_starts[:, 0] = 0.0
    lengths, other_lengths = np.maximum(ends - starts, 1e-9), other_ends - other_starts
    shares = (value - starts) / lengths
    shares[:, :-1] = np.clip(shares[:, :-1], 0.0, 1.0)
    shares[:, -1] = np.maximum(shares[:, -1], 0.0)
    result: Floats = (shares * other_lengths).sum(axis=1, keepdims=True)
    return result
