"""Weather of one site from a CSV file: the contract's columns, told units, named gaps and named bad rows.

Missing is never zero: empty cells, NaN and the sentinels -99, -999 and -9999 become NaN. What cannot be used is named
in the dataset's ``problems`` attribute, what was assumed or left out in ``notes``, one line each.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from cloud.errors import InputError
from cloud.variables import VARIABLES, Floats, check_bounds, guessed_unit
from cloud.weather.columns import COLUMNS, Column, to_2m

if TYPE_CHECKING:
    import xarray as xr

_MISSING_WORDS: Final = frozenset({"", "nan", "na", "n/a", "null", "none", "-", "--"})
_SENTINELS: Final = frozenset({-99.0, -99.9, -999.0, -999.9, -9999.0})
_NAMED_PROBLEMS: Final = 8
_YEARS: Final = (1800, 2200)
_NO_VARIABLES: Final = frozenset({"date", "issued_at", "member", "source", "fetched_at"})
_SITE_KEYS: Final = {
    "latitude": "latitude",
    "lat": "latitude",
    "longitude": "longitude",
    "lon": "longitude",
    "elevation": "elevation_m",
    "elevation_m": "elevation_m",
    "altitude": "elevation_m",
    "wind_height": "wind_height_m",
    "wind-height": "wind_height_m",
    "wind_height_m": "wind_height_m",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a station stands; None = unknown."""

    latitude: float | None = None
    longitude: float | None = None
    elevation_m: float | None = None
    wind_height_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A CSV file read as text: comment lines, header and rows with their line numbers."""

    name: str
    sha256: str
    comments: Mapping[str, str]
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    problems: list[str] = field(default_factory=list)
    stand_ins: dict[str, list[int]] = field(default_factory=dict)
    """Lines where a column says "no value" by a number such as -99."""

    def column(self, name: str) -> list[str]:
        """Cells of one column; empty text where a row is too short."""
        place = self.header.index(name)
        return [cells[place] if place < len(cells) else "" for _, cells in self.rows]


def read_table(path: Path) -> Table:
    """Text of a CSV file with ``# key: value`` comment lines; comma, semicolon or tab, told by the header."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"{path}: expected a readable file, got {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected text in UTF-8, got other bytes; save it as UTF-8 CSV") from error
    comments: dict[str, str] = {}
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("#"):
            key, _, value = line.lstrip("# ").partition(":")
            comments[key.strip().lower()] = value.strip()
        elif line.strip():
            lines.append((number, line))
    if not lines:
        raise InputError(f"{path}: expected a header line and rows, got an empty file; give a CSV file")
    delimiter = max(",;\t", key=lines[0][1].count)
    parsed = [
        tuple(cell.strip() for cell in row) for row in csv.reader((line for _, line in lines), delimiter=delimiter)
    ]
    return Table(
        name=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        comments=comments,
        header=tuple(cell.lower() for cell in parsed[0]),
        rows=tuple(zip((number for number, _ in lines[1:]), parsed[1:], strict=False)),
    )


def read_station_csv(path: Path, site: Site | None = None) -> xr.Dataset:
    """Daily weather of one site from the contract's CSV, dims (time, site); days without a row are NaN.

    Options of ``site`` win over comment lines such as ``# latitude: 32.34``.
    """
    table = read_table(path)
    place = site_of(table, site)
    days = _days(table)
    columns = weather_columns(table, place)
    chosen = _first_of_each(table, days)
    keep, known = list(chosen.values()), list(chosen)
    if not known:
        fault = f"{table.problems[0]}, nor any other row" if table.problems else f"{table.name}: it has no rows"
        raise InputError(f"{fault}; expected at least one row with a date like 2024-05-01: correct the column")
    first = min(known)
    full = np.arange(np.datetime64(first, "D"), np.datetime64(max(known), "D") + 1)
    rows = np.array([(day - first).days for day in known])
    data = {}
    for name, values in columns.items():
        series = np.full(full.size, np.nan)
        series[rows] = values[keep]
        data[name] = (("time", "site"), series[:, None])
    return dataset_of(data, {"time": full}, place, table)


def site_of(table: Table, site: Site | None) -> Site:
    """Site of a file: the given one, completed by its comment lines."""
    found: dict[str, float] = {}
    for key, text in table.comments.items():
        name = _SITE_KEYS.get(key)
        if name is None:
            continue
        try:
            found[name] = float(text.split()[0])
        except (ValueError, IndexError):
            raise InputError(f"{table.name}: # {key}: expected a number, got {text!r}; correct the comment") from None
    given = {} if site is None else {name: getattr(site, name) for name in Site.__slots__}
    merged = replace(Site(), **{**found, **{name: value for name, value in given.items() if value is not None}})
    for name, limit in (("latitude", 90.0), ("longitude", 180.0)):
        value = getattr(merged, name)
        if value is not None and not -limit <= value <= limit:
            raise InputError(f"{table.name}: {name}: expected -{limit:g} to {limit:g}, got {value:g}; correct it")
    return merged


