"""From the records of a trial to its panel: metered water, need, yield and assigned start of every parcel-season."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.crops.crop import find_crop
from cloud.errors import InputError
from cloud.impact.data import ParcelSeason, TrialData, TrialWeather
from cloud.impact.design import Assigned, Design
from cloud.impact.metering import Metered, Season, from_counters, from_events
from cloud.impact.need import daily_needs
from cloud.impact.panel import Bools, Ints, Panel
from cloud.records import Parcel
from cloud.variables import Floats

_EARTH_M: Final = 6_371_000.0
_NONE: Final = np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The panel, and one line for whatever is not in it or was odd."""

    panel: Panel
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    gap_fraction: Floats
    """(P, S) share of the season that the meter missed; NaN where nothing was measured."""


@dataclass(slots=True, kw_only=True)
class _Desk:
    problems: list[str]
    notes: list[str]


def assemble(data: TrialData, weather: TrialWeather, design: Design, assignment: Sequence[Assigned]) -> Assembled:
    """The panel of the parcels that are assigned; what cannot be used is named, the rest goes on."""
    desk = _Desk(problems=[], notes=[])
    by_id = {parcel.id: (place, parcel) for place, parcel in enumerate(data.parcels)}
    known = [one for one in assignment if one.parcel_id in by_id and one.parcel_id not in design.exclude]
    desk.problems += [
        f"parcel {one.parcel_id}: expected it in parcels.geojson, for it is in the registration, got none; it is lost"
        for one in assignment
        if one.parcel_id not in by_id
    ]
    if not known:
        raise InputError("assignment: expected parcels that are in parcels.geojson, got none; give the trial's parcels")
    rows = _rows(data, design, {one.parcel_id: place for place, one in enumerate(known)}, desk)
    crops = tuple(sorted({one.crop for one in rows.values()}))
    blank = np.full((len(known), len(design.seasons)), _NONE)
    arrays = {name: blank.copy() for name in ("area", "used", "low", "high", "need", "yield", "gap")}
    crop = np.full(blank.shape, -1, dtype=np.intp)
    daily, unknown = daily_needs(rows, by_id, weather)
    desk.problems += unknown
    for place, one in rows.items():
        crop[place] = crops.index(one.crop)
        arrays["area"][place] = one.area_ha
        arrays["yield"][place] = _NONE if one.yield_t_ha is None else one.yield_t_ha
        need = daily.get(place)
        if need is None:
            continue
        metered = _metered(data, one, need, (by_id[one.parcel_id][1], design, desk))
        arrays["need"][place] = need.sum()
        arrays["gap"][place] = metered.gap_fraction
        if _usable(metered, one, design, desk):
            arrays["used"][place], arrays["low"][place], arrays["high"][place] = (
                metered.used_mm,
                metered.low_mm,
                metered.high_mm,
            )
    panel = Panel(
        parcels=tuple(one.parcel_id for one in known),
        seasons=design.seasons,
        crops=crops,
        baseline=len(design.baseline_seasons),
        area_ha=arrays["area"],
        crop=crop,
        used_mm=arrays["used"],
        low_mm=arrays["low"],
        high_mm=arrays["high"],
        need_mm=arrays["need"],
        yield_t_ha=arrays["yield"],
        **_placed(known, design, [by_id[one.parcel_id][1] for one in known]),
    )
    return Assembled(panel=panel, problems=tuple(desk.problems), notes=tuple(desk.notes), gap_fraction=arrays["gap"])


