"""Water carried from run to run: what a parcel was when its water was left, and whether that water still stands for it.

A parcel goes on where it stood when its crop, its planting day and its soil are still those of the state and the
weather goes on the day after. Else it starts anew, with what was learned of its soil, and of its crop if it is the same
(``learned``). Whether a run was taken in one go or in parts makes no difference to a bit of its answer.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Final, Literal, Self

import numpy as np

from cloud.agronomy.crops.crop import find_crop
from cloud.agronomy.state import WaterState
from cloud.errors import ConfigurationError, InputError
from cloud.records import Parcel
from cloud.variables import Days, Indices

Fate = Literal["goes on", "starts"]

_READ: Final = (
    "crop_edition",
    "season_starts_on",
    "planted_year",
    "latitude",
    "longitude",
    "elevation_m",
    "timezone",
    "row_spacing_m",
    "tree_spacing_m",
    "canopy_fraction",
    "irrigation",
    "water",
    "crop_parameters",
    "initial_depletion_mm",
)
"""What the balance reads of a parcel beside its crop, its planting day, its cuttings and its soil."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What a parcel was when its water was left; digests of 16 hex digits."""

    parcel_id: str
    crop: str
    planted_on: date | None
    soil: str
    rest: str
    """Digest of everything else that the balance reads, cuttings up to the state's day included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CarriedWater:
    """Water of P parcels at the end of a day, and what each of them was: all that a later run needs to go on."""

    state: WaterState
    parcels: tuple[Described, ...]
    seed: int
    profile_depth_m: float
    """Depth to which water was followed even below the deepest roots; 0 when nobody asked."""

    def take(self, index: Indices) -> Self:
        """The water of some of the parcels."""
        return replace(
            self, state=state_of(self.state, index), parcels=tuple(self.parcels[place] for place in index.tolist())
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """Who goes on from a state and who starts; ``rows`` are places in the state, -1 where it does not hold a parcel."""

    on: Indices
    """(A,) places of the parcels that go on."""
    on_rows: Indices
    """(A,) where they stand in the state."""
    starting: Indices
    """(B,) places of the others."""
    starting_rows: Indices
    """(B,) where they stand in the state; -1 where it does not hold them."""
    notes: tuple[str, ...]


def described(parcel: Parcel, day: date) -> Described:
    """What a parcel is, as far as the balance of the days up to ``day`` reads it."""
    cuttings = tuple(str(cut) for cut in parcel.cuttings if cut <= day), bool(parcel.cuttings)
    return Described(
        parcel_id=parcel.id,
        crop=find_crop(parcel.crop).name,
        planted_on=parcel.planted_on,
        soil=soil_digest(parcel),
        rest=_digest(f"{parcel.model_dump_json(include=set(_READ))} {cuttings}"),
    )


def soil_digest(parcel: Parcel) -> str:
    """Digest of a parcel's soil as it is described."""
    return _digest(parcel.soil.model_dump_json())


def carry(state: WaterState, parcels: Sequence[Parcel], *, seed: int, profile_depth_m: float | None) -> CarriedWater:
    """The water of a run's last day, ready to be kept; ``parcels`` and settings are those of the run."""
    return CarriedWater(
        state=state,
        parcels=tuple(described(parcel, state.day) for parcel in parcels),
        seed=seed,
        profile_depth_m=profile_depth_m or 0.0,
    )


def state_of(state: WaterState, index: Indices) -> WaterState:
    """The state of some of the parcels."""
    names = [one.name for one in fields(state) if one.name not in {"day", "water"}]
    return replace(state, water=state.water.take(index), **{name: getattr(state, name)[index] for name in names})