def weather_columns(table: Table, site: Site) -> dict[str, Floats]:
    """Variables of a table in the units used inside, one value per row; unknown columns are noted, not used."""
    columns: dict[str, Floats] = {}
    for header in table.header:
        column = COLUMNS.get(header)
        if column is None:
            continue
        if column.variable in columns:
            raise InputError(f"{table.name}: expected {column.variable} once, got a second column {header}; remove one")
        columns[column.variable] = _values(table, header, column, site)
    for name in ("tmin_c", "tmax_c"):
        if name not in columns and "et0_mm" not in columns:
            raise InputError(
                f"{table.name}: expected columns date, tmin_c, tmax_c (or et0_mm), got {', '.join(table.header)};"
                " rename the columns with their units"
            )
    _refuse_impossible(table, columns)
    return columns


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


def parse_day(text: str) -> date:
    """Local day of an ISO date, or of an ISO time of that day; ValueError for a year that only a slip can mean."""
    day = date.fromisoformat(text[:10])
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise ValueError(f"expected a year from {_YEARS[0]} to {_YEARS[1]}, got {day.year}")
    return day


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _days(table: Table) -> list[date | None]:
    if "date" not in table.header:
        raise InputError(f"{table.name}: expected a column date, got {', '.join(table.header)}; rename the column")
    days: list[date | None] = []
    for (number, _), text in zip(table.rows, table.column("date"), strict=True):
        try:
            days.append(parse_day(text))
        except ValueError:
            days.append(None)
            table.problems.append(
                f"{table.name} line {number}: expected a date like 2024-05-01, got {text!r}; not used"
            )
    return days


def _first_of_each(table: Table, days: Sequence[date | None]) -> dict[date, int]:
    chosen: dict[date, int] = {}
    for row, day in enumerate(days):
        if day is None:
            continue
        if day in chosen:
            table.problems.append(f"{table.name} line {table.rows[row][0]}: {day} stands twice; the first row is used")
            continue
        chosen[day] = row
    return chosen


def _values(table: Table, header: str, column: Column, site: Site) -> Floats:
    raw = np.array([_number(table, row, header, text) for row, text in enumerate(table.column(header))])
    values = column.convert(raw)
    if column.variable == "wind_2m_m_s":
        values = to_2m(values, column.wind_height_m or site.wind_height_m or 2.0)
    variable = VARIABLES[column.variable]
    if guessed_unit(variable.name, values) is not None:
        check_bounds(variable.name, values, table.name)
    outside = (values < variable.low) | (values > variable.high)
    for row in np.flatnonzero(outside).tolist():
        table.problems.append(
            f"{table.name} line {table.rows[row][0]}: {header}: expected {variable.low:g} to {variable.high:g}"
            f" {variable.unit}, got {values[row]:g}; taken as missing"
        )
    return np.where(outside, np.nan, values)


def _number(table: Table, row: int, header: str, text: str) -> float:
    if text.lower() in _MISSING_WORDS:
        return float("nan")
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        number = table.rows[row][0]
        table.problems.append(
            f"{table.name} line {number}: {header}: expected a number, got {text!r}; taken as missing"
        )
        return float("nan")
    if value in _SENTINELS:
        table.stand_ins.setdefault(header, []).append(table.rows[row][0])
        return float("nan")
    return value if np.isfinite(value) else float("nan")


def _refuse_impossible(table: Table, columns: dict[str, Floats]) -> None:
    if "tmin_c" not in columns or "tmax_c" not in columns:
        return
    crossed = columns["tmin_c"] > columns["tmax_c"]
    for row in np.flatnonzero(crossed).tolist():
        table.problems.append(
            f"{table.name} line {table.rows[row][0]}: expected tmin_c below tmax_c, got {columns['tmin_c'][row]:g} and"
            f" {columns['tmax_c'][row]:g}; both taken as missing"
        )
    for name in ("tmin_c", "tmax_c"):
        columns[name] = np.where(crossed, np.nan, columns[name])


def _notes(table: Table) -> list[str]:
    """What was left out or read as missing, one line for each column or kind."""
    unused = [name for name in table.header if name not in COLUMNS and name not in _NO_VARIABLES]
    units = [known for known in COLUMNS if known.rpartition("_")[0] in unused]
    way_out = f"; a column says its unit: {', '.join(units)}" if units else ""
    ignored = [f"{table.name}: columns {', '.join(unused)} are not known and were ignored{way_out}"] if unused else []
    return ignored + [
        f"{table.name} line {lines[0]}: {header}: expected a value or an empty cell, got a stand-in such as -99"
        f" ({len(lines)} in the file); taken as missing"
        for header, lines in table.stand_ins.items()
    ]


def _shortened(table: Table) -> list[str]:
    more = len(table.problems) - _NAMED_PROBLEMS
    rest = [f"{table.name}: {more} more rows of this kind"] if more > 0 else []
    return [*table.problems[:_NAMED_PROBLEMS], *rest]
