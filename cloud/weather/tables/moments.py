"""Moments of the rows of a table finer than days, in seconds UTC, through daylight saving and its double hour."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from cloud.bounds import is_of_our_time
from cloud.errors import InputError
from cloud.variables import Floats
from cloud.weather.tables.dates import clock_column, date_texts
from cloud.weather.tables.table import Table

_ISO_DAY: Final = 10
_OFFSET: Final = re.compile(r"(?:utc|gmt)?\s*([+-])(\d{1,2})(?::?(\d{2}))?", re.IGNORECASE)
_HOURS_ALONE: Final = re.compile(r"\d{1,2}")
_LAST_HOUR: Final = 24


def zone_of(table: Table, timezone_name: str | None) -> tzinfo | None:
    """Clock of a file's rows: its comment ``# timezone``, else the given one, else None: days as they are stamped."""
    name = table.comments.get("timezone") or timezone_name
    if not name:
        return None
    offset = _OFFSET.fullmatch(name.strip())
    if offset:
        minutes = int(offset[2]) * 60 + int(offset[3] or 0)
        return timezone(timedelta(minutes=minutes if offset[1] == "+" else -minutes))
    try:
        return ZoneInfo(name.strip())
    except (ValueError, OSError, KeyError):  # an unknown zone is a KeyError
        raise InputError(
            f"{table.name}: timezone: expected a name like Africa/Casablanca or UTC+1, got {name!r}; correct it"
        ) from None


def moments_of(table: Table, zone: tzinfo | None) -> Floats:
    """Seconds since 1970 UTC of each row (R,); NaN, and named, where there is no time.

    A local time that exists twice is the later one where the row before it is not earlier: rows run forward.
    """
    seconds = np.full(len(table.rows), np.nan)
    before = -np.inf
    for row, text in enumerate(_texts(table)):
        moment = _moment(text)
        if moment is None:
            table.problems.append(f"{table.line(row)}: expected a time like 2024-05-01T06:00, got {text!r}; not used")
            continue
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone or UTC)
            if moment.timestamp() <= before:
                moment = moment.replace(fold=1)
        seconds[row] = before = moment.timestamp()
    return seconds


def says_offsets(table: Table) -> bool:
    """Whether every time that can be read says its own offset from UTC."""
    moments = [_moment(text) for text in _texts(table)]
    return all(one is None or one.tzinfo is not None for one in moments)


def _texts(table: Table) -> list[str]:
    days, clock = date_texts(table), clock_column(table)
    if clock is None:
        return days
    # 0 to 23, 0 to 24 or 06:30; 24 is midnight at the end of the day.
    return [f"{day[:_ISO_DAY]}T{hour}" for day, hour in zip(days, table.column(clock), strict=True)]


def _moment(text: str) -> datetime | None:
    day, _, hour = text.replace(" ", "T", 1).partition("T")
    later = timedelta()
    if _HOURS_ALONE.fullmatch(hour):
        later, hour = timedelta(hours=int(hour)), "00:00"
        if later > timedelta(hours=_LAST_HOUR):
            return None
    elif hour.startswith("24:00"):
        later, hour = timedelta(hours=_LAST_HOUR), "00:00"
    try:
        moment = datetime.fromisoformat(f"{day}T{hour}" if hour else day) + later
    except (ValueError, OverflowError):
        return None
    return moment if is_of_our_time(moment) else None
