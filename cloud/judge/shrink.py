"""A smaller dose with the same identities: the only change the judge may make to water."""

import math
from collections.abc import Sequence

from cloud.judge.case import Finding
from cloud.judge.coarse import system_of
from cloud.records import Parcel, Quantiles, Recommendation

M3_PER_MM_HA = 10.0
STEPS_PER_HOUR = 12.0
TINY = 1e-9


def shrunk(
    proposed: Recommendation, parcel: Parcel, failed: Sequence[Finding], *, at_least_fraction: float
) -> Recommendation | None:
    """The proposal at the largest depth that every failed check allows; None when that is too small a part of it."""
    depth = proposed.depth_mm
    assert depth is not None
    allowed = [finding.at_most_mm for finding in failed if finding.at_most_mm is not None]
    if len(allowed) < len(failed):
        return None
    depth_mm = float(math.floor(min(allowed) + TINY))
    smallest = max(system_of(parcel).smallest_mm, at_least_fraction * depth.p50, 1.0)
    if not smallest <= depth_mm < depth.p50:
        return None
    volume_m3 = math.floor(M3_PER_MM_HA * depth_mm * parcel.area_ha + 0.5)
    ratio = volume_m3 / (proposed.volume_m3 or 1.0)
    duration_h = None
    if proposed.duration_h is not None:
        flow_m3_h = (proposed.volume_m3 or 0.0) / proposed.duration_h if proposed.duration_h > 0.0 else math.inf
        duration_h = math.floor(volume_m3 / flow_m3_h * STEPS_PER_HOUR + TINY) / STEPS_PER_HOUR
    if ratio >= 1.0 or volume_m3 <= 0:
        return None
    return proposed.model_copy(
        update={
            "depth_mm": Quantiles(
                p10=min(depth.p10, depth_mm), p50=depth_mm, p90=min(max(depth.p90, depth_mm), depth_mm)
            ),
            "volume_m3": float(volume_m3),
            "duration_h": duration_h,
        }
    )