def check_settings(carried: CarriedWater, *, members: int, seed: int, profile_depth_m: float | None) -> None:
    """Refuse a state whose members are not those of the run: its water would be read as somebody else's."""
    found = carried.state.depletion_mm.shape[1], carried.seed, carried.profile_depth_m
    wanted = members, seed, profile_depth_m or 0.0
    names = "members", "seed", "profile depth [m]"
    for name, own, theirs in zip(names, wanted, found, strict=True):
        if own != theirs:
            raise ConfigurationError(
                f"water state of {carried.state.day}: expected {name} {own}, got {theirs}; run with the same or leave"
                " the state out"
            )


def check_days(carried: CarriedWater, days: Days) -> None:
    """Refuse a state from after the last day of the weather: what it knows would be foresight."""
    if carried.state.day > days[-1].item():
        raise InputError(
            f"water state of {carried.state.day}: expected a state of {days[-1]} (the last day of the weather) or"
            " earlier, got a later one; give an earlier state or weather up to its day"
        )


def going(carried: CarriedWater, parcels: Sequence[Parcel], days: Days) -> Going:
    """Who goes on from a state under weather of some days, and who starts anew for which reason."""
    rows = {one.parcel_id: row for row, one in enumerate(carried.parcels)}
    gap = (days[0].item() - carried.state.day).days - 1
    on: list[int] = []
    starting: list[int] = []
    notes: list[str] = []
    for place, parcel in enumerate(parcels):
        row = rows.get(parcel.id)
        if row is None:
            starting.append(place)
            notes.append(f"parcel {parcel.id}: is not in the state of {carried.state.day}; it starts from priors")
            continue
        fate, note = _fate(carried.parcels[row], parcel, carried.state.day, gap)
        (on if fate == "goes on" else starting).append(place)
        notes += [f"parcel {parcel.id}: {note}"] if note else []
    others = len(rows.keys() - {parcel.id for parcel in parcels})
    if others:
        notes.append(
            f"water state of {carried.state.day}: {others} parcels in it were not asked for; they are left out"
        )
    return Going(
        on=_indices(on),
        on_rows=_rows_of(on, parcels, rows),
        starting=_indices(starting),
        starting_rows=_rows_of(starting, parcels, rows),
        notes=tuple(notes),
    )


def was_set_aside(carried: CarriedWater) -> list[bool]:
    """Whether the season of each parcel had begun by the state's day without a state: its weather had gaps."""
    day = carried.state.day
    return [
        not bool(started) and (one.planted_on or day) <= day
        for one, started in zip(carried.parcels, carried.state.started, strict=True)
    ]


def set_aside_lines(carried: CarriedWater) -> tuple[str, ...]:
    """One line for each parcel whose state is unknown since its weather had gaps."""
    return tuple(
        f"parcel {one.parcel_id}: weather: expected temperature and rain on every day of the season, got a state of"
        f" {carried.state.day} in which some were missing; complete the file and start without the state"
        for one, aside in zip(carried.parcels, was_set_aside(carried), strict=True)
        if aside
    )


def _fate(was: Described, parcel: Parcel, day: date, gap: int) -> tuple[Fate, str]:
    now = described(parcel, day)
    if now.crop != was.crop:
        return (
            "starts",
            f"was {was.crop} in the state of {day}, is {now.crop}; only what was learned of its soil counts",
        )
    if now.planted_on != was.planted_on:
        return "starts", f"was planted on {was.planted_on} in the state of {day}, now on {now.planted_on}; a new season"
    if now.soil != was.soil:
        return "starts", f"its soil is described otherwise than in the state of {day}; its water starts anew"
    if gap > 0:
        missed = f"{day + timedelta(days=1)}"
        return (
            "starts",
            f"weather of {missed} and {gap - 1} more days after the state is missing; its water starts anew",
        )
    note = "" if now.rest == was.rest else f"is described otherwise than in the state of {day}; its water goes on"
    return "goes on", note


def _rows_of(places: Sequence[int], parcels: Sequence[Parcel], rows: Mapping[str, int]) -> Indices:
    return _indices([rows.get(parcels[place].id, -1) for place in places])


def _indices(places: Sequence[int]) -> Indices:
    return np.array(places, dtype=np.intp)


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
