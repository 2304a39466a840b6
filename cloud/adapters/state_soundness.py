"""Whether the numbers and texts of a water state file can be those of soil, crop and sources; refused in words if not.

A checksum finds damage, not a file that was changed or made by something else: what is read here is believed for a
whole season, so that each value must be one that water in soil can have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from cloud.agronomy.assimilation.watch import Watch
from cloud.agronomy.carrying.lived import Lived
from cloud.agronomy.state import WaterState
from cloud.agronomy.step import Water
from cloud.errors import InputError

if TYPE_CHECKING:
    import xarray as xr

_WAY_OUT: Final = "make it anew or leave it out"
_LARGEST_SWELLING: Final = 100
"""How many times its size on disk a file may take in memory: states are written as they are, not squeezed."""

_DAYS: Final = (date(1900, 1, 1), date(2200, 12, 31))
_DEEPEST_M: Final = 20.0
_STORE_MM: Final = (-5000.0, 10_000.0)
_SCALE: Final = (1e-3, 100.0)
_RANGES: Final[Mapping[str, tuple[float, float]]] = {
    "depletion_mm": _STORE_MM,
    "total_available_mm": (0.0, 10_000.0),
    "readily_available_mm": (0.0, 10_000.0),
    "wind_2m_m_s": (0.0, 100.0),
    "rh_min_percent": (0.0, 100.0),
    "age_days": (-100_000.0, 100_000.0),
    "claims": (-1e9, 1e9),
    "water_depletion_mm": _STORE_MM,
    "water_below_mm": _STORE_MM,
    "water_surface_mm": (-1000.0, 1000.0),
    "water_wetted_fraction": (0.0, 1.0),
    "water_root_depth_m": (1e-3, _DEEPEST_M),
}
"""Far outside what any soil, root or climate reaches; learned scales are held to ``_SCALE``."""

_MAY_BE_UNKNOWN: Final = frozenset({"age_days", "claims"})
_SINGLE: Final = frozenset({"wind_2m_m_s", "rh_min_percent", "age_days"})
_TEXTS: Final = frozenset({"sources", "concluded"})
_AMOUNTS: Final = frozenset({"depth_mm", "depth_p10_mm", "depth_p50_mm", "depth_p90_mm", "probability"})
_ROUNDING: Final = 1e-6
_WORD_BYTES: Final = 8


def check_format(name: str, dataset: xr.Dataset, wanted: int, names: set[str]) -> None:
    """Refuse a file that is no state, one of another format, and one that lacks a part."""
    found = dataset.attrs.get("seguia_state_format")
    if found is None:
        raise InputError(f"{name}: expected a water state, got another NetCDF file; correct the path")
    known = {str(one) for one in dataset.variables} | {str(one) for one in dataset.attrs}
    missing = sorted((names | {"code_version", "day", "seed", "profile_depth_m"}) - known)
    if np.ndim(found) or str(found) != str(wanted) or missing:
        lacks = f" without {', '.join(missing)}" if missing else ""
        raise InputError(
            f"{name}: expected a water state of format {wanted}, got format {' '.join(str(found).split())}{lacks},"
            f" made by version {dataset.attrs.get('code_version')}; make it anew with this version or leave it out"
        )


def check_size(path: Path) -> None:
    """Refuse a file that would take far more memory than its size on disk can hold, before anything of it is read."""
    import netCDF4  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    size_bytes = path.stat().st_size
    with netCDF4.Dataset(path) as file:
        needed = sum(_WORD_BYTES * math.prod(variable.shape) for variable in file.variables.values())
    if needed > _LARGEST_SWELLING * size_bytes:
        raise InputError(
            f"{path.name}: expected a whole water state, got {size_bytes} bytes that claim to hold {needed}; {_WAY_OUT}"
        )


def check_shapes(name: str, dataset: xr.Dataset) -> None:
    """Refuse numbers that are texts, and arrays that are not those of parcels and members."""
    parcels, members = dataset.sizes["parcel"], dataset["depletion_mm"].shape[-1]
    for one in (*_numbers(), "started"):
        values = dataset[one]
        columns = 1 if one in _SINGLE else values.shape[-1] if one == "claims" else members
        shape = (parcels,) if one == "started" else (parcels, columns)
        if values.dtype.kind not in "fiu" or values.shape != shape or values.dims[0] != "parcel":
            raise _damaged(name, f"{one} of {values.dtype} {values.shape} where numbers {shape} stand")


def check_values(name: str, held: Mapping[str, np.ndarray[Any, Any]], parcel_ids: Sequence[str]) -> None:
    """Refuse what water in soil cannot be, in rows whose season has begun, and texts that say nothing."""
    started = held["started"].astype(np.bool_)
    for one in _numbers():
        values = held[one]
        low, high = _RANGES.get(one, _SCALE)
        lowest = low if low > 0.0 else low - _ROUNDING
        sound = (values >= lowest) & (values <= high + _ROUNDING)
        sound |= np.isnan(values) & ((one in _MAY_BE_UNKNOWN) | ~started[:, None])
        if not sound.all():
            raise _damaged(name, f"{one} {values[~sound][0]:g} where {low:g} to {high:g} can be")
    try:
        watch = Watch.kept(parcel_ids, held["claims"], held["sources"], held["concluded"])
        irrigations = [asdict(one) for one in watch.inferred.values()] + [asdict(one) for one in watch.doubted.values()]
        known = all(math.isfinite(value) for one in irrigations for key, value in one.items() if key in _AMOUNTS)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise _damaged(name, f"sources or conclusions that cannot be read, {error}") from error
    if not known or np.isinf(watch.trusts.table).any():
        raise _damaged(name, "sources or conclusions without bounds")


def known_day(name: str, text: object) -> date:
    """The day of a state, within the years of weather records."""
    day = date.fromisoformat(str(text))
    if not _DAYS[0] <= day <= _DAYS[1]:
        raise _damaged(name, f"the day {day}")
    return day


def known_depth_m(name: str, value: object) -> float:
    """The depth to which water was followed."""
    depth_m = float(str(value))
    if not 0.0 <= depth_m <= _DEEPEST_M:
        raise _damaged(name, f"a profile of {depth_m:g} m")
    return depth_m


def known_past(name: str, lived: Lived, parcels: int) -> Lived:
    """What parcels have lived through, a digest for each of them and each month."""
    months = np.array(lived.months, dtype="datetime64[M]")
    shapes = lived.sums.shape, lived.since.shape, lived.seen.shape
    if shapes != ((months.size, parcels), (parcels,), (parcels,)) or np.isnat(months).any():
        raise _damaged(name, "digests of other months or parcels")
    if lived.sums.dtype != np.uint64 or lived.seen.dtype != np.uint64:
        raise _damaged(name, "digests that are none")
    return lived


def _numbers() -> tuple[str, ...]:
    own = (one.name for one in fields(WaterState))
    skipped = {"day", "water", "started"} | _TEXTS
    return (*(one for one in own if one not in skipped), *(f"water_{one.name}" for one in fields(Water)))


def _damaged(name: str, found: str) -> InputError:
    return InputError(f"{name}: expected a whole water state, got a damaged one ({found}); {_WAY_OUT}")