def _rows(
    data: TrialData, design: Design, places: Mapping[str, int], desk: _Desk
) -> dict[tuple[int, int], ParcelSeason]:
    """Parcel-seasons of the trial by their place (parcel, season)."""
    found: dict[tuple[int, int], ParcelSeason] = {}
    wanted = {find_crop(crop).name for crop in design.crops}
    aside = 0
    for one in data.seasons:
        if one.parcel_id not in places or one.season not in design.seasons:
            aside += 1
            continue
        subject = f"parcel {one.parcel_id} season {one.season}"
        try:
            crop = find_crop(one.crop).name
        except InputError as error:
            desk.problems.append(f"{subject}: {error}")
            continue
        place = places[one.parcel_id], design.seasons.index(one.season)
        if wanted and crop not in wanted:
            continue
        if place in found:
            desk.problems.append(f"{subject}: expected one row, got another; the first counts")
            continue
        found[place] = replace(one, crop=crop)
    if aside:
        desk.notes.append(f"seasons.csv: {aside} rows of other seasons or of parcels that are not in the trial")
    missing = [name for name, place in places.items() if not any(place == row for row, _ in found)]
    desk.problems += [f"parcel {name}: expected rows in seasons.csv, got none; it counts as lost" for name in missing]
    return found


def _metered(data: TrialData, one: ParcelSeason, need: Floats, how: tuple[Parcel, Design, _Desk]) -> Metered:
    parcel, design, desk = how
    season = Season(
        first=one.first, last=one.last, area_ha=one.area_ha, need_mm=need, most_mm_per_day=design.most_mm_per_day
    )
    if data.readings.get(parcel.id):
        found = from_counters(data.readings[parcel.id], season)
    elif parcel.id in data.events_mm:
        found = from_events(data.events_mm[parcel.id], data.outages.get(parcel.id, ()), season)
    else:
        return Metered(used_mm=_NONE, low_mm=_NONE, high_mm=_NONE, gap_fraction=1.0)
    desk.notes += [f"parcel {parcel.id} season {one.season}: {note}" for note in found.notes]
    return found


def _usable(metered: Metered, one: ParcelSeason, design: Design, desk: _Desk) -> bool:
    subject = f"parcel {one.parcel_id} season {one.season}"
    if np.isfinite(metered.used_mm) and metered.gap_fraction <= design.most_gap_fraction:
        if metered.gap_fraction > 0.0:
            desk.notes.append(
                f"{subject}: {100 * metered.gap_fraction:.0f} % of the season not metered,"
                f" {metered.low_mm:.0f} to {metered.high_mm:.0f} mm"
            )
        return True
    desk.problems.append(
        f"{subject}: expected a meter that saw {100 * (1 - design.most_gap_fraction):.0f} % of the season, got"
        f" {100 * (1 - metered.gap_fraction):.0f} %; it counts as lost"
    )
    return False


def _placed(known: Sequence[Assigned], design: Design, parcels: Sequence[Parcel]) -> dict[str, NDArray[Any]]:
    blocks = {name: number for number, name in enumerate(dict.fromkeys(one.block for one in known))}
    block = np.array([blocks[one.block] for one in known], dtype=np.intp)
    members = Counter(one.pair for one in known if one.pair is not None)
    # A pair whose partner is gone cannot be drawn anew.
    whole = [name for name, number in members.items() if number > 1]
    pairs = {name: number for number, name in enumerate(sorted(whole))}
    never = len(design.seasons)
    starts = [never if one.starts is None else design.seasons.index(one.starts) for one in known]
    return {
        "start": np.array(starts, dtype=np.intp),
        "block": block,
        "pair": np.array([pairs.get(one.pair or "", -1) for one in known], dtype=np.intp),
        "near": _near(parcels, block, design.buffer_m),
    }


def _near(parcels: Sequence[Parcel], block: Ints, buffer_m: float) -> Bools:
    if buffer_m <= 0.0:
        return np.zeros((block.size, block.size), dtype=bool)
    latitude = np.radians([parcel.latitude for parcel in parcels])
    longitude = np.radians([parcel.longitude for parcel in parcels]) * np.cos(latitude.mean())
    away = _EARTH_M * np.hypot(latitude[:, None] - latitude, longitude[:, None] - longitude)
    result: Bools = (away < buffer_m) & (block[:, None] != block)
    return result
