"""Scores of ensembles with their gains and intervals: the calibrated one beside the raw one and climatology."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from cloud.variables import Days, Floats
from cloud.weather.outlook.calibrate import Calibration, Pairs
from cloud.weather.outlook.climatology import Usual, day_of_year
from cloud.weather.outlook.score import covered, ensemble_crps
from cloud.weather.outlook.signals import summary_of
from simulations.evaluation.water.synthetic_forecasts import Made

DRAWS: Final = 400
SEASON_YEARS: Final = 14
"""Climatology is what came around the same day in so many earlier years."""
_AROUND: Final = np.arange(-10, 11, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One variable and lead: N forecasts by three ways, arrays (N, M), the days they are for, and what came (N,)."""

    valid: Days
    observed: Floats
    raw: Floats
    calibrated: Floats
    climatology: Floats

    def row(self, generator: np.random.Generator) -> dict[str, Any]:
        """Mean scores, and gains with 95 % intervals; days on which nobody knows what came are left out."""
        known = np.isfinite(self.observed) & np.isfinite(self.climatology).all(axis=-1)
        came, month = self.observed[known], self.valid[known].astype("datetime64[M]").astype(int)
        raw = ensemble_crps(members=self.raw[known], observed=came, fair=True)
        season = ensemble_crps(members=self.climatology[known], observed=came, fair=True)
        calibrated = ensemble_crps(members=self.calibrated[known], observed=came)
        return {
            "forecasts": int(known.sum()),
            "crps_raw": float(raw.mean()),
            "crps_calibrated": float(calibrated.mean()),
            "crps_climatology": float(season.mean()),
            **gain_on("raw", raw - calibrated, month, generator),
            **gain_on("climatology", season - calibrated, month, generator),
            "coverage_80": float(covered(self.calibrated[known], came).mean()),
            "coverage_80_raw": float(covered(self.raw[known], came).mean()),
        }


def gain_on(rival: str, gain: Floats, month: np.ndarray, generator: np.random.Generator) -> dict[str, float]:
    """Mean gain and its 95 % interval; whole months are drawn, since neighbouring days err together."""
    _, place = np.unique(month, return_inverse=True)
    total, count = np.bincount(place, gain), np.bincount(place)
    drawn = generator.integers(0, count.size, (DRAWS, count.size))
    low, high = np.quantile(total[drawn].sum(axis=1) / count[drawn].sum(axis=1), [0.025, 0.975])
    return {
        f"gain_on_{rival}": float(gain.mean()),
        f"gain_on_{rival}_low": float(low),
        f"gain_on_{rival}_high": float(high),
    }


def seasons(days: Days, values: Floats) -> Floats:
    """What came on the days around each day of the year in the last years, (366, members): the climatology to beat."""
    last = int(days[-1].astype("datetime64[Y]").astype(int)) + 1970
    starts = np.array([np.datetime64(f"{last - back}-01-01") for back in range(1, SEASON_YEARS + 1)])
    rows = (starts - days[0]).astype(int)[:, None] + _AROUND[None, :]
    return np.stack([values[rows.ravel() + min(number, 364)] for number in range(366)])


def on_days(season: Floats, valid: Days) -> Floats:
    """The season's members on some days (..., members)."""
    found: Floats = season[day_of_year(valid) - 1]
    return found


def pairs_made(name: str, made: Made, which: np.ndarray) -> Pairs:
    """Some of the issues as a calibration reads them, one site."""
    mean, spread, wet = summary_of(made.members[name][which], axis=2)
    return Pairs(
        issued_on=made.issued_on[which],
        leads=made.leads,
        mean=mean[..., None],
        spread=spread[..., None],
        wet_fraction=wet[..., None],
        observed=made.observed[name][which][..., None],
    )


def corrected(fit: Calibration, raw: Floats, issued_on: Days, leads: Sequence[int], usual: Usual) -> Floats:
    """Members (N, L, M) of some issues of one site, each corrected by itself."""
    ahead = np.array(leads, dtype="timedelta64[D]")
    return np.stack(
        [
            fit.members(said[:, :, None], issue + ahead, leads, usual)[:, :, 0]
            for said, issue in zip(raw, issued_on, strict=True)
        ]
    )
