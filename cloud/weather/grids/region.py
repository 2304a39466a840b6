"""The part of a grid that parcels need: a world is not read for one field."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError
from cloud.records import Parcel

if TYPE_CHECKING:
    import xarray as xr

GRIDDED: Final = "gridded"
"""Attribute of a dataset whose sites are the cells of a grid, 1, or places of their own, 0."""

_MARGIN_DEG: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Where weather is wanted, and the clock of its days."""

    south: float
    west: float
    north: float
    east: float
    timezone: str


def region_of(parcels: Sequence[Parcel]) -> Region | None:
    """The region that holds all parcels; None for none."""
    if not parcels:
        return None
    north, east = [one.latitude for one in parcels], [one.longitude for one in parcels]
    zones = Counter(one.timezone for one in parcels)
    return Region(
        south=min(north), west=min(east), north=max(north), east=max(east), timezone=zones.most_common(1)[0][0]
    )


def cut_to(dataset: xr.Dataset, subject: str, region: Region | None) -> xr.Dataset:
    """The cells of a grid around a region, its longitudes from -180 to 180; refused where the grid lies elsewhere."""
    if not {"latitude", "longitude"} <= set(dataset.dims):
        return dataset
    longitude = (np.asarray(dataset["longitude"].values, dtype=np.float64) + 180.0) % 360.0 - 180.0
    dataset = dataset.assign_coords(longitude=longitude).sortby(["latitude", "longitude"])
    if region is None:
        return dataset
    inside = {}
    for name, low, high in (
        ("latitude", region.south, region.north),
        ("longitude", region.west, region.east),
    ):
        lines = dataset[name].values
        step = float(np.median(np.diff(lines))) if lines.size > 1 else 1.0
        margin = max(2.0 * step, _MARGIN_DEG)
        inside[name] = np.flatnonzero((lines >= low - margin) & (lines <= high + margin))
    if not all(places.size for places in inside.values()):
        ends = [float(one) for name in ("latitude", "longitude") for one in dataset[name].values[[0, -1]]]
        raise InputError(
            f"{subject}: expected a grid around {region.south:.2f}..{region.north:.2f} N,"
            f" {region.west:.2f}..{region.east:.2f} E, got {ends[0]:g}..{ends[1]:g} N, {ends[2]:g}..{ends[3]:g} E;"
            " give weather of the region"
        )
    cut: xr.Dataset = dataset.isel(inside)
    return cut
