"""A coarse bucket of soil water in three lanes: middling, driest and wettest since the last wetting.

Deliberately not the advisor's balance: one coefficient per crop group, linear roots, no evaporation layer, no members.
The driest and wettest lanes leave the middling one at the last irrigation or good rain, so that their distance tells
what cannot be known since then rather than the errors of a whole season.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cloud.judge.climate import Climate
from cloud.judge.coarse import group_of, roots_m, season_bounds, system_of, usable_fraction, water_mm_per_m
from cloud.judge.evaporation import FloatArray
from cloud.records import IrrigationEvent, Parcel

LONGEST_MEMORY_DAYS: Final = 240
START_FRACTION: Final = 0.3
"""Share of available water missing at the start where nothing is known."""
WETTING_MM: Final = 8.0
"""Net water in a day from which the lanes are brought together."""
SPREAD_AT_WETTING: Final = 0.15
"""What stays unknown just after a wetting, as a share of readily available water."""
USEFUL_RAIN: Final = 0.85
SEEDLING_ROOTS_M: Final = 0.25
ROOTS_AFTER_FULL: Final = 1.2
"""Roots are full-grown after this many times the days to full cover."""
DRIP_START, DRIP_FULL = 0.60, 0.85
"""Drip wets part of the surface: less evaporates, most of all between seedlings; trees' numbers know that already."""
REFILL_SHARE: Final = 0.8
"""An irrigation of at least this share of the middling depletion was meant to refill."""
REFILL_TRUST: Final = 0.5
"""Share of the rest that a refill writes off, so that the references' differences do not add up over a season."""
DRIFT_SHARE: Final = 0.15
"""Crop coefficients of one field are known to about this share; its error adds up until the soil is full again."""
LOW_SPREAD: Final = 0.80
HIGH_SPREAD: Final = 1.05
DRIER_SHARE: Final = 0.5
WETTER_SHARE: Final = 0.6
"""Share of the use since the last wetting by which the truth may lie drier or wetter than the middling lane."""
COLD_C, WARM_C = 4.0, 16.0
SLOWEST, FASTEST = 0.2, 1.2
"""Warmth of a day at which a crop stands nearly still, at which it grows as it should, and the bounds of its pace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """Depletion (P,) [mm] on one day in three lanes, what is readily available and what the soil holds at most."""

    middle_mm: FloatArray
    driest_mm: FloatArray
    wettest_mm: FloatArray
    readily_available_mm: FloatArray
    total_available_mm: FloatArray
    since_mm: FloatArray
    """Use that no water has made good since the last wetting, what the lanes cannot agree about."""
    grown_days: FloatArray
    """Age of the crop in warm days."""
    drift_mm: FloatArray
    """By how much any bucket may have gone astray since the soil was last full."""
    use_mm: FloatArray
    """What the crop used on the day, by the middling lane."""
    water_mm: FloatArray
    """Net water of the day, rain counted in part."""

    def missing(self) -> npt.NDArray[np.bool_]:
        """Parcels of which the bucket knows nothing."""
        return ~np.isfinite(self.middle_mm)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """Rough constants of the parcels (P,)."""

    start: npt.NDArray[np.datetime64]
    perennial: npt.NDArray[np.bool_]
    kc_start: FloatArray
    kc_full: FloatArray
    days_to_full: FloatArray
    roots_m: FloatArray
    water_mm_per_m: FloatArray
    usable: FloatArray
    by_portions: npt.NDArray[np.bool_]
    """Drip gives what was used in portions: none of them is meant to refill the soil."""


@dataclass(slots=True, kw_only=True)
class Bucket:
    """Soil water of all parcels, run day by day; ``day`` is the last day done."""

    parcels: Sequence[Parcel]
    ground: _Ground
    day: date
    lanes: Lanes

    @classmethod
    def run(
        cls, parcels: Sequence[Parcel], climate: Climate, given: Mapping[date, FloatArray], until: date
    ) -> "Bucket":
        """The bucket at the end of ``until``, from the season's start or the first weather day; net water is given."""
        ground = _ground_of(parcels)
        first = max(climate.first_day, until - timedelta(days=LONGEST_MEMORY_DAYS))
        bucket = cls(
            parcels=parcels, ground=ground, day=first - timedelta(days=1), lanes=_start(parcels, ground, first)
        )
        while bucket.day < until:
            bucket.step(climate, given, dry_rain_share=1.0)
        return bucket

    def copy(self) -> "Bucket":
        """The same bucket, free to go on by itself."""
        return Bucket(parcels=self.parcels, ground=self.ground, day=self.day, lanes=self.lanes)

    def step(self, climate: Climate, given: Mapping[date, FloatArray], *, dry_rain_share: float) -> None:
        """One day more; ``dry_rain_share`` of the rain counts in the driest lane (a forecast may not fall)."""
        day = self.day + timedelta(days=1)
        low, middle, high, rain = _weather_on(climate, day)
        grown_days = self.lanes.grown_days + _pace(climate, day)
        kc, readily, total = self._crop_on(grown_days)
        net = given.get(day, np.zeros(len(self.parcels)))
        begun = self.ground.perennial | (np.datetime64(day, "D") >= self.ground.start)
        water = USEFUL_RAIN * rain + net
        middle_after = _after(self.lanes.middle_mm, kc * middle, water, readily, total)
        use = middle_after - np.maximum(self.lanes.middle_mm - water, 0.0)
        drift = np.where(water >= self.lanes.driest_mm, 0.0, self.lanes.drift_mm + DRIFT_SHARE * use)
        dry_rain = USEFUL_RAIN * dry_rain_share * rain
        driest = _after(self.lanes.driest_mm, HIGH_SPREAD * kc * high, dry_rain + net, readily, total)
        wettest = _after(self.lanes.wettest_mm, LOW_SPREAD * kc * low, rain + net, readily, total)
        refills = net >= REFILL_SHARE * np.maximum(self.lanes.middle_mm, WETTING_MM)
        refilled = refills & ~self.ground.by_portions
        middle_after = np.where(refilled, (1.0 - REFILL_TRUST) * middle_after, middle_after)
        wetted = refilled | ((net + USEFUL_RAIN * dry_rain_share * rain) >= WETTING_MM)
        around = SPREAD_AT_WETTING * readily
        since = np.maximum(self.lanes.since_mm + kc * middle - net - USEFUL_RAIN * dry_rain_share * rain, 0.0)
        since = np.where(wetted, 0.0, since)
        driest = np.clip(driest, middle_after, middle_after + around + DRIER_SHARE * since)
        wettest = np.clip(wettest, middle_after - around - WETTER_SHARE * since, middle_after)
        self.lanes = Lanes(
            middle_mm=np.where(begun, middle_after, self.lanes.middle_mm),
            driest_mm=np.where(begun, np.minimum(driest, total), self.lanes.driest_mm),
            wettest_mm=np.where(begun, np.maximum(wettest, 0.0), self.lanes.wettest_mm),
            readily_available_mm=readily,
            total_available_mm=total,
            since_mm=np.where(begun, since, self.lanes.since_mm),
            grown_days=np.where(begun, grown_days, 0.0),
            drift_mm=np.where(begun, np.minimum(drift, readily), 0.0),
            use_mm=np.where(begun, use, 0.0),
            water_mm=water,
        )
        self.day = day

    def _crop_on(self, age: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        ground = self.ground
        grown = np.where(ground.perennial, 1.0, np.clip(age / ground.days_to_full, 0.0, 1.0))
        rooted = np.where(ground.perennial, 1.0, np.clip(age / (ROOTS_AFTER_FULL * ground.days_to_full), 0.0, 1.0))
        roots = SEEDLING_ROOTS_M + (np.maximum(ground.roots_m, SEEDLING_ROOTS_M) - SEEDLING_ROOTS_M) * rooted
        total = ground.water_mm_per_m * np.where(ground.perennial, ground.roots_m, roots)
        kc = ground.kc_start + (ground.kc_full - ground.kc_start) * grown
        return kc, ground.usable * total, total


def net_by_day(parcels: Sequence[Parcel], events: Sequence[IrrigationEvent]) -> dict[date, FloatArray]:
    """Net water of the events by local day (P,) [mm]."""
    column = {parcel.id: index for index, parcel in enumerate(parcels)}
    zones = [ZoneInfo(parcel.timezone) for parcel in parcels]
    efficiency = [system_of(parcel).efficiency for parcel in parcels]
    given: dict[date, FloatArray] = defaultdict(lambda: np.zeros(len(parcels)))
    for event in events:
        index = column.get(event.parcel_id)
        if index is not None:
            given[event.started_at.astimezone(zones[index]).date()][index] += event.depth_mm * efficiency[index]
    return dict(given)


def _after(
    depletion_mm: FloatArray, demand_mm: FloatArray, water_mm: FloatArray, readily: FloatArray, total: FloatArray
) -> FloatArray:
    """Depletion after a day: water in, then use that slows down once readily available water is gone."""
    wet = np.maximum(depletion_mm - water_mm, 0.0)
    slowed = np.clip((total - wet) / np.maximum(total - readily, 1e-6), 0.0, 1.0)
    result: FloatArray = np.minimum(wet + slowed * demand_mm, total)
    return result


def _weather_on(climate: Climate, day: date) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Bracket and rain at the parcels (P,); an unknown day takes the site's mean use and, cautiously, no rain."""
    row = climate.row(day)
    inside = 0 <= row < climate.middle_mm.shape[0]
    values = []
    for series in (climate.low_mm, climate.middle_mm, climate.high_mm):
        near = series[max(0, row - 15) : row + 16] if inside else series[-15:]
        usual = _mean_known(near)
        today = np.where(np.isfinite(series[row]), series[row], usual) if inside else usual
        values.append(today[climate.site_of])
    rain = np.nan_to_num(climate.rain_mm[row], nan=0.0) if inside else np.zeros(climate.rain_mm.shape[1])
    return values[0], values[1], values[2], rain[climate.site_of]


def _pace(climate: Climate, day: date) -> FloatArray:
    """By how many warm days a crop grows in a day (P,); as one where nobody knows how warm it was."""
    row = climate.row(day)
    if not 0 <= row < climate.warmth_c.shape[0]:
        return np.ones(climate.site_of.size)
    warmth = climate.warmth_c[row][climate.site_of]
    pace = np.clip((warmth - COLD_C) / (WARM_C - COLD_C), SLOWEST, FASTEST)
    return np.where(np.isfinite(pace), pace, 1.0)


def _mean_known(series: FloatArray) -> FloatArray:
    known = np.isfinite(series)
    count = known.sum(axis=0)
    total = np.where(known, series, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _ground_of(parcels: Sequence[Parcel]) -> _Ground:
    groups = [group_of(parcel.crop) for parcel in parcels]
    starts = [None if (bounds := season_bounds(parcel)) is None else bounds[0] for parcel in parcels]
    drip = np.array([parcel.irrigation.method == "drip" for parcel in parcels])
    annual = np.array([start is not None for start in starts])
    return _Ground(
        start=np.array([start or date(1, 1, 1) for start in starts], dtype="datetime64[D]"),
        perennial=np.array([start is None for start in starts], dtype=bool),
        kc_start=np.where(drip & annual, DRIP_START, 1.0) * np.array([group.kc_start for group in groups]),
        kc_full=np.where(drip & annual, DRIP_FULL, 1.0) * np.array([group.kc_full for group in groups]),
        days_to_full=np.array([group.days_to_full for group in groups], dtype=np.float64),
        roots_m=np.array([roots_m(parcel) for parcel in parcels]),
        water_mm_per_m=np.array([water_mm_per_m(parcel) for parcel in parcels]),
        usable=np.array([usable_fraction(parcel) for parcel in parcels]),
        by_portions=drip,
    )


def _start(parcels: Sequence[Parcel], ground: _Ground, first: date) -> Lanes:
    roots = np.where(ground.perennial, ground.roots_m, SEEDLING_ROOTS_M)
    total = ground.water_mm_per_m * roots
    given = np.array(
        [np.nan if parcel.initial_depletion_mm is None else parcel.initial_depletion_mm for parcel in parcels]
    )
    middle = np.minimum(np.where(np.isfinite(given), given, START_FRACTION * total), total)
    readily = ground.usable * total
    around = np.where(np.isfinite(given), SPREAD_AT_WETTING, 2.0 * SPREAD_AT_WETTING) * readily
    return Lanes(
        middle_mm=middle,
        driest_mm=np.minimum(middle + around, total),
        wettest_mm=np.maximum(middle - around, 0.0),
        readily_available_mm=readily,
        total_available_mm=total,
        since_mm=np.zeros_like(middle),
        grown_days=np.maximum((np.datetime64(first, "D") - ground.start).astype(np.float64), 0.0),
        drift_mm=np.zeros_like(middle),
        use_mm=np.zeros_like(middle),
        water_mm=np.zeros_like(middle),
    )
