"""Weather to come: the newest forecast that was already issued on a day, in members."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cloud.errors import InputError, MissingDataError
from cloud.weather.grids.grib import SUFFIXES, read_forecast_grib
from cloud.weather.grids.gridded import read_forecast_cube
from cloud.weather.scrutiny.plausible import examined
from cloud.weather.tables.dates import parse_day
from cloud.weather.tables.series import weather_columns
from cloud.weather.tables.site import Site, site_of
from cloud.weather.tables.stations import dataset_of
from cloud.weather.tables.table import Table, read_table

if TYPE_CHECKING:
    import xarray as xr


def read_forecast(path: Path, day: date, *, site: Site | None = None) -> xr.Dataset:
    """Forecast with dims (time, member, site): the newest issue not after ``day``, from CSV, NetCDF, Zarr or GRIB."""
    if path.suffix.lower() in {".nc", ".zarr", ".nc4"}:
        return examined(read_forecast_cube(path, day), sensors=False)
    if path.suffix.lower() in SUFFIXES:
        return examined(read_forecast_grib(path, day), sensors=False)
    return examined(_of_csv(path, day, site), sensors=False)


def _of_csv(path: Path, day: date, site: Site | None) -> xr.Dataset:
    table = read_table(path)
    for name in ("issued_at", "date"):
        if name not in table.header:
            raise InputError(
                f"{table.name}: expected columns issued_at and date, got {', '.join(table.header)}; add {name}"
            )
    place = site_of(table, site)
    columns = weather_columns(table, place)
    days, issues = _parsed(table)
    usable = [row for row, issue in enumerate(issues) if issue is not None and issue.date() <= day and days[row]]
    if not usable:
        if table.rows and not any(issues):
            raise InputError(f"{table.problems[-1]}, nor any other row; write dates like 2024-05-01")
        raise MissingDataError(f"{table.name}: expected an issue not after {day}, got none; give an earlier forecast")
    newest = max(issue for row in usable if (issue := issues[row]) is not None)
    rows = [row for row in usable if issues[row] == newest]
    members = table.column("member") if "member" in table.header else [""] * len(table.rows)
    names = sorted({members[row] for row in rows}, key=_member_order)
    known = [one for row in rows if (one := days[row]) is not None]
    full = np.arange(np.datetime64(min(known), "D"), np.datetime64(max(known), "D") + 1)
    shape = (full.size, len(names), 1)
    data = {name: (("time", "member", "site"), np.full(shape, np.nan)) for name in columns}
    for row, one in zip(rows, known, strict=True):
        where = (one - min(known)).days, names.index(members[row]), 0
        for name, values in columns.items():
            data[name][1][where] = values.values[row]
    dataset = dataset_of(data, {"time": full, "member": np.arange(len(names))}, place, table)
    dataset.attrs["issued_at"] = newest.isoformat()
    return dataset


def _parsed(table: Table) -> tuple[list[date | None], list[datetime | None]]:
    days: list[date | None] = []
    issues: list[datetime | None] = []
    for (number, _), text, issued in zip(table.rows, table.column("date"), table.column("issued_at"), strict=True):
        try:
            day, issue = parse_day(text), datetime.fromisoformat(issued)
        except ValueError:
            table.problems.append(
                f"{table.name} line {number}: expected an ISO date and issued_at, got {text!r} and {issued!r}; not used"
            )
            days.append(None)
            issues.append(None)
            continue
        days.append(day)
        issues.append(issue.replace(tzinfo=None))
    return days, issues


def _member_order(name: str) -> tuple[int, float, str]:
    try:
        return 0, float(name or 0.0), name
    except ValueError:
        return 1, 0.0, name
