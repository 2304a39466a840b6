"""SYNTHETIC districts in which the true saving is known, made of more than the analysis supposes.

Farmers follow the weather only in part, each in a measure of his own; seasons of a parcel resemble each other; blocks
have good and bad years; the advice saves more where more was wasted, and nothing where it is not followed; meters stop,
are set back and are replaced; neighbours talk. What a parcel would have taken without advice is known, so that the true
saving of the very trial is a number and no expectation.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from cloud.impact.design import Design
from cloud.impact.metering import Reading, Season, from_counters
from cloud.impact.panel import Bools, Ints, Panel
from cloud.variables import Floats

BEFORE: Final = ("2023", "2024")
TRIAL: Final = ("2025", "2026")
SEASONS: Final = len(BEFORE) + len(TRIAL)
DAYS: Final = 120
FOLLOWING: Final = 0.8
"""Share of the advised parcels that do what they are told."""
_FIRST: Final = date(2025, 4, 15)
_WEEK: Final = 6
_CROPS: Final = ("maize", "potato", "tomato")
_NEED_MM: Final = np.array([520.0, 380.0, 450.0])
_ELASTICITY: Final = (0.5, 1.1)
_ALIKE: Final = (0.0, 0.5)
"""Correlation of a parcel's seasons in a row beyond its mean: another one in each district."""
_LEVEL: Final = 0.35
_PARCEL: Final = 0.22
_BLOCK: Final = 0.07
_CROP_YEAR: Final = 0.10
_YIELD: Final = 0.02
"""Small on purpose: no false alarm shall be hidden by the guard of yields."""
_NEXT_BLOCK_M: Final = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What is true of a district and a trial in it."""

    kind: str = "stepped"
    blocks: int = 24
    per_block: int = 8
    saving: float = 0.15
    """Mean effect of followed advice; farmers follow it in four of five parcels."""
    yield_loss: float = 0.0
    gaps: float = 0.0
    """Share of parcel-seasons whose meter stops, is set back or is replaced."""
    dry: bool = False
    """Both seasons of the trial are a third drier, and water is short for those who take much."""
    chosen: bool = False
    """The advised chose themselves: the thrifty first."""
    spill: float = 0.0
    """Share of the effect that reaches parcels of the neighbouring blocks."""
    buffer_m: float = 0.0

    @property
    def design(self) -> Design:
        """The trial's rules."""
        return Design(
            name="SYNTHETIC",
            kind="observed" if self.chosen else "pairs" if self.kind == "pairs" else "stepped",
            block="pair" if self.kind == "pairs" else "group",
            baseline_seasons=BEFORE,
            trial_seasons=TRIAL,
            buffer_m=self.buffer_m,
            resamples=199,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A trial as it was measured, and what it truly saved."""

    panel: Panel
    saving: float
    yield_loss: float


def lived(world: World, random: np.random.Generator) -> Lived:
    """One trial: district, draw, seasons, meters."""
    parcels = world.blocks * world.per_block
    block = np.repeat(np.arange(world.blocks), world.per_block)
    crop = np.broadcast_to(random.integers(0, len(_CROPS), (parcels, 1)), (parcels, SEASONS)).astype(np.intp)
    level = np.exp(random.normal(0.1, _LEVEL, (parcels, 1)) + random.normal(0.0, 0.1, (world.blocks, 1))[block])
    need = _need(world, crop, random)
    plain = _without_advice(world, (crop, block), (need, level), random)
    start, pair = _starts(world, block, level, random)
    advised = np.arange(SEASONS) >= start[:, None]
    effect = _effects(world, level, random)
    place = np.arange(world.blocks)[block] * _NEXT_BLOCK_M
    near = (np.abs(place[:, None] - place) < 1.5 * _NEXT_BLOCK_M) & (block[:, None] != block)
    heard = ~advised & (near.astype(float) @ advised > 0.0)
    used = plain * (1.0 - effect * np.where(advised, 1.0, world.spill * heard))
    grown = 6.0 * level**0.3 * np.exp(random.normal(0.0, _YIELD, used.shape))
    loss = np.where(advised, world.yield_loss, 0.0)
    area = np.broadcast_to(random.lognormal(0.0, 0.5, (parcels, 1)), used.shape)
    panel = Panel(
        parcels=tuple(map(str, range(parcels))),
        seasons=(*BEFORE, *TRIAL),
        crops=_CROPS,
        baseline=len(BEFORE),
        area_ha=area,
        crop=crop,
        used_mm=used,
        low_mm=used,
        high_mm=used,
        need_mm=need,
        yield_t_ha=grown * (1.0 - loss),
        start=start,
        block=block if pair is None else pair,
        pair=np.full(parcels, -1, dtype=np.intp) if pair is None else pair,
        near=near & (world.buffer_m > _NEXT_BLOCK_M),
    )
    weight = np.where(advised, area, 0.0)
    return Lived(
        panel=_metered(panel, world.gaps, random),
        saving=1.0 - float((weight * used).sum() / (weight * plain).sum()),
        yield_loss=world.yield_loss,
    )


def _need(world: World, crop: Ints, random: np.random.Generator) -> Floats:
    year = np.exp(random.normal(0.0, 0.12, (len(_CROPS), SEASONS)))
    if world.dry:
        year[:, len(BEFORE) :] *= 4.0 / 3.0
    own = np.exp(random.normal(0.0, 0.05, crop.shape))
    result: Floats = _NEED_MM[crop] * year[crop, np.arange(SEASONS)] * own
    return result


def _without_advice(
    world: World, groups: tuple[Ints, Ints], water: tuple[Floats, Floats], random: np.random.Generator
) -> Floats:
    """Depth that is taken without advice (P, S) [mm]."""
    (crop, block), (need, level) = groups, water
    usual = _NEED_MM[crop]
    elasticity = random.uniform(*_ELASTICITY, (crop.shape[0], 1))
    single = random.normal(0.0, _PARCEL, crop.shape)
    alike = random.uniform(*_ALIKE)
    for season in range(1, SEASONS):
        single[:, season] = alike * single[:, season - 1] + np.sqrt(1.0 - alike**2) * single[:, season]
    together = random.normal(0.0, _BLOCK, (block.max() + 1, SEASONS))[block]
    fashion = random.normal(0.0, _CROP_YEAR, (len(_CROPS), SEASONS))[crop, np.arange(SEASONS)]
    result: Floats = usual * level * (need / usual) ** elasticity * np.exp(single + together + fashion)
    if world.dry:
        scarce = np.where(np.arange(SEASONS) >= len(BEFORE), np.minimum(1.0, level**-0.1), 1.0)
        result = result * scarce
    return result


def _starts(world: World, block: Ints, level: Floats, random: np.random.Generator) -> tuple[Ints, Ints | None]:
    if world.kind == "pairs":
        # Partners resemble each other in what they took.
        order = np.argsort(level[:, 0] * np.exp(random.normal(0.0, 0.2, level.shape[0])))
        pair = np.empty(block.size, dtype=np.intp)
        pair[order] = np.arange(block.size) // 2
        coin = random.random(block.size // 2) < 0.5  # noqa: PLR2004 -- a fair coin
        first = np.zeros(block.size, dtype=bool)
        first[order[::2]] = True
        return np.where(first == coin[pair], len(BEFORE), SEASONS).astype(np.intp), pair
    waves = np.array([len(BEFORE), len(BEFORE) + 1, SEASONS])[np.arange(world.blocks) * 3 // world.blocks]
    if world.chosen:
        wasteful = np.array([level[block == one].mean() for one in range(world.blocks)])
        order = np.argsort(wasteful + random.normal(0.0, 0.05, world.blocks))
    else:
        order = random.permutation(world.blocks)
    of_block = np.empty(world.blocks, dtype=np.intp)
    of_block[order] = waves
    return of_block[block], None


def _effects(world: World, level: Floats, random: np.random.Generator) -> Floats:
    """Share saved by each parcel when advised (P, 1): more where more was wasted, none where nobody follows."""
    if world.saving == 0.0:
        return np.zeros_like(level)
    followed = random.random(level.shape) < FOLLOWING
    own = world.saving * (1.0 + 0.8 * np.log(level)) + random.normal(0.0, 0.05, level.shape)
    return np.where(followed, np.clip(own, -0.1, 0.6), 0.0)


def _metered(panel: Panel, share: float, random: np.random.Generator) -> Panel:
    """The panel as meters with faults tell it, by the reader of counters itself."""
    if share == 0.0:
        return panel
    used, low, high = panel.used_mm.copy(), panel.low_mm.copy(), panel.high_mm.copy()
    struck: Bools = random.random(used.shape) < share
    for parcel, season in zip(*np.nonzero(struck), strict=True):
        found = from_counters(*_counter(float(used[parcel, season]), float(panel.area_ha[parcel, season]), random))
        whole = found.gap_fraction <= Design.model_fields["most_gap_fraction"].default
        values = (found.used_mm, found.low_mm, found.high_mm) if whole else (np.nan, np.nan, np.nan)
        used[parcel, season], low[parcel, season], high[parcel, season] = values
    return replace(panel, used_mm=used, low_mm=low, high_mm=high)


def _counter(used_mm: float, area_ha: float, random: np.random.Generator) -> tuple[list[Reading], Season]:
    """Readings of a season with one fault: stopped until the end, set back, or replaced days later."""
    weeks = DAYS // _WEEK
    rate = 1.0 + np.sin(np.linspace(0.3, np.pi - 0.3, weeks)) + random.uniform(0.0, 0.6, weeks)
    counter = 500.0 + np.r_[0.0, np.cumsum(10.0 * area_ha * used_mm * rate / rate.sum())]
    begin = datetime(_FIRST.year, _FIRST.month, _FIRST.day, tzinfo=UTC)
    fault, place = random.integers(0, 3), int(random.integers(3, weeks - 2))
    readings = []
    for week, value in enumerate(counter):
        meter, shown = "m", float(value)
        if fault == 0 and week > weeks - int(1 + random.integers(0, 4)):
            continue
        if fault > 0 and week >= place:
            meter, shown = ("m", shown - counter[place - 1] * 0.9) if fault == 1 else ("n", shown - 400.0)
        readings.append(Reading(meter=meter, at=begin + timedelta(days=_WEEK * week), counter_m3=shown))
    season = Season(
        first=_FIRST,
        last=_FIRST + timedelta(days=DAYS - 1),
        area_ha=area_ha,
        need_mm=np.interp(np.arange(DAYS), np.linspace(0, DAYS, weeks), 1.0 + np.sin(np.linspace(0.3, 2.84, weeks))),
        most_mm_per_day=25.0,
    )
    return readings, season
