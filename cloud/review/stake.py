"""What is lost if nobody looks: the water a crop may miss, and how little time is left to decide."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cloud.judge.coarse import system_of
from cloud.records import Parcel, Recommendation, Verdict

M3_PER_MM_HA: Final = 10.0
SHORTEST_TIME_H: Final = 1.0
"""The last hour counts whole: nobody decides in less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What stands on one verdict that waits for a person."""

    stress_probability: float
    """Probability of stress if nothing is done; 1 where the advisor could not say."""
    dose_mm: float
    """Gross depth that was proposed, else what the soil may have lost, else the system's largest event [mm]."""
    volume_m3: float
    hours_left: float
    """Until the start that was proposed, or, once that is over, until the verdict expires; 0 afterwards [h]."""

    @property
    def missing_m3(self) -> float:
        """Water that the crop is expected to miss if nobody looks [m3]."""
        return self.stress_probability * self.volume_m3

    @property
    def risk(self) -> float:
        """Water missed for each hour in which somebody can still act [m3/h]; 0 once it is too late."""
        return self.missing_m3 / max(self.hours_left, SHORTEST_TIME_H) if self.hours_left > 0.0 else 0.0


def stake_of(verdict: Verdict, parcel: Parcel | None, now: datetime) -> Stake:
    """What stands on a verdict at a moment; whatever is not known counts as bad as it can be."""
    proposed = verdict.proposed
    likely = proposed.stress_probability_if_ignored
    dose_mm = _dose_mm(proposed, parcel)
    area_ha = 1.0 if parcel is None else parcel.area_ha
    return Stake(
        stress_probability=1.0 if likely is None else likely,
        dose_mm=dose_mm,
        volume_m3=M3_PER_MM_HA * dose_mm * area_ha,
        hours_left=max((_until(verdict, now) - now).total_seconds() / 3600.0, 0.0),
    )


def _until(verdict: Verdict, now: datetime) -> datetime:
    window = verdict.proposed.start_window
    return verdict.valid_until if window is None or window[1] <= now else min(window[1], verdict.valid_until)


def _dose_mm(proposed: Recommendation, parcel: Parcel | None) -> float:
    if proposed.depth_mm is not None:
        return max(proposed.depth_mm.p50, 0.0)
    if parcel is None:
        return 0.0
    system = system_of(parcel)
    if proposed.depletion_mm is None:
        return system.largest_mm
    return min(max(proposed.depletion_mm.p90, 0.0) / system.efficiency, system.largest_mm)
