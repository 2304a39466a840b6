"""The judge's limits of the days ahead as data, for whoever has to advise where no judge can be asked.

Everything here is on the strict side of what the judge itself would find: its middling lane without its doubts, and no
lower water than what is readily available, so that a dose within these limits is within the judge's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from cloud.judge.bucket import REFILL_SHARE, REFILL_TRUST, USEFUL_RAIN, WETTING_MM, Bucket, net_by_day
from cloud.judge.case import JudgeInputs
from cloud.judge.climate import Climate, climate_of
from cloud.judge.coarse import system_of
from cloud.judge.dose_checks import LONGEST_RUN_H, ROOM_MARGIN_FRACTION, ROOM_MARGIN_MM
from cloud.judge.evaporation import FloatArray
from cloud.records import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLimits:
    """What one event may be, gross, and by how much a dose may pass what the bucket misses, net."""

    smallest_mm: float
    largest_mm: float
    efficiency: float
    longest_run_h: float
    margin_mm: float
    margin_fraction: float
    useful_rain: float
    refill_from: float
    refill_least_mm: float
    refill_keeps: float

    def most_mm(self, missing_mm: float) -> float:
        """Largest gross depth of one event where the bucket misses so much."""
        net = missing_mm + max(self.margin_mm, self.margin_fraction * missing_mm)
        return min(self.largest_mm, max(net / self.efficiency, self.smallest_mm))


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketAhead:
    """The judge's bucket over K days ahead for P parcels [mm]; NaN where it knows nothing."""

    missing_mm: FloatArray
    """(P,) on the evening before the first day."""
    use_mm: FloatArray
    """(K, P) of a crop never short of water."""
    readily_available_mm: FloatArray
    """(K, P)."""


def event_limits(parcel: Parcel) -> EventLimits:
    """The limits of one event of a parcel."""
    system = system_of(parcel)
    return EventLimits(
        smallest_mm=system.smallest_mm,
        largest_mm=system.largest_mm,
        efficiency=system.efficiency,
        longest_run_h=LONGEST_RUN_H,
        margin_mm=ROOM_MARGIN_MM,
        margin_fraction=ROOM_MARGIN_FRACTION,
        useful_rain=USEFUL_RAIN,
        refill_from=REFILL_SHARE,
        refill_least_mm=WETTING_MM,
        # Drip gives what was used in portions: none of them is meant to refill the soil.
        refill_keeps=1.0 if parcel.irrigation.method == "drip" else 1.0 - REFILL_TRUST,
    )


def bucket_ahead(first: date, days: int, inputs: JudgeInputs) -> BucketAhead | None:
    """The judge's bucket from the evening before ``first`` on, driven by ``inputs.forecast``; None without weather."""
    parcels = inputs.parcels
    past = climate_of(inputs.weather, parcels, until=first - timedelta(days=1))
    if past.middle_mm.shape[0] == 0 or inputs.forecast is None:
        return None
    ahead, given = climate_of(inputs.forecast, parcels), net_by_day(parcels, inputs.events)
    known = past.first_day + timedelta(days=past.middle_mm.shape[0] - 1)
    bucket = Bucket.run(parcels, past, given, min(known, first - timedelta(days=1)))
    while bucket.day < first - timedelta(days=1):
        bucket.step(_covering(past, ahead, bucket.day), given, dry_rain_share=1.0)
    missing = bucket.lanes.middle_mm
    use, readily = [], []
    for _ in range(days):
        # Full again every evening: what the crop uses where nothing is missing.
        bucket.lanes = replace(bucket.lanes, middle_mm=np.where(np.isnan(missing), np.nan, 0.0))
        bucket.step(_dry(_covering(past, ahead, bucket.day)), {}, dry_rain_share=0.0)
        use.append(bucket.lanes.use_mm)
        readily.append(bucket.lanes.readily_available_mm)
    return BucketAhead(missing_mm=missing, use_mm=np.array(use), readily_available_mm=np.array(readily))


def limits_of_all(parcels: Sequence[Parcel]) -> tuple[EventLimits, ...]:
    """The limits of one event, parcel by parcel."""
    return tuple(event_limits(parcel) for parcel in parcels)


def _covering(past: Climate, ahead: Climate, done: date) -> Climate:
    row = ahead.row(done + timedelta(days=1))
    return ahead if 0 <= row < ahead.middle_mm.shape[0] else _dry(past)


def _dry(climate: Climate) -> Climate:
    return replace(climate, rain_mm=np.zeros_like(climate.rain_mm))
