"""Which site of a dataset lies nearest to a place, how far, and what is said of one that lies far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.records import Parcel
from cloud.variables import Floats, Indices

if TYPE_CHECKING:
    import xarray as xr

EARTH_KM_DEG: Final = 111.2
"""Length of a degree of latitude [km]."""
FAR_KM: Final = 50.0
"""Weather from farther away than this is told."""
TOO_FAR_KM: Final = 300.0
"""Weather from farther away than this is not that of the parcel."""
FAR_HEIGHT_M: Final = 500.0
"""A difference of height larger than this is told where temperatures are not moved."""

_NAMED: Final = 5
_BLOCK: Final = 2_000_000
"""Distances looked at in one go: bounds the memory for many parcels and many sites."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The nearest site of each of P places; NaN where the site does not say where it is."""

    site: Indices
    distance_km: Floats


def nearest_sites(latitude: Floats, longitude: Floats, dataset: xr.Dataset) -> Nearest:
    """Nearest site of each place (P,), on the tangent plane of the sphere."""
    north, east = (np.asarray(dataset[name].values, dtype=np.float64) for name in ("latitude", "longitude"))
    site = np.zeros(latitude.size, dtype=np.intp)
    distance = np.empty(latitude.size)
    step = max(1, _BLOCK // max(north.size, 1))
    for begin in range(0, latitude.size, step):
        part = slice(begin, begin + step)
        across = (east[None, :] - longitude[part, None] + 180.0) % 360.0 - 180.0
        across *= np.cos(np.radians(latitude[part, None]))
        squared = across**2 + (north[None, :] - latitude[part, None]) ** 2
        unknown = np.isnan(squared).all(axis=1)
        site[part] = np.where(unknown, 0, np.argmin(np.where(np.isnan(squared), np.inf, squared), axis=1))
        distance[part] = EARTH_KM_DEG * np.sqrt(np.take_along_axis(squared, site[part, None], axis=1)[:, 0])
    return Nearest(site=site, distance_km=distance)


def nearest_of(parcels: Sequence[Parcel], dataset: xr.Dataset) -> Nearest:
    """Nearest site of each parcel."""
    place = np.array([(one.latitude, one.longitude) for one in parcels], dtype=np.float64).reshape(-1, 2)
    return nearest_sites(place[:, 0], place[:, 1], dataset)


def too_far(parcels: Sequence[Parcel], dataset: xr.Dataset) -> np.ndarray:
    """Which parcels (P,) lie so far from every site that its weather is not theirs."""
    distance = nearest_of(parcels, dataset).distance_km
    return np.nan_to_num(distance, nan=0.0) > TOO_FAR_KM


def far_lines(parcels: Sequence[Parcel], dataset: xr.Dataset) -> tuple[list[str], list[str]]:
    """Problems (parcels whose weather is not theirs) and notes (parcels far from theirs), one line each."""
    if not parcels:
        return [], []
    nearest = nearest_of(parcels, dataset)
    source = str(dataset.attrs.get("source", "weather"))
    height = np.asarray(dataset["elevation_m"].values, dtype=np.float64)[nearest.site]
    problems, notes = [], []
    told: list[str] = []
    for parcel, site, distance, ground in zip(
        parcels, nearest.site.tolist(), nearest.distance_km.tolist(), height.tolist(), strict=True
    ):
        if distance > TOO_FAR_KM:
            problems.append(
                f"parcel {parcel.id}: expected weather within {TOO_FAR_KM:g} km, got {source} {distance:.0f} km away;"
                f" {_way_out(parcel, dataset, site)}"
            )
        elif distance > FAR_KM:
            told.append(f"{parcel.id} ({distance:.0f} km)")
        elif parcel.elevation_m is not None and abs(parcel.elevation_m - ground) > FAR_HEIGHT_M:
            told.append(f"{parcel.id} ({parcel.elevation_m - ground:+.0f} m of height)")
    if told:
        more = f" and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
        notes.append(f"{source}: its weather is from far away for parcels {', '.join(told[:_NAMED])}{more}")
    return problems, notes


def _way_out(parcel: Parcel, dataset: xr.Dataset, site: int) -> str:
    """What to do about weather from elsewhere: exchanged coordinates are recognised on either side."""
    north, east = float(dataset["latitude"].values[site]), float(dataset["longitude"].values[site])
    across = (north - parcel.longitude) * np.cos(np.radians(parcel.latitude))
    if np.hypot(across, east - parcel.latitude) * EARTH_KM_DEG < TOO_FAR_KM:
        return (
            f"latitude {north:g} and longitude {east:g} of the weather (or those of the parcel) seem exchanged:"
            " correct them"
        )
    return "correct the position, or give weather of the region"
