"""Weather of a grid or of several sites brought to where the parcels lie.

Smooth variables of a grid are bilinear between the four cells around a place, sea and gaps left out and the weights
made whole again; rain comes from the nearest cell that knows it, for the mean of showers is a drizzle. Temperatures are
moved by -6.5 degC per km from the height of the weather to that of the parcels, relative humidity kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.et0 import saturation_vapour_pressure_kpa
from cloud.records import Parcel
from cloud.variables import Floats, Indices
from cloud.weather.grids.region import GRIDDED
from cloud.weather.nearness import TOO_FAR_KM, nearest_sites
from cloud.weather.scrutiny.quality import Flags, Quality, quality_of, with_quality

if TYPE_CHECKING:
    import xarray as xr

LAPSE_C_M: Final = -0.0065
"""Change of air temperature with height [degC m-1]: the standard atmosphere's (ISO 2533)."""
SMALLEST_STEP_M: Final = 50.0
"""Differences of height below this move a temperature by less than its own error."""
PLACE_STEP_DEG: Final = 0.02
"""Parcels of one square of this size (about 2 km, a fifth of the finest grid's) share one place."""

_NEAREST_ONLY: Final = frozenset({"rain_mm", "sunshine_h"})
_WARM: Final = ("tmin_c", "tmax_c")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """P places for which weather is wanted."""

    latitude: Floats
    longitude: Floats
    elevation_m: Floats
    """NaN = unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corners:
    """Cells around each place and their weights; (P, 4), nearest first."""

    cells: Indices
    weights: Floats


def places_of(parcels: Sequence[Parcel]) -> Places:
    """One place for all parcels of a small square: its middle, at the mean of the heights that are known."""
    position = np.array([(one.latitude, one.longitude) for one in parcels])
    height = np.array([np.nan if one.elevation_m is None else one.elevation_m for one in parcels])
    squares, member = np.unique(np.round(position / PLACE_STEP_DEG), axis=0, return_inverse=True)
    member = member.reshape(-1)
    known = ~np.isnan(height)
    counts = np.bincount(member[known], minlength=len(squares))
    sums = np.bincount(member[known], weights=height[known], minlength=len(squares))
    middle = squares * PLACE_STEP_DEG
    alone = np.bincount(member, minlength=len(squares)) == 1
    first = np.unique(member, return_index=True)[1]
    middle[alone] = position[first[alone]]  # a lone parcel keeps its own position
    return Places(
        latitude=middle[:, 0],
        longitude=middle[:, 1],
        elevation_m=np.where(counts > 0, sums / np.maximum(counts, 1), np.nan),
    )


def sampled(dataset: xr.Dataset, parcels: Sequence[Parcel]) -> xr.Dataset:
    """Weather at the parcels' places, dims as before with these as sites; a single site stays as it is."""
    if not parcels or dataset.sizes["site"] == 1:
        return dataset
    places = places_of(parcels)
    if corners_of(dataset, places) is None and np.isnan(places.elevation_m).all():
        return dataset  # parcels take the nearest site anyway
    return at_heights(interpolated(dataset, places), places)


def interpolated(dataset: xr.Dataset, places: Places) -> xr.Dataset:
    """Weather at some places, at the height of the weather itself; of sites that are no grid the nearest one's."""
    corners = corners_of(dataset, places)
    if corners is None:
        nearest = nearest_sites(places.latitude, places.longitude, dataset)
        corners = Corners(cells=nearest.site[:, None], weights=np.ones((nearest.site.size, 1)))
    return _at(dataset, places, corners)


def corners_of(dataset: xr.Dataset, places: Places) -> Corners | None:
    """The four cells around each place; None where the sites of a dataset are no grid."""
    lattice = lattice_of(dataset)
    if lattice is None:
        return None
    rows, columns, cell_at = lattice
    south, north_share = _between(rows, places.latitude)
    west, east_share = _between(columns, _near(places.longitude, columns))
    cells, weights = [], []
    for up in (0, 1):
        for across in (0, 1):
            cells.append(cell_at[south + up, west + across])
            weights.append((north_share if up else 1.0 - north_share) * (east_share if across else 1.0 - east_share))
    order = np.argsort(-np.stack(weights, axis=1), axis=1, kind="stable")
    return Corners(
        cells=np.take_along_axis(np.stack(cells, axis=1), order, axis=1),
        weights=np.take_along_axis(np.stack(weights, axis=1), order, axis=1),
    )


