"""What a parcel's crop remembers of the weather: recent wind and dryness, and how far warmth has brought it."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from cloud.agronomy.crops.season import STANDARD_RH_MIN_PERCENT, STANDARD_WIND_M_S, days_into_season, remembered
from cloud.agronomy.crops.thermal import degree_days, next_age_days
from cloud.agronomy.plots import Plots
from cloud.variables import Days, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Memory of P parcels; arrays (P, 1)."""

    wind_2m_m_s: Floats
    rh_min_percent: Floats
    age_days: Floats
    """Age in days of the table's stages; NaN where only the calendar counts, and before the first day."""

    @classmethod
    def blank(cls, parcels: int) -> Self:
        """Memory of parcels that have seen no weather: the standard climate of the crop table."""
        return cls(
            wind_2m_m_s=np.full((parcels, 1), STANDARD_WIND_M_S),
            rh_min_percent=np.full((parcels, 1), STANDARD_RH_MIN_PERCENT),
            age_days=np.full((parcels, 1), np.nan),
        )

    def with_air(self, wind_2m_m_s: Floats, rh_min_percent: Floats, *, first: bool) -> Self:
        """Memory with the wind and lowest humidity (P,) of one more day, unknown ones left out."""

        def step(mean: Floats, today: Floats) -> Floats:
            column = today[:, None]
            return np.where(np.isnan(column), mean, column if first else remembered(mean, column))

        return replace(
            self,
            wind_2m_m_s=step(self.wind_2m_m_s, wind_2m_m_s),
            rh_min_percent=step(self.rh_min_percent, rh_min_percent),
        )

    def after(self, plots: Plots, day: Days, tmin_c: Floats, tmax_c: Floats) -> Self:
        """Memory on the evening of a day (P,), temperatures (P,); a day without temperatures counts as one day."""
        by_date = days_into_season(plots, day)
        age = np.where(np.isnan(self.age_days), by_date, self.age_days)
        today = degree_days(tmin_c[:, None], tmax_c[:, None], plots.base_c, plots.upper_c)
        older = next_age_days(age, today, plots.stage_ends_days, plots.warm_ends_c_d)
        follows = ~np.isnan(plots.warm_ends_c_d[:, :1]) & (by_date >= 0.0)
        return replace(self, age_days=np.where(follows, older, np.nan))
