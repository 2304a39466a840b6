"""One weather out of two: the reference where it knows, the corrected second product where it does not, else a gap.

Every value that is not the reference's own carries a flag, a standard error and its tenth and ninetieth percentile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError
from cloud.variables import VARIABLES, Days, Floats
from cloud.weather.blend.features import NEEDED
from cloud.weather.blend.learned import Estimate, LearnedRegion, estimate
from cloud.weather.blend.pairs import around
from cloud.weather.blend.regions import distance_km
from cloud.weather.scrutiny.quality import Quality, quality_of, with_quality

if TYPE_CHECKING:
    import xarray as xr

SAME_PLACE_KM: Final = 10.0
"""A site of the second product this near to one of the reference adds no place of its own."""
_NONE, _REFERENCE, _SECOND, _BOTH = -1, 0, 1, 2
_PARTS: Final = {"sigma": "standard error", "p10": "tenth percentile", "p90": "ninetieth percentile"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One site of the result; ``column`` is its place in the reference, or None.

    ``uncorrected`` is its place in a second product that is taken as it is.
    """

    latitude: float
    longitude: float
    elevation_m: float
    column: int | None
    uncorrected: int | None = None

    @property
    def label(self) -> str:
        return f"{self.latitude:.2f}, {self.longitude:.2f}"


@dataclass(slots=True)
class _Sheet:
    """The result while it is written: arrays (D, S) by variable."""

    days: Days
    values: dict[str, Floats]
    flags: dict[str, NDArray[np.int8]]
    parts: dict[str, dict[str, Floats]]
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


class Extent(Enum):
    """Which places a blend holds."""

    REFERENCE = "the sites of the reference"
    REGION = "these and the second product's sites in the region"
    ALL = "these and the second product's other sites, uncorrected"


def blended(
    reference: xr.Dataset | None, second: xr.Dataset, learned: LearnedRegion, extent: Extent = Extent.REFERENCE
) -> xr.Dataset:
    """Reference and second product as one dataset, dims (time, site).

    Without a reference, every site of the second product in the region is corrected. A site outside it is refused by
    name or, with ``Extent.ALL``, stays as the second product gives it.
    """
    places = _places(reference, second, learned, extent)
    sheet = _empty(reference, second, learned, len(places))
    told = 0
    for site, place in enumerate(places):
        if reference is not None and place.column is not None:
            _copy(sheet, reference, place.column, site)
        if place.uncorrected is not None:
            _copy(sheet, second, place.uncorrected, site)
            sheet.notes.append(f"blend at {place.label}: outside the region; the second product stays as it is")
            told += 1
            continue
        told += _correct(sheet, (second, learned), place, site)
    if not told and reference is None:
        raise InputError(f"{sheet.problems[0]}; learn the region of this place")
    return _dataset(sheet, places, (reference, second, learned))


def _places(reference: xr.Dataset | None, second: xr.Dataset, learned: LearnedRegion, extent: Extent) -> list[_Place]:
    places = [] if reference is None else [_place(reference, site, site) for site in range(reference.sizes["site"])]
    wanted = reference is None or extent is not Extent.REFERENCE
    for site in range(second.sizes["site"] if wanted else 0):
        place = _place(second, site, None)
        known = np.array([(one.latitude, one.longitude) for one in places]).reshape(-1, 2)
        away = distance_km(place.latitude, place.longitude, known[:, 0], known[:, 1])
        inside = learned.region.refusal(place.latitude, place.longitude, place.elevation_m) is None
        if (away < SAME_PLACE_KM).any():
            continue
        if not inside and extent is Extent.ALL:
            places.append(replace(place, uncorrected=site))
        elif inside or reference is None:
            places.append(place)
    return places


def _place(dataset: xr.Dataset, site: int, column: int | None) -> _Place:
    latitude, longitude, elevation_m = (
        float(dataset[name].values[site]) for name in ("latitude", "longitude", "elevation_m")
    )
    return _Place(latitude=latitude, longitude=longitude, elevation_m=elevation_m, column=column)