def lattice_of(dataset: xr.Dataset) -> tuple[Floats, Floats, Indices] | None:
    """Latitudes, longitudes and the site at each crossing of a regular grid; None for sites that form none."""
    latitude, longitude = (np.asarray(dataset[name].values, dtype=np.float64) for name in ("latitude", "longitude"))
    rows, columns = np.unique(latitude), np.unique(longitude)
    places_of_their_own = not dataset.attrs.get(GRIDDED)
    if places_of_their_own or rows.size * columns.size != latitude.size or min(rows.size, columns.size) < 2:  # noqa: PLR2004 -- an interval has two ends
        return None
    cell_at = np.full((rows.size, columns.size), -1, dtype=np.intp)
    cell_at[np.searchsorted(rows, latitude), np.searchsorted(columns, longitude)] = np.arange(latitude.size)
    return None if (cell_at < 0).any() else (rows, columns, cell_at)


def _between(lines: Floats, wanted: Floats) -> tuple[NDArray[np.intp], Floats]:
    """The line before each wanted value and the share of the way to the next; outside, the outermost line."""
    before = np.clip(np.searchsorted(lines, wanted, side="right") - 1, 0, lines.size - 2)
    share = (wanted - lines[before]) / (lines[before + 1] - lines[before])
    return before.astype(np.intp), np.clip(share, 0.0, 1.0)


def _near(longitude: Floats, columns: Floats) -> Floats:
    """Longitudes written as those of a grid, which may run from 0 to 360 degrees."""
    middle = float(columns.mean())
    return (longitude - middle + 180.0) % 360.0 - 180.0 + middle


def at_heights(dataset: xr.Dataset, places: Places) -> xr.Dataset:
    """Weather of places moved from the height that it speaks of to that of the places, told in a note."""
    ground = np.asarray(dataset["elevation_m"].values, dtype=np.float64)
    values = {str(name): np.array(dataset[name].values, dtype=np.float64) for name in dataset.data_vars}
    flags = {name: quality_of(dataset, name) for name in values}
    note = _move_to_height(values, flags, places, ground)
    if not note:
        return dataset
    result = dataset.assign({name: (dataset[name].dims, one, dataset[name].attrs) for name, one in values.items()})
    height = np.where(np.isnan(places.elevation_m), ground, places.elevation_m)
    result = result.assign_coords(elevation_m=("site", height))
    notes = [line for line in (str(dataset.attrs.get("notes", "")), f"{dataset.attrs['source']}: {note}") if line]
    result.attrs["notes"] = "\n".join(notes)
    return with_quality(result, flags)


def _at(dataset: xr.Dataset, places: Places, corners: Corners) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    values, flags = {}, {}
    far = nearest_sites(places.latitude, places.longitude, dataset).distance_km > TOO_FAR_KM
    names = [str(name) for name in dataset.data_vars]
    order = next((dataset[name].dims for name in names), ())
    for name in names:
        values[name], flags[name] = _mixed(name, dataset, corners)
        values[name][..., far], flags[name][..., far] = np.nan, Quality.MISSING
    ground = _weighted(np.asarray(dataset["elevation_m"].values, dtype=np.float64), corners)
    result = xr.Dataset(
        {name: (order, values[name], dict(dataset[name].attrs)) for name in names},
        coords={
            **{name: dataset[name] for name in ("time", "member") if name in dataset.coords},
            "latitude": ("site", places.latitude),
            "longitude": ("site", places.longitude),
            "elevation_m": ("site", ground),
            **_kept(dataset, corners),
        },
        attrs={**dataset.attrs, GRIDDED: 0},
    )
    return with_quality(result, flags)


