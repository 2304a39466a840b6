"""Variables of a table of days: which column gives each, in the unit used inside, with a flag for every value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cloud.errors import InputError
from cloud.variables import VARIABLES, Floats, check_bounds, guessed_unit
from cloud.weather.scrutiny.quality import Flags, Quality
from cloud.weather.tables.columns import Column, column_of, to_2m
from cloud.weather.tables.dates import date_texts
from cloud.weather.tables.site import Site
from cloud.weather.tables.table import Table

_TOWNS: Final = "historique-meteo.net"
_NAMED_DATES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One variable of a table: a value and a flag for each row."""

    values: Floats
    flags: Flags


def weather_columns(table: Table, site: Site) -> dict[str, Series]:
    """Variables of a table in the units used inside, one value per row; unknown columns are noted, not used."""
    chosen = _chosen_columns(table)
    columns = {
        variable: _series(table, header, column, site)
        for variable, (header, column) in sorted(chosen.items(), key=lambda item: table.header.index(item[1][0]))
    }
    for name in ("tmin_c", "tmax_c"):
        if name not in columns and "et0_mm" not in columns:
            raise InputError(
                f"{table.name}: expected columns date, tmin_c, tmax_c (or et0_mm), got {', '.join(table.header)};"
                " rename the columns with their units"
            )
    _name_long_rows(table)
    return _without_crossed(table, columns)


def _chosen_columns(table: Table) -> dict[str, tuple[str, Column]]:
    """The best column of every variable; two equally good ones are refused, the others are noted."""
    chosen: dict[str, tuple[str, Column]] = {}
    for header in table.header:
        column = understood(table, header)
        if column is None:
            continue
        before = chosen.get(column.variable)
        if before is not None and before[1].rank == column.rank:
            raise InputError(f"{table.name}: expected {column.variable} once, got a second column {header}; remove one")
        if before is not None:
            used, unused = (before[0], header) if before[1].rank < column.rank else (header, before[0])
            table.notes.append(f"{table.name}: {column.variable} is read from {used}; {unused} is not used")
        if before is None or column.rank < before[1].rank:
            chosen[column.variable] = header, column
    table.notes.extend(f"{table.name}: {column.told}" for _, column in chosen.values() if column.told)
    return chosen


def understood(table: Table, header: str) -> Column | None:
    """What a header of a table stands for, or None."""
    column = column_of(header, table.units)
    if column is None or not any(_TOWNS in key for key in table.comments):
        return column
    if header == "humidity_max_percent":
        return replace(column, variable="rh_mean_percent", told=f"{header} of {_TOWNS} behaves like a mean and is one")
    return replace(column, wind_height_m=10.0) if header == "windspeed_max_kmh" else column


def _series(table: Table, header: str, column: Column, site: Site) -> Series:
    values = column.convert(table.numbers(header))
    if column.variable == "wind_2m_m_s":
        values = to_2m(values, column.wind_height_m or site.wind_height_m or 2.0)
    variable = VARIABLES[column.variable]
    if guessed_unit(variable.name, values) is not None:
        check_bounds(variable.name, values, table.name)
    given = Quality.ESTIMATED if column.told and column.variable == "wind_2m_m_s" else Quality.MEASURED
    flags = np.where(np.isnan(values), Quality.MISSING, given).astype(np.int8)
    moved = variable.nearly(values)
    for row in np.flatnonzero(moved).tolist()[:1]:
        table.notes.append(
            f"{table.line(row)}: {header}: got {values[row]:g}, just outside {variable.low:g} to {variable.high:g}"
            f" {variable.unit} ({int(moved.sum())} in the file); moved to the bound"
        )
    values = np.where(moved, np.clip(values, variable.low, variable.high), values)
    outside = (values < variable.low) | (values > variable.high)
    for kind in (values < variable.low, values > variable.high):
        for row in np.flatnonzero(kind).tolist()[:1]:
            table.problems.append(
                f"{table.line(row)}: {header}: expected {variable.low:g} to {variable.high:g}"
                f" {variable.unit}, got {values[row]:g}{_others(table, kind)}; taken as missing"
            )
    flags[moved], flags[outside] = Quality.CORRECTED, Quality.SET_ASIDE
    return Series(values=np.where(outside, np.nan, values), flags=flags)


def _without_crossed(table: Table, columns: dict[str, Series]) -> dict[str, Series]:
    """Columns where a lowest temperature above the highest is no temperature; refused where most are."""
    if "tmin_c" not in columns or "tmax_c" not in columns:
        return columns
    low, high = columns["tmin_c"], columns["tmax_c"]
    crossed = low.values > high.values
    if crossed.sum() > max(1, np.isfinite(low.values + high.values).sum() // 2):
        raise InputError(
            f"{table.name}: expected tmin_c below tmax_c, got the contrary on {int(crossed.sum())} days; exchange them"
        )
    for row in np.flatnonzero(crossed).tolist()[:1]:
        table.problems.append(
            f"{table.line(row)}: expected tmin_c below tmax_c, got {low.values[row]:g} and {high.values[row]:g}"
            f"{_others(table, crossed)}; both taken as missing"
        )
    return {**columns, **{name: _set_aside(columns[name], crossed) for name in ("tmin_c", "tmax_c")}}


def _others(table: Table, where: NDArray[np.bool_]) -> str:
    """In how many rows a fault of one kind stands, and on which dates first; nothing for a single row."""
    rows = np.flatnonzero(where).tolist()
    if len(rows) == 1:
        return ""
    dates = date_texts(table)
    first = list(dict.fromkeys(dates[row] for row in rows))[:_NAMED_DATES]
    return f" ({len(rows)} such rows, the first on {', '.join(first)})"


def _set_aside(series: Series, where: NDArray[np.bool_]) -> Series:
    flags = np.where(where, Quality.SET_ASIDE, series.flags).astype(np.int8)
    return Series(values=np.where(where, np.nan, series.values), flags=flags)


def _name_long_rows(table: Table) -> None:
    """Refuse a file whose rows have more cells than its header: a decimal comma is then read as two numbers."""
    long = [row for row, (_, cells) in enumerate(table.rows) if any(cells[len(table.header) :])]
    if long:
        raise InputError(
            f"{table.line(long[0])}: expected {len(table.header)} cells as in the header, got more (in {len(long)}"
            " rows); write decimal points, or part the columns by semicolons"
        )