def _empty(reference: xr.Dataset | None, second: xr.Dataset, learned: LearnedRegion, sites: int) -> _Sheet:
    spans = [one["time"].values.astype("datetime64[D]") for one in (reference, second) if one is not None]
    days = np.arange(min(span.min() for span in spans), max(span.max() for span in spans) + np.timedelta64(1, "D"))
    measured = () if reference is None else tuple(str(name) for name in reference.data_vars if name in VARIABLES)
    names = dict.fromkeys((*NEEDED, *measured, *learned.variables))
    shape = (days.size, sites)
    return _Sheet(
        days=days,
        values={name: np.full(shape, np.nan) for name in names},
        flags={name: np.full(shape, Quality.MISSING, dtype=np.int8) for name in names},
        parts={name: {part: np.full(shape, np.nan) for part in _PARTS} for name in learned.variables},
    )


def _copy(sheet: _Sheet, reference: xr.Dataset, column: int, site: int) -> None:
    at = np.searchsorted(sheet.days, reference["time"].values.astype("datetime64[D]"))
    for name in sheet.values:
        if name in reference:
            sheet.values[name][at, site] = reference[name].transpose("time", "site").values[:, column]
            flags = quality_of(reference.transpose("time", "site", ...), name)[:, column]
            sheet.flags[name][at, site] = flags


def _correct(sheet: _Sheet, told: tuple[xr.Dataset, LearnedRegion], place: _Place, site: int) -> int:
    """Fill what is unknown at a site; the days that were, in any variable."""
    second, learned = told
    refusal = learned.region.refusal(place.latitude, place.longitude, place.elevation_m)
    if refusal is not None:
        sheet.problems.append(f"blend at {place.label}: not filled, for it lies {refusal}")
        return 0
    try:
        product = around(second, place.latitude, place.longitude, place.elevation_m, learned.region.around_km)
        found = estimate(learned, product, learned.region.widening(place.latitude, place.longitude))
    except InputError as error:
        sheet.problems.append(f"blend at {place.label}: not filled: {error}")
        return 0
    at = np.searchsorted(sheet.days, product.days)
    any_day = np.zeros(at.size, dtype=bool)
    whole = np.isnan(sheet.values["tmin_c"][at, site]) | np.isnan(sheet.values["tmax_c"][at, site])
    flag = Quality.CORRECTED if place.column is None else Quality.FILLED
    for name, quantiles in found.quantiles.items():
        open_days = np.isnan(sheet.values[name][at, site]) & ~np.isnan(quantiles.middle)
        # Where the reference knows its temperatures, reference ET is computed from them and from what is filled.
        open_days &= whole if name == "et0_mm" else True
        rows = at[open_days]
        sheet.values[name][rows, site] = quantiles.middle[open_days]
        sheet.flags[name][rows, site] = flag
        for part, series in (("sigma", quantiles.sigma), ("p10", quantiles.low), ("p90", quantiles.high)):
            sheet.parts[name][part][rows, site] = series[open_days]
        any_day |= open_days
    _doubt_of_mixed_days(sheet, found, at, site)
    _tell(sheet, found, place, any_day)
    return int(any_day.sum())


def _doubt_of_mixed_days(sheet: _Sheet, found: Estimate, at: NDArray[np.intp], site: int) -> None:
    """A day whose reference ET will be computed from filled variables is at most as doubtful as one told whole."""
    if "et0_mm" not in found.quantiles:
        return
    energy = ("radiation_mj_m2", "wind_2m_m_s", "dewpoint_c", "rh_mean_percent")
    filled = [sheet.flags[name][at, site] == Quality.FILLED for name in energy if name in sheet.flags]
    mixed = np.isnan(sheet.values["et0_mm"][at, site]) & np.any(filled, axis=0) if filled else np.zeros(at.size, bool)
    sheet.parts["et0_mm"]["sigma"][at[mixed], site] = found.quantiles["et0_mm"].sigma[mixed]


