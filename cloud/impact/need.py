"""What a crop needed from irrigation in a season: its evapotranspiration less effective rain, day by day.

Kc = Kcb + 0.1 (FAO-56 chapter 7: the basal coefficient lies 0.05 to 0.15 below the single one), no stress; effective
rain after the USDA Soil Conservation Service as FAO CROPWAT uses it, P (125 - 0.2 P) / 125 over spans of about a month.
A constant error of need cancels in a difference-in-differences: only its changes between seasons and parcels count.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np

from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.crops.season import stage_on
from cloud.agronomy.plots import plots_of
from cloud.impact.data import ParcelSeason, TrialWeather
from cloud.impact.panel import Ints
from cloud.records import Parcel
from cloud.variables import Floats

_SOIL_EVAPORATION: Final = 0.10
_SPAN_DAYS: Final = 30
_MOST_RAIN_MM: Final = 250.0
_LEAST_SEASON_MM: Final = 1.0


def effective_rain_mm(rain_mm: Floats) -> Floats:
    """Effective part of the rain of a span of about a month [mm]."""
    moderate = rain_mm * (125.0 - 0.2 * rain_mm) / 125.0
    result: Floats = np.where(rain_mm <= _MOST_RAIN_MM, moderate, 125.0 + 0.1 * rain_mm)
    return result


def crop_et_mm(parcels: Sequence[Parcel], first: date, et0_mm: Floats, wind_m_s: Floats, rh_min: Floats) -> Floats:
    """Evapotranspiration (D, P) of parcels without stress from their seasons' stages [mm]; weather (D, P).

    Unknown wind and humidity are those of FAO-56's table, 2 m/s and 45 %.
    """
    plots = plots_of(parcels, first)
    rows = []
    for place, et0 in enumerate(et0_mm):
        day = np.full(len(parcels), np.datetime64(first + timedelta(days=place), "D"))
        wind = np.nan_to_num(wind_m_s[place], nan=2.0)[:, None]
        humidity = np.nan_to_num(rh_min[place], nan=45.0)[:, None]
        rows.append((stage_on(plots, day, wind, humidity).kcb[:, 0] + _SOIL_EVAPORATION) * et0)
    return np.array(rows)


def irrigation_need_mm(et_mm: Floats, rain_mm: Floats) -> Floats:
    """Daily need (D,) of one parcel-season [mm]: each span's need, never below 0, laid on its days by their ET."""
    need = np.zeros(et_mm.size)
    for begin in range(0, et_mm.size, _SPAN_DAYS):
        span = slice(begin, begin + _SPAN_DAYS)
        crop = float(et_mm[span].sum())
        scale = _SPAN_DAYS / et_mm[span].size
        rain = float(effective_rain_mm(np.array(rain_mm[span].sum() * scale))) / scale
        need[span] = et_mm[span] * (max(crop - rain, 0.0) / crop if crop > 0.0 else 0.0)
    return need if need.sum() >= _LEAST_SEASON_MM else np.full(et_mm.size, np.nan)


def daily_needs(
    rows: Mapping[tuple[int, int], ParcelSeason], by_id: Mapping[str, tuple[int, Parcel]], weather: TrialWeather
) -> tuple[dict[tuple[int, int], Floats], list[str]]:
    """Daily need (D,) of each parcel-season, by place (parcel, season), and a line for each that has none.

    ``by_id`` gives each parcel with its column in the weather.
    """
    needs: dict[tuple[int, int], Floats] = {}
    problems: list[str] = []
    for season in sorted({place[1] for place in rows}):
        own = {place: one for place, one in rows.items() if place[1] == season}
        first = min(one.first for one in own.values())
        crop_et, rain = _season_water(list(own.values()), by_id, weather, first)
        for number, (place, one) in enumerate(own.items()):
            days = slice((one.first - first).days, (one.last - first).days + 1)
            need, fault = _need(crop_et[days, number], rain[days, number])
            if fault is None:
                needs[place] = need
            else:
                problems.append(f"parcel {one.parcel_id} season {one.season}: {fault}")
    return needs, problems


def _need(crop_et_mm: Floats, rain_mm: Floats) -> tuple[Floats, str | None]:
    unknown = int((~np.isfinite(crop_et_mm + rain_mm)).sum())
    if unknown:
        return crop_et_mm, f"expected weather on all {rain_mm.size} days, {unknown} are unknown; it counts as lost"
    need = irrigation_need_mm(crop_et_mm, rain_mm)
    if np.isnan(need).any():
        return need, "rain met the whole need of the crop, so that there is no water to save; it counts as lost"
    return need, None


def _season_water(
    rows: Sequence[ParcelSeason], by_id: Mapping[str, tuple[int, Parcel]], weather: TrialWeather, first: date
) -> tuple[Floats, Floats]:
    """Crop evapotranspiration and rain (D, P) from the first day of the earliest of some parcel-seasons on."""
    last = max(one.last for one in rows)
    days = np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)
    index = (days - weather.days[0]).astype(np.intp)
    column = np.array([by_id[one.parcel_id][0] for one in rows], dtype=np.intp)
    et0, rain, wind, humidity = (
        _taken(values, index, column)
        for values in (weather.et0_mm, weather.rain_mm, weather.wind_m_s, weather.rh_min_percent)
    )
    cropped = [_as_cropped(by_id[one.parcel_id][1], one) for one in rows]
    return crop_et_mm(cropped, first, et0, wind, humidity), rain


def _taken(values: Floats, index: Ints, column: Ints) -> Floats:
    inside = (index >= 0) & (index < values.shape[0])
    picked = values[np.clip(index, 0, values.shape[0] - 1)][:, column]
    return np.where(inside[:, None], picked, np.nan)


def _as_cropped(parcel: Parcel, one: ParcelSeason) -> Parcel:
    crop = find_crop(one.crop)
    change: dict[str, object] = {"crop": crop.name}
    if not crop.is_perennial:
        change["planted_on"] = one.first
    return parcel.model_copy(update=change)
