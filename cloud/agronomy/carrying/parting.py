"""A run in parts: parcels that go on from a state, parcels that start, and their histories side by side again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from cloud.agronomy.accounts import Accounts
from cloud.agronomy.assimilation.claims import DoubtedIrrigation, InferredIrrigation
from cloud.agronomy.assimilation.conclusions import doubted_of, inferred_of, notes_of
from cloud.agronomy.assimilation.learned import Lesson
from cloud.agronomy.assimilation.suspicion import suspects
from cloud.agronomy.assimilation.watch import Watch
from cloud.agronomy.carrying.carried import (
    CarriedWater,
    Going,
    check_days,
    check_settings,
    going,
    set_aside_lines,
    soil_digest,
)
from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.opening import Run, WaterSettings, opened, reopened
from cloud.agronomy.state import WaterHistory, WaterState
from cloud.agronomy.step import Water
from cloud.irrigation_accounts import counted_once
from cloud.records import IrrigationEvent, Observation, Parcel
from cloud.variables import Indices
from cloud.weather.forcing import Forcing

_DAYS_PER_YEAR: Final = 365.25
T = TypeVar("T", IrrigationEvent, Observation)
W = TypeVar("W", InferredIrrigation, DoubtedIrrigation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a run is asked for."""

    parcels: Sequence[Parcel]
    forcing: Forcing
    events: Sequence[IrrigationEvent]
    observations: Sequence[Observation]
    settings: WaterSettings
    counted: bool = False
    """Whether every irrigation stands in ``events`` once already, however many told of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Parcels that are followed together; without a run their water stands where the state left it."""

    places: Indices
    """(A,) among all the parcels."""
    parcels: tuple[Parcel, ...]
    carried: CarriedWater
    run: Run | None
    events: tuple[IrrigationEvent, ...]
    observations: tuple[Observation, ...]


def parts_of(carried: CarriedWater, asked: Asked) -> tuple[list[Part], tuple[str, ...]]:
    """The parcels that go on from a state and those that start, with what happened to them since; what to tell."""
    settings = asked.settings
    members = 1 if settings.fixed_parameters else settings.members
    check_settings(carried, members=members, seed=settings.seed, profile_depth_m=settings.profile_depth_m)
    check_days(carried, asked.forcing.days)
    who = going(carried, asked.parcels, asked.forcing.days)
    # An account of the first day after the state may tell again of water that the state already counts.
    events, told_again = (asked.events, ()) if asked.counted else counted_once(asked.events)
    said = asked.forcing.notes
    asked = replace(asked, events=events, forcing=replace(asked.forcing, notes=()))
    parts = [
        *([_going_on(carried, who, asked)] if who.on.size else []),
        *([_starting(carried, who, asked)] if who.starting.size else []),
    ]
    return parts, (*said, *who.notes, *told_again, *_left_out(asked, parts, carried.state.day))


def standing(part: Part, settings: WaterSettings) -> WaterHistory:
    """A history without rows: the state is that of the last day of the weather already."""
    carried = part.carried
    count, names = len(carried.parcels), tuple(one.parcel_id for one in carried.parcels)
    watch = Watch.kept(names, carried.state.claims, carried.state.sources, carried.state.concluded)
    return WaterHistory(
        days=np.empty(0, dtype="datetime64[D]"),
        columns=Accounts.empty(0, count, settings.profile_depth_m).columns,
        parcel_ids=names,
        state=carried.state,
        started=carried.state.started,
        first_row=np.zeros(count, dtype=np.intp),
        inferred=inferred_of(watch),
        doubted=doubted_of(watch),
        suspects=suspects(watch.trusts),
        problems=set_aside_lines(carried),
        notes=notes_of(watch),
    )


def joined(parts: Sequence[tuple[Indices, WaterHistory]], notes: tuple[str, ...]) -> WaterHistory:
    """The histories of parts, each with its places among all the parcels, as one; all end on the same day."""
    days = max((history.days for _, history in parts), key=len)
    count = sum(places.size for places, _ in parts)
    columns = {name: np.full((len(days), count), np.nan) for name in parts[0][1].columns}
    names, first_row = np.empty(count, dtype=object), np.zeros(count, dtype=np.intp)
    for places, history in parts:
        later = len(days) - len(history.days)
        for name, column in history.columns.items():
            columns[name][later:, places] = column
        names[places] = history.parcel_ids
        first_row[places] = history.first_row + later
    state = states_side_by_side([(places, history.state) for places, history in parts])
    return WaterHistory(
        days=days,
        columns=columns,
        parcel_ids=tuple(names.tolist()),
        state=state,
        started=state.started,
        first_row=first_row,
        effects=tuple(effect for _, history in parts for effect in history.effects),
        inferred=_in_order(one for _, history in parts for one in history.inferred),
        doubted=_in_order(one for _, history in parts for one in history.doubted),
        suspects=tuple(one for _, history in parts for one in history.suspects),
        problems=tuple(line for _, history in parts for line in history.problems),
        notes=(*notes, *(line for _, history in parts for line in history.notes)),
    )


