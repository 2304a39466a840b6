"""Who shares water with whom today: wishes, the places they queue at, and the volumes they draw on."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cloud.advice.dose import M3_PER_MM_HA, STEPS_PER_HOUR, TOLERANCE, duration_of, round_half_up, volume_of
from cloud.advice.joint.timeline import Timeline
from cloud.advice.plan import Intent

Curve = tuple[tuple[float, float], ...]
"""Depths up to which a millimetre is worth so much [mm, money/mm]; what it is worth never rises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one parcel may be given today: nothing, or a whole number of millimetres from ``least`` to ``most``."""

    intent: Intent
    least: int
    most: int
    curve: Curve
    """What a gross millimetre on the parcel is worth, its own cost taken off; the last piece has no end."""
    fixed: float
    """What irrigating costs at all [money]."""
    draws: tuple[str, ...]
    """Names of the volumes that the water counts against."""

    @property
    def name(self) -> str:
        """Id of the parcel."""
        return self.intent.parcel.id

    @property
    def place(self) -> str:
        """The turn or pump that serves the parcel."""
        return self.intent.access.place

    def volume_m3(self, depth_mm: int) -> float:
        """Volume as it will be told [m3]."""
        return volume_of(depth_mm, self.intent.parcel.area_ha)

    def steps(self, depth_mm: int) -> int:
        """Steps of five minutes as they will be told; 1 where no flow is known."""
        hours = duration_of(self.volume_m3(depth_mm), self.intent.access.flow_m3_h)
        return 1 if hours is None else round(hours * STEPS_PER_HOUR)

    def worth(self, depth_mm: int) -> float:
        """What a depth is worth before energy [money]; 0 for nothing."""
        if depth_mm <= 0:
            return 0.0
        return sum(mm * value for mm, value in self.pieces(depth_mm)) - self.fixed

    def pieces(self, depth_mm: float) -> list[tuple[float, float]]:
        """Lengths and values of the curve's pieces up to a depth."""
        pieces, done = [], 0.0
        for up_to, value in self.curve:
            length = min(up_to, depth_mm) - done
            if length > TOLERANCE:
                pieces.append((length, value))
                done += length
        return pieces


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A turn or a pump on the day."""

    timeline: Timeline
    rest: int
    """Steps between one parcel and the next."""
    longest: int
    """Steps that it may run in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Water that a parcel will want in one stage of the rest of the season, and what it is worth then."""

    parcel_id: str
    stage: str
    volume_m3: float
    money_per_m3: float
    is_next: bool = False
    """Whether it is wanted in the days after today, so that water given today serves it: of a parcel that wishes for
    some, what is wanted beyond the whole of that wish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A volume that several parcels draw on: what is left of a quota, what a well yields in a day."""

    left_m3: float
    later: tuple[Later, ...] = ()
    """What the same volume has to serve after today; none of a well, which fills again."""
    until: date | None = None
    """Last day of a quota's period; none of a well, nor where the harvest ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Parcels that share something, directly or through others, and all that they share."""

    wishes: tuple[Wish, ...]
    """In order of urgency."""
    places: Mapping[str, Place]
    stores: Mapping[str, Store] = field(default_factory=dict)

    def at(self, place: str) -> list[Wish]:
        """The parcels of a place, in order of urgency."""
        return [wish for wish in self.wishes if wish.place == place]

    def members(self) -> dict[str, list[Wish]]:
        """The parcels of each place."""
        found: dict[str, list[Wish]] = defaultdict(list)
        for wish in self.wishes:
            found[wish.place].append(wish)
        return found


YIELD: Final = "yield of "


def is_yield(store: str) -> bool:
    """Whether a store is what a well yields in a day: it fills again, a quota does not."""
    return store.startswith(YIELD)


def range_of(intent: Intent, *, volume_m3: float, longest: int) -> tuple[int, int]:
    """Least and most whole millimetres that the parcel could be given if it were alone; least > most when none."""
    assert intent.wanted_mm is not None
    area_ha, flow = intent.parcel.area_ha, intent.access.flow_m3_h
    least = max(math.ceil(intent.limits.min_mm - TOLERANCE), 1)
    wanted = max(int(round_half_up(intent.wanted_mm.p50)), least)
    while least <= wanted and not _is_some(least, area_ha, flow):
        least += 1
    by_flow = math.inf if flow is None else (longest + 1) / STEPS_PER_HOUR * flow + 1.0
    by_volume = min(volume_m3 + 1.0, by_flow) / (M3_PER_MM_HA * area_ha)
    most = math.floor(min(wanted, intent.limits.max_mm + TOLERANCE, by_volume))
    while most >= least and not _holds(most, area_ha, flow, (volume_m3, longest)):
        most -= 1
    return least, most


def _is_some(depth_mm: float, area_ha: float, flow: float | None) -> bool:
    volume = volume_of(depth_mm, area_ha)
    return volume > 0.0 and duration_of(volume, flow) != 0.0


def _holds(depth_mm: float, area_ha: float, flow: float | None, limits: tuple[float, int]) -> bool:
    volume = volume_of(depth_mm, area_ha)
    hours = duration_of(volume, flow)
    steps = 0 if hours is None else round(hours * STEPS_PER_HOUR)
    return _is_some(depth_mm, area_ha, flow) and volume <= limits[0] + TOLERANCE and steps <= limits[1]


def components(wishes: Sequence[Wish], places: Mapping[str, Place], stores: Mapping[str, Store]) -> list[Problem]:
    """The parcels in groups that share nothing with each other, by their first name."""
    root: dict[str, str] = {}

    def found(key: str) -> str:
        root.setdefault(key, key)
        while root[key] != key:
            root[key] = root[root[key]]
            key = root[key]
        return key

    for wish in wishes:
        for key in (f"place {wish.place}", *(f"store {name}" for name in wish.draws)):
            one, other = sorted((found(f"wish {wish.name}"), found(key)))
            root[other] = one
    groups: dict[str, list[Wish]] = defaultdict(list)
    for wish in wishes:
        groups[found(f"wish {wish.name}")].append(wish)
    return [
        Problem(
            wishes=tuple(group),
            places={name: places[name] for name in sorted({wish.place for wish in group})},
            stores={name: stores[name] for name in sorted({draw for wish in group for draw in wish.draws})},
        )
        for group in sorted(groups.values(), key=lambda group: min(wish.name for wish in group))
    ]
