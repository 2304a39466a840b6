"""Which site of a dataset lies nearest to a place, how far, and what is said of one that lies far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

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
EXCHANGED_KM: Final = 100.0
"""Coordinates seem exchanged where exchanging them brings weather and parcel this near."""
FAR_HEIGHT_M: Final = 500.0
"""A difference of height larger than this is told where temperatures are not moved."""

PLACED: Final = "placed_by_parcel"
"""Attribute of weather that does not say where it is and was placed at a parcel: it is nobody's neighbour, nor far."""

_NAMED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """The nearest site of each of P places; NaN where the site does not say where it is."""

    site: Indices
    distance_km: Floats

    @property
    def too_far(self) -> NDArray[np.bool_]:
        """Where the weather is not that of the place."""
        return np.nan_to_num(self.distance_km, nan=0.0) > TOO_FAR_KM


def nearest_sites(latitude: Floats, longitude: Floats, dataset: xr.Dataset) -> Nearest:
    """Nearest site of each place (P,), by the chord through the sphere."""
    north, east = (np.asarray(dataset[name].values, dtype=np.float64) for name in ("latitude", "longitude"))
    known = np.flatnonzero(~np.isnan(north + east))
    if not known.size:
        return Nearest(site=np.zeros(latitude.size, dtype=np.intp), distance_km=np.full(latitude.size, np.nan))
    places, sites = _on_sphere(latitude, longitude), _on_sphere(north[known], east[known])
    if known.size == 1:
        chord, site = np.linalg.norm(places - sites, axis=1), np.zeros(latitude.size, dtype=np.intp)
    else:
        from scipy.spatial import cKDTree  # noqa: PLC0415 -- slow to import, and a single site needs no search

        chord, site = cKDTree(sites).query(places)
    angle = 2.0 * np.arcsin(np.clip(chord / 2.0, 0.0, 1.0))
    return Nearest(site=known[site], distance_km=EARTH_KM_DEG * np.degrees(angle))


def _on_sphere(latitude: Floats, longitude: Floats) -> Floats:
    """Points (P, 3) on the unit sphere."""
    north, east = np.radians(latitude), np.radians(longitude)
    return np.stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)), axis=1)


def nearest_of(parcels: Sequence[Parcel], dataset: xr.Dataset) -> Nearest:
    """Nearest site of each parcel."""
    place = np.array([(one.latitude, one.longitude) for one in parcels], dtype=np.float64).reshape(-1, 2)
    nearest = nearest_sites(place[:, 0], place[:, 1], dataset)
    return replace(nearest, distance_km=np.full(len(parcels), np.nan)) if dataset.attrs.get(PLACED) else nearest


def far_lines(parcels: Sequence[Parcel], dataset: xr.Dataset) -> tuple[list[str], list[str]]:
    """Problems (parcels whose weather is not theirs) and notes (parcels far from theirs), one line each."""
    if not parcels:
        return [], []
    nearest = nearest_of(parcels, dataset)
    source = str(dataset.attrs.get("source", "weather"))
    height = np.asarray(dataset["elevation_m"].values, dtype=np.float64)[nearest.site]
    alone = dataset.sizes["site"] == 1  # of several sites temperatures are moved to the parcels' heights
    notes: list[str] = []
    strangers: dict[str, list[str]] = {}
    told: list[str] = []
    for parcel, site, distance, ground in zip(
        parcels, nearest.site.tolist(), nearest.distance_km.tolist(), height.tolist(), strict=True
    ):
        if distance > TOO_FAR_KM:
            way_out = _way_out(parcel, dataset, site, others_are_near=not nearest.too_far.all())
            strangers.setdefault(way_out, []).append(f"{parcel.id} {distance:.0f} km")
        elif distance > FAR_KM:
            told.append(f"{parcel.id} ({distance:.0f} km)")
        elif alone and parcel.elevation_m is not None and abs(parcel.elevation_m - ground) > FAR_HEIGHT_M:
            told.append(f"{parcel.id} ({parcel.elevation_m - ground:+.0f} m of height)")
    if told:
        notes.append(f"{source}: its weather is from far away for parcels {_first(told)}")
    return [
        f"{source}: expected weather within {TOO_FAR_KM:g} km of its parcels, got {_first(who)} from it; {way_out}"
        for way_out, who in strangers.items()
    ], notes


def _first(told: Sequence[str]) -> str:
    return ", ".join(told[:_NAMED]) + (f" and {len(told) - _NAMED} more" if len(told) > _NAMED else "")


def _way_out(parcel: Parcel, dataset: xr.Dataset, site: int, *, others_are_near: bool) -> str:
    """What to do about weather from elsewhere: exchanged coordinates are recognised on either side."""
    north, east = float(dataset["latitude"].values[site]), float(dataset["longitude"].values[site])
    if _apart_km(parcel.latitude, parcel.longitude, east, north) > EXCHANGED_KM:
        return "correct the position, or give weather of the region"
    if others_are_near:  # the weather lies where other parcels are
        whose = f"latitude {parcel.latitude:g} and longitude {parcel.longitude:g} of the parcel"
    else:
        whose = f"latitude {north:g} and longitude {east:g} of the weather (or those of the parcel)"
    return f"{whose} seem exchanged: correct them"


def _apart_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    across = (other_longitude - longitude) * np.cos(np.radians(latitude))
    return float(np.hypot(across, other_latitude - latitude) * EARTH_KM_DEG)
