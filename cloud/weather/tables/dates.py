"""Days of the rows of a table: one column of ISO dates, or a year with the day of the year, or year, month and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from cloud.errors import InputError
from cloud.weather.tables.table import Table

_YEARS: Final = (1800, 2200)
_DATES: Final = ("date", "fecha", "datetime", "timestamp")
_PARTS: Final = {
    "year": ("year", "annee", "année", "ano", "año", "yr"),
    "month": ("month", "mo", "mois", "mes"),
    "day": ("day", "dy", "jour", "dia", "día"),
    "doy": ("doy",),
}
_CLOCKS: Final = ("hour", "time", "heure", "hora")
_DAYS_OF_YEAR: Final = 366
_NAMED_SPANS: Final = 3

DATE_COLUMNS: Final = frozenset(_DATES) | frozenset(_CLOCKS) | {name for names in _PARTS.values() for name in names}
"""Columns that say when; they carry no weather."""


def date_column(table: Table) -> str | None:
    """The column of dates; None where the day stands in several columns."""
    return next((name for name in _DATES if name in table.header), None)


def clock_column(table: Table) -> str | None:
    """The column of hours beside one of dates, or None."""
    return next((name for name in _CLOCKS if name in table.header), None)


def days_of(table: Table) -> list[date | None]:
    """Day of each row; None, and named in the table's problems, where there is none."""
    texts = date_texts(table)
    days: list[date | None] = []
    for row, text in enumerate(texts):
        try:
            days.append(parse_day(text))
        except ValueError:
            days.append(None)
            table.problems.append(f"{table.line(row)}: expected a date like 2024-05-01, got {text!r}; not used")
    return days


def date_texts(table: Table) -> list[str]:
    """ISO texts of the days, put together from their parts where these stand in columns of their own."""
    name = date_column(table)
    if name is not None:
        return table.column(name)
    found = {part: next((one for one in names if one in table.header), None) for part, names in _PARTS.items()}
    year, month, day, doy = (found[part] for part in ("year", "month", "day", "doy"))
    if year is not None and doy is not None:
        return [_of_year(*cells) for cells in zip(table.column(year), table.column(doy), strict=True)]
    if year is not None and month is not None and day is not None:
        parts = zip(table.column(year), table.column(month), table.column(day), strict=True)
        return [f"{one:0>4}-{two:0>2}-{three:0>2}" for one, two, three in parts]
    raise InputError(f"{table.name}: expected a column date, got {', '.join(table.header)}; rename the column")


def parse_day(text: str) -> date:
    """Local day of an ISO date, or of an ISO time of that day; ValueError for a year that only a slip can mean."""
    day = date.fromisoformat(text[:10])
    if not _YEARS[0] <= day.year <= _YEARS[1]:
        raise ValueError(f"expected a year from {_YEARS[0]} to {_YEARS[1]}, got {day.year}")
    return day


def spans(days: Sequence[date]) -> str:
    """Days in words, consecutive ones as a span: at most three spans, and how many more."""
    ordered = sorted(set(days))
    parts: list[list[date]] = []
    for day in ordered:
        if parts and day - parts[-1][-1] == timedelta(days=1):
            parts[-1].append(day)
        else:
            parts.append([day])
    named = [str(part[0]) if len(part) == 1 else f"{part[0]} to {part[-1]}" for part in parts[:_NAMED_SPANS]]
    more = sum(len(part) for part in parts[_NAMED_SPANS:])
    return ", ".join(named) + (f" and {more} more days" if more else "")


def _of_year(year: str, day_of_year: str) -> str:
    try:
        number = int(float(day_of_year))
        first = date(int(float(year)), 1, 1)
    except (ValueError, OverflowError):
        return f"{year} {day_of_year}"
    if not (1 <= number <= _DAYS_OF_YEAR and _YEARS[0] <= first.year <= _YEARS[1]):
        return f"{year} {day_of_year}"
    day = first + timedelta(days=number - 1)
    return day.isoformat() if day.year == first.year else f"{year} {day_of_year}"
