"""Weather at the parcels, day by day, as plain arrays: what the water balance is driven by."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Days, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Forcing:
    """Daily weather of P parcels over D days; arrays (D, P), of a forecast with M members (D, P, M); NaN = unknown."""

    days: Days
    """(D,) consecutive local days."""
    et0_mm: Floats
    rain_mm: Floats
    wind_2m_m_s: Floats
    rh_min_percent: Floats
    tmin_c: Floats
    tmax_c: Floats
    radiation_mj_m2: Floats
    et0_method: NDArray[np.str_] | None = None
    """(D, P) how reference ET was found; None for a forecast."""
    filled: NDArray[np.bool_] | None = None
    """(D, P) days whose weather was filled from their neighbours."""
    notes: tuple[str, ...] = field(default=())
    """What was filled or assumed, one line each."""

    def parcel(self, place: int) -> Self:
        """The weather of one parcel, still with its axis."""
        chosen = slice(place, place + 1)
        names = ("et0_mm", "rain_mm", "wind_2m_m_s", "rh_min_percent", "tmin_c", "tmax_c", "radiation_mj_m2")
        return replace(
            self,
            **{name: getattr(self, name)[:, chosen] for name in names},
            et0_method=None if self.et0_method is None else self.et0_method[:, chosen],
            filled=None if self.filled is None else self.filled[:, chosen],
        )
