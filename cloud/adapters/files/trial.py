"""The folder of a trial: parcels, seasons, meters, yields and advice; a bad row is named and the rest is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from math import isfinite
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from cloud.adapters.files.parcels import read_parcels
from cloud.adapters.files.tables import read_events
from cloud.errors import InputError
from cloud.impact.data import Advice, ParcelSeason, TrialData
from cloud.impact.metering import Reading
from cloud.records import Parcel
from cloud.weather.tables.headers import first_few
from cloud.weather.tables.table import read_table

SEASON_COLUMNS: Final = ("parcel_id", "season", "crop", "starts_on", "ends_on", "area_ha")
YIELD_COLUMNS: Final = ("parcel_id", "season", "yield_t_ha")
READING_COLUMNS: Final = ("parcel_id", "meter_id", "read_at", "counter_m3")
OUTAGE_COLUMNS: Final = ("parcel_id", "from", "to")
ADVICE_COLUMNS: Final = ("parcel_id", "advised_from", "followed_fraction")
_OPTIONAL: Final = frozenset({"area_ha", "meter_id", "followed_fraction", "crop"})
_LONGEST_SEASON_DAYS: Final = 400
_MOST_YIELD_T_HA: Final = 200.0
Cells = Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class _Folder:
    """What is gathered while the files are read."""

    place: Path
    parcels: dict[str, Parcel] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)

    def rows(self, name: str, columns: tuple[str, ...], take: Callable[[Cells], None]) -> bool:
        """Hand every row of a file over; False where there is no such file."""
        path = self.place / name
        if not path.exists():
            return False
        table = read_table(path)
        self.digests[name] = table.sha256
        for column in columns:
            if column not in table.header and column not in _OPTIONAL:
                raise InputError(f"{name}: expected a column {column}, got {', '.join(table.header)}; add it")
        unknown = [column for column in table.header if column not in columns]
        if unknown:
            self.notes.append(f"{name}: unknown fields {first_few(unknown)} were ignored")
        for number, cells in table.rows:
            try:
                take(dict(zip(table.header, (cell.strip() for cell in cells), strict=False)))
            except InputError as error:
                self.problems.append(f"{name} line {number}: {error}")
        self.problems.extend(table.problems)
        return True

    def parcel(self, cells: Cells) -> Parcel:
        """The parcel a row is about."""
        name = cells.get("parcel_id", "")
        if name not in self.parcels:
            raise InputError(
                f"parcel_id: expected a parcel of parcels.geojson, got {name!r}; correct it or add the parcel"
            )
        return self.parcels[name]


def require_folder(folder: Path) -> None:
    """InputError where a trial's folder is missing, before anything else of the trial is missed."""
    if not folder.is_dir():
        got = "a file" if folder.exists() else "nothing there"
        raise InputError(f"{folder}: expected the folder of a trial, got {got}; give the folder with parcels.geojson")


def read_trial(folder: Path) -> TrialData:
    """Everything of a trial's folder but its weather; InputError when parcels, seasons or meters are missing."""
    require_folder(folder)
    found = _Folder(place=folder)
    read = read_parcels(folder / "parcels.geojson")
    found.parcels = {parcel.id: parcel for parcel in read.records}
    found.problems.extend(read.problems)
    found.notes.extend(read.notes)
    found.digests["parcels.geojson"] = str(read.reference.sha256)
    seasons = _seasons(found)
    readings = _readings(found)
    events = _events(found)
    if not readings and not events:
        raise InputError(f"{folder}: expected readings.csv or events.csv with meters, got neither; add one")
    return TrialData(
        parcels=read.records,
        seasons=seasons,
        readings=readings,
        events_mm=events,
        outages=_outages(found),
        advice=_advice(found),
        problems=tuple(found.problems),
        notes=tuple(found.notes),
        digests=found.digests,
    )


