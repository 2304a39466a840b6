"""Where the water of many parcels stands after a day, and how it came there."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.assimilation.claims import DoubtedIrrigation, InferredIrrigation
from cloud.agronomy.assimilation.suspicion import SuspectSource
from cloud.agronomy.assimilation.trust import Texts
from cloud.agronomy.step import Water
from cloud.records import ObservationKind
from cloud.variables import Days, Floats
from cloud.water_day import WaterDay

DECIMALS: Final = 12
"""Digits kept in a row: far below the 1e-9 mm to which the mass balance closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterState:
    """Water of P parcels in M members at the end of a day: all that is needed to go on."""

    day: date
    depletion_mm: Floats
    """(P, M); negative above field capacity."""
    total_available_mm: Floats
    """(P, M)."""
    readily_available_mm: Floats
    """(P, M)."""
    water: Water
    """Every store and learned parameter, (P, M)."""
    wind_2m_m_s: Floats
    """(P, 1) recent mean wind, for the climate adjustment of Kcb."""
    rh_min_percent: Floats
    """(P, 1) recent mean lowest humidity."""
    age_days: Floats
    """(P, 1) age of the crop on the next day, in days of the table's stages; NaN where the calendar counts."""
    claims: Floats
    """(P, C) what is claimed of each parcel's water (``claims``)."""
    sources: Texts
    """(P,) what is remembered of each parcel's sources of observations (``trust``), as JSON."""
    concluded: Texts
    """(P,) irrigation of the last days that was inferred or doubted (``watch``), as JSON."""
    started: NDArray[np.bool_]
    """(P,) whether the season has begun and its weather was complete; other rows are a start, not a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Water of P parcels over D days to come in M members; arrays (D, P, M)."""

    days: Days
    depletion_mm: Floats
    readily_available_mm: Floats
    total_available_mm: Floats
    ks: Floats
    etc_mm: Floats
    deep_percolation_mm: Floats
    demand_mm: Floats
    """Transpiration of a crop never short of water."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationEffect:
    """What one observation said, what was expected of it, and what it changed; ``seen`` in the unit of its kind."""

    parcel_id: str
    observed_at: datetime
    kind: ObservationKind
    source: str
    seen: float
    sigma: float
    """Standard error that the observation itself states."""
    expected: float
    """Mean of the members before it."""
    expected_sigma: float
    correction_mm: float
    """Change of the mean depletion of the root zone."""
    suspect: bool = False
    """Whether it disagreed beyond what its error and the ensemble allow, and was therefore not, or less, believed."""
    note: str = ""
    """Why, in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterHistory:
    """Soil water of P parcels over D days, with the state after the last."""

    days: Days
    """(D,)."""
    columns: dict[str, Floats]
    """(D, P) for each column of a row, NaN before the first row of a parcel."""
    parcel_ids: tuple[str, ...]
    state: WaterState
    started: NDArray[np.bool_]
    """(P,) whether the parcel has rows."""
    first_row: NDArray[np.intp]
    """(P,) index of the first day with a row."""
    effects: tuple[ObservationEffect, ...] = ()
    """What each observation changed, in the order in which they were taken."""
    inferred: tuple[InferredIrrigation, ...] = ()
    """Irrigation that nobody told of; past rows stay as they were written, later evidence only changes this record."""
    doubted: tuple[DoubtedIrrigation, ...] = ()
    """Irrigation that was told and that the soil did not see."""
    suspects: tuple[SuspectSource, ...] = ()
    """Sources that cannot be believed at the end of the last day."""
    problems: tuple[str, ...] = ()
    """Parcels that could not be followed, one line each."""
    notes: tuple[str, ...] = ()
    """What was assumed, one line each."""

    def rows(self, parcel_index: int) -> list[WaterDay]:
        """Rows of one parcel, oldest first; none when its season has not begun."""
        if not self.started[parcel_index]:
            return []
        return [self._row(parcel_index, place) for place in range(self.first_row[parcel_index], len(self.days))]

    def _row(self, parcel_index: int, place: int) -> WaterDay:
        values = {name: round(float(column[place, parcel_index]), DECIMALS) for name, column in self.columns.items()}
        for name in ("ks", "field_capacity_fraction", "wilting_point_fraction"):
            values[name] = min(max(values[name], 0.0), 1.0)
        day: date = self.days[place].item()
        return WaterDay(parcel_id=self.parcel_ids[parcel_index], day=day, **values)
