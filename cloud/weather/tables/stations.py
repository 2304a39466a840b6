"""Weather of one site from a CSV file: the contract's columns and common others, told units, named gaps and bad rows.

Missing is never zero: empty cells, NaN and the sentinels -99, -999 and -9999 become NaN. What cannot be used is named
in the dataset's ``problems`` attribute, what was assumed or left out in ``notes``, one line each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError
from cloud.variables import VARIABLES, Floats
from cloud.weather.scrutiny.quality import Quality, with_quality
from cloud.weather.tables.columns import COLUMNS
from cloud.weather.tables.dates import DATE_COLUMNS, days_of
from cloud.weather.tables.headers import first_few
from cloud.weather.tables.series import Series, understood, weather_columns
from cloud.weather.tables.site import Site, site_of
from cloud.weather.tables.subdaily import is_subdaily, local_days_of, meanings_of
from cloud.weather.tables.table import Table, read_table

if TYPE_CHECKING:
    import xarray as xr

_NAMED_PROBLEMS: Final = 8
_NO_VARIABLES: Final = DATE_COLUMNS | {"issued_at", "member", "source", "fetched_at"}
_ISOLATED_DAYS: Final = 60
"""A few days this far from all others have a slip in their date [d]."""
_FEW: Final = 0.05


def read_station_csv(path: Path, site: Site | None = None, *, timezone: str | None = None) -> xr.Dataset:
    """Daily weather of one site, dims (time, site); days without a row are NaN.

    Options of ``site`` win over comment lines such as ``# latitude: 32.34``. Rows of hours or minutes are gathered into
    the days of the comment ``# timezone``, else of ``timezone``.
    """
    table = read_table(path)
    place = site_of(table, site)
    if is_subdaily(table):
        days, series = _gathered(table, place, timezone)
    else:
        known = _without_slips(table, days_of(table))
        columns = weather_columns(table, place)
        chosen = _first_of_each(table, known)
        rows, days = list(chosen.values()), list(chosen)
        series = {name: Series(values=one.values[rows], flags=one.flags[rows]) for name, one in columns.items()}
    if not days:
        fault = f"{table.problems[0]}, nor any other row" if table.problems else f"{table.name}: it has no rows"
        raise InputError(f"{fault}; expected at least one row with a date like 2024-05-01: correct the column")
    return _day_by_day(table, place, days, series)


def _day_by_day(table: Table, place: Site, days: Sequence[date], series: Mapping[str, Series]) -> xr.Dataset:
    first = min(days)
    full = np.arange(np.datetime64(first, "D"), np.datetime64(max(days), "D") + 1)
    rows = np.array([(day - first).days for day in days])
    data, flags = {}, {}
    for name, one in series.items():
        values, flag = np.full((full.size, 1), np.nan), np.zeros((full.size, 1), dtype=np.int8)
        values[rows, 0], flag[rows, 0] = one.values, one.flags
        data[name], flags[name] = (("time", "site"), values), flag
    return with_quality(dataset_of(data, {"time": full}, place, table), flags)


def _without_slips(table: Table, days: Sequence[date | None]) -> list[date | None]:
    """Days without those few that stand far from all others: one slip in a date makes no year of gaps."""
    ordinals = np.array(sorted(day.toordinal() for day in days if day is not None))
    if ordinals.size <= 1:
        return list(days)
    breaks = np.flatnonzero(np.diff(ordinals) > _ISOLATED_DAYS)
    parts = np.split(ordinals, breaks + 1)
    largest = max(len(part) for part in parts)
    kept = {day for part in parts for day in part.tolist() if len(part) > largest * _FEW}
    result: list[date | None] = []
    for row, day in enumerate(days):
        alone = day is not None and day.toordinal() not in kept
        if alone:
            table.problems.append(f"{table.line(row)}: expected a day near the others, got {day}; not used")
        result.append(None if alone else day)
    return result


def _first_of_each(table: Table, days: Sequence[date | None]) -> dict[date, int]:
    chosen: dict[date, int] = {}
    for row, day in enumerate(days):
        if day is None:
            continue
        if day in chosen:
            table.problems.append(f"{table.line(row)}: {day} stands twice; the first row is used")
            continue
        chosen[day] = row
    return chosen


def _gathered(table: Table, site: Site, timezone: str | None) -> tuple[list[date], dict[str, Series]]:
    days, values = local_days_of(table, site.wind_height_m or 2.0, timezone)
    return days, {
        name: Series(values=one, flags=np.where(np.isnan(one), Quality.MISSING, Quality.MEASURED).astype(np.int8))
        for name, one in values.items()
    }


def dataset_of(
    data: Mapping[str, tuple[tuple[str, ...], Floats]], coordinates: Mapping[str, object], site: Site, table: Table
) -> xr.Dataset:
    """Dataset of one site with its place, its file's hash, and what was noted and refused on the way."""
    import xarray as xr  # noqa: PLC0415 -- slow to import; asking a command for help must not wait for it

    dataset = xr.Dataset(
        data,
        coords={
            **coordinates,
            "latitude": ("site", [_or_nan(site.latitude)]),
            "longitude": ("site", [_or_nan(site.longitude)]),
            "elevation_m": ("site", [_or_nan(site.elevation_m)]),
        },
        attrs={
            "source": table.name,
            "sha256": table.sha256,
            "synthetic": table.comments.get("synthetic", ""),
            "notes": "\n".join(_notes(table)),
            "problems": "\n".join(_shortened(table)),
        },
    )
    for name in dataset.data_vars:
        dataset[name].attrs["units"] = VARIABLES[str(name)].unit
    return dataset


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _notes(table: Table) -> list[str]:
    """What was left out or read as missing, one line for each column or kind."""
    used = _NO_VARIABLES | ({header for header, _ in meanings_of(table)} if is_subdaily(table) else set())
    unused = [name for name in table.header if name and name not in used and understood(table, name) is None]
    units = [known for known in COLUMNS if known.rpartition("_")[0] in unused]
    way_out = f"; a column says its unit: {first_few(units)}" if units else ""
    # Those that lack no more than a unit first: they are the ones that somebody misses.
    lacking = {known.rpartition("_")[0] for known in units}
    unused.sort(key=lambda name: name not in lacking)
    ignored = [f"{table.name}: columns {first_few(unused)} are not known and were ignored{way_out}"] if unused else []
    return [
        *ignored,
        *table.notes,
        *(
            f"{table.name} line {lines[0]}: {header}: expected a value or an empty cell, got a stand-in such as -99"
            f" ({len(lines)} in the file); taken as missing"
            for header, lines in table.stand_ins.items()
        ),
    ]


def _shortened(table: Table) -> list[str]:
    more = len(table.problems) - _NAMED_PROBLEMS
    rest = [f"{table.name}: {more} more rows of this kind"] if more > 0 else []
    return [*table.problems[:_NAMED_PROBLEMS], *rest]
