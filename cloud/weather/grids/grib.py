"""Ensemble forecasts from GRIB, editions 1 and 2, such as those of ECMWF's open data: the newest issue, in UTC days.

Fields are told apart by name, kind of step and level, so that a file may mix instants, sums and extremes; what is not
weather of the ground is named and left out. Cells of a regular grid become sites.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError, MissingDataError
from cloud.variables import VARIABLES, Floats
from cloud.weather.grids.grib_messages import eccodes_for
from cloud.weather.grids.gridded import digest_of
from cloud.weather.grids.region import GRIDDED
from cloud.weather.scrutiny.plausible import bounded, bounded_lines
from cloud.weather.tables.columns import conversion, to_2m

if TYPE_CHECKING:
    import xarray as xr

SUFFIXES: Final = frozenset({".grib", ".grib2", ".grb", ".grb2"})
LARGEST_FILE_VALUES: Final = 50_000_000
"""A forecast of a region for 50 members stays below; one of the whole world is refused before it fills the memory."""
WIDEST_STEP_H: Final = 6
"""Instants farther apart than this say nothing about a day's extremes."""

_KINDS: Final = {
    ("2t", "instant"): ("instant_c", "tmax_c"),
    ("2d", "instant"): ("dewpoint_c", "dewpoint_c"),
    ("10u", "instant"): ("east_m_s", "wind_2m_m_s"),
    ("10v", "instant"): ("north_m_s", "wind_2m_m_s"),
    ("tp", "accum"): ("rain_mm", "rain_mm"),
    ("ssrd", "accum"): ("radiation_mj_m2", "radiation_mj_m2"),
    **{(f"mx2t{hours}", "max"): ("tmax_c", "tmax_c") for hours in ("", "3", "6")},
    **{(f"mn2t{hours}", "min"): ("tmin_c", "tmin_c") for hours in ("", "3", "6")},
}
"""Short name and kind of step: the series it goes into, and the variable whose units it must have."""
_MISSING: Final = 1e30
_DAY_H: Final = 24
_ROUNDING: Final = 0.05
"""Packing makes sums fall by this much at most [mm, MJ m-2]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    issued_at: datetime
    series: str
    member: int
    steps_h: tuple[int, int]
    values: Floats


@dataclass(slots=True)
class _Read:
    fields: list[_Field] = field(default_factory=list)
    places: tuple[Floats, Floats] | None = None
    unused: set[str] = field(default_factory=set)
    count: int = 0


def read_forecast_grib(path: Path, day: date) -> xr.Dataset:
    """Newest issue not after a day, dims (time, member, site); a day that its steps do not cover is unknown."""
    forecast = _forecast(_read(path), path.name, day)
    forecast.attrs["sha256"] = digest_of(path)
    return forecast


def forecast_of_messages(messages: Iterable[bytes], subject: str, day: date) -> xr.Dataset:
    """The same from messages in memory."""
    eccodes, read = eccodes_for(subject), _Read()
    try:
        for message in messages:
            handle = eccodes.codes_new_from_message(message)
            try:
                _take(handle, read, subject)
            finally:
                eccodes.codes_release(handle)
    except eccodes.CodesInternalError as error:
        raise InputError(f"{subject}: expected GRIB, got a field that is damaged ({error}); not used") from error
    return _forecast(read, subject, day)


def _forecast(read: _Read, subject: str, day: date) -> xr.Dataset:
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    unused = ", ".join(sorted(read.unused))
    if not read.fields or read.places is None:
        raise InputError(f"{subject}: expected weather at the ground such as 2t and tp, got {unused or 'nothing'}")
    issues = sorted({one.issued_at for one in read.fields if one.issued_at.date() <= day})
    if not issues:
        raise MissingDataError(f"{subject}: expected an issue not after {day}, got none; give an earlier forecast")
    issued_at = issues[-1]
    days, members, data = _daily([one for one in read.fields if one.issued_at == issued_at], issued_at)
    if "tmax_c" not in data or np.isnan(data["tmax_c"]).all():
        raise InputError(
            f"{subject}: expected 2t at least every {WIDEST_STEP_H} h, or mx2t and mn2t, over whole days from"
            f" {issued_at:%Y-%m-%d %H:%M} on, got other steps; give a finer forecast"
        )
    problems: list[str] = []
    for name, given in data.items():
        data[name], flags = bounded(name, given, subject)
        problems += bounded_lines(name, given, flags, subject)[0]
    latitude, longitude = read.places
    return xr.Dataset(
        {name: (("time", "member", "site"), data[name], {"units": VARIABLES[name].unit}) for name in data},
        coords={
            "time": days.astype("datetime64[ns]"),
            "member": members,
            "latitude": ("site", latitude),
            "longitude": ("site", (longitude + 180.0) % 360.0 - 180.0),
            "elevation_m": ("site", np.full(latitude.size, np.nan)),
        },
        attrs={
            "source": subject,
            "issued_at": issued_at.replace(tzinfo=None).isoformat(),
            "notes": f"{subject}: fields {unused} are not used" if unused else "",
            "problems": "\n".join(problems),
            "synthetic": "",
            GRIDDED: 1,
        },
    )


def _read(path: Path) -> _Read:
    eccodes, read = eccodes_for(path.name), _Read()
    try:
        with path.open("rb") as file:
            while (handle := eccodes.codes_grib_new_from_file(file)) is not None:
                try:
                    _take(handle, read, path.name)
                finally:
                    eccodes.codes_release(handle)
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, got {error.strerror}; check the path") from error
    except eccodes.CodesInternalError as error:
        raise InputError(f"{path.name}: expected GRIB, got a file that is damaged or cut off ({error})") from error
    return read


def _take(handle: int, read: _Read, subject: str) -> None:
    import eccodes  # noqa: PLC0415 -- as above

    name, kind = eccodes.codes_get_string(handle, "shortName"), eccodes.codes_get_string(handle, "stepType")
    known = _KINDS.get((name, kind))
    if known is None or eccodes.codes_get_string(handle, "gridType") != "regular_ll":
        read.unused.add(f"{name} ({kind})")
        return
    eccodes.codes_set(handle, "missingValue", _MISSING)
    places = tuple(eccodes.codes_get_double_array(handle, key) for key in ("latitudes", "longitudes"))
    if read.places is None:
        read.places = (places[0], places[1])
    elif not (np.array_equal(places[0], read.places[0]) and np.array_equal(places[1], read.places[1])):
        raise InputError(f"{subject}: {name}: expected one grid, got several; give a file for each")
    raw = eccodes.codes_get_double_array(handle, "values")
    read.count += raw.size
    if read.count > LARGEST_FILE_VALUES:
        raise InputError(f"{subject}: expected at most {LARGEST_FILE_VALUES} values, got more; cut it to your region")
    unit = eccodes.codes_get_string(handle, "units").replace("**", "")
    convert = conversion(known[1], unit, f"{subject}: {name}")
    text = f"{eccodes.codes_get_long(handle, 'dataDate')}{eccodes.codes_get_long(handle, 'dataTime'):04}"
    number = eccodes.codes_get_string(handle, "number") if _has_members(handle) else "0"
    eccodes.codes_set(handle, "stepUnits", 1)
    read.fields.append(
        _Field(
            issued_at=datetime.strptime(text, "%Y%m%d%H%M").replace(tzinfo=UTC),
            series=known[0],
            member=int(number),
            steps_h=(eccodes.codes_get_long(handle, "startStep"), eccodes.codes_get_long(handle, "endStep")),
            values=np.where(raw == _MISSING, np.nan, convert(raw)),
        )
    )


def _has_members(handle: int) -> bool:
    import eccodes  # noqa: PLC0415 -- as above

    try:
        eccodes.codes_get_string(handle, "number")
    except eccodes.CodesInternalError:
        return False
    return True


def _daily(fields: list[_Field], issued_at: datetime) -> tuple[np.ndarray, list[int], dict[str, Floats]]:
    members = sorted({one.member for one in fields})
    series: dict[str, dict[tuple[int, int], Floats]] = {}
    size = fields[0].values.size
    for one in fields:
        table = series.setdefault(one.series, {})
        table.setdefault(one.steps_h, np.full((len(members), size), np.nan))[members.index(one.member)] = one.values
    if "east_m_s" in series and "north_m_s" in series:
        east, north = series.pop("east_m_s"), series.pop("north_m_s")
        speeds = {steps: np.hypot(east[steps], north[steps]) for steps in east.keys() & north.keys()}
        series["wind_2m_m_s"] = {steps: to_2m(speed, 10.0) for steps, speed in speeds.items()}
    last = issued_at + timedelta(hours=max(one.steps_h[1] for one in fields))
    days = np.arange(np.datetime64(issued_at.date(), "D"), np.datetime64(last.date(), "D"))
    days = days if days.size else np.array([np.datetime64(issued_at.date(), "D")])
    data: dict[str, list[Floats]] = {}
    unknown = np.full((len(members), size), np.nan)
    for count in range(days.size):
        start_h = count * _DAY_H - issued_at.hour
        found = dict(_day_values(series, start_h))
        for name in ("tmin_c", "tmax_c", "dewpoint_c", "wind_2m_m_s", "rain_mm", "radiation_mj_m2"):
            data.setdefault(name, []).append(found.get(name, unknown))
    stacked = {name: np.stack(rows) for name, rows in data.items()}
    return days, members, {name: values for name, values in stacked.items() if not np.isnan(values).all()}


def _day_values(series: dict[str, dict[tuple[int, int], Floats]], start_h: int) -> Iterator[tuple[str, Floats]]:
    """Variables of the day that begins ``start_h`` hours after the issue, where its steps cover it."""
    for name in ("dewpoint_c", "wind_2m_m_s"):
        if instants := _instants(series.get(name, {}), start_h):
            yield name, np.mean(instants, axis=0)
    if instants := _instants(series.get("instant_c", {}), start_h):
        yield "tmin_c", np.min(instants, axis=0)
        yield "tmax_c", np.max(instants, axis=0)
    low, high = (_covering(series.get(name, {}), start_h) for name in ("tmin_c", "tmax_c"))
    if low and high:
        yield "tmin_c", np.min(low, axis=0)
        yield "tmax_c", np.max(high, axis=0)
    for name in ("rain_mm", "radiation_mj_m2"):
        sums = series.get(name, {})
        since = np.zeros(1) if start_h == 0 else sums.get((0, start_h))
        until = sums.get((0, start_h + _DAY_H))
        if since is not None and until is not None:
            fallen = until - since
            yield name, np.where((fallen < 0.0) & (fallen > -_ROUNDING), 0.0, fallen)


def _instants(table: dict[tuple[int, int], Floats], start_h: int) -> list[Floats]:
    """Instants of a day, or none when they lie too far apart."""
    steps = sorted(steps for steps in table if start_h <= steps[1] < start_h + _DAY_H)
    hours = [start_h, *(one[1] for one in steps), start_h + _DAY_H]
    close = all(later - earlier <= WIDEST_STEP_H for earlier, later in pairwise(hours))
    return [table[one] for one in steps] if close else []


def _covering(table: dict[tuple[int, int], Floats], start_h: int) -> list[Floats]:
    """Extremes over spans that together fill a day without leaving it, or none."""
    spans = sorted(one for one in table if start_h <= one[0] and one[1] <= start_h + _DAY_H)
    filled_h = start_h
    for begins_h, ends_h in spans:
        if begins_h > filled_h:
            return []
        filled_h = max(filled_h, ends_h)
    return [table[one] for one in spans] if filled_h == start_h + _DAY_H else []
