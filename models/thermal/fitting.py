"""Baselines and stress calibration fitted on some plots and judged on the one left out."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from edge.radiometry.cwsi import Baseline, empirical_limits
from edge.radiometry.energy_balance import Limits
from edge.weather import FieldWeather
from models.thermal.nebraska import Numbers, Plot

Row = dict[str, object]
_DIGITS: Final = 3


def baseline_of(plots: Sequence[Plot]) -> Baseline:
    """Canopy minus air against VPD by least squares, every plot of equal weight."""
    intercept, slope = _coefficients(plots)
    return Baseline(intercept_k=float(intercept), slope_k_per_kpa=float(slope))


def _coefficients(plots: Sequence[Plot]) -> Numbers:
    weight = np.concatenate([np.full(plot.day.size, plot.day.size**-0.5) for plot in plots])
    deficit = np.concatenate([plot.vpd_kpa for plot in plots])
    difference = np.concatenate([plot.difference_k for plot in plots])
    design = np.stack([np.ones_like(deficit), deficit], axis=1)
    found: Numbers = np.linalg.lstsq(design * weight[:, None], difference * weight, rcond=None)[0]
    return found


def baseline_covariance(plots: Sequence[Plot]) -> Numbers:
    """Covariance (2, 2) of intercept and slope by the jackknife over plots, since hours of one plot err together."""
    left = np.array([_coefficients([other for other in plots if other is not plot]) for plot in plots])
    deviation = left - left.mean(axis=0)
    covariance: Numbers = (len(plots) - 1) / len(plots) * deviation.T @ deviation
    return covariance


def baseline_rows(plots: Sequence[Plot]) -> list[Row]:
    """Error of the baseline on each plot when it was fitted on the others [K]."""
    rows: list[Row] = []
    for plot in plots:
        baseline = baseline_of([other for other in plots if other is not plot])
        error = plot.difference_k - baseline.intercept_k - baseline.slope_k_per_kpa * plot.vpd_kpa
        rows.append(
            {
                "crop": plot.crop,
                "plot": plot.number,
                "hours": plot.day.size,
                "intercept_k": round(baseline.intercept_k, _DIGITS),
                "slope_k_per_kpa": round(baseline.slope_k_per_kpa, _DIGITS),
                "bias_k": round(float(error.mean()), _DIGITS),
                "rmse_k": round(float(np.sqrt((error**2).mean())), _DIGITS),
            }
        )
    return rows


def held_out_sigma_k(rows: Sequence[Row]) -> float:
    """Error of a baseline on a plot it never saw [K], plots of equal weight."""
    return round(float(np.sqrt(np.mean([float(str(row["rmse_k"])) ** 2 for row in rows]))), _DIGITS)


def indices(plot: Plot, baseline: Baseline) -> Numbers:
    """Empirical index (N,) of a plot's hours, kept within 0..1."""
    limits = [_limits(plot, hour, baseline) for hour in range(plot.day.size)]
    lower, upper = (np.array([getattr(one, name) for one in limits]) for name in ("lower_k", "upper_k"))
    clipped: Numbers = np.clip((plot.difference_k - lower) / (upper - lower), 0.0, 1.0)
    return clipped


def _limits(plot: Plot, hour: int, baseline: Baseline) -> Limits:
    weather = FieldWeather(
        air_temperature_c=float(plot.air_c[hour]), relative_humidity_percent=float(plot.humidity_percent[hour])
    )
    return empirical_limits(weather, baseline)


def stress_rows(plots: Sequence[Plot]) -> list[Row]:
    """Stress by soil water against the index: one row for each plot and each fifth of the days held out.

    Two truths that differ more than the canopies do stand side by side with equal weight: what the soil limits are is
    part of what is not known. ``z_rms`` is the root mean square of (truth - answer) / sigma, whose sigma is that of
    the plots or days not held out; ``z_sd`` leaves the bias out.
    """
    known = [plot for plot in plots if np.isfinite(plot.site_stress).any()]
    parts = [_pairs(plot, baseline_of([other for other in plots if other is not plot])) for plot in known]
    table = np.concatenate(parts)
    number = np.concatenate([np.full(len(part), plot.number) for part, plot in zip(parts, known, strict=True)])
    days = np.unique(table[:, 0])
    fold = np.searchsorted(days, table[:, 0]) * 5 // days.size
    splits = [("plot", int(one), number == one) for one in np.unique(number)]
    splits += [("days", int(one) + 1, fold == one) for one in range(5)]
    return [
        {"crop": known[0].crop, "held_out": kind, "name": name, **_judged(table, chosen)}
        for kind, name, chosen in splits
    ]


def _pairs(plot: Plot, baseline: Baseline) -> Numbers:
    """Day, index, truth of a plot (2 N, 3): every hour with either truth."""
    found = indices(plot, baseline)
    seen = np.isfinite(plot.site_stress) & np.isfinite(plot.refill_stress)
    columns = [np.stack([plot.day, found, truth], axis=1)[seen] for truth in (plot.refill_stress, plot.site_stress)]
    return np.concatenate(columns)


def _judged(table: Numbers, chosen: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> Row:
    sigma = sigma_of(table[~chosen])
    error = table[chosen, 2] - table[chosen, 1]
    return {
        "hours": int(chosen.sum()) // 2,
        "sigma": round(sigma, _DIGITS),
        "bias": round(float(error.mean()), _DIGITS),
        "z_sd": round(float(error.std() / sigma), _DIGITS),
        "z_rms": round(float(np.sqrt((error**2).mean()) / sigma), _DIGITS),
        "rank_correlation": rank_correlation(table[chosen, 1], table[chosen, 2]),
    }


def rank_correlation(first: Numbers, second: Numbers) -> float | None:
    """Spearman's rho of two series (N,), equal values of mean rank; None when one of them does not vary."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return round(float(np.corrcoef(_ranks(first), _ranks(second))[0, 1]), _DIGITS)


def _ranks(values: Numbers) -> Numbers:
    ordered = np.sort(values)
    ranks: Numbers = (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2
    return ranks


def sigma_of(table: Numbers) -> float:
    """Root mean square of truth less index of the pairs (N, 3)."""
    return float(np.sqrt(((table[:, 2] - table[:, 1]) ** 2).mean()))


def pooled_stress(plots: Sequence[Plot]) -> Row:
    """Sigma of all plots of a crop together, each judged by the baseline of the others, and the held-out z-scores."""
    rows = stress_rows(plots)
    known = [plot for plot in plots if np.isfinite(plot.site_stress).any()]
    table = np.concatenate(
        [_pairs(plot, baseline_of([other for other in plots if other is not plot])) for plot in known]
    )
    by = {kind: [row for row in rows if row["held_out"] == kind] for kind in ("plot", "days")}
    return {
        "crop": plots[0].crop,
        "sigma": round(sigma_of(table), _DIGITS),
        "mean_truth": round(float(table[:, 2].mean()), _DIGITS),
        "rank_correlation": rank_correlation(table[:, 1], table[:, 2]),
        **{f"z_rms_held_out_{kind}": _pooled_z(group) for kind, group in by.items()},
    }


def _pooled_z(rows: Sequence[Row]) -> float:
    hours = np.array([float(str(row["hours"])) for row in rows])
    squares = np.array([float(str(row["z_rms"])) ** 2 for row in rows])
    return round(float(np.sqrt((hours * squares).sum() / hours.sum())), _DIGITS)
