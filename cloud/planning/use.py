"""What parcels will use on the days ahead, day by day and by warmth, and how much of the water that comes counts.

Everything is taken from the night's own projection of the night's own states: the balance is run ahead, once without
water, once with an irrigation, once with rain, and what it says is written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from cloud.advice.system import limits_of
from cloud.agronomy.engines.engine_name import EngineName
from cloud.agronomy.water import Projection, WaterState, project
from cloud.records import Parcel
from cloud.variables import Floats
from cloud.weather.forcing import Forcing

RAIN_FROM_MM: Final = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0)
"""Classes of a day's measured rain, by their least."""
RAIN_FALLEN_MM: Final = tuple(
    (least * upto) ** 0.5 for least, upto in zip(RAIN_FROM_MM, (*RAIN_FROM_MM[1:], 120.0), strict=True)
)
"""What a day of each class brings: the geometric middle of its bounds."""
ALONE_SHARE: Final = 0.5
"""Of what one rain alone loses from the surface afterwards: rains of one wet spell share what the air can take."""
AFTER_DAYS: Final = 6
"""So many days after water came its evaporation from the wetted surface is over."""
AROUND_DAYS: Final = 2
"""Days before and after that tell how warm a day of the season is."""
USUAL_SHARE: Final = 0.5
"""Of a usual largest dose: what the irrigation is taken to be that tells how much of one counts."""
LEAST_COUNTED: Final = 0.5
NARROW: Final = 1.2816
"""Standard deviations from the middle to the 90th percentile."""
USE_ERROR: Final = 0.10
"""Relative standard error of the use that no class of warmth explains, adding up over the days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UseAhead:
    """Water of P parcels on K days ahead [mm net]."""

    missing_mm: Floats
    """(P,) middle estimate on the evening before the first day."""
    use_mm: Floats
    """(K, P, 3) of a crop never short of water on a cool, a usual and a hot day."""
    warm_from_c: Floats
    """(K, P, 2) highest temperature from which a day is usual, and hot."""
    rain_mm: Floats
    """(K, P) net rain to be expected."""
    spread_mm: Floats
    """(K, P) half of the 80 % interval of what is missing when each day begins; it never narrows."""
    deviation_mm: Floats
    """(K, P) standard deviation of it when days are measured."""
    counted: Floats
    """(P,) share of an irrigation's net water that does not evaporate from the surface that it wetted."""
    rain_counts_mm: Floats
    """(C, P) net water that a day's rain of each class brings."""
    fallen_mm: Floats
    """(K, P, F) rain of each possible weather, as it falls."""
    projection: Projection
    """The days ahead if no water is given."""


def use_ahead(state: WaterState, parcels: Sequence[Parcel], ahead: Forcing, engine: EngineName) -> UseAhead:
    """What the projection of a state says of the days ahead.

    Parameters
    ----------
    state : WaterState
        Of P parcels in M members, at the end of the day before ``ahead`` begins.
    ahead : Forcing
        Weather (K, P, F) from the next day on.
    """
    plain = project(state, parcels, ahead, engine=engine)
    # Without rain: what evaporates of rain is taken off the rain that counts.
    dry = project(state, parcels, replace(ahead, rain_mm=np.zeros_like(ahead.rain_mm)), engine=engine)
    evaporated = dry.etc_mm - dry.ks * dry.demand_mm
    usual = (plain.demand_mm + evaporated).mean(axis=2)
    ratio, warm_from_c = by_warmth(ahead)
    counts = _rain_counts(state, parcels, ahead, engine)
    half = np.maximum((_quantile(plain.depletion_mm, 0.9) - _quantile(plain.depletion_mm, 0.1)) / 2.0, 0.0)
    now = (np.quantile(state.depletion_mm, 0.9, axis=1) - np.quantile(state.depletion_mm, 0.1, axis=1)) / 2.0
    spread = np.maximum.accumulate(np.concatenate([np.maximum(now, 0.0)[None], half])[:-1], axis=0)
    before = np.concatenate([np.zeros_like(usual[:1]), np.cumsum(usual, axis=0)])[:-1]
    return UseAhead(
        missing_mm=np.maximum(np.median(state.depletion_mm, axis=1), 0.0),
        use_mm=usual[..., None] * ratio,
        warm_from_c=warm_from_c,
        rain_mm=_net(ahead.rain_mm, counts),
        spread_mm=spread,
        deviation_mm=np.hypot(np.maximum(now, 0.0)[None] / NARROW, USE_ERROR * before),
        counted=_counted(state, parcels, ahead, engine),
        rain_counts_mm=counts,
        fallen_mm=ahead.rain_mm,
        projection=plain,
    )


