"""SYNTHETIC irrigation district: parcels on canals with turns and quotas, and on shared pumps, one season at a time.

A district of 2,000 ha has a few thousand parcels. A sample of them is lived through, each on a truth of its own and
with its own share of canal and pump; ``weight`` says how many parcels of the district each stands for. Sizes, places
and crops are drawn; the water duty of 0.9 l/s/ha is assumed, of the order that canals of large schemes are built for.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

import numpy as np

from cloud.records import CanalTurn, Method, Pump, Quota
from simulations.closed_loop.climates import Climate
from simulations.closed_loop.demand import normal_demand, season_days
from simulations.closed_loop.fields import EFFICIENCY, INITIAL_PERCENT, TEXTURES, FieldSeason, hidden, sowing_day

DUTY_MM_D: Final = 7.8
"""Water that the district is built to bring at the peak [mm/d gross]: 0.9 l/s/ha."""
CROPS: Final = (
    ("maize", 0.35, (4, 20)),
    ("tomato", 0.55, (4, 5)),
    ("potato", 0.75, (3, 1)),
    ("sunflower", 1.0, (3, 20)),
)
"""Crop, cumulative share, middle of its sowing (month, day): all ripe within about four months."""
SOWING_DAYS: Final = 10
STREAM_M3_H: Final = 108.0
"""The hand of water that one farmer takes at a time: 30 l/s."""
ON_CANAL: Final = 0.6
PARCELS_OF_PUMP: Final = 4
PUMP_HOURS: Final = 12.0
_CANAL_METHODS: Final[tuple[Method, ...]] = ("furrow", "furrow", "basin", "sprinkler")
_PUMP_METHODS: Final[tuple[Method, ...]] = ("drip", "drip", "drip", "sprinkler")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictDesign:
    """How large a district is, how much of it is lived through, and how its canals run."""

    climate: str
    area_ha: float = 2000.0
    parcels: int = 2000
    sample: int = 200
    canals: int = 4
    groups_per_canal: int = 3
    turn_days: int = 10
    quota_fraction: float | None = 1.0
    """Quota of a canal parcel as a share of what its crop needs in a normal year at its method's efficiency; None: no
    quotas."""
    seed: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class District:
    """One season of a district, dates nominal."""

    fields: tuple[FieldSeason, ...]
    turns: tuple[CanalTurn, ...]
    quotas: tuple[Quota, ...]
    pumps: tuple[Pump, ...]


def district_of(design: DistrictDesign, season: int, climate: Climate) -> District:
    """The district in one season; places and sizes stay from season to season, crops and ground are drawn anew."""
    sizes = _sizes(design)
    fields = tuple(_field(design, season, place, float(size)) for place, size in enumerate(sizes))
    fields = tuple(replace(one, weight=design.parcels / design.sample) for one in fields)
    return District(
        fields=fields,
        turns=_turns(design, fields),
        quotas=_quotas(design, fields, climate),
        pumps=_pumps(fields),
    )


def _sizes(design: DistrictDesign) -> np.ndarray:
    """Areas [ha] of the sample, skewed as holdings are, with the district's mean."""
    generator = np.random.default_rng([design.seed, 1])
    drawn = np.exp(generator.normal(0.0, 0.8, design.sample)).clip(0.15, 8.0)
    areas: np.ndarray = np.round(drawn * design.area_ha / design.parcels / drawn.mean(), 2).clip(0.1)
    return areas


