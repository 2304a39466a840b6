"""Where a crop stands in its season on a day: basal coefficient, height and roots.

Reference: FAO-56 (1998) chapters 6 to 8; the crop curve has four straight pieces (figure 34).
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from cloud.agronomy.plots import SMALL_PLANT_M, Plots
from cloud.variables import Days, Floats

STANDARD_WIND_M_S: Final = 2.0
STANDARD_RH_MIN_PERCENT: Final = 45.0
_CLIMATE_MEMORY_DAYS: Final = 20.0
_FORAGE_ROOTING_DAYS: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Crop of P parcels on one day; arrays (P, 1)."""

    kcb: Floats
    height_m: Floats
    root_depth_m: Floats


def climate_term(wind_2m_m_s: Floats, rh_min_percent: Floats, height_m: Floats) -> Floats:
    """What wind, dryness and height add to a crop coefficient [-] (the bracket of eq. 62, 70 and 72).

    Valid for wind of 1 to 6 m/s and lowest humidity of 20 to 80 %, to which the inputs are clipped.
    """
    wind = np.clip(wind_2m_m_s, 1.0, 6.0) - STANDARD_WIND_M_S
    dryness = np.clip(rh_min_percent, 20.0, 80.0) - STANDARD_RH_MIN_PERCENT
    term: Floats = (0.04 * wind - 0.004 * dryness) * (height_m / 3.0) ** 0.3
    return term


def remembered(mean: Floats, today: Floats) -> Floats:
    """Running mean of about 20 days after one more day: eq. 70 asks for means of a stage, and the future is unknown."""
    return mean + (today - mean) / _CLIMATE_MEMORY_DAYS


def days_into_season(plots: Plots, day: Days) -> Floats:
    """Days since the season, or the last cutting, began; the planting day is 0; arrays (P, 1) for days (P,)."""
    start = np.where(plots.yearly, _last_anniversary(plots.season_start, day), plots.season_start)
    first = start
    for cut in plots.cuttings.T:
        # A comparison with NaT is false: a parcel without this cutting keeps its start.
        start = np.where((cut <= day) & (cut > start), cut, start)
    age = (day - start).astype(np.float64)
    # FAO-56 table 11: the first growth of the year takes twice as long as that after a cutting.
    return np.where(plots.cut & (start == first), age / 2.0, age)[:, None]


def stage_on(
    plots: Plots, day: Days, wind_2m_m_s: Floats, rh_min_percent: Floats, age_days: Floats | None = None
) -> Stage:
    """Crop on a day (P,) under recent mean wind and lowest humidity (P, 1).

    ``age_days`` (P, 1), where known, is the age by warmth in days of the table's stages; else the calendar counts.
    """
    age = days_into_season(plots, day)
    if age_days is not None:
        age = np.where(np.isnan(age_days), age, age_days)
    ends = plots.stage_ends_days
    growth = np.clip((age - ends[:, :1]) / np.maximum(ends[:, 1:2] - ends[:, :1], 1.0), 0.0, 1.0)
    late = np.clip((age - ends[:, 2:3]) / np.maximum(ends[:, 3:] - ends[:, 2:3], 1.0), 0.0, 1.0)
    term = climate_term(wind_2m_m_s, rh_min_percent, plots.height_m)
    middle = plots.kcb_mid + np.where(plots.adjust_mid & (plots.kcb_mid >= 0.45), term, 0.0)  # noqa: PLR2004 -- eq. 70
    end = plots.kcb_end + np.where(plots.adjust_end, term, 0.0)
    kcb = plots.kcb_ini + growth * (middle - plots.kcb_ini) + late * (end - middle)
    yearly = plots.yearly[:, None]
    cut = plots.cut[:, None]
    # A forage that is not cut stays as it is; a tree whose season is over waits for the next.
    dormant = yearly & ~cut & (age > ends[:, 3:])
    tall = np.where(yearly & ~cut, 1.0, growth)
    since_sowing = np.clip((day - plots.season_start).astype(np.float64)[:, None] / _FORAGE_ROOTING_DAYS, 0.0, 1.0)
    rooted = np.where(yearly, 1.0, np.where(cut, since_sowing, growth))
    return Stage(
        kcb=np.maximum(np.where(dormant, plots.kcb_ini, kcb), 0.0),
        height_m=np.maximum(SMALL_PLANT_M + tall * (plots.height_m - SMALL_PLANT_M), 0.001),
        root_depth_m=plots.root_min_m + rooted * (plots.root_max_m - plots.root_min_m),
    )


def _last_anniversary(start: Days, day: Days) -> Days:
    month = start.astype("datetime64[M]")
    months = month - start.astype("datetime64[Y]").astype("datetime64[M]")
    days = start - month.astype("datetime64[D]")
    year = day.astype("datetime64[Y]")
    this_year: Days = (year.astype("datetime64[M]") + months).astype("datetime64[D]") + days
    last_year: Days = ((year - 1).astype("datetime64[M]") + months).astype("datetime64[D]") + days
    return np.where(this_year <= day, this_year, last_year)
