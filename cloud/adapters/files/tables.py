"""Tables of events, observations, turns, quotas and pumps from CSV; a bad row is named and the others are read."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, tzinfo
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from cloud.adapters.files.measured import Measured, Value, check_depths
from cloud.adapters.files.read import Read, first_fault
from cloud.adapters.files.shared_water import (
    is_amount,
    pump_notes,
    pump_problems,
    usable_cells,
    without_length,
    without_overlaps,
)
from cloud.delivery import own_flow_m3_h
from cloud.errors import InputError
from cloud.records import CanalTurn, InputReference, IrrigationEvent, Observation, Parcel, Pump, Quota, Record
from cloud.weather.tables.table import Table, read_table

R = TypeVar("R", bound=Record)
Cells = Mapping[str, str]

LARGEST_EVENT_MM: Final = 500.0
"""Gross depth above which one event is refused as a slip of the pen [mm]."""

LARGEST_DAY_MM: Final = 400.0
"""Gross depth of a parcel's events of one local day above which, of several, the exceeding one is refused [mm]."""

DEFAULT_ZONE: Final = "Africa/Casablanca"
"""Zone of times without an offset in tables that name no parcel."""

_EVENT_COLUMNS: Final = frozenset({"parcel_id", "started_at", "depth_mm", "volume_m3", "hours", "source"})
_OBSERVATION_COLUMNS: Final = frozenset(
    {"parcel_id", "observed_at", "kind", "value", "unit", "sigma", "depth_from_m", "depth_to_m", "source"}
)
_USUAL_SIGMA: Final = {
    "canopy_cover_fraction": 0.10,
    "stress_index": 0.20,
    "cwsi": 0.15,
    "soil_water_fraction": 0.03,
    "depletion_mm": 10.0,
}
"""Error taken for an observation that states none."""

_GROUPED: Final = re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?")
_DECIMAL_COMMA: Final = re.compile(r"-?\d+,\d+")


def read_events(path: Path, parcels: Sequence[Parcel]) -> Read[IrrigationEvent]:
    """Irrigation events; depth from m3 or hours and the parcel's area and flow; gross [mm]."""
    by_id = {parcel.id: parcel for parcel in parcels}
    given_mm: dict[tuple[str, date], float] = {}

    def event(cells: Cells) -> IrrigationEvent:
        parcel = _parcel_of(cells, by_id)
        depth = _depth_mm(cells, parcel)
        if depth > LARGEST_EVENT_MM:
            raise InputError(
                f"depth_mm: expected at most {LARGEST_EVENT_MM:g} mm in one event, got {depth:g}; correct it"
            )
        zone = ZoneInfo(parcel.timezone)
        record = IrrigationEvent(
            parcel_id=parcel.id,
            started_at=_moment(cells, "started_at", zone),
            depth_mm=depth,
            hours=_optional(cells, "hours"),
            source=cells.get("source") or "meter",
        )
        place = parcel.id, record.started_at.astimezone(zone).date()
        before = given_mm.get(place, 0.0)
        if before and before + depth > LARGEST_DAY_MM:
            raise InputError(
                f"depth_mm: expected at most {LARGEST_DAY_MM:g} mm on one day for parcel {parcel.id}, got"
                f" {before + depth:g} with the rows before; this row is not used: correct it"
            )
        given_mm[place] = before + depth
        return record

    return _read(path, event, _EVENT_COLUMNS, ("started_at",))


def read_observations(path: Path, parcels: Sequence[Parcel], *, unnamed: str = "") -> Read[Observation]:
    """Observations of any kind, percentages only where a column ``unit`` says so; without sigma the usual one.

    A source that is not told is called ``unnamed``, or by the name of the file.
    """
    by_id, met = {parcel.id: parcel for parcel in parcels}, Measured()

    def observation(cells: Cells) -> Observation:
        parcel, kind, source = (
            _parcel_of(cells, by_id),
            cells.get("kind", ""),
            cells.get("source") or unnamed or path.name,
        )
        said = Value(value=_number(cells, "value"), sigma=_optional(cells, "sigma"))
        said = met.value_of(kind, said, cells.get("unit", ""), (parcel.id, kind, source))
        top_m, bottom_m = _optional(cells, "depth_from_m"), _optional(cells, "depth_to_m")
        check_depths(top_m, bottom_m)
        return Observation(
            parcel_id=parcel.id,
            observed_at=_moment(cells, "observed_at", ZoneInfo(parcel.timezone)),
            kind=kind,
            value=said.value,
            sigma=_USUAL_SIGMA.get(kind, 1.0) if said.sigma is None else said.sigma,
            depth_from_m=top_m,
            depth_to_m=bottom_m,
            source=source,
        )

    read = _read(path, observation, _OBSERVATION_COLUMNS, ("observed_at", "kind", "value"))
    records, problems, notes = met.settled(path.name, read.records)
    return replace(read, records=tuple(records), problems=(*read.problems, *problems), notes=(*read.notes, *notes))


def read_turns(path: Path) -> Read[CanalTurn]:
    """Turns of canal water; times without an offset are local to Morocco."""

    def turn(cells: Cells) -> CanalTurn:
        record = CanalTurn.model_validate(_typed(cells))
        # An empty turn is nothing that somebody could lend.
        return record if record.starts_at < record.ends_at else record.model_copy(update={"may_swap": False})

    read = _read(path, turn, frozenset(CanalTurn.model_fields), ("canal",))
    records, overlaps = without_overlaps(read.records)
    lines = (*without_length(records), *overlaps)
    return replace(read, records=records, problems=(*read.problems, *(f"{path.name} {line}" for line in lines)))