def _field(design: DistrictDesign, season: int, place: int, area_ha: float) -> FieldSeason:
    land = np.random.default_rng([design.seed, 2, place])
    year = np.random.default_rng([design.seed, 3, place, season])
    on_canal = place < ON_CANAL * design.sample
    groups = design.canals * design.groups_per_canal
    group, rank = place % groups, place // groups
    canal = group % design.canals
    methods = _CANAL_METHODS if on_canal else _PUMP_METHODS
    method = methods[int(land.integers(len(methods)))]
    texture = tuple(TEXTURES)[int(land.integers(len(TEXTURES)))]
    efficiency = float(np.clip(EFFICIENCY[method] * land.normal(1.0, 0.05), 0.4, 0.95))
    ground = hidden(TEXTURES[texture], land)
    chance = float(year.random())
    crop, _, (month, day) = next(one for one in CROPS if chance <= one[1])
    largest = max(1.0, ON_CANAL * design.sample / groups - 1.0)
    return FieldSeason(
        id=f"district-{design.climate}-{season}-{place:04d}",
        crop=crop,
        climate=design.climate,
        season=season,
        sown_on=sowing_day(date(season, month, day), int(year.integers(-SOWING_DAYS, SOWING_DAYS + 1))),
        texture=texture,
        ground=ground,
        declared=TEXTURES[texture],
        initial_percent=float(year.uniform(*INITIAL_PERCENT)),
        area_ha=area_ha,
        method=method,
        efficiency=efficiency,
        flow_m3_h=STREAM_M3_H if on_canal else _pump_flow(area_ha),
        canal=f"canal-{canal + 1}" if on_canal else None,
        group=f"group-{group + 1}" if on_canal else None,
        pump=None if on_canal else f"pump-{(place - int(ON_CANAL * design.sample)) // PARCELS_OF_PUMP + 1}",
        place_on_canal=min(rank / largest, 1.0) if on_canal else None,
        seed=int(year.integers(2**31)),
    )


def _pump_flow(area_ha: float) -> float:
    """Flow [m3/h] that a parcel's pipe takes: its peak need within the pump's hours."""
    return round(10.0 * DUTY_MM_D * area_ha / PUMP_HOURS * PARCELS_OF_PUMP, 1)


def _turns(design: DistrictDesign, fields: tuple[FieldSeason, ...]) -> tuple[CanalTurn, ...]:
    """Every group has the stream at its own time; within it one parcel after the other, by area, head to tail."""
    first = min(one.nominal_sown_on for one in fields)
    last = max(one.nominal_sown_on + timedelta(days=season_days(one)) for one in fields)
    found = []
    groups = sorted({one.group for one in fields if one.group is not None})
    for number, group in enumerate(groups):
        members = [one for one in fields if one.group == group]
        opens = first + timedelta(days=(number * design.turn_days) // len(groups))
        while opens <= last:
            found += _round(members, opens, design.turn_days)
            opens += timedelta(days=design.turn_days)
    return tuple(found)


def _round(members: list[FieldSeason], opens: date, turn_days: int) -> list[CanalTurn]:
    found, starts_at = [], datetime.combine(opens, time(6), UTC)
    for one in members:
        ends_at = starts_at + timedelta(hours=10.0 * DUTY_MM_D * turn_days * one.area_ha / STREAM_M3_H)
        found.append(
            CanalTurn(
                canal=str(one.canal),
                group=one.group,
                parcel_id=one.id,
                starts_at=starts_at,
                ends_at=ends_at,
                flow_m3_h=STREAM_M3_H,
                may_swap=True,
            )
        )
        starts_at = ends_at
    return found


def _quotas(design: DistrictDesign, fields: tuple[FieldSeason, ...], climate: Climate) -> tuple[Quota, ...]:
    if design.quota_fraction is None:
        return ()
    found = []
    for one in fields:
        if one.canal is None:
            continue
        need_mm = normal_demand(one, climate, season_days(one)).net_mm.sum() / EFFICIENCY[one.method]
        found.append(
            Quota(
                parcel_id=one.id,
                valid_from=one.nominal_sown_on - 10 * _DAY,
                valid_to=one.nominal_sown_on + timedelta(days=season_days(one) + 20),
                volume_m3=round(10.0 * design.quota_fraction * float(need_mm) * one.area_ha, 1),
            )
        )
    return tuple(found)


def _pumps(fields: tuple[FieldSeason, ...]) -> tuple[Pump, ...]:
    found = []
    for name in sorted({one.pump for one in fields if one.pump is not None}):
        served_ha = sum(one.area_ha for one in fields if one.pump == name)
        found.append(
            Pump(
                pump=name,
                flow_m3_h=round(10.0 * DUTY_MM_D * served_ha / PUMP_HOURS, 1),
                power_kw=11.0,
                energy="diesel",
                max_hours_per_day=PUMP_HOURS,
            )
        )
    return tuple(found)
