"""What a region is: the sites of a reference, and how far around them what was learned there may be used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.variables import Floats

if TYPE_CHECKING:
    import xarray as xr

RADIUS_KM: Final = 100.0
"""Default reach of a region: about a cell of the satellite and reanalysis products that serve as references."""
HIGHEST_STEP_M: Final = 400.0
"""Largest difference of height to a site of the region [m]: beyond it another climate begins."""
EARTH_RADIUS_KM: Final = 6371.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Sites (S,) whose reference was learned from, and the reach around each of them."""

    latitude: Floats
    longitude: Floats
    elevation_m: Floats
    radius_km: float = RADIUS_KM
    around_km: float = RADIUS_KM
    """How far around a place the sites of a second product are averaged."""

    def nearest(self, latitude: float, longitude: float) -> tuple[int, float]:
        """Index of the nearest site and its distance [km]."""
        distances = distance_km(latitude, longitude, self.latitude, self.longitude)
        place = int(np.argmin(distances))
        return place, float(distances[place])

    def refusal(self, latitude: float, longitude: float, elevation_m: float) -> str | None:
        """Why nothing learned here may be used at a place; None where it may."""
        place, away_km = self.nearest(latitude, longitude)
        if away_km > self.radius_km:
            return f"{away_km:.0f} km from the region's nearest site, at most {self.radius_km:g} km"
        theirs_m = float(self.elevation_m[place])
        if np.isnan(elevation_m) != np.isnan(theirs_m):
            ours, theirs = ("unknown" if np.isnan(one) else f"{one:.0f} m" for one in (elevation_m, theirs_m))
            return f"at elevation {ours}, the region's nearest site at elevation {theirs}: give the one that is unknown"
        step_m = abs(elevation_m - theirs_m)
        if step_m > HIGHEST_STEP_M:
            return f"{step_m:.0f} m above or below the region's nearest site, at most {HIGHEST_STEP_M:g} m"
        return None

    def widening(self, latitude: float, longitude: float) -> float:
        """Factor on the error of what was learned: 1 at a site of the region, 1.5 at its rim."""
        return 1.0 + 0.5 * min(self.nearest(latitude, longitude)[1] / self.radius_km, 1.0)


def distance_km(latitude: float, longitude: float, latitudes: Floats, longitudes: Floats) -> Floats:
    """Distance on the sphere from a place to several (S,) [km]."""
    north, norths = np.radians(latitude), np.radians(latitudes)
    east = np.radians(longitudes - longitude)
    half = np.sin((norths - north) / 2.0) ** 2 + np.cos(north) * np.cos(norths) * np.sin(east / 2.0) ** 2
    distance: Floats = 2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0)))
    return distance


def sites_within(second: xr.Dataset, latitude: float, longitude: float, radius_km: float) -> NDArray[np.intp]:
    """Sites of a product around a place, each series once: products repeat a cell under several names."""
    away = distance_km(latitude, longitude, second["latitude"].values, second["longitude"].values)
    chosen: list[int] = []
    series = second["tmax_c"].transpose("site", "time").values
    near = [site for site in np.argsort(away, kind="stable").tolist() if away[site] <= radius_km]
    for site in near:
        if not any(np.array_equal(series[site], series[other], equal_nan=True) for other in chosen):
            chosen.append(site)
    return np.array(chosen, dtype=np.intp)
