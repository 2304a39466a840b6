"""Rows of hours or minutes gathered into local days: unknown where too little of the day is known.

A row stands for the time that ends at its stamp, unless the file says ``# stamp: start``. Days have 23, 24 or 25 hours
where clocks change. Extremes and means need 90 % of a day, sums 97 %: nothing missing is taken as zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError
from cloud.variables import VARIABLES, Floats, check_bounds, guessed_unit
from cloud.weather.tables.columns import conversion, to_2m, understands
from cloud.weather.tables.dates import clock_column, date_column
from cloud.weather.tables.headers import Meaning, meaning_of
from cloud.weather.tables.moments import moments_of, zone_of
from cloud.weather.tables.table import Table

LARGEST_STEP_S: Final = 3 * 3600
"""Rows farther apart say too little of a day's extremes."""

_STATE_COVERAGE: Final = 0.9
_SUM_COVERAGE: Final = 0.97
_MOST_OUTSIDE: Final = 0.1
"""Where more of a column than this is outside its bounds, it is not what it says."""
_ISO_DAY: Final = 10
_HEADERS_BY_VARIABLE: Final = {
    ("temperature", "min"): (("tmin_c", "min"),),
    ("temperature", "max"): (("tmax_c", "max"),),
    ("temperature", None): (("tmin_c", "min"), ("tmax_c", "max")),
    ("humidity", None): (("rh_mean_percent", "mean"), ("rh_min_percent", "min"), ("rh_max_percent", "max")),
    ("dewpoint", None): (("dewpoint_c", "mean"),),
    ("wind", None): (("wind_2m_m_s", "mean"),),
    ("radiation", None): (("radiation_mj_m2", "sum"),),
    ("sunshine", None): (("sunshine_h", "sum"),),
    ("rain", None): (("rain_mm", "sum"),),
    ("et0", None): (("et0_mm", "sum"),),
}
_GATHER: Final[dict[str, Callable[[Floats], float]]] = {
    "min": lambda known: float(known.min()),
    "max": lambda known: float(known.max()),
    "mean": lambda known: float(known.mean()),
    "sum": lambda known: float(known.sum()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slots:
    """Rows in the order of time: their local days, and how many rows a whole day has."""

    rows: NDArray[np.intp]
    places: NDArray[np.intp]
    days: list[date]
    whole: Floats
    step_s: float


def is_subdaily(table: Table) -> bool:
    """Whether the rows of a table are finer than days."""
    if clock_column(table) is not None:
        return True
    name = date_column(table)
    if name is None:
        return False
    texts = table.column(name)
    timed = [text for text in texts if len(text) > _ISO_DAY]
    return len({text[:_ISO_DAY] for text in timed}) < len(set(timed))


def local_days_of(
    table: Table, wind_height_m: float, timezone: str | None = None
) -> tuple[list[date], dict[str, Floats]]:
    """Local days that the rows touch and their variables (D,), NaN where too little is known."""
    zone = zone_of(table, timezone)
    slots = _slots(table, zone)
    values: dict[str, Floats] = {}
    for header, meaning in meanings_of(table):
        for variable, how in _HEADERS_BY_VARIABLE[meaning.quantity, meaning.statistic]:
            if variable in values and meaning.statistic is None:
                continue  # the lowest and highest of the step say more than its mean
            rows = bounded(table, header, variable, step_values(table, header, meaning, variable, slots.step_s))
            if variable == "wind_2m_m_s":
                rows = to_2m(rows, meaning.height_m or wind_height_m)
            values[variable] = _by_day(slots, rows, how)
    if "radiation_mj_m2" in values and guessed_unit("radiation_mj_m2", values["radiation_mj_m2"]) is not None:
        check_bounds("radiation_mj_m2", values["radiation_mj_m2"], table.name)
    for name in ("tmin_c", "tmax_c"):
        if name not in values and "et0_mm" not in values:
            raise InputError(
                f"{table.name}: expected a temperature with its unit such as temp_c, got {', '.join(table.header)};"
                " rename the columns with their units"
            )
    return slots.days, values


def meanings_of(table: Table) -> Iterator[tuple[str, Meaning]]:
    """Understood columns, those that name an extreme first."""
    found = []
    for header in table.header:
        meaning = meaning_of(header)
        if meaning is None:
            continue
        mean = meaning.statistic in {None, "mean"}
        plain = Meaning(
            quantity=meaning.quantity,
            statistic=None if mean else meaning.statistic,
            unit=meaning.unit,
            height_m=meaning.height_m,
        )
        if (plain.quantity, plain.statistic) in _HEADERS_BY_VARIABLE:
            found.append((header, plain))
    yield from sorted(found, key=lambda one: one[1].statistic is None)


def ordered_rows(table: Table, zone: tzinfo | None) -> tuple[NDArray[np.intp], Floats, float]:
    """Rows in the order of time, each time once: their places, where each begins or ends [s, UTC], and their step [s].

    What stands twice is named; rows more than ``LARGEST_STEP_S`` apart are refused.
    """
    seconds = moments_of(table, zone)
    order = np.argsort(seconds, kind="stable")
    order = order[~np.isnan(seconds[order])]
    if not order.size:
        return order, np.zeros(0), 1.0
    stamps = seconds[order]
    first = np.concatenate(([True], np.diff(stamps) > 0.0))
    if not first.all():
        twice = int((~first).sum())
        table.problems.append(f"{table.name}: {twice} rows stand twice, the first at {_shown(table, order[~first][0])}")
    order, stamps = order[first], stamps[first]
    step_s = float(np.median(np.diff(stamps))) if stamps.size > 1 else 3600.0
    if step_s > LARGEST_STEP_S:
        raise InputError(
            f"{table.name}: expected rows every 3 h or finer, got {step_s / 3600.0:g} h; give days or hours"
        )
    return order, stamps, step_s


def names_its_start(table: Table) -> bool:
    """Whether a row's time is where it begins (``# stamp: start``); else it is where the row ends."""
    return table.comments.get("stamp", "end").lower() == "start"


def _slots(table: Table, zone: tzinfo | None) -> _Slots:
    order, stamps, step_s = ordered_rows(table, zone)
    if not order.size:
        return _Slots(rows=order, places=order, days=[], whole=np.zeros(0), step_s=1.0)
    inside = stamps if names_its_start(table) else stamps - 1.0
    clock = zone or UTC
    ordinals = np.array([datetime.fromtimestamp(one, UTC).astimezone(clock).toordinal() for one in inside.tolist()])
    days = [date.fromordinal(one) for one in range(int(ordinals.min()), int(ordinals.max()) + 1)]
    whole = np.array([_length_s(day, clock) / step_s for day in days])
    return _Slots(rows=order, places=ordinals - ordinals.min(), days=days, whole=whole, step_s=step_s)


def _shown(table: Table, row: int) -> str:
    return f"line {table.rows[row][0]}; the first of each is used"


def _length_s(day: date, zone: tzinfo) -> float:
    begins, ends = (datetime(one.year, one.month, one.day, tzinfo=zone) for one in (day, day + timedelta(days=1)))
    return ends.timestamp() - begins.timestamp()


def step_values(table: Table, header: str, meaning: Meaning, variable: str, step_s: float) -> Floats:
    """Values of a column in the unit of its variable, one for each row; radiation as the energy of its step."""
    raw = table.numbers(header)
    if variable == "radiation_mj_m2" and understands("mean_w_m2", meaning.unit):
        return raw * step_s * 1e-6
    return conversion(variable, meaning.unit, f"{table.name}: {header}")(raw)


def bounded(table: Table, header: str, variable: str, values: Floats) -> Floats:
    """Values of a column with those outside its bounds unknown and named; a column in another unit is refused."""
    if variable != "radiation_mj_m2" and guessed_unit(variable, values) is not None:
        check_bounds(variable, values, table.name)
    low, high = VARIABLES[variable].low, VARIABLES[variable].high
    moved = VARIABLES[variable].nearly(values)
    values = np.where(moved, np.clip(values, low, high), values)
    outside = (values < low) | (values > high)
    if outside.sum() > _MOST_OUTSIDE * max((~np.isnan(values)).sum(), 1):
        check_bounds(variable, values, f"{table.name}: {header}")
    if outside.any():
        row = int(np.flatnonzero(outside)[0])
        table.problems.append(
            f"{table.line(row)}: {header}: expected {low:g} to {high:g} {VARIABLES[variable].unit}, got"
            f" {values[row]:g} ({int(outside.sum())} in the file); taken as missing"
        )
    return np.where(outside, np.nan, values)


def _by_day(slots: _Slots, rows: Floats, how: str) -> Floats:
    ordered = rows[slots.rows]
    needed = _SUM_COVERAGE if how == "sum" else _STATE_COVERAGE
    result = np.full(len(slots.days), np.nan)
    edges = np.searchsorted(slots.places, np.arange(len(slots.days) + 1))
    for place in range(len(slots.days)):
        known = ordered[edges[place] : edges[place + 1]]
        known = known[~np.isnan(known)]
        if known.size and known.size >= needed * slots.whole[place]:
            result[place] = _GATHER[how](known)
    return result