def _tell(sheet: _Sheet, found: Estimate, place: _Place, any_day: NDArray[np.bool_]) -> None:
    what = "corrected from the second product" if place.column is None else "filled from the second product"
    if any_day.any():
        sheet.notes.append(f"blend at {place.label}: {int(any_day.sum())} days {what}, each with its standard error")
    wide = int((found.outside & any_day).sum())
    if wide:
        sheet.notes.append(f"blend at {place.label}: {wide} of them lie beyond what was seen in training; wider bounds")
    refused = int(found.refused.sum())
    if refused:
        sheet.notes.append(f"blend at {place.label}: {refused} days lie too far beyond it and are not told")
    drifted = [
        f"{name} by up to {series[np.argmax(np.abs(series))]:+.2g} {VARIABLES[name].unit}"
        for name, series in found.drift.items()
        if series.any()
    ]
    if drifted:
        sheet.notes.append(
            f"blend at {place.label}: the second product left the natural range of years; taken off:"
            f" {', '.join(drifted)}"
        )


def _dataset(
    sheet: _Sheet, places: Sequence[_Place], told: tuple[xr.Dataset | None, xr.Dataset, LearnedRegion]
) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    reference, second, learned = told
    dims = ("time", "site")
    data = {}
    for name, values in sheet.values.items():
        unit = VARIABLES[name].unit
        beside = " ".join(f"{name}_{part}" for part in ("sigma", "quality")) if name in sheet.parts else ""
        data[name] = (
            dims,
            values,
            {"units": unit, "long_name": VARIABLES[name].description}
            | ({"ancillary_variables": beside} if beside else {})
            | ({"height_m": "2"} if name == "wind_2m_m_s" else {}),
        )
        for part, series in sheet.parts.get(name, {}).items():
            said = f"{_PARTS[part]} of {name} where it was filled or corrected"
            data[f"{name}_{part}"] = (dims, series, {"units": unit, "long_name": said})
    names = [_name(one) for one in (reference, second) if one is not None]
    found = xr.Dataset(
        data,
        coords={
            "time": sheet.days.astype("datetime64[ns]"),
            **{key: ("site", [getattr(place, key) for place in places]) for key in ("latitude", "longitude")},
            "elevation_m": ("site", [place.elevation_m for place in places]),
            "source": (dims, _sources(sheet), _source_flags()),
        },
        attrs={
            "Conventions": "CF-1.11",
            "title": f"Daily weather blended at {len(places)} places",
            "source": " and ".join(names),
            "sha256": _digest([one for one in (reference, second) if one is not None]),
            "blend": f"learned from {learned.first_day} to {learned.last_day}",
            "attribution": "; ".join(names),
            "synthetic": "",
            "notes": "\n".join(sheet.notes),
            "problems": "\n".join(sheet.problems),
        },
    )
    return with_quality(found, sheet.flags)


def _digest(several: Sequence[xr.Dataset]) -> str:
    """One hash that changes with any file of the blend."""
    return hashlib.sha256(" ".join(str(one.attrs.get("sha256", "")) for one in several).encode()).hexdigest()


def _name(dataset: xr.Dataset) -> str:
    return str(dataset.attrs.get("source", "weather")).replace("\n", " and ")


def _sources(sheet: _Sheet) -> NDArray[np.int8]:
    flags = np.stack(list(sheet.flags.values()))
    own = ((flags != Quality.MISSING) & (flags != Quality.FILLED) & (flags != Quality.CORRECTED)).any(axis=0)
    learned = ((flags == Quality.FILLED) | (flags == Quality.CORRECTED)).any(axis=0)
    return np.select([own & learned, own, learned], [_BOTH, _REFERENCE, _SECOND], _NONE).astype(np.int8)


def _source_flags() -> dict[str, object]:
    return {
        "long_name": "who gave the day",
        "flag_values": np.array([_NONE, _REFERENCE, _SECOND, _BOTH], dtype=np.int8),
        "flag_meanings": "none reference second_corrected both",
    }
