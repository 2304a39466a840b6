"""Rules that know more than anyone does: soil-moisture thresholds by stage on the true soil, the upper bound."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cloud.variables import Floats
from simulations.closed_loop.fields import FieldSeason
from simulations.closed_loop.loop import Morning


@dataclass(frozen=True, slots=True, kw_only=True)
class StagePolicy:
    """Depletion at which to irrigate, by AquaCrop's four growth stages, and the depletion that is left after it.

    Both are shares of the available water of the root zone [-]; a threshold of 1 or more never irrigates.
    """

    start: tuple[float, float, float, float]
    left: float = 0.0


def candidates() -> tuple[StagePolicy, ...]:
    """Policies that are tried for every field: drier and drier, earlier or later in the season, full and partial."""
    found = [
        StagePolicy(start=(early, growing, flowering, late), left=left)
        for early in (0.4,)
        for growing in (0.3, 0.45, 0.6)
        for flowering in (0.3, 0.4, 0.5, 0.6)
        for late in (0.4, 0.6, 0.9)
        for left in (0.0, 0.15)
    ]
    return tuple(one for one in found if one.left < min(one.start) - 0.05)


class Thresholds:
    """Irrigates by one StagePolicy per field, seeing the true root zone; refills what efficiency loses."""

    def __init__(
        self, fields: Sequence[FieldSeason], policies: Sequence[StagePolicy], smallest_mm: float = 5.0
    ) -> None:
        self._start = np.array([one.start for one in policies])
        self._left = np.array([one.left for one in policies])
        self._efficiency = np.array([one.efficiency for one in fields])
        self._smallest_mm = smallest_mm

    def decide(self, morning: Morning) -> Floats:
        """Doses (F,) of the day [mm gross], from yesterday's evening."""
        truth = morning.truth
        if truth is None:
            return np.zeros(self._left.size)
        stage = np.clip(np.nan_to_num(truth.stage, nan=1.0).astype(int) - 1, 0, 3)
        start = np.take_along_axis(self._start, stage[:, None], axis=1)[:, 0]
        available = np.nan_to_num(truth.available_mm, nan=1.0)
        depletion = np.nan_to_num(truth.depletion_mm, nan=0.0)
        net = depletion - self._left * available
        wanted = (depletion >= start * available) & (net >= self._smallest_mm) & morning.growing
        return np.where(wanted, net / self._efficiency, 0.0)
