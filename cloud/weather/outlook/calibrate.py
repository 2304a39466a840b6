"""A forecast ensemble corrected by what earlier forecasts of the same lead said and what then came.

Every variable and lead has a distribution of its own, fitted on the pairs of a region; the members get its quantiles
in their own order. With few pairs the raw ensemble stays, in part or whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import VARIABLES, Days, Floats
from cloud.weather.outlook.climatology import DAYS_OF_YEAR, WET_MM, Usual
from cloud.weather.outlook.coupling import dealt, levels_of
from cloud.weather.outlook.gaussian import GaussianFit, fit_gaussian
from cloud.weather.outlook.rain import RainFit, fit_rain
from cloud.weather.outlook.signals import Signals, signals_of, summary_of

CALIBRATED: Final = ("tmin_c", "tmax_c", "et0_mm", "rain_mm")
LEAST_DAYS: Final = 30
"""With fewer different issue days the raw ensemble stays as it is."""
TRUSTED_DAYS: Final = 120
"""From here on the raw ensemble has no say of its own any more."""
MOST_PAIRS: Final = 8_000
"""More pairs of a lead say little more: neighbours and following days err together."""
SEASONAL_DAYS: Final = 300
"""A season's own error is learned from pairs that span at least this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Earlier forecasts of one variable and what came: arrays (N issues, L leads, S sites), NaN = unknown."""

    issued_on: Days
    leads: tuple[int, ...]
    mean: Floats
    spread: Floats
    wet_fraction: Floats
    observed: Floats

    def until(self, day: np.datetime64) -> Pairs:
        """The pairs known on a day: both said and come before it."""
        known = self.issued_on[:, None] + np.array(self.leads, dtype="timedelta64[D]") < day
        return Pairs(
            issued_on=self.issued_on,
            leads=self.leads,
            mean=self.mean,
            spread=self.spread,
            wet_fraction=self.wet_fraction,
            observed=np.where(known[:, :, None], self.observed, np.nan),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFit:
    """One lead of one variable: its distribution, and from how many days it was learned."""

    fit: GaussianFit | RainFit
    days: int

    @property
    def trust(self) -> float:
        """Share of the fitted distribution; the rest is the raw ensemble."""
        return min(1.0, max(0.1, (self.days - LEAST_DAYS) / (TRUSTED_DAYS - LEAST_DAYS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """The fits of one variable by lead; ``stand_in`` is the season where nobody knows what is usual."""

    variable: str
    stand_in: Usual
    leads: Mapping[int, LeadFit]

    def members(self, raw: Floats, valid: Days, leads: Sequence[int], usual: Usual | None) -> Floats:
        """Members (L, M, S) in the order of the raw ones; where no lead was fitted or a member is unknown, the raw.

        ``usual`` is that of the sites, or None.
        """
        mean, spread, wet = summary_of(raw, axis=1)
        levels = levels_of(raw.shape[1])
        ascending = np.sort(raw, axis=1)
        season = completed(usual, self.stand_in, sites=raw.shape[2])
        low, high = VARIABLES[self.variable].low, VARIABLES[self.variable].high
        for row, lead in enumerate(leads):
            found = self.leads.get(lead)
            if found is None:
                continue
            there = season.on(valid[row])
            signals = signals_of((mean[row], spread[row], wet[row]), there, valid[row])
            quantiles = found.fit.quantiles(signals, levels).T
            mixed = found.trust * quantiles + (1.0 - found.trust) * ascending[row]
            ascending[row] = np.clip(mixed, low, high)
        whole = np.isfinite(raw).all(axis=1, keepdims=True) & np.isfinite(ascending).all(axis=1, keepdims=True)
        return np.where(whole, dealt(np.where(whole, ascending, 0.0), np.where(whole, raw, 0.0)), raw)


def calibration_of(variable: str, pairs: Pairs, usual: Usual | None) -> Calibration:
    """Fit every lead of a variable; leads with fewer than LEAST_DAYS different days are left out."""
    stand_in = _stand_in(pairs.observed)
    season = completed(usual, stand_in, sites=pairs.observed.shape[2])
    found = {}
    for column, lead in enumerate(pairs.leads):
        valid = pairs.issued_on + np.timedelta64(lead, "D")
        known = np.isfinite(pairs.observed[:, column]) & np.isfinite(pairs.mean[:, column])
        # Several issues of one day say little more than one.
        issue_days = np.unique(pairs.issued_on[known.any(axis=1)])
        if issue_days.size < LEAST_DAYS:
            continue
        known = thinned(known)
        mean, spread, wet = (part[:, column][known] for part in (pairs.mean, pairs.spread, pairs.wet_fraction))
        days = np.broadcast_to(valid[:, None], known.shape)[known]
        signals = signals_of((mean, spread, wet), season.on(valid).where(known), days)
        fit = _fitted(variable, signals, pairs.observed[:, column][known], issue_days)
        if fit is not None:
            found[lead] = LeadFit(fit=fit, days=int(issue_days.size))
    return Calibration(variable=variable, stand_in=stand_in, leads=found)


def thinned(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """At most MOST_PAIRS of the known pairs, evenly over days and sites."""
    places = np.flatnonzero(known)
    if places.size <= MOST_PAIRS:
        return known
    kept = np.zeros(known.size, dtype=np.bool_)
    kept[places[np.linspace(0, places.size - 1, MOST_PAIRS).astype(np.intp)]] = True
    return kept.reshape(known.shape)


def _fitted(variable: str, signals: Signals, observed: Floats, issue_days: Days) -> GaussianFit | RainFit | None:
    if variable == "rain_mm":
        return fit_rain(signals, observed, days=issue_days.size)
    span = int((issue_days.max() - issue_days.min()).astype(np.int64))
    return fit_gaussian(signals, observed, days=issue_days.size, seasonal=span >= SEASONAL_DAYS)


def completed(usual: Usual | None, stand_in: Usual, *, sites: int) -> Usual:
    """The season of some sites (366, S), the stand-in (366, 1) where it is not known."""
    if usual is None:
        return stand_in.spread_over(sites)
    # A season that never varied would make any forecast look impossible.
    return Usual(
        mean=np.where(np.isfinite(usual.mean), usual.mean, stand_in.mean),
        spread=np.where(usual.spread > 0.0, usual.spread, stand_in.spread),
        wet_fraction=np.where(np.isfinite(usual.wet_fraction), usual.wet_fraction, stand_in.wet_fraction),
        wet_mean=np.where(np.isfinite(usual.wet_mean), usual.wet_mean, stand_in.wet_mean),
    )


def _stand_in(observed: Floats) -> Usual:
    """One season for all days and sites, from what came in the pairs."""
    came = observed[np.isfinite(observed)]
    wet = came[came >= WET_MM]
    one = np.ones((DAYS_OF_YEAR, 1))
    return Usual(
        mean=one * (came.mean() if came.size else 0.0),
        spread=one * ((came.std() if came.size else 0.0) or 1.0),
        wet_fraction=one * (wet.size + 0.5) / (came.size + 1.0),
        wet_mean=one * (wet.mean() if wet.size else 1.0),
    )
