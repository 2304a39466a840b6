"""Water that today's turn should leave in the soil for later, because the turns to come cannot bring enough.

At the peak of a season a canal brings less between two turns than a crop uses. What is short then must be in the soil
before, down to where the roots will be: turns in spring, when the crop itself still asks for little, are the only ones
that have water to spare. A horizon that ends at the next turn does not see this.

Reckoning: from the next turn on, need less what the turn brings, added up turn by turn; the largest sum up to the
harvest is what the soil must hold, beyond all needs until the next turn. The roots' growth into moist soil brings its
share of it. References: needs as in ``season``; root depths of FAO-56 (1998) table 22.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np

from cloud.advice.access import HOUR, Access, Constraints, serves, slower, span
from cloud.advice.dose import M3_PER_MM_HA
from cloud.advice.outlook import DEEPER, DRY_ABOVE, FloatArray
from cloud.advice.season import Season
from cloud.advice.system import SystemLimits
from cloud.advice.worth import Stock, worth_of
from cloud.agronomy.crops.crop import crop_of, find_crop
from cloud.agronomy.water import WaterState
from cloud.delivery import own_flow_m3_h
from cloud.records import CanalTurn, Parcel

COMES: Final = 0.7
"""Share of a later turn's water that is counted on: canals seep towards their tail, and a turn is missed now and then.

Beni Amir furrow blocks got 65 to 81 % of what they required (IJERD 15(2), 2024, 73-80). Between 0.65 and 0.85 it hardly
matters in simulated districts: what finds room in the soil binds first."""
DEEPEST_M: Final[Mapping[str, float]] = {
    "barley": 1.5,
    "chickpea": 1.0,
    "cotton": 1.7,
    "eggplant": 1.2,
    "faba_bean": 0.7,
    "groundnut": 1.0,
    "maize": 1.7,
    "melon": 1.5,
    "onion": 0.6,
    "pepper": 1.0,
    "potato": 0.6,
    "silage_maize": 1.7,
    "sorghum": 2.0,
    "soybean": 1.3,
    "sugar_beet": 1.2,
    "sunflower": 1.5,
    "tomato": 1.5,
    "watermelon": 1.5,
    "wheat": 1.5,
}
"""Depth that roots reach where water is long in coming [m]: FAO-56 (1998) table 22, the larger value; the balance uses
the smaller one, for scheduling. Other crops: ``DEEPER``."""
AROUND_DAYS: Final = 15
"""Days of the shortage over which the loss of a missing millimetre is averaged."""
LEAST_MM: Final = 1.0
"""Less than this is not provided for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The soil of one parcel on the last known day, by member (M,) [mm]."""

    depletion_mm: FloatArray
    total_mm: FloatArray
    readily_mm: FloatArray
    below_mm: FloatArray
    """Depletion between the roots and where they will end; negative where water above field capacity stands."""
    column_mm: FloatArray
    """Available water down to where the roots will end."""
    deeper: float = DEEPER
    """Soil beneath that column that roots still draw on, over the column."""

    @classmethod
    def of(cls, state: WaterState, place: int, parcel: Parcel) -> Self:
        """The soil of the parcel in one place of a state."""
        water, total = state.water, state.total_available_mm[place]
        crop = crop_of(parcel)
        deepest_m, table_m = crop.root_depth_m[1] * water.root_scale[place], find_crop(crop.name).root_depth_m[1]
        grown = np.maximum(deepest_m / np.maximum(water.root_depth_m[place], 0.01), 1.0)
        return cls(
            depletion_mm=state.depletion_mm[place],
            total_mm=total,
            readily_mm=state.readily_available_mm[place],
            below_mm=water.below_mm[place],
            column_mm=total * grown,
            deeper=DEEPEST_M.get(crop.name, (1.0 + DEEPER) * table_m) / table_m - 1.0,
        )

    @property
    def beneath_mm(self) -> FloatArray:
        """Room under the roots [mm] (M,), also deeper where they still draw: all of it once the column is dry."""
        below = np.maximum(self.below_mm, 0.0)
        gone = (np.maximum(self.depletion_mm, 0.0) + below) / np.maximum(self.column_mm, 1.0)
        room: FloatArray = below + self.deeper * self.column_mm * np.minimum(gone / DRY_ABOVE, 1.0)
        return room

    @property
    def to_come_mm(self) -> float:
        """Water that the roots will find readily available where they grow, mean of the members [mm]."""
        share = self.readily_mm / np.maximum(self.total_mm, 1.0)
        moist = np.maximum(self.column_mm - self.total_mm - np.maximum(self.below_mm, 0.0), 0.0)
        return float(np.mean(share * moist))


def stock_of(
    parcel: Parcel,
    chance: tuple[Access, SystemLimits],
    constraints: Constraints,
    season: Season | None,
    at: tuple[WaterState, int],
) -> Stock | None:
    """What today's turn should leave for later turns that bring too little.

    None where they suffice, where there is no turn today, and where the rest of the season is not known. ``at`` is the
    parcel's place in a state.
    """
    access, limits = chance
    if season is None or not access.by_turn or access.opens_at is None:
        return None
    return _stock(parcel, constraints, season, limits, Ground.of(*at, parcel))


def _stock(
    parcel: Parcel, constraints: Constraints, season: Season, limits: SystemLimits, ground: Ground
) -> Stock | None:
    ages, need_mm = season.needs_of(parcel)
    chances = _chances(season.day, parcel, constraints, need_mm.size)
    if not chances:
        return None
    begins = np.array([ahead for ahead, _ in chances])
    gross_mm = np.minimum([depth_mm for _, depth_mm in chances], limits.max_mm)
    until = np.concatenate([[0.0], np.cumsum(need_mm)])
    needs = np.diff(until[np.append(begins, need_mm.size)])
    short = np.cumsum(needs - COMES * limits.stored_fraction * gross_mm)
    worst = int(np.argmax(short))
    short_mm = float(short[worst]) - ground.to_come_mm
    if short_mm < LEAST_MM:
        return None
    worth = worth_of(parcel, season.prices, ages[begins[worst] :][:AROUND_DAYS])
    return Stock(short_mm=short_mm, beneath_mm=ground.beneath_mm, loss_per_mm=float(worth.loss_per_mm.mean()))


def _chances(day: date, parcel: Parcel, constraints: Constraints, days: int) -> list[tuple[int, float]]:
    """Days ahead and gross depth [mm] of the parcel's turns that begin after the day and within so many days."""
    found: dict[int, float] = defaultdict(float)
    for turn in [one for one in constraints.turns_near(parcel) if serves(one, parcel)]:
        ahead = (turn.starts_at.astimezone(ZoneInfo(parcel.timezone)).date() - day).days
        if 0 < ahead < days:
            found[ahead] += _brings_m3(turn, parcel) / (M3_PER_MM_HA * _served_ha(turn, parcel, constraints.neighbours))
    return sorted(found.items())


def _brings_m3(turn: CanalTurn, parcel: Parcel) -> float:
    return span(turn.starts_at, turn.ends_at) / HOUR * (slower(turn.flow_m3_h, own_flow_m3_h(parcel)) or 0.0)


def _served_ha(turn: CanalTurn, parcel: Parcel, neighbours: Sequence[Parcel]) -> float:
    """Area that shares a turn: the parcel alone where the turn is its own."""
    return max(sum(_areas(turn, neighbours)), parcel.area_ha) if turn.parcel_id is None else parcel.area_ha


def _areas(turn: CanalTurn, neighbours: Sequence[Parcel]) -> Iterator[float]:
    return (one.area_ha for one in neighbours if serves(turn, one))