def by_warmth(ahead: Forcing) -> tuple[Floats, Floats]:
    """Use of cool, usual and hot days over the mean (K, P, 3), and the temperatures between them (K, P, 2) [deg C].

    Days are parted in three by their highest temperature, with those just before and after them.
    """
    days = ahead.tmax_c.shape[0]
    rows = np.clip(np.arange(days)[:, None] + np.arange(-AROUND_DAYS, AROUND_DAYS + 1), 0, days - 1)
    warm = np.moveaxis(ahead.tmax_c[rows], 1, -1).reshape(*ahead.tmax_c.shape[:2], -1)
    et0 = np.moveaxis(ahead.et0_mm[rows], 1, -1).reshape(*ahead.et0_mm.shape[:2], -1)
    order = np.argsort(warm, axis=-1, kind="stable")
    warm, et0 = np.take_along_axis(warm, order, axis=-1), np.take_along_axis(et0, order, axis=-1)
    third = max(warm.shape[-1] // 3, 1)
    cuts = (slice(0, third), slice(third, -third or None), slice(-third, None))
    means = np.stack([et0[..., cut].mean(axis=-1) if et0[..., cut].size else et0.mean(axis=-1) for cut in cuts], -1)
    overall = np.maximum(et0.mean(axis=-1, keepdims=True), 0.1)
    ratio = np.maximum.accumulate(means / overall, axis=-1)
    return ratio, np.stack([warm[..., third], warm[..., -third]], axis=-1)


def _counted(state: WaterState, parcels: Sequence[Parcel], ahead: Forcing, engine: EngineName) -> Floats:
    soon = ahead.until(ahead.days[min(AFTER_DAYS, len(ahead.days)) - 1])
    dry = replace(soon, rain_mm=np.zeros_like(soon.rain_mm))
    limits = [limits_of(parcel) for parcel in parcels]
    net = np.array([USUAL_SHARE * (one.min_mm + one.max_mm) * one.efficiency for one in limits])
    given = np.zeros((len(soon.days), len(parcels)))
    given[0] = net
    without = _evaporated(project(state, parcels, dry, engine=engine))
    lost = _evaporated(project(state, parcels, dry, given, engine=engine)) - without
    counted: Floats = np.clip(1.0 - lost / np.maximum(net, 1.0), LEAST_COUNTED, 1.0)
    return counted


def _rain_counts(state: WaterState, parcels: Sequence[Parcel], ahead: Forcing, engine: EngineName) -> Floats:
    soon = ahead.until(ahead.days[min(AFTER_DAYS, len(ahead.days)) - 1])
    dry = replace(soon, rain_mm=np.zeros_like(soon.rain_mm))
    without = project(state, parcels, dry, engine=engine)
    counts = []
    for fallen in RAIN_FALLEN_MM:
        rain = np.zeros_like(soon.rain_mm)
        rain[0] = fallen
        wet = project(state, parcels, replace(soon, rain_mm=rain), engine=engine)
        stored = (without.depletion_mm[0] - wet.depletion_mm[0]).mean(axis=1)
        drained = (wet.deep_percolation_mm[0] - without.deep_percolation_mm[0]).mean(axis=1)
        later = _evaporated(wet, first=1) - _evaporated(without, first=1)
        counts.append(np.clip(stored + drained - ALONE_SHARE * later, 0.0, fallen))
    rising: Floats = np.maximum.accumulate(np.array(counts), axis=0)
    return rising


def _evaporated(projection: Projection, first: int = 0) -> Floats:
    """Water (P,) that left without passing through the crop."""
    lost: Floats = (projection.etc_mm - projection.ks * projection.demand_mm)[first:].sum(axis=0).mean(axis=1)
    return lost


def _net(rain_mm: Floats, counts_mm: Floats) -> Floats:
    """Mean over members (K, P) of what rain (K, P, F) brings, by its classes."""
    place = np.searchsorted(np.array(RAIN_FROM_MM), rain_mm, side="right")
    table = np.concatenate([np.zeros_like(counts_mm[:1]), counts_mm])
    column = np.broadcast_to(np.arange(rain_mm.shape[1])[None, :, None], rain_mm.shape)
    net: Floats = table[place, column].mean(axis=2)
    return net


def _quantile(values: Floats, share: float) -> Floats:
    found: Floats = np.quantile(values, share, axis=2)
    return found
