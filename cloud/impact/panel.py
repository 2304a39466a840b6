"""Parcels x seasons of a trial as arrays: water taken, water needed, yield, and who was to be advised from when."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """P parcels over S seasons; NaN where nothing is known, crop -1 where nothing was grown or counts."""

    parcels: tuple[str, ...]
    seasons: tuple[str, ...]
    crops: tuple[str, ...]
    baseline: int
    """How many of the first seasons lie before anybody was advised."""
    area_ha: Floats
    """(P, S)."""
    crop: Ints
    """(P, S) place in ``crops``, or -1."""
    used_mm: Floats
    """(P, S) gross water metered; what the meter missed stands at the parcel's own rate."""
    low_mm: Floats
    """(P, S) the least that can have been used."""
    high_mm: Floats
    """(P, S) the most."""
    need_mm: Floats
    """(P, S) crop evapotranspiration less effective rain."""
    yield_t_ha: Floats
    """(P, S)."""
    start: Ints
    """(P,) season from which advice was assigned; S and more: never."""
    block: Ints
    """(P,) number of the block, 0 to B-1."""
    pair: Ints
    """(P,) number of the pair; -1: none."""
    near: Bools
    """(P, P) parcels of other blocks so near that advice is passed on."""

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return int(self.block.max()) + 1

    def advised(self, start: Ints) -> Bools:
        """(P, S) whether advice was assigned, for starts (P,)."""
        return np.arange(len(self.seasons)) >= start[:, None]

    def comparing(self, start: Ints) -> Bools:
        """(P, S) seasons of the trial in which a parcel stands for what happens without advice."""
        advised = self.advised(start)
        spilt = np.zeros_like(advised)
        if self.near.any():
            spilt = self.near.astype(np.float32) @ advised.astype(np.float32) > 0.0
        later = np.arange(len(self.seasons)) >= self.baseline
        result: Bools = ~advised & ~spilt & later
        return result

    def without(self, parcel_seasons: Bools) -> Self:
        """The panel with some parcel-seasons (P, S) left out."""
        return replace(self, crop=np.where(parcel_seasons, -1, self.crop))

    def some_seasons(self, keep: Bools) -> Self:
        """The panel with the crops of only some seasons (S,)."""
        return self.without(np.broadcast_to(~keep, self.crop.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """What is compared, (P, S) each: by role, since bounds take the least of one role and the most of the other."""

    advised: Floats
    comparing: Floats
    base_advised: Floats
    base_comparing: Floats
    need: Floats
    """What the quantity is measured against; 1 where it stands for itself."""


def water(panel: Panel) -> Quantity:
    """Water against need, gaps at the parcel's own rate."""
    use = panel.used_mm
    return Quantity(advised=use, comparing=use, base_advised=use, base_comparing=use, need=panel.need_mm)


def water_at_worst(panel: Panel) -> Quantity:
    """The gaps as they would hide a saving the least: the advised took the most, the others the least."""
    low, high = panel.low_mm, panel.high_mm
    return Quantity(advised=high, comparing=low, base_advised=low, base_comparing=high, need=panel.need_mm)


def water_at_best(panel: Panel) -> Quantity:
    """The gaps the other way round."""
    low, high = panel.low_mm, panel.high_mm
    return Quantity(advised=low, comparing=high, base_advised=high, base_comparing=low, need=panel.need_mm)


def yields(panel: Panel) -> Quantity:
    """Yield per hectare; where nobody knows a yield before the trial, parcels are compared as they are."""
    grown = panel.yield_t_ha
    if not np.isfinite(grown[:, : panel.baseline]).any():
        grown = np.where(np.arange(len(panel.seasons)) < panel.baseline, 1.0, grown)
    return Quantity(advised=grown, comparing=grown, base_advised=grown, base_comparing=grown, need=np.ones_like(grown))