def read_quotas(path: Path) -> Read[Quota]:
    """Volumes that a parcel or a canal may use between two dates, columns from and to.

    A volume that cannot be is taken as 0 and told: without its row the holder would be free to use any.
    """
    problems: list[str] = []

    def quota(cells: Cells) -> Quota:
        renamed = {"from": "valid_from", "to": "valid_to"}
        volume = cells.get("volume_m3", "")
        if volume and not is_amount(volume):
            cells = {**cells, "volume_m3": "0"}
            whose = cells.get("parcel_id") or cells.get("canal") or "nobody"
            problems.append(
                f"quota of {whose} volume_m3: expected a number from 0 on, got {volume!r}; taken as 0, correct it"
            )
        record = Quota.model_validate({renamed.get(name, name): value for name, value in cells.items() if value})
        if record.parcel_id is None and record.canal is None:
            raise InputError("expected parcel_id or canal, got neither; say whose quota it is")
        if record.valid_to < record.valid_from:
            raise InputError(f"to: expected a day not before {record.valid_from}, got {record.valid_to}; correct it")
        return record

    columns = frozenset({"parcel_id", "canal", "from", "to", "volume_m3", "carry_over"})
    read = _read(path, quota, columns, ("from", "to", "volume_m3"))
    return replace(read, problems=(*read.problems, *(f"{path.name} {line}" for line in problems)))


def read_pumps(path: Path) -> Read[Pump]:
    """Pumps, their capacity and what they cost; a wrong price is left out and the pump kept."""
    problems: list[str] = []

    def pump(cells: Cells) -> Pump:
        usable, wrong = usable_cells(cells)
        record = Pump.model_validate(_typed(usable))
        problems.extend(wrong)
        return record

    read = _read(path, pump, frozenset(Pump.model_fields), ("pump",))
    problems.extend(pump_problems(read.records))
    return replace(
        read,
        problems=(*read.problems, *(f"{path.name} {line}" for line in problems)),
        notes=(*read.notes, *(f"{path.name} {line}" for line in pump_notes(read.records))),
    )


def _read(path: Path, record_of: Callable[[Cells], R], known: frozenset[str], needed: tuple[str, ...]) -> Read[R]:
    table = read_table(path)
    for name in needed:
        if name not in table.header:
            raise InputError(f"{path.name}: expected a column {name}, got {', '.join(table.header)}; add it")
    records: list[R] = []
    problems: list[str] = []
    for number, cells in _rows(table, known):
        try:
            records.append(record_of(cells))
        except ValidationError as error:
            problems.append(f"{path.name} line {number}: {first_fault(error)}; correct the row")
        except InputError as error:
            problems.append(f"{path.name} line {number}: {error}")
    return Read(
        records=tuple(records),
        problems=tuple(problems),
        ignored_fields=tuple(name for name in table.header if name not in known),
        reference=InputReference(name=path.name, sha256=table.sha256),
    )


def _rows(table: Table, known: frozenset[str]) -> list[tuple[int, Cells]]:
    return [
        (number, {name: cell for name, cell in zip(table.header, cells, strict=False) if name in known})
        for number, cells in table.rows
    ]


def _parcel_of(cells: Cells, by_id: Mapping[str, Parcel]) -> Parcel:
    name = cells.get("parcel_id")
    if not name:
        if len(by_id) == 1:
            return next(iter(by_id.values()))
        raise InputError(f"parcel_id: expected one of {len(by_id)} parcels, got none; name the parcel")
    if name not in by_id:
        raise InputError(f"parcel_id: expected a known parcel, got {name!r}; correct it or add the parcel")
    return by_id[name]


def _depth_mm(cells: Cells, parcel: Parcel) -> float:
    depth = _optional(cells, "depth_mm")
    if depth is not None:
        return depth
    volume = _optional(cells, "volume_m3")
    if volume is None:
        hours = _optional(cells, "hours")
        if hours is None:
            raise InputError("expected depth_mm, volume_m3 or hours, got none; say how much water was given")
        volume = hours * _flow_m3_h(parcel)
    return volume / (10.0 * parcel.area_ha)


def _flow_m3_h(parcel: Parcel) -> float:
    flow = own_flow_m3_h(parcel)
    if flow is None:
        raise InputError(
            f"hours: expected irrigation.flow_m3_h of parcel {parcel.id} to turn hours into water, got none;"
            " add the flow, or emitters_per_ha and emitter_flow_l_h"
        )
    return flow


def _number(cells: Cells, name: str) -> float:
    value = _optional(cells, name)
    if value is None:
        raise InputError(f"{name}: expected a number, got none; complete the row")
    return value


def _optional(cells: Cells, name: str) -> float | None:
    text = cells.get(name, "")
    if text.lower() in {"", "nan", "na", "-99", "-999"}:
        return None
    try:
        return float(_with_point(name, text))
    except ValueError:
        raise InputError(f"{name}: expected a number, got {text!r}; correct the row") from None


def _with_point(name: str, text: str) -> str:
    """A decimal comma made a point; 1,045 is refused, for it may mean a thousand and forty-five."""
    if _GROUPED.fullmatch(text):
        raise InputError(f"{name}: expected a number without separators, got {text!r}; write 1045, or 1.045")
    return text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text


def _moment(cells: Cells, name: str, zone: tzinfo) -> datetime:
    text = cells.get(name, "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name}: expected an ISO date or time, got {text!r}; write 2024-05-01T06:00") from None
    if len(text) == len("2024-05-01"):
        # A date without a time stands for the day: noon keeps it on that day in every neighbouring zone.
        moment = datetime.combine(moment.date(), time(12))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def _typed(cells: Cells) -> dict[str, object]:
    zone = ZoneInfo(DEFAULT_ZONE)
    return {
        name: _moment(cells, name, zone) if name.endswith("s_at") else value for name, value in cells.items() if value
    }
