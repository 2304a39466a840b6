"""What would make an effect unbelievable: parcels lost unevenly, other ways before, effects where there can be none."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from cloud.impact.design import Design
from cloud.impact.estimate import cells_of, trial_effect
from cloud.impact.interval import Interval, interval_of
from cloud.impact.panel import Panel, water

_PLACEBO_DRAWS: Final = 199
_LEAST_BLOCKS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Attrition:
    """Parcel-seasons of the trial that were to be measured, and those of them that are not in the sums."""

    advised: int
    advised_lost: int
    comparing: int
    comparing_lost: int

    @property
    def difference(self) -> float:
        """Share lost among the advised less that among the others."""
        return self.advised_lost / max(self.advised, 1) - self.comparing_lost / max(self.comparing, 1)


def attrition_of(panel: Panel) -> Attrition:
    """Losses over the trial's seasons: no usable meter, no need, or no season before the trial."""
    seasons = np.arange(len(panel.seasons))
    advised = panel.advised(panel.start)
    grown = (seasons >= panel.baseline) & (panel.crop >= 0)
    known = np.isfinite(panel.used_mm) & np.isfinite(panel.need_mm) & (panel.crop >= 0)
    usable = known & (known & (seasons < panel.baseline)).any(axis=1, keepdims=True)
    return Attrition(
        advised=int((grown & advised).sum()),
        advised_lost=int((grown & advised & ~usable).sum()),
        comparing=int((grown & ~advised).sum()),
        comparing_lost=int((grown & ~advised & ~usable).sum()),
    )


def pre_trend(panel: Panel, design: Design, random: np.random.Generator) -> Interval | None:
    """The effect of the last season before the trial, as if those who start earlier had started then.

    None with a single season before the trial: then nothing speaks for or against equal ways.
    """
    seasons = np.arange(len(panel.seasons))
    starts = np.unique(panel.start)
    if panel.baseline < 2 or starts.size < 2:  # noqa: PLR2004 -- a way needs two points, a comparison two groups
        return None
    middle = starts[(starts.size - 1) // 2]
    pretended = np.where(panel.start <= middle, panel.baseline - 1, seasons.size)
    early = replace(
        panel.some_seasons(seasons < panel.baseline),
        baseline=panel.baseline - 1,
        start=pretended,
        near=np.zeros_like(panel.near),
    )
    cells = cells_of(early, water(early), pretended, design.least_comparison_blocks)
    return interval_of(cells, design.confidence, design.resamples, random)


def placebo_share(panel: Panel, found: Interval, random: np.random.Generator) -> tuple[float, int] | None:
    """Share of pretended halves of the not advised that would be called an effect, and how many halves were drawn.

    It should be about 1 less the confidence; much more means that the interval is too narrow. None with too few blocks.
    """
    last = panel.start >= panel.start.max()
    blocks = np.unique(panel.block[last])
    if blocks.size < _LEAST_BLOCKS or found.sigma is None:
        return None
    away = ~last[:, None] | panel.advised(panel.start)
    calm = replace(panel.without(away), near=np.zeros_like(panel.near))
    limit = max(abs(bound) for bound in found.critical)
    called = []
    for _ in range(_PLACEBO_DRAWS):
        half = random.permutation(blocks)[: blocks.size // 2]
        start = np.where(np.isin(panel.block, half), panel.baseline, len(panel.seasons))
        cells = cells_of(calm, water(calm), start)
        if cells.taken.shape[1]:
            effect = trial_effect(cells)
            called.append(bool(abs(effect.log_ratio[0]) > limit * effect.sigma[0]))
    return (float(np.mean(called)), len(called)) if called else None


def by_season(panel: Panel, design: Design, random: np.random.Generator) -> dict[str, Interval]:
    """The effect of each season of the trial by itself."""
    found = {}
    for place in range(panel.baseline, len(panel.seasons)):
        keep = np.arange(len(panel.seasons))
        found[panel.seasons[place]] = _part(
            panel.some_seasons((keep < panel.baseline) | (keep == place)), design, random
        )
    return found


def by_crop(panel: Panel, design: Design, random: np.random.Generator) -> dict[str, Interval]:
    """The effect in each crop by itself."""
    before = np.arange(len(panel.seasons)) < panel.baseline
    return {
        crop: _part(panel.without((panel.crop != place) & ~before), design, random)
        for place, crop in enumerate(panel.crops)
    }


def _part(panel: Panel, design: Design, random: np.random.Generator) -> Interval:
    cells = cells_of(panel, water(panel), panel.start, design.least_comparison_blocks)
    return interval_of(cells, design.confidence, design.resamples, random)