def _seasons(found: _Folder) -> tuple[ParcelSeason, ...]:
    yields: dict[tuple[str, str], float] = {}

    def grown(cells: Cells) -> None:
        parcel = found.parcel(cells)
        value = _number(cells, "yield_t_ha", 0.0, _MOST_YIELD_T_HA)
        if value is not None:
            yields[parcel.id, cells.get("season", "")] = value

    found.rows("yields.csv", YIELD_COLUMNS, grown)
    rows: list[ParcelSeason] = []

    def season(cells: Cells) -> None:
        parcel = found.parcel(cells)
        first, last = _day(cells, "starts_on"), _day(cells, "ends_on")
        if not 0 < (last - first).days <= _LONGEST_SEASON_DAYS:
            raise InputError(f"ends_on: expected a day within {_LONGEST_SEASON_DAYS} days after {first}, got {last}")
        area = _number(cells, "area_ha", 1e-4, 1e5)
        rows.append(
            ParcelSeason(
                parcel_id=parcel.id,
                season=cells.get("season", ""),
                crop=cells.get("crop") or parcel.crop,
                first=first,
                last=last,
                area_ha=parcel.area_ha if area is None else area,
                yield_t_ha=yields.get((parcel.id, cells.get("season", ""))),
            )
        )

    if not found.rows("seasons.csv", SEASON_COLUMNS, season):
        raise InputError(f"{found.place}: expected seasons.csv ({', '.join(SEASON_COLUMNS)}), got none; add it")
    return tuple(rows)


def _readings(found: _Folder) -> dict[str, list[Reading]]:
    readings: dict[str, list[Reading]] = {}

    def reading(cells: Cells) -> None:
        parcel = found.parcel(cells)
        counter = _number(cells, "counter_m3", 0.0, 1e12)
        if counter is None:
            return
        at = _moment(cells, "read_at", parcel.timezone)
        readings.setdefault(parcel.id, []).append(Reading(meter=cells.get("meter_id", ""), at=at, counter_m3=counter))

    found.rows("readings.csv", READING_COLUMNS, reading)
    return readings


def _events(found: _Folder) -> dict[str, list[tuple[date, float]]]:
    path = found.place / "events.csv"
    if not path.exists():
        return {}
    read = read_events(path, list(found.parcels.values()))
    found.problems.extend(read.problems)
    found.digests[path.name] = str(read.reference.sha256)
    events: dict[str, list[tuple[date, float]]] = {}
    for one in read.records:
        day = one.started_at.astimezone(ZoneInfo(found.parcels[one.parcel_id].timezone)).date()
        events.setdefault(one.parcel_id, []).append((day, one.depth_mm))
    return events


def _outages(found: _Folder) -> dict[str, list[tuple[date, date]]]:
    outages: dict[str, list[tuple[date, date]]] = {}

    def outage(cells: Cells) -> None:
        parcel = found.parcel(cells)
        first, last = _day(cells, "from"), _day(cells, "to")
        if last < first:
            raise InputError(f"to: expected a day from {first} on, got {last}; correct it")
        outages.setdefault(parcel.id, []).append((first, last))

    found.rows("outages.csv", OUTAGE_COLUMNS, outage)
    return outages


def _advice(found: _Folder) -> dict[str, Advice]:
    advice: dict[str, Advice] = {}

    def advised(cells: Cells) -> None:
        parcel = found.parcel(cells)
        if not cells.get("advised_from"):
            return
        followed = _number(cells, "followed_fraction", 0.0, 1.0)
        advice[parcel.id] = Advice(since=_day(cells, "advised_from"), followed_fraction=followed)

    found.rows("advised.csv", ADVICE_COLUMNS, advised)
    return advice


def _number(cells: Cells, name: str, least: float, most: float) -> float | None:
    text = cells.get(name, "")
    if text.lower() in {"", "nan", "na"}:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value) or not least <= value <= most:
        raise InputError(f"{name}: expected a number from {least:g} to {most:g}, got {text!r}; correct the row")
    return value


def _day(cells: Cells, name: str) -> date:
    text = cells.get(name, "")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name}: expected a day like 2026-05-01, got {text!r}; correct the row") from None


def _moment(cells: Cells, name: str, zone: str) -> datetime:
    text = cells.get(name, "")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(f"{name}: expected an ISO date or time, got {text!r}; write 2026-05-01T06:00") from None
    if len(text) == len("2026-05-01"):
        moment = datetime.combine(moment.date(), time(12))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))
