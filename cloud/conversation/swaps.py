"""Two neighbours swap their turns of one day: proposed by one, in force once the other or an agronomist agrees."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from cloud.conversation.reading import SwapAct, SwapStep
from cloud.errors import InputError
from cloud.records import CanalTurn, Parcel

AGRONOMIST: Final = "agronomist"
LOOKS_AHEAD: Final = timedelta(days=14)
"""A swap is about the next turn, as long as it is this near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two parcels' own turns on one local day."""

    day: date
    turn: CanalTurn
    other: CanalTurn


def pair_of(parcel: Parcel, other: Parcel, turns: Sequence[CanalTurn], now: datetime) -> Pair:
    """The next turn of a parcel and the other's on the same day; InputError says why there is none to swap."""
    zone = ZoneInfo(parcel.timezone)
    own = sorted(
        (one for one in turns if one.parcel_id == parcel.id and now < one.starts_at <= now + LOOKS_AHEAD),
        key=lambda one: one.starts_at,
    )
    if not own:
        raise InputError(f"swap: expected a turn of parcel {parcel.id} alone within 14 days, got none; ask them")
    theirs = [one for one in turns if one.parcel_id == other.id and one.starts_at > now]
    for turn in own:
        day = turn.starts_at.astimezone(zone).date()
        for one in theirs:
            if one.canal == turn.canal and one.starts_at.astimezone(zone).date() == day:
                return Pair(day=day, turn=turn, other=one)
    raise InputError(f"swap: expected turns of parcels {parcel.id} and {other.id} on one day, got none; ask them")


def swap_name(day: date, parcel_id: str, other_parcel_id: str) -> str:
    """Name of a swap, whoever asks first [16 hex digits]."""
    one, other = sorted((parcel_id, other_parcel_id))
    return hashlib.sha256(f"{day}\n{one}\n{other}".encode()).hexdigest()[:16]


def standing(steps: Iterable[SwapStep]) -> Mapping[str, SwapStep]:
    """Where each swap stands: its last word; steps oldest first."""
    last: dict[str, SwapStep] = {}
    for step in steps:
        last[step.swap] = step
    return last


def agreed(steps: Iterable[SwapStep], day: date | None = None) -> tuple[SwapStep, ...]:
    """Swaps in force, of one day or of all."""
    return tuple(one for one in standing(steps).values() if one.act == "agreed" and day in {None, one.day})


def swapped(
    turns: Sequence[CanalTurn], swaps: Iterable[SwapStep], parcels: Mapping[str, Parcel]
) -> tuple[CanalTurn, ...]:
    """The turns with those of each agreed swap exchanged on its day, and on no other."""
    changed = list(turns)
    for swap in swaps:
        zone = ZoneInfo(parcels[swap.parcel_id].timezone) if swap.parcel_id in parcels else None
        places = [
            [
                place
                for place, one in enumerate(changed)
                if one.parcel_id == parcel_id and zone is not None and one.starts_at.astimezone(zone).date() == swap.day
            ]
            for parcel_id in (swap.parcel_id, swap.other_parcel_id)
        ]
        # More than one turn of a parcel on a day: which one was meant is not known, so nothing is moved.
        if [len(one) for one in places] != [1, 1]:
            continue
        (first,), (second,) = places
        one, other = changed[first], changed[second]
        changed[first] = one.model_copy(update={"starts_at": other.starts_at, "ends_at": other.ends_at})
        changed[second] = other.model_copy(update={"starts_at": one.starts_at, "ends_at": one.ends_at})
    return tuple(changed)


def step_of(pair: Pair, parcels: tuple[str, str], act: SwapAct, by: str, at: datetime) -> SwapStep:
    """One word about the swap of two parcels' turns."""
    return SwapStep(
        swap=swap_name(pair.day, *parcels),
        act=act,
        day=pair.day,
        parcel_id=parcels[0],
        other_parcel_id=parcels[1],
        by=by,
        at=at,
    )