def _kept(dataset: xr.Dataset, corners: Corners) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, object]]]:
    """What stands beside the values of every day, such as source, age and error, as the nearest cell has it."""
    kept = {}
    for raw in dataset.coords:
        name, dims = str(raw), tuple(map(str, dataset[raw].dims))
        if dims[-1:] == ("site",) and len(dims) > 1 and not name.endswith("_quality"):
            kept[name] = dims, dataset[name].values[..., corners.cells[:, 0]], dict(dataset[name].attrs)
    return kept


def _mixed(name: str, dataset: xr.Dataset, corners: Corners) -> tuple[Floats, Flags]:
    """Values (..., P) of one variable at the places, and their flags."""
    given = np.asarray(dataset[name].values, dtype=np.float64)
    quality = quality_of(dataset, name)
    nearest, flags = _nearest_known(given, quality, corners)
    if name in _NEAREST_ONLY:
        return nearest, flags
    sums, total = np.zeros(nearest.shape), np.zeros(nearest.shape)
    # Corner by corner: all at once would take four times the memory.
    for cells, weights in zip(corners.cells.T, corners.weights.T, strict=True):
        values = given[..., cells]
        share = np.where(np.isnan(values), 0.0, weights)
        sums += share * np.nan_to_num(values)
        total += share
        flags = np.where(share > 0.0, np.maximum(flags, quality[..., cells]), flags)
    # A place where only cells without weight know something takes the nearest of them.
    known = total > 0.0
    return np.where(known, sums / np.where(known, total, 1.0), nearest), np.asarray(flags, dtype=np.int8)


def _nearest_known(given: Floats, quality: Flags, corners: Corners) -> tuple[Floats, Flags]:
    values, flags = given[..., corners.cells[:, 0]], quality[..., corners.cells[:, 0]]
    for cells in corners.cells.T[1:]:
        unknown = np.isnan(values)
        if not unknown.any():
            break
        values, flags = np.where(unknown, given[..., cells], values), np.where(unknown, quality[..., cells], flags)
    return values, np.asarray(flags, dtype=np.int8)


def _weighted(given: Floats, corners: Corners) -> Floats:
    known = ~np.isnan(given[corners.cells])
    weights = np.where(known, corners.weights, 0.0)
    total = weights.sum(axis=-1)
    sums = (weights * np.where(known, given[corners.cells], 0.0)).sum(axis=-1)
    return np.where(total > 0.0, sums / np.where(total > 0.0, total, 1.0), np.nan)


def _move_to_height(values: dict[str, Floats], flags: dict[str, Flags], places: Places, ground: Floats) -> str:
    """Move temperatures to the places' heights, in place; the note that tells of it, or an empty one."""
    higher = places.elevation_m - ground
    higher = np.where(np.abs(higher) >= SMALLEST_STEP_M, np.nan_to_num(higher), 0.0)
    if not higher.any() or not set(_WARM) <= values.keys():
        return ""
    change = LAPSE_C_M * higher
    before = (values["tmin_c"] + values["tmax_c"]) / 2.0
    if "dewpoint_c" in values:
        values["dewpoint_c"] = _dewpoint_at(values["dewpoint_c"], before, change)
    for name in (*_WARM, "dewpoint_c"):
        if name in values:
            values[name] = values[name] + (change if name in _WARM else 0.0)
            moved = (change != 0.0) & ~np.isnan(values[name])
            flags[name] = np.where(moved, Quality.CORRECTED, flags[name]).astype(np.int8)
    farthest = float(higher[np.argmax(np.abs(higher))])
    return (
        f"temperatures were moved by {1000.0 * LAPSE_C_M:g} degC/km to the parcels' heights, at most {farthest:+.0f} m;"
        " relative humidity was kept"
    )


def _dewpoint_at(dewpoint: Floats, mean: Floats, change: Floats) -> Floats:
    """Dew point [degC] of air with the same relative humidity after a change of temperature (FAO-56 eq. 11)."""
    vapour = (
        saturation_vapour_pressure_kpa(dewpoint)
        / saturation_vapour_pressure_kpa(mean)
        * saturation_vapour_pressure_kpa(mean + change)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        logarithm = np.log(vapour / 0.6108)
        moved = 237.3 * logarithm / (17.27 - logarithm)
    return np.where((change == 0.0) | np.isnan(moved), dewpoint, moved)
