"""What was learned of a region: a second product told in the reference's terms, with quantiles, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError
from cloud.variables import VARIABLES, Days, Floats
from cloud.weather.blend.boosted import Boosted, Quantiles, fit
from cloud.weather.blend.features import Surroundings, feature_matrix
from cloud.weather.blend.normal_year import NormalYear, normal_year
from cloud.weather.blend.pairs import FEWEST_PAIRS, Pairs
from cloud.weather.blend.rain import RainMap, fit_rain
from cloud.weather.blend.regions import Region

BLOCK_DAYS: Final = 30
BLOCKS: Final = 4
MARGIN: Final = 0.1
"""Share of a feature's span by which a day may leave it and still count as known."""
CARRIED: Final = 0.5
"""Share of a feature's span to which straight lines are carried beyond what was seen; the rest is cut off."""
FARTHEST: Final = 1.0
"""Share of a feature's span beyond which a day is refused."""
_EDGES: Final = (0.005, 0.995)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRegion:
    """The model of one region, frozen."""

    region: Region
    predictors: tuple[str, ...]
    names: tuple[str, ...]
    lowest: Floats
    """(F,) lower edge of what was seen."""
    highest: Floats
    sites: tuple[tuple[float, float], ...]
    first_day: np.datetime64
    last_day: np.datetime64
    boosted: Mapping[str, Boosted]
    rain: RainMap | None
    normal: Mapping[str, NormalYear]
    told: Mapping[str, Any] = field(default_factory=dict)
    """Held-out figures and hashes of the files it was learned from."""

    @property
    def variables(self) -> tuple[str, ...]:
        """Variables that it tells."""
        return (*self.boosted, *(("rain_mm",) if self.rain is not None else ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A second product in the reference's terms, days (D,); NaN where it is refused or the product unknown."""

    quantiles: Mapping[str, Quantiles]
    outside: NDArray[np.bool_]
    """(D,) days beyond what was seen in training, told with a wider interval."""
    refused: NDArray[np.bool_]
    """(D,) days too far beyond it to be told at all."""
    drift: Mapping[str, Floats]
    """(D,) what was taken off because the product left the natural range of years."""


def learn(pairs: Pairs, rows: NDArray[np.bool_] | None = None, told: Mapping[str, Any] | None = None) -> LearnedRegion:
    """Learn a region from all rows of pairs, or from some (N,); the years of the others then stay unseen."""
    kept = np.ones(pairs.days.size, dtype=bool) if rows is None else rows
    unseen = np.setdiff1d(_years(pairs.days[~kept]), _years(pairs.days[kept]))
    features, days = pairs.features[kept], pairs.days[kept]
    blocks = (days.astype(np.int64) // BLOCK_DAYS) % BLOCKS
    boosted = {}
    for name, series in pairs.targets.items():
        values = series[kept]
        known = ~np.isnan(values)
        if name != "rain_mm" and known.sum() >= FEWEST_PAIRS:
            boosted[name] = fit(features[known], values[known], blocks[known])
    low, high = np.quantile(features, _EDGES, axis=0)
    normal = {name: normal_year(*_without(*pairs.records[name], unseen)) for name in boosted}
    return LearnedRegion(
        region=pairs.region,
        predictors=pairs.predictors,
        names=pairs.names,
        lowest=low,
        highest=high,
        sites=pairs.sites,
        first_day=days.min(),
        last_day=days.max(),
        boosted=boosted,
        rain=_rain(pairs, kept),
        normal={name: found for name, found in normal.items() if found is not None},
        told=dict(told or {}),
    )


def estimate(learned: LearnedRegion, product: Surroundings, widening: float = 1.0) -> Estimate:
    """A product around a place (days in order) in the terms of the region's reference."""
    lacking = [name for name in learned.predictors if name not in product.series]
    if lacking:
        raise InputError(
            f"second product: expected {', '.join(learned.predictors)} as in training, got no {', '.join(lacking)};"
            " give the same product, or learn again"
        )
    _, raw = feature_matrix(product, learned.predictors)
    known = np.isfinite(raw).all(axis=1)
    span = np.maximum(learned.highest - learned.lowest, 1e-9)
    with np.errstate(invalid="ignore"):
        beyond = np.maximum(np.maximum(learned.lowest - raw, raw - learned.highest) / span, 0.0).max(axis=1)
    refused = known & (beyond > FARTHEST)
    usable = known & ~refused
    rows = np.clip(raw[usable], learned.lowest - CARRIED * span, learned.highest + CARRIED * span)
    wider = widening * (1.0 + 2.0 * np.maximum(beyond[usable] - MARGIN, 0.0))
    quantiles, drift = {}, {}
    for name, model in learned.boosted.items():
        found = _spread_out(model.quantiles(rows), wider)
        quantiles[name], drift[name] = _settled(name, found, learned.normal.get(name), product.days, usable)
    if learned.rain is not None:
        told = learned.rain.quantiles(product.series["rain_mm"][usable], rows)
        quantiles["rain_mm"] = _placed("rain_mm", _spread_out(told, wider), usable)
    _order_temperatures(quantiles)
    return Estimate(quantiles=quantiles, outside=usable & (beyond > MARGIN), refused=refused, drift=drift)


def _rain(pairs: Pairs, kept: NDArray[np.bool_]) -> RainMap | None:
    if "rain_mm" not in pairs.targets or "rain_mm" not in pairs.plain:
        return None
    known = kept & ~np.isnan(pairs.targets["rain_mm"])
    if known.sum() < FEWEST_PAIRS:
        return None
    return fit_rain(pairs.plain["rain_mm"][known], pairs.targets["rain_mm"][known], pairs.features[known])


def _settled(
    name: str, found: Quantiles, normal: NormalYear | None, days: Days, usable: NDArray[np.bool_]
) -> tuple[Quantiles, Floats]:
    """Quantiles on all days, without the drift of the product; half of what was taken off stays as doubt."""
    placed = _placed(name, found, usable)
    if normal is None:
        return placed, np.zeros(days.size)
    drift = normal.drift(days, placed.middle)
    doubt = np.abs(drift) / 2.0
    middle = placed.middle - drift
    low = middle - np.hypot(placed.middle - placed.low, doubt)
    high = middle + np.hypot(placed.high - placed.middle, doubt)
    return _bounded(name, Quantiles(low=low, middle=middle, high=high)), drift


def _spread_out(found: Quantiles, wider: Floats) -> Quantiles:
    return Quantiles(
        low=found.middle - (found.middle - found.low) * wider,
        middle=found.middle,
        high=found.middle + (found.high - found.middle) * wider,
    )


def _placed(name: str, found: Quantiles, usable: NDArray[np.bool_]) -> Quantiles:
    whole = [np.full(usable.size, np.nan) for _ in range(3)]
    for series, values in zip(whole, (found.low, found.middle, found.high), strict=True):
        series[usable] = values
    return _bounded(name, Quantiles(low=whole[0], middle=whole[1], high=whole[2]))


def _bounded(name: str, found: Quantiles) -> Quantiles:
    low, high = VARIABLES[name].low, VARIABLES[name].high
    return Quantiles(
        low=np.clip(found.low, low, high), middle=np.clip(found.middle, low, high), high=np.clip(found.high, low, high)
    )


def _order_temperatures(quantiles: dict[str, Quantiles]) -> None:
    """A lowest temperature that came out above the highest gives way to it: both are told apart by their errors."""
    if "tmin_c" not in quantiles or "tmax_c" not in quantiles:
        return
    tmin, tmax = quantiles["tmin_c"], quantiles["tmax_c"]
    crossed = tmin.middle > tmax.middle
    middle = (tmin.middle + tmax.middle) / 2.0
    for name, found in (("tmin_c", tmin), ("tmax_c", tmax)):
        quantiles[name] = Quantiles(
            low=np.minimum(found.low, np.where(crossed, middle, found.low)),
            middle=np.where(crossed, middle, found.middle),
            high=np.maximum(found.high, np.where(crossed, middle, found.high)),
        )


def _years(days: Days) -> Days:
    return np.unique(days.astype("datetime64[Y]"))


def _without(days: Days, values: Floats, unseen: Days) -> tuple[Days, Floats]:
    seen = ~np.isin(days.astype("datetime64[Y]"), unseen)
    return days[seen], values[seen]
