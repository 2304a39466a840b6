"""Days on which a reference and a second product both speak, as rows to learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.et0 import METHOD_FULL, METHOD_GIVEN
from cloud.errors import InputError, MissingDataError
from cloud.variables import Days, Floats
from cloud.weather.blend.features import NEEDED, Surroundings, feature_matrix, surroundings, usable_predictors
from cloud.weather.blend.regions import RADIUS_KM, Region, sites_within
from cloud.weather.forcing import site_reference

if TYPE_CHECKING:
    import xarray as xr

TARGETS: Final = (
    "tmin_c",
    "tmax_c",
    "rh_mean_percent",
    "rh_min_percent",
    "rh_max_percent",
    "dewpoint_c",
    "wind_2m_m_s",
    "radiation_mj_m2",
    "rain_mm",
    "et0_mm",
)
"""Variables that are learned where the reference has them; reference ET only where it is complete or given."""
_ONE_DAY: Final = np.timedelta64(1, "D")
FEWEST_PAIRS: Final = 180
"""Days that one variable needs to be learned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """N rows of days that both know, over all sites of the reference."""

    region: Region
    predictors: tuple[str, ...]
    names: tuple[str, ...]
    features: Floats
    """(N, F)."""
    days: Days
    """(N,)."""
    site: NDArray[np.intp]
    """(N,) which site of the reference."""
    products: tuple[Surroundings, ...]
    """The second product around every site of the reference, all its days."""
    plain: Mapping[str, Floats]
    """The second product as it is (N,), by variable."""
    targets: Mapping[str, Floats]
    """The reference (N,), by variable; NaN where it is unknown."""
    records: Mapping[str, tuple[Days, Floats]]
    """Everything that the reference knows of a variable, over all its sites."""
    sites: tuple[tuple[float, float], ...]
    """Latitude and longitude of the second product's sites that were used."""


def joined(several: Sequence[xr.Dataset]) -> xr.Dataset:
    """Datasets of sites as one; a day that one of them lacks is unknown there."""
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    if len(several) == 1:
        return several[0]
    names = list(dict.fromkeys(str(name) for one in several for name in one.data_vars))
    places = ("time", "latitude", "longitude", "elevation_m")
    whole = []
    for one in several:
        shape = (one.sizes["time"], one.sizes["site"])
        lacking = {name: (("time", "site"), np.full(shape, np.nan)) for name in names if name not in one}
        plain = one.drop_vars([name for name in one.coords if name not in places])
        whole.append(plain.transpose("time", "site").assign(lacking)[names])
    merged: xr.Dataset = xr.concat(whole, dim="site", join="outer", data_vars="all", combine_attrs="drop_conflicts")
    first, last = merged["time"].values.min(), merged["time"].values.max()
    merged = merged.reindex(time=np.arange(first, last + _ONE_DAY, _ONE_DAY))
    for key in ("source", "sha256", "notes", "problems"):
        merged.attrs[key] = "\n".join(str(one.attrs.get(key, "")) for one in several if one.attrs.get(key))
    return merged


def around(second: xr.Dataset, latitude: float, longitude: float, elevation_m: float, radius_km: float) -> Surroundings:
    """A second product around a place; InputError where it has no site near enough."""
    for name in NEEDED:
        if name not in second:
            raise InputError(f"second product: expected variable {name}, got {', '.join(map(str, second.data_vars))}")
    sites = sites_within(second, latitude, longitude, radius_km)
    if not sites.size:
        raise InputError(
            f"second product: expected a site within {radius_km:g} km of {latitude:.2f}, {longitude:.2f}, got none;"
            " give one that is nearer"
        )
    return surroundings(second, sites, latitude, elevation_m)


