"""Which crop a parcel carries and with which parameters: the table's, replaced by what was measured."""

import difflib
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from cloud.agronomy.crops.calendars import region_of
from cloud.agronomy.crops.crop_revision import EDITION, revised
from cloud.agronomy.crops.crop_table import CROPS, OTHER_NAMES, Crop
from cloud.errors import InputError
from cloud.records import Parcel

_CUT_STAGES: Final = (5, 10, 10, 5)
_CUT_KCB: Final = {
    # FAO-56 table 17, individual cutting periods; stages: table 11, cycles after the first.
    "alfalfa": (0.30, 1.15, 1.10),
    "berseem": (0.30, 1.10, 1.05),
    "mint": (0.40, 1.10, 1.05),
}


def crop_names() -> tuple[str, ...]:
    """Names of the known crops, in alphabetical order."""
    return tuple(sorted(CROPS))


def find_crop(name: str) -> Crop:
    """Crop of a name, whatever its case and separators; InputError names close matches for an unknown one."""
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    crop = CROPS.get(OTHER_NAMES.get(key, key))
    if crop is None:
        close = difflib.get_close_matches(key, [*CROPS, *OTHER_NAMES], n=3)
        known = f"did you mean {' or '.join(close)}" if close else f"{_resembling(key)}; correct crop"
        raise InputError(f"crop {name!r}: expected a known crop, got an unknown name; {known}")
    return crop


def _resembling(key: str) -> str:
    """At most three known names, the least unlike the one that was given."""
    near = difflib.get_close_matches(key, crop_names(), n=3, cutoff=0.3) or crop_names()[:3]
    return f"{len(CROPS)} crops are known, like {', '.join(near)}"


def crop_of(parcel: Parcel) -> Crop:
    """Crop of a parcel: its edition of the table, with measured parameters in place of the table's."""
    crop = find_crop(parcel.crop)
    if parcel.crop_edition == EDITION:
        crop = revised(crop)
    if is_cut(parcel, crop):
        crop = replace(crop, kcb=_CUT_KCB[crop.name], stage_lengths_days=_CUT_STAGES)
    own = parcel.crop_parameters
    return replace(
        crop,
        kcb=(_or(own.kcb_ini, crop.kcb[0]), _or(own.kcb_mid, crop.kcb[1]), _or(own.kcb_end, crop.kcb[2])),
        stage_lengths_days=own.stage_lengths_days or crop.stage_lengths_days,
        height_m=_or(own.height_m, crop.height_m),
        root_depth_m=_root_depths(parcel, crop),
        depletion_fraction=_or(own.depletion_fraction, crop.depletion_fraction),
    )


def is_cut(parcel: Parcel, crop: Crop) -> bool:
    """Whether a parcel carries a forage that grows again after each of its stated cuttings."""
    return bool(parcel.cuttings) and crop.name in _CUT_KCB


def season_start(parcel: Parcel, on: date) -> date:
    """Day on which the parcel's season starts, seen from a day: its own date, else the yearly one before it.

    The yearly start is that of the crop, earlier or later by what the region's trees are.
    """
    crop = find_crop(parcel.crop)
    if not crop.is_perennial:
        if parcel.planted_on is None:
            raise InputError(
                f"parcel {parcel.id}: expected planted_on for the annual crop {crop.name}, got none; add it"
            )
        return parcel.planted_on
    if parcel.season_starts_on is not None:
        return parcel.season_starts_on
    assert crop.season_start is not None
    region = region_of(parcel.latitude, parcel.longitude)
    later = timedelta(days=0 if region is None else region.later_days)
    starts = [date(year, *crop.season_start) + later for year in (on.year + 1, on.year, on.year - 1)]
    return next(start for start in starts if start <= on)


def season_began(parcel: Parcel, on: date) -> date | None:
    """First day of the season that runs on a day: of a perennial its yearly start, last come round; None before any."""
    if not find_crop(parcel.crop).is_perennial:
        start = parcel.season_starts_on or parcel.planted_on
        return start if start is not None and start <= on else None
    start = season_start(parcel, on)
    this_year = _anniversary(start, on.year)
    return this_year if this_year <= on else _anniversary(start, on.year - 1)


def _anniversary(start: date, year: int) -> date:
    # A season that once started on 29 February starts on 1 March in other years.
    return date(year, start.month, 1) + timedelta(days=start.day - 1)


def _root_depths(parcel: Parcel, crop: Crop) -> tuple[float, float]:
    own = parcel.crop_parameters
    deepest = _or(own.root_depth_max_m, crop.root_depth_m[1])
    first = deepest if crop.is_perennial else min(crop.root_depth_m[0], deepest)
    return _or(own.root_depth_min_m, first), deepest


def _or(own: float | None, table: float) -> float:
    return table if own is None else own
