"""The forecast of a day corrected by the archive, region by region; what was learned from how many days is told."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats
from cloud.weather.outlook.calibrate import CALIBRATED, LEAST_DAYS, Calibration, Pairs, calibration_of
from cloud.weather.outlook.climatology import usual_of
from cloud.weather.outlook.pairs import daily_of, nearest, pairs_of
from cloud.weather.outlook.working import Prepared, Working, before, begin, days_of, name_of

if TYPE_CHECKING:
    import xarray as xr

REGION_DEGREES: Final = 3.0
"""Places of one square of this size learn together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What is remembered: the past (time, site), and forecasts of one source as ``statistics_of`` gives them."""

    past: xr.Dataset
    forecasts: xr.Dataset


def calibrated(forecast: xr.Dataset, memory: Memory, *, window_days: int | None = None) -> Prepared:
    """A forecast (time, member, site) with its temperatures, rain and reference ET corrected.

    Only pairs known on the issue's day count, and of these only the last ``window_days`` of issues where that is given.
    """
    if not forecast.attrs.get("issued_at"):
        return _as_issued(forecast, "does not say when it was issued")
    work = begin(forecast)
    memory = Memory(
        past=before(memory.past, work.issued_on), forecasts=_earlier(memory.forecasts, work.issued_on, window_days)
    )
    if not memory.past.sizes["time"] or not memory.forecasts.sizes["issued_at"]:
        return _as_issued(forecast, "no earlier forecast is archived")
    values, fits = dict(work.values), []
    for variable in CALIBRATED:
        if variable in values and f"{variable}_mean" in memory.forecasts:
            values[variable], learned = _corrected(variable, work, memory)
            fits += learned
    if not any(fit.leads for fit in fits):
        return _as_issued(forecast, f"fewer than {LEAST_DAYS} earlier forecasts are archived with what then came")
    told = "; ".join(filter(None, (_told(name, [fit for fit in fits if fit.variable == name]) for name in CALIBRATED)))
    digest = hashlib.sha256("\n".join(_described(fit) for fit in fits).encode()).hexdigest()
    return work.finished(values, f"{work.name}: corrected by earlier forecasts and what came: {told}", digest)


def _as_issued(forecast: xr.Dataset, reason: str) -> Prepared:
    return Prepared(forecast=forecast, notes=(f"{name_of(forecast)}: {reason}; it is used as it was issued",))


def _corrected(variable: str, work: Working, memory: Memory) -> tuple[Floats, list[Calibration]]:
    """Values of one variable, each region by its own fit."""
    pairs = pairs_of(variable, memory.forecasts, memory.past).until(work.issued_on)
    usual = usual_of(days_of(memory.past), daily_of(variable, memory.past))
    here, there = nearest(work.dataset, memory.past), nearest(memory.forecasts, memory.past)
    squares, archived = _squares(work.dataset), _squares(memory.forecasts)
    if squares.size == archived.size == 1 and nearest(work.dataset, memory.forecasts)[0] == 0:
        archived = squares  # a single place need not say where it lies
    leads: Sequence[int] = (work.days - work.issued_on).astype(np.int64).tolist()
    values, fits = work.values[variable].copy(), []
    for square in np.unique(squares):
        mine, theirs = squares == square, archived == square
        if theirs.any():
            fit = calibration_of(variable, _of_sites(pairs, theirs), usual.at_sites(there[theirs]))
            values[..., mine] = fit.members(values[..., mine], work.days, leads, usual.at_sites(here[mine]))
            fits.append(fit)
    return values, fits


def _earlier(forecasts: xr.Dataset, issued_on: np.datetime64, window_days: int | None) -> xr.Dataset:
    days = forecasts["issued_at"].values.astype("datetime64[D]")
    kept = days < issued_on
    if window_days is not None:
        kept &= days >= issued_on - np.timedelta64(window_days, "D")
    chosen: xr.Dataset = forecasts.isel(issued_at=np.flatnonzero(kept))
    return chosen


def _squares(dataset: xr.Dataset) -> NDArray[np.str_]:
    """Region of every site; sites that do not say where they lie share one."""
    north, east = (dataset[name].values / REGION_DEGREES for name in ("latitude", "longitude"))
    known = np.isfinite(north + east)
    names = [f"{round(a)} {round(b)}" for a, b in zip(np.nan_to_num(north), np.nan_to_num(east), strict=True)]
    return np.where(known, names, "nowhere")


def _of_sites(pairs: Pairs, kept: NDArray[np.bool_]) -> Pairs:
    names = ("mean", "spread", "wet_fraction", "observed")
    return replace(pairs, **{name: getattr(pairs, name)[:, :, kept] for name in names})


def _told(variable: str, fits: Sequence[Calibration]) -> str:
    days = [one.days for fit in fits for one in fit.leads.values()]
    return f"{variable} from {min(days)} to {max(days)} days" if days else ""


def _described(fit: Calibration) -> str:
    """Everything a fit consists of, for its digest."""
    return f"{fit.variable} {sorted((lead, repr(one)) for lead, one in fit.leads.items())}"