def pairs_of(
    reference: xr.Dataset, second: xr.Dataset, radius_km: float = RADIUS_KM, around_km: float = RADIUS_KM
) -> Pairs:
    """Rows to learn from; raises where the two have too few days in common.

    What is learned serves within ``radius_km`` of the reference; the second product is the mean of its sites within
    ``around_km`` of a place.
    """
    region = Region(
        latitude=np.asarray(reference["latitude"].values, dtype=np.float64),
        longitude=np.asarray(reference["longitude"].values, dtype=np.float64),
        elevation_m=np.asarray(reference["elevation_m"].values, dtype=np.float64),
        radius_km=radius_km,
        around_km=around_km,
    )
    if np.isnan(region.latitude).any() or np.isnan(region.longitude).any():
        raise InputError(
            "reference: expected latitude and longitude of every site, got none; give its place in the file or by"
            " --latitude --longitude --elevation"
        )
    values = _reference_values(reference)
    products = [
        around(second, float(latitude), float(longitude), float(elevation_m), around_km)
        for latitude, longitude, elevation_m in zip(region.latitude, region.longitude, region.elevation_m, strict=True)
    ]
    predictors = usable_predictors(products[0])
    if not set(NEEDED) <= set(predictors):
        raise MissingDataError("second product: expected days with tmin_c and tmax_c, got none; give others")
    days = reference["time"].values.astype("datetime64[D]")
    rows = [_rows(product, predictors, days) for product in products]
    theirs = {
        name: np.concatenate([series[row.ours, site] for site, row in enumerate(rows)])
        for name, series in values.items()
    }
    names = rows[0].names
    count = sum(row.ours.size for row in rows)
    if count < FEWEST_PAIRS:
        raise MissingDataError(
            f"reference and second product: expected at least {FEWEST_PAIRS} days that both know, got {count};"
            " give longer records"
        )
    used = sites_within(second, float(region.latitude[0]), float(region.longitude[0]), around_km)
    return Pairs(
        region=region,
        predictors=predictors,
        names=names,
        features=np.concatenate([row.features for row in rows]),
        days=np.concatenate([days[row.ours] for row in rows]),
        site=np.concatenate([np.full(row.ours.size, site, dtype=np.intp) for site, row in enumerate(rows)]),
        products=tuple(products),
        plain={name: np.concatenate([row.plain[name] for row in rows]) for name in rows[0].plain},
        targets=theirs,
        records={name: (np.tile(days, series.shape[1]), series.T.reshape(-1)) for name, series in values.items()},
        sites=tuple((float(second["latitude"].values[site]), float(second["longitude"].values[site])) for site in used),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rows:
    ours: NDArray[np.intp]
    names: tuple[str, ...]
    features: Floats
    plain: Mapping[str, Floats]


def _rows(product: Surroundings, predictors: Sequence[str], days: Days) -> _Rows:
    names, features = feature_matrix(product, predictors)
    ours, theirs = np.intersect1d(days, product.days, return_indices=True)[1:]
    whole = np.isfinite(features[theirs]).all(axis=1)
    ours, theirs = ours[whole], theirs[whole]
    plain = {name: product.series[name][theirs] for name in predictors if name in TARGETS}
    plain["et0_mm"] = features[theirs, names.index("plain_et0")]
    return _Rows(ours=ours, names=names, features=features[theirs], plain=plain)


def _reference_values(reference: xr.Dataset) -> dict[str, Floats]:
    """Variables of a reference (D, S); its reference ET only where nothing in it was assumed."""
    found = {
        name: np.asarray(reference[name].transpose("time", "site").values, dtype=np.float64)
        for name in TARGETS
        if name in reference and name != "et0_mm"
    }
    if {"tmin_c", "tmax_c"} <= set(found) or "et0_mm" in reference:
        told = site_reference(reference)
        whole = np.isin(told.method, (METHOD_FULL, METHOD_GIVEN))
        found["et0_mm"] = np.where(whole, told.et0_mm, np.nan)
    return {name: series for name, series in found.items() if not np.isnan(series).all()}