def _in_order(irrigations: Iterable[W]) -> tuple[W, ...]:
    return tuple(sorted(irrigations, key=lambda one: (one.parcel_id, one.first_day)))


def _going_on(carried: CarriedWater, who: Going, asked: Asked) -> Part:
    own = tuple(asked.parcels[place] for place in who.on)
    rows, day = carried.take(who.on_rows), carried.state.day
    later = asked.forcing.since(np.datetime64(day) + np.timedelta64(1, "D")).at(who.on)
    return Part(
        places=who.on,
        parcels=own,
        carried=rows,
        run=reopened(own, later, asked.settings, rows) if len(later.days) else None,
        events=after(asked.events, own, day),
        observations=after(asked.observations, own, day),
    )


def _starting(carried: CarriedWater, who: Going, asked: Asked) -> Part:
    own = tuple(asked.parcels[place] for place in who.starting)
    rows = carried.take(np.maximum(who.starting_rows, 0))
    forcing = asked.forcing.at(who.starting)
    return Part(
        places=who.starting,
        parcels=own,
        carried=rows,
        run=opened(own, forcing, asked.settings, _lesson(rows, own, who.starting_rows >= 0, forcing.days[0].item())),
        events=after(asked.events, own, date.min),
        observations=after(asked.observations, own, date.min),
    )


def _lesson(rows: CarriedWater, parcels: Sequence[Parcel], held: NDArray[np.bool_], first: date) -> Lesson:
    begins = [max(parcel.planted_on or first, first) for parcel in parcels]
    pairs = list(zip(rows.parcels, parcels, strict=True))
    # Days that are lived again teach what they taught again: only a state from before them is a lesson.
    before = np.array([rows.state.day < begin for begin in begins])
    return Lesson(
        water=rows.state.water,
        known=held & rows.state.started & before,
        same_crop=np.array([was.crop == find_crop(now.crop).name for was, now in pairs]),
        same_soil=np.array([was.soil == soil_digest(now) for was, now in pairs]),
        years=np.array([[max((begin - rows.state.day).days, 0) / _DAYS_PER_YEAR] for begin in begins]),
    )


def after(records: Sequence[T], parcels: Sequence[Parcel], day: date) -> tuple[T, ...]:
    """Those of some parcels that lie after a day where the parcel lies."""
    zones = {parcel.id: ZoneInfo(parcel.timezone) for parcel in parcels}
    return tuple(
        one for one in records if one.parcel_id in zones and _moment(one).astimezone(zones[one.parcel_id]).date() > day
    )


def _moment(record: IrrigationEvent | Observation) -> datetime:
    return record.started_at if isinstance(record, IrrigationEvent) else record.observed_at


def _left_out(asked: Asked, parts: Sequence[Part], day: date) -> tuple[str, ...]:
    known = {parcel.id for parcel in asked.parcels}
    named = {one.parcel_id for one in asked.events} | {one.parcel_id for one in asked.observations}
    strangers = sorted(named - known)
    own = [
        sum(one.parcel_id in known for one in asked.events),
        sum(one.parcel_id in known for one in asked.observations),
    ]
    used = [sum(len(part.events) for part in parts), sum(len(part.observations) for part in parts)]
    lines = [
        f"parcel {one} is not among the parcels; its irrigations and observations were not used" for one in strangers
    ]
    if own != used:
        lines.append(
            f"{own[0] - used[0]} irrigations and {own[1] - used[1]} observations up to {day} are in the state already"
        )
    return tuple(lines)


def states_side_by_side(parts: Sequence[tuple[Indices, WaterState]]) -> WaterState:
    """The states of parts on one day, each with its places among all the parcels, as one."""

    def rows(values: Sequence[NDArray[Any]]) -> NDArray[Any]:
        side_by_side = np.concatenate(values)
        whole = np.empty_like(side_by_side)
        whole[order] = side_by_side
        return whole

    order = np.concatenate([places for places, _ in parts])
    states = [state for _, state in parts]
    water = {one.name: rows([getattr(state.water, one.name) for state in states]) for one in fields(Water)}
    names = [one.name for one in fields(WaterState) if one.name not in {"day", "water"}]
    own = {name: rows([getattr(state, name) for state in states]) for name in names}
    return WaterState(day=states[0].day, water=Water(**water), **own)
