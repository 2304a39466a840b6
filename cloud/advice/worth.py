"""What water costs and what a lack of it costs, in one money, on one hectare: the two sides of every decision.

A crop that goes short loses yield by FAO-33 (J. Doorenbos, A.H. Kassam 1979): 1 - Ya/Ym = Ky (1 - ETa/ETm), stage by
stage, so that a millimetre not transpired in stage i costs Ky_i / ETm_i of the crop's value.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np

from cloud.advice.prices import Prices
from cloud.advice.sensitivity import Calendar, calendar_of
from cloud.agronomy.crops.stand import wetted_fraction
from cloud.records import Method, Parcel
from cloud.variables import Floats

M3_PER_MM_HA: Final = 10.0
USUAL_VALUE_PER_HA: Final = 30_000.0
"""Value of a hectare of a crop without an entry."""
VALUE_PER_HA: Final = {
    "barley": 10_000.0,
    "citrus": 75_000.0,
    "durum_wheat": 15_000.0,
    "maize": 27_000.0,
    "melon": 75_000.0,
    "olive": 25_000.0,
    "onion": 70_000.0,
    "potato": 75_000.0,
    "sugar_beet": 33_000.0,
    "tomato": 110_000.0,
    "wheat": 14_000.0,
}
"""Gross value of a good irrigated crop [dirham/ha]: round yields of Moroccan irrigated perimeters times round farm-gate
prices (wheat 5 t at 2,800; maize 9 t at 3,000; potato 30 t at 2,500; tomato 75 t at 1,500; sugar beet 65 t at 500).
Orders of magnitude of this project's own, not a survey: where nothing is said of prices they cancel out, for water is
then priced as a share of the same value."""
WORK_MM: Final[dict[Method, float]] = {"drip": 0.5, "sprinkler": 1.5, "furrow": 3.0, "basin": 3.0}
"""Labour of one irrigation, as the price of so much water on the whole area; by how much of it is done by hand."""
WETTING_MM: Final = 5.0
"""Water that evaporates from bare ground because an irrigation wetted it, about half of a readily evaporable layer."""
FREE_WHILE_GROWING: Final = 0.6
"""Share of readily available water that a crop may use without loss before its canopy is closed.

Leaves stop growing long before stomata close (FAO Irrigation and Drainage Paper 66, chapter 3: growth of the canopy is
slowed from 15 to 20 % of the available water on, little at first), and what the canopy lacks it lacks all season."""
SHADED: Final = 0.8
"""Share of that evaporation which a full canopy prevents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """What the soil should hold at the next turn beyond all needs until then, on one hectare."""

    short_mm: float
    """Net."""
    beneath_mm: Floats
    """(M,) room for it under the roots [mm]."""
    loss_per_mm: float
    """Yield lost by a millimetre that is missing then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Money on one hectare of one parcel on one day."""

    water_per_mm: float
    """One gross millimetre."""
    event: float
    """One irrigation, whatever its depth."""
    loss_per_mm: Floats
    """(K,) yield lost by a millimetre not transpired on each day ahead; the last holds beyond."""
    severe_per_mm: float
    """The same once half of transpiration is lost: where FAO-33's straight line ends, the worst stage's holds."""
    free: Floats = field(default_factory=lambda: np.ones(1))
    """(K,) share of readily available water that is used without loss, by day; the last holds beyond."""
    rest_of_season_mm: float = np.inf
    """Transpiration from after the last day ahead to the harvest; infinite for a perennial."""
    days_left: int = 10_000
    """Days ahead on which the crop still stands."""
    stock: Stock | None = None
    """What today's water should leave for turns that will bring too little; None where they suffice."""

    def day_losses(self, days: int) -> Floats:
        """Loss per millimetre on each of a number of days, (days,)."""
        return _lengthened(self.loss_per_mm, days)

    def day_shares(self, days: int) -> Floats:
        """``free`` on each of a number of days, (days,)."""
        return _lengthened(self.free, days)


def _lengthened(values: Floats, days: int) -> Floats:
    more = days - values.size
    return values[:days] if more <= 0 else np.concatenate([values, np.full(more, values[-1])])


def worth_of(parcel: Parcel, prices: Prices, ages: Floats) -> Worth:
    """Worth of water on the days ahead, on which the crop has ``ages`` (K,) in days of the table's stages."""
    calendar = calendar_of(parcel)
    ahead = _ahead(calendar, ages.tobytes())
    value = prices.crop_value_per_ha.get(calendar.crop, VALUE_PER_HA.get(calendar.crop, USUAL_VALUE_PER_HA))
    per_m3 = prices.energy_per_m3 + prices.scarcity_per_m3
    if prices.water_per_m3 is None:
        price = prices.water_share * value / ahead.need_mm + M3_PER_MM_HA * per_m3
    else:
        price = M3_PER_MM_HA * (prices.water_per_m3 + per_m3)
    return Worth(
        water_per_mm=price,
        event=_event(parcel, prices, price, ahead.cover),
        loss_per_mm=value * ahead.losses,
        severe_per_mm=value * float(calendar.loss_per_mm.max()),
        free=ahead.free,
        rest_of_season_mm=ahead.rest_of_season_mm,
        days_left=ahead.days_left,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ahead:
    """A crop on the days ahead: the same for every parcel of one calendar and age."""

    need_mm: float
    """Of the whole season."""
    losses: Floats
    free: Floats
    cover: float
    rest_of_season_mm: float
    days_left: int


@lru_cache(maxsize=65_536)
def _ahead(calendar: Calendar, ages: bytes) -> _Ahead:
    days = np.frombuffer(ages, dtype=np.float64)
    free = np.where(calendar.closing(days), FREE_WHILE_GROWING, 1.0)
    losses = calendar.losses(days)
    # Many parcels share them.
    for one in (free, losses):
        one.setflags(write=False)
    return _Ahead(
        need_mm=float(np.sum(calendar.stage_need_mm)),
        losses=losses,
        free=free,
        cover=calendar.cover(float(days[0])),
        rest_of_season_mm=calendar.need_after_mm(float(days[-1])),
        days_left=int(np.count_nonzero(calendar.standing(days))),
    )


def _event(parcel: Parcel, prices: Prices, price: float, cover: float) -> float:
    work = WORK_MM[parcel.irrigation.method] * price if prices.event_per_ha is None else prices.event_per_ha
    evaporated_mm = WETTING_MM * wetted_fraction(parcel) * (1.0 - SHADED * cover)
    return work + price * evaporated_mm
