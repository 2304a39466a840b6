"""ECMWF open data: the ensemble on 0.25 degrees, run by run, of which only the wanted fields are fetched.

Licence CC BY 4.0 (attribution: ECMWF). A run's files and their names, and the index beside each file (one JSON object a
line with the place of every field), are as documented on https://confluence.ecmwf.int/display/DAC and are read by byte
ranges. Runs of 00 and 12 UTC appear some eight hours later and reach 15 days ahead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cloud.errors import InputError
from cloud.weather.services.request import Request

ATTRIBUTION: Final = "ECMWF open data (CC BY 4.0)"
HOST: Final = "data.ecmwf.int"

_RUN_EVERY: Final = timedelta(hours=12)
_OUT_AFTER: Final = timedelta(hours=8)
_FINE_UNTIL_H: Final = 144
_FINE_H: Final = 3
_COARSE_H: Final = 6
_DAY_H: Final = 24
_WARMTH: Final = frozenset({"2t"})
_INSTANTS: Final = frozenset({"2d", "10u", "10v"})
_SUMS: Final = frozenset({"tp", "ssrd"})
_NAMES: Final = _WARMTH | _INSTANTS | _SUMS
_LARGEST_FIELD: Final = 8_000_000
"""A field of a million cells takes less than this; a length beyond it is no field [bytes]."""
_LARGEST_FILE: Final = 10_000_000_000
"""The file of one step of all members takes about 5 GB; a place beyond this is in no file [bytes]."""
_LARGEST_LINE: Final = 2_000
"""A line of an index takes 250 bytes [bytes]."""
_MEMBERS: Final = 1_000
"""No ensemble has more members."""
_SHOWN: Final = 120
_NEAR: Final = 65_536
"""Fields this close to each other are fetched in one go [bytes]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedField:
    """Where one field stands in a file."""

    name: str
    member: int
    first: int
    last: int


def newest_runs(now: datetime) -> Iterator[datetime]:
    """Runs that should be out, the newest first, over a month back."""
    latest = now.astimezone(UTC) - _OUT_AFTER
    run = latest.replace(hour=latest.hour // 12 * 12, minute=0, second=0, microsecond=0)
    for count in range(60):
        yield run - count * _RUN_EVERY


def steps_h(run: datetime, days: int) -> tuple[int, ...]:
    """Hours after a run at which fields are wanted, so that ``days`` whole UTC days after the run's own are covered."""
    last = (days + 1) * _DAY_H - run.hour
    fine = range(0, min(last, _FINE_UNTIL_H) + 1, _FINE_H)
    coarse = range(_FINE_UNTIL_H + _COARSE_H, last + 1, _COARSE_H)
    return (*fine, *coarse)


def names_at(run: datetime, step_h: int) -> frozenset[str]:
    """Fields wanted at a step: temperature always, other instants every 6 h, sums where a UTC day ends."""
    names = _WARMTH | (_INSTANTS if step_h % _COARSE_H == 0 else frozenset())
    return names | (_SUMS if step_h > 0 and (run.hour + step_h) % _DAY_H == 0 else frozenset())


def index_request(run: datetime, step_h: int) -> Request:
    """The index of the file of one step."""
    return Request(
        source="ecmwf-open-data",
        host=HOST,
        path=f"{_path(run, step_h)}.index",
        query=(),
        key=f"ecmwf-open-data {run:%Y%m%d%H} {step_h} index",
        settled_at=run,
        shortened=_lines_of_ours,
    )


def _lines_of_ours(body: bytes) -> bytes:
    """Lines of an index that may name our fields, and those that make no sense: a tenth of what is sent."""
    return b"\n".join(line for line in body.splitlines() if _is_ours(line))


def _is_ours(line: bytes) -> bool:
    try:
        return _object(line)["param"] in _NAMES
    except (ValueError, KeyError, TypeError):
        return True


def _object(line: bytes | str) -> Mapping[str, Any]:
    """The object on a line; a line longer than any index has is not parsed, however deep it nests."""
    try:
        told = json.loads(line) if len(line) <= _LARGEST_LINE else None
    except RecursionError:
        told = None
    if not isinstance(told, dict):
        raise TypeError(line[:_SHOWN])
    return told


def read_index(body: bytes, subject: str) -> tuple[IndexedField, ...]:
    """Fields of members at the ground that an index names; a line that names no bytes is refused."""
    fields = []
    for number, line in enumerate(body.decode("utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            told = _object(line)
            wanted = told["levtype"] == "sfc" and told["type"] in {"pf", "cf"}
            name, member = str(told["param"]), int(told.get("number", 0))
            first, length = int(told["_offset"]), int(told["_length"])
        except (ValueError, KeyError, TypeError, OverflowError):
            raise InputError(
                f"{subject} line {number}: expected a field with its place, got {line[:_SHOWN]!r}; not used"
            ) from None
        if not (0 <= first <= _LARGEST_FILE and 0 < length <= _LARGEST_FIELD and 0 <= member < _MEMBERS):
            raise InputError(
                f"{subject} line {number}: expected a field's bytes and member, got {line[:_SHOWN]!r}; not used"
            )
        if wanted:
            fields.append(IndexedField(name=name, member=member, first=first, last=first + length - 1))
    return tuple(fields)


def fields_request(
    run: datetime, step_h: int, fields: Sequence[IndexedField], key: str, shortened: Callable[[bytes], bytes]
) -> Request:
    """The wanted fields of one step, those that stand side by side in one part."""
    return Request(
        source="ecmwf-open-data",
        host=HOST,
        path=f"{_path(run, step_h)}.grib2",
        query=(),
        key=f"ecmwf-open-data {run:%Y%m%d%H} {step_h} {key}",
        settled_at=run,
        ranges=tuple(parts(fields)),
        shortened=shortened,
    )


def parts(fields: Sequence[IndexedField]) -> Iterator[tuple[int, int]]:
    """First and last byte of the parts that hold the fields, without overlap, in the order of the file."""
    begin = end = None
    for field in sorted(fields, key=lambda one: one.first):
        if begin is None or end is None:
            begin, end = field.first, field.last
        elif field.first - end <= _NEAR:
            end = max(end, field.last)
        else:
            yield begin, end
            begin, end = field.first, field.last
    if begin is not None and end is not None:
        yield begin, end


def _path(run: datetime, step_h: int) -> str:
    return f"/forecasts/{run:%Y%m%d}/{run:%H}z/ifs/0p25/enfo/{run:%Y%m%d%H}0000-{step_h}h-enfo-ef"
