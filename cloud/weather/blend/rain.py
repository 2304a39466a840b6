"""Rain of a second product brought to the reference's distribution, wet days and sums alike, with an 80 % interval.

The middle is a quantile map: it keeps dry days dry and heavy rain heavy, which a conditional mean would smear out over
the week. The interval is learned by boosted trees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.variables import Floats
from cloud.weather.blend.boosted import HIGH, LOW, Quantiles, one_thread

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingRegressor

LEAST_RAIN_MM: Final = 0.05
"""Rain below this is none to any gauge: nothing grows in proportion to it."""
_KNOTS: Final = 201


@dataclass(frozen=True, slots=True, kw_only=True)
class RainMap:
    """Knots (K,) of the product's rain and of the reference's [mm], and the trees of the interval."""

    product_mm: Floats
    reference_mm: Floats
    low: HistGradientBoostingRegressor
    high: HistGradientBoostingRegressor

    def quantiles(self, rain_mm: Floats, features: Floats) -> Quantiles:
        """Quantiles of days (N,) from the product's rain and the features (N, F)."""
        middle = self.mapped(rain_mm)
        if not middle.size:
            return Quantiles(low=middle, middle=middle, high=middle)
        with one_thread():
            low, high = self.low.predict(features), self.high.predict(features)
        return Quantiles(low=np.clip(low, 0.0, middle), middle=middle, high=np.maximum(high, middle))

    def mapped(self, rain_mm: Floats) -> Floats:
        """Rain by rank; beyond the wettest day seen it grows in proportion."""
        inside = np.interp(rain_mm, self.product_mm, self.reference_mm)
        top = self.product_mm[-1]
        beyond = self.reference_mm[-1] * rain_mm / top if top >= LEAST_RAIN_MM else inside
        return np.where(rain_mm > top, beyond, inside)


def fit_rain(product_mm: Floats, reference_mm: Floats, features: Floats) -> RainMap:
    """Learn the map of a product's rain (N,) to the reference's (N,)."""
    share = np.linspace(0.0, 1.0, _KNOTS)
    theirs, ours = np.quantile(product_mm, share), np.quantile(reference_mm, share)
    # Several shares of dry days are one knot: the mean of what the reference has there.
    knots, place = np.unique(theirs, return_inverse=True)
    means = np.bincount(place, weights=ours) / np.bincount(place)
    with one_thread():
        low, high = (_trees(features, reference_mm, at) for at in (LOW, HIGH))
    return RainMap(product_mm=knots, reference_mm=means, low=low, high=high)


def _trees(features: Floats, values: Floats, at: float) -> HistGradientBoostingRegressor:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 -- slow to import; only learning needs it

    return HistGradientBoostingRegressor(
        loss="quantile",
        quantile=at,
        learning_rate=0.05,
        max_iter=80,
        max_leaf_nodes=6,
        min_samples_leaf=20,
        max_features=0.5,
        early_stopping=False,
        random_state=0,
    ).fit(features, values)
